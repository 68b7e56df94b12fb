//! The positions one command works on: read once, changed in memory, written once.

use std::collections::{BTreeMap, BTreeSet};

use crate::id::{LocationId, Sku};
use crate::stock::event::Happening;
use crate::stock::position::{Counters, Position};
use crate::stock::store::Store;

/// Positions on their way through a command.
pub(super) struct Shelf<'a, S: Store> {
    store: &'a S,
    read: BTreeSet<Sku>,
    positions: BTreeMap<(Sku, LocationId), Position>,
    /// What was changed, with its counters before.
    changed: BTreeMap<(Sku, LocationId), Counters>,
}

impl<'a, S: Store> Shelf<'a, S> {
    pub(super) fn new(store: &'a S) -> Self {
        Self { store, read: BTreeSet::new(), positions: BTreeMap::new(), changed: BTreeMap::new() }
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
        let position = self.positions.entry(key.clone());
        let position = position.or_insert_with(|| Position::empty(sku.clone(), location.clone()));
        change(&mut position.counters);
        self.changed.entry(key).or_insert(before);
        Ok(())
    }

    /// The changed positions that have run low.
    pub(super) fn low(&self) -> Vec<Happening> {
        let changed = self.changed.iter().filter_map(|(key, before)| Some((self.positions.get(key)?, before)));
        changed.filter(|(now, before)| now.counters.has_run_low(before)).map(|(now, _)| super::low_stock(now)).collect()
    }

    /// Writes what was changed, each position with its next version, and gives the command its place in the shard's
    /// sequence.
    pub(super) fn write(mut self) -> Result<u64, S::Error> {
        let seq = self.store.next_sequence()?;
        for key in self.changed.keys() {
            if let Some(position) = self.positions.get_mut(key) {
                position.version = position.version.saturating_add(1);
                self.store.put_position(position)?;
                self.store.mark_dirty(&position.sku, seq)?;
            }
        }
        Ok(seq)
    }
}
