//! A quote: what was promised to whom, at what price, and what became of it.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::refusal::Refusal;
use crate::catalog::part::{Component, RevenueClass};
use crate::id::{AccountId, LocationId, OpaqueId, Region, Sku};
use crate::money::{Currency, Money, MoneyError};
use crate::pricing::PricedLine;
use crate::stock::{LineKey, LineUnits, Redirect, ShardName};
use crate::time::{DAY, Timestamp};

/// How long a committed quote is kept after its expiry, in milliseconds: so long it can be shown and returned.
pub const COMMITTED_KEPT: i64 = 400 * DAY;

/// How long a quote that was released or has expired is kept after its expiry, in milliseconds.
pub const ENDED_KEPT: i64 = 90 * DAY;

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
    /// The region nearest to where the goods go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<Region>,
    /// Of every amount.
    pub currency: Currency,
    /// What was quoted.
    pub lines: Vec<QuoteLine>,
    /// What each shard holds for it.
    pub holds: Vec<ShardHolds>,
    /// The returns that were taken.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub returns: Vec<Return>,
    /// The call that sold it or gave it up, by its key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<OpaqueId>,
    /// The quote that took its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaced_by: Option<OpaqueId>,
}

/// How far a quote has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
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
    /// Where: for a bundle, its components. Of what is sold, see [`Quote::allocations`].
    pub allocations: Vec<QuoteAllocation>,
    /// What kind of revenue it is.
    #[serde(default, skip_serializing_if = "RevenueClass::is_physical")]
    pub class: RevenueClass,
    /// Units that must be calibrated in one unit of it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub calibrations: u32,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
pub(super) fn is_zero(units: &u32) -> bool {
    *units == 0
}

/// Units held at a location.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
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

    /// Where the units of a line are that it stands for: those that are sold, once it is sold, or all that are held.
    pub fn allocations<'a>(&self, line: &'a QuoteLine) -> Cow<'a, [QuoteAllocation]> {
        match self.state {
            QuoteState::Committing | QuoteState::Committed => line.sold_at().into(),
            _ => (&line.allocations).into(),
        }
    }

    /// The quote as it was while it was held until `expires_at`, whatever has become of it since.
    #[must_use]
    pub fn as_held(self, expires_at: Timestamp) -> Self {
        let (state, returns) = (QuoteState::Held, Vec::new());
        let mut quote = Self { state, expires_at, decided_by: None, replaced_by: None, returns, ..self };
        for line in &mut quote.lines {
            (line.committed, line.returned) = (0, 0);
        }
        for units in quote.holds.iter_mut().flat_map(|at| &mut at.units) {
            (units.committed, units.returned) = (0, 0);
        }
        quote
    }

    /// Whether a call of this key has sold it or given it up: made again, it meets what it did itself.
    pub fn is_decided_by(&self, call: Option<&OpaqueId>) -> bool {
        call.is_some() && self.decided_by.as_ref() == call
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

    /// When a quote that has come to rest is forgotten.
    pub fn forget_at(&self) -> Timestamp {
        let kept = if self.state == QuoteState::Committed { COMMITTED_KEPT } else { ENDED_KEPT };
        self.expires_at.plus(kept)
    }

    /// Whether the shards have booked every return.
    pub(super) fn returns_are_told(&self) -> bool {
        self.returns.iter().all(|taken| taken.untold.is_empty())
    }

    /// Units of each line: those `named`, none of the others; without names, all that `has` tells. Refused where a line
    /// has fewer.
    pub(super) fn units(
        &self,
        named: Option<&[(usize, u32)]>,
        has: impl Fn(&QuoteLine) -> u32,
    ) -> Result<Vec<u32>, Refusal> {
        let Some(named) = named else { return Ok(self.lines.iter().map(has).collect()) };
        let mut units = vec![0_u32; self.lines.len()];
        for &(line, count) in named {
            let (Some(slot), Some(of)) = (units.get_mut(line), self.lines.get(line)) else {
                return Err(Refusal::UnknownLine { line });
            };
            *slot = slot.saturating_add(count);
            if *slot > has(of) {
                return Err(Refusal::ExceedsHold { line, units: has(of) });
            }
        }
        Ok(units)
    }

    /// Books that so many units of each line are being sold.
    pub(super) fn sell(&mut self, sold: &[u32]) -> Result<(), Refusal> {
        self.spread(sold, |units| units.held, |units, sold| units.committed = sold)?;
        for (line, sold) in self.lines.iter_mut().zip(sold) {
            line.committed = *sold;
        }
        self.state = QuoteState::Committing;
        Ok(())
    }

    /// Takes the sale back: nothing is sold.
    pub(super) fn unsell(&mut self) {
        for line in &mut self.lines {
            line.committed = 0;
        }
        for units in self.holds.iter_mut().flat_map(|at| &mut at.units) {
            units.committed = 0;
        }
    }

    /// Books that so many units of each line came back; the shards are still to be told.
    pub(super) fn take_back(&mut self, id: &OpaqueId, back: &[u32]) -> Result<Return, Refusal> {
        let before = self.holds.clone();
        let outstanding = |units: &HeldUnits| units.committed.saturating_sub(units.returned);
        self.spread(back, outstanding, |units, back| units.returned = units.returned.saturating_add(back))?;
        for (line, back) in self.lines.iter_mut().zip(back) {
            line.returned = line.returned.saturating_add(*back);
        }
        let mut untold = Vec::new();
        for (at, before) in self.holds.iter().zip(&before) {
            let had =
                |key: LineKey| before.units.iter().find(|units| units.line == key).map_or(0, |units| units.returned);
            let lines = at.lines(|units| units.returned.saturating_sub(had(units.line)));
            if !lines.is_empty() {
                untold.push((at.shard.clone(), lines));
            }
        }
        let taken = Return { id: id.clone(), untold };
        self.returns.push(taken.clone());
        Ok(taken)
    }

    /// Spreads units of each line over the shards that have them: `room` tells how many of a need a shard can give,
    /// `take` books them. Where the shards have fewer, it is refused and nothing may be kept.
    fn spread(
        &mut self,
        of_line: &[u32],
        room: impl Fn(&HeldUnits) -> u32,
        take: impl Fn(&mut HeldUnits, u32),
    ) -> Result<(), Refusal> {
        for ((place, line), wanted) in self.lines.iter().enumerate().zip(of_line) {
            for (key, need) in keys(place, &line.sku, &line.needs) {
                let mut left = wanted.saturating_mul(need.quantity);
                for units in self.holds.iter_mut().flat_map(|at| &mut at.units).filter(|units| units.line == key) {
                    let taken = left.min(room(units));
                    take(units, taken);
                    left = left.saturating_sub(taken);
                }
                if left > 0 {
                    return Err(Refusal::ExceedsHold { line: place, units: 0 });
                }
            }
        }
        Ok(())
    }
}

