use super::*;
use crate::stock::event::Happening;
use crate::stock::handover::PAGE;
use crate::stock::hold::{GRACE, HoldLine, LineKey, LineUnits};
use crate::stock::movement::Movement;
use crate::stock::position::Counters;
use crate::stock::shard::{MovementResult, handle, publishable, tidy};
use crate::stock::store::MemoryStore;

/// A bucket, and the shard that its sku A is given.
struct House {
    bucket: MemoryStore,
    own: MemoryStore,
    now: Timestamp,
}

fn id<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

fn line(place: u16) -> LineKey {
    LineKey { line: place, component: None }
}

fn units(lines: &[(u16, u32)]) -> Vec<LineUnits> {
    lines.iter().map(|(place, quantity)| LineUnits { line: line(*place), quantity: *quantity }).collect()
}

fn a_is_elsewhere() -> Vec<Redirect> {
    vec![Redirect { sku: id("A"), shard: id("r/=A") }]
}

impl House {
    /// Twenty units of A and twenty of B.
    fn new() -> Self {
        let own = MemoryStore::dedicated(id("A"), id("r/0"));
        let house = Self { bucket: MemoryStore::default(), own, now: Timestamp::EPOCH };
        for sku in ["A", "B"] {
            house.bucket(received(sku, &format!("opening-{sku}"), 20));
        }
        house
    }

    fn bucket(&self, command: Command) -> Reply {
        handle(command, self.now, &self.bucket).unwrap().reply
    }

    fn own(&self, command: Command) -> Reply {
        handle(command, self.now, &self.own).unwrap().reply
    }

    fn begin(&self) {
        self.bucket(Command::HandOver { sku: id("A"), to: Some(id("r/=A")) });
    }

    fn errand(&self) -> Errand {
        match next(&id("A"), PAGE, self.now, &self.bucket).unwrap() {
            Next::Send(errand) => *errand,
            other => panic!("{other:?}"),
        }
    }

    /// Has the next errand done and heard of.
    fn carry(&self) {
        let errand = self.errand();
        assert_eq!(self.own(errand.command.clone()), Reply::Done);
        heard(errand, &self.bucket).unwrap();
    }

    fn finish(&self) {
        for _ in 0..100 {
            match next(&id("A"), PAGE, self.now, &self.bucket).unwrap() {
                Next::Send(errand) => {
                    assert_eq!(self.own(errand.command.clone()), Reply::Done);
                    heard(*errand, &self.bucket).unwrap();
                }
                Next::Again => {}
                Next::Rest => return,
                Next::Wait => panic!("it waits"),
            }
        }
        panic!("it never ends");
    }

    fn stages(&self) -> (Option<Stage>, Option<Stage>) {
        let stage = |store: &MemoryStore| store.handover(&id("A")).unwrap().map(|handover| handover.stage);
        (stage(&self.bucket), stage(&self.own))
    }

    fn pass(&mut self, millis: i64) {
        self.now = self.now.plus(millis);
    }
}

fn received(sku: &str, name: &str, quantity: i64) -> Command {
    Command::Move { movements: vec![Movement::returned(id(name), id(sku), id("ATL1"), quantity)] }
}

/// So many units of each, on lines in their order.
fn hold(quote: &str, lines: &[(&str, u32)], until: i64) -> Command {
    let lines = (0..).zip(lines).map(|(place, (sku, quantity))| HoldLine {
        line: line(place),
        sku: id(sku),
        quantity: *quantity,
        locations: vec![id("ATL1")],
        split: true,
    });
    Command::Hold {
        quote: id(quote),
        expires_at: Timestamp::from_millis(until),
        lines: lines.collect(),
        replaces: None,
    }
}

fn replacing(old: &str, command: Command) -> Command {
    match command {
        Command::Hold { quote, expires_at, lines, .. } => {
            Command::Hold { quote, expires_at, lines, replaces: Some(id(old)) }
        }
        other => other,
    }
}

