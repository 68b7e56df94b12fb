//! The binding to the Model Context Protocol: what a tool is called with, and how it answers.

use serde_json::{Map, Value};

use super::{Operation, Outcome, at, is_profile, quoted, text};
use crate::mcp::Failure;

/// What a tool was called with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Arguments<'a> {
    /// The cart; empty where none is needed.
    pub cart: &'a str,
    /// The products that are asked for, or what is to be held.
    pub payload: &'a Value,
    /// The idempotency key; empty where none is needed.
    pub key: &'a str,
}

impl<'a> Arguments<'a> {
    /// Reads them.
    ///
    /// # Errors
    /// What is missing.
    pub fn of(operation: Operation, arguments: &'a Map<String, Value>) -> Result<Self, Outcome> {
        static NOTHING: Value = Value::Null;
        let of = |name: &str| arguments.get(name).unwrap_or(&NOTHING);
        let meta = of("meta");
        if !is_profile(text(meta, "/ucp-agent/profile")) {
            let content = r#"`meta["ucp-agent"].profile` is required: the https address of your platform's profile"#;
            return Err(Outcome::error(400, "invalid_profile_url", content));
        }
        let key = text(meta, "/idempotency-key");
        if operation.changes() && key.is_empty() {
            let content =
                r#"`meta["idempotency-key"]` is required: a new UUID for each change, the same when you send it again"#;
            return Err(Outcome::error(400, "idempotency_key_required", content));
        }
        let cart = of("id").as_str().unwrap_or_default();
        if matches!(operation, Operation::Get | Operation::Update | Operation::Cancel) && cart.is_empty() {
            return Err(Outcome::invalid("`id` is required: the cart's, as a text"));
        }
        let cart = if operation == Operation::Create { "" } else { cart };
        Ok(Self { cart, payload: of(if operation.is_of_cart() { "cart" } else { "catalog" }), key })
    }
}

/// The members of a tool's result.
pub fn members(outcome: &Outcome) -> String {
    let Outcome { body, failed, .. } = outcome;
    let text = quoted(body);
    format!(r#""content":[{{"type":"text","text":{text}}}],"structuredContent":{body},"isError":{failed}"#)
}

/// An error of the transport as one of JSON-RPC. `retry_after` is in seconds.
pub fn failure(outcome: &Outcome, retry_after: Option<&str>) -> Failure {
    let Outcome { status, body, .. } = outcome;
    let told: Value = serde_json::from_str(body).unwrap_or_default();
    let code = match (status, text(&told, "/code")) {
        (_, "invalid_profile_url") => -32001,
        (400, _) => -32602,
        (500, _) => -32603,
        _ => -32000,
    };
    let retry_after = retry_after.map_or(String::new(), |seconds| format!(r#","retry_after":{seconds}"#));
    let data = format!(r#"{{"code":{},"content":{}{retry_after}}}"#, at(&told, "/code"), at(&told, "/content"));
    Failure { status: *status, code, message: text(&told, "/content").to_owned(), data, id: String::new() }
}
