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

use holdfast::id::OpaqueId;
use holdfast::kpi::Board;
use holdfast::kpi::household::Household;
use holdfast::kpi::intake::{BoardStore, REMEMBERED_DAYS, take};
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
    /// The boards of some periods, and the revenue of others: each from its first day to its last.
    Read {
        /// Of which everything is wanted, in order.
        boards: Vec<(Day, Day)>,
        /// Of which only revenue is.
        revenue: Vec<(Day, Day)>,
    },
    /// The board of all time.
    Total,
}

impl Command {
    /// `{"take": […]}`, `{"read": [[[<first day>, <last day>], …], [[<first day>, <last day>], …]]}` or `{}`; days are numbers.
    pub fn to_text(&self) -> String {
        match self {
            Self::Take(batches) => format!(r#"{{"take":{batches}}}"#),
            Self::Read { boards, revenue } => format!(r#"{{"read":[{},{}]}}"#, periods(boards), periods(revenue)),
            Self::Total => "{}".into(),
        }
    }
}

fn periods(periods: &[(Day, Day)]) -> Json {
    periods.iter().map(|(first, last)| vec![first.number(), last.number()]).collect()
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
        let Some([boards, revenue]) = command.get("read").and_then(Json::as_array).map(Vec::as_slice) else {
            return Ok(self.store.total()?);
        };
        Ok(self.store.read(boards, revenue)?)
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
        for batch in batches {
            let source = batch.get("source").and_then(Json::as_str).unwrap_or_default();
            let events = batch.get("events").and_then(Json::as_array).map(Vec::as_slice);
            take(source, events.unwrap_or_default(), oldest, &self.store)?;
        }
        Ok(())
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

    /// `{"boards": {"<place>": {"<name>": <sum>, …}, …}, "revenue": {…}, "fleet": {"<day>": {…}, …}}`. Boards and revenue are under
    /// their periods' places in the lists; those of periods in which nothing happened are not there. The fleet is that of the
    /// last period's last day: what came before the first period is under its first day.
    fn read(&self, boards: &Json, revenue: &Json) -> Result<String> {
        let day = |pointer| boards.pointer(pointer).and_then(Json::as_i64).unwrap_or(0);
        let last = boards.as_array().map_or(0, Vec::len).saturating_sub(1);
        let (first, last) = (day("/0/0"), day(&format!("/{last}/1")));
        let boards = self.by_period(boards, "*")?;
        let revenue = self.by_period(revenue, "revenue/*")?;
        let fleet = "SELECT since, json_group_object(name, n) FROM \
            (SELECT max(day, ?1) AS since, name, sum(n) AS n FROM fleet WHERE day <= ?2 GROUP BY since, name) GROUP BY since";
        let fleet = self.sql.rows(fleet, vec![first.into(), last.into()])?;
        Ok(format!(
            r#"{{"boards":{},"revenue":{},"fleet":{}}}"#,
            by_number(&boards)?,
            by_number(&revenue)?,
            by_number(&fleet)?
        ))
    }

    /// The sums of each period whose names are like `names`.
    fn by_period(&self, periods: &Json, names: &str) -> Result<Vec<Vec<Value>>> {
        // CROSS JOIN has SQLite take period by period, each a range of the primary key.
        let sums = "SELECT place, json_group_object(name, n) FROM \
            (SELECT periods.key AS place, counts.name AS name, sum(counts.n) AS n FROM json_each(?1) AS periods \
             CROSS JOIN counts ON day BETWEEN periods.value ->> 0 AND periods.value ->> 1 AND name GLOB ?2 \
             GROUP BY place, name) \
            GROUP BY place";
        self.sql.rows(sums, vec![text(periods), text(names)])
    }

    /// `{"<name>": <sum>, …}`
    fn total(&self) -> Result<String> {
        let rows = self.sql.rows("SELECT json_group_object(name, n) FROM totals", vec![])?;
        rows.first().map_or(Ok("{}".into()), |row| Ok(string(row, 0)?.to_owned()))
    }
}

/// Rows of a number and its board as one object.
fn by_number(rows: &[Vec<Value>]) -> Result<String> {
    let entry = |row: &Vec<Value>| match row.first() {
        Some(Value::Integer(number)) => Ok(format!("\"{number}\":{}", string(row, 1)?)),
        _ => Err(unreadable("a number")),
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