fn commit(quote: &str, lines: &[(u16, u32)]) -> Command {
    Command::Commit { quote: id(quote), lines: Some(units(lines)), to: None }
}

fn give_back(quote: &str, name: &str, lines: &[(u16, u32)]) -> Command {
    Command::GiveBack { quote: id(quote), id: id(name), lines: units(lines) }
}

fn counters(sku: &str, store: &MemoryStore) -> (u64, u64, u64) {
    let positions = store.positions(&id(sku)).unwrap();
    let Counters { on_hand, held, committed, .. } = positions.first().map(|at| at.counters).unwrap_or_default();
    (on_hand, held, committed)
}

fn ledger(after: u64) -> Command {
    Command::Ledger(LedgerPage { sku: id("A"), location: None, after, limit: 10 })
}

fn places(reply: &Reply) -> Vec<u64> {
    let Reply::Ledger { entries } = reply else { panic!("{reply:?}") };
    entries.iter().map(|entry| entry.seq).collect()
}

fn told(store: &MemoryStore) -> Vec<String> {
    let events = store.outbox().into_iter().filter_map(|event| match event.what {
        Happening::Held { quote, .. } => Some(format!("{quote} held")),
        Happening::Committed { quote, .. } => Some(format!("{quote} committed")),
        Happening::Released { quote } => Some(format!("{quote} released")),
        Happening::Expired { quote } => Some(format!("{quote} expired")),
        Happening::Returned { quote, .. } => Some(format!("{quote} returned")),
        Happening::Moved { .. } | Happening::Shortfall { .. } | Happening::LowStock { .. } => None,
    });
    events.collect()
}

#[test]
fn a_sku_takes_along_its_stock_its_ledger_and_what_is_held_and_sold_of_it() {
    let house = House::new();
    house.bucket(received("A", "m1", 5));
    let before = places(&house.bucket(ledger(0)));
    house.bucket(hold("held", &[("A", 3)], 60_000));
    house.bucket(hold("sold", &[("A", 4)], 60_000));
    house.bucket(commit("sold", &[(0, 4)]));
    house.begin();
    assert_eq!(house.stages(), (Some(Stage::Copying), None));
    house.carry();
    assert!(matches!(house.stages(), (Some(Stage::Switched), Some(Stage::Arriving))));
    house.carry();
    assert_eq!(house.stages(), (Some(Stage::Clearing), Some(Stage::Arrived)));
    house.finish();
    assert_eq!(house.stages(), (Some(Stage::Done), Some(Stage::Arrived)));
    assert_eq!((counters("A", &house.own), counters("B", &house.own)), ((25, 3, 4), (0, 0, 0)));
    assert_eq!((counters("A", &house.bucket), counters("B", &house.bucket)), ((0, 0, 0), (20, 0, 0)));
    assert_eq!(house.own(commit("held", &[(0, 3)])), Reply::Done);
    assert_eq!(house.own(give_back("sold", "r1", &[(0, 1)])), Reply::Done);
    assert_eq!(counters("A", &house.own), (25, 0, 6));
    // A movement that was sent before is known, and a cursor stays good.
    let Reply::Moved { results } = house.own(received("A", "m1", 5)) else { panic!() };
    assert!(matches!(results[0], MovementResult::Duplicate { .. }));
    house.own(received("A", "m2", 1));
    assert_eq!(places(&house.own(ledger(0)))[..2], before);
    let newer = places(&house.own(ledger(before[1])));
    assert!(newer.len() == 1 && newer[0] > before[1], "{newer:?}");
}

