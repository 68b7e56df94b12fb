//! The quote desk: drives the shards that hold an account's quotes.
//!
//! A call starts an [`Act`]; each [`Step`] of it asks shards something or ends it. Between a step and what is
//! [`Desk::heard`], other acts may run and the desk may crash: whatever must survive is in the store before anything is
//! asked, and every question can be asked again.
//!
//! - **Open** writes nothing until the holds are there. A crash before that leaves holds that expire by themselves, or
//!   are met again by a retry, because the quote's id follows from the request.
//! - **Commit** is accepted before the quote's expiry and recorded as `committing`; from then on it is carried through,
//!   by the caller's retry or by the alarm. Shards keep holds for a grace period longer, so an accepted commit finds
//!   them; if one is lost all the same, the others are undone.
//! - **Release**, expiry and returns are recorded first too, and then told to the shards.

use serde::{Deserialize, Serialize};

use super::draft::Draft;
use super::record::{HeldUnits, Quote, QuoteAllocation, QuoteLine, QuoteState, Return, ShardHolds, keys};
use crate::id::{OpaqueId, Sku};
use crate::stock::hold::GRACE;
use crate::stock::shard::{Command, Reply};
use crate::stock::{HoldRefusal, LineHeld, LineKey, ShardName};
use crate::time::Timestamp;

/// How long the alarm waits before it asks a shard again that could not be reached, in milliseconds.
pub const RETRY_AFTER: i64 = 2_000;

/// A desk's own storage: synchronous, and all writes of one step become durable together.
pub trait DeskStore {
    /// What storage reports when it cannot read or write.
    type Error;

    /// A quote.
    fn quote(&self, id: &OpaqueId) -> Result<Option<Quote>, Self::Error>;
    /// Writes a quote over the one before. `wake_at` is when the alarm should look at it; `None`: it has come to rest.
    fn put_quote(&self, quote: &Quote, wake_at: Option<Timestamp>) -> Result<(), Self::Error>;
    /// Quotes that are held and not expired at `now`.
    fn open_quotes(&self, now: Timestamp) -> Result<u32, Self::Error>;
    /// Quotes whose time to be looked at has come, earliest first.
    fn due(&self, now: Timestamp) -> Result<Vec<OpaqueId>, Self::Error>;
}

/// What comes next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Send these commands, all at once, and tell [`Desk::heard`] what came back.
    Ask(Act, Vec<(ShardName, Command)>),
    /// The act is over.
    Done(Result<Box<Quote>, Refusal>),
}

/// What a desk is in the middle of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Holding: what has been held so far, and which wave is being asked.
    Open(Box<Opening>),
    /// Giving back what was held for a quote that is refused. The refusal stands: it is to be remembered as the call's
    /// answer before anything is asked.
    Refuse(Refusal),
    /// Selling.
    Commit(OpaqueId),
    /// Taking back a sale that a shard could not make.
    Undo(OpaqueId),
    /// Freeing, after a release or an expiry.
    Release(OpaqueId),
    /// Freeing the old quote whose place the new one took.
    Replace {
        /// The quote that is held now.
        new: OpaqueId,
        /// The one that is freed.
        old: OpaqueId,
    },
    /// Moving the expiry.
    Extend(OpaqueId, Timestamp),
    /// Taking sold units back.
    GiveBack {
        /// The quote.
        quote: OpaqueId,
        /// The return.
        id: OpaqueId,
    },
}

/// A quote on its way to being held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    draft: Draft,
    wave: usize,
    created_at: Timestamp,
    held: Vec<(ShardName, LineHeld)>,
}

/// Why the desk refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// No such quote of this account.
    #[error("there is no such quote")]
    NotFound,
    /// Its time is over.
    #[error("the quote has expired; ask for a new one")]
    Expired,
    /// It was committed before.
    #[error("the quote was committed before")]
    AlreadyCommitted,
    /// It was released before.
    #[error("the quote was released before")]
    AlreadyReleased,
    /// It was not committed.
    #[error("the quote was not committed")]
    NotCommitted,
    /// More than the line holds, or than was sold and has not come back.
    #[error("line {line} has {units} units")]
    ExceedsHold {
        /// The line.
        line: usize,
        /// Units it has.
        units: u32,
    },
    /// The quote has no such line.
    #[error("the quote has no line {line}")]
    UnknownLine {
        /// The line.
        line: usize,
    },
    /// The account has as many open quotes as it may.
    #[error("the account has {limit} open quotes, as many as it may; commit or release some")]
    QuotaExceeded {
        /// How many it may have.
        limit: u32,
    },
    /// Not everything could be held, and nothing is.
    #[error("not everything is there; nothing is held")]
    InsufficientStock {
        /// The lines that lack something.
        shortages: Vec<Shortage>,
    },
    /// Another call is working on this quote.
    #[error("another call is working on this quote; ask again")]
    Busy,
    /// A shard could not be reached. What was begun is carried on.
    #[error("the stock cannot be reached; ask again")]
    Unreachable,
}

