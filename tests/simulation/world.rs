//! A world: desks, shards, callers and the network between them, moved from event to event.

use std::collections::BTreeMap;
use std::rc::Rc;

use holdfast::id::{OpaqueId, fnv1a};
use holdfast::quote::QuoteState;
use holdfast::quote::call::{Answer, Ask, Call};
use holdfast::quote::desk::{DeskStore as _, Refusal};
use holdfast::stock::shard::{self, Command, Reply};
use holdfast::stock::store::{MemoryStore, Store as _};
use holdfast::stock::{HoldState, ShardName};
use holdfast::time::Timestamp;

use crate::desk::{DeskObject, Effect};
use crate::names;
use crate::plan::{Setup, Step, Wish};
use crate::random::Random;
use crate::rules::{Broken, Watch, keeps_its_word, must, story, tells_its_story};

/// How long a desk waits for shards, and a caller for a desk or a shard, in milliseconds.
const PATIENCE: i64 = 3_000;
/// How often a caller tries.
const TRIES: u32 = 4;
/// The longest a late message takes.
const LATE: i64 = 30_000;
/// When the weather turns fair and everything is to come to rest, after the last step.
const HEAL: i64 = 2 * LATE;

/// What has happened in a world.
#[derive(Debug, Default, Clone, Copy)]
pub struct Counts {
    /// Commands that desks and shards have carried out, repeated ones too.
    pub commands: u64,
    pub held: u64,
    pub committed: u64,
    pub crashes: u64,
    pub lost: u64,
}

/// A rule was broken.
#[derive(Debug)]
pub struct Failure {
    /// When, in milliseconds from the start.
    pub at: i64,
    pub why: Broken,
    /// What was delivered, if it was written down.
    pub log: Vec<String>,
}

#[derive(Debug, Clone)]
enum Event {
    Begin(usize),
    /// A caller's call reaches the desk.
    Call {
        account: usize,
        call: Rc<Call>,
    },
    Answer {
        number: usize,
        answer: Answer,
    },
    /// A caller waits no longer.
    Impatient {
        number: usize,
        tries: u32,
    },
    Command {
        shard: usize,
        command: Rc<Command>,
        from: Sender,
    },
    Reply {
        from: Sender,
        reply: Reply,
    },
    /// A desk waits no longer for the shards of a task.
    Heard {
        account: usize,
        life: u32,
        task: u64,
    },
    Alarm {
        account: usize,
    },
    Heal,
}

/// Who gets a shard's reply.
#[derive(Debug, Clone, Copy)]
enum Sender {
    Desk { account: usize, life: u32, task: u64, place: usize },
    Mover { number: usize },
}

struct Shard {
    name: ShardName,
    region: usize,
    store: MemoryStore,
    skew: i64,
    up_at: i64,
    watch: Watch,
}

/// Somebody who wants an answer.
struct Caller {
    want: Want,
    answer: Option<Answer>,
    moved: bool,
}

#[derive(Clone)]
enum Want {
    Call { account: usize, call: Rc<Call> },
    Movement { shard: usize, command: Rc<Command> },
}

pub struct World<'p> {
    setup: &'p Setup,
    steps: &'p [Step],
    now: i64,
    events: BTreeMap<(i64, u64), Event>,
    sent: u64,
    drawn: BTreeMap<u64, u64>,
    healed: bool,
    shards: Vec<Shard>,
    places: BTreeMap<ShardName, usize>,
    desks: BTreeMap<usize, DeskObject>,
    callers: BTreeMap<usize, Caller>,
    /// Until when each region is cut off.
    cut: Vec<i64>,
    counts: Counts,
    log: Option<Vec<String>>,
}

/// What a command is about, as a number: what befalls its messages follows from that.
fn origin(command: &Command) -> u64 {
    let id = match command {
        Command::Hold { quote, .. }
        | Command::Extend { quote, .. }
        | Command::Commit { quote, .. }
        | Command::Release { quote }
        | Command::GiveBack { quote, .. } => quote,
        Command::Move { movements } => &movements[0].id,
        _ => return 0,
    };
    fnv1a(id.as_str().as_bytes())
}

/// Lets a plan happen.
pub fn play(setup: &Setup, steps: &[Step], logged: bool) -> Result<Counts, Failure> {
    let mut world = World::new(setup, steps, logged);
    match world.run() {
        Ok(()) => Ok(world.counts),
        Err(why) => Err(Failure { at: world.now, why, log: world.log.unwrap_or_default() }),
    }
}

