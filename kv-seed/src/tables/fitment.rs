//! Fitment: one row is one application for each of its model years.

use holdfast::catalog::fitment::{Application, VehicleKey, folded};
use holdfast::id::Quantity;

use super::Table;
use super::parts::known;
use crate::error::RowError;

/// The first car of a series, and a year no catalogue speaks of yet.
const YEARS: std::ops::RangeInclusive<u32> = 1896..=2100;

pub static FITMENT: Table = Table {
    name: "fitment",
    required: &["sku", "make", "model", "year_from"],
    optional: &["year_to", "submodel", "position", "quantity", "qualifiers"],
    kinds: &["fitment", "vehicle"],
    read: |import, row, origin| {
        let part = known(import, row, "sku")?;
        let (make, model) = (row.some_text("make")?, row.some_text("model")?);
        for (column, name) in [("make", make), ("model", model)] {
            if folded(name).is_empty() {
                return Err(RowError::value(column, name, "a name has a letter or digit").into());
            }
        }
        let from = row.whole("year_from", YEARS, None)?;
        let to = row.whole("year_to", YEARS, Some(from))?;
        if to < from {
            return Err(RowError::Contradiction(format!("year_to {to} is before year_from {from}")).into());
        }
        let application = Application {
            sku: part.sku,
            quantity: row.whole("quantity", 1..=Quantity::MAX, Some(1))?,
            position: row.text("position").into(),
            submodel: row.text("submodel").into(),
            qualifiers: row.items("qualifiers").map(Into::into).collect(),
        };
        for year in from..=to {
            let vehicle = VehicleKey::new(u16::try_from(year).unwrap_or(u16::MAX), make, model);
            import.name_vehicle(&vehicle, make, model);
            import.add_application(&vehicle, &part.part_type, &application, true, origin)?;
        }
        Ok(())
    },
};
