//! The stock shard: owns every position of its (region, bucket), or of one sku in a region. Its name is the shard's:
//! `enam/17`, `enam/=BRKX-4410`.
//!
//! - **Commands**: [`holdfast::stock::shard::Command`] as JSON; replies likewise. What is decided, and why, is there.
//! - **Tables**: see [`store`].
//! - **Alarm**: frees the holds whose time is over, forgets records of which nothing can come any more, publishes the
//!   snapshots of changed skus to KV, delivers the events of the outbox to the queue, and carries on what gives a sku a
//!   shard of its own ([`handover`]). A second after a change at the earliest, so that no KV key is written more than
//!   once a second. At least once: a snapshot counts as published only after KV has taken it, an event as delivered only
//!   after the queue has, and what failed is tried again.

mod handover;
mod store;

use holdfast::catalog::keys;
use holdfast::id::Sku;
use holdfast::stock::shard::{self, Command, PUBLISH_AFTER, Reply};
use holdfast::stock::shard_map::InvalidShardName;
use holdfast::stock::store::Store as _;
use holdfast::stock::{ShardName, Share, Snapshot};
use wasm_bindgen::prelude::*;
use worker::{Env, Error, KvStore, console_error, worker_sys};

use self::store::SqlStore;
use super::alarm::{breathe, transaction};
use super::depot::Shards;
use super::outbox::{self, Outbox};
use super::{Home, now, shard_map};
use crate::together::all;

/// Snapshots published by one alarm; the platform allows an invocation a thousand calls.
const PUBLISH_AT_ONCE: u32 = 500;
/// Slices of freeing and forgetting by one alarm: see [`shard::FREED_AT_ONCE`].
const SLICES_AT_ONCE: u32 = 20;
/// Snapshots published together, so that their writes share a commit.
const PUBLISH_TOGETHER: usize = 25;

/// A shard at work on its tables. All truth is in SQLite; what is here can be lost at any time.
pub struct Shard {
    store: SqlStore,
    home: Home,
    name: ShardName,
}

/// The object around a shard that has one of its own.
#[wasm_bindgen]
pub struct StockShard(Shard);

#[wasm_bindgen]
impl StockShard {
    /// Runs the migrations. Called on the object's first use, and again after a trap has replaced the wasm instance.
    #[wasm_bindgen(constructor)]
    pub fn new(state: worker_sys::DurableObjectState, env: Env) -> Result<StockShard, JsValue> {
        let home = Home::of(state, env)?;
        let name = home.name.parse().map_err(|error: InvalidShardName| JsValue::from(error.to_string()))?;
        Ok(Self(Shard::open(name, "", home)?))
    }

    /// Decides one command. Synchronous, and inside one transaction that `glue/object.js` opens.
    pub fn ask(&self, command: &str) -> Result<String, JsValue> {
        let command = holdfast::json::from_str(command).map_err(|error| JsValue::from(error.to_string()))?;
        let reply = self.0.decide(command).inspect_err(|_| self.0.forget())?;
        serde_json::to_string(&reply).map_err(|error| JsValue::from(error.to_string()))
    }

    /// Whether anybody watches skus of this shard (`glue/watchers.js`): only then is it noted what changes.
    pub fn listen(&self, on: bool) {
        self.0.store.note_changes(on);
    }

    /// The skus that have changed since this was asked last, a line for each change: the shard and the sku.
    pub fn changed(&self) -> String {
        self.0.changed()
    }

    /// Does what is due. Never fails: what could not be done is due again later.
    pub async fn alarm(&self) -> Result<(), JsValue> {
        self.0.home.alarm.rang(now());
        let done = self.0.attend(None).await?;
        self.0.home.alarm.did(done, now())
    }
}

impl Shard {
    /// The shard `name` on the tables with this prefix, after the migrations that have not run yet.
    pub fn open(name: ShardName, prefix: &str, home: Home) -> Result<Self, Error> {
        let origin = match &name.share {
            Share::Bucket(_) => None,
            Share::Sku(sku) => Some((sku.clone(), shard_map(&home.env).home(&name.region, sku))),
        };
        let store = SqlStore::open(home.sql.clone(), prefix, origin)?;
        Ok(Self { store, home, name })
    }

