//! What a shard does with holds.
//!
//! A command is judged on the quote's record and the positions as they stand; only when nothing can refuse it any more
//! is anything written. The record's state is the memory that makes a repeated command harmless.

use super::handover::{self, done, keep, record};
use super::shelf::Shelf;
use super::{FREED_AT_ONCE, Reply, sales};
use crate::id::{LocationId, OpaqueId, Sku};
use crate::order::sort_by_key;
use crate::stock::event::{Happening, StockEvent, Units};
use crate::stock::hold::{
    Allocated, Hold, HoldLine, HoldRefusal, HoldState, LineHeld, LineUnits, QuoteHolds, SoldTo, frees_at,
};
use crate::stock::store::Store;
use crate::time::Timestamp;

/// Sets stock aside for a quote: for each line as much as there is. `replaces` names a quote of the same account whose
/// units may be used again; it stays as it is until it is released. A quote asks a shard once: what it asks for later,
/// under the same id, is answered with what it got.
pub(super) fn hold<S: Store>(
    quote: OpaqueId,
    expires_at: Timestamp,
    lines: &[HoldLine],
    replaces: Option<OpaqueId>,
    now: Timestamp,
    store: &S,
) -> Result<Reply, S::Error> {
    if let Some(known) = record(&quote, store)? {
        if known.state == HoldState::Empty {
            return Ok(Reply::Held { lines: told(&[], lines, store)? });
        }
        if !known.is_live(now) {
            return Ok(refused(&known));
        }
        let answer = told(&known.holds, lines, store)?;
        // Whoever asks again promises from now on.
        prolong(known, expires_at, now, store)?;
        return Ok(Reply::Held { lines: answer });
    }
    if frees_at(expires_at) <= now {
        return Ok(Reply::Refused { why: HoldRefusal::Expired });
    }
    let mut old = match replaces {
        Some(id) => record(&id, store)?.filter(|old| old.is_live(now) && !old.is_elsewhere()),
        None => None,
    };
    if old.as_ref().is_some_and(|old| old.replaced_by.is_some()) {
        return Ok(Reply::Refused { why: HoldRefusal::BeingReplaced });
    }
    let mut shelf = Shelf::new(store);
    let mut lendable = old.as_ref().map(Lendable::of).unwrap_or_default();
    let mut holds = Vec::new();
    // A line with fewer places to go chooses first.
    let mut choosing: Vec<&HoldLine> = lines.iter().collect();
    sort_by_key(&mut choosing, |line| line.locations.len());
    for line in choosing {
        holds.append(&mut allocate(line, &mut lendable, &mut shelf)?);
    }
    let answer = told(&holds, lines, store)?;
    if holds.is_empty() {
        // Remembered all the same: this command may come again when its quote has long gone on without this shard.
        keep(&mut QuoteHolds::nothing(quote, HoldState::Empty, expires_at), now, store)?;
        return Ok(Reply::Held { lines: answer });
    }
    let seq = shelf.write(now)?;
    if let Some(old) = &mut old {
        old.replaced_by = Some(quote.clone());
        keep(old, now, store)?;
    }
    let what = Happening::Held { quote: quote.clone(), units: units(&holds, |hold| hold.quantity) };
    let replaces = old.map(|old| old.quote);
    let mut held = QuoteHolds { holds, replaces, ..QuoteHolds::nothing(quote, HoldState::Held, expires_at) };
    keep(&mut held, now, store)?;
    store.emit(&StockEvent { seq, at: now, what })?;
    Ok(Reply::Held { lines: answer })
}

/// Moves the expiry of a quote's holds to `expires_at`, or leaves it where it is later: an extension that comes late must
/// not shorten a later one.
pub(super) fn extend<S: Store>(
    quote: &OpaqueId,
    expires_at: Timestamp,
    now: Timestamp,
    store: &S,
) -> Result<Reply, S::Error> {
    let Some(known) = record(quote, store)? else { return Ok(unknown()) };
    if known.is_elsewhere() {
        return done(&known.moved, store);
    }
    if !known.is_live(now) {
        return Ok(refused(&known));
    }
    let reply = done(&known.moved, store)?;
    prolong(known, expires_at, now, store)?;
    Ok(reply)
}

