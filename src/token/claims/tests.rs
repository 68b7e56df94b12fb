use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::token::fixtures::{at, authority, claims, id};
use crate::token::jwk::SecretKey;

fn token(claims: &Claims) -> String {
    authority().sign(claims, at(0)).unwrap()
}

/// A token whose claims are what `change` makes of sound ones.
fn changed(change: impl FnOnce(&mut Value)) -> String {
    let mut payload = serde_json::to_value(claims()).unwrap();
    change(&mut payload);
    jws::sign(TYPE, &payload.to_string(), &SecretKey::from_seed(&[7; 32]))
}

fn fault(token: &str) -> TokenFault {
    authority().verify(token, at(0)).unwrap_err()
}

#[test]
fn the_claims_keep_their_names() {
    // Gateways read these: a change needs a new type.
    let expected = json!({
        "jti": "t_0", "iss": "https://parts.example", "aud": "calibration", "sub": "shop-1",
        "iat": 1_795_262_400, "nbf": 1_795_262_400, "exp": 1_795_348_800,
        "vin": "1HGCM82633A004352", "ecu": "ACC radar", "brand": "RDRX", "number": "RX-1", "sku": "RADAR",
        "shop": "SH-1", "technician": "T-1", "tool": "D-1", "procedure": "radar-aim", "procedure_version": "1.0",
        "quote": "q", "line": 0, "max_uses": 1,
        "status": {"status_list": {"idx": 0, "uri": "https://parts.example/v1/tokens/status/shop-1/0"}},
    });
    assert_eq!(serde_json::to_value(claims()).unwrap(), expected);
}

#[test]
fn a_token_says_to_whoever_has_the_keys_what_was_signed() {
    assert_eq!(authority().verify(&token(&claims()), at(0)), Ok(claims()));
}

#[test]
fn a_token_counts_from_a_minute_before_its_beginning_until_a_minute_after_its_end() {
    let token = token(&claims());
    let verify = |millis| authority().verify(&token, at(millis)).map(|_| ());
    assert_eq!(verify(-60_001), Err(TokenFault::NotYetValid));
    assert_eq!(verify(-60_000), Ok(()));
    assert_eq!(verify(DAY + 59_999), Ok(()));
    assert_eq!(verify(DAY + 60_000), Err(TokenFault::Expired));
}

#[test]
fn a_token_of_another_issuer_or_for_another_audience_is_refused() {
    assert_eq!(fault(&changed(|claims| claims["iss"] = "https://other.example".into())), TokenFault::Issuer);
    assert_eq!(fault(&changed(|claims| claims["aud"] = "diagnosis".into())), TokenFault::Audience);
    assert_eq!(fault(&changed(|claims| claims["aud"] = json!(["calibration"]))), TokenFault::Claims);
}

#[test]
fn claims_that_are_missing_or_of_another_kind_are_refused() {
    let names: Vec<String> = serde_json::to_value(claims()).unwrap().as_object().unwrap().keys().cloned().collect();
    for name in names {
        let missing = changed(|claims| drop(claims.as_object_mut().unwrap().remove(&name)));
        assert_eq!(fault(&missing), TokenFault::Claims, "{name}");
        assert_eq!(fault(&changed(|claims| claims[&name] = Value::Null)), TokenFault::Claims, "{name}");
    }
    for (name, value) in [
        ("exp", json!("1795348800")),
        ("exp", json!(1_795_348_800.5)),
        ("exp", json!(1e300)),
        ("vin", json!("1HGCM82633A00435")),
        ("line", json!(-1)),
        ("line", json!(65_536)),
        ("max_uses", json!(2)),
        ("max_uses", json!(0)),
    ] {
        assert_eq!(fault(&changed(|claims| claims[name] = value.clone())), TokenFault::Claims, "{name} {value}");
    }
}

#[test]
fn times_beyond_all_calendars_do_not_wrap() {
    let forever = changed(|claims| claims["exp"] = i64::MAX.into());
    assert!(authority().verify(&forever, at(0)).is_ok());
    assert_eq!(fault(&changed(|claims| claims["exp"] = i64::MIN.into())), TokenFault::Expired);
    assert_eq!(fault(&changed(|claims| claims["nbf"] = i64::MAX.into())), TokenFault::NotYetValid);
}

#[test]
fn a_signed_status_list_is_no_token() {
    let list = crate::token::status::signed(&authority(), &claims().sub, 0, [], at(0)).unwrap();
    assert_eq!(fault(&list), TokenFault::Jws(JwsFault::Type));
}

#[test]
fn the_longest_names_fit_a_token() {
    let mut claims = claims();
    let long = |count: usize| "x".repeat(count);
    (claims.jti, claims.quote, claims.sub) = (id(&long(128)), id(&long(128)), id(&long(64)));
    (claims.shop, claims.technician, claims.tool) = (id(&long(64)), id(&long(64)), id(&long(64)));
    (claims.sku, claims.number) = (id(&long(64)), id(&("x".to_owned() + &"€".repeat(47))));
    (claims.ecu, claims.procedure, claims.part_serial) = (long(200), long(200), Some("€".repeat(200)));
    claims.status.status_list.uri = authority().status_uri(&claims.sub, u64::MAX);
    assert_eq!(authority().verify(&token(&claims), at(0)), Ok(claims));
    assert!(token(&super::super::fixtures::claims()).len() < 1_000);
}

proptest! {
    #[test]
    fn any_payload_we_sign_is_read_or_refused_without_a_panic(payload in "\\PC{0,200}") {
        let token = jws::sign(TYPE, &payload, &SecretKey::from_seed(&[7; 32]));
        prop_assert!(authority().verify(&token, at(0)).is_err());
    }
}
