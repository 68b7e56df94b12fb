//! The stock shard: owns every position of its (region, bucket). Its name is the shard's: `enam/17`.
//!
//! - **Commands**: [`holdfast::stock::shard::Command`] as JSON; replies likewise. What is decided, and why, is there.
//! - **Tables**: see [`store`].
//! - **Alarm**: publishes the snapshots of changed skus to KV, a second after the change at the earliest, so that no key
//!   is written more than once a second. At least once: a snapshot counts as published only after KV has taken it, and
//!   a sku that changed meanwhile stays due.

mod store;

use std::cell::Cell;

use holdfast::catalog::keys;
use holdfast::id::Region;
use holdfast::stock::shard::{self, Command, PUBLISH_AFTER};
use holdfast::stock::store::Store as _;
use holdfast::time::Timestamp;
use wasm_bindgen::prelude::*;
use worker::{Date, Env, State, js_sys, worker_sys};

use self::store::SqlStore;

/// Snapshots published by one alarm; the platform allows an invocation a thousand calls.
const PUBLISH_AT_ONCE: u32 = 500;

/// The object around a shard. All truth is in SQLite; what is here can be lost at any time.
#[wasm_bindgen]
pub struct StockShard {
    store: SqlStore,
    storage: worker_sys::DurableObjectStorage,
    region: Option<Region>,
    env: Env,
    /// The alarm that is known to be set, in milliseconds since the epoch.
    alarm_at: Cell<Option<i64>>,
}

#[wasm_bindgen]
impl StockShard {
    /// Runs the migrations. Called on the object's first use, and again after a trap has replaced the wasm instance.
    #[wasm_bindgen(constructor)]
    pub fn new(state: worker_sys::DurableObjectState, env: Env) -> Result<StockShard, JsValue> {
        let storage = state.storage()?;
        let state = State::from(state);
        let region = state.id().name().and_then(|name| name.split('/').next().and_then(|region| region.parse().ok()));
        let store = SqlStore::open(state.storage().sql())?;
        Ok(Self { store, storage, region, env, alarm_at: Cell::new(None) })
    }

    /// Decides one command. Synchronous, and inside one transaction that `glue/object.js` opens.
    pub fn ask(&self, command: &str) -> Result<String, JsValue> {
        let command: Command = serde_json::from_str(command).map_err(|error| JsValue::from(error.to_string()))?;
        let output = shard::handle(command, now(), &self.store).map_err(|error| {
            self.store.forget();
            JsValue::from(error)
        })?;
        if let Some(at) = output.wake_at {
            self.wake_at(at)?;
        }
        serde_json::to_string(&output.reply).map_err(|error| JsValue::from(error.to_string()))
    }

    /// Publishes what changed.
    pub async fn alarm(&self) -> Result<(), JsValue> {
        self.alarm_at.set(None);
        let Some(region) = &self.region else { return Err("a stock shard is named region/bucket".into()) };
        let due = shard::publishable(PUBLISH_AT_ONCE, now(), &self.store)?;
        let kv = self.env.kv("SNAPSHOTS")?;
        for (sku, snapshot) in &due {
            let text = serde_json::to_string(snapshot).map_err(|error| JsValue::from(error.to_string()))?;
            let put = kv.put(&keys::snapshot(region, sku), text).map_err(worker::Error::from)?;
            put.execute().await.map_err(worker::Error::from)?;
            self.store.clear_dirty(sku, snapshot.version)?;
        }
        // More may be due than fitted, or a sku may have changed while it was published.
        if !self.store.dirty(1)?.is_empty() {
            self.wake_at(now().plus(PUBLISH_AFTER))?;
        }
        Ok(())
    }

    /// Has `alarm` called at `at`, unless an earlier one is set. Not awaited: the platform holds back the reply to the
    /// caller until this and all other writes are durable.
    fn wake_at(&self, at: Timestamp) -> Result<(), JsValue> {
        if self.alarm_at.get().is_none_or(|set| at.millis() < set) {
            #[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 are exact in a double")]
            let millis = at.millis() as f64;
            let _ = self.storage.set_alarm(js_sys::Date::new(&millis.into()), js_sys::Object::new())?;
            self.alarm_at.set(Some(at.millis()));
        }
        Ok(())
    }
}

fn now() -> Timestamp {
    Timestamp::from_millis(i64::try_from(Date::now().as_millis()).unwrap_or(i64::MAX))
}
