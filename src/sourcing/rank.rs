//! The sources of a line, best first, and how its quantity is split over them.

use serde::Serialize;

use super::survey::{Source, Survey};
use crate::id::LocationId;
use crate::order::{sort_by, sort_by_key};

/// Units of a line taken from one location.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Allocation<'a> {
    /// The location.
    pub location: &'a LocationId,
    /// Units from there.
    pub quantity: u32,
}

/// A source and whether the quantity is taken from it.
struct Candidate<'a> {
    source: Source<'a>,
    chosen: bool,
}

impl<'a> Survey<'a> {
    /// The locations that have any of a line's sku, best first.
    ///
    /// First come those the quantity is taken from: as much of it on time as there is, and of locations that are equally
    /// on time the fewest that hold enough; of several such sets the one preferred ([`Survey::new`]: home, earliest,
    /// nearest, by id). The others follow: on time before late, those with the whole quantity before those with a part,
    /// then by preference. `available` tells the units of the sku at a location.
    pub fn rank(&self, quantity: u32, available: impl Fn(&LocationId) -> u32) -> Vec<Source<'a>> {
        let with_stock = self.sources.iter().filter_map(|source| {
            let available = available(source.location);
            (available > 0).then_some(Candidate { source: Source { available, ..*source }, chosen: false })
        });
        let mut candidates: Vec<_> = with_stock.collect();
        let mut left = quantity;
        for alike in candidates.chunk_by_mut(|one, next| one.source.timeliness == next.source.timeliness) {
            left = choose_fewest(alike, left);
        }
        // A stable sort: within these classes the survey's preference stays.
        sort_by_key(&mut candidates, |Candidate { source, chosen }| {
            (!*chosen, source.timeliness, !*chosen && source.available < quantity)
        });
        candidates.into_iter().map(|candidate| candidate.source).collect()
    }
}

/// The split of `quantity` over sources in their order; less than `quantity` in all if they have less.
pub fn allocate<'a>(quantity: u32, ranked: &[Source<'a>]) -> Vec<Allocation<'a>> {
    let mut left = quantity;
    let mut split = Vec::new();
    for source in ranked {
        let taken = source.available.min(left);
        left = left.saturating_sub(taken);
        if taken > 0 {
            split.push(Allocation { location: source.location, quantity: taken });
        }
    }
    split
}

/// Chooses the fewest candidates that hold `quantity`, of equals those that come first; all if together they hold less.
/// Answers what is left to find.
fn choose_fewest(candidates: &mut [Candidate<'_>], quantity: u32) -> u32 {
    let quantity = u64::from(quantity);
    let mut by_stock: Vec<(u64, usize)> =
        candidates.iter().enumerate().map(|(place, one)| (one.source.available.into(), place)).collect();
    sort_by(&mut by_stock, |one, other| other.cmp(one));
    // The largest together hold the most, so they tell how few it takes.
    let mut held = 0_u64;
    let fewest = by_stock.iter().take_while(|(stock, _)| {
        let wanting = held < quantity;
        held = held.saturating_add(if wanting { *stock } else { 0 });
        wanting
    });
    let mut places_left = fewest.count();
    // In order of preference, take each that still lets the largest of those after it complete the quantity.
    let mut taken = 0_u64;
    for (place, candidate) in candidates.iter_mut().enumerate() {
        if places_left == 0 {
            break;
        }
        let with_it = taken.saturating_add(candidate.source.available.into());
        let after = by_stock.iter().filter(|(_, other)| *other > place);
        let most_after: u64 = after.take(places_left.saturating_sub(1)).map(|(stock, _)| stock).sum();
        if with_it.saturating_add(most_after) >= quantity.min(held) {
            candidate.chosen = true;
            taken = with_it;
            places_left = places_left.saturating_sub(1);
        }
    }
    u32::try_from(quantity.saturating_sub(taken)).unwrap_or_default()
}
