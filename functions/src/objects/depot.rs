//! The depot: all stock shards and all quote desks in one object, on one database. For one machine, where objects share a thread
//! and each commit costs it more than what is decided (docs/decisions/0033).
//!
//! - **Calls**: of an account, as to a [`super::quote_desk`]; or a shard's name, a line break and a command as to a
//!   [`super::stock_shard`]. Desks ask shards without a message and go on at once, so what a call writes becomes durable together:
//!   there is no crash between a quote and its holds. What a shard decides is a transaction of its own, as it is elsewhere.
//! - **Tables**: those of desks; `shards`, the shards that there are; and the tables of each, which begin with its number.
//! - **Timer, alarm**: as those of desks and shards.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use holdfast::order::SortedMap;
use holdfast::quote::call::Answer;
use holdfast::quote::{Clerk, ClerkStore, Turn};
use holdfast::stock::ShardName;
use holdfast::stock::shard::{Command, Reply};
use holdfast::stock::shard_map::InvalidShardName;
use wasm_bindgen::prelude::*;
use worker::{Env, Error, SqlStorageValue as Value, console_error, worker_sys};

use super::alarm::{breathe, transaction};
use super::quote_desk::Desks;
use super::sql::{self, Sql};
use super::stock_shard::Shard;
use super::{Home, now};
use crate::together::all;

/// What the namespace is bound as.
pub const BINDING: &str = "DEPOT";
/// The name of the one object.
pub const NAME: &str = "depot";

/// Quotes looked at without a pause.
const DUE_AT_ONCE: u32 = 50;
/// Slices of so many by one alarm.
const SLICES_AT_ONCE: u32 = 20;

const MIGRATIONS: &[&[&str]] = &[&["CREATE TABLE ~shards (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)"]];

/// A command to a shard, as text.
pub fn to_shard(shard: &ShardName, command: &str) -> String {
    format!("{shard}\n{command}")
}

/// The object around all.
#[wasm_bindgen]
pub struct Depot {
    desks: Desks,
    shards: Shards,
    home: Home,
}

#[wasm_bindgen]
impl Depot {
    /// Runs the migrations. What alarm is set it learns when that rings.
    #[wasm_bindgen(constructor)]
    pub fn new(state: worker_sys::DurableObjectState, env: Env) -> Result<Depot, JsValue> {
        let home = Home::of(state, env)?;
        home.alarm.forget();
        Ok(Self { desks: Desks::open(home.clone())?, shards: Shards::open(home.clone())?, home })
    }

    /// Decides one call.
    pub fn ask(&self, call: &str) -> Result<String, JsValue> {
        if let Some((shard, command)) = call.split_once('\n') {
            return self.shards.ask(shard, command);
        }
        let (clerk, turn) = self.desks.call(call)?;
        self.desks.answer(&self.carry(&clerk, turn)?)
    }

    /// Whether anybody watches skus (`glue/watchers.js`): only then is it noted what changes.
    pub fn listen(&self, on: bool) {
        self.shards.listen(on);
    }

    /// The skus that have changed since this was asked last, a line for each change: the shard and the sku.
    pub fn changed(&self) -> String {
        self.shards.changed()
    }

    /// In how many milliseconds to call `deliver`; nothing while no events wait for it.
    pub fn deliver_after(&self) -> Option<u32> {
        self.desks.deliver_after()
    }

    /// Delivers the events of quotes that wait. Never fails: what could not be delivered is left to the alarm.
    pub async fn deliver(&self) {
        let _ = self.desks.tell().await;
    }

    /// Does what is due. Never fails: what could not be done is due again later.
    pub async fn alarm(&self) -> Result<(), JsValue> {
        self.home.alarm.rang(now());
        let done = self.attend().await;
        if let Err(error) = &done {
            console_error!("depot: {error:?}");
        }
        self.home.alarm.did(done.unwrap_or(false), now())
    }
}

impl Depot {
    /// Does what is due, of quotes and of each shard. Whether all went well.
    async fn attend(&self) -> Result<bool, JsValue> {
        let seen = self.see_to_quotes().await;
        let desks = self.desks.rest(seen).await;
        let shards = self.shards.all()?;
        let attended = all(shards.iter().map(|shard| shard.attend(Some(&self.shards)))).await;
        attended.into_iter().try_fold(desks?, |done, shard| Ok(done && shard?))
    }

