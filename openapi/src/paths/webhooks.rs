use holdfast::access::Scope;
use holdfast::id::EndpointId;
use serde_json::json;

use super::whole;
use crate::answers::{WebhookDeliveries, WebhookEntered, WebhookReplayed, WebhookRotated, WebhookStatus, Webhooks};
use crate::operation::Operation;
use crate::requests::WebhookRequest;
use crate::schemas::Schemas;

pub fn operations(schemas: &mut Schemas) -> Vec<Operation> {
    let entered = schemas.answer::<WebhookEntered>();
    let replayed = schemas.answer::<WebhookReplayed>();
    let id = schemas.request::<EndpointId>();
    let this = json!({"id": "$request.path.id"});
    let named = |operation: Operation| operation.scope(&[Scope::Admin]).path("id", "The endpoint.", id.clone());
    vec![
        Operation::get("/v1/admin/webhooks", "getWebhooks", "admin")
            .does("Who is told what", "At most 20 endpoints.")
            .scope(&[Scope::Admin])
            .answers(200, "Every endpoint.", &schemas.answer::<Webhooks>()),
        named(Operation::get("/v1/admin/webhooks/{id}", "getWebhook", "admin"))
            .does("How an endpoint is", "How much waits, how much was given up, and whether it takes anything.")
            .answers(200, "The endpoint.", &schemas.answer::<WebhookStatus>())
            .problems(&["not_found"]),
        named(Operation::new("put", "/v1/admin/webhooks/{id}", "putWebhook", "admin"))
            .does(
                "Tell an endpoint of events",
                "By requests after Standard Webhooks: each event at least once, in no particular order, with the same `webhook-id` at each try. \
                 A known endpoint is changed, keeps its secret, and is on again if it was given up.",
            )
            .body(&schemas.request::<WebhookRequest>(), true)
            .answers(200, "It is changed.", &entered)
            .answers(201, "It is new: keep the secret.", &entered)
            .leads(201, "TheEndpoint", "getWebhook", &this, None)
            .leads(201, "ItsLog", "getDeliveries", &this, None)
            .leads(201, "AnotherSecret", "rotateWebhook", &this, None)
            .problems(&["too_many_endpoints", "not_found"]),
        named(Operation::new("delete", "/v1/admin/webhooks/{id}", "deleteWebhook", "admin"))
            .does("Tell an endpoint no more", "Its log and what waits go with it.")
            .answers_nothing(204, "It is gone.")
            .problems(&["not_found"]),
        named(Operation::post("/v1/admin/webhooks/{id}/rotate", "rotateWebhook", "admin"))
            .does("Another secret", "For a day requests are signed with the one before, too.")
            .answers(200, "The new secret.", &schemas.answer::<WebhookRotated>())
            .problems(&["not_found"]),
        named(Operation::get("/v1/admin/webhooks/{id}/deliveries", "getDeliveries", "admin"))
            .does("What became of each message", "With every try. Kept for 7 days after delivery, 30 days where it failed, 200,000 at most.")
            .query("state", "Only these.", json!({"type": "string", "enum": ["waiting", "delivered", "dead"]}))
            .query("cursor", "`cursor` of the page before.", json!({"type": "string", "pattern": "^[0-9]+$", "maxLength": 16}))
            .query("limit", "Entries of a page.", whole(1, 100, 20))
            .answers(200, "A page.", &schemas.answer::<WebhookDeliveries>())
            .problems(&["not_found"]),
        named(Operation::post("/v1/admin/webhooks/{id}/replay", "replayDead", "admin"))
            .does("Deliver again what was given up", "All of it, as if it were new.")
            .answers(202, "It is on its way.", &replayed)
            .problems(&["not_found", "endpoint_disabled"]),
        named(Operation::post("/v1/admin/webhooks/{id}/deliveries/{delivery}/replay", "replayDelivery", "admin"))
            .path("delivery", "The message, delivered or given up.", json!({"type": "string", "pattern": "^evt_[0-9a-f]{26}$"}))
            .does("Deliver a message again", "As if it were new.")
            .answers(202, "It is on its way.", &replayed)
            .problems(&["not_found", "endpoint_disabled"]),
    ]
}
