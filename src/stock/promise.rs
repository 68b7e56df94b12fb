//! Cumulative available-to-promise with look-ahead.
//!
//! What can be promised from a time on is the lowest balance at that time or any later one: stock that is spoken for
//! later is not sold earlier. Only dated receipts count, forecasts never. (The cumulative ATP of the planning
//! literature, for instance Vollmann, Berry & Whybark, "Manufacturing Planning and Control", ch. on master scheduling.)

use crate::time::Timestamp;

/// Units that arrive (above zero) or leave (below zero) at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flow {
    /// When.
    pub at: Timestamp,
    /// How many.
    pub units: i64,
}

/// The earliest time at or after `now` from which `quantity` units can be promised and stay promised; `None` if no known
/// receipt covers them. `balance` is what is free now and may be below zero; flows may come in any order.
pub fn date(balance: i64, flows: &[Flow], quantity: i64, now: Timestamp) -> Option<Timestamp> {
    let mut flows = flows.to_vec();
    flows.sort_by_key(|flow| (flow.at, flow.units));
    let mut running = balance;
    // The earliest time since which the balance has covered the quantity without a break.
    let mut since = (running >= quantity).then_some(now);
    for flow in flows {
        running = running.saturating_add(flow.units);
        since = if running < quantity { None } else { since.or(Some(flow.at.max(now))) };
    }
    since
}

/// How many units can be promised at `at`: the lowest balance from then on, never below zero.
pub fn units(balance: i64, flows: &[Flow], at: Timestamp) -> i64 {
    let mut flows = flows.to_vec();
    flows.sort_by_key(|flow| (flow.at, flow.units));
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

    const NOW: Timestamp = Timestamp::EPOCH;

    fn flows(pairs: &[(i64, i64)]) -> Vec<Flow> {
        pairs.iter().map(|(at, units)| Flow { at: Timestamp::from_millis(*at), units: *units }).collect()
    }

    #[test]
    fn a_receipt_that_covers_the_need_gives_its_date() {
        let receipts = flows(&[(20, 5), (10, 2)]);
        let date = |quantity| date(1, &receipts, quantity, NOW).map(Timestamp::millis);
        assert_eq!([1, 2, 3, 4, 8].map(date), [Some(0), Some(10), Some(10), Some(20), Some(20)]);
        assert_eq!(date(9), None);
    }

    #[test]
    fn stock_spoken_for_later_is_not_promised_earlier() {
        let planned = flows(&[(10, -4), (20, 3)]);
        assert_eq!(date(5, &planned, 2, NOW).map(Timestamp::millis), Some(20));
        assert_eq!(date(5, &planned, 1, NOW).map(Timestamp::millis), Some(0));
        assert_eq!([0, 10, 20].map(|at| units(5, &planned, Timestamp::from_millis(at))), [1, 1, 4]);
    }

    #[test]
    fn a_receipt_first_fills_what_is_already_owed() {
        assert_eq!(date(-3, &flows(&[(10, 5)]), 3, NOW), None);
        assert_eq!(date(-3, &flows(&[(10, 5)]), 2, NOW).map(Timestamp::millis), Some(10));
    }

    proptest! {
        #[test]
        fn the_date_is_the_first_moment_at_which_the_units_are_promised(
            balance in -20..20_i64,
            pairs in prop::collection::vec((1..50_i64, -9..10_i64), 0..8),
            quantity in 1..30_i64,
        ) {
            let flows = flows(&pairs);
            let first = (0..=50).map(Timestamp::from_millis).find(|at| units(balance, &flows, *at) >= quantity);
            prop_assert_eq!(date(balance, &flows, quantity, NOW), first);
        }
    }
}