    /// Carries a turn to its answer: shards are here, and answer at once.
    fn carry<S: ClerkStore<Error = Error>>(&self, clerk: &Clerk<S>, mut turn: Turn) -> Result<Answer, Error> {
        loop {
            match turn {
                Turn::Ask(task, asks) => {
                    let replies = asks.into_iter().map(|(shard, command)| {
                        let reply = self.shards.decide(&shard, command);
                        let reply = reply.map_err(|error| console_error!("stock shard {shard}: {error}")).ok();
                        (shard, reply)
                    });
                    turn = clerk.heard(task, replies.collect(), now())?;
                }
                Turn::Answer(answer) => return Ok(answer),
            }
        }
    }

    /// Sees to the quotes whose time has come, some at a time.
    async fn see_to_quotes(&self) -> Result<(), Error> {
        for _ in 0..SLICES_AT_ONCE {
            let (clerks, of_each) = self.desks.due(DUE_AT_ONCE)?;
            if clerks.is_empty() {
                break;
            }
            for clerk in clerks {
                for turn in clerk.wake(now(), of_each)? {
                    self.carry(&clerk, turn)?;
                }
            }
            breathe().await;
        }
        Ok(())
    }
}

/// The stock shards that share an object.
pub struct Shards {
    sql: Sql,
    home: Home,
    open: RefCell<SortedMap<ShardName, Rc<Shard>>>,
    listening: Cell<bool>,
}

impl Shards {
    fn open(home: Home) -> Result<Self, Error> {
        let sql = Sql::of(home.sql.clone(), "depot_");
        sql.migrate(MIGRATIONS)?;
        Ok(Self { sql, home, open: RefCell::default(), listening: Cell::default() })
    }

    /// Decides a command, in a transaction. After an error nothing of it is written, nor remembered.
    pub fn decide(&self, shard: &ShardName, command: Command) -> Result<Reply, Error> {
        let shard = self.shard(shard)?;
        let (mut command, mut reply) = (Some(command), Reply::Busy);
        let decided = transaction(&self.home.storage, || {
            if let Some(command) = command.take() {
                reply = shard.decide(command)?;
            }
            Ok(())
        });
        decided.inspect_err(|_| shard.forget())?;
        Ok(reply)
    }

    fn ask(&self, shard: &str, command: &str) -> Result<String, JsValue> {
        let shard = shard.parse().map_err(|error: InvalidShardName| JsValue::from(error.to_string()))?;
        let command = holdfast::json::from_str(command).map_err(|error| JsValue::from(error.to_string()))?;
        let reply = self.decide(&shard, command)?;
        serde_json::to_string(&reply).map_err(|error| JsValue::from(error.to_string()))
    }

    fn listen(&self, on: bool) {
        self.listening.set(on);
        for (_, shard) in self.open.borrow().iter() {
            shard.listen(on);
        }
    }

    fn changed(&self) -> String {
        self.open.borrow().iter().map(|(_, shard)| shard.changed()).collect()
    }

    /// Every shard that was ever asked for anything.
    fn all(&self) -> Result<Vec<Rc<Shard>>, Error> {
        let names = self.sql.rows("SELECT name FROM ~shards ORDER BY number", vec![])?;
        let shard = |row: &Vec<Value>| {
            self.shard(&sql::string(row, 0)?.parse().map_err(|_| sql::unreadable("a shard's name"))?)
        };
        names.iter().map(shard).collect()
    }

    /// A shard. One that is asked for the first time gets a number and its tables.
    fn shard(&self, name: &ShardName) -> Result<Rc<Shard>, Error> {
        if let Some(known) = self.open.borrow().get(name) {
            return Ok(known.clone());
        }
        self.sql.run("INSERT OR IGNORE INTO ~shards (name) VALUES (?)", vec![sql::text(name)])?;
        let rows = self.sql.rows("SELECT number FROM ~shards WHERE name = ?", vec![sql::text(name)])?;
        let number = rows.first().map_or_else(|| Err(sql::unreadable("a shard")), |row| sql::integer(row, 0))?;
        let shard = Rc::new(Shard::open(name.clone(), &format!("shard{number}_"), self.home.clone())?);
        shard.listen(self.listening.get());
        self.open.borrow_mut().insert(name.clone(), shard.clone());
        Ok(shard)
    }
}
