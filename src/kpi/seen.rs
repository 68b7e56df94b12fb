//! Which events have been counted, so that one that comes again is not counted again.
//!
//! Events are delivered at least once and in any order, so it is not enough to know how far each source has come. Sources
//! number their events, with gaps: a set of numbers is kept as blocks of bits, 1,024 numbers in 128 bytes. An event
//! with a text for an id has a block to itself, of one byte.

use serde_json::Value;

use crate::id::OpaqueId;

/// Numbers in a block.
const BLOCK: u64 = 1_024;

/// Where an event's id is remembered.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The name of the block, within those of the event's source.
    pub block: String,
    bit: usize,
}

/// Some of the ids of a source: a bit for each.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Block(Vec<u8>);

impl Place {
    /// Where the id of `event` belongs: its `seq`, else its `id`. `None` if it has neither.
    pub fn of(event: &Value) -> Option<Self> {
        if let Some(seq) = event.get("seq").and_then(Value::as_u64) {
            let (block, bit) = (seq.checked_div(BLOCK)?, usize::try_from(seq.checked_rem(BLOCK)?).ok()?);
            return Some(Self { block: block.to_string(), bit });
        }
        let id: OpaqueId = event.get("id")?.as_str()?.parse().ok()?;
        Some(Self { block: format!("={id}"), bit: 0 })
    }
}

impl Block {
    /// A block as it was stored.
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The form in which it is stored.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Notes an id of this block. False if it was there already.
    pub fn insert(&mut self, place: &Place) -> bool {
        let (byte, mask) = (place.bit >> 3, 1_u8 << (place.bit & 7));
        if self.0.len() <= byte {
            self.0.resize(byte.saturating_add(1), 0);
        }
        let Some(bits) = self.0.get_mut(byte) else { return false };
        let new = *bits & mask == 0;
        *bits |= mask;
        new
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_name_is_never_taken_for_a_number() {
        let place = |event| Place::of(&event).unwrap();
        assert_eq!(place(json!({"seq": 5, "id": "x"})), place(json!({"seq": 5})));
        assert_ne!(place(json!({"id": "0"})).block, place(json!({"seq": 0})).block);
        for event in [json!({}), json!({"seq": -1}), json!({"id": ""}), json!({"id": 5}), json!([])] {
            assert_eq!(Place::of(&event), None, "{event}");
        }
    }

    proptest! {
        #[test]
        fn each_id_is_new_once_in_whatever_order_they_come(ids in proptest::collection::vec(0_u64..5_000, 0..500)) {
            let (mut blocks, mut known) = (BTreeMap::<String, Block>::new(), BTreeSet::new());
            for id in ids {
                let place = Place::of(&json!({"seq": id})).unwrap();
                let block = blocks.entry(place.block.clone()).or_default();
                // As a store would keep it.
                *block = Block::from_bytes(block.as_bytes().to_vec());
                prop_assert_eq!(block.insert(&place), known.insert(id));
                prop_assert!(block.as_bytes().len() <= 128);
            }
        }
    }
}
