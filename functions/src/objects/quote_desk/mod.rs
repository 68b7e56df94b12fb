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
use worker::{Env, State, worker_sys};

use self::store::{SqlStore, Tables};
use crate::objects::alarm::Alarm;
use crate::objects::{Courier, now, outbox};
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

/// The name of the object that has an account's desk. Where the deployment says `QUOTE_DESKS`, all accounts share so many
/// objects; otherwise each has one of its own, of its name. An account's name has no `/`.
pub fn object_of(account: &AccountId, env: &Env) -> String {
    let objects: Option<NonZeroU64> = env.var("QUOTE_DESKS").ok().and_then(|value| value.to_string().parse().ok());
    let shared = |objects| format!("shared/{}", fnv1a(account.as_str().as_bytes()) % objects);
    objects.map_or_else(|| account.to_string(), shared)
}

/// The object around desks. All truth is in SQLite; what is here can be lost at any time.
#[wasm_bindgen]
pub struct QuoteDesk {
    tables: Rc<Tables>,
    /// Those who are at work, or were lately.
    clerks: RefCell<SortedMap<AccountId, Rc<Clerk<SqlStore>>>>,
    alarm: Alarm,
    /// How long events wait, in milliseconds.
    deliver_after: i64,
    /// In the event log: `quotes/` and the object's name.
    name: String,
    /// To the stock shards.
    stock: Courier,
    env: Env,
}

#[wasm_bindgen]
impl QuoteDesk {
    /// Runs the migrations.
    #[wasm_bindgen(constructor)]
    pub fn new(state: worker_sys::DurableObjectState, env: Env) -> Result<QuoteDesk, JsValue> {
        let alarm = Alarm::of(state.storage()?);
        let state = State::from(state);
        let name = format!("quotes/{}", state.id().name().unwrap_or_default());
        let tables = Rc::new(Tables::open(state.storage().sql())?);
        let (deliver_after, stock) = (outbox::delay(&env), Courier::to(&env, "STOCK"));
        Ok(Self { tables, clerks: RefCell::default(), alarm, deliver_after, name, stock, env })
    }

    /// Answers one call.
    pub async fn ask(&self, call: String) -> Result<String, JsValue> {
        let AccountCall { account, call } =
            holdfast::json::from_str(&call).map_err(|error| JsValue::from(error.to_string()))?;
        let clerk = self.clerk(account);
        let answer = self.carry(&clerk, clerk.call(call, now()).map_err(JsValue::from)?).await?;
        self.wake_when_due()?;
        serde_json::to_string(&answer).map_err(|error| JsValue::from(error.to_string()))
    }

    /// In how many milliseconds to call `deliver`; nothing while no events wait for it.
    pub fn deliver_after(&self) -> Option<u32> {
        self.tables.is_telling().then(|| u32::try_from(self.deliver_after).unwrap_or_default())
    }

    /// Delivers the events that wait. Never fails: what could not be delivered is left to the alarm.
    pub async fn deliver(&self) {
        let _ = self.tell().await;
    }

    /// Sees to the quotes whose time has come.
    pub async fn alarm(&self) -> Result<(), JsValue> {
        self.alarm.rang(now());
        let seen = self.see_to_quotes().await;
        if let Err(error) = &seen {
            worker::console_error!("{}: {error}", self.name);
        }
        let delivered = self.tell().await;
        if seen.is_err() || delivered.is_err() {
            return self.alarm.failed(now());
        }
        self.alarm.succeeded();
        self.tables.forget_deadline();
        if delivered.is_ok_and(|more| more) {
            self.alarm.wake_at(now())?;
        }
        if let Some(at) = self.tables.next_forgotten(REMEMBERED)? {
            self.alarm.wake_at(at.plus(FORGET_TOGETHER))?;
        }
        self.wake_when_due()
    }
}

impl QuoteDesk {
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
    async fn tell(&self) -> worker::Result<bool> {
        self.tables.told();
        let delivered = outbox::drain(&self.name, &*self.tables, &self.env).await;
        delivered.inspect_err(|error| worker::console_error!("{}: delivering events: {error}", self.name))
    }

    async fn see_to_quotes(&self) -> worker::Result<()> {
        self.tables.forget_old(now(), now().plus(-REMEMBERED))?;
        let accounts = self.tables.due(now(), DUE_AT_ONCE)?;
        let of_each = DUE_AT_ONCE.checked_div(u32::try_from(accounts.len()).unwrap_or(DUE_AT_ONCE)).unwrap_or(0).max(1);
        let mut tasks = Vec::new();
        for clerk in accounts.into_iter().map(|account| self.clerk(account)) {
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
                    self.wake_when_due()?;
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

    /// Sets the alarm to the time at which the next quote wants to be looked at, or new events have waited for too long.
    fn wake_when_due(&self) -> Result<(), JsValue> {
        if self.tables.is_telling() {
            self.alarm.wake_at(now().plus(self.deliver_after.saturating_mul(DELIVER_ANYHOW)))?;
        }
        match self.tables.next_deadline()? {
            Some(at) => self.alarm.wake_at(at.max(now())),
            None => Ok(()),
        }
    }
}
