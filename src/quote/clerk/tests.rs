use std::cell::Cell;

use super::*;
use crate::money::Currency;
use crate::quote::draft::Draft;
use crate::quote::event::QuoteEvent;
use crate::quote::memory::MemoryDesk;

fn id(text: &str) -> OpaqueId {
    text.parse().unwrap()
}

/// A quote of nothing: held without asking anybody.
fn open(quote: &str) -> Ask {
    let draft = Draft {
        id: id(quote),
        account: "shop-1".parse().unwrap(),
        asked_at: Timestamp::EPOCH,
        region: None,
        currency: Currency::USD,
        lines: vec![],
        waves: vec![],
        ttl_ms: 60_000,
        partial: false,
        replace: None,
        reference: None,
        open_limit: 200,
    };
    Ask::Open { draft: Box::new(draft) }
}

fn call(key: &str, fingerprint: &str, ask: Ask) -> Call {
    Call { idempotency: Some(Idempotency { key: id(key), fingerprint: fingerprint.into() }), ask, latest: false }
}

fn answer(turn: Turn) -> Answer {
    match turn {
        Turn::Answer(answer) => answer,
        Turn::Ask(..) => panic!("it asks shards"),
    }
}

#[test]
fn a_key_has_one_answer_and_belongs_to_one_call() {
    let clerk = Clerk::new(MemoryDesk::default());
    let first = answer(clerk.call(call("k", "open q", open("q")), Timestamp::EPOCH).unwrap());
    assert!(matches!(first, Answer::Quote { replayed: false, .. }));
    // Even a clerk who has lost his memory, and whatever has become of the quote since.
    let clerk = Clerk::new(clerk.store().clone());
    clerk.call(call("l", "commit q", Ask::Commit { quote: id("q"), lines: None }), Timestamp::EPOCH).unwrap();
    let again = answer(clerk.call(call("k", "open q", open("q")), Timestamp::EPOCH).unwrap());
    assert_eq!(again, first.again());
    let other = answer(clerk.call(call("k", "open r", open("r")), Timestamp::EPOCH).unwrap());
    assert_eq!(other, Answer::KeyReused);
}

#[test]
fn a_call_that_is_being_worked_on_is_not_begun_a_second_time() {
    let clerk = Clerk::new(MemoryDesk::default());
    clerk.call(call("k", "", open("q")), Timestamp::EPOCH).unwrap();
    let commit = || call("l", "", Ask::Commit { quote: id("q"), lines: None });
    let Turn::Ask(task, asks) = clerk.call(commit(), Timestamp::EPOCH).unwrap() else { panic!("it asks nobody") };
    assert_eq!((task.call().map(|call| &call.key), asks.len()), (Some(&id("l")), 0));
    let busy = Answer::Refused { why: Refusal::Busy, replayed: false };
    assert_eq!(answer(clerk.call(commit(), Timestamp::EPOCH).unwrap()), busy);
    assert!(matches!(answer(clerk.heard(task, vec![], Timestamp::EPOCH).unwrap()), Answer::Quote { .. }));
    assert!(matches!(answer(clerk.call(commit(), Timestamp::EPOCH).unwrap()), Answer::Quote { replayed: true, .. }));
}

#[test]
fn a_refusal_that_passes_is_not_remembered() {
    let clerk = Clerk::new(MemoryDesk::default());
    let release = || call("k", "", Ask::Release { quote: id("q") });
    assert!(clerk.call(release(), Timestamp::EPOCH).is_ok());
    assert_eq!(clerk.store().answers().len(), 1, "there is no such quote, and that stands");
    clerk.call(call("l", "", open("q")), Timestamp::EPOCH).unwrap();
    let released = call("m", "", Ask::Release { quote: id("q") });
    let Turn::Ask(task, _) = clerk.call(released, Timestamp::EPOCH).unwrap() else { panic!("it asks nobody") };
    let shard = ShardName::bucket("near".parse().unwrap(), 0);
    let unreachable = Answer::Refused { why: Refusal::Unreachable, replayed: false };
    assert_eq!(answer(clerk.heard(task, vec![(shard, None)], Timestamp::EPOCH).unwrap()), unreachable);
    assert_eq!(clerk.store().answers().len(), 2);
}

