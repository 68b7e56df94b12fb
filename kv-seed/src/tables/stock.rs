//! Opening stock and receipts on their way.

use holdfast::catalog::part::Kind;
use holdfast::id::{LocationId, Quantity, Sku};

use super::Table;
use super::row::Row;
use crate::error::{RowError, RowFailure};
use crate::import::Import;
use crate::stage::{Names, Topic};
use crate::stock::{Incoming, Opening};

pub static STOCK: Table = Table {
    name: "stock",
    required: &["location", "sku", "on_hand"],
    optional: &["safety"],
    kinds: &[],
    read: |import, row, origin| {
        let (location, sku) = position(import, row)?;
        let opening = Opening {
            on_hand: row.whole("on_hand", 0..=Quantity::MAX, None)?,
            safety: row.whole("safety", 0..=Quantity::MAX, Some(0))?,
            location,
            sku,
        };
        let owner = format!("{}:{}", opening.location, opening.sku);
        if !import.stage.claim(Names::Stock, &owner)? {
            return Err(RowError::duplicate("position", owner).into());
        }
        Ok(import.stage.add(Topic::Stock, &owner, "", origin, &opening)?)
    },
};

pub static INCOMING: Table = Table {
    name: "incoming",
    required: &["id", "location", "sku", "quantity", "eta"],
    optional: &[],
    kinds: &[],
    read: |import, row, origin| {
        let (location, sku) = position(import, row)?;
        let quantity = row.whole("quantity", 1..=Quantity::MAX, None)?;
        let incoming = Incoming { id: row.required("id")?, sku, location, quantity, eta: row.some_time("eta")? };
        if !import.stage.claim(Names::Incoming, incoming.id.as_str())? {
            return Err(RowError::duplicate("receipt", incoming.id).into());
        }
        Ok(import.stage.add(Topic::Incoming, incoming.id.as_str(), "", origin, &incoming)?)
    },
};

fn position(import: &Import, row: &Row<'_>) -> Result<(LocationId, Sku), RowFailure> {
    let (location, sku): (LocationId, Sku) = (row.required("location")?, row.required("sku")?);
    if !import.stage.may_exist(Names::Location, location.as_str())? {
        return Err(RowError::unknown("location", location).into());
    }
    match import.stage.part(sku.as_str())? {
        Some(part) if part.kind != Kind::Physical => {
            Err(RowError::Contradiction(format!("{sku} is not a physical part: it has no stock of its own")).into())
        }
        None if import.stage.has_parts()? => Err(RowError::unknown("sku", sku).into()),
        _ => Ok((location, sku)),
    }
}
