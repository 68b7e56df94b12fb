//! The layout of the KV namespaces: one function per kind of key.
//!
//! | key | value | namespace |
//! | --- | --- | --- |
//! | `part/{sku}` | [`super::Part`] | catalogue |
//! | `number/{normalised}` | list of [`super::number::NumberEntry`] | catalogue |
//! | `gtin/{14 digits}` | list of the skus with this bar code | catalogue |
//! | `fitment/{vehicle}/{part type}` | [`super::fitment::Fitment`] | catalogue |
//! | `vehicle/{vehicle}` | [`super::fitment::VehicleParts`] | catalogue |
//! | `vin/wmi/{WMI}` | [`super::vin::WmiRecord`] | catalogue |
//! | `vin/patterns/{WMI}/{position 10}` | [`super::vin::PatternRecord`], for makers with many patterns | catalogue |
//! | `account/{account}` | [`crate::pricing::Account`] | catalogue |
//! | `contract/{contract}` | [`crate::pricing::Contract`] | catalogue |
//! | `promotions` | list of [`crate::pricing::Promotion`] | catalogue |
//! | `locations` | list of [`crate::sourcing::Location`] | catalogue |
//! | `directory` | brands and part types, as agents are shown them: JSON that nothing here looks into | catalogue |
//! | `shards` | [`crate::stock::Dedicated`] | catalogue |
//! | `search/…` | the search index: [`crate::search`] | catalogue |
//! | `stock/{region}/{sku}` | [`crate::stock::Snapshot`] | snapshots |
//! | `key/{SHA-256 of the key, hex}` | [`crate::access::KeyRecord`] | catalogue |
//! | `shop/{shop}` | [`crate::token::register::Shop`] | catalogue |
//! | `technician/{technician}` | [`crate::token::register::Technician`] | catalogue |
//! | `tool/{tool}` | [`crate::token::register::Tool`] | catalogue |

use super::fitment::{VehicleKey, folded};
use super::gtin::Gtin;
use super::number::NormalisedNumber;
use super::vin::{Vin, Wmi};
use crate::id::{AccountId, Region, RegisteredId, Sku, TermsId};

/// The part record.
pub fn part(sku: &Sku) -> String {
    format!("part/{sku}")
}

/// The parts that answer to a number.
pub fn number(number: &NormalisedNumber) -> String {
    format!("number/{}", number.as_str())
}

/// The parts with a bar code.
pub fn gtin(gtin: &Gtin) -> String {
    format!("gtin/{gtin}")
}

/// The applications of one part type on one vehicle.
pub fn fitment(vehicle: &VehicleKey, part_type: &str) -> String {
    format!("fitment/{vehicle}/{}", folded(part_type))
}

/// The part types known for a vehicle.
pub fn vehicle(vehicle: &VehicleKey) -> String {
    format!("vehicle/{vehicle}")
}

/// What is known of a maker's identifier.
pub fn vin_wmi(wmi: &Wmi) -> String {
    format!("vin/wmi/{wmi}")
}

/// The patterns of a large maker for the model years that one character of position 10 stands for.
pub fn vin_patterns(wmi: &Wmi, year_code: char) -> String {
    format!("vin/patterns/{wmi}/{year_code}")
}

/// The two keys that hold everything about a VIN, [`vin_wmi`] and [`vin_patterns`]: fetch both in one bulk read; either
/// may have no value.
pub fn vin(vin: &Vin) -> [String; 2] {
    let wmi = vin.wmi();
    [vin_wmi(&wmi), vin_patterns(&wmi, vin.at(10).unwrap_or_default())]
}

/// An account and its terms.
pub fn account(account: &AccountId) -> String {
    format!("account/{account}")
}

/// A contract's prices.
pub fn contract(contract: &TermsId) -> String {
    format!("contract/{contract}")
}

/// Every promotion.
pub const PROMOTIONS: &str = "promotions";

/// Every location.
pub const LOCATIONS: &str = "locations";

/// The brands and part types there are.
pub const DIRECTORY: &str = "directory";

/// The skus that have shards of their own.
pub const SHARDS: &str = "shards";

/// A caller's key, by its SHA-256 in lower-case hex.
pub fn api_key(sha256_hex: &str) -> String {
    format!("key/{sha256_hex}")
}

/// A shop of the registers.
pub fn shop(id: &RegisteredId) -> String {
    format!("shop/{id}")
}

/// A technician of the registers.
pub fn technician(id: &RegisteredId) -> String {
    format!("technician/{id}")
}

/// A tool of the registers.
pub fn tool(id: &RegisteredId) -> String {
    format!("tool/{id}")
}

/// A shard's latest word about a sku in its region.
pub fn snapshot(region: &Region, sku: &Sku) -> String {
    format!("stock/{region}/{sku}")
}
