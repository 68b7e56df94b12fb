//! Giving a sku a shard of its own while it is in use, losing and doubling nothing.
//!
//! At every moment at most one shard is in charge of a sku, and that shard says so; the map that callers use is a first
//! guess. The bucket drives, and each step can be taken again after a crash:
//!
//! 1. **Copying.** Pages of ledger entries and records of quotes go to the sku's own shard. The sku is in use; a record
//!    that changes is noted and copied again. A record is not copied while another quote is about to take its place.
//! 2. **Frozen**, once what is left fits one page: that page is sent, with the positions. Until it has arrived, and for
//!    [`FREEZE`] at most, whatever would change anything about the sku is refused as busy, and its holds do not expire.
//! 3. **Switched.** The bucket sends callers to the sku's own shard, which is not in charge yet and sends them back:
//!    they are told to try again.
//! 4. **Clearing**, once the sku's own shard has said that it is in charge. The rows here are removed; only where the
//!    sku is remains.
//!
//! Pages are numbered by the bucket's sequence, which never gives a number twice, so a page that comes late is known. The
//! sku's own shard goes on with numbers above all of them: places in the ledger and versions of snapshots keep their
//! order.
//!
//! A quote's record may have lines of several skus. Those of a sku that has left are set apart ([`QuoteHolds::moved`])
//! the next time the record is looked at; from then on it answers for the rest, and says where they are.

use super::{Command, Reply};
use crate::id::{OpaqueId, Sku};
use crate::stock::handover::{FREEZE, Handover, Page, Redirect, Stage};
use crate::stock::hold::{Hold, HoldState, QuoteHolds};
use crate::stock::shard_map::ShardName;
use crate::stock::store::{LedgerPage, Store};
use crate::time::Timestamp;

/// Rows removed at a time.
const REMOVED_AT_ONCE: u32 = 1_000;

/// What a bucket should do about a handover.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Send this, and tell [`heard`] when it is done, or [`failed`] if that is not known.
    Send(Box<Errand>),
    /// Ask again at once: something was done that needed nobody else.
    Again,
    /// Ask again later.
    Wait,
    /// Nothing.
    Rest,
}

/// A command for the sku's own shard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Errand {
    /// Whom to ask.
    pub to: ShardName,
    /// What.
    pub command: Command,
    /// The handover once it is done, but for its stage.
    then: Handover,
    /// Noted changes that it brings.
    changes: Vec<u64>,
}

/// Skus that the shard is handing over, to be asked about with [`next`].
pub fn under_way<S: Store>(store: &S) -> Result<Vec<Sku>, S::Error> {
    let handovers = store.handovers()?;
    Ok(handovers.iter().filter(|handover| handover.is_under_way()).map(|handover| handover.sku.clone()).collect())
}

/// What comes next for a sku; `size` is how many rows of each kind a page has ([`crate::stock::handover::PAGE`]). The errand before has been heard
/// of, or has failed, or was forgotten in a crash.
pub fn next<S: Store>(sku: &Sku, size: u32, now: Timestamp, store: &S) -> Result<Next, S::Error> {
    let Some(mut handover) = store.handover(sku)? else { return Ok(Next::Rest) };
    match handover.stage {
        Stage::Copying | Stage::Frozen => copy(handover, size, now, store),
        Stage::Switched => {
            let (number, sequence) = (handover.number, store.next_sequence()?);
            let command = Command::TakeOver { sku: sku.clone(), number, sequence };
            let to = handover.other.clone();
            Ok(Next::Send(Box::new(Errand { to, command, then: handover, changes: Vec::new() })))
        }
        Stage::Clearing => {
            if !store.remove(sku, REMOVED_AT_ONCE)? {
                handover.stage = Stage::Done;
                store.put_handover(&handover)?;
            }
            Ok(Next::Again)
        }
        Stage::Done | Stage::Arriving | Stage::Arrived => Ok(Next::Rest),
    }
}

