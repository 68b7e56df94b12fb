//! The object around a clerk, as in `functions/src/objects/quote_desk`: what survives a crash, what does not, and which
//! task waits for which shards.

use std::collections::BTreeMap;

use holdfast::id::OpaqueId;
use holdfast::quote::call::{Answer, Call};
use holdfast::quote::clerk::Task;
use holdfast::quote::memory::MemoryDesk;
use holdfast::quote::{Clerk, Turn};
use holdfast::stock::ShardName;
use holdfast::stock::shard::{Command, Reply};
use holdfast::time::Timestamp;

use crate::part::{Identity, digest};

/// Names a task by what it is, so that it does not matter how many there were before.
pub type TaskId = u64;

/// A desk between two events.
#[derive(Debug, Clone)]
pub struct Desk {
    clerk: Clerk<MemoryDesk>,
    /// Of what the clerk has stored.
    pub stored: u64,
    /// Tasks that wait for shards; lost in a crash.
    pub tasks: BTreeMap<TaskId, Waiting>,
}

/// A task and what it has heard so far.
#[derive(Debug, Clone)]
pub struct Waiting {
    pub task: Task,
    pub replies: Vec<(ShardName, Option<Reply>)>,
}

/// What a desk wants done.
#[derive(Debug)]
pub enum Effect {
    /// Carry these commands, each to be answered to its place in the task.
    Ask(TaskId, Vec<(ShardName, Command)>),
    /// Answer the call of this key, if somebody called.
    Answer(Option<OpaqueId>, Answer),
}

impl Desk {
    /// A desk that knows what is stored and nothing else.
    pub fn on(disk: MemoryDesk) -> Self {
        Self { stored: stored(&disk), clerk: Clerk::new(disk), tasks: BTreeMap::new() }
    }

    pub fn disk(&self) -> &MemoryDesk {
        self.clerk.store()
    }

    pub fn call(&mut self, call: Call, now: Timestamp) -> Effect {
        let key = call.idempotency.as_ref().map(|call| call.key.clone());
        let Ok(turn) = self.clerk.call(call, now);
        self.effect(turn, key)
    }

    pub fn wake(&mut self, now: Timestamp) -> Vec<Effect> {
        let Ok(turns) = self.clerk.wake(now);
        turns.into_iter().map(|turn| self.effect(turn, None)).collect()
    }

    /// A shard's answer to the command in a place of a task. The task goes on when it has heard from all.
    pub fn reply(&mut self, task: TaskId, place: usize, reply: Reply, now: Timestamp) -> Option<Effect> {
        let replies = &mut self.tasks.get_mut(&task).unwrap().replies;
        replies[place].1 = Some(reply);
        replies.iter().all(|(_, reply)| reply.is_some()).then(|| self.hear(task, now))
    }

    /// Goes on with a task, whether or not all shards have answered.
    pub fn hear(&mut self, task: TaskId, now: Timestamp) -> Effect {
        let Waiting { task, replies } = self.tasks.remove(&task).unwrap();
        let key = task.call().map(|call| call.key.clone());
        let Ok(turn) = self.clerk.heard(task, replies, now);
        self.effect(turn, key)
    }

    /// Whether a task still waits for the reply of this place.
    pub fn awaits(&self, task: TaskId, place: usize) -> bool {
        self.tasks.get(&task).is_some_and(|waiting| waiting.replies[place].1.is_none())
    }

    fn effect(&mut self, turn: Turn, key: Option<OpaqueId>) -> Effect {
        self.stored = stored(self.disk());
        match turn {
            Turn::Answer(answer) => Effect::Answer(key, answer),
            Turn::Ask(task, asks) => {
                // Two tasks of an alarm may be alike.
                let id = (0..).map(|twin| digest(&(&task, twin))).find(|id| !self.tasks.contains_key(id)).unwrap();
                let replies = asks.iter().map(|(shard, _)| (shard.clone(), None)).collect();
                self.tasks.insert(id, Waiting { task, replies });
                Effect::Ask(id, asks)
            }
        }
    }
}

fn stored(disk: &MemoryDesk) -> u64 {
    digest(&(disk.quotes(), disk.answers()))
}

impl Identity for Desk {
    /// The order in which quotes were opened does not count.
    fn identity(&self) -> u64 {
        digest(&(self.stored, &self.tasks))
    }
}
