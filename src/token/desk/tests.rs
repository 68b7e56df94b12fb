//! What a desk does, step by step: the attacks on use among it. Those on signatures are in `jws/tests.rs`.

use super::*;
use crate::quote::call::Idempotency;
use crate::time::{HOUR, MINUTE};
use crate::token::audit;
use crate::token::call::{Issue, Show};
use crate::token::claims::LEEWAY;
use crate::token::evidence::{Doubt, Fit, SoldLine, Verdict, Warning};
use crate::token::fixtures::{at, authority, crew, id, registered, request, sold, subject};
use crate::token::jwk::SecretKey;
use crate::token::memory::MemoryStore;
use crate::token::record::Outcome;
use crate::token::register::{Party, Registered};
use crate::token::request::Presentation;
use crate::token::ring::Ring;

/// The desk of `shop-1`, with a clock moved by hand.
struct House {
    authority: Authority,
    store: MemoryStore,
    now: Timestamp,
}

impl House {
    fn new() -> Self {
        Self { authority: authority(), store: MemoryStore::default(), now: at(0) }
    }

    fn ask_as(&self, account: &str, idempotency: Option<Idempotency>, ask: Ask) -> Answer {
        let (account, by) = (id(account), id(account));
        let desk = Desk::new(&account, &self.authority, &self.store);
        desk.handle(Call { by, idempotency, ask }, self.now).unwrap()
    }

    fn ask(&self, ask: Ask) -> Answer {
        self.ask_as("shop-1", None, ask)
    }

    fn issue(&self, name: &str, line: SoldLine) -> Result<Token, Reason> {
        token(self.ask(issue(name, line)))
    }

    fn show(&self, shown: Presentation) -> Result<Token, Reason> {
        token(self.ask(show(shown)))
    }

    fn redeem(&self, of: &Token, outcome: Outcome) -> Result<Token, Reason> {
        self.show(Presentation { outcome: Some(outcome), ..presented(of) })
    }

    fn revoke(&self, name: &str) -> Result<Token, Reason> {
        token(self.ask(Ask::Revoke { token: id(name), cause: Some("asked".into()) }))
    }

    fn states(&self) -> Vec<State> {
        self.store.tokens().iter().map(|token| token.state).collect()
    }

    /// The kinds of the log's entries; and that nobody touched it.
    fn log(&self) -> Vec<(Kind, Option<Reason>)> {
        let log = self.store.log();
        audit::check(Head::genesis(&id("shop-1")), &log).unwrap();
        log.iter().map(|entry| (entry.kind, entry.reason)).collect()
    }
}

fn issue(name: &str, line: SoldLine) -> Ask {
    let request = request();
    Ask::Issue(Box::new(Issue { id: id(name), request, line: Some(line), registered: registered() }))
}

/// An issue with something changed.
fn issue_with(change: impl FnOnce(&mut Issue)) -> Ask {
    let Ask::Issue(mut issue) = issue("t_1", sold(1, 0)) else { unreachable!() };
    change(&mut issue);
    Ask::Issue(issue)
}

fn show(shown: Presentation) -> Ask {
    Ask::Show(Box::new(Show { shown, registered: registered() }))
}

/// A token shown as it should be, to be looked at.
fn presented(of: &Token) -> Presentation {
    let Claims { vin, tool, .. } = of.claims.clone();
    Presentation { token: of.jws.clone(), vin: Some(vin), tool: Some(tool), outcome: None }
}

fn token(answer: Answer) -> Result<Token, Reason> {
    match answer {
        Answer::Done { token: Some(token), .. } => Ok(*token),
        Answer::Refused { reason, .. } => Err(reason),
        other => panic!("{other:?}"),
    }
}

fn key(name: &str, body: &str) -> Idempotency {
    Idempotency { key: id(name), fingerprint: body.into() }
}

