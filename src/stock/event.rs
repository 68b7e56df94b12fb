//! What a shard tells the rest of the house: written to its outbox together with the change, delivered at least once.

use serde::Serialize;

use super::hold::Allocated;
use super::movement::Movement;
use crate::id::{LocationId, OpaqueId, Sku};
use crate::time::Timestamp;

/// An event as it lies in a shard's outbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StockEvent {
    /// Place in the shard's sequence; with the shard's name it identifies the event.
    pub seq: u64,
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    #[serde(flatten)]
    pub what: Happening,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Happening {
    /// Stock was set aside for a quote.
    Held {
        /// The quote.
        quote: OpaqueId,
        /// What of which part, where.
        units: Vec<Units>,
    },
    /// A quote's stock was sold.
    Committed {
        /// The quote.
        quote: OpaqueId,
        /// What was sold; the rest of the hold is free again.
        units: Vec<Units>,
    },
    /// A quote's stock was given back.
    Released {
        /// The quote.
        quote: OpaqueId,
    },
    /// A quote's time was over.
    Expired {
        /// The quote.
        quote: OpaqueId,
    },
    /// Sold stock came back.
    Returned {
        /// The quote.
        quote: OpaqueId,
        /// What came back.
        units: Vec<Units>,
    },
    /// Stock moved.
    Moved {
        /// How.
        movement: Movement,
        /// For a count: what the books said, if there were any.
        #[serde(skip_serializing_if = "Option::is_none")]
        expected: Option<u64>,
    },
    /// More is promised than is there.
    Shortfall {
        /// The part.
        sku: Sku,
        /// Where.
        location: LocationId,
        /// Units missing.
        units: u64,
        /// The quotes that are endangered: those with stock held or sold there and not picked.
        quotes: Vec<OpaqueId>,
    },
    /// What is not sold yet has come down to the safety stock; told once for each time that it does.
    LowStock {
        /// The part.
        sku: Sku,
        /// Where.
        location: LocationId,
        /// Units that are not sold: those that are held count, for most holds end.
        left: u64,
        /// The safety stock.
        safety: u64,
    },
}

/// Units of a part at a location.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Units {
    /// The part.
    pub sku: Sku,
    /// Where, and how many.
    #[serde(flatten)]
    pub at: Allocated,
}
