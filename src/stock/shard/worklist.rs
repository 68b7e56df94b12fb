//! What there is to do at a location, as far as one shard knows: goods to pick and to hand over, goods that are on their
//! way, shortfalls, and what was done today.

use serde::{Deserialize, Serialize};

use super::handover::record;
use crate::id::{LocationId, OpaqueId, Sku};
use crate::order::sort_by;
use crate::stock::handover::Redirect;
use crate::stock::hold::Hold;
use crate::stock::movement::{Entry, MovementKind};
use crate::stock::store::Store;
use crate::time::{DAY, Timestamp};

/// The most rows of each list that one shard tells.
pub const MAX_ROWS: u32 = 200;

/// The most ledger entries that one shard looks at for what was done today and what waits to be handed over.
pub const MAX_ENTRIES: u32 = 1_000;

/// How long goods that were picked wait in the list to be handed over, in milliseconds.
pub const WAITING_SHOWN: i64 = 7 * DAY;

/// What there is to do at a location.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Worklist {
    /// Sold, and still on the shelf.
    pub picks: Vec<Task>,
    /// Picked for a quote, and not handed over.
    pub hand_overs: Vec<Task>,
    /// On its way.
    pub incoming: Vec<Arrival>,
    /// More is promised than is there.
    pub shortfalls: Vec<Shortfall>,
    /// What was done today, by kind.
    pub today: Vec<Tally>,
    /// There is more than is told.
    pub truncated: bool,
    /// Shards that have a sku of this one, to be asked too.
    pub elsewhere: Vec<Redirect>,
}

/// Goods of a quote to be picked or handed over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "BranchTask"))]
pub struct Task {
    /// The quote.
    pub quote: OpaqueId,
    /// The part.
    pub sku: Sku,
    /// Units.
    pub quantity: u32,
    /// When they were sold, or picked; absent where it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
}

/// Goods that are on their way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Arrival {
    /// The scheduled receipt.
    pub id: OpaqueId,
    /// The part.
    pub sku: Sku,
    /// Units expected.
    pub quantity: u32,
    /// When they are expected.
    pub eta: Timestamp,
}

/// More is promised than is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Shortfall {
    /// The part.
    pub sku: Sku,
    /// Units missing.
    pub units: u64,
    /// The quotes that wait for the part, those that were to expire first first; not more than the shard tells of anything.
    pub quotes: Vec<OpaqueId>,
}

/// What was done of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "MovementTally"))]
pub struct Tally {
    /// The kind.
    pub kind: MovementKind,
    /// Movements.
    pub movements: u64,
    /// Units of them all, whichever way they went.
    pub units: u64,
    /// For counts: units by which the books were wrong, whichever way.
    pub variance: u64,
}