/// The next page, or the last one: then the sku stands still from here on.
fn copy<S: Store>(before: Handover, size: u32, now: Timestamp, store: &S) -> Result<Next, S::Error> {
    let (sku, mut then) = (before.sku.clone(), before.clone());
    let full = usize::try_from(size).unwrap_or(usize::MAX);
    let (mut holds, mut copied, mut chained) = (Vec::new(), Vec::new(), false);
    if !before.looked {
        let records = store.holds_after(before.after.as_ref(), size)?;
        then.looked = records.len() < full;
        then.after = records.last().map(|record| record.quote.clone()).or(then.after);
        for record in records {
            let open = matches!(record.state, HoldState::Held | HoldState::Committed);
            if open && record.holds.iter().any(|hold| hold.sku == sku) {
                if record.is_chained() { store.note_change(&sku, &record.quote)? } else { holds.push(record) }
            }
        }
    }
    let changes = store.changes(&sku, size)?;
    for (place, quote) in &changes {
        match store.holds(quote)? {
            Some(record) if record.is_chained() => chained = true,
            record => {
                copied.push(*place);
                holds.extend(record);
            }
        }
    }
    let page = LedgerPage { sku: sku.clone(), location: None, after: before.ledger, limit: size };
    let entries = store.ledger(&page)?;
    then.ledger = entries.last().map_or(then.ledger, |entry| entry.seq);
    let last = then.looked && !chained && changes.len() < full && entries.len() < full;
    if !last && holds.is_empty() && entries.is_empty() {
        then.stage = Stage::Copying;
        store.put_handover(&then)?;
        return Ok(if then.looked { Next::Wait } else { Next::Again });
    }
    let number = store.next_sequence()?;
    then.number = number;
    if last || before.is_frozen() {
        let stage = if last { Stage::Frozen } else { Stage::Copying };
        store.put_handover(&Handover { stage, number, until: now.plus(FREEZE), ..before })?;
    }
    then.quotes = then.quotes.saturating_add(count(&holds));
    then.entries = then.entries.saturating_add(count(&entries));
    let positions = if last { store.positions(&sku)? } else { Vec::new() };
    let holds = holds.into_iter().map(|record| only(&sku, record, now)).collect();
    let (to, command) = (then.other.clone(), Command::TakeIn(Page { sku, number, positions, entries, holds }));
    Ok(Next::Send(Box::new(Errand { to, command, then, changes: copied })))
}

/// The other shard has said that an errand is done. The sku has left if it still stands still for the last page: then
/// nothing has changed since.
pub fn heard<S: Store>(errand: Errand, store: &S) -> Result<(), S::Error> {
    let Errand { command, mut then, changes, .. } = errand;
    let Some(handover) = store.handover(&then.sku)? else { return Ok(()) };
    then.stage = match (handover.stage, command) {
        (Stage::Frozen, Command::TakeIn(page)) if page.number == handover.number => {
            // From here on it is published by the shard that is about to be in charge, and only by that.
            store.clear_dirty(&then.sku, u64::MAX)?;
            Stage::Switched
        }
        (Stage::Copying | Stage::Frozen, Command::TakeIn(_)) => Stage::Copying,
        (Stage::Switched, Command::TakeOver { .. }) => Stage::Clearing,
        _ => return Ok(()),
    };
    for place in changes {
        store.forget_change(place)?;
    }
    store.put_handover(&then)
}

/// Nobody knows what became of an errand. If the sku stood still for it, it is in use again.
pub fn failed<S: Store>(sku: &Sku, store: &S) -> Result<(), S::Error> {
    match store.handover(sku)? {
        Some(handover) if handover.is_frozen() => store.put_handover(&Handover { stage: Stage::Copying, ..handover }),
        _ => Ok(()),
    }
}

/// Begins a handover, unless it was begun before. Without `to`, only tells.
pub(super) fn hand_over<S: Store>(sku: Sku, to: Option<ShardName>, store: &S) -> Result<Reply, S::Error> {
    let mut handover = store.handover(&sku)?;
    if let (None, Some(to)) = (&handover, to) {
        let new = Handover::new(sku, to, Stage::Copying);
        store.put_handover(&new)?;
        handover = Some(new);
    }
    Ok(Reply::Handover { handover })
}

