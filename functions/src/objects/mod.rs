//! Durable Objects. Each file opens with its commands, its tables and its alarm.

mod stock_shard;

pub use stock_shard::StockShard;

use wasm_bindgen::prelude::*;
use worker::{Env, js_sys::Promise, wasm_bindgen_futures::JsFuture};

#[wasm_bindgen]
extern "C" {
    /// A stub seen as what `glue/object.js` exports: one method, called by Workers RPC.
    type Remote;
    #[wasm_bindgen(method, catch)]
    fn ask(this: &Remote, text: &str) -> Result<Promise, JsValue>;
}

/// Sends one command to the object `name` of the namespace bound as `binding`, and waits for its reply.
pub async fn ask(env: &Env, binding: &str, name: &str, command: &str) -> worker::Result<String> {
    let object: Remote = env.durable_object(binding)?.get_by_name(name)?.into_rpc();
    let reply = JsFuture::from(object.ask(command)?).await?;
    reply
        .as_string()
        .ok_or_else(|| "the object's reply was not text".into())
}
