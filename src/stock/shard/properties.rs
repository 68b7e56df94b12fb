//! What holds after any sequence of commands: DESIGN.md §5, rules 1 to 4, as far as a shard can keep them.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::stock::hold::{Hold, HoldState, LineKey, QuoteHolds};
use crate::stock::movement::{MovementKind, replay};
use crate::stock::position::Counters;
use crate::stock::store::MemoryStore;

pub(super) const SKUS: [&str; 2] = ["A", "B"];
pub(super) const LOCATIONS: [&str; 2] = ["ATL1", "ATL2"];
pub(super) const STEPS: usize = 80;

/// Something that is done to a shard, `after` so many milliseconds.
#[derive(Debug, Clone)]
pub(super) struct Deed {
    pub(super) after: i64,
    pub(super) what: What,
}

/// How many quotes before the latest.
pub(super) type Back = usize;

#[derive(Debug, Clone)]
pub(super) enum What {
    /// Lines of sku, locations, units and whether they may be split; for so long; in place of a quote. Of a new quote, or
    /// of the latest again.
    Hold(bool, Vec<(usize, u8, u32, bool)>, i64, Option<Back>),
    Extend(Back, i64),
    Commit(Back, Option<Vec<(u16, u32)>>),
    Release(Back),
    GiveBack(Back, u8, Vec<(u16, u32)>),
    Move(MovementKind, usize, usize, i64, Option<u64>),
    Tidy,
}

pub(super) fn any_deed() -> impl Strategy<Value = Deed> {
    use MovementKind as K;
    let back = || prop_oneof![3 => Just(0_usize), 2 => Just(1), 2 => 2..5_usize];
    let units = || prop::collection::vec((0..3_u16, 0..5_u32), 0..3);
    let line = (0..SKUS.len(), 0..4_u8, 0..7_u32, any::<bool>());
    let lines = prop::collection::vec(line, 0..4);
    let kind = prop::sample::select(vec![
        K::Receipt,
        K::Receipt,
        K::Adjustment,
        K::Count,
        K::Damage,
        K::Quarantine,
        K::ReleaseQuarantine,
        K::TransferOut,
        K::TransferIn,
        K::Pick,
        K::Pick,
        K::Pick,
        K::Count,
        K::Return,
    ]);
    let what = prop_oneof![
        6 => (prop::bool::weighted(0.9), lines, 0..60_000_i64, prop::option::of(back())).prop_map(|(q, l, t, r)| What::Hold(q, l, t, r)),
        1 => (back(), 0..60_000_i64).prop_map(|(q, t)| What::Extend(q, t)),
        3 => (back(), prop::option::of(units())).prop_map(|(q, l)| What::Commit(q, l)),
        2 => back().prop_map(What::Release),
        2 => (back(), 0..4_u8, units()).prop_map(|(q, r, l)| What::GiveBack(q, r, l)),
        6 => (kind, 0..SKUS.len(), 0..LOCATIONS.len(), -4..9_i64, prop::option::of(0..3_u64))
            .prop_map(|(k, s, l, n, safety)| What::Move(k, s, l, n, safety)),
        1 => Just(What::Tidy),
    ];
    (prop_oneof![4 => 0..2_000_i64, 1 => 10_000..70_000_i64], what).prop_map(|(after, what)| Deed { after, what })
}

pub(super) fn id<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

pub(super) fn quote(number: usize) -> OpaqueId {
    id(&format!("q{number:02}"))
}

fn line_units(lines: &[(u16, u32)]) -> Vec<LineUnits> {
    lines.iter().map(|(line, n)| LineUnits { line: LineKey { line: *line, component: None }, quantity: *n }).collect()
}

