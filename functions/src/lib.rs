//! The edge: what `entry.js` calls. One function for requests, one struct for each Durable Object.

pub mod objects;
pub mod wire;

use std::future::Future;
use std::task::{Context, Poll, Waker};

use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::future_to_promise;
use worker::{Env, worker_sys};

use wire::{Answer, Request};

/// Answers a request. `head` and the returned text are described in [`wire`]. Returns the text itself when nothing had
/// to be awaited, else a promise of it: a promise costs a tenth of a request, and answers from memory need none.
#[wasm_bindgen]
pub fn respond(head: String, body: Vec<u8>, env: Env, context: worker_sys::Context) -> JsValue {
    let mut answer = Box::pin(async move {
        let request = Request::read(&head, &body);
        let answer = handle(&request, &env, &worker::Context::new(context)).await;
        JsValue::from_str(&answer.into_text())
    });
    // A waker that does nothing is enough for this first look: the promise below polls again with its own.
    match answer
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()))
    {
        Poll::Ready(text) => text,
        Poll::Pending => future_to_promise(async move { Ok(answer.await) }).into(),
    }
}

/// Does nothing. `glue/instance.js` calls it to have a dead wasm instance replaced.
#[wasm_bindgen]
pub fn wake() {}

#[expect(clippy::unused_async, reason = "the skeleton awaits nothing yet")]
/// The edge functions, by path. (The skeleton: routing comes with the functions.)
async fn handle(request: &Request<'_>, _env: &Env, _context: &worker::Context) -> Answer {
    if request.path() == "/healthz" {
        let body = concat!(
            r#"{"status":"ok","version":""#,
            env!("CARGO_PKG_VERSION"),
            r#""}"#
        );
        return Answer::new(200, body)
            .header("content-type", "application/json")
            .header("cache-control", "no-store");
    }
    Answer::new(
        404,
        r#"{"type":"about:blank","title":"Not found","status":404,"code":"not_found"}"#,
    )
    .header("content-type", "application/problem+json")
}
