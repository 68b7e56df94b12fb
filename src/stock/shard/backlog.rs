//! A great many holds that end at once: nobody waits for them, and nobody is told that what they held is taken.

use proptest::prelude::*;

use super::properties::*;
use super::*;
use crate::stock::hold::{ENDED_KEPT, GRACE, LineKey, SALES_KEPT};
use crate::stock::position::Counters;
use crate::stock::store::MemoryStore;

/// A shard with `count` quotes of one unit of A each, all of whose time ends at [`GRACE`].
fn crowded(count: u32) -> MemoryStore {
    let store = MemoryStore::default();
    let receipt = Movement::returned(id("opening"), id("A"), id("ATL1"), count.into());
    handle(Command::Move { movements: vec![receipt] }, Timestamp::EPOCH, &store).unwrap();
    for number in 0..count {
        let reply = handle(hold(&format!("q{number}"), 1, Timestamp::EPOCH), Timestamp::EPOCH, &store).unwrap().reply;
        assert!(matches!(reply, Reply::Held { lines } if lines[0].lacking == 0));
    }
    take_events(&store);
    store
}

fn hold(quote: &str, quantity: u32, expires_at: Timestamp) -> Command {
    let line = LineKey { line: 0, component: None };
    let line = HoldLine { line, sku: id("A"), quantity, locations: vec![id("ATL1")], split: true };
    Command::Hold { quote: id(quote), expires_at, lines: vec![line], replaces: None }
}

/// The events since this was last asked.
fn take_events(store: &MemoryStore) -> Vec<StockEvent> {
    let events = store.outbox();
    store.delivered(u64::MAX).unwrap();
    events
}

fn available(store: &MemoryStore, now: Timestamp) -> u64 {
    let reply = handle(Command::Read { skus: vec![id("A")] }, now, store).unwrap().reply;
    let Reply::Read { stock, .. } = reply else { panic!("{reply:?}") };
    stock[0][0].available
}

fn expired(store: &MemoryStore) -> usize {
    let ended = |event: &StockEvent| matches!(event.what, Happening::Expired { .. });
    take_events(store).iter().filter(|event| ended(event)).count()
}

const ENDS: Timestamp = Timestamp::EPOCH;

#[test]
fn however_many_holds_end_at_once_a_command_frees_a_few_and_finds_them_all_free() {
    let (store, before, after) = (crowded(3_000), ENDS.plus(GRACE - 1), ENDS.plus(GRACE));
    assert_eq!((available(&store, before), expired(&store)), (0, 0));
    assert_eq!(available(&store, after), 3_000);
    assert_eq!(expired(&store), FREED_AT_ONCE as usize);
    // What they held can be held by another, all of it and no more.
    let reply = handle(hold("new", 3_001, after.plus(60_000)), after, &store).unwrap().reply;
    assert!(matches!(reply, Reply::Held { lines } if lines[0].lacking == 1), "not all of it");
    let Reply::Positions { positions } = handle(Command::Positions { sku: id("A") }, after, &store).unwrap().reply
    else {
        panic!()
    };
    assert_eq!((positions[0].counters.held, positions[0].counters.overdue), (3_000, 0));
    // None of them can be sold any more, nor counts as endangered.
    let commit = |quote: &str| handle(Command::Commit { quote: id(quote), lines: None }, after, &store).unwrap().reply;
    assert_eq!(commit("q2999"), Reply::Refused { why: HoldRefusal::Expired });
    let count = Movement { kind: MovementKind::Count, ..Movement::returned(id("count"), id("A"), id("ATL1"), 2_999) };
    handle(Command::Move { movements: vec![count] }, after, &store).unwrap();
    let short = take_events(&store).into_iter().find_map(|event| match event.what {
        Happening::Shortfall { units, quotes, .. } => Some((units, quotes)),
        _ => None,
    });
    assert_eq!(short, Some((1, vec![id("new")])));
    assert_eq!(commit("new"), Reply::Done);
}

#[test]
fn an_alarm_frees_what_has_ended_slice_by_slice() {
    let (store, now) = (crowded(600), ENDS.plus(GRACE));
    for left in [250, 250, 100] {
        assert_eq!(tidy(now, &store).unwrap(), if left < 250 { Some(now.plus(PUBLISH_AFTER)) } else { Some(now) });
        assert_eq!(expired(&store), left);
    }
    tidy(now, &store).unwrap();
    assert_eq!((expired(&store), counters(&store)[&(id("A"), id("ATL1"))].held), (0, 0));
}

#[test]
fn what_was_given_to_others_as_overdue_is_not_sold_by_a_clock_that_goes_back() {
    let (store, now) = (crowded(100), ENDS.plus(GRACE));
    handle(hold("new", 100, now.plus(60_000)), now, &store).unwrap();
    let commit = handle(Command::Commit { quote: id("q99"), lines: None }, now.plus(-1), &store).unwrap();
    assert_eq!(commit.reply, Reply::Refused { why: HoldRefusal::Expired });
}

