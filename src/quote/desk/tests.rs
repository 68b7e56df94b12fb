mod moved;

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::catalog::part::{Component, RevenueClass};
use crate::money::{Currency, Price};
use crate::pricing::{Level, PriceType, PricedLine};
use crate::quote::draft::{DraftLine, Wave};
use crate::quote::memory::MemoryDesk;
use crate::quote::record::{COMMITTED_KEPT, ENDED_KEPT};
use crate::stock::hold::Allocated;
use crate::stock::store::{MemoryStore, Store as _};
use crate::stock::{Counters, Position, Share, shard};
use crate::time::DAY;

/// One desk and the shards of two regions, with a clock moved by hand and lines that can be cut.
struct House {
    desk: MemoryDesk,
    shards: BTreeMap<ShardName, MemoryStore>,
    cut: BTreeSet<ShardName>,
    now: Timestamp,
}

fn shard_name(region: &str) -> ShardName {
    ShardName::bucket(region.parse().unwrap(), 0)
}

fn id(text: &str) -> OpaqueId {
    text.parse().unwrap()
}

impl House {
    /// Units on hand of each sku at `near1`, `near2` (region `near`) and `far1` (region `far`).
    fn new(stock: &[(&str, [u64; 3])]) -> Self {
        let shards =
            BTreeMap::from([(shard_name("near"), MemoryStore::default()), (shard_name("far"), MemoryStore::default())]);
        for (sku, units) in stock {
            for (location, on_hand) in ["near1", "near2", "far1"].into_iter().zip(units) {
                let counters = Counters { on_hand: *on_hand, ..Counters::default() };
                let empty = Position::empty(sku.parse().unwrap(), location.parse().unwrap());
                let region = location.trim_end_matches(char::is_numeric);
                shards[&shard_name(region)].put_position(&Position { counters, ..empty }).unwrap();
            }
        }
        Self { desk: MemoryDesk::default(), shards, cut: BTreeSet::new(), now: Timestamp::EPOCH }
    }

    fn ask(&self, shard: &ShardName, command: Command) -> Option<Reply> {
        if self.cut.contains(shard) {
            return None;
        }
        Some(shard::handle(command, self.now, &self.shards[shard]).unwrap().reply)
    }

    /// Drives a step to its end.
    fn drive(&self, mut step: Step) -> Result<Box<Quote>, Refusal> {
        loop {
            match step {
                Step::Done(outcome) => return outcome,
                Step::Ask(act, asks) => {
                    let replies = asks.into_iter().map(|(shard, command)| {
                        let reply = self.ask(&shard, command);
                        (shard, reply)
                    });
                    step = Desk::new(&self.desk).heard(act, replies.collect(), self.now).unwrap();
                }
            }
        }
    }

    fn open(&self, draft: Draft) -> Result<Box<Quote>, Refusal> {
        self.drive(Desk::new(&self.desk).open(draft, self.now).unwrap())
    }

    fn commit(&self, quote: &str, lines: Option<&[(usize, u32)]>) -> Result<Box<Quote>, Refusal> {
        self.drive(Desk::new(&self.desk).commit(&id(quote), lines, None, self.now).unwrap())
    }

    fn release(&self, quote: &str) -> Result<Box<Quote>, Refusal> {
        self.drive(Desk::new(&self.desk).release(&id(quote), None, self.now).unwrap())
    }

    fn give_back(&self, quote: &str, by: &str, lines: Option<&[(usize, u32)]>) -> Result<Box<Quote>, Refusal> {
        self.drive(Desk::new(&self.desk).give_back(&id(quote), &id(by), lines, self.now).unwrap())
    }

    fn wake(&self) {
        for step in Desk::new(&self.desk).wake(self.now, u32::MAX).unwrap() {
            let _ = self.drive(step);
        }
    }

    /// Available, held and committed units of a sku, over all locations.
    fn units(&self, sku: &str) -> (u64, u64, u64) {
        let positions = self.shards.values().flat_map(|store| store.positions(&sku.parse().unwrap()).unwrap());
        positions.fold((0, 0, 0), |sum, at| {
            (sum.0 + at.counters.available(), sum.1 + at.counters.held, sum.2 + at.counters.committed)
        })
    }

