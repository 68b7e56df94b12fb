//! What a part costs an account, and why.
//!
//! [`price()`] goes four steps, and a [`Trace`] takes each of them down:
//!
//! 1. **Level.** The first that has a price wins, not the lowest: contract → account rule by brand or part type → sheet
//!    for the account's group → sheet for its home location → price type of its group on everyone's sheets → list. A
//!    price counts if it is in the account's currency, holds at the time, and has a break at or below the quantity.
//!    Within a level: the narrower scope, the account's own price type, the newer sheet, then by name.
//! 2. **Promotion.** Of those that run and concern the line, the one that makes it lowest; they do not add up.
//! 3. **Margin floor.** Where the part's cost is known in the account's currency, the price is raised to what leaves the
//!    account's margin on it.
//! 4. **Amount.** Exact unit price × quantity, rounded half to even once. The core charge is a line of its own.
//!
//! A contract's price is net: it passes steps 2 and 3 untouched.
//!
//! [`public_price`] is for who has no account: retail, else list, and never below the advertised-price floor.

mod ahead;
mod dated;
pub(crate) mod exact;
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