#[test]
fn records_are_forgotten_when_nothing_can_come_of_them_and_no_sooner() {
    let (store, now) = (crowded(3), ENDS);
    let ask = |command, now| handle(command, now, &store).unwrap().reply;
    let known = || ["q0", "q1", "q2"].map(|quote| store.holds(&id(quote)).unwrap().is_some());
    ask(Command::Release { quote: id("q0") }, now);
    ask(Command::Commit { quote: id("q1"), lines: None }, now);
    ask(Command::Commit { quote: id("q2"), lines: None }, now);
    let pick = Movement { kind: MovementKind::Pick, ..Movement::returned(id("pick"), id("A"), id("ATL1"), 1) };
    ask(Command::Move { movements: vec![pick] }, now);
    tidy(now.plus(ENDED_KEPT - 1), &store).unwrap();
    assert_eq!(known(), [true, true, true]);
    tidy(now.plus(ENDED_KEPT), &store).unwrap();
    assert_eq!(known(), [false, true, true]);
    // What was released stays released, although nobody remembers: its own expiry refuses it.
    assert_eq!(ask(hold("q0", 1, ENDS), now.plus(ENDED_KEPT)), Reply::Refused { why: HoldRefusal::Expired });
    tidy(now.plus(SALES_KEPT - 1), &store).unwrap();
    assert_eq!(known(), [false, true, true]);
    tidy(now.plus(SALES_KEPT), &store).unwrap();
    assert_eq!(known(), [false, false, true], "q1 was picked, q2 is still to be");
    assert_eq!(counters(&store)[&(id("A"), id("ATL1"))].committed, 1);
}

#[test]
fn a_shard_at_rest_wakes_to_forget() {
    let store = crowded(1);
    handle(Command::Release { quote: id("q0") }, ENDS, &store).unwrap();
    take_events(&store);
    store.clear_dirty(&id("A"), u64::MAX).unwrap();
    assert_eq!(tidy(ENDS, &store).unwrap(), Some(ENDS.plus(ENDED_KEPT + FORGET_TOGETHER)));
    assert_eq!(tidy(ENDS.plus(ENDED_KEPT + FORGET_TOGETHER), &store).unwrap(), None);
}

/// A reply without versions, which count what was freed too.
fn told(reply: Reply) -> Reply {
    let Reply::Moved { results } = reply else { return reply };
    let unversioned = results.into_iter().map(|result| match result {
        MovementResult::Applied { id, on_hand, shortfall, .. } => {
            MovementResult::Applied { id, version: 0, on_hand, shortfall }
        }
        MovementResult::Duplicate { id, .. } => MovementResult::Duplicate { id, version: 0 },
        other => other,
    });
    Reply::Moved { results: unversioned.collect() }
}

fn shortfalls(store: &MemoryStore) -> Vec<Happening> {
    let short = |event: StockEvent| Some(event.what).filter(|what| matches!(what, Happening::Shortfall { .. }));
    store.outbox().into_iter().filter_map(short).collect()
}

/// Units promised at `now` beyond what is there, over all positions: reckoned from the records, whoever of two that
/// replace each other has them.
fn excess(store: &MemoryStore, now: Timestamp) -> u64 {
    let live = || records(store).into_iter().filter(|record| record.is_live(now));
    let sum = |((sku, location), counters): ((Sku, LocationId), Counters)| {
        let promised = live().map(|record| {
            let lender = record.replaces.as_ref().and_then(|id| live().find(|lender| lender.quote == *id));
            let here = record.holds.iter().filter(|hold| hold.is_at(&sku, &location));
            here.map(|hold| u64::from(if lender.is_some() { hold.own() } else { hold.quantity })).sum::<u64>()
        });
        (counters.committed + promised.sum::<u64>()).saturating_sub(counters.on_hand - counters.quarantined)
    };
    counters(store).into_iter().map(sum).sum()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_shard_that_frees_nothing_answers_as_one_that_frees_everything(
        opening in prop::array::uniform4(0..15_i64),
        deeds in prop::collection::vec(any_deed(), 1..STEPS),
    ) {
        let (tidied, lazy) = (stocked(&opening), stocked(&opening));
        let (mut now, mut latest) = (Timestamp::EPOCH, 0);
        for (step, Deed { after, what }) in deeds.iter().enumerate() {
            now = now.plus(*after);
            let Some(mut command) = command(what, step, &mut latest, now) else { continue };
            if let Command::Hold { replaces, .. } = &mut command {
                *replaces = None;
            }
            let on = |store: &MemoryStore, freed| told(handle_freeing(freed, command.clone(), now, store).unwrap().reply);
            prop_assert_eq!(on(&lazy, 0), on(&tidied, u32::MAX), "{:?}", command);
            books_agree(&lazy);
        }
        prop_assert_eq!(shortfalls(&lazy), shortfalls(&tidied));
        for store in [&tidied, &lazy] {
            tidy(now, store).unwrap();
            books_agree(store);
            each_hold_ends_once(&store.outbox());
        }
        prop_assert_eq!(counters(&tidied), counters(&lazy));
    }

    #[test]
    fn a_shard_that_frees_nothing_sells_nothing_twice_even_where_quotes_replace_each_other(
        opening in prop::array::uniform4(0..15_i64),
        deeds in prop::collection::vec(any_deed(), 1..STEPS),
    ) {
        let store = stocked(&opening);
        let (mut now, mut latest) = (Timestamp::EPOCH, 0);
        for (step, Deed { after, what }) in deeds.iter().enumerate() {
            now = now.plus(*after);
            let Some(command) = command(what, step, &mut latest, now) else { continue };
            let before = excess(&store, now);
            let truth = matches!(command, Command::Move { .. });
            handle_freeing(0, command, now, &store).unwrap();
            prop_assert!(truth || excess(&store, now) <= before);
            books_agree(&store);
        }
        tidy(now.plus(1_000_000), &store).unwrap();
        prop_assert!(counters(&store).values().all(|counters| counters.held == 0));
    }
}
