//! What an edge function and a quote desk say to each other.

use serde::{Deserialize, Serialize};

use super::desk::Refusal;
use super::draft::Draft;
use super::record::{Quote, QuoteState};
use crate::id::OpaqueId;
use crate::stock::ShardName;
use crate::stock::shard::Command;

/// A call to a desk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// Present on calls that change something: a repeated call gets the answer of the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency: Option<Idempotency>,
    /// What is asked.
    pub ask: Ask,
    /// The quote it names stands for the one that has its place by now.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub latest: bool,
}

/// What tells a repeated call from a new one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Idempotency {
    /// A digest of account, path and the caller's key.
    pub key: OpaqueId,
    /// A digest of the body.
    pub fingerprint: String,
}

/// What is asked of a desk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ask {
    /// Hold stock.
    Open {
        /// Priced and planned.
        draft: Box<Draft>,
    },
    /// Sell what is held.
    Commit {
        /// The quote.
        quote: OpaqueId,
        /// Units by line; absent: all.
        lines: Option<Vec<(usize, u32)>>,
    },
    /// Give it up.
    Release {
        /// The quote.
        quote: OpaqueId,
    },
    /// Hold it for so long from now on.
    Extend {
        /// The quote.
        quote: OpaqueId,
        /// Milliseconds from now.
        ttl_ms: i64,
    },
    /// Take sold units back.
    GiveBack {
        /// The quote.
        quote: OpaqueId,
        /// Units by line; absent: all.
        lines: Option<Vec<(usize, u32)>>,
    },
    /// Show a quote.
    Get {
        /// The quote.
        quote: OpaqueId,
    },
    /// Show quotes, the newest first.
    List {
        /// Only those in this state.
        state: Option<QuoteState>,
        /// Only those that the caller gave this name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reference: Option<String>,
        /// After this place of an earlier page.
        cursor: Option<u64>,
        /// At most so many.
        limit: u32,
    },
}

impl Ask {
    /// The earlier quote that it is about, if there is one, and the quote that it opens.
    pub(super) fn names(&mut self) -> (Option<&mut OpaqueId>, Option<&OpaqueId>) {
        match self {
            Self::Open { draft } => (draft.replace.as_mut(), Some(&draft.id)),
            Self::Commit { quote, .. }
            | Self::Release { quote }
            | Self::Extend { quote, .. }
            | Self::GiveBack { quote, .. }
            | Self::Get { quote } => (Some(quote), None),
            Self::List { .. } => (None, None),
        }
    }
}

/// A desk's answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// A quote as it is now.
    Quote {
        /// The quote.
        quote: Box<Quote>,
        /// The call had been made before, and this is its answer.
        #[serde(default)]
        replayed: bool,
    },
    /// A page of quotes.
    Quotes {
        /// The newest first.
        quotes: Vec<Quote>,
        /// Where the next page begins; absent on the last.
        cursor: Option<u64>,
    },
    /// The desk refused.
    Refused {
        /// Why.
        why: Refusal,
        /// The call had been made before, and this is its answer.
        #[serde(default)]
        replayed: bool,
    },
    /// The key was used for another call.
    KeyReused,
    /// What a desk remembers until the shards have given back what they held for a quote that it refuses. Nobody is told.
    Refusing {
        /// Why.
        why: Refusal,
        /// What the shards are to be told.
        asks: Vec<(ShardName, Command)>,
    },
}

impl Answer {
    /// The same answer, marked as one that was given before.
    #[must_use]
    pub fn again(self) -> Self {
        match self {
            Self::Quote { quote, .. } => Self::Quote { quote, replayed: true },
            Self::Refused { why, .. } => Self::Refused { why, replayed: true },
            other => other,
        }
    }
}
