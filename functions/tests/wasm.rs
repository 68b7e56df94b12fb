//! What only wasm can tell: the domain computes there what it computes natively, although `usize` has 32 bits, and
//! integers survive the way into JavaScript and SQLite or are refused.
#![cfg(target_arch = "wasm32")]

use std::num::NonZeroU16;

use holdfast::money::{Currency, Price};
use holdfast::stock::ShardMap;
use holdfast::time::Timestamp;
use holdfast::token::ring::Ring;
use holdfast::token::{Authority, Claims};
use wasm_bindgen_test::{console_log, wasm_bindgen_test};
use worker::wasm_bindgen::JsValue;
use worker::{Date, SqlStorageValue};

#[wasm_bindgen_test]
fn a_sku_lies_in_the_bucket_it_lies_in_natively() {
    let map = ShardMap::new(NonZeroU16::new(64).unwrap());
    let bucket = |sku: &str| map.bucket(&sku.parse().unwrap());
    assert_eq!(["A", "B", "BRKX-4410"].map(bucket), [44, 5, 48]);
}

#[wasm_bindgen_test]
fn the_largest_amounts_are_exact() {
    let price: Price = "9999999999.9999".parse().unwrap();
    assert_eq!(price.to_money(Currency::USD).unwrap().amount, 1_000_000_000_000);
    let half: Price = "0.0050".parse().unwrap();
    assert_eq!(half.extended(1_000_001, Currency::USD).unwrap().amount, 500_000);
}

#[wasm_bindgen_test]
fn times_have_milliseconds_from_the_first_to_the_last_year() {
    assert_eq!(Timestamp::from_millis(i64::MAX).to_string(), "9999-12-31T23:59:59.999Z");
    assert_eq!("2026-11-22T15:00:00.123Z".parse::<Timestamp>().unwrap().millis(), 1_795_359_600_123);
}

#[wasm_bindgen_test]
fn an_integer_that_a_double_cannot_hold_never_reaches_sqlite() {
    let largest = (1_i64 << 53) - 1;
    let value = SqlStorageValue::try_from_i64(largest).unwrap();
    assert_eq!(JsValue::from(value).as_f64(), Some(9_007_199_254_740_991.0));
    assert!(SqlStorageValue::try_from_i64(largest + 1).is_err());
}

/// How fast a gateway could verify tokens without asking anybody: `bench/tokens.mjs` reads what this prints.
#[wasm_bindgen_test]
#[ignore = "a measurement"]
fn verifications() {
    let now: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
    let (issuer, audience) = ("https://parts.example".into(), "calibration".into());
    let authority = Authority { issuer, audience, ring: Ring::of(&[7; 32]) };
    let claims: Claims = holdfast::json::from_str(concat!(
        r#"{"jti":"t_0","iss":"https://parts.example","aud":"calibration","sub":"shop-1","iat":1795262400,"nbf":1795262400,"#,
        r#""exp":1795348800,"vin":"1HGCM82633A004352","ecu":"ACC radar","brand":"RDRX","number":"RX-1","sku":"RADAR","#,
        r#""shop":"SH-1","technician":"T-1","tool":"D-1","procedure":"radar-aim","procedure_version":"1.0","quote":"q","line":0,"#,
        r#""max_uses":1,"status":{"status_list":{"idx":0,"uri":"https://parts.example/v1/tokens/status/shop-1/0"}}}"#
    ))
    .unwrap();
    let token = authority.sign(&claims, now).unwrap();
    let (count, began) = (5_000_u32, Date::now().as_millis());
    for _ in 0..count {
        assert!(authority.verify(&token, now).is_ok());
    }
    let took = Date::now().as_millis().saturating_sub(began).max(1);
    console_log!("verified {} tokens a second", u64::from(count) * 1_000 / took);
}
