//! A webhook desk's tables. Pages of the log are put together by SQLite: it has all of them as text.
//!
//! | table | row |
//! | --- | --- |
//! | `register` | of the desk `*`: an endpoint's subscription as JSON |
//! | `endpoint` | one row: where and how to send, and since when nothing was taken |
//! | `deliveries` | a message on its way to `state` `delivered` or `dead`; `due` is when it is tried next, `rested` when it came to rest |
//! | `attempts` | what a try came to |
//! | `outbox` | an event as JSON that has not been told |

use holdfast::time::{HOUR, Timestamp};
use holdfast::webhook::delivery::{DEAD_KEPT, DELIVERED_KEPT, MAX_KEPT, MAX_WAITING};
use holdfast::webhook::subscription::MAX_ENDPOINTS;
use holdfast::webhook::{Endpoint, Fate, Schedule, Verdict};
use worker::{Result, SqlStorage, SqlStorageValue as Value};

use super::Command;
use crate::objects::sql::{self, LARGEST, Sql, integer, number, string, text};

/// Never edit one that has been released: add another.
const MIGRATIONS: &[&[&str]] = &[&[
    "CREATE TABLE register (id TEXT PRIMARY KEY, subscription TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE endpoint (one INTEGER PRIMARY KEY CHECK (one = 1), subscription TEXT NOT NULL, secret TEXT NOT NULL, previous TEXT, \
     previous_until INTEGER, failing_since INTEGER, disabled TEXT)",
    "CREATE TABLE deliveries (place INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, type TEXT NOT NULL, body TEXT NOT NULL, \
     at INTEGER NOT NULL, state TEXT NOT NULL, tries INTEGER NOT NULL DEFAULT 0, due INTEGER, rested INTEGER)",
    "CREATE INDEX deliveries_due ON deliveries (due) WHERE due IS NOT NULL",
    "CREATE INDEX deliveries_rested ON deliveries (state, rested) WHERE rested IS NOT NULL",
    "CREATE TABLE attempts (delivery INTEGER NOT NULL, at INTEGER NOT NULL, status INTEGER NOT NULL, took INTEGER NOT NULL, error TEXT)",
    "CREATE INDEX attempts_of ON attempts (delivery)",
    "CREATE TRIGGER forget AFTER DELETE ON deliveries BEGIN DELETE FROM attempts WHERE delivery = OLD.place; END",
    "CREATE TABLE outbox (seq INTEGER PRIMARY KEY AUTOINCREMENT, event TEXT NOT NULL)",
]];

/// An entry of the log. A time is told as everywhere.
const PAGE: &str = "SELECT place, json_object('id', id, 'type', type, 'state', state, \
     'at', strftime('%Y-%m-%dT%H:%M:%fZ', at / 1000.0, 'unixepoch'), \
     'next_at', strftime('%Y-%m-%dT%H:%M:%fZ', due / 1000.0, 'unixepoch'), \
     'attempts', (SELECT json_group_array(json_object('at', strftime('%Y-%m-%dT%H:%M:%fZ', attempts.at / 1000.0, 'unixepoch'), \
       'status', nullif(status, 0), 'took_ms', took, 'error', error)) FROM attempts WHERE delivery = place)) \
     FROM deliveries WHERE place < ?1 AND (?2 = '' OR state = ?2) ORDER BY place DESC LIMIT ?3";

/// What is to be sent.
pub struct Delivery {
    place: u64,
    /// The message's.
    pub id: String,
    /// What is sent.
    pub body: String,
    tries: u32,
}

/// The tables of a desk.
pub struct Store(Sql);

impl Store {
    /// Opens the tables, after the migrations that have not run yet.
    pub fn open(sql: SqlStorage) -> Result<Self> {
        Sql::open(sql, MIGRATIONS).map(Self)
    }

