//! Stands in for `functions` behind the real `entry.js`, and fails in every way that kills a wasm instance.
#![allow(clippy::panic, clippy::missing_panics_doc, missing_docs, reason = "a probe for tests/trap.test.mjs")]

use std::cell::Cell;
use std::task::{Context, Poll, Waker};

use functions::objects::{Courier, ask};
use functions::together::all;
use functions::wire::{Answer, Request};
use wasm_bindgen::prelude::*;
use worker::{Delay, Env, SqlStorage, State, worker_sys};

#[wasm_bindgen]
pub fn probe(head: String, body: Vec<u8>, env: Env, _context: worker_sys::Context) -> JsValue {
    let mut answer =
        Box::pin(async move { JsValue::from_str(&handle(&Request::read(&head, &body), &env).await.into_text()) });
    match answer.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(text) => text,
        Poll::Pending => wasm_bindgen_futures::future_to_promise(async move { Ok(answer.await) }).into(),
    }
}

async fn handle(request: &Request<'_>, env: &Env) -> Answer {
    match request.path() {
        "/abort" => std::process::abort(),
        "/panic" => panic!("asked to"),
        "/overflow" => return Answer::new(200, deep(1).to_string()),
        "/panic-later" => {
            let _ = ask(env, "STOCK", "a", Some("enam"), "read").await;
            panic!("asked to");
        }
        functions::live::PATH if request.live == "item" => {
            let stock = String::from_utf8_lossy(request.body);
            return Answer::new(200, stock.rsplit(' ').next().unwrap_or_default());
        }
        functions::live::PATH => return Answer::new(200, "a enam S\n\nS S\n"),
        "/wait" => Delay::from(std::time::Duration::from_secs(20)).await,
        "/ask" => {
            return match ask(env, "STOCK", "a", Some("enam"), request.query()).await {
                Ok(reply) => Answer::new(200, reply),
                Err(error) => Answer::new(503, error.to_string()),
            };
        }
        "/ask-all" => {
            let courier = Courier::to(env, "STOCK");
            let asks = request.query().split(',').map(|command| courier.ask("a", "enam", command));
            let replies = all(asks).await.into_iter().map(|reply| reply.unwrap_or_else(|_| "failed".into()));
            return Answer::new(200, replies.collect::<Vec<_>>().join(","));
        }
        _ => {}
    }
    Answer::new(200, "ok")
}

/// Never returns: each call keeps a frame on the stack.
#[expect(unconditional_recursion, reason = "the point")]
fn deep(n: u64) -> u64 {
    std::hint::black_box(deep(std::hint::black_box(n)).wrapping_add(n))
}

#[derive(serde::Deserialize)]
struct Count {
    n: f64,
}

#[wasm_bindgen]
pub struct Counter {
    sql: SqlStorage,
    listens: Cell<bool>,
}

#[wasm_bindgen]
impl Counter {
    #[wasm_bindgen(constructor)]
    pub fn new(state: worker_sys::DurableObjectState, _env: Env) -> Result<Self, JsValue> {
        let sql = State::from(state).storage().sql();
        sql.exec("CREATE TABLE IF NOT EXISTS counter (n INTEGER)", None)?;
        Ok(Self { sql, listens: Cell::default() })
    }

    /// Adds a row for each "write" and answers how many there are.
    pub fn ask(&self, command: &str) -> Result<String, JsValue> {
        for word in command.split('+') {
            match word {
                "write" => drop(self.sql.exec("INSERT INTO counter VALUES (1)", None)?),
                "error" => return Err("asked to".into()),
                "panic" => panic!("asked to"),
                _ => {}
            }
        }
        let n = self.sql.exec("SELECT count(*) AS n FROM counter", None)?.one::<Count>()?.n;
        let read = command.starts_with('{');
        Ok(if read { format!(r#"{{"read":{{"stock":[[{n}]]}}}}"#) } else { n.to_string() })
    }

    pub fn listen(&self, on: bool) {
        self.listens.set(on);
    }

    /// As if each command had changed the sku.
    pub fn changed(&self) -> String {
        if self.listens.get() { "a S\n".into() } else { String::new() }
    }

    #[expect(clippy::unused_async, reason = "glue/object.js expects a promise")]
    pub async fn alarm(&self) -> Result<(), JsValue> {
        Ok(())
    }
}