fn prolong<S: Store>(mut known: QuoteHolds, expires_at: Timestamp, now: Timestamp, store: &S) -> Result<(), S::Error> {
    if expires_at > known.expires_at {
        known.expires_at = expires_at;
        keep(&mut known, now, store)?;
    }
    Ok(())
}

/// Sells what a quote holds: all of it, or of each line so many units, and frees the rest. What was to take its place
/// is over, and so is what it took the place of.
pub(super) fn commit<S: Store>(
    quote: &OpaqueId,
    lines: Option<&[LineUnits]>,
    to: Option<SoldTo>,
    now: Timestamp,
    store: &S,
) -> Result<Reply, S::Error> {
    let Some(mut known) = record(quote, store)? else { return Ok(unknown()) };
    if known.is_elsewhere() {
        return done(&known.moved, store);
    }
    let lines = lines.map(|lines| split_off(&known, lines).0);
    let sold = split_over(&known.holds, lines.as_deref(), |hold| hold.quantity);
    if known.state == HoldState::Committed {
        let same = sold.is_some_and(|sold| known.holds.iter().map(|hold| hold.committed).eq(sold));
        return if same { done(&known.moved, store) } else { Ok(refused(&known)) };
    }
    if !known.is_live(now) {
        return Ok(refused(&known));
    }
    let Some(sold) = sold else { return Ok(Reply::Refused { why: HoldRefusal::ExceedsHold }) };
    // That it is sold settles what this shard has not heard of yet: it has taken the place of the one before, or none
    // will take its own.
    while let Some(other) = known.replaces.take().or_else(|| known.replaced_by.take()) {
        if let Some(other) = record(&other, store)?.filter(|other| other.state == HoldState::Held) {
            let what = Happening::Released { quote: other.quote.clone() };
            free(other, HoldState::Released, what, now, store)?;
            known = record(quote, store)?.unwrap_or(known);
        }
    }
    (known.committed_at, known.sold_to) = (Some(now), to);
    let mut shelf = Shelf::new(store);
    for (hold, sold) in known.holds.iter_mut().zip(sold) {
        (hold.committed, hold.unpicked) = (sold, sold);
        let own = hold.own();
        shelf.change(&hold.sku, &hold.location, |counters| {
            counters.held = counters.held.saturating_sub(own.into());
            counters.committed = counters.committed.saturating_add(sold.into());
        })?;
    }
    let what = Happening::Committed { quote: quote.clone(), units: units(&known.holds, |hold| hold.committed) };
    end(known, HoldState::Committed, what, shelf, now, store)
}

/// Frees what a quote holds, or takes back a commit that the quote desk could not complete. A quote that was never
/// heard of is remembered as released, so that a hold that was sent before and arrives later does not take effect.
pub(super) fn release<S: Store>(quote: &OpaqueId, now: Timestamp, store: &S) -> Result<Reply, S::Error> {
    let Some(known) = record(quote, store)? else {
        keep(&mut QuoteHolds::nothing(quote.clone(), HoldState::Released, now), now, store)?;
        return Ok(Reply::Done);
    };
    if known.is_elsewhere() {
        return done(&known.moved, store);
    }
    match known.state {
        HoldState::Held => free(known, HoldState::Released, Happening::Released { quote: quote.clone() }, now, store),
        HoldState::Released | HoldState::Expired | HoldState::Empty => done(&known.moved, store),
        HoldState::Committed => sales::undo(known, now, store),
    }
}

/// Ends at most [`FREED_AT_ONCE`] holds whose time is over, the oldest first; those of a sku that stands still wait.
/// Whether there were any.
pub(super) fn expire<S: Store>(now: Timestamp, store: &S) -> Result<bool, S::Error> {
    if handover::is_asleep(store)? {
        return Ok(false);
    }
    let due = store.due(now, FREED_AT_ONCE)?;
    for quote in &due {
        let Some(mut known) = record(quote, store)?.filter(|known| known.state == HoldState::Held) else { continue };
        if known.is_elsewhere() {
            // What becomes of it is told by the shard that has it.
            known.state = HoldState::Expired;
            keep(&mut known, now, store)?;
        } else if !handover::is_frozen(&known, store)? {
            free(known, HoldState::Expired, Happening::Expired { quote: quote.clone() }, now, store)?;
        }
    }
    Ok(!due.is_empty())
}

