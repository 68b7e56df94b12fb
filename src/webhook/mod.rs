//! Webhooks: what other systems are told, by signed requests to addresses that an operator has entered.
//!
//! A request follows Standard Webhooks (<https://www.standardwebhooks.com>). Each event arrives at least once, in no
//! particular order, and has the same id at each try. What is told is decided in [`message`], to whom in [`subscription`],
//! and what becomes of a try in [`delivery`]; the asking, and the queue of each endpoint, are the edge's.

pub mod delivery;
pub mod message;
pub mod signature;
pub mod subscription;

pub use delivery::{Endpoint, Fate, Schedule, Verdict};
pub use message::Message;
pub use subscription::Subscription;
