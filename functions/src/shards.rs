//! `/v1/admin/shards/moves`: gives a sku that many want a shard of its own.

use holdfast::access::Scope;
use holdfast::catalog::keys;
use holdfast::catalog::part::Kind;
use holdfast::id::{Region, Sku};
use holdfast::input::{Faults, Fields};
use holdfast::order::distinct;
use holdfast::stock::handover::Stage;
use holdfast::stock::shard::{Command, Reply};
use holdfast::stock::{Dedicated, Handover, ShardName};
use serde::Serialize;

use crate::edge::Edge;
use crate::problem::Problem;
use crate::wire::Answer;
use crate::{catalog, stock};

/// `POST /v1/admin/shards/moves`: begins, or tells how far it is. Sent again when the sku has moved, it makes sure that the
/// catalogue says so.
pub async fn begin(edge: &Edge<'_>) -> Result<Answer, Problem> {
    edge.caller(Scope::Admin).await?;
    let body = edge.json()?;
    let mut faults = Faults::default();
    let mut fields = Fields::of(&body, "", &mut faults);
    let sku: Option<String> = fields.required("sku", &mut faults);
    let region: Option<String> = fields.optional("region", &mut faults);
    fields.finish(&mut faults);
    moves(edge, &faults.or(sku)?, region.as_deref(), true).await
}

/// `GET /v1/admin/shards/moves?sku=&region=`
pub async fn show(edge: &Edge<'_>) -> Result<Answer, Problem> {
    edge.caller(Scope::Admin).await?;
    let region = edge.parameters("region").next();
    let missing = || Problem::invalid_field("/sku", "`sku` is required: GET /v1/admin/shards/moves?sku=BRKX-4410");
    let sku = edge.parameters("sku").next().ok_or_else(missing)?;
    moves(edge, &sku, region.as_deref(), false).await
}

/// The move of a sku in one region.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "ShardMove"))]
pub struct Move {
    /// The region.
    region: Region,
    /// The shard that had the part.
    from: String,
    /// The shard of its own.
    to: String,
    /// `none`, `copying`, `frozen`, `switched`, `clearing` or `moved`.
    state: &'static str,
    /// Records of quotes copied.
    quotes: u64,
    /// Ledger entries copied.
    entries: u64,
    /// Whether the catalogue names the new shard, so that callers ask it first.
    mapped: bool,
}

async fn moves(edge: &Edge<'_>, sku: &str, only: Option<&str>, begin: bool) -> Result<Answer, Problem> {
    let (part, locations, map) = stock::stocked(edge, sku).await?;
    let sku = &part.sku;
    if part.kind != Kind::Physical {
        return Err(Problem::refused_field(
            "/sku",
            "not_stocked",
            "a digital part or a bundle has no stock of its own",
        ));
    }
    let asked = |region: &&Region| only.is_none_or(|only| region.as_str() == only);
    let regions = distinct(locations.iter().map(|location| &location.region).filter(asked));
    if let Some(only) = only.filter(|_| regions.is_empty()) {
        return Err(Problem::refused_field(
            "/region",
            "unknown_region",
            format!("no location is in the region `{only}`"),
        ));
    }
    let mut list = listed(edge).await?;
    let mut news = false;
    let mut moves = Vec::with_capacity(regions.len());
    for region in regions {
        let (from, to) = (map.home(region, sku), ShardName::dedicated(region.clone(), sku.clone()));
        let command = Command::HandOver { sku: sku.clone(), to: begin.then(|| to.clone()) };
        let Reply::Handover { handover } = edge.ask_shard(&from, &command).await? else {
            return Err(Problem::internal());
        };
        if begin && handover.as_ref().is_some_and(is_in_charge) {
            news |= list.add(&to);
        }
        moves.push(Move {
            mapped: list.has(&to.region, sku),
            state: state(handover.as_ref()),
            quotes: handover.as_ref().map_or(0, |handover| handover.quotes),
            entries: handover.as_ref().map_or(0, |handover| handover.entries),
            from: from.to_string(),
            to: to.to_string(),
            region: to.region,
        });
    }
    if news {
        let text = serde_json::to_string(&list).map_err(|_| Problem::internal())?;
        edge.env.kv("CATALOG")?.put(keys::SHARDS, text)?.execute().await?;
        catalog::forget();
    }
    let done = moves.iter().all(|one| one.state == "moved");
    #[derive(Serialize)]
    struct Body<'a> {
        sku: &'a Sku,
        moves: Vec<Move>,
    }
    Ok(edge.json_status(if begin && !done { 202 } else { 200 }, &Body { sku, moves }))
}

/// The shards of one sku that the catalogue names, as far as KV knows at this moment.
async fn listed(edge: &Edge<'_>) -> Result<Dedicated, Problem> {
    let Some(text) = edge.env.kv("CATALOG")?.get(keys::SHARDS).text().await? else { return Ok(Dedicated::default()) };
    holdfast::json::from_str(&text).map_err(|error| {
        worker::console_error!("the record under {}: {error}", keys::SHARDS);
        Problem::internal()
    })
}

fn is_in_charge(handover: &Handover) -> bool {
    matches!(handover.stage, Stage::Clearing | Stage::Done)
}

fn state(handover: Option<&Handover>) -> &'static str {
    match handover.map(|handover| handover.stage) {
        None | Some(Stage::Arriving | Stage::Arrived) => "none",
        Some(Stage::Copying) => "copying",
        Some(Stage::Frozen) => "frozen",
        Some(Stage::Switched) => "switched",
        Some(Stage::Clearing) => "clearing",
        Some(Stage::Done) => "moved",
    }
}
