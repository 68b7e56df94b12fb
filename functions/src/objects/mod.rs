//! Durable Objects. Each file opens with its commands, its tables and its alarm.

pub mod alarm;
pub mod event_log;
pub mod kpi_board;
pub mod outbox;
mod quote_desk;
pub mod sql;
mod stock_shard;

pub use event_log::EventLog;
pub use kpi_board::KpiBoard;
pub use quote_desk::QuoteDesk;
pub use stock_shard::StockShard;

use holdfast::time::Timestamp;
use wasm_bindgen::prelude::*;
use worker::js_sys::{Array, Promise, Reflect};
use worker::wasm_bindgen_futures::JsFuture;
use worker::{Date, Env, ObjectNamespace};

/// The object's clock.
fn now() -> Timestamp {
    Timestamp::from_millis(i64::try_from(Date::now().as_millis()).unwrap_or(i64::MAX))
}

#[wasm_bindgen]
extern "C" {
    /// A stub seen as what `glue/object.js` exports: one method, called by Workers RPC.
    type Remote;
    #[wasm_bindgen(method, catch)]
    fn ask(this: &Remote, text: &str) -> Result<Promise, JsValue>;
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

/// Sends one command to the object `name` of the namespace bound as `binding`, and waits for its reply. A new object is
/// placed near `hint`. An object that was reset is asked once more, through a fresh stub: commands carry ids, so one
/// that had been carried out is met again, not repeated. An overloaded one is left alone.
pub async fn ask(env: &Env, binding: &str, name: &str, hint: &str, command: &str) -> Result<String, AskError> {
    ask_placed(env, binding, name, Some(hint), command).await
}

/// [`ask`] for an object that may be anywhere: a new one is placed near whoever asks first.
pub async fn ask_anywhere(env: &Env, binding: &str, name: &str, command: &str) -> Result<String, AskError> {
    ask_placed(env, binding, name, None, command).await
}

/// Asks several objects, each named for where it is and asked its own command, all at the same time. The replies are in
/// the order of the questions. Nothing is asked twice: whoever asks may ask again.
pub async fn ask_all(env: &Env, binding: &str, asks: Vec<(String, String)>) -> Result<Vec<String>, AskError> {
    let failed = |error: worker::Error| AskError::Failed(error.to_string());
    let namespace = env.durable_object(binding).map_err(failed)?;
    let promises = Array::new();
    for (name, command) in asks {
        let object: Remote = namespace.get_by_name_with_location_hint(&name, &name).map_err(failed)?.into_rpc();
        let reply = object.ask(&command).map_err(|error| cause(&error))?;
        promises.push(reply.as_ref());
    }
    let replies: Array = JsFuture::from(Promise::all(&promises)).await.map_err(|error| cause(&error))?.into();
    Ok(replies.iter().map(|reply| reply.as_string().unwrap_or_default()).collect())
}

async fn ask_placed(
    env: &Env,
    binding: &str,
    name: &str,
    hint: Option<&str>,
    command: &str,
) -> Result<String, AskError> {
    let namespace = env.durable_object(binding).map_err(|error| AskError::Failed(error.to_string()))?;
    match ask_once(&namespace, name, hint, command).await {
        Err(AskError::Reset) => ask_once(&namespace, name, hint, command).await,
        answer => answer,
    }
}

async fn ask_once(
    namespace: &ObjectNamespace,
    name: &str,
    hint: Option<&str>,
    command: &str,
) -> Result<String, AskError> {
    let stub = match hint {
        Some(hint) => namespace.get_by_name_with_location_hint(name, hint),
        None => namespace.get_by_name(name),
    };
    let object: Remote = stub.map_err(|error| AskError::Failed(error.to_string()))?.into_rpc();
    let promise = object.ask(command).map_err(|error| cause(&error))?;
    let reply = JsFuture::from(promise).await.map_err(|error| cause(&error))?;
    reply.as_string().ok_or_else(|| AskError::Failed("the reply was not text".into()))
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
