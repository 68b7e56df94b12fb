use holdfast::access::Scope;
use holdfast::catalog::vin::Vin;
use holdfast::id::Sku;
use holdfast::query::answer::QueryAnswer;
use holdfast::query::public::PublicAnswer;
use serde_json::json;

use crate::answers::{Availability, QueryLineOutcome};
use crate::operation::Operation;
use crate::requests::QueryRequest;
use crate::schemas::Schemas;

pub fn operations(schemas: &mut Schemas) -> Vec<Operation> {
    let (request, answer) = (schemas.request::<QueryRequest>(), schemas.answer::<QueryAnswer>());
    let line = schemas.answer::<QueryLineOutcome>();
    let lines = json!({
        "type": "string", "contentMediaType": "application/x-ndjson", "contentSchema": line,
        "description": "One line for each line of the request, in its order.",
    });
    let ndjson = json!({
        "type": "string", "contentMediaType": "application/x-ndjson",
        "contentSchema": schemas.request::<crate::requests::QueryLine>(),
        "description": "1 to 10,000 lines, each an entry of `lines` and at most 4,096 bytes; empty lines do not count.",
    });
    let csv = json!({
        "type": "string", "contentMediaType": "text/csv",
        "description": "1 to 10,000 lines after the first, which names the columns: `sku`, `brand`, `number`, `vin`, `part_type`, `position`, `quantity`, in any order. \
            Fields with commas or quotes stand in double quotes (RFC 4180), without line breaks. An empty field is the same as none.",
    });
    let events = json!({
        "contentMediaType": "text/event-stream", "examples": [EVENTS],
        "description": "The `data` of an `availability` event is an item of `getAvailabilities`; that of the `end` event has `reason`: \
            `lifetime` after 14 to 15 minutes, `lost` when a shard is out of reach, `moved` when a part is given another shard, `fault`.",
    });
    let point = |degrees: i32, example: f64| json!({"type": "number", "minimum": degrees.saturating_neg(), "maximum": degrees, "examples": [example]});
    let sku = schemas.request::<Sku>();
    let vin = schemas.request::<Vin>();
    let shopper = |operation: Operation| {
        operation
            .query("lat", "Where the shopper is, in degrees north; goes with `lon`. With it, `pickup` names the branch they would be sent to, and `delivery` when it could be brought.", point(90, 33.75))
            .query("lon", "Degrees east.", point(180, -84.39))
            .scope(&[Scope::Web, Scope::Query])
            .public()
    };
    let of_a_vehicle = |operation: Operation| {
        operation.query(
            "vin",
            "The shopper's vehicle. With it, `fits` tells whether a part fits it. It is not logged.",
            vin.clone(),
        )
    };
    let cached = |operation: Operation| {
        operation
            .with_headers(200, &["ETag", "Vary"])
            .answers_nothing(304, "You have this answer already: `If-None-Match` named it.")
            .with_headers(304, &["ETag", "Vary", "ServerTiming"])
    };
    vec![
        Operation::post("/v1/query", "query", "query")
            .does(
                "What does it cost, where is it, can I have it?",
                "Up to 100 lines as JSON. Each is answered in its place, one that names no part too: the others do not fail. \
                 Or up to 10,000 lines (4 MiB) as NDJSON or CSV, told by `Content-Type`: then the answer is NDJSON, streamed, one line for each, \
                 and a line that cannot be read has `errors` in its place. The parameters of the URL are for these, and refused beside JSON: they say what `deliver_to`, \
                 `fulfilment`, `needed_by`, `budget_ms` and `explain` say in JSON.",
            )
            .scope(&[Scope::Query])
            .query("location", "With lines: the location that they should go to.", json!({"type": "string", "pattern": "^[A-Za-z0-9_-]+$", "minLength": 1, "maxLength": 32}))
            .query("lat", "With lines: degrees north of where they should go.", point(90, 33.75))
            .query("lon", "With lines: degrees east.", point(180, -84.39))
            .query("fulfilment", "With lines: which time decides between sources.", json!({"type": "string", "enum": ["delivery", "pickup"], "default": "delivery"}))
            .query("needed_by", "With lines: sources that cannot make it are ranked last.", json!({"type": "string", "format": "date-time"}))
            .query("budget_ms", "With lines: how many milliseconds to wait for stock shards, for each part of the answer.", json!({"type": "integer", "minimum": 1, "maximum": 5000, "default": 1000}))
            .query("explain", "With lines: say which rule made each price.", json!({"type": "boolean", "default": false}))
            .body(&request, true)
            .or_text("application/x-ndjson", &ndjson, "{\"sku\":\"BRKX-4410\",\"quantity\":2}\n{\"brand\":\"BRKX\",\"number\":\"44-10\"}\n")
            .or_text("text/csv", &csv, "sku,quantity\nBRKX-4410,2\nECNV-100006,1\n")
            .answers(200, "The answer, line by line.", &answer)
            .or_answers(200, "application/x-ndjson", &lines, NDJSON_ANSWER)
            .leads(200, "HoldIt", "openQuote", &json!({}), Some(json!({"lines": [{"sku": "$response.body#/lines/0/sku", "quantity": 1}]}))),
        cached(
            of_a_vehicle(shopper(
                Operation::get("/v1/availability", "getAvailabilities", "public")
                    .does("What shoppers may know of parts", "Status and price are those of one unit. Unknown skus are answered in place. With `vin` and without `sku`: the parts of `part_type` that fit the vehicle, and the part types there are.")
                    .query("part_type", "With `vin` and without `sku`: of what type the parts should be. Case and punctuation do not matter.", json!({"type": "string", "examples": ["brake pad"]}))
                    .query("sku", "1 to 50 of them: `?sku=A&sku=B`. Required without `vin`.", json!({"type": "array", "items": sku, "minItems": 1, "maxItems": 50})),
            ))
            .answers(200, "One item for each sku, in order.", &schemas.answer::<Availability>()),
        ),
        shopper(
            Operation::get("/v1/availability/stream", "streamAvailability", "public")
                .does("What shoppers may know of parts, at each change of it", "Server-Sent Events: first an `availability` event for each sku, then another when what the public sees has changed, on the average no more than one a second for a part. An `end` event says why the stream ends; open another. A comment every 20 seconds says that the stream lives.")
                .required("sku", "1 to 20 of them: `?sku=A&sku=B`; kits among them have at most 100 components in all.", json!({"type": "array", "items": sku, "minItems": 1, "maxItems": 20})),
        )
        .problems(&["too_many_streams"])
        .answers_as(200, "The present state, then the changes.", "text/event-stream", &events),
        cached(
            of_a_vehicle(shopper(
                Operation::get("/v1/availability/{sku}", "getAvailability", "public")
                    .does("What shoppers may know of a part", "Status and price are those of one unit.")
                    .path("sku", "The part; write `/` as `%2F`.", sku)
                    .problems(&["not_found"]),
            ))
            .answers(200, "The part, in public.", &schemas.answer::<PublicAnswer>()),
        ),
    ]
}

const EVENTS: &str = "retry: 2000\n\n\
event: availability\nid: 1795302000000\ndata: {\"sku\":\"BRKX-4410\",\"status\":\"in_stock\",…}\n\n\
:\n\n\
event: end\nid: 1795302870000\ndata: {\"reason\":\"lifetime\"}\n\n";

const NDJSON_ANSWER: &str = "{\"line\":0,\"sku\":\"BRKX-4410\",\"match\":\"exact\",\"quantity\":2,\"status\":\"in_stock\",…}\n\
{\"line\":1,\"errors\":[{\"pointer\":\"/quantity\",\"code\":\"invalid\",\"detail\":\"a quantity is a whole number from 1 to 1000000\"}]}\n";