impl<'p> World<'p> {
    fn new(setup: &'p Setup, steps: &'p [Step], logged: bool) -> Self {
        let mut random = Random::of(&[setup.seed, 1]);
        let shard = |(region, name)| {
            let skew = random.within(-setup.skew..=setup.skew);
            Shard { name, region, store: MemoryStore::default(), skew, up_at: 0, watch: Watch::default() }
        };
        let shards: Vec<_> = setup.shards().into_iter().map(shard).collect();
        let places = shards.iter().enumerate().map(|(place, shard)| (shard.name.clone(), place)).collect();
        let mut world = Self {
            setup,
            steps,
            now: 0,
            events: BTreeMap::new(),
            sent: 0,
            drawn: BTreeMap::new(),
            healed: false,
            shards,
            places,
            desks: BTreeMap::new(),
            callers: BTreeMap::new(),
            cut: vec![0; setup.regions],
            counts: Counts::default(),
            log: logged.then(Vec::new),
        };
        for (place, step) in steps.iter().enumerate() {
            world.at(step.at, Event::Begin(place));
        }
        world.at(setup.span + HEAL, Event::Heal);
        world
    }

    fn run(&mut self) -> Result<(), Broken> {
        let (mut checked, every) = (0, self.setup.span / 8);
        while let Some(((at, _), event)) = self.events.pop_first() {
            self.now = at;
            must!(at < self.setup.span + HEAL + 3_600_000, "it never comes to rest: {event:?}");
            if let Some(log) = &mut self.log {
                log.push(format!("{at:>9} {event:?}"));
            }
            self.happens(event)?;
            if self.now > checked + every {
                checked = self.now;
                self.check(false)?;
            }
        }
        // Long after everything: every hold has come to its end.
        self.now += 86_400_000;
        for place in 0..self.shards.len() {
            let shard = &mut self.shards[place];
            let Ok(_) = shard::tidy(Timestamp::from_millis(self.now), &shard.store);
            shard.watch.after(&shard.store, None)?;
        }
        self.check(true)
    }

    fn happens(&mut self, event: Event) -> Result<(), Broken> {
        match event {
            Event::Begin(place) => self.begin(place),
            Event::Call { account, call } => return self.call(account, &call),
            Event::Answer { number, answer } => return self.answered(number, answer),
            Event::Impatient { number, tries } => self.tries(number, tries),
            Event::Command { shard, command, from } => return self.command(shard, &command, from),
            Event::Reply { from: Sender::Mover { number }, .. } => {
                self.callers.entry(number).and_modify(|caller| caller.moved = true);
            }
            Event::Reply { from: Sender::Desk { account, life, task, place }, reply } => {
                return self.at_desk(account, life, |desk, now| desk.reply(task, place, reply, now));
            }
            Event::Heard { account, life, task } => {
                return self.at_desk(account, life, |desk, now| desk.heard(task, now));
            }
            Event::Alarm { account } => return self.alarm(account),
            Event::Heal => self.healed = true,
        }
        Ok(())
    }

    fn begin(&mut self, place: usize) {
        let (setup, step) = (self.setup, &self.steps[place]);
        match &step.wish {
            Wish::CrashDesk { account, down } => {
                let up_at = self.now + down;
                let skew = Random::of(&[setup.seed, 2, step.number as u64]).within(-setup.skew..=setup.skew);
                let desk = self.desk(*account);
                desk.crash();
                (desk.up_at, desk.skew) = (up_at, skew);
                self.counts.crashes += 1;
            }
            Wish::CrashShard { shard, down } => {
                self.shards[*shard].up_at = self.now + down;
                self.counts.crashes += 1;
            }
            Wish::Partition { region, lasts } => self.cut[*region] = self.now + lasts,
            _ => {
                let Some(want) = self.want(step) else { return };
                self.callers.insert(step.number, Caller { want, answer: None, moved: false });
                self.tries(step.number, 0);
            }
        }
    }

    fn want(&self, step: &Step) -> Option<Want> {
        if let (Some(account), Some(call)) = (step.wish.account(), self.setup.call(step)) {
            return Some(Want::Call { account, call: Rc::new(call) });
        }
        let movement = names::movement(step)?;
        let Wish::Move { location, .. } = step.wish else { return None };
        let name = self.setup.shard(self.setup.region_of(location), &movement.sku);
        Some(Want::Movement {
            shard: self.places[&name],
            command: Rc::new(Command::Move { movements: vec![movement] }),
        })
    }

    /// A caller asks, and asks again with the same key until there is an answer that stands.
    fn tries(&mut self, number: usize, tries: u32) {
        let caller = &self.callers[&number];
        if tries == TRIES || caller.answer.is_some() || caller.moved {
            return;
        }
        match caller.want.clone() {
            Want::Call { account, call } => self.post(number as u64, None, Event::Call { account, call }),
            Want::Movement { shard, command } => {
                let event = Event::Command { shard, command, from: Sender::Mover { number } };
                self.post(number as u64, None, event);
            }
        }
        self.at(self.now + PATIENCE * 2, Event::Impatient { number, tries: tries + 1 });
    }

