//! The event log of a day (UTC), which is its name: `2026-11-21`. What happened, each event once, in order of arrival.
//!
//! - **Commands**: [`Command`] as JSON. The reply to `store` is empty, to `page` the text of an answer.
//! - **Tables**: `events` has an event as JSON, by place and by id; `rejected` has messages that could not be read.
//! - **Alarm**: none.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use wasm_bindgen::prelude::*;
use worker::{Result, SqlStorage, SqlStorageValue as Value, State, worker_sys};

use super::sql::{self, LARGEST, integer, number, string};

/// Never edit one that has been released: add another.
const MIGRATIONS: &[&[&str]] = &[&[
    "CREATE TABLE events (place INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, event TEXT NOT NULL)",
    "CREATE TABLE rejected (place INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, why TEXT NOT NULL, body TEXT NOT NULL)",
]];

/// What a log can be asked.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command<'a> {
    /// Keep these; those whose ids are known already are left as they are.
    Store {
        /// Events.
        #[serde(borrow)]
        batches: Vec<Batch<'a>>,
        /// Messages that are no events.
        rejected: Vec<Rejected>,
    },
    /// A page, oldest first.
    Page {
        /// Of rejected messages, in place of events.
        rejected: bool,
        /// After this place.
        after: u64,
        /// At most this many.
        limit: u32,
    },
}

/// Events of one source.
#[derive(Debug, Serialize, Deserialize)]
pub struct Batch<'a> {
    /// The object they come from; with an event's `seq`, or the `id` it was reported under, it makes the id that no other
    /// event has: `<source>:<seq>`.
    #[serde(borrow)]
    pub source: Cow<'a, str>,
    /// A list of them, as they were sent.
    pub events: Box<RawValue>,
}

/// A message that could not be read.
#[derive(Debug, Serialize, Deserialize)]
pub struct Rejected {
    /// The id the queue gave it.
    pub id: String,
    /// What was wrong.
    pub why: String,
    /// The beginning of its text.
    pub body: String,
}

/// The object around a day's log.
#[wasm_bindgen]
pub struct EventLog {
    sql: SqlStorage,
}

#[wasm_bindgen]
impl EventLog {
    /// Runs the migrations.
    #[wasm_bindgen(constructor)]
    pub fn new(state: worker_sys::DurableObjectState, _env: JsValue) -> std::result::Result<EventLog, JsValue> {
        let sql = State::from(state).storage().sql();
        sql::migrate(&sql, MIGRATIONS)?;
        Ok(Self { sql })
    }

    /// Carries out one command, inside one transaction that `glue/object.js` opens.
    pub fn ask(&self, command: &str) -> std::result::Result<String, JsValue> {
        let command: Command = serde_json::from_str(command).map_err(|error| JsValue::from(error.to_string()))?;
        Ok(match command {
            Command::Store { batches, rejected } => self.store(batches, rejected).map(|()| String::new()),
            Command::Page { rejected: false, after, limit } => self.events(after, limit),
            Command::Page { rejected: true, after, limit } => self.rejected(after, limit),
        }?)
    }

    fn store(&self, batches: Vec<Batch>, rejected: Vec<Rejected>) -> Result<()> {
        for Batch { source, events } in batches {
            // One statement for all of them: this shares a thread with the shards on one machine.
            let row: Vec<Value> = vec![source.as_ref().into(), events.get().into()];
            let statement = "INSERT OR IGNORE INTO events (id, event) \
                             SELECT ?1 || ':' || coalesce(value->>'seq', value->>'id'), value FROM json_each(?2)";
            self.sql.exec(statement, row)?;
        }
        for Rejected { id, why, body } in rejected {
            let row: Vec<Value> = vec![id.into(), why.into(), body.into()];
            self.sql.exec("INSERT OR IGNORE INTO rejected (id, why, body) VALUES (?, ?, ?)", row)?;
        }
        Ok(())
    }

    fn events(&self, after: u64, limit: u32) -> Result<String> {
        let rows =
            self.rows("SELECT place, id, event FROM events WHERE place > ? ORDER BY place LIMIT ?", after, limit)?;
        #[derive(Serialize)]
        struct Entry<'a> {
            place: u64,
            id: &'a str,
            event: &'a RawValue,
        }
        let entry = |row| {
            Ok(Entry { place: integer(row, 0)?, id: string(row, 1)?, event: serde_json::from_str(string(row, 2)?)? })
        };
        let events = rows.iter().map(Vec::as_slice).map(entry).collect::<Result<Vec<Entry>>>()?;
        #[derive(Serialize)]
        struct Page<'a> {
            #[serde(skip_serializing_if = "Option::is_none")]
            next: Option<u64>,
            events: Vec<Entry<'a>>,
        }
        Ok(serde_json::to_string(&Page { next: next(&rows, limit)?, events })?)
    }

    fn rejected(&self, after: u64, limit: u32) -> Result<String> {
        let rows = self.rows(
            "SELECT place, id, why, body FROM rejected WHERE place > ? ORDER BY place LIMIT ?",
            after,
            limit,
        )?;
        #[derive(Serialize)]
        struct Entry<'a> {
            place: u64,
            id: &'a str,
            why: &'a str,
            body: &'a str,
        }
        let entry = |row| {
            Ok(Entry { place: integer(row, 0)?, id: string(row, 1)?, why: string(row, 2)?, body: string(row, 3)? })
        };
        let rejected = rows.iter().map(Vec::as_slice).map(entry).collect::<Result<Vec<Entry>>>()?;
        #[derive(Serialize)]
        struct Page<'a> {
            #[serde(skip_serializing_if = "Option::is_none")]
            next: Option<u64>,
            rejected: Vec<Entry<'a>>,
        }
        Ok(serde_json::to_string(&Page { next: next(&rows, limit)?, rejected })?)
    }

    fn rows(&self, statement: &str, after: u64, limit: u32) -> Result<Vec<Vec<Value>>> {
        self.sql.exec(statement, vec![number(after.min(LARGEST))?, number(limit.into())?])?.raw().collect()
    }
}

/// What to pass as `after` for the next page; nothing on the last one.
fn next(rows: &[Vec<Value>], limit: u32) -> Result<Option<u64>> {
    let full = u32::try_from(rows.len()).is_ok_and(|count| count == limit);
    rows.last().filter(|_| full).map(|row| integer(row, 0)).transpose()
}
