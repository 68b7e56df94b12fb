//! What holds after any sequence of calls (DESIGN.md §5, rule 7).

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::quote::call::Idempotency;
use crate::token::audit;
use crate::token::call::{Issue, Show};
use crate::token::evidence::SoldLine;
use crate::token::fixtures::{at, authority, crew, id, registered, request, sold, subject};
use crate::token::memory::MemoryStore;
use crate::token::record::Outcome;
use crate::token::request::Presentation;

const LINES: u16 = 2;
const SKUS: [&str; 2] = ["RADAR", "CAMERA"];
/// Units of each of [`SKUS`] in one unit of a line.
const PER_UNIT: [u32; 2] = [2, 1];

/// Something that is done, `after` so many milliseconds.
#[derive(Debug, Clone)]
struct Deed {
    after: i64,
    what: What,
}

/// How many tokens before the latest.
type Back = usize;

#[derive(Debug, Clone)]
enum What {
    /// More units of a line are sold.
    Sell(u16, u32),
    /// Units of a line come back, and the desk is told, or is not.
    Return(u16, u32, bool),
    /// A token is asked for; with the line as it is, or as it was so many changes ago. The key of an earlier call or a new
    /// one.
    Issue(u16, usize, usize, Option<Back>),
    /// A token is shown, by its tool or another; with the key of the deed before or a new one.
    Show(Back, bool, Option<Outcome>, bool),
    Revoke(Back),
    Suspend(usize),
    Reinstate(usize),
    Wake,
}

fn any_deed() -> impl Strategy<Value = Deed> {
    let back = || prop_oneof![3 => Just(0_usize), 2 => 1..6_usize];
    let outcome = prop::option::weighted(0.8, prop::sample::select(vec![Outcome::Succeeded, Outcome::Failed]));
    let what = prop_oneof![
        2 => (0..LINES, 1..3_u32).prop_map(|(line, units)| What::Sell(line, units)),
        2 => (0..LINES, 1..3_u32, any::<bool>()).prop_map(|(line, units, told)| What::Return(line, units, told)),
        8 => (0..LINES, 0..SKUS.len(), 0..4_usize, prop::option::weighted(0.2, back()))
            .prop_map(|(line, sku, stale, again)| What::Issue(line, sku, stale, again)),
        6 => (back(), prop::bool::weighted(0.9), outcome, prop::bool::weighted(0.2))
            .prop_map(|(token, tool, outcome, again)| What::Show(token, tool, outcome, again)),
        2 => back().prop_map(What::Revoke),
        1 => (0..3_usize).prop_map(What::Suspend),
        1 => (0..3_usize).prop_map(What::Reinstate),
        1 => Just(What::Wake),
    ];
    (prop_oneof![5 => 0..60_000_i64, 1 => 0..DAY + 120_000], what).prop_map(|(after, what)| Deed { after, what })
}

/// A desk, and what really was sold and came back.
struct World {
    authority: Authority,
    store: MemoryStore,
    now: Timestamp,
    /// Sold and returned units of each line, now and at every time before.
    sales: [Vec<(u32, u32)>; LINES as usize],
    issued: usize,
    /// Redemptions that were answered with success, with the entries that stand for them.
    redeemed: BTreeMap<OpaqueId, BTreeSet<u64>>,
    answers: BTreeMap<String, Answer>,
}

impl World {
    fn new() -> Self {
        Self {
            authority: authority(),
            store: MemoryStore::default(),
            now: at(0),
            sales: [vec![(0, 0)], vec![(0, 0)]],
            issued: 0,
            redeemed: BTreeMap::new(),
            answers: BTreeMap::new(),
        }
    }

    /// A line as it was `ago` changes ago.
    fn line(&self, line: u16, ago: usize) -> SoldLine {
        let past = &self.sales[usize::from(line)];
        let (committed, returned) = past[past.len().saturating_sub(1 + ago)];
        let subjects = SKUS.into_iter().zip(PER_UNIT).map(|(sku, per_unit)| subject(sku, per_unit));
        SoldLine { line, subjects: subjects.collect(), ..sold(committed, returned) }
    }

    fn ask(&mut self, name: &str, body: String, ask: Ask) -> Answer {
        let account = id("shop-1");
        let idempotency = Some(Idempotency { key: id(name), fingerprint: body });
        let call = Call { by: id("shop-1"), idempotency, ask };
        let answer = Desk::new(&account, &self.authority, &self.store).handle(call, self.now).unwrap();
        if let Answer::Done { token: Some(token), entry, .. } = &answer
            && entry.kind == Kind::TokenRedeemed
        {
            self.redeemed.entry(token.claims.jti.clone()).or_default().insert(entry.seq);
        }
        answer
    }

