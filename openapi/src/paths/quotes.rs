use functions::quotes::view::QuoteView;
use holdfast::access::Scope;
use holdfast::id::OpaqueId;
use serde_json::{Value, json};

use super::whole;
use crate::answers::{CommittedQuote, QuotePage};
use crate::operation::Operation;
use crate::requests::{CommitRequest, ExtendRequest, Nothing, QuoteRequest, ReorderRequest, ReturnRequest};
use crate::schemas::Schemas;

/// What a commit that asks for tokens can meet before anything is sold.
const CREW: [&str; 10] = [
    "shop_not_approved",
    "technician_not_approved",
    "technician_of_another_shop",
    "tool_not_approved",
    "tool_of_another_shop",
    "unknown_shop",
    "unknown_technician",
    "unknown_tool",
    "vehicle_mismatch",
    "tokens_not_configured",
];

const LATEST: &str = "The id means the quote that has its place by now, if another took it.";

pub fn operations(schemas: &mut Schemas) -> Vec<Operation> {
    let quote = schemas.answer::<QuoteView>();
    let id = schemas.request::<OpaqueId>();
    let act = |path, operation, schemas: &mut Schemas, body: &dyn Fn(&mut Schemas) -> Value, required| {
        let body = body(schemas);
        Operation::post(path, operation, "quotes")
            .scope(&[Scope::Quote])
            .path("id", "The quote.", id.clone())
            .query("latest", LATEST, json!({"type": "boolean"}))
            .idempotent()
            .body(&body, required)
            .problems(&["not_found"])
    };
    let itself = json!({"id": "$response.body#/id"});
    let opened = |operation: Operation| {
        operation
            .with_headers(201, &["Location", "IdempotentReplayed"])
            .problems(&["insufficient_stock", "quota_exceeded"])
            .leads(201, "Show", "getQuote", &itself, None)
            .leads(201, "Extend", "extendQuote", &itself, Some(json!({"ttl_seconds": 900})))
            .leads(201, "Commit", "commitQuote", &itself, Some(json!({})))
            .leads(201, "Release", "releaseQuote", &itself, Some(json!({})))
    };
    let replayable = |operation: Operation| operation.with_headers(200, &["IdempotentReplayed"]);
    vec![
        opened(
            Operation::post("/v1/quotes", "openQuote", "quotes")
                .does(
                    "Hold stock at a price",
                    "The price stands and the stock is set aside until the quote is committed, released or expired. Without `partial`, everything is held or nothing. \
                     With `replace`, stock of the earlier quote is not lost to somebody else in between.",
                )
                .scope(&[Scope::Quote])
                .query("latest", "`replace` means the quote that has its place by now.", json!({"type": "boolean"}))
                .idempotent()
                .body(&schemas.request::<QuoteRequest>(), true)
                .answers(201, "It is held; with `commit`, it is sold.", &schemas.answer::<CommittedQuote>())
                .problems(&CREW)
                .problems(&["not_found", "already_committed", "already_released", "quote_expired", "exceeds_hold", "unknown_line", "provider_not_configured"]),
        ),
        Operation::get("/v1/quotes", "listQuotes", "quotes")
            .does("One's quotes", "The newest first.")
            .scope(&[Scope::Quote])
            .query("state", "Only those in this state.", json!({"type": "string", "enum": ["held", "committing", "committed", "releasing", "released", "expired"]}))
            .query("reference", "Only those that you gave this name, exactly.", json!({"type": "string", "minLength": 1, "maxLength": 200, "pattern": "\\S"}))
            .query("cursor", "Where the page begins: the `cursor` of the one before.", json!({"type": "string", "pattern": "^[0-9]{1,15}$"}))
            .query("limit", "Quotes of a page.", whole(1, 100, 20))
            .answers(200, "A page.", &schemas.answer::<QuotePage>())
            .leads(200, "Newest", "getQuote", &json!({"id": "$response.body#/quotes/0/id"}), None),
        Operation::get("/v1/quotes/{id}", "getQuote", "quotes")
            .does("Show a quote", "As it is now: a held quote whose time is over has expired.")
            .scope(&[Scope::Quote])
            .path("id", "The quote.", id.clone())
            .query("latest", LATEST, json!({"type": "boolean"}))
            .answers(200, "The quote.", &quote)
            .problems(&["not_found", "in_progress"]),
        replayable(
            act("/v1/quotes/{id}/commit", "commitQuote", schemas, &Schemas::request::<CommitRequest>, false)
                .does("Buy what is held", "All of it with an empty body; else these lines, and the rest is freed. With `tokens`, authorisations to calibrate come with it.")
                .answers(200, "It is sold.", &schemas.answer::<CommittedQuote>())
                .with_headers(200, &["Location"])
                .problems(&CREW)
                .problems(&["quote_expired", "already_committed", "already_released", "exceeds_hold", "unknown_line", "provider_not_configured"])
                .leads(200, "OrderAgain", "reorderQuote", &itself, Some(json!({})))
                .leads(200, "GiveBack", "returnQuote", &itself, Some(json!({}))),
        ),
        replayable(
            act("/v1/quotes/{id}/release", "releaseQuote", schemas, &Schemas::request::<Nothing>, false)
                .does("Give up what is held", "The stock is free again.")
                .answers(200, "It holds nothing any more.", &quote)
                .problems(&["quote_expired", "already_committed", "already_released"]),
        ),
        replayable(
            act("/v1/quotes/{id}/extend", "extendQuote", schemas, &Schemas::request::<ExtendRequest>, true)
                .does("Hold it longer", "So long from now; never shorter than before.")
                .answers(200, "It is held until `expires_at`.", &quote)
                .problems(&["quote_expired", "already_committed", "already_released"]),
        ),
        replayable(
            act("/v1/quotes/{id}/returns", "returnQuote", schemas, &Schemas::request::<ReturnRequest>, false)
                .does("Take sold units back", "All of them with an empty body. Tokens that are then too many are revoked.")
                .answers(200, "They are back.", &quote)
                .problems(&["not_committed", "exceeds_hold", "unknown_line"]),
        ),
        opened(
            act("/v1/quotes/{id}/reorder", "reorderQuote", schemas, &Schemas::request::<ReorderRequest>, false)
                .does(
                    "Order the same again",
                    "A new quote of the same parts and quantities, at today's prices; whatever has become of the earlier one. Parts that had been pinned to a location may come from any.",
                )
                .answers(201, "The new quote is held.", &quote),
        ),
    ]
}