#[test]
fn a_refusal_that_a_crash_cut_off_is_carried_on_by_the_same_call() {
    let shard = ShardName::bucket("near".parse().unwrap(), 0);
    let asks = vec![(shard.clone(), Command::Release { quote: id("q") })];
    let mut clerk = Clerk::new(MemoryDesk::default());
    let first = || call("k", "open q", open("q"));
    let refuse = refusing(Refusal::Expired, asks.clone());
    clerk.turn(refuse, first().idempotency, Timestamp::EPOCH).unwrap();
    // The clerk who began it is gone, and a shard is out of reach: nobody is told yet that nothing is held.
    for replies in [None, Some(Reply::Done)] {
        clerk = Clerk::new(clerk.store().clone());
        let Turn::Ask(task, again) = clerk.call(first(), Timestamp::EPOCH).unwrap() else { panic!("it asks nobody") };
        assert_eq!(again, asks);
        let why = if replies.is_some() { Refusal::Expired } else { Refusal::Unreachable };
        let told = answer(clerk.heard(task, vec![(shard.clone(), replies)], Timestamp::EPOCH).unwrap());
        assert_eq!(told, Answer::Refused { why, replayed: false });
    }
    let again = Answer::Refused { why: Refusal::Expired, replayed: true };
    assert_eq!(answer(clerk.call(first(), Timestamp::EPOCH).unwrap()), again);
}

/// Storage that fails once.
struct Failing(MemoryDesk, Cell<bool>);

impl DeskStore for Failing {
    type Error = &'static str;

    fn quote(&self, id: &OpaqueId) -> Result<Option<Quote>, Self::Error> {
        if self.1.take() { Err("the disk is full") } else { Ok(self.0.quote(id).unwrap_or_default()) }
    }

    fn put_quote(&self, quote: &Quote, wake_at: Option<Timestamp>) -> Result<(), Self::Error> {
        self.0.put_quote(quote, wake_at).map_err(|_| "never")
    }

    fn forget(&self, now: Timestamp, limit: u32) -> Result<(), Self::Error> {
        self.0.forget(now, limit).map_err(|_| "never")
    }

    fn open_quotes(&self, now: Timestamp) -> Result<u32, Self::Error> {
        self.0.open_quotes(now).map_err(|_| "never")
    }

    fn due(&self, now: Timestamp, limit: u32) -> Result<Vec<OpaqueId>, Self::Error> {
        self.0.due(now, limit).map_err(|_| "never")
    }

    fn emit(&self, event: &QuoteEvent) -> Result<(), Self::Error> {
        self.0.emit(event).map_err(|_| "never")
    }
}

impl ClerkStore for Failing {
    fn remembered(&self, key: &OpaqueId) -> Result<Option<(String, Answer)>, Self::Error> {
        self.0.remembered(key).map_err(|_| "never")
    }

    fn remember(&self, call: &Idempotency, answer: &Answer, now: Timestamp) -> Result<(), Self::Error> {
        self.0.remember(call, answer, now).map_err(|_| "never")
    }

    fn list(
        &self,
        state: Option<QuoteState>,
        reference: Option<&str>,
        cursor: Option<u64>,
        limit: u32,
        now: Timestamp,
    ) -> Result<(Vec<Quote>, Option<u64>), Self::Error> {
        self.0.list(state, reference, cursor, limit, now).map_err(|_| "never")
    }
}

#[test]
fn a_call_that_failed_can_be_made_again() {
    let clerk = Clerk::new(Failing(MemoryDesk::default(), Cell::new(true)));
    assert_eq!(clerk.call(call("k", "", open("q")), Timestamp::EPOCH), Err("the disk is full"));
    let again = answer(clerk.call(call("k", "", open("q")), Timestamp::EPOCH).unwrap());
    assert!(matches!(again, Answer::Quote { replayed: false, .. }));
}

