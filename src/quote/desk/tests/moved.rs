//! Quotes whose stock is given a shard of its own at any moment of their lives.

use super::*;
use crate::stock::handover::PAGE;
use crate::stock::shard::handover::{self, Next};

/// How far a sku gets on its way.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Until {
    /// It has left its bucket, and its own shard is not in charge yet.
    Left,
    Arrived,
}

fn own(sku: &str) -> ShardName {
    ShardName::dedicated("near".parse().unwrap(), sku.parse().unwrap())
}

impl House {
    /// Gives a sku of the near region a shard of its own.
    fn hand_over(&mut self, sku: &str, until: Until) {
        let (bucket, to, sku) = (shard_name("near"), own(sku), sku.parse().unwrap());
        self.shards.entry(to.clone()).or_insert_with(|| MemoryStore::dedicated(sku, bucket.clone()));
        let Share::Sku(sku) = &to.share else { panic!() };
        self.ask(&bucket, Command::HandOver { sku: sku.clone(), to: Some(to.clone()) });
        loop {
            let store = &self.shards[&bucket];
            if until == Until::Left && store.handover(sku).unwrap().unwrap().has_left() {
                return;
            }
            match handover::next(sku, PAGE, self.now, store).unwrap() {
                Next::Send(errand) => {
                    assert_eq!(self.ask(&to, errand.command.clone()), Some(Reply::Done));
                    handover::heard(*errand, store).unwrap();
                }
                Next::Again => {}
                Next::Wait => panic!("a quote is being replaced"),
                Next::Rest => return,
            }
        }
    }

    fn extend(&self, quote: &str, expires_at: i64) -> Result<Box<Quote>, Refusal> {
        let expires_at = Timestamp::from_millis(expires_at);
        self.drive(Desk::new(&self.desk).extend(&id(quote), expires_at, self.now).unwrap())
    }

    /// Asks what a step asks.
    fn replies(&self, asks: Vec<(ShardName, Command)>) -> Vec<(ShardName, Option<Reply>)> {
        let reply = |(shard, command)| {
            let reply = self.ask(&shard, command);
            (shard, reply)
        };
        asks.into_iter().map(reply).collect()
    }

    fn state(&self, quote: &str) -> QuoteState {
        self.desk.quote(&id(quote)).unwrap().unwrap().state
    }
}

fn holders(quote: &Quote) -> Vec<String> {
    quote.holds.iter().map(|at| at.shard.to_string()).collect()
}

#[test]
fn a_quote_follows_its_stock_whatever_is_done_with_it() {
    let mut house = House::new(&[("A", [20, 0, 0]), ("B", [20, 0, 0])]);
    for quote in ["sold", "freed", "longer", "over"] {
        house.open(draft(quote, &[("A", 2), ("B", 1)])).unwrap();
    }
    house.open(draft("early", &[("A", 3), ("B", 1)])).unwrap();
    house.commit("early", None).unwrap();
    house.hand_over("A", Until::Arrived);
    assert_eq!(house.commit("sold", Some(&[(0, 1), (1, 1)])).unwrap().state, QuoteState::Committed);
    assert_eq!(holders(&house.desk.quote(&id("sold")).unwrap().unwrap()), ["near/0", "near/=A"]);
    assert_eq!(house.release("freed").unwrap().state, QuoteState::Released);
    assert_eq!(house.extend("longer", 90_000).unwrap().expires_at, Timestamp::from_millis(90_000));
    assert_eq!(house.give_back("early", "r1", Some(&[(0, 2), (1, 1)])).unwrap().lines[0].returned, 2);
    assert_eq!((house.units("A"), house.units("B")), ((14, 4, 2), (17, 2, 1)));
    // The bucket's rows are gone, so everything is counted at one shard.
    house.pass(60_000 + GRACE);
    house.wake();
    assert_eq!(house.state("over"), QuoteState::Expired);
    assert_eq!((house.units("A"), house.units("B")), ((16, 2, 2), (18, 1, 1)));
    assert_eq!(house.commit("longer", None).unwrap().state, QuoteState::Committed);
    assert_eq!((house.units("A"), house.units("B")), ((16, 0, 4), (18, 0, 2)));
}

