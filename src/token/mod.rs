//! Calibration tokens: for each unit sold that must be calibrated, a signed, single-use authorisation that a tool or a
//! gateway can check offline and redeem online.
//!
//! [`claims`] is what a token says, [`jws`] and [`ring`] how it is signed and checked, [`register`] who may calibrate,
//! [`evidence`] what was sold and whether it fits, and [`desk`] the one place of an account that issues, redeems and takes
//! back. [`audit`] is its log, [`status`] what gateways read offline. For some parts an external [`provider`] adds a
//! [`credential`] of its own; a [`breaker`] keeps everybody from waiting for one that is down.

pub mod audit;
pub(crate) mod base64url;
pub mod breaker;
pub mod call;
pub mod claims;
pub mod credential;
pub mod desk;
pub mod event;
pub mod evidence;
#[cfg(test)]
pub(crate) mod fixtures;
pub mod jwk;
pub mod jws;
pub mod memory;
pub mod provider;
pub mod reason;
pub mod record;
pub mod register;
pub mod request;
pub mod ring;
pub mod status;
pub mod store;
mod strict_json;

pub use claims::{Authority, Claims, TokenFault};
pub use desk::Desk;
pub use reason::Reason;
pub use record::{Outcome, State, Token};
pub use ring::Ring;
pub use store::Store;