impl Quote {
    /// Notes that what `from` held of a sku is at another shard now, and what that one is still to be told. Whether
    /// there was anything.
    pub(super) fn follow(&mut self, from: &ShardName, redirect: &Redirect) -> bool {
        let (lines, holds, returns) = (&self.lines, &mut self.holds, &mut self.returns);
        let is_moved = |key: LineKey| {
            let line = lines.get(usize::from(key.line));
            let need = line.and_then(|line| line.needs.get(usize::from(key.component.unwrap_or(0))));
            need.is_some_and(|need| need.sku == redirect.sku)
        };
        let mut moved = Vec::new();
        for at in holds.iter_mut().filter(|at| at.shard == *from) {
            moved.extend(at.units.iter().filter(|units| is_moved(units.line)));
            at.units.retain(|units| !is_moved(units.line));
        }
        holds.retain(|at| !at.units.is_empty());
        let found = !moved.is_empty();
        match holds.iter_mut().find(|at| at.shard == redirect.shard) {
            Some(at) => at.units.append(&mut moved),
            None if found => holds.push(ShardHolds { shard: redirect.shard.clone(), units: moved }),
            None => {}
        }
        for Return { untold, .. } in returns {
            let mut moved = Vec::new();
            for (_, lines) in untold.iter_mut().filter(|(shard, _)| shard == from) {
                moved.extend(lines.iter().filter(|line| is_moved(line.line)));
                lines.retain(|line| !is_moved(line.line));
            }
            untold.retain(|(_, lines)| !lines.is_empty());
            match untold.iter_mut().find(|(shard, _)| *shard == redirect.shard) {
                Some((_, lines)) => lines.append(&mut moved),
                None if !moved.is_empty() => untold.push((redirect.shard.clone(), moved)),
                None => {}
            }
        }
        found
    }
}

impl QuoteLine {
    /// Where the units are that are sold. Shards sell a line's units in the order in which it was held.
    fn sold_at(&self) -> Vec<QuoteAllocation> {
        let mut allocations = self.allocations.clone();
        for need in &self.needs {
            let mut left = self.committed.saturating_mul(need.quantity);
            for at in allocations.iter_mut().filter(|at| *at.sku.as_ref().unwrap_or(&self.sku) == need.sku) {
                at.quantity = at.quantity.min(left);
                left = left.saturating_sub(at.quantity);
            }
        }
        allocations.retain(|at| at.quantity > 0);
        allocations
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_quotes_keep_their_format() {
        // Desks have rows in this form: a change needs a migration.
        let text = concat!(
            r#"{"id":"q_1","account":"shop-1","state":"committed","created_at":"2026-11-22T15:00:00.000Z","#,
            r#""expires_at":"2026-11-22T15:15:00.000Z","reference":"PO-1","region":"enam","currency":"USD","#,
            r#""lines":[{"sku":"KIT","quantity":2,"held":2,"committed":1,"returned":1,"#,
            r#""price":{"unit":{"amount":1000,"currency":"USD"},"unit_exact":"10.0050","list":null,"core":null,"#,
            r#""core_extended":null,"extended":{"amount":2001,"currency":"USD"},"price_type":"JBR","#,
            r#""level":"base_type","valid_until":null,"break_next":null},"#,
            r#""needs":[{"sku":"A","quantity":3}],"#,
            r#""allocations":[{"location":"ATL1","quantity":6,"sku":"A"}]}],"#,
            r#""holds":[{"shard":{"region":"enam","bucket":7},"#,
            r#""units":[{"line":{"line":0,"component":0},"held":6,"committed":3,"returned":3}]}],"#,
            r#""returns":[{"id":"r","untold":[[{"region":"enam","bucket":7},"#,
            r#"[{"line":{"line":0,"component":0},"quantity":3}]]]}],"decided_by":"k","replaced_by":"q_2"}"#
        );
        let quote: Quote = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&quote).unwrap(), text);
    }
}
