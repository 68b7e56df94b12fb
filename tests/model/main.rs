//! Every order of events that a small house can see, up to stated bounds: one desk, two shards, quotes that compete for
//! their stock.
//!
//! The clerk, the desk and the shards are the domain's own; around them is what the objects in `functions` are: storage
//! that survives a crash, tasks that do not, and messages.
//!
//! - A message may arrive at any time after it was sent, in any order, again and again, or never, and its reply may be
//!   lost. A shard has no memory beside its storage, so its crash is a message or a reply that is lost.
//! - The desk may crash between any two events. It goes on with a task at any time, with the replies it has by then. Its
//!   alarm rings at any time from when it is due.
//! - Time goes on between any two events, in steps of the grace: a quote lives for one, a shard keeps its stock for one
//!   more.
//! - Callers make each call of a [`Plan`] so many times, at any time, with the same key.
//!
//! Bounds: the calls of a plan and how often each is made, how far time goes, and that what an alarm begins while the
//! same still waits is one task. Clocks agree; that they need not is the simulation's business.
//!
//! `cargo test` explores the plans of [`small`]; `make model` those of [`large`] too.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::disallowed_methods,
    reason = "a model that meets the impossible should stop"
)]

mod catches;
mod desk;
mod faults;
mod house;
mod judge;
mod large;
mod part;
mod plan;
#[allow(dead_code, reason = "the simulation uses more of the module that the two share")]
#[path = "../simulation/rules.rs"]
mod rules;
mod shard;
mod small;

use std::time::Instant;

use desk::{MessageId, TaskId};
use house::House;
use plan::{Outcomes, Plan};
use stateright::{Checker, HasDiscoveries, Model, Property};

/// What happens next.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Event {
    /// A caller makes the call of this place in the plan.
    Call(usize),
    /// This message arrives. The reply goes to this place of a task, or is lost.
    Arrives(MessageId, Option<(TaskId, usize)>),
    /// The desk goes on with this task, whether or not all shards have answered.
    GoesOn(TaskId),
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
        vec![Property::always(RULES, |_: &Self, house: &House| house.broken.is_none())]
    }
}

const RULES: &str = "no rule is broken";

/// Explores a plan to its end, and answers how its calls can come out; or to the first event that breaks a rule, and
/// answers which rule, and a shortest history.
fn explore(plan: Plan) -> Result<Outcomes, String> {
    let began = Instant::now();
    let checker = plan.checker().finish_when(HasDiscoveries::AnyFailures).spawn_bfs().join();
    let plan = checker.model();
    if let Some(path) = checker.discovery(RULES) {
        let why = path.last_state().broken.clone().unwrap_or_default();
        let history = path.into_vec().into_iter().filter_map(|(house, event)| Some(house.tell(plan, &event?)));
        return Err(format!("{why}\n{}", history.collect::<Vec<_>>().join("\n")));
    }
    let (states, events) = (checker.unique_state_count(), checker.state_count());
    let (stored, deep) = (plan.judged.count(), checker.max_depth());
    println!("{}\n  {states} states ({stored} of storage), {events} events, at most {deep} in a row", plan.story);
    println!("  in {:.1?}: {:?}", began.elapsed(), plan.outcomes());
    Ok(plan.outcomes())
}