#[test]
fn a_token_is_issued_for_a_unit_that_was_sold() {
    let house = House::new();
    let token = house.issue("t_1", sold(1, 0)).unwrap();
    assert_eq!(house.authority.verify(&token.jws, at(0)), Ok(token.claims.clone()));
    assert_eq!(token.claims, Claims { jti: id("t_1"), ..crate::token::fixtures::claims() });
    assert_eq!(house.log(), [(Kind::TokenIssued, None)]);
}

#[test]
fn never_more_tokens_than_units_and_a_hundred_askers_get_as_many_as_there_are() {
    let house = House::new();
    let answers = (0..100).map(|n| house.issue(&format!("t_{n}"), sold(3, 0)).map(|_| ()));
    let answers: Vec<_> = answers.collect();
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 3);
    assert!(answers[3..].iter().all(|answer| *answer == Err(Reason::EntitlementExhausted)));
}

#[test]
fn each_line_has_units_of_its_own() {
    let house = House::new();
    house.issue("t_1", sold(1, 0)).unwrap();
    let other = issue_with(|issue| {
        (issue.id, issue.request.line) = (id("t_2"), 1);
        issue.line.as_mut().unwrap().line = 1;
    });
    assert!(token(house.ask(other)).is_ok());
}

#[test]
fn a_failed_revoked_or_expired_token_gives_its_unit_back_and_a_success_does_not() {
    let mut house = House::new();
    let first = house.issue("t_1", sold(1, 0)).unwrap();
    house.redeem(&first, Outcome::Failed).unwrap();
    house.issue("t_2", sold(1, 0)).unwrap();
    house.revoke("t_2").unwrap();
    let third = house.issue("t_3", sold(1, 0)).unwrap();
    house.now = third.claims.ends_at();
    let fourth = house.issue("t_4", sold(1, 0)).unwrap();
    house.redeem(&fourth, Outcome::Succeeded).unwrap();
    assert_eq!(house.issue("t_5", sold(1, 0)), Err(Reason::EntitlementExhausted));
    assert_eq!(house.states(), [State::Failed, State::Revoked, State::Expired, State::Succeeded]);
}

#[test]
fn a_unit_is_not_free_again_while_any_verifier_may_take_its_token() {
    let mut house = House::new();
    let first = house.issue("t_1", sold(1, 0)).unwrap();
    house.now = first.claims.expires_at().plus(LEEWAY - 1);
    assert_eq!(house.issue("t_2", sold(1, 0)), Err(Reason::EntitlementExhausted));
    assert!(house.redeem(&first, Outcome::Succeeded).is_ok());
}

#[test]
fn a_line_without_sold_units_gets_no_token() {
    let house = House::new();
    assert_eq!(house.issue("t_1", sold(0, 0)), Err(Reason::NotCommitted));
    assert_eq!(house.issue("t_1", sold(2, 2)), Err(Reason::NotCommitted));
    let none = issue_with(|issue| issue.line = None);
    assert_eq!(token(house.ask(none)), Err(Reason::NotFound));
    let another = issue_with(|issue| issue.line.as_mut().unwrap().line = 1);
    assert_eq!(token(house.ask(another)), Err(Reason::NotFound), "the evidence is of another line");
}

#[test]
fn a_part_that_works_without_calibration_gets_no_token() {
    let house = House::new();
    let answer = house.ask(issue_with(|issue| issue.line.as_mut().unwrap().subjects.clear()));
    assert_eq!(token(answer), Err(Reason::CalibrationNotRequired));
}

