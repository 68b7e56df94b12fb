//! A great many holds that end at once, and records that pile up: nobody waits for all of them, and nobody is promised
//! what is not free yet.

use super::*;
use crate::stock::hold::{ENDED_KEPT, GRACE, LineKey, SALES_KEPT};
use crate::stock::store::MemoryStore;

fn id<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

fn hold(quote: &str, quantity: u32, expires_at: Timestamp) -> Command {
    let line = LineKey { line: 0, component: None };
    let line = HoldLine { line, sku: id("A"), quantity, locations: vec![id("ATL1")], split: true };
    Command::Hold { quote: id(quote), expires_at, lines: vec![line], replaces: None }
}

fn ask(store: &MemoryStore, command: Command, now: Timestamp) -> Reply {
    handle(command, now, store).unwrap().reply
}

/// A shard with `count` quotes of one unit of A each, all of whose time ends at [`GRACE`].
fn crowded(count: u32) -> MemoryStore {
    let store = MemoryStore::default();
    let receipt = Movement::returned(id("opening"), id("A"), id("ATL1"), count.into());
    ask(&store, Command::Move { movements: vec![receipt] }, Timestamp::EPOCH);
    for number in 0..count {
        let reply = ask(&store, hold(&format!("q{number}"), 1, Timestamp::EPOCH), Timestamp::EPOCH);
        assert!(matches!(reply, Reply::Held { lines } if lines[0].lacking == 0));
    }
    store
}

fn available(store: &MemoryStore, now: Timestamp) -> u64 {
    let Reply::Read { stock, .. } = ask(store, Command::Read { skus: vec![id("A")] }, now) else { panic!() };
    stock[0][0].available
}

fn expired(store: &MemoryStore) -> usize {
    store.outbox().iter().filter(|event| matches!(event.what, Happening::Expired { .. })).count()
}

#[test]
fn however_many_holds_end_at_once_a_command_frees_a_slice_and_promises_no_more_than_that() {
    let (store, ends) = (crowded(2 * FREED_AT_ONCE + 3), Timestamp::EPOCH.plus(GRACE));
    assert_eq!(available(&store, ends.plus(-1)), 0);
    for freed in [FREED_AT_ONCE, 2 * FREED_AT_ONCE, 2 * FREED_AT_ONCE + 3, 2 * FREED_AT_ONCE + 3] {
        assert_eq!((available(&store, ends), expired(&store)), (freed.into(), freed as usize));
    }
}

#[test]
fn an_alarm_is_wanted_at_once_until_all_are_freed() {
    let (store, ends) = (crowded(2 * FREED_AT_ONCE), Timestamp::EPOCH.plus(GRACE));
    store.clear_dirty(&id("A"), u64::MAX).unwrap();
    store.delivered(u64::MAX).unwrap();
    assert_eq!(tidy(ends.plus(-1), &store).unwrap(), Some(ends));
    tidy(ends, &store).unwrap();
    assert_eq!(deadline(&store).unwrap(), Some(ends));
    tidy(ends, &store).unwrap();
    assert!(deadline(&store).unwrap() > Some(ends));
}

#[test]
fn what_has_ended_and_is_not_freed_yet_cannot_be_sold() {
    let (store, ends) = (crowded(FREED_AT_ONCE + 1), Timestamp::EPOCH.plus(GRACE));
    for number in 0..=FREED_AT_ONCE {
        let commit = Command::Commit { quote: id(&format!("q{number}")), lines: None, to: None };
        assert!(matches!(ask(&store, commit, ends), Reply::Refused { why: HoldRefusal::Expired }));
    }
}

#[test]
fn records_are_forgotten_when_nothing_can_come_of_them_and_no_sooner() {
    let store = crowded(2);
    let at = |millis| Timestamp::EPOCH.plus(millis);
    ask(&store, Command::Commit { quote: id("q0"), lines: None, to: None }, at(1));
    ask(&store, Command::Release { quote: id("q1") }, at(2));
    let known = || ["q0", "q1"].map(|quote| store.holds(&id(quote)).unwrap().is_some());
    for (then, left) in
        [(2 + ENDED_KEPT - 1, [true, true]), (2 + ENDED_KEPT, [true, false]), (SALES_KEPT * 2, [true, false])]
    {
        tidy(at(then), &store).unwrap();
        assert_eq!(known(), left, "{then}");
    }
    // Picked at last.
    let picked = SALES_KEPT * 2;
    let pick = Movement { kind: MovementKind::Pick, ..Movement::returned(id("p"), id("A"), id("ATL1"), 1) };
    ask(&store, Command::Move { movements: vec![pick] }, at(picked));
    tidy(at(picked + SALES_KEPT - 1), &store).unwrap();
    assert_eq!(known(), [true, false]);
    tidy(at(picked + SALES_KEPT), &store).unwrap();
    assert_eq!(known(), [false, false]);
}

#[test]
fn a_change_that_is_no_news_is_published_with_one_that_is_or_after_half_a_minute() {
    let (store, start) = (MemoryStore::default(), Timestamp::EPOCH);
    let receive = |id: &str, units| {
        let movement = Movement::returned(self::id(id), self::id("A"), self::id("ATL1"), units);
        ask(&store, Command::Move { movements: vec![movement] }, start);
    };
    let hold = |quote: &str, units| ask(&store, hold(quote, units, start.plus(HOUR)), start);
    let published = |now| {
        let due = publishable(10, now, &store).unwrap();
        let (sku, snapshot) = due.first()?;
        store.clear_dirty(sku, snapshot.version).unwrap();
        Some(snapshot.locations[0].available)
    };
    receive("m1", 40);
    assert_eq!(published(start), Some(40));
    hold("q1", 3);
    hold("q2", 3);
    let later = start.plus(PUBLISH_QUIET_AFTER);
    assert_eq!((published(later.plus(-1)), store.next_publication().unwrap()), (None, Some(later)));
    assert_eq!(published(later), Some(34));
    hold("q3", 1);
    hold("q4", 2);
    assert_eq!(published(start), Some(31));
    hold("q5", 1);
    receive("m2", 1);
    assert_eq!(published(start), Some(31));
}
