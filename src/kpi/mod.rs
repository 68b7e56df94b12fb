//! The five numbers a distributor is judged by, computed from what happened.
//!
//! [`event`]s come from shards, desks, isolates and callers. Each is counted once ([`intake`], [`seen`]), on the
//! [`board`] of its day and region, which is a set of sums ([`tally`]). Boards add up to those of weeks and months, and the
//! [`mod@numbers`] are read off them.

pub mod board;
pub mod event;
pub mod gathered;
pub mod histogram;
pub mod household;
pub mod intake;
pub mod memory;
pub mod metrics;
pub mod numbers;
pub mod posted;
mod read;
pub mod said;
pub mod sale;
pub mod seen;
pub mod service;
pub mod sums;
pub mod tally;

#[cfg(test)]
mod formats;
#[cfg(test)]
mod tests;

pub use board::Board;
pub use gathered::Gathered;
pub use histogram::Histogram;
pub use intake::{BoardStore, Intake};
pub use numbers::numbers;
pub use read::Unreadable;
pub use said::Answers;
pub use service::ServiceSpend;
pub use tally::Tally;