    /// Carries out a command.
    pub fn carry_out(&self, command: &Command, now: Timestamp) -> Result<String> {
        match command {
            Command::Enter { id, subscription } => self.enter(id, subscription),
            Command::Leave { id } => self.one("DELETE FROM register WHERE id = ? RETURNING id", vec![text(*id)]),
            Command::List => {
                let all = "SELECT json_object('webhooks', json_group_array(json(subscription))) FROM (SELECT subscription FROM register ORDER BY id)";
                self.one(all, vec![])
            }
            Command::Open { secret, subscription } => self.open_endpoint(secret, subscription),
            Command::Rotate { secret } => self.rotate(secret, now),
            Command::Take { messages } => self.take(messages, now).map(|()| String::new()),
            Command::Show => {
                let show = "SELECT json_object('webhook', json(subscription), 'waiting', (SELECT count(*) FROM deliveries WHERE due IS NOT NULL), \
                     'dead', (SELECT count(*) FROM deliveries WHERE state = 'dead' AND rested IS NOT NULL), \
                     'failing_since', strftime('%Y-%m-%dT%H:%M:%fZ', failing_since / 1000.0, 'unixepoch'), 'disabled', disabled) \
                     FROM endpoint";
                self.one(show, vec![])
            }
            Command::Page { state, before, limit } => self.page(state, *before, *limit),
            Command::Replay { which } => self.replay(which, now),
            Command::Close => {
                for table in ["endpoint", "deliveries", "outbox"] {
                    self.0.run(&format!("DELETE FROM {table}"), vec![])?;
                }
                Ok(String::new())
            }
        }
    }

    fn enter(&self, id: &str, subscription: &str) -> Result<String> {
        let others = self.count("SELECT count(*) FROM register WHERE id <> ?", vec![text(id)])?;
        if others >= MAX_ENDPOINTS {
            return Ok("full".into());
        }
        let row = vec![text(id), text(subscription)];
        self.0.run("INSERT OR REPLACE INTO register (id, subscription) VALUES (?, ?)", row)?;
        Ok(String::new())
    }

    fn open_endpoint(&self, secret: &str, subscription: &str) -> Result<String> {
        let new = self.endpoint()?.is_none();
        let statement = "INSERT INTO endpoint (one, secret, subscription) VALUES (1, ?, ?) \
             ON CONFLICT (one) DO UPDATE SET subscription = excluded.subscription, failing_since = NULL, disabled = NULL";
        self.0.run(statement, vec![text(secret), text(subscription)])?;
        Ok(if new { "new".into() } else { String::new() })
    }

    fn rotate(&self, secret: &str, now: Timestamp) -> Result<String> {
        let Some(mut endpoint) = self.endpoint()? else { return Ok(String::new()) };
        endpoint.rotate(secret.to_owned(), now);
        self.put(&endpoint)?;
        Ok(endpoint.previous.map(|(_, until)| until.to_string()).unwrap_or_default())
    }

    /// The endpoint, if there is one.
    pub fn endpoint(&self) -> Result<Option<Endpoint>> {
        let statement =
            "SELECT subscription->>'url', secret, previous, previous_until, failing_since, disabled FROM endpoint";
        let rows = self.0.rows(statement, vec![])?;
        let Some(row) = rows.first() else { return Ok(None) };
        let maybe = |column| string(row, column).ok().map(str::to_owned);
        let time = |column| integer(row, column).ok().and_then(|at| i64::try_from(at).ok()).map(Timestamp::from_millis);
        Ok(Some(Endpoint {
            url: string(row, 0)?.to_owned(),
            secret: string(row, 1)?.to_owned(),
            previous: maybe(2).zip(time(3)),
            failing_since: time(4),
            disabled: maybe(5),
        }))
    }

    fn put(&self, endpoint: &Endpoint) -> Result<()> {
        let time = |at: Option<Timestamp>| at.map_or(Ok(Value::Null), millis);
        let (previous, until) = endpoint.previous.clone().unzip();
        let row = vec![
            text(&endpoint.secret),
            previous.map_or(Value::Null, Value::String),
            time(until)?,
            time(endpoint.failing_since)?,
            endpoint.disabled.clone().map_or(Value::Null, Value::String),
        ];
        let statement =
            "UPDATE endpoint SET secret = ?, previous = ?, previous_until = ?, failing_since = ?, disabled = ?";
        self.0.run(statement, row)
    }

