use proptest::prelude::*;

use crate::lines::Form;
use crate::stock::hold::{HoldLine, LineKey};
use crate::stock::shard::{Command, Reply, handle};
use crate::stock::store::{LedgerPage, MemoryStore, Store};
use crate::stock::sync::{Compared, Outcome, Sync, placed};
use crate::stock::{Movement, Position, Rejection};
use crate::time::Timestamp;

const NOW: Timestamp = Timestamp::EPOCH;

fn counts(id: &str, lines: &str) -> Vec<Movement> {
    let sync = Sync { location: "ATL1".parse().unwrap(), id: id.parse().unwrap() };
    sync.read(Form::Csv, &format!("sku,quantity,expect_version\n{lines}"))
        .unwrap()
        .into_iter()
        .map(Result::unwrap)
        .collect()
}

fn synced(store: &MemoryStore, id: &str, lines: &str, dry_run: bool) -> Vec<Compared> {
    super::sync(counts(id, lines), dry_run, NOW, store).unwrap()
}

/// What one line comes to.
fn one(store: &MemoryStore, id: &str, line: &str) -> (Outcome, i64, u64) {
    let Compared { result, variance, version, .. } = synced(store, id, line, false).remove(0);
    (result, variance, version)
}

fn stocked(store: &MemoryStore, after: Option<&str>, limit: u32) -> Vec<Position> {
    let (location, after) = ("ATL1".parse().unwrap(), after.map(|sku| sku.parse().unwrap()));
    match handle(Command::Stocked { location, after, limit }, NOW, store).unwrap().reply {
        Reply::Positions { positions } => positions,
        other => panic!("{other:?}"),
    }
}

fn hold(store: &MemoryStore, quote: &str, sku: &str, quantity: u32) {
    let lines = vec![HoldLine {
        line: LineKey { line: 0, component: None },
        sku: sku.parse().unwrap(),
        quantity,
        locations: vec!["ATL1".parse().unwrap()],
        split: false,
    }];
    let command = Command::Hold { quote: quote.parse().unwrap(), expires_at: NOW.plus(60_000), lines, replaces: None };
    assert!(matches!(handle(command, NOW, store).unwrap().reply, Reply::Held { .. }));
}

#[test]
fn only_what_differs_is_written() {
    let store = MemoryStore::default();
    assert_eq!(one(&store, "s1", "A,5"), (Outcome::Applied, 5, 1));
    let before = store.clone();
    assert_eq!(one(&store, "s2", "A,5"), (Outcome::Same, 0, 1));
    assert_eq!(one(&store, "s2", "B,0"), (Outcome::Same, 0, 0));
    assert_eq!(store, before);
    assert_eq!(one(&store, "s2", "A,3"), (Outcome::Applied, -2, 2));
}

#[test]
fn a_dry_run_tells_the_same_and_changes_nothing() {
    let store = MemoryStore::default();
    synced(&store, "s1", "A,5\nB,2\n", false);
    hold(&store, "q_1", "A", 4);
    let (lines, before) = ("A,3\nB,2\nC,7,1\nD,1000001", store.clone());
    let dry = synced(&store, "s2", lines, true);
    assert_eq!(store, before);
    let wet = synced(&store, "s2", lines, false);
    let outcomes = |lines: &[Compared]| lines.iter().map(|line| line.result).collect::<Vec<_>>();
    use Outcome::{Applied, Differs, Rejected, Same, VersionConflict};
    assert_eq!(outcomes(&dry), [Differs, Same, VersionConflict, Rejected]);
    assert_eq!(outcomes(&wet), [Applied, Same, VersionConflict, Rejected]);
    let endangered = |line: &Compared| (line.on_hand, line.variance, line.shortfall, line.endangers.clone());
    assert_eq!(endangered(&dry[0]), (5, -2, Some(1), vec!["q_1".parse().unwrap()]));
    assert_eq!(endangered(&wet[0]), endangered(&dry[0]));
    assert_eq!(wet[3].code, Some(Rejection::InvalidQuantity));
}

