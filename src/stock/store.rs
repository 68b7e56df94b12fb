//! What a shard needs of its storage, and a store in memory for tests and simulations.

use std::collections::{BTreeMap, BTreeSet};

use super::event::StockEvent;
use super::hold::{HoldState, QuoteHolds};
use super::movement::Entry;
use super::position::Position;
use crate::id::{LocationId, OpaqueId, Sku};
use crate::time::Timestamp;

/// A shard's own storage: synchronous, and all writes of one command become durable together.
pub trait Store {
    /// What storage reports when it cannot read or write.
    type Error;

    /// The positions of a sku, by location.
    fn positions(&self, sku: &Sku) -> Result<Vec<Position>, Self::Error>;
    /// Writes a position over the one before.
    fn put_position(&self, position: &Position) -> Result<(), Self::Error>;
    /// The ledger entry of this position with this movement id.
    fn entry(&self, sku: &Sku, location: &LocationId, id: &OpaqueId) -> Result<Option<Entry>, Self::Error>;
    /// Adds an entry to the ledger.
    fn append(&self, entry: &Entry) -> Result<(), Self::Error>;
    /// The ledger of a sku after `after`, oldest first, at most `limit` entries.
    fn ledger(&self, page: &LedgerPage) -> Result<Vec<Entry>, Self::Error>;
    /// The next number of the shard's one sequence: ledger places and snapshot versions. Never given twice.
    fn next_sequence(&self) -> Result<u64, Self::Error>;
    /// What a quote holds here.
    fn holds(&self, quote: &OpaqueId) -> Result<Option<QuoteHolds>, Self::Error>;
    /// Writes a quote's holds over the ones before.
    fn put_holds(&self, holds: &QuoteHolds) -> Result<(), Self::Error>;
    /// Quotes with holds that are to be freed at `now`, the earliest first, at most so many.
    fn due(&self, now: Timestamp, limit: u32) -> Result<Vec<OpaqueId>, Self::Error>;
    /// When the next hold is to be freed.
    fn next_due(&self) -> Result<Option<Timestamp>, Self::Error>;
    /// Units of a sku that quotes [keep from others](super::hold::Hold::own) although they were to be freed at `now`, by location.
    /// Quotes that are about to take each other's place are left out: who keeps what is settled when they are freed.
    fn overdue(&self, sku: &Sku, now: Timestamp) -> Result<Vec<(LocationId, u64)>, Self::Error>;
    /// The latest time at which overdue units were given to others: no time of the shard's is before it.
    fn clock(&self) -> Result<Timestamp, Self::Error>;
    /// Notes that overdue units are given to others at `now`.
    fn put_clock(&self, now: Timestamp) -> Result<(), Self::Error>;
    /// Forgets records of quotes whose [time](QuoteHolds::forget_at) has come, at most so many.
    fn forget(&self, now: Timestamp, limit: u32) -> Result<(), Self::Error>;
    /// When the next record may be forgotten.
    fn next_forgotten(&self) -> Result<Option<Timestamp>, Self::Error>;
    /// Quotes that [await stock](QuoteHolds::awaits) of a position, by id; others that once held some there may be among
    /// them, but every one makes a shortfall slower.
    fn quotes_at(&self, sku: &Sku, location: &LocationId) -> Result<Vec<QuoteHolds>, Self::Error>;
    /// Those of them whose stock is sold.
    fn sales_at(&self, sku: &Sku, location: &LocationId) -> Result<Vec<QuoteHolds>, Self::Error>;
    /// Puts an event into the outbox.
    fn emit(&self, event: &StockEvent) -> Result<(), Self::Error>;
    /// Whether events wait in the outbox.
    fn has_events(&self) -> Result<bool, Self::Error>;
    /// Takes the events up to and with `seq` out of the outbox: they are delivered.
    fn delivered(&self, seq: u64) -> Result<(), Self::Error>;
    /// Notes that the sku's snapshot is out of date since `version`.
    fn mark_dirty(&self, sku: &Sku, version: u64) -> Result<(), Self::Error>;
    /// Skus whose snapshots are out of date, oldest change first, with the version of their last change.
    fn dirty(&self, limit: u32) -> Result<Vec<(Sku, u64)>, Self::Error>;
    /// Notes that the sku's snapshot of `version` is published; a change since then keeps it dirty.
    fn clear_dirty(&self, sku: &Sku, version: u64) -> Result<(), Self::Error>;
}

