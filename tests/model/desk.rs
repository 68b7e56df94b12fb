//! The object around a clerk, as in `functions/src/objects/quote_desk`: what survives a crash, what does not, and which
//! task waits for which shards.

use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use holdfast::id::OpaqueId;
use holdfast::quote::call::{Answer, Call};
use holdfast::quote::clerk::Task;
use holdfast::quote::memory::MemoryDesk;
use holdfast::quote::{Clerk, Turn};
use holdfast::stock::ShardName;
use holdfast::stock::shard::{Command, Reply};
use holdfast::time::Timestamp;

use crate::faults::{Fault, without_answers};
use crate::part::{Identity, Memo, Part, digest, looks};
use crate::plan::{Plan, QUOTES};
use crate::rules::story;

/// Names a task by what it is, so that it does not matter how many there were before.
pub type TaskId = u64;
/// Names a message by what it is.
pub type MessageId = u64;

/// A desk between two events.
#[derive(Debug, Clone)]
pub struct Desk {
    /// The clerk, with what is stored.
    pub clerk: Part<Clerk<MemoryDesk>>,
    /// What a crash leaves of that: all that is stored, if the house is sound.
    durable: Part<Clerk<MemoryDesk>>,
    /// Tasks that wait for shards.
    pub tasks: Arc<BTreeMap<TaskId, Waiting>>,
}

/// A task, what it has asked, and what it has heard so far.
#[derive(Debug, Clone)]
pub struct Waiting {
    task: Arc<Task>,
    pub asked: Arc<[Message]>,
    /// The replies that have come back, in the order of the messages.
    pub heard: Vec<Option<Part<Reply>>>,
}

/// A command on its way to a shard.
#[derive(Debug, Clone)]
pub struct Message {
    pub id: MessageId,
    pub to: ShardName,
    pub command: Command,
}

/// What a desk does.
#[derive(Debug, Clone)]
pub enum Deed {
    /// It sends messages for a task.
    Sends(TaskId, Arc<Task>, Arc<[Message]>),
    /// It answers the call of this key, if somebody called.
    Answers(Option<OpaqueId>, Arc<Answer>),
}

/// What a clerk does, by all that it depends on.
pub type Steps = Memo<u64, (Part<Clerk<MemoryDesk>>, Arc<[Deed]>)>;

impl Desk {
    /// A desk that knows what is stored and nothing else.
    pub fn on(disk: MemoryDesk) -> Self {
        let clerk = Part::new(Clerk::new(disk));
        Self { durable: clerk.clone(), clerk, tasks: Arc::default() }
    }

    pub fn disk(&self) -> MemoryDesk {
        disk(&self.clerk)
    }

    /// Whether a crash would change anything.
    pub fn has_something_to_lose(&self, plan: &Plan) -> bool {
        let sound = self.durable.identity() == self.clerk.identity() && plan.fault != Some(Fault::ForgetsAnswers);
        !(sound && self.tasks.is_empty())
    }

    /// Loses what is not stored.
    pub fn crash(&mut self, plan: &Plan) {
        let disk = disk(&self.durable);
        *self = Self::on(if plan.fault == Some(Fault::ForgetsAnswers) { without_answers(&disk) } else { disk });
    }

    pub fn call(&mut self, call: &Call, now: Timestamp, plan: &Plan) -> Arc<[Deed]> {
        let key = call.idempotency.as_ref().map(|call| &call.key);
        self.step(plan, ("call", key, now.millis()), |clerk| {
            let Ok(turn) = clerk.call(call.clone(), now);
            vec![Deed::of(turn, key)]
        })
    }

    pub fn wake(&mut self, now: Timestamp, plan: &Plan) -> Arc<[Deed]> {
        self.step(plan, ("wake", now.millis()), |clerk| {
            let Ok(turns) = clerk.wake(now, u32::MAX);
            turns.into_iter().map(|turn| Deed::of(turn, None)).collect()
        })
    }

    /// A shard's reply to what a task has asked. The task goes on when it likes.
    pub fn reply(&mut self, task: TaskId, place: usize, reply: Part<Reply>) {
        Arc::make_mut(&mut self.tasks).get_mut(&task).unwrap().heard[place] = Some(reply);
    }