    fn call(&mut self, account: usize, call: &Rc<Call>) -> Result<(), Broken> {
        let life = self.desk(account).life;
        let call = Call::clone(call);
        self.counts.commands += 1;
        self.at_desk(account, life, |desk, now| desk.call(call, now))
    }

    fn alarm(&mut self, account: usize) -> Result<(), Broken> {
        let now = self.now;
        let desk = self.desk(account);
        desk.alarm = None;
        if now < desk.up_at {
            let up_at = desk.up_at;
            desk.alarm = Some(up_at);
            self.at(up_at, Event::Alarm { account });
            return Ok(());
        }
        let there = Timestamp::from_millis(now + desk.skew);
        let effects = desk.wake(there);
        for effect in effects {
            self.effect(account, effect)?;
        }
        self.set_alarm(account);
        Ok(())
    }

    /// Has a desk do something, unless it is down or has forgotten what this is about.
    fn at_desk(
        &mut self,
        account: usize,
        life: u32,
        what: impl FnOnce(&mut DeskObject, Timestamp) -> Effect,
    ) -> Result<(), Broken> {
        let now = self.now;
        let desk = self.desk(account);
        if desk.life != life || now < desk.up_at {
            return Ok(());
        }
        let there = Timestamp::from_millis(now + desk.skew);
        let effect = what(desk, there);
        self.effect(account, effect)?;
        self.set_alarm(account);
        Ok(())
    }

    fn effect(&mut self, account: usize, effect: Effect) -> Result<(), Broken> {
        match effect {
            Effect::Wait => {}
            Effect::Ask { task, asks } => {
                let life = self.desks[&account].life;
                self.at(self.now + PATIENCE, Event::Heard { account, life, task });
                for (place, (name, command)) in asks.into_iter().enumerate() {
                    let from = Sender::Desk { account, life, task, place };
                    let shard = self.places[&name];
                    let (origin, command) = (origin(&command), Rc::new(command));
                    self.post(origin, Some((account, shard)), Event::Command { shard, command, from });
                }
            }
            Effect::Answer(key, answer) => {
                let number: usize = key.as_str()[1..].parse().unwrap();
                self.told(account, number, &answer)?;
                self.post(number as u64, None, Event::Answer { number, answer });
            }
        }
        Ok(())
    }