impl Refusal {
    /// Whether the same call may succeed a moment later: such an answer is not remembered for the call's key.
    pub fn passes(&self) -> bool {
        matches!(self, Self::Busy | Self::Unreachable)
    }
}

/// A line that could not be held in full.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shortage {
    /// The line.
    pub line: usize,
    /// The part.
    pub sku: Sku,
    /// Units wanted.
    pub wanted: u32,
    /// Units that could have been held, over every location asked.
    pub available: u32,
}

/// A desk at work on its store.
pub struct Desk<'s, S: DeskStore> {
    store: &'s S,
}

impl<'s, S: DeskStore> Desk<'s, S> {
    /// A desk on `store`.
    pub fn new(store: &'s S) -> Self {
        Self { store }
    }

    /// Opens a quote.
    pub fn open(&self, draft: Draft, now: Timestamp) -> Result<Step, S::Error> {
        if let Some(known) = self.store.quote(&draft.id)? {
            return self.replace(known, draft.replace.as_ref(), now);
        }
        if let Some(refusal) = self.objection(&draft, now)? {
            return Ok(refused(refusal));
        }
        self.ask_wave(Opening { draft, wave: 0, created_at: now, held: Vec::new() }, now)
    }

    /// Shows a quote.
    pub fn get(&self, id: &OpaqueId) -> Result<Step, S::Error> {
        Ok(self.store.quote(id)?.map_or_else(|| refused(Refusal::NotFound), done))
    }

    /// Accepts a quote: all of it, or of each of `lines` so many units, and none of the others.
    pub fn commit(&self, id: &OpaqueId, lines: Option<&[(usize, u32)]>, now: Timestamp) -> Result<Step, S::Error> {
        let Some(mut quote) = self.store.quote(id)? else { return Ok(refused(Refusal::NotFound)) };
        match quote.state_at(now) {
            QuoteState::Held => {}
            // Begun before: carry on with what was accepted then.
            QuoteState::Committing => return Ok(ask_commit(&quote)),
            _ => return Ok(refused(why_not_held(&quote, now))),
        }
        let sold = match units_of(&quote, lines, |line| line.held) {
            Ok(sold) => sold,
            Err(refusal) => return Ok(refused(refusal)),
        };
        let of_line = |place: usize| sold.get(place).copied().unwrap_or(0);
        let spread = quote.spread(of_line, |units| units.held, |units, sold| units.committed = sold);
        if spread.is_none() {
            return Ok(refused(Refusal::ExceedsHold { line: 0, units: 0 }));
        }
        for (line, sold) in quote.lines.iter_mut().zip(&sold) {
            line.sell(*sold);
        }
        quote.state = QuoteState::Committing;
        self.store.put_quote(&quote, Some(now.plus(RETRY_AFTER)))?;
        Ok(ask_commit(&quote))
    }

    /// Gives a quote up.
    pub fn release(&self, id: &OpaqueId, now: Timestamp) -> Result<Step, S::Error> {
        let Some(quote) = self.store.quote(id)? else { return Ok(refused(Refusal::NotFound)) };
        match quote.state_at(now) {
            QuoteState::Held | QuoteState::Releasing => self.ask_release(quote, QuoteState::Releasing, now),
            _ => Ok(refused(why_not_held(&quote, now))),
        }
    }

    /// Moves a quote's expiry to `expires_at`, or leaves it where it is later.
    pub fn extend(&self, id: &OpaqueId, expires_at: Timestamp, now: Timestamp) -> Result<Step, S::Error> {
        let Some(quote) = self.store.quote(id)? else { return Ok(refused(Refusal::NotFound)) };
        if quote.state_at(now) != QuoteState::Held {
            return Ok(refused(why_not_held(&quote, now)));
        }
        let expires_at = expires_at.max(quote.expires_at);
        let asks = asks(&quote, |_| Command::Extend { quote: quote.id.clone(), expires_at });
        Ok(Step::Ask(Act::Extend(quote.id.clone(), expires_at), asks))
    }

