//! Holds: soft allocations with an expiry, and what becomes of them.
//!
//! All that a quote holds in one shard is one record, written as a whole. Its life is `held` → `committed` | `released`
//! | `expired`; the first end it comes to is the only one. A quote that got nothing has an `empty` record. Every command
//! names the quote, so a command that arrives twice meets its own effect and answers the same.

use serde::{Deserialize, Serialize};

use crate::id::{AccountId, LocationId, OpaqueId, Sku};
use crate::time::{DAY, Timestamp};

/// How long a shard keeps a hold past the expiry its quote was told, in milliseconds: a commit that the quote desk
/// accepted in time finds its stock even if the two clocks differ and the message is late.
pub const GRACE: i64 = 10_000;

/// How long a record of which nothing is left is kept after its last change, in milliseconds: until no message about it
/// can be under way. A hold that was sent before its release is refused by its own expiry, at most a day after; a
/// message that a desk sends again is a few minutes old.
pub const ENDED_KEPT: i64 = 2 * DAY;

/// How long a sale is kept after its last change, in milliseconds, once its goods have been picked. A desk takes returns
/// for a month less ([`crate::quote::record::COMMITTED_KEPT`]), so that it never asks for one that is not known here.
pub const SALES_KEPT: i64 = 430 * DAY;

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
    /// Lines whose sku was given a shard of its own, as they were then: they are there now.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub moved: Vec<Hold>,
    /// When it was sold; not known of sales from before this was noted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub committed_at: Option<Timestamp>,
    /// To whom it was sold; not known of sales from before this was noted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sold_to: Option<SoldTo>,
    /// When the record may be forgotten: see [`QuoteHolds::forget_after`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forget_at: Option<Timestamp>,
}

/// Who bought: what those who pick and hand over know a sale by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct SoldTo {
    /// Whose quote it was.
    pub account: AccountId,
    /// The buyer's own name for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
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
    /// Units picked that were handed over.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub handed_over: u32,
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
        let (replaces, replaced_by, forget_at) = (None, None, None);
        Self {
            quote,
            state,
            expires_at,
            holds: vec![],
            replaces,
            replaced_by,
            returns: vec![],
            moved: vec![],
            committed_at: None,
            sold_to: None,
            forget_at,
        }
    }

    /// When the shard may give the stock to others.
    pub fn frees_at(&self) -> Timestamp {
        frees_at(self.expires_at)
    }

    /// Whether the stock is still set aside at `now`: the clock decides, not whether anybody has tidied up.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.state == HoldState::Held && now < self.frees_at()
    }

    /// How long after its last change the record may be forgotten, in milliseconds. Never while stock is set aside, or
    /// sold goods are still to be picked: the counters of a position rest on it.
    pub fn forget_after(&self) -> Option<i64> {
        let any = |units: fn(&Hold) -> u32| self.holds.iter().any(|hold| units(hold) > 0);
        match self.state {
            HoldState::Held => None,
            HoldState::Committed if any(|hold| hold.unpicked) => None,
            HoldState::Committed if any(Hold::outstanding) || !self.moved.is_empty() => Some(SALES_KEPT),
            HoldState::Committed | HoldState::Released | HoldState::Expired | HoldState::Empty => Some(ENDED_KEPT),
        }
    }

    /// Notes that the record changes at `now`.
    pub fn touch(&mut self, now: Timestamp) {
        self.forget_at = self.forget_after().map(|after| now.plus(after));
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

    /// Whether it is about to take another quote's place, or another this one's.
    pub fn is_chained(&self) -> bool {
        self.replaces.is_some() || self.replaced_by.is_some()
    }

    /// Whether nothing of it is here any more.
    pub fn is_elsewhere(&self) -> bool {
        self.holds.is_empty() && !self.moved.is_empty()
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

#[allow(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn is_zero(units: &u32) -> bool {
    *units == 0
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

    /// Units that were picked and wait to be handed over.
    pub fn waiting(&self) -> u32 {
        self.outstanding().saturating_sub(self.unpicked).saturating_sub(self.handed_over)
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
        let ended = concat!(
            r#"{"quote":"q_1","state":"released","expires_at":"2026-11-22T15:00:00.000Z","holds":[],"#,
            r#""returns":["r_1"],"forget_at":"2026-11-24T15:00:00.000Z"}"#
        );
        let holds: QuoteHolds = serde_json::from_str(ended).unwrap();
        assert_eq!(serde_json::to_string(&holds).unwrap(), ended);
        let sold = concat!(
            r#"{"quote":"q_1","state":"committed","expires_at":"2026-11-22T15:00:00.000Z","holds":[],"#,
            r#""committed_at":"2026-11-22T14:59:00.000Z","sold_to":{"account":"shop-1","reference":"PO-1"}}"#
        );
        let holds: QuoteHolds = serde_json::from_str(sold).unwrap();
        assert_eq!(serde_json::to_string(&holds).unwrap(), sold);
    }

    #[test]
    fn a_record_is_kept_while_anything_can_come_of_it() {
        let hold = |committed, unpicked, returned| Hold {
            line: LineKey { line: 0, component: None },
            sku: "A".parse().unwrap(),
            location: "ATL1".parse().unwrap(),
            quantity: 5,
            borrowed: 0,
            committed,
            unpicked,
            returned,
            handed_over: 0,
        };
        let record =
            |state, holds| QuoteHolds { holds, ..QuoteHolds::nothing("q".parse().unwrap(), state, Timestamp::EPOCH) };
        for (state, holds, kept) in [
            (HoldState::Held, vec![hold(0, 0, 0)], None),
            (HoldState::Released, vec![hold(0, 0, 0)], Some(ENDED_KEPT)),
            (HoldState::Expired, vec![], Some(ENDED_KEPT)),
            (HoldState::Committed, vec![hold(5, 5, 0)], None),
            (HoldState::Committed, vec![hold(5, 0, 2), hold(5, 1, 4)], None),
            (HoldState::Committed, vec![hold(5, 0, 2)], Some(SALES_KEPT)),
            (HoldState::Committed, vec![hold(5, 0, 5), hold(0, 0, 0)], Some(ENDED_KEPT)),
        ] {
            let mut record = record(state, holds);
            record.touch(Timestamp::from_millis(7));
            assert_eq!(record.forget_at, kept.map(|kept| Timestamp::from_millis(7 + kept)), "{record:?}");
        }
    }

    #[test]
    fn the_stock_is_set_aside_until_the_grace_is_over_to_the_millisecond() {
        let expires_at = Timestamp::from_millis(1_000);
        let holds = QuoteHolds::nothing("q".parse().unwrap(), HoldState::Held, expires_at);
        assert!(holds.is_live(expires_at.plus(GRACE - 1)));
        assert!(!holds.is_live(expires_at.plus(GRACE)));
    }
}
