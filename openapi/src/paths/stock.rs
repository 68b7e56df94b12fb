use functions::worklist::View;
use holdfast::access::Scope;
use holdfast::id::{LocationId, Sku};

use super::{place, whole};
use crate::answers::{IncomingResults, Ledger, MovementResults, Positions};
use crate::operation::Operation;
use crate::requests::{IncomingRequest, MovementsRequest};
use crate::schemas::Schemas;

pub fn operations(schemas: &mut Schemas) -> Vec<Operation> {
    let sku = schemas.request::<Sku>();
    vec![
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
