//! A desk's store in memory, for tests and simulations.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::call::{Answer, Idempotency};
use super::clerk::ClerkStore;
use super::desk::DeskStore;
use super::event::QuoteEvent;
use super::record::{Quote, QuoteState};
use crate::id::OpaqueId;
use crate::time::Timestamp;

/// Quotes, when each wants to be looked at, answers by key, and the events that tell of them.
#[derive(Debug, Clone, Default)]
pub struct MemoryDesk {
    quotes: RefCell<BTreeMap<OpaqueId, Row>>,
    answers: RefCell<BTreeMap<OpaqueId, (String, Answer)>>,
    outbox: RefCell<Vec<QuoteEvent>>,
}

#[derive(Debug, Clone)]
struct Row {
    /// How many were opened before it.
    place: u64,
    wake_at: Option<Timestamp>,
    quote: Quote,
}

impl MemoryDesk {
    /// When the alarm should ring next.
    pub fn next_due(&self) -> Option<Timestamp> {
        self.quotes.borrow().values().filter_map(|row| row.wake_at).min()
    }

    /// Every quote, by id.
    pub fn quotes(&self) -> Vec<Quote> {
        self.quotes.borrow().values().map(|row| row.quote.clone()).collect()
    }

    /// When a quote wants to be looked at.
    pub fn wake_at(&self, quote: &OpaqueId) -> Option<Timestamp> {
        self.quotes.borrow().get(quote).and_then(|row| row.wake_at)
    }

    /// The answers that are remembered, by key.
    pub fn answers(&self) -> Vec<(OpaqueId, Answer)> {
        self.answers.borrow().iter().map(|(key, (_, answer))| (key.clone(), answer.clone())).collect()
    }

    /// The events of the outbox, the oldest first.
    pub fn outbox(&self) -> Vec<QuoteEvent> {
        self.outbox.borrow().clone()
    }
}

impl DeskStore for MemoryDesk {
    type Error = std::convert::Infallible;

    fn quote(&self, id: &OpaqueId) -> Result<Option<Quote>, Self::Error> {
        Ok(self.quotes.borrow().get(id).map(|row| row.quote.clone()))
    }

    fn put_quote(&self, quote: &Quote, wake_at: Option<Timestamp>) -> Result<(), Self::Error> {
        let mut quotes = self.quotes.borrow_mut();
        let count = quotes.len() as u64;
        let place = quotes.get(&quote.id).map_or(count, |row| row.place);
        quotes.insert(quote.id.clone(), Row { place, wake_at, quote: quote.clone() });
        Ok(())
    }

    fn forget(&self, now: Timestamp, limit: u32) -> Result<(), Self::Error> {
        let mut quotes = self.quotes.borrow_mut();
        let over = quotes.values().filter(|row| row.wake_at.is_none() && row.quote.forget_at() <= now);
        let over = over.take(usize::try_from(limit).unwrap_or(usize::MAX)).map(|row| row.quote.id.clone());
        for id in over.collect::<Vec<_>>() {
            quotes.remove(&id);
        }
        Ok(())
    }

    fn open_quotes(&self, now: Timestamp) -> Result<u32, Self::Error> {
        let quotes = self.quotes.borrow();
        let held = quotes.values().filter(|row| row.quote.state_at(now) == QuoteState::Held);
        Ok(u32::try_from(held.count()).unwrap_or(u32::MAX))
    }

    fn due(&self, now: Timestamp, limit: u32) -> Result<Vec<OpaqueId>, Self::Error> {
        let quotes = self.quotes.borrow();
        let due = quotes.iter().filter_map(|(id, row)| Some((row.wake_at.filter(|at| *at <= now)?, id)));
        let mut due: Vec<_> = due.collect();
        due.sort_unstable();
        due.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(due.into_iter().map(|(_, id)| id.clone()).collect())
    }

    fn emit(&self, event: &QuoteEvent) -> Result<(), Self::Error> {
        self.outbox.borrow_mut().push(event.clone());
        Ok(())
    }
}

impl ClerkStore for MemoryDesk {
    fn remembered(&self, key: &OpaqueId) -> Result<Option<(String, Answer)>, Self::Error> {
        Ok(self.answers.borrow().get(key).cloned())
    }

    fn remember(&self, call: &Idempotency, answer: &Answer, _: Timestamp) -> Result<(), Self::Error> {
        let Idempotency { key, fingerprint } = call.clone();
        self.answers.borrow_mut().insert(key, (fingerprint, answer.clone()));
        Ok(())
    }

    fn list(
        &self,
        state: Option<QuoteState>,
        reference: Option<&str>,
        cursor: Option<u64>,
        limit: u32,
        now: Timestamp,
    ) -> Result<(Vec<Quote>, Option<u64>), Self::Error> {
        let quotes = self.quotes.borrow();
        let mut rows: Vec<&Row> = quotes.values().collect();
        rows.retain(|row| cursor.is_none_or(|before| row.place < before));
        rows.retain(|row| state.is_none_or(|state| row.quote.state_at(now) == state));
        rows.retain(|row| reference.is_none() || row.quote.reference.as_deref() == reference);
        rows.sort_unstable_by_key(|row| std::cmp::Reverse(row.place));
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = rows.len() > limit;
        rows.truncate(limit);
        let cursor = rows.last().filter(|_| more).map(|row| row.place);
        Ok((rows.into_iter().map(|row| row.quote.clone()).collect(), cursor))
    }
}