    /// Decides one command, in a transaction. After an error, [`Shard::forget`].
    pub fn decide(&self, command: Command) -> Result<Reply, JsValue> {
        let output = shard::handle(command, now(), &self.store)?;
        if let Some(at) = output.wake_at {
            self.home.alarm.wake_at(at)?;
        }
        Ok(output.reply)
    }

    /// Whether to note what changes.
    pub fn listen(&self, on: bool) {
        self.store.note_changes(on);
    }

    /// What has changed since this was asked last, a line for each change: the shard and the sku.
    pub fn changed(&self) -> String {
        let shard = format!("{} ", self.name);
        self.store.take_changes().lines().flat_map(|sku| [&shard, sku, "\n"]).collect()
    }

    /// Does what is due, and sets the alarm for what is due later. Whether all went well: what did not is due again. `beside`: the
    /// shards that it shares an object with.
    pub async fn attend(&self, beside: Option<&Shards>) -> Result<bool, JsValue> {
        let tidied = self.tidy().await;
        if let Err(error) = &tidied {
            console_error!("stock shard {}: tidying: {error:?}", self.name);
            self.forget();
        }
        let published = self.publish().await;
        if let Err(error) = &published {
            console_error!("stock shard {}: publishing: {error}", self.name);
        }
        let delivered = outbox::drain(&self.name.to_string(), &self.store, &self.home.env).await;
        if let Err(error) = &delivered {
            console_error!("stock shard {}: delivering events: {error}", self.name);
        }
        let handed_over = self.hand_over(beside).await;
        if let Err(error) = &handed_over {
            console_error!("stock shard {}: handing over: {error}", self.name);
        }
        if tidied.is_err() || published.is_err() || delivered.is_err() || handed_over.is_err() {
            return Ok(false);
        }
        let alarm = &self.home.alarm;
        if handed_over.is_ok_and(|more| more) {
            alarm.wake_at(now())?;
        }
        // More may wait than was done, and more may have come meanwhile.
        let soon = now().plus(PUBLISH_AFTER);
        if delivered.is_ok_and(|more| more) {
            alarm.wake_at(soon)?;
        }
        if let Some(at) = self.store.next_publication()? {
            // What is left of many was not published lately: those that were, and have changed since, come after it.
            alarm.wake_at(if published.is_ok_and(|more| more) { now() } else { at.max(soon) })?;
        }
        if let Some(at) = shard::deadline(&self.store)? {
            alarm.wake_at(at)?;
        }
        Ok(true)
    }

    /// Frees what is due and forgets what is over, slice by slice, so that commands need not wait for all of it.
    async fn tidy(&self) -> Result<(), JsValue> {
        for _ in 0..SLICES_AT_ONCE {
            let mut next = None;
            transaction(&self.home.storage, || {
                next = shard::tidy(now(), &self.store)?;
                Ok(())
            })?;
            if next.is_none_or(|at| at > now()) {
                break;
            }
            breathe().await;
        }
        Ok(())
    }

    /// Publishes the snapshots that are out of date, so many of them; whether there may be more. A sku that changes meanwhile
    /// stays out of date.
    async fn publish(&self) -> Result<bool, Error> {
        let kv = self.home.env.kv("SNAPSHOTS")?;
        let due = shard::publishable(PUBLISH_AT_ONCE, now(), &self.store)?;
        for some in due.chunks(PUBLISH_TOGETHER) {
            for put in all(some.iter().map(|(sku, snapshot)| self.put(&kv, sku, snapshot))).await {
                put?;
            }
            for (sku, snapshot) in some {
                self.store.clear_dirty(sku, snapshot.version)?;
            }
            breathe().await;
        }
        Ok(u32::try_from(due.len()).is_ok_and(|published| published == PUBLISH_AT_ONCE))
    }

    async fn put(&self, kv: &KvStore, sku: &Sku, snapshot: &Snapshot) -> Result<(), Error> {
        let put = kv.put(&keys::snapshot(&self.name.region, sku), serde_json::to_string(snapshot)?)?;
        Ok(put.execute().await?)
    }

    /// Forgets what is in memory, after a failure has undone writes.
    pub fn forget(&self) {
        self.store.forget();
        self.home.alarm.forget();
    }
}

impl Outbox for SqlStore {
    fn oldest(&self, limit: u32) -> Result<Vec<(u64, String)>, Error> {
        self.outbox_texts(limit)
    }

    fn delivered(&self, seq: u64) -> Result<(), Error> {
        holdfast::stock::store::Store::delivered(self, seq)
    }
}