#[test]
fn of_a_bundle_each_part_has_units_of_its_own_and_must_be_named() {
    let house = House::new();
    let kit = |name: &str, sku: Option<&str>| {
        let sku = sku.map(id);
        token(house.ask(issue_with(|issue| {
            (issue.id, issue.request.sku) = (id(name), sku);
            issue.line.as_mut().unwrap().subjects = vec![subject("RADAR", 2), subject("CAMERA", 1)];
        })))
        .map(|token| token.claims.sku.to_string())
    };
    assert_eq!(kit("t_1", None), Err(Reason::AmbiguousPart));
    assert_eq!(kit("t_1", Some("BRACKET")), Err(Reason::AmbiguousPart));
    assert_eq!(kit("t_1", Some("RADAR")), Ok("RADAR".into()));
    assert_eq!(kit("t_2", Some("RADAR")), Ok("RADAR".into()));
    assert_eq!(kit("t_3", Some("RADAR")), Err(Reason::EntitlementExhausted));
    assert_eq!(kit("t_3", Some("CAMERA")), Ok("CAMERA".into()));
}

#[test]
fn a_part_that_does_not_fit_is_refused_and_an_unknown_fit_is_allowed_on_record() {
    let house = House::new();
    let with = |verdict, warnings: Vec<Warning>| {
        house.ask(issue_with(|issue| {
            issue.line.as_mut().unwrap().subjects[0].fit = Fit { verdict, warnings };
        }))
    };
    assert_eq!(token(with(Verdict::Mismatch, vec![])), Err(Reason::VehicleMismatch));
    let warning = Warning { code: Doubt::FitmentUnknown, message: "nobody knows".into() };
    let issued = token(with(Verdict::Unknown, vec![warning.clone()])).unwrap();
    assert_eq!((&issued.warnings, &house.store.log()[1].warnings), (&vec![warning.clone()], &vec![warning]));
}

#[test]
fn whoever_is_not_approved_gets_no_token_and_it_is_on_record() {
    let house = House::new();
    let answer = house.ask(issue_with(|issue| issue.registered = Registered::default()));
    assert_eq!(token(answer), Err(Reason::UnknownShop));
    let answer = house.ask(issue_with(|issue| issue.registered.tool.as_mut().unwrap().shop = id("SH-2")));
    assert_eq!(token(answer), Err(Reason::ToolOfAnotherShop));
    let refused = Kind::TokenRefused;
    let expected = [(refused, Some(Reason::UnknownShop)), (refused, Some(Reason::ToolOfAnotherShop))];
    assert_eq!(house.log(), expected);
    let entry = &house.store.log()[1];
    assert_eq!(
        (entry.act, entry.by.clone(), entry.tool.clone()),
        (Some(Act::Issue), Some(id("shop-1")), Some(id("D-1")))
    );
}

#[test]
fn a_token_is_redeemed_once_however_often_it_is_shown() {
    let house = House::new();
    let issued = house.issue("t_1", sold(1, 0)).unwrap();
    let answers: Vec<_> = (0..100).map(|_| house.redeem(&issued, Outcome::Succeeded).map(|_| ())).collect();
    assert_eq!(answers[0], Ok(()));
    assert!(answers[1..].iter().all(|answer| *answer == Err(Reason::AlreadyRedeemed)));
    assert_eq!(house.log().len(), 101);
}

#[test]
fn a_failed_redemption_uses_the_token_up_too() {
    let house = House::new();
    let issued = house.issue("t_1", sold(1, 0)).unwrap();
    assert_eq!(house.redeem(&issued, Outcome::Failed).unwrap().state, State::Failed);
    assert_eq!(house.redeem(&issued, Outcome::Succeeded), Err(Reason::AlreadyRedeemed));
}