    /// What the desk has told of a quote: the kind of each event, its units and their amounts, line by line.
    fn told(&self, quote: &str) -> Vec<(String, Vec<(u32, i64)>)> {
        let events = self.desk.outbox().into_iter().filter(|event| event.quote == id(quote));
        let told = events.map(|event| serde_json::to_value(event).unwrap()).map(|event| {
            let number = |line: &serde_json::Value, field: &str| line[field].as_i64().unwrap();
            let units = |line| (u32::try_from(number(line, "units")).unwrap(), number(line, "amount"));
            let lines = event["lines"].as_array().into_iter().flatten().map(units).collect();
            (event["kind"].as_str().unwrap().trim_start_matches("quote_").to_owned(), lines)
        });
        told.collect()
    }

    fn pass(&mut self, millis: i64) {
        self.now = self.now.plus(millis);
    }
}

fn draft(id: &str, lines: &[(&str, u32)]) -> Draft {
    let lines = lines.iter().map(|(sku, quantity)| DraftLine {
        sku: sku.parse().unwrap(),
        quantity: *quantity,
        price: price(*quantity),
        needs: vec![Component { sku: sku.parse().unwrap(), quantity: 1 }],
        pinned: None,
        class: RevenueClass::Physical,
        calibrations: 0,
        said: None,
    });
    let lines: Vec<_> = lines.collect();
    let wave = |region: &str, locations: &[&str]| Wave {
        shards: ["A", "B", "C"].map(|sku| (sku.parse().unwrap(), shard_name(region))).into(),
        locations: locations.iter().map(|id| id.parse().unwrap()).collect(),
    };
    Draft {
        id: self::id(id),
        account: "shop-1".parse().unwrap(),
        asked_at: Timestamp::EPOCH,
        region: Some("near".parse().unwrap()),
        currency: Currency::USD,
        lines,
        waves: vec![wave("near", &["near1", "near2"]), wave("far", &["far1"])],
        ttl_ms: 60_000,
        partial: false,
        replace: None,
        reference: None,
        open_limit: 200,
    }
}

fn price(quantity: u32) -> PricedLine {
    let unit: Price = "10.0050".parse().unwrap();
    PricedLine {
        unit: unit.to_money(Currency::USD).unwrap(),
        unit_exact: unit,
        list: None,
        core: None,
        core_extended: None,
        extended: unit.extended(quantity, Currency::USD).unwrap(),
        price_type: PriceType::LIST,
        level: Level::List,
        promotion: None,
        valid_until: None,
        break_next: None,
    }
}

fn component(sku: &str, quantity: u32) -> Component {
    Component { sku: sku.parse().unwrap(), quantity }
}

fn missing(sku: &str, units: u32, at: &[(&str, u32)]) -> Missing {
    let at =
        at.iter().map(|(location, quantity)| Allocated { location: location.parse().unwrap(), quantity: *quantity });
    Missing { sku: sku.parse().unwrap(), units, at: at.collect() }
}

fn places(quote: &Quote, line: usize) -> Vec<(String, u32)> {
    quote.allocations(&quote.lines[line]).iter().map(|at| (at.location.to_string(), at.quantity)).collect()
}

#[test]
fn a_quote_takes_the_nearest_location_that_has_everything() {
    let house = House::new(&[("A", [2, 5, 9])]);
    let quote = house.open(draft("q", &[("A", 4)])).unwrap();
    assert_eq!((quote.state, places(&quote, 0)), (QuoteState::Held, vec![("near2".into(), 4)]));
    assert_eq!(quote.totals().unwrap().total.amount, 4_002);
    assert_eq!(house.units("A"), (12, 4, 0));
}

#[test]
fn what_the_near_region_lacks_is_held_in_the_next_one() {
    let house = House::new(&[("A", [2, 1, 9])]);
    let quote = house.open(draft("q", &[("A", 5)])).unwrap();
    assert_eq!(places(&quote, 0), [("near1".into(), 2), ("near2".into(), 1), ("far1".into(), 2)]);
}

