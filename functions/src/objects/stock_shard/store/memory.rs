//! What a shard keeps in memory of its tables, so that the common command reads little. All of it can be lost at any
//! time.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::rc::Rc;

use holdfast::id::Sku;
use holdfast::order::sort_by_key;
use holdfast::stock::{Handover, Position};
use holdfast::time::Timestamp;

/// Skus whose positions are kept; a position is a few hundred bytes.
const CACHED_SKUS: usize = 20_000;

/// Later than any time.
pub const NEVER: i64 = i64::MAX;

/// Copies of rows, and numbers that were set apart.
#[derive(Default)]
pub struct Memory {
    positions: RefCell<HashMap<Sku, Rc<Vec<Position>>>>,
    /// Numbers of the sequence that a write has set apart and nobody has yet.
    numbers: RefCell<Option<RangeInclusive<u64>>>,
    /// No hold is to be freed before this, in milliseconds since 1970; [`NEVER`] where nothing is held.
    due_from: Cell<Option<i64>>,
    /// Every dirty sku.
    dirty: RefCell<Option<HashMap<Sku, Dirty>>>,
    /// Every handover; mostly none.
    handovers: RefCell<Option<Rc<Vec<Handover>>>>,
}

/// Changes of a sku that are not in its snapshot.
struct Dirty {
    /// The first of them.
    since: u64,
    /// The last of them.
    version: u64,
    /// When they should be published.
    publish_at: Timestamp,
}

impl Memory {
    /// Forgets everything.
    pub fn forget(&self) {
        self.positions.take();
        self.numbers.take();
        self.due_from.take();
        self.dirty.take();
        self.handovers.take();
    }

    /// The handovers, if they are known.
    pub fn handovers(&self) -> Option<Rc<Vec<Handover>>> {
        self.handovers.borrow().clone()
    }

    /// Notes the handovers.
    pub fn set_handovers(&self, found: Vec<Handover>) -> Rc<Vec<Handover>> {
        self.handovers.borrow_mut().insert(Rc::new(found)).clone()
    }

    /// A handover is about to be written.
    pub fn forget_handovers(&self) {
        self.handovers.take();
    }

    /// The positions of a sku are removed.
    pub fn forget_positions(&self, sku: &Sku) {
        self.positions.borrow_mut().remove(sku);
    }

    /// The sequence goes on elsewhere.
    pub fn forget_numbers(&self) {
        self.numbers.take();
    }

    /// The positions of a sku, if they are kept.
    pub fn positions(&self, sku: &Sku) -> Option<Vec<Position>> {
        self.positions.borrow().get(sku).map(|known| known.to_vec())
    }

    /// Keeps what a read has found.
    pub fn keep_positions(&self, sku: &Sku, found: &[Position]) {
        let mut cache = self.positions.borrow_mut();
        if cache.len() >= CACHED_SKUS {
            cache.clear();
        }
        cache.insert(sku.clone(), Rc::new(found.to_vec()));
    }

    /// Follows a write.
    pub fn update_position(&self, position: &Position) {
        if let Some(known) = self.positions.borrow_mut().get_mut(&position.sku) {
            let known = Rc::make_mut(known);
            match known.binary_search_by(|other| other.location.cmp(&position.location)) {
                Ok(at) => known.get_mut(at).into_iter().for_each(|slot| slot.clone_from(position)),
                Err(at) => known.insert(at, position.clone()),
            }
        }
    }

    /// The next of the numbers that were set apart.
    pub fn next_number(&self) -> Option<u64> {
        self.numbers.borrow_mut().as_mut().and_then(RangeInclusive::next)
    }

    /// Notes numbers that were set apart.
    pub fn set_numbers(&self, numbers: RangeInclusive<u64>) {
        self.numbers.replace(Some(numbers));
    }

    /// When the next hold may be to be freed, or [`NEVER`]; nothing if that is not known.
    pub fn due_from(&self) -> Option<i64> {
        self.due_from.get()
    }

    /// Notes when the next hold is to be freed.
    pub fn set_due_from(&self, millis: i64) {
        self.due_from.set(Some(millis));
    }

    /// Follows the write of a hold. One that ends leaves the bound as it is: too early is harmless.
    pub fn frees_at(&self, at: Timestamp) {
        self.due_from.set(self.due_from.get().map(|known| known.min(at.millis())));
    }

    /// The next hold to be freed is about to be.
    pub fn forget_due(&self) {
        self.due_from.take();
    }

    /// Whether the dirty skus are known.
    pub fn knows_dirty(&self) -> bool {
        self.dirty.borrow().is_some()
    }

    /// Notes the dirty skus with the versions they are to be published with.
    pub fn set_dirty(&self, dirty: Vec<(Sku, u64)>) {
        let entry = |(sku, version)| (sku, Dirty { since: version, version, publish_at: Timestamp::EPOCH });
        self.dirty.replace(Some(dirty.into_iter().map(entry).collect()));
    }

    /// Notes a change. Whether it is the first since the sku's snapshot.
    pub fn mark_dirty(&self, sku: &Sku, version: u64, publish_at: Timestamp) -> bool {
        let mut dirty = self.dirty.borrow_mut();
        let dirty = dirty.get_or_insert_default();
        if let Some(known) = dirty.get_mut(sku) {
            known.version = version;
            known.publish_at = known.publish_at.min(publish_at);
            return false;
        }
        dirty.insert(sku.clone(), Dirty { since: version, version, publish_at });
        true
    }

    /// When the next dirty sku should be published.
    pub fn next_publication(&self) -> Option<Timestamp> {
        self.dirty.borrow().iter().flatten().map(|(_, changes)| changes.publish_at).min()
    }

    /// Skus that should be published by `now` with the version of their last change, the longest out of date first.
    pub fn dirty(&self, now: Timestamp, limit: usize) -> Vec<(Sku, u64)> {
        let dirty = self.dirty.borrow();
        let mut all: Vec<_> = dirty.iter().flatten().filter(|(_, changes)| changes.publish_at <= now).collect();
        sort_by_key(&mut all, |(_, changes)| changes.since);
        all.into_iter().take(limit).map(|(sku, changes)| (sku.clone(), changes.version)).collect()
    }

    /// Forgets changes up to `version`, which are published. Whether the sku is clean now; if not, what came after
    /// counts as new.
    pub fn clear_dirty(&self, sku: &Sku, version: u64) -> bool {
        let mut dirty = self.dirty.borrow_mut();
        let dirty = dirty.get_or_insert_default();
        match dirty.get_mut(sku) {
            Some(changes) if changes.version > version => {
                changes.since = changes.version;
                false
            }
            known => known.is_some() && dirty.remove(sku).is_some(),
        }
    }
}
