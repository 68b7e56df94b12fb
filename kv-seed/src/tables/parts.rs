//! Parts and what hangs on them: numbers, interchange, supersession, components, calibrations.

use holdfast::catalog::number::{Equivalence, NumberEntry};
use holdfast::catalog::part::{Calibration, Component, CoreCharge, Grade, Interchange, Kind, Pack, PartType};
use holdfast::catalog::{Gtin, Part, PartNumber};
use holdfast::id::{Quantity, Sku};
use holdfast::order::SortedMap;

use super::Table;
use super::row::{self, Row};
use crate::assemble::PartFact;
use crate::error::{RowError, RowFailure};
use crate::import::Import;
use crate::report::Origin;
use crate::stage::{KnownPart, Names, Topic};

pub static PARTS: Table = Table {
    name: "parts",
    required: &["sku", "brand", "number", "description", "part_type"],
    optional: &[
        "brand_name",
        "part_type_id",
        "kind",
        "life_cycle",
        "pack_minimum",
        "pack_multiple",
        "supply",
        "core_charge",
        "core_return_days",
        "gtin",
        "billing",
        "cost",
        "attributes",
        "former_numbers",
    ],
    kinds: &["part", "number", "gtin"],
    read: read_part,
};

pub static CALIBRATIONS: Table = Table {
    name: "calibrations",
    required: &["sku", "ecu", "procedure", "version"],
    optional: &["provider"],
    kinds: &[],
    read: |import, row, origin| {
        let part = known(import, row, "sku")?;
        let calibration = Calibration {
            ecu: row.some_text("ecu")?.into(),
            procedure: row.some_text("procedure")?.into(),
            version: row.some_text("version")?.into(),
            provider: row.optional("provider")?,
        };
        if !import.stage.claim(Names::Calibration, part.sku.as_str())? {
            return Err(RowError::duplicate("calibration of", part.sku).into());
        }
        add(import, &part.sku, "calibration", origin, &PartFact::Calibration(calibration))
    },
};

pub static NUMBERS: Table = Table {
    name: "numbers",
    required: &["brand", "number", "sku"],
    optional: &["quantity", "grade"],
    kinds: &["number"],
    read: |import, row, origin| {
        let entry = NumberEntry {
            brand: row.required("brand")?,
            number: row.required("number")?,
            sku: known(import, row, "sku")?.sku,
            interchange: Some(Equivalence { quantity: quantity(row)?, grade: grade(row)? }),
            former: false,
        };
        Ok(import.add_number(&entry, origin)?)
    },
};

pub static INTERCHANGE: Table = Table {
    name: "interchange",
    required: &["sku", "other_sku"],
    optional: &["quantity", "grade"],
    kinds: &[],
    read: |import, row, origin| {
        let (part, other) = (known(import, row, "sku")?, known(import, row, "other_sku")?);
        if part.sku == other.sku {
            return Err(RowError::Contradiction(format!("{} is interchangeable with itself", part.sku)).into());
        }
        let fact = Interchange { sku: other.sku, quantity: quantity(row)?, grade: grade(row)? };
        let sort = format!("interchange/{}", fact.sku);
        add(import, &part.sku, &sort, origin, &PartFact::Interchange(fact))
    },
};

pub static SUPERSESSIONS: Table = Table {
    name: "supersessions",
    required: &["old_sku", "new_sku"],
    optional: &[],
    kinds: &[],
    read: |import, row, origin| {
        let (old, new) = (known(import, row, "old_sku")?, known(import, row, "new_sku")?);
        if !import.stage.supersede(&old.sku, &new.sku, origin)? {
            return Err(RowError::duplicate("supersession of", old.sku).into());
        }
        Ok(())
    },
};

pub static COMPONENTS: Table = Table {
    name: "components",
    required: &["sku", "component_sku"],
    optional: &["quantity"],
    kinds: &[],
    read: |import, row, origin| {
        let (part, inside) = (known(import, row, "sku")?, known(import, row, "component_sku")?);
        if part.kind != Kind::Bundle {
            return Err(RowError::Contradiction(format!("{} is not a bundle", part.sku)).into());
        }
        if inside.kind == Kind::Bundle {
            return Err(RowError::Contradiction(format!("component {} is a bundle itself", inside.sku)).into());
        }
        let fact = Component { sku: inside.sku, quantity: quantity(row)? };
        let sort = format!("component/{}", fact.sku);
        add(import, &part.sku, &sort, origin, &PartFact::Component(fact))
    },
};