    /// Takes messages; for an endpoint that is given up they are dead, until somebody has them delivered again.
    fn take(&self, messages: &str, now: Timestamp) -> Result<()> {
        let Some(mut endpoint) = self.endpoint()? else { return Ok(()) };
        let statement = "INSERT OR IGNORE INTO deliveries (id, type, body, at, state, due, rested) \
             SELECT value->>'id', value->>'type', value->>'body', ?1, iif(?2, 'dead', 'waiting'), iif(?2, NULL, ?1), iif(?2, ?1, NULL) \
             FROM json_each(?3)";
        let off = Value::Integer(endpoint.disabled.is_some().into());
        self.0.run(statement, vec![millis(now)?, off, text(messages)])?;
        if self.count("SELECT count(*) FROM deliveries WHERE due IS NOT NULL", vec![])? > MAX_WAITING {
            endpoint.disabled = Some(format!("more than {MAX_WAITING} messages wait for the receiver"));
            self.give_up(&endpoint, now)?;
        }
        Ok(())
    }

    /// What is due at `now`, at most `limit`.
    pub fn due(&self, now: Timestamp, limit: u32) -> Result<Vec<Delivery>> {
        let statement = "SELECT place, id, body, tries FROM deliveries WHERE due <= ? ORDER BY due LIMIT ?";
        let rows = self.0.rows(statement, vec![millis(now)?, number(limit.into())?])?;
        let delivery = |row: &Vec<Value>| {
            Ok(Delivery {
                place: integer(row, 0)?,
                id: string(row, 1)?.to_owned(),
                body: string(row, 2)?.to_owned(),
                tries: u32::try_from(integer(row, 3)?).unwrap_or(u32::MAX),
            })
        };
        rows.iter().map(delivery).collect()
    }

    /// When the next delivery is due, or a desk at rest should look for what can be forgotten.
    pub fn next_due(&self) -> Result<Option<Timestamp>> {
        // What can be forgotten waits for others, an hour.
        let soonest = format!(
            "SELECT min(at) FROM (SELECT min(due) AS at FROM deliveries WHERE due IS NOT NULL \
             UNION ALL SELECT min(rested) + {} FROM deliveries WHERE state = 'delivered' AND rested IS NOT NULL \
             UNION ALL SELECT min(rested) + {} FROM deliveries WHERE state = 'dead' AND rested IS NOT NULL) WHERE at IS NOT NULL",
            DELIVERED_KEPT.saturating_add(HOUR),
            DEAD_KEPT.saturating_add(HOUR),
        );
        Ok(sql::time(&self.0.rows(&soonest, vec![])?))
    }

    /// Notes what a try came to: status, 1 if it was too late for one, when it began, how long it took.
    pub fn heard(&self, delivery: &Delivery, line: &str, schedule: &Schedule) -> Result<()> {
        let Some(mut endpoint) = self.endpoint()? else { return Ok(()) };
        let mut numbers = line.split(' ').map(|number| number.parse().unwrap_or(0));
        let mut next = || numbers.next().unwrap_or(0_i64);
        let (status, late) = (u16::try_from(next()).unwrap_or(0), next() == 1);
        let (at, took) = (Timestamp::from_millis(next()), next());
        let verdict = Verdict::of(status, late);
        let (before, now) = (endpoint.clone(), at.plus(took));
        let tries = delivery.tries.saturating_add(1);
        let fate = endpoint.heard(&delivery.id, tries, &verdict, schedule, now);
        let (state, due) = match fate {
            Fate::Delivered => ("delivered", None),
            Fate::Again(next) => ("waiting", Some(next)),
            Fate::Dead => ("dead", None),
        };
        let place = number(delivery.place)?;
        let error = verdict.error().map_or(Value::Null, text);
        let attempt = vec![place.clone(), millis(at)?, Value::Integer(status.into()), Value::Integer(took), error];
        self.0.run("INSERT INTO attempts (delivery, at, status, took, error) VALUES (?, ?, ?, ?, ?)", attempt)?;
        let rested = if due.is_none() { millis(now)? } else { Value::Null };
        let row = vec![text(state), number(tries.into())?, due.map_or(Ok(Value::Null), millis)?, rested, place];
        self.0.run("UPDATE deliveries SET state = ?, tries = ?, due = ?, rested = ? WHERE place = ?", row)?;
        if before.disabled.is_none() && endpoint.disabled.is_some() {
            self.give_up(&endpoint, now)?;
        } else if before != endpoint {
            self.put(&endpoint)?;
        }
        Ok(())
    }

