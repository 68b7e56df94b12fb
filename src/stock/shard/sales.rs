//! What becomes of sold goods: they are picked and handed over, or the sale is taken back.

use super::Reply;
use super::handover::{done, keep, record};
use super::holds::{end, split_off, split_over, units_at, unknown};
use super::shelf::Shelf;
use crate::id::{LocationId, OpaqueId, Sku};
use crate::order::{SortedMap, sort_by};
use crate::stock::event::{Happening, Units};
use crate::stock::hold::{Hold, HoldRefusal, HoldState, LineUnits, QuoteHolds};
use crate::stock::movement::{Movement, Rejection};
use crate::stock::store::Store;
use crate::time::Timestamp;

/// Notes that units sold at a position were taken from its shelf: those of the quote that the pick names, or else of the
/// quotes that were to expire first. Why not, if the quote has fewer; nothing is written then.
pub(super) fn pick<S: Store>(pick: &Movement, now: Timestamp, store: &S) -> Result<Option<Rejection>, S::Error> {
    let (sku, location) = (&pick.sku, &pick.location);
    let mut left = u32::try_from(pick.quantity).unwrap_or(u32::MAX);
    let mut sold = store.quotes_at(sku, location)?;
    if let Some(named) = &pick.quote {
        sold.retain(|quote| quote.quote == *named);
        let holds = sold.iter().flat_map(|quote| &quote.holds).filter(|hold| hold.is_at(sku, location));
        if holds.map(|hold| u64::from(hold.unpicked)).sum::<u64>() < left.into() {
            let known = record(named, store)?.is_some_and(|quote| is_sold_at(&quote, sku, location));
            return Ok(Some(if known { Rejection::ExceedsCommitted } else { Rejection::UnknownQuote }));
        }
    }
    sort_by(&mut sold, |a, b| (a.expires_at, &a.quote).cmp(&(b.expires_at, &b.quote)));
    for mut quote in sold {
        let before = left;
        for hold in quote.holds.iter_mut().filter(|hold| hold.is_at(sku, location)) {
            let picked = left.min(hold.unpicked);
            hold.unpicked = hold.unpicked.saturating_sub(picked);
            left = left.saturating_sub(picked);
        }
        if left < before {
            keep(&mut quote, now, store)?;
        }
        if left == 0 {
            break;
        }
    }
    Ok(None)
}

/// Notes that picked goods of a quote were handed over. Why not, if fewer wait; nothing is written then.
pub(super) fn hand_over<S: Store>(given: &Movement, now: Timestamp, store: &S) -> Result<Option<Rejection>, S::Error> {
    let (sku, location) = (&given.sku, &given.location);
    let found = given.quote.as_ref().map_or(Ok(None), |quote| record(quote, store))?;
    let Some(mut quote) = found.filter(|quote| is_sold_at(quote, sku, location)) else {
        return Ok(Some(Rejection::UnknownQuote));
    };
    let mut left = u32::try_from(given.quantity).unwrap_or(u32::MAX);
    for hold in quote.holds.iter_mut().filter(|hold| hold.is_at(sku, location)) {
        let units = left.min(hold.waiting());
        hold.handed_over = hold.handed_over.saturating_add(units);
        left = left.saturating_sub(units);
    }
    if left > 0 {
        return Ok(Some(Rejection::ExceedsPicked));
    }
    keep(&mut quote, now, store)?;
    Ok(None)
}

fn is_sold_at(quote: &QuoteHolds, sku: &Sku, location: &LocationId) -> bool {
    quote.state == HoldState::Committed && quote.holds.iter().any(|hold| hold.is_at(sku, location))
}

/// Takes sold units back: what was not picked yet is free again, what was comes back to the shelf by a movement.
/// `id` names the return: a second one of the same id changes nothing.
pub(super) fn give_back<S: Store>(
    quote: &OpaqueId,
    id: &OpaqueId,
    lines: &[LineUnits],
    now: Timestamp,
    store: &S,
) -> Result<Reply, S::Error> {
    let Some(mut known) = record(quote, store)? else { return Ok(unknown()) };
    let (lines, moved) = split_off(&known, lines);
    let reply = done(moved, store)?;
    if known.returns.contains(id) || (lines.is_empty() && reply != Reply::Done) {
        return Ok(reply);
    }
    if known.state != HoldState::Committed {
        return Ok(Reply::Refused { why: HoldRefusal::NotCommitted });
    }
    let Some(returned) = split_over(&known.holds, Some(&lines), Hold::outstanding) else {
        return Ok(Reply::Refused { why: HoldRefusal::ExceedsHold });
    };
    let back = known.holds.iter().zip(&returned).filter(|(_, units)| **units > 0);
    let back = back.map(|(hold, units)| units_at(hold, *units)).collect();
    let what = Happening::Returned { quote: quote.clone(), units: back };
    known.returns.push(id.clone());
    let (shelf, picked) = unsell(&mut known, returned, store)?;
    end(known, HoldState::Committed, what, shelf, now, store)?;
    restock(quote, id, picked, now, store)?;
    Ok(reply)
}

/// Takes a whole commit back, because the quote desk could not complete it elsewhere.
pub(super) fn undo<S: Store>(mut known: QuoteHolds, now: Timestamp, store: &S) -> Result<Reply, S::Error> {
    let quote = known.quote.clone();
    let sold = known.holds.iter().map(Hold::outstanding).collect();
    let (shelf, picked) = unsell(&mut known, sold, store)?;
    let reply = end(known, HoldState::Released, Happening::Released { quote: quote.clone() }, shelf, now, store)?;
    restock(&quote, &quote, picked, now, store)?;
    Ok(reply)
}

/// Takes back the sale of so many units of each hold. What was not picked yet is free again; the rest is answered, to be
/// put back on the shelf.
fn unsell<'a, S: Store>(
    known: &mut QuoteHolds,
    units: Vec<u32>,
    store: &'a S,
) -> Result<(Shelf<'a, S>, Vec<Units>), S::Error> {
    let mut shelf = Shelf::new(store);
    let mut picked = Vec::new();
    for (hold, units) in known.holds.iter_mut().zip(units).filter(|(_, units)| *units > 0) {
        let unpicked = units.min(hold.unpicked);
        hold.returned = hold.returned.saturating_add(units);
        hold.unpicked = hold.unpicked.saturating_sub(unpicked);
        shelf.change(&hold.sku, &hold.location, |counters| {
            counters.committed = counters.committed.saturating_sub(unpicked.into());
        })?;
        picked.push(units_at(hold, units.saturating_sub(unpicked)));
    }
    Ok((shelf, picked))
}

/// Puts sold goods back on the shelf, with a movement of each position. `cause` is the return, or the quote itself where
/// its commit is taken back.
fn restock<S: Store>(
    quote: &OpaqueId,
    cause: &OpaqueId,
    picked: Vec<Units>,
    now: Timestamp,
    store: &S,
) -> Result<(), S::Error> {
    let id: OpaqueId = format!("{quote}/{cause}").parse().unwrap_or_else(|_| cause.clone());
    let mut positions = SortedMap::<(Sku, LocationId), i64>::default();
    for Units { sku, at } in picked.into_iter().filter(|units| units.at.quantity > 0) {
        positions.update((sku, at.location), i64::default, |units| *units = units.saturating_add(at.quantity.into()));
    }
    for ((sku, location), quantity) in positions {
        // Refused only where the shelf is full: then the books stay below what is there, until it is counted.
        super::apply(Movement::returned(id.clone(), sku, location, quantity), now, store)?;
    }
    Ok(())
}
