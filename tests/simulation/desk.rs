//! The object around a clerk, as in `functions/src/objects/quote_desk`: what survives a crash, what does not, and who
//! waits for whom. What is decided is decided by the domain.

use std::collections::{BTreeMap, BTreeSet};

use holdfast::id::OpaqueId;
use holdfast::quote::call::{Answer, Call};
use holdfast::quote::clerk::Task;
use holdfast::quote::memory::MemoryDesk;
use holdfast::quote::{Clerk, DeskStore as _, QuoteState, Turn};
use holdfast::stock::ShardName;
use holdfast::stock::shard::{Command, Reply};
use holdfast::time::Timestamp;

/// A desk with its storage and its memory.
#[derive(Debug, Default)]
pub struct DeskObject {
    clerk: Clerk<MemoryDesk>,
    /// When the alarm is set to ring; survives a crash.
    pub alarm: Option<i64>,
    /// How far its clock is ahead.
    pub skew: i64,
    /// Crashed until then.
    pub up_at: i64,
    /// Grows with every crash: what is addressed to an earlier life is lost.
    pub life: u32,
    tasks: BTreeMap<u64, Waiting>,
    begun: u64,
    /// Quotes whose commit was accepted.
    pub accepted: BTreeSet<OpaqueId>,
}

/// A task that waits for shards.
#[derive(Debug)]
struct Waiting {
    task: Task,
    replies: Vec<(ShardName, Option<Reply>)>,
    outstanding: usize,
}

/// What the desk wants done.
pub enum Effect {
    /// Send these commands, each to be answered to its place in the task.
    Ask { task: u64, asks: Vec<(ShardName, Command)> },
    /// Answer the call of this key.
    Answer(OpaqueId, Answer),
    /// Nothing now.
    Wait,
}

impl DeskObject {
    pub fn new(skew: i64) -> Self {
        Self { skew, ..Self::default() }
    }

    /// What survives a crash.
    pub fn disk(&self) -> &MemoryDesk {
        self.clerk.store()
    }

    pub fn crash(&mut self) {
        self.clerk = Clerk::new(self.disk().clone());
        self.tasks.clear();
        self.life += 1;
    }

    pub fn call(&mut self, call: Call, now: Timestamp) -> Effect {
        let key = call.idempotency.as_ref().map(|call| call.key.clone());
        let Ok(turn) = self.clerk.call(call, now);
        self.effect(turn, key)
    }

    pub fn wake(&mut self, now: Timestamp) -> Vec<Effect> {
        let Ok(turns) = self.clerk.wake(now, u32::MAX);
        turns.into_iter().map(|turn| self.effect(turn, None)).collect()
    }

    /// A shard's answer to the command in a place of a task.
    pub fn reply(&mut self, task: u64, place: usize, reply: Reply, now: Timestamp) -> Effect {
        let Some(waiting) = self.tasks.get_mut(&task) else { return Effect::Wait };
        let slot = &mut waiting.replies[place].1;
        if slot.is_some() {
            return Effect::Wait;
        }
        *slot = Some(reply);
        waiting.outstanding -= 1;
        if waiting.outstanding == 0 { self.heard(task, now) } else { Effect::Wait }
    }

    /// Waits no longer for the shards that a task has asked.
    pub fn heard(&mut self, task: u64, now: Timestamp) -> Effect {
        let Some(Waiting { task, replies, .. }) = self.tasks.remove(&task) else { return Effect::Wait };
        let key = task.call().map(|call| call.key.clone());
        let Ok(turn) = self.clerk.heard(task, replies, now);
        self.effect(turn, key)
    }

    fn effect(&mut self, turn: Turn, key: Option<OpaqueId>) -> Effect {
        match (turn, key) {
            (Turn::Ask(task, asks), _) => {
                for (_, command) in &asks {
                    if let Command::Commit { quote, .. } = command {
                        self.accepted.insert(quote.clone());
                    }
                }
                self.begun += 1;
                let replies = asks.iter().map(|(shard, _)| (shard.clone(), None)).collect();
                self.tasks.insert(self.begun, Waiting { task, replies, outstanding: asks.len() });
                Effect::Ask { task: self.begun, asks }
            }
            (Turn::Answer(answer), Some(key)) => Effect::Answer(key, answer),
            (Turn::Answer(_), None) => Effect::Wait,
        }
    }

    /// The stored state of a quote.
    pub fn state(&self, quote: &OpaqueId) -> Option<QuoteState> {
        let Ok(quote) = self.disk().quote(quote);
        quote.map(|quote| quote.state)
    }
}
