//! Holdfast's importer: CSV tables, ACES XML and PIES XML become the KV pairs of [`holdfast::catalog::keys`] and opening
//! stock. Rows are read once and staged in a temporary SQLite file ([`stage`]), joined and written as records in key
//! order ([`assemble`]), compared with what the target holds ([`apply`]) and only then written ([`target`]): a file that
//! turns out to be broken half-way changes nothing.

#![cfg_attr(test, allow(clippy::arithmetic_side_effects))]

pub mod aces;
pub mod apply;
pub mod assemble;
pub mod demo;
pub mod error;
pub mod import;
pub mod keys;
pub mod lookups;
pub mod metered;
pub mod pies;
pub mod progress;
pub mod report;
pub mod stage;
pub mod stock;
pub mod tables;
pub mod target;
pub mod vpic;
pub mod xml;

pub use error::Error;
pub use import::Import;