/// What there is to do at `location`, whose day began at `today`.
pub(super) fn of<S: Store>(
    location: &LocationId,
    today: Timestamp,
    now: Timestamp,
    store: &S,
) -> Result<Worklist, S::Error> {
    let mut list = Worklist::default();
    let handovers = store.handovers()?;
    let gone = |sku: &Sku| handovers.iter().any(|handover| handover.has_left() && handover.sku == *sku);
    let left = handovers.iter().filter(|handover| handover.has_left());
    list.elsewhere =
        left.map(|handover| Redirect { sku: handover.sku.clone(), shard: handover.other.clone() }).collect();

    // One more than is told tells whether there are more.
    let asked = MAX_ROWS.saturating_add(1);
    let mut sold = store.unpicked_at(location, asked)?;
    let mut more = cut(&mut sold, MAX_ROWS);
    for quote in sold {
        for hold in quote.holds.into_iter().filter(|hold| hold.location == *location && hold.unpicked > 0) {
            if !gone(&hold.sku) {
                let (quantity, since) = (hold.unpicked, quote.committed_at);
                add(&mut list.picks, Task { quote: quote.quote.clone(), sku: hold.sku, quantity, since });
            }
        }
    }

    let mut expecting = store.expecting(location, asked)?;
    more |= cut(&mut expecting, MAX_ROWS);
    for position in expecting.into_iter().filter(|position| !gone(&position.sku)) {
        let sku = position.sku;
        let arrivals = position.incoming.into_iter();
        list.incoming.extend(arrivals.map(|receipt| Arrival {
            id: receipt.id,
            sku: sku.clone(),
            quantity: receipt.quantity,
            eta: receipt.eta,
        }));
    }
    sort_by(&mut list.incoming, |a, b| (a.eta, &a.id).cmp(&(b.eta, &b.id)));

    let mut short = store.short(location, asked)?;
    more |= cut(&mut short, MAX_ROWS);
    for position in short.into_iter().filter(|position| !gone(&position.sku)) {
        let mut waiting = store.quotes_at(&position.sku, location)?;
        waiting.retain(|quote| quote.awaits(&position.sku, location));
        sort_by(&mut waiting, |a, b| (a.expires_at, &a.quote).cmp(&(b.expires_at, &b.quote)));
        more |= cut(&mut waiting, MAX_ROWS);
        let quotes = waiting.into_iter().map(|quote| quote.quote).collect();
        list.shortfalls.push(Shortfall { units: position.counters.shortfall(), sku: position.sku, quotes });
    }

    let since = today.min(now.plus(WAITING_SHOWN.saturating_neg()));
    let mut entries = store.entries_since(location, since, MAX_ENTRIES.saturating_add(1))?;
    more |= cut(&mut entries, MAX_ENTRIES);
    let here = || entries.iter().filter(|entry| !gone(&entry.movement.sku));
    for entry in here().filter(|entry| entry.at >= today) {
        tally(&mut list.today, entry);
    }
    for entry in here().rev() {
        let Some(quote) = entry.movement.quote.as_ref().filter(|_| entry.movement.kind == MovementKind::Pick) else {
            continue;
        };
        let sku = &entry.movement.sku;
        if list.hand_overs.iter().any(|task| task.quote == *quote && task.sku == *sku) {
            continue;
        }
        let holds = record(quote, store)?.map(|record| record.holds).unwrap_or_default();
        let here = holds.iter().filter(|hold| hold.is_at(sku, location));
        let quantity = here.map(Hold::waiting).fold(0, u32::saturating_add);
        if quantity > 0 {
            list.hand_overs.push(Task { quote: quote.clone(), sku: sku.clone(), quantity, since: Some(entry.at) });
        }
    }
    more |= cut(&mut list.picks, MAX_ROWS) | cut(&mut list.hand_overs, MAX_ROWS) | cut(&mut list.incoming, MAX_ROWS);
    list.truncated = more;
    Ok(list)
}

/// Lines of one quote that want the same part are one task. The tasks of a quote come one after the other.
fn add(tasks: &mut Vec<Task>, task: Task) {
    let of_quote = tasks.iter_mut().rev().take_while(|known| known.quote == task.quote);
    match of_quote.filter(|known| known.sku == task.sku).last() {
        Some(known) => known.quantity = known.quantity.saturating_add(task.quantity),
        None => tasks.push(task),
    }
}

fn tally(today: &mut Vec<Tally>, entry: &Entry) {
    let of = Tally {
        kind: entry.movement.kind,
        movements: 1,
        units: entry.movement.quantity.unsigned_abs(),
        variance: entry.expected.map_or(0, |expected| expected.abs_diff(entry.on_hand)),
    };
    Tally::merge(today, of);
}

impl Tally {
    /// Adds what was done to the sum of its kind.
    pub fn merge(sums: &mut Vec<Self>, more: Self) {
        match sums.iter_mut().find(|sum| sum.kind == more.kind) {
            Some(sum) => {
                sum.movements = sum.movements.saturating_add(more.movements);
                sum.units = sum.units.saturating_add(more.units);
                sum.variance = sum.variance.saturating_add(more.variance);
            }
            None => sums.push(more),
        }
    }
}

/// Keeps the first rows, so many at most. Whether there were more.
fn cut<T>(rows: &mut Vec<T>, most: u32) -> bool {
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let more = rows.len() > most;
    rows.truncate(most);
    more
}

#[cfg(test)]
mod tests;