/// The deed as a command, the `step`th of its sequence, after `latest` quotes; none for the alarm.
pub(super) fn command(what: &What, step: usize, latest: &mut usize, now: Timestamp) -> Option<Command> {
    let before = *latest;
    let quote = |back: &Back| quote(before.saturating_sub(*back));
    Some(match what {
        What::Hold(new, lines, ttl, replaces) => {
            let line = |(place, (sku, locations, quantity, split)): (u16, &(usize, u8, u32, bool))| HoldLine {
                line: LineKey { line: place, component: None },
                sku: id(SKUS[*sku]),
                quantity: *quantity,
                locations: match locations {
                    0 => vec![id("ATL1")],
                    1 => vec![id("ATL2")],
                    2 => vec![id("ATL1"), id("ATL2")],
                    _ => vec![id("ATL2"), id("ATL1"), id("ATL2")],
                },
                split: *split,
            };
            let lines = (0..).zip(lines).map(line).collect();
            *latest += usize::from(*new);
            let (quote, replaces) = (self::quote(*latest), replaces.as_ref().map(quote));
            Command::Hold { quote, expires_at: now.plus(*ttl), lines, replaces }
        }
        What::Extend(back, ttl) => Command::Extend { quote: quote(back), expires_at: now.plus(*ttl) },
        What::Commit(back, lines) => {
            Command::Commit { quote: quote(back), lines: lines.as_deref().map(line_units), to: None }
        }
        What::Release(back) => Command::Release { quote: quote(back) },
        What::GiveBack(back, name, lines) => {
            Command::GiveBack { quote: quote(back), id: id(&format!("r{name}")), lines: line_units(lines) }
        }
        What::Move(kind, sku, location, quantity, safety) => Command::Move {
            movements: vec![Movement {
                id: id(&format!("m{step}")),
                sku: id(SKUS[*sku]),
                location: id(LOCATIONS[*location]),
                kind: *kind,
                quantity: *quantity,
                reason: None,
                expect_version: None,
                incoming: None,
                quote: None,
                safety: safety.filter(|_| *kind == MovementKind::Count),
            }],
        },
        What::Tidy => return None,
    })
}

/// Some of each part at each location.
pub(super) fn stocked(units: &[i64; 4]) -> MemoryStore {
    let store = MemoryStore::default();
    let positions = SKUS.iter().flat_map(|sku| LOCATIONS.map(|location| (sku, location)));
    for ((sku, location), units) in positions.zip(units) {
        let movement = Movement::returned(id("opening"), id(sku), id(location), *units);
        handle(Command::Move { movements: vec![movement] }, Timestamp::EPOCH, &store).unwrap();
    }
    store
}

pub(super) fn records(store: &MemoryStore) -> Vec<QuoteHolds> {
    (0..=STEPS).filter_map(|number| store.holds(&quote(number)).unwrap()).collect()
}

pub(super) fn counters(store: &MemoryStore) -> BTreeMap<(Sku, LocationId), Counters> {
    let positions = SKUS.iter().flat_map(|sku| store.positions(&id(sku)).unwrap());
    positions.map(|position| ((position.sku, position.location), position.counters)).collect()
}

/// Replaying the ledger gives what is there; the records of holds give what is promised of it.
fn books_agree(store: &MemoryStore) {
    for ((sku, location), counters) in counters(store) {
        let page = LedgerPage { sku: sku.clone(), location: Some(location.clone()), after: 0, limit: u32::MAX };
        let there = replay(&store.ledger(&page).unwrap()).unwrap();
        let sum = |state, units: fn(&Hold) -> u32| {
            let records = records(store).into_iter().filter(|record| record.state == state);
            let here = records.flat_map(|record| record.holds).filter(|hold| hold.is_at(&sku, &location));
            here.map(|hold| u64::from(units(&hold))).sum()
        };
        let held = sum(HoldState::Held, Hold::own);
        let committed = sum(HoldState::Committed, |hold| hold.unpicked);
        assert_eq!(counters, Counters { committed, held, ..there }, "{sku} at {location}");
        assert!(counters.quarantined <= counters.on_hand, "{counters:?}");
    }
}