#[test]
fn a_shortage_holds_nothing_and_tells_what_there_is() {
    let house = House::new(&[("A", [2, 1, 1]), ("B", [9, 0, 0])]);
    let refusal = house.open(draft("q", &[("B", 2), ("A", 5)])).unwrap_err();
    let missing = missing("A", 1, &[("near1", 2), ("near2", 1), ("far1", 1)]);
    let shortage = Shortage { line: 1, sku: "A".parse().unwrap(), wanted: 5, available: 4, missing: vec![missing] };
    assert_eq!(refusal, Refusal::InsufficientStock { shortages: vec![shortage] });
    assert_eq!((house.units("A"), house.units("B")), ((4, 0, 0), (9, 0, 0)));
}

#[test]
fn lines_that_want_the_same_part_are_told_what_the_lines_before_them_left() {
    let house = House::new(&[("A", [3, 0, 0])]);
    let mut draft = draft("q", &[("A", 2), ("A", 2)]);
    draft.lines[0].pinned = Some("near1".parse().unwrap());
    let Err(Refusal::InsufficientStock { shortages }) = house.open(draft) else { panic!() };
    let told: Vec<_> = shortages.into_iter().map(|short| (short.line, short.available, short.missing)).collect();
    assert_eq!(told, [(1, 1, vec![missing("A", 1, &[("near1", 1)])])]);
}

#[test]
fn a_kit_that_is_short_names_the_components_that_are_missing_and_no_others() {
    let house = House::new(&[("A", [4, 1, 0]), ("B", [9, 0, 0])]);
    let mut draft = draft("q", &[("C", 3)]);
    draft.lines[0].needs = vec![component("A", 2), component("B", 1)];
    let Err(Refusal::InsufficientStock { shortages }) = house.open(draft) else { panic!() };
    let told: Vec<_> = shortages.into_iter().map(|short| (short.available, short.missing)).collect();
    assert_eq!(told, [(2, vec![missing("A", 1, &[("near1", 4), ("near2", 1)])])]);
    assert_eq!((house.units("A"), house.units("B")), ((5, 0, 0), (9, 0, 0)));
}

#[test]
fn a_partial_quote_holds_what_there_is() {
    let house = House::new(&[("A", [2, 1, 1])]);
    let quote = house.open(Draft { partial: true, ..draft("q", &[("A", 5)]) }).unwrap();
    assert_eq!((quote.lines[0].held, quote.totals().unwrap().subtotal.amount), (4, 4_002));
    assert!(matches!(
        house.open(Draft { partial: true, ..draft("r", &[("A", 1)]) }),
        Err(Refusal::InsufficientStock { .. })
    ));
}

#[test]
fn a_pinned_line_is_held_there_or_not_at_all() {
    let house = House::new(&[("A", [9, 1, 9])]);
    let pinned = |id: &str, quantity| {
        let mut draft = draft(id, &[("A", quantity)]);
        draft.lines[0].pinned = Some("near2".parse().unwrap());
        draft
    };
    assert_eq!(places(&house.open(pinned("q", 1)).unwrap(), 0), [("near2".into(), 1)]);
    assert!(matches!(house.open(pinned("r", 1)), Err(Refusal::InsufficientStock { .. })));
}

#[test]
fn the_same_call_again_meets_its_own_quote() {
    let house = House::new(&[("A", [4, 0, 0])]);
    let first = house.open(draft("q", &[("A", 3)])).unwrap();
    assert_eq!(house.open(draft("q", &[("A", 3)])).unwrap(), first);
    assert_eq!(house.units("A"), (1, 3, 0));
}

#[test]
fn a_crash_before_the_quote_was_written_costs_nothing() {
    let mut house = House::new(&[("A", [4, 0, 0])]);
    let Step::Ask(_, asks) = Desk::new(&house.desk).open(draft("q", &[("A", 3)]), house.now).unwrap() else { panic!() };
    for (shard, command) in asks {
        house.ask(&shard, command).unwrap();
    }
    // The desk forgets what it was doing; the retry meets the holds.
    assert_eq!(house.units("A"), (1, 3, 0));
    house.open(draft("q", &[("A", 3)])).unwrap();
    assert_eq!(house.units("A"), (1, 3, 0));
    // And where nobody retries, the holds end by themselves.
    let Step::Ask(_, asks) = Desk::new(&house.desk).open(draft("r", &[("A", 1)]), house.now).unwrap() else { panic!() };
    for (shard, command) in asks {
        house.ask(&shard, command).unwrap();
    }
    house.pass(60_000 + GRACE);
    house.ask(&shard_name("near"), Command::Read { skus: vec!["A".parse().unwrap()] });
    assert_eq!(house.units("A"), (4, 0, 0));
}

