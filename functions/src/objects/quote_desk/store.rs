//! A desk's tables, and the domain's [`DeskStore`] and [`ClerkStore`] on them.
//!
//! | table | row |
//! | --- | --- |
//! | `quotes` | a [`Quote`] as JSON, with what it is looked up by |
//! | `answers` | the answer that was given for an idempotency key |
//! | `outbox` | a [`QuoteEvent`] as JSON that has not been delivered; its place is its `seq` |
//! | `migrations` | the numbers of the migrations that have run |

use std::cell::Cell;

use holdfast::id::OpaqueId;
use holdfast::quote::call::{Answer, Idempotency};
use holdfast::quote::desk::DeskStore;
use holdfast::quote::{ClerkStore, Quote, QuoteEvent, QuoteState};
use holdfast::time::Timestamp;
use worker::{Result, SqlStorage, SqlStorageValue as Value};

use crate::objects::outbox::Outbox;
use crate::objects::sql::{self, Sql};

/// Statements of each migration, run once and in order. Never edit one that has been released: add another.
const MIGRATIONS: [&[&str]; 2] = [
    &[
        "CREATE TABLE quotes (place INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, state TEXT NOT NULL, expires_at INTEGER NOT NULL, wake_at INTEGER, quote TEXT NOT NULL)",
        "CREATE INDEX quotes_state ON quotes (state, expires_at)",
        "CREATE INDEX quotes_wake ON quotes (wake_at) WHERE wake_at IS NOT NULL",
        "CREATE TABLE answers (key TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, at INTEGER NOT NULL, answer TEXT NOT NULL) WITHOUT ROWID",
        "CREATE INDEX answers_at ON answers (at)",
    ],
    // AUTOINCREMENT: a place is never given twice, not even after everything was delivered.
    &["CREATE TABLE outbox (seq INTEGER PRIMARY KEY AUTOINCREMENT, event TEXT NOT NULL)"],
];

/// Later than any time.
const NEVER: i64 = i64::MAX;
/// Quotes looked at by one alarm.
const DUE_AT_ONCE: u32 = 100;

/// The tables of one desk.
pub struct SqlStore {
    sql: Sql,
    /// No quote wants to be looked at before this, in milliseconds since 1970; nothing where that is not known.
    next: Cell<Option<i64>>,
    /// There may be events that no alarm is set for.
    told: Cell<bool>,
}

impl SqlStore {
    /// Opens the tables, after the migrations that have not run yet.
    pub fn open(sql: SqlStorage) -> Result<Self> {
        Ok(Self { sql: Sql::open(sql, &MIGRATIONS)?, next: Cell::default(), told: Cell::new(true) })
    }

    /// Whether there may be events since this was last asked, or since a restart.
    pub fn take_told(&self) -> bool {
        self.told.take()
    }

    /// Forgets the answers that were given before `then`.
    pub fn forget_answers(&self, then: Timestamp) -> Result<()> {
        self.sql.run("DELETE FROM answers WHERE at < ?", vec![then.millis().into()])
    }

    /// The time at which the next quote wants to be looked at, or earlier where that one has come to rest since.
    pub fn next_deadline(&self) -> Result<Option<Timestamp>> {
        if self.next.get().is_none() {
            let rows = self.sql.rows("SELECT min(wake_at) FROM quotes WHERE wake_at IS NOT NULL", vec![])?;
            let next = match rows.first().and_then(|row| row.first()) {
                Some(Value::Integer(at)) => *at,
                _ => NEVER,
            };
            self.next.set(Some(next));
        }
        Ok(self.next.get().filter(|next| *next != NEVER).map(Timestamp::from_millis))
    }

    /// The next quote has been looked at.
    pub fn forget_deadline(&self) {
        self.next.take();
    }
}

impl DeskStore for SqlStore {
    type Error = worker::Error;

    fn quote(&self, id: &OpaqueId) -> Result<Option<Quote>> {
        let rows = self.sql.rows("SELECT quote FROM quotes WHERE id = ?", vec![sql::text(id)])?;
        rows.first().map(|row| sql::json(row, 0)).transpose()
    }

    fn put_quote(&self, quote: &Quote, wake_at: Option<Timestamp>) -> Result<()> {
        let row = vec![
            sql::text(&quote.id),
            sql::text(&name(quote.state)),
            quote.expires_at.millis().into(),
            wake_at.map_or(Value::Null, |at| at.millis().into()),
            sql::to_json(quote)?,
        ];
        let statement = "INSERT INTO quotes (id, state, expires_at, wake_at, quote) VALUES (?, ?, ?, ?, ?) \
             ON CONFLICT (id) DO UPDATE SET state = excluded.state, expires_at = excluded.expires_at, \
             wake_at = excluded.wake_at, quote = excluded.quote";
        self.sql.run(statement, row)?;
        self.next.set(self.next.get().map(|next| wake_at.map_or(next, |at| next.min(at.millis()))));
        Ok(())
    }

