//! The clerk: takes the calls that come to a desk and sees that each has one answer and one effect.
//!
//! - A call whose key was answered before gets that answer again; with another body it is refused.
//! - A call whose key is being worked on is told to ask again.
//! - An answer is remembered in the same turn as the last write of its act. A refusal stands before shards hear of it,
//!   with what they are to hear: the same call after a crash does not begin anew, and what was held is given back.
//!
//! The clerk waits for nobody. A [`Turn`] says what to send, and [`Clerk::heard`] takes what came back; whoever carries
//! the messages may lose them, and may lose the clerk: all that must survive is in the store.

use std::cell::RefCell;

use super::call::{Answer, Ask, Call, Idempotency};
use super::desk::{Act, Desk, DeskStore, Refusal, Step, refusing};
use super::record::{Quote, QuoteState};
use crate::id::OpaqueId;
use crate::order::SortedSet;
use crate::stock::ShardName;
use crate::stock::shard::{Command, Reply};
use crate::time::Timestamp;

/// What a clerk keeps beside the desk's quotes, in the same storage.
pub trait ClerkStore: DeskStore {
    /// The answer that was given for a key, and the fingerprint of the call it was given to.
    fn remembered(&self, key: &OpaqueId) -> Result<Option<(String, Answer)>, Self::Error>;
    /// Remembers the answer that is given to a call at `now`.
    fn remember(&self, call: &Idempotency, answer: &Answer, now: Timestamp) -> Result<(), Self::Error>;
    /// A page of quotes that are in `state` at `now` and that their caller gave the name `reference`, the newest first, and
    /// where the next page begins.
    fn list(
        &self,
        state: Option<QuoteState>,
        reference: Option<&str>,
        cursor: Option<u64>,
        limit: u32,
        now: Timestamp,
    ) -> Result<(Vec<Quote>, Option<u64>), Self::Error>;
}

/// What comes next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Turn {
    /// Send these commands, all at once, and tell [`Clerk::heard`] what came back.
    Ask(Task, Vec<(ShardName, Command)>),
    /// It is done; this is the answer, if somebody waits for one.
    Answer(Answer),
}

/// What a clerk is in the middle of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    act: Act,
    call: Option<Idempotency>,
}

/// A clerk at work on a desk's storage. What it has in memory can be lost at any time.
#[derive(Debug, Clone, Default)]
pub struct Clerk<S> {
    store: S,
    /// Keys of the calls that are being worked on.
    running: RefCell<SortedSet<OpaqueId>>,
}

impl Task {
    /// The call that it is for; none if the alarm began it.
    pub fn call(&self) -> Option<&Idempotency> {
        self.call.as_ref()
    }
}

impl<S: ClerkStore> Clerk<S> {
    /// A clerk who knows what is in `store` and nothing else.
    pub fn new(store: S) -> Self {
        Self { store, running: RefCell::default() }
    }

    /// The storage.
    pub fn store(&self) -> &S {
        &self.store
    }

    /// Takes a call.
    pub fn call(&self, call: Call, now: Timestamp) -> Result<Turn, S::Error> {
        let Call { idempotency, mut ask, latest } = call;
        let mut cut_off = None;
        if let Some(Idempotency { key, fingerprint }) = &idempotency {
            match self.store.remembered(key)? {
                Some((before, _)) if before != *fingerprint => return Ok(Turn::Answer(Answer::KeyReused)),
                Some((_, Answer::Refusing { why, asks })) => cut_off = Some(refusing(why, asks)),
                Some((_, known)) => return Ok(Turn::Answer(known.again())),
                None => {}
            }
            if !self.running.borrow_mut().insert(key.clone()) {
                return Ok(Turn::Answer(refusal(Refusal::Busy)));
            }
        }
        self.ends_with(idempotency, |call| {
            if let Some(step) = cut_off {
                return self.turn(step, call, now);
            }
            if let (true, (Some(named), opens)) = (latest, ask.names()) {
                *named = Desk::new(&self.store).latest(named, opens)?;
            }
            self.begin(ask, call, now)
        })
    }

