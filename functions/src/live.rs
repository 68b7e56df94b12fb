//! `GET /v1/availability/stream`: public availability at each change of it, as Server-Sent Events.
//!
//! `glue/live.js` keeps a stream open and watches the shards that own its stock; what is answered is decided here, in steps.
//! First the plan: whom to watch for what. Then, each time stock has changed, the item that the public sees now. The caller
//! is looked up at each step, so a key that is taken back ends its streams.

use std::fmt::Write as _;

use holdfast::access::Scope;
use holdfast::id::Sku;
use holdfast::order::{SortedMap, distinct};
use holdfast::query::public::PublicAnswer;
use holdfast::query::{Origin, SkuStock};
use holdfast::stock::ShardName;

use crate::availability::{Asked, Shown, sku};
use crate::edge::Edge;
use crate::problem::Problem;
use crate::wire::Answer;

/// Where streams are.
pub const PATH: &str = "/v1/availability/stream";
/// The most skus of one stream.
pub const MAX_SKUS: usize = 20;
/// The most skus whose stock one stream rests on: the components of kits count one by one.
pub const MAX_STOCKED: usize = 100;
/// Seconds after which a caller may look whether there is room for another stream.
const FULL_SECONDS: u32 = 60;

/// The plan of a stream, or what `glue/live.js` asks for it (see [`crate::wire::Request::live`]).
pub async fn stream(edge: &Edge<'_>) -> Result<Answer, Problem> {
    match edge.request.live {
        "full" => {
            let detail = "as many streams as may be are open; poll GET /v1/availability, and try again in a minute";
            Err(Problem::refusal(503, "too_many_streams", "Too many streams", detail).retry_after(FULL_SECONDS))
        }
        "lost" => {
            Err(Problem::unavailable("the stock of this region is busy or restarting; send the same request again"))
        }
        "item" => item(edge).await,
        _ => plan(edge).await,
    }
}

/// A line `<shard> <region> <sku> …` for each shard to watch, an empty line, and a line `<sku> <stocked sku> …` for each
/// item.
async fn plan(edge: &Edge<'_>) -> Result<Answer, Problem> {
    let account = edge.caller(Scope::Web).await?.account;
    let asked = edge.parameters("sku").map(|text| sku(&text)).take(MAX_SKUS.saturating_add(1));
    let asked: Vec<Sku> = asked.collect::<Result<_, _>>()?;
    if !(1..=MAX_SKUS).contains(&asked.len()) {
        return Err(Problem::invalid_field("/sku", format!("name 1 to {MAX_SKUS} skus: ?sku=A&sku=B")));
    }
    let asked = Asked::of(distinct(asked).into_iter().collect());
    let shown = Shown::unstocked(edge, account, &asked).await?;
    let stocked = distinct(shown.items.iter().flatten().flat_map(|item| item.choice.stocked_skus()));
    if stocked.len() > MAX_STOCKED {
        let detail =
            format!("these kits have {} components, and a stream has at most {MAX_STOCKED}; name fewer", stocked.len());
        return Err(Problem::invalid_field("/sku", detail));
    }
    let mut shards = SortedMap::<ShardName, Vec<&Sku>>::default();
    if let Some(near) = &shown.near {
        for sku in stocked {
            shards.update(shown.map.shard(near, sku), Vec::new, |skus| skus.push(sku));
        }
    }
    // Writing to a String cannot fail.
    let mut plan = String::new();
    for (shard, skus) in shards {
        let _ = write!(plan, "{shard} {}", shard.region);
        list(&mut plan, skus);
    }
    plan.push('\n');
    for (sku, item) in asked.skus.iter().zip(&shown.items) {
        plan.push_str(sku.as_str());
        list(&mut plan, item.as_ref().map(|item| item.choice.stocked_skus()).unwrap_or_default());
    }
    Ok(Answer::new(200, plan).header("content-type", "text/event-stream").header("cache-control", "no-store"))
}

fn list(plan: &mut String, skus: Vec<&Sku>) {
    for sku in skus {
        let _ = write!(plan, " {sku}");
    }
    plan.push('\n');
}

/// The item of one sku, as JSON. The body has the sku, then a line `<stocked sku> <stock as JSON>` for each that it rests on.
async fn item(edge: &Edge<'_>) -> Result<Answer, Problem> {
    let account = edge.caller(Scope::Web).await?.account;
    let body = String::from_utf8_lossy(edge.request.body);
    let mut lines = body.lines();
    let asked = sku(lines.next().unwrap_or_default())?;
    let mut shown = Shown::unstocked(edge, account, &Asked::of(vec![asked.clone()])).await?;
    for (stocked, locations) in lines.filter_map(|line| line.split_once(' ')) {
        let locations = holdfast::json::from_str(locations).map_err(|error| {
            worker::console_error!("stock of {stocked} cannot be read: {error}");
            Problem::internal()
        })?;
        shown.stock.add(sku(stocked)?, SkuStock { origin: Origin::Shard, as_of: edge.now, locations });
    }
    shown.look_afar().await?;
    shown.look_for_alternates().await?;
    let survey = shown.survey();
    let item = match shown.items.as_slice() {
        [Some(item)] => shown.answer(item, survey.as_ref()),
        _ => PublicAnswer::unknown(&asked),
    };
    Ok(edge.json_status(200, &item))
}
