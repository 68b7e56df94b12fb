//! Every operation, in the order of docs/api.md.

mod admin;
mod catalogue;
mod kpi;
mod query;
mod quotes;
mod stock;
mod tokens;
mod webhooks;

use serde_json::{Value, json};

use crate::answers::Health;
use crate::operation::Operation;
use crate::schemas::Schemas;

/// Every operation.
pub fn all(schemas: &mut Schemas) -> Vec<Operation> {
    let mut all =
        vec![
            Operation::get("/healthz", "getHealth", "public")
                .does("Is it up?", "Touches neither KV nor stock.")
                .answers(200, "It is up.", &schemas.answer::<Health>()),
        ];
    all.extend(query::operations(schemas));
    all.extend(catalogue::operations(schemas));
    all.extend(quotes::operations(schemas));
    all.extend(tokens::operations(schemas));
    all.extend(stock::operations(schemas));
    all.extend(kpi::operations(schemas));
    all.extend(admin::operations(schemas));
    all.extend(webhooks::operations(schemas));
    all
}

/// A whole number within bounds.
fn whole(least: u64, most: u64, usual: u64) -> Value {
    json!({"type": "integer", "minimum": least, "maximum": most, "default": usual})
}

/// A place in a log or ledger.
fn place() -> Value {
    json!({"type": "integer", "minimum": 0, "maximum": u64::MAX, "default": 0})
}
