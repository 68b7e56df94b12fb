//! The quote desk: owns one account's quotes. Its name is the account's.
//!
//! - **Calls**: [`holdfast::quote::call::Call`] as JSON; answers likewise. What is decided, and why, is in
//!   [`holdfast::quote::desk`]; this drives its steps: ask the shards, tell the desk what they said.
//! - **Tables**: see [`store`].
//! - **Alarm**: frees what has expired, carries on what a crash or an unreachable shard interrupted, and delivers the
//!   events of the outbox to the queue.
//!
//! Calls of one account run beside each other while they wait for shards. Each step reads, decides and writes without
//! waiting, so what it wrote becomes durable together.

mod store;

use std::cell::RefCell;
use std::collections::BTreeSet;

use futures_util::future::join_all;
use holdfast::id::OpaqueId;
use holdfast::quote::call::{Answer, Ask, Call, Idempotency};
use holdfast::quote::desk::{Act, Desk, Refusal, Step};
use holdfast::stock::ShardName;
use holdfast::stock::shard::{Command, Reply};
use holdfast::time::DAY;
use wasm_bindgen::prelude::*;
use worker::{Env, State, worker_sys};

use self::store::SqlStore;
use crate::objects::alarm::Alarm;
use crate::objects::{self, now, outbox};

/// How long answers are remembered for their keys, in milliseconds.
const REMEMBERED: i64 = DAY;

/// How long events may wait so that many share a message, in milliseconds: a queue bills by the message.
const DELIVER_AFTER: i64 = 5_000;

/// The object around a desk. All truth is in SQLite; what is here can be lost at any time.
#[wasm_bindgen]
pub struct QuoteDesk {
    store: SqlStore,
    alarm: Alarm,
    /// In the event log: `quotes/` and the account.
    name: String,
    env: Env,
    /// Keys of the calls that are running.
    running: RefCell<BTreeSet<OpaqueId>>,
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
        Ok(Self { store, alarm, name, env, running: RefCell::default() })
    }

    /// Answers one call.
    pub async fn ask(&self, call: String) -> Result<String, JsValue> {
        let call: Call = serde_json::from_str(&call).map_err(|error| JsValue::from(error.to_string()))?;
        let answer = self.answer(call).await?;
        self.wake_when_due()?;
        serde_json::to_string(&answer).map_err(|error| JsValue::from(error.to_string()))
    }

    /// Sees to the quotes whose time has come.
    pub async fn alarm(&self) -> Result<(), JsValue> {
        self.alarm.rang(now());
        let seen = self.see_to_quotes().await;
        if let Err(error) = &seen {
            worker::console_error!("{}: {error}", self.name);
        }
        self.store.take_told();
        let delivered = outbox::drain(&self.name, &self.store, &self.env).await;
        if let Err(error) = &delivered {
            worker::console_error!("{}: delivering events: {error}", self.name);
        }
        if seen.is_err() || delivered.is_err() {
            return self.alarm.failed(now());
        }
        self.alarm.succeeded();
        self.store.forget_deadline();
        if delivered.is_ok_and(|more| more) {
            self.alarm.wake_at(now())?;
        }
        self.wake_when_due()
    }
}

impl QuoteDesk {
    async fn see_to_quotes(&self) -> worker::Result<()> {
        self.store.forget_answers(now().plus(-REMEMBERED))?;
        let steps = Desk::new(&self.store).wake(now())?;
        for outcome in join_all(steps.into_iter().map(|step| self.drive(step, None))).await {
            outcome?;
        }
        Ok(())
    }

    async fn answer(&self, call: Call) -> worker::Result<Answer> {
        let Some(idempotency) = call.idempotency else { return self.act(call.ask, None).await };
        if let Some((fingerprint, known)) = self.store.remembered(&idempotency.key)? {
            return Ok(if fingerprint == idempotency.fingerprint { known.again() } else { Answer::KeyReused });
        }
        if !self.running.borrow_mut().insert(idempotency.key.clone()) {
            return Ok(Answer::Refused { why: Refusal::Busy, replayed: false });
        }
        let answer = self.act(call.ask, Some(&idempotency)).await;
        self.running.borrow_mut().remove(&idempotency.key);
        answer
    }

    async fn act(&self, ask: Ask, idempotency: Option<&Idempotency>) -> worker::Result<Answer> {
        let (desk, now) = (Desk::new(&self.store), now());
        let step = match ask {
            Ask::Open { draft } => desk.open(*draft, now)?,
            Ask::Commit { quote, lines } => desk.commit(&quote, lines.as_deref(), now)?,
            Ask::Release { quote } => desk.release(&quote, now)?,
            Ask::Extend { quote, ttl_ms } => desk.extend(&quote, now.plus(ttl_ms), now)?,
            Ask::GiveBack { quote, lines } => {
                let Some(return_id) = idempotency.map(|known| &known.key) else {
                    return Ok(Answer::Refused { why: Refusal::NotFound, replayed: false });
                };
                desk.give_back(&quote, return_id, lines.as_deref(), now)?
            }
            Ask::Get { quote } => desk.get(&quote)?,
            Ask::List { state, cursor, limit } => {
                let (quotes, cursor) = self.store.list(state, cursor, limit, now)?;
                return Ok(Answer::Quotes { quotes, cursor });
            }
        };
        self.drive(step, idempotency).await
    }

    /// Asks and tells until the act is over. The answer is remembered with the act's last write.
    async fn drive(&self, mut step: Step, idempotency: Option<&Idempotency>) -> worker::Result<Answer> {
        loop {
            match step {
                Step::Ask(act, asks) => {
                    if let (Act::Refuse(why), Some(idempotency)) = (&act, idempotency) {
                        // It stands before shards hear of it: the same call after a crash does not begin anew.
                        let answer = Answer::Refused { why: why.clone(), replayed: false };
                        self.store.remember(idempotency, &answer, now())?;
                    }
                    // With what was written: a crash while shards are asked is seen to by the alarm.
                    self.wake_when_due()?;
                    let replies =
                        join_all(asks.into_iter().map(|(shard, command)| self.ask_shard(shard, command))).await;
                    step = Desk::new(&self.store).heard(act, replies, now())?;
                }
                Step::Done(outcome) => {
                    let passes = outcome.as_ref().is_err_and(Refusal::passes);
                    let answer = match outcome {
                        Ok(quote) => Answer::Quote { quote, replayed: false },
                        Err(why) => Answer::Refused { why, replayed: false },
                    };
                    if let Some(idempotency) = idempotency.filter(|_| !passes) {
                        self.store.remember(idempotency, &answer, now())?;
                    }
                    return Ok(answer);
                }
            }
        }
    }

    async fn ask_shard(&self, shard: ShardName, command: Command) -> (ShardName, Option<Reply>) {
        let text = serde_json::to_string(&command).unwrap_or_default();
        let reply = objects::ask(&self.env, "STOCK", &shard.to_string(), shard.region.as_str(), &text).await;
        let reply = reply.map_err(|error| worker::console_error!("stock shard {shard}: {error}")).ok();
        let reply = reply.and_then(|text| serde_json::from_str(&text).ok());
        (shard, reply)
    }

    /// Sets the alarm to the time at which the next quote wants to be looked at, or new events are to be delivered.
    fn wake_when_due(&self) -> Result<(), JsValue> {
        if self.store.take_told() {
            self.alarm.wake_at(now().plus(DELIVER_AFTER))?;
        }
        match self.store.next_deadline()? {
            Some(at) => self.alarm.wake_at(at.max(now())),
            None => Ok(()),
        }
    }
}
