//! A state of the model: one desk, two shards, what lies between them, and what the caller was told.

use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use holdfast::id::OpaqueId;
use holdfast::quote::call::Answer;
use holdfast::quote::memory::MemoryDesk;
use holdfast::quote::{DeskStore as _, QuoteState};
use holdfast::stock::shard::{Command, Reply};
use holdfast::time::Timestamp;

use crate::Event;
use crate::desk::{Desk, Effect, TaskId};
use crate::part::{Identity, Part, digest};
use crate::plan::{Plan, TICK};
use crate::rules::{Broken, must};
use crate::shard::Shard;

/// A house between two events.
#[derive(Debug, Clone)]
pub struct House {
    pub now: u8,
    /// How often each call of the plan was made.
    made: Vec<u8>,
    pub desk: Part<Desk>,
    pub shards: [Part<Shard>; 2],
    /// What was sent and may arrive, by its digest.
    messages: BTreeMap<MessageId, Arc<Message>>,
    /// What the caller was told first, by key.
    told: Part<Told>,
    pub broken: Option<Broken>,
}

type MessageId = u64;
type Told = BTreeMap<OpaqueId, Answer>;

/// A message. It may arrive at any time after it was sent, again and again, or never.
#[derive(Debug)]
enum Message {
    /// To a shard. Its reply goes to this place of a task, if the desk still waits for it.
    Command { shard: usize, command: Command, reply_to: Option<(TaskId, usize)> },
    /// To this place of a task.
    Reply { task: TaskId, place: usize, reply: Reply },
}

impl Identity for Told {
    fn identity(&self) -> u64 {
        digest(self)
    }
}

impl Hash for House {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.now, &self.made, &self.desk, &self.shards, &self.told, self.broken.is_some()).hash(state);
        self.messages.keys().for_each(|id| id.hash(state));
    }
}

impl PartialEq for House {
    fn eq(&self, other: &Self) -> bool {
        digest_of(self) == digest_of(other)
    }
}

