//! SQLite inside an object: migrations, and values that cross without loss.

use std::borrow::Cow;

use holdfast::time::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use worker::{Error, Result, SqlStorage, SqlStorageValue as Value};

/// Tables of an object's database, migrated: all of them, or those whose names have a prefix of their own. In a statement
/// `~` stands for the prefix.
pub struct Sql {
    storage: SqlStorage,
    prefix: String,
}

impl Sql {
    /// All tables, after the migrations that have not run yet.
    pub fn open(storage: SqlStorage, migrations: &[&[&str]]) -> Result<Self> {
        let sql = Self::of(storage, "");
        sql.migrate(migrations)?;
        Ok(sql)
    }

    /// The tables whose names have this prefix, whether they are there or not.
    pub fn of(storage: SqlStorage, prefix: &str) -> Self {
        Self { storage, prefix: prefix.into() }
    }

    /// Runs the migrations that have not run yet: the statements of each, in order. Which have run is in the table
    /// `migrations`. What one turn writes the platform makes durable together.
    pub fn migrate(&self, migrations: &[&[&str]]) -> Result<()> {
        self.run("CREATE TABLE IF NOT EXISTS ~migrations (number INTEGER PRIMARY KEY)", vec![])?;
        let done = self.rows("SELECT count(*) FROM ~migrations", vec![])?;
        let done = usize::try_from(done.first().map_or(Ok(0), |row| integer(row, 0))?).unwrap_or(usize::MAX);
        for (number, statements) in (0_i64..).zip(migrations).skip(done) {
            for statement in *statements {
                self.run(statement, vec![])?;
            }
            self.run("INSERT INTO ~migrations VALUES (?)", vec![number.into()])?;
        }
        Ok(())
    }

    /// Runs a statement.
    pub fn run(&self, statement: &str, parameters: Vec<Value>) -> Result<()> {
        self.storage.exec(&self.named(statement), parameters).map(drop)
    }

    /// The rows of a query.
    pub fn rows(&self, statement: &str, parameters: Vec<Value>) -> Result<Vec<Vec<Value>>> {
        self.storage.exec(&self.named(statement), parameters)?.raw().collect()
    }

    /// The statement with the prefix in its place.
    fn named<'s>(&self, statement: &'s str) -> Cow<'s, str> {
        if statement.contains('~') { statement.replace('~', &self.prefix).into() } else { statement.into() }
    }
}

/// Cuts what was read to a page of `limit`. Whether anything was cut off: whoever reads one more than a page has learns
/// so whether there is another.
pub fn cut<T>(page: &mut Vec<T>, limit: u32) -> bool {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = page.len() > limit;
    page.truncate(limit);
    more
}

/// A text parameter.
pub fn text(value: &(impl ToString + ?Sized)) -> Value {
    Value::String(value.to_string())
}

/// The largest number that SQLite and JavaScript agree on: a double holds it exactly with all those before it. A place
/// in a table is never beyond it.
pub const LARGEST: u64 = (1 << 53) - 1;

/// A number parameter. Integers cross as doubles: what a double cannot hold exactly is refused.
pub fn number(value: u64) -> Result<Value> {
    Value::try_from_i64(i64::try_from(value).unwrap_or(i64::MAX))
}

/// A JSON parameter.
pub fn to_json(value: &impl Serialize) -> Result<Value> {
    Ok(Value::String(serde_json::to_string(value)?))
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
        _ => Err(unreadable("a text")),
    }
}

/// A column as JSON.
pub fn json<T: DeserializeOwned>(row: &[Value], column: usize) -> Result<T> {
    match row.get(column) {
        Some(Value::String(text)) => Ok(holdfast::json::from_str(text)?),
        _ => Err(unreadable("a record")),
    }
}

/// The one time that a statement asks for, if there is one.
pub fn time(rows: &[Vec<Value>]) -> Option<Timestamp> {
    match rows.first()?.first()? {
        Value::Integer(at) => Some(Timestamp::from_millis(*at)),
        _ => None,
    }
}

/// A row does not hold what it should.
pub fn unreadable(what: &str) -> Error {
    Error::RustError(format!("a row does not hold {what} where it should"))
}