#[test]
fn a_commit_sells_what_is_held_and_only_once() {
    let house = House::new(&[("A", [2, 0, 9]), ("B", [5, 0, 0])]);
    house.open(draft("q", &[("A", 5), ("B", 1)])).unwrap();
    let quote = house.commit("q", None).unwrap();
    assert_eq!((quote.state, quote.lines[0].committed), (QuoteState::Committed, 5));
    assert_eq!((house.units("A"), house.units("B")), ((6, 0, 5), (4, 0, 1)));
    assert_eq!(house.commit("q", None), Err(Refusal::AlreadyCommitted));
    assert_eq!(house.release("q"), Err(Refusal::AlreadyCommitted));
}

#[test]
fn a_part_commit_frees_the_rest() {
    let house = House::new(&[("A", [2, 0, 9]), ("B", [5, 0, 0])]);
    house.open(draft("q", &[("A", 5), ("B", 2)])).unwrap();
    assert_eq!(house.commit("q", Some(&[(0, 6)])), Err(Refusal::ExceedsHold { line: 0, units: 5 }));
    assert_eq!(house.commit("q", Some(&[(7, 1)])), Err(Refusal::UnknownLine { line: 7 }));
    let quote = house.commit("q", Some(&[(0, 3)])).unwrap();
    assert_eq!((house.units("A"), house.units("B")), ((8, 0, 3), (5, 0, 0)));
    // What is sold is where the quote says it is.
    assert_eq!(places(&quote, 0), [("near1".into(), 2), ("far1".into(), 1)]);
    assert_eq!(places(&quote, 1), []);
    let far = house.shards[&shard_name("far")].positions(&"A".parse().unwrap()).unwrap();
    assert_eq!(far[0].counters.committed, 1);
}

#[test]
fn a_commit_is_accepted_until_just_before_the_expiry() {
    for (at, outcome) in [(59_999, Ok(QuoteState::Committed)), (60_000, Err(Refusal::Expired))] {
        let mut house = House::new(&[("A", [4, 0, 0])]);
        house.open(draft("q", &[("A", 3)])).unwrap();
        house.pass(at);
        assert_eq!(house.commit("q", None).map(|quote| quote.state), outcome, "{at}");
    }
}

#[test]
fn a_commit_or_release_that_is_repeated_meets_what_it_did_itself() {
    let mut house = House::new(&[("A", [4, 0, 0])]);
    let (own, another) = (id("its-own-key"), id("another"));
    let commit =
        |house: &House, call| house.drive(Desk::new(&house.desk).commit(&id("q"), None, call, house.now).unwrap());
    let release = |house: &House, call| house.drive(Desk::new(&house.desk).release(&id("r"), call, house.now).unwrap());
    house.open(draft("q", &[("A", 3)])).unwrap();
    house.open(draft("r", &[("A", 1)])).unwrap();
    house.cut.insert(shard_name("near"));
    assert_eq!(commit(&house, Some(&own)), Err(Refusal::Unreachable));
    assert_eq!(commit(&house, Some(&another)), Err(Refusal::Busy));
    assert_eq!(release(&house, Some(&own)), Err(Refusal::Unreachable));
    // The alarm does what the calls began.
    house.cut.clear();
    house.pass(RETRY_AFTER);
    house.wake();
    assert_eq!(commit(&house, Some(&own)).map(|quote| quote.state), Ok(QuoteState::Committed));
    assert_eq!(commit(&house, Some(&another)), Err(Refusal::AlreadyCommitted));
    assert_eq!(release(&house, Some(&own)).map(|quote| quote.state), Ok(QuoteState::Released));
    assert_eq!(release(&house, Some(&another)), Err(Refusal::AlreadyReleased));
}