    /// Goes on with a task, whether or not all shards have answered.
    pub fn go_on(&mut self, task: TaskId, now: Timestamp, plan: &Plan) -> Arc<[Deed]> {
        let Waiting { task: of, asked, heard } = Arc::make_mut(&mut self.tasks).remove(&task).unwrap();
        self.step(plan, ("go on", task, &heard, now.millis()), |clerk| {
            let silence = || (plan.fault == Some(Fault::SilenceIsConsent)).then_some(Reply::Done);
            let replies =
                heard.iter().map(|reply| reply.as_ref().map_or_else(silence, |it| Some(it.with(Reply::clone))));
            let replies = asked.iter().map(|message| message.to.clone()).zip(replies).collect();
            let Ok(turn) = clerk.heard(Task::clone(&of), replies, now);
            vec![Deed::of(turn, of.call().map(|call| &call.key))]
        })
    }

    fn step(
        &mut self,
        plan: &Plan,
        event: impl Hash,
        work: impl FnOnce(&mut Clerk<MemoryDesk>) -> Vec<Deed>,
    ) -> Arc<[Deed]> {
        let running: Vec<_> = self.tasks.values().map(|waiting| waiting.task.call().map(|call| &call.key)).collect();
        let (clerk, deeds) = plan.steps.of(digest(&(&self.clerk, running, event)), || {
            let mut clerk = self.clerk.clone();
            let deeds = clerk.change(work);
            (clerk, deeds.into())
        });
        let before = std::mem::replace(&mut self.clerk, clerk);
        self.durable = if plan.fault == Some(Fault::SendsBeforeItWrites) { before } else { self.clerk.clone() };
        for deed in &*deeds {
            if let Deed::Sends(id, task, asked) = deed {
                let (task, asked, heard) = (task.clone(), asked.clone(), vec![None; asked.len()]);
                // An alarm may begin what an earlier alarm still waits for: that is one task.
                Arc::make_mut(&mut self.tasks).entry(*id).or_insert(Waiting { task, asked, heard });
            }
        }
        deeds
    }
}

fn disk(clerk: &Part<Clerk<MemoryDesk>>) -> MemoryDesk {
    clerk.with(|clerk| clerk.store().clone())
}

impl Deed {
    fn of(turn: Turn, key: Option<&OpaqueId>) -> Self {
        match turn {
            Turn::Answer(answer) => Self::Answers(key.cloned(), Arc::new(answer)),
            Turn::Ask(task, asks) => {
                Self::Sends(looks(&task), Arc::new(task), asks.into_iter().map(Message::new).collect())
            }
        }
    }
}

impl Message {
    pub fn new((to, command): (ShardName, Command)) -> Self {
        Self { id: looks(&(&to, &command)), to, command }
    }
}

impl std::fmt::Display for Waiting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.task.call() {
            Some(call) => write!(f, "{}", call.key)?,
            None => write!(f, "what the alarm began")?,
        }
        write!(
            f,
            ", having heard {:?}",
            self.heard.iter().map(|it| it.as_ref().map(|it| it.with(Reply::clone))).collect::<Vec<_>>()
        )
    }
}

impl Hash for Desk {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (&self.clerk, &self.durable).hash(state);
        for (task, waiting) in &*self.tasks {
            (task, &waiting.heard).hash(state);
        }
    }
}

impl Identity for Clerk<MemoryDesk> {
    /// Which calls are being worked on follows from the tasks. The order of what became of different quotes does not
    /// count.
    fn identity(&self) -> u64 {
        let (disk, events) = (self.store(), self.store().outbox());
        let woken = disk.quotes().into_iter().map(|quote| (disk.wake_at(&quote.id), quote)).collect::<Vec<_>>();
        looks(&(woken, disk.answers(), QUOTES.map(|quote| story(&quote.parse().unwrap(), &events))))
    }
}

impl Identity for Reply {
    fn identity(&self) -> u64 {
        looks(self)
    }
}

impl Identity for BTreeMap<OpaqueId, Arc<Answer>> {
    fn identity(&self) -> u64 {
        looks(self)
    }
}
