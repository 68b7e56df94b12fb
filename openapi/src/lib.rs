//! The API as an `OpenAPI` 3.1 document. Answers are described by the types that are sent; requests, which are read field
//! by field, by the types in `requests`. What checks that both tell the truth: tests/document.rs for the paths and the
//! committed file, tests/contract/openapi.test.mjs and every other contract test for what is accepted and answered.

mod answers;
mod examples;
mod operation;
mod paths;
mod problems;
mod requests;
mod schemas;

use serde::Serialize;
use serde_json::ser::{PrettyFormatter, Serializer};
use serde_json::{Map, Value, json};

use crate::operation::Operation;
use crate::schemas::Schemas;

/// The document as it is committed.
pub fn text() -> String {
    let mut text = Vec::new();
    let mut writer = Serializer::with_formatter(&mut text, PrettyFormatter::with_indent(b" "));
    // Writing JSON into memory cannot fail.
    let _ = document().serialize(&mut writer);
    text.push(b'\n');
    String::from_utf8(text).unwrap_or_default()
}

/// The document.
pub fn document() -> Value {
    let mut schemas = Schemas::new();
    let operations = paths::all(&mut schemas);
    let (problem, fault) = (schemas.problem(), schemas.short_line());
    let mut responses = Map::new();
    let mut paths: Map<String, Value> = Map::new();
    for operation in operations {
        let (path, method) = (operation.path.to_owned(), operation.method.to_owned());
        let told = operation.told(&problem, &fault, &mut responses);
        if let Some(methods) = paths.entry(path).or_insert_with(|| json!({})).as_object_mut() {
            methods.insert(method, told);
        }
    }
    json!({
        "openapi": "3.1.1",
        "info": {
            "title": "Holdfast",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "Price, availability and binding holds for automotive parts.",
            "description": ABOUT,
            "contact": {"name": "Whoever runs this deployment"},
            "license": {"name": "Apache-2.0 OR MIT", "identifier": "Apache-2.0 OR MIT"},
        },
        "servers": [{"url": "/", "description": "This deployment"}],
        "tags": tags(),
        "paths": paths,
        "components": {
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "description": KEYS},
                "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": KEYS},
            },
            "headers": operation::headers(),
            "parameters": operation::parameters(),
            "responses": responses,
            "schemas": schemas.finish(),
        },
    })
}

fn tags() -> Value {
    let tag = |(name, description)| json!({"name": name, "description": description});
    operation::TAGS.into_iter().map(tag).collect()
}

/// The paths and methods of the document, such as `("/v1/query", "POST")`.
pub fn operations() -> Vec<(String, String)> {
    let of = |operation: Operation| (operation.path.to_owned(), operation.method.to_uppercase());
    paths::all(&mut Schemas::new()).into_iter().map(of).collect()
}

const KEYS: &str = "A key acts for one account and carries scopes; an operation names those that it needs in `x-scopes`, and any \
one of them will do. `admin` carries every scope. A key with scope `web` is publishable: it carries nothing else, and browsers may use it \
only from the origins in its record. Send it in `Authorization` or in `X-API-Key`.";

const ABOUT: &str = "Holdfast answers what a part costs an account, where it is and when it can be had, and makes the answer \
binding: a quote sets stock aside at the moment it is made.\n\n\
**From question to order**: `POST /v1/query` → `POST /v1/quotes` → `POST /v1/quotes/{id}/commit`; for parts that must be \
calibrated, `POST /v1/tokens`.\n\n\
**Money** is `{\"amount\": 4689, \"currency\": \"USD\"}` in minor units. **Times** are RFC 3339. In a request, `null` is the same as \
leaving a field out, and unknown fields are refused. Answers may gain fields.\n\n\
**Errors** are `application/problem+json` (RFC 9457). Programs look at `code`; `retryable` says whether the same request can \
succeed later; `errors` names each bad field by JSON Pointer. A wrong method gets 405 with `Allow`.\n\n\
**Retries**: a POST that changes something needs an `Idempotency-Key`. The same key and body get the same answer for a day, with \
`Idempotent-Replayed: true`. Movements, scheduled receipts and reported events carry ids of their own instead and may be sent again as they are.\n\n\
**Limits**: a body has at most 1 MiB; 100 lines a query or quote; 10,000 lines (4 MiB) a query sent as NDJSON or CSV; 1,000 movements, receipts or events a \
call; 200 open quotes an account, unless its record says otherwise; 6,000 reported events a minute for a publishable key.";
