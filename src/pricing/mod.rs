//! What a part costs an account, and why.

pub mod sheet;
pub mod terms;

pub use sheet::{PriceBreak, PriceType, SheetPrice, SheetScope};
pub use terms::{
    Account, AccountKind, AccountRule, Contract, ContractPrice, Promotion, PromotionEffect, PromotionScope,
};