#[test]
fn quotes_are_listed_page_by_page_the_newest_first() {
    let clerk = Clerk::new(MemoryDesk::default());
    for quote in ["b", "c", "a"] {
        clerk.call(call(quote, "", open(quote)), Timestamp::EPOCH).unwrap();
    }
    let page = |state, cursor| {
        let ask = Ask::List { state, reference: None, cursor, limit: 2 };
        let listed = answer(clerk.call(Call { idempotency: None, ask, latest: false }, Timestamp::EPOCH).unwrap());
        let Answer::Quotes { quotes, cursor } = listed else { panic!("{listed:?} is no list") };
        (quotes.into_iter().map(|quote| quote.id).collect::<Vec<_>>(), cursor)
    };
    let (first, cursor) = page(None, None);
    assert_eq!(first, [id("a"), id("c")]);
    assert_eq!(page(None, cursor), (vec![id("b")], None));
    assert_eq!(page(Some(QuoteState::Released), None), (vec![], None));
}

#[test]
fn quotes_are_found_by_the_name_that_their_caller_gave_them() {
    let clerk = Clerk::new(MemoryDesk::default());
    for (quote, reference) in [("a", Some("PO-1")), ("b", None), ("c", Some("PO-1")), ("d", Some("po-1"))] {
        let Ask::Open { mut draft } = open(quote) else { panic!() };
        draft.reference = reference.map(str::to_owned);
        clerk.call(call(quote, "", Ask::Open { draft }), Timestamp::EPOCH).unwrap();
    }
    let named = |reference: &str| {
        let ask = Ask::List { state: None, reference: Some(reference.into()), cursor: None, limit: 9 };
        let listed = answer(clerk.call(Call { idempotency: None, ask, latest: false }, Timestamp::EPOCH).unwrap());
        let Answer::Quotes { quotes, .. } = listed else { panic!("{listed:?} is no list") };
        quotes.into_iter().map(|quote| quote.id).collect::<Vec<_>>()
    };
    assert_eq!(named("PO-1"), [id("c"), id("a")]);
    assert_eq!(named("PO"), []);
}

/// Takes a call to its end; no shard holds anything.
fn settle(clerk: &Clerk<MemoryDesk>, call: Call) -> Answer {
    let mut turn = clerk.call(call, Timestamp::EPOCH).unwrap();
    while let Turn::Ask(task, _) = turn {
        turn = clerk.heard(task, vec![], Timestamp::EPOCH).unwrap();
    }
    answer(turn)
}

fn replacing(new: &str, old: &str) -> Ask {
    let Ask::Open { mut draft } = open(new) else { panic!() };
    draft.replace = Some(id(old));
    Ask::Open { draft }
}

fn latest(key: &str, ask: Ask) -> Call {
    Call { latest: true, ..call(key, key, ask) }
}

#[test]
fn a_quote_whose_place_was_taken_is_found_and_replaced_under_its_first_name() {
    let clerk = Clerk::new(MemoryDesk::default());
    let held = |call| match settle(&clerk, call) {
        Answer::Quote { quote, .. } => (quote.id.to_string(), quote.state),
        other => panic!("{other:?}"),
    };
    held(call("1", "1", open("a")));
    held(latest("2", replacing("b", "a")));
    assert_eq!(held(latest("3", replacing("c", "a"))), ("c".into(), QuoteState::Held));
    // The same call again, by a clerk who does not remember it, does not take the place of what it made itself.
    assert_eq!(held(latest("4", replacing("c", "a"))), ("c".into(), QuoteState::Held));
    assert_eq!(held(latest("5", Ask::Get { quote: id("a") })), ("c".into(), QuoteState::Held));
    assert_eq!(held(call("6", "6", Ask::Get { quote: id("a") })), ("a".into(), QuoteState::Released));
    let stale = settle(&clerk, call("7", "7", replacing("d", "a")));
    assert!(matches!(stale, Answer::Refused { why: Refusal::AlreadyReleased, .. }), "{stale:?}");
    assert_eq!(held(latest("8", Ask::Release { quote: id("a") })), ("c".into(), QuoteState::Released));
}
