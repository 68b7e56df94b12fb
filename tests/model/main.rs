//! Every order of events that a small house can see, up to stated bounds: one desk, two shards, quotes that compete for
//! their stock.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::disallowed_methods,
    reason = "a model that meets the impossible should stop"
)]

mod desk;
mod faults;
mod house;
mod judge;
mod part;
mod plan;
#[path = "../simulation/rules.rs"]
mod rules;
mod shard;

use std::time::Instant;

use holdfast::quote::QuoteState;
use house::House;
use plan::{Plan, Shape};
use stateright::{Checker, HasDiscoveries, Model, Property};

/// What happens next.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Event {
    /// The caller makes the call of this place in the plan.
    Call(usize),
    /// A message arrives.
    Arrives(u64),
    /// The desk waits no longer for what this task asked.
    GivesUp(u64),
    /// The desk's alarm rings.
    Alarm,
    /// The desk loses its memory.
    Crash,
    /// Time goes on.
    Tick,
}

impl Model for Plan {
    type State = House;
    type Action = Event;

    fn init_states(&self) -> Vec<House> {
        vec![House::new(self)]
    }

    fn actions(&self, house: &House, events: &mut Vec<Event>) {
        house.events(self, events);
    }

    fn next_state(&self, last: &House, event: Event) -> Option<House> {
        let mut house = last.clone();
        house.happens(self, event);
        Some(house)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("no rule is broken", |_: &Self, house: &House| house.broken.is_none()),
            Property::sometimes("sold", |_, house: &House| house.is("q1", QuoteState::Committed)),
            Property::sometimes("expired", |_, house: &House| house.is("q1", QuoteState::Expired)),
        ]
    }
}

/// Explores a plan to the end and answers how many states it has.
fn explore(name: &str, plan: Plan) -> usize {
    let began = Instant::now();
    let checker = plan
        .checker()
        .threads(1)
        .timeout(std::time::Duration::from_secs(std::env::var("SECS").map_or(60, |s| s.parse().unwrap())))
        .finish_when(HasDiscoveries::AnyFailures)
        .spawn_bfs()
        .join();
    let states = checker.unique_state_count();
    println!(
        "{name}: {states} states ({} seen), {} stored, up to {} events deep, in {:?} done {}",
        checker.state_count(),
        checker.model().judged.lock().unwrap().len(),
        checker.max_depth(),
        began.elapsed(),
        checker.is_done()
    );
    if let Some(path) = checker.discovery("no rule is broken") {
        for (house, event) in path.clone().into_vec() {
            if let Some(event) = event {
                println!("  {}", house.describe(checker.model(), &event));
            }
        }
        panic!("{name}: {}", path.last_state().broken.clone().unwrap());
    }
    states
}

#[test]
fn two_quotes_that_want_the_same_stock() {
    let story = std::env::var("STORY").unwrap_or("open q1 2;open q2 1;commit q1;commit q2".into());
    let stock = std::env::var("STOCK").unwrap_or("1,1".into());
    let stock: Vec<i64> = stock.split(',').map(|s| s.parse().unwrap()).collect();
    let ticks = std::env::var("TICKS").map_or(4, |s| s.parse().unwrap());
    let shape = if std::env::var("ONE").is_ok() { Shape::OneRegion } else { Shape::TwoRegions };
    let plan = Plan::new(shape, [stock[0], stock[1]], &story.split(';').collect::<Vec<_>>()).ticks(ticks);
    explore("two quotes", plan);
}
