use super::*;
use crate::stock::handover::{Handover, Stage};
use crate::stock::hold::HoldLine;
use crate::stock::movement::{Movement, Rejection};
use crate::stock::shard::{Command, Expected, MovementResult, ReceiptChange, Reply, handle};
use crate::stock::store::MemoryStore;
use crate::stock::{LineKey, ShardName};
use crate::time::HOUR;

fn noon() -> Timestamp {
    Timestamp::from_millis(100 * DAY + 12 * HOUR)
}

fn ask(store: &MemoryStore, now: Timestamp, command: Command) -> Reply {
    handle(command, now, store).unwrap().reply
}

fn moves(store: &MemoryStore, now: Timestamp, fields: &str) -> MovementResult {
    let movement: Movement = serde_json::from_str(&format!(r#"{{"location":"ATL1",{fields}}}"#)).unwrap();
    match ask(store, now, Command::Move { movements: vec![movement] }) {
        Reply::Moved { mut results } => results.remove(0),
        other => panic!("{other:?}"),
    }
}

fn done(store: &MemoryStore, fields: &str) {
    let result = moves(store, noon(), fields);
    assert!(matches!(result, MovementResult::Applied { .. }), "{fields}: {result:?}");
}

fn refused(store: &MemoryStore, fields: &str) -> Option<Rejection> {
    if let MovementResult::Rejected { code, .. } = moves(store, noon(), fields) { Some(code) } else { None }
}

fn sell(store: &MemoryStore, quote: &str, lines: &[(&str, u32)]) {
    let line = |(line, (sku, quantity)): (u16, &(&str, u32))| HoldLine {
        line: LineKey { line, component: None },
        sku: sku.parse().unwrap(),
        quantity: *quantity,
        locations: vec!["ATL1".parse().unwrap()],
        split: false,
    };
    let lines = (0..).zip(lines).map(line).collect();
    let quote: OpaqueId = quote.parse().unwrap();
    let hold = Command::Hold { quote: quote.clone(), expires_at: noon().plus(HOUR), lines, replaces: None };
    assert!(matches!(ask(store, noon(), hold), Reply::Held { .. }));
    let to = Some(SoldTo { account: "shop-1".parse().unwrap(), reference: Some(format!("PO {quote}")) });
    assert_eq!(ask(store, noon(), Command::Commit { quote, lines: None, to }), Reply::Done);
}

fn list(store: &MemoryStore, now: Timestamp) -> Worklist {
    let command = Command::Worklist { location: "ATL1".parse().unwrap(), today: Timestamp::from_millis(100 * DAY) };
    match ask(store, now, command) {
        Reply::Worklist(list) => list,
        other => panic!("{other:?}"),
    }
}

/// The tasks of a kind: quote or receipt, sku, units.
fn of(list: &Worklist, task: Task) -> Vec<(String, &str, u64)> {
    let items = list.tasks.iter().filter(|item| item.task == task);
    let name = |item: &Item| item.quote.iter().chain(&item.incoming).map(ToString::to_string).collect();
    items.map(|item| (name(item), item.sku.as_str(), item.quantity)).collect()
}

fn told<'a>(tasks: &[(&str, &'a str, u64)]) -> Vec<(String, &'a str, u64)> {
    tasks.iter().map(|(id, sku, units)| ((*id).to_owned(), *sku, *units)).collect()
}