#[test]
fn a_shard_that_is_not_in_charge_yet_sends_everyone_to_the_bucket_and_does_nothing() {
    let mut house = House::new();
    house.bucket(hold("q", &[("A", 3)], 1_000));
    house.begin();
    house.carry();
    house.pass(60_000);
    let before = house.own.clone();
    let to_bucket = Reply::Elsewhere { skus: vec![Redirect { sku: id("A"), shard: id("r/0") }] };
    for command in [
        Command::Read { skus: vec![id("A")] },
        Command::Positions { sku: id("A") },
        ledger(0),
        received("A", "m1", 1),
        Command::Schedule { changes: vec![] },
        hold("r", &[("A", 1)], 120_000),
        Command::Extend { quote: id("q"), expires_at: house.now.plus(9) },
        commit("q", &[(0, 3)]),
        Command::Release { quote: id("unknown") },
        give_back("q", "r1", &[(0, 1)]),
        Command::HandOver { sku: id("A"), to: None },
    ] {
        assert_eq!(house.own(command), to_bucket);
    }
    assert_eq!(tidy(house.now, &house.own).unwrap(), None);
    assert_eq!(house.own, before);
}

#[test]
fn while_the_last_page_is_on_its_way_nothing_about_the_sku_changes_and_the_rest_goes_on() {
    let mut house = House::new();
    house.bucket(hold("both", &[("A", 1), ("B", 1)], 60_000));
    house.bucket(hold("b", &[("B", 1)], 60_000));
    house.begin();
    let last = house.errand();
    assert!(matches!(house.stages().0, Some(Stage::Frozen)));
    let frozen = house.bucket.clone();
    for command in [
        received("A", "m1", 1),
        hold("q", &[("B", 1), ("A", 1)], 60_000),
        replacing("both", hold("q", &[("B", 1)], 60_000)),
        Command::Extend { quote: id("both"), expires_at: Timestamp::from_millis(90_000) },
        commit("both", &[(0, 1), (1, 1)]),
        Command::Release { quote: id("both") },
        give_back("both", "r1", &[(1, 1)]),
    ] {
        assert_eq!(house.bucket(command.clone()), Reply::Busy, "{command:?}");
    }
    assert_eq!(house.bucket, frozen);
    let Reply::Read { stock, elsewhere, .. } = house.bucket(Command::Read { skus: vec![id("A")] }) else { panic!() };
    assert_eq!((stock[0][0].available, elsewhere), (19, vec![]));
    assert!(matches!(house.bucket(Command::Positions { sku: id("A") }), Reply::Positions { .. }));
    assert_eq!(house.bucket(commit("b", &[(0, 1)])), Reply::Done);
    house.pass(FREEZE - 1);
    assert_eq!(house.bucket(received("A", "m1", 1)), Reply::Busy);
    house.own(last.command.clone());
    heard(last, &house.bucket).unwrap();
    assert!(matches!(house.stages().0, Some(Stage::Switched)));
}

#[test]
fn a_hold_whose_time_is_over_while_its_sku_stands_still_ends_afterwards_and_once() {
    let mut house = House::new();
    house.bucket(hold("both", &[("A", 3), ("B", 2)], 0));
    house.begin();
    house.pass(GRACE - 1);
    let last = house.errand();
    house.pass(1);
    tidy(house.now, &house.bucket).unwrap();
    assert_eq!((counters("A", &house.bucket), counters("B", &house.bucket)), ((20, 3, 0), (20, 2, 0)));
    house.own(last.command.clone());
    heard(last, &house.bucket).unwrap();
    house.finish();
    tidy(house.now, &house.bucket).unwrap();
    tidy(house.now, &house.own).unwrap();
    assert_eq!((counters("A", &house.own), counters("B", &house.bucket)), ((20, 0, 0), (20, 0, 0)));
    assert_eq!(told(&house.bucket), ["both held", "both expired"]);
    assert_eq!(told(&house.own), ["both expired"]);
}

#[test]
fn a_sku_stands_still_for_two_seconds_at_most_and_what_changes_then_is_copied() {
    let mut house = House::new();
    house.begin();
    let last = house.errand();
    house.pass(FREEZE);
    assert!(matches!(house.bucket(hold("q", &[("A", 3)], 60_000)), Reply::Held { .. }));
    assert_eq!(house.stages().0, Some(Stage::Copying));
    // The page arrives after all; it is not the last one any more.
    assert_eq!(house.own(last.command.clone()), Reply::Done);
    heard(last, &house.bucket).unwrap();
    assert_eq!(house.stages().0, Some(Stage::Copying));
    house.finish();
    assert_eq!(counters("A", &house.own), (20, 3, 0));
    assert_eq!(house.own(commit("q", &[(0, 3)])), Reply::Done);
}

