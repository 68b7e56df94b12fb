//! The stock shard: commands in; replies, writes and the next deadline out.
//!
//! Everything a shard decides is decided here, on a [`Store`], at a time that comes in. A command is checked before its
//! first write, so a refusal leaves nothing behind; its writes become durable together because nothing awaits between
//! them (the object in `functions/objects` sees to that).

pub mod handover;
mod holds;
mod sales;
mod shelf;
mod sync;
pub mod worklist;

use serde::{Deserialize, Serialize};

use self::worklist::Worklist;
use super::event::{Happening, StockEvent};
use super::handover::{Handover, Page, Redirect};
use super::hold::{HoldLine, HoldRefusal, LineHeld, LineUnits, SoldTo};
use super::movement::{Entry, Movement, MovementKind, Rejection};
use super::position::{MAX_RECEIPTS, Position, Receipt};
use super::shard_map::ShardName;
use super::snapshot::{LocationStock, Snapshot};
use super::store::{LedgerPage, Store};
use super::sync::Compared;
use crate::id::{LocationId, OpaqueId, Quantity, Sku};
use crate::order::sort_by;
use crate::time::{HOUR, Timestamp};

/// The most skus one [`Command::Read`] asks for: the lines of a query and their alternates.
pub const MAX_READ: usize = 1_000;

/// How long a changed sku may wait before its snapshot is published, in milliseconds: KV takes one write a second of a
/// key.
pub const PUBLISH_AFTER: i64 = 1_000;

/// How long it may wait where the change is no news ([`Counters::are_much_like`]), in milliseconds: a sku that sells fast
/// changes all the time, and what is written to KV is billed.
///
/// [`Counters::are_much_like`]: super::position::Counters::are_much_like
pub const PUBLISH_QUIET_AFTER: i64 = 30_000;

/// Holds whose time is over that a command, or one slice of an alarm's work, frees; and records that such a slice
/// forgets. If more end at once, the others count as held until the alarm has come to them.
pub const FREED_AT_ONCE: u32 = 250;

/// How long records that may be forgotten wait for others, in milliseconds.
pub const FORGET_TOGETHER: i64 = HOUR;

/// What a shard can be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// What may be promised of these skus.
    Read {
        /// The skus, in the order of the answer.
        skus: Vec<Sku>,
    },
    /// Every counter of a sku's positions.
    Positions {
        /// The sku.
        sku: Sku,
    },
    /// Apply these movements, in order.
    Move {
        /// The movements.
        movements: Vec<Movement>,
    },
    /// Schedule or cancel receipts, in order.
    Schedule {
        /// The changes.
        changes: Vec<ReceiptChange>,
    },
    /// Compare these counts with what is here, and apply those that differ.
    Sync {
        /// The counts.
        counts: Vec<Movement>,
        /// Only compare.
        dry_run: bool,
    },
    /// The positions of a location that have units on hand.
    Stocked {
        /// Where.
        location: LocationId,
        /// Those of skus after this one.
        after: Option<Sku>,
        /// At most this many.
        limit: u32,
    },
    /// A page of a sku's ledger.
    Ledger(LedgerPage),
    /// What there is to do at a location.
    Worklist {
        /// The location.
        location: LocationId,
        /// When its day began.
        today: Timestamp,
    },
    /// Set stock aside for a quote, for each line as much as there is.
    Hold {
        /// The quote.
        quote: OpaqueId,
        /// When it expires.
        expires_at: Timestamp,
        /// What it wants here.
        lines: Vec<HoldLine>,
        /// The quote whose place it takes, and whose own units it may use.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        replaces: Option<OpaqueId>,
    },
    /// Move the expiry of a quote's holds.
    Extend {
        /// The quote.
        quote: OpaqueId,
        /// When it expires now.
        expires_at: Timestamp,
    },
    /// Sell what a quote holds, and free the rest.
    Commit {
        /// The quote.
        quote: OpaqueId,
        /// Units of each line; absent: all.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lines: Option<Vec<LineUnits>>,
        /// To whom.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<SoldTo>,
    },
    /// Free what a quote holds; after a commit, take that back.
    Release {
        /// The quote.
        quote: OpaqueId,
    },
    /// Take sold units back.
    GiveBack {
        /// The quote.
        quote: OpaqueId,
        /// The return.
        id: OpaqueId,
        /// What comes back.
        lines: Vec<LineUnits>,
    },
    /// Give a sku a shard of its own; asked again, tell how far that is.
    HandOver {
        /// The sku.
        sku: Sku,
        /// The shard; absent: only tell.
        to: Option<ShardName>,
    },
    /// From a bucket to a sku's own shard: keep this.
    TakeIn(Page),
    /// From a bucket to a sku's own shard: be in charge from now on.
    TakeOver {
        /// The sku.
        sku: Sku,
        /// The number of the last page.
        number: u64,
        /// Go on with numbers above this one.
        sequence: u64,
    },
}