#[test]
fn an_expired_quote_is_freed_by_the_alarm() {
    let mut house = House::new(&[("A", [4, 0, 0])]);
    house.open(draft("q", &[("A", 3)])).unwrap();
    house.pass(60_000);
    house.wake();
    assert_eq!(house.units("A"), (4, 0, 0));
    assert_eq!(house.release("q"), Err(Refusal::Expired));
}

#[test]
fn an_accepted_commit_is_carried_through_although_a_shard_was_away() {
    let mut house = House::new(&[("A", [2, 0, 9])]);
    house.open(draft("q", &[("A", 5)])).unwrap();
    house.pass(59_000);
    house.cut.insert(shard_name("far"));
    assert_eq!(house.commit("q", None), Err(Refusal::Unreachable));
    house.pass(5_000);
    house.cut.clear();
    house.wake();
    let quote = house.desk.quote(&id("q")).unwrap().unwrap();
    assert_eq!((quote.state, house.units("A")), (QuoteState::Committed, (6, 0, 5)));
}

#[test]
fn a_commit_that_one_shard_can_no_longer_make_is_undone_at_the_others() {
    let mut house = House::new(&[("A", [2, 0, 9])]);
    house.open(draft("q", &[("A", 5)])).unwrap();
    house.pass(59_000);
    house.cut.insert(shard_name("far"));
    assert_eq!(house.commit("q", None), Err(Refusal::Unreachable));
    house.pass(1_000 + GRACE);
    house.cut.clear();
    house.wake();
    let quote = house.desk.quote(&id("q")).unwrap().unwrap();
    assert_eq!((quote.state, house.units("A")), (QuoteState::Expired, (11, 0, 0)));
}

#[test]
fn a_release_that_a_shard_did_not_hear_is_told_again() {
    let mut house = House::new(&[("A", [4, 0, 0])]);
    house.open(draft("q", &[("A", 3)])).unwrap();
    house.cut.insert(shard_name("near"));
    assert_eq!(house.release("q"), Err(Refusal::Unreachable));
    assert_eq!(house.commit("q", None), Err(Refusal::AlreadyReleased));
    house.cut.clear();
    house.pass(RETRY_AFTER);
    house.wake();
    assert_eq!(house.units("A"), (4, 0, 0));
    assert_eq!(house.desk.quote(&id("q")).unwrap().unwrap().state, QuoteState::Released);
}

#[test]
fn replacing_keeps_the_units_the_caller_had_although_none_are_left() {
    let house = House::new(&[("A", [3, 0, 0])]);
    house.open(draft("old", &[("A", 3)])).unwrap();
    let replacing = |id: &str, quantity| Draft { replace: Some(self::id("old")), ..draft(id, &[("A", quantity)]) };
    assert!(matches!(house.open(replacing("more", 4)), Err(Refusal::InsufficientStock { .. })));
    assert_eq!(house.desk.quote(&id("old")).unwrap().unwrap().state, QuoteState::Held);
    assert_eq!(house.units("A"), (0, 3, 0));
    house.open(replacing("less", 2)).unwrap();
    assert_eq!(house.desk.quote(&id("old")).unwrap().unwrap().state, QuoteState::Released);
    assert_eq!(house.units("A"), (1, 2, 0));
    house.commit("less", None).unwrap();
    assert_eq!(house.units("A"), (1, 0, 2));
}

#[test]
fn a_quote_that_is_being_replaced_can_be_replaced_by_another_when_that_is_over() {
    let mut house = House::new(&[("A", [3, 0, 0])]);
    house.open(Draft { ttl_ms: 600_000, ..draft("old", &[("A", 3)]) }).unwrap();
    let replacing = |id: &str| Draft { replace: Some(self::id("old")), ..draft(id, &[("A", 2)]) };
    let Step::Ask(_, asks) = Desk::new(&house.desk).open(replacing("first"), house.now).unwrap() else { panic!() };
    for (shard, command) in asks {
        house.ask(&shard, command).unwrap();
    }
    assert_eq!(house.open(replacing("second")), Err(Refusal::Busy));
    // The first never comes back.
    house.pass(60_000 + GRACE);
    assert_eq!(house.open(replacing("second")).map(|quote| quote.state), Ok(QuoteState::Held));
    assert_eq!(house.units("A"), (1, 2, 0));
}