#[test]
fn another_account_tool_or_vehicle_cannot_redeem_and_learns_nothing() {
    let house = House::new();
    let issued = house.issue("t_1", sold(1, 0)).unwrap();
    let redeem = |change: fn(&mut Presentation)| {
        let mut shown = Presentation { outcome: Some(Outcome::Succeeded), ..presented(&issued) };
        change(&mut shown);
        shown
    };
    let other_account = House { now: house.now, authority: authority(), store: MemoryStore::default() };
    assert_eq!(token(other_account.ask_as("shop-2", None, show(redeem(|_| ())))), Err(Reason::ScopeMismatch));
    let wrong: [fn(&mut Presentation); 4] = [
        |shown| shown.tool = Some(id("D-2")),
        |shown| shown.vin = Some(id("1HGCM82633A004353")),
        |shown| shown.tool = None,
        |shown| shown.vin = None,
    ];
    for change in wrong {
        assert_eq!(house.show(redeem(change)), Err(Reason::ScopeMismatch));
    }
    house.revoke("t_1").unwrap();
    assert_eq!(house.show(redeem(wrong[0])), Err(Reason::ScopeMismatch), "not that it was revoked");
    assert_eq!(house.show(redeem(|_| ())), Err(Reason::TokenRevoked));
}

#[test]
fn a_revoked_token_cannot_be_redeemed_nor_revoked_again() {
    let house = House::new();
    let issued = house.issue("t_1", sold(1, 0)).unwrap();
    assert_eq!(house.revoke("t_1").unwrap().state, State::Revoked);
    assert_eq!(house.redeem(&issued, Outcome::Succeeded), Err(Reason::TokenRevoked));
    assert_eq!(house.revoke("t_1"), Err(Reason::TokenRevoked));
    assert_eq!(house.revoke("t_2"), Err(Reason::NotFound));
    let second = house.issue("t_2", sold(1, 0)).unwrap();
    house.redeem(&second, Outcome::Succeeded).unwrap();
    assert_eq!(house.revoke("t_2"), Err(Reason::AlreadyRedeemed));
}

#[test]
fn a_token_expires_by_the_clock_whether_or_not_the_alarm_rang() {
    let mut house = House::new();
    let issued = house.issue("t_1", sold(1, 0)).unwrap();
    house.now = issued.claims.ends_at().plus(-1);
    assert!(house.show(presented(&issued)).is_ok());
    house.now = issued.claims.ends_at();
    assert_eq!(house.redeem(&issued, Outcome::Succeeded), Err(Reason::TokenExpired));
    assert_eq!(house.revoke("t_1"), Err(Reason::TokenExpired));
    assert_eq!(house.log()[2], (Kind::TokenExpired, None));
}

#[test]
fn the_alarm_marks_what_has_expired_once_and_says_when_to_ring() {
    let house = House::new();
    let issued = house.issue("t_1", sold(1, 0)).unwrap();
    let account = id("shop-1");
    let desk = Desk::new(&account, &house.authority, &house.store);
    let due = house.store.next_due().unwrap().unwrap();
    assert_eq!(due, issued.claims.ends_at());
    for now in [due.plus(-1), due, due.plus(1)] {
        desk.wake(now).unwrap();
    }
    assert_eq!(house.store.next_due().unwrap(), None);
    assert_eq!(house.log(), [(Kind::TokenIssued, None), (Kind::TokenExpired, None)]);
    assert_eq!(house.store.tokens()[0].ended_at, Some(due));
}

#[test]
fn what_is_no_token_is_refused_on_record_with_what_was_wrong() {
    let house = House::new();
    let issued = house.issue("t_1", sold(1, 0)).unwrap();
    let foreign = SecretKey::from_seed(&[8; 32]);
    let forged = super::super::jws::sign("calibration+jwt", &serde_json::to_string(&issued.claims).unwrap(), &foreign);
    for (text, fault) in [("", "malformed"), (&"x".repeat(5_000), "oversized"), (&forged, "unknown_key")] {
        let shown = Presentation { token: text.to_owned(), outcome: Some(Outcome::Succeeded), ..presented(&issued) };
        assert_eq!(house.show(shown), Err(Reason::InvalidSignature));
        let entry = house.store.log().pop().unwrap();
        assert_eq!(entry.fault.as_deref(), Some(fault));
        assert_eq!(entry.presented, Some(sha256(text)));
        assert_eq!(entry.token, None, "nothing in it can be believed");
    }
}