    /// Takes sold units back. `return_id` follows from the caller's Idempotency-Key, so that a repeated return is one.
    pub fn give_back(
        &self,
        id: &OpaqueId,
        return_id: &OpaqueId,
        lines: Option<&[(usize, u32)]>,
        now: Timestamp,
    ) -> Result<Step, S::Error> {
        let Some(mut quote) = self.store.quote(id)? else { return Ok(refused(Refusal::NotFound)) };
        if quote.state_at(now) != QuoteState::Committed {
            return Ok(refused(Refusal::NotCommitted));
        }
        if let Some(known) = quote.returns.iter().find(|known| known.id == *return_id) {
            // Recorded before: carry on with what was taken then.
            return Ok(if known.untold.is_empty() { done(quote) } else { ask_return(&quote.id, known) });
        }
        let back = match units_of(&quote, lines, |line| line.committed.saturating_sub(line.returned)) {
            Ok(back) => back,
            Err(refusal) => return Ok(refused(refusal)),
        };
        let before = quote.holds.clone();
        let of_line = |place: usize| back.get(place).copied().unwrap_or(0);
        let outstanding = |units: &HeldUnits| units.committed.saturating_sub(units.returned);
        let take = |units: &mut HeldUnits, back: u32| units.returned = units.returned.saturating_add(back);
        if quote.spread(of_line, outstanding, take).is_none() {
            return Ok(refused(Refusal::ExceedsHold { line: 0, units: 0 }));
        }
        for (line, back) in quote.lines.iter_mut().zip(&back) {
            line.returned = line.returned.saturating_add(*back);
        }
        let mut untold = Vec::new();
        for (at, before) in quote.holds.iter().zip(&before) {
            let had =
                |key: LineKey| before.units.iter().find(|units| units.line == key).map_or(0, |units| units.returned);
            let lines = at.lines(|units| units.returned.saturating_sub(had(units.line)));
            if !lines.is_empty() {
                untold.push((at.shard.clone(), lines));
            }
        }
        let taken = Return { id: return_id.clone(), untold };
        let step = ask_return(&quote.id, &taken);
        quote.returns.push(taken);
        self.store.put_quote(&quote, Some(now.plus(RETRY_AFTER)))?;
        Ok(step)
    }

    /// What to do about the quotes whose time has come: to free what has expired, to carry on what was begun.
    pub fn wake(&self, now: Timestamp) -> Result<Vec<Step>, S::Error> {
        let mut steps = Vec::new();
        for id in self.store.due(now)? {
            let Some(quote) = self.store.quote(&id)? else { continue };
            let again = now.plus(RETRY_AFTER);
            steps.push(match quote.state {
                QuoteState::Held if quote.expires_at <= now => self.ask_release(quote, QuoteState::Expired, now)?,
                QuoteState::Releasing => self.ask_release(quote, QuoteState::Releasing, now)?,
                QuoteState::Expired => self.ask_release(quote, QuoteState::Expired, now)?,
                QuoteState::Committing => {
                    self.store.put_quote(&quote, Some(again))?;
                    ask_commit(&quote)
                }
                QuoteState::Committed if quote.returns.iter().any(|taken| !taken.untold.is_empty()) => {
                    self.store.put_quote(&quote, Some(again))?;
                    let untold = quote.returns.iter().filter(|taken| !taken.untold.is_empty());
                    steps.extend(untold.map(|taken| ask_return(&quote.id, taken)));
                    continue;
                }
                QuoteState::Held | QuoteState::Committed | QuoteState::Released => {
                    self.rest(&quote)?;
                    done(quote)
                }
            });
        }
        Ok(steps)
    }

