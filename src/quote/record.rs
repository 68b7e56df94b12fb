//! A quote: what was promised to whom, at what price, and what became of it.

use serde::{Deserialize, Serialize};

use crate::catalog::part::Component;
use crate::id::{AccountId, LocationId, OpaqueId, Sku};
use crate::money::{Currency, Money, MoneyError};
use crate::pricing::PricedLine;
use crate::stock::{LineKey, LineUnits, ShardName};
use crate::time::Timestamp;

/// A quote as its desk keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    /// Its id.
    pub id: OpaqueId,
    /// Whose it is.
    pub account: AccountId,
    /// How far it has come.
    pub state: QuoteState,
    /// When it was made.
    pub created_at: Timestamp,
    /// Until when it can be committed.
    pub expires_at: Timestamp,
    /// The caller's own name for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Of every amount.
    pub currency: Currency,
    /// What was quoted.
    pub lines: Vec<QuoteLine>,
    /// What each shard holds for it.
    pub holds: Vec<ShardHolds>,
    /// The returns that were taken.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub returns: Vec<Return>,
}

/// How far a quote has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuoteState {
    /// Stock is set aside for it.
    Held,
    /// It was accepted in time; the shards are being told.
    Committing,
    /// Its stock is sold.
    Committed,
    /// It was given up; the shards are being told.
    Releasing,
    /// It holds nothing any more.
    Released,
    /// Its time was over.
    Expired,
}

/// One line of a quote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuoteLine {
    /// The part.
    pub sku: Sku,
    /// Units asked for.
    pub quantity: u32,
    /// Units held.
    pub held: u32,
    /// Units sold.
    #[serde(default)]
    pub committed: u32,
    /// Units sold that came back.
    #[serde(default)]
    pub returned: u32,
    /// What a unit costs, for the quote's life.
    pub price: PricedLine,
    /// What is held for one unit.
    pub needs: Vec<Component>,
    /// Where: for a bundle, its components.
    pub allocations: Vec<QuoteAllocation>,
}

/// Units held at a location.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuoteAllocation {
    /// Where.
    pub location: LocationId,
    /// Units.
    pub quantity: u32,
    /// The component, for a bundle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sku: Option<Sku>,
}

/// What one shard holds for a quote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShardHolds {
    /// The shard.
    pub shard: ShardName,
    /// By line and component.
    pub units: Vec<HeldUnits>,
}

/// Units of a line at a shard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldUnits {
    /// The line, and the component of a bundle.
    pub line: LineKey,
    /// Units held.
    pub held: u32,
    /// Units of them that were sold, or are being sold.
    #[serde(default)]
    pub committed: u32,
    /// Units sold that came back.
    #[serde(default)]
    pub returned: u32,
}

/// Sold units that a caller gave back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Return {
    /// Follows from the caller's Idempotency-Key.
    pub id: OpaqueId,
    /// What the shards are still to be told; empty when they have booked it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub untold: Vec<(ShardName, Vec<LineUnits>)>,
}

/// The sums of a quote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// Of the lines, without core charges.
    pub subtotal: Money,
    /// Of the core charges.
    pub core_total: Money,
    /// Of both.
    pub total: Money,
}

impl Quote {
    /// Its state at `now`: a held quote whose time is over has expired, whether or not anybody has tidied up.
    pub fn state_at(&self, now: Timestamp) -> QuoteState {
        if self.state == QuoteState::Held && self.expires_at <= now { QuoteState::Expired } else { self.state }
    }

    /// What the held units cost. Each line's amount is its exact unit price times its held units, rounded once.
    pub fn totals(&self) -> Result<Totals, MoneyError> {
        let mut totals = (Money::zero(self.currency), Money::zero(self.currency));
        for line in &self.lines {
            totals.0 = totals.0.checked_add(line.price.unit_exact.extended(line.held, self.currency)?)?;
            if let Some(core) = line.price.core {
                let amount = core.amount.checked_mul(line.held.into()).ok_or(MoneyError::TooLarge)?;
                totals.1 = totals.1.checked_add(Money { amount, ..core })?;
            }
        }
        Ok(Totals { subtotal: totals.0, core_total: totals.1, total: totals.0.checked_add(totals.1)? })
    }

    /// Spreads units of each need over the shards that have them: `of_line` tells how many units of a line, `room` how
    /// many of a need a shard can give, `take` books them. `None` if the shards have fewer, and nothing may be kept.
    pub fn spread(
        &mut self,
        of_line: impl Fn(usize) -> u32,
        room: impl Fn(&HeldUnits) -> u32,
        take: impl Fn(&mut HeldUnits, u32),
    ) -> Option<()> {
        for (place, line) in self.lines.iter().enumerate() {
            for (key, need) in keys(place, &line.sku, &line.needs) {
                let mut left = of_line(place).checked_mul(need.quantity)?;
                for units in self.holds.iter_mut().flat_map(|at| &mut at.units).filter(|units| units.line == key) {
                    let taken = left.min(room(units));
                    take(units, taken);
                    left = left.saturating_sub(taken);
                }
                if left > 0 {
                    return None;
                }
            }
        }
        Some(())
    }
}

impl QuoteLine {
    /// Notes that `sold` units are sold, and keeps their allocations only. Shards sell a line's units in this order.
    pub fn sell(&mut self, sold: u32) {
        self.committed = sold;
        for need in &self.needs {
            let mut left = sold.saturating_mul(need.quantity);
            for at in self.allocations.iter_mut().filter(|at| *at.sku.as_ref().unwrap_or(&self.sku) == need.sku) {
                at.quantity = at.quantity.min(left);
                left = left.saturating_sub(at.quantity);
            }
        }
        self.allocations.retain(|at| at.quantity > 0);
    }
}

impl ShardHolds {
    /// The lines of this shard with `count` units each, those without any left out.
    pub fn lines(&self, count: impl Fn(&HeldUnits) -> u32) -> Vec<LineUnits> {
        let some = self.units.iter().filter(|units| count(units) > 0);
        some.map(|units| LineUnits { line: units.line, quantity: count(units) }).collect()
    }
}

/// The keys under which a line's needs are held: the line itself, or one for each component of a bundle.
pub fn keys<'a>(place: usize, sku: &Sku, needs: &'a [Component]) -> impl Iterator<Item = (LineKey, &'a Component)> {
    let line = u16::try_from(place).unwrap_or(u16::MAX);
    let bundle = needs.iter().any(|need| need.sku != *sku);
    (0..).zip(needs).map(move |(component, need)| (LineKey { line, component: bundle.then_some(component) }, need))
}
