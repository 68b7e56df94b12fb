//! A desk's store in memory, for tests and simulations.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::desk::DeskStore;
use super::quote::{Quote, QuoteState};
use crate::id::OpaqueId;
use crate::time::Timestamp;

/// Quotes, and when each wants to be looked at.
#[derive(Debug, Clone, Default)]
pub struct MemoryDesk(RefCell<BTreeMap<OpaqueId, (Quote, Option<Timestamp>)>>);

impl DeskStore for MemoryDesk {
    type Error = std::convert::Infallible;

    fn quote(&self, id: &OpaqueId) -> Result<Option<Quote>, Self::Error> {
        Ok(self.0.borrow().get(id).map(|(quote, _)| quote.clone()))
    }

    fn put_quote(&self, quote: &Quote, wake_at: Option<Timestamp>) -> Result<(), Self::Error> {
        self.0.borrow_mut().insert(quote.id.clone(), (quote.clone(), wake_at));
        Ok(())
    }

    fn open_quotes(&self, now: Timestamp) -> Result<u32, Self::Error> {
        let held = |(quote, _): &&(Quote, _)| quote.state_at(now) == QuoteState::Held;
        Ok(u32::try_from(self.0.borrow().values().filter(held).count()).unwrap_or(u32::MAX))
    }

    fn due(&self, now: Timestamp) -> Result<Vec<OpaqueId>, Self::Error> {
        let quotes = self.0.borrow();
        let due = quotes.values().filter_map(|(quote, wake_at)| Some((wake_at.filter(|at| *at <= now)?, &quote.id)));
        let mut due: Vec<_> = due.collect();
        due.sort_unstable();
        Ok(due.into_iter().map(|(_, id)| id.clone()).collect())
    }
}