    /// What waits is dead with the endpoint, and the house is told.
    fn give_up(&self, endpoint: &Endpoint, now: Timestamp) -> Result<()> {
        self.put(endpoint)?;
        let waiting = "UPDATE deliveries SET state = 'dead', due = NULL, rested = ? WHERE due IS NOT NULL";
        self.0.run(waiting, vec![millis(now)?])?;
        let event = "INSERT INTO outbox (event) VALUES (json_object('at', ?, 'kind', 'webhook_disabled', 'reason', ?))";
        let reason = endpoint.disabled.as_deref().unwrap_or_default();
        self.0.run(event, vec![text(&now), text(reason)])
    }

    fn page(&self, state: &str, before: u64, limit: u32) -> Result<String> {
        if self.endpoint()?.is_none() {
            return Ok(String::new());
        }
        let parameters = vec![number(before.min(LARGEST))?, text(state), number(limit.saturating_add(1).into())?];
        let mut rows = self.0.rows(PAGE, parameters)?;
        // One row more than asked tells whether there is another page.
        let more = sql::cut(&mut rows, limit);
        let cursor = match rows.last().filter(|_| more) {
            Some(row) => format!(r#""cursor":"{}","#, integer(row, 0)?),
            None => String::new(),
        };
        let entries = rows.iter().map(|row| string(row, 1)).collect::<Result<Vec<_>>>()?.join(",");
        Ok(format!(r#"{{{cursor}"deliveries":[{entries}]}}"#))
    }

    fn replay(&self, which: &str, now: Timestamp) -> Result<String> {
        let Some(endpoint) = self.endpoint()? else { return Ok(String::new()) };
        if endpoint.disabled.is_some() {
            return Ok("off".into());
        }
        let statement = "UPDATE deliveries SET state = 'waiting', tries = 0, due = ?1, rested = NULL \
             WHERE rested IS NOT NULL AND (id = ?2 OR (?2 = 'dead' AND state = 'dead'))";
        self.0.run(statement, vec![millis(now)?, text(which)])?;
        self.count("SELECT changes()", vec![]).map(|count| count.to_string())
    }

    /// Forgets what came to rest long ago.
    pub fn tidy(&self, now: Timestamp) -> Result<()> {
        for (state, kept) in [("delivered", DELIVERED_KEPT), ("dead", DEAD_KEPT)] {
            let old = vec![text(state), millis(now.plus(kept.saturating_neg()))?];
            self.0.run("DELETE FROM deliveries WHERE state = ? AND rested <= ?", old)?;
        }
        let all = self.count("SELECT count(*) FROM deliveries", vec![])?;
        let many = vec![number(all.saturating_sub(MAX_KEPT))?];
        let oldest = "DELETE FROM deliveries WHERE place IN (SELECT place FROM deliveries WHERE rested IS NOT NULL ORDER BY rested LIMIT ?)";
        self.0.run(oldest, many)
    }

    /// The oldest events as JSON, by place.
    pub fn events(&self, limit: u32) -> Result<Vec<(u64, String)>> {
        let statement = "SELECT seq, json_set(event, '$.seq', seq) FROM outbox ORDER BY seq LIMIT ?";
        let rows = self.0.rows(statement, vec![number(limit.into())?])?;
        rows.iter().map(|row| Ok((integer(row, 0)?, string(row, 1)?.to_owned()))).collect()
    }

    /// Takes out the events up to and with this place.
    pub fn forget_events(&self, seq: u64) -> Result<()> {
        self.0.run("DELETE FROM outbox WHERE seq <= ?", vec![number(seq)?])
    }

    fn one(&self, statement: &str, parameters: Vec<Value>) -> Result<String> {
        let rows = self.0.rows(statement, parameters)?;
        rows.first().map_or_else(|| Ok(String::new()), |row| string(row, 0).map(str::to_owned))
    }

    fn count(&self, statement: &str, parameters: Vec<Value>) -> Result<u64> {
        let rows = self.0.rows(statement, parameters)?;
        rows.first().map_or(Ok(0), |row| integer(row, 0))
    }
}

fn millis(at: Timestamp) -> Result<Value> {
    Value::try_from_i64(at.millis())
}