impl Command {
    /// Whether it changes nothing, beyond what the clock says.
    pub fn reads_only(&self) -> bool {
        matches!(
            self,
            Self::Read { .. } | Self::Positions { .. } | Self::Stocked { .. } | Self::Ledger(_) | Self::Worklist { .. }
        )
    }
}

/// A shard's answer; each variant answers the command of its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// To [`Command::Read`]: one list of locations for each sku asked.
    Read {
        /// When the shard answered.
        as_of: Timestamp,
        /// In the order of the question; empty where the shard has no position.
        stock: Vec<Vec<LocationStock>>,
        /// Where to ask for skus that are no longer here.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        elsewhere: Vec<Redirect>,
    },
    /// To [`Command::Positions`] and [`Command::Stocked`].
    Positions {
        /// By location, or by sku.
        positions: Vec<Position>,
    },
    /// To [`Command::Move`].
    Moved {
        /// In the order of the movements.
        results: Vec<MovementResult>,
    },
    /// To [`Command::Sync`].
    Synced {
        /// In the order of the counts, each a [`Compared`] as JSON.
        lines: Vec<String>,
    },
    /// To [`Command::Schedule`].
    Scheduled {
        /// In the order of the changes.
        results: Vec<ReceiptResult>,
    },
    /// To [`Command::Ledger`].
    Ledger {
        /// Oldest first.
        entries: Vec<Entry>,
    },
    /// To [`Command::Worklist`].
    Worklist(Worklist),
    /// To [`Command::Hold`].
    Held {
        /// In the order of the command.
        lines: Vec<LineHeld>,
    },
    /// A command on holds took effect, now or before.
    Done,
    /// A command on holds could not take effect, and nothing has changed.
    Refused {
        /// Why.
        why: HoldRefusal,
    },
    /// A command on holds took effect on what is here; the rest of the quote is elsewhere.
    DoneHere {
        /// Where to send the same command.
        elsewhere: Vec<Redirect>,
    },
    /// Some of what was asked for is not here, and nothing was done.
    Elsewhere {
        /// Where to ask.
        skus: Vec<Redirect>,
    },
    /// Nothing was done; the same command will be in a moment.
    Busy,
    /// To [`Command::HandOver`].
    Handover {
        /// How far it is; absent where none was begun.
        handover: Option<Handover>,
    },
}

/// What became of a movement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(tag = "result", rename_all = "snake_case", try_from = "Flat")]
pub enum MovementResult {
    /// Done.
    Applied {
        /// The movement.
        id: OpaqueId,
        /// The position's version after it.
        version: u64,
        /// Units on hand after it.
        on_hand: u64,
        /// Units promised beyond what is there after it; above zero only where a count, damage or quarantine said so.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        shortfall: Option<u64>,
    },
    /// Had been done before; nothing changed now.
    Duplicate {
        /// The movement.
        id: OpaqueId,
        /// The position's version after it was applied.
        version: u64,
    },
    /// The position has moved on since `expect_version`.
    VersionConflict {
        /// The movement.
        id: OpaqueId,
        /// The position's version now.
        version: u64,
    },
    /// Not done.
    Rejected {
        /// The movement.
        id: OpaqueId,
        /// Why, as a stable code.
        code: Rejection,
        /// Why, in words.
        detail: String,
    },
}

/// A movement's result as it is read, at a fraction of the code that `serde(tag)` reads it with.
#[derive(Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
struct Flat {
    result: Outcome,
    id: OpaqueId,
    #[serde(default)]
    version: u64,
    #[serde(default)]
    on_hand: u64,
    shortfall: Option<u64>,
    code: Option<Rejection>,
    #[serde(default)]
    detail: String,
}

#[derive(Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
enum Outcome {
    Applied,
    Duplicate,
    VersionConflict,
    Rejected,
}

impl TryFrom<Flat> for MovementResult {
    type Error = &'static str;

