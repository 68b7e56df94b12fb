use holdfast::access::Scope;
use holdfast::id::{Region, Sku};
use holdfast::time::Day;
use serde_json::json;

use super::{place, whole};
use crate::answers::{CatalogWritten, DayEvents, ShardMoves};
use crate::operation::Operation;
use crate::requests::MoveRequest;
use crate::schemas::Schemas;

pub fn operations(schemas: &mut Schemas) -> Vec<Operation> {
    let moves = schemas.answer::<ShardMoves>();
    let lines = json!({
        "type": "string", "contentMediaType": "application/x-ndjson",
        "description": "1 to 900 lines `{\"key\": …, \"value\": …}`, in all at most 1 MiB. A `null` value deletes.",
    });
    vec![
        Operation::new("put", "/v1/admin/catalog", "putCatalog", "admin")
            .does("Write into the catalogue", "All lines are checked before the first is written. May be sent again. Other isolates see a change within about two minutes.")
            .scope(&[Scope::Admin])
            .or_text("application/x-ndjson", &lines, "{\"key\":\"import/note\",\"value\":{\"by\":\"me\"}}\n")
            .answers(200, "It is written.", &schemas.answer::<CatalogWritten>())
            .problems(&["invalid_json"]),
        Operation::get("/v1/admin/catalog", "getCatalog", "admin")
            .does("A record as it is stored", "Its form follows from its key.")
            .scope(&[Scope::Admin])
            .required("key", "The record's key.", json!({"type": "string", "minLength": 1, "maxLength": 512, "examples": ["part/BRKX-4410"]}))
            .answers(200, "The record.", &json!({"description": "Any JSON."}))
            .problems(&["not_found"]),
        Operation::post("/v1/admin/shards/moves", "moveShard", "admin")
            .does("Give a part a stock shard of its own", "While it is in use. Send it again until it answers 200. There is no way back.")
            .scope(&[Scope::Admin])
            .body(&schemas.request::<MoveRequest>(), true)
            .answers(200, "All is done.", &moves)
            .answers(202, "It has begun.", &moves)
            .problems(&["not_found"]),
        Operation::get("/v1/admin/shards/moves", "getShardMoves", "admin")
            .does("How far the moves of a part are", "Begins nothing.")
            .scope(&[Scope::Admin])
            .required("sku", "The part.", schemas.request::<Sku>())
            .query("region", "Only in this region.", schemas.request::<Region>())
            .answers(200, "How far they are.", &moves)
            .problems(&["not_found"]),
        Operation::get("/v1/admin/events", "getEvents", "admin")
            .does("What happened on a day", "In the order in which it arrived; each event once.")
            .scope(&[Scope::Admin])
            .query("day", "The day (UTC); today if not said.", schemas.request::<Day>())
            .query("after", "Events after this place.", place())
            .query("limit", "Events of a page.", whole(1, 500, 100))
            .query("rejected", "Messages that could not be understood instead.", json!({"type": "boolean", "default": false}))
            .answers(200, "A page.", &schemas.answer::<DayEvents>()),
    ]
}
