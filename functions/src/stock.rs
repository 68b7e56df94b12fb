//! `/v1/stock`: movements and scheduled receipts in, positions and ledgers out.

use std::rc::Rc;

use holdfast::access::Scope;
use holdfast::catalog::part::Kind;
use holdfast::catalog::{Part, Reading};
use holdfast::id::{LocationId, OpaqueId, Quantity, Region, Sku};
use holdfast::input::{Faults, Fields};
use holdfast::order::{SortedMap, SortedSet, distinct, sort_by, sort_by_key};
use holdfast::pricing::{Account, AccountKind};
use holdfast::sourcing::Location;
use holdfast::stock::shard::{Command, Expected, MovementResult, ReceiptChange, ReceiptOutcome, ReceiptResult, Reply};
use holdfast::stock::store::LedgerPage;
use holdfast::stock::{Entry, Movement, Position, Rejection, ShardMap, ShardName};
use serde::Serialize;
use serde_json::Value;

use crate::edge::Edge;
use crate::objects::sql::cut;
use crate::problem::Problem;
use crate::together::all;
use crate::wire::Answer;

/// The most movements or receipts of one call.
pub const MAX_ITEMS: usize = 1_000;
/// The most entries of one ledger page, and how many come unasked.
pub const MAX_PAGE: u32 = 500;
const DEFAULT_PAGE: u32 = 100;

/// `POST /v1/stock/movements`
pub async fn movements(edge: &Edge<'_>) -> Result<Answer, Problem> {
    let account = edge.caller(Scope::Stock).await?.account;
    let body = edge.json()?;
    let mut faults = Faults::default();
    let mut fields = Fields::of(&body, "", &mut faults);
    let items = fields.list("movements", 1, MAX_ITEMS, &mut faults);
    let items = items.into_iter().filter_map(|(at, item)| read_movement(item, at, &mut faults)).collect::<Vec<_>>();
    fields.finish(&mut faults);
    let items = faults.or(Some(items))?;

    let guard = Guard::over(edge, account, distinct(items.iter().map(|movement| &movement.sku))).await?;
    let refused = |movement: &Movement, code: Rejection| MovementResult::Rejected {
        id: movement.id.clone(),
        code,
        detail: code.to_string(),
    };
    let positions: Vec<_> = items.iter().map(|movement| (&movement.sku, &movement.location)).collect();
    let command = |places: &[usize]| Command::Move { movements: at(&items, places) };
    let carried = guard.carry(edge, &positions, &command).await?;
    let results = carried.in_order(&items, refused, |reply| match reply {
        Reply::Moved { results } => Some(results),
        _ => None,
    })?;
    #[derive(Serialize)]
    struct Body {
        results: Vec<MovementResult>,
    }
    Ok(edge.ok(&Body { results }))
}

/// `POST /v1/stock/incoming`
pub async fn incoming(edge: &Edge<'_>) -> Result<Answer, Problem> {
    let account = edge.caller(Scope::Stock).await?.account;
    let body = edge.json()?;
    let mut faults = Faults::default();
    let mut fields = Fields::of(&body, "", &mut faults);
    let scheduled = fields.list("receipts", 0, MAX_ITEMS, &mut faults);
    let cancelled = fields.list("cancel", 0, MAX_ITEMS, &mut faults);
    fields.finish(&mut faults);
    if !(1..=MAX_ITEMS).contains(&scheduled.len().saturating_add(cancelled.len())) {
        faults.add("", "out_of_range", format!("expected 1 to {MAX_ITEMS} items in `receipts` and `cancel` together"));
    }
    let changes = scheduled.into_iter().map(|item| (item, true)).chain(cancelled.into_iter().map(|item| (item, false)));
    let changes =
        changes.filter_map(|((at, item), expect)| read_change(item, at, expect, &mut faults)).collect::<Vec<_>>();
    let changes = faults.or(Some(changes))?;

    let guard = Guard::over(edge, account, distinct(changes.iter().map(|change| &change.sku))).await?;
    let refused = |change: &ReceiptChange, code: Rejection| ReceiptResult {
        id: change.id.clone(),
        outcome: ReceiptOutcome::Rejected,
        code: Some(code),
    };
    let positions: Vec<_> = changes.iter().map(|change| (&change.sku, &change.location)).collect();
    let command = |places: &[usize]| Command::Schedule { changes: at(&changes, places) };
    let carried = guard.carry(edge, &positions, &command).await?;
    let results = carried.in_order(&changes, refused, |reply| match reply {
        Reply::Scheduled { results } => Some(results),
        _ => None,
    })?;
    #[derive(Serialize)]
    struct Body {
        results: Vec<ReceiptResult>,
    }
    Ok(edge.ok(&Body { results }))
}