/// Takes a page in. One that was overtaken, or comes when the shard is in charge, changes nothing.
pub(super) fn take_in<S: Store>(page: &Page, store: &S) -> Result<Reply, S::Error> {
    let Some((own, bucket)) = store.origin().filter(|(own, _)| *own == page.sku) else { return Ok(Reply::Busy) };
    let known = store.handover(&own)?;
    if known.is_some_and(|known| known.stage != Stage::Arriving || page.number <= known.number) {
        return Ok(Reply::Done);
    }
    for position in &page.positions {
        store.put_position(position)?;
    }
    for entry in &page.entries {
        // Of a page that was sent before, and arrived although nobody heard so, the ledger has some already.
        let movement = &entry.movement;
        if store.entry(&movement.sku, &movement.location, &movement.id)?.is_none() {
            store.append(entry)?;
        }
    }
    for record in &page.holds {
        store.put_holds(record)?;
    }
    store.put_handover(&Handover { number: page.number, ..Handover::new(own, bucket, Stage::Arriving) })?;
    Ok(Reply::Done)
}

/// Puts the shard in charge, if the page `number` is the latest it has. `sequence` is above all that the bucket gave.
pub(super) fn take_over<S: Store>(
    sku: &Sku,
    number: u64,
    sequence: u64,
    now: Timestamp,
    store: &S,
) -> Result<Reply, S::Error> {
    match store.handover(sku)? {
        Some(Handover { stage: Stage::Arrived, .. }) => Ok(Reply::Done),
        Some(handover) if handover.stage == Stage::Arriving && handover.number == number => {
            store.raise_sequence(sequence)?;
            store.put_handover(&Handover { stage: Stage::Arrived, ..handover })?;
            store.mark_dirty(sku, store.next_sequence()?, now)?;
            Ok(Reply::Done)
        }
        _ => Ok(Reply::Busy),
    }
}

/// What stands against carrying a command out here, and nothing is done then: what it is about is elsewhere, or stands
/// still. A freeze that has lasted too long is over before anything is judged.
pub(super) fn objection<S: Store>(command: &Command, now: Timestamp, store: &S) -> Result<Option<Reply>, S::Error> {
    if let Some((own, bucket)) = store.origin() {
        if matches!(command, Command::TakeIn(_) | Command::TakeOver { .. }) {
            return Ok(None);
        }
        if is_asleep(store)? {
            return Ok(Some(Reply::Elsewhere { skus: vec![Redirect { sku: own, shard: bucket }] }));
        }
        let strange = skus(command).into_iter().any(|sku| *sku != own);
        return Ok(strange.then_some(Reply::Busy));
    }
    let mut frozen = false;
    for handover in store.handovers()?.iter().filter(|handover| handover.is_frozen()) {
        if handover.until <= now { failed(&handover.sku, store)? } else { frozen = true }
    }
    let reads = matches!(command, Command::Positions { .. } | Command::Ledger(_));
    let mut elsewhere: Vec<Redirect> = Vec::new();
    for sku in skus(command) {
        let Some(handover) = store.handover(sku)? else { continue };
        if handover.is_frozen() && !reads {
            return Ok(Some(Reply::Busy));
        }
        if handover.has_left() && elsewhere.iter().all(|known| known.sku != *sku) {
            elsewhere.push(Redirect { sku: handover.sku, shard: handover.other });
        }
    }
    if !elsewhere.is_empty() {
        return Ok(Some(Reply::Elsewhere { skus: elsewhere }));
    }
    if frozen {
        for quote in quotes(command) {
            if let Some(record) = store.holds(quote)?
                && is_frozen(&record, store)?
            {
                return Ok(Some(Reply::Busy));
            }
        }
    }
    Ok(None)
}

/// Whether the shard waits to be put in charge of its sku: until then nothing is decided here, nothing expires.
pub(super) fn is_asleep<S: Store>(store: &S) -> Result<bool, S::Error> {
    let Some((own, _)) = store.origin() else { return Ok(false) };
    Ok(store.handover(&own)?.is_none_or(|handover| handover.stage != Stage::Arrived))
}

