//! The part record: all that is needed to describe and price one sku in a single read.

use serde::{Deserialize, Serialize};

use super::number::PartNumber;
use crate::id::{BrandCode, ProviderId, Sku};
use crate::money::{Currency, Price};
use crate::order::SortedMap;
use crate::pricing::SheetPrice;

/// A sellable item. Its prices ride along, so that pricing needs no read of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The distributor's name for it.
    pub sku: Sku,
    /// The maker's brand code.
    pub brand: BrandCode,
    /// The brand's name as people write it.
    pub brand_name: String,
    /// The maker's number.
    pub number: PartNumber,
    /// One line for people.
    pub description: String,
    /// What it is, such as `Brake Pad Set`.
    pub part_type: PartType,
    /// Physical, digital or a bundle of others.
    #[serde(default)]
    pub kind: Kind,
    /// Where it stands in its life.
    #[serde(default)]
    pub life_cycle: LifeCycle,
    /// In what numbers it is sold.
    #[serde(default)]
    pub pack: Pack,
    /// Whether it lies on the shelf or is made to order (PIES EXPI `STA`).
    #[serde(default)]
    pub supply: Supply,
    /// Deposit on the old unit, if there is one; never inside a unit price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub core: Option<CoreCharge>,
    /// Present when the part must be calibrated after fitting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calibration: Option<Calibration>,
    /// Other skus of ours that can be fitted instead.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub interchange: Vec<Interchange>,
    /// The chain of replacements, nearest first; the last is the living end.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub superseded_by: Vec<Sku>,
    /// What a bundle is made of; empty for other kinds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub components: Vec<Component>,
    /// Barcode (GTIN) digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gtin: Option<String>,
    /// Specifications such as `thread` → `M14x1.5`.
    #[serde(default, skip_serializing_if = "SortedMap::is_empty")]
    pub attributes: SortedMap<String, String>,
    /// Billing of a digital part; `None` is a single sale.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub billing: Option<Billing>,
    /// The currency of `core` and `cost`; every sheet price carries its own.
    #[serde(default, skip_serializing_if = "Currency::is_default")]
    pub currency: Currency,
    /// What the distributor pays, if known: the margin floor's base. Never shown to callers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<Price>,
    /// Every price of every sheet that names this sku.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub prices: Vec<SheetPrice>,
}

impl Part {
    /// What kind of revenue its sale brings.
    pub fn revenue_class(&self) -> RevenueClass {
        match (self.kind, self.billing) {
            (Kind::Physical | Kind::Bundle, _) => RevenueClass::Physical,
            (Kind::Digital, Some(Billing::Monthly | Billing::Yearly)) => RevenueClass::Recurring,
            (Kind::Digital, Some(Billing::PerUse) | None) => RevenueClass::Digital,
        }
    }

    /// The part that is sold today in this one's place, if it was superseded.
    pub fn living_end(&self) -> Option<&Sku> {
        self.superseded_by.last()
    }
}

/// A part type: the ACES `PartType` / `PartTerminology` id where known, and its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct PartType {
    /// PCdb id, from the user's own data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<u32>,
    /// Name, such as `Brake Pad Set`.
    pub name: String,
}

/// What kind of thing is sold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "PartKind"))]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Lies in a warehouse.
    #[default]
    Physical,
    /// Software, a subscription, a calibration: never out of stock.
    Digital,
    /// A kit: available as far as its scarcest component.
    Bundle,
}

/// Where a part stands in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum LifeCycle {
    /// Sold and reordered.
    #[default]
    Active,
    /// Sold while stock lasts.
    PhasingOut,
    /// No longer sold.
    Discontinued,
}

/// Whether a part is kept in stock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Supply {
    /// Kept on the shelf.
    #[default]
    Shelf,
    /// Made or ordered when sold.
    MadeToOrder,
    /// Not kept, but ships quickly from the maker.
    QuickShip,
}

/// In what numbers a part is sold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Pack {
    /// Smallest quantity of one line.
    pub minimum: u32,
    /// Quantities are multiples of this.
    pub multiple: u32,
}

impl Default for Pack {
    fn default() -> Self {
        Self { minimum: 1, multiple: 1 }
    }
}

impl Pack {
    /// The smallest sellable quantity that is at least `wanted`.
    pub fn sellable(self, wanted: u32) -> u32 {
        wanted.max(self.minimum).checked_next_multiple_of(self.multiple.max(1)).unwrap_or(u32::MAX)
    }
}

/// Deposit on the old unit, returned with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CoreCharge {
    /// Per unit, in [`Part::currency`].
    pub charge: Price,
    /// Days allowed to bring the old unit back (PIES EXPI `CXP`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub return_days: Option<u16>,
}

/// What must be calibrated after fitting, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Calibration {
    /// The control unit that must learn the part.
    pub ecu: String,
    /// The procedure's id.
    pub procedure: String,
    /// The procedure's version.
    pub version: String,
    /// Who adds a credential to each token for the part; see [`Calibration::external`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<ProviderId>,
}

impl Calibration {
    /// The provider that means our own token and nothing else, as no provider does.
    pub const ATTESTATION: &'static str = "attestation";

    /// The external service that adds a credential to each token for the part; none where our own token is all.
    pub fn external(&self) -> Option<&ProviderId> {
        self.provider.as_ref().filter(|provider| provider.as_str() != Self::ATTESTATION)
    }
}

/// Another sku of ours that can be fitted instead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Interchange {
    /// The equivalent part.
    pub sku: Sku,
    /// Units of it that replace one unit of this part; usually 1.
    pub quantity: u32,
    /// Its quality against this part.
    pub grade: Grade,
}

/// Quality of a replacement against the original.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Grade {
    /// Same maker or same specification.
    Original,
    /// Meets the specification.
    Equivalent,
    /// Fits, at a lower specification.
    Economy,
    /// Fits, at a higher specification.
    Premium,
}

/// One ingredient of a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Component {
    /// The part inside.
    pub sku: Sku,
    /// Units of it in one bundle.
    pub quantity: u32,
}

/// How a digital part is billed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Billing {
    /// Every month.
    Monthly,
    /// Every year.
    Yearly,
    /// At each use.
    PerUse,
}

/// What kind of revenue a sale brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RevenueClass {
    /// Goods.
    #[default]
    Physical,
    /// Software, calibrations and other things without a body, sold once or by the use.
    Digital,
    /// What is paid again every month or year.
    Recurring,
}

impl RevenueClass {
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

    /// Whether it is goods; the form for serde.
    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
    pub fn is_physical(&self) -> bool {
        *self == Self::Physical
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantity_is_raised_to_what_the_pack_allows() {
        let pack = Pack { minimum: 4, multiple: 3 };
        assert_eq!([1, 4, 6, 7].map(|wanted| pack.sellable(wanted)), [6, 6, 6, 9]);
        assert_eq!(Pack { minimum: 1, multiple: 0 }.sellable(5), 5);
        assert_eq!(Pack { minimum: 1, multiple: 2 }.sellable(u32::MAX), u32::MAX);
    }
}