fn sha256(text: &str) -> String {
    crate::digest::sha256_hex(text.as_bytes())
}

#[test]
fn a_token_we_signed_and_did_not_issue_is_refused() {
    let house = House::new();
    let issued = house.issue("t_1", sold(1, 0)).unwrap();
    let signed = |change: fn(&mut Claims)| {
        let mut claims = issued.claims.clone();
        change(&mut claims);
        let token = house.authority.sign(&claims, house.now).unwrap();
        let shown = Presentation { vin: Some(claims.vin), ..presented(&issued) };
        house.show(Presentation { token, outcome: Some(Outcome::Succeeded), ..shown })
    };
    assert_eq!(signed(|claims| claims.jti = id("t_2")), Err(Reason::NotFound));
    assert_eq!(signed(|claims| claims.vin = id("1HGCM82633A004353")), Err(Reason::ScopeMismatch));
    assert_eq!(signed(|claims| claims.exp += 1), Err(Reason::ScopeMismatch));
    assert_eq!(signed(|claims| claims.aud = "diagnosis".into()), Err(Reason::ScopeMismatch));
    assert_eq!(signed(|claims| claims.iss = "https://other.example".into()), Err(Reason::InvalidSignature));
    assert!(signed(|_| ()).is_ok(), "with the same claims it is the same token");
}

#[test]
fn looking_at_a_token_changes_nothing_and_is_on_record() {
    let house = House::new();
    let issued = house.issue("t_1", sold(1, 0)).unwrap();
    let bare = Presentation { vin: None, tool: None, ..presented(&issued) };
    assert_eq!(house.show(bare.clone()), Ok(issued.clone()));
    assert_eq!(house.show(presented(&issued)), Ok(issued.clone()));
    let wrong = Presentation { tool: Some(id("D-2")), ..bare };
    assert_eq!(house.show(wrong), Err(Reason::ScopeMismatch));
    let verified = (Kind::TokenVerified, None);
    let refused = (Kind::TokenRefused, Some(Reason::ScopeMismatch));
    assert_eq!(house.log()[1..], [verified, verified, refused]);
    assert!(house.redeem(&issued, Outcome::Succeeded).is_ok());
}

#[test]
fn whoever_lost_their_approval_cannot_redeem_and_the_token_stays() {
    let house = House::new();
    let issued = house.issue("t_1", sold(1, 0)).unwrap();
    let shown = Presentation { outcome: Some(Outcome::Succeeded), ..presented(&issued) };
    let mut registered = registered();
    registered.technician.as_mut().unwrap().approval.until = Some(at(0));
    let answer = house.ask(Ask::Show(Box::new(Show { shown, registered })));
    assert_eq!(token(answer), Err(Reason::TechnicianNotApproved));
    assert_eq!(house.states(), [State::Active]);
}

#[test]
fn a_suspension_takes_effect_at_once_and_takes_back_what_names_the_party() {
    let house = House::new();
    let issued = house.issue("t_1", sold(2, 0)).unwrap();
    for (party, reason) in crew().parties().into_iter().zip([
        Reason::ShopNotApproved,
        Reason::TechnicianNotApproved,
        Reason::ToolNotApproved,
    ]) {
        house.ask(Ask::Suspend { party: party.clone(), cause: Some("stolen".into()) });
        assert_eq!(house.states(), [State::Revoked]);
        assert_eq!(house.issue("t_2", sold(2, 0)), Err(reason));
        house.ask(Ask::Reinstate { party });
    }
    assert_eq!(house.redeem(&issued, Outcome::Succeeded), Err(Reason::TokenRevoked));
    assert!(house.issue("t_2", sold(2, 0)).is_ok());
    let other = Party { id: id("D-2"), ..crew().parties()[2].clone() };
    house.ask(Ask::Suspend { party: other, cause: None });
    assert_eq!(house.states(), [State::Revoked, State::Active]);
    assert_eq!(house.log()[1], (Kind::PartySuspended, None));
}