/// Frees what a quote keeps from others. Quotes that take each other's place form a chain, in which each uses units of
/// the one before: this one leaves it, and the next inherits what it uses.
fn free<S: Store>(
    mut known: QuoteHolds,
    state: HoldState,
    what: Happening,
    now: Timestamp,
    store: &S,
) -> Result<Reply, S::Error> {
    let mut shelf = Shelf::new(store);
    let mut successor = match known.replaced_by.take() {
        Some(id) => record(&id, store)?,
        None => None,
    };
    for hold in &known.holds {
        let mut kept = 0_u32;
        for heir in successor.iter_mut().flat_map(|successor| &mut successor.holds) {
            if heir.is_at(&hold.sku, &hold.location) {
                let inherits = heir.borrowed.min(hold.own().saturating_sub(kept));
                heir.borrowed = heir.borrowed.saturating_sub(inherits);
                kept = kept.saturating_add(inherits);
            }
        }
        let freed = hold.own().saturating_sub(kept);
        shelf
            .change(&hold.sku, &hold.location, |counters| counters.held = counters.held.saturating_sub(freed.into()))?;
    }
    if let Some(mut old) = known.replaces.as_ref().map(|id| record(id, store)).transpose()?.flatten() {
        old.replaced_by = successor.as_ref().map(|successor| successor.quote.clone());
        keep(&mut old, now, store)?;
    }
    let before = known.replaces.take();
    if let Some(mut successor) = successor {
        successor.replaces = before;
        keep(&mut successor, now, store)?;
    }
    end(known, state, what, shelf, now, store)
}

/// Writes what a command has decided.
pub(super) fn end<S: Store>(
    mut known: QuoteHolds,
    state: HoldState,
    what: Happening,
    shelf: Shelf<'_, S>,
    now: Timestamp,
    store: &S,
) -> Result<Reply, S::Error> {
    known.state = state;
    keep(&mut known, now, store)?;
    let low = shelf.low();
    let seq = shelf.write(now)?;
    store.emit(&StockEvent { seq, at: now, what })?;
    for what in low {
        store.emit(&StockEvent { seq: store.next_sequence()?, at: now, what })?;
    }
    done(&known.moved, store)
}

/// Units of a quote that may take the place of another: they can be used again, once.
#[derive(Default)]
struct Lendable(Vec<(Sku, LocationId, u32)>);

impl Lendable {
    fn of(old: &QuoteHolds) -> Self {
        Self(old.holds.iter().map(|hold| (hold.sku.clone(), hold.location.clone(), hold.quantity)).collect())
    }

    fn at(&self, sku: &Sku, location: &LocationId) -> u32 {
        let here = self.0.iter().filter(|(s, l, _)| s == sku && l == location);
        here.fold(0, |sum, (_, _, units)| sum.saturating_add(*units))
    }

    fn take(&mut self, sku: &Sku, location: &LocationId, units: u32) -> u32 {
        let mut left = units;
        for (_, _, lendable) in self.0.iter_mut().filter(|(s, l, _)| s == sku && l == location) {
            let taken = left.min(*lendable);
            *lendable = lendable.saturating_sub(taken);
            left = left.saturating_sub(taken);
        }
        units.saturating_sub(left)
    }
}

