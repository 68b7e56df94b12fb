//! Cumulative available-to-promise with look-ahead.
//!
//! What can be promised from a time on is the lowest balance at that time or any later one: stock that is spoken for
//! later is not sold earlier. Only dated receipts count, forecasts never. (The cumulative ATP of the planning
//! literature, for instance Vollmann, Berry & Whybark, "Manufacturing Planning and Control", ch. on master scheduling.)

use crate::order::sort_by_key;
use crate::time::Timestamp;

/// Units that arrive (above zero) or leave (below zero) at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flow {
    /// When.
    pub at: Timestamp,
    /// How many.
    pub units: i64,
}

/// How many units can be promised at `at`: the lowest balance from then on, never below zero.
pub fn units(balance: i64, flows: &[Flow], at: Timestamp) -> i64 {
    let mut flows = flows.to_vec();
    // Of one moment, what arrives goes before what leaves: only their sum counts.
    sort_by_key(&mut flows, |flow| (flow.at, std::cmp::Reverse(flow.units)));
    let start = flows.iter().filter(|flow| flow.at <= at).fold(balance, |sum, flow| sum.saturating_add(flow.units));
    let later = flows.iter().filter(|flow| flow.at > at).scan(start, |sum, flow| {
        *sum = sum.saturating_add(flow.units);
        Some(*sum)
    });
    later.fold(start, i64::min).max(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn flows(pairs: &[(i64, i64)]) -> Vec<Flow> {
        pairs.iter().map(|(at, units)| Flow { at: Timestamp::from_millis(*at), units: *units }).collect()
    }

    #[test]
    fn receipts_count_from_their_time_on() {
        let receipts = flows(&[(20, 5), (10, 2)]);
        assert_eq!([0, 9, 10, 19, 20].map(|at| units(1, &receipts, Timestamp::from_millis(at))), [1, 1, 3, 3, 8]);
    }

    #[test]
    fn stock_spoken_for_later_is_not_promised_earlier() {
        let planned = flows(&[(10, -4), (20, 3)]);
        assert_eq!([0, 10, 20].map(|at| units(5, &planned, Timestamp::from_millis(at))), [1, 1, 4]);
    }

    #[test]
    fn a_receipt_first_fills_what_is_already_owed() {
        assert_eq!([0, 10].map(|at| units(-3, &flows(&[(10, 5)]), Timestamp::from_millis(at))), [0, 2]);
    }

    proptest! {
        #[test]
        fn what_is_promised_can_be_handed_over_at_that_time_and_ever_after(
            balance in -20..20_i64,
            pairs in prop::collection::vec((1..50_i64, -9..10_i64), 0..8),
            at in 0..60_i64,
        ) {
            let promised = units(balance, &flows(&pairs), Timestamp::from_millis(at));
            let balance_at = |time: i64| balance + pairs.iter().filter(|(when, _)| *when <= time).map(|(_, n)| n).sum::<i64>();
            let lowest = (at..=60).map(balance_at).min().unwrap();
            prop_assert_eq!(promised, lowest.max(0));
        }
    }
}