#[test]
fn an_errand_that_failed_lets_the_sku_be_used_again_at_once() {
    let house = House::new();
    house.begin();
    let _ = house.errand();
    failed(&id("A"), &house.bucket).unwrap();
    assert!(matches!(house.bucket(hold("q", &[("A", 3)], 60_000)), Reply::Held { .. }));
    house.carry();
    failed(&id("A"), &house.bucket).unwrap();
    assert!(matches!(house.stages().0, Some(Stage::Switched)), "what has left does not come back");
}

#[test]
fn a_page_that_comes_late_changes_nothing() {
    let mut house = House::new();
    house.bucket(hold("q", &[("A", 3)], 60_000));
    house.begin();
    let late = house.errand();
    house.pass(FREEZE);
    house.bucket(Command::Release { quote: id("q") });
    let newer = house.errand();
    heard(late.clone(), &house.bucket).unwrap();
    assert_eq!(house.stages().0, Some(Stage::Copying), "hearing of the older page does not make the sku leave");
    assert_eq!(house.own(newer.command), Reply::Done);
    let arriving = house.own.clone();
    assert_eq!(house.own(late.command.clone()), Reply::Done);
    assert_eq!(house.own, arriving);
    house.finish();
    let in_charge = house.own.clone();
    assert_eq!(house.own(late.command), Reply::Done);
    assert_eq!((house.own == in_charge, counters("A", &in_charge)), (true, (20, 0, 0)));
}

#[test]
fn a_page_for_another_shard_is_not_taken() {
    let house = House::new();
    let page = |sku: &str| Page { sku: id(sku), number: 9, positions: vec![], entries: vec![], holds: vec![] };
    assert_eq!(house.bucket(Command::TakeIn(page("A"))), Reply::Busy);
    assert_eq!(house.own(Command::TakeIn(page("B"))), Reply::Busy);
    assert_eq!(house.stages(), (None, None));
}

#[test]
fn a_shard_is_put_in_charge_with_the_last_page_only() {
    let house = House::new();
    let over = |number| Command::TakeOver { sku: id("A"), number, sequence: 100 };
    assert_eq!(house.own(over(0)), Reply::Busy);
    house.begin();
    house.carry();
    let number = house.own.handover(&id("A")).unwrap().unwrap().number;
    assert_eq!((house.own(over(number - 1)), house.own(over(number + 1))), (Reply::Busy, Reply::Busy));
    assert_eq!((house.own(over(number)), house.own(over(number))), (Reply::Done, Reply::Done));
    assert_eq!(house.stages().1, Some(Stage::Arrived));
}

#[test]
fn a_crash_at_any_step_costs_nothing() {
    for (crash, arrives) in (0..6).flat_map(|step| [(step, false), (step, true)]) {
        let mut house = House::new();
        house.bucket(hold("held", &[("A", 3), ("B", 1)], 60_000));
        house.begin();
        for step in 0..6 {
            if let Next::Send(errand) = next(&id("A"), PAGE, house.now, &house.bucket).unwrap() {
                if step != crash || arrives {
                    house.own(errand.command.clone());
                }
                if step != crash {
                    heard(*errand, &house.bucket).unwrap();
                }
            }
            if step == crash {
                // Whoever can be served is served, by one shard only.
                house.pass(FREEZE);
                let name = format!("m-{crash}");
                let taken = [house.bucket(received("A", &name, 1)), house.own(received("A", &name, 1))];
                assert!(taken.iter().filter(|reply| matches!(reply, Reply::Moved { .. })).count() <= 1, "{taken:?}");
            }
        }
        house.finish();
        house.own(received("A", &format!("m-{crash}"), 1));
        assert_eq!(counters("A", &house.own), (21, 3, 0), "crash at {crash}");
        assert_eq!(house.own(commit("held", &[(0, 3)])), Reply::Done);
    }
}

