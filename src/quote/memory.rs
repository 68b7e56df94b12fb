//! A desk's store in memory, for tests and simulations.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::desk::DeskStore;
use super::event::QuoteEvent;
use super::record::{Quote, QuoteState};
use crate::id::OpaqueId;
use crate::time::Timestamp;

/// Quotes, and when each wants to be looked at; and the events that tell of them.
#[derive(Debug, Clone, Default)]
pub struct MemoryDesk {
    quotes: RefCell<BTreeMap<OpaqueId, (Quote, Option<Timestamp>)>>,
    outbox: RefCell<Vec<QuoteEvent>>,
}

impl MemoryDesk {
    /// When the alarm should ring next.
    pub fn next_due(&self) -> Option<Timestamp> {
        self.quotes.borrow().values().filter_map(|(_, wake_at)| *wake_at).min()
    }

    /// The events of the outbox, the oldest first.
    pub fn outbox(&self) -> Vec<QuoteEvent> {
        self.outbox.borrow().clone()
    }

    /// Every quote, by id.
    pub fn quotes(&self) -> Vec<Quote> {
        self.quotes.borrow().values().map(|(quote, _)| quote.clone()).collect()
    }
}

impl DeskStore for MemoryDesk {
    type Error = std::convert::Infallible;

    fn quote(&self, id: &OpaqueId) -> Result<Option<Quote>, Self::Error> {
        Ok(self.quotes.borrow().get(id).map(|(quote, _)| quote.clone()))
    }

    fn put_quote(&self, quote: &Quote, wake_at: Option<Timestamp>) -> Result<(), Self::Error> {
        self.quotes.borrow_mut().insert(quote.id.clone(), (quote.clone(), wake_at));
        Ok(())
    }

    fn open_quotes(&self, now: Timestamp) -> Result<u32, Self::Error> {
        let held = |(quote, _): &&(Quote, _)| quote.state_at(now) == QuoteState::Held;
        Ok(u32::try_from(self.quotes.borrow().values().filter(held).count()).unwrap_or(u32::MAX))
    }

    fn due(&self, now: Timestamp) -> Result<Vec<OpaqueId>, Self::Error> {
        let quotes = self.quotes.borrow();
        let due = quotes.values().filter_map(|(quote, wake_at)| Some((wake_at.filter(|at| *at <= now)?, &quote.id)));
        let mut due: Vec<_> = due.collect();
        due.sort_unstable();
        Ok(due.into_iter().map(|(_, id)| id.clone()).collect())
    }

    fn emit(&self, event: &QuoteEvent) -> Result<(), Self::Error> {
        self.outbox.borrow_mut().push(event.clone());
        Ok(())
    }
}
