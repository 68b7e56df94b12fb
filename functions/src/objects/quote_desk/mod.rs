//! The quote desk: owns one account's quotes. Its name is the account's.
//!
//! - **Calls**: [`holdfast::quote::call::Call`] as JSON; answers likewise. What is decided, and why, is in
//!   [`holdfast::quote::clerk`] and [`holdfast::quote::desk`]; this carries their messages: ask the shards, tell the
//!   clerk what they said.
//! - **Tables**: see [`store`].
//! - **Timer**: delivers the events of the outbox to the queue, a little after the call that they are of. An alarm for that
//!   would cost more than the call (docs/decisions/0030).
//! - **Alarm**: frees what has expired, carries on what a crash or an unreachable shard interrupted, delivers events whose
//!   timer was lost, and forgets old quotes and answers.
//!
//! Calls of one account run beside each other while they wait for shards. Each step reads, decides and writes without
//! waiting, so what it wrote becomes durable together.

mod store;

use holdfast::quote::call::{Answer, Call};
use holdfast::quote::{Clerk, Turn};
use holdfast::stock::ShardName;
use holdfast::stock::shard::{Command, Reply};
use holdfast::time::{DAY, HOUR};
use wasm_bindgen::prelude::*;
use worker::{Env, State, worker_sys};

use self::store::SqlStore;
use crate::objects::alarm::Alarm;
use crate::objects::{self, now, outbox};
use crate::together::all;

/// How long answers are remembered for their keys, in milliseconds.
const REMEMBERED: i64 = DAY;

/// How many times as long as for the timer events wait for the alarm, which delivers them where the timer is lost.
const DELIVER_ANYHOW: i64 = 10;

/// How long quotes and answers that may be forgotten wait for others, in milliseconds.
const FORGET_TOGETHER: i64 = HOUR;

/// The object around a desk. All truth is in SQLite; what is here can be lost at any time.
#[wasm_bindgen]
pub struct QuoteDesk {
    clerk: Clerk<SqlStore>,
    alarm: Alarm,
    /// How long events wait, in milliseconds.
    deliver_after: i64,
    /// In the event log: `quotes/` and the account.
    name: String,
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
        let store = SqlStore::open(state.storage().sql())?;
        Ok(Self { clerk: Clerk::new(store), alarm, deliver_after: outbox::delay(&env), name, env })
    }

    /// Answers one call.
    pub async fn ask(&self, call: String) -> Result<String, JsValue> {
        let call: Call = holdfast::json::from_str(&call).map_err(|error| JsValue::from(error.to_string()))?;
        let answer = self.carry(self.clerk.call(call, now()).map_err(JsValue::from)?).await?;
        self.wake_when_due()?;
        serde_json::to_string(&answer).map_err(|error| JsValue::from(error.to_string()))
    }

    /// In how many milliseconds to call `deliver`; nothing while no events wait for it.
    pub fn deliver_after(&self) -> Option<u32> {
        self.clerk.store().is_telling().then(|| u32::try_from(self.deliver_after).unwrap_or_default())
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
        self.clerk.store().forget_deadline();
        if delivered.is_ok_and(|more| more) {
            self.alarm.wake_at(now())?;
        }
        if let Some(at) = self.clerk.store().next_forgotten(REMEMBERED)? {
            self.alarm.wake_at(at.plus(FORGET_TOGETHER))?;
        }
        self.wake_when_due()
    }
}

impl QuoteDesk {
    /// Delivers the events that wait. Whether any are left.
    async fn tell(&self) -> worker::Result<bool> {
        let store = self.clerk.store();
        store.told();
        let delivered = outbox::drain(&self.name, store, &self.env).await;
        delivered.inspect_err(|error| worker::console_error!("{}: delivering events: {error}", self.name))
    }

    async fn see_to_quotes(&self) -> worker::Result<()> {
        self.clerk.store().forget_answers(now().plus(-REMEMBERED))?;
        let turns = self.clerk.wake(now())?;
        for outcome in all(turns.into_iter().map(|turn| self.carry(turn))).await {
            outcome?;
        }
        Ok(())
    }

    /// Carries messages to and fro until there is an answer.
    async fn carry(&self, mut turn: Turn) -> worker::Result<Answer> {
        loop {
            match turn {
                Turn::Ask(task, asks) => {
                    // With what was written: a crash while shards are asked is seen to by the alarm.
                    self.wake_when_due()?;
                    let asks = asks.into_iter().map(|(shard, command)| self.ask_shard(shard, command));
                    turn = self.clerk.heard(task, all(asks).await, now())?;
                }
                Turn::Answer(answer) => return Ok(answer),
            }
        }
    }

    async fn ask_shard(&self, shard: ShardName, command: Command) -> (ShardName, Option<Reply>) {
        let text = serde_json::to_string(&command).unwrap_or_default();
        let reply = objects::ask(&self.env, "STOCK", &shard.to_string(), Some(shard.region.as_str()), &text).await;
        let reply = reply.map_err(|error| worker::console_error!("stock shard {shard}: {error}")).ok();
        let reply = reply.and_then(|text| holdfast::json::from_str(&text).ok());
        (shard, reply)
    }

    /// Sets the alarm to the time at which the next quote wants to be looked at, or new events have waited for too long.
    fn wake_when_due(&self) -> Result<(), JsValue> {
        let store = self.clerk.store();
        if store.is_telling() {
            self.alarm.wake_at(now().plus(self.deliver_after.saturating_mul(DELIVER_ANYHOW)))?;
        }
        match store.next_deadline()? {
            Some(at) => self.alarm.wake_at(at.max(now())),
            None => Ok(()),
        }
    }
}
