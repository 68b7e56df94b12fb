//! Taking events in: each counted once, on the board of its own day.

use serde_json::Value;

use super::board::Board;
use super::event::{Event, What};
use super::household::{Days, Household};
use super::sale::{Sale, SaleLine};
use super::seen::{Block, Place};
use super::sums::entry;
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

/// What a command adds to the boards: the events of many sources are written as one sum, by [`Intake::finish`].
pub struct Intake<'s, S> {
    store: &'s S,
    /// Events of earlier days change nothing: their boards are not kept any more.
    oldest: Day,
    days: Days,
    households: Vec<(OpaqueId, Household)>,
}

impl<'s, S: BoardStore> Intake<'s, S> {
    /// Nothing has been taken yet.
    pub fn new(oldest: Day, store: &'s S) -> Self {
        Self { store, oldest, days: Vec::new(), households: Vec::new() }
    }

    /// Takes events of one source. Those that were taken before change nothing.
    pub fn take(&mut self, source: &str, events: &[Value]) -> Result<(), S::Error> {
        let mut blocks: Vec<(String, Block)> = Vec::new();
        for event in events {
            let (Some(place), Some(at)) = (Place::of(event), time_of(event)) else { continue };
            if !blocks.iter().any(|(name, _)| *name == place.block) {
                blocks.push((place.block.clone(), self.store.block(source, &place.block)?));
            }
            let new = entry(&mut blocks, place.block.clone()).is_some_and(|block| block.insert(&place));
            if new && Day::of(at) >= self.oldest {
                self.count(source, event, Day::of(at))?;
            }
        }
        blocks.iter().try_for_each(|(name, block)| self.store.put_block(source, name, block))
    }

    /// Writes what has been taken.
    pub fn finish(self) -> Result<(), S::Error> {
        for (id, household) in &self.households {
            self.store.put_household(id, household)?;
        }
        self.days.iter().try_for_each(|(day, board)| self.store.add(*day, board))
    }

    fn count(&mut self, source: &str, value: &Value, day: Day) -> Result<(), S::Error> {
        let mut board = Board::default();
        match Event::read(value) {
            Ok(event) => {
                board.take(&event);
                self.count_household(source, value, event)?;
            }
            Err(_) => board.add(Tally::Unreadable, 1),
        }
        self.merge(day, &board);
        Ok(())
    }

    fn count_household(&mut self, source: &str, value: &Value, event: Event<'_>) -> Result<(), S::Error> {
        match event.what {
            What::Household { household, vehicles } => {
                // Settles the order of two at the same time.
                let id = value.get("seq").or(value.get("id")).map_or_else(String::new, Value::to_string);
                let id = format!("{source}:{id}");
                let mut known = self.take_known(&household)?;
                for (day, change) in known.register(event.at, id, vehicles) {
                    self.merge(day, &change);
                }
                self.households.push((household, known));
            }
            What::Sale(Sale { lines, household: Some(household), .. }) => {
                let mut known = self.take_known(&household)?;
                let day = Day::of(event.at);
                for SaleLine { amount, powertrain, .. } in lines {
                    let change = known.spend(day, amount.currency, powertrain, amount.amount);
                    self.merge(day, &change);
                }
                self.households.push((household, known));
            }
            _ => {}
        }
        Ok(())
    }

    fn merge(&mut self, day: Day, change: &Board) {
        if let Some(board) = entry(&mut self.days, day) {
            board.merge(change);
        }
    }

    /// What is known of a household, with what this call has added. It is to be put back.
    fn take_known(&mut self, id: &OpaqueId) -> Result<Household, S::Error> {
        match self.households.iter().position(|(known, _)| known == id) {
            Some(place) => Ok(self.households.swap_remove(place).1),
            None => self.store.household(id),
        }
    }
}

fn time_of(event: &Value) -> Option<Timestamp> {
    event.get("at")?.as_str()?.parse().ok()
}
