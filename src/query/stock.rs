//! The stock an answer is made from: what shards said, what snapshots say, and what that means for one choice.

use std::collections::HashMap;

use serde::Serialize;

use super::resolve::Choice;
use crate::catalog::part::Kind;
use crate::id::{LocationId, Quantity, Sku};
use crate::order::sort_by_key;
use crate::stock::LocationStock;
use crate::stock::promise;
use crate::time::Timestamp;

/// How old a snapshot can be: KV shows a write within a minute ("60 seconds or more" in its documentation), a shard
/// publishes within a second or two of a change, or half a minute where it makes little difference
/// ([`crate::stock::shard::PUBLISH_QUIET_AFTER`]), and an isolate keeps what it read for two.
pub const SNAPSHOT_STALENESS_MS: u32 = 94_000;

/// Who said how much there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The shards that own the stock: exact at the time of the answer.
    Shard,
    /// At least one region's snapshot: up to [`SNAPSHOT_STALENESS_MS`] old.
    Snapshot,
}

/// What is known of one sku.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SkuStock {
    /// Who said so.
    pub origin: Origin,
    /// When it was so.
    pub as_of: Timestamp,
    /// Location by location.
    pub locations: Vec<LocationStock>,
}

/// What is known of the skus of a request. A sku that is not in it has no stock that anybody knows of.
#[derive(Debug, Clone, Default)]
pub struct StockTable(HashMap<Sku, SkuStock>);

/// What of a choice can be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// Who said so.
    pub origin: Origin,
    /// The oldest word it rests on.
    pub as_of: Timestamp,
    /// Where it can be had; for a bundle, locations that have every component.
    pub locations: Vec<LocationStock>,
    /// A digital part: always to be had, nowhere in particular.
    pub unlimited: bool,
}

impl StockTable {
    /// Adds what was learnt of a sku to what was known; the older and weaker word stands for the whole.
    pub fn add(&mut self, sku: Sku, stock: SkuStock) {
        match self.0.entry(sku) {
            std::collections::hash_map::Entry::Vacant(entry) => {
                entry.insert(stock);
            }
            std::collections::hash_map::Entry::Occupied(mut entry) => {
                let known = entry.get_mut();
                known.origin = known.origin.max(stock.origin);
                known.as_of = known.as_of.min(stock.as_of);
                known.locations.extend(stock.locations);
            }
        }
    }

    /// Whether anything was learnt of a sku.
    pub fn knows(&self, sku: &Sku) -> bool {
        self.0.contains_key(sku)
    }

    /// Adds what is known of other skus.
    pub fn merge(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// What of `choice` can be had.
    pub fn offer(&self, choice: &Choice, now: Timestamp) -> Offer {
        let nothing = Offer { origin: Origin::Shard, as_of: now, locations: Vec::new(), unlimited: false };
        match choice.part.kind {
            Kind::Digital => Offer { unlimited: true, ..nothing },
            Kind::Physical => match self.0.get(&choice.part.sku) {
                Some(stock) => Offer {
                    origin: stock.origin,
                    as_of: stock.as_of,
                    locations: stock.locations.clone(),
                    unlimited: false,
                },
                None => nothing,
            },
            Kind::Bundle => self.bundle(choice).unwrap_or(nothing),
        }
    }

    /// A bundle can be had where every component is, as often as the scarcest allows. `None` if a component is nowhere.
    fn bundle(&self, choice: &Choice) -> Option<Offer> {
        let mut offer: Option<Offer> = None;
        for component in &choice.part.components {
            let stock = self.0.get(&component.sku)?;
            let bundles_at = |location: &LocationId| {
                let available = stock.locations.iter().find(|at| at.location == *location).map_or(0, |at| at.available);
                available.checked_div(component.quantity.into()).unwrap_or(0)
            };
            let locations = match &offer {
                None => stock.locations.iter().map(|at| at.location.clone()).map(|at| (bundles_at(&at), at)).collect(),
                Some(so_far) => so_far
                    .locations
                    .iter()
                    .map(|at| (at.available.min(bundles_at(&at.location)), at.location.clone()))
                    .collect::<Vec<_>>(),
            };
            let locations = locations.into_iter().map(|(available, location)| LocationStock {
                location,
                available,
                owed: 0,
                incoming: Vec::new(),
            });
            offer = Some(Offer {
                origin: offer.as_ref().map_or(stock.origin, |so_far| so_far.origin.max(stock.origin)),
                as_of: offer.as_ref().map_or(stock.as_of, |so_far| so_far.as_of.min(stock.as_of)),
                locations: locations.collect(),
                unlimited: false,
            });
        }
        offer
    }
}

impl Choice {
    /// The skus whose stock decides whether this choice can be had.
    pub fn stocked_skus(&self) -> Vec<&Sku> {
        match self.part.kind {
            Kind::Digital => Vec::new(),
            Kind::Physical => vec![&self.part.sku],
            Kind::Bundle => self.part.components.iter().map(|component| &component.sku).collect(),
        }
    }
}

impl Offer {
    /// How old the word it rests on can be, in milliseconds.
    pub fn max_staleness_ms(&self) -> u32 {
        match self.origin {
            Origin::Shard => 0,
            Origin::Snapshot => SNAPSHOT_STALENESS_MS,
        }
    }

    /// Units that can be had now, over all locations.
    pub fn available(&self) -> u64 {
        if self.unlimited {
            return Quantity::MAX.into();
        }
        self.locations.iter().fold(0, |sum, at| sum.saturating_add(at.available))
    }

    /// Units that can be had now at one location.
    pub fn available_at(&self, location: &LocationId) -> u32 {
        let at = self.locations.iter().find(|at| at.location == *location);
        at.map_or(0, |at| u32::try_from(at.available).unwrap_or(u32::MAX))
    }

    /// From when on scheduled receipts let `quantity` units be promised; `None` if never. A location that owes stock
    /// fills that first, and what it owes does not burden the others.
    pub fn promise_date(&self, quantity: u32, now: Timestamp) -> Option<Timestamp> {
        let mut dates: Vec<Timestamp> =
            self.locations.iter().flat_map(|at| &at.incoming).map(|receipt| receipt.eta).collect();
        dates.push(now);
        sort_by_key(&mut dates, |date| *date);
        dates.dedup();
        dates.into_iter().filter(|date| *date >= now).find(|date| {
            let units = self.locations.iter().map(|at| promise::units(at.balance(), &at.flows(now), *date));
            units.fold(0_i64, i64::saturating_add) >= i64::from(quantity)
        })
    }
}