/// Which part of a ledger.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct LedgerPage {
    /// The part.
    pub sku: Sku,
    /// One location, or all of the shard's region.
    pub location: Option<LocationId>,
    /// Entries after this place.
    pub after: u64,
    /// At most this many.
    pub limit: u32,
}

/// A store in memory.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MemoryStore {
    inner: std::cell::RefCell<Tables>,
}

#[derive(Debug, Clone, Default, PartialEq)]
struct Tables {
    positions: BTreeMap<Sku, BTreeMap<LocationId, Position>>,
    ledger: BTreeMap<Sku, Vec<Entry>>,
    holds: BTreeMap<OpaqueId, QuoteHolds>,
    /// When what is held is to be freed.
    due: BTreeSet<(Timestamp, OpaqueId)>,
    clock: Timestamp,
    outbox: Vec<StockEvent>,
    dirty: BTreeMap<Sku, u64>,
    sequence: u64,
}

impl MemoryStore {
    /// The events of the outbox, the oldest first.
    pub fn outbox(&self) -> Vec<StockEvent> {
        self.inner.borrow().outbox.clone()
    }
}

impl Store for MemoryStore {
    type Error = std::convert::Infallible;

    fn positions(&self, sku: &Sku) -> Result<Vec<Position>, Self::Error> {
        let inner = self.inner.borrow();
        Ok(inner.positions.get(sku).into_iter().flat_map(BTreeMap::values).cloned().collect())
    }

    fn put_position(&self, position: &Position) -> Result<(), Self::Error> {
        let mut inner = self.inner.borrow_mut();
        let of_sku = inner.positions.entry(position.sku.clone()).or_default();
        of_sku.insert(position.location.clone(), position.clone());
        Ok(())
    }

    fn entry(&self, sku: &Sku, location: &LocationId, id: &OpaqueId) -> Result<Option<Entry>, Self::Error> {
        let inner = self.inner.borrow();
        let mut ledger = inner.ledger.get(sku).into_iter().flatten();
        Ok(ledger.find(|e| e.movement.location == *location && e.movement.id == *id).cloned())
    }

    fn append(&self, entry: &Entry) -> Result<(), Self::Error> {
        self.inner.borrow_mut().ledger.entry(entry.movement.sku.clone()).or_default().push(entry.clone());
        Ok(())
    }

    fn ledger(&self, page: &LedgerPage) -> Result<Vec<Entry>, Self::Error> {
        let inner = self.inner.borrow();
        let here = |e: &&Entry| page.location.as_ref().is_none_or(|location| *location == e.movement.location);
        let ledger = inner.ledger.get(&page.sku).into_iter().flatten().filter(|e| e.seq > page.after);
        Ok(ledger.filter(here).take(usize::try_from(page.limit).unwrap_or(usize::MAX)).cloned().collect())
    }

    fn next_sequence(&self) -> Result<u64, Self::Error> {
        let mut inner = self.inner.borrow_mut();
        inner.sequence = inner.sequence.saturating_add(1);
        Ok(inner.sequence)
    }

    fn holds(&self, quote: &OpaqueId) -> Result<Option<QuoteHolds>, Self::Error> {
        Ok(self.inner.borrow().holds.get(quote).cloned())
    }

    fn put_holds(&self, holds: &QuoteHolds) -> Result<(), Self::Error> {
        let mut inner = self.inner.borrow_mut();
        if let Some(before) = inner.holds.insert(holds.quote.clone(), holds.clone()) {
            inner.due.remove(&(before.frees_at(), before.quote));
        }
        if holds.state == HoldState::Held {
            inner.due.insert((holds.frees_at(), holds.quote.clone()));
        }
        Ok(())
    }

