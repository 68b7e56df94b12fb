//! What there is to do at a location, as far as one shard knows: goods to pick and to hand over, goods that are on their
//! way, shortfalls, and what was done today.

use serde::{Deserialize, Serialize};

use super::handover::record;
use crate::id::{LocationId, OpaqueId, Sku};
use crate::order::sort_by;
use crate::stock::handover::Redirect;
use crate::stock::hold::{Hold, SoldTo};
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
    /// In the order of [`Task`], then the longest waiting first.
    pub tasks: Vec<Item>,
    /// What was done today, by kind.
    pub today: Vec<Tally>,
    /// There is more than is told.
    pub truncated: bool,
    /// Shards that have a sku of this one, to be asked too.
    pub elsewhere: Vec<Redirect>,
}

/// Something to do. One form for all, which costs a fraction of the code that one for each would.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "WorklistTask"))]
pub struct Item {
    /// What is to be done.
    pub task: Task,
    /// The part.
    pub sku: Sku,
    /// Units; of a shortfall, those missing.
    pub quantity: u64,
    /// Of a pick or hand-over: the quote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote: Option<OpaqueId>,
    /// Of a pick or hand-over: who bought, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sold_to: Option<SoldTo>,
    /// Of goods on their way: the scheduled receipt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incoming: Option<OpaqueId>,
    /// When they were sold, were picked, are expected. Absent where it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// Of a shortfall: the quotes that wait for the part, those that were to expire first first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub quotes: Vec<OpaqueId>,
}

/// What is to be done, the most pressing first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "WorklistTaskKind"))]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// More is promised than is there: find it, get it, or tell those who wait.
    Shortfall,
    /// Sold, and still on the shelf.
    Pick,
    /// Picked for a quote, and not handed over.
    HandOver,
    /// On its way.
    Receive,
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
    let mut short = store.short(location, asked)?;
    let mut more = cut(&mut short, MAX_ROWS);
    for position in short.into_iter().filter(|position| !gone(&position.sku)) {
        let mut waiting = store.quotes_at(&position.sku, location)?;
        waiting.retain(|quote| quote.awaits(&position.sku, location));
        sort_by(&mut waiting, |a, b| (a.expires_at, &a.quote).cmp(&(b.expires_at, &b.quote)));
        more |= cut(&mut waiting, MAX_ROWS);
        let quotes = waiting.into_iter().map(|quote| quote.quote).collect();
        let units = position.counters.shortfall();
        list.tasks.push(Item { quotes, ..Item::new(Task::Shortfall, position.sku, units, None) });
    }

    let mut sold = store.unpicked_at(location, asked)?;
    more |= cut(&mut sold, MAX_ROWS);
    let mut picks = Vec::new();
    for quote in sold {
        for hold in quote.holds.into_iter().filter(|hold| hold.location == *location && hold.unpicked > 0) {
            if !gone(&hold.sku) {
                let pick = Item::new(Task::Pick, hold.sku, hold.unpicked.into(), quote.committed_at);
                add(&mut picks, Item { quote: Some(quote.quote.clone()), sold_to: quote.sold_to.clone(), ..pick });
            }
        }
    }
    more |= cut(&mut picks, MAX_ROWS);

    let since = today.min(now.plus(WAITING_SHOWN.saturating_neg()));
    let mut entries = store.entries_since(location, since, MAX_ENTRIES.saturating_add(1))?;
    more |= cut(&mut entries, MAX_ENTRIES);
    entries.retain(|entry| !gone(&entry.movement.sku));
    for entry in entries.iter().filter(|entry| entry.at >= today) {
        tally(&mut list.today, entry);
    }
    let mut picked: Vec<Item> = Vec::new();
    for entry in entries.iter().rev().filter(|entry| entry.movement.kind == MovementKind::Pick) {
        let (sku, quote) = (&entry.movement.sku, &entry.movement.quote);
        let Some(named) = quote else { continue };
        if picked.iter().any(|known| known.quote == *quote && known.sku == *sku) {
            continue;
        }
        let Some(record) = record(named, store)? else { continue };
        let here = record.holds.iter().filter(|hold| hold.is_at(sku, location));
        let quantity = here.map(Hold::waiting).fold(0, u32::saturating_add);
        if quantity > 0 {
            let item = Item::new(Task::HandOver, sku.clone(), quantity.into(), Some(entry.at));
            picked.push(Item { quote: quote.clone(), sold_to: record.sold_to, ..item });
        }
    }
    more |= cut(&mut picked, MAX_ROWS);

    let mut expecting = store.expecting(location, asked)?;
    more |= cut(&mut expecting, MAX_ROWS);
    let mut arrivals = Vec::new();
    for position in expecting.into_iter().filter(|position| !gone(&position.sku)) {
        for receipt in position.incoming {
            let item = Item::new(Task::Receive, position.sku.clone(), receipt.quantity.into(), Some(receipt.eta));
            arrivals.push(Item { incoming: Some(receipt.id), ..item });
        }
    }
    sort(&mut arrivals);
    more |= cut(&mut arrivals, MAX_ROWS);

    list.tasks.extend(picks.into_iter().chain(picked).chain(arrivals));
    sort(&mut list.tasks);
    list.truncated = more;
    Ok(list)
}

impl Item {
    fn new(task: Task, sku: Sku, quantity: u64, at: Option<Timestamp>) -> Self {
        Self { task, sku, quantity, quote: None, sold_to: None, incoming: None, at, quotes: Vec::new() }
    }
}

/// The most pressing first, then the longest waiting.
pub fn sort(tasks: &mut [Item]) {
    sort_by(tasks, |a, b| (a.task, a.at, &a.quote, &a.sku).cmp(&(b.task, b.at, &b.quote, &b.sku)));
}

/// Lines of one quote that want the same part are one task. The tasks of a quote come one after the other.
fn add(tasks: &mut Vec<Item>, task: Item) {
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
        // The first count of a position is no check of the books.
        variance: entry.expected.filter(|_| entry.version > 1).map_or(0, |expected| expected.abs_diff(entry.on_hand)),
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
