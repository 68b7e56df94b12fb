//! Price sheets as the importer writes them into the part record.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::id::{LocationId, TermsId};
use crate::money::{Currency, Price};
use crate::time::Timestamp;

/// A PIES price type: three capitals or digits, such as `JBR`. Codes beyond PIES 6.7's list are kept, as 7.2 allows.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PriceType([u8; 3]);

/// The text is not a price type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a price type is three capital letters or digits, such as JBR")]
pub struct InvalidPriceType;

impl PriceType {
    /// List price, the last resort of every account.
    pub const LIST: Self = Self(*b"LST");
    /// Retail: what the public is shown where it exists.
    pub const RETAIL: Self = Self(*b"RET");
    /// Quoted to one customer: what a contract's prices go by in answers.
    pub const QUOTE: Self = Self(*b"QOT");
    /// Retail minimum advertised price.
    pub const RETAIL_MAP: Self = Self(*b"RMP");

    /// The code as text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// Core charges (`CR1`–`CR4`, `CRG`, `CRJ`, `CRW`) and advertised-price floors (`RMP`, `WMP`) are not prices that a
    /// part can be bought at.
    pub fn is_selling_price(self) -> bool {
        !matches!(&self.0, [b'C', b'R', _] | b"RMP" | b"WMP")
    }
}

/// One price of one sheet, with its quantity breaks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SheetPrice {
    /// The sheet (PIES `PriceSheetNumber`).
    pub sheet: TermsId,
    /// What kind of price it is.
    #[serde(rename = "type")]
    pub price_type: PriceType,
    /// Whom the sheet is for.
    #[serde(default, skip_serializing_if = "SheetScope::is_everyone")]
    pub scope: SheetScope,
    /// Currency of all its breaks.
    pub currency: Currency,
    /// Valid from this time on; absent: always was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effective: Option<Timestamp>,
    /// No longer valid at this time; absent: until replaced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Timestamp>,
    /// Ascending in `from`; the first is usually from 1.
    pub breaks: Vec<PriceBreak>,
}

/// The price from a quantity on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceBreak {
    /// Smallest quantity the price is for.
    pub from: u32,
    /// Price of one unit.
    pub unit: Price,
}

/// Whom a sheet is for.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SheetScope {
    /// Every account.
    #[default]
    Everyone,
    /// Accounts of a group.
    Group(TermsId),
    /// Accounts whose home is this location.
    Branch(LocationId),
}

impl SheetScope {
    /// Whether the sheet is for every account.
    pub fn is_everyone(&self) -> bool {
        *self == Self::Everyone
    }
}

impl SheetPrice {
    /// Whether the price is valid at `now`: from `effective` on, up to but not at `expires`.
    pub fn is_valid_at(&self, now: Timestamp) -> bool {
        self.effective.is_none_or(|from| from <= now) && self.expires.is_none_or(|until| now < until)
    }
}

impl FromStr for PriceType {
    type Err = InvalidPriceType;

    fn from_str(text: &str) -> Result<Self, InvalidPriceType> {
        match <[u8; 3]>::try_from(text.as_bytes()) {
            Ok(code) if code.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()) => Ok(Self(code)),
            _ => Err(InvalidPriceType),
        }
    }
}

impl fmt::Display for PriceType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for PriceType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for PriceType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for PriceType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::parsed(deserializer)
    }
}
