//! The key ring: which key signs when, and which keys may still check.
//!
//! A ring is a private JWK set. Each key has an `nbf`: from when it signs, until the next one does. So at any moment one
//! key signs, whoever asks, and all isolates change to the next one at the same time, by the clock. A key is published
//! from the day it is put into the ring, before it signs anything, and until the last token it signed has expired: no
//! token meets a verifier that cannot know its key. A key that has stopped signing needs no `d` any more.

use serde::Serialize;
use serde_json::Value;

use super::base64url;
use super::claims::{LEEWAY, MAX_LIFE};
use super::jwk::{Jwk, PublicKey, SecretKey};
use crate::input::{Fault, Faults, Fields};
use crate::order::sort_by_key;
use crate::time::Timestamp;

/// The most keys of a ring.
pub const MAX_KEYS: usize = 16;

/// How long a key is published after it has stopped signing, in milliseconds: until the longest-lived token signed at the
/// last moment, by the slowest clock, is refused by the slowest clock.
pub const PUBLISHED_AFTER: i64 = MAX_LIFE.saturating_add(2 * LEEWAY);

/// The keys of an issuer.
#[derive(Debug, Clone)]
pub struct Ring {
    /// By the time from which they sign; never empty.
    keys: Vec<Kept>,
}

#[derive(Debug, Clone)]
struct Kept {
    public: PublicKey,
    /// Absent where the key may only check.
    secret: Option<SecretKey>,
    /// From when it signs, in whole seconds; the first may have signed ever since.
    from: Option<i64>,
}

/// Why a ring cannot change to another key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RotationRefused {
    /// The ring's last key does not sign before that time itself.
    #[error("the ring has a key already that signs from {0} on; let the next one begin later")]
    AnotherIsNext(Timestamp),
    /// The time is not in the future: whoever has not got the new ring yet would meet a key it does not know.
    #[error("a new key has to be published before it signs: let it begin later than now")]
    NotAhead,
    /// The key is in the ring already.
    #[error("the ring has this key already")]
    Known,
    /// The ring has [`MAX_KEYS`] keys whose tokens have not expired.
    #[error("the ring has {MAX_KEYS} keys whose tokens have not expired")]
    Full,
}

impl Ring {
    /// A ring of one key, which follows from 32 random bytes.
    pub fn of(seed: &[u8; 32]) -> Self {
        let secret = SecretKey::from_seed(seed);
        Self { keys: vec![Kept { public: secret.public().clone(), secret: Some(secret), from: None }] }
    }

    /// Reads what [`Ring::to_secret_json`] wrote, or names everything that is wrong with it. Faults do not repeat what
    /// they found.
    pub fn parse(text: &str) -> Result<Self, Vec<Fault>> {
        let mut faults = Faults::default();
        let Ok(set) = serde_json::from_str::<Value>(text) else {
            faults.add("", "invalid", "expected a JSON Web Key set: {\"keys\": [...]}");
            return faults.or(None);
        };
        let mut fields = Fields::of(&set, "", &mut faults);
        let items = fields.list("keys", 1, MAX_KEYS, &mut faults);
        let mut keys: Vec<Kept> = Vec::with_capacity(items.len());
        for (at, item) in items {
            let Some(key) = Kept::read(item, &at, &mut faults) else { continue };
            if keys.iter().any(|known| known.public == key.public) {
                faults.add(&at, "duplicate", "this key is in the ring twice");
            }
            if keys.iter().any(|known| known.from == key.from) {
                faults.add(format!("{at}/nbf"), "duplicate", "two keys would sign from this time on");
            }
            keys.push(key);
        }
        fields.finish(&mut faults);
        sort_by_key(&mut keys, |key| key.from);
        if keys.last().is_some_and(|last| last.secret.is_none()) {
            faults.add("/keys", "missing", "the key that signs last has no `d`");
        }
        faults.or(Some(Self { keys }))
    }

    /// The ring with another key, which signs from `from` (whole seconds) on. What has stopped signing by `now` loses its
    /// secret, and what need not be published any more is left out.
    pub fn rotated(&self, seed: &[u8; 32], from: Timestamp, now: Timestamp) -> Result<Self, RotationRefused> {
        let secret = SecretKey::from_seed(seed);
        let next = Kept { public: secret.public().clone(), secret: Some(secret), from: Some(seconds(from)) };
        let begins = next.begins();
        if begins <= now {
            return Err(RotationRefused::NotAhead);
        }
        if let Some(last) = self.keys.last().filter(|last| last.begins() >= begins) {
            return Err(RotationRefused::AnotherIsNext(last.begins()));
        }
        if self.keys.iter().any(|key| key.public == next.public) {
            return Err(RotationRefused::Known);
        }
        let mut keys: Vec<Kept> = Vec::new();
        for (place, key) in self.published(now) {
            let signs = self.stops(place).is_none_or(|stops| now < stops);
            keys.push(Kept { secret: key.secret.clone().filter(|_| signs), ..key.clone() });
        }
        if keys.len() >= MAX_KEYS {
            return Err(RotationRefused::Full);
        }
        keys.push(next);
        Ok(Self { keys })
    }

