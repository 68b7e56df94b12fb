//! Durable Objects. Each file opens with its commands, its tables and its alarm.

pub mod alarm;
mod depot;
pub mod event_log;
pub mod kpi_board;
pub mod outbox;
pub(crate) mod quote_desk;
pub mod sql;
mod stock_shard;
mod token_desk;
pub(crate) mod webhook_desk;

pub use depot::Depot;
pub use event_log::EventLog;
pub use kpi_board::KpiBoard;
pub use quote_desk::QuoteDesk;
pub use stock_shard::StockShard;
pub use token_desk::TokenDesk;
pub use webhook_desk::WebhookDesk;

use std::num::NonZeroU16;
use std::rc::Rc;

use holdfast::stock::{ShardMap, ShardName};
use holdfast::time::Timestamp;
use wasm_bindgen::prelude::*;
use worker::js_sys::{Promise, Reflect};
use worker::wasm_bindgen_futures::JsFuture;
use worker::{Date, Env, SqlStorage, State, worker_sys};

use self::alarm::Alarm;
use crate::problem::Problem;

/// Stock buckets of a region where the deployment does not say.
const DEFAULT_BUCKETS: NonZeroU16 = NonZeroU16::new(16).unwrap();

/// Which shard owns what in this deployment, but for skus with shards of their own.
pub fn shard_map(env: &Env) -> ShardMap {
    let configured = env.var("STOCK_BUCKETS").ok().and_then(|value| value.to_string().parse().ok());
    ShardMap::new(configured.unwrap_or(DEFAULT_BUCKETS))
}

/// Whether this deployment has all stock and all quotes in one object, the [`Depot`].
fn is_together(env: &Env) -> bool {
    env.var("STOCK_AND_QUOTES").is_ok_and(|value| value.to_string() == "together")
}

/// Sends a command to a stock shard, wherever that is: as [`read`] does if it `only_reads`, else as [`ask`].
pub async fn ask_shard(env: &Env, shard: &ShardName, only_reads: bool, command: &str) -> Result<String, AskError> {
    let method = if only_reads { "read" } else { "ask" };
    if is_together(env) {
        return send(env, depot::BINDING, depot::NAME, None, method, &depot::to_shard(shard, command)).await;
    }
    send(env, "STOCK", &shard.to_string(), Some(shard.region.as_str()), method, command).await
}

/// What the platform gives an object.
#[derive(Clone)]
pub struct Home {
    /// The object's name.
    pub name: String,
    /// Its database.
    pub sql: SqlStorage,
    /// What its database is in.
    pub storage: Rc<worker_sys::DurableObjectStorage>,
    /// Its one alarm.
    pub alarm: Rc<Alarm>,
    /// The deployment.
    pub env: Env,
}

impl Home {
    fn of(state: worker_sys::DurableObjectState, env: Env) -> Result<Self, JsValue> {
        let (storage, alarm) = (Rc::new(state.storage()?), Rc::new(Alarm::of(state.storage()?)));
        let state = State::from(state);
        let (name, sql) = (state.id().name().unwrap_or_default(), state.storage().sql());
        Ok(Self { name, sql, storage, alarm, env })
    }
}

/// The object's clock.
fn now() -> Timestamp {
    Timestamp::from_millis(i64::try_from(Date::now().as_millis()).unwrap_or(i64::MAX))
}

#[wasm_bindgen(module = "/glue/ask.js")]
extern "C" {
    /// Calls a method of what `glue/object.js` exports, by Workers RPC.
    #[wasm_bindgen(catch, js_name = ask)]
    fn call(
        env: &Env,
        binding: &str,
        name: &str,
        hint: Option<&str>,
        method: &str,
        text: &str,
    ) -> Result<Promise, JsValue>;
}

#[wasm_bindgen(module = "/glue/courier.js")]
extern "C" {
    type Bundles;
    #[wasm_bindgen(constructor, js_class = "Courier")]
    fn new(env: &Env, binding: &str) -> Bundles;
    #[wasm_bindgen(method, catch)]
    fn ask(this: &Bundles, name: &str, hint: &str, text: &str) -> Result<Promise, JsValue>;
}

/// Carries an object's commands to those of another namespace; those for the same object at the same time go together.
pub struct Courier(Bundles);

impl Courier {
    /// To the objects of the namespace bound as `binding`.
    pub fn to(env: &Env, binding: &str) -> Self {
        Self(Bundles::new(env, binding))
    }

    /// [`ask`], with what else goes to the same object.
    pub async fn ask(&self, name: &str, hint: &str, command: &str) -> Result<String, AskError> {
        reply(|| self.0.ask(name, hint, command)).await
    }
}

/// Why an object did not answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// It has more to do than it can.
    #[error("the object is overloaded")]
    Overloaded,
    /// It was restarted while it worked; the command may or may not have been carried out.
    #[error("the object was reset")]
    Reset,
    /// Anything else; for the log.
    #[error("the object failed: {0}")]
    Failed(String),
}

impl AskError {
    /// What the caller is told, and the log: `object` is which one, `called` what callers call it.
    pub fn told(&self, object: &str, called: &str) -> Problem {
        worker::console_error!("{object}: {self}");
        match self {
            Self::Overloaded | Self::Reset => {
                Problem::unavailable(&format!("{called} is busy or restarting; send the same request again"))
            }
            Self::Failed(_) => Problem::internal(),
        }
    }
}

/// Sends one command to the object `name` of the namespace bound as `binding`, and waits for its reply. A new object is
/// placed near `hint`, or near whoever asks first. An object that was reset is asked once more, through a fresh stub:
/// commands carry ids, so one that had been carried out is met again, not repeated. An overloaded one is left alone.
pub async fn ask(env: &Env, binding: &str, name: &str, hint: Option<&str>, command: &str) -> Result<String, AskError> {
    send(env, binding, name, hint, "ask", command).await
}

/// [`ask`] for a command that changes nothing: it does not wait for others to share a commit with.
pub async fn read(env: &Env, binding: &str, name: &str, hint: Option<&str>, command: &str) -> Result<String, AskError> {
    send(env, binding, name, hint, "read", command).await
}

async fn send(
    env: &Env,
    binding: &str,
    name: &str,
    hint: Option<&str>,
    method: &str,
    command: &str,
) -> Result<String, AskError> {
    reply(|| call(env, binding, name, hint, method, command)).await
}

/// The text that a call is answered with.
async fn reply(call: impl Fn() -> Result<Promise, JsValue>) -> Result<String, AskError> {
    let mut again = true;
    loop {
        let reply = match call() {
            Ok(promise) => JsFuture::from(promise).await,
            Err(error) => Err(error),
        };
        match reply.map_err(|error| cause(&error)) {
            Ok(reply) => return reply.as_string().ok_or_else(|| AskError::Failed("the reply was not text".into())),
            Err(AskError::Reset) if again => again = false,
            Err(error) => return Err(error),
        }
    }
}

/// The platform marks what it throws: <https://developers.cloudflare.com/durable-objects/best-practices/error-handling/>.
fn cause(error: &JsValue) -> AskError {
    let marked = |mark: &str| Reflect::get(error, &mark.into()).is_ok_and(|value| value.is_truthy());
    if marked("overloaded") {
        AskError::Overloaded
    } else if marked("retryable") || marked("durableObjectReset") {
        AskError::Reset
    } else {
        AskError::Failed(format!("{error:?}"))
    }
}