fn read_part(import: &mut Import, row: &Row<'_>, origin: Origin) -> Result<(), RowFailure> {
    let part = part_of(row)?;
    let former: Vec<PartNumber> = row.list("former_numbers")?;
    if !import.stage.add_part(&part, origin)? {
        return Err(RowError::duplicate("sku", &part.sku).into());
    }
    import.add_own_numbers(&part, &former, origin)?;
    Ok(())
}

fn part_of(row: &Row<'_>) -> Result<Part, RowError> {
    let kind = row.word("kind")?.unwrap_or_default();
    let billing = row.word("billing")?;
    if billing.is_some() && kind != Kind::Digital {
        return Err(RowError::Contradiction("billing is for digital parts only".into()));
    }
    let pack = Pack {
        minimum: row.whole("pack_minimum", 1..=Quantity::MAX, Some(1))?,
        multiple: row.whole("pack_multiple", 1..=Quantity::MAX, Some(1))?,
    };
    let brand = row.required("brand")?;
    let brand_name = match row.text("brand_name") {
        "" => row.text("brand"),
        name => name,
    };
    Ok(Part {
        currency: holdfast::money::Currency::USD,
        sku: row.required("sku")?,
        brand,
        brand_name: brand_name.into(),
        number: row.required("number")?,
        description: row.some_text("description")?.into(),
        part_type: PartType { id: row.optional("part_type_id")?, name: part_type_name(row)? },
        kind,
        life_cycle: row.word("life_cycle")?.unwrap_or_default(),
        pack,
        supply: row.word("supply")?.unwrap_or_default(),
        core: core(row)?,
        calibration: None,
        interchange: Vec::new(),
        superseded_by: Vec::new(),
        components: Vec::new(),
        gtin: gtin(row)?,
        attributes: attributes(row)?,
        billing,
        cost: row.price("cost")?,
        prices: Vec::new(),
    })
}

/// A part type is matched by its letters and digits, so it must have one.
fn part_type_name(row: &Row<'_>) -> Result<String, RowError> {
    let name = row.some_text("part_type")?;
    if holdfast::catalog::fitment::folded(name).is_empty() {
        return Err(RowError::value("part_type", name, "a name has a letter or digit"));
    }
    Ok(name.into())
}

fn core(row: &Row<'_>) -> Result<Option<CoreCharge>, RowError> {
    let return_days = row.optional("core_return_days")?;
    match row.price("core_charge")? {
        Some(charge) => Ok(Some(CoreCharge { charge, return_days })),
        None if return_days.is_some() => Err(RowError::Contradiction("core_return_days without a core_charge".into())),
        None => Ok(None),
    }
}

fn gtin(row: &Row<'_>) -> Result<Option<String>, RowError> {
    match row.text("gtin") {
        "" => Ok(None),
        text if is_gtin(text) => Ok(Some(text.into())),
        text => Err(RowError::value("gtin", text, "is 8, 12, 13 or 14 digits with a right check digit")),
    }
}

/// Whether a text is a bar code's number.
pub fn is_gtin(text: &str) -> bool {
    text.parse::<Gtin>().is_ok()
}

fn attributes(row: &Row<'_>) -> Result<SortedMap<String, String>, RowError> {
    let mut attributes = SortedMap::default();
    for item in row.items("attributes") {
        let Some((name, value)) = item.split_once('=').map(|(name, value)| (name.trim(), value.trim())) else {
            return Err(RowError::value("attributes", item, "is name=value"));
        };
        if name.is_empty() || attributes.insert(name.to_owned(), value.to_owned()).is_some() {
            return Err(RowError::value("attributes", item, "the name is empty or there twice"));
        }
    }
    Ok(attributes)
}

fn quantity(row: &Row<'_>) -> Result<u32, RowError> {
    row.whole("quantity", 1..=Quantity::MAX, Some(1))
}

fn grade(row: &Row<'_>) -> Result<Grade, RowError> {
    Ok(row.word("grade")?.unwrap_or(Grade::Equivalent))
}

/// The part a row speaks of, which must be in the import.
pub fn known(import: &Import, row: &Row<'_>, column: &'static str) -> Result<KnownPart, RowFailure> {
    let sku: Sku = row::parse(column, row.some_text(column)?)?;
    Ok(import.stage.part(sku.as_str())?.ok_or_else(|| RowError::unknown("sku", sku))?)
}

fn add(import: &Import, sku: &Sku, sort: &str, origin: Origin, fact: &PartFact) -> Result<(), RowFailure> {
    Ok(import.stage.add(Topic::Part, sku.as_str(), sort, origin, fact)?)
}