    /// Goes on with an act. A shard that did not answer has `None`.
    pub fn heard(&self, act: Act, replies: Vec<(ShardName, Option<Reply>)>, now: Timestamp) -> Result<Step, S::Error> {
        let all_done = replies.iter().all(|(_, reply)| matches!(reply, Some(Reply::Done)));
        match act {
            Act::Open(opening) => self.heard_held(*opening, replies, now),
            Act::Refuse(refusal) => Ok(refused(refusal)),
            Act::Commit(id) => self.heard_commit(&id, &replies, now),
            Act::Undo(id) => {
                self.heard_released(&id, all_done, now)?;
                Ok(refused(Refusal::Expired))
            }
            Act::Release(id) => self.heard_released(&id, all_done, now),
            Act::Replace { new, old } => {
                // If a shard was not reached, the alarm sees to the old quote; the new one is held all the same.
                self.heard_released(&old, all_done, now)?;
                Ok(self.store.quote(&new)?.map_or_else(|| refused(Refusal::NotFound), done))
            }
            Act::Extend(id, expires_at) => {
                let Some(mut quote) = self.store.quote(&id)? else { return Ok(refused(Refusal::NotFound)) };
                if quote.state_at(now) != QuoteState::Held {
                    return Ok(refused(why_not_held(&quote, now)));
                }
                if !all_done {
                    return Ok(refused(Refusal::Unreachable));
                }
                quote.expires_at = expires_at.max(quote.expires_at);
                self.store.put_quote(&quote, Some(quote.expires_at))?;
                Ok(done(quote))
            }
            Act::GiveBack { quote, id } => self.heard_returned(&quote, &id, all_done, now),
        }
    }

    /// Asks the opening's wave for what is lacking; with nothing to ask, judges what there is.
    fn ask_wave(&self, opening: Opening, now: Timestamp) -> Result<Step, S::Error> {
        let draft = &opening.draft;
        let Some(wave) = draft.waves.get(opening.wave) else { return self.judge(opening, now) };
        let expires_at = opening.created_at.plus(draft.ttl_ms);
        let asks = wave.asks(&draft.lines, |key| opening.lacking(key));
        if asks.is_empty() {
            return self.next_wave(opening, now);
        }
        let (quote, replaces) = (draft.id.clone(), draft.replace.clone());
        let command = |lines| Command::Hold { quote: quote.clone(), expires_at, lines, replaces: replaces.clone() };
        let asks = asks.into_iter().map(|(shard, lines)| (shard, command(lines))).collect();
        Ok(Step::Ask(Act::Open(Box::new(opening)), asks))
    }

    fn next_wave(&self, opening: Opening, now: Timestamp) -> Result<Step, S::Error> {
        let wave = opening.wave.saturating_add(1);
        self.ask_wave(Opening { wave, ..opening }, now)
    }

    fn heard_held(
        &self,
        mut opening: Opening,
        replies: Vec<(ShardName, Option<Reply>)>,
        now: Timestamp,
    ) -> Result<Step, S::Error> {
        let (mut lost, mut later) = (None, None);
        for (shard, reply) in replies {
            match reply {
                Some(Reply::Held { lines }) => {
                    opening.held.extend(lines.into_iter().map(|line| (shard.clone(), line)));
                }
                // The hold of an earlier try has come to its end meanwhile.
                Some(Reply::Refused { why: HoldRefusal::Expired }) => lost = Some(Refusal::Expired),
                // Another call has begun to replace the same quote; it may yet be refused, or be forgotten in a crash.
                Some(Reply::Refused { why: HoldRefusal::BeingReplaced }) => later = Some(Refusal::Busy),
                Some(Reply::Refused { .. }) => lost = Some(Refusal::AlreadyReleased),
                _ => later = Some(Refusal::Unreachable),
            }
        }
        if let Some(lost) = lost {
            return Ok(opening.refuse(lost));
        }
        if let Some(later) = later {
            // Nothing is given back: the caller asks again and meets what is held, or it expires.
            return Ok(refused(later));
        }
        if opening.is_complete() { self.judge(opening, now) } else { self.next_wave(opening, now) }
    }