/// What no record of holds may look like.
fn records_are_sound(store: &MemoryStore, now: Timestamp) {
    for record in records(store) {
        assert!(record.state != HoldState::Held || record.is_live(now), "past its time: {record:?}");
        let chained = record.replaces.is_some() || record.replaced_by.is_some();
        assert!(!chained || record.state == HoldState::Held, "ended, and still in a chain: {record:?}");
        let lender = record.replaces.as_ref().and_then(|id| store.holds(id).unwrap());
        assert!(lender.iter().all(|old| old.replaced_by.as_ref() == Some(&record.quote)), "{record:?} {lender:?}");
        for hold in &record.holds {
            let here = |record: &QuoteHolds, units: fn(&Hold) -> u32| -> u32 {
                record.holds.iter().filter(|h| h.is_at(&hold.sku, &hold.location)).map(units).sum()
            };
            let lent = lender.as_ref().map_or(0, |old| here(old, |hold| hold.quantity));
            let live = record.state == HoldState::Held;
            assert!(!live || here(&record, |hold| hold.borrowed) <= lent, "borrowed from nobody: {record:?}");
            assert!(hold.borrowed <= hold.quantity && hold.committed <= hold.quantity, "{hold:?}");
            assert!(hold.returned <= hold.committed && hold.unpicked <= hold.committed - hold.returned, "{hold:?}");
        }
    }
}

/// Every hold begins once and ends once; a sale that was taken back is the one end that follows another.
fn each_hold_ends_once(events: &[StockEvent]) {
    assert!(events.is_sorted_by(|a, b| a.seq < b.seq), "two events with one number");
    let mut stories: BTreeMap<&OpaqueId, String> = BTreeMap::new();
    for event in events {
        let (quote, letter) = match &event.what {
            Happening::Held { quote, .. } => (quote, 'h'),
            Happening::Committed { quote, .. } => (quote, 'c'),
            Happening::Released { quote } => (quote, 'r'),
            Happening::Expired { quote } => (quote, 'x'),
            Happening::Returned { .. }
            | Happening::Moved { .. }
            | Happening::Shortfall { .. }
            | Happening::LowStock { .. } => continue,
        };
        stories.entry(quote).or_default().push(letter);
    }
    for (quote, story) in stories {
        assert!(["h", "hc", "hr", "hx", "hcr"].contains(&story.as_str()), "{quote}: {story}");
    }
}

/// More is promised than is there only where a count, damage or quarantine said so, and then an event says it too.
fn shortfalls_are_announced(before: &MemoryStore, command: Option<&Command>, after: &MemoryStore) {
    let had = counters(before);
    let known = before.outbox().len();
    let news = after.outbox().split_off(known);
    for (position, counters) in counters(after) {
        let units = counters.shortfall();
        if units > had.get(&position).map_or(0, Counters::shortfall) {
            use MovementKind as K;
            let Some(Command::Move { movements }) = command else { panic!("{command:?} made {position:?} short") };
            assert!(matches!(movements[0].kind, K::Count | K::Damage | K::Quarantine), "{movements:?}");
            let named = news.iter().find_map(|event| match &event.what {
                Happening::Shortfall { sku, location, units: said, quotes }
                    if (sku, location) == (&position.0, &position.1) && *said == units =>
                {
                    Some(quotes.clone())
                }
                _ => None,
            });
            let waiting = records(after).into_iter().filter(|record| record.awaits(&position.0, &position.1));
            assert_eq!(named, Some(waiting.map(|record| record.quote).collect()), "{position:?}");
        }
    }
}

/// A hold takes only what was available, safety stock and all.
fn holds_take_what_was_free(before: &MemoryStore, after: &MemoryStore) {
    let had = counters(before);
    for (position, counters) in counters(after) {
        let had = had.get(&position).map_or(0, Counters::balance);
        assert!(counters.balance() >= had.min(0), "{position:?} was at {had} and is at {}", counters.balance());
    }
}

/// A sale that is taken back makes available what came back, and no more; picked or not.
fn what_comes_back_is_free(before: &MemoryStore, after: &MemoryStore) {
    let had = counters(before);
    for ((sku, location), counters) in counters(after) {
        let returned = |store: &MemoryStore| -> i64 {
            let holds = records(store).into_iter().flat_map(|record| record.holds);
            holds.filter(|hold| hold.is_at(&sku, &location)).map(|hold| i64::from(hold.returned)).sum()
        };
        let freed = counters.balance() - had[&(sku.clone(), location.clone())].balance();
        assert_eq!(freed, returned(after) - returned(before), "{sku} at {location}");
    }
}