#[test]
fn a_quote_of_nothing_but_the_moved_part_leaves_its_bucket_behind() {
    let mut house = House::new(&[("A", [4, 0, 3])]);
    house.open(draft("q", &[("A", 6)])).unwrap();
    house.hand_over("A", Until::Arrived);
    let quote = house.commit("q", None).unwrap();
    assert_eq!(holders(&quote), ["far/0", "near/=A"]);
    assert_eq!(house.units("A"), (1, 0, 6));
    house.give_back("q", "r1", None).unwrap();
    assert_eq!(house.units("A"), (7, 0, 0));
}

#[test]
fn a_draft_that_is_out_of_date_is_sent_on_and_holds_the_same() {
    let mut house = House::new(&[("A", [4, 0, 9]), ("B", [3, 0, 0])]);
    house.hand_over("A", Until::Arrived);
    let quote = house.open(draft("q", &[("A", 6), ("B", 1), ("A", 1)])).unwrap();
    assert_eq!(places(&quote, 0), [("near1".into(), 4), ("far1".into(), 2)]);
    assert_eq!(holders(&quote), ["near/=A", "near/0", "far/0"]);
    assert_eq!((house.units("A"), house.units("B")), ((6, 7, 0), (2, 1, 0)));
    assert_eq!(house.open(draft("q", &[("A", 6), ("B", 1), ("A", 1)])).unwrap(), quote);
}

#[test]
fn a_draft_that_names_a_shard_which_is_not_in_charge_is_sent_to_the_bucket() {
    let mut house = House::new(&[("A", [4, 0, 0]), ("B", [3, 0, 0])]);
    house.shards.insert(own("A"), MemoryStore::dedicated("A".parse().unwrap(), shard_name("near")));
    let early = |id: &str, lines: &[(&str, u32)]| {
        let mut early = draft(id, lines);
        early.waves[0].shards[0].1 = own("A");
        early
    };
    let quote = house.open(early("q", &[("A", 3)])).unwrap();
    assert_eq!((holders(&quote), house.units("A")), (vec!["near/0".to_owned()], (1, 3, 0)));
    // A bucket that has been asked for other lines already is not asked twice: better no answer than a wrong one.
    assert_eq!(house.open(early("r", &[("A", 1), ("B", 1)])), Err(Refusal::Unreachable));
}

#[test]
fn a_call_that_comes_while_a_sku_is_between_two_shards_is_to_be_sent_again() {
    let mut house = House::new(&[("A", [9, 0, 0]), ("B", [9, 0, 0])]);
    for quote in ["sold", "freed", "longer"] {
        house.open(draft(quote, &[("A", 2), ("B", 1)])).unwrap();
    }
    house.hand_over("A", Until::Left);
    assert_eq!(house.open(draft("q", &[("B", 1), ("A", 1)])), Err(Refusal::Unreachable));
    assert_eq!(house.commit("sold", None), Err(Refusal::Unreachable));
    assert_eq!(house.release("freed"), Err(Refusal::Unreachable));
    assert_eq!(house.extend("longer", 90_000), Err(Refusal::Unreachable));
    house.hand_over("A", Until::Arrived);
    assert_eq!(house.open(draft("q", &[("B", 1), ("A", 1)])).unwrap().lines[1].held, 1);
    assert_eq!(house.extend("longer", 90_000).unwrap().expires_at, Timestamp::from_millis(90_000));
    // What was accepted is carried on.
    house.pass(RETRY_AFTER);
    house.wake();
    assert_eq!((house.state("sold"), house.state("freed")), (QuoteState::Committed, QuoteState::Released));
    assert_eq!((house.units("A"), house.units("B")), ((4, 3, 2), (6, 2, 1)));
}

