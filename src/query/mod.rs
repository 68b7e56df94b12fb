//! The main call: what does it cost, where is it, can I have it?
//!
//! [`request`] reads what was asked, [`resolve`](mod@resolve) finds the parts meant, [`answer`](mod@answer) puts price,
//! stock and sources together. All pure: records and stock come in.

pub mod answer;
pub mod fit;
#[cfg(test)]
pub(crate) mod fixtures;
pub mod lines;
pub mod public;
pub mod request;
pub mod resolve;
pub mod stock;

pub use answer::{QueryAnswer, answer};
pub use request::{LineRequest, QueryRequest, Wanted};
pub use resolve::{Choice, Finding, Match, NoMatch, Relation, ResolvedLine};
pub use stock::{Origin, SkuStock, StockTable};
