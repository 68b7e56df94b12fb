//! Giving a sku a shard of its own: what the two shards store of it and say to each other. What they decide, and why, is
//! in [`super::shard::handover`].

use serde::{Deserialize, Serialize};

use super::hold::QuoteHolds;
use super::movement::Entry;
use super::position::Position;
use super::shard_map::ShardName;
use crate::id::{OpaqueId, Sku};
use crate::time::Timestamp;

/// How long a sku stands still at most, in milliseconds: if the last page has not arrived by then, it is in use again
/// and the handover tries later. Far less than what a commit that was accepted can wait ([`super::hold::GRACE`]).
pub const FREEZE: i64 = 2_000;

/// Rows of each kind that a page carries at most, twice as many records of quotes; also how little must be left before the
/// sku stands still.
pub const PAGE: u32 = 200;

/// How far a sku is on its way from its bucket to a shard of its own, as each of the two has it stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handover {
    /// The part.
    pub sku: Sku,
    /// The other shard.
    pub other: ShardName,
    /// How far it is.
    pub stage: Stage,
    /// The number of the last page that was sent, or taken in.
    pub number: u64,
    /// When the sku is in use again, if it stands still: whatever has happened.
    pub until: Timestamp,
    /// Records of quotes that were copied; one that changed afterwards counts again.
    pub quotes: u64,
    /// Ledger entries that were copied.
    pub entries: u64,
    /// The records of quotes have been looked through up to this one, by id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<OpaqueId>,
    /// All of them have.
    pub looked: bool,
    /// The ledger is copied up to this place.
    pub ledger: u64,
}

/// How far a handover is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// At the bucket: rows are being copied while the sku is in use.
    Copying,
    /// At the bucket: the last page is on its way, and nothing about the sku may change.
    Frozen,
    /// At the bucket: the sku is no longer here, and its own shard is being told.
    Switched,
    /// At the bucket: the sku's own shard has it, and the rows here are being removed.
    Clearing,
    /// At the bucket: nothing is left but the memory of where the sku is.
    Done,
    /// At the sku's own shard: rows come in, and it is not in charge yet.
    Arriving,
    /// At the sku's own shard: it is in charge.
    Arrived,
}

/// Rows of a sku for its own shard. Whatever is written there before is written over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// The part.
    pub sku: Sku,
    /// Higher than that of every page before; one that comes late is known by it and ignored.
    pub number: u64,
    /// On the last page: every position.
    pub positions: Vec<Position>,
    /// Entries of the ledger, in order.
    pub entries: Vec<Entry>,
    /// Records of quotes, with the lines of this sku only.
    pub holds: Vec<QuoteHolds>,
}

/// Where a sku is that is not here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redirect {
    /// The part.
    pub sku: Sku,
    /// The shard to ask.
    pub shard: ShardName,
}

impl Handover {
    /// One that begins.
    pub fn new(sku: Sku, other: ShardName, stage: Stage) -> Self {
        let (number, until, after) = (0, Timestamp::EPOCH, None);
        Self { sku, other, stage, number, until, quotes: 0, entries: 0, after, looked: false, ledger: 0 }
    }

    /// Whether the sku has left its bucket.
    pub fn has_left(&self) -> bool {
        matches!(self.stage, Stage::Switched | Stage::Clearing | Stage::Done)
    }

    /// Whether nothing about the sku may change.
    pub fn is_frozen(&self) -> bool {
        self.stage == Stage::Frozen
    }

    /// Whether the bucket still has something to do.
    pub fn is_under_way(&self) -> bool {
        !matches!(self.stage, Stage::Done | Stage::Arriving | Stage::Arrived)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_handovers_keep_their_format() {
        // Buckets and shards have rows in this form: a change needs a migration.
        for text in [
            concat!(
                r#"{"sku":"A/1","other":{"region":"enam","sku":"A/1"},"stage":"copying","number":9,"#,
                r#""until":"1970-01-01T00:00:02.000Z","quotes":3,"entries":200,"after":"q_7","looked":false,"ledger":210}"#
            ),
            concat!(
                r#"{"sku":"A","other":{"region":"enam","bucket":3},"stage":"arriving","number":7,"#,
                r#""until":"1970-01-01T00:00:00.000Z","quotes":0,"entries":0,"looked":false,"ledger":0}"#
            ),
        ] {
            let handover: Handover = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_string(&handover).unwrap(), text);
        }
        for (stage, text) in [
            (Stage::Frozen, r#""frozen""#),
            (Stage::Switched, r#""switched""#),
            (Stage::Clearing, r#""clearing""#),
            (Stage::Done, r#""done""#),
            (Stage::Arrived, r#""arrived""#),
        ] {
            assert_eq!(serde_json::to_string(&stage).unwrap(), text);
            assert_eq!(serde_json::from_str::<Stage>(text).unwrap(), stage);
        }
    }
}
