//! What a shard needs of its storage, and a store in memory for tests and simulations.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::event::StockEvent;
use super::handover::Handover;
use super::hold::{Hold, HoldState, QuoteHolds};
use super::movement::Entry;
use super::position::Position;
use super::shard_map::ShardName;
use crate::id::{LocationId, OpaqueId, Sku};
use crate::time::Timestamp;

/// A shard's own storage: synchronous, and all writes of one command become durable together.
pub trait Store {
    /// What storage reports when it cannot read or write.
    type Error;

    /// The positions of a sku, by location.
    fn positions(&self, sku: &Sku) -> Result<Vec<Position>, Self::Error>;
    /// Up to `limit` positions of a location that have units on hand, by sku, those after `after`.
    fn stocked(&self, location: &LocationId, after: Option<&Sku>, limit: u32) -> Result<Vec<Position>, Self::Error>;
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
    /// Forgets records of quotes whose [time](QuoteHolds::forget_at) has come, at most so many.
    fn forget(&self, now: Timestamp, limit: u32) -> Result<(), Self::Error>;
    /// When the next record may be forgotten.
    fn next_forgotten(&self) -> Result<Option<Timestamp>, Self::Error>;
    /// Quotes that [await stock](QuoteHolds::awaits) of a position, by id; others that once held some there may be among
    /// them, but every one makes a pick and a shortfall slower.
    fn quotes_at(&self, sku: &Sku, location: &LocationId) -> Result<Vec<QuoteHolds>, Self::Error>;
    /// Quotes with sold goods to be [picked](QuoteHolds::awaits) at a location, by id; at most so many.
    fn unpicked_at(&self, location: &LocationId, limit: u32) -> Result<Vec<QuoteHolds>, Self::Error>;
    /// Positions of a location with scheduled receipts; at most so many.
    fn expecting(&self, location: &LocationId, limit: u32) -> Result<Vec<Position>, Self::Error>;
    /// Positions of a location where more is promised than is there; at most so many.
    fn short(&self, location: &LocationId, limit: u32) -> Result<Vec<Position>, Self::Error>;
    /// The ledgers of a location from a time on, newest first; at most so many entries.
    fn entries_since(&self, location: &LocationId, since: Timestamp, limit: u32) -> Result<Vec<Entry>, Self::Error>;
    /// Puts an event into the outbox.
    fn emit(&self, event: &StockEvent) -> Result<(), Self::Error>;
    /// Whether events wait in the outbox.
    fn has_events(&self) -> Result<bool, Self::Error>;
    /// Takes the events up to and with `seq` out of the outbox: they are delivered.
    fn delivered(&self, seq: u64) -> Result<(), Self::Error>;
    /// Notes that the sku's snapshot is out of date since `version`, and should not be from `publish_at` on. An earlier time
    /// that was noted before stands.
    fn mark_dirty(&self, sku: &Sku, version: u64, publish_at: Timestamp) -> Result<(), Self::Error>;
    /// Skus whose snapshots should be published by `now`, oldest change first, with the version of their last change.
    fn dirty(&self, now: Timestamp, limit: u32) -> Result<Vec<(Sku, u64)>, Self::Error>;
    /// When the next snapshot should be published; none if all are up to date.
    fn next_publication(&self) -> Result<Option<Timestamp>, Self::Error>;
    /// Notes that the sku's snapshot of `version` is published; a change since then keeps it dirty.
    fn clear_dirty(&self, sku: &Sku, version: u64) -> Result<(), Self::Error>;

