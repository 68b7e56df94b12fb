//! The KPI boards of a region, which is its name: one for each day, and one of all time.
//!
//! - **Commands**: [`Command`]. The reply to one to take is empty, to the others JSON.
//! - **Tables**: `counts` has the sums of each day's board and `totals` those of all time; `fleet` the vehicles that came
//!   and went by day; `seen` the ids of events that were counted, in blocks; `households` what is known of each.
//! - **Alarm**: none. What is too old is dropped with the first events of a day.
//!
//! A board is rows, not a record: events add to the few sums that they are about, and a period's sums are one query.

use std::cell::Cell;

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
use super::sql::{Sql, string, text, unreadable};
use crate::events::NO_REGION;

/// Days for which boards are kept where the deployment does not say: two years and some weeks to compare with.
const DEFAULT_DAYS: i64 = 800;

/// Never edit one that has been released: add another.
const MIGRATIONS: &[&[&str]] = &[&[
    "CREATE TABLE counts (day INTEGER NOT NULL, name TEXT NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (day, name)) WITHOUT ROWID",
    "CREATE TABLE totals (name TEXT PRIMARY KEY, n INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE TABLE fleet (day INTEGER NOT NULL, name TEXT NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (day, name)) WITHOUT ROWID",
    "CREATE TABLE seen (source TEXT NOT NULL, block TEXT NOT NULL, day INTEGER NOT NULL, ids BLOB NOT NULL, PRIMARY KEY (source, block)) WITHOUT ROWID",
    "CREATE TABLE households (id TEXT PRIMARY KEY, household TEXT NOT NULL) WITHOUT ROWID",
]];

/// What a region's boards are asked, as the text that they take.
pub enum Command {
    /// Count the events of these batches, a JSON list of `{"source": …, "events": […]}`; those that were counted before are
    /// left out.
    Take(String),
    /// The boards of the days from the first to the last: each by itself or summed up, all of them or their revenue.
    Read {
        /// The first.
        from: Day,
        /// The last.
        to: Day,
        /// Whether each day is wanted by itself.
        by_day: bool,
        /// Whether only revenue is wanted.
        only_revenue: bool,
    },
    /// The board of all time.
    Total,
}

impl Command {
    /// `{"take": […]}`, `{"read": [<first day>, <last day>, <by day>, <only revenue>]}` or `{}`; days are numbers.
    pub fn to_text(&self) -> String {
        match self {
            Self::Take(batches) => format!(r#"{{"take":{batches}}}"#),
            Self::Read { from, to, by_day, only_revenue } => {
                format!(r#"{{"read":[{},{},{by_day},{only_revenue}]}}"#, from.number(), to.number())
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
        let Some([from, to, by_day, only_revenue]) = command.get("read").and_then(Json::as_array).map(Vec::as_slice)
        else {
            return Ok(self.store.total()?);
        };
        let day = |day: &Json| day.as_i64().unwrap_or(0);
        Ok(self.store.read(day(from), day(to), *by_day == Json::Bool(true), *only_revenue == Json::Bool(true))?)
    }
}

impl KpiBoard {
    fn take(&self, batches: &[Json]) -> Result<()> {
        let today = Day::of(now());
        let oldest = today.plus(self.kept_days.saturating_neg());
        self.store.today.set(today);
        if self.tidied.get() != Some(today) {
            self.store.drop_before(oldest, today.plus(REMEMBERED_DAYS.saturating_neg()))?;
            self.tidied.set(Some(today));
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

    /// `{"boards": {"<day>": {"<name>": <sum>, …}, …}, "fleet": {"<day>": {…}, …}}`. Without `by_day` there is one board,
    /// under the first day. The fleet is that of all days up to the last.
    fn read(&self, from: i64, to: i64, by_day: bool, only_revenue: bool) -> Result<String> {
        let boards = if by_day {
            "SELECT day, json_group_object(name, n) FROM counts WHERE day BETWEEN ?1 AND ?2 AND name GLOB ?3 GROUP BY day"
        } else {
            "SELECT ?1, json_group_object(name, n) FROM \
               (SELECT name, sum(n) AS n FROM counts WHERE day BETWEEN ?1 AND ?2 AND name GLOB ?3 GROUP BY name)"
        };
        let names = if only_revenue { "revenue/*" } else { "*" };
        let boards = self.sql.rows(boards, vec![from.into(), to.into(), text(names)])?;
        let fleet = "SELECT day, json_group_object(name, n) FROM fleet WHERE day <= ? GROUP BY day";
        let fleet = self.sql.rows(fleet, vec![to.into()])?;
        Ok(format!(r#"{{"boards":{},"fleet":{}}}"#, by_day_json(&boards)?, by_day_json(&fleet)?))
    }

    /// `{"<name>": <sum>, …}`
    fn total(&self) -> Result<String> {
        let rows = self.sql.rows("SELECT json_group_object(name, n) FROM totals", vec![])?;
        rows.first().map_or(Ok("{}".into()), |row| Ok(string(row, 0)?.to_owned()))
    }
}

/// Rows of a day and its board as one object.
fn by_day_json(rows: &[Vec<Value>]) -> Result<String> {
    let entry = |row: &Vec<Value>| match row.first() {
        Some(Value::Integer(day)) => Ok(format!("\"{day}\":{}", string(row, 1)?)),
        _ => Err(unreadable("a day")),
    };
    let entries = rows.iter().map(entry).collect::<Result<Vec<_>>>()?;
    Ok(format!("{{{}}}", entries.join(",")))
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
        let row = vec![text(id), Value::String(household.to_text())];
        self.sql.run("INSERT OR REPLACE INTO households (id, household) VALUES (?, ?)", row)
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
