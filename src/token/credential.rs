//! What a provider adds to a token, and the keys under which it is kept.
//!
//! A desk has a credential only as [`Sealed`] text: AES-256-GCM under a key of the deployment, with the token's id as
//! additional data, so that it opens for its own token only. The cipher itself is the platform's (`glue/seal.js`).

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::base64url;
use crate::digest::sha256;
use crate::input::{Fault, Faults, FromJson};
use crate::time::Timestamp;

/// The most bytes of a credential.
pub const MAX_CREDENTIAL: usize = 16_384;
/// The most keys at a time.
const MAX_KEYS: usize = 8;
/// The form of sealed texts, for those who change it.
const FORM: &str = "v1";

/// A provider's credential, in clear text: nothing to store or to log.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Credential {
    /// What the provider gave: 1 to [`MAX_CREDENTIAL`] bytes, which mean something to its own tools only.
    pub credential: String,
    /// When it ends, where the provider said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

/// A credential that only the deployment's keys open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sealed(String);

/// What a provider has decided about a token, as its desk keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// It gave a credential.
    Granted(Sealed),
    /// It will not, for the reason that it gave.
    Refused(String),
}

/// The keys that credentials are kept under: the first seals, and all open.
#[derive(Clone)]
pub struct CredentialKeys(Vec<CredentialKey>);

/// A key for AES-256.
#[derive(Clone)]
pub struct CredentialKey {
    id: String,
    text: String,
}

impl Credential {
    /// Reads `{"credential": "…", "expires_at": "…"}`; other members mean nothing here. What was wrong is told without
    /// repeating any of it.
    pub fn read(text: &str) -> Result<Self, &'static str> {
        let body: Value = serde_json::from_str(text).map_err(|_| "not JSON")?;
        let credential = body.get("credential").and_then(Value::as_str).ok_or("no `credential`")?.to_owned();
        if !(1..=MAX_CREDENTIAL).contains(&credential.len()) {
            return Err("an empty `credential`, or one of more than 16,384 bytes");
        }
        let expires_at = body.get("expires_at").filter(|value| !value.is_null());
        let expires_at =
            expires_at.map(|value| Timestamp::from_json(value).map_err(|_| "an `expires_at` that is no time"));
        Ok(Self { credential, expires_at: expires_at.transpose()? })
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credential(…)")
    }
}

impl Sealed {
    /// What was sealed with `key`.
    pub fn new(key: &CredentialKey, sealed: &str) -> Self {
        Self(format!("{FORM}.{}.{sealed}", key.id))
    }

    /// The id of the key, and what was sealed with it; none if the text has another form.
    pub fn parts(&self) -> Option<(&str, &str)> {
        self.0.strip_prefix(FORM)?.strip_prefix('.')?.split_once('.')
    }
}

impl CredentialKeys {
    /// Reads one key or several, with commas between them: 32 bytes each, in base64url.
    pub fn parse(text: &str) -> Result<Self, Vec<Fault>> {
        let mut faults = Faults::default();
        let mut keys: Vec<CredentialKey> = Vec::new();
        for (place, text) in text.split(',').map(str::trim).enumerate() {
            match CredentialKey::parse(text) {
                Some(key) if keys.len() < MAX_KEYS && keys.iter().all(|known| known.id != key.id) => keys.push(key),
                Some(_) => faults.add(format!("/{place}"), "invalid", format!("one of {MAX_KEYS} different keys")),
                None => faults.add(format!("/{place}"), "invalid", "expected 32 bytes in base64url without padding"),
            }
        }
        faults.or(Some(Self(keys)))
    }

    /// The key that seals.
    pub fn sealing(&self) -> Option<&CredentialKey> {
        self.0.first()
    }

    /// The key with this id.
    pub fn find(&self, id: &str) -> Option<&CredentialKey> {
        self.0.iter().find(|key| key.id == id)
    }
}

impl CredentialKey {
    fn parse(text: &str) -> Option<Self> {
        let bytes = base64url::decode_array::<32>(text)?;
        let digest = sha256(&[b"holdfast credential key\n".as_slice(), &bytes].concat());
        Some(Self { id: base64url::encode(digest.get(..6)?), text: text.to_owned() })
    }

    /// The key itself, in base64url.
    pub fn secret(&self) -> &str {
        &self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> String {
        base64url::encode(&[byte; 32])
    }

    #[test]
    fn the_first_key_seals_and_all_open() {
        let keys = CredentialKeys::parse(&format!("{}, {}", key(1), key(2))).unwrap();
        let sealed = Sealed::new(keys.sealing().unwrap(), "xyz");
        let (id, text) = sealed.parts().unwrap();
        assert_eq!((keys.find(id).unwrap().secret(), text), (key(1).as_str(), "xyz"));

        let rotated = CredentialKeys::parse(&format!("{},{}", key(3), key(1))).unwrap();
        assert_eq!(rotated.find(id).unwrap().secret(), key(1));
        assert_eq!(rotated.sealing().unwrap().secret(), key(3));
        assert!(CredentialKeys::parse(&key(3)).unwrap().find(id).is_none());
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let twice = format!("{},{}", key(1), key(1));
        let short = base64url::encode(&[1; 31]);
        let many: Vec<String> = (0..9).map(key).collect();
        for text in ["", ",", "secret", &twice, &short, &format!("{}=", key(1)), &many.join(",")] {
            assert!(CredentialKeys::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn the_stored_form_does_not_change_by_accident() {
        let keys = CredentialKeys::parse(&key(1)).unwrap();
        let decision = Decision::Granted(Sealed::new(keys.sealing().unwrap(), "AAAA"));
        let text = serde_json::to_string(&decision).unwrap();
        assert_eq!(text, r#"{"granted":"v1.7X4CNGbe.AAAA"}"#);
        assert_eq!(serde_json::from_str::<Decision>(&text).unwrap(), decision);
        let refused = serde_json::to_string(&Decision::Refused("no".into())).unwrap();
        assert_eq!(refused, r#"{"refused":"no"}"#);
    }

    #[test]
    fn a_credential_is_not_printed() {
        let credential = Credential { credential: "hush".into(), expires_at: None };
        assert!(!format!("{credential:?}").contains("hush"));
    }
}
