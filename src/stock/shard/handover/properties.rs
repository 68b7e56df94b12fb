//! A bucket that gives one of its skus a shard of its own, at any moment, over a bad line, behaves like a shard that
//! keeps it: whatever it does not refuse as busy comes out the same.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::super::properties::{Deed, SKUS, STEPS, any_deed, command, counters, id, quote, stocked};
use super::*;
use crate::id::LocationId;
use crate::stock::hold::{HoldLine, LineHeld};
use crate::stock::movement::Entry;
use crate::stock::position::Position;
use crate::stock::shard::{MovementResult, handle, tidy};
use crate::stock::store::MemoryStore;
use crate::stock::{Happening, HoldRefusal, LineUnits};

/// The sku that moves.
const MOVED: &str = SKUS[0];
/// So few that even a short story takes several pages.
const SIZE: u32 = 3;

/// What becomes of an errand.
#[derive(Debug, Clone, Copy)]
enum Luck {
    Fine,
    /// It is done; the bucket hears of it only when it next sees to the handover.
    Slow,
    AnswerLost,
    Lost,
    /// It arrives when another errand is under way.
    Late,
    /// The bucket crashes before it arrives, or after.
    Crash(bool),
}

#[derive(Debug, Clone)]
enum Event {
    Deed(Deed),
    /// The bucket sees to the handover.
    Carry(Luck),
    /// A command that was carried out comes again.
    Again(usize),
}

/// The bucket and the shard that one of its skus has for itself.
#[derive(Clone)]
struct Shards {
    bucket: MemoryStore,
    own: MemoryStore,
    /// Quotes of which a desk knows that they hold something at the sku's own shard.
    followed: BTreeSet<OpaqueId>,
}

/// The shards, and what is on its way between them.
struct House {
    shards: Shards,
    now: Timestamp,
    begun: bool,
    slow: Option<Errand>,
    late: Vec<Command>,
}

impl Shards {
    /// Asks as an edge function does: the bucket, then where it says.
    fn ask(&self, command: &Command, now: Timestamp) -> Reply {
        let reply = handle(command.clone(), now, &self.bucket).unwrap().reply;
        if reply == elsewhere() { handle(command.clone(), now, &self.own).unwrap().reply } else { reply }
    }

    /// Holds as a desk does: lines that have moved at the sku's own shard.
    fn hold(&mut self, command: &Command, lines: &[HoldLine], now: Timestamp) -> Reply {
        let Some(quote) = quotes(command).first().map(|quote| (*quote).clone()) else { panic!("{command:?}") };
        self.followed.remove(&quote);
        let first = handle(command.clone(), now, &self.bucket).unwrap().reply;
        if first != elsewhere() {
            return first;
        }
        let (there, here): (Vec<_>, Vec<_>) = lines.iter().cloned().partition(|line| line.sku == id(MOVED));
        let mut held: Vec<LineHeld> = Vec::new();
        for (lines, own) in [(here, false), (there, true)].into_iter().filter(|(lines, _)| !lines.is_empty()) {
            let store = if own { &self.own } else { &self.bucket };
            match handle(with_lines(command, lines), now, store).unwrap().reply {
                Reply::Held { lines } => {
                    if own && lines.iter().any(|line| !line.allocations.is_empty()) {
                        self.followed.insert(quote.clone());
                    }
                    held.extend(lines);
                }
                other => return other,
            }
        }
        held.sort_by_key(|line| line.line);
        Reply::Held { lines: held }
    }

    /// Has a desk's act done: at the bucket unless the quote is known to be wholly elsewhere, then where that says.
    fn act(&mut self, command: &Command, quote: &OpaqueId, oracle: &MemoryStore, now: Timestamp) -> Reply {
        let all = !self.followed.contains(quote);
        let record = oracle.holds(quote).unwrap();
        let rest = record.iter().flat_map(|record| &record.holds).any(|hold| hold.sku != id(MOVED));
        let here = narrowed(command, oracle, |moved| all || !moved);
        let there = narrowed(command, oracle, |moved| moved);
        let mut reply = None;
        if all || (rest && !is_empty(&here)) {
            match handle(here, now, &self.bucket).unwrap().reply {
                Reply::DoneHere { elsewhere } => {
                    assert_eq!(Reply::Elsewhere { skus: elsewhere }, self::elsewhere());
                    self.followed.insert(quote.clone());
                }
                other => reply = Some(other),
            }
        }
        let done = reply.as_ref().is_none_or(|reply| *reply == Reply::Done);
        if done && self.followed.contains(quote) && !is_empty(&there) {
            reply = Some(handle(there, now, &self.own).unwrap().reply);
        }
        reply.unwrap()
    }

    fn is_frozen(&self) -> bool {
        noted(&self.bucket).is_some_and(|handover| handover.is_frozen())
    }