    fn try_from(Flat { result, id, version, on_hand, shortfall, code, detail }: Flat) -> Result<Self, Self::Error> {
        Ok(match result {
            Outcome::Applied => Self::Applied { id, version, on_hand, shortfall },
            Outcome::Duplicate => Self::Duplicate { id, version },
            Outcome::VersionConflict => Self::VersionConflict { id, version },
            Outcome::Rejected => Self::Rejected { id, code: code.ok_or("a rejection has a code")?, detail },
        })
    }
}

/// A change to a position's scheduled receipts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptChange {
    /// The receipt, chosen by the sender; one per position.
    pub id: OpaqueId,
    /// The part.
    pub sku: Sku,
    /// Where it is going.
    pub location: LocationId,
    /// Units and time expected; absent cancels the receipt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<Expected>,
}

/// What is expected, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expected {
    /// Units.
    pub quantity: Quantity,
    /// When.
    pub eta: Timestamp,
}

/// What became of a change to scheduled receipts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct ReceiptResult {
    /// The receipt.
    pub id: OpaqueId,
    /// What happened.
    #[serde(rename = "result")]
    pub outcome: ReceiptOutcome,
    /// Why it was rejected, as a stable code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Rejection>,
}

/// What happened to a scheduled receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ReceiptOutcome {
    /// New.
    Scheduled,
    /// Another quantity or time.
    Updated,
    /// As it was.
    Unchanged,
    /// Gone.
    Cancelled,
    /// Nothing to cancel.
    NotFound,
    /// The position has as many scheduled receipts as it may have, or the item is unsound; see `code`.
    Rejected,
}

/// What a shard says to a command, and when it next wants to be woken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// The answer.
    pub reply: Reply,
    /// When [`publishable`] should be asked; `None` leaves an earlier deadline as it is.
    pub wake_at: Option<Timestamp>,
}

/// Carries out `command` at `now`, after the holds whose time is over have been freed: what a command finds is what the
/// clock says, whether or not anybody has woken the shard in time. Only where more than [`FREED_AT_ONCE`] ended since
/// anybody looked may it find too little; never too much.
pub fn handle<S: Store>(command: Command, now: Timestamp, store: &S) -> Result<Output, S::Error> {
    if let Some(reply) = handover::objection(&command, now, store)? {
        return Ok(Output { reply, wake_at: None });
    }
    let expired = holds::expire(now, store)?;
    let (reply, changes) = match command {
        Command::Read { skus } => (read(&skus, now, store)?, false),
        Command::Positions { sku } => (Reply::Positions { positions: store.positions(&sku)? }, false),
        Command::Stocked { location, after, limit } => {
            (Reply::Positions { positions: stocked(&location, after.as_ref(), limit, store)? }, false)
        }
        Command::Ledger(page) => (Reply::Ledger { entries: store.ledger(&page)? }, false),
        Command::Worklist { location, today } => (Reply::Worklist(worklist::of(&location, today, now, store)?), false),
        Command::Move { movements } => {
            let results =
                movements.into_iter().map(|movement| apply(movement, now, store)).collect::<Result<_, _>>()?;
            (Reply::Moved { results }, true)
        }
        Command::Sync { counts, dry_run } => {
            let lines = sync::sync(counts, dry_run, now, store)?.iter().map(Compared::to_text).collect();
            (Reply::Synced { lines }, !dry_run)
        }
        Command::Schedule { changes } => {
            let results = changes.into_iter().map(|change| schedule(change, now, store)).collect::<Result<_, _>>()?;
            (Reply::Scheduled { results }, true)
        }
        Command::Hold { quote, expires_at, lines, replaces } => {
            (holds::hold(quote, expires_at, &lines, replaces, now, store)?, true)
        }
        Command::Extend { quote, expires_at } => (holds::extend(&quote, expires_at, now, store)?, true),
        Command::Commit { quote, lines, to } => (holds::commit(&quote, lines.as_deref(), to, now, store)?, true),
        Command::Release { quote } => (holds::release(&quote, now, store)?, true),
        Command::GiveBack { quote, id, lines } => (sales::give_back(&quote, &id, &lines, now, store)?, true),
        Command::HandOver { sku, to } => {
            let reply = handover::hand_over(sku, to, store)?;
            let begun = matches!(&reply, Reply::Handover { handover: Some(handover) } if handover.is_under_way());
            return Ok(Output { reply, wake_at: begun.then_some(now) });
        }
        Command::TakeIn(page) => {
            return Ok(Output { reply: handover::take_in(&page, store)?, wake_at: None });
        }
        Command::TakeOver { sku, number, sequence } => (handover::take_over(&sku, number, sequence, now, store)?, true),
    };
    let wake_at = if changes || expired { next_wake(now, store)? } else { None };
    Ok(Output { reply, wake_at })
}

