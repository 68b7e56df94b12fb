//! Plans that are explored by every `make test`. Each names the ways in which its calls must be able to come out: what
//! cannot happen would prove nothing.

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
    let story = "open q1 2; open q2 2 from far; commit q1";
    holds(TwoRegions, [1, 1], 2, story, &[]);
}

#[test]
fn two_quotes_want_the_same_units_of_two_shards_at_once() {
    holds(OneRegion, [1, 1], 2, "open q1 1; open q2 1 from far", &[]);
}

#[test]
fn calls_are_repeated() {
    holds(TwoRegions, [2, 0], 3, "open q1 2 twice; commit q1 twice", &[]);
    holds(TwoRegions, [2, 0], 3, "open q1 2 twice; release q1 twice", &[]);
    holds(TwoRegions, [2, 0], 2, "open q1 2 twice; extend q1 twice; commit q1", &[]);
}

#[test]
fn one_of_release_and_commit_wins() {
    holds(TwoRegions, [1, 1], 3, "open q1 2; release q1; commit q1", &[]);
}

#[test]
fn an_extension_meets_a_commit() {
    holds(TwoRegions, [1, 1], 2, "open q1 2; extend q1; commit q1", &[]);
}

#[test]
fn a_quote_takes_the_place_of_another_that_is_sold() {
    holds(TwoRegions, [1, 1], 2, "open q1 1; open q2 2 for q1; commit q1", &[]);
}

#[test]
fn a_quote_takes_the_place_of_another_and_is_sold() {
    holds(TwoRegions, [2, 0], 2, "open q1 1; open q2 2 for q1; commit q2", &[]);
}

#[test]
fn two_quotes_want_the_place_of_one() {
    holds(TwoRegions, [2, 0], 2, "open q1 1; open q2 1 for q1; open q3 1 for q1", &[]);
}

#[test]
fn a_part_is_sold_picked_and_returned() {
    holds(TwoRegions, [2, 1], 2, "open q1 3; commit q1 2; pick 0 1; return q1 twice", &[]);
    holds(TwoRegions, [1, 1], 2, "open q1 2; commit q1; return q1 1; return q1", &[]);
}

#[test]
fn stock_comes_in_while_a_quote_is_opened_again_and_again() {
    holds(TwoRegions, [0, 2], 3, "receipt 0 2; open q1 2 twice; release q1", &[]);
    holds(TwoRegions, [0, 2], 3, "receipt 0 2; open q1 2 twice; commit q1", &[]);
}

#[test]
fn a_count_takes_away_what_was_promised() {
    holds(TwoRegions, [2, 0], 3, "open q1 2 partial; count 0 1; pick 0 1; commit q1", &[]);
}
