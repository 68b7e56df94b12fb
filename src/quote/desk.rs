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
//! - A shard that has given a sku away says to whom: the desk notes it and asks there (`moved`).
//!
//! What becomes of a quote is put into the outbox with the write that makes it so: see [`super::event`].

mod moved;

use self::moved::{is_done, refuse_further};
use super::draft::Draft;
use super::event::{Outcome, QuoteEvent, some_lines};
use super::opening::Opening;
use super::record::{Quote, QuoteState, Return, ShardHolds};
pub use super::refusal::{Missing, Refusal, Shortage};
use crate::id::OpaqueId;
use crate::stock::hold::{GRACE, SoldTo};
use crate::stock::shard::{Command, Reply};
use crate::stock::{HoldRefusal, ShardName};
use crate::time::Timestamp;

/// How long the alarm waits before it asks a shard again that could not be reached, in milliseconds.
pub const RETRY_AFTER: i64 = 2_000;

/// Quotes that one alarm forgets.
pub const FORGOTTEN_AT_ONCE: u32 = 250;

/// A desk's own storage: synchronous, and all writes of one step become durable together.
pub trait DeskStore {
    /// What storage reports when it cannot read or write.
    type Error;

    /// A quote.
    fn quote(&self, id: &OpaqueId) -> Result<Option<Quote>, Self::Error>;
    /// Writes a quote over the one before. `wake_at` is when the alarm should look at it; `None`: it has come to rest.
    fn put_quote(&self, quote: &Quote, wake_at: Option<Timestamp>) -> Result<(), Self::Error>;
    /// Forgets quotes that have come to rest and whose [time](Quote::forget_at) has come, at most so many.
    fn forget(&self, now: Timestamp, limit: u32) -> Result<(), Self::Error>;
    /// Quotes that are held and not expired at `now`.
    fn open_quotes(&self, now: Timestamp) -> Result<u32, Self::Error>;
    /// Quotes whose time to be looked at has come, earliest first, at most so many.
    fn due(&self, now: Timestamp, limit: u32) -> Result<Vec<OpaqueId>, Self::Error>;
    /// Puts an event into the outbox.
    fn emit(&self, event: &QuoteEvent) -> Result<(), Self::Error>;
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
    /// Giving back what was held for this quote, which is refused. The refusal stands: it is to be remembered before
    /// anything is asked, with what is asked, and is the call's answer when all shards have heard it.
    Refuse(Refusal, OpaqueId),
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
        let opening = Opening::new(draft, now);
        match self.objection(&opening.draft, now)? {
            Some(refusal) => self.refuse(&opening, refusal, now),
            None => self.ask_wave(opening, now),
        }
    }

    /// The quote that has the place of this one by now. One that is being opened does not count: asked for again, it
    /// takes the place of the same quote as before.
    pub fn latest(&self, id: &OpaqueId, opens: Option<&OpaqueId>) -> Result<OpaqueId, S::Error> {
        let mut latest = id.clone();
        while let Some(next) = self.store.quote(&latest)?.and_then(|quote| quote.replaced_by) {
            if Some(&next) == opens {
                break;
            }
            latest = next;
        }
        Ok(latest)
    }

    /// Shows a quote.
    pub fn get(&self, id: &OpaqueId) -> Result<Step, S::Error> {
        Ok(self.store.quote(id)?.map_or_else(|| refused(Refusal::NotFound), done))
    }

    /// Accepts a quote: all of it, or of each of `lines` so many units, and none of the others. `call` is the caller's key:
    /// a repeated call carries on with what it began, or meets it done.
    pub fn commit(
        &self,
        id: &OpaqueId,
        lines: Option<&[(usize, u32)]>,
        call: Option<&OpaqueId>,
        now: Timestamp,
    ) -> Result<Step, S::Error> {
        let Some(mut quote) = self.store.quote(id)? else { return Ok(refused(Refusal::NotFound)) };
        match quote.state_at(now) {
            QuoteState::Held => {}
            QuoteState::Committing if quote.is_decided_by(call) => return Ok(ask_commit(&quote)),
            QuoteState::Committed if quote.is_decided_by(call) => return Ok(done(quote)),
            _ => return Ok(refused(why_not_held(&quote, now))),
        }
        let sold = quote.units(lines, |line| line.held);
        if let Err(refusal) = sold.and_then(|sold| quote.sell(&sold)) {
            return Ok(refused(refusal));
        }
        quote.decided_by = call.cloned();
        self.put(&quote, now)?;
        Ok(ask_commit(&quote))
    }

    /// Gives a quote up. `call` is the caller's key, as for [`Desk::commit`].
    pub fn release(&self, id: &OpaqueId, call: Option<&OpaqueId>, now: Timestamp) -> Result<Step, S::Error> {
        let Some(mut quote) = self.store.quote(id)? else { return Ok(refused(Refusal::NotFound)) };
        match quote.state_at(now) {
            QuoteState::Held => {
                quote.decided_by = call.cloned();
                let lines = some_lines(&quote, |_, line| line.held);
                self.tell(&quote, Outcome::Released { lines }, now)?;
                self.ask_release(quote, QuoteState::Releasing, now)
            }
            QuoteState::Releasing => self.ask_release(quote, QuoteState::Releasing, now),
            QuoteState::Released if quote.is_decided_by(call) => Ok(done(quote)),
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
        Ok(Step::Ask(Act::Extend(quote.id.clone(), expires_at), extend_asks(&quote, expires_at)))
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
        let back = quote.units(lines, |line| line.committed.saturating_sub(line.returned));
        let taken = back.and_then(|back| Ok((quote.take_back(return_id, &back)?, back)));
        let (taken, back) = match taken {
            Ok(taken) => taken,
            Err(refusal) => return Ok(refused(refusal)),
        };
        let lines = some_lines(&quote, |place, _| back.get(place).copied().unwrap_or(0));
        self.tell(&quote, Outcome::Returned { id: return_id.clone(), lines }, now)?;
        self.put(&quote, now)?;
        Ok(ask_return(&quote.id, &taken))
    }

    /// What to do about the quotes whose time has come, at most so many of them: to free what has expired, to carry on what
    /// was begun. Those that have been at rest for long are forgotten.
    pub fn wake(&self, now: Timestamp, limit: u32) -> Result<Vec<Step>, S::Error> {
        self.store.forget(now, FORGOTTEN_AT_ONCE)?;
        let mut steps = Vec::new();
        for id in self.store.due(now, limit)? {
            let Some(quote) = self.store.quote(&id)? else { continue };
            match quote.state {
                QuoteState::Held if quote.expires_at <= now => {
                    self.tell_expired(&quote, now)?;
                    steps.push(self.ask_release(quote, QuoteState::Expired, now)?);
                }
                QuoteState::Releasing | QuoteState::Expired => {
                    let state = quote.state;
                    steps.push(self.ask_release(quote, state, now)?);
                }
                QuoteState::Committing => {
                    self.put(&quote, now)?;
                    steps.push(ask_commit(&quote));
                }
                QuoteState::Held | QuoteState::Committed | QuoteState::Released => {
                    self.put(&quote, now)?;
                    let untold = quote.returns.iter().filter(|taken| !taken.untold.is_empty());
                    steps.extend(untold.map(|taken| ask_return(&quote.id, taken)));
                }
            }
        }
        Ok(steps)
    }

    /// Goes on with an act. A shard that did not answer has `None`.
    pub fn heard(&self, act: Act, replies: Vec<(ShardName, Option<Reply>)>, now: Timestamp) -> Result<Step, S::Error> {
        if let Some(asks) = self.follow(&act, &replies, now)? {
            return Ok(Step::Ask(act, asks));
        }
        let all_done = replies.iter().all(|(_, reply)| is_done(reply.as_ref()));
        match act {
            Act::Open(opening) => self.heard_held(*opening, replies, now),
            Act::Refuse(refusal, quote) => Ok(refuse_further(refusal, &quote, &replies)),
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
                if expires_at > quote.expires_at {
                    quote.expires_at = expires_at;
                    self.tell(&quote, Outcome::Extended { expires_at }, now)?;
                    self.put(&quote, now)?;
                }
                Ok(done(quote))
            }
            Act::GiveBack { quote, id } => self.heard_returned(&quote, &id, all_done, now),
        }
    }

    /// Asks the next region for what is lacking; with nobody left to ask, judges what there is.
    fn ask_wave(&self, mut opening: Opening, now: Timestamp) -> Result<Step, S::Error> {
        let asks = opening.next_wave();
        if asks.is_empty() { self.judge(opening, now) } else { Ok(Step::Ask(Act::Open(Box::new(opening)), asks)) }
    }

    fn heard_held(
        &self,
        mut opening: Opening,
        replies: Vec<(ShardName, Option<Reply>)>,
        now: Timestamp,
    ) -> Result<Step, S::Error> {
        let (mut lost, mut busy, mut unreachable, mut elsewhere) = (None, None, false, Vec::new());
        for (shard, reply) in replies {
            match reply {
                Some(Reply::Held { lines }) => opening.heard(&shard, lines),
                Some(Reply::Elsewhere { skus }) => elsewhere.push((shard, skus)),
                // The hold of an earlier try has come to its end meanwhile.
                Some(Reply::Refused { why: HoldRefusal::Expired }) => lost = Some(Refusal::Expired),
                // Another quote is about to take that place, or was and will not come back.
                Some(Reply::Refused { why: HoldRefusal::BeingReplaced }) => busy = Some(Refusal::Busy),
                Some(Reply::Refused { .. }) => lost = Some(Refusal::AlreadyReleased),
                _ => unreachable = true,
            }
        }
        if let Some(lost) = lost.or(busy) {
            // What has become of the quote to be replaced says more than what this one has lost.
            let refusal = self.objection_by_now(&opening.draft, now)?.unwrap_or(lost);
            return self.refuse(&opening, refusal, now);
        }
        if unreachable {
            // Nothing is given back: the caller asks again and meets what is held, or it expires.
            return Ok(refused(Refusal::Unreachable));
        }
        if elsewhere.is_empty() {
            return self.ask_wave(opening, now);
        }
        let asks = opening.redirected(&elsewhere);
        // A sku that is on its way from one shard to another will have arrived in a moment.
        let waits = asks.is_empty();
        Ok(if waits { refused(Refusal::Unreachable) } else { Step::Ask(Act::Open(Box::new(opening)), asks) })
    }

    /// Every wave was asked, or nothing is lacking: hold or refuse.
    fn judge(&self, opening: Opening, now: Timestamp) -> Result<Step, S::Error> {
        if let Some(known) = self.store.quote(&opening.draft.id)? {
            // Two calls with the same key at the same time: the other one was first.
            return Ok(done(known));
        }
        if !(opening.is_complete() || (opening.draft.partial && opening.has_anything())) {
            let shortages = opening.shortages();
            return self.refuse(&opening, Refusal::InsufficientStock { shortages }, now);
        }
        // While the shards were asked, another call may have decided otherwise.
        if let Some(refusal) = self.objection_by_now(&opening.draft, now)? {
            return self.refuse(&opening, refusal, now);
        }
        if opening.expires_at() <= now {
            return self.refuse(&opening, Refusal::Expired, now);
        }
        let (asked_at, replaces) = (opening.draft.asked_at, opening.draft.replace.clone());
        let (lines, took_ms) = (opening.event_lines(), now.since(asked_at).max(0));
        let quote = opening.into_quote();
        let old = replaces.clone();
        self.tell(&quote, Outcome::Held { lines, expires_at: quote.expires_at, took_ms, replaces }, now)?;
        self.put(&quote, now)?;
        self.replace(quote, old.as_ref(), now)
    }

    /// The new quote is held: from here on the old one is given up, if that was not begun before. Those of its units that
    /// the new one uses stay with the new one.
    fn replace(&self, new: Quote, old: Option<&OpaqueId>, now: Timestamp) -> Result<Step, S::Error> {
        let Some(mut old) = old.map(|old| self.store.quote(old)).transpose()?.flatten() else { return Ok(done(new)) };
        match old.state {
            QuoteState::Held => {
                let lines = some_lines(&old, |_, line| line.held);
                self.tell(&old, Outcome::Replaced { lines, by: new.id.clone() }, now)?;
            }
            QuoteState::Releasing => {}
            _ => return Ok(done(new)),
        }
        old.replaced_by = Some(new.id.clone());
        let act = Act::Replace { new: new.id, old: old.id.clone() };
        Ok(Step::Ask(act, self.release_asks(old, QuoteState::Releasing, now)?))
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

    /// What stands against it after the shards were asked, for good: what is about to be sold is as good as sold.
    fn objection_by_now(&self, draft: &Draft, now: Timestamp) -> Result<Option<Refusal>, S::Error> {
        let objection = self.objection(draft, now)?;
        Ok(objection.map(|refusal| if refusal.passes() { Refusal::AlreadyCommitted } else { refusal }))
    }

    /// Refuses to hold; for good, unless it passes. What is held so far is given back.
    fn refuse(&self, opening: &Opening, refusal: Refusal, now: Timestamp) -> Result<Step, S::Error> {
        if !refusal.passes() {
            self.store.emit(&opening.refused(&refusal, now))?;
        }
        let release = |shard: &ShardName| (shard.clone(), Command::Release { quote: opening.draft.id.clone() });
        let asks: Vec<_> = opening.holders().into_iter().map(release).collect();
        Ok(refusing(refusal, asks))
    }

    fn tell(&self, quote: &Quote, what: Outcome, now: Timestamp) -> Result<(), S::Error> {
        self.store.emit(&QuoteEvent::of(quote, what, now))
    }

    fn tell_expired(&self, quote: &Quote, now: Timestamp) -> Result<(), S::Error> {
        let (lines, accepted) = (some_lines(quote, |_, line| line.held), quote.state == QuoteState::Committing);
        self.tell(quote, Outcome::Expired { lines, expires_at: quote.expires_at, accepted }, now)
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
        self.put(&quote, now)?;
        Ok(release_asks(&quote))
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
        if replies.iter().all(|(_, reply)| is_done(reply.as_ref())) {
            quote.state = QuoteState::Committed;
            let lines = some_lines(&quote, |_, line| line.committed);
            self.tell(&quote, Outcome::Committed { lines }, now)?;
            self.put(&quote, now)?;
            return Ok(done(quote));
        }
        let lost = replies.iter().any(|(_, reply)| matches!(reply, Some(Reply::Refused { .. })));
        if !lost && now < quote.expires_at.plus(GRACE) {
            return Ok(refused(Refusal::Unreachable));
        }
        // A hold is gone, or a shard stayed away until its hold was: what others sold is taken back.
        self.tell_expired(&quote, now)?;
        quote.unsell();
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
            self.put(&quote, now)?;
            return Ok(refused(Refusal::Unreachable));
        }
        if quote.state == QuoteState::Releasing {
            quote.state = QuoteState::Released;
        }
        self.store.put_quote(&quote, None)?;
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
        self.put(&quote, now)?;
        Ok(done(quote))
    }

    /// Writes a quote. When to look at it next follows from how far it has come.
    fn put(&self, quote: &Quote, now: Timestamp) -> Result<(), S::Error> {
        let wake_at = match quote.state {
            QuoteState::Held => Some(quote.expires_at),
            QuoteState::Committed if quote.returns_are_told() => None,
            QuoteState::Released => None,
            // The shards are being told.
            QuoteState::Committing | QuoteState::Committed | QuoteState::Releasing | QuoteState::Expired => {
                Some(now.plus(RETRY_AFTER))
            }
        };
        self.store.put_quote(quote, wake_at)
    }
}

