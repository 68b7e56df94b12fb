//! The audit log: each entry carries the hash of the one before, so whoever changes, drops, inserts or moves one has to
//! rewrite all that follow; and their hashes are already elsewhere, in the events that were delivered and the receipts
//! that callers got.

use serde::{Deserialize, Serialize};

use super::event::TokenEvent;
use crate::digest::sha256_hex;
use crate::id::AccountId;

/// How far a log has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The place of its last entry; 0 before the first.
    pub seq: u64,
    /// That entry's hash.
    pub hash: String,
}

/// The first place at which a log is not what was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Break {
    /// An entry is missing, twice there, or in another's place.
    #[error("expected entry {expected}, found {found}")]
    Misplaced {
        /// The place that should come.
        expected: u64,
        /// The place that came.
        found: u64,
    },
    /// An entry does not follow on the one before it.
    #[error("entry {0} does not follow on the one before it")]
    Unlinked(u64),
    /// An entry is not what its hash was taken of.
    #[error("entry {0} was changed")]
    Altered(u64),
}

impl Head {
    /// The head of an account's log before its first entry: a log of one account does not pass for another's.
    pub fn genesis(account: &AccountId) -> Self {
        Self { seq: 0, hash: sha256_hex(format!("holdfast token log of {account}").as_bytes()) }
    }

    /// `entry` in the place after this head.
    pub fn chain(&self, entry: TokenEvent) -> TokenEvent {
        let mut entry = TokenEvent { seq: self.seq.saturating_add(1), prev: self.hash.clone(), ..entry };
        entry.hash = entry.digest();
        entry
    }
}

/// Checks that `entries` follow on `head` and on each other as they were written, and gives the head after them. Compare
/// it with a hash that was kept elsewhere: entries that are missing at the end leave no other trace.
pub fn check(head: Head, entries: &[TokenEvent]) -> Result<Head, Break> {
    entries.iter().try_fold(head, |head, entry| {
        let expected = head.seq.saturating_add(1);
        if entry.seq != expected {
            return Err(Break::Misplaced { expected, found: entry.seq });
        }
        if entry.hash != entry.digest() {
            return Err(Break::Altered(entry.seq));
        }
        if entry.prev != head.hash {
            return Err(Break::Unlinked(entry.seq));
        }
        Ok(Head { seq: entry.seq, hash: entry.hash.clone() })
    })
}

#[cfg(test)]
mod tests;
