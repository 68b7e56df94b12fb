//! Status lists: which tokens were revoked or used, in a signed list that gateways keep and read offline
//! (draft-ietf-oauth-status-list-21, "Token Status List").
//!
//! A token says which list it is in and where. A list has [`LIST_SIZE`] places of two bits each, however many are taken,
//! so its length gives nothing away. The draft wants the bits compressed with zlib (RFC 1950); they are wrapped in a
//! stored block (RFC 1951 §3.2.4), which every zlib reads: 2 kB are not worth a compressor in the wasm.

use serde::Serialize;

use super::claims::Authority;
use super::record::State;
use super::{base64url, jws};
use crate::id::AccountId;
use crate::time::Timestamp;

/// The type of a status list, as its header names it.
pub const TYPE: &str = "statuslist+jwt";
/// Tokens of one list.
pub const LIST_SIZE: u32 = 4 * LENGTH as u32;
/// How long a gateway may keep a list before it asks for a newer one, in seconds.
pub const TTL: i64 = 300;
/// How long a list counts where no newer one can be had, in seconds: a day.
pub const LIFE: i64 = 86_400;

/// The token was revoked.
const INVALID: u8 = 1;
/// The token was redeemed; a value that the draft leaves to applications.
const USED: u8 = 3;
const BITS: u8 = 2;
/// Bytes of a list.
const LENGTH: u16 = 2_048;
const BYTES: usize = LENGTH as usize;

/// The list and the place in it of the token with this number.
pub fn place_of(number: u64) -> (u64, u32) {
    let size = u64::from(LIST_SIZE);
    (number.div_euclid(size), u32::try_from(number.rem_euclid(size)).unwrap_or_default())
}

/// The number of the first token of a list; none if there can be no such list.
pub fn first_of(list: u64) -> Option<u64> {
    list.checked_mul(LIST_SIZE.into())
}

/// A list as gateways get it, signed; none if no key signs at `now`. `ended` has the states of the list's tokens that are
/// no longer active; places are counted from the first of the list.
pub fn signed(
    authority: &Authority,
    account: &AccountId,
    list: u64,
    ended: impl IntoIterator<Item = (u32, State)>,
    now: Timestamp,
) -> Option<String> {
    #[derive(Serialize)]
    struct List {
        bits: u8,
        lst: String,
    }
    #[derive(Serialize)]
    struct Payload {
        exp: i64,
        iat: i64,
        status_list: List,
        sub: String,
        ttl: i64,
    }
    let iat = now.millis().div_euclid(1_000);
    let payload = Payload {
        exp: iat.saturating_add(LIFE),
        iat,
        status_list: List { bits: BITS, lst: base64url::encode(&zlib(&bits(ended))) },
        sub: authority.status_uri(account, list),
        ttl: TTL,
    };
    Some(jws::sign(TYPE, &serde_json::to_string(&payload).ok()?, authority.ring.signer(now)?))
}

/// Two bits for each place, the first in the lowest bits of the first byte. What has expired says so itself.
fn bits(ended: impl IntoIterator<Item = (u32, State)>) -> [u8; BYTES] {
    let mut bits = [0; BYTES];
    for (place, state) in ended {
        let status = match state {
            State::Active | State::Expired => continue,
            State::Revoked => INVALID,
            State::Succeeded | State::Failed => USED,
        };
        if let Some(byte) = bits.get_mut((place / 4) as usize) {
            *byte |= match place % 4 {
                0 => status,
                1 => status << 2,
                2 => status << 4,
                _ => status << 6,
            };
        }
    }
    bits
}

/// `data` as a zlib stream of one stored block.
fn zlib(data: &[u8; BYTES]) -> Vec<u8> {
    let mut stream = vec![0x78, 0x01, 0x01];
    stream.extend(LENGTH.to_le_bytes());
    stream.extend((!LENGTH).to_le_bytes());
    stream.extend(data);
    stream.extend(adler32(data).to_be_bytes());
    stream
}

/// RFC 1950 §8.2.
fn adler32(data: &[u8]) -> u32 {
    const BASE: u32 = 65_521;
    let (a, b) = data.iter().fold((1_u32, 0_u32), |(a, b), byte| {
        let a = a.wrapping_add((*byte).into()) % BASE;
        (a, b.wrapping_add(a) % BASE)
    });
    b << 16 | a
}

#[cfg(test)]
mod tests;