/// What an alarm does before it publishes, a slice of it: frees holds whose time is over and forgets records that nobody
/// asks for any more. Answers when to be woken next, if there is anything left to do: at once, if that was not all.
pub fn tidy<S: Store>(now: Timestamp, store: &S) -> Result<Option<Timestamp>, S::Error> {
    if handover::is_asleep(store)? {
        return Ok(None);
    }
    holds::expire(now, store)?;
    store.forget(now, FREED_AT_ONCE)?;
    let idle = store.next_publication()?.is_none() && !store.has_events()?;
    if idle { deadline(store) } else { next_wake(now, store) }
}

/// When a shard that has published and delivered everything wants to be woken: when the next hold is to be freed, or a
/// while after a record may be forgotten, together with others.
pub fn deadline<S: Store>(store: &S) -> Result<Option<Timestamp>, S::Error> {
    let forget = store.next_forgotten()?.map(|at| at.plus(FORGET_TOGETHER));
    Ok(store.next_due()?.into_iter().chain(forget).min())
}

/// After a change there is something to publish, and there may be holds to free sooner than that.
fn next_wake<S: Store>(now: Timestamp, store: &S) -> Result<Option<Timestamp>, S::Error> {
    let publish = now.plus(PUBLISH_AFTER);
    Ok(Some(store.next_due()?.map_or(publish, |due| due.min(publish))))
}

/// The snapshots that are out of date and should not be, oldest change first, at most `limit`: to be published, each followed by
/// [`Store::clear_dirty`] with its version.
pub fn publishable<S: Store>(limit: u32, now: Timestamp, store: &S) -> Result<Vec<(Sku, Snapshot)>, S::Error> {
    let dirty = store.dirty(now, limit)?.into_iter();
    dirty
        .map(|(sku, version)| {
            let locations = store.positions(&sku)?.iter().map(|position| LocationStock::of(position, now)).collect();
            Ok((sku, Snapshot { version, as_of: now, locations }))
        })
        .collect()
}

fn read<S: Store>(skus: &[Sku], now: Timestamp, store: &S) -> Result<Reply, S::Error> {
    let mut elsewhere = Vec::new();
    let locations = |sku| -> Result<Vec<LocationStock>, S::Error> {
        if let Some(redirect) = handover::left(sku, store)? {
            elsewhere.push(redirect);
            return Ok(Vec::new());
        }
        Ok(store.positions(sku)?.iter().map(|position| LocationStock::of(position, now)).collect())
    };
    let stock = skus.iter().take(MAX_READ).map(locations).collect::<Result<_, _>>()?;
    Ok(Reply::Read { as_of: now, stock, elsewhere })
}

/// Positions of a location that have units on hand. Those of a sku that has left are told by the shard where it is.
fn stocked<S: Store>(
    location: &LocationId,
    after: Option<&Sku>,
    limit: u32,
    store: &S,
) -> Result<Vec<Position>, S::Error> {
    let mut here = Vec::new();
    for position in store.stocked(location, after, limit)? {
        if handover::left(&position.sku, store)?.is_none() {
            here.push(position);
        }
    }
    Ok(here)
}

