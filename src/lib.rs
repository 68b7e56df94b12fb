//! Holdfast's domain: parts, prices, stock, sourcing, quotes, calibration tokens. Pure and synchronous: time, ids and
//! storage come in as arguments, so everything here is tested natively in milliseconds.

#![cfg_attr(test, allow(clippy::arithmetic_side_effects))]

pub mod access;
pub mod catalog;
pub mod digest;
pub mod id;
pub mod input;
pub mod json;
pub mod kpi;
pub mod lines;
pub mod mcp;
pub mod money;
pub mod order;
pub mod pricing;
pub mod query;
pub mod quote;
#[cfg(feature = "openapi")]
pub mod schema;
pub mod search;
pub mod sourcing;
pub mod stock;
mod text;
pub mod time;
pub mod token;
pub mod ucp;
pub mod webhook;