fn digest_of(value: &impl Hash) -> u64 {
    let mut hasher = std::hash::DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

impl House {
    pub fn new(plan: &Plan) -> Self {
        let shards = [0, 1].map(|place| {
            let mut shard = Shard::default();
            shard.handle(plan.opening(place), Timestamp::EPOCH).unwrap();
            Part::new(shard)
        });
        let mut house = Self {
            now: 0,
            made: vec![0; plan.calls.len()],
            desk: Part::new(Desk::on(MemoryDesk::default())),
            shards,
            messages: BTreeMap::new(),
            told: Part::new(Told::new()),
            broken: None,
        };
        for (shard, command) in plan.movements.clone() {
            house.send(Message::Command { shard, command, reply_to: None });
        }
        house
    }

    pub fn time(&self) -> Timestamp {
        Timestamp::from_millis(i64::from(self.now) * TICK)
    }

    /// What can happen next, in an order that follows from the state.
    pub fn events(&self, plan: &Plan, events: &mut Vec<Event>) {
        if self.broken.is_some() {
            return;
        }
        let calls = self.made.iter().zip(&plan.calls).enumerate();
        events.extend(calls.filter(|(_, (made, (_, times)))| made < &times).map(|(place, _)| Event::Call(place)));
        events.extend(self.messages.keys().copied().map(Event::Arrives));
        self.desk.with(|desk| {
            events.extend(desk.tasks.keys().copied().map(Event::GivesUp));
            let Ok(due) = desk.disk().due(self.time());
            events.extend((!due.is_empty()).then_some(Event::Alarm));
            events.extend((!desk.tasks.is_empty()).then_some(Event::Crash));
        });
        events.extend((self.now < plan.ticks).then_some(Event::Tick));
    }

    /// Lets it happen, and holds what comes of it against the rules.
    pub fn happens(&mut self, plan: &Plan, event: Event) {
        self.broken = self.next(plan, event).and_then(|()| self.judge(plan)).err();
    }

    fn next(&mut self, plan: &Plan, event: Event) -> Result<(), Broken> {
        let now = self.time();
        let effects = match event {
            Event::Tick => {
                self.now += 1;
                vec![]
            }
            Event::Crash => {
                self.desk.change(|desk| *desk = Desk::on(desk.disk().clone()));
                vec![]
            }
            Event::Call(place) => {
                self.made[place] += 1;
                let call = plan.calls[place].0.clone();
                vec![self.desk.change(|desk| desk.call(call, now))]
            }
            Event::Alarm => self.desk.change(|desk| desk.wake(now)),
            Event::GivesUp(task) => vec![self.desk.change(|desk| desk.hear(task, now))],
            Event::Arrives(id) => match &*Arc::clone(&self.messages[&id]) {
                Message::Reply { task, place, reply } => {
                    self.desk.change(|desk| desk.reply(*task, *place, reply.clone(), now)).into_iter().collect()
                }
                Message::Command { shard, command, reply_to } => {
                    let reply = self.shards[*shard].change(|shard| shard.handle(command.clone(), now))?;
                    if let Some((task, place)) = *reply_to {
                        self.send(Message::Reply { task, place, reply });
                    }
                    vec![]
                }
            },
        };
        effects.into_iter().try_for_each(|effect| self.effect(plan, effect))?;
        self.forget();
        Ok(())
    }

    fn effect(&mut self, plan: &Plan, effect: Effect) -> Result<(), Broken> {
        match effect {
            Effect::Ask(task, asks) => {
                for (place, (name, command)) in asks.into_iter().enumerate() {
                    let shard = plan.place(&name);
                    self.send(Message::Command { shard, command, reply_to: Some((task, place)) });
                }
            }
            Effect::Answer(Some(key), answer) if !passes(&answer) => {
                let answer = answer.again();
                match self.told.with(|told| told.get(&key).cloned()) {
                    Some(first) => must!(first == answer, "rule 4: {key} was answered {first:?}, then {answer:?}"),
                    None => drop(self.told.change(|told| told.insert(key, answer))),
                }
            }
            Effect::Answer(..) => {}
        }
        Ok(())
    }

    fn send(&mut self, message: Message) {
        self.messages.insert(digest(&message), Arc::new(message));
    }

    /// A reply that nobody waits for is nothing, and a command may still arrive but is answered to nobody.
    fn forget(&mut self) {
        let desk = self.desk.clone();
        let awaited = |task, place| desk.with(|desk| desk.awaits(task, place));
        let mut left = Vec::new();
        self.messages.retain(|_, message| match &**message {
            Message::Reply { task, place, .. } => awaited(*task, *place),
            Message::Command { reply_to: Some((task, place)), shard, command } => {
                let waits = awaited(*task, *place);
                if !waits {
                    left.push(Message::Command { shard: *shard, command: command.clone(), reply_to: None });
                }
                waits
            }
            Message::Command { reply_to: None, .. } => true,
        });
        left.into_iter().for_each(|message| self.send(message));
    }

    /// What an event is about, for the history of a failure.
    pub fn describe(&self, plan: &Plan, event: &Event) -> String {
        match event {
            Event::Call(place) => format!("call {}", plan.calls[*place].0.idempotency.as_ref().unwrap().key),
            Event::Arrives(id) => format!("arrives {:?}", self.messages[id]),
            Event::GivesUp(task) => self.desk.with(|desk| format!("gives up {:?}", desk.tasks[task].task)),
            event => format!("{event:?}"),
        }
    }

    pub fn is(&self, quote: &str, state: QuoteState) -> bool {
        let Ok(quote) = self.desk.with(|desk| desk.disk().quote(&quote.parse().unwrap()));
        quote.is_some_and(|quote| quote.state == state)
    }
}

fn passes(answer: &Answer) -> bool {
    matches!(answer, Answer::Refused { why, .. } if why.passes())
}