    /// Every wave was asked, or nothing is lacking: hold or refuse.
    fn judge(&self, opening: Opening, now: Timestamp) -> Result<Step, S::Error> {
        if let Some(known) = self.store.quote(&opening.draft.id)? {
            // Two calls with the same key at the same time: the other one was first.
            return Ok(done(known));
        }
        let anything = opening.draft.lines.iter().enumerate().any(|(place, _)| opening.units_held(place) > 0);
        if !(opening.is_complete() || (opening.draft.partial && anything)) {
            let shortages = opening.shortages();
            return Ok(opening.refuse(Refusal::InsufficientStock { shortages }));
        }
        // While the shards were asked, another call may have decided otherwise.
        if let Some(refusal) = self.objection(&opening.draft, now)? {
            // What is about to be sold is as good as sold.
            return Ok(opening.refuse(if refusal.passes() { Refusal::AlreadyCommitted } else { refusal }));
        }
        let replaces = opening.draft.replace.clone();
        let quote = opening.into_quote();
        if quote.state_at(now) == QuoteState::Expired {
            return Ok(refused(Refusal::Expired));
        }
        self.store.put_quote(&quote, Some(quote.expires_at))?;
        self.replace(quote, replaces.as_ref(), now)
    }

    /// The new quote is held: from here on the old one is given up, if that has not been done before. Those of its units
    /// that the new one uses stay with the new one.
    fn replace(&self, new: Quote, old: Option<&OpaqueId>, now: Timestamp) -> Result<Step, S::Error> {
        let old = old.map(|old| self.store.quote(old)).transpose()?.flatten();
        match old.filter(|old| matches!(old.state, QuoteState::Held | QuoteState::Releasing)) {
            Some(old) => {
                let act = Act::Replace { new: new.id, old: old.id.clone() };
                Ok(Step::Ask(act, self.release_asks(old, QuoteState::Releasing, now)?))
            }
            None => Ok(done(new)),
        }
    }

    /// What stands against holding a quote, whatever the stock.
    fn objection(&self, draft: &Draft, now: Timestamp) -> Result<Option<Refusal>, S::Error> {
        if let Some(old) = &draft.replace {
            match self.store.quote(old)? {
                None => return Ok(Some(Refusal::NotFound)),
                Some(old) if old.state_at(now) != QuoteState::Held => return Ok(Some(why_not_held(&old, now))),
                Some(_) => {}
            }
        }
        // A quote that takes another's place does not add to the number.
        let limit = draft.open_limit.saturating_add(draft.replace.is_some().into());
        let full = self.store.open_quotes(now)? >= limit;
        Ok(full.then_some(Refusal::QuotaExceeded { limit: draft.open_limit }))
    }

    fn ask_release(&self, quote: Quote, state: QuoteState, now: Timestamp) -> Result<Step, S::Error> {
        let id = quote.id.clone();
        Ok(Step::Ask(Act::Release(id), self.release_asks(quote, state, now)?))
    }

    /// Records that a quote is given up, and what to tell its shards.
    fn release_asks(
        &self,
        mut quote: Quote,
        state: QuoteState,
        now: Timestamp,
    ) -> Result<Vec<(ShardName, Command)>, S::Error> {
        quote.state = state;
        self.store.put_quote(&quote, Some(now.plus(RETRY_AFTER)))?;
        Ok(asks(&quote, |_| Command::Release { quote: quote.id.clone() }))
    }

    fn heard_commit(
        &self,
        id: &OpaqueId,
        replies: &[(ShardName, Option<Reply>)],
        now: Timestamp,
    ) -> Result<Step, S::Error> {
        let Some(mut quote) = self.store.quote(id)? else { return Ok(refused(Refusal::NotFound)) };
        if quote.state != QuoteState::Committing {
            // Another call has brought it to its end.
            let committed = quote.state == QuoteState::Committed;
            return Ok(if committed { done(quote) } else { refused(Refusal::Expired) });
        }
        if replies.iter().all(|(_, reply)| matches!(reply, Some(Reply::Done))) {
            quote.state = QuoteState::Committed;
            self.rest(&quote)?;
            return Ok(done(quote));
        }
        let lost = replies
            .iter()
            .any(|(_, reply)| matches!(reply, Some(Reply::Refused { why }) if *why != HoldRefusal::BeingReplaced));
        if !lost && now < quote.expires_at.plus(GRACE) {
            return Ok(refused(Refusal::Unreachable));
        }
        // A hold is gone, or a shard stayed away until its hold was: what others sold is taken back.
        for line in &mut quote.lines {
            line.committed = 0;
        }
        for units in quote.holds.iter_mut().flat_map(|at| &mut at.units) {
            units.committed = 0;
        }
        let id = quote.id.clone();
        Ok(Step::Ask(Act::Undo(id), self.release_asks(quote, QuoteState::Expired, now)?))
    }

