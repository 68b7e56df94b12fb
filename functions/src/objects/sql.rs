//! What every object needs of SQLite: migrations, and values on their way in and out.

use worker::{Error, Result, SqlStorage, SqlStorageValue as Value};

/// Runs the migrations that have not run yet, each a list of statements. The platform makes what the object's
/// constructor writes durable together.
pub fn migrate(sql: &SqlStorage, migrations: &[&[&str]]) -> Result<()> {
    sql.exec("CREATE TABLE IF NOT EXISTS migrations (number INTEGER PRIMARY KEY)", None)?;
    let done: Vec<Vec<Value>> = sql.exec("SELECT count(*) FROM migrations", None)?.raw().collect::<Result<_>>()?;
    let done = usize::try_from(done.first().map_or(Ok(0), |row| integer(row, 0))?).unwrap_or(usize::MAX);
    for (number, statements) in (0_i64..).zip(migrations).skip(done) {
        for statement in *statements {
            sql.exec(statement, None)?;
        }
        sql.exec("INSERT INTO migrations VALUES (?)", vec![number.into()])?;
    }
    Ok(())
}

/// Integers cross into SQLite as doubles: what a double cannot hold exactly is refused.
pub fn number(value: u64) -> Result<Value> {
    Value::try_from_i64(i64::try_from(value).unwrap_or(i64::MAX))
}

/// A column as a number at or above zero.
pub fn integer(row: &[Value], column: usize) -> Result<u64> {
    match row.get(column) {
        Some(Value::Integer(value)) => u64::try_from(*value).map_err(|_| unreadable("a number")),
        _ => Err(unreadable("a number")),
    }
}

/// A column as text.
pub fn string(row: &[Value], column: usize) -> Result<&str> {
    match row.get(column) {
        Some(Value::String(text)) => Ok(text),
        _ => Err(unreadable("text")),
    }
}

/// A row is not what its table promises.
pub fn unreadable(what: &str) -> Error {
    Error::RustError(format!("a row does not hold {what} where it should"))
}
