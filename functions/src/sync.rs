//! `POST /v1/stock/sync`: a snapshot of a location's stock in another system, compared with what is here and made true.
//!
//! `glue/lines.js` has read the whole body before it asks for the first part: of a body that was cut off nothing is done.
//! It asks for one part after the other; after the last of a full snapshot it asks what else is in stock, and sends that
//! back as lines of zero.

use holdfast::access::Scope;
use holdfast::id::{LocationId, OpaqueId, Sku};
use holdfast::input::{Fault, MAX_SAFE};
use holdfast::lines::Form;
use holdfast::order::distinct;
use holdfast::pricing::Account;
use holdfast::stock::shard::{Command, Reply};
use holdfast::stock::sync::{Compared, MAX_LINES, Sync, placed};
use holdfast::stock::{Movement, Position, Rejection, ShardName};
use serde::Serialize;

use crate::bulk::first_line;
use crate::edge::Edge;
use crate::problem::Problem;
use crate::quotes::idempotency;
use crate::stock::{Guard, at};
use crate::wire::Answer;

/// Positions of a page of what else is in stock.
const PAGE: u32 = 500;

/// A line that could not be read.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "SyncUnread"))]
pub struct Unread {
    /// Its place in the snapshot, from 0.
    line: u64,
    /// `rejected`.
    result: &'static str,
    /// All that is wrong with it.
    errors: Vec<Fault>,
}

/// Carries out a part of a sync.
pub async fn sync(edge: &Edge<'_>) -> Result<Answer, Problem> {
    let account = edge.caller(Scope::Stock).await?.account;
    let (sync, dry_run) = asked(edge, &account)?;
    let here = &sync.location;
    let wrong = |why: Rejection| match why {
        Rejection::ForbiddenLocation => Problem::forbidden(why.to_string()),
        _ => Problem::refused_field("/location", "unknown_location", why.to_string()),
    };
    let unnamed = edge.request.unnamed;
    let listed = unnamed.filter(|place| !place.is_empty());
    let form = Form::of(edge.request.content_type).ok_or_else(|| {
        Problem::invalid_field("/Content-Type", "send lines, as application/x-ndjson or as text/csv with column names")
    })?;
    if edge.request.too_large {
        return Err(Problem::too_many_bytes(8));
    }
    let first = if unnamed.is_none() { Some(first_line(edge, MAX_LINES)?) } else { None };
    let form = if first.is_some() { form } else { Form::Ndjson };
    let read = sync.read(form, &String::from_utf8_lossy(edge.request.body))?;

    let counts: Vec<_> = read.iter().filter_map(|line| line.as_ref().ok().cloned()).collect();
    let guard = Guard::over(edge, account, distinct(counts.iter().map(|count| &count.sku))).await?;
    let shards = guard.shards_of(&guard.place(here).map_err(wrong)?.region);
    if let Some(place) = listed {
        return stocked(edge, &shards, here, place).await;
    }
    let positions: Vec<_> = counts.iter().map(|count| (&count.sku, here)).collect();
    let command = |places: &[usize]| Command::Sync { counts: at(&counts, places), dry_run };
    let refused = |count: &Movement, code| Compared::of(count, 0, 0).rejected(code).to_text();
    let compared = guard.carry(edge, &positions, &command).await?.in_order(&counts, refused, |reply| match reply {
        Reply::Synced { lines } => Some(lines),
        _ => None,
    })?;
    Ok(answer(first, read.into_iter().map(Result::err), compared))
}

/// A line for each line, in their order.
fn answer(first: Option<u64>, errors: impl Iterator<Item = Option<Vec<Fault>>>, compared: Vec<String>) -> Answer {
    let mut compared = compared.into_iter();
    let mut text = String::new();
    for (place, errors) in (first.unwrap_or(0)..).zip(errors) {
        let told = match errors {
            None => compared.next().map(|told| placed(first.map(|_| place), &told)),
            Some(errors) => serde_json::to_string(&Unread { line: place, result: "rejected", errors }).ok(),
        };
        // Lines are structs of strings, numbers and lists: they always serialise.
        text.push_str(&told.unwrap_or_default());
        text.push('\n');
    }
    Answer::new(200, text).header("content-type", "application/x-ndjson").header("cache-control", "no-store")
}

/// What the URL and the Idempotency-Key say of all lines: where, under which id, and whether only to compare.
fn asked(edge: &Edge<'_>, account: &Account) -> Result<(Sync, bool), Problem> {
    let location = edge.parameter("location")?;
    let location: LocationId = location.ok_or_else(|| Problem::invalid_field("/location", "say which: ?location=…"))?;
    let mode: Option<String> = edge.parameter("mode")?;
    if mode.is_some_and(|mode| !matches!(mode.as_str(), "full" | "delta")) {
        return Err(Problem::invalid_field("/mode", "a snapshot is `full` or `delta`"));
    }
    let dry_run = edge.parameter("dry_run")?.unwrap_or(false);
    // Where nothing is applied no id is used up.
    let id = if dry_run && edge.request.idempotency_key.is_empty() {
        "sync".parse().map_err(|_| Problem::internal())?
    } else {
        sync_id(&idempotency(edge, account)?.key)?
    };
    Ok((Sync { location, id }, dry_run))
}

/// The id of a sync in the ledgers: short, and the same for the same key.
fn sync_id(key: &OpaqueId) -> Result<OpaqueId, Problem> {
    let digest = key.as_str();
    format!("sync_{}", digest.get(..26).unwrap_or(digest)).parse().map_err(|_| Problem::internal())
}

/// A page of what is in stock at a location: of the shard whose number `place` begins with, after the sku it ends with.
async fn stocked(edge: &Edge<'_>, shards: &[ShardName], location: &LocationId, place: &str) -> Result<Answer, Problem> {
    #[derive(Serialize)]
    struct Line {
        sku: Sku,
        quantity: u32,
        expect_version: u64,
    }
    #[derive(Serialize)]
    struct Page {
        next: Option<String>,
        lines: Vec<Line>,
    }
    let (number, after) = place.split_once(' ').unwrap_or((place, ""));
    let number: usize = number.parse().unwrap_or(usize::MAX);
    let Some(shard) = shards.get(number) else { return Ok(edge.ok(&Page { next: None, lines: Vec::new() })) };
    let command = Command::Stocked { location: location.clone(), after: after.parse().ok(), limit: PAGE };
    let positions = match edge.ask_shard(shard, &command).await? {
        Reply::Positions { positions } => positions,
        Reply::Elsewhere { .. } => return Err(Problem::moving()),
        _ => return Err(Problem::internal()),
    };
    let next = match positions.last() {
        Some(last) => format!("{number} {}", last.sku),
        None => number.saturating_add(1).to_string(),
    };
    let line =
        |position: Position| Line { sku: position.sku, quantity: 0, expect_version: position.version.min(MAX_SAFE) };
    Ok(edge.ok(&Page { next: Some(next), lines: positions.into_iter().map(line).collect() }))
}
