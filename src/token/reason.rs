//! Why something about tokens is refused: stable codes. None of them asks whose workshop it is; a refusal is about who
//! somebody is, which vehicle it is, or which part.

use serde::{Deserialize, Serialize};

/// Why the token desk refused. In JSON, the name in snake case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, thiserror::Error)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "TokenRefusal"))]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// No such quote, line or token of this account.
    #[error("there is nothing of this name")]
    NotFound,
    /// No unit of the line is sold, or all have come back.
    #[error("the line has no committed unit: commit the quote first")]
    NotCommitted,
    /// The part works without.
    #[error("this part needs no calibration, and no token")]
    CalibrationNotRequired,
    /// Several parts of the line need calibration, and none of them was named; or the one named is not among them.
    #[error("name the part of this line to calibrate in `sku`")]
    AmbiguousPart,
    /// The part is known to fit other vehicles and not this one.
    #[error("the part does not fit this vehicle")]
    VehicleMismatch,
    /// The line has no unit left that a token could be for.
    #[error("every unit of this line has its token")]
    EntitlementExhausted,
    /// Not in the register, or not a shop of this account.
    #[error("no such shop is registered for this account")]
    UnknownShop,
    /// Suspended, or outside its time.
    #[error("the shop is not approved at this time")]
    ShopNotApproved,
    /// Not in the register.
    #[error("no such technician is registered")]
    UnknownTechnician,
    /// Works for another shop.
    #[error("the technician is registered with another shop")]
    TechnicianOfAnotherShop,
    /// Suspended, or outside their time.
    #[error("the technician is not approved at this time")]
    TechnicianNotApproved,
    /// Not in the register.
    #[error("no such tool is registered")]
    UnknownTool,
    /// Belongs to another shop.
    #[error("the tool is registered with another shop")]
    ToolOfAnotherShop,
    /// Suspended, or outside its time.
    #[error("the tool is not approved at this time")]
    ToolNotApproved,
    /// Not a token that this issuer signed.
    #[error("this is not a token signed by this issuer")]
    InvalidSignature,
    /// A token of another account, audience, vehicle or tool.
    #[error("the token is for another account, audience, vehicle or tool")]
    ScopeMismatch,
    /// Its time has not come.
    #[error("the token does not count yet")]
    TokenNotYetValid,
    /// Its time is over.
    #[error("the token has expired; ask for a new one")]
    TokenExpired,
    /// It was taken back.
    #[error("the token was revoked")]
    TokenRevoked,
    /// It has been used.
    #[error("the token was redeemed before")]
    AlreadyRedeemed,
    /// The provider of the part's credential gave none, and not because it is down.
    #[error("the provider of this part's credential refused")]
    ProviderRefused,
    /// The deployment has no key to sign with.
    #[error("this deployment has no key to sign tokens with")]
    TokensNotConfigured,
}