#[test]
fn a_commit_is_kept_although_a_replacement_was_broken_off() {
    let house = House::new(&[("A", [3, 0, 1])]);
    house.open(draft("old", &[("A", 3)])).unwrap();
    let new = Draft { replace: Some(id("old")), ttl_ms: 600_000, ..draft("new", &[("A", 4)]) };
    let Step::Ask(_, asks) = Desk::new(&house.desk).open(new, house.now).unwrap() else { panic!() };
    for (shard, command) in asks {
        house.ask(&shard, command).unwrap();
    }
    // The desk crashes, and forgets that anything was to take the old quote's place.
    let quote = house.commit("old", None).unwrap();
    assert_eq!((quote.state, house.units("A")), (QuoteState::Committed, (1, 0, 3)));
}

#[test]
fn while_one_quote_may_yet_take_a_place_another_that_wants_it_is_told_to_ask_again() {
    let house = House::new(&[("A", [5, 0, 0])]);
    house.open(draft("old", &[("A", 3)])).unwrap();
    let replacing = |id: &str| Draft { replace: Some(self::id("old")), ..draft(id, &[("A", 4)]) };
    let Step::Ask(_, asks) = Desk::new(&house.desk).open(replacing("lost"), house.now).unwrap() else { panic!() };
    for (shard, command) in asks {
        house.ask(&shard, command).unwrap();
    }
    assert_eq!(house.open(replacing("other")), Err(Refusal::Busy));
    house.commit("old", None).unwrap();
    assert_eq!(house.units("A"), (2, 0, 3));
    assert_eq!(house.open(replacing("lost")), Err(Refusal::AlreadyCommitted));
}

#[test]
fn a_return_is_taken_once_and_never_more_than_was_sold() {
    let house = House::new(&[("A", [2, 0, 9])]);
    house.open(draft("q", &[("A", 5)])).unwrap();
    assert_eq!(house.give_back("q", "r1", None), Err(Refusal::NotCommitted));
    house.commit("q", Some(&[(0, 4)])).unwrap();
    let quote = house.give_back("q", "r1", Some(&[(0, 3)])).unwrap();
    assert_eq!((quote.lines[0].returned, house.units("A")), (3, (10, 0, 1)));
    assert_eq!(house.give_back("q", "r2", Some(&[(0, 2)])), Err(Refusal::ExceedsHold { line: 0, units: 1 }));
    assert_eq!(house.give_back("q", "r3", None).unwrap().lines[0].returned, 4);
    assert_eq!(house.units("A"), (11, 0, 0));
}

#[test]
fn a_kit_holds_its_components_and_shares_them_with_nobody() {
    let house = House::new(&[("A", [4, 0, 0]), ("B", [3, 0, 0])]);
    let kit = |id: &str| {
        let mut draft = draft(id, &[("C", 2)]);
        draft.lines[0].needs = vec![component("A", 2), component("B", 1)];
        draft
    };
    let quote = house.open(kit("q")).unwrap();
    assert_eq!((quote.lines[0].held, house.units("A"), house.units("B")), (2, (0, 4, 0), (1, 2, 0)));
    assert!(matches!(house.open(kit("r")), Err(Refusal::InsufficientStock { .. })));
    let sold = house.commit("q", Some(&[(0, 1)])).unwrap();
    assert_eq!((house.units("A"), house.units("B")), ((2, 0, 2), (2, 0, 1)));
    let allocations = sold.allocations(&sold.lines[0]);
    let units = |sku: &str| allocations.iter().find(|at| at.sku == Some(sku.parse().unwrap())).unwrap();
    assert_eq!((units("A").quantity, units("B").quantity), (2, 1));
}

