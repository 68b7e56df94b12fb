use holdfast::access::Scope;
use holdfast::id::Region;
use holdfast::time::Day;
use serde_json::json;

use crate::answers::{EventResults, Kpi};
use crate::operation::Operation;
use crate::requests::EventsRequest;
use crate::schemas::Schemas;

pub fn operations(schemas: &mut Schemas) -> Vec<Operation> {
    let day = schemas.request::<Day>();
    vec![
        Operation::get("/v1/kpi", "getKpi", "kpi")
            .does("The five numbers of a period", "Each with the two sums that it is the quotient of. At most 800 days; 100 with `by=day`. With `by=week` and `by=month`, `from` moves back to where its week or month begins.")
            .scope(&[Scope::Kpi])
            .query("from", "The first day (UTC). If not said, seven days; 12 weeks with `by=week`, 365 days with `by=month`.", day.clone())
            .query("to", "The last day; today if not said.", day)
            .query("by", "Also tell these apart.", json!({"type": "string", "enum": ["region", "function", "day", "week", "month"]}))
            .query("region", "Tell of this region only.", schemas.request::<Region>())
            .answers(200, "The numbers.", &schemas.answer::<Kpi>()),
        Operation::post("/v1/kpi/events", "reportEvents", "kpi")
            .does(
                "Report what happened elsewhere",
                "Each event is taken or refused by itself; an account's `id` counts once, so the same call may be sent again for 15 days. A publishable key may report 6,000 a minute to each isolate.",
            )
            .scope(&[Scope::Kpi, Scope::Web, Scope::Query])
            .public()
            .body(&schemas.request::<EventsRequest>(), true)
            .answers(200, "What became of each.", &schemas.answer::<EventResults>())
            .problems(&["too_many_requests"]),
        Operation::get("/metrics", "getMetrics", "kpi")
            .does("The sums of all time", "As OpenMetrics 1.0.0 text; each says in its `# HELP` what it is.")
            .scope(&[Scope::Kpi])
            .answers_as(200, "The sums.", "application/openmetrics-text", &json!({"type": "string"})),
    ]
}