    /// An answer leaves a desk: it must be true then.
    fn told(&mut self, account: usize, number: usize, answer: &Answer) -> Result<(), Broken> {
        let Want::Call { call, .. } = self.callers[&number].want.clone() else { return Ok(()) };
        match (&call.ask, answer) {
            (ask, Answer::Quote { quote, replayed: false }) => {
                match ask {
                    Ask::Open { .. } => self.counts.held += 1,
                    Ask::Commit { .. } => self.counts.committed += 1,
                    _ => {}
                }
                self.check_quote(account, &quote.id)
            }
            (Ask::Open { draft }, Answer::Refused { why, replayed: false }) if !why.passes() => {
                let own = *why == Refusal::AlreadyReleased && draft.replace.is_none();
                must!(!own, "rule 4: opening {} was answered with a release that nobody asked for", draft.id);
                let story = story(&draft.id, &self.desks[&account].disk().outbox());
                must!(story == "f", "{} was refused, and its events say '{story}'", draft.id);
                Ok(())
            }
            (Ask::Commit { quote, .. }, Answer::Refused { why: Refusal::Expired, .. }) => {
                let accepted = self.desks[&account].accepted.contains(quote);
                must!(!(accepted && self.setup.is_calm()), "the commit of {quote} was accepted and not kept");
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// An answer reaches its caller: the same as any before it.
    fn answered(&mut self, number: usize, answer: Answer) -> Result<(), Broken> {
        let Some(caller) = self.callers.get_mut(&number) else { return Ok(()) };
        if matches!(&answer, Answer::Refused { why, .. } if why.passes()) {
            return Ok(());
        }
        let answer = answer.again();
        if let Some(before) = &caller.answer {
            must!(*before == answer, "rule 4: step {number} was answered {before:?}, then {answer:?}");
        }
        caller.answer = Some(answer);
        Ok(())
    }

    fn command(&mut self, place: usize, command: &Command, from: Sender) -> Result<(), Broken> {
        let shard = &mut self.shards[place];
        if self.now < shard.up_at {
            return Ok(());
        }
        self.counts.commands += 1;
        let Ok(output) = shard::handle(command.clone(), Timestamp::from_millis(self.now + shard.skew), &shard.store);
        if let Some(log) = &mut self.log {
            log.push(format!("{:>9}   {:?} answers {:?}", self.now, shard.name, output.reply));
        }
        shard.watch.after(&shard.store, Some(&output.reply))?;
        let between = match from {
            Sender::Desk { account, .. } => Some((account, place)),
            Sender::Mover { .. } => None,
        };
        self.post(origin(command), between, Event::Reply { from, reply: output.reply });
        Ok(())
    }

    /// Sends a message: it may be lost, late, or arrive twice. `between` names the desk and the shard it goes between.
    fn post(&mut self, origin: u64, between: Option<(usize, usize)>, event: Event) {
        let setup = self.setup;
        let drawn = self.drawn.entry(origin).or_default();
        *drawn += 1;
        let mut random = Random::of(&[setup.seed, 3, origin, *drawn]);
        if self.healed {
            self.at(self.now + random.within(1..=setup.delay), event);
            return;
        }
        let parted = between.is_some_and(|(account, shard)| {
            let (here, there) = (setup.home(account), self.shards[shard].region);
            here != there && (self.now < self.cut[here] || self.now < self.cut[there])
        });
        if parted || random.chance(setup.loss) {
            self.counts.lost += 1;
            return;
        }
        let most = if random.chance(setup.late) { LATE } else { setup.delay };
        if random.chance(setup.duplicates) {
            self.at(self.now + random.within(1..=most), event.clone());
        }
        self.at(self.now + random.within(1..=most), event);
    }

    fn at(&mut self, at: i64, event: Event) {
        self.sent += 1;
        self.events.insert((at, self.sent), event);
    }

    fn desk(&mut self, account: usize) -> &mut DeskObject {
        let setup = self.setup;
        self.desks.entry(account).or_insert_with(|| {
            let skew = Random::of(&[setup.seed, 4, account as u64]).within(-setup.skew..=setup.skew);
            DeskObject::new(skew)
        })
    }

    /// As `wake_when_due` of the object: the alarm rings when the next quote wants to be looked at.
    fn set_alarm(&mut self, account: usize) {
        let (now, setup) = (self.now, self.setup);
        let desk = self.desk(account);
        let Some(due) = desk.disk().next_due() else { return };
        let at = (due.millis() - desk.skew).max(now + 1);
        if desk.alarm.is_none_or(|set| at < set) {
            desk.alarm = Some(at);
            // An alarm may ring late.
            let late = Random::of(&[setup.seed, 5, account as u64, at.unsigned_abs()]).within(0..=setup.delay);
            self.at(at + late, Event::Alarm { account });
        }
    }

    fn check_quote(&self, account: usize, id: &OpaqueId) -> Result<(), Broken> {
        let desk = &self.desks[&account];
        let Ok(quote) = desk.disk().quote(id);
        let Some(quote) = quote else { return Ok(()) };
        let number: usize = id.as_str()[1..].split('.').next().unwrap().parse().unwrap();
        for line in &quote.lines {
            must!(line.price == names::price(number, line.quantity), "rule 6: the price of {id} has changed");
        }
        let record = |name: &ShardName| {
            let shard = &self.shards[self.places[name]];
            let Ok(known) = shard.store.holds(id);
            (known, Timestamp::from_millis(self.now + shard.skew))
        };
        let Ok(due) = desk.disk().due(Timestamp::from_millis(i64::MAX), u32::MAX);
        keeps_its_word(&quote, Timestamp::from_millis(self.now + desk.skew), !due.contains(id), record)
    }

    fn check(&self, at_rest: bool) -> Result<(), Broken> {
        for (account, desk) in &self.desks {
            must!(!at_rest || desk.disk().next_due().is_none(), "the desk of account {account} never comes to rest");
            for quote in desk.disk().quotes() {
                self.check_quote(*account, &quote.id)?;
            }
            tells_its_story(&desk.disk().quotes(), &desk.disk().outbox())?;
        }
        for shard in &self.shards {
            shard.watch.books(&shard.store)?;
            if at_rest {
                for (quote, state) in shard.watch.holds() {
                    must!(state != HoldState::Held, "rule 2: {quote} is still held by {:?}", shard.name);
                    if state == HoldState::Committed {
                        let account: usize = quote.as_str().split(".a").nth(1).unwrap().parse().unwrap();
                        let told = self.desks[&account].state(quote);
                        must!(
                            told == Some(QuoteState::Committed),
                            "rule 5: {quote} is sold at {:?}, and {told:?}",
                            shard.name
                        );
                    }
                }
            }
        }
        Ok(())
    }
}
