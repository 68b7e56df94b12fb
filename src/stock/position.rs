//! A position: the stock of one sku at one location.

use serde::{Deserialize, Serialize};

use crate::id::{LocationId, OpaqueId, Sku};
use crate::time::Timestamp;

/// The most units any counter of a position may reach.
pub const MAX_UNITS: u64 = 1_000_000_000;

/// The most scheduled receipts of one position.
pub const MAX_RECEIPTS: usize = 100;

/// Stock of one sku at one location. Counters are units.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(from = "Flat", into = "Flat")]
pub struct Position {
    /// The part.
    pub sku: Sku,
    /// Where it lies.
    pub location: LocationId,
    /// How many changes it has seen; 0 is a position that nobody has written yet.
    pub version: u64,
    /// The counters.
    pub counters: Counters,
    /// Scheduled receipts, by expected time, then id.
    pub incoming: Vec<Receipt>,
    /// When less was last found here than the books said: by a count, a damage, a quarantine or a correction.
    pub lowered_at: Option<Timestamp>,
}

/// A position as it is written: the counters stand beside the rest. (`serde(flatten)` writes the same and reads it
/// several times slower.)
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "Position"))]
struct Flat {
    /// The part.
    sku: Sku,
    /// Where it lies.
    location: LocationId,
    /// How many changes it has seen; 0 is a position that nobody has written yet.
    version: u64,
    /// Physically there.
    on_hand: u64,
    /// Sold and not yet picked.
    committed: u64,
    /// Backing open quotes.
    held: u64,
    /// There, but not to be sold.
    quarantined: u64,
    /// Kept back from promises.
    safety: u64,
    /// Scheduled receipts, by expected time, then id.
    #[serde(default)]
    incoming: Vec<Receipt>,
    /// When less was last found here than the books said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lowered_at: Option<Timestamp>,
}

impl From<Flat> for Position {
    fn from(flat: Flat) -> Self {
        let Flat { sku, location, version, on_hand, committed, held, quarantined, safety, incoming, lowered_at } = flat;
        let counters = Counters { on_hand, committed, held, quarantined, safety };
        Self { sku, location, version, counters, incoming, lowered_at }
    }
}

impl From<Position> for Flat {
    fn from(position: Position) -> Self {
        let Position { sku, location, version, counters, incoming, lowered_at } = position;
        let Counters { on_hand, committed, held, quarantined, safety } = counters;
        Self { sku, location, version, on_hand, committed, held, quarantined, safety, incoming, lowered_at }
    }
}

/// The numbers of a position, in units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counters {
    /// Physically there.
    pub on_hand: u64,
    /// Sold and not yet picked.
    pub committed: u64,
    /// Backing open quotes.
    pub held: u64,
    /// There, but not to be sold.
    pub quarantined: u64,
    /// Kept back from promises.
    pub safety: u64,
}

/// A scheduled receipt: stock that is on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Receipt {
    /// Chosen by whoever scheduled it; one per position.
    pub id: OpaqueId,
    /// Units expected.
    pub quantity: u32,
    /// When they are expected.
    pub eta: Timestamp,
}

impl Counters {
    /// `on_hand − committed − held − quarantined − safety`, which is below zero where more was promised than is there.
    pub fn balance(&self) -> i64 {
        // Every counter is at most MAX_UNITS, so neither conversion nor sum can leave i64; saturate rather than trust.
        let spoken_for =
            self.committed.saturating_add(self.held).saturating_add(self.quarantined).saturating_add(self.safety);
        i64::try_from(self.on_hand).unwrap_or(i64::MAX).saturating_sub(i64::try_from(spoken_for).unwrap_or(i64::MAX))
    }

    /// What may be promised now.
    pub fn available(&self) -> u64 {
        u64::try_from(self.balance()).unwrap_or(0)
    }

    /// Whether readers far away need not hear at once that these are no longer `before`: there are 16 or more to promise, and
    /// as many to a power of two.
    pub fn are_much_like(&self, before: &Self) -> bool {
        let (then, now) = (before.available(), self.available());
        then.min(now) >= 16 && then.ilog2() == now.ilog2()
    }

    /// Units that are there and neither promised nor quarantined; safety stock counts as free for internal moves.
    pub fn free(&self) -> u64 {
        self.on_hand.saturating_sub(self.committed.saturating_add(self.held).saturating_add(self.quarantined))
    }

    /// Units promised to callers beyond what can be handed over.
    pub fn shortfall(&self) -> u64 {
        self.committed.saturating_add(self.held).saturating_sub(self.on_hand.saturating_sub(self.quarantined))
    }
}

impl Counters {
    /// Units that are not sold: those that are held count, for most holds end.
    pub fn unsold(&self) -> u64 {
        self.on_hand.saturating_sub(self.committed.saturating_add(self.quarantined))
    }

    /// Whether what is not sold has come down to the safety stock, where it was above `before`.
    pub fn has_run_low(&self, before: &Self) -> bool {
        before.unsold() > before.safety && self.unsold() <= self.safety
    }
}

impl Position {
    /// The position nobody has written yet.
    pub fn empty(sku: Sku, location: LocationId) -> Self {
        Self { sku, location, version: 0, counters: Counters::default(), incoming: Vec::new(), lowered_at: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn available_is_never_below_zero_and_the_shortfall_says_how_far_it_would_be() {
        let counters = Counters { on_hand: 3, committed: 4, held: 2, quarantined: 1, safety: 1 };
        assert_eq!((counters.balance(), counters.available(), counters.shortfall(), counters.free()), (-5, 0, 4, 0));
    }

    #[test]
    fn a_change_is_news_where_few_are_left_or_half_of_them_are_gone() {
        let available = |on_hand| Counters { on_hand, ..Counters::default() };
        for (then, now, alike) in [
            (31, 16, true),
            (16, 31, true),
            (500_000_000, 499_999_900, true),
            (32, 31, false),
            (31, 32, false),
            (16, 15, false),
            (15, 16, false),
            (15, 15, false),
            (1, 0, false),
            (0, 1_000, false),
        ] {
            assert_eq!(available(now).are_much_like(&available(then)), alike, "{then} to {now}");
        }
    }

    #[test]
    fn safety_stock_is_not_promised_but_may_be_moved() {
        let counters = Counters { on_hand: 5, safety: 2, ..Counters::default() };
        assert_eq!((counters.available(), counters.free(), counters.shortfall()), (3, 5, 0));
    }

    #[test]
    fn stored_positions_keep_their_format() {
        // Shards and callers have rows and answers in this form: a change needs a migration.
        let position = Position {
            incoming: vec![Receipt { id: "PO-7".parse().unwrap(), quantity: 40, eta: Timestamp::from_millis(1_000) }],
            version: 7,
            counters: Counters { on_hand: 5, committed: 1, held: 2, quarantined: 0, safety: 1 },
            ..Position::empty("A".parse().unwrap(), "ATL1".parse().unwrap())
        };
        let text = r#"{"sku":"A","location":"ATL1","version":7,"on_hand":5,"committed":1,"held":2,"quarantined":0,"safety":1,"incoming":[{"id":"PO-7","quantity":40,"eta":"1970-01-01T00:00:01.000Z"}]}"#;
        assert_eq!(serde_json::to_string(&position).unwrap(), text);
        assert_eq!(serde_json::from_str::<Position>(text).unwrap(), position);
    }
}
