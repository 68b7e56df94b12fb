//! An object's one alarm, for all that it has to do later.

use std::cell::Cell;
use std::time::Duration;

use holdfast::time::Timestamp;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use worker::{Delay, js_sys, worker_sys};

/// The least time from one alarm to the next, in milliseconds: what is due at many moments in a row is done together.
const PAUSE: i64 = 250;
/// How long to wait after a failure, in milliseconds; twice as long after each further one.
const FIRST_RETRY: i64 = 1_000;
/// The longest wait after a failure, in milliseconds.
const LAST_RETRY: i64 = 30_000;

/// The alarm of an object. What it knows can be lost at any time: the platform keeps the alarm itself.
pub struct Alarm {
    storage: worker_sys::DurableObjectStorage,
    /// The alarm that is known to be set.
    set: Cell<Option<Timestamp>>,
    /// It may be set to a time that nobody remembers.
    lost: Cell<bool>,
    rang: Cell<Timestamp>,
    failures: Cell<u32>,
}

impl Alarm {
    /// The alarm that belongs to `storage`.
    pub fn of(storage: worker_sys::DurableObjectStorage) -> Self {
        Self { storage, set: Cell::default(), lost: Cell::default(), rang: Cell::default(), failures: Cell::default() }
    }

    /// Has the object woken at `at`, unless an earlier alarm is set. Not awaited: the platform holds back the reply to
    /// the caller until this and all other writes are durable.
    pub fn wake_at(&self, at: Timestamp) -> Result<(), JsValue> {
        let soonest = self.rang.get().plus(PAUSE);
        let at = if self.lost.take() { soonest } else { at.max(soonest) };
        if self.set.get().is_none_or(|set| at < set) {
            #[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 are exact in a double")]
            let millis = at.millis() as f64;
            let _ = self.storage.set_alarm(js_sys::Date::new(&millis.into()), js_sys::Object::new())?;
            self.set.set(Some(at));
        }
        Ok(())
    }

    /// The alarm rang at `now`: none is set any more.
    pub fn rang(&self, now: Timestamp) {
        self.set.set(None);
        self.lost.set(false);
        self.rang.set(now);
    }

    /// Nothing is known any more, after a failure may have undone the setting. The next one is to the soonest time that may be: one
    /// that was earlier must not be put off.
    pub fn forget(&self) {
        self.set.set(None);
        self.lost.set(true);
    }

    /// What the alarm had to do is done.
    pub fn succeeded(&self) {
        self.failures.set(0);
    }

    /// What the alarm had to do is [done](Self::succeeded), or [failed](Self::failed) at `now`.
    pub fn did(&self, done: bool, now: Timestamp) -> Result<(), JsValue> {
        if !done {
            return self.failed(now);
        }
        self.succeeded();
        Ok(())
    }

    /// What the alarm had to do failed at `now`; it is tried again, later each time. An alarm that returns an error
    /// would be tried again by the platform a few times, and then never.
    pub fn failed(&self, now: Timestamp) -> Result<(), JsValue> {
        let wait =
            FIRST_RETRY.saturating_mul(1_i64.checked_shl(self.failures.get()).unwrap_or(i64::MAX)).min(LAST_RETRY);
        self.failures.set(self.failures.get().saturating_add(1).min(16));
        self.wake_at(now.plus(wait))
    }
}

/// Lets others have the thread between two pieces of long work. workerd on one machine looks for new requests only when
/// there is nothing else to do, and calls from one object to another are something to do.
pub async fn breathe() {
    Delay::from(Duration::from_millis(1)).await;
}

#[wasm_bindgen]
extern "C" {
    type Transactional;
    #[wasm_bindgen(method, catch, js_name = transactionSync)]
    fn transaction_sync(
        this: &Transactional,
        work: &mut dyn FnMut() -> Result<(), JsValue>,
    ) -> Result<JsValue, JsValue>;
}

/// Runs `work` so that all its writes are kept, or after an error none. For an alarm; a command has this around it.
pub fn transaction(
    storage: &worker_sys::DurableObjectStorage,
    mut work: impl FnMut() -> Result<(), JsValue>,
) -> Result<(), JsValue> {
    storage.unchecked_ref::<Transactional>().transaction_sync(&mut work).map(drop)
}