/// Tells these shards to free what they hold for a quote that is refused.
pub(super) fn refusing(refusal: Refusal, asks: Vec<(ShardName, Command)>) -> Step {
    match asks.first() {
        Some((_, Command::Release { quote })) => Step::Ask(Act::Refuse(refusal, quote.clone()), asks),
        _ => refused(refusal),
    }
}

fn ask_commit(quote: &Quote) -> Step {
    Step::Ask(Act::Commit(quote.id.clone()), commit_asks(quote))
}

fn commit_asks(quote: &Quote) -> Vec<(ShardName, Command)> {
    let to = SoldTo { account: quote.account.clone(), reference: quote.reference.clone() };
    asks(quote, |at| Command::Commit {
        quote: quote.id.clone(),
        lines: Some(at.lines(|units| units.committed)),
        to: Some(to.clone()),
    })
}

fn release_asks(quote: &Quote) -> Vec<(ShardName, Command)> {
    asks(quote, |_| Command::Release { quote: quote.id.clone() })
}

fn extend_asks(quote: &Quote, expires_at: Timestamp) -> Vec<(ShardName, Command)> {
    asks(quote, |_| Command::Extend { quote: quote.id.clone(), expires_at })
}

fn ask_return(quote: &OpaqueId, taken: &Return) -> Step {
    Step::Ask(Act::GiveBack { quote: quote.clone(), id: taken.id.clone() }, return_asks(quote, taken))
}

fn return_asks(quote: &OpaqueId, taken: &Return) -> Vec<(ShardName, Command)> {
    let command =
        |lines: &Vec<_>| Command::GiveBack { quote: quote.clone(), id: taken.id.clone(), lines: lines.clone() };
    taken.untold.iter().map(|(shard, lines)| (shard.clone(), command(lines))).collect()
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
