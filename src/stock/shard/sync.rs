//! Making a snapshot of another system true, or only telling what that would do.
//!
//! A line that says what is known writes nothing: a snapshot of a whole location every night leaves no trace but its
//! differences, and versions that others expect stay as they are.

use super::{MovementResult, apply, endangered, position};
use crate::stock::movement::{Movement, Rejection};
use crate::stock::store::Store;
use crate::stock::sync::{Compared, Outcome};
use crate::time::Timestamp;

/// Compares each count with its position and, unless it is a `dry_run`, applies those that differ. A count whose id its
/// position has seen is not applied again, whatever has happened there since.
pub(super) fn sync<S: Store>(
    counts: Vec<Movement>,
    dry_run: bool,
    now: Timestamp,
    store: &S,
) -> Result<Vec<Compared>, S::Error> {
    counts.into_iter().map(|count| compare(count, dry_run, now, store)).collect()
}

fn compare<S: Store>(count: Movement, dry_run: bool, now: Timestamp, store: &S) -> Result<Compared, S::Error> {
    let mut before = position(&count.sku, &count.location, store)?;
    let compared = Compared::of(&count, before.counters.on_hand, before.version);
    let after = match count.apply(before.counters) {
        Ok(after) => after,
        Err(rejection) => return Ok(compared.rejected(rejection)),
    };
    if compared.variance == 0 {
        return Ok(compared);
    }
    if let Some(earlier) = store.entry(&count.sku, &count.location, &count.id)? {
        // What it expected does not matter any more: a snapshot is taken anew for each try, the id is the sync's.
        let same = earlier.movement.kind == count.kind && earlier.movement.quantity == count.quantity;
        return Ok(if same {
            Compared { result: Outcome::Duplicate, version: earlier.version, ..compared }
        } else {
            compared.rejected(Rejection::IdReused)
        });
    }
    if count.expect_version.is_some_and(|expected| expected != before.version) {
        return Ok(Compared { result: Outcome::VersionConflict, ..compared });
    }
    let lacking = before.counters.shortfall();
    before.counters = after;
    let shortfall = Some(after.shortfall()).filter(|units| *units > lacking);
    let endangers = if shortfall.is_some() { endangered(&before, store)? } else { Vec::new() };
    let compared = Compared { result: Outcome::Differs, shortfall, endangers, ..compared };
    if dry_run {
        return Ok(compared);
    }
    Ok(match apply(count, now, store)? {
        MovementResult::Applied { version, .. } => Compared { result: Outcome::Applied, version, ..compared },
        MovementResult::Duplicate { version, .. } => Compared { result: Outcome::Duplicate, version, ..compared },
        MovementResult::VersionConflict { version, .. } => {
            Compared { result: Outcome::VersionConflict, version, ..compared }
        }
        MovementResult::Rejected { code, .. } => compared.rejected(code),
    })
}

#[cfg(test)]
mod tests;
