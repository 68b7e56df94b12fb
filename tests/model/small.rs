//! Plans that every `make test` explores. Each names the ways in which its calls can come out, in one order of events or
//! another: a rule holds easily where nothing happens.

use crate::explore;
use crate::plan::Plan;
use crate::plan::Shape::{self, OneRegion, TwoRegions};

fn holds(shape: Shape, stock: [i64; 2], ticks: u8, story: &str, outcomes: &[(&str, &str)]) {
    let seen = explore(Plan::new(shape, stock, ticks, story)).unwrap_or_else(|broken| panic!("{story}: {broken}"));
    for (call, outcome) in outcomes {
        assert_eq!(seen.get(*call).map(String::as_str), Some(*outcome), "{call}");
    }
}

#[test]
fn two_quotes_want_the_same_units_from_both_ends() {
    let outcomes = [
        ("open q1 2", "Expired or Held or InsufficientStock"),
        ("open q2 2 from far", "Expired or Held or InsufficientStock"),
        ("commit q1", "Committed or Expired or NotFound"),
    ];
    holds(TwoRegions, [1, 1], 2, "open q1 2; open q2 2 from far; commit q1", &outcomes);
}

#[test]
fn two_quotes_want_the_same_units_of_two_shards_at_once() {
    let either = "Expired or Held or InsufficientStock";
    let outcomes = [("open q1 1", either), ("open q2 1 from far", either)];
    holds(OneRegion, [1, 1], 2, "open q1 1; open q2 1 from far", &outcomes);
}

#[test]
fn every_call_is_repeated() {
    let committed = [("open q1 2", "Expired or Held"), ("commit q1", "Committed or Expired or NotFound")];
    holds(TwoRegions, [2, 0], 3, "open q1 2 twice; commit q1 twice", &committed);
    let released = [("release q1", "Expired or NotFound or Released")];
    holds(TwoRegions, [2, 0], 3, "open q1 2 twice; release q1 twice", &released);
    let extended = [("extend q1", "AlreadyCommitted or Expired or Held or NotFound")];
    holds(TwoRegions, [2, 0], 2, "open q1 2 twice; extend q1 twice; commit q1", &extended);
}

#[test]
fn two_callers_commit_different_units() {
    let either = "AlreadyCommitted or Committed or Expired or NotFound";
    holds(
        TwoRegions,
        [2, 0],
        3,
        "open q1 2; commit q1; commit q1 1",
        &[("commit q1", either), ("commit q1 1", either)],
    );
}

#[test]
fn one_of_release_and_commit_wins() {
    let outcomes = [
        ("commit q1", "AlreadyReleased or Committed or Expired or NotFound"),
        ("release q1", "AlreadyCommitted or Expired or NotFound or Released"),
    ];
    holds(TwoRegions, [1, 1], 3, "open q1 2; release q1; commit q1", &outcomes);
}

#[test]
fn an_extension_meets_a_commit() {
    let outcomes = [("extend q1", "AlreadyCommitted or Expired or Held or NotFound")];
    holds(TwoRegions, [1, 1], 2, "open q1 2; extend q1; commit q1", &outcomes);
}

#[test]
fn a_quote_is_sold_while_another_takes_its_place() {
    let outcomes = [
        ("commit q1", "AlreadyReleased or Committed or Expired or NotFound"),
        ("open q2 2 for q1", "AlreadyCommitted or Expired or Held or InsufficientStock or NotFound"),
    ];
    holds(TwoRegions, [1, 1], 2, "open q1 1; open q2 2 for q1; commit q1", &outcomes);
}

#[test]
fn a_quote_takes_the_place_of_another_and_is_sold() {
    let outcomes = [("commit q2", "Committed or Expired or NotFound")];
    holds(TwoRegions, [2, 0], 2, "open q1 1; open q2 2 for q1; commit q2", &outcomes);
}

#[test]
fn two_quotes_want_the_place_of_one() {
    let either = "AlreadyReleased or Expired or Held or NotFound";
    let outcomes = [("open q2 1 for q1", either), ("open q3 1 for q1", either)];
    holds(TwoRegions, [2, 0], 1, "open q1 1; open q2 1 for q1; open q3 1 for q1", &outcomes);
}

#[test]
fn units_are_sold_picked_and_returned() {
    let returned = [("return q1", "Committed or NotCommitted or NotFound")];
    holds(TwoRegions, [2, 1], 2, "open q1 3; commit q1 2; pick 0 1; return q1 twice", &returned);
    let twice = [("return q1 1", "Committed or ExceedsHold or NotCommitted or NotFound")];
    holds(TwoRegions, [1, 1], 2, "open q1 2; commit q1; return q1 1; return q1", &twice);
}

#[test]
fn stock_comes_in_while_a_quote_is_opened_again() {
    holds(TwoRegions, [0, 2], 3, "receipt 0 2; open q1 2 twice; release q1", &[("open q1 2", "Expired or Held")]);
    holds(TwoRegions, [0, 2], 3, "receipt 0 2; open q1 2 twice; commit q1", &[("open q1 2", "Expired or Held")]);
}

#[test]
fn a_count_takes_away_what_was_promised() {
    let outcomes = [("commit q1", "Committed or Expired or NotFound")];
    holds(TwoRegions, [2, 0], 3, "open q1 2 partial; count 0 1; pick 0 1; commit q1", &outcomes);
}
