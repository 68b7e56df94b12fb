use serde_json::json;

use super::*;
use crate::token::credential::MAX_CREDENTIAL;
use crate::token::fixtures::{at, authority, claims, id};
use crate::token::record::State;

/// The example of <https://www.standardwebhooks.com>'s own tests.
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

fn providers(change: impl FnOnce(&mut Value)) -> Result<Providers, Vec<(String, &'static str)>> {
    let mut list = json!([{"id": "acme", "url": "https://acme.example/tokens", "secret": SECRET}]);
    change(&mut list);
    Providers::parse(&list.to_string())
        .map_err(|faults| faults.into_iter().map(|fault| (fault.pointer, fault.code)).collect())
}

fn acme() -> Provider {
    providers(|_| ()).unwrap().find(&id("acme")).unwrap().clone()
}

#[test]
fn the_signature_is_the_published_one() {
    let signature = acme().signature(&id("msg_p5jXN8AQM9LWM0D4loKWxJek"), 1_614_265_330, r#"{"test": 2432232314}"#);
    assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

#[test]
fn only_https_or_this_machine_is_asked() {
    for (url, fit) in [
        ("https://acme.example", true),
        ("http://127.0.0.1:8080/x", true),
        ("http://localhost/x", true),
        ("http://[::1]:99", true),
        ("http://acme.example", false),
        ("http://127.0.0.1.evil.example", false),
        ("http://127.0.0.1:80@evil.example", false),
        ("http://127.0.0.1\\@evil.example", false),
        ("https://", false),
        ("https:///x", false),
        ("ftp://acme.example", false),
        ("https://acme.example/a b", false),
    ] {
        let read = providers(|list| list[0]["url"] = url.into());
        assert_eq!(read.is_ok(), fit, "{url}");
    }
}

#[test]
fn everything_that_is_wrong_with_the_list_is_named() {
    let fault = |at: &str, code| Err::<(), _>(vec![(at.to_owned(), code)]);
    let of = |change: fn(&mut Value)| providers(change).map(|_| ());
    assert_eq!(of(|list| list[0]["id"] = "attestation".into()), fault("/0/id", "invalid"));
    assert_eq!(of(|list| list[0]["secret"] = "whsec_AAAA".into()), fault("/0/secret", "invalid"));
    assert_eq!(of(|list| list[0]["secret"] = SECRET[6..].into()), fault("/0/secret", "invalid"));
    assert_eq!(of(|list| list[0]["extra"] = 1.into()), fault("/0/extra", "unknown_field"));
    assert_eq!(of(|list| *list = json!({})), fault("", "invalid"));
    assert_eq!(of(|list| *list = json!([list[0], list[0]])), fault("/1", "invalid"));
    assert!(of(|list| *list = json!([])).is_ok());
}

#[test]
fn a_request_has_the_token_and_what_it_says_and_never_changes() {
    let claims = claims();
    let jws = authority().sign(&claims, at(0)).unwrap();
    let token = Token {
        claims,
        number: 0,
        per_unit: 1,
        state: State::Active,
        ended_at: None,
        warnings: vec![],
        provider: Some(id("acme")),
        jws,
    };
    let body: Value = serde_json::from_str(&request_for(&token)).unwrap();
    assert_eq!(
        (&body["type"], &body["timestamp"]),
        (&json!("credential.requested"), &json!("2026-11-21T12:00:00.000Z"))
    );
    assert_eq!(body["data"]["jws"], json!(token.jws));
    let told = |name: &str| body["data"]["claims"][name].as_str().unwrap().to_owned();
    let names = ["jti", "vin", "sku", "brand", "number", "procedure", "procedure_version", "quote", "shop", "tool"];
    let expected = ["t_0", "1HGCM82633A004352", "RADAR", "RDRX", "RX-1", "radar-aim", "1.0", "q", "SH-1", "D-1"];
    assert_eq!(names.map(told), expected);
    assert_eq!(request_for(&Token { state: State::Revoked, ..token.clone() }), request_for(&token));
}

#[test]
fn an_answer_is_a_credential_a_refusal_or_a_failure() {
    let given = |text: &str| Reply::Granted(Credential { credential: text.to_owned(), expires_at: None });
    let longest = "x".repeat(MAX_CREDENTIAL);
    assert_eq!(Reply::read(200, r#"{"credential":"abc","more":1}"#), given("abc"));
    assert_eq!(Reply::read(201, &json!({"credential": longest}).to_string()), given(&longest));
    let ends = Reply::read(200, r#"{"credential":"abc","expires_at":"2026-11-22T12:00:00Z"}"#);
    assert!(
        matches!(ends, Reply::Granted(Credential { expires_at: Some(at), .. }) if at.to_string().starts_with("2026-11-22"))
    );

    assert_eq!(Reply::read(422, r#"{"reason":"not\nhere"}"#), Reply::Refused("not here".into()));
    assert_eq!(Reply::read(403, "<html>"), Reply::Refused("status 403, and no reason".into()));
    let long = json!({"reason": "é".repeat(1_000)}).to_string();
    assert_eq!(Reply::read(400, &long), Reply::Refused("é".repeat(200)));

    let failures = [
        (0, "the connection was refused"),
        (200, ""),
        (200, "<html>"),
        (200, r#"{"credential":""}"#),
        (200, r#"{"credential":1}"#),
        (200, r#"{"credential":"abc","expires_at":"tomorrow"}"#),
        (204, ""),
        (302, ""),
        (408, ""),
        (401, r#"{"reason":"unknown signature"}"#),
        (404, ""),
        (429, r#"{"reason":"slowly"}"#),
        (500, ""),
        (503, r#"{"credential":"abc"}"#),
    ];
    for (status, body) in failures {
        assert!(matches!(Reply::read(status, body), Reply::Failed(_)), "{status} {body}");
    }
    let too_long = json!({"credential": format!("{longest}x")}).to_string();
    assert!(matches!(Reply::read(200, &too_long), Reply::Failed(_)));
}

#[test]
fn what_went_wrong_is_logged_without_the_credential() {
    let Reply::Failed(why) = Reply::read(200, r#"{"credential":"hush","expires_at":"hush"}"#) else { unreachable!() };
    assert!(!why.contains("hush"), "{why}");
}

#[test]
fn three_tries_and_no_more() {
    assert_eq!([0, 1, 2, 3, 4].map(pause_after), [None, Some(250), Some(1_000), None, None]);
}
