//! The KPI boards of a region, which is its name: one for each day, and one of all time.
//!
//! - **Commands**: [`Command`]. The reply to one to take is empty, to the others JSON.
//! - **Tables**: `counts` has the sums of each day's board and `totals` those of all time; `fleet` the vehicles that came
//!   and went by day; `seen` the ids of events that were counted, in blocks; `households` what is known of each, and the day on
//!   which something was heard of it last.
//! - **Alarm**: none. What is too old is dropped with the first events of a day.
//!
//! A board is rows, not a record: events add to the few sums that they are about, and a period's sums are one query.

use std::cell::Cell;
use std::fmt::Write as _;

use holdfast::id::OpaqueId;
use holdfast::kpi::Board;
use holdfast::kpi::household::Household;
use holdfast::kpi::intake::{BoardStore, Intake, REMEMBERED_DAYS};
use holdfast::kpi::seen::Block;
use holdfast::time::Day;
use serde_json::Value as Json;
use wasm_bindgen::prelude::*;
use worker::{Env, Error, Result, SqlStorageValue as Value, State, worker_sys};

use super::now;
use super::sql::{Sql, number, string, text, unreadable};
use crate::events::NO_REGION;

/// Days for which boards are kept where the deployment does not say: two years and some weeks to compare with.
const DEFAULT_DAYS: i64 = 800;

/// Never edit one that has been released: add another.
const MIGRATIONS: &[&[&str]] = &[
    &[
        "CREATE TABLE counts (day INTEGER NOT NULL, name TEXT NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (day, name)) WITHOUT ROWID",
        "CREATE TABLE totals (name TEXT PRIMARY KEY, n INTEGER NOT NULL) WITHOUT ROWID",
        "CREATE TABLE fleet (day INTEGER NOT NULL, name TEXT NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (day, name)) WITHOUT ROWID",
        "CREATE TABLE seen (source TEXT NOT NULL, block TEXT NOT NULL, day INTEGER NOT NULL, ids BLOB NOT NULL, PRIMARY KEY (source, block)) WITHOUT ROWID",
        "CREATE TABLE households (id TEXT PRIMARY KEY, household TEXT NOT NULL) WITHOUT ROWID",
    ],
    &[
        "ALTER TABLE households ADD COLUMN heard INTEGER NOT NULL DEFAULT 0",
        "UPDATE households SET heard = unixepoch() / 86400",
    ],
];

/// The most households that are forgotten at once; others follow with the next events.
const MAX_FORGOTTEN: usize = 500;

/// What a region's boards are asked, as the text that they take.
pub enum Command {
    /// Count the events of these batches, a JSON list of `{"source": …, "events": […]}`; those that were counted before are
    /// left out.
    Take(String),
    /// The boards of some periods, and the revenue of the days before. The reply is [`lines`](holdfast::kpi::lines).
    Read {
        /// The first and the last day of each, in order.
        periods: Vec<(Day, Day)>,
        /// From when on each day's revenue is wanted, to the end of the last period.
        since: Day,
    },
    /// The board of all time.
    Total,
}