    /// The shards have been told to free a quote's stock. If all have, it has come to rest.
    fn heard_released(&self, id: &OpaqueId, all_done: bool, now: Timestamp) -> Result<Step, S::Error> {
        let Some(mut quote) = self.store.quote(id)? else { return Ok(refused(Refusal::NotFound)) };
        if !matches!(quote.state, QuoteState::Releasing | QuoteState::Expired) {
            return Ok(done(quote));
        }
        if !all_done {
            self.store.put_quote(&quote, Some(now.plus(RETRY_AFTER)))?;
            return Ok(refused(Refusal::Unreachable));
        }
        if quote.state == QuoteState::Releasing {
            quote.state = QuoteState::Released;
        }
        self.rest(&quote)?;
        Ok(done(quote))
    }

    /// The shards have been told of a return. What one did not hear, the alarm tells it again.
    fn heard_returned(
        &self,
        quote: &OpaqueId,
        id: &OpaqueId,
        all_done: bool,
        now: Timestamp,
    ) -> Result<Step, S::Error> {
        let Some(mut quote) = self.store.quote(quote)? else { return Ok(refused(Refusal::NotFound)) };
        if !all_done {
            return Ok(refused(Refusal::Unreachable));
        }
        if let Some(taken) = quote.returns.iter_mut().find(|taken| taken.id == *id) {
            taken.untold.clear();
        }
        let told = quote.returns.iter().all(|taken| taken.untold.is_empty());
        self.store.put_quote(&quote, if told { None } else { Some(now.plus(RETRY_AFTER)) })?;
        Ok(done(quote))
    }

    /// Writes a quote that needs no more looking after.
    fn rest(&self, quote: &Quote) -> Result<(), S::Error> {
        self.store.put_quote(quote, None)
    }
}

impl Opening {
    fn units_of(&self, key: LineKey) -> u32 {
        let lines = self.held.iter().filter(|(_, line)| line.line == key).flat_map(|(_, line)| &line.allocations);
        lines.fold(0, |sum, at| sum.saturating_add(at.quantity))
    }

    /// Units of a need that are not held yet.
    fn lacking(&self, key: LineKey) -> u32 {
        let line = self.draft.lines.get(usize::from(key.line));
        let need = line.and_then(|line| line.needs.get(usize::from(key.component.unwrap_or(0))));
        let wanted = line.zip(need).map_or(0, |(line, need)| line.quantity.saturating_mul(need.quantity));
        wanted.saturating_sub(self.units_of(key))
    }

    /// Units of a line that are held: of a bundle, as many as its scarcest component allows.
    fn units_held(&self, place: usize) -> u32 {
        let Some(line) = self.draft.lines.get(place) else { return 0 };
        let of_need = keys(place, &line.sku, &line.needs)
            .map(|(key, need)| self.units_of(key).checked_div(need.quantity).unwrap_or(0).min(line.quantity));
        // A digital part needs nothing held.
        of_need.min().unwrap_or(line.quantity)
    }

    fn is_complete(&self) -> bool {
        self.draft.lines.iter().enumerate().all(|(place, line)| self.units_held(place) == line.quantity)
    }

    fn shortages(&self) -> Vec<Shortage> {
        let lines = self.draft.lines.iter().enumerate();
        let short = lines.filter(|(place, line)| self.units_held(*place) < line.quantity);
        // Each shard set aside all it had, so what is held is what there is.
        short
            .map(|(place, line)| {
                let available = self.units_held(place);
                Shortage { line: place, sku: line.sku.clone(), wanted: line.quantity, available }
            })
            .collect()
    }

    /// Gives back what is held so far, then refuses.
    fn refuse(self, refusal: Refusal) -> Step {
        let quote = self.draft.id;
        let mut shards: Vec<ShardName> = Vec::new();
        let with_units = self.held.into_iter().filter(|(_, line)| !line.allocations.is_empty());
        for (shard, _) in with_units {
            if !shards.contains(&shard) {
                shards.push(shard);
            }
        }
        if shards.is_empty() {
            return refused(refusal);
        }
        let asks = shards.into_iter().map(|shard| (shard, Command::Release { quote: quote.clone() })).collect();
        Step::Ask(Act::Refuse(refusal), asks)
    }

