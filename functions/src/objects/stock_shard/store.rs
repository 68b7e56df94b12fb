//! A shard's tables, and the domain's [`Store`] on them.
//!
//! | table | row |
//! | --- | --- |
//! | `positions` | a [`Position`] as JSON, by sku and location |
//! | `ledger` | an [`Entry`] as JSON, by its place; a movement id is used once per position |
//! | `dirty` | a sku whose snapshot is out of date, with the version of its last change |
//! | `sequence` | one row: the last number given out |
//! | `migrations` | the numbers of the migrations that have run |
//!
//! The JSON forms are pinned by tests beside the types. A change to them is a migration: add it to [`MIGRATIONS`].

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use holdfast::id::{LocationId, OpaqueId, Sku};
use holdfast::stock::store::{LedgerPage, Store};
use holdfast::stock::{Entry, Position};
use serde::Serialize;
use serde::de::DeserializeOwned;
use worker::{Error, Result, SqlStorage, SqlStorageValue as Value};

/// Statements of each migration, run once and in order. Never edit one that has been released: add another.
const MIGRATIONS: [&[&str]; 1] = [&[
    "CREATE TABLE positions (sku TEXT NOT NULL, location TEXT NOT NULL, position TEXT NOT NULL, PRIMARY KEY (sku, location)) WITHOUT ROWID",
    "CREATE TABLE ledger (seq INTEGER PRIMARY KEY, sku TEXT NOT NULL, location TEXT NOT NULL, id TEXT NOT NULL, entry TEXT NOT NULL)",
    "CREATE UNIQUE INDEX ledger_id ON ledger (sku, location, id)",
    "CREATE INDEX ledger_sku ON ledger (sku, seq)",
    "CREATE TABLE dirty (sku TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE TABLE sequence (one INTEGER PRIMARY KEY CHECK (one = 1), last INTEGER NOT NULL)",
    "INSERT INTO sequence VALUES (1, 0)",
]];

/// No place in a ledger is beyond the largest whole number that a double holds exactly with all those before it.
const LAST_PLACE: u64 = (1 << 53) - 1;

/// Skus whose positions are kept in memory; a position is a few hundred bytes.
const CACHED_SKUS: usize = 20_000;

/// The tables of one shard. The object is the only writer, so positions read once are true until written.
pub struct SqlStore {
    sql: SqlStorage,
    positions: RefCell<HashMap<Sku, Rc<Vec<Position>>>>,
}

impl SqlStore {
    /// Opens the tables, after the migrations that have not run yet.
    pub fn open(sql: SqlStorage) -> Result<Self> {
        let store = Self { sql, positions: RefCell::default() };
        store.run("CREATE TABLE IF NOT EXISTS migrations (number INTEGER PRIMARY KEY)", vec![])?;
        let done = store.rows("SELECT count(*) FROM migrations", vec![])?;
        let done = usize::try_from(done.first().map_or(Ok(0), |row| integer(row))?).unwrap_or(usize::MAX);
        for (number, statements) in (0_i64..).zip(MIGRATIONS).skip(done) {
            for statement in statements {
                store.run(statement, vec![])?;
            }
            store.run("INSERT INTO migrations VALUES (?)", vec![number.into()])?;
        }
        Ok(store)
    }

    /// Forgets what is in memory, after a failure may have undone writes.
    pub fn forget(&self) {
        self.positions.borrow_mut().clear();
    }

    fn run(&self, statement: &str, parameters: Vec<Value>) -> Result<()> {
        self.sql.exec(statement, parameters).map(drop)
    }

    fn rows(&self, statement: &str, parameters: Vec<Value>) -> Result<Vec<Vec<Value>>> {
        self.sql.exec(statement, parameters)?.raw().collect()
    }
}

impl Store for SqlStore {
    type Error = Error;

    fn positions(&self, sku: &Sku) -> Result<Vec<Position>> {
        if let Some(known) = self.positions.borrow().get(sku) {
            return Ok(known.to_vec());
        }
        let rows = self.rows("SELECT position FROM positions WHERE sku = ? ORDER BY location", vec![text(sku)])?;
        let found: Vec<Position> = rows.iter().map(|row| json(row)).collect::<Result<_>>()?;
        let mut cache = self.positions.borrow_mut();
        if cache.len() >= CACHED_SKUS {
            cache.clear();
        }
        cache.insert(sku.clone(), Rc::new(found.clone()));
        Ok(found)
    }

