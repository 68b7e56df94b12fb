//! From staged rows to the records of the KV layout, in key order.

mod fitment;
mod parts;
mod search;
mod terms;

use holdfast::catalog::Part;
use holdfast::catalog::fitment::Application;
use holdfast::catalog::number::PartNumber;
use holdfast::catalog::part::{Calibration, Component, Interchange};
use holdfast::id::{BrandCode, Sku, TermsId};
use holdfast::money::Currency;
use holdfast::pricing::{Account, AccountRule, PriceBreak, PriceType, SheetPrice, SheetScope};
use holdfast::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::import::Import;
use crate::stage::MAX_VALUE_BYTES;

/// One thing that a part's record is made of.
#[derive(Debug, Serialize, Deserialize)]
pub enum PartFact {
    /// The part itself; first of all.
    Part(Box<Part>),
    /// What must be calibrated.
    Calibration(Calibration),
    /// What can be fitted instead.
    Interchange(Interchange),
    /// What is inside.
    Component(Component),
    /// What is inside, by the maker's number (PIES kits).
    ComponentByNumber(BrandCode, PartNumber, u32),
    /// One break of a price.
    Price(PriceRow),
}

/// One break of one price of one sheet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceRow {
    /// The sheet.
    pub sheet: TermsId,
    /// What kind of price.
    pub price_type: PriceType,
    /// Whom it is for.
    pub scope: SheetScope,
    /// Of the price.
    pub currency: Currency,
    /// Valid from.
    pub effective: Option<Timestamp>,
    /// Valid until.
    pub expires: Option<Timestamp>,
    /// From how many on, how much.
    pub step: PriceBreak,
}

/// One break of one sku of a contract.
#[derive(Debug, Serialize, Deserialize)]
pub struct ContractRow {
    /// The part.
    pub sku: Sku,
    /// Of the price.
    pub currency: Currency,
    /// Valid from.
    pub effective: Option<Timestamp>,
    /// Valid until.
    pub expires: Option<Timestamp>,
    /// From how many on, how much.
    pub step: PriceBreak,
}

/// An account, or one of its rules.
#[derive(Debug, Serialize, Deserialize)]
pub enum AccountFact {
    /// The account; first of all.
    Account(Account),
    /// A rule, in the order of the file.
    Rule(AccountRule),
}

/// An application that was added, or taken back.
#[derive(Debug, Serialize, Deserialize)]
pub struct ApplicationFact {
    /// The part type's name.
    pub part_type: String,
    /// Added, or deleted (ACES `action="D"`).
    pub add: bool,
    /// What fits.
    pub application: Application,
}

impl PriceRow {
    /// Brings the breaks of one price together, ascending.
    pub fn sort(&self) -> String {
        let Self { sheet, price_type, scope, currency, effective, expires, step } = self;
        format!("price/{sheet}/{price_type}/{scope:?}/{currency}/{effective:?}/{expires:?}/{:010}", step.from)
    }

    /// Whether it is a break of `price`.
    fn belongs_to(&self, price: &SheetPrice) -> bool {
        (&self.sheet, self.price_type, &self.scope, self.currency, self.effective, self.expires)
            == (&price.sheet, price.price_type, &price.scope, price.currency, price.effective, price.expires)
    }

    fn into_price(self) -> SheetPrice {
        let Self { sheet, price_type, scope, currency, effective, expires, step } = self;
        SheetPrice { sheet, price_type, scope, currency, effective, expires, breaks: vec![step] }
    }
}

/// Writes every record of the import into the stage.
pub fn run(import: &mut Import) -> Result<(), Error> {
    parts::resolve_replacements(import)?;
    parts::write_parts(import)?;
    parts::write_numbers(import)?;
    parts::write_gtins(import)?;
    fitment::write(import)?;
    search::write(import)?;
    terms::write(import)
}

/// What to say of a record that no KV value can hold.
fn too_large(key: &str) -> String {
    format!("{key}: the record is larger than a KV value may be ({MAX_VALUE_BYTES} bytes)")
}
