//! A token as its desk keeps it.

use serde::{Deserialize, Serialize};

use super::claims::Claims;
use super::evidence::Warning;
use super::register::Crew;
use crate::id::ProviderId;
use crate::time::Timestamp;

/// A token and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// What it says; `claims.jti` is its id.
    pub claims: Claims,
    /// How many the desk had issued before it. It follows which place in which status list is the token's.
    pub number: u64,
    /// Units of its part in one unit of its line: for a bundle it may be more than one.
    pub per_unit: u32,
    /// How far it has come.
    pub state: State,
    /// When it came to its end; absent while it is active.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// What was uncertain when it was issued.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Warning>,
    /// Who adds a credential to it; absent where it is all there is. What the provider decided, the desk keeps apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<ProviderId>,
    /// The token itself, as it was handed out.
    pub jws: String,
}

/// How far a token has come. It ends once, and stays as it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "TokenState"))]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It can be redeemed.
    Active,
    /// It was redeemed: the part is calibrated.
    Succeeded,
    /// It was redeemed: the calibration failed.
    Failed,
    /// It was taken back.
    Revoked,
    /// Nobody redeemed it in time.
    Expired,
}

/// What came of a calibration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "CalibrationOutcome"))]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The part works.
    Succeeded,
    /// It does not.
    Failed,
}

impl Token {
    /// Its state at `now`: an active token that no verifier takes any more has expired, whether or not anybody has
    /// tidied up.
    pub fn state_at(&self, now: Timestamp) -> State {
        if self.state == State::Active && self.claims.ends_at() <= now { State::Expired } else { self.state }
    }

    /// Whether it takes up a unit of its line at `now`: while it can be redeemed, and for good once it has served.
    pub fn counts(&self, now: Timestamp) -> bool {
        matches!(self.state_at(now), State::Active | State::Succeeded)
    }

    /// Who may use it.
    pub fn crew(&self) -> Crew {
        let Claims { shop, technician, tool, .. } = &self.claims;
        Crew { shop: shop.clone(), technician: technician.clone(), tool: tool.clone() }
    }

    /// When the desk wants to look at it; never again once it has ended.
    pub fn due(&self) -> Option<Timestamp> {
        (self.state == State::Active).then(|| self.claims.ends_at())
    }
}

impl From<Outcome> for State {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Succeeded => Self::Succeeded,
            Outcome::Failed => Self::Failed,
        }
    }
}
