//! An account and the terms it buys on.

use serde::{Deserialize, Serialize};

use super::sheet::{PriceBreak, PriceType};
use crate::id::{AccountId, BrandCode, LocationId, Sku, TermsId};
use crate::money::{Currency, Price};
use crate::order::SortedMap;
use crate::time::Timestamp;

/// The most quotes an account may have open, unless its record says otherwise.
pub const OPEN_QUOTES: u32 = 200;

/// A caller that buys on its own terms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// Its name, for people.
    pub name: String,
    /// What kind of caller it is.
    pub kind: AccountKind,
    /// The one currency it is quoted in.
    pub currency: Currency,
    /// Where it is served from, and where deliveries go unless the caller says otherwise.
    pub home: LocationId,
    /// The group whose sheets it buys from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<TermsId>,
    /// The price type of its group, such as `JBR`.
    pub base_type: PriceType,
    /// Its contract, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract: Option<TermsId>,
    /// Rules by brand or category, the most specific first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<AccountRule>,
    /// Smallest margin on cost in basis points that a price may leave, contract prices excepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub margin_floor_bp: Option<u32>,
    /// Brands this account may not buy.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused_brands: Vec<BrandCode>,
    /// On credit hold: prices are shown, nothing can be ordered.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub on_hold: bool,
    /// May commit in the call that opens the quote.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub direct_commit: bool,
    /// The most quotes it may have open; absent: [`OPEN_QUOTES`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_quotes: Option<u32>,
}

impl Account {
    /// The most quotes it may have open.
    pub fn open_limit(&self) -> u32 {
        self.open_quotes.unwrap_or(OPEN_QUOTES)
    }
}

/// What kind of caller an account is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountKind {
    /// A repair shop.
    Shop,
    /// A fleet.
    Fleet,
    /// An agent that buys for others.
    Agent,
    /// The public, through a webstore.
    Web,
    /// One of the distributor's own branches.
    Branch,
    /// The distributor itself.
    Admin,
}

/// A price by brand or category: `price_type` of the part's sheets, changed by `adjust_bp`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountRule {
    /// Applies to this brand; absent: to any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brand: Option<BrandCode>,
    /// Applies to this part type (names matched by [`crate::catalog::fitment::folded`]); absent: to any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part_type: Option<String>,
    /// The price it starts from.
    pub price_type: PriceType,
    /// Basis points added to it: −500 is 5 % off.
    pub adjust_bp: i32,
}

/// Agreed prices. They are net: they go before everything, no promotion lowers them and no margin floor raises them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contract {
    /// Its id.
    pub id: TermsId,
    /// Prices by sku.
    pub prices: SortedMap<Sku, ContractPrice>,
}

/// One agreed price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContractPrice {
    /// Currency of its breaks.
    pub currency: Currency,
    /// Valid from this time on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effective: Option<Timestamp>,
    /// No longer valid at this time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Timestamp>,
    /// Ascending in `from`.
    pub breaks: Vec<PriceBreak>,
}

/// A price reduction for a while.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promotion {
    /// Its id.
    pub id: TermsId,
    /// Its name, for people.
    pub name: String,
    /// Valid from this time on.
    pub from: Timestamp,
    /// No longer valid at this time.
    pub until: Timestamp,
    /// What and whom it is for.
    #[serde(default)]
    pub scope: PromotionScope,
    /// The currency of a unit price it sets; a percentage holds in any.
    #[serde(default, skip_serializing_if = "Currency::is_default")]
    pub currency: Currency,
    /// What it does.
    pub effect: PromotionEffect,
}

/// What and whom a promotion is for; an empty list does not narrow.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct PromotionScope {
    /// These parts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub skus: Vec<Sku>,
    /// These brands.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub brands: Vec<BrandCode>,
    /// These part types.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub part_types: Vec<String>,
    /// These groups of accounts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<TermsId>,
    /// Lines of at least this many units.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minimum_quantity: Option<u32>,
}

/// What a promotion does to a unit price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PromotionEffect {
    /// Takes off this many basis points.
    OffBp(u32),
    /// Sets this price, if it is lower.
    UnitPrice(Price),
}
