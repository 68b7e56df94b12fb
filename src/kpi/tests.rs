//! What holds for boards, whatever comes in what order; and a day worked out by hand.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::memory::MemoryBoards;
use super::*;
use crate::catalog::Powertrain;
use crate::time::Day;

const OLDEST: &str = "2026-01-01";

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

/// The boards after these deliveries: lists of events, each of one source.
fn boards<'a>(deliveries: impl IntoIterator<Item = (&'a str, Vec<Value>)>) -> BTreeMap<Day, Board> {
    let store = MemoryBoards::default();
    for (source, events) in deliveries {
        let mut intake = Intake::new(day(OLDEST), &store);
        intake.take(source, &events).unwrap();
        intake.finish().unwrap();
    }
    store.days()
}

/// What can happen, without an id.
fn happening() -> impl Strategy<Value = Value> {
    let powertrain = prop_oneof![Just("ice"), Just("ev"), Just("hybrid")];
    let household = (0..3_u8).prop_map(|n| format!("h{n}"));
    let counted = (0..50_u64, 0..50_u64).prop_map(|(expected, found)| {
        json!({"kind": "moved", "expected": expected, "movement": {"kind": "count", "quantity": found}})
    });
    let held = (1..9_u32, 0..9_u32, 0..9_u32, any::<bool>()).prop_map(|(quantity, held, available, snapshot)| {
        let said = json!({"available": available, "at": "2026-11-20T10:00:00Z", "snapshot": snapshot});
        json!({"kind": "quote_held", "took_ms": 4, "lines": [{"quantity": quantity, "units": held, "said": said}]})
    });
    let sale = (household.clone(), powertrain.clone(), -500..500_i64).prop_map(|(household, powertrain, amount)| {
        let line =
            json!({"class": "digital", "amount": {"amount": amount, "currency": "USD"}, "powertrain": powertrain});
        json!({"kind": "sale", "household": household, "lines": [line]})
    });
    let registration = (household, powertrain, 0..4_u32).prop_map(|(household, powertrain, count)| {
        json!({"kind": "household", "household": household, "vehicles": [{"powertrain": powertrain, "count": count}]})
    });
    let other = prop_oneof![
        Just(json!({"kind": "token_issued"})),
        Just(json!({"kind": "token_redeemed", "outcome": "failed"})),
        Just(json!({"kind": "sale"})),
        Just(json!({"kind": "something_new"})),
        Just(
            json!({"kind": "answered", "function": "query", "took": {"41": 2}, "millis": 82, "refused": 0, "failed": 1, "late": 0})
        ),
    ];
    prop_oneof![counted, held, sale, registration, other]
}

