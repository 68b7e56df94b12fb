//! Sales: what was sold, by the class of what it was and the vehicle it was for.

use crate::catalog::Powertrain;
use crate::id::OpaqueId;
use crate::money::Money;

/// The most lines of one sale.
pub const MAX_SALE_LINES: usize = 100;

/// What kind of revenue a sale brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Goods.
    Physical,
    /// Software, calibrations and other things without a body, sold once or by the use.
    Digital,
    /// What is paid again every month or year.
    Recurring,
}

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
    pub class: Class,
    /// Without tax and core charges; below zero for a credit.
    pub amount: Money,
    /// What drives the vehicle it was for.
    pub powertrain: Powertrain,
}

impl Class {
    /// Every class, with its name in the API.
    pub const NAMES: [(Self, &'static str); 3] =
        [(Self::Physical, "physical"), (Self::Digital, "digital"), (Self::Recurring, "recurring")];

    /// Its name in the API.
    pub fn as_str(self) -> &'static str {
        Self::NAMES.iter().find(|(known, _)| *known == self).map_or("", |(_, name)| name)
    }

    /// The class of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(_, known)| *known == name).map(|(class, _)| *class)
    }
}
