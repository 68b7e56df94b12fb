//! A price that holds for a while, from a quantity on, in one currency: what sheets and contracts have in common.

use std::fmt;

use super::sheet::{PriceBreak, SheetPrice};
use super::terms::ContractPrice;
use crate::money::{Currency, Price};
use crate::time::Timestamp;

/// A price with its currency, dates and breaks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dated<'a> {
    currency: Currency,
    effective: Option<Timestamp>,
    expires: Option<Timestamp>,
    breaks: &'a [PriceBreak],
}

/// Why a price does not serve a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unfit {
    /// It is in another currency.
    InCurrency(Currency),
    /// It takes effect then.
    StartsAt(Timestamp),
    /// It ended then.
    EndedAt(Timestamp),
    /// It starts at this quantity.
    FromQuantity(u32),
    /// It has no breaks at all.
    Empty,
}

impl<'a> From<&'a SheetPrice> for Dated<'a> {
    fn from(price: &'a SheetPrice) -> Self {
        Self { currency: price.currency, effective: price.effective, expires: price.expires, breaks: &price.breaks }
    }
}

impl<'a> From<&'a ContractPrice> for Dated<'a> {
    fn from(price: &'a ContractPrice) -> Self {
        Self { currency: price.currency, effective: price.effective, expires: price.expires, breaks: &price.breaks }
    }
}

impl Dated<'_> {
    /// The break that serves `quantity` units at `now` in `currency`: the one with the largest `from` that is not above
    /// the quantity.
    pub(super) fn serving(&self, quantity: u32, now: Timestamp, currency: Currency) -> Result<PriceBreak, Unfit> {
        if self.currency != currency {
            return Err(Unfit::InCurrency(self.currency));
        }
        if let Some(start) = self.effective.filter(|start| now < *start) {
            return Err(Unfit::StartsAt(start));
        }
        if let Some(end) = self.expires.filter(|end| *end <= now) {
            return Err(Unfit::EndedAt(end));
        }
        let reached = self.breaks.iter().filter(|step| step.from <= quantity);
        let best = reached.max_by_key(|step| (step.from, std::cmp::Reverse(step.unit)));
        best.copied()
            .ok_or_else(|| self.breaks.iter().map(|step| step.from).min().map_or(Unfit::Empty, Unfit::FromQuantity))
    }

    /// The price of `quantity` units, if it serves.
    pub(super) fn unit(&self, quantity: u32, now: Timestamp, currency: Currency) -> Option<Price> {
        self.serving(quantity, now, currency).ok().map(|step| step.unit)
    }

    /// The first instant after `now` at which it takes effect or ends.
    pub(super) fn turn_after(&self, now: Timestamp) -> Option<Timestamp> {
        [self.effective, self.expires].into_iter().flatten().filter(|turn| *turn > now).min()
    }

    /// The first quantity above `quantity` that has a break of its own.
    pub(super) fn break_above(&self, quantity: u32) -> Option<u32> {
        self.breaks.iter().map(|step| step.from).filter(|from| *from > quantity).min()
    }
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InCurrency(currency) => write!(f, "it is in {currency}"),
            Self::StartsAt(start) => write!(f, "it takes effect at {start}"),
            Self::EndedAt(end) => write!(f, "it ended at {end}"),
            Self::FromQuantity(from) => write!(f, "it starts at quantity {from}"),
            Self::Empty => f.write_str("it has no price"),
        }
    }
}