#[test]
fn an_account_has_so_many_open_quotes_and_no_more() {
    let mut house = House::new(&[("A", [9, 0, 0])]);
    let limited = |id: &str| Draft { open_limit: 2, ..draft(id, &[("A", 1)]) };
    let full = Err(Refusal::QuotaExceeded { limit: 2 });
    house.open(limited("q")).unwrap();
    house.open(limited("r")).unwrap();
    assert_eq!(house.open(limited("s")), full);
    assert_eq!(house.units("A"), (7, 2, 0));
    house.open(Draft { replace: Some(id("r")), ..limited("t") }).unwrap();
    assert_eq!(house.open(limited("u")), full);
    house.commit("q", None).unwrap();
    house.open(limited("v")).unwrap();
    assert_eq!(house.open(limited("w")), full);
    house.pass(60_000);
    house.open(limited("x")).unwrap();
}

#[test]
fn what_becomes_of_a_quote_is_told_once_and_in_order_however_often_it_is_asked() {
    let mut house = House::new(&[("A", [9, 0, 0]), ("B", [9, 0, 0])]);
    house.open(draft("q", &[("A", 3), ("B", 1)])).unwrap();
    house.open(draft("q", &[("A", 3), ("B", 1)])).unwrap();
    let extended = Desk::new(&house.desk).extend(&id("q"), house.now.plus(90_000), house.now).unwrap();
    house.drive(extended).unwrap();
    house.commit("q", Some(&[(0, 2)])).unwrap();
    assert_eq!(house.commit("q", None), Err(Refusal::AlreadyCommitted));
    house.give_back("q", "r", Some(&[(0, 1)])).unwrap();
    house.give_back("q", "r", Some(&[(0, 1)])).unwrap();
    house.pass(1_000_000);
    house.wake();
    let told = [
        ("held".to_owned(), vec![(3, 3_002), (1, 1_000)]),
        ("extended".to_owned(), vec![]),
        ("committed".to_owned(), vec![(2, 2_001)]),
        ("returned".to_owned(), vec![(1, 1_000)]),
    ];
    assert_eq!(house.told("q"), told);
}

#[test]
fn a_release_a_replacement_and_an_expiry_are_told_apart() {
    let mut house = House::new(&[("A", [9, 0, 0])]);
    for quote in ["released", "replaced", "expired"] {
        house.open(draft(quote, &[("A", 2)])).unwrap();
    }
    house.cut.insert(shard_name("near"));
    assert_eq!(house.release("released"), Err(Refusal::Unreachable));
    house.cut.clear();
    house.release("released").unwrap();
    house.open(Draft { replace: Some(id("replaced")), ..draft("new", &[("A", 1)]) }).unwrap();
    house.pass(60_000);
    house.wake();
    house.wake();
    for quote in ["released", "replaced", "expired"] {
        assert_eq!(house.told(quote), [("held".to_owned(), vec![(2, 2_001)]), (quote.to_owned(), vec![(2, 2_001)])]);
    }
}

#[test]
fn a_refusal_is_told_with_what_there_was_and_one_that_passes_is_not() {
    let mut house = House::new(&[("A", [2, 0, 1]), ("B", [9, 0, 0])]);
    house.open(draft("short", &[("A", 5), ("B", 1)])).unwrap_err();
    assert_eq!(house.told("short"), [("refused".to_owned(), vec![(3, 3_002), (1, 1_000)])]);
    house.open(Draft { open_limit: 0, ..draft("full", &[("A", 1)]) }).unwrap_err();
    assert_eq!(house.told("full"), [("refused".to_owned(), vec![(0, 0)])]);
    house.cut.insert(shard_name("near"));
    assert_eq!(house.open(draft("later", &[("A", 1)])), Err(Refusal::Unreachable));
    assert_eq!(house.told("later"), []);
    let reasons = house.desk.outbox().into_iter().map(|event| match event.what {
        Outcome::Refused { reason, .. } => reason,
        other => panic!("{other:?}"),
    });
    assert_eq!(reasons.collect::<Vec<_>>(), ["insufficient_stock", "quota_exceeded"]);
}

