//! What a shard publishes about a sku, and what a reader is told of a position.

use serde::{Deserialize, Serialize};

use super::position::{Position, Receipt};
use super::promise::Flow;
use crate::id::LocationId;
use crate::time::Timestamp;

/// What a shard last published about one sku in its region. KV may show it a minute late; it never decides a hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Grows with every change; a snapshot never replaces one with a higher version.
    pub version: u64,
    /// When the shard wrote it.
    pub as_of: Timestamp,
    /// The locations of the region that have a position of the sku, by id.
    pub locations: Vec<LocationStock>,
}

/// What may be promised of one position.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocationStock {
    /// Where.
    pub location: LocationId,
    /// Units that may be promised now.
    pub available: u64,
    /// Units promised beyond what is there; a receipt fills these first.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub owed: u64,
    /// Receipts still to come, by expected time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub incoming: Vec<Receipt>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
fn is_zero(units: &u64) -> bool {
    *units == 0
}

impl LocationStock {
    /// What may be promised of `position` at `now`.
    pub fn of(position: &Position, now: Timestamp) -> Self {
        let balance = position.counters.balance();
        Self {
            location: position.location.clone(),
            available: position.counters.available(),
            owed: u64::try_from(balance.saturating_neg()).unwrap_or(0),
            incoming: position.incoming.iter().filter(|receipt| receipt.eta > now).cloned().collect(),
        }
    }

    /// The receipts ahead of `now`, as flows.
    pub fn flows(&self, now: Timestamp) -> Vec<Flow> {
        let ahead = self.incoming.iter().filter(|receipt| receipt.eta > now);
        ahead.map(|receipt| Flow { at: receipt.eta, units: i64::from(receipt.quantity) }).collect()
    }

    /// Free units, below zero where more is owed than is there.
    pub fn balance(&self) -> i64 {
        let units = |count| i64::try_from(count).unwrap_or(i64::MAX);
        units(self.available).saturating_sub(units(self.owed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stock::position::Counters;

    #[test]
    fn stored_snapshots_keep_their_format() {
        // Snapshots of earlier versions lie in KV: a change here needs readers that understand both.
        let counters = Counters { on_hand: 3, held: 1, ..Counters::default() };
        let position = Position { counters, ..Position::empty("A".parse().unwrap(), "ATL1".parse().unwrap()) };
        let now = Timestamp::EPOCH;
        let snapshot = Snapshot { version: 9, as_of: now, locations: vec![LocationStock::of(&position, now)] };
        let text =
            r#"{"version":9,"as_of":"1970-01-01T00:00:00.000Z","locations":[{"location":"ATL1","available":2}]}"#;
        assert_eq!(serde_json::to_string(&snapshot).unwrap(), text);
        assert_eq!(serde_json::from_str::<Snapshot>(text).unwrap(), snapshot);
    }

    #[test]
    fn a_receipt_whose_time_has_passed_is_not_announced() {
        let receipt =
            |id: &str, eta| Receipt { id: id.parse().unwrap(), quantity: 4, eta: Timestamp::from_millis(eta) };
        let incoming = vec![receipt("late", 10), receipt("ahead", 11)];
        let position = Position { incoming, ..Position::empty("A".parse().unwrap(), "ATL1".parse().unwrap()) };
        let stock = LocationStock::of(&position, Timestamp::from_millis(10));
        assert_eq!(stock.incoming.iter().map(|r| r.id.as_str()).collect::<Vec<_>>(), ["ahead"]);
    }
}