/// Takes a line's units: from the best location that has them all; else, if the line may be split, from the locations
/// in their order; else from the one that has the most. What a location has is what would be available there if the quote
/// to be replaced were gone.
fn allocate<S: Store>(
    line: &HoldLine,
    lendable: &mut Lendable,
    shelf: &mut Shelf<'_, S>,
) -> Result<Vec<Hold>, S::Error> {
    let mut stock: Vec<(&LocationId, u32)> = Vec::with_capacity(line.locations.len());
    for location in &line.locations {
        if stock.iter().all(|(known, _)| *known != location) {
            let balance = shelf.counters(&line.sku, location)?.balance();
            let has = balance.saturating_add(lendable.at(&line.sku, location).into()).max(0);
            stock.push((location, u32::try_from(has).unwrap_or(u32::MAX)));
        }
    }
    let whole = stock.iter().position(|(_, units)| *units >= line.quantity);
    let most = || stock.iter().enumerate().rev().max_by_key(|(_, (_, units))| *units).map(|(place, _)| place);
    let from = match whole {
        None if line.split => stock,
        one => one.or_else(most).and_then(|place| stock.get(place)).copied().into_iter().collect(),
    };
    let (mut lacking, mut holds) = (line.quantity, Vec::new());
    for (location, units) in from {
        let quantity = units.min(lacking);
        if quantity == 0 {
            continue;
        }
        lacking = lacking.saturating_sub(quantity);
        let borrowed = lendable.take(&line.sku, location, quantity);
        let own = quantity.saturating_sub(borrowed);
        shelf.change(&line.sku, location, |counters| counters.held = counters.held.saturating_add(own.into()))?;
        let (sku, location) = (line.sku.clone(), location.clone());
        let line = line.line;
        holds.push(Hold {
            line,
            sku,
            location,
            quantity,
            borrowed,
            committed: 0,
            unpicked: 0,
            returned: 0,
            handed_over: 0,
        });
    }
    Ok(holds)
}

/// What a quote is told about its lines: the first time and every time it asks again.
fn told<S: Store>(holds: &[Hold], lines: &[HoldLine], store: &S) -> Result<Vec<LineHeld>, S::Error> {
    let mut told = Vec::with_capacity(lines.len());
    for HoldLine { line, sku, quantity, locations, .. } in lines {
        let allocations: Vec<Allocated> = holds.iter().filter(|hold| hold.line == *line).map(allocated).collect();
        let held = allocations.iter().fold(0_u32, |sum, at| sum.saturating_add(at.quantity));
        let lacking = quantity.saturating_sub(held);
        let mut lowered_at = None;
        if lacking > 0 {
            let positions = store.positions(sku)?.into_iter().filter(|position| locations.contains(&position.location));
            lowered_at = positions.filter_map(|position| position.lowered_at).max();
        }
        told.push(LineHeld { line: *line, allocations, lacking, lowered_at });
    }
    Ok(told)
}

/// Splits units of lines over the holds that have them, in order; `None` if a line has fewer, or there is no such line.
/// Without `lines`, everything.
pub(super) fn split_over(holds: &[Hold], lines: Option<&[LineUnits]>, has: impl Fn(&Hold) -> u32) -> Option<Vec<u32>> {
    let Some(lines) = lines else { return Some(holds.iter().map(has).collect()) };
    let mut split = vec![0_u32; holds.len()];
    for line in lines {
        let mut left = line.quantity;
        for (hold, units) in holds.iter().zip(&mut split).filter(|(hold, _)| hold.line == line.line) {
            let taken = left.min(has(hold).saturating_sub(*units));
            *units = units.saturating_add(taken);
            left = left.saturating_sub(taken);
        }
        if left > 0 {
            return None;
        }
    }
    Some(split)
}

/// Units of lines that are here, and the lines of the others as they were when they moved.
pub(super) fn split_off<'k>(known: &'k QuoteHolds, lines: &[LineUnits]) -> (Vec<LineUnits>, Vec<&'k Hold>) {
    let moved = |line: &LineUnits| known.moved.iter().filter(|hold| hold.line == line.line).collect::<Vec<_>>();
    let here = lines.iter().filter(|line| moved(line).is_empty()).copied().collect();
    (here, lines.iter().flat_map(moved).collect())
}

fn allocated(hold: &Hold) -> Allocated {
    Allocated { location: hold.location.clone(), quantity: hold.quantity }
}

fn units(holds: &[Hold], count: impl Fn(&Hold) -> u32) -> Vec<Units> {
    holds.iter().filter(|hold| count(hold) > 0).map(|hold| units_at(hold, count(hold))).collect()
}

pub(super) fn units_at(hold: &Hold, quantity: u32) -> Units {
    Units { sku: hold.sku.clone(), at: Allocated { location: hold.location.clone(), quantity } }
}

pub(super) fn unknown() -> Reply {
    Reply::Refused { why: HoldRefusal::Unknown }
}

fn refused(known: &QuoteHolds) -> Reply {
    Reply::Refused { why: known.refusal() }
}
