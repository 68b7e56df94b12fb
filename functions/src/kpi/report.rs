//! `POST /v1/kpi/events`: what pages measure and what other systems know. Each event is taken or refused by itself, and
//! one that is sent twice counts once.

use std::cell::RefCell;

use holdfast::access::Scope;
use holdfast::id::{LocationId, Region};
use holdfast::input::{Fault, Faults, Fields};
use holdfast::kpi::posted::{MAX_EVENTS, check};
use holdfast::kpi::sums::entry;
use holdfast::time::{DAY, MINUTE};
use serde_json::{Value, json};
use worker::{QueueContentType, RawMessageBuilder};

use crate::auth::Caller;
use crate::edge::Edge;
use crate::events::{self, no_region};
use crate::objects::kpi_board::kept_days;
use crate::problem::Problem;
use crate::wire::Answer;

/// Events that a publishable key may report in a minute to one isolate, where the deployment does not say.
const DEFAULT_LIMIT: u32 = 6_000;
/// The most bytes of an event.
const MAX_EVENT: usize = 16_384;
/// Keys whose events of this minute are remembered. More would be somebody who makes them up.
const MAX_KEYS: usize = 1_000;

thread_local! {
    /// Events of this minute by key.
    static MINUTES: RefCell<Minutes> = RefCell::default();
}

#[derive(Default)]
struct Minutes {
    minute: i64,
    taken: Vec<(String, u32)>,
}

/// Takes events.
pub async fn events(edge: &Edge<'_>) -> Result<Answer, Problem> {
    let caller = edge.reporter().await?;
    let body = edge.json()?;
    let mut faults = Faults::default();
    let mut fields = Fields::of(&body, "", &mut faults);
    let items = fields.list("events", 1, MAX_EVENTS, &mut faults);
    fields.finish(&mut faults);
    let items = faults.or(Some(items))?;
    if !caller.key.allows(Scope::Kpi) {
        within_limit(edge, u32::try_from(items.len()).unwrap_or(u32::MAX))?;
    }
    let places = places(edge, &caller, &items)?;
    let oldest = edge.now.plus(kept_days(edge.env).saturating_mul(DAY).saturating_neg());
    let (mut outcomes, mut taken) = (Vec::with_capacity(items.len()), Vec::new());
    for ((_, item), place) in items.iter().zip(places) {
        let id = item.get("id").and_then(Value::as_str);
        let checked = check(item, |scope| caller.key.allows(scope), oldest, edge.now);
        match checked.and(place).and_then(|region| sized(item, &region)) {
            Ok(event) => {
                taken.push(event);
                outcomes.push(json!({"id": id, "result": "accepted"}));
            }
            Err(errors) => outcomes.push(json!({"id": id, "result": "rejected", "errors": errors})),
        }
    }
    send(edge, &caller, taken).await?;
    Ok(edge.json_text(json!({"results": outcomes}).to_string()).header("cache-control", "no-store"))
}

/// Counts events of a publishable key, or says when it may send more.
fn within_limit(edge: &Edge<'_>, events: u32) -> Result<(), Problem> {
    let configured = edge.env.var("KPI_BEACON_LIMIT").ok().and_then(|value| value.to_string().parse().ok());
    let limit: u32 = configured.unwrap_or(DEFAULT_LIMIT);
    let minute = edge.now.millis().div_euclid(MINUTE);
    let key = edge.key_hash();
    let left = MINUTES.with_borrow_mut(|minutes| {
        if minutes.minute != minute || minutes.taken.len() >= MAX_KEYS {
            *minutes = Minutes { minute, taken: Vec::new() };
        }
        let Some(taken) = entry(&mut minutes.taken, key.to_owned()) else { return 0 };
        let left = limit.saturating_sub(*taken);
        if events <= left {
            *taken = taken.saturating_add(events);
        }
        left
    });
    if events <= left {
        return Ok(());
    }
    let passed = edge.now.millis().rem_euclid(MINUTE);
    let wait = u32::try_from(MINUTE.saturating_sub(passed).div_euclid(1_000)).unwrap_or(60).saturating_add(1);
    let detail = format!("a publishable key reports {limit} events a minute; {left} are left");
    Err(Problem::too_many(&detail)
        .retry_after(wait)
        .header("ratelimit-policy", format!("\"beacon\";q={limit};w=60"))
        .header("ratelimit", format!("\"beacon\";r={left};t={wait}")))
}

/// Where each event happened: in the region it names, in that of the location it names, or where the account is at home.
fn places(
    edge: &Edge<'_>,
    caller: &Caller,
    items: &[(String, &Value)],
) -> Result<Vec<Result<Region, Vec<Fault>>>, Problem> {
    let home = edge.region().map_or_else(|| no_region().map_err(|_| Problem::internal()), Ok)?;
    let locations = edge.locations();
    let fault =
        |pointer: &str, code, detail: &str| vec![Fault { pointer: pointer.into(), code, detail: detail.into() }];
    let place = |item: &Value| {
        // Pages name locations too, but what they see belongs to where their account is.
        let named = |name| item.get(name).filter(|_| caller.key.allows(Scope::Kpi));
        if let Some(region) = named("region") {
            let known = region.as_str().and_then(|name| locations.iter().find(|known| known.region.as_str() == name));
            return known
                .map(|known| known.region.clone())
                .ok_or_else(|| fault("/region", "unknown_region", "no location is in this region"));
        }
        let Some(location) = named("location") else { return Ok(home.clone()) };
        let id: Option<LocationId> = location.as_str().and_then(|name| name.parse().ok());
        let known = locations.iter().find(|known| id.as_ref() == Some(&known.id));
        known
            .map(|known| known.region.clone())
            .ok_or_else(|| fault("/location", "unknown_location", "there is no such location"))
    };
    Ok(items.iter().map(|(_, item)| place(item)).collect())
}

/// The event as it is handed on, with its region, unless it is too large.
fn sized(event: &Value, region: &Region) -> Result<String, Vec<Fault>> {
    let mut event = event.clone();
    if let Some(fields) = event.as_object_mut() {
        fields.insert("region".into(), region.as_str().into());
    }
    let text = event.to_string();
    if text.len() <= MAX_EVENT {
        return Ok(text);
    }
    let detail = format!("an event has at most {MAX_EVENT} bytes");
    Err(vec![Fault { pointer: String::new(), code: "too_large", detail }])
}

/// Hands events to the queue. Once it has them, they are counted sooner or later.
async fn send(edge: &Edge<'_>, caller: &Caller, taken: Vec<String>) -> Result<(), Problem> {
    let source = format!("posted/{}", caller.id());
    let mut waiting: Vec<(u64, String)> = (0..).zip(taken).collect();
    while let Some((message, last)) = events::pack(&source, &waiting) {
        let message = RawMessageBuilder::new(message.into()).build_with_content_type(QueueContentType::Text);
        let sent = edge.timed("stock", edge.env.queue("EVENTS")?.send_raw(message)).await;
        sent.map_err(|error| {
            worker::console_error!("reported events: {error}");
            Problem::unavailable("the events could not be kept; send the same request again, none counts twice")
        })?;
        waiting.retain(|(place, _)| *place > last);
    }
    Ok(())
}
