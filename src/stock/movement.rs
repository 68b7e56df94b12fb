//! Movements: the only way stock changes, each one entry of an append-only ledger.

use serde::{Deserialize, Serialize};

use super::position::{Counters, MAX_UNITS, Position};
use crate::id::{LocationId, OpaqueId, Sku};
use crate::time::Timestamp;

/// The longest reason, in characters.
pub const MAX_REASON: usize = 200;

/// A change of stock as a branch or an ERP reports it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Movement {
    /// Chosen by the sender, one per position and change: sending it again changes nothing.
    pub id: OpaqueId,
    /// The part.
    pub sku: Sku,
    /// Where.
    pub location: LocationId,
    /// What happened.
    pub kind: MovementKind,
    /// Units: at least 1, except `count` (at least 0) and `adjustment` (any but 0).
    pub quantity: i64,
    /// Why, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Apply only if the position is still at this version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expect_version: Option<u64>,
    /// With `receipt`: the scheduled receipt these goods belong to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incoming: Option<OpaqueId>,
    /// With `count`: sets the safety stock too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub safety: Option<u64>,
    /// With `pick`: the quote whose goods these are; without it, those that were to expire first. With `hand_over`: the
    /// quote whose goods were handed over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote: Option<OpaqueId>,
}

/// What a movement does to the counters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum MovementKind {
    /// Goods came in.
    Receipt,
    /// A correction by a difference, up or down; never below what is promised.
    Adjustment,
    /// The shelf was counted: this many are there. Truth, even below what is promised.
    Count,
    /// Goods are broken or gone. Truth, even below what is promised.
    Damage,
    /// Goods are there but must not be sold.
    Quarantine,
    /// Goods may be sold again.
    ReleaseQuarantine,
    /// Goods left for another location.
    TransferOut,
    /// Goods came from another location.
    TransferIn,
    /// Sold goods were taken from the shelf.
    Pick,
    /// Picked goods of a quote were handed to the customer, or to whoever takes them there. No counter changes.
    HandOver,
    /// A customer brought goods back.
    Return,
}

/// Why a movement was not applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "MovementRejection"))]
#[serde(rename_all = "snake_case")]
pub enum Rejection {
    /// The quantity does not suit the kind.
    #[error("the quantity is outside the range of this kind of movement (1 to 1,000,000; a count may be 0)")]
    InvalidQuantity,
    /// The reason is too long.
    #[error("a reason has at most 200 characters")]
    InvalidReason,
    /// A field that this kind of movement does not have.
    #[error(
        "only a receipt names an incoming, only a count sets the safety stock, only a pick or a hand-over names a quote, \
         and a hand-over must"
    )]
    InvalidField,
    /// The id was used before for another movement of this position.
    #[error("this id was already used for a different movement of this position; choose a new one")]
    IdReused,
    /// More than is there.
    #[error("fewer units are there than the movement takes away")]
    ExceedsOnHand,
    /// More than is free of promises.
    #[error("fewer units are free of promises than the movement takes away; a count or damage can say otherwise")]
    ExceedsFree,
    /// More than is in quarantine.
    #[error("fewer units are in quarantine than the movement releases")]
    ExceedsQuarantined,
    /// More than was sold.
    #[error("fewer units are committed than the movement picks")]
    ExceedsCommitted,
    /// More than was picked for the quote.
    #[error("fewer units are picked for this quote, and not handed over yet, than the movement hands over")]
    ExceedsPicked,
    /// The quote has sold nothing here.
    #[error("nothing of this part was sold here on this quote")]
    UnknownQuote,
    /// A counter would pass its limit.
    #[error("a position holds at most 1,000,000,000 units")]
    TooMany,
    /// No receipt with this id is scheduled for the position.
    #[error("no receipt with this id is scheduled for this position")]
    UnknownIncoming,
    /// The part is not in the catalogue.
    #[error("this sku is not in the catalogue")]
    UnknownSku,
    /// The part has no stock of its own.
    #[error("a digital part or a bundle has no stock of its own; move its components")]
    NotStocked,
    /// The location does not exist.
    #[error("this location does not exist")]
    UnknownLocation,
    /// The key is bound to another location.
    #[error("this key's account may not move stock at this location")]
    ForbiddenLocation,
}

/// A movement as it stands in the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "LedgerEntry"))]
#[serde(from = "Flat")]
pub struct Entry {
    /// Place in the shard's ledger, ascending.
    pub seq: u64,
    /// When the shard applied it.
    pub at: Timestamp,
    /// The position's version after it.
    pub version: u64,
    /// For a count: what the books said before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<u64>,
    /// Units on hand after it.
    pub on_hand: u64,
    /// The movement as it was sent.
    #[serde(flatten)]
    pub movement: Movement,
}

/// An entry as it is read: the movement's fields stand beside the rest. (`serde(flatten)` reads the same with several
/// times the code.)
#[derive(Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
struct Flat {
    seq: u64,
    at: Timestamp,
    version: u64,
    expected: Option<u64>,
    on_hand: u64,
    id: OpaqueId,
    sku: Sku,
    location: LocationId,
    kind: MovementKind,
    quantity: i64,
    reason: Option<String>,
    expect_version: Option<u64>,
    incoming: Option<OpaqueId>,
    safety: Option<u64>,
    quote: Option<OpaqueId>,
}