#[test]
fn between_the_two_shards_nobody_is_in_charge_and_each_names_the_other() {
    let house = House::new();
    house.begin();
    house.carry();
    assert_eq!(house.bucket(received("A", "m1", 1)), Reply::Elsewhere { skus: a_is_elsewhere() });
    let to_bucket = vec![Redirect { sku: id("A"), shard: id("r/0") }];
    assert_eq!(house.own(received("A", "m1", 1)), Reply::Elsewhere { skus: to_bucket });
    let read = Command::Read { skus: vec![id("B"), id("A")] };
    let Reply::Read { stock, elsewhere, .. } = house.bucket(read) else { panic!() };
    assert_eq!((stock[0].len(), stock[1].len(), elsewhere), (1, 0, a_is_elsewhere()));
}

#[test]
fn a_command_that_names_a_sku_that_has_left_does_nothing() {
    let house = House::new();
    house.begin();
    house.finish();
    let before = house.bucket.clone();
    let both =
        Command::Move { movements: ["B", "A"].map(|sku| Movement::returned(id("m1"), id(sku), id("ATL1"), 1)).into() };
    for command in [hold("q", &[("B", 1), ("A", 1), ("A", 2)], 60_000), both] {
        assert_eq!(house.bucket(command), Reply::Elsewhere { skus: a_is_elsewhere() });
    }
    assert_eq!(house.bucket, before);
}

#[test]
fn a_quote_of_several_skus_answers_for_what_is_here_and_says_where_the_rest_is() {
    let house = House::new();
    for quote in ["sold", "kept", "freed"] {
        house.bucket(hold(quote, &[("A", 3), ("B", 2)], 60_000));
    }
    house.bucket(hold("early", &[("A", 1), ("B", 1)], 60_000));
    house.bucket(commit("early", &[(0, 1), (1, 1)]));
    house.begin();
    house.finish();
    let here = Reply::DoneHere { elsewhere: a_is_elsewhere() };
    for _ in 0..2 {
        assert_eq!(house.bucket(commit("sold", &[(0, 3), (1, 1)])), here);
        assert_eq!(house.bucket(give_back("sold", "r1", &[(0, 1), (1, 1)])), here);
        assert_eq!(house.bucket(give_back("early", "r1", &[(0, 1)])), here);
        assert_eq!(house.bucket(give_back("early", "r2", &[(1, 1)])), Reply::Done);
        let longer = Command::Extend { quote: id("kept"), expires_at: Timestamp::from_millis(90_000) };
        assert_eq!(house.bucket(longer), here);
        assert_eq!(house.bucket(Command::Release { quote: id("freed") }), here);
    }
    assert_eq!(counters("B", &house.bucket), (20, 2, 0));
    assert_eq!(house.own(commit("sold", &[(0, 3)])), Reply::Done);
    assert_eq!(house.own(give_back("sold", "r1", &[(0, 1)])), Reply::Done);
    assert_eq!(house.own(Command::Release { quote: id("freed") }), Reply::Done);
    assert_eq!(counters("A", &house.own), (20, 3, 3));
    // A sale that is taken back is so at both.
    assert_eq!(house.bucket(Command::Release { quote: id("sold") }), here);
    assert_eq!(house.own(Command::Release { quote: id("sold") }), Reply::Done);
    assert_eq!((counters("A", &house.own), counters("B", &house.bucket)), ((20, 3, 1), (20, 2, 0)));
}