/// Whether a line of the record stands still.
pub(super) fn is_frozen<S: Store>(record: &QuoteHolds, store: &S) -> Result<bool, S::Error> {
    let stands = |handover: &Handover| handover.is_frozen() && record.holds.iter().any(|hold| hold.sku == handover.sku);
    Ok(store.handovers()?.iter().any(stands))
}

/// Where a sku is, if it has left this bucket.
pub(super) fn left<S: Store>(sku: &Sku, store: &S) -> Result<Option<Redirect>, S::Error> {
    let handover = store.handover(sku)?.filter(Handover::has_left);
    Ok(handover.map(|handover| Redirect { sku: handover.sku, shard: handover.other }))
}

/// What a quote holds here. Lines whose sku has left are set apart; a record that had come to its end before stays as it
/// was.
pub(super) fn record<S: Store>(quote: &OpaqueId, store: &S) -> Result<Option<QuoteHolds>, S::Error> {
    let Some(mut record) = store.holds(quote)? else { return Ok(None) };
    if matches!(record.state, HoldState::Held | HoldState::Committed) {
        let handovers = store.handovers()?;
        let gone = |hold: &Hold| handovers.iter().any(|handover| handover.has_left() && handover.sku == hold.sku);
        if record.holds.iter().any(gone) {
            let (moved, here): (Vec<_>, Vec<_>) = record.holds.into_iter().partition(gone);
            record.holds = here;
            record.moved.extend(moved);
        }
    }
    Ok(Some(record))
}

/// Writes a record that changes at `now`, and notes the change for the skus that are being copied.
pub(super) fn keep<S: Store>(record: &mut QuoteHolds, now: Timestamp, store: &S) -> Result<(), S::Error> {
    record.touch(now);
    store.put_holds(record)?;
    for handover in store.handovers()?.iter().filter(|handover| handover.stage == Stage::Copying) {
        if record.holds.iter().any(|hold| hold.sku == handover.sku) {
            store.note_change(&handover.sku, &record.quote)?;
        }
    }
    Ok(())
}

/// The answer to a command that has taken effect on what is here, if other lines of it have moved.
pub(super) fn done<'a, S: Store>(moved: impl IntoIterator<Item = &'a Hold>, store: &S) -> Result<Reply, S::Error> {
    let mut elsewhere: Vec<Redirect> = Vec::new();
    for hold in moved {
        if elsewhere.iter().all(|known| known.sku != hold.sku) {
            elsewhere.extend(left(&hold.sku, store)?);
        }
    }
    Ok(if elsewhere.is_empty() { Reply::Done } else { Reply::DoneHere { elsewhere } })
}

/// A record as the sku's own shard is to have it.
fn only(sku: &Sku, mut record: QuoteHolds, now: Timestamp) -> QuoteHolds {
    record.holds.retain(|hold| hold.sku == *sku);
    record.moved.clear();
    record.touch(now);
    record
}

/// The skus that a command names and cannot do without. A read answers for each by itself.
fn skus(command: &Command) -> Vec<&Sku> {
    match command {
        Command::Positions { sku } => vec![sku],
        Command::Ledger(page) => vec![&page.sku],
        Command::Move { movements } => movements.iter().map(|movement| &movement.sku).collect(),
        Command::Sync { counts, .. } => counts.iter().map(|count| &count.sku).collect(),
        Command::Schedule { changes } => changes.iter().map(|change| &change.sku).collect(),
        Command::Hold { lines, .. } => lines.iter().map(|line| &line.sku).collect(),
        _ => Vec::new(),
    }
}

/// The quotes whose records a command may change.
fn quotes(command: &Command) -> Vec<&OpaqueId> {
    match command {
        Command::Hold { quote, replaces, .. } => std::iter::once(quote).chain(replaces).collect(),
        Command::Extend { quote, .. }
        | Command::Commit { quote, .. }
        | Command::Release { quote }
        | Command::GiveBack { quote, .. } => vec![quote],
        _ => Vec::new(),
    }
}

fn count<T>(rows: &[T]) -> u64 {
    u64::try_from(rows.len()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