    /// For a sku's own shard: the sku, and its bucket.
    fn origin(&self) -> Option<(Sku, ShardName)>;
    /// What is noted of skus on their way from their bucket to a shard of their own, by sku.
    fn handovers(&self) -> Result<Rc<Vec<Handover>>, Self::Error>;
    /// What is noted of one.
    fn handover(&self, sku: &Sku) -> Result<Option<Handover>, Self::Error> {
        Ok(self.handovers()?.iter().find(|known| known.sku == *sku).cloned())
    }
    /// Writes a note over the one before.
    fn put_handover(&self, handover: &Handover) -> Result<(), Self::Error>;
    /// Records of quotes after this one, by id.
    fn holds_after(&self, quote: Option<&OpaqueId>, limit: u32) -> Result<Vec<QuoteHolds>, Self::Error>;
    /// Notes that a quote's record has changed while its sku is being copied: at the end of the list, once.
    fn note_change(&self, sku: &Sku, quote: &OpaqueId) -> Result<(), Self::Error>;
    /// Noted changes by their places, which are never given twice.
    fn changes(&self, sku: &Sku, limit: u32) -> Result<Vec<(u64, OpaqueId)>, Self::Error>;
    /// Takes the change at a place off the list.
    fn forget_change(&self, place: u64) -> Result<(), Self::Error>;
    /// Goes on with numbers above `last`.
    fn raise_sequence(&self, last: u64) -> Result<(), Self::Error>;
    /// Removes positions, ledger and noted changes of a sku that is elsewhere, about so many rows. Whether any are left.
    fn remove(&self, sku: &Sku, limit: u32) -> Result<bool, Self::Error>;
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
    outbox: Vec<StockEvent>,
    dirty: BTreeMap<Sku, (u64, Timestamp)>,
    sequence: u64,
    origin: Option<(Sku, ShardName)>,
    handovers: BTreeMap<Sku, Handover>,
    changes: BTreeMap<u64, (Sku, OpaqueId)>,
    noted: u64,
}

impl MemoryStore {
    /// The store of a sku's own shard.
    pub fn dedicated(sku: Sku, bucket: ShardName) -> Self {
        let tables = Tables { origin: Some((sku, bucket)), ..Tables::default() };
        Self { inner: tables.into() }
    }
}

impl MemoryStore {
    fn positions_at(&self, location: &LocationId, limit: u32, wanted: impl Fn(&Position) -> bool) -> Vec<Position> {
        let inner = self.inner.borrow();
        let here = inner.positions.values().filter_map(|of_sku| of_sku.get(location)).filter(|one| wanted(one));
        here.take(usize::try_from(limit).unwrap_or(usize::MAX)).cloned().collect()
    }

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

    fn stocked(&self, location: &LocationId, after: Option<&Sku>, limit: u32) -> Result<Vec<Position>, Self::Error> {
        use std::ops::Bound::{Excluded, Unbounded};
        let inner = self.inner.borrow();
        let skus = inner.positions.range::<Sku, _>((after.map_or(Unbounded, Excluded), Unbounded));
        let here = skus.filter_map(|(_, of_sku)| of_sku.get(location)).filter(|position| position.counters.on_hand > 0);
        Ok(here.take(usize::try_from(limit).unwrap_or(usize::MAX)).cloned().collect())
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
        let awaits = |holds: &&QuoteHolds| holds.awaits(sku, location);
        Ok(self.inner.borrow().holds.values().filter(awaits).cloned().collect())
    }

    fn unpicked_at(&self, location: &LocationId, limit: u32) -> Result<Vec<QuoteHolds>, Self::Error> {
        let sold = |holds: &&QuoteHolds| {
            let unpicked = |hold: &Hold| hold.location == *location && hold.unpicked > 0;
            holds.state == HoldState::Committed && holds.holds.iter().any(unpicked)
        };
        let inner = self.inner.borrow();
        Ok(inner.holds.values().filter(sold).take(usize::try_from(limit).unwrap_or(usize::MAX)).cloned().collect())
    }

    fn expecting(&self, location: &LocationId, limit: u32) -> Result<Vec<Position>, Self::Error> {
        Ok(self.positions_at(location, limit, |position| !position.incoming.is_empty()))
    }

    fn short(&self, location: &LocationId, limit: u32) -> Result<Vec<Position>, Self::Error> {
        Ok(self.positions_at(location, limit, |position| position.counters.shortfall() > 0))
    }