#[test]
fn a_quote_that_is_wholly_elsewhere_lends_nothing_and_ends_without_a_word() {
    let mut house = House::new();
    house.bucket(hold("q", &[("A", 3)], 60_000));
    house.begin();
    house.finish();
    let here = Reply::DoneHere { elsewhere: a_is_elsewhere() };
    assert!(matches!(house.bucket(replacing("q", hold("new", &[("B", 1)], 60_000))), Reply::Held { .. }));
    assert_eq!(house.bucket(commit("new", &[(0, 1)])), Reply::Done);
    house.pass(60_000 + GRACE);
    tidy(house.now, &house.bucket).unwrap();
    assert_eq!(told(&house.bucket), ["q held", "new held", "new committed"]);
    assert_eq!(house.bucket(commit("q", &[(0, 3)])), here);
    assert_eq!(house.bucket(Command::Release { quote: id("q") }), here);
}

#[test]
fn a_sku_waits_with_moving_while_a_quote_takes_the_place_of_another() {
    let house = House::new();
    house.bucket(hold("old", &[("A", 3)], 60_000));
    house.bucket(replacing("old", hold("new", &[("A", 4)], 60_000)));
    house.begin();
    house.carry();
    assert_eq!(house.stages().0, Some(Stage::Copying));
    assert_eq!(next(&id("A"), PAGE, house.now, &house.bucket).unwrap(), Next::Wait);
    assert_eq!(house.bucket(Command::Release { quote: id("old") }), Reply::Done);
    house.finish();
    assert_eq!(counters("A", &house.own), (20, 4, 0));
    assert_eq!(house.own(commit("new", &[(0, 4)])), Reply::Done);
}

#[test]
fn a_snapshot_of_the_new_shard_is_newer_than_all_of_the_old_and_the_old_publishes_none_any_more() {
    let house = House::new();
    let (_, old) = publishable(10, house.now, &house.bucket).unwrap().remove(0);
    house.begin();
    house.finish();
    let of_bucket: Vec<Sku> =
        publishable(10, house.now, &house.bucket).unwrap().into_iter().map(|(sku, _)| sku).collect();
    assert_eq!(of_bucket, [id::<Sku>("B")]);
    let (sku, new) = publishable(10, house.now, &house.own).unwrap().remove(0);
    assert_eq!((sku.as_str(), new.locations), ("A", old.locations));
    assert!(new.version > old.version);
}

#[test]
fn pages_are_small_and_follow_one_another() {
    let house = House::new();
    for n in 0..2 * PAGE {
        house.bucket(hold(&format!("q{n:04}"), &[("A", 0)], 60_000));
        house.bucket(received("A", &format!("m{n}"), 1));
    }
    house.bucket(hold("q9999", &[("A", 5)], 60_000));
    house.begin();
    let (mut pages, mut most) = (0, 0);
    while !house.bucket.handover(&id("A")).unwrap().unwrap().has_left() {
        let errand = house.errand();
        let Command::TakeIn(page) = &errand.command else { panic!() };
        most = most.max(page.entries.len()).max(page.holds.len());
        assert_eq!(house.own(errand.command.clone()), Reply::Done);
        heard(errand, &house.bucket).unwrap();
        pages += 1;
    }
    assert_eq!((pages, most), (3, 200));
    house.finish();
    assert_eq!(counters("A", &house.own), (20 + i64_units(2 * PAGE), 5, 0));
    let Reply::Handover { handover: Some(handover) } = house.bucket(Command::HandOver { sku: id("A"), to: None })
    else {
        panic!()
    };
    assert_eq!((handover.entries, handover.quotes), (u64::from(2 * PAGE) + 1, 1));
}

fn i64_units(units: u32) -> u64 {
    units.into()
}

#[test]
fn asking_again_begins_nothing_and_tells_how_far_it_is() {
    let house = House::new();
    assert_eq!(house.bucket(Command::HandOver { sku: id("A"), to: None }), Reply::Handover { handover: None });
    house.begin();
    house.finish();
    let again = house.bucket(Command::HandOver { sku: id("A"), to: Some(id("r/=A")) });
    let Reply::Handover { handover: Some(handover) } = again else { panic!() };
    assert_eq!((handover.stage, handover.entries, under_way(&house.bucket).unwrap()), (Stage::Done, 1, vec![]));
}
