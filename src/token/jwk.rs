//! Keys as JSON Web Keys: Ed25519 and nothing else (RFC 8037), each known by its thumbprint (RFC 7638).

use std::fmt;

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use serde::Serialize;

use super::base64url;
use crate::digest::sha256;

/// A key that checks signatures.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey {
    key: VerifyingKey,
    kid: String,
}

/// A key that makes signatures.
#[derive(Clone)]
pub struct SecretKey {
    key: SigningKey,
    public: PublicKey,
}

/// Why 32 bytes are not a public key to trust.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadKey {
    /// They are no point of the curve, or not the one encoding of it.
    #[error("these bytes do not encode a point of the curve as RFC 8032 writes it")]
    NotAPoint,
    /// With such a key one signature fits many messages.
    #[error("this is a point of low order, which anybody can sign for")]
    LowOrder,
}

/// The members of a JWK, in the order of their names.
#[derive(Serialize)]
pub(super) struct Jwk<'a> {
    alg: &'static str,
    crv: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    d: Option<String>,
    kid: &'a str,
    kty: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    nbf: Option<i64>,
    #[serde(rename = "use")]
    usage: &'static str,
    x: String,
}

impl PublicKey {
    /// The key of RFC 8032's 32 bytes.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, BadKey> {
        let key = VerifyingKey::from_bytes(bytes).map_err(|_| BadKey::NotAPoint)?;
        if key.is_weak() {
            return Err(BadKey::LowOrder);
        }
        if key.to_edwards().compress().as_bytes() != bytes {
            return Err(BadKey::NotAPoint);
        }
        Ok(Self::of(key))
    }

    fn of(key: VerifyingKey) -> Self {
        Self { key, kid: thumbprint(key.as_bytes()) }
    }

    /// Its name: the RFC 7638 thumbprint, SHA-256, in base64url.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// Whether `signature` is this key's of `message`. Strict (RFC 8032 §5.1.7 without cofactor): of one message and key
    /// an attacker cannot make a second signature from the first, and points of low order sign nothing.
    pub fn verifies(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        self.key.verify_strict(message, &Signature::from_bytes(signature)).is_ok()
    }

    /// The key as a JWK that anybody may see.
    pub(super) fn to_jwk(&self) -> Jwk<'_> {
        let x = base64url::encode(self.key.as_bytes());
        Jwk { alg: "EdDSA", crv: "Ed25519", d: None, kid: &self.kid, kty: "OKP", nbf: None, usage: "sig", x }
    }
}

impl SecretKey {
    /// The key that follows from 32 random bytes.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        let key = SigningKey::from_bytes(seed);
        let public = PublicKey::of(key.verifying_key());
        Self { key, public }
    }

    /// The key that checks what this one signs.
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// The signature of `message`; always the same one.
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.key.sign(message).to_bytes()
    }

    /// The seed as JWK member `d`. Secret.
    fn d(&self) -> String {
        base64url::encode(self.key.as_bytes())
    }
}

impl Jwk<'_> {
    /// The same key as a ring keeps it: from when it signs (seconds since 1970), and what it signs with. Secret.
    pub(super) fn kept(self, nbf: Option<i64>, secret: Option<&SecretKey>) -> Self {
        Self { nbf, d: secret.map(SecretKey::d), ..self }
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.kid)
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey({})", self.public.kid)
    }
}

/// RFC 7638 §3 for an OKP key (RFC 8037 §2): the required members, sorted, without white space.
fn thumbprint(x: &[u8; 32]) -> String {
    let required = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, base64url::encode(x));
    base64url::encode(&sha256(required.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const D: &str = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";
    const X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

    fn bytes(text: &str) -> [u8; 32] {
        base64url::decode_array(text).unwrap()
    }

    #[test]
    fn a_seed_gives_the_published_key_and_its_thumbprint() {
        // RFC 8037, appendices A.1 to A.3.
        let key = SecretKey::from_seed(&bytes(D));
        let jwk = serde_json::to_value(key.public().to_jwk()).unwrap();
        assert_eq!((&jwk["kty"], &jwk["crv"], &jwk["x"]), (&"OKP".into(), &"Ed25519".into(), &X.into()));
        assert_eq!(key.public().kid(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
        assert_eq!(PublicKey::from_bytes(&bytes(X)).unwrap(), *key.public());
    }

    #[test]
    fn a_thumbprint_is_made_as_rfc_7638_makes_its_example() {
        // RFC 7638 §3.1: the required members of its key, sorted, without white space.
        let n = concat!(
            "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3",
            "oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgd",
            "AZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFC",
            "ur-kEgU8awapJzKnqDKgw",
        );
        let required = format!(r#"{{"e":"AQAB","kty":"RSA","n":"{n}"}}"#);
        let thumbprint = base64url::encode(&sha256(required.as_bytes()));
        assert_eq!(thumbprint, "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    }

    #[test]
    fn the_signature_is_the_published_one() {
        // RFC 8032 §7.1, test 1; its key is RFC 8037's.
        let key = SecretKey::from_seed(&bytes(D));
        let empty = key.sign(b"");
        let published = concat!(
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155",
            "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        );
        assert!(key.public().verifies(b"", &empty) && !key.public().verifies(b".", &empty));
        assert_eq!(empty[..32], from_hex(&published[..64]));
        assert_eq!(empty[32..], from_hex(&published[64..]));
    }

    #[test]
    fn points_of_low_order_are_no_keys() {
        // The eight points of order 1, 2, 4 and 8 (RFC 7748's curve in Edwards form), in their canonical encodings.
        let hex = [
            "0100000000000000000000000000000000000000000000000000000000000000",
            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "0000000000000000000000000000000000000000000000000000000000000080",
            "0000000000000000000000000000000000000000000000000000000000000000",
            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        ];
        for text in hex {
            assert_eq!(PublicKey::from_bytes(&from_hex(text)), Err(BadKey::LowOrder), "{text}");
        }
    }

    #[test]
    fn a_second_encoding_of_a_point_is_no_key() {
        // y = p + 3 encodes the point with y = 3, and y = p + 1 the neutral element.
        let mut second = [0xff; 32];
        (second[0], second[31]) = (0xed + 3, 0x7f);
        assert_eq!(PublicKey::from_bytes(&second), Err(BadKey::NotAPoint));
        second[0] = 0xed + 1;
        assert!(PublicKey::from_bytes(&second).is_err());
        let mut first = [0; 32];
        first[0] = 3;
        assert!(PublicKey::from_bytes(&first).is_ok());
        first[0] = 2;
        assert_eq!(PublicKey::from_bytes(&first), Err(BadKey::NotAPoint), "no point has y = 2");
    }

    #[test]
    fn a_key_is_never_printed() {
        let key = SecretKey::from_seed(&bytes(D));
        assert_eq!(format!("{key:?}"), "SecretKey(kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k)");
    }

    fn from_hex(text: &str) -> [u8; 32] {
        let digits = text.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap());
        let bytes: Vec<u8> = digits.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect();
        bytes.try_into().unwrap()
    }
}
