//! A token desk's tables, and the domain's [`Store`] on them.
//!
//! | table | row |
//! | --- | --- |
//! | `tokens` | a [`Token`] as JSON, with what it is looked up by; `due` while it is active |
//! | `decisions` | what the provider of a token has decided, as JSON: a sealed credential, while the token is active |
//! | `returned` | units of a quote's line that have come back |
//! | `suspended` | shops, technicians and tools that may not calibrate at this desk |
//! | `log` | a [`TokenEvent`] as JSON, by its place; never changed, never deleted |
//! | `delivered` | one row: up to which place the log has been delivered as events |
//! | `answers` | the answer that was given for an idempotency key |
//! | `migrations` | the numbers of the migrations that have run |

use holdfast::id::OpaqueId;
use holdfast::quote::call::Idempotency;
use holdfast::time::Timestamp;
use holdfast::token::audit::Head;
use holdfast::token::call::Answer;
use holdfast::token::credential::Decision;
use holdfast::token::event::TokenEvent;
use holdfast::token::register::{Party, PartyKind};
use holdfast::token::{State, Store, Token};
use worker::{Result, SqlStorage, SqlStorageValue as Value};

use crate::objects::outbox::Outbox;
use crate::objects::sql::{LARGEST, Sql, integer, json, number, string, text, time, to_json, unreadable};

/// Statements of each migration, run once and in order. Never edit one that has been released: add another.
const MIGRATIONS: [&[&str]; 2] = [
    &[
        "CREATE TABLE tokens (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, quote TEXT NOT NULL, line INTEGER NOT NULL, shop TEXT NOT NULL, technician TEXT NOT NULL, tool TEXT NOT NULL, state TEXT NOT NULL, due INTEGER, token TEXT NOT NULL)",
        "CREATE INDEX tokens_line ON tokens (quote, line)",
        "CREATE INDEX tokens_due ON tokens (due) WHERE due IS NOT NULL",
        "CREATE TABLE returned (quote TEXT NOT NULL, line INTEGER NOT NULL, units INTEGER NOT NULL, PRIMARY KEY (quote, line)) WITHOUT ROWID",
        "CREATE TABLE suspended (kind TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (kind, id)) WITHOUT ROWID",
        "CREATE TABLE log (seq INTEGER PRIMARY KEY, token TEXT, hash TEXT NOT NULL, entry TEXT NOT NULL)",
        "CREATE INDEX log_token ON log (token, seq) WHERE token IS NOT NULL",
        "CREATE TABLE delivered (one INTEGER PRIMARY KEY CHECK (one = 1), seq INTEGER NOT NULL)",
        "INSERT INTO delivered VALUES (1, 0)",
        "CREATE TABLE answers (key TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, at INTEGER NOT NULL, answer TEXT NOT NULL) WITHOUT ROWID",
        "CREATE INDEX answers_at ON answers (at)",
    ],
    &["CREATE TABLE decisions (token TEXT PRIMARY KEY, decision TEXT NOT NULL)"],
];

/// Tokens marked as expired by one call; the rest are marked by the next.
const DUE_AT_ONCE: u64 = 100;

/// The tables of one desk.
pub struct SqlStore {
    sql: Sql,
}

impl SqlStore {
    /// Opens the tables, after the migrations that have not run yet.
    pub fn open(sql: SqlStorage) -> Result<Self> {
        Ok(Self { sql: Sql::open(sql, &MIGRATIONS)? })
    }

    fn tokens(&self, condition: &str, parameters: Vec<Value>) -> Result<Vec<Token>> {
        let rows = self.sql.rows(&format!("SELECT token FROM tokens WHERE {condition}"), parameters)?;
        rows.iter().map(|row| json(row, 0)).collect()
    }

    /// The first column of a query's only row; 0 if there is none.
    fn one(&self, statement: &str, parameters: Vec<Value>) -> Result<u64> {
        self.sql.rows(statement, parameters)?.first().map_or(Ok(0), |row| integer(row, 0))
    }