/// A replacement gets what it would get if the quote whose place it takes were released first.
fn replacing_is_releasing_and_holding(before: &MemoryStore, command: &Command, reply: &Reply, now: Timestamp) {
    let Command::Hold { quote, replaces: Some(old), .. } = command else { return };
    let Some(record) = before.holds(old).unwrap().filter(|old| old.is_live(now)) else { return };
    if before.holds(quote).unwrap().is_some() || record.replaces.is_some() || record.replaced_by.is_some() {
        return;
    }
    let other = before.clone();
    handle(Command::Release { quote: old.clone() }, now, &other).unwrap();
    assert_eq!(handle(command.clone(), now, &other).unwrap().reply, *reply);
}

fn done_again(command: &Command, reply: &Reply, now: Timestamp, store: &MemoryStore) {
    let before = store.clone();
    let again = handle(command.clone(), now, store).unwrap().reply;
    let duplicate = |reply: &Reply| matches!(reply, Reply::Moved { results } if matches!(results[0], MovementResult::Duplicate { .. }));
    assert!(again == *reply || duplicate(&again), "{command:?}: {reply:?}, then {again:?}");
    assert!(*store == before, "{command:?} sent again changed something");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn whatever_is_done_to_a_shard_its_rules_hold(
        opening in prop::array::uniform4(0..15_i64),
        deeds in prop::collection::vec(any_deed(), 1..STEPS),
    ) {
        let store = stocked(&opening);
        let (mut now, mut latest) = (Timestamp::EPOCH, 0);
        for (step, Deed { after, what }) in deeds.iter().enumerate() {
            now = now.plus(*after);
            let before = store.clone();
            // What is past its time ends before the command, whatever the command is.
            tidy(now, &before).unwrap();
            let command = command(what, step, &mut latest, now);
            if let Some(command) = &command {
                let reply = handle(command.clone(), now, &store).unwrap().reply;
                replacing_is_releasing_and_holding(&before, command, &reply, now);
                done_again(command, &reply, now, &store);
                if matches!(reply, Reply::Refused { .. }) {
                    prop_assert_eq!(&store, &before);
                }
                match command {
                    Command::Hold { .. } => holds_take_what_was_free(&before, &store),
                    Command::GiveBack { .. } => what_comes_back_is_free(&before, &store),
                    Command::Release { quote } => {
                        let sold = before.holds(quote).unwrap().is_some_and(|it| it.state == HoldState::Committed);
                        if sold {
                            what_comes_back_is_free(&before, &store);
                        }
                    }
                    _ => {}
                }
            } else {
                tidy(now, &store).unwrap();
            }
            books_agree(&store);
            records_are_sound(&store, now);
            shortfalls_are_announced(&before, command.as_ref(), &store);
            each_hold_ends_once(&store.outbox());
        }
        // In the end nothing is held any more.
        tidy(now.plus(1_000_000), &store).unwrap();
        prop_assert!(counters(&store).values().all(|counters| counters.held == 0));
        books_agree(&store);
    }

    #[test]
    fn what_a_read_says_is_available_can_be_held_and_one_more_cannot(
        opening in prop::array::uniform4(0..15_i64),
        deeds in prop::collection::vec(any_deed(), 1..STEPS),
    ) {
        let store = stocked(&opening);
        let (mut now, mut latest) = (Timestamp::EPOCH, 0);
        for (step, Deed { after, what }) in deeds.iter().enumerate() {
            now = now.plus(*after);
            if let Some(command) = command(what, step, &mut latest, now) {
                handle(command, now, &store).unwrap();
            }
        }
        for sku in SKUS {
            let reply = handle(Command::Read { skus: vec![id(sku)] }, now, &store).unwrap().reply;
            let Reply::Read { stock, .. } = reply else { panic!("{reply:?}") };
            for LocationStock { location, available, .. } in &stock[0] {
                let quantity = u32::try_from(*available).unwrap() + 1;
                let line = LineKey { line: 0, component: None };
                let wanted = HoldLine { line, sku: id(sku), quantity, locations: vec![location.clone()], split: true };
                let (quote, expires_at) = (id("new"), now.plus(1));
                let hold = Command::Hold { quote, expires_at, lines: vec![wanted], replaces: None };
                let reply = handle(hold, now, &store.clone()).unwrap().reply;
                let Reply::Held { lines } = reply else { panic!("{reply:?}") };
                prop_assert_eq!(lines[0].lacking, 1);
            }
        }
    }
}