    /// Sees to the quotes whose time has come, at most so many of them. Nobody waits for the answers.
    pub fn wake(&self, now: Timestamp, limit: u32) -> Result<Vec<Turn>, S::Error> {
        let steps = Desk::new(&self.store).wake(now, limit)?;
        steps.into_iter().map(|step| self.turn(step, None, now)).collect()
    }

    /// Goes on with a task. A shard that did not answer has `None`.
    pub fn heard(
        &self,
        task: Task,
        replies: Vec<(ShardName, Option<Reply>)>,
        now: Timestamp,
    ) -> Result<Turn, S::Error> {
        let Task { act, call } = task;
        self.ends_with(call, |call| self.turn(Desk::new(&self.store).heard(act, replies, now)?, call, now))
    }

    fn begin(&self, ask: Ask, call: Option<Idempotency>, now: Timestamp) -> Result<Turn, S::Error> {
        let (desk, key) = (Desk::new(&self.store), call.as_ref().map(|call| &call.key));
        let step = match ask {
            Ask::Open { draft } => desk.open(*draft, now)?,
            Ask::Commit { quote, lines } => desk.commit(&quote, lines.as_deref(), key, now)?,
            Ask::Release { quote } => desk.release(&quote, key, now)?,
            Ask::Extend { quote, ttl_ms } => desk.extend(&quote, now.plus(ttl_ms), now)?,
            Ask::GiveBack { quote, lines } => {
                // A return has no name but its call's key.
                let Some(key) = key else { return Ok(Turn::Answer(refusal(Refusal::NotFound))) };
                desk.give_back(&quote, key, lines.as_deref(), now)?
            }
            Ask::Get { quote } => desk.get(&quote)?,
            Ask::List { state, reference, cursor, limit } => {
                let (quotes, cursor) = self.store.list(state, reference.as_deref(), cursor, limit, now)?;
                return Ok(Turn::Answer(Answer::Quotes { quotes, cursor }));
            }
        };
        self.turn(step, call, now)
    }

    fn turn(&self, step: Step, call: Option<Idempotency>, now: Timestamp) -> Result<Turn, S::Error> {
        match step {
            Step::Ask(act, asks) => {
                if let (Act::Refuse(why, _), Some(call)) = (&act, &call) {
                    let refusing = Answer::Refusing { why: why.clone(), asks: asks.clone() };
                    self.store.remember(call, &refusing, now)?;
                }
                Ok(Turn::Ask(Task { act, call }, asks))
            }
            Step::Done(outcome) => {
                let answer = outcome.map_or_else(refusal, |quote| Answer::Quote { quote, replayed: false });
                self.remember(call.as_ref(), &answer, now)?;
                Ok(Turn::Answer(answer))
            }
        }
    }

    fn remember(&self, call: Option<&Idempotency>, answer: &Answer, now: Timestamp) -> Result<(), S::Error> {
        let stands = !matches!(answer, Answer::Refused { why, .. } if !why.stands());
        call.filter(|_| stands).map_or(Ok(()), |call| self.store.remember(call, answer, now))
    }

    /// A call is being worked on for as long as it waits for shards.
    fn ends_with(
        &self,
        call: Option<Idempotency>,
        turn: impl FnOnce(Option<Idempotency>) -> Result<Turn, S::Error>,
    ) -> Result<Turn, S::Error> {
        let key = call.as_ref().map(|call| call.key.clone());
        let turn = turn(call);
        if let (Some(key), false) = (key, matches!(turn, Ok(Turn::Ask(..)))) {
            self.running.borrow_mut().remove(&key);
        }
        turn
    }
}

fn refusal(why: Refusal) -> Answer {
    Answer::Refused { why, replayed: false }
}

#[cfg(test)]
mod tests;