#[test]
fn sold_goods_are_picked_and_handed_over_for_the_quote_that_is_named() {
    let store = MemoryStore::default();
    done(&store, r#""id":"r","sku":"A","kind":"receipt","quantity":9"#);
    sell(&store, "early", &[("A", 2)]);
    sell(&store, "later", &[("A", 3), ("A", 1)]);
    assert_eq!(of(&list(&store, noon()), Task::Pick), told(&[("early", "A", 2), ("later", "A", 4)]));
    assert_eq!(list(&store, noon()).tasks[0].at, Some(noon()));
    let buyer = |list: &Worklist| list.tasks[0].sold_to.as_ref().unwrap().reference.clone().unwrap();
    assert_eq!(buyer(&list(&store, noon())), "PO early");

    done(&store, r#""id":"p","sku":"A","kind":"pick","quantity":4,"quote":"later""#);
    let now = list(&store, noon());
    assert_eq!(of(&now, Task::Pick), told(&[("early", "A", 2)]));
    assert_eq!(of(&now, Task::HandOver), told(&[("later", "A", 4)]));
    assert_eq!(now.tasks[1].sold_to.as_ref().unwrap().reference.as_deref(), Some("PO later"));
    done(&store, r#""id":"h","sku":"A","kind":"hand_over","quantity":3,"quote":"later""#);
    assert_eq!(of(&list(&store, noon()), Task::HandOver), told(&[("later", "A", 1)]));
    done(&store, r#""id":"h2","sku":"A","kind":"hand_over","quantity":1,"quote":"later""#);
    assert_eq!(of(&list(&store, noon()), Task::HandOver), []);
    let position = store.positions(&"A".parse().unwrap()).unwrap().remove(0);
    assert_eq!((position.counters.on_hand, position.counters.committed), (5, 2));
}

#[test]
fn more_than_was_sold_or_picked_on_a_quote_is_refused_and_nothing_is_written() {
    let store = MemoryStore::default();
    done(&store, r#""id":"r","sku":"A","kind":"receipt","quantity":9"#);
    sell(&store, "one", &[("A", 2)]);
    sell(&store, "two", &[("A", 2)]);
    let before = store.clone();
    for (fields, code) in [
        (r#""kind":"pick","quantity":3,"quote":"one""#, Rejection::ExceedsCommitted),
        (r#""kind":"pick","quantity":1,"quote":"none""#, Rejection::UnknownQuote),
        (r#""kind":"hand_over","quantity":1,"quote":"one""#, Rejection::ExceedsPicked),
        (r#""kind":"hand_over","quantity":1,"quote":"none""#, Rejection::UnknownQuote),
        (r#""kind":"hand_over","quantity":1"#, Rejection::InvalidField),
        (r#""kind":"receipt","quantity":1,"quote":"one""#, Rejection::InvalidField),
    ] {
        assert_eq!(refused(&store, &format!(r#""id":"x","sku":"A",{fields}"#)), Some(code), "{fields}");
    }
    assert!(store == before);
}

#[test]
fn goods_that_came_back_before_they_were_handed_over_no_longer_wait() {
    let store = MemoryStore::default();
    done(&store, r#""id":"r","sku":"A","kind":"receipt","quantity":9"#);
    sell(&store, "q", &[("A", 2)]);
    done(&store, r#""id":"p","sku":"A","kind":"pick","quantity":2,"quote":"q""#);
    let lines = vec![crate::stock::LineUnits { line: LineKey { line: 0, component: None }, quantity: 2 }];
    let back = Command::GiveBack { quote: "q".parse().unwrap(), id: "b".parse().unwrap(), lines };
    assert_eq!(ask(&store, noon(), back), Reply::Done);
    assert_eq!(of(&list(&store, noon()), Task::HandOver), []);
}

#[test]
fn goods_that_nobody_fetched_wait_in_the_list_for_a_week() {
    let store = MemoryStore::default();
    done(&store, r#""id":"r","sku":"A","kind":"receipt","quantity":9"#);
    sell(&store, "q", &[("A", 2)]);
    done(&store, r#""id":"p","sku":"A","kind":"pick","quantity":2,"quote":"q""#);
    let today = |now| Command::Worklist { location: "ATL1".parse().unwrap(), today: now };
    let waiting = |now| match ask(&store, now, today(now)) {
        Reply::Worklist(list) => list.tasks.len(),
        other => panic!("{other:?}"),
    };
    assert_eq!((waiting(noon().plus(WAITING_SHOWN)), waiting(noon().plus(WAITING_SHOWN + 1))), (1, 0));
}

#[test]
fn what_is_on_its_way_what_is_short_and_what_was_done_is_told_for_this_location_only() {
    let store = MemoryStore::default();
    moves(&store, noon().plus(-DAY), r#""id":"y","sku":"A","kind":"receipt","quantity":7"#);
    done(&store, r#""id":"r","sku":"A","kind":"receipt","quantity":2"#);
    let elsewhere = r#"{"id":"e","sku":"A","location":"NYC1","kind":"receipt","quantity":5}"#;
    ask(&store, noon(), Command::Move { movements: vec![serde_json::from_str(elsewhere).unwrap()] });
    for (id, location, eta) in [("late", "ATL1", 2), ("soon", "ATL1", 1), ("there", "NYC1", 1)] {
        let expected = Some(Expected { quantity: crate::id::Quantity::ONE, eta: noon().plus(eta) });
        let (id, sku, location) = (id.parse().unwrap(), "A".parse().unwrap(), location.parse().unwrap());
        ask(&store, noon(), Command::Schedule { changes: vec![ReceiptChange { id, sku, location, expected }] });
    }
    sell(&store, "q", &[("A", 4)]);
    done(&store, r#""id":"c","sku":"A","kind":"count","quantity":3"#);
    let now = list(&store, noon());
    assert_eq!(of(&now, Task::Receive), told(&[("soon", "A", 1), ("late", "A", 1)]));
    let quotes = vec!["q".parse().unwrap()];
    let short = Item { quotes, ..Item::new(Task::Shortfall, "A".parse().unwrap(), 1, None) };
    assert_eq!(now.tasks[0], short, "the most pressing first");
    let sum = |kind, units, variance| Tally { kind, movements: 1, units, variance };
    let mut today = now.today;
    today.sort_by_key(|tally| tally.units);
    assert_eq!(today, [sum(MovementKind::Receipt, 2, 0), sum(MovementKind::Count, 3, 6)]);
}

#[test]
fn as_much_as_is_told_is_not_called_cut_and_one_more_is() {
    let store = MemoryStore::default();
    done(&store, r#""id":"r","sku":"A","kind":"receipt","quantity":1000"#);
    for n in 0..MAX_ROWS {
        sell(&store, &format!("q{n}"), &[("A", 1)]);
    }
    let full = list(&store, noon());
    assert_eq!((full.tasks.len(), full.truncated), (200, false));
    sell(&store, "one-more", &[("A", 1)]);
    let cut = list(&store, noon());
    assert_eq!((cut.tasks.len(), cut.truncated), (200, true));
}

#[test]
fn a_sku_that_has_left_is_told_by_its_own_shard_alone() {
    let store = MemoryStore::default();
    done(&store, r#""id":"r","sku":"A","kind":"receipt","quantity":9"#);
    sell(&store, "q", &[("A", 2)]);
    let (sku, own): (Sku, _) =
        ("A".parse().unwrap(), ShardName::dedicated("enam".parse().unwrap(), "A".parse().unwrap()));
    store.put_handover(&Handover::new(sku.clone(), own.clone(), Stage::Switched)).unwrap();
    let now = list(&store, noon());
    assert_eq!(now, Worklist { elsewhere: vec![Redirect { sku, shard: own }], ..Worklist::default() });
}

#[test]
fn the_first_count_of_a_position_is_no_variance() {
    let store = MemoryStore::default();
    done(&store, r#""id":"opening","sku":"A","kind":"count","quantity":9"#);
    let sum = |movements, units, variance| [Tally { kind: MovementKind::Count, movements, units, variance }];
    assert_eq!(list(&store, noon()).today, sum(1, 9, 0));
    done(&store, r#""id":"check","sku":"A","kind":"count","quantity":7"#);
    assert_eq!(list(&store, noon()).today, sum(2, 16, 2));
}