    fn has_left(&self) -> bool {
        noted(&self.bucket).is_some_and(|handover| handover.has_left())
    }

    fn has_arrived(&self) -> bool {
        noted(&self.own).is_some_and(|handover| handover.stage == Stage::Arrived)
    }

    /// Whoever is in charge of a sku.
    fn of(&self, sku: &str) -> &MemoryStore {
        if sku == MOVED && self.has_arrived() { &self.own } else { &self.bucket }
    }

    fn positions(&self) -> Vec<Position> {
        SKUS.iter().flat_map(|sku| self.of(sku).positions(&id(sku)).unwrap()).collect()
    }

    /// The lines of quotes that are held or sold, each as the shard has it that is in charge.
    fn records(&self) -> BTreeMap<OpaqueId, BTreeMap<String, Hold>> {
        let mut all: BTreeMap<OpaqueId, BTreeMap<String, Hold>> = BTreeMap::new();
        for store in [&self.bucket, &self.own] {
            for (quote, holds) in records(store) {
                let here = |(_, hold): &(String, Hold)| std::ptr::eq(store, self.of(hold.sku.as_str()));
                all.entry(quote).or_default().extend(holds.into_iter().filter(here));
            }
        }
        all.retain(|_, holds| !holds.is_empty());
        all
    }
}

impl House {
    fn new(bucket: MemoryStore) -> Self {
        let own = MemoryStore::dedicated(id(MOVED), "r/0".parse().unwrap());
        let shards = Shards { bucket, own, followed: BTreeSet::new() };
        Self { shards, now: Timestamp::EPOCH, begun: false, slow: None, late: Vec::new() }
    }

    /// `Busy` where a part of the command is, and then nothing of it is done here (a desk's part that is done is met
    /// again).
    fn ask(&mut self, command: &Command, oracle: &MemoryStore) -> Reply {
        let mut trial = self.shards.clone();
        let reply = match (command, quotes(command).first()) {
            (Command::Hold { lines, .. }, _) => trial.hold(command, lines, self.now),
            (_, Some(quote)) => trial.act(command, quote, oracle, self.now),
            (_, None) => trial.ask(command, self.now),
        };
        match reply {
            Reply::Busy | Reply::Elsewhere { .. } => return Reply::Busy,
            Reply::Refused { .. } => {}
            _ => self.shards = trial,
        }
        reply
    }

    fn carry(&mut self, luck: Luck) {
        let (sku, bucket) = (id(MOVED), &self.shards.bucket);
        if !self.begun {
            self.begun = true;
            let to = Some("r/=A".parse().unwrap());
            handle(Command::HandOver { sku: id(MOVED), to }, self.now, bucket).unwrap();
        }
        if let Some(errand) = self.slow.take() {
            return heard(errand, bucket).unwrap();
        }
        let late: Vec<_> = self.late.drain(..).collect();
        let Next::Send(errand) = next(&sku, SIZE, self.now, bucket).unwrap() else { return };
        if matches!(luck, Luck::Late) {
            self.late.push(errand.command.clone());
        }
        let arrives = matches!(luck, Luck::Fine | Luck::Slow | Luck::AnswerLost | Luck::Crash(true));
        let deliver = |command| handle(command, self.now, &self.shards.own).unwrap().reply;
        let done = arrives && deliver(errand.command.clone()) == Reply::Done;
        assert!(done || !matches!(luck, Luck::Fine), "{errand:?} is refused");
        for command in late {
            deliver(command);
        }
        match luck {
            Luck::Fine => heard(*errand, bucket).unwrap(),
            Luck::Slow if done => self.slow = Some(*errand),
            Luck::Crash(_) => {}
            _ => failed(&sku, bucket).unwrap(),
        }
    }
}

fn noted(store: &MemoryStore) -> Option<Handover> {
    store.handover(&id(MOVED)).unwrap()
}

fn elsewhere() -> Reply {
    Reply::Elsewhere { skus: vec![Redirect { sku: id(MOVED), shard: "r/=A".parse().unwrap() }] }
}

fn with_lines(command: &Command, lines: Vec<HoldLine>) -> Command {
    match command.clone() {
        Command::Hold { quote, expires_at, replaces, .. } => Command::Hold { quote, expires_at, lines, replaces },
        other => other,
    }
}

/// The command about those lines of the quote whose sku moves, or about the others.
fn narrowed(command: &Command, oracle: &MemoryStore, of: impl Fn(bool) -> bool) -> Command {
    let some = |quote: &OpaqueId, lines: &[LineUnits]| -> Vec<LineUnits> {
        let known = oracle.holds(quote).unwrap();
        let moved = |line: &LineUnits| {
            known.iter().flat_map(|known| &known.holds).any(|hold| hold.line == line.line && hold.sku == id(MOVED))
        };
        lines.iter().filter(|line| of(moved(line))).copied().collect()
    };
    match command.clone() {
        Command::Commit { quote, lines: Some(lines), to } => {
            Command::Commit { lines: Some(some(&quote, &lines)), quote, to }
        }
        Command::GiveBack { quote, id, lines } => Command::GiveBack { lines: some(&quote, &lines), quote, id },
        other => other,
    }
}

