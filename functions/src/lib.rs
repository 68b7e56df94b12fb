//! The edge: what `entry.js` calls. One function for requests, one struct for each Durable Object.

pub mod admin;
pub mod auth;
pub mod authority;
pub mod availability;
pub mod bulk;
pub mod catalog;
pub mod edge;
pub mod events;
pub mod kpi;
pub mod live;
pub mod mcp;
pub mod objects;
pub mod parts;
pub mod percent;
pub mod problem;
pub mod providers;
pub mod query;
pub mod quotes;
pub mod registers;
pub mod route;
pub mod search;
pub mod shards;
pub mod stock;
pub mod supply;
pub mod sync;
pub mod together;
pub mod tokens;
pub mod ucp;
pub mod vehicles;
pub mod webhooks;
pub mod wire;
pub mod worklist;

use std::future::Future;
use std::task::{Context, Poll, Waker};

use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::future_to_promise;
use worker::{Env, worker_sys};

use wire::Request;

/// Answers a request. `head` and the returned text are described in [`wire`]. Returns the text itself when nothing had
/// to be awaited, else a promise of it: a promise costs a tenth of a request, and answers from memory need none.
#[wasm_bindgen]
pub fn respond(head: String, body: Vec<u8>, env: Env, context: worker_sys::Context) -> JsValue {
    let mut answer = Box::pin(async move {
        let request = Request::read(&head, &body);
        let answer = route::answer(&request, &env, &worker::Context::new(context)).await;
        JsValue::from_str(&answer.into_text())
    });
    // A waker that does nothing is enough for this first look: the promise below polls again with its own.
    match answer.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(text) => text,
        Poll::Pending => future_to_promise(async move { Ok(answer.await) }).into(),
    }
}

/// Stores messages of the `EVENTS` queue; `ids` and `bodies` go together. After an error, send all of them again.
#[wasm_bindgen]
pub async fn consume(ids: Vec<String>, bodies: Vec<String>, env: Env) -> Result<(), JsValue> {
    let messages: Vec<(String, String)> = ids.into_iter().zip(bodies).collect();
    Ok(events::store(&messages, &env).await?)
}

/// Does nothing. `glue/instance.js` calls it to have a dead wasm instance replaced.
#[wasm_bindgen]
pub fn wake() {}