#[test]
fn a_commit_stands_only_when_the_new_shard_has_made_it_although_another_call_has_followed_first() {
    let mut house = House::new(&[("A", [9, 0, 0]), ("B", [9, 0, 0])]);
    house.open(draft("q", &[("A", 2), ("B", 1)])).unwrap();
    let Step::Ask(extend, extending) = Desk::new(&house.desk).extend(&id("q"), house.now, house.now).unwrap() else {
        panic!()
    };
    let Step::Ask(commit, committing) = Desk::new(&house.desk).commit(&id("q"), None, None, house.now).unwrap() else {
        panic!()
    };
    house.hand_over("A", Until::Arrived);
    let (extended, committed) = (house.replies(extending), house.replies(committing));
    let _ = Desk::new(&house.desk).heard(extend, extended, house.now).unwrap();
    let step = Desk::new(&house.desk).heard(commit, committed, house.now).unwrap();
    let Step::Ask(_, asks) = &step else { panic!("{step:?}") };
    assert!(asks.iter().any(|(shard, _)| *shard == own("A")), "{asks:?}");
    assert_eq!(house.drive(step).unwrap().state, QuoteState::Committed);
    assert_eq!((house.units("A"), house.units("B")), ((7, 0, 2), (8, 0, 1)));
}

#[test]
fn a_return_that_one_shard_has_booked_is_booked_once_at_the_other() {
    let mut house = House::new(&[("A", [9, 0, 0]), ("B", [9, 0, 0])]);
    house.open(draft("q", &[("A", 2), ("B", 2)])).unwrap();
    house.commit("q", None).unwrap();
    let lines = Some(&[(0, 1), (1, 1)][..]);
    // Booked, and nobody hears so.
    let Step::Ask(_, asks) = Desk::new(&house.desk).give_back(&id("q"), &id("r1"), lines, house.now).unwrap() else {
        panic!()
    };
    house.replies(asks);
    house.hand_over("A", Until::Arrived);
    house.pass(RETRY_AFTER);
    house.wake();
    assert_eq!((house.units("A"), house.units("B")), ((8, 0, 1), (8, 0, 1)));
    assert!(house.desk.quote(&id("q")).unwrap().unwrap().returns[0].untold.is_empty());
    house.give_back("q", "r2", Some(&[(0, 1)])).unwrap();
    assert_eq!((house.units("A"), house.units("B")), ((9, 0, 0), (8, 0, 1)));
}

#[test]
fn what_a_refused_quote_held_is_given_back_where_it_has_gone() {
    let mut house = House::new(&[("A", [4, 0, 0]), ("B", [1, 0, 0])]);
    let desk = MemoryDesk::default();
    let Step::Ask(opening, asks) = Desk::new(&desk).open(draft("q", &[("A", 3), ("B", 2)]), house.now).unwrap() else {
        panic!()
    };
    let held = house.replies(asks);
    house.hand_over("A", Until::Arrived);
    let step = Desk::new(&desk).heard(opening, held, house.now).unwrap();
    assert!(matches!(house.drive(step), Err(Refusal::InsufficientStock { .. })));
    assert_eq!((house.units("A"), house.units("B")), ((4, 0, 0), (1, 0, 0)));
}

#[test]
fn a_quote_is_replaced_with_the_units_it_had_although_they_have_moved() {
    let mut house = House::new(&[("A", [3, 0, 0]), ("B", [3, 0, 0])]);
    house.open(draft("old", &[("A", 3), ("B", 3)])).unwrap();
    house.hand_over("A", Until::Arrived);
    let new = Draft { replace: Some(id("old")), ..draft("new", &[("A", 2), ("B", 3)]) };
    assert_eq!(house.open(new).unwrap().lines[0].held, 2);
    assert_eq!(house.state("old"), QuoteState::Released);
    assert_eq!((house.units("A"), house.units("B")), ((1, 2, 0), (0, 3, 0)));
    assert_eq!(house.commit("new", None).unwrap().state, QuoteState::Committed);
}

#[test]
fn a_sale_that_cannot_be_made_everywhere_is_taken_back_at_the_new_shard_too() {
    let mut house = House::new(&[("A", [2, 0, 9]), ("B", [5, 0, 0])]);
    house.open(draft("q", &[("A", 5), ("B", 1)])).unwrap();
    house.pass(59_000);
    house.cut.insert(shard_name("far"));
    assert_eq!(house.commit("q", None), Err(Refusal::Unreachable));
    house.hand_over("A", Until::Arrived);
    house.pass(1_000 + GRACE);
    house.cut.clear();
    house.wake();
    assert_eq!(house.state("q"), QuoteState::Expired);
    assert_eq!((house.units("A"), house.units("B")), ((11, 0, 0), (5, 0, 0)));
}