fn apply<S: Store>(movement: Movement, now: Timestamp, store: &S) -> Result<MovementResult, S::Error> {
    let id = movement.id.clone();
    let reject = |code: Rejection| MovementResult::Rejected { id: id.clone(), code, detail: code.to_string() };
    if let Some(earlier) = store.entry(&movement.sku, &movement.location, &movement.id)? {
        let same = earlier.movement == movement;
        return Ok(if same {
            MovementResult::Duplicate { id, version: earlier.version }
        } else {
            reject(Rejection::IdReused)
        });
    }
    let mut position = position(&movement.sku, &movement.location, store)?;
    if movement.expect_version.is_some_and(|expected| expected != position.version) {
        return Ok(MovementResult::VersionConflict { id, version: position.version });
    }
    let before = position.counters;
    position.counters = match movement.apply(before) {
        Ok(after) => after,
        Err(rejection) => return Ok(reject(rejection)),
    };
    if let Some(receipt) = &movement.incoming {
        let units = u32::try_from(movement.quantity).unwrap_or(u32::MAX);
        if !position.receive(receipt, units) {
            return Ok(reject(Rejection::UnknownIncoming));
        }
    }
    let refused = match movement.kind {
        MovementKind::Pick => sales::pick(&movement, now, store)?,
        MovementKind::HandOver => sales::hand_over(&movement, now, store)?,
        _ => None,
    };
    if let Some(rejection) = refused {
        return Ok(reject(rejection));
    }
    if movement.corrects() && position.counters.balance() < before.balance() {
        position.lowered_at = Some(now);
    }
    let new = position.version == 0;
    let seq = write(&mut position, now, store)?;
    let expected = (movement.kind == MovementKind::Count).then_some(before.on_hand);
    let on_hand = position.counters.on_hand;
    // The first count of a position is no check of the books.
    let what = Happening::Moved { movement: movement.clone(), expected: expected.filter(|_| !new) };
    store.append(&Entry { seq, at: now, version: position.version, expected, on_hand, movement })?;
    store.emit(&StockEvent { seq, at: now, what })?;
    if position.counters.has_run_low(&before) {
        store.emit(&StockEvent { seq: store.next_sequence()?, at: now, what: low_stock(&position) })?;
    }
    let shortfall = Some(position.counters.shortfall()).filter(|units| *units > 0);
    if let Some(units) = shortfall.filter(|units| *units > before.shortfall()) {
        let quotes = endangered(&position, store)?;
        let what = Happening::Shortfall { sku: position.sku, location: position.location, units, quotes };
        store.emit(&StockEvent { seq: store.next_sequence()?, at: now, what })?;
    }
    Ok(MovementResult::Applied { id, version: position.version, on_hand, shortfall })
}

fn low_stock(position: &Position) -> Happening {
    let Position { sku, location, counters, .. } = position;
    Happening::LowStock {
        sku: sku.clone(),
        location: location.clone(),
        left: counters.unsold(),
        safety: counters.safety,
    }
}

/// The quotes that a shortfall endangers: those with stock held or sold there and not picked.
fn endangered<S: Store>(position: &Position, store: &S) -> Result<Vec<OpaqueId>, S::Error> {
    let (sku, location) = (&position.sku, &position.location);
    let waiting = store.quotes_at(sku, location)?.into_iter().filter(|holds| holds.awaits(sku, location));
    Ok(waiting.map(|holds| holds.quote).collect())
}

fn schedule<S: Store>(change: ReceiptChange, now: Timestamp, store: &S) -> Result<ReceiptResult, S::Error> {
    let mut position = position(&change.sku, &change.location, store)?;
    let full = position.incoming.len() >= MAX_RECEIPTS;
    let scheduled = change.expected.map(|expected| Receipt {
        id: change.id.clone(),
        quantity: expected.quantity.get(),
        eta: expected.eta,
    });
    let outcome = match (position.incoming.iter_mut().find(|receipt| receipt.id == change.id), scheduled) {
        (None, None) => ReceiptOutcome::NotFound,
        (None, Some(_)) if full => {
            let code = Some(Rejection::TooMany);
            return Ok(ReceiptResult { id: change.id, outcome: ReceiptOutcome::Rejected, code });
        }
        (None, Some(receipt)) => {
            position.incoming.push(receipt);
            ReceiptOutcome::Scheduled
        }
        (Some(_), None) => {
            position.incoming.retain(|receipt| receipt.id != change.id);
            ReceiptOutcome::Cancelled
        }
        (Some(old), Some(new)) if *old == new => ReceiptOutcome::Unchanged,
        (Some(old), Some(new)) => {
            *old = new;
            ReceiptOutcome::Updated
        }
    };
    if !matches!(outcome, ReceiptOutcome::NotFound | ReceiptOutcome::Unchanged) {
        sort_by(&mut position.incoming, |a, b| (a.eta, &a.id).cmp(&(b.eta, &b.id)));
        write(&mut position, now, store)?;
    }
    Ok(ReceiptResult { id: change.id, outcome, code: None })
}

fn position<S: Store>(sku: &Sku, location: &LocationId, store: &S) -> Result<Position, S::Error> {
    let found = store.positions(sku)?.into_iter().find(|position| position.location == *location);
    Ok(found.unwrap_or_else(|| Position::empty(sku.clone(), location.clone())))
}

/// Writes a changed position with its next version and gives the change its place in the shard's sequence.
fn write<S: Store>(position: &mut Position, now: Timestamp, store: &S) -> Result<u64, S::Error> {
    position.version = position.version.saturating_add(1);
    store.put_position(position)?;
    let seq = store.next_sequence()?;
    store.mark_dirty(&position.sku, seq, now)?;
    Ok(seq)
}

#[cfg(test)]
mod backlog;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