impl From<Flat> for Entry {
    fn from(flat: Flat) -> Self {
        let Flat { id, sku, location, kind, quantity, reason, expect_version, incoming, safety, quote, .. } = flat;
        let movement = Movement { id, sku, location, kind, quantity, reason, expect_version, incoming, safety, quote };
        let Flat { seq, at, version, expected, on_hand, .. } = flat;
        Self { seq, at, version, expected, on_hand, movement }
    }
}

impl Movement {
    /// Sold goods that come back to the shelf.
    pub(super) fn returned(id: OpaqueId, sku: Sku, location: LocationId, quantity: i64) -> Self {
        let kind = MovementKind::Return;
        let (reason, expect_version, incoming, safety, quote) = (None, None, None, None, None);
        Self { id, sku, location, kind, quantity, reason, expect_version, incoming, safety, quote }
    }

    /// Whether it says that the books were wrong, or that goods they speak of cannot be sold.
    pub(super) fn corrects(&self) -> bool {
        matches!(
            self.kind,
            MovementKind::Count | MovementKind::Damage | MovementKind::Quarantine | MovementKind::Adjustment
        )
    }

    /// The position's counters after this movement, or why it cannot be applied. Does not look at ids and versions.
    pub fn apply(&self, before: Counters) -> Result<Counters, Rejection> {
        let units = self.check()?;
        let mut after = before;
        match self.kind {
            MovementKind::Receipt | MovementKind::TransferIn | MovementKind::Return => {
                after.on_hand = before.on_hand.saturating_add(units);
            }
            MovementKind::Adjustment if self.quantity > 0 => after.on_hand = before.on_hand.saturating_add(units),
            MovementKind::Adjustment | MovementKind::TransferOut => {
                after.on_hand = take(before.on_hand, units, before.free(), Rejection::ExceedsFree)?;
            }
            MovementKind::Count => {
                after.on_hand = units;
                after.quarantined = before.quarantined.min(units);
                after.safety = self.safety.unwrap_or(before.safety);
            }
            MovementKind::Damage => {
                after.on_hand = take(before.on_hand, units, before.on_hand, Rejection::ExceedsOnHand)?;
                after.quarantined = before.quarantined.min(after.on_hand);
            }
            MovementKind::Quarantine => {
                let sellable = before.on_hand.saturating_sub(before.quarantined);
                take(sellable, units, sellable, Rejection::ExceedsOnHand)?;
                after.quarantined = before.quarantined.saturating_add(units);
            }
            MovementKind::ReleaseQuarantine => {
                after.quarantined = take(before.quarantined, units, before.quarantined, Rejection::ExceedsQuarantined)?;
            }
            MovementKind::Pick => {
                let sellable = before.on_hand.saturating_sub(before.quarantined);
                after.committed = take(before.committed, units, before.committed, Rejection::ExceedsCommitted)?;
                after.on_hand = take(before.on_hand, units, sellable, Rejection::ExceedsOnHand)?;
            }
            MovementKind::HandOver => {}
        }
        if after.on_hand > MAX_UNITS || after.safety > MAX_UNITS { Err(Rejection::TooMany) } else { Ok(after) }
    }

    /// The magnitude of the quantity, once all fields suit the kind.
    fn check(&self) -> Result<u64, Rejection> {
        let least = match self.kind {
            MovementKind::Count => 0,
            MovementKind::Adjustment => -1_000_000,
            _ => 1,
        };
        if !(least..=1_000_000).contains(&self.quantity)
            || (self.kind == MovementKind::Adjustment && self.quantity == 0)
        {
            return Err(Rejection::InvalidQuantity);
        }
        if self.reason.as_ref().is_some_and(|reason| reason.chars().count() > MAX_REASON) {
            return Err(Rejection::InvalidReason);
        }
        let misplaced_receipt = self.incoming.is_some() && self.kind != MovementKind::Receipt;
        let misplaced_safety = self.safety.is_some() && self.kind != MovementKind::Count;
        let misplaced_quote = match self.kind {
            MovementKind::Pick => false,
            MovementKind::HandOver => self.quote.is_none(),
            _ => self.quote.is_some(),
        };
        if misplaced_receipt || misplaced_safety || misplaced_quote {
            Err(Rejection::InvalidField)
        } else {
            Ok(self.quantity.unsigned_abs())
        }
    }
}

/// `from − units`, refused as `otherwise` where `units` is more than the `limit`.
fn take(from: u64, units: u64, limit: u64, otherwise: Rejection) -> Result<u64, Rejection> {
    if units > limit { Err(otherwise) } else { from.checked_sub(units).ok_or(otherwise) }
}

