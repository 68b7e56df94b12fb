use proptest::prelude::*;

use super::*;
use crate::time::MINUTE;

const NOW: Timestamp = Timestamp::EPOCH;

fn failed() -> Verdict {
    Verdict::of(500, false)
}

/// The moments of the tries of a delivery that never succeeds, for as long as its endpoint is not given up.
fn tries(id: &str) -> Vec<Timestamp> {
    let (mut endpoint, schedule, mut at) = (Endpoint::default(), Schedule::default(), NOW);
    let mut moments = vec![at];
    while let Fate::Again(next) = endpoint.heard(id, u32::try_from(moments.len()).unwrap(), &failed(), &schedule, at) {
        at = next;
        moments.push(at);
    }
    moments
}

#[test]
fn a_delivery_is_tried_nine_times_in_two_days_and_then_is_dead() {
    let moments = tries("evt_1");
    assert_eq!(moments.len(), 9);
    let waits: Vec<i64> = moments.windows(2).map(|pair| pair[1].millis() - pair[0].millis()).collect();
    for (wait, seconds) in waits.iter().zip([5, 30, 120, 900, 3_600, 14_400, 43_200, 86_400]) {
        assert!((wait - seconds * SECOND).abs() <= seconds * SECOND / 10, "{wait} {seconds}");
    }
    assert!(moments[8].millis() < 2 * DAY);
}

#[test]
fn what_failed_together_does_not_come_back_together() {
    let again: std::collections::BTreeSet<_> = (0..100).map(|n| tries(&format!("evt_{n}"))[4].millis()).collect();
    assert!(again.len() > 60, "{}", again.len());
    assert_eq!(tries("evt_1"), tries("evt_1"));
}

#[test]
fn an_endpoint_is_given_up_after_three_days_without_success_and_not_before() {
    let (mut endpoint, schedule) = (Endpoint::default(), Schedule::default());
    let hear = |endpoint: &mut Endpoint, verdict: &Verdict, at: i64| {
        endpoint.heard("evt_1", 1, verdict, &schedule, Timestamp::from_millis(at))
    };
    hear(&mut endpoint, &failed(), MINUTE);
    assert!(matches!(hear(&mut endpoint, &failed(), MINUTE + GIVEN_UP_AFTER - 1), Fate::Again(_)));
    assert_eq!(hear(&mut endpoint, &Verdict::Taken, MINUTE + GIVEN_UP_AFTER - 1), Fate::Delivered);
    assert!(matches!(hear(&mut endpoint, &failed(), MINUTE + GIVEN_UP_AFTER), Fate::Again(_)), "it counts anew");
    assert_eq!(hear(&mut endpoint, &failed(), MINUTE + 2 * GIVEN_UP_AFTER), Fate::Dead);
    assert!(endpoint.disabled.is_some());
}

#[test]
fn a_receiver_that_wants_no_more_is_left_alone() {
    let mut endpoint = Endpoint::default();
    assert_eq!(endpoint.heard("evt_1", 1, &Verdict::of(410, false), &Schedule::default(), NOW), Fate::Dead);
    assert!(endpoint.disabled.unwrap().contains("410"));
}

#[test]
fn an_answer_is_a_success_or_told_in_words() {
    assert_eq!([200, 204, 299].map(|status| Verdict::of(status, false)), [const { Verdict::Taken }; 3]);
    for (status, late, words) in [
        (302, false, "status 302: redirects are not followed"),
        (400, false, "status 400"),
        (503, false, "status 503"),
        (0, true, "no answer within 10 seconds"),
        (0, false, "no connection, or it was cut off"),
    ] {
        assert_eq!(Verdict::of(status, late).error(), Some(words));
    }
}

#[test]
fn for_a_day_after_a_rotation_requests_have_both_signatures() {
    let secret = |letter: &str| format!("whsec_{}", letter.repeat(32));
    let mut endpoint = Endpoint { secret: secret("A"), ..Endpoint::default() };
    let before = endpoint.signature("evt_1", "{}", NOW);
    endpoint.rotate(secret("B"), NOW);
    let both = endpoint.signature("evt_1", "{}", NOW);
    assert!(both.split(' ').count() == 2 && both.split(' ').any(|one| one == before));
    assert_eq!(endpoint.signature("evt_1", "{}", NOW.plus(SECRET_OVERLAP - 1)).split(' ').count(), 2);
    assert_eq!(endpoint.signature("evt_1", "{}", NOW.plus(SECRET_OVERLAP)).split(' ').count(), 1);
}

#[test]
fn a_schedule_has_its_edges() {
    assert_eq!(Schedule::parse("5,30,120,900,3600,14400,43200,86400"), Some(Schedule::default()));
    assert_eq!(Schedule::parse("0, 604800"), Some(Schedule(vec![0, 7 * DAY])));
    for text in ["", "x", "5,", "-1", "604801", &["1"; 21].join(",")] {
        assert_eq!(Schedule::parse(text), None, "{text}");
    }
}

proptest! {
    #[test]
    fn whatever_a_receiver_answers_a_delivery_comes_to_rest(
        answers in prop::collection::vec(prop::sample::select(vec![0_u16, 200, 302, 400, 410, 429, 500]), 9),
        id in "[a-z0-9]{1,8}",
    ) {
        let (mut endpoint, schedule, mut at) = (Endpoint::default(), Schedule::default(), NOW);
        let mut rested = false;
        for (tries, status) in (1..).zip(answers) {
            let verdict = Verdict::of(status, false);
            match endpoint.heard(&id, tries, &verdict, &schedule, at) {
                Fate::Delivered => { prop_assert_eq!(&verdict, &Verdict::Taken); rested = true; break }
                Fate::Dead => { prop_assert!(tries == 9 || endpoint.disabled.is_some()); rested = true; break }
                Fate::Again(next) => { prop_assert!(next > at && endpoint.disabled.is_none()); at = next }
            }
        }
        prop_assert!(rested);
    }
}
