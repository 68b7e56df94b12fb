use proptest::prelude::*;

use super::*;
use crate::stock::MovementKind;
use crate::stock::movement::replay;
use crate::stock::store::MemoryStore;

const NOW: Timestamp = Timestamp::EPOCH;

fn movement(id: &str, kind: MovementKind, quantity: i64) -> Movement {
    let text = format!(r#"{{"id":"{id}","sku":"A","location":"ATL1","kind":"receipt","quantity":{quantity}}}"#);
    Movement { kind, ..serde_json::from_str(&text).unwrap() }
}

fn moved(store: &MemoryStore, movement: Movement) -> MovementResult {
    match handle(Command::Move { movements: vec![movement] }, NOW, store).unwrap().reply {
        Reply::Moved { mut results } => results.remove(0),
        other => panic!("{other:?}"),
    }
}

fn the_position(store: &MemoryStore) -> Position {
    store.positions(&"A".parse().unwrap()).unwrap().remove(0)
}

fn scheduled(store: &MemoryStore, id: &str, expected: Option<(i64, i64)>) -> ReceiptResult {
    let expected = expected
        .map(|(units, eta)| Expected { quantity: Quantity::new(units).unwrap(), eta: Timestamp::from_millis(eta) });
    let change = ReceiptChange {
        id: id.parse().unwrap(),
        sku: "A".parse().unwrap(),
        location: "ATL1".parse().unwrap(),
        expected,
    };
    match handle(Command::Schedule { changes: vec![change] }, NOW, store).unwrap().reply {
        Reply::Scheduled { mut results } => results.remove(0),
        other => panic!("{other:?}"),
    }
}

fn code(result: &MovementResult) -> Option<Rejection> {
    if let MovementResult::Rejected { code, .. } = result { Some(*code) } else { None }
}

#[test]
fn a_movement_sent_twice_is_applied_once() {
    let store = MemoryStore::default();
    let receipt = movement("m1", MovementKind::Receipt, 5);
    assert!(matches!(moved(&store, receipt.clone()), MovementResult::Applied { version: 1, on_hand: 5, .. }));
    assert!(matches!(moved(&store, receipt), MovementResult::Duplicate { version: 1, .. }));
    assert_eq!(the_position(&store).counters.on_hand, 5);
}

#[test]
fn an_id_used_for_something_else_is_refused() {
    let store = MemoryStore::default();
    moved(&store, movement("m1", MovementKind::Receipt, 5));
    assert_eq!(code(&moved(&store, movement("m1", MovementKind::Receipt, 6))), Some(Rejection::IdReused));
    assert_eq!(the_position(&store).counters.on_hand, 5);
}

#[test]
fn a_stale_version_is_told_the_current_one() {
    let store = MemoryStore::default();
    let at = |id: &str, version| Movement { expect_version: Some(version), ..movement(id, MovementKind::Count, 3) };
    assert!(matches!(moved(&store, at("m1", 1)), MovementResult::VersionConflict { version: 0, .. }));
    assert!(matches!(moved(&store, at("m1", 0)), MovementResult::Applied { version: 1, .. }));
    assert!(matches!(moved(&store, at("m2", 0)), MovementResult::VersionConflict { version: 1, .. }));
}

#[test]
fn a_refused_movement_leaves_nothing_behind() {
    let store = MemoryStore::default();
    moved(&store, movement("m1", MovementKind::Receipt, 5));
    let before = the_position(&store);
    assert_eq!(code(&moved(&store, movement("m2", MovementKind::TransferOut, 6))), Some(Rejection::ExceedsFree));
    assert_eq!(the_position(&store), before);
    assert!(matches!(moved(&store, movement("m2", MovementKind::TransferOut, 5)), MovementResult::Applied { .. }));
}

#[test]
fn a_count_below_what_is_promised_is_truth_and_says_how_much_is_missing() {
    let store = MemoryStore::default();
    let counters = crate::stock::Counters { on_hand: 9, committed: 4, held: 3, ..Default::default() };
    let position = Position { counters, ..Position::empty("A".parse().unwrap(), "ATL1".parse().unwrap()) };
    store.put_position(&position).unwrap();
    let result = moved(&store, movement("count", MovementKind::Count, 5));
    assert!(matches!(result, MovementResult::Applied { on_hand: 5, shortfall: Some(2), .. }), "{result:?}");
    let page = LedgerPage { sku: "A".parse().unwrap(), location: None, after: 0, limit: 10 };
    assert_eq!(store.ledger(&page).unwrap()[0].expected, Some(9));
}

#[test]
fn a_position_remembers_when_less_was_found_than_the_books_said() {
    for (kind, quantity, lowered) in [
        (MovementKind::Count, 8, true),
        (MovementKind::Count, 9, false),
        (MovementKind::Count, 10, false),
        (MovementKind::Damage, 1, true),
        (MovementKind::Quarantine, 1, true),
        (MovementKind::Adjustment, -1, true),
        (MovementKind::Adjustment, 1, false),
        (MovementKind::TransferOut, 1, false),
        (MovementKind::Receipt, 1, false),
    ] {
        let store = MemoryStore::default();
        moved(&store, movement("opening", MovementKind::Receipt, 9));
        moved(&store, movement("m", kind, quantity));
        assert_eq!(the_position(&store).lowered_at.is_some(), lowered, "{kind:?} {quantity}");
    }
}

#[test]
fn the_first_count_of_a_position_checks_no_books() {
    let store = MemoryStore::default();
    let expected = |store: &MemoryStore| match store.outbox().pop().unwrap().what {
        Happening::Moved { expected, .. } => expected,
        other => panic!("{other:?}"),
    };
    moved(&store, movement("opening", MovementKind::Count, 9));
    assert_eq!(expected(&store), None);
    moved(&store, movement("again", MovementKind::Count, 8));
    assert_eq!(expected(&store), Some(9));
}

#[test]
fn a_delivery_closes_its_scheduled_receipt() {
    let store = MemoryStore::default();
    assert_eq!(scheduled(&store, "PO-1", Some((10, 50))).outcome, ReceiptOutcome::Scheduled);
    let delivery = |id: &str, units| Movement {
        incoming: Some("PO-1".parse().unwrap()),
        ..movement(id, MovementKind::Receipt, units)
    };
    moved(&store, delivery("d1", 4));
    assert_eq!(the_position(&store).incoming[0].quantity, 6);
    moved(&store, delivery("d2", 7));
    assert_eq!(the_position(&store).incoming, []);
    assert_eq!(code(&moved(&store, delivery("d3", 1))), Some(Rejection::UnknownIncoming));
    assert_eq!(the_position(&store).counters.on_hand, 11);
}

#[test]
fn scheduling_is_safe_to_repeat() {
    let store = MemoryStore::default();
    let outcome = |expected| scheduled(&store, "PO-1", expected).outcome;
    assert_eq!(outcome(None), ReceiptOutcome::NotFound);
    assert_eq!(outcome(Some((10, 50))), ReceiptOutcome::Scheduled);
    assert_eq!(outcome(Some((10, 50))), ReceiptOutcome::Unchanged);
    assert_eq!(outcome(Some((10, 60))), ReceiptOutcome::Updated);
    assert_eq!(the_position(&store).version, 2);
    assert_eq!(outcome(None), ReceiptOutcome::Cancelled);
    assert_eq!(the_position(&store).incoming, []);
}

#[test]
fn a_position_has_at_most_a_hundred_scheduled_receipts() {
    let store = MemoryStore::default();
    for n in 0..MAX_RECEIPTS {
        assert_eq!(scheduled(&store, &format!("PO-{n}"), Some((1, 50))).outcome, ReceiptOutcome::Scheduled);
    }
    assert_eq!(scheduled(&store, "one-more", Some((1, 50))).code, Some(Rejection::TooMany));
    assert_eq!(scheduled(&store, "PO-7", Some((2, 50))).outcome, ReceiptOutcome::Updated);
}

#[test]
fn a_change_during_publication_keeps_the_sku_dirty() {
    let store = MemoryStore::default();
    moved(&store, movement("m1", MovementKind::Receipt, 5));
    let (sku, snapshot) = publishable(10, NOW, &store).unwrap().remove(0);
    moved(&store, movement("m2", MovementKind::Receipt, 1));
    store.clear_dirty(&sku, snapshot.version).unwrap();
    let (_, newer) = publishable(10, NOW, &store).unwrap().remove(0);
    assert!(newer.version > snapshot.version);
    store.clear_dirty(&sku, newer.version).unwrap();
    assert_eq!(publishable(10, NOW, &store).unwrap(), []);
}

#[test]
fn commands_keep_their_format() {
    // Edge and object may run different versions for a while during a deployment.
    let text = r#"{"schedule":{"changes":[{"id":"PO-1","sku":"A","location":"ATL1","expected":{"quantity":4,"eta":"2026-11-22T15:00:00.000Z"}},{"id":"PO-2","sku":"A","location":"ATL1"}]}}"#;
    let command: Command = serde_json::from_str(text).unwrap();
    assert_eq!(serde_json::to_string(&command).unwrap(), text);
    let text = r#"{"read":{"skus":["A","B"]}}"#;
    assert_eq!(
        serde_json::from_str::<Command>(text).unwrap(),
        Command::Read { skus: vec!["A".parse().unwrap(), "B".parse().unwrap()] }
    );
}

fn any_kind() -> impl Strategy<Value = MovementKind> {
    use MovementKind as K;
    prop::sample::select(vec![
        K::Receipt,
        K::Adjustment,
        K::Count,
        K::Damage,
        K::Quarantine,
        K::ReleaseQuarantine,
        K::TransferOut,
        K::TransferIn,
        K::Pick,
        K::Return,
    ])
}

proptest! {
    #[test]
    fn the_ledger_replays_to_the_counters(moves in prop::collection::vec((any_kind(), -20..40_i64, 0..30_u8), 1..60)) {
        let store = MemoryStore::default();
        for (kind, quantity, id) in moves {
            let version = store.positions(&"A".parse().unwrap()).unwrap().first().map_or(0, |p| p.version);
            if let MovementResult::Applied { version: after, .. } = moved(&store, movement(&format!("m{id}"), kind, quantity)) {
                prop_assert_eq!(after, version + 1);
            }
        }
        let page = LedgerPage { sku: "A".parse().unwrap(), location: None, after: 0, limit: u32::MAX };
        let ledger = store.ledger(&page).unwrap();
        let counters = store.positions(&"A".parse().unwrap()).unwrap().first().map(|p| p.counters).unwrap_or_default();
        prop_assert_eq!(replay(&ledger), Some(counters));
        prop_assert!(counters.quarantined <= counters.on_hand);
        prop_assert!(ledger.is_sorted_by_key(|entry| entry.seq));
    }
}
