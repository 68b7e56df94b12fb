//! The five numbers a distributor is judged by, computed from what happened.

pub mod histogram;

pub use histogram::Histogram;