#[test]
fn when_units_come_back_the_newest_tokens_that_are_too_many_are_revoked() {
    let house = House::new();
    for name in ["t_1", "t_2", "t_3"] {
        house.issue(name, sold(3, 0)).unwrap();
    }
    house.ask(Ask::Returned(sold(3, 1)));
    assert_eq!(house.states(), [State::Active, State::Active, State::Revoked]);
    assert_eq!(house.log()[3..], [(Kind::UnitReturned, None), (Kind::TokenRevoked, None)]);
    assert_eq!(house.store.log()[4].cause.as_deref(), Some("unit returned"));
    assert_eq!(house.issue("t_4", sold(3, 1)), Err(Reason::EntitlementExhausted));
}

#[test]
fn a_return_while_units_are_without_token_revokes_nothing() {
    let house = House::new();
    house.issue("t_1", sold(3, 0)).unwrap();
    house.ask(Ask::Returned(sold(3, 2)));
    assert_eq!(house.states(), [State::Active]);
    assert_eq!(house.issue("t_2", sold(3, 2)), Err(Reason::EntitlementExhausted));
}

#[test]
fn what_is_calibrated_stays_so_when_its_unit_comes_back() {
    let house = House::new();
    let first = house.issue("t_1", sold(2, 0)).unwrap();
    house.issue("t_2", sold(2, 0)).unwrap();
    house.redeem(&first, Outcome::Succeeded).unwrap();
    house.ask(Ask::Returned(sold(2, 2)));
    assert_eq!(house.states(), [State::Succeeded, State::Revoked]);
}

#[test]
fn an_issue_that_was_on_its_way_while_units_came_back_does_not_count_them() {
    let house = House::new();
    house.issue("t_1", sold(2, 0)).unwrap();
    house.ask(Ask::Returned(sold(2, 1)));
    assert_eq!(house.issue("t_2", sold(2, 0)), Err(Reason::EntitlementExhausted), "its word is older");
}

#[test]
fn the_next_issue_tells_of_a_return_that_nobody_told() {
    let house = House::new();
    house.issue("t_1", sold(2, 0)).unwrap();
    house.issue("t_2", sold(2, 0)).unwrap();
    assert_eq!(house.issue("t_3", sold(2, 1)), Err(Reason::EntitlementExhausted));
    assert_eq!(house.states(), [State::Active, State::Revoked]);
}

#[test]
fn a_return_told_twice_takes_back_once() {
    let house = House::new();
    house.issue("t_1", sold(2, 0)).unwrap();
    house.issue("t_2", sold(2, 0)).unwrap();
    house.ask(Ask::Returned(sold(2, 1)));
    house.ask(Ask::Returned(sold(2, 1)));
    assert_eq!(house.states(), [State::Active, State::Revoked]);
}

#[test]
fn of_a_returned_bundle_each_part_loses_as_many_tokens_as_were_in_it() {
    let house = House::new();
    let line = |returned| SoldLine { subjects: vec![subject("RADAR", 2)], ..sold(2, returned) };
    for n in 0..4 {
        house.issue(&format!("t_{n}"), line(0)).unwrap();
    }
    // The caller of a return need not know what needs calibration.
    house.ask(Ask::Returned(SoldLine { subjects: vec![], ..line(1) }));
    assert_eq!(house.states(), [State::Active, State::Active, State::Revoked, State::Revoked]);
}