/// What a position's ledger adds up to, from empty: `on_hand`, `quarantined` and `safety`; `held` and `committed` follow
/// from the records of holds. `None` if the ledger contradicts itself.
pub fn replay<'a>(ledger: impl IntoIterator<Item = &'a Entry>) -> Option<Counters> {
    ledger.into_iter().try_fold(Counters::default(), |before, entry| {
        let picked = if entry.movement.kind == MovementKind::Pick { entry.movement.quantity.unsigned_abs() } else { 0 };
        entry.movement.apply(Counters { committed: picked, ..before }).ok()
    })
}

impl Position {
    /// Takes `units` of a delivery off the scheduled receipt `id`; a receipt that has arrived in full is gone.
    /// False if no such receipt is scheduled.
    pub(super) fn receive(&mut self, id: &OpaqueId, units: u32) -> bool {
        let Some(receipt) = self.incoming.iter_mut().find(|receipt| receipt.id == *id) else { return false };
        receipt.quantity = receipt.quantity.saturating_sub(units);
        self.incoming.retain(|receipt| receipt.quantity > 0);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn movement(kind: MovementKind, quantity: i64) -> Movement {
        Movement {
            id: "m".parse().unwrap(),
            sku: "A".parse().unwrap(),
            location: "ATL1".parse().unwrap(),
            kind,
            quantity,
            reason: None,
            expect_version: None,
            incoming: None,
            safety: None,
            quote: None,
        }
    }

    #[test]
    fn each_kind_does_what_it_says_and_refuses_what_it_cannot() {
        use MovementKind as K;
        use Rejection as R;
        // on_hand, committed, held, quarantined
        let start = (10, 2, 3, 1);
        let table = [
            (K::Receipt, 5, Ok((15, 2, 3, 1))),
            (K::TransferIn, 5, Ok((15, 2, 3, 1))),
            (K::Return, 1, Ok((11, 2, 3, 1))),
            (K::Adjustment, 2, Ok((12, 2, 3, 1))),
            (K::Adjustment, -4, Ok((6, 2, 3, 1))),
            (K::Adjustment, -5, Err(R::ExceedsFree)),
            (K::TransferOut, 4, Ok((6, 2, 3, 1))),
            (K::TransferOut, 5, Err(R::ExceedsFree)),
            (K::Count, 0, Ok((0, 2, 3, 0))),
            (K::Count, 7, Ok((7, 2, 3, 1))),
            (K::Damage, 10, Ok((0, 2, 3, 0))),
            (K::Damage, 11, Err(R::ExceedsOnHand)),
            (K::Quarantine, 9, Ok((10, 2, 3, 10))),
            (K::Quarantine, 10, Err(R::ExceedsOnHand)),
            (K::ReleaseQuarantine, 1, Ok((10, 2, 3, 0))),
            (K::ReleaseQuarantine, 2, Err(R::ExceedsQuarantined)),
            (K::Pick, 2, Ok((8, 0, 3, 1))),
            (K::Pick, 3, Err(R::ExceedsCommitted)),
            (K::Return, 0, Err(R::InvalidQuantity)),
        ];
        for (kind, quantity, expected) in table {
            let before =
                Counters { on_hand: start.0, committed: start.1, held: start.2, quarantined: start.3, safety: 0 };
            let after = movement(kind, quantity).apply(before);
            assert_eq!(after.map(|c| (c.on_hand, c.committed, c.held, c.quarantined)), expected, "{kind:?} {quantity}");
        }
    }

    #[test]
    fn the_range_of_a_quantity_depends_on_the_kind() {
        use MovementKind as K;
        let plenty = Counters { on_hand: 5_000_000, ..Counters::default() };
        for (kind, quantity, ok) in [
            (K::Receipt, 0, false),
            (K::Receipt, 1_000_000, true),
            (K::Receipt, 1_000_001, false),
            (K::Count, 0, true),
            (K::Count, -1, false),
            (K::Adjustment, 0, false),
            (K::Adjustment, -1_000_000, true),
            (K::Adjustment, -1_000_001, false),
            (K::Adjustment, i64::MIN, false),
            (K::Pick, i64::MAX, false),
        ] {
            assert_eq!(movement(kind, quantity).apply(plenty).is_ok(), ok, "{kind:?} {quantity}");
        }
    }

    #[test]
    fn a_position_has_a_limit() {
        let full = Counters { on_hand: MAX_UNITS, ..Counters::default() };
        assert_eq!(movement(MovementKind::Receipt, 1).apply(full), Err(Rejection::TooMany));
    }

    #[test]
    fn a_field_of_another_kind_is_refused() {
        let safety = Movement { safety: Some(1), ..movement(MovementKind::Receipt, 1) };
        assert_eq!(safety.apply(Counters::default()), Err(Rejection::InvalidField));
        let incoming = Movement { incoming: Some("PO".parse().unwrap()), ..movement(MovementKind::Count, 1) };
        assert_eq!(incoming.apply(Counters::default()), Err(Rejection::InvalidField));
        let quote = Movement { quote: Some("q".parse().unwrap()), ..movement(MovementKind::Receipt, 1) };
        assert_eq!(quote.apply(Counters::default()), Err(Rejection::InvalidField));
        assert_eq!(movement(MovementKind::HandOver, 1).apply(Counters::default()), Err(Rejection::InvalidField));
    }
}
