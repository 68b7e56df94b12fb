//! The positions one command works on: read once, changed in memory, written once.

use super::PUBLISH_QUIET_AFTER;
use crate::id::{LocationId, Sku};
use crate::order::{SortedMap, SortedSet};
use crate::stock::event::Happening;
use crate::stock::position::{Counters, Position};
use crate::stock::store::Store;
use crate::time::Timestamp;

/// Positions on their way through a command.
pub(super) struct Shelf<'a, S: Store> {
    store: &'a S,
    read: SortedSet<Sku>,
    positions: SortedMap<(Sku, LocationId), Position>,
    /// What was changed, with its counters before.
    changed: SortedMap<(Sku, LocationId), Counters>,
}

impl<'a, S: Store> Shelf<'a, S> {
    pub(super) fn new(store: &'a S) -> Self {
        Self { store, read: SortedSet::default(), positions: SortedMap::default(), changed: SortedMap::default() }
    }

    /// The counters of a position as they stand; zero where nobody has written any.
    pub(super) fn counters(&mut self, sku: &Sku, location: &LocationId) -> Result<Counters, S::Error> {
        if self.read.insert(sku.clone()) {
            for position in self.store.positions(sku)? {
                self.positions.insert((sku.clone(), position.location.clone()), position);
            }
        }
        let position = self.positions.get(&(sku.clone(), location.clone()));
        Ok(position.map(|position| position.counters).unwrap_or_default())
    }

    /// Changes the counters of a position.
    pub(super) fn change(
        &mut self,
        sku: &Sku,
        location: &LocationId,
        change: impl FnOnce(&mut Counters),
    ) -> Result<(), S::Error> {
        let before = self.counters(sku, location)?;
        let key = (sku.clone(), location.clone());
        let new = || Position::empty(sku.clone(), location.clone());
        self.positions.update(key.clone(), new, |position| change(&mut position.counters));
        self.changed.update(key, || before, |_| ());
        Ok(())
    }

    /// The changed positions that have run low.
    pub(super) fn low(&self) -> Vec<Happening> {
        let changed = self.changed.iter().filter_map(|(key, before)| Some((self.positions.get(key)?, before)));
        changed.filter(|(now, before)| now.counters.has_run_low(before)).map(|(now, _)| super::low_stock(now)).collect()
    }

    /// Writes what was changed, each position with its next version, and gives the command its place in the shard's
    /// sequence. A change that is no news to readers far away waits for others of its sku before it is published.
    pub(super) fn write(mut self, now: Timestamp) -> Result<u64, S::Error> {
        let seq = self.store.next_sequence()?;
        for (key, before) in self.changed.iter() {
            if let Some(position) = self.positions.get_mut(key) {
                position.version = position.version.saturating_add(1);
                self.store.put_position(position)?;
                let quiet = position.incoming.is_empty() && position.counters.are_much_like(before);
                let publish_at = if quiet { now.plus(PUBLISH_QUIET_AFTER) } else { now };
                self.store.mark_dirty(&position.sku, seq, publish_at)?;
            }
        }
        Ok(seq)
    }
}