#[test]
fn the_same_call_again_has_one_effect_and_the_same_answer() {
    let house = House::new();
    let ask = |name, body, ask| house.ask_as("shop-1", Some(key(name, body)), ask);
    let first = ask("k1", "a", issue("t_1", sold(1, 0)));
    assert_eq!(ask("k1", "a", issue("t_1", sold(1, 0))), first.clone().again());
    assert_eq!(ask("k1", "b", issue("t_1", sold(1, 0))), Answer::KeyReused);
    let issued = token(first).unwrap();
    let redeem = || show(Presentation { outcome: Some(Outcome::Succeeded), ..presented(&issued) });
    let redeemed = ask("k2", "a", redeem());
    assert!(matches!(&redeemed, Answer::Done { entry, .. } if entry.request == Some(id("k2"))));
    assert_eq!(ask("k2", "a", redeem()), redeemed.again());
    let refused = ask("k3", "a", redeem());
    assert_eq!(ask("k3", "a", redeem()), refused.again());
    assert_eq!(house.log().len(), 3);
}

#[test]
fn after_its_answer_is_forgotten_an_issue_still_meets_its_own_token() {
    let mut house = House::new();
    let first = token(house.ask_as("shop-1", Some(key("k1", "a")), issue("t_1", sold(1, 0)))).unwrap();
    house.now = at(DAY + HOUR);
    let account = id("shop-1");
    Desk::new(&account, &house.authority, &house.store).wake(house.now).unwrap();
    assert_eq!(house.store.remembered(&id("k1")).unwrap(), None);
    let again = house.ask_as("shop-1", Some(key("k1", "a")), issue("t_1", sold(1, 0)));
    assert!(matches!(&again, Answer::Done { replayed: true, entry, .. } if entry.kind == Kind::TokenIssued));
    assert_eq!(token(again).unwrap().jws, first.jws);
}

#[test]
fn answers_are_remembered_for_a_day() {
    let house = House::new();
    house.ask_as("shop-1", Some(key("k1", "a")), issue("t_1", sold(1, 0)));
    let account = id("shop-1");
    let desk = Desk::new(&account, &house.authority, &house.store);
    desk.wake(at(DAY)).unwrap();
    assert!(house.store.remembered(&id("k1")).unwrap().is_some());
    desk.wake(at(DAY + 1)).unwrap();
    assert!(house.store.remembered(&id("k1")).unwrap().is_none());
}

#[test]
fn without_a_key_to_sign_with_nothing_is_issued_remembered_or_logged() {
    let mut house = House::new();
    let seed = [7; 32];
    house.authority.ring = Ring::parse(&Ring::of(&seed).rotated(&[8; 32], at(HOUR), at(0)).unwrap().to_secret_json())
        .map(|ring| {
            let mut set: serde_json::Value = serde_json::from_str(&ring.to_secret_json()).unwrap();
            set["keys"][0].as_object_mut().unwrap().remove("d");
            Ring::parse(&set.to_string()).unwrap()
        })
        .unwrap();
    let answer = house.ask_as("shop-1", Some(key("k1", "a")), issue("t_1", sold(1, 0)));
    assert_eq!(token(answer), Err(Reason::TokensNotConfigured));
    assert_eq!(house.ask(Ask::StatusList { list: 0 }), Answer::refused(Reason::TokensNotConfigured));
    house.now = at(HOUR);
    let answer = house.ask_as("shop-1", Some(key("k1", "a")), issue("t_1", sold(1, 0)));
    assert!(token(answer).is_ok());
    assert_eq!(house.log().len(), 1);
}

#[test]
fn tokens_signed_before_a_rotation_are_redeemed_after_it() {
    let mut house = House::new();
    let first = house.issue("t_1", sold(2, 0)).unwrap();
    house.authority.ring = house.authority.ring.rotated(&[8; 32], at(MINUTE), at(0)).unwrap();
    house.now = at(MINUTE);
    let second = house.issue("t_2", sold(2, 0)).unwrap();
    let header = |token: &Token| token.jws.split('.').next().unwrap().to_owned();
    assert_ne!(header(&first), header(&second), "another key signs");
    assert!(house.redeem(&first, Outcome::Succeeded).is_ok());
    assert!(house.redeem(&second, Outcome::Succeeded).is_ok());
}

