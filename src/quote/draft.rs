//! A quote before anything is held: priced lines, and which shards to ask in what order.

use serde::{Deserialize, Serialize};

use crate::catalog::part::{Component, Kind, Part, RevenueClass};
use crate::id::{AccountId, LocationId, OpaqueId, Region, Sku};
use crate::money::{Currency, Money, MoneyError};
use crate::pricing::PricedLine;
use crate::stock::{HoldLine, LineKey, ShardName};
use crate::time::Timestamp;

use super::record::{is_zero, keys};
use super::said::Said;

/// What an edge function asks of a quote desk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// The quote's id, made from the account, the caller's Idempotency-Key and the request: asking again meets the same
    /// quote and the same holds, whatever crashed in between.
    pub id: OpaqueId,
    /// Whose it is.
    pub account: AccountId,
    /// When the caller asked, by the clock of whoever was asked.
    pub asked_at: Timestamp,
    /// The region nearest to where the goods go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<Region>,
    /// Of every amount.
    pub currency: Currency,
    /// What is wanted.
    pub lines: Vec<DraftLine>,
    /// Whom to ask, region by region: a later wave is asked only for what the earlier ones lacked.
    pub waves: Vec<Wave>,
    /// How long it is held, in milliseconds.
    pub ttl_ms: i64,
    /// Whether less than everything will do.
    pub partial: bool,
    /// The quote whose place it takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replace: Option<OpaqueId>,
    /// The caller's own name for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// The most quotes the account may have open.
    pub open_limit: u32,
}

/// A priced line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DraftLine {
    /// The part.
    pub sku: Sku,
    /// Units wanted.
    pub quantity: u32,
    /// What they cost; it stands for the quote's life.
    pub price: PricedLine,
    /// What must be held for one unit: the part itself, a bundle's components, nothing for a digital part.
    pub needs: Vec<Component>,
    /// Only from here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pinned: Option<LocationId>,
    /// What kind of revenue it is.
    #[serde(default, skip_serializing_if = "RevenueClass::is_physical")]
    pub class: RevenueClass,
    /// Units that must be calibrated in one unit of it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub calibrations: u32,
    /// What the account was told of the part, if whoever took the call remembers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub said: Option<Said>,
}

/// The shards of one region, and the order of its locations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wave {
    /// Which shard owns which sku here.
    pub shards: Vec<(Sku, ShardName)>,
    /// The region's locations, best first.
    pub locations: Vec<LocationId>,
}

/// What must be held for one unit of `part`.
pub fn needs(part: &Part) -> Vec<Component> {
    match part.kind {
        Kind::Physical => vec![Component { sku: part.sku.clone(), quantity: 1 }],
        Kind::Bundle => part.components.clone(),
        Kind::Digital => Vec::new(),
    }
}

impl Draft {
    /// What its lines and their core charges come to if all is held: more than an amount may be is an error.
    pub fn total(&self) -> Result<Money, MoneyError> {
        let amounts = self.lines.iter().flat_map(|line| [Some(line.price.extended), line.price.core_extended]);
        amounts.flatten().try_fold(Money::zero(self.currency), Money::checked_add)
    }
}

impl Wave {
    /// What to ask of this wave's shards, one list a shard, given how many units each need still lacks.
    pub fn asks(&self, lines: &[DraftLine], lacking: &dyn Fn(LineKey) -> u32) -> Vec<(ShardName, Vec<HoldLine>)> {
        let mut asks: Vec<(ShardName, Vec<HoldLine>)> = Vec::new();
        for (place, line) in lines.iter().enumerate() {
            let locations =
                || self.locations.iter().filter(|id| line.pinned.as_ref().is_none_or(|pinned| pinned == *id));
            for (key, need) in keys(place, &line.sku, &line.needs) {
                let quantity = lacking(key);
                let Some((_, shard)) = self.shards.iter().find(|(sku, _)| *sku == need.sku) else { continue };
                if quantity == 0 || locations().next().is_none() {
                    continue;
                }
                let locations = locations().cloned().collect();
                let ask = HoldLine { line: key, sku: need.sku.clone(), quantity, locations, split: true };
                match asks.iter_mut().find(|(known, _)| known == shard) {
                    Some((_, lines)) => lines.push(ask),
                    None => asks.push((shard.clone(), vec![ask])),
                }
            }
        }
        asks
    }
}
