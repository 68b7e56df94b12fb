//! What the checker catches. Each test takes a promise away that the protocol rests on, and sees the rule fall that needs
//! it: a rule that cannot fall would prove nothing.

use crate::explore;
use crate::faults::Fault;
use crate::plan::{Plan, Shape};

/// Explores a house of two regions with a fault until a rule falls: this one.
fn catches(fault: Fault, stock: [i64; 2], story: &str, rule: &str) {
    let broken = explore(Plan::new(Shape::TwoRegions, stock, 2, story).with(fault)).expect_err("no rule fell");
    println!("{fault:?}: {broken}");
    assert!(broken.starts_with(rule), "{broken}");
}

#[test]
fn a_desk_that_takes_silence_for_consent() {
    catches(Fault::SilenceIsConsent, [2, 0], "open q1 2; commit q1", "rule 5");
}

#[test]
fn a_desk_that_sends_before_it_has_written() {
    catches(Fault::SendsBeforeItWrites, [2, 0], "open q1 2; release q1", "rule 5");
}

#[test]
fn a_desk_that_forgets_its_answers() {
    catches(Fault::ForgetsAnswers, [1, 0], "open q1 1 twice; commit q1", "rule 4");
}

#[test]
fn a_shard_that_forgets_what_is_over() {
    catches(Fault::ForgetsWhatIsOver, [1, 0], "open q1 1; release q1", "rule 2");
}

#[test]
fn a_shard_that_forgets_that_it_had_nothing() {
    catches(Fault::ForgetsWhatItLacked, [0, 1], "receipt 0 1; open q1 1; release q1", "rule 5");
}

#[test]
fn a_shard_that_promises_what_others_hold() {
    catches(Fault::PromisesWhatIsHeld, [1, 0], "open q1 1; open q2 1", "rule 1");
}

#[test]
fn a_shard_whose_clock_is_ahead_by_more_than_the_grace() {
    catches(Fault::ClockAhead, [1, 0], "open q1 1; commit q1", "rule 5");
}

#[test]
fn a_shard_that_books_a_return_each_time_it_hears_of_it() {
    catches(Fault::BooksReturnsAgain, [2, 0], "open q1 2; commit q1; return q1 1", "rule 5");
}

#[test]
fn a_shard_that_does_not_sell_while_a_replacement_is_in_doubt() {
    catches(Fault::WaitsForReplacements, [1, 0], "open q1 1; open q2 1 for q1; commit q1", "rule 5");
}
