//! Why a desk refused.

use serde::{Deserialize, Serialize};

use crate::id::Sku;
use crate::stock::hold::Allocated;

/// Why the desk refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// No such quote of this account.
    #[error("there is no such quote")]
    NotFound,
    /// Its time is over.
    #[error("the quote has expired; ask for a new one")]
    Expired,
    /// It was committed before.
    #[error("the quote was committed before")]
    AlreadyCommitted,
    /// It was released before.
    #[error("the quote was released before")]
    AlreadyReleased,
    /// It was not committed.
    #[error("the quote was not committed")]
    NotCommitted,
    /// More than the line holds, or than was sold and has not come back.
    #[error("line {line} has {units} units")]
    ExceedsHold {
        /// The line.
        line: usize,
        /// Units it has.
        units: u32,
    },
    /// The quote has no such line.
    #[error("the quote has no line {line}")]
    UnknownLine {
        /// The line.
        line: usize,
    },
    /// The account has as many open quotes as it may.
    #[error("the account has {limit} open quotes, as many as it may; commit or release some")]
    QuotaExceeded {
        /// How many it may have.
        limit: u32,
    },
    /// Not everything could be held, and nothing is.
    #[error("not everything is there; nothing is held")]
    InsufficientStock {
        /// The lines that lack something.
        shortages: Vec<Shortage>,
    },
    /// Another call is working on this quote.
    #[error("another call is working on this quote; ask again")]
    Busy,
    /// A shard could not be reached. What was begun is carried on.
    #[error("the stock cannot be reached; ask again")]
    Unreachable,
}

impl Refusal {
    /// The stable code a caller sees.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::Expired => "quote_expired",
            Self::AlreadyCommitted => "already_committed",
            Self::AlreadyReleased => "already_released",
            Self::NotCommitted => "not_committed",
            Self::ExceedsHold { .. } => "exceeds_hold",
            Self::UnknownLine { .. } => "unknown_line",
            Self::QuotaExceeded { .. } => "quota_exceeded",
            Self::InsufficientStock { .. } => "insufficient_stock",
            Self::Busy => "in_progress",
            Self::Unreachable => "unavailable",
        }
    }

    /// Whether the same call may succeed a moment later: such an answer is not remembered for the call's key.
    pub fn passes(&self) -> bool {
        matches!(self, Self::Busy | Self::Unreachable)
    }
}

/// A line that could not be held in full.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shortage {
    /// The line.
    pub line: usize,
    /// The part.
    pub sku: Sku,
    /// Units wanted.
    pub wanted: u32,
    /// Units that could have been held, over every location asked; of a bundle, whole ones.
    pub available: u32,
    /// What there is too little of: the part, or components of a bundle.
    pub missing: Vec<Missing>,
}

/// A part there is too little of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missing {
    /// The part.
    pub sku: Sku,
    /// Units missing.
    pub units: u32,
    /// Where some are, in the order of preference; what other lines of the quote took is left out.
    pub at: Vec<Allocated>,
}
