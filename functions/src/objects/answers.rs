//! The answers that were given for idempotency keys: the table of an object that answers repeated calls.

use holdfast::id::OpaqueId;
use holdfast::quote::call::Idempotency;
use holdfast::time::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use worker::Result;

use super::sql::{self, Sql};

/// The table and its index, for a migration.
pub const TABLE: &str = "CREATE TABLE answers (key TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, at INTEGER NOT NULL, answer TEXT NOT NULL) WITHOUT ROWID";
/// See [`TABLE`].
pub const INDEX: &str = "CREATE INDEX answers_at ON answers (at)";

/// The answer that was given for a key, and to which request.
pub fn remembered<T: DeserializeOwned>(sql: &Sql, key: &OpaqueId) -> Result<Option<(String, T)>> {
    let rows = sql.rows("SELECT fingerprint, answer FROM answers WHERE key = ?", vec![sql::text(key)])?;
    rows.first().map(|row| Ok((sql::string(row, 0)?.to_owned(), sql::json(row, 1)?))).transpose()
}

/// Remembers the answer that is given for a key at `now`.
pub fn remember(sql: &Sql, call: &Idempotency, answer: &impl Serialize, now: Timestamp) -> Result<()> {
    let Idempotency { key, fingerprint } = call;
    let row = vec![sql::text(key), sql::text(fingerprint), now.millis().into(), sql::to_json(answer)?];
    sql.run("INSERT OR REPLACE INTO answers (key, fingerprint, at, answer) VALUES (?, ?, ?, ?)", row)
}

/// Forgets the answers that were given before `then`.
pub fn forget(sql: &Sql, then: Timestamp) -> Result<()> {
    sql.run("DELETE FROM answers WHERE at < ?", vec![then.millis().into()])
}