    fn open_quotes(&self, now: Timestamp) -> Result<u32> {
        let statement = "SELECT count(*) FROM quotes WHERE state = 'held' AND expires_at > ?";
        let rows = self.sql.rows(statement, vec![now.millis().into()])?;
        Ok(u32::try_from(rows.first().map_or(Ok(0), |row| sql::integer(row, 0))?).unwrap_or(u32::MAX))
    }

    fn due(&self, now: Timestamp) -> Result<Vec<OpaqueId>> {
        let statement = "SELECT id FROM quotes WHERE wake_at <= ? ORDER BY wake_at LIMIT ?";
        let rows = self.sql.rows(statement, vec![now.millis().into(), sql::number(DUE_AT_ONCE.into())?])?;
        let id = |row: &Vec<Value>| sql::string(row, 0)?.parse().map_err(|_| sql::unreadable("a quote's id"));
        rows.iter().map(id).collect()
    }

    fn emit(&self, event: &QuoteEvent) -> Result<()> {
        self.told.set(true);
        self.sql.run("INSERT INTO outbox (event) VALUES (?)", vec![sql::to_json(event)?])
    }
}

impl Outbox for SqlStore {
    fn oldest(&self, limit: u32) -> Result<Vec<(u64, String)>> {
        let statement = "SELECT seq, json_insert(event, '$.seq', seq) FROM outbox ORDER BY seq LIMIT ?";
        let rows = self.sql.rows(statement, vec![sql::number(limit.into())?])?;
        rows.iter().map(|row| Ok((sql::integer(row, 0)?, sql::string(row, 1)?.to_owned()))).collect()
    }

    fn delivered(&self, seq: u64) -> Result<()> {
        self.sql.run("DELETE FROM outbox WHERE seq <= ?", vec![sql::number(seq)?])
    }
}

impl ClerkStore for SqlStore {
    fn remembered(&self, key: &OpaqueId) -> Result<Option<(String, Answer)>> {
        let rows = self.sql.rows("SELECT fingerprint, answer FROM answers WHERE key = ?", vec![sql::text(key)])?;
        rows.first().map(|row| Ok((sql::string(row, 0)?.to_owned(), sql::json(row, 1)?))).transpose()
    }

    fn remember(&self, call: &Idempotency, answer: &Answer, now: Timestamp) -> Result<()> {
        let Idempotency { key, fingerprint } = call;
        let row = vec![sql::text(key), sql::text(fingerprint), now.millis().into(), sql::to_json(answer)?];
        self.sql.run("INSERT OR REPLACE INTO answers (key, fingerprint, at, answer) VALUES (?, ?, ?, ?)", row)
    }

    fn list(
        &self,
        state: Option<QuoteState>,
        cursor: Option<u64>,
        limit: u32,
        now: Timestamp,
    ) -> Result<(Vec<Quote>, Option<u64>)> {
        // A quote that is held but past its expiry counts as expired, whether or not the alarm has been there.
        let statement = "SELECT place, quote FROM quotes WHERE place < ?1 AND (?2 IS NULL \
             OR ?2 = CASE WHEN state = 'held' AND expires_at <= ?3 THEN 'expired' ELSE state END) \
             ORDER BY place DESC LIMIT ?4";
        let before = sql::number(cursor.unwrap_or(sql::LARGEST).min(sql::LARGEST))?;
        let state = state.map_or(Value::Null, |state| sql::text(&name(state)));
        let rows = self.sql.rows(statement, vec![before, state, now.millis().into(), sql::number(limit.into())?])?;
        let quotes = rows.iter().map(|row| sql::json(row, 1)).collect::<Result<Vec<Quote>>>()?;
        let full = u32::try_from(quotes.len()).is_ok_and(|count| count == limit);
        let cursor = rows.last().filter(|_| full).map(|row| sql::integer(row, 0)).transpose()?;
        Ok((quotes, cursor))
    }
}

fn name(state: QuoteState) -> &'static str {
    match state {
        QuoteState::Held => "held",
        QuoteState::Committing => "committing",
        QuoteState::Committed => "committed",
        QuoteState::Releasing => "releasing",
        QuoteState::Released => "released",
        QuoteState::Expired => "expired",
    }
}
