//! The quote desk, which owns one account's quotes, in an object of its own or in one that accounts share ([`object_of`]).
//!
//! - **Calls**: an [`AccountCall`] as JSON; answers are [`holdfast::quote::call::Answer`]s. What is decided, and why, is in
//!   [`holdfast::quote::clerk`] and [`holdfast::quote::desk`]; this carries their messages: ask the shards, tell the
//!   clerk what they said.
//! - **Tables**: see [`store`].
//! - **Timer**: delivers the events of the outbox to the queue, a little after the call that they are of. An alarm for that
//!   would cost more than the call (docs/decisions/0030).
//! - **Alarm**: frees what has expired, carries on what a crash or an unreachable shard interrupted, delivers events whose
//!   timer was lost, and forgets old quotes and answers.
//!
//! Calls run beside each other while they wait for shards. Each step reads, decides and writes without waiting, so what it
//! wrote becomes durable together; and what several calls ask one shard at the same time goes and comes together, so that
//! their next steps share a commit, too.

mod store;

use std::cell::RefCell;
use std::num::NonZeroU64;
use std::rc::Rc;

use holdfast::id::{AccountId, fnv1a};
use holdfast::order::SortedMap;
use holdfast::quote::call::{Answer, Call};
use holdfast::quote::{Clerk, Turn};
use holdfast::stock::ShardName;
use holdfast::stock::shard::{Command, Reply};
use holdfast::time::{DAY, HOUR};
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;
use worker::{Env, worker_sys};

use self::store::{SqlStore, Tables};
use super::{Courier, Home, depot, is_together, now, outbox};
use crate::together::all;

/// How long answers are remembered for their keys, in milliseconds.
const REMEMBERED: i64 = DAY;

/// How many times as long as for the timer events wait for the alarm, which delivers them where the timer is lost.
const DELIVER_ANYHOW: i64 = 10;

/// How long quotes and answers that may be forgotten wait for others, in milliseconds.
const FORGET_TOGETHER: i64 = HOUR;

/// Quotes looked at by one alarm.
const DUE_AT_ONCE: u32 = 500;

/// Clerks that are kept when they have nothing to do.
const MAX_CLERKS: usize = 1_000;

/// A call of an account.
#[derive(Serialize, Deserialize)]
pub struct AccountCall {
    /// Whose desk it is for.
    pub account: AccountId,
    /// What to do there.
    pub call: Call,
}

/// The binding and the name of the object that has an account's desk. Where stock and quotes are together, it is the depot. Where the
/// deployment says `QUOTE_DESKS`, all accounts share so many objects; otherwise each has one of its own, of its name. An
/// account's name has no `/`.
pub fn object_of(account: &AccountId, env: &Env) -> (&'static str, String) {
    if is_together(env) {
        return (depot::BINDING, depot::NAME.into());
    }
    let objects: Option<NonZeroU64> = env.var("QUOTE_DESKS").ok().and_then(|value| value.to_string().parse().ok());
    let shared = |objects| format!("shared/{}", fnv1a(account.as_str().as_bytes()) % objects);
    ("QUOTES", objects.map_or_else(|| account.to_string(), shared))
}

/// The desks of an object. All truth is in SQLite; what is here can be lost at any time.
pub struct Desks {
    tables: Rc<Tables>,
    /// Those who are at work, or were lately.
    clerks: RefCell<SortedMap<AccountId, Rc<Clerk<SqlStore>>>>,
    /// How long events wait, in milliseconds.
    deliver_after: i64,
    /// In the event log: `quotes/` and the object's name.
    name: String,
    home: Home,
}

/// The object around desks whose shards have objects of their own.
#[wasm_bindgen]
pub struct QuoteDesk {
    desks: Desks,
    /// To the stock shards.
    stock: Courier,
}

#[wasm_bindgen]
impl QuoteDesk {
    /// Runs the migrations.
    #[wasm_bindgen(constructor)]
    pub fn new(state: worker_sys::DurableObjectState, env: Env) -> Result<QuoteDesk, JsValue> {
        let stock = Courier::to(&env, "STOCK");
        Ok(Self { desks: Desks::open(Home::of(state, env)?)?, stock })
    }

    /// Answers one call.
    pub async fn ask(&self, call: String) -> Result<String, JsValue> {
        let (clerk, turn) = self.desks.call(&call)?;
        let answer = self.carry(&clerk, turn).await?;
        self.desks.answer(&answer)
    }

    /// In how many milliseconds to call `deliver`; nothing while no events wait for it.
    pub fn deliver_after(&self) -> Option<u32> {
        self.desks.deliver_after()
    }

    /// Delivers the events that wait. Never fails: what could not be delivered is left to the alarm.
    pub async fn deliver(&self) {
        let _ = self.desks.tell().await;
    }

    /// Sees to the quotes whose time has come.
    pub async fn alarm(&self) -> Result<(), JsValue> {
        let alarm = &self.desks.home.alarm;
        alarm.rang(now());
        let seen = self.see_to_quotes().await;
        let done = self.desks.rest(seen).await?;
        alarm.did(done, now())
    }
}

impl QuoteDesk {
    async fn see_to_quotes(&self) -> worker::Result<()> {
        let mut tasks = Vec::new();
        let (clerks, of_each) = self.desks.due(DUE_AT_ONCE)?;
        for clerk in clerks {
            tasks.extend(clerk.wake(now(), of_each)?.into_iter().map(|turn| (clerk.clone(), turn)));
        }
        let carried = tasks.into_iter().map(|(clerk, turn)| async move { self.carry(&clerk, turn).await });
        for outcome in all(carried).await {
            outcome?;
        }
        Ok(())
    }