/// `GET /v1/stock/{sku}`
pub async fn positions(edge: &Edge<'_>, sku: &str) -> Result<Answer, Problem> {
    edge.caller(Scope::Stock).await?;
    let (part, locations, map) = stocked(edge, sku).await?;
    let sku = part.sku.clone();
    let regions = distinct(locations.iter().map(|location| &location.region));
    let shards: Vec<ShardName> = regions.into_iter().map(|region| map.shard(region, &sku)).collect();
    let command = Command::Positions { sku: sku.clone() };
    let replies = shards.iter().map(|shard| edge.ask_about(shard, &command));
    let mut positions: Vec<Position> = Vec::new();
    for reply in all(replies).await {
        if let Reply::Positions { positions: found } = reply? {
            positions.extend(found);
        }
    }
    sort_by(&mut positions, |a, b| a.location.cmp(&b.location));
    #[derive(Serialize)]
    struct WithAvailable<'a> {
        #[serde(flatten)]
        position: &'a Position,
        available: u64,
    }
    #[derive(Serialize)]
    struct Body<'a> {
        sku: Sku,
        positions: Vec<WithAvailable<'a>>,
    }
    let positions =
        positions.iter().map(|p| WithAvailable { position: p, available: p.counters.available() }).collect();
    Ok(edge.ok(&Body { sku, positions }))
}

/// `GET /v1/stock/{sku}/movements?location=&after=&limit=`: one location's ledger, or that of the home location's
/// region.
pub async fn ledger(edge: &Edge<'_>, sku: &str) -> Result<Answer, Problem> {
    let account = edge.caller(Scope::Stock).await?.account;
    let location: Option<LocationId> = edge.parameter("location")?;
    let after: u64 = edge.parameter("after")?.unwrap_or(0);
    let limit: u32 = edge.parameter("limit")?.unwrap_or(DEFAULT_PAGE);
    if !(1..=MAX_PAGE).contains(&limit) {
        return Err(Problem::invalid_field("/limit", format!("a page has 1 to {MAX_PAGE} entries")));
    }
    let (part, locations, map) = stocked(edge, sku).await?;
    let sku = part.sku.clone();
    let place = location.clone().unwrap_or_else(|| account.home.clone());
    let Some(region) = locations.iter().find(|known| known.id == place).map(|known| &known.region) else {
        return Err(Problem::not_found(format!("there is no location `{place}`")));
    };
    let shard = map.shard(region, &sku);
    // One entry more than asked tells whether there is another page.
    let page = LedgerPage { sku: sku.clone(), location, after, limit: limit.saturating_add(1) };
    let Reply::Ledger { mut entries } = edge.ask_about(&shard, &Command::Ledger(page)).await? else {
        return Err(Problem::internal());
    };
    #[derive(Serialize)]
    struct Body {
        sku: Sku,
        movements: Vec<Entry>,
        /// Pass it as `after` for the next page; absent on the last one.
        #[serde(skip_serializing_if = "Option::is_none")]
        next: Option<u64>,
    }
    let more = cut(&mut entries, limit);
    let next = entries.last().filter(|_| more).map(|entry| entry.seq);
    Ok(edge.ok(&Body { sku, movements: entries, next }))
}