    fn put_position(&self, position: &Position) -> Result<()> {
        let row = vec![text(&position.sku), text(&position.location), to_json(position)?];
        self.run("INSERT OR REPLACE INTO positions (sku, location, position) VALUES (?, ?, ?)", row)?;
        if let Some(known) = self.positions.borrow_mut().get_mut(&position.sku) {
            let known = Rc::make_mut(known);
            match known.binary_search_by(|other| other.location.cmp(&position.location)) {
                Ok(at) => known.get_mut(at).into_iter().for_each(|slot| slot.clone_from(position)),
                Err(at) => known.insert(at, position.clone()),
            }
        }
        Ok(())
    }

    fn entry(&self, sku: &Sku, location: &LocationId, id: &OpaqueId) -> Result<Option<Entry>> {
        let key = vec![text(sku), text(location), text(id)];
        let rows = self.rows("SELECT entry FROM ledger WHERE sku = ? AND location = ? AND id = ?", key)?;
        rows.first().map(|row| json(row)).transpose()
    }

    fn append(&self, entry: &Entry) -> Result<()> {
        let movement = &entry.movement;
        let row = vec![
            number(entry.seq)?,
            text(&movement.sku),
            text(&movement.location),
            text(&movement.id),
            to_json(entry)?,
        ];
        self.run("INSERT INTO ledger (seq, sku, location, id, entry) VALUES (?, ?, ?, ?, ?)", row)
    }

    fn ledger(&self, page: &LedgerPage) -> Result<Vec<Entry>> {
        let location = page.location.as_ref().map_or(Value::Null, text);
        let after = number(page.after.min(LAST_PLACE))?;
        let parameters = vec![text(&page.sku), after, location, number(page.limit.into())?];
        let statement = "SELECT entry FROM ledger WHERE sku = ?1 AND seq > ?2 AND (?3 IS NULL OR location = ?3) ORDER BY seq LIMIT ?4";
        self.rows(statement, parameters)?.iter().map(|row| json(row)).collect()
    }

    fn next_sequence(&self) -> Result<u64> {
        let rows = self.rows("UPDATE sequence SET last = last + 1 RETURNING last", vec![])?;
        rows.first().map_or_else(|| Err("the sequence has no row".into()), |row| integer(row))
    }

    fn mark_dirty(&self, sku: &Sku, version: u64) -> Result<()> {
        self.run("INSERT OR REPLACE INTO dirty (sku, version) VALUES (?, ?)", vec![text(sku), number(version)?])
    }

    fn dirty(&self, limit: u32) -> Result<Vec<(Sku, u64)>> {
        let rows = self.rows("SELECT version, sku FROM dirty ORDER BY version LIMIT ?", vec![number(limit.into())?])?;
        let entry = |row: &Vec<Value>| {
            let version = integer(row)?;
            match row.get(1) {
                Some(Value::String(sku)) => Ok((sku.parse().map_err(|_| unreadable("a sku"))?, version)),
                _ => Err(unreadable("a sku")),
            }
        };
        rows.iter().map(entry).collect()
    }

    fn clear_dirty(&self, sku: &Sku, version: u64) -> Result<()> {
        self.run("DELETE FROM dirty WHERE sku = ? AND version <= ?", vec![text(sku), number(version)?])
    }
}

fn text(value: &impl ToString) -> Value {
    Value::String(value.to_string())
}

/// Integers cross into SQLite as doubles: what a double cannot hold exactly is refused.
fn number(value: u64) -> Result<Value> {
    Value::try_from_i64(i64::try_from(value).unwrap_or(i64::MAX))
}

fn to_json(value: &impl Serialize) -> Result<Value> {
    Ok(Value::String(serde_json::to_string(value)?))
}

/// The first column as a number at or above zero.
fn integer(row: &[Value]) -> Result<u64> {
    match row.first() {
        Some(Value::Integer(value)) => u64::try_from(*value).map_err(|_| unreadable("a number")),
        _ => Err(unreadable("a number")),
    }
}

/// The first column as JSON.
fn json<T: DeserializeOwned>(row: &[Value]) -> Result<T> {
    match row.first() {
        Some(Value::String(text)) => Ok(serde_json::from_str(text)?),
        _ => Err(unreadable("a record")),
    }
}

fn unreadable(what: &str) -> Error {
    Error::RustError(format!("a row of the shard does not hold {what} where it should"))
}
