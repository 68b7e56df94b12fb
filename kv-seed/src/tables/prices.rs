//! Price sheets, contracts and promotions.

use holdfast::id::{Quantity, Sku, TermsId};
use holdfast::money::Currency;
use holdfast::pricing::{PriceBreak, Promotion, PromotionEffect, PromotionScope, SheetScope};

use super::Table;
use super::parts::known;
use super::row::{self, Row};
use crate::assemble::{ContractRow, PartFact, PriceRow};
use crate::error::{RowError, RowFailure};
use crate::import::Import;
use crate::stage::{Names, Topic};

pub static PRICES: Table = Table {
    name: "prices",
    required: &["sku", "sheet", "price_type", "price"],
    optional: &["scope", "currency", "effective", "expires", "from_quantity"],
    kinds: &[],
    read: |import, row, origin| {
        let part = known(import, row, "sku")?;
        let (effective, expires) = row.window("effective", "expires")?;
        let price = PriceRow {
            sheet: row.required("sheet")?,
            price_type: row.required("price_type")?,
            scope: scope(import, row)?,
            currency: row.optional("currency")?.unwrap_or(Currency::USD),
            effective,
            expires,
            step: step(row)?,
        };
        let sort = price.sort();
        Ok(import.stage.add(Topic::Part, part.sku.as_str(), &sort, origin, &PartFact::Price(price))?)
    },
};

pub static CONTRACTS: Table = Table {
    name: "contracts",
    required: &["contract", "sku", "price"],
    optional: &["currency", "effective", "expires", "from_quantity"],
    kinds: &["contract"],
    read: |import, row, origin| {
        let contract: TermsId = row.required("contract")?;
        let sku: Sku = row.required("sku")?;
        check_sku(import, &sku)?;
        let (effective, expires) = row.window("effective", "expires")?;
        let currency = row.optional("currency")?.unwrap_or(Currency::USD);
        let price = ContractRow { sku, currency, effective, expires, step: step(row)? };
        import.stage.claim(Names::Contract, contract.as_str())?;
        let sort = format!("{}/{:010}", price.sku, price.step.from);
        Ok(import.stage.add(Topic::Contract, contract.as_str(), &sort, origin, &price)?)
    },
};

pub static PROMOTIONS: Table = Table {
    name: "promotions",
    required: &["id", "name", "from", "until"],
    optional: &["skus", "brands", "part_types", "groups", "minimum_quantity", "off_percent", "unit_price"],
    kinds: &["promotions"],
    read: |import, row, origin| {
        row.window("from", "until")?;
        let effect = match (row.percent("off_percent", 1..=10_000)?, row.price("unit_price")?) {
            (Some(off), None) => PromotionEffect::OffBp(off.unsigned_abs()),
            (None, Some(price)) => PromotionEffect::UnitPrice(price),
            _ => {
                return Err(
                    RowError::Contradiction("exactly one of off_percent and unit_price is needed".into()).into()
                );
            }
        };
        let minimum_quantity = match row.text("minimum_quantity") {
            "" => None,
            _ => Some(row.whole("minimum_quantity", 1..=Quantity::MAX, None)?),
        };
        let scope = PromotionScope {
            skus: row.list("skus")?,
            brands: row.list("brands")?,
            part_types: row.items("part_types").map(Into::into).collect(),
            groups: row.list("groups")?,
            minimum_quantity,
        };
        for sku in &scope.skus {
            check_sku(import, sku)?;
        }
        let promotion = Promotion {
            id: row.required("id")?,
            name: row.some_text("name")?.into(),
            from: row.some_time("from")?,
            until: row.some_time("until")?,
            scope,
            effect,
        };
        if !import.stage.claim(Names::Promotion, promotion.id.as_str())? {
            return Err(RowError::duplicate("promotion", promotion.id).into());
        }
        Ok(import.stage.add(Topic::Promotion, "", promotion.id.as_str(), origin, &promotion)?)
    },
};

fn step(row: &Row<'_>) -> Result<PriceBreak, RowError> {
    let from = row.whole("from_quantity", 1..=Quantity::MAX, Some(1))?;
    Ok(PriceBreak { from, unit: row::positive_price("price", row.some_text("price")?)? })
}

fn scope(import: &Import, row: &Row<'_>) -> Result<SheetScope, RowFailure> {
    let text = row.text("scope");
    match text.split_once(':') {
        None if text.is_empty() => Ok(SheetScope::Everyone),
        Some(("group", name)) => Ok(SheetScope::Group(row::parse("scope", name)?)),
        Some(("branch", name)) => {
            let location = row::parse("scope", name)?;
            if !import.stage.may_exist(Names::Location, name)? {
                return Err(RowError::unknown("location", name).into());
            }
            Ok(SheetScope::Branch(location))
        }
        _ => Err(RowError::value("scope", text, "is empty, group:NAME or branch:LOCATION").into()),
    }
}

/// Terms may speak of parts that are imported at another time; with parts in the import, they must be among them.
fn check_sku(import: &Import, sku: &Sku) -> Result<(), RowFailure> {
    if import.stage.part(sku.as_str())?.is_none() && import.stage.has_parts()? {
        return Err(RowError::unknown("sku", sku).into());
    }
    Ok(())
}