/// The part of this sku, if there is one, the locations there are, and which shards own what.
pub async fn stocked(edge: &Edge<'_>, sku: &str) -> Result<(Rc<Part>, Rc<Vec<Location>>, ShardMap), Problem> {
    let unknown = || Problem::not_found(format!("there is no part `{sku}`"));
    let sku: Sku = sku.parse().map_err(|_| unknown())?;
    let read = |reading: &Reading| (reading.part(&sku), reading.locations(), reading.dedicated());
    let (part, locations, dedicated) = edge.settle(read).await?;
    Ok((part.ok_or_else(unknown)?, locations, edge.shards(dedicated)))
}

/// What stands between a caller and a position: the part is stocked, the location exists, the account may touch it.
pub struct Guard {
    account: Rc<Account>,
    /// Those of the skus that are in the catalogue.
    pub parts: SortedMap<Sku, Rc<Part>>,
    locations: Rc<Vec<Location>>,
    shards: ShardMap,
}

/// The places of items in their call, by the shard that is to be asked.
type Places = SortedMap<ShardName, Vec<usize>>;

/// What became of the items of a call, by their places in it.
pub struct Carried {
    /// No shard was asked about these, and why.
    refusals: Vec<(usize, Rejection)>,
    /// What shards said to these.
    replies: Vec<(Vec<usize>, Reply)>,
}

impl Carried {
    /// What became of each of `items`, in their order.
    pub fn in_order<T, R>(
        self,
        items: &[T],
        refused: impl Fn(&T, Rejection) -> R,
        results: impl Fn(Reply) -> Option<Vec<R>>,
    ) -> Result<Vec<R>, Problem> {
        let mut answered: Vec<(usize, R)> = Vec::with_capacity(items.len());
        let refusals = self.refusals.into_iter();
        answered.extend(refusals.filter_map(|(place, why)| Some((place, refused(items.get(place)?, why)))));
        for (places, reply) in self.replies {
            let found = results(reply).filter(|found| found.len() == places.len());
            answered.extend(places.into_iter().zip(found.ok_or_else(Problem::internal)?));
        }
        sort_by_key(&mut answered, |(place, _)| *place);
        Ok(answered.into_iter().map(|(_, result)| result).collect())
    }
}

/// The items at these places.
pub fn at<T: Clone>(items: &[T], places: &[usize]) -> Vec<T> {
    places.iter().filter_map(|place| items.get(*place)).cloned().collect()
}

impl Guard {
    /// What is to be known about positions of these skus.
    pub async fn over(edge: &Edge<'_>, account: Rc<Account>, skus: SortedSet<&Sku>) -> Result<Self, Problem> {
        let (parts, locations, dedicated) = edge
            .settle(|reading| {
                let parts = skus.iter().filter_map(|sku| Some(((*sku).clone(), reading.part(sku)?))).collect();
                (parts, reading.locations(), reading.dedicated())
            })
            .await?;
        Ok(Self { account, parts, locations, shards: edge.shards(dedicated) })
    }

    /// Every shard of a region.
    pub fn shards_of(&self, region: &Region) -> Vec<ShardName> {
        self.shards.of_region(region)
    }

    /// The location, or why the caller may not touch it.
    pub fn place(&self, location: &LocationId) -> Result<&Location, Rejection> {
        let place = self.locations.iter().find(|known| known.id == *location).ok_or(Rejection::UnknownLocation)?;
        let elsewhere = self.account.kind == AccountKind::Branch && self.account.home != *location;
        if elsewhere { Err(Rejection::ForbiddenLocation) } else { Ok(place) }
    }