    /// Carries messages to and fro until there is an answer.
    async fn carry(&self, clerk: &Clerk<SqlStore>, mut turn: Turn) -> worker::Result<Answer> {
        loop {
            match turn {
                Turn::Ask(task, asks) => {
                    // With what was written: a crash while shards are asked is seen to by the alarm.
                    self.desks.wake_when_due()?;
                    let asks = asks.into_iter().map(|(shard, command)| self.ask_shard(shard, command));
                    turn = clerk.heard(task, all(asks).await, now())?;
                }
                Turn::Answer(answer) => return Ok(answer),
            }
        }
    }

    async fn ask_shard(&self, shard: ShardName, command: Command) -> (ShardName, Option<Reply>) {
        let text = serde_json::to_string(&command).unwrap_or_default();
        let reply = self.stock.ask(&shard.to_string(), shard.region.as_str(), &text).await;
        let reply = reply.map_err(|error| worker::console_error!("stock shard {shard}: {error}")).ok();
        let reply = reply.and_then(|text| holdfast::json::from_str(&text).ok());
        (shard, reply)
    }
}

impl Desks {
    /// Opens the tables, after the migrations that have not run yet.
    pub fn open(home: Home) -> worker::Result<Self> {
        let (tables, name) = (Rc::new(Tables::open(home.sql.clone())?), format!("quotes/{}", home.name));
        Ok(Self { tables, clerks: RefCell::default(), deliver_after: outbox::delay(&home.env), name, home })
    }

    /// Takes an [`AccountCall`]: to whom, and what comes next.
    pub fn call(&self, call: &str) -> Result<(Rc<Clerk<SqlStore>>, Turn), JsValue> {
        let AccountCall { account, call } =
            holdfast::json::from_str(call).map_err(|error| JsValue::from(error.to_string()))?;
        let clerk = self.clerk(account);
        let turn = clerk.call(call, now()).map_err(JsValue::from)?;
        Ok((clerk, turn))
    }

    /// The answer as text. What it left to be done later is seen to.
    pub fn answer(&self, answer: &Answer) -> Result<String, JsValue> {
        self.wake_when_due()?;
        serde_json::to_string(answer).map_err(|error| JsValue::from(error.to_string()))
    }

    /// In how many milliseconds to [tell](Self::tell); nothing while no events wait for it.
    pub fn deliver_after(&self) -> Option<u32> {
        self.tables.is_telling().then(|| u32::try_from(self.deliver_after).unwrap_or_default())
    }

    /// The clerk of an account.
    fn clerk(&self, account: AccountId) -> Rc<Clerk<SqlStore>> {
        let mut clerks = self.clerks.borrow_mut();
        if let Some(known) = clerks.get(&account) {
            return known.clone();
        }
        if clerks.len() >= MAX_CLERKS {
            let known = std::mem::take(&mut *clerks).into_iter();
            *clerks = known.filter(|(_, clerk)| Rc::strong_count(clerk) > 1).collect();
        }
        let clerk = Rc::new(Clerk::new(SqlStore::of(account.clone(), &self.tables)));
        clerks.insert(account, clerk.clone());
        clerk
    }

    /// Delivers the events that wait. Whether any are left.
    pub async fn tell(&self) -> worker::Result<bool> {
        self.tables.told();
        let delivered = outbox::drain(&self.name, &*self.tables, &self.home.env).await;
        delivered.inspect_err(|error| worker::console_error!("{}: delivering events: {error}", self.name))
    }

    /// The clerks of some of the quotes whose time has come, `most` of them, and how many each should look at. Forgets some of what
    /// is old.
    pub fn due(&self, most: u32) -> worker::Result<(Vec<Rc<Clerk<SqlStore>>>, u32)> {
        self.tables.forget_old(now(), now().plus(-REMEMBERED))?;
        let accounts = self.tables.due(now(), most)?;
        let of_each = most.checked_div(u32::try_from(accounts.len()).unwrap_or(most)).unwrap_or(0).max(1);
        Ok((accounts.into_iter().map(|account| self.clerk(account)).collect(), of_each))
    }

    /// Delivers the events that wait, and sets the alarm for what is left, when quotes were `seen` to. Whether all went well.
    pub async fn rest(&self, seen: worker::Result<()>) -> Result<bool, JsValue> {
        if let Err(error) = &seen {
            worker::console_error!("{}: {error}", self.name);
        }
        let (Ok(()), Ok(more)) = (seen, self.tell().await) else { return Ok(false) };
        self.tables.forget_deadline();
        if more {
            self.home.alarm.wake_at(now())?;
        }
        if let Some(at) = self.tables.next_forgotten(REMEMBERED)? {
            self.home.alarm.wake_at(at.plus(FORGET_TOGETHER))?;
        }
        self.wake_when_due()?;
        Ok(true)
    }

    /// Sets the alarm to the time at which the next quote wants to be looked at, or new events have waited for too long.
    pub fn wake_when_due(&self) -> Result<(), JsValue> {
        let alarm = &self.home.alarm;
        if self.tables.is_telling() {
            alarm.wake_at(now().plus(self.deliver_after.saturating_mul(DELIVER_ANYHOW)))?;
        }
        match self.tables.next_deadline()? {
            Some(at) => alarm.wake_at(at.max(now())),
            None => Ok(()),
        }
    }
}