#[test]
fn a_token_is_shown_with_every_attempt_on_it() {
    let house = House::new();
    let issued = house.issue("t_1", sold(2, 0)).unwrap();
    house.issue("t_2", sold(2, 0)).unwrap();
    let wrong = Presentation { tool: Some(id("D-9")), outcome: Some(Outcome::Succeeded), ..presented(&issued) };
    house.show(wrong).unwrap_err();
    house.redeem(&issued, Outcome::Succeeded).unwrap();
    house.redeem(&issued, Outcome::Succeeded).unwrap_err();
    let Answer::Token { token, attempts } = house.ask(Ask::Get { token: id("t_1") }) else { panic!() };
    assert_eq!(token.state, State::Succeeded);
    let refused = Kind::TokenRefused;
    let kinds: Vec<_> = attempts.iter().map(|entry| (entry.kind, entry.reason)).collect();
    let (mismatch, again) = (Some(Reason::ScopeMismatch), Some(Reason::AlreadyRedeemed));
    assert_eq!(kinds, [(Kind::TokenIssued, None), (refused, mismatch), (Kind::TokenRedeemed, None), (refused, again)]);
    assert_eq!(attempts[1].tool, Some(id("D-9")), "the tool it was shown for");
    assert_eq!(house.ask(Ask::Get { token: id("t_9") }), Answer::refused(Reason::NotFound));
}

#[test]
fn the_log_comes_in_pages_that_can_be_checked() {
    let house = House::new();
    for n in 0..5 {
        let _ = house.issue(&format!("t_{n}"), sold(2, 0));
    }
    let mut head = Head::genesis(&id("shop-1"));
    for expected in [2, 2, 1, 0] {
        let Answer::Log { entries } = house.ask(Ask::Log { after: head.seq, limit: 2 }) else { panic!() };
        assert_eq!(entries.len(), expected);
        head = audit::check(head, &entries).unwrap();
    }
}

#[test]
fn the_status_list_marks_what_was_revoked_or_used() {
    let house = House::new();
    let first = house.issue("t_1", sold(3, 0)).unwrap();
    house.issue("t_2", sold(3, 0)).unwrap();
    house.issue("t_3", sold(3, 0)).unwrap();
    house.redeem(&first, Outcome::Succeeded).unwrap();
    house.revoke("t_3").unwrap();
    let Answer::StatusList { jwt } = house.ask(Ask::StatusList { list: 0 }) else { panic!() };
    let states = [(0, State::Succeeded), (2, State::Revoked)];
    assert_eq!(Some(jwt), status::signed(&house.authority, &id("shop-1"), 0, states, house.now));
    assert_eq!(house.ask(Ask::StatusList { list: u64::MAX }), Answer::refused(Reason::NotFound));
}

#[test]
fn stored_tokens_and_calls_keep_their_format() {
    // Desks have rows in this form: a change needs a migration.
    let house = House::new();
    let token = house.issue("t_1", sold(1, 0)).unwrap();
    let mut value = serde_json::to_value(&token).unwrap();
    assert_eq!(serde_json::from_value::<Token>(value.clone()).unwrap(), token);
    let names: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names, ["claims", "jws", "number", "per_unit", "state"]);
    value["state"] = "succeeded".into();
    value["ended_at"] = "2026-11-21T12:00:00.000Z".into();
    assert_eq!(serde_json::from_value::<Token>(value).unwrap().state, State::Succeeded);
    let call = Call { by: id("shop-1"), idempotency: Some(key("k", "f")), ask: issue("t_1", sold(1, 0)) };
    let text = serde_json::to_string(&call).unwrap();
    assert_eq!(serde_json::from_str::<Call>(&text).unwrap(), call);
    let answer = house.ask(issue("t_1", sold(1, 0)));
    let text = serde_json::to_string(&answer).unwrap();
    assert_eq!(serde_json::from_str::<Answer>(&text).unwrap(), answer);
}