    fn log(&self, condition: &str, parameters: Vec<Value>) -> Result<Vec<TokenEvent>> {
        let rows = self.sql.rows(&format!("SELECT entry FROM log WHERE {condition}"), parameters)?;
        rows.iter().map(|row| json(row, 0)).collect()
    }
}

impl Store for SqlStore {
    type Error = worker::Error;

    fn token(&self, id: &OpaqueId) -> Result<Option<Token>> {
        Ok(self.tokens("id = ?", vec![text(id)])?.pop())
    }

    fn put_token(&self, token: &Token) -> Result<()> {
        let claims = &token.claims;
        let row = vec![
            number(token.number)?,
            text(&claims.jti),
            text(&claims.quote),
            i64::from(claims.line).into(),
            text(&claims.shop),
            text(&claims.technician),
            text(&claims.tool),
            text(name(token.state)),
            token.due().map_or(Value::Null, |due| due.millis().into()),
            to_json(token)?,
        ];
        let statement = "INSERT INTO tokens (number, id, quote, line, shop, technician, tool, state, due, token) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) \
             ON CONFLICT (number) DO UPDATE SET state = excluded.state, due = excluded.due, token = excluded.token";
        self.sql.run(statement, row)
    }

    fn tokens_of(&self, quote: &OpaqueId, line: u16) -> Result<Vec<Token>> {
        self.tokens("quote = ? AND line = ? ORDER BY number", vec![text(quote), i64::from(line).into()])
    }

    fn active_of(&self, party: &Party) -> Result<Vec<Token>> {
        let column = kind(party.kind);
        self.tokens(&format!("due IS NOT NULL AND {column} = ? ORDER BY number"), vec![text(&party.id)])
    }

    fn due(&self, now: Timestamp) -> Result<Vec<Token>> {
        self.tokens("due <= ? ORDER BY due LIMIT ?", vec![now.millis().into(), number(DUE_AT_ONCE)?])
    }

    fn next_due(&self) -> Result<Option<Timestamp>> {
        let rows = self.sql.rows("SELECT min(due) FROM tokens WHERE due IS NOT NULL", vec![])?;
        Ok(time(&rows))
    }

    fn next_number(&self) -> Result<u64> {
        self.one("SELECT coalesce(max(number) + 1, 0) FROM tokens", vec![])
    }

    fn ended(&self, first: u64, count: u32) -> Result<Vec<(u64, State)>> {
        let end = number(first.saturating_add(count.into()).min(LARGEST))?;
        let statement = "SELECT number, state FROM tokens WHERE number >= ? AND number < ? AND due IS NULL";
        let rows = self.sql.rows(statement, vec![number(first.min(LARGEST))?, end])?;
        rows.iter().map(|row| Ok((integer(row, 0)?, state(string(row, 1)?)?))).collect()
    }

    fn decision(&self, token: &OpaqueId) -> Result<Option<Decision>> {
        let rows = self.sql.rows("SELECT decision FROM decisions WHERE token = ?", vec![text(token)])?;
        rows.first().map(|row| json(row, 0)).transpose()
    }

    fn put_decision(&self, token: &OpaqueId, decision: Option<&Decision>) -> Result<()> {
        match decision {
            Some(decision) => {
                let row = vec![text(token), to_json(decision)?];
                self.sql.run("INSERT OR REPLACE INTO decisions (token, decision) VALUES (?, ?)", row)
            }
            None => self.sql.run("DELETE FROM decisions WHERE token = ?", vec![text(token)]),
        }
    }

    fn returned(&self, quote: &OpaqueId, line: u16) -> Result<u32> {
        let key = vec![text(quote), i64::from(line).into()];
        let units = self.one("SELECT units FROM returned WHERE quote = ? AND line = ?", key)?;
        u32::try_from(units).map_err(|_| unreadable("a number of units"))
    }

    fn put_returned(&self, quote: &OpaqueId, line: u16, units: u32) -> Result<()> {
        let row = vec![text(quote), i64::from(line).into(), i64::from(units).into()];
        self.sql.run("INSERT OR REPLACE INTO returned (quote, line, units) VALUES (?, ?, ?)", row)
    }

