use functions::worklist::View;
use holdfast::access::Scope;
use holdfast::id::{LocationId, Sku};
use serde_json::json;

use super::{place, whole};
use crate::answers::{IncomingResults, Ledger, MovementResults, Positions, SyncOutcome};
use crate::operation::Operation;
use crate::requests::{IncomingRequest, MovementsRequest, SyncRequestLine};
use crate::schemas::Schemas;

pub fn operations(schemas: &mut Schemas) -> Vec<Operation> {
    let sku = schemas.request::<Sku>();
    let lines = json!({
        "type": "string", "contentMediaType": "application/x-ndjson", "contentSchema": schemas.answer::<SyncOutcome>(),
        "description": "One line for each line of the snapshot, in its order; then, of a full one, a line without `line` for each position that it does not name; last the sum.",
    });
    let ndjson = json!({
        "type": "string", "contentMediaType": "application/x-ndjson", "contentSchema": schemas.request::<SyncRequestLine>(),
        "description": "1 to 100,000 lines, each at most 4,096 bytes, 8 MiB in all; empty lines do not count.",
    });
    let csv = json!({
        "type": "string", "contentMediaType": "text/csv",
        "description": "1 to 100,000 lines after the first, which names the columns: `sku`, `quantity`, `id`, `expect_version`, `reason`, in any order. \
            Fields with commas or quotes stand in double quotes (RFC 4180), without line breaks. An empty field is the same as none.",
    });
    vec![
        Operation::post("/v1/stock/sync", "syncStock", "stock")
            .does(
                "What another system has in stock",
                "A snapshot of one location, as NDJSON or CSV, compared with what is here and made true; where both agree nothing is written. \
                 Nothing is done before the whole body has arrived. The answer is NDJSON, streamed: read it to its end, whoever leaves stops the sync. \
                 `mode=full` also counts to zero every position of the location that is in stock and not named, after the last line, if every line could be read. \
                 Sent again under the same `Idempotency-Key` it counts no position twice, also one that has changed since. \
                 A snapshot names a sku once. An account of kind `branch` syncs only its home.",
            )
            .scope(&[Scope::Stock])
            .required("location", "Where the snapshot was taken.", schemas.request::<LocationId>())
            .query("mode", "`full`: it names all that is in stock.", json!({"type": "string", "enum": ["full", "delta"], "default": "delta"}))
            .query("dry_run", "Only tell the differences, and what they would endanger.", json!({"type": "boolean", "default": false}))
            .shared("SyncKey")
            .or_text("application/x-ndjson", &ndjson, "{\"sku\":\"BRKX-4410\",\"quantity\":12}\n{\"sku\":\"ECNV-100006\",\"quantity\":3,\"expect_version\":7}\n")
            .or_text("text/csv", &csv, "sku,quantity,reason\nBRKX-4410,12,nightly\n")
            .answers_as(200, "What became of each line.", "application/x-ndjson", &lines)
            .problems(&["idempotency_key_required"]),
        Operation::post("/v1/stock/movements", "postMovements", "stock")
            .does(
                "Stock came, went, was counted",
                "Each movement stands for itself: one that is refused does not stop the others. After a broken connection or a 503 send the whole call again. An account of kind `branch` moves stock only at its home.",
            )
            .scope(&[Scope::Stock])
            .body(&schemas.request::<MovementsRequest>(), true)
            .answers(200, "What became of each.", &schemas.answer::<MovementResults>()),
        Operation::post("/v1/stock/incoming", "postIncoming", "stock")
            .does("Schedule and cancel receipts", "An `id` that is known is changed. May be sent again.")
            .scope(&[Scope::Stock])
            .body(&schemas.request::<IncomingRequest>(), true)
            .answers(200, "What became of each.", &schemas.answer::<IncomingResults>()),
        Operation::get("/v1/stock/worklist", "getWorklist", "stock")
            .does(
                "What a branch has to do",
                "Goods to pick and to hand over, goods on their way, shortfalls, and what was done today; at most 1,000 tasks, 200 of a kind from one shard. An account of kind `branch` sees only its home.",
            )
            .scope(&[Scope::Stock])
            .query("location", "The home of the account if not said.", schemas.request::<LocationId>())
            .answers(200, "The tasks.", &schemas.answer::<View>())
            .problems(&["not_found"]),
        Operation::get("/v1/stock/{sku}", "getPositions", "stock")
            .does("Positions with every counter", "Of every region, read from the shards.")
            .scope(&[Scope::Stock])
            .path("sku", "The part; write `/` as `%2F`.", sku.clone())
            .answers(200, "The positions.", &schemas.answer::<Positions>())
            .problems(&["not_found"]),
        Operation::get("/v1/stock/{sku}/movements", "getLedger", "stock")
            .does("The ledger", "Oldest first. Without `location`: every location in the region of the account's home.")
            .scope(&[Scope::Stock])
            .path("sku", "The part; write `/` as `%2F`.", sku)
            .query("location", "Only of this location.", schemas.request::<LocationId>())
            .query("after", "Entries after this place.", place())
            .query("limit", "Entries of a page.", whole(1, 500, 100))
            .answers(200, "A page.", &schemas.answer::<Ledger>())
            .problems(&["not_found"]),
    ]
}