    fn entries_since(&self, location: &LocationId, since: Timestamp, limit: u32) -> Result<Vec<Entry>, Self::Error> {
        let inner = self.inner.borrow();
        let here = inner.ledger.values().flatten().filter(|e| e.movement.location == *location && e.at >= since);
        let mut entries: Vec<Entry> = here.cloned().collect();
        entries.sort_by_key(|entry| std::cmp::Reverse((entry.at, entry.seq)));
        entries.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(entries)
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

    fn mark_dirty(&self, sku: &Sku, version: u64, publish_at: Timestamp) -> Result<(), Self::Error> {
        let mut inner = self.inner.borrow_mut();
        let before = inner.dirty.get(sku).map_or(publish_at, |(_, before)| *before);
        inner.dirty.insert(sku.clone(), (version, before.min(publish_at)));
        Ok(())
    }

    fn dirty(&self, now: Timestamp, limit: u32) -> Result<Vec<(Sku, u64)>, Self::Error> {
        let inner = self.inner.borrow();
        let due = inner.dirty.iter().filter(|(_, (_, publish_at))| *publish_at <= now);
        let mut dirty: Vec<_> = due.map(|(sku, (version, _))| (sku.clone(), *version)).collect();
        dirty.sort_by_key(|(_, version)| *version);
        dirty.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(dirty)
    }

    fn next_publication(&self) -> Result<Option<Timestamp>, Self::Error> {
        Ok(self.inner.borrow().dirty.values().map(|(_, publish_at)| *publish_at).min())
    }

    fn clear_dirty(&self, sku: &Sku, version: u64) -> Result<(), Self::Error> {
        self.inner.borrow_mut().dirty.retain(|dirty, (last, _)| dirty != sku || *last > version);
        Ok(())
    }

    fn origin(&self) -> Option<(Sku, ShardName)> {
        self.inner.borrow().origin.clone()
    }

    fn handovers(&self) -> Result<Rc<Vec<Handover>>, Self::Error> {
        Ok(Rc::new(self.inner.borrow().handovers.values().cloned().collect()))
    }

    fn put_handover(&self, handover: &Handover) -> Result<(), Self::Error> {
        self.inner.borrow_mut().handovers.insert(handover.sku.clone(), handover.clone());
        Ok(())
    }

    fn holds_after(&self, quote: Option<&OpaqueId>, limit: u32) -> Result<Vec<QuoteHolds>, Self::Error> {
        use std::ops::Bound::{Excluded, Unbounded};
        let inner = self.inner.borrow();
        let after = inner.holds.range::<OpaqueId, _>((quote.map_or(Unbounded, Excluded), Unbounded));
        let after = after.map(|(_, holds)| holds.clone());
        Ok(after.take(usize::try_from(limit).unwrap_or(usize::MAX)).collect())
    }

    fn note_change(&self, sku: &Sku, quote: &OpaqueId) -> Result<(), Self::Error> {
        let mut inner = self.inner.borrow_mut();
        let change = (sku.clone(), quote.clone());
        inner.changes.retain(|_, known| *known != change);
        inner.noted = inner.noted.saturating_add(1);
        let place = inner.noted;
        inner.changes.insert(place, change);
        Ok(())
    }

    fn changes(&self, sku: &Sku, limit: u32) -> Result<Vec<(u64, OpaqueId)>, Self::Error> {
        let inner = self.inner.borrow();
        let of_sku = inner.changes.iter().filter(|(_, (of, _))| of == sku);
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Ok(of_sku.take(limit).map(|(place, (_, quote))| (*place, quote.clone())).collect())
    }

    fn forget_change(&self, place: u64) -> Result<(), Self::Error> {
        self.inner.borrow_mut().changes.remove(&place);
        Ok(())
    }

    fn raise_sequence(&self, last: u64) -> Result<(), Self::Error> {
        let mut inner = self.inner.borrow_mut();
        inner.sequence = inner.sequence.max(last);
        Ok(())
    }

    fn remove(&self, sku: &Sku, _limit: u32) -> Result<bool, Self::Error> {
        let mut inner = self.inner.borrow_mut();
        inner.positions.remove(sku);
        inner.ledger.remove(sku);
        inner.changes.retain(|_, (of, _)| of != sku);
        Ok(false)
    }
}