    fn is_suspended(&self, party: &Party) -> Result<bool> {
        let key = vec![text(kind(party.kind)), text(&party.id)];
        Ok(self.one("SELECT 1 FROM suspended WHERE kind = ? AND id = ?", key)? == 1)
    }

    fn put_suspended(&self, party: &Party, suspended: bool) -> Result<()> {
        let key = vec![text(kind(party.kind)), text(&party.id)];
        self.sql.run(
            if suspended {
                "INSERT OR REPLACE INTO suspended (kind, id) VALUES (?, ?)"
            } else {
                "DELETE FROM suspended WHERE kind = ? AND id = ?"
            },
            key,
        )
    }

    fn head(&self) -> Result<Option<Head>> {
        let rows = self.sql.rows("SELECT seq, hash FROM log ORDER BY seq DESC LIMIT 1", vec![])?;
        rows.first().map(|row| Ok(Head { seq: integer(row, 0)?, hash: string(row, 1)?.to_owned() })).transpose()
    }

    fn append(&self, entry: &TokenEvent) -> Result<()> {
        let token = entry.token.as_ref().map_or(Value::Null, text);
        let row = vec![number(entry.seq)?, token, text(&entry.hash), to_json(entry)?];
        self.sql.run("INSERT INTO log (seq, token, hash, entry) VALUES (?, ?, ?, ?)", row)
    }

    fn entries_of(&self, token: &OpaqueId) -> Result<Vec<TokenEvent>> {
        self.log("token = ? ORDER BY seq", vec![text(token)])
    }

    fn entries(&self, after: u64, limit: u32) -> Result<Vec<TokenEvent>> {
        self.log("seq > ? ORDER BY seq LIMIT ?", vec![number(after.min(LARGEST))?, number(limit.into())?])
    }

    fn remembered(&self, key: &OpaqueId) -> Result<Option<(String, Answer)>> {
        let rows = self.sql.rows("SELECT fingerprint, answer FROM answers WHERE key = ?", vec![text(key)])?;
        rows.first().map(|row| Ok((string(row, 0)?.to_owned(), json(row, 1)?))).transpose()
    }

    fn remember(&self, call: &Idempotency, answer: &Answer, now: Timestamp) -> Result<()> {
        let Idempotency { key, fingerprint } = call;
        let row = vec![text(key), text(fingerprint), now.millis().into(), to_json(answer)?];
        self.sql.run("INSERT OR REPLACE INTO answers (key, fingerprint, at, answer) VALUES (?, ?, ?, ?)", row)
    }

    fn forget_answers(&self, then: Timestamp) -> Result<()> {
        self.sql.run("DELETE FROM answers WHERE at < ?", vec![then.millis().into()])
    }
}

impl Outbox for SqlStore {
    fn oldest(&self, limit: u32) -> Result<Vec<(u64, String)>> {
        let statement = "SELECT seq, entry FROM log WHERE seq > (SELECT seq FROM delivered) ORDER BY seq LIMIT ?";
        let rows = self.sql.rows(statement, vec![number(limit.into())?])?;
        rows.iter().map(|row| Ok((integer(row, 0)?, string(row, 1)?.to_owned()))).collect()
    }

    fn delivered(&self, seq: u64) -> Result<()> {
        self.sql.run("UPDATE delivered SET seq = ?", vec![number(seq)?])
    }
}

/// The column of a register, and its name in `suspended`.
fn kind(kind: PartyKind) -> &'static str {
    match kind {
        PartyKind::Shop => "shop",
        PartyKind::Technician => "technician",
        PartyKind::Tool => "tool",
    }
}

const STATES: [(State, &str); 5] = [
    (State::Active, "active"),
    (State::Succeeded, "succeeded"),
    (State::Failed, "failed"),
    (State::Revoked, "revoked"),
    (State::Expired, "expired"),
];

fn name(state: State) -> &'static str {
    STATES.iter().find(|(known, _)| *known == state).map_or("", |(_, name)| name)
}

fn state(name: &str) -> Result<State> {
    let known = STATES.iter().find(|(_, known)| *known == name);
    known.map(|(state, _)| *state).ok_or_else(|| unreadable("a state"))
}
