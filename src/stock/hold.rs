//! Holds: soft allocations with an expiry, and what becomes of them.
//!
//! All that a quote holds in one shard is one record, written as a whole. Its life is `held` → `committed` | `released`
//! | `expired`; the first end it comes to is the only one. A quote that got nothing has an `empty` record. Every command
//! names the quote, so a command that arrives twice meets its own effect and answers the same.

use serde::{Deserialize, Serialize};

use crate::id::{LocationId, OpaqueId, Sku};
use crate::time::Timestamp;

/// How long a shard keeps a hold past the expiry its quote was told, in milliseconds: a commit that the quote desk
/// accepted in time finds its stock even if the two clocks differ and the message is late.
pub const GRACE: i64 = 10_000;

/// What a quote holds in one shard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuoteHolds {
    /// The quote.
    pub quote: OpaqueId,
    /// How far it has come.
    pub state: HoldState,
    /// When the quote expires; the shard keeps the stock for [`GRACE`] longer.
    pub expires_at: Timestamp,
    /// One for each line and location.
    pub holds: Vec<Hold>,
    /// The quote this one takes the place of, whose units it uses while that one is still held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<OpaqueId>,
    /// The quote that is about to take this one's place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaced_by: Option<OpaqueId>,
    /// The returns that have been booked, by id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub returns: Vec<OpaqueId>,
}

/// How far a quote's holds have come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoldState {
    /// Stock is set aside.
    Held,
    /// Stock is sold.
    Committed,
    /// Stock was given back.
    Released,
    /// Nobody came back in time.
    Expired,
    /// It asked, and there was nothing. That stands: what comes in later is not for a command that was sent before.
    Empty,
}

/// Units of one line set aside at one position.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// The line of the quote: `0`, or `0.1` for the second component of a bundle.
    pub line: LineKey,
    /// The part.
    pub sku: Sku,
    /// Where.
    pub location: LocationId,
    /// Units held.
    pub quantity: u32,
    /// Units of them that the quote it replaces holds too; a position counts them once.
    #[serde(default)]
    pub borrowed: u32,
    /// Units of them that were sold.
    #[serde(default)]
    pub committed: u32,
    /// Units sold that are still to be taken from the shelf; a position's `committed` is the sum of these.
    #[serde(default)]
    pub unpicked: u32,
    /// Units sold that came back, from the customer or from the shelf.
    #[serde(default)]
    pub returned: u32,
}

/// A line of a quote, or a component of a bundle line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LineKey {
    /// The line, from 0.
    pub line: u16,
    /// The component, from 0, for a bundle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub component: Option<u16>,
}

/// What a quote asks one shard to set aside for a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoldLine {
    /// The line; no two of a quote have the same.
    pub line: LineKey,
    /// The part.
    pub sku: Sku,
    /// Units.
    pub quantity: u32,
    /// Where to take them, best first; only these.
    pub locations: Vec<LocationId>,
    /// Whether the line may be taken from more than one location.
    pub split: bool,
}

/// Units of a line to commit or to give back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineUnits {
    /// The line.
    pub line: LineKey,
    /// Units.
    pub quantity: u32,
}

/// What a shard set aside for a line, and what it had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineHeld {
    /// The line.
    pub line: LineKey,
    /// Where, and how many units.
    pub allocations: Vec<Allocated>,
    /// Units that could not be set aside.
    pub lacking: u32,
    /// Where some could not: when less was last found at one of the locations than the books said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lowered_at: Option<Timestamp>,
}

/// Units at a location.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allocated {
    /// Where.
    pub location: LocationId,
    /// Units.
    pub quantity: u32,
}

/// Why a command on holds did nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum HoldRefusal {
    /// The quote holds nothing here and never did.
    #[error("the quote holds nothing here")]
    Unknown,
    /// Its time is over.
    #[error("the hold has expired")]
    Expired,
    /// It was committed before.
    #[error("the hold was committed")]
    AlreadyCommitted,
    /// It was released before.
    #[error("the hold was released")]
    AlreadyReleased,
    /// It was not committed.
    #[error("the hold was not committed")]
    NotCommitted,
    /// The quote to be replaced is being replaced already.
    #[error("the quote is being replaced")]
    BeingReplaced,
    /// More than was held, or than was sold and has not come back.
    #[error("more units than the line has")]
    ExceedsHold,
}

impl QuoteHolds {
    /// The record of a quote for which nothing is set aside.
    pub fn nothing(quote: OpaqueId, state: HoldState, expires_at: Timestamp) -> Self {
        Self { quote, state, expires_at, holds: vec![], replaces: None, replaced_by: None, returns: vec![] }
    }

    /// When the shard may give the stock to others.
    pub fn frees_at(&self) -> Timestamp {
        frees_at(self.expires_at)
    }

    /// Whether the stock is still set aside at `now`: the clock decides, not whether anybody has tidied up.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.state == HoldState::Held && now < self.frees_at()
    }

    /// Whether stock of this position is to be handed over for it: held, or sold and not picked yet.
    pub fn awaits(&self, sku: &Sku, location: &LocationId) -> bool {
        let mut here = self.holds.iter().filter(|hold| hold.is_at(sku, location));
        match self.state {
            HoldState::Held => here.next().is_some(),
            HoldState::Committed => here.any(|hold| hold.unpicked > 0),
            HoldState::Released | HoldState::Expired | HoldState::Empty => false,
        }
    }

    /// Why a hold that is not live cannot be worked on.
    pub fn refusal(&self) -> HoldRefusal {
        match self.state {
            HoldState::Held | HoldState::Expired => HoldRefusal::Expired,
            HoldState::Committed => HoldRefusal::AlreadyCommitted,
            HoldState::Released => HoldRefusal::AlreadyReleased,
            HoldState::Empty => HoldRefusal::Unknown,
        }
    }
}

/// When a shard frees what is held for a quote that expires at `expires_at`.
pub fn frees_at(expires_at: Timestamp) -> Timestamp {
    expires_at.plus(GRACE)
}

impl Hold {
    /// Whether it is stock of this position.
    pub fn is_at(&self, sku: &Sku, location: &LocationId) -> bool {
        self.sku == *sku && self.location == *location
    }

    /// Units that were sold and have not come back.
    pub fn outstanding(&self) -> u32 {
        self.committed.saturating_sub(self.returned)
    }

    /// Units that this hold alone keeps from others.
    pub fn own(&self) -> u32 {
        self.quantity.saturating_sub(self.borrowed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_holds_keep_their_format() {
        // Shards have rows in this form: a change needs a migration.
        let text = concat!(
            r#"{"quote":"q_1","state":"held","expires_at":"2026-11-22T15:00:00.000Z","#,
            r#""holds":[{"line":{"line":0,"component":1},"sku":"A","location":"ATL1","quantity":2,"borrowed":0,"#,
            r#""committed":0,"unpicked":0,"returned":0}]}"#
        );
        let holds: QuoteHolds = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&holds).unwrap(), text);
    }

    #[test]
    fn the_stock_is_set_aside_until_the_grace_is_over_to_the_millisecond() {
        let expires_at = Timestamp::from_millis(1_000);
        let holds = QuoteHolds::nothing("q".parse().unwrap(), HoldState::Held, expires_at);
        assert!(holds.is_live(expires_at.plus(GRACE - 1)));
        assert!(!holds.is_live(expires_at.plus(GRACE)));
    }
}
