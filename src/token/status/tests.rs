use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::token::fixtures::{at, authority, id};

#[test]
fn the_bits_are_those_of_the_drafts_example() {
    // draft-ietf-oauth-status-list, section 4: two bits each, "1 2 0 3 0 1 0 1 1 2 3 3" is c9 44 f9; here without the 2,
    // which we do not use, so 1 0 0 3 | 0 1 0 1 | 1 0 3 3.
    use State::{Active, Failed, Revoked, Succeeded};
    let states =
        [Revoked, Active, Active, Failed, Active, Revoked, Active, Revoked, Revoked, Active, Succeeded, Succeeded];
    let bits = bits((0..).zip(states));
    assert_eq!(bits[..4], [0b1100_0001, 0b0100_0100, 0b1111_0001, 0]);
}

#[test]
fn what_has_expired_and_what_lies_beyond_the_list_leaves_no_mark() {
    assert_eq!(bits([(0, State::Expired), (LIST_SIZE, State::Revoked), (u32::MAX, State::Revoked)]), [0; BYTES]);
}

#[test]
fn the_last_place_is_in_the_last_byte() {
    let last = u64::from(LIST_SIZE) - 1;
    assert_eq!((place_of(0), place_of(last), place_of(last + 1)), ((0, 0), (0, LIST_SIZE - 1), (1, 0)));
    assert_eq!(bits([(LIST_SIZE - 1, State::Revoked)])[BYTES - 1], 0b0100_0000);
    assert_eq!((first_of(1), first_of(u64::MAX)), (Some(8_192), None));
}

#[test]
fn the_checksum_is_the_published_one() {
    // RFC 1950's algorithm on the usual example.
    assert_eq!(adler32(b"Wikipedia"), 0x11e6_0398);
    assert_eq!(adler32(&[0xff; 5_552]), {
        let (a, b) = (0..5_552_u64).fold((1_u64, 0_u64), |(a, b), _| (a + 255, b + a + 255));
        u32::try_from(((b % 65_521) << 16) | (a % 65_521)).unwrap()
    });
}

#[test]
fn a_list_is_signed_and_says_how_long_it_may_be_kept() {
    let authority = authority();
    let account = id("shop-1");
    let jwt = signed(&authority, &account, 0, [(5, State::Revoked)], at(0)).unwrap();
    let payload = jws::open(&jwt, TYPE, |kid| authority.ring.key(kid, at(0))).unwrap();
    let payload: Value = serde_json::from_slice(&payload).unwrap();
    let lst = payload["status_list"]["lst"].as_str().unwrap();
    let expected = json!({
        "exp": 1_795_348_800, "iat": 1_795_262_400, "ttl": 300,
        "status_list": {"bits": 2, "lst": lst},
        "sub": "https://parts.example/v1/tokens/status/shop-1/0",
    });
    assert_eq!(payload, expected);
    let stream = base64url::decode(lst).unwrap();
    assert_eq!(stream.len(), BYTES + 11);
    assert_eq!(stream[7..][..2], [0, 0b0100]);
}

proptest! {
    #[test]
    fn every_mark_is_found_where_its_token_says(places in prop::collection::btree_map(0..LIST_SIZE, prop::bool::ANY, 0..50)) {
        let state = |used: bool| if used { State::Succeeded } else { State::Revoked };
        let bits = bits(places.iter().map(|(place, used)| (*place, state(*used))));
        for place in 0..LIST_SIZE {
            let status = bits[(place / 4) as usize] >> (place % 4 * 2) & 3;
            let expected = places.get(&place).map_or(0, |used| if *used { USED } else { INVALID });
            prop_assert_eq!(status, expected);
        }
    }
}