    fn do_deed(&mut self, step: usize, deed: &Deed) {
        self.now = self.now.plus(deed.after);
        match &deed.what {
            What::Sell(line, units) => {
                let (committed, returned) = *self.sales[usize::from(*line)].last().unwrap();
                self.sales[usize::from(*line)].push((committed + units, returned));
            }
            What::Return(line, units, told) => {
                let (committed, returned) = *self.sales[usize::from(*line)].last().unwrap();
                self.sales[usize::from(*line)].push((committed, (returned + units).min(committed)));
                if *told {
                    let line = self.line(*line, 0);
                    self.ask(&format!("r{step}"), String::new(), Ask::Returned(line));
                }
            }
            What::Issue(line, sku, stale, again) => {
                self.issued += usize::from(again.is_none());
                let number = self.issued.saturating_sub(again.unwrap_or(0));
                let name = format!("t{number:03}");
                let mut request = request();
                (request.line, request.sku) = (*line, Some(id(SKUS[*sku])));
                let issue =
                    Issue { id: id(&name), request, line: Some(self.line(*line, *stale)), registered: registered() };
                self.ask(&name, format!("{line}/{sku}"), Ask::Issue(Box::new(issue)));
            }
            What::Show(back, right_tool, outcome, again) => {
                let tokens = self.store.tokens();
                let Some(token) = tokens.len().checked_sub(1 + back).map(|at| &tokens[at]) else { return };
                let tool = if *right_tool { token.claims.tool.clone() } else { id("D-2") };
                let (text, vin) = (token.jws.clone(), Some(token.claims.vin));
                let shown = Presentation { token: text, vin, tool: Some(tool), outcome: *outcome };
                let body = format!("{shown:?}");
                let name = format!("s{}", if *again { step.saturating_sub(1) } else { step });
                let answer =
                    self.ask(&name, body.clone(), Ask::Show(Box::new(Show { shown, registered: registered() })));
                if let Some(known) = self.answers.insert(format!("{name} {body}"), answer.clone()) {
                    assert_eq!(answer.clone().again(), known.again(), "the same call again, the same answer");
                }
            }
            What::Revoke(back) => {
                let name = id(&format!("t{:03}", self.issued.saturating_sub(*back)));
                self.ask(&format!("v{step}"), String::new(), Ask::Revoke { token: name, cause: None });
            }
            What::Suspend(which) => {
                let party = crew().parties()[*which].clone();
                self.ask(&format!("p{step}"), String::new(), Ask::Suspend { party, cause: None });
            }
            What::Reinstate(which) => {
                let party = crew().parties()[*which].clone();
                self.ask(&format!("p{step}"), String::new(), Ask::Reinstate { party });
            }
            What::Wake => {
                let account = id("shop-1");
                Desk::new(&account, &self.authority, &self.store).wake(self.now).unwrap();
            }
        }
    }

    /// Never more tokens at work for a part of a line than units of it were ever sold; and, as far as the desk has been
    /// told of returns, than are sold still, calibrated ones aside.
    fn check_entitlement(&self) {
        for line in 0..LINES {
            let committed = self.sales[usize::from(line)].last().unwrap().0;
            let heard = self.store.returned(&id("q"), line).unwrap();
            for (sku, per_unit) in SKUS.into_iter().zip(PER_UNIT) {
                let tokens = self.store.tokens_of(&id("q"), line).unwrap();
                let of_part = |state: State| {
                    let mut of_part =
                        tokens.iter().filter(|token| token.claims.sku.as_str() == sku).collect::<Vec<_>>();
                    of_part.retain(|token| token.state_at(self.now) == state);
                    u32::try_from(of_part.len()).unwrap()
                };
                let (active, succeeded) = (of_part(State::Active), of_part(State::Succeeded));
                assert!(active + succeeded <= committed * per_unit);
                let left = (committed.saturating_sub(heard) * per_unit).saturating_sub(succeeded);
                assert!(active <= left, "line {line} {sku}: {active} active, {left} left");
            }
        }
    }

    fn check(&self, before: &[Token]) {
        let tokens = self.store.tokens();
        for (token, before) in tokens.iter().zip(before) {
            assert!(before.state == State::Active || token == before, "what has ended stays as it ended");
        }
        for (token, number) in tokens.iter().zip(0..) {
            assert_eq!((token.number, token.jws.is_empty()), (number, false));
            let redeemed = self.redeemed.get(&token.claims.jti).map_or(0, BTreeSet::len);
            let used = matches!(token.state, State::Succeeded | State::Failed);
            assert_eq!(redeemed, usize::from(used), "redeemed once, and whoever was told so can rely on it");
        }
        let log = self.store.log();
        audit::check(Head::genesis(&id("shop-1")), &log).unwrap();
        let told = |kind| log.iter().filter(|entry| entry.kind == kind).count();
        let in_state = |states: &[State]| tokens.iter().filter(|token| states.contains(&token.state)).count();
        assert_eq!(told(Kind::TokenIssued), tokens.len());
        assert_eq!(told(Kind::TokenRedeemed), in_state(&[State::Succeeded, State::Failed]));
        assert_eq!(told(Kind::TokenRevoked), in_state(&[State::Revoked]));
        assert_eq!(told(Kind::TokenExpired), in_state(&[State::Expired]));
    }
}

proptest! {
    #[test]
    fn whatever_comes_no_token_is_redeemed_twice_and_no_unit_has_two(deeds in prop::collection::vec(any_deed(), 0..60)) {
        let mut world = World::new();
        for (step, deed) in deeds.iter().enumerate() {
            let before = world.store.tokens();
            world.do_deed(step, deed);
            world.check_entitlement();
            world.check(&before);
        }
    }

    #[test]
    fn any_text_shown_as_a_token_is_refused_on_record(text in "\\PC{0,60}|[A-Za-z0-9_-]{0,9}(\\.[A-Za-z0-9_-]{0,9}){2}") {
        let mut world = World::new();
        let shown = Presentation { token: text, vin: None, tool: None, outcome: Some(Outcome::Succeeded) };
        let answer = world.ask("s", String::new(), Ask::Show(Box::new(Show { shown, registered: registered() })));
        let refused = matches!(answer, Answer::Refused { reason: Reason::InvalidSignature, .. });
        prop_assert!(refused);
        prop_assert_eq!(world.store.log().len(), 1);
    }
}
