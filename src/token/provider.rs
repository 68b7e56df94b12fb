//! Providers: external services that add a credential of their own to tokens for some parts. What they are asked, how the
//! request is signed, what their answers mean and how often they are asked is decided here; the asking is the edge's.
//!
//! A request is a webhook after Standard Webhooks (<https://www.standardwebhooks.com>): its id is the token's, at each
//! try, so a provider can tell a request that it has met before.

use serde::Serialize;
use serde_json::Value;

use super::claims::Claims;
use super::credential::Credential;
use super::record::Token;
use crate::catalog::part::Calibration;
use crate::id::{OpaqueId, ProviderId};
use crate::input::{Fault, Faults, Fields};
use crate::time::Timestamp;
use crate::webhook::signature::{is_fit, key_of, sign};

/// How long one try may take, in milliseconds, to the last byte of the answer.
pub const TRY_TIMEOUT: u32 = 3_000;
/// The most bytes of an answer.
pub const MAX_REPLY: u32 = 131_072;
/// When to ask again where the circuit is closed and all tries have failed, in milliseconds.
pub const RETRY_AFTER: i64 = 5_000;
/// The most providers of a deployment.
const MAX_PROVIDERS: usize = 50;
/// The most characters of a refusal's reason.
const MAX_REASON: usize = 200;

/// How long to wait after so many tries have failed before the next one, in milliseconds; none: give up.
pub fn pause_after(tries: u32) -> Option<u32> {
    match tries {
        1 => Some(250),
        2 => Some(1_000),
        _ => None,
    }
}

/// An external service, as the deployment knows it. It has a secret, and so is never printed.
#[derive(Clone)]
pub struct Provider {
    /// Its name in calibration records.
    pub id: ProviderId,
    /// Where it is asked.
    pub url: String,
    /// What requests are signed with, 24 to 64 bytes.
    secret: Vec<u8>,
}

/// The providers of a deployment.
#[derive(Clone, Default)]
pub struct Providers(Vec<Provider>);

impl Providers {
    /// Reads `[{"id": "acme", "url": "https://…", "secret": "whsec_<base64>"}]`, or names everything that is wrong with it.
    pub fn parse(text: &str) -> Result<Self, Vec<Fault>> {
        let mut faults = Faults::default();
        let Ok(Value::Array(items)) = serde_json::from_str(text) else {
            faults.add("", "invalid", "expected a JSON list of providers");
            return faults.or(None);
        };
        let mut providers: Vec<Provider> = Vec::new();
        for (place, item) in items.iter().enumerate() {
            let read = Provider::read(item, format!("/{place}"), &mut faults);
            let unknown = |one: &Provider| providers.iter().all(|known| known.id != one.id);
            match read {
                Some(one) if unknown(&one) && providers.len() < MAX_PROVIDERS => providers.push(one),
                Some(_) => faults.add(format!("/{place}"), "invalid", format!("one of {MAX_PROVIDERS} different ids")),
                None => {}
            }
        }
        faults.or(Some(Self(providers)))
    }

    /// The provider of this name.
    pub fn find(&self, id: &ProviderId) -> Option<&Provider> {
        self.0.iter().find(|provider| provider.id == *id)
    }
}

impl Provider {
    fn read(item: &Value, at: String, faults: &mut Faults) -> Option<Self> {
        let mut fields = Fields::of(item, at, faults);
        let id = fields.required::<ProviderId>("id", faults);
        if id.as_ref().is_some_and(|id| id.as_str() == Calibration::ATTESTATION) {
            faults.add(fields.at("id"), "invalid", "this name means that there is no provider");
        }
        let url = fields.required::<String>("url", faults);
        if url.as_ref().is_some_and(|url| !is_fit(url, true)) {
            faults.add(fields.at("url"), "invalid", "expected https://…, or http:// to a loopback address");
        }
        let secret = fields.required::<String>("secret", faults);
        let bytes = secret.as_ref().and_then(|text| key_of(text));
        if secret.is_some() && bytes.is_none() {
            faults.add(fields.at("secret"), "invalid", "expected whsec_ and 24 to 64 bytes in base64");
        }
        fields.finish(faults);
        Some(Self { id: id?, url: url?, secret: bytes? })
    }

    /// `webhook-signature` of a request with this id and body, sent `seconds` after 1970 began.
    pub fn signature(&self, id: &OpaqueId, seconds: i64, body: &str) -> String {
        sign(&self.secret, id.as_str(), seconds, body)
    }
}

/// The body of the request for a token's credential. It follows from the token alone: each try sends the same bytes.
pub fn request_for(token: &Token) -> String {
    #[derive(Serialize)]
    struct Body<'a> {
        #[serde(rename = "type")]
        kind: &'a str,
        timestamp: Timestamp,
        data: Data<'a>,
    }
    #[derive(Serialize)]
    struct Data<'a> {
        jws: &'a str,
        claims: &'a Claims,
    }
    let Token { claims, jws, .. } = token;
    let body = Body { kind: "credential.requested", timestamp: claims.issued_at(), data: Data { jws, claims } };
    // Texts and numbers always serialise.
    serde_json::to_string(&body).unwrap_or_default()
}

/// What an answer of a provider means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// It gave a credential.
    Granted(Credential),
    /// It will not, for this reason.
    Refused(String),
    /// It could not, or said nothing that makes sense; for the log.
    Failed(String),
}

impl Reply {
    /// Reads an answer. `status` is 0 where there was none, and `body` says why.
    pub fn read(status: u16, body: &str) -> Self {
        match status {
            200..=299 => match Credential::read(body) {
                Ok(credential) => Self::Granted(credential),
                Err(what) => Self::Failed(format!("status {status}, and {what}")),
            },
            // These speak of the address, the secret or the moment, not of the token.
            401 | 404 | 405 | 408 | 429 => Self::Failed(format!("status {status}")),
            400..=499 => Self::Refused(reason(body).unwrap_or_else(|| format!("status {status}, and no reason"))),
            0 => Self::Failed(body.to_owned()),
            _ => Self::Failed(format!("status {status}")),
        }
    }
}

/// `{"reason": "…"}`, as one line of at most [`MAX_REASON`] characters.
fn reason(body: &str) -> Option<String> {
    let body: Value = serde_json::from_str(body).ok()?;
    let reason = body.get("reason")?.as_str()?;
    let line: String = reason.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MAX_REASON).collect();
    Some(line.trim().to_owned()).filter(|line| !line.is_empty())
}

#[cfg(test)]
mod tests;
