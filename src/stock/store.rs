//! What a shard needs of its storage, and a store in memory for tests and simulations.

use std::collections::BTreeMap;

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
    /// Quotes with holds that are to be freed at `now`, the earliest first.
    fn due(&self, now: Timestamp) -> Result<Vec<OpaqueId>, Self::Error>;
    /// When the next hold is to be freed.
    fn next_due(&self) -> Result<Option<Timestamp>, Self::Error>;
    /// Quotes that [await stock](QuoteHolds::awaits) of a position, by id; others that once held some there may be among
    /// them, but every one makes a pick and a shortfall slower.
    fn quotes_at(&self, sku: &Sku, location: &LocationId) -> Result<Vec<QuoteHolds>, Self::Error>;
    /// Puts an event into the outbox.
    fn emit(&self, event: &StockEvent) -> Result<(), Self::Error>;
    /// The oldest events of the outbox.
    fn outbox(&self, limit: u32) -> Result<Vec<StockEvent>, Self::Error>;
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
    positions: BTreeMap<(Sku, LocationId), Position>,
    ledger: Vec<Entry>,
    holds: BTreeMap<OpaqueId, QuoteHolds>,
    outbox: Vec<StockEvent>,
    dirty: BTreeMap<Sku, u64>,
    sequence: u64,
}

impl Store for MemoryStore {
    type Error = std::convert::Infallible;

    fn positions(&self, sku: &Sku) -> Result<Vec<Position>, Self::Error> {
        Ok(self.inner.borrow().positions.values().filter(|position| position.sku == *sku).cloned().collect())
    }

    fn put_position(&self, position: &Position) -> Result<(), Self::Error> {
        let key = (position.sku.clone(), position.location.clone());
        self.inner.borrow_mut().positions.insert(key, position.clone());
        Ok(())
    }

    fn entry(&self, sku: &Sku, location: &LocationId, id: &OpaqueId) -> Result<Option<Entry>, Self::Error> {
        let inner = self.inner.borrow();
        let mut ledger = inner.ledger.iter();
        Ok(ledger.find(|e| e.movement.sku == *sku && e.movement.location == *location && e.movement.id == *id).cloned())
    }

    fn append(&self, entry: &Entry) -> Result<(), Self::Error> {
        self.inner.borrow_mut().ledger.push(entry.clone());
        Ok(())
    }

    fn ledger(&self, page: &LedgerPage) -> Result<Vec<Entry>, Self::Error> {
        let inner = self.inner.borrow();
        let wanted = |e: &&Entry| {
            e.movement.sku == page.sku
                && e.seq > page.after
                && page.location.as_ref().is_none_or(|location| *location == e.movement.location)
        };
        Ok(inner
            .ledger
            .iter()
            .filter(wanted)
            .take(usize::try_from(page.limit).unwrap_or(usize::MAX))
            .cloned()
            .collect())
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
        self.inner.borrow_mut().holds.insert(holds.quote.clone(), holds.clone());
        Ok(())
    }

    fn due(&self, now: Timestamp) -> Result<Vec<OpaqueId>, Self::Error> {
        let inner = self.inner.borrow();
        let held = inner.holds.values().filter(|holds| holds.state == HoldState::Held);
        let mut due: Vec<_> = held.filter(|holds| holds.frees_at() <= now).collect();
        due.sort_by_key(|holds| holds.expires_at);
        Ok(due.into_iter().map(|holds| holds.quote.clone()).collect())
    }

    fn next_due(&self) -> Result<Option<Timestamp>, Self::Error> {
        let inner = self.inner.borrow();
        let held = inner.holds.values().filter(|holds| holds.state == HoldState::Held);
        Ok(held.map(QuoteHolds::frees_at).min())
    }

    fn quotes_at(&self, sku: &Sku, location: &LocationId) -> Result<Vec<QuoteHolds>, Self::Error> {
        let awaits = |holds: &&QuoteHolds| holds.awaits(sku, location);
        Ok(self.inner.borrow().holds.values().filter(awaits).cloned().collect())
    }

    fn emit(&self, event: &StockEvent) -> Result<(), Self::Error> {
        self.inner.borrow_mut().outbox.push(event.clone());
        Ok(())
    }

    fn outbox(&self, limit: u32) -> Result<Vec<StockEvent>, Self::Error> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Ok(self.inner.borrow().outbox.iter().take(limit).cloned().collect())
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