/// Whether nothing is left of a return.
fn is_empty(command: &Command) -> bool {
    matches!(command, Command::GiveBack { lines, .. } if lines.is_empty())
}

fn name(hold: &Hold) -> String {
    format!("{:?} {} {}", hold.line, hold.sku, hold.location)
}

/// The lines of quotes that are held or sold, by name.
fn records(store: &MemoryStore) -> BTreeMap<OpaqueId, BTreeMap<String, Hold>> {
    let all = (0..=STEPS).filter_map(|number| store.holds(&quote(number)).unwrap());
    let open = all.filter(|known| matches!(known.state, HoldState::Held | HoldState::Committed));
    open.map(|known| (known.quote, known.holds.into_iter().map(|hold| (name(&hold), hold)).collect())).collect()
}

fn ledger(sku: &str, store: &MemoryStore) -> Vec<Entry> {
    store.ledger(&LedgerPage { sku: id(sku), location: None, after: 0, limit: u32::MAX }).unwrap()
}

/// Units by what was told of them.
fn told(stores: &[&MemoryStore]) -> BTreeMap<(String, Sku, LocationId), u64> {
    let mut told: BTreeMap<(String, Sku, LocationId), u64> = BTreeMap::new();
    for event in stores.iter().flat_map(|store| store.outbox()) {
        let (what, units) = match event.what {
            Happening::Held { quote, units } => (format!("{quote} held"), units),
            Happening::Committed { quote, units } => (format!("{quote} committed"), units),
            Happening::Returned { quote, units } => (format!("{quote} returned"), units),
            Happening::Moved { movement, .. } => {
                *told.entry((movement.id.to_string(), movement.sku, movement.location)).or_default() += 1;
                continue;
            }
            _ => continue,
        };
        for of in units {
            *told.entry((what.clone(), of.sku, of.at.location)).or_default() += u64::from(of.at.quantity);
        }
    }
    told
}

/// Replies are the same, but for numbers of sequences, and for which of several objections was named.
fn same(here: &Reply, there: &Reply) -> bool {
    match (here, there) {
        (Reply::Ledger { entries: a }, Reply::Ledger { entries: b }) => unnumbered(a) == unnumbered(b),
        (Reply::Refused { .. }, Reply::Refused { .. }) => true,
        _ => here == there,
    }
}

fn unnumbered(entries: &[Entry]) -> Vec<Entry> {
    entries.iter().map(|entry| Entry { seq: 0, ..entry.clone() }).collect()
}

/// After what is over has ended, the positions are the same.
fn tidied(house: &House, oracle: &MemoryStore) -> Result<(), TestCaseError> {
    let Shards { bucket, own, .. } = &house.shards;
    for store in [oracle, bucket, own] {
        tidy(house.now, store).unwrap();
    }
    let expected: Vec<_> = SKUS.iter().flat_map(|sku| oracle.positions(&id(sku)).unwrap()).collect();
    prop_assert_eq!(house.shards.positions(), expected);
    Ok(())
}

/// The command as a desk may send it: about lines that the quote has; a hold again with the same lines, and not after
/// its end. `None`: a desk does not ask this.
fn sensible(command: Command, history: &[Command], oracle: &MemoryStore) -> Option<Command> {
    let Some(quote) = quotes(&command).first().map(|quote| (*quote).clone()) else { return Some(command) };
    let known = oracle.holds(&quote).unwrap();
    let of = |mut lines: Vec<LineUnits>| {
        lines.retain(|line| known.iter().flat_map(|known| &known.holds).any(|hold| hold.line == line.line));
        lines
    };
    Some(match command {
        Command::Hold { .. } if known.as_ref().is_some_and(|known| known.state == HoldState::Held) => {
            let first = |command: &&Command| matches!(command, Command::Hold { quote: of, .. } if *of == quote);
            let first = history.iter().find(first)?.clone();
            let Command::Hold { lines, .. } = &first else { return None };
            let got = |line: &HoldLine| known.iter().flat_map(|known| &known.holds).any(|hold| hold.line == line.line);
            if !lines.iter().all(got) {
                return None;
            }
            first
        }
        Command::Hold { .. } if known.is_some() => return None,
        // The end of the other quote of a chain, which a sale brings about, is also told to every shard by the desk.
        Command::Commit { .. } if known.as_ref().is_some_and(QuoteHolds::is_chained) => return None,
        Command::Release { .. } if known.is_none() => return None,
        Command::Commit { quote, lines: Some(lines), to } => Command::Commit { lines: Some(of(lines)), quote, to },
        Command::GiveBack { quote, id, lines } => {
            let lines = of(lines);
            // Nothing is nothing to be told.
            if lines.iter().all(|line| line.quantity == 0) {
                return None;
            }
            // A return is of the same lines whenever it comes.
            let first = |command: &&Command| matches!(command, Command::GiveBack { quote: of, id: known, .. } if (of, known) == (&quote, &id));
            history.iter().find(first).cloned().unwrap_or(Command::GiveBack { lines, quote, id })
        }
        other => other,
    })
}