/// Events of three sources, on four days.
fn history() -> impl Strategy<Value = Vec<(&'static str, Value)>> {
    let source = prop_oneof![Just("enam/1"), Just("edge/x"), Just("posted/erp")];
    vec((source, happening(), 0..4_i64, 0..3_i64), 0..60).prop_map(|all| {
        let with_id = |(n, (source, mut event, days, seconds)): (usize, (&'static str, Value, i64, i64))| {
            let fields = event.as_object_mut().unwrap();
            let at = day("2026-11-20").plus(days).start().plus(seconds * 1_000);
            fields.insert("at".into(), json!(at));
            if source == "posted/erp" {
                fields.insert("id".into(), json!(format!("e{n}")));
            } else {
                // With gaps, over several blocks.
                fields.insert("seq".into(), json!(n * 97));
            }
            (source, event)
        };
        all.into_iter().enumerate().map(with_id).collect()
    })
}

proptest! {
    #[test]
    fn events_that_come_twice_and_in_any_order_make_the_same_boards(
        (events, deliveries) in history().prop_flat_map(|events| {
            let twice: Vec<_> = events.iter().chain(&events).cloned().collect();
            (Just(events), Just(twice).prop_shuffle())
        }),
        size in 1..10_usize,
    ) {
        let once = boards(events.into_iter().map(|(source, event)| (source, vec![event])));
        // In messages of some events, as they come.
        let sources = ["enam/1", "edge/x", "posted/erp"];
        let messages = deliveries.chunks(size).flat_map(|some| {
            sources.map(|source| {
                let of_source = some.iter().filter(|(own, _)| *own == source);
                (source, of_source.map(|(_, event)| event.clone()).collect())
            })
        });
        prop_assert_eq!(boards(messages), once);
    }

    #[test]
    fn the_board_of_two_days_is_the_sum_of_theirs(events in history()) {
        let days = boards(events.clone().into_iter().map(|(source, event)| (source, vec![event])));
        let mut sum = Board::default();
        days.values().rev().for_each(|board| sum.merge(board));
        let mut counted = Board::default();
        for board in days.values() {
            counted.merge(board);
        }
        prop_assert_eq!(&sum, &counted);
        sum.subtract(&counted);
        prop_assert!(sum.is_empty());
    }

    #[test]
    fn no_json_is_too_strange_to_be_taken(text in "[{\\[\"a-z0-9:,\\]}]{0,60}", seq in any::<u64>()) {
        let value: Value = serde_json::from_str(&text).unwrap_or(Value::String(text));
        for kind in ["answered", "moved", "count", "quote_held", "quote_committed", "sale", "household", "web_timing"] {
            let event = json!({"seq": seq, "at": "2026-11-20T10:00:00Z", "kind": kind, "lines": value, "took": value,
                "movement": value, "vehicles": [value], "household": value, "v": 1});
            boards([("s", vec![event])]);
        }
    }
}

#[test]
fn an_event_is_counted_on_its_own_day_however_late_it_comes_unless_that_is_not_kept_any_more() {
    let event = |seq: u32, at: &str| json!({"seq": seq, "at": at, "kind": "token_issued"});
    let boards = boards([(
        "s",
        vec![
            event(3, "2026-11-21T00:00:00Z"),
            event(1, "2026-11-20T23:59:59.999Z"),
            event(2, "2025-12-31T23:59:59.999Z"),
            event(4, "2026-11-22T01:00:00+02:00"),
        ],
    )]);
    let issued: Vec<_> = boards.iter().map(|(day, board)| (*day, board.get(Tally::Tokens("issued")))).collect();
    assert_eq!(issued, [(day("2026-11-20"), 1), (day("2026-11-21"), 2)]);
}

#[test]
fn an_event_that_cannot_be_read_is_counted_as_such_and_holds_up_no_other() {
    let at = "2026-11-20T10:00:00Z";
    let boards = boards([(
        "s",
        vec![
            json!({"seq": 1, "at": at, "kind": "shortfall"}),
            json!({"seq": 2, "at": at, "kind": "token_issued", "v": 2}),
            json!({"seq": 3, "at": at, "kind": "shortfall", "units": 4}),
            json!({"seq": 4, "at": "?", "kind": "shortfall", "units": 4}),
            json!("shortfall"),
        ],
    )]);
    let board = &boards[&day("2026-11-20")];
    let sums = [Tally::Unreadable, Tally::Events, Tally::ShortfallUnits].map(|tally| board.get(tally));
    assert_eq!(sums, [2, 1, 4]);
}

/// Ten queries, of which 8 are fast; nine lines held or refused; three calibrated windshields; a household.
#[test]
fn a_day_worked_out_by_hand_gives_the_five_numbers() {
    let at = "2026-11-20T10:00:00Z";
    let said =
        |available: u32, source: &str| json!({"available": available, "at": at, "snapshot": source == "snapshot"});
    let usd = |amount: i64| json!({"amount": amount, "currency": "USD"});
    let count = |expected: u64, found: u64| json!({"kind": "moved", "expected": expected, "movement": {"kind": "count", "quantity": found}});
    let class = |class: &str, found: u64| json!({"kind": "count", "expected": 100, "found": found, "class": class});
    let line = |quantity: u32, held: u32, said: Value| json!({"quantity": quantity, "units": held, "said": said});
    let mut events = vec![
        json!({"kind": "answered", "function": "query", "took": {"20": 7, "99": 1, "100": 1}, "millis": 339, "refused": 4, "failed": 1, "late": 2}),
        json!({"kind": "answered", "function": "quote_hold", "took": {"7": 2}, "millis": 14, "refused": 1, "failed": 0, "late": 0}),
        json!({"kind": "quote_held", "took_ms": 6, "lines": [line(2, 2, said(2, "shard")), {"quantity": 1, "units": 1}]}),
        json!({"kind": "quote_held", "took_ms": 8, "lines": [line(3, 1, said(5, "snapshot"))]}),
        json!({"kind": "quote_refused", "reason": "insufficient_stock", "lines": [
            line(3, 2, said(3, "shard")), line(9, 2, said(3, "shard")),
            {"quantity": 2, "units": 0, "said": said(2, "shard"), "lowered_at": "2026-11-20T10:00:01Z"}]}),
        json!({"kind": "quote_refused", "reason": "quota_exceeded", "lines": [line(1, 0, said(1, "shard"))]}),
        json!({"kind": "quote_committed", "currency": "USD", "lines": [
            {"units": 3, "amount": 90_000, "calibrations": 3},
            {"units": 2, "amount": 4_000, "class": "recurring"}]}),
        json!({"kind": "quote_returned", "currency": "USD", "lines": [{"units": 1, "amount": 30_000, "calibrations": 1}]}),
        json!({"kind": "quote_released"}),
        json!({"kind": "token_issued"}),
        json!({"kind": "token_issued"}),
        json!({"kind": "token_redeemed", "outcome": "failed"}),
        json!({"kind": "token_redeemed", "outcome": "succeeded"}),
        json!({"kind": "token_refused"}),
        // Right; 1 % off; 2 % off, too much without a class.
        count(100, 100),
        count(100, 99),
        count(100, 102),
        json!({"kind": "moved", "movement": {"kind": "count", "quantity": 50}}),
        // 3 % is too much for A, not for B; 6 % is for C.
        class("A", 103),
        class("B", 97),
        class("C", 106),
        json!({"kind": "household", "household": "h", "vehicles": [{"powertrain": "ice", "count": 2}, {"powertrain": "ev"}]}),
        json!({"kind": "sale", "household": "h", "lines": [
            {"class": "physical", "amount": usd(5_000), "powertrain": "ice"},
            {"class": "digital", "amount": usd(1_000), "powertrain": "ev"}]}),
        json!({"kind": "sale", "household": "h", "quote": "q", "lines": [{"class": "physical", "amount": usd(700), "powertrain": "ice"}]}),
        json!({"kind": "sale", "household": "stranger", "lines": [{"class": "physical", "amount": usd(300)}]}),
        json!({"kind": "web_timing", "metric": "lcp", "value": 120}),
        json!({"kind": "web_phantom", "sku": "A"}),
    ];
    for (n, event) in events.iter_mut().enumerate() {
        event.as_object_mut().unwrap().extend([("at".into(), json!(at)), ("id".into(), json!(format!("e{n}")))]);
    }
    let mut board = boards([("s", events)]).remove(&day("2026-11-20")).unwrap();
    // As a store answers for a period of one day.
    for (powertrain, days) in [(Powertrain::Ice, 2), (Powertrain::Ev, 1)] {
        assert_eq!(board.get(Tally::Fleet(powertrain)), days);
        board.add(Tally::VehicleDays(powertrain), days);
    }
    let before = Board::from_json(&json!({"revenue/USD/physical": 60_000, "revenue/USD/recurring": 2_000}));
    let numbers = numbers(&board, &before, &ServiceSpend::default());

    let share = |numerator: i64, denominator: i64, value: f64| json!({"numerator": numerator, "denominator": denominator, "value": value});
    assert_eq!(numbers["api_response"]["share"], share(8, 10, 0.8));
    let (query, hold) = (&numbers["api_response"]["functions"][0], &numbers["api_response"]["functions"][1]);
    let expected = json!({"function": "query", "count": 9, "p50": 20, "p75": 20, "p90": 100, "p95": 100, "p99": 100,
        "p999": 100, "refused": 4, "failed": 1, "late": 2});
    assert_eq!(query, &expected);
    assert_eq!((&hold["function"], &hold["refused"]), (&json!("quote_hold"), &json!(1)));

    let repair = &numbers["digital_repair"];
    let expected = json!({"share": share(1, 3, 0.333_333), "issued": 2, "succeeded": 1, "failed": 1, "refused": 1,
        "revoked": 0, "expired": 0, "returned": 1});
    assert_eq!(repair, &expected);

    let stock = &numbers["inventory_accuracy"];
    assert_eq!((&stock["phantoms"], &stock["lines"]), (&share(3, 4, 0.75), &json!(6)));
    assert_eq!(stock["causes"], json!({"stale_snapshot": 1, "race": 1, "count": 1}));
    assert_eq!((&stock["reported"], &stock["shortfalls"]), (&json!(1), &json!(0)));
    assert_eq!((&stock["allocation"]["count"], &stock["allocation"]["p50"]), (&json!(2), &json!(6)));
    assert_eq!((&stock["records"], &stock["exact"]), (&share(3, 6, 0.5), &share(1, 6, 0.166_667)));

    // Two cars of 116,150 a year and one of 70,150, for a day: 636 and 192.
    let expected = json!({"currency": "USD", "share": share(6_700, 828, 8.091_787), "unregistered": 300, "powertrains": [
        {"powertrain": "ice", "vehicle_days": 2, "share": share(5_700, 636, 8.962_264)},
        {"powertrain": "ev", "vehicle_days": 1, "share": share(1_000, 192, 5.208_333)},
    ]});
    assert_eq!(numbers["household_share"], expected);

    let expected = json!([{"currency": "USD", "recurring": 4_000, "digital": 1_000, "physical": 65_300,
        "share": share(5_000, 70_300, 0.071_124), "before": 62_000, "growth": share(3_000, 8_300, 0.361_446)}]);
    assert_eq!(numbers["revenue_mix"], expected);

    let expected = json!({"queries": 9, "quotes": 2, "refused": 2, "commits": 1, "tokens": 2, "calibrations": 1});
    assert_eq!(numbers["funnel"], expected);
    assert_eq!((&numbers["web"][0]["metric"], &numbers["web"][0]["p75"]), (&json!("lcp"), &json!(120)));
}

#[test]
fn an_empty_board_has_no_shares_and_no_percentiles() {
    let board = Board::default();
    let numbers = numbers(&board, &board, &ServiceSpend::default());
    let nothing = json!({"numerator": 0, "denominator": 0, "value": null});
    assert_eq!(numbers["api_response"], json!({"share": nothing, "functions": []}));
    assert_eq!(numbers["inventory_accuracy"]["allocation"]["p99"], Value::Null);
    assert_eq!(numbers["revenue_mix"], json!([]));
}
