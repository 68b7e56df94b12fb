//! What a token says, and who may say it.

use serde::{Deserialize, Serialize};

use super::jws::{self, JwsFault};
use super::ring::Ring;
use crate::catalog::PartNumber;
use crate::catalog::vin::Vin;
use crate::id::{AccountId, BrandCode, OpaqueId, RegisteredId, Sku};
use crate::time::{DAY, MINUTE, Timestamp};

/// The type of a token, as its header names it.
pub const TYPE: &str = "calibration+jwt";
/// How far a verifier's clock may be from the issuer's, in milliseconds, on either side of a token's life.
pub const LEEWAY: i64 = MINUTE;
/// The shortest and the longest life of a token, in milliseconds: ten minutes and thirty days.
pub const MIN_LIFE: i64 = 10 * MINUTE;
/// See [`MIN_LIFE`].
pub const MAX_LIFE: i64 = 30 * DAY;
/// How long a token lives unless it says otherwise, in milliseconds: a day.
pub const DEFAULT_LIFE: i64 = DAY;

/// An authorisation to calibrate one unit of one part in one vehicle, once: RFC 7519's registered claims, and ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// The token's id.
    pub jti: OpaqueId,
    /// Who attests it: the deployment.
    pub iss: String,
    /// Whom it is for: whoever authorises calibrations.
    pub aud: String,
    /// The account it was issued to.
    pub sub: AccountId,
    /// When it was issued, in seconds since 1970.
    pub iat: i64,
    /// From when it counts, in seconds since 1970.
    pub nbf: i64,
    /// When it ends, in seconds since 1970.
    pub exp: i64,
    /// The vehicle.
    pub vin: Vin,
    /// The control unit that must learn the part.
    pub ecu: String,
    /// The part's brand.
    pub brand: BrandCode,
    /// The part's number, as the brand writes it.
    pub number: PartNumber,
    /// The distributor's name for the part.
    pub sku: Sku,
    /// The unit's serial number, where the shop gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part_serial: Option<String>,
    /// The shop that fits the part.
    pub shop: RegisteredId,
    /// Who calibrates.
    pub technician: RegisteredId,
    /// With what.
    pub tool: RegisteredId,
    /// The procedure's id.
    pub procedure: String,
    /// The procedure's version.
    pub procedure_version: String,
    /// The quote on which the unit was sold.
    pub quote: OpaqueId,
    /// Its line.
    pub line: u16,
    /// How often the token may be redeemed: once.
    pub max_uses: u8,
    /// Where to look whether it was revoked.
    pub status: Status,
}

/// RFC 7519-style `status` claim of draft-ietf-oauth-status-list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// The place in a status list.
    pub status_list: StatusPlace,
}

/// A place in a status list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusPlace {
    /// Which entry, from 0.
    pub idx: u32,
    /// Which list.
    pub uri: String,
}

/// Who issues tokens, for whom, and with which keys.
#[derive(Debug, Clone)]
pub struct Authority {
    /// `iss`: the deployment's origin, such as `https://parts.example`.
    pub issuer: String,
    /// `aud`.
    pub audience: String,
    /// The keys.
    pub ring: Ring,
}

/// Why a text is not a token that counts now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenFault {
    /// It is not signed by us.
    #[error(transparent)]
    Jws(#[from] JwsFault),
    /// It is signed by us and does not have a token's claims.
    #[error("the claims are not those of a calibration token")]
    Claims,
    /// It names another issuer.
    #[error("the token is another issuer's")]
    Issuer,
    /// It is for somebody else.
    #[error("the token is for another audience")]
    Audience,
    /// Its time has not come.
    #[error("the token does not count yet")]
    NotYetValid,
    /// Its time is over.
    #[error("the token has expired")]
    Expired,
}

impl TokenFault {
    /// The stable code, for logs.
    pub fn code(self) -> &'static str {
        match self {
            Self::Jws(fault) => fault.code(),
            Self::Claims => "bad_claims",
            Self::Issuer => "wrong_issuer",
            Self::Audience => "wrong_audience",
            Self::NotYetValid => "not_yet_valid",
            Self::Expired => "expired",
        }
    }
}

impl Authority {
    /// Signs a token, with the key whose turn it is at `now`; none if there is no such key.
    pub fn sign(&self, claims: &Claims, now: Timestamp) -> Option<String> {
        let payload = serde_json::to_string(claims).ok()?;
        Some(jws::sign(TYPE, &payload, self.ring.signer(now)?))
    }

    /// What a token says, if it is ours; whether its time has come or gone is another matter.
    pub fn open(&self, token: &str, now: Timestamp) -> Result<Claims, TokenFault> {
        let payload = jws::open(token, TYPE, |kid| self.ring.key(kid, now))?;
        let claims: Claims = serde_json::from_slice(&payload).map_err(|_| TokenFault::Claims)?;
        if claims.iss != self.issuer {
            return Err(TokenFault::Issuer);
        }
        if claims.aud != self.audience {
            return Err(TokenFault::Audience);
        }
        if claims.max_uses != 1 {
            return Err(TokenFault::Claims);
        }
        Ok(claims)
    }

    /// What a token says, if it is ours and counts at `now`. What a verifier without a line to us can know; whether the
    /// token was redeemed or revoked, only its desk knows.
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<Claims, TokenFault> {
        let claims = self.open(token, now)?;
        claims.timely(now)?;
        Ok(claims)
    }

    /// Where the status list `list` of an account is found.
    pub fn status_uri(&self, account: &AccountId, list: u64) -> String {
        format!("{}/v1/tokens/status/{account}/{list}", self.issuer)
    }
}

impl Claims {
    /// Whether the token counts at `now`, with [`LEEWAY`] on either side.
    pub fn timely(&self, now: Timestamp) -> Result<(), TokenFault> {
        if now < time(self.nbf).plus(-LEEWAY) {
            Err(TokenFault::NotYetValid)
        } else if now >= self.ends_at() {
            Err(TokenFault::Expired)
        } else {
            Ok(())
        }
    }

    /// When the token ends, as it says itself.
    pub fn expires_at(&self) -> Timestamp {
        time(self.exp)
    }

    /// When the last verifier refuses it: [`LEEWAY`] after it has expired. Until then it is not issued anew.
    pub fn ends_at(&self) -> Timestamp {
        self.expires_at().plus(LEEWAY)
    }
}

/// A `NumericDate` (RFC 7519 §2), in whole seconds.
fn time(seconds: i64) -> Timestamp {
    Timestamp::from_millis(seconds.saturating_mul(1_000))
}

#[cfg(test)]
mod tests;