#[test]
fn an_accepted_commit_that_fails_is_told_as_an_expiry_that_had_been_accepted() {
    let mut house = House::new(&[("A", [2, 0, 9])]);
    house.open(draft("q", &[("A", 5)])).unwrap();
    house.cut.insert(shard_name("far"));
    assert_eq!(house.commit("q", None), Err(Refusal::Unreachable));
    house.pass(60_000 + GRACE);
    house.cut.clear();
    house.wake();
    let last = house.desk.outbox().pop().unwrap().what;
    assert!(matches!(last, Outcome::Expired { accepted: true, .. }), "{last:?}");
    assert_eq!(house.told("q").len(), 2);
}

#[test]
fn the_time_to_a_hold_is_counted_from_the_callers_request() {
    let mut house = House::new(&[("A", [2, 0, 0])]);
    house.pass(25);
    house.open(draft("q", &[("A", 1)])).unwrap();
    let Outcome::Held { took_ms, .. } = house.desk.outbox().remove(0).what else { panic!() };
    assert_eq!(took_ms, 25);
}

#[test]
fn a_quote_is_forgotten_long_after_it_has_come_to_rest_and_not_before() {
    for (end, kept) in [("expired", ENDED_KEPT), ("released", ENDED_KEPT), ("committed", COMMITTED_KEPT)] {
        let mut house = House::new(&[("A", [4, 0, 0])]);
        house.open(draft("q", &[("A", 3)])).unwrap();
        house.pass(1_000);
        match end {
            "released" => drop(house.release("q").unwrap()),
            "committed" => drop(house.commit("q", None).unwrap()),
            _ => {}
        }
        house.pass(59_000);
        house.wake();
        let known = |house: &House| house.desk.quote(&id("q")).unwrap().is_some();
        house.pass(kept - 1);
        house.wake();
        assert!(known(&house), "{end}");
        house.pass(1);
        house.wake();
        assert!(!known(&house), "{end}");
    }
}

#[test]
fn a_return_of_nothing_more_leaves_the_sale_as_it_is() {
    let mut house = House::new(&[("A", [4, 0, 0])]);
    house.open(draft("q", &[("A", 3)])).unwrap();
    house.commit("q", None).unwrap();
    house.give_back("q", "r", None).unwrap();
    // The alarm rings before the desk has heard from the nobody it asked.
    let Step::Ask(act, asks) = Desk::new(&house.desk).give_back(&id("q"), &id("s"), None, house.now).unwrap() else {
        panic!()
    };
    assert_eq!(asks, []);
    house.pass(10 * RETRY_AFTER);
    house.wake();
    let step = Desk::new(&house.desk).heard(act, vec![], house.now).unwrap();
    assert_eq!(step, done(house.desk.quotes().remove(0)));
}

#[test]
fn a_return_keeps_a_sale_from_being_forgotten() {
    let mut house = House::new(&[("A", [4, 0, 0])]);
    house.open(draft("q", &[("A", 3)])).unwrap();
    house.commit("q", None).unwrap();
    house.pass(COMMITTED_KEPT - 1);
    house.cut.insert(shard_name("near"));
    assert_eq!(house.give_back("q", "r", Some(&[(0, 1)])), Err(Refusal::Unreachable));
    house.pass(10 * DAY);
    house.cut.clear();
    house.wake();
    assert_eq!(house.units("A"), (2, 0, 2));
    house.pass(COMMITTED_KEPT);
    house.wake();
    assert!(house.desk.quotes().is_empty());
}

#[test]
fn what_a_quote_was_like_while_it_was_held_follows_from_when_it_was_to_expire() {
    let house = House::new(&[("A", [2, 0, 9]), ("B", [5, 0, 0])]);
    let held = house.open(draft("q", &[("A", 5), ("B", 2)])).unwrap();
    house.drive(Desk::new(&house.desk).extend(&id("q"), held.expires_at.plus(5_000), house.now).unwrap()).unwrap();
    let commit = Desk::new(&house.desk).commit(&id("q"), Some(&[(0, 3)]), Some(&id("a-key")), house.now);
    house.drive(commit.unwrap()).unwrap();
    let now = house.give_back("q", "return", Some(&[(0, 2)])).unwrap();
    assert_ne!(now, held);
    assert_eq!(now.as_held(held.expires_at), *held);
}