/// Whether sending the command again changes nothing, because its effect is remembered.
fn leaves_memory(reply: &Reply) -> bool {
    match reply {
        Reply::Held { lines } => lines.iter().any(|line| !line.allocations.is_empty()),
        Reply::Moved { results } => matches!(results[0], MovementResult::Applied { .. }),
        Reply::Refused { .. } => false,
        _ => true,
    }
}

fn any_event() -> impl Strategy<Value = Event> {
    let luck = prop_oneof![
        8 => Just(Luck::Fine),
        4 => Just(Luck::Slow),
        1 => Just(Luck::AnswerLost),
        1 => Just(Luck::Lost),
        1 => Just(Luck::Late),
        1 => any::<bool>().prop_map(Luck::Crash),
    ];
    prop_oneof![6 => any_deed().prop_map(Event::Deed), 3 => luck.prop_map(Event::Carry), 1 => (0..8_usize).prop_map(Event::Again)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn nobody_can_tell_that_a_sku_is_moved_but_by_being_told_to_wait(
        opening in prop::array::uniform4(0..15_i64),
        events in prop::collection::vec(any_event(), 1..STEPS),
    ) {
        let oracle = stocked(&opening);
        let mut house = House::new(stocked(&opening));
        let (mut latest, mut history) = (0, Vec::new());
        for (step, event) in events.iter().enumerate() {
            match event {
                Event::Carry(luck) => house.carry(*luck),
                Event::Again(back) => {
                    if let Some(command) = history.iter().rev().nth(*back) {
                        handle(Command::clone(command), house.now, &house.shards.bucket).unwrap();
                    }
                }
                Event::Deed(Deed { after, what }) => {
                    house.now = house.now.plus(*after);
                    let now = house.now;
                    if house.shards.is_frozen() && house.shards.bucket.next_due().unwrap().is_some_and(|due| due <= now) {
                        // Holds that stand still end later here.
                        continue;
                    }
                    let command = command(what, step, &mut latest, now);
                    let Some(command) = command.and_then(|command| sensible(command, &history, &oracle)) else { continue };
                    let expected = handle(command.clone(), now, &oracle.clone()).unwrap().reply;
                    if expected == (Reply::Refused { why: HoldRefusal::BeingReplaced }) {
                        // Each shard looks after its own part of a chain, so it refuses less.
                        continue;
                    }
                    let got = house.ask(&command, &oracle);
                    if got == Reply::Busy {
                        prop_assert!(house.begun, "{:?} is busy", command);
                        continue;
                    }
                    prop_assert!(same(&got, &expected), "{:?}: {:?}, not {:?}", command, got, expected);
                    handle(command.clone(), now, &oracle).unwrap();
                    if leaves_memory(&got) {
                        history.push(command);
                    }
                }
            }
            if !house.shards.is_frozen() && house.shards.has_left() == house.shards.has_arrived() {
                tidied(&house, &oracle)?;
            }
        }
        // In the end it arrives, whatever has happened.
        for _ in 0..3 * STEPS {
            house.now = house.now.plus(10);
            tidy(house.now, &house.shards.bucket).unwrap();
            house.carry(Luck::Fine);
        }
        let shards = &house.shards;
        let chained = |quote: &OpaqueId| shards.bucket.holds(quote).unwrap().unwrap().is_chained();
        let waits = records(&shards.bucket).keys().any(chained);
        tidied(&house, &oracle)?;
        if !waits {
            prop_assert!(shards.has_arrived(), "{:?}", noted(&shards.bucket));
            prop_assert_eq!(noted(&shards.bucket).map(|handover| handover.stage), Some(Stage::Done));
            prop_assert!(counters(&shards.bucket).keys().all(|(sku, _)| sku.as_str() != MOVED));
        }
        for sku in SKUS {
            let entries = ledger(sku, shards.of(sku));
            prop_assert!(entries.is_sorted_by(|a, b| a.seq < b.seq), "{:?}", entries);
            prop_assert_eq!(unnumbered(&entries), unnumbered(&ledger(sku, &oracle)));
        }
        prop_assert_eq!(shards.records(), records(&oracle));
        prop_assert_eq!(told(&[&shards.bucket, &shards.own]), told(&[&oracle]));
    }
}
