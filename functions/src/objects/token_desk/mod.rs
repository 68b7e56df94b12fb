//! The token desk: owns one account's calibration tokens. Its name is the account's.
//!
//! - **Calls**: [`holdfast::token::call::Call`] as JSON; answers likewise. What is decided, and why, is in
//!   [`holdfast::token::desk`].
//! - **Tables**: see [`store`].
//! - **Alarm**: marks what has expired, forgets answers after a day, and delivers the log's entries as events.
//!
//! A call is decided without waiting, inside one transaction that `glue/object.js` opens. So an answer is given only once
//! what it tells of is durable, and a call that is repeated after a crash finds either all of it or nothing.

mod store;

use holdfast::id::AccountId;
use holdfast::time::Timestamp;
use holdfast::token::call::{Answer, Call};
use holdfast::token::{Authority, Desk, Reason, Store as _};
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use worker::{Env, State, console_error, worker_sys};

use self::store::SqlStore;
use super::alarm::{Alarm, transaction};
use super::{now, outbox};
use crate::authority;

/// The object around a desk. All truth is in SQLite; what is here can be lost at any time.
#[wasm_bindgen]
pub struct TokenDesk {
    account: AccountId,
    /// Absent while the deployment has no keys.
    authority: Option<Rc<Authority>>,
    store: SqlStore,
    storage: worker_sys::DurableObjectStorage,
    alarm: Alarm,
    /// How long events wait, in milliseconds.
    deliver_after: i64,
    env: Env,
}

#[wasm_bindgen]
impl TokenDesk {
    /// Runs the migrations.
    #[wasm_bindgen(constructor)]
    pub fn new(state: worker_sys::DurableObjectState, env: Env) -> Result<TokenDesk, JsValue> {
        let storage = state.storage()?;
        let alarm = Alarm::of(state.storage()?);
        let state = State::from(state);
        let account =
            state.id().name().and_then(|name| name.parse().ok()).ok_or("a token desk is named by its account")?;
        let store = SqlStore::open(state.storage().sql())?;
        Ok(Self {
            account,
            authority: authority::of(&env).ok(),
            store,
            storage,
            alarm,
            deliver_after: outbox::delay(&env),
            env,
        })
    }

    /// Decides one call.
    pub fn ask(&self, call: &str) -> Result<String, JsValue> {
        let call: Call = holdfast::json::from_str(call).map_err(|error| JsValue::from(error.to_string()))?;
        let answer = match &self.authority {
            Some(authority) => Desk::new(&self.account, authority, &self.store).handle(call, now())?,
            None => Answer::refused(Reason::TokensNotConfigured),
        };
        self.alarm.wake_at(now().plus(self.deliver_after))?;
        serde_json::to_string(&answer).map_err(|error| JsValue::from(error.to_string()))
    }

    /// Does what is due. Never fails: what could not be done is due again later.
    pub async fn alarm(&self) -> Result<(), JsValue> {
        self.alarm.rang(now());
        let tidied = transaction(&self.storage, || self.tidy());
        if let Err(error) = &tidied {
            console_error!("token desk {}: tidying: {error:?}", self.account);
        }
        let delivered = outbox::drain(&format!("tokens/{}", self.account), &self.store, &self.env).await;
        if let Err(error) = &delivered {
            console_error!("token desk {}: delivering events: {error}", self.account);
        }
        let (Ok(()), Ok(more)) = (tidied, delivered) else { return self.alarm.failed(now()) };
        self.alarm.succeeded();
        self.next_wake(more)?.map_or(Ok(()), |at| self.alarm.wake_at(at))
    }

    fn tidy(&self) -> Result<(), JsValue> {
        match &self.authority {
            Some(authority) => Ok(Desk::new(&self.account, authority, &self.store).wake(now())?),
            None => Ok(()),
        }
    }

    fn next_wake(&self, more: bool) -> Result<Option<Timestamp>, JsValue> {
        let soon = more.then(|| now().plus(self.deliver_after));
        Ok([soon, self.store.next_due()?].into_iter().flatten().min())
    }
}
