//! The stock shard: owns every position of its (region, bucket). (The skeleton.)

use wasm_bindgen::prelude::*;
use worker::js_sys::{Date, Object};
use worker::{Env, SqlStorage, State, worker_sys};

/// The object's state is in SQLite; this holds only the way to it.
#[wasm_bindgen]
pub struct StockShard {
    sql: SqlStorage,
    storage: worker_sys::DurableObjectStorage,
}

#[wasm_bindgen]
impl StockShard {
    /// Runs the migrations. Called on the object's first use, and again after a trap has replaced the wasm instance.
    #[wasm_bindgen(constructor)]
    pub fn new(state: worker_sys::DurableObjectState, _env: Env) -> Result<StockShard, JsValue> {
        let storage = state.storage()?;
        Ok(Self {
            sql: State::from(state).storage().sql(),
            storage,
        })
    }

    /// Decides one command. Synchronous, and inside one transaction that `glue/object.js` opens.
    pub fn ask(&self, command: &str) -> Result<String, JsValue> {
        let _ = (&self.sql, command);
        Ok("{}".into())
    }

    #[expect(clippy::unused_async, reason = "the skeleton awaits nothing yet")]
    /// Publishes what changed and drains the outbox.
    pub async fn alarm(&self) -> Result<(), JsValue> {
        Ok(())
    }

    /// Has `alarm` called at `at_ms`, in place of any earlier time. Not awaited: the platform holds back the reply to
    /// the caller until this and all other writes are durable.
    #[expect(dead_code, reason = "the skeleton decides nothing yet")]
    fn wake_at(&self, at_ms: f64) -> Result<(), JsValue> {
        let _ = self
            .storage
            .set_alarm(Date::new(&at_ms.into()), Object::new())?;
        Ok(())
    }
}
