//! What an account was told of a part before it asked to hold it.

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// An answer to a query, as far as a hold can be judged by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// Units that could be had.
    pub available: u32,
    /// When it was told so.
    pub at: Timestamp,
    /// Whether a snapshot had a part in it; else the shards that own the stock said so.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub snapshot: bool,
}