#[test]
fn the_shard_tells_each_line_as_the_caller_gets_it() {
    let command = Command::Sync { counts: counts("s1", "A,5\nA,-1"), dry_run: false };
    let Reply::Synced { lines } = handle(command, NOW, &MemoryStore::default()).unwrap().reply else { panic!() };
    let first = r#"{"line":7,"sku":"A","result":"applied","on_hand":0,"quantity":5,"variance":5,"version":1}"#;
    assert_eq!(placed(Some(7), &lines[0]), first);
    assert!(placed(None, &lines[1]).starts_with(r#"{"sku":"A","result":"rejected""#));
}

#[test]
fn a_line_that_expects_another_version_is_told_the_current_one() {
    let store = MemoryStore::default();
    one(&store, "s1", "A,5");
    assert_eq!(one(&store, "s2", "A,6,0"), (Outcome::VersionConflict, 1, 1));
    assert_eq!(one(&store, "s2", "A,6,1"), (Outcome::Applied, 1, 2), "the id was not used up");
}

#[test]
fn a_sync_that_comes_again_counts_nothing_twice() {
    let store = MemoryStore::default();
    assert_eq!(one(&store, "s1", "A,5,0"), (Outcome::Applied, 5, 1));
    let sold = r#"{"id":"m","sku":"A","location":"ATL1","kind":"damage","quantity":1}"#;
    handle(Command::Move { movements: vec![serde_json::from_str(sold).unwrap()] }, NOW, &store).unwrap();
    assert_eq!(one(&store, "s1", "A,5,0"), (Outcome::Duplicate, 1, 1));
    assert_eq!(one(&store, "s1", "A,5,2").0, Outcome::Duplicate, "whatever it expects by now");
    assert_eq!(synced(&store, "s1", "A,9", false)[0].code, Some(Rejection::IdReused));
    assert_eq!(store.positions(&"A".parse().unwrap()).unwrap()[0].counters.on_hand, 4);
}

#[test]
fn what_is_in_stock_is_listed_page_by_page() {
    let store = MemoryStore::default();
    synced(&store, "s1", "A,1\nB,0\nC,2\nD,3", false);
    let skus = |positions: Vec<Position>| positions.iter().map(|p| p.sku.to_string()).collect::<Vec<_>>().join(" ");
    assert_eq!(skus(stocked(&store, None, 2)), "A C");
    assert_eq!(skus(stocked(&store, Some("C"), 2)), "D");
    assert_eq!(skus(stocked(&store, Some("D"), 2)), "");
    one(&store, "s2", "C,0");
    assert_eq!(skus(stocked(&store, None, 9)), "A D");
}

proptest! {
    #[test]
    fn whatever_happens_between_its_tries_a_sync_counts_each_position_at_most_once(
        steps in prop::collection::vec((0..3_usize, 0..3_usize, 0..6_i64, any::<bool>()), 1..40),
    ) {
        let store = MemoryStore::default();
        for (n, (sku, sync, quantity, dry_run)) in steps.into_iter().enumerate() {
            let sku = ["A", "B", "C"][sku];
            if sync == 2 {
                let text = format!(r#"{{"id":"m{n}","sku":"{sku}","location":"ATL1","kind":"receipt","quantity":{}}}"#, quantity + 1);
                handle(Command::Move { movements: vec![serde_json::from_str(&text).unwrap()] }, NOW, &store).unwrap();
                continue;
            }
            let before = store.clone();
            let line = synced(&store, ["s0", "s1"][sync], &format!("{sku},{quantity}"), dry_run).remove(0);
            let now = store.positions(&sku.parse().unwrap()).unwrap().first().map_or(0, |p| p.counters.on_hand);
            match line.result {
                Outcome::Applied | Outcome::Same => prop_assert_eq!(i64::try_from(now).unwrap(), quantity),
                _ => prop_assert_eq!(&store, &before),
            }
            prop_assert!(!dry_run || store == before);
        }
        for sku in ["A", "B", "C"] {
            let page = LedgerPage { sku: sku.parse().unwrap(), location: None, after: 0, limit: u32::MAX };
            let ledger = store.ledger(&page).unwrap();
            for sync in ["s0", "s1"] {
                prop_assert!(ledger.iter().filter(|entry| entry.movement.id.as_str() == sync).count() <= 1);
            }
        }
    }
}
