use super::super::claims::Authority;
use super::*;
use crate::time::{DAY, HOUR};
use crate::token::fixtures::{at, authority, claims};

const D: &str = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";
const X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

fn kid(ring: &Ring, now: Timestamp) -> String {
    ring.signer(now).unwrap().public().kid().to_owned()
}

fn published(ring: &Ring, now: Timestamp) -> Vec<String> {
    let set: Value = serde_json::from_str(&ring.jwks(now)).unwrap();
    set["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

/// A ring whose second key signs an hour after the tests begin.
fn rotated() -> Ring {
    Ring::of(&[7; 32]).rotated(&[8; 32], at(HOUR), at(0)).unwrap()
}

fn faults(text: &str) -> Vec<(String, String)> {
    Ring::parse(text).unwrap_err().into_iter().map(|fault| (fault.pointer, fault.detail)).collect()
}

#[test]
fn a_ring_comes_back_as_it_was_written() {
    let text = rotated().to_secret_json();
    let read = Ring::parse(&text).unwrap();
    assert_eq!(read.to_secret_json(), text);
    assert_eq!(kid(&read, at(0)), kid(&Ring::of(&[7; 32]), at(0)));
}

#[test]
fn a_ring_is_a_jwk_set_with_a_private_key() {
    // RFC 8037, appendix A.1, with the thumbprint of A.3.
    let kid = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k";
    let text = format!(r#"{{"keys":[{{"kty":"OKP","crv":"Ed25519","d":"{D}","x":"{X}"}}]}}"#);
    let written = format!(
        r#"{{"keys":[{{"alg":"EdDSA","crv":"Ed25519","d":"{D}","kid":"{kid}","kty":"OKP","use":"sig","x":"{X}"}}]}}"#
    );
    assert_eq!(Ring::parse(&text).unwrap().to_secret_json(), written);
}

#[test]
fn what_anybody_may_see_has_no_secret() {
    let set: Value = serde_json::from_str(&rotated().jwks(at(0))).unwrap();
    for key in set["keys"].as_array().unwrap() {
        let names: Vec<&str> = key.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(names, ["alg", "crv", "kid", "kty", "use", "x"]);
    }
    assert!(!format!("{:?}", rotated()).contains(&base64url::encode(&[7; 32])));
}

#[test]
fn a_new_key_is_published_before_it_signs_and_the_old_one_after_it_has_stopped() {
    let ring = rotated();
    let (old, new) = (kid(&Ring::of(&[7; 32]), at(0)), kid(&Ring::of(&[8; 32]), at(0)));
    let signs = |millis| kid(&ring, at(millis));
    assert_eq!([0, HOUR - 1, HOUR].map(signs), [&old, &old, &new].map(Clone::clone));
    assert_eq!(published(&ring, at(0)), [old.clone(), new.clone()]);
    let gone = HOUR + PUBLISHED_AFTER;
    assert_eq!(published(&ring, at(gone - 1)), [old, new.clone()]);
    assert_eq!(published(&ring, at(gone)), [new]);
}

#[test]
fn the_last_token_of_an_old_key_is_good_to_its_end() {
    let ring = rotated();
    let authority = Authority { ring, ..authority() };
    let last = HOUR - 1;
    let mut claims = claims();
    (claims.iat, claims.nbf) = (at(last).millis() / 1_000, at(last).millis() / 1_000);
    claims.exp = claims.iat + MAX_LIFE / 1_000;
    let token = authority.sign(&claims, at(last)).unwrap();
    let end = claims.ends_at();
    assert!(authority.verify(&token, end.plus(-1)).is_ok());
    assert!(authority.ring.key(&kid(&authority.ring, at(last)), end).is_some(), "until then its key is published");
}

#[test]
fn a_key_that_has_stopped_signing_loses_its_secret_at_the_next_rotation_and_then_its_place() {
    let later = at(2 * HOUR);
    let ring = rotated().rotated(&[9; 32], at(3 * HOUR), later).unwrap();
    assert!(!ring.to_secret_json().contains(&base64url::encode(&[7; 32])));
    assert!(ring.to_secret_json().contains(&base64url::encode(&[8; 32])), "it signs for another hour");
    assert_eq!(published(&ring, later).len(), 3);
    let much_later = at(100 * DAY);
    let ring = ring.rotated(&[10; 32], at(101 * DAY), much_later).unwrap();
    assert_eq!(published(&ring, much_later).len(), 2);
    assert!(Ring::parse(&ring.to_secret_json()).is_ok());
}

#[test]
fn a_rotation_that_somebody_would_miss_is_refused() {
    let ring = rotated();
    let rotate = |seed, from, now| ring.rotated(&[seed; 32], at(from), at(now)).map(|_| ());
    assert_eq!(rotate(9, HOUR, 0), Err(RotationRefused::AnotherIsNext(at(HOUR))));
    assert_eq!(rotate(9, 2 * HOUR, 2 * HOUR), Err(RotationRefused::NotAhead));
    assert_eq!(rotate(9, 2 * HOUR + 999, 2 * HOUR), Err(RotationRefused::NotAhead), "keys begin on whole seconds");
    assert_eq!(rotate(7, 2 * HOUR, 0), Err(RotationRefused::Known));
    assert_eq!(rotate(9, 2 * HOUR, 0), Ok(()));
    let mut full = Ring::of(&[0; 32]);
    for seed in 1..16 {
        full = full.rotated(&[seed; 32], at(i64::from(seed) * HOUR), at(0)).unwrap();
    }
    assert_eq!(full.rotated(&[99; 32], at(99 * HOUR), at(0)).map(|_| ()), Err(RotationRefused::Full));
}

#[test]
fn a_ring_without_the_secret_of_its_turn_signs_nothing_and_checks_all_the_same() {
    let mut set: Value = serde_json::from_str(&rotated().to_secret_json()).unwrap();
    set["keys"][0].as_object_mut().unwrap().remove("d");
    let ring = Ring::parse(&set.to_string()).unwrap();
    assert!(ring.signer(at(0)).is_none() && ring.signer(at(HOUR)).is_some());
    assert_eq!(published(&ring, at(0)).len(), 2);
}

#[test]
fn every_fault_of_a_ring_is_named_and_no_secret_is_repeated() {
    let other = base64url::encode(&[9; 32]);
    let text = format!(
        r#"{{"keys":[
            {{"kty":"RSA","crv":"Ed25519","x":"{X}","d":"{D}"}},
            {{"kty":"OKP","crv":"X25519","x":"{X}=","d":"{D}"}},
            {{"kty":"OKP","crv":"Ed25519","x":"{X}","d":"{other}","alg":"HS256","use":"enc","kid":"1","nbf":-1,"nfb":2}},
            {{"kty":"OKP","crv":"Ed25519","x":"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}},
            {{}}
        ]}}"#
    );
    let found = faults(&text);
    let at: Vec<&str> = found.iter().map(|(at, _)| at.as_str()).collect();
    let expected = [
        "/keys/0/kty",
        "/keys/1/crv",
        "/keys/1/x",
        "/keys/2/alg",
        "/keys/2/use",
        "/keys/2/nbf",
        "/keys/2/nfb",
        "/keys/2/d",
        "/keys/2/kid",
        "/keys/2",
        "/keys/3/x",
        "/keys/4/kty",
        "/keys/4/crv",
        "/keys/4/x",
    ];
    assert_eq!(at, expected);
    assert!(found.iter().all(|(_, detail)| !detail.contains(&other) && !detail.contains(D)));
}

#[test]
fn a_ring_has_keys_and_they_take_turns() {
    for text in ["", "[]", "{}", r#"{"keys":[]}"#, r#"{"keys":1}"#, r#"{"keys":[{}],"more":1}"#] {
        assert!(Ring::parse(text).is_err(), "{text}");
    }
    let mut set: Value = serde_json::from_str(&rotated().to_secret_json()).unwrap();
    set["keys"][1].as_object_mut().unwrap().remove("nbf");
    assert_eq!(faults(&set.to_string())[0].0, "/keys/1/nbf");
    let mut set: Value = serde_json::from_str(&rotated().to_secret_json()).unwrap();
    set["keys"][1].as_object_mut().unwrap().remove("d");
    assert_eq!(faults(&set.to_string()), [("/keys".to_owned(), "the key that signs last has no `d`".to_owned())]);
}
