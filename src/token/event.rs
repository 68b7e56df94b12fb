//! What happened at a token desk: an entry of its log, which is also the event the rest of the house is told. The outbox
//! of a desk is its log from the last delivered entry on.

use serde::{Deserialize, Serialize};

use super::evidence::Warning;
use super::reason::Reason;
use super::record::Outcome;
use crate::catalog::vin::Vin;
use crate::digest::sha256_hex;
use crate::id::{AccountId, OpaqueId, ProviderId, RegisteredId, Sku};
use crate::time::Timestamp;

/// An entry of the log. Its members stand in the order of their names, which makes its JSON canonical (RFC 8785).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct TokenEvent {
    /// What was refused, where something was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub act: Option<Act>,
    /// When it happened.
    pub at: Timestamp,
    /// The account whose key asked for it; absent where the clock did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<AccountId>,
    /// Why a token was revoked or a party suspended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// What was wrong with a text that is no token of ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
    /// SHA-256 over this entry's JSON without this member, in hex.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub hash: String,
    /// What happened.
    pub kind: Kind,
    /// The line of the quote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u16>,
    /// What came of the calibration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// SHA-256 of the text that was shown as a token, in hex.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub presented: Option<String>,
    /// The hash of the entry before.
    pub prev: String,
    /// The provider that decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<ProviderId>,
    /// The quote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote: Option<OpaqueId>,
    /// Why it was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// The digest of the caller's Idempotency-Key, where there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<OpaqueId>,
    /// Place in the log, from 1 without gaps; with the desk's name it identifies the event.
    pub seq: u64,
    /// The shop.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shop: Option<RegisteredId>,
    /// The part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sku: Option<Sku>,
    /// The technician.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub technician: Option<RegisteredId>,
    /// The token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<OpaqueId>,
    /// The tool.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool: Option<RegisteredId>,
    /// Units of the line that have come back so far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub units: Option<u32>,
    /// The vehicle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vin: Option<Vin>,
    /// What was uncertain.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Warning>,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "TokenEventKind"))]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A token was issued.
    TokenIssued,
    /// A token was redeemed.
    TokenRedeemed,
    /// A token was looked at and found good.
    TokenVerified,
    /// A provider gave the credential that goes with a token.
    CredentialReceived,
    /// Something was asked for and refused.
    #[default]
    TokenRefused,
    /// A token was taken back.
    TokenRevoked,
    /// Nobody redeemed a token in time.
    TokenExpired,
    /// Units of a line came back.
    UnitReturned,
    /// A shop, technician or tool was suspended at this desk.
    PartySuspended,
    /// It is suspended no more.
    PartyReinstated,
}

/// What may be refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "TokenAct"))]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// Issuing a token.
    Issue,
    /// Redeeming one.
    Redeem,
    /// Looking at one.
    Verify,
    /// Taking one back.
    Revoke,
}

impl TokenEvent {
    /// What the hash of the entry is to be. [`TokenEvent::hash`] itself is left out of it.
    pub fn digest(&self) -> String {
        let bare = Self { hash: String::new(), ..self.clone() };
        // Its members are text, numbers and lists of them: it always serialises.
        sha256_hex(serde_json::to_string(&bare).unwrap_or_default().as_bytes())
    }
}
