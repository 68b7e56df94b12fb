//! What is held past its time, while nobody has freed it yet.
//!
//! A command frees a few of the holds whose time is over, an alarm more. If a great many end at once, some are still
//! there when a position is read; the clock decides all the same, because a position is read together with how much of
//! what it holds is overdue. Once such units are given to others, no clock may go back behind that: else a late commit
//! could still sell them.

use crate::id::Sku;
use crate::stock::position::Position;
use crate::stock::store::Store;
use crate::time::Timestamp;

/// The time of a command that comes at `now`.
pub(super) fn clock<S: Store>(now: Timestamp, store: &S) -> Result<Timestamp, S::Error> {
    Ok(store.clock()?.max(now))
}

/// The positions of a sku as they are at `now`.
pub(super) fn positions<S: Store>(sku: &Sku, now: Timestamp, store: &S) -> Result<Vec<Position>, S::Error> {
    let mut positions = store.positions(sku)?;
    let backlog = store.next_due()?.is_some_and(|due| due <= now);
    let overdue = if backlog { store.overdue(sku, now)? } else { Vec::new() };
    for position in &mut positions {
        let here = overdue.iter().find(|(location, _)| *location == position.location);
        position.counters.overdue = here.map_or(0, |(_, units)| *units);
    }
    Ok(positions)
}

/// Writes a position that was read at `now`.
pub(super) fn put<S: Store>(position: &mut Position, now: Timestamp, store: &S) -> Result<(), S::Error> {
    if position.counters.overdue > 0 {
        position.counters.overdue = 0;
        store.put_clock(now)?;
    }
    store.put_position(position)
}