    fn due(&self, now: Timestamp, limit: u32) -> Result<Vec<OpaqueId>, Self::Error> {
        let inner = self.inner.borrow();
        let due = inner.due.iter().take_while(|(at, _)| *at <= now).map(|(_, quote)| quote.clone());
        Ok(due.take(usize::try_from(limit).unwrap_or(usize::MAX)).collect())
    }

    fn overdue(&self, sku: &Sku, now: Timestamp) -> Result<Vec<(LocationId, u64)>, Self::Error> {
        let inner = self.inner.borrow();
        let due = inner.due.iter().take_while(|(at, _)| *at <= now).filter_map(|(_, quote)| inner.holds.get(quote));
        let mut units: BTreeMap<LocationId, u64> = BTreeMap::new();
        for hold in
            due.filter(|holds| !holds.is_chained()).flat_map(|holds| &holds.holds).filter(|hold| hold.sku == *sku)
        {
            let sum = units.entry(hold.location.clone()).or_default();
            *sum = sum.saturating_add(hold.own().into());
        }
        Ok(units.into_iter().collect())
    }

    fn clock(&self) -> Result<Timestamp, Self::Error> {
        Ok(self.inner.borrow().clock)
    }

    fn put_clock(&self, now: Timestamp) -> Result<(), Self::Error> {
        self.inner.borrow_mut().clock = now;
        Ok(())
    }

    fn forget(&self, now: Timestamp, limit: u32) -> Result<(), Self::Error> {
        let mut inner = self.inner.borrow_mut();
        let over = inner.holds.values().filter(|holds| holds.forget_at.is_some_and(|at| at <= now));
        let over = over.take(usize::try_from(limit).unwrap_or(usize::MAX)).map(|holds| holds.quote.clone());
        for quote in over.collect::<Vec<_>>() {
            inner.holds.remove(&quote);
        }
        Ok(())
    }

    fn next_forgotten(&self) -> Result<Option<Timestamp>, Self::Error> {
        Ok(self.inner.borrow().holds.values().filter_map(|holds| holds.forget_at).min())
    }

    fn next_due(&self) -> Result<Option<Timestamp>, Self::Error> {
        Ok(self.inner.borrow().due.first().map(|(at, _)| *at))
    }

    fn quotes_at(&self, sku: &Sku, location: &LocationId) -> Result<Vec<QuoteHolds>, Self::Error> {
        let here = |holds: &&QuoteHolds| holds.holds.iter().any(|hold| hold.is_at(sku, location));
        Ok(self.inner.borrow().holds.values().filter(here).cloned().collect())
    }

    fn sales_at(&self, sku: &Sku, location: &LocationId) -> Result<Vec<QuoteHolds>, Self::Error> {
        let mut here = self.quotes_at(sku, location)?;
        here.retain(|holds| holds.state == HoldState::Committed);
        Ok(here)
    }

    fn emit(&self, event: &StockEvent) -> Result<(), Self::Error> {
        self.inner.borrow_mut().outbox.push(event.clone());
        Ok(())
    }

    fn has_events(&self) -> Result<bool, Self::Error> {
        Ok(!self.inner.borrow().outbox.is_empty())
    }

    fn delivered(&self, seq: u64) -> Result<(), Self::Error> {
        self.inner.borrow_mut().outbox.retain(|event| event.seq > seq);
        Ok(())
    }

    fn mark_dirty(&self, sku: &Sku, version: u64) -> Result<(), Self::Error> {
        self.inner.borrow_mut().dirty.insert(sku.clone(), version);
        Ok(())
    }

    fn dirty(&self, limit: u32) -> Result<Vec<(Sku, u64)>, Self::Error> {
        let mut dirty: Vec<_> =
            self.inner.borrow().dirty.iter().map(|(sku, version)| (sku.clone(), *version)).collect();
        dirty.sort_by_key(|(_, version)| *version);
        dirty.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(dirty)
    }

    fn clear_dirty(&self, sku: &Sku, version: u64) -> Result<(), Self::Error> {
        self.inner.borrow_mut().dirty.retain(|dirty, since| dirty != sku || *since > version);
        Ok(())
    }
}