impl Command {
    /// `{"take": […]}`, `{"read": [[<first day>, <last day>], …], "since": <day>}` or `{}`; days are numbers.
    pub fn to_text(&self) -> String {
        match self {
            Self::Take(batches) => format!(r#"{{"take":{batches}}}"#),
            Self::Read { periods, since } => {
                let day = |(first, last): &(Day, Day)| vec![first.number(), last.number()];
                let periods: Json = periods.iter().map(day).collect();
                format!(r#"{{"read":{periods},"since":{}}}"#, since.number())
            }
            Self::Total => "{}".into(),
        }
    }
}

/// Days for which boards are kept: `KPI_DAYS`.
pub fn kept_days(env: &Env) -> i64 {
    let configured = env.var("KPI_DAYS").ok().and_then(|value| value.to_string().parse().ok());
    configured.filter(|days| (1..=36_500).contains(days)).unwrap_or(DEFAULT_DAYS)
}

/// Near what the boards of a region are placed: it, unless they are those of what belongs to no region.
pub fn near(region: &str) -> Option<&str> {
    Some(region).filter(|region| *region != NO_REGION)
}

/// The object around a region's boards.
#[wasm_bindgen]
pub struct KpiBoard {
    store: SqlStore,
    kept_days: i64,
    /// The day on which old days were dropped last.
    tidied: Cell<Option<Day>>,
}

#[wasm_bindgen]
impl KpiBoard {
    /// Runs the migrations.
    #[wasm_bindgen(constructor)]
    #[allow(clippy::needless_pass_by_value, reason = "the platform hands it over")]
    pub fn new(state: worker_sys::DurableObjectState, env: Env) -> std::result::Result<KpiBoard, JsValue> {
        let sql = Sql::open(State::from(state).storage().sql(), MIGRATIONS)?;
        Ok(Self {
            store: SqlStore { sql, today: Cell::new(Day::of(now())) },
            kept_days: kept_days(&env),
            tidied: Cell::default(),
        })
    }

    /// Carries out one command, inside one transaction that `glue/object.js` opens.
    pub fn ask(&self, command: &str) -> std::result::Result<String, JsValue> {
        let command: Json = holdfast::json::from_str(command).map_err(|error| JsValue::from(error.to_string()))?;
        if let Some(batches) = command.get("take").and_then(Json::as_array) {
            return Ok(self.take(batches).map(|()| String::new())?);
        }
        let Some(periods) = command.get("read").and_then(Json::as_array) else { return Ok(self.store.total()?) };
        let day = |value: Option<&Json>| value.and_then(Json::as_i64).unwrap_or(0);
        let periods: Vec<(i64, i64)> = periods.iter().map(|period| (day(period.get(0)), day(period.get(1)))).collect();
        Ok(self.store.read(&periods, day(command.get("since")))?)
    }
}

impl KpiBoard {
    fn take(&self, batches: &[Json]) -> Result<()> {
        let today = Day::of(now());
        let oldest = today.plus(self.kept_days.saturating_neg());
        self.store.today.set(today);
        if self.tidied.get() != Some(today) {
            self.store.drop_before(oldest, today.plus(REMEMBERED_DAYS.saturating_neg()))?;
            let done = self.store.forget_households(oldest)? < MAX_FORGOTTEN;
            self.tidied.set(Some(today).filter(|_| done));
        }
        let mut intake = Intake::new(oldest, &self.store);
        for batch in batches {
            let source = batch.get("source").and_then(Json::as_str).unwrap_or_default();
            let events = batch.get("events").and_then(Json::as_array).map(Vec::as_slice);
            intake.take(source, events.unwrap_or_default())?;
        }
        intake.finish()
    }
}

/// The tables of a region.
struct SqlStore {
    sql: Sql,
    /// The day on which what is written now is written.
    today: Cell<Day>,
}

impl SqlStore {
    fn drop_before(&self, oldest: Day, forgotten: Day) -> Result<()> {
        self.sql.run("DELETE FROM counts WHERE day < ?", vec![oldest.number().into()])?;
        self.sql.run("DELETE FROM seen WHERE day < ?", vec![forgotten.number().into()])
    }

    /// Forgets households that nothing was heard of since `oldest`, and answers how many.
    fn forget_households(&self, oldest: Day) -> Result<usize> {
        let silent = "SELECT id, household FROM households WHERE heard < ? LIMIT ?";
        let rows = self.sql.rows(silent, vec![oldest.number().into(), number(MAX_FORGOTTEN as u64)?])?;
        let mut change = Board::default();
        for row in &rows {
            let household = Household::from_text(string(row, 1)?).ok_or_else(|| unreadable("a household"))?;
            change.merge(&household.leave());
            self.sql.run("DELETE FROM households WHERE id = ?", vec![text(string(row, 0)?)])?;
        }
        self.add(self.today.get(), &change)?;
        Ok(rows.len())
    }

    /// `# board <first day>` for each period in which something happened, `# revenue <day>` for each day since `since`, `# fleet <day>`
    /// for each day on which vehicles came or went; what came before the first period is under its first day.
    fn read(&self, periods: &[(i64, i64)], since: i64) -> Result<String> {
        let (Some((first, _)), Some((_, last))) = (periods.first(), periods.last()) else { return Ok(String::new()) };
        let mut lines = String::new();
        let mut tell = |what: &str, query: &str, days: &[i64]| -> Result<()> {
            for row in self.sql.rows(query, days.iter().map(|day| (*day).into()).collect())? {
                // A sum of nothing is one row of nulls.
                if let [Value::Integer(day), Value::String(sums)] = row.as_slice() {
                    // Writing to a String cannot fail.
                    let _ = write!(lines, "# {what} {day}\n{sums}\n");
                }
            }
            Ok(())
        };
        // By the primary key, which is the order of days and names: nothing has to be sorted.
        if periods.iter().all(|(first, last)| first == last) {
            let days = "SELECT day, group_concat(name || ' ' || n, char(10)) FROM counts WHERE day BETWEEN ? AND ? GROUP BY day";
            tell("board", days, &[*first, *last])?;
        } else {
            let sum = "SELECT ?1, group_concat(name || ' ' || n, char(10)) FROM \
                (SELECT name, sum(n) AS n FROM counts WHERE day BETWEEN ?1 AND ?2 GROUP BY name)";
            for (first, last) in periods {
                tell("board", sum, &[*first, *last])?;
            }
        }
        // Each day is looked up: revenue is a few of its many sums.
        let revenue = "WITH RECURSIVE days (day) AS (SELECT ?1 UNION ALL SELECT day + 1 FROM days WHERE day < ?2) \
            SELECT days.day, group_concat(name || ' ' || n, char(10)) FROM days \
            CROSS JOIN counts ON counts.day = days.day AND name >= 'revenue/' AND name < 'revenue0' GROUP BY days.day";
        tell("revenue", revenue, &[since, *last])?;
        let fleet = "SELECT since, group_concat(name || ' ' || n, char(10)) FROM \
            (SELECT max(day, ?1) AS since, name, sum(n) AS n FROM fleet WHERE day <= ?2 GROUP BY since, name) GROUP BY since";
        tell("fleet", fleet, &[*first, *last])?;
        Ok(lines)
    }

    /// `{"<name>": <sum>, …}`
    fn total(&self) -> Result<String> {
        let rows = self.sql.rows("SELECT json_group_object(name, n) FROM totals", vec![])?;
        rows.first().map_or(Ok("{}".into()), |row| Ok(string(row, 0)?.to_owned()))
    }
}

impl BoardStore for SqlStore {
    type Error = Error;

    fn block(&self, source: &str, name: &str) -> Result<Block> {
        let rows =
            self.sql.rows("SELECT ids FROM seen WHERE source = ? AND block = ?", vec![text(source), text(name)])?;
        match rows.into_iter().next().and_then(|row| row.into_iter().next()) {
            None => Ok(Block::default()),
            Some(Value::Blob(ids)) => Ok(Block::from_bytes(ids)),
            Some(_) => Err(unreadable("a block")),
        }
    }

    fn put_block(&self, source: &str, name: &str, block: &Block) -> Result<()> {
        let ids = Value::Blob(block.as_bytes().to_vec());
        let row = vec![text(source), text(name), self.today.get().number().into(), ids];
        self.sql.run("INSERT OR REPLACE INTO seen (source, block, day, ids) VALUES (?, ?, ?, ?)", row)
    }

    fn household(&self, id: &OpaqueId) -> Result<Household> {
        let rows = self.sql.rows("SELECT household FROM households WHERE id = ?", vec![text(id)])?;
        let Some(row) = rows.first() else { return Ok(Household::default()) };
        Household::from_text(string(row, 0)?).ok_or_else(|| unreadable("a household"))
    }

    fn put_household(&self, id: &OpaqueId, household: &Household) -> Result<()> {
        let row = vec![text(id), Value::String(household.to_text()), self.today.get().number().into()];
        self.sql.run("INSERT OR REPLACE INTO households (id, household, heard) VALUES (?, ?, ?)", row)
    }

    fn add(&self, day: Day, board: &Board) -> Result<()> {
        let (counts, day) = (Value::String(board.to_json().to_string()), Value::from(day.number()));
        self.sql.run(
            "INSERT INTO counts (day, name, n) SELECT ?1, key, value FROM json_each(?2) WHERE key NOT GLOB 'fleet/*' \
             ON CONFLICT (day, name) DO UPDATE SET n = n + excluded.n",
            vec![day.clone(), counts.clone()],
        )?;
        self.sql.run(
            "INSERT INTO fleet (day, name, n) SELECT ?1, key, value FROM json_each(?2) WHERE key GLOB 'fleet/*' \
             ON CONFLICT (day, name) DO UPDATE SET n = n + excluded.n",
            vec![day, counts.clone()],
        )?;
        // `WHERE true` keeps SQLite from reading ON CONFLICT as a join's ON.
        self.sql.run(
            "INSERT INTO totals (name, n) SELECT key, value FROM json_each(?) WHERE true \
             ON CONFLICT (name) DO UPDATE SET n = n + excluded.n",
            vec![counts],
        )
    }
}
