//! A state of the model: one desk, two shards, what lies between them, and what the caller was told.

use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use holdfast::id::OpaqueId;
use holdfast::quote::DeskStore as _;
use holdfast::quote::call::Answer;
use holdfast::quote::memory::MemoryDesk;
use holdfast::time::Timestamp;

use crate::Event;
use crate::desk::{Deed, Desk, Message, MessageId};
use crate::part::{Part, digest};
use crate::plan::{Plan, TICK};
use crate::rules::{Broken, must};
use crate::shard::Shard;

/// A house between two events.
#[derive(Debug, Clone)]
pub struct House {
    pub now: u8,
    /// How often each call of the plan was made.
    made: Vec<u8>,
    pub desk: Desk,
    pub shards: [Part<Shard>; 2],
    /// What was sent: it may arrive at any time from then on, again and again, or never.
    sent: Arc<BTreeMap<MessageId, Message>>,
    /// What the caller was told first, by key.
    told: Part<Told>,
    pub broken: Option<Broken>,
}

type Told = BTreeMap<OpaqueId, Arc<Answer>>;

impl Hash for House {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.now, &self.made, &self.desk, &self.shards, &self.told, self.broken.is_some()).hash(state);
        self.sent.keys().for_each(|id| id.hash(state));
    }
}

impl PartialEq for House {
    fn eq(&self, other: &Self) -> bool {
        digest(self) == digest(other)
    }
}

impl House {
    pub fn new(plan: &Plan) -> Self {
        let shards = [0, 1].map(|place| {
            let mut shard = Shard::default();
            shard.handle(plan.opening(place), Timestamp::EPOCH, None).unwrap();
            Part::new(shard)
        });
        let mut house = Self {
            now: 0,
            made: vec![0; plan.calls.len()],
            desk: Desk::on(MemoryDesk::default()),
            shards,
            sent: Arc::default(),
            told: Part::new(Told::new()),
            broken: None,
        };
        plan.movements.iter().for_each(|message| house.send(message));
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
        events.extend(self.sent.keys().map(|id| Event::Arrives(*id, None)));
        for (task, waiting) in &*self.desk.tasks {
            let unheard = waiting.asked.iter().enumerate().filter(|(place, _)| waiting.heard[*place].is_none());
            events.extend(unheard.map(|(place, message)| Event::Arrives(message.id, Some((*task, place)))));
            events.push(Event::GoesOn(*task));
        }
        let Ok(due) = self.desk.clerk.with(|clerk| clerk.store().due(self.time(), u32::MAX));
        events.extend((!due.is_empty()).then_some(Event::Alarm));
        events.extend(self.desk.has_something_to_lose(plan).then_some(Event::Crash));
        events.extend((self.now < plan.ticks).then_some(Event::Tick));
    }

    /// Lets it happen, and holds what comes of it against the rules. Whether anything has changed.
    pub fn happens(&mut self, plan: &Plan, event: Event) -> bool {
        let next = self.next(plan, event);
        let changed = next != Ok(false);
        self.broken = next.and_then(|changed| if changed { self.judge(plan) } else { Ok(()) }).err();
        changed
    }

    /// Lets it happen. Whether anything has changed.
    fn next(&mut self, plan: &Plan, event: Event) -> Result<bool, Broken> {
        let now = self.time();
        let deeds = match event {
            Event::Tick => {
                self.now += 1;
                return Ok(true);
            }
            Event::Crash => {
                self.desk.crash(plan);
                return Ok(true);
            }
            Event::Arrives(message, reply_to) => {
                let message = &self.sent[&message];
                let shard = &mut self.shards[plan.place(&message.to)];
                let before = shard.identity();
                let reply = shard.gets(message, now, plan)?;
                let changed = shard.identity() != before || reply_to.is_some();
                if let Some((task, place)) = reply_to {
                    self.desk.reply(task, place, reply);
                }
                return Ok(changed);
            }
            Event::Call(place) => {
                self.made[place] += 1;
                self.desk.call(&plan.calls[place].0, now, plan)
            }
            Event::Alarm => self.desk.wake(now, plan),
            Event::GoesOn(task) => self.desk.go_on(task, now, plan),
        };
        for deed in &*deeds {
            match deed {
                Deed::Sends(_, _, messages) => messages.iter().for_each(|message| self.send(message)),
                Deed::Answers(Some(key), answer) => self.answered(key, answer)?,
                Deed::Answers(None, _) => {}
            }
        }
        Ok(true)
    }

    /// The caller is answered: the same as any time before.
    fn answered(&mut self, key: &OpaqueId, answer: &Answer) -> Result<(), Broken> {
        if matches!(answer, Answer::Refused { why, .. } if why.passes()) {
            return Ok(());
        }
        let answer = answer.clone().again();
        match self.told.with(|told| told.get(key).cloned()) {
            Some(first) => must!(*first == answer, "rule 4: {key} was answered {first:?}, then {answer:?}"),
            None => drop(self.told.change(|told| told.insert(key.clone(), Arc::new(answer)))),
        }
        Ok(())
    }

    fn send(&mut self, message: &Message) {
        if !self.sent.contains_key(&message.id) {
            Arc::make_mut(&mut self.sent).insert(message.id, message.clone());
        }
    }

    /// What an event is about, for the history of a failure.
    pub fn tell(&self, plan: &Plan, event: &Event) -> String {
        let at = self.now;
        match event {
            Event::Call(place) => {
                format!("{at} the caller asks: {}", Plan::key(&plan.calls[*place].0))
            }
            Event::Arrives(id, to) => {
                let Message { to: shard, command, .. } = &self.sent[id];
                let reply = if to.is_some() { "heard" } else { "lost" };
                format!("{at} {shard} gets {command:?}; the reply is {reply}")
            }
            Event::GoesOn(task) => format!("{at} the desk goes on with {}", self.desk.tasks[task]),
            Event::Alarm => format!("{at} the alarm rings"),
            Event::Crash => format!("{at} the desk crashes"),
            Event::Tick => format!("{at} time goes on"),
        }
    }
}
