//! The attacks on a signature, one test each; those on claims are in `claims/tests.rs`, those on use in `desk/tests.rs`.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::digest::sha256;

const TYP: &str = "calibration+jwt";

fn key() -> SecretKey {
    SecretKey::from_seed(&[7; 32])
}

fn open_with(token: &str, key: &PublicKey) -> Result<String, JwsFault> {
    let payload = open(token, TYP, |kid| (kid == key.kid()).then_some(key))?;
    Ok(String::from_utf8(payload).unwrap())
}

fn fault(token: &str) -> JwsFault {
    open_with(token, key().public()).unwrap_err()
}

/// A token with any header and payload, signed by `key` as they stand.
fn signed(header: &str, payload: &str, key: &SecretKey) -> String {
    let text = format!("{}.{}", base64url::encode(header.as_bytes()), base64url::encode(payload.as_bytes()));
    let signature = base64url::encode(&key.sign(text.as_bytes()));
    format!("{text}.{signature}")
}

fn header() -> Value {
    json!({"alg": "EdDSA", "kid": key().public().kid(), "typ": TYP})
}

fn with_header(name: &str, value: impl Into<Value>) -> String {
    let mut header = header();
    header[name] = value.into();
    signed(&header.to_string(), "{}", &key())
}

#[test]
fn signing_is_as_rfc_8037_signs_its_example() {
    // Appendices A.4 and A.5.
    let seed = base64url::decode_array("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A").unwrap();
    let key = SecretKey::from_seed(&seed);
    let token = concat!(
        "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.",
        "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
    );
    assert_eq!(signed(r#"{"alg":"EdDSA"}"#, "Example of Ed25519 signing", &key), token);
    let (text, signature) = token.rsplit_once('.').unwrap();
    assert!(key.public().verifies(text.as_bytes(), &base64url::decode_array(signature).unwrap()));
}

#[test]
fn what_is_signed_can_be_opened_with_its_key() {
    let token = sign(TYP, r#"{"jti":"t"}"#, &key());
    assert_eq!(open_with(&token, key().public()).unwrap(), r#"{"jti":"t"}"#);
    assert_eq!(token, signed(&header().to_string(), r#"{"jti":"t"}"#, &key()));
}

#[test]
fn both_names_of_the_algorithm_are_known() {
    assert!(open_with(&with_header("alg", "Ed25519"), key().public()).is_ok());
}

#[test]
fn a_token_without_a_signature_is_refused() {
    for alg in ["none", "None", "NONE", "nOnE"] {
        let mut header = header();
        header["alg"] = alg.into();
        let text = format!("{}.{}", base64url::encode(header.to_string().as_bytes()), base64url::encode(b"{}"));
        assert_eq!(fault(&format!("{text}.")), JwsFault::Algorithm);
        assert_eq!(fault(&with_header("alg", alg)), JwsFault::Algorithm);
    }
    let token = sign(TYP, "{}", &key());
    let (text, _) = token.rsplit_once('.').unwrap();
    assert_eq!(fault(&format!("{text}.")), JwsFault::Malformed);
}

#[test]
fn the_public_key_is_no_secret_for_an_hmac() {
    // HS256 with the published key as its secret (RFC 8725 §2.1): HMAC-SHA-256, RFC 2104.
    let jwk = serde_json::to_string(&key().public().to_jwk()).unwrap();
    let mut header = header();
    header["alg"] = "HS256".into();
    let text = format!("{}.{}", base64url::encode(header.to_string().as_bytes()), base64url::encode(b"{}"));
    for secret in [jwk.as_bytes(), key().public().kid().as_bytes()] {
        let mut block = [0; 64];
        let short = sha256(secret);
        let secret = if secret.len() > 64 { &short } else { secret };
        block[..secret.len()].copy_from_slice(secret);
        let keyed = |pad: u8, text: &[u8]| sha256(&[&block.map(|byte| byte ^ pad), text].concat());
        let mac = keyed(0x5c, &keyed(0x36, text.as_bytes()));
        assert_eq!(fault(&format!("{text}.{}", base64url::encode(&mac))), JwsFault::Algorithm);
    }
}

#[test]
fn other_algorithms_are_refused_whatever_signed() {
    for alg in ["", "eddsa", "EDDSA", "ES256", "RS256", "Ed448", "HS256", "EdDSA "] {
        assert_eq!(fault(&with_header("alg", alg)), JwsFault::Algorithm, "{alg:?}");
    }
    assert_eq!(fault(&with_header("alg", json!(["EdDSA"]))), JwsFault::Header);
}

#[test]
fn a_foreign_key_is_refused_under_its_own_name_and_under_ours() {
    let foreign = SecretKey::from_seed(&[8; 32]);
    assert_eq!(fault(&sign(TYP, "{}", &foreign)), JwsFault::UnknownKey);
    assert_eq!(fault(&signed(&header().to_string(), "{}", &foreign)), JwsFault::Signature);
}

#[test]
fn a_key_in_the_header_is_not_looked_at() {
    let foreign = SecretKey::from_seed(&[8; 32]);
    let jwk = serde_json::to_value(foreign.public().to_jwk()).unwrap();
    let address = "https://evil.example/jwks.json";
    for (name, value) in [("jwk", jwk), ("jku", address.into()), ("x5u", address.into()), ("x5c", json!(["MII"]))] {
        let mut header = header();
        header[name] = value;
        assert_eq!(fault(&signed(&header.to_string(), "{}", &foreign)), JwsFault::UnexpectedHeader, "{name}");
        assert_eq!(fault(&signed(&header.to_string(), "{}", &key())), JwsFault::UnexpectedHeader, "{name}");
    }
}

#[test]
fn an_extension_that_must_be_understood_is_refused() {
    assert_eq!(fault(&with_header("crit", json!(["b64"]))), JwsFault::CriticalHeader);
    assert_eq!(fault(&with_header("crit", json!([]))), JwsFault::CriticalHeader);
    assert_eq!(fault(&with_header("b64", false)), JwsFault::UnexpectedHeader);
    assert_eq!(fault(&with_header("zip", "DEF")), JwsFault::UnexpectedHeader);
}

#[test]
fn a_key_must_be_named_and_known() {
    assert_eq!(fault(&with_header("kid", "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k")), JwsFault::UnknownKey);
    for kid in [Value::Null, 1.into(), json!([key().public().kid()])] {
        assert_eq!(fault(&with_header("kid", kid)), JwsFault::Header);
    }
}

#[test]
fn a_token_of_another_type_is_refused() {
    for typ in ["JWT", "statuslist+jwt", "application/calibration+jwt", "Calibration+JWT", "calibration+jwt "] {
        assert_eq!(fault(&sign(typ, "{}", &key())), JwsFault::Type, "{typ}");
    }
    let untyped = json!({"alg": "EdDSA", "kid": key().public().kid()}).to_string();
    assert_eq!(fault(&signed(&untyped, "{}", &key())), JwsFault::Header);
}

#[test]
fn a_changed_payload_or_signature_is_refused() {
    let token = sign(TYP, r#"{"vin":"1HGCM82633A004352"}"#, &key());
    let parts: Vec<&str> = token.split('.').collect();
    let other = base64url::encode(br#"{"vin":"1HGCM82633A004353"}"#);
    assert_eq!(fault(&format!("{}.{other}.{}", parts[0], parts[2])), JwsFault::Signature);
    let signature = base64url::decode(parts[2]).unwrap();
    for bit in 0..512 {
        let mut changed = signature.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        let token = format!("{}.{}.{}", parts[0], parts[1], base64url::encode(&changed));
        assert_eq!(fault(&token), JwsFault::Signature, "bit {bit}");
    }
}

#[test]
fn a_second_signature_made_from_the_first_is_refused() {
    // S + L is congruent to S (RFC 8032 §5.1.7 wants S below L); the group order L in little-endian order:
    let order = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10_u8,
    ];
    let token = sign(TYP, "{}", &key());
    let (text, signature) = token.rsplit_once('.').unwrap();
    let mut second = base64url::decode(signature).unwrap();
    let mut carry = 0;
    for (byte, add) in second[32..].iter_mut().zip(order) {
        let sum = u16::from(*byte) + u16::from(add) + carry;
        (*byte, carry) = ((sum & 0xff) as u8, sum >> 8);
    }
    assert_eq!(carry, 0);
    assert_eq!(fault(&format!("{text}.{}", base64url::encode(&second))), JwsFault::Signature);
}

#[test]
fn a_signature_of_a_point_of_low_order_is_refused() {
    // R the neutral element and S zero: with a key of low order it would fit every message.
    let token = sign(TYP, "{}", &key());
    let (text, _) = token.rsplit_once('.').unwrap();
    let mut forged = [0; 64];
    for first in [0, 1] {
        forged[0] = first;
        assert_eq!(fault(&format!("{text}.{}", base64url::encode(&forged))), JwsFault::Signature);
    }
}

#[test]
fn an_oversized_token_is_refused_before_it_is_looked_at() {
    let token = sign(TYP, "{}", &key());
    assert_eq!(fault(&"x".repeat(MAX_BYTES + 1)), JwsFault::Oversized);
    assert_eq!(fault(&"x".repeat(MAX_BYTES)), JwsFault::Malformed);
    assert_eq!(fault(&format!("{token}{}", ".".repeat(MAX_BYTES))), JwsFault::Oversized);
}

#[test]
fn a_truncated_token_is_refused() {
    let token = sign(TYP, r#"{"jti":"t"}"#, &key());
    for end in 0..token.len() {
        assert!(open_with(&token[..end], key().public()).is_err(), "{end}");
    }
    let parts: Vec<&str> = token.split('.').collect();
    for text in [parts[..2].join("."), [parts.as_slice(), &[""]].concat().join("."), format!(".{token}"), "..".into()] {
        assert!(matches!(fault(&text), JwsFault::Malformed | JwsFault::Header), "{text}");
    }
}

#[test]
fn a_member_named_twice_is_refused_in_header_and_payload() {
    let kid = key().public().kid().to_owned();
    let twice = format!(r#"{{"alg":"none","alg":"EdDSA","kid":"{kid}","typ":"{TYP}"}}"#);
    assert_eq!(fault(&signed(&twice, "{}", &key())), JwsFault::Header);
    let twice = r#"{"vin":"1HGCM82633A004352","vin":"1HGCM82633A004353"}"#;
    assert_eq!(fault(&sign(TYP, twice, &key())), JwsFault::Malformed);
}

#[test]
fn another_spelling_of_the_same_token_is_refused() {
    let token = sign(TYP, "{}", &key());
    assert!(token.ends_with(['A', 'Q', 'g', 'w']), "64 bytes leave four bits of the last digit over");
    let mut last = base64url_next(token.chars().last().unwrap());
    for _ in 0..15 {
        let spelling = format!("{}{last}", &token[..token.len() - 1]);
        assert_eq!(fault(&spelling), JwsFault::Malformed);
        last = base64url_next(last);
    }
    let parts: Vec<&str> = token.split('.').collect();
    let [header, payload, signature] = [parts[0], parts[1], parts[2]];
    for spelling in [
        format!("{header}.{payload}.{signature}=="),
        format!("{header}=.{payload}.{signature}"),
        format!("{header}.{payload}\n.{signature}"),
        format!(" {token}"),
        format!("{token} "),
        format!("{header}..{signature}"),
        token.replacen('.', "%2E", 1),
    ] {
        assert!(matches!(fault(&spelling), JwsFault::Malformed | JwsFault::Signature | JwsFault::Header), "{spelling}");
    }
}

fn base64url_next(digit: char) -> char {
    let digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    digits.chars().cycle().skip_while(|other| *other != digit).nth(1).unwrap()
}

proptest! {
    #[test]
    fn any_text_is_refused_without_a_panic(text: String, bytes: Vec<u8>) {
        prop_assert!(open_with(&text, key().public()).is_err());
        let text = bytes.iter().map(|byte| char::from(*byte)).collect::<String>();
        prop_assert!(open_with(&text, key().public()).is_err());
    }

    #[test]
    fn any_parts_are_refused_without_a_panic(any: Vec<u8>, payload: Vec<u8>, signature: Vec<u8>, good: bool) {
        let header = if good { header().to_string().into_bytes() } else { any };
        let text = [header, payload, signature].map(|part| base64url::encode(&part)).join(".");
        prop_assert!(open_with(&text, key().public()).is_err());
    }

    #[test]
    fn a_token_with_one_byte_changed_is_refused(place: prop::sample::Index, byte: u8) {
        let token = sign(TYP, r#"{"jti":"t","vin":"1HGCM82633A004352"}"#, &key());
        let mut changed = token.clone().into_bytes();
        let place = place.index(changed.len());
        changed[place] = byte;
        let changed = String::from_utf8_lossy(&changed).into_owned();
        prop_assert_eq!(open_with(&changed, key().public()).is_ok(), changed == token);
    }
}