    /// The shard that owns the position, or why the caller may not touch it.
    fn shard(&self, sku: &Sku, location: &LocationId) -> Result<ShardName, Rejection> {
        let part = self.parts.get(sku).ok_or(Rejection::UnknownSku)?;
        if part.kind != Kind::Physical {
            return Err(Rejection::NotStocked);
        }
        Ok(self.shards.shard(&self.place(location)?.region, sku))
    }

    /// Sends a command about some of these positions to each shard that owns any, all at once, and once more to whom a
    /// shard names for skus that have gone elsewhere. Not generic: what is awaited is most of the code.
    pub async fn carry(
        &self,
        edge: &Edge<'_>,
        positions: &[(&Sku, &LocationId)],
        command: &dyn Fn(&[usize]) -> Command,
    ) -> Result<Carried, Problem> {
        let (mut refusals, mut replies) = (Vec::new(), Vec::new());
        let mut waiting = Places::default();
        for (place, (sku, location)) in positions.iter().enumerate() {
            match self.shard(sku, location) {
                Ok(shard) => waiting.update(shard, Vec::new, |places| places.push(place)),
                Err(rejection) => refusals.push((place, rejection)),
            }
        }
        for _ in 0..2 {
            let calls = std::mem::take(&mut waiting).into_iter();
            let calls = calls.map(|(shard, places)| (command(&places), shard, places)).collect();
            for (shard, places, reply) in ask_all(edge, calls).await? {
                let Reply::Elsewhere { skus } = reply else {
                    replies.push((places, reply));
                    continue;
                };
                // Nothing of it was done.
                for place in places {
                    let sku = positions.get(place).map(|(sku, _)| *sku);
                    let redirect = skus.iter().find(|redirect| Some(&redirect.sku) == sku);
                    let shard = redirect.map_or(&shard, |redirect| &redirect.shard);
                    waiting.update(shard.clone(), Vec::new, |places| places.push(place));
                }
            }
        }
        if waiting.is_empty() { Ok(Carried { refusals, replies }) } else { Err(Problem::moving()) }
    }
}

/// Sends each command to its shard, all at once.
pub async fn ask_all(
    edge: &Edge<'_>,
    calls: Vec<(Command, ShardName, Vec<usize>)>,
) -> Result<Vec<(ShardName, Vec<usize>, Reply)>, Problem> {
    let ask = |(command, shard, places): (Command, ShardName, Vec<usize>)| async move {
        edge.ask_shard(&shard, &command).await.map(|reply| (shard, places, reply))
    };
    all(calls.into_iter().map(ask)).await.into_iter().collect()
}

fn read_movement(item: &Value, pointer: String, faults: &mut Faults) -> Option<Movement> {
    let mut fields = Fields::of(item, pointer, faults);
    let id = fields.required("id", faults);
    let sku = fields.required("sku", faults);
    let location = fields.required("location", faults);
    let kind = fields.required("kind", faults);
    let quantity = fields.required("quantity", faults);
    let reason = fields.optional("reason", faults);
    let expect_version = fields.optional("expect_version", faults);
    let incoming = fields.optional("incoming", faults);
    let safety = fields.optional("safety", faults);
    let quote = fields.optional("quote", faults);
    fields.finish(faults);
    Some(Movement {
        id: id?,
        sku: sku?,
        location: location?,
        kind: kind?,
        quantity: quantity?,
        reason,
        expect_version,
        incoming,
        safety,
        quote,
    })
}

fn read_change(item: &Value, pointer: String, expect: bool, faults: &mut Faults) -> Option<ReceiptChange> {
    let mut fields = Fields::of(item, pointer, faults);
    let id: Option<OpaqueId> = fields.required("id", faults);
    let sku = fields.required("sku", faults);
    let location = fields.required("location", faults);
    let expected = if expect {
        let quantity: Option<Quantity> = fields.required("quantity", faults);
        let eta = fields.required("eta", faults);
        Some(Expected { quantity: quantity?, eta: eta? })
    } else {
        None
    };
    fields.finish(faults);
    Some(ReceiptChange { id: id?, sku: sku?, location: location?, expected })
}
