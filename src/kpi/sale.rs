//! Sales: what was sold, by the class of what it was and the vehicle it was for.

use crate::catalog::Powertrain;
use crate::catalog::part::RevenueClass;
use crate::id::OpaqueId;
use crate::money::Money;

/// The most lines of one sale.
pub const MAX_SALE_LINES: usize = 100;

/// One sale, as an ERP or a shop system reports it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sale {
    /// What was sold.
    pub lines: Vec<SaleLine>,
    /// To whom.
    pub household: Option<OpaqueId>,
    /// The quote it was sold by. Its revenue was counted when the quote was committed, and is not counted again.
    pub quote: Option<OpaqueId>,
}

/// Part of a sale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SaleLine {
    /// What kind of revenue it is.
    pub class: RevenueClass,
    /// Without tax and core charges; below zero for a credit.
    pub amount: Money,
    /// What drives the vehicle it was for.
    pub powertrain: Powertrain,
}
