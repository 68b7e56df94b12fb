//! What a part costs an account, and why.

mod ahead;
mod dated;
mod exact;
pub mod level;
pub mod price;
mod promotion;
pub mod public;
pub mod sheet;
pub mod terms;
pub mod trace;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod scenarios;

pub use level::Level;
pub use price::{BreakNext, Buyer, NoPrice, PricedLine, price};
pub use public::{PublicPrice, public_price};
pub use sheet::{PriceBreak, PriceType, SheetPrice, SheetScope};
pub use terms::{
    Account, AccountKind, AccountRule, Contract, ContractPrice, Promotion, PromotionEffect, PromotionScope,
};
pub use trace::{Step, Trace};
