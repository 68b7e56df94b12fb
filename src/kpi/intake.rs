//! Taking events in: each counted once, on the board of its own day.

use std::collections::BTreeMap;

use serde_json::Value;

use super::board::Board;
use super::event::{Event, What};
use super::household::Household;
use super::sale::Sale;
use super::seen::{Block, Place};
use super::tally::Tally;
use crate::id::OpaqueId;
use crate::time::{Day, Timestamp};

/// How many days an id is remembered after its events were counted last. No queue delivers a message later.
pub const REMEMBERED_DAYS: i64 = 15;

/// A region's own storage: synchronous, and all writes of one command become durable together.
pub trait BoardStore {
    /// What storage reports when it cannot read or write.
    type Error;

    /// Some of the ids of a source that have been counted.
    fn block(&self, source: &str, name: &str) -> Result<Block, Self::Error>;
    /// Writes them over those before.
    fn put_block(&self, source: &str, name: &str, block: &Block) -> Result<(), Self::Error>;
    /// What is known of a household.
    fn household(&self, id: &OpaqueId) -> Result<Household, Self::Error>;
    /// Writes that over what was known before.
    fn put_household(&self, id: &OpaqueId, household: &Household) -> Result<(), Self::Error>;
    /// Adds to the board of a day.
    fn add(&self, day: Day, board: &Board) -> Result<(), Self::Error>;
}

/// Takes events of one source. Those that were taken before change nothing, nor do those of days before `oldest`, which
/// are not kept any more.
pub fn take<S: BoardStore>(source: &str, events: &[Value], oldest: Day, store: &S) -> Result<(), S::Error> {
    let mut intake = Intake { source, store, days: BTreeMap::new(), households: BTreeMap::new() };
    let mut blocks: BTreeMap<String, Block> = BTreeMap::new();
    for event in events {
        let (Some(place), Some(at)) = (Place::of(event), time_of(event)) else { continue };
        if !blocks.contains_key(&place.block) {
            blocks.insert(place.block.clone(), store.block(source, &place.block)?);
        }
        let new = blocks.get_mut(&place.block).is_some_and(|block| block.insert(&place));
        if new && Day::of(at) >= oldest {
            intake.count(event, Day::of(at))?;
        }
    }
    for (name, block) in &blocks {
        store.put_block(source, name, block)?;
    }
    for (id, household) in &intake.households {
        store.put_household(id, household)?;
    }
    intake.days.iter().try_for_each(|(day, board)| store.add(*day, board))
}

/// What a call adds to the boards.
struct Intake<'s, S> {
    source: &'s str,
    store: &'s S,
    days: BTreeMap<Day, Board>,
    households: BTreeMap<OpaqueId, Household>,
}

impl<S: BoardStore> Intake<'_, S> {
    fn count(&mut self, value: &Value, day: Day) -> Result<(), S::Error> {
        let Ok(event) = Event::read(value) else {
            self.days.entry(day).or_default().add(Tally::Unreadable, 1);
            return Ok(());
        };
        self.days.entry(day).or_default().take(&event);
        match event.what {
            What::Household { household, vehicles } => {
                // Settles the order of two at the same time.
                let id = value.get("seq").or(value.get("id")).map_or_else(String::new, Value::to_string);
                let id = format!("{}:{id}", self.source);
                let changes = self.known(household)?.register(event.at, id, vehicles);
                for (day, change) in changes {
                    self.days.entry(day).or_default().merge(&change);
                }
            }
            What::Sale(Sale { lines, household: Some(household), .. }) => {
                for line in lines {
                    let (currency, amount) = (line.amount.currency, line.amount.amount);
                    let change = self.known(household.clone())?.spend(day, currency, line.powertrain, amount);
                    self.days.entry(day).or_default().merge(&change);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn known(&mut self, id: OpaqueId) -> Result<&mut Household, S::Error> {
        Ok(match self.households.entry(id) {
            std::collections::btree_map::Entry::Occupied(known) => known.into_mut(),
            std::collections::btree_map::Entry::Vacant(new) => {
                let household = self.store.household(new.key())?;
                new.insert(household)
            }
        })
    }
}

fn time_of(event: &Value) -> Option<Timestamp> {
    event.get("at")?.as_str()?.parse().ok()
}
