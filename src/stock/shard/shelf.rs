//! The positions one command works on: read once, changed in memory, written once.

use std::collections::{BTreeMap, BTreeSet};

use super::overdue;
use crate::id::{LocationId, Sku};
use crate::stock::position::{Counters, Position};
use crate::stock::store::Store;
use crate::time::Timestamp;

/// Positions on their way through a command.
pub(super) struct Shelf<'a, S: Store> {
    store: &'a S,
    now: Timestamp,
    read: BTreeSet<Sku>,
    positions: BTreeMap<(Sku, LocationId), Position>,
    changed: BTreeSet<(Sku, LocationId)>,
}

impl<'a, S: Store> Shelf<'a, S> {
    /// The positions as they are at `now`.
    pub(super) fn new(now: Timestamp, store: &'a S) -> Self {
        Self { store, now, read: BTreeSet::new(), positions: BTreeMap::new(), changed: BTreeSet::new() }
    }

    /// The counters of a position as they stand; zero where nobody has written any.
    pub(super) fn counters(&mut self, sku: &Sku, location: &LocationId) -> Result<Counters, S::Error> {
        if self.read.insert(sku.clone()) {
            for position in overdue::positions(sku, self.now, self.store)? {
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
        self.counters(sku, location)?;
        let key = (sku.clone(), location.clone());
        let position = self.positions.entry(key.clone());
        let position = position.or_insert_with(|| Position::empty(sku.clone(), location.clone()));
        change(&mut position.counters);
        self.changed.insert(key);
        Ok(())
    }

    /// Writes what was changed, each position with its next version, and gives the command its place in the shard's
    /// sequence.
    pub(super) fn write(mut self) -> Result<u64, S::Error> {
        let seq = self.store.next_sequence()?;
        for key in &self.changed {
            if let Some(position) = self.positions.get_mut(key) {
                position.version = position.version.saturating_add(1);
                overdue::put(position, self.now, self.store)?;
                self.store.mark_dirty(&position.sku, seq)?;
            }
        }
        Ok(seq)
    }
}
