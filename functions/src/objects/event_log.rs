//! The event log of a day (UTC), which is its name: `2026-11-21`. What happened, each event once, in order of arrival.
//!
//! - **Commands**: [`Command`] as JSON. The reply to `store` and `reject` is empty, to `page` the text of an answer.
//! - **Tables**: `events` has an event as JSON, by place and by id; `rejected` has messages that could not be read.
//! - **Alarm**: deletes the log, long after its day. It is set when the log is first used.

use std::cell::Cell;

use holdfast::time::{Day, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use wasm_bindgen::prelude::*;
use worker::wasm_bindgen_futures::JsFuture;
use worker::{Result, SqlStorageValue as Value, State, console_error, worker_sys};

use super::alarm::Alarm;
use super::now;
use super::sql::{LARGEST, Sql, cut, integer, number, string};
use crate::events::forget_at;

/// Never edit one that has been released: add another.
const MIGRATIONS: &[&[&str]] = &[&[
    "CREATE TABLE events (place INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, event TEXT NOT NULL)",
    "CREATE TABLE rejected (place INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, why TEXT NOT NULL, body TEXT NOT NULL)",
]];

/// What a log can be asked.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Keep these events; those whose ids are known already are left as they are.
    Store {
        /// A list of `{"source": …, "events": […]}`. `source` is the object they come from; with an event's `seq`, or the
        /// `id` it was reported under, it makes the id that no other event has: `<source>:<seq>`.
        batches: Box<RawValue>,
    },
    /// Keep these messages, which are no events.
    Reject {
        /// With the ids that the queue gave them.
        messages: Vec<Rejected>,
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
    sql: Sql,
    storage: worker_sys::DurableObjectStorage,
    alarm: Alarm,
    forget_at: Timestamp,
    /// The tables are there.
    ready: Cell<bool>,
}

#[wasm_bindgen]
impl EventLog {
    /// Writes nothing yet: a log that has been deleted is not made anew by being looked for.
    #[wasm_bindgen(constructor)]
    pub fn new(state: worker_sys::DurableObjectState, _env: JsValue) -> std::result::Result<EventLog, JsValue> {
        let (storage, alarm) = (state.storage()?, Alarm::of(state.storage()?));
        let state = State::from(state);
        let day: Day = state.id().name().unwrap_or_default().parse().map_err(|_| "an event log is named for a day")?;
        let (sql, forget_at) = (Sql::of(state.storage().sql(), ""), forget_at(day));
        Ok(Self { sql, storage, alarm, forget_at, ready: Cell::default() })
    }

    /// Deletes the log, if it is time.
    pub async fn alarm(&self) -> std::result::Result<(), JsValue> {
        self.alarm.rang(now());
        if now() < self.forget_at {
            return self.alarm.wake_at(self.forget_at);
        }
        self.ready.set(false);
        let deleted = async { JsFuture::from(self.storage.delete_all()?).await };
        match deleted.await {
            Ok(_) => Ok(()),
            Err(error) => {
                console_error!("event log: {error:?}");
                self.alarm.failed(now())
            }
        }
    }

    /// Carries out one command, inside one transaction that `glue/object.js` opens.
    pub fn ask(&self, command: &str) -> std::result::Result<String, JsValue> {
        if !self.ready.get() {
            self.sql.migrate(MIGRATIONS)?;
            self.ready.set(true);
        }
        self.alarm.wake_at(self.forget_at)?;
        let command: Command = holdfast::json::from_str(command).map_err(|error| JsValue::from(error.to_string()))?;
        Ok(match command {
            Command::Store { batches } => self.store(&batches).map(|()| String::new()),
            Command::Reject { messages } => self.reject(messages).map(|()| String::new()),
            Command::Page { rejected: false, after, limit } => self.events(after, limit),
            Command::Page { rejected: true, after, limit } => self.rejected(after, limit),
        }?)
    }

    fn store(&self, batches: &RawValue) -> Result<()> {
        // One statement for all of them: this shares a thread with the shards on one machine. What is taken from a batch is
        // taken once; else SQLite would write the whole of it anew for each of its events.
        let statement = "WITH batch AS MATERIALIZED \
             (SELECT value->>'source' AS source, value->'events' AS events FROM json_each(?)) \
             INSERT OR IGNORE INTO events (id, event) \
             SELECT source || ':' || coalesce(event.value->>'seq', event.value->>'id'), event.value \
             FROM batch, json_each(batch.events) AS event";
        self.sql.run(statement, vec![batches.get().into()])
    }

    fn reject(&self, messages: Vec<Rejected>) -> Result<()> {
        for Rejected { id, why, body } in messages {
            let row: Vec<Value> = vec![id.into(), why.into(), body.into()];
            self.sql.run("INSERT OR IGNORE INTO rejected (id, why, body) VALUES (?, ?, ?)", row)?;
        }
        Ok(())
    }

    fn events(&self, after: u64, limit: u32) -> Result<String> {
        let (rows, next) =
            self.page("SELECT place, id, event FROM events WHERE place > ? ORDER BY place LIMIT ?", after, limit)?;
        #[derive(Serialize)]
        struct Entry<'a> {
            place: u64,
            id: &'a str,
            event: &'a RawValue,
        }
        let entry = |row| {
            Ok(Entry {
                place: integer(row, 0)?,
                id: string(row, 1)?,
                event: holdfast::json::from_str(string(row, 2)?)?,
            })
        };
        let events = rows.iter().map(Vec::as_slice).map(entry).collect::<Result<Vec<Entry>>>()?;
        #[derive(Serialize)]
        struct Page<'a> {
            #[serde(skip_serializing_if = "Option::is_none")]
            next: Option<u64>,
            events: Vec<Entry<'a>>,
        }
        Ok(serde_json::to_string(&Page { next, events })?)
    }

    fn rejected(&self, after: u64, limit: u32) -> Result<String> {
        let (rows, next) = self.page(
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
        Ok(serde_json::to_string(&Page { next, rejected })?)
    }

    /// The rows of a page, and what to pass as `after` for the next one; nothing on the last.
    fn page(&self, statement: &str, after: u64, limit: u32) -> Result<(Vec<Vec<Value>>, Option<u64>)> {
        let parameters = vec![number(after.min(LARGEST))?, number(limit.saturating_add(1).into())?];
        let mut rows = self.sql.rows(statement, parameters)?;
        // One row more than asked tells whether there is another page.
        let more = cut(&mut rows, limit);
        let next = rows.last().filter(|_| more).map(|row| integer(row, 0)).transpose()?;
        Ok((rows, next))
    }
}
