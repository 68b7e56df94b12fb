//! Events as the boards read them: what shards, desks, isolates and callers say has happened.
//!
//! Each is a JSON object with `at`, `kind` and, in one source, an id of its own: a number (`seq`) if the source counts its
//! events, else a text (`id`). Whoever writes an event knows more than is read here; fields that a board does not need
//! may come and go. A change of what a field means takes a new number in `v`, which is 1 where it is absent. How events
//! are read, and what pins their format, is in `read.rs`.

use super::histogram::Histogram;
use super::household::Vehicles;
use super::sale::Sale;
use crate::catalog::part::RevenueClass;
use crate::id::OpaqueId;
use crate::money::Money;
use crate::quote::Said;
use crate::time::Timestamp;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event<'a> {
    /// When.
    pub at: Timestamp,
    /// What.
    pub what: What<'a>,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What<'a> {
    /// An isolate answered requests.
    Answered(Answered<'a>),
    /// A quote came to something.
    Quote {
        /// What: `held`, `refused`, `committed`, `released`, `replaced`, `expired`, `extended`, `returned`.
        outcome: &'a str,
        /// From the caller's request until it was held, in milliseconds.
        took: Option<u64>,
        /// Its lines, where they were to be held, were sold or came back.
        lines: Vec<QuoteLine>,
    },
    /// Stock moved; counts are told apart.
    Moved {
        /// How.
        kind: &'a str,
    },
    /// A record was checked against the shelf.
    Counted {
        /// The part's class: `a`, `b`, `c` or `none`.
        class: &'static str,
        /// How far the record was off.
        grade: Grade,
        /// Whether a shard booked it, as a movement.
        moved: bool,
    },
    /// More was promised than was there.
    Shortfall {
        /// Units missing.
        units: u64,
    },
    /// Something was done with a calibration token.
    Token {
        /// What: `issued`, `succeeded`, `failed`, `refused`, `revoked`, `expired`.
        outcome: &'a str,
    },
    /// Something was sold.
    Sale(Sale),
    /// A household told of its vehicles.
    Household {
        /// Whose.
        household: OpaqueId,
        /// How many of each powertrain.
        vehicles: Vehicles,
    },
    /// A browser measured a page or a widget.
    WebTiming {
        /// What it measured.
        metric: &'a str,
        /// The [bucket](super::histogram) of what it found.
        bucket: u16,
    },
    /// A page met a phantom.
    WebPhantom,
    /// Something that boards do not count.
    Other,
}

/// Requests of one edge function that an isolate answered for one region, within one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered<'a> {
    /// The function.
    pub function: &'a str,
    /// Of those answered as asked: how long they took, in milliseconds.
    pub took: Histogram,
    /// The same, together.
    pub millis: u64,
    /// Refused, because of what was asked.
    pub refused: u64,
    /// Failed, for reasons of our own.
    pub failed: u64,
    /// Answered from snapshots because a shard was late.
    pub late: u64,
}

/// What became of a line of a quote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QuoteLine {
    /// It was to be held.
    Held {
        /// Units asked for.
        wanted: u32,
        /// Units held, or that could have been.
        held: u32,
        /// What the account had been told of the part.
        said: Option<Said>,
        /// When the stock was last found to be less than the books said, where some was lacking.
        lowered_at: Option<Timestamp>,
    },
    /// It was sold, or came back: then everything is below zero.
    Sold {
        /// Units that must be calibrated, those inside bundles counted.
        calibrations: i64,
        /// What kind of revenue it is.
        class: RevenueClass,
        /// What it brought.
        amount: Money,
    },
}

/// How far a record was off, against what it said. Overs and shorts are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    /// Not at all.
    Exact,
    /// At most 1 %.
    Within1,
    /// At most 3 %.
    Within3,
    /// At most 5 %.
    Within5,
    /// More.
    Off,
}

impl Grade {
    /// Grades a record that said `expected` units where `found` were.
    pub fn of(expected: u64, found: u64) -> Self {
        let off = expected.abs_diff(found).saturating_mul(100);
        match off {
            0 => Self::Exact,
            _ if off <= expected => Self::Within1,
            _ if off <= expected.saturating_mul(3) => Self::Within3,
            _ if off <= expected.saturating_mul(5) => Self::Within5,
            _ => Self::Off,
        }
    }

    /// Its name on a board.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Within1 => "1",
            Self::Within3 => "3",
            Self::Within5 => "5",
            Self::Off => "off",
        }
    }
}