    /// The key that signs at `now`; none if its secret is missing, or the first key does not sign yet.
    pub fn signer(&self, now: Timestamp) -> Option<&SecretKey> {
        self.keys.iter().rfind(|key| key.begins() <= now)?.secret.as_ref()
    }

    /// The key named `kid`, if signatures of it may still count at `now`.
    pub fn key(&self, kid: &str, now: Timestamp) -> Option<&PublicKey> {
        self.published(now).map(|(_, key)| &key.public).find(|key| key.kid() == kid)
    }

    /// The public keys as a JWK set (RFC 7517): what gateways check tokens with.
    pub fn jwks(&self, now: Timestamp) -> String {
        #[derive(Serialize)]
        struct Set<'a> {
            keys: Vec<Jwk<'a>>,
        }
        let keys = self.published(now).map(|(_, key)| key.public.to_jwk()).collect();
        serde_json::to_string(&Set { keys }).unwrap_or_default()
    }

    /// The whole ring with its secrets: what is put into the deployment's secret and nowhere else.
    pub fn to_secret_json(&self) -> String {
        #[derive(Serialize)]
        struct Set<'a> {
            keys: Vec<Jwk<'a>>,
        }
        let keys = self.keys.iter().map(|key| key.public.to_jwk().kept(key.from, key.secret.as_ref())).collect();
        serde_json::to_string(&Set { keys }).unwrap_or_default()
    }

    /// The keys whose tokens may not have expired at `now`, with their places.
    fn published(&self, now: Timestamp) -> impl Iterator<Item = (usize, &Kept)> {
        let lives = move |place| self.stops(place).is_none_or(|stops| now < stops.plus(PUBLISHED_AFTER));
        self.keys.iter().enumerate().filter(move |(place, _)| lives(*place))
    }

    /// When the key at `place` stops signing: when the next one begins.
    fn stops(&self, place: usize) -> Option<Timestamp> {
        Some(self.keys.get(place.checked_add(1)?)?.begins())
    }
}

impl Kept {
    fn begins(&self) -> Timestamp {
        Timestamp::from_millis(self.from.unwrap_or(0).saturating_mul(1_000))
    }

    fn read(item: &Value, at: &str, faults: &mut Faults) -> Option<Self> {
        let mut fields = Fields::of(item, at, faults);
        for (name, only) in [("kty", "OKP"), ("crv", "Ed25519"), ("alg", "EdDSA"), ("use", "sig")] {
            let needed = name == "kty" || name == "crv";
            match fields.optional::<String>(name, faults) {
                Some(text) if text != only => faults.add(fields.at(name), "invalid", format!("expected `{only}`")),
                None if needed => faults.add(fields.at(name), "missing", format!("expected `{only}`")),
                _ => {}
            }
        }
        let from = fields.optional::<i64>("nbf", faults);
        if from.is_some_and(|from| from < 0) {
            faults.add(fields.at("nbf"), "invalid", "expected seconds since 1970");
        }
        let x = fields.required::<String>("x", faults);
        let d = fields.optional::<String>("d", faults);
        let kid = fields.optional::<String>("kid", faults);
        let bytes = |text: String, name, faults: &mut Faults| {
            let bytes = base64url::decode_array::<32>(&text);
            if bytes.is_none() {
                faults.add(format!("{at}/{name}"), "invalid", "expected 32 bytes in base64url without padding");
            }
            bytes
        };
        let x = x.and_then(|x| bytes(x, "x", faults));
        let secret = d.and_then(|d| bytes(d, "d", faults)).map(|seed| SecretKey::from_seed(&seed));
        fields.finish(faults);
        let public = match PublicKey::from_bytes(&x?) {
            Ok(public) => public,
            Err(error) => {
                faults.add(format!("{at}/x"), "invalid", error.to_string());
                return None;
            }
        };
        if secret.as_ref().is_some_and(|secret| *secret.public() != public) {
            faults.add(format!("{at}/d"), "invalid", "this is not the secret of `x`");
        }
        if kid.is_some_and(|kid| kid != public.kid()) {
            faults.add(format!("{at}/kid"), "invalid", "expected the RFC 7638 thumbprint, or no `kid`");
        }
        Some(Self { public, secret, from })
    }
}

fn seconds(at: Timestamp) -> i64 {
    at.millis().div_euclid(1_000)
}

#[cfg(test)]
mod tests;
