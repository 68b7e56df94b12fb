//! The object around a desk, as in `functions/src/objects/quote_desk`: what survives a crash, what does not, and which
//! answers are remembered. What is decided is decided by the domain.

use std::collections::{BTreeMap, BTreeSet};

use holdfast::id::OpaqueId;
use holdfast::quote::QuoteState;
use holdfast::quote::call::{Answer, Ask, Call};
use holdfast::quote::desk::{Act, Desk, DeskStore, Refusal, Step};
use holdfast::quote::memory::MemoryDesk;
use holdfast::stock::ShardName;
use holdfast::stock::shard::{Command, Reply};
use holdfast::time::Timestamp;

/// A desk with its storage and its memory.
#[derive(Debug, Default)]
pub struct DeskObject {
    /// Survives a crash.
    pub disk: MemoryDesk,
    /// Answers by key; survive a crash.
    answers: BTreeMap<OpaqueId, Answer>,
    /// When the alarm is set to ring; survives a crash.
    pub alarm: Option<i64>,
    /// How far its clock is ahead.
    pub skew: i64,
    /// Crashed until then.
    pub up_at: i64,
    /// Grows with every crash: what is addressed to an earlier life is lost.
    pub life: u32,
    acts: BTreeMap<u64, Running>,
    running: BTreeSet<OpaqueId>,
    begun: u64,
    /// Quotes whose commit was accepted.
    pub accepted: BTreeSet<OpaqueId>,
}

/// An act that waits for shards.
#[derive(Debug)]
struct Running {
    act: Act,
    replies: Vec<(ShardName, Option<Reply>)>,
    waiting: usize,
    call: Option<OpaqueId>,
}

/// What the desk wants done.
pub enum Effect {
    /// Send these commands, each to be answered to its place in the act.
    Ask { act: u64, asks: Vec<(ShardName, Command)> },
    /// Answer the call of this key.
    Answer(OpaqueId, Answer),
    /// Nothing now.
    Wait,
}

impl DeskObject {
    pub fn new(skew: i64) -> Self {
        Self { skew, ..Self::default() }
    }

    pub fn crash(&mut self) {
        self.acts.clear();
        self.running.clear();
        self.life += 1;
    }

    pub fn call(&mut self, call: Call, now: Timestamp) -> Effect {
        let key = call.idempotency.unwrap().key;
        if let Some(known) = self.answers.get(&key) {
            return Effect::Answer(key, known.clone().again());
        }
        if !self.running.insert(key.clone()) {
            return Effect::Answer(key, Answer::Refused { why: Refusal::Busy, replayed: false });
        }
        let desk = Desk::new(&self.disk);
        let step = match call.ask {
            Ask::Open { draft } => desk.open(*draft, now),
            Ask::Commit { quote, lines } => desk.commit(&quote, lines.as_deref(), now),
            Ask::Release { quote } => desk.release(&quote, now),
            Ask::Extend { quote, ttl_ms } => desk.extend(&quote, now.plus(ttl_ms), now),
            Ask::GiveBack { quote, lines } => desk.give_back(&quote, &key, lines.as_deref(), now),
            Ask::Get { quote } => desk.get(&quote),
            Ask::List { .. } => unreachable!("no step of a plan lists quotes"),
        };
        let Ok(step) = step;
        self.goes_on(step, Some(key))
    }

    pub fn wake(&mut self, now: Timestamp) -> Vec<Effect> {
        let Ok(steps) = Desk::new(&self.disk).wake(now);
        steps.into_iter().map(|step| self.goes_on(step, None)).collect()
    }

    /// A shard's answer to the command in a place of an act.
    pub fn reply(&mut self, act: u64, place: usize, reply: Reply, now: Timestamp) -> Effect {
        let Some(running) = self.acts.get_mut(&act) else { return Effect::Wait };
        let slot = &mut running.replies[place].1;
        if slot.is_some() {
            return Effect::Wait;
        }
        *slot = Some(reply);
        running.waiting -= 1;
        if running.waiting == 0 { self.heard(act, now) } else { Effect::Wait }
    }

    /// Waits no longer for the shards that an act has asked.
    pub fn heard(&mut self, act: u64, now: Timestamp) -> Effect {
        let Some(running) = self.acts.remove(&act) else { return Effect::Wait };
        let Ok(step) = Desk::new(&self.disk).heard(running.act, running.replies, now);
        self.goes_on(step, running.call)
    }

    fn goes_on(&mut self, step: Step, call: Option<OpaqueId>) -> Effect {
        match step {
            Step::Ask(act, asks) => {
                match (&act, &call) {
                    (Act::Commit(quote), _) => {
                        self.accepted.insert(quote.clone());
                    }
                    (Act::Refuse(why, _), Some(key)) => {
                        let answer = Answer::Refused { why: why.clone(), replayed: false };
                        self.answers.insert(key.clone(), answer);
                    }
                    _ => {}
                }
                self.begun += 1;
                let replies = asks.iter().map(|(shard, _)| (shard.clone(), None)).collect();
                self.acts.insert(self.begun, Running { act, replies, waiting: asks.len(), call });
                Effect::Ask { act: self.begun, asks }
            }
            Step::Done(outcome) => {
                let Some(key) = call else { return Effect::Wait };
                self.running.remove(&key);
                let passes = outcome.as_ref().is_err_and(Refusal::passes);
                let answer = match outcome {
                    Ok(quote) => Answer::Quote { quote, replayed: false },
                    Err(why) => Answer::Refused { why, replayed: false },
                };
                if !passes {
                    self.answers.insert(key.clone(), answer.clone());
                }
                Effect::Answer(key, answer)
            }
        }
    }

    /// The stored state of a quote.
    pub fn state(&self, quote: &OpaqueId) -> Option<QuoteState> {
        let Ok(quote) = self.disk.quote(quote);
        quote.map(|quote| quote.state)
    }
}