    fn into_quote(self) -> Quote {
        let mut holds: Vec<ShardHolds> = Vec::new();
        for (shard, line) in &self.held {
            let held = line.allocations.iter().fold(0_u32, |sum, at| sum.saturating_add(at.quantity));
            if held == 0 {
                continue;
            }
            let units = HeldUnits { line: line.line, held, committed: 0, returned: 0 };
            match holds.iter_mut().find(|known| known.shard == *shard) {
                Some(known) => known.units.push(units),
                None => holds.push(ShardHolds { shard: shard.clone(), units: vec![units] }),
            }
        }
        let lines = self.draft.lines.iter().enumerate().map(|(place, _)| self.line(place)).collect::<Option<Vec<_>>>();
        let (lines, Draft { id, account, currency, reference, ttl_ms, .. }) = (lines.unwrap_or_default(), self.draft);
        let (created_at, expires_at) = (self.created_at, self.created_at.plus(ttl_ms));
        let (state, returns) = (QuoteState::Held, Vec::new());
        Quote { id, account, state, created_at, expires_at, reference, currency, lines, holds, returns }
    }

    fn line(&self, place: usize) -> Option<QuoteLine> {
        let line = self.draft.lines.get(place)?;
        let of_bundle = |key: LineKey| key.component.and_then(|at| line.needs.get(usize::from(at)));
        let heard = self.held.iter().filter(|(_, held)| usize::from(held.line.line) == place);
        let allocations = heard.flat_map(|(_, held)| {
            let sku = of_bundle(held.line).map(|need| need.sku.clone());
            held.allocations.iter().map(move |at| QuoteAllocation {
                location: at.location.clone(),
                quantity: at.quantity,
                sku: sku.clone(),
            })
        });
        Some(QuoteLine {
            sku: line.sku.clone(),
            quantity: line.quantity,
            held: self.units_held(place),
            committed: 0,
            returned: 0,
            price: line.price.clone(),
            needs: line.needs.clone(),
            allocations: allocations.collect(),
        })
    }
}

/// Units of each line: those named, none of the others; without names, all that `has` tells.
fn units_of(
    quote: &Quote,
    lines: Option<&[(usize, u32)]>,
    has: impl Fn(&QuoteLine) -> u32,
) -> Result<Vec<u32>, Refusal> {
    let Some(named) = lines else { return Ok(quote.lines.iter().map(has).collect()) };
    let mut units = vec![0_u32; quote.lines.len()];
    for &(line, count) in named {
        let (Some(slot), Some(of)) = (units.get_mut(line), quote.lines.get(line)) else {
            return Err(Refusal::UnknownLine { line });
        };
        *slot = slot.saturating_add(count);
        if *slot > has(of) {
            return Err(Refusal::ExceedsHold { line, units: has(of) });
        }
    }
    Ok(units)
}

fn ask_commit(quote: &Quote) -> Step {
    let asks =
        asks(quote, |at| Command::Commit { quote: quote.id.clone(), lines: Some(at.lines(|units| units.committed)) });
    Step::Ask(Act::Commit(quote.id.clone()), asks)
}

fn ask_return(quote: &OpaqueId, taken: &Return) -> Step {
    let (id, untold) = (&taken.id, taken.untold.iter());
    let command = |lines: &Vec<_>| Command::GiveBack { quote: quote.clone(), id: id.clone(), lines: lines.clone() };
    let asks = untold.map(|(shard, lines)| (shard.clone(), command(lines))).collect();
    Step::Ask(Act::GiveBack { quote: quote.clone(), id: id.clone() }, asks)
}

/// The same kind of command to every shard that holds something.
fn asks(quote: &Quote, command: impl Fn(&ShardHolds) -> Command) -> Vec<(ShardName, Command)> {
    quote.holds.iter().map(|at| (at.shard.clone(), command(at))).collect()
}

fn why_not_held(quote: &Quote, now: Timestamp) -> Refusal {
    match quote.state_at(now) {
        QuoteState::Committed => Refusal::AlreadyCommitted,
        QuoteState::Releasing | QuoteState::Released => Refusal::AlreadyReleased,
        QuoteState::Expired => Refusal::Expired,
        QuoteState::Held | QuoteState::Committing => Refusal::Busy,
    }
}

fn done(quote: Quote) -> Step {
    Step::Done(Ok(Box::new(quote)))
}

fn refused(refusal: Refusal) -> Step {
    Step::Done(Err(refusal))
}

#[cfg(test)]
mod tests;
