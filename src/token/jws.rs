//! Compact JSON Web Signatures (RFC 7515) of one kind: Ed25519, with the type named and the key in our ring.
//!
//! What a header may say is pinned (RFC 8725 §3): it has exactly `alg`, `kid` and `typ`. There is no algorithm to choose,
//! no key or address of a key in it, and no extension that a reader would have to understand.

use serde_json::Value;

use super::jwk::{PublicKey, SecretKey};
use super::{base64url, strict_json};

/// The longest token that is looked at, in bytes. Ours have about 1,000.
pub const MAX_BYTES: usize = 4_096;

/// Why a text is not a signed one of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JwsFault {
    /// Longer than [`MAX_BYTES`].
    #[error("a token has at most {MAX_BYTES} bytes")]
    Oversized,
    /// Not three parts of base64url, each in its only spelling.
    #[error("a token is three parts of base64url without padding, joined by dots")]
    Malformed,
    /// The header is not JSON with text for `alg`, `kid` and `typ`, or names a member twice.
    #[error("the header is not a JSON object with `alg`, `kid` and `typ`")]
    Header,
    /// The header asks for an extension to be understood (`crit`).
    #[error("the header asks for an extension (`crit`); there are none")]
    CriticalHeader,
    /// The header has another member, such as a key of its own (`jwk`, `jku`, `x5c`).
    #[error("the header has a member besides `alg`, `kid` and `typ`")]
    UnexpectedHeader,
    /// Signed with another algorithm, or with none.
    #[error("the algorithm is not EdDSA")]
    Algorithm,
    /// Signed as something else.
    #[error("the token is of another type")]
    Type,
    /// No key of ours has this name.
    #[error("the key is none of this issuer's, or none any more")]
    UnknownKey,
    /// The signature is not the key's.
    #[error("the signature does not match")]
    Signature,
}

impl JwsFault {
    /// The stable code, for logs.
    pub fn code(self) -> &'static str {
        match self {
            Self::Oversized => "oversized",
            Self::Malformed => "malformed",
            Self::Header => "bad_header",
            Self::CriticalHeader => "critical_header",
            Self::UnexpectedHeader => "unexpected_header",
            Self::Algorithm => "wrong_algorithm",
            Self::Type => "wrong_type",
            Self::UnknownKey => "unknown_key",
            Self::Signature => "bad_signature",
        }
    }
}

/// Signs `payload` as something of type `typ`. RFC 9864 would have `alg` say `Ed25519`; libraries in the field know
/// `EdDSA`.
pub fn sign(typ: &str, payload: &str, key: &SecretKey) -> String {
    let header = format!(r#"{{"alg":"EdDSA","kid":"{}","typ":"{typ}"}}"#, key.public().kid());
    let mut text = base64url::encode(header.as_bytes());
    text.push('.');
    text.push_str(&base64url::encode(payload.as_bytes()));
    let signature = key.sign(text.as_bytes());
    text.push('.');
    text.push_str(&base64url::encode(&signature));
    text
}

/// The payload of `token`, if it is of type `typ` and signed by the key that `key_named` has under its `kid`. The payload
/// is JSON without a member named twice.
pub fn open<'k>(
    token: &str,
    typ: &str,
    key_named: impl FnOnce(&str) -> Option<&'k PublicKey>,
) -> Result<Vec<u8>, JwsFault> {
    if token.len() > MAX_BYTES {
        return Err(JwsFault::Oversized);
    }
    let (signed, signature) = token.rsplit_once('.').ok_or(JwsFault::Malformed)?;
    let (header, payload) = signed.split_once('.').ok_or(JwsFault::Malformed)?;
    let decoded = |part| base64url::decode(part).ok_or(JwsFault::Malformed);
    let kid = kid_of(&decoded(header)?, typ)?;
    // A dot that is left is no digit of base64url.
    let payload = decoded(payload)?;
    let signature = base64url::decode_array(signature).ok_or(JwsFault::Malformed)?;
    let key = key_named(&kid).ok_or(JwsFault::UnknownKey)?;
    if !key.verifies(signed.as_bytes(), &signature) {
        return Err(JwsFault::Signature);
    }
    if strict_json::is_sound(&payload) { Ok(payload) } else { Err(JwsFault::Malformed) }
}

/// The key a header names, if the header says nothing but what it must.
fn kid_of(header: &[u8], typ: &str) -> Result<String, JwsFault> {
    if !strict_json::is_sound(header) {
        return Err(JwsFault::Header);
    }
    let Ok(Value::Object(mut header)) = serde_json::from_slice(header) else { return Err(JwsFault::Header) };
    let mut text = |name| match header.remove(name) {
        Some(Value::String(text)) => Ok(text),
        _ => Err(JwsFault::Header),
    };
    let (alg, kid, named) = (text("alg"), text("kid"), text("typ"));
    if header.contains_key("crit") {
        return Err(JwsFault::CriticalHeader);
    }
    if !matches!(alg?.as_str(), "EdDSA" | "Ed25519") {
        return Err(JwsFault::Algorithm);
    }
    if !header.is_empty() {
        return Err(JwsFault::UnexpectedHeader);
    }
    if named? != typ {
        return Err(JwsFault::Type);
    }
    kid
}

#[cfg(test)]
mod tests;
