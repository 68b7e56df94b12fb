//! PIES XML 6.7 and 7.x: items, their numbers, prices, kits and interchange. What Holdfast has no place for is skipped.

use std::path::Path;

use holdfast::catalog::number::{Equivalence, NumberEntry};
use holdfast::catalog::part::{CoreCharge, Grade, Kind, LifeCycle, Pack, PartType, Supply};
use holdfast::catalog::{Part, PartNumber};
use holdfast::id::{BrandCode, Quantity, Sku};
use holdfast::money::Currency;
use holdfast::pricing::{PriceBreak, PriceType, SheetScope};

use crate::aces::{minimal, sku_for};
use crate::assemble::{PartFact, PriceRow};
use crate::error::{Error, RowError, RowFailure};
use crate::import::Import;
use crate::report::Origin;
use crate::stage::Topic;
use crate::tables::{is_gtin, positive_price, time};
use crate::xml::{Element, XmlFile};

/// Units that are one piece; prices and kits in other units cannot be converted exactly.
const EACH: [&str; 2] = ["EA", "PE"];

/// What the header says for all items.
struct Defaults {
    currency: Currency,
    brand: Option<BrandCode>,
    sheets: Vec<Element>,
}

/// Reads the file into the import. An item that cannot be used is reported; a broken file stops the import.
pub fn read_file(path: &Path, import: &mut Import) -> Result<(), Error> {
    let mut xml = XmlFile::open(path, "PIES")?;
    let file = import.report.file(&path.display().to_string());
    import.decides_about(&["part", "number", "gtin"]);
    import.report.console().start("reading PIES", xml.bytes());
    let mut defaults = Defaults { currency: Currency::USD, brand: None, sheets: Vec::new() };
    let mut seen = 0_u64;
    while let Some(record) = xml.next(&["Items", "PriceSheets"])? {
        let origin = Origin { file, line: record.line };
        match record.name.as_str() {
            "Header" => {
                defaults.brand = record.child_text("BrandOwnerAAIAID").and_then(|text| text.parse().ok());
                if let Some(code) = record.child_text("CurrencyCode").and_then(|text| text.parse().ok()) {
                    defaults.currency = code;
                }
            }
            "PriceSheet" => defaults.sheets.push(record),
            "Item" => {
                seen = seen.saturating_add(1);
                read_item(import, &record, &defaults, origin)?;
            }
            "Trailer" => {
                let said = record.child_text("ItemCount").unwrap_or_default();
                if said.parse() != Ok(seen) {
                    import.report.warning(origin, format!("the trailer counts {said:?} items, the file has {seen}"));
                }
            }
            _ => {}
        }
        import.report.console().advance_to(xml.position());
    }
    import.counts.pies_items = import.counts.pies_items.saturating_add(seen);
    import.report.console().finish();
    Ok(())
}

fn read_item(import: &mut Import, item: &Element, defaults: &Defaults, origin: Origin) -> Result<(), Error> {
    if item.attribute("MaintenanceType") == Some("D") {
        return Ok(());
    }
    match identify(import, item, defaults, origin) {
        Ok(part) => read_details(import, item, &part, defaults, origin.file),
        Err(RowFailure::Fatal(error)) => Err(error),
        Err(RowFailure::Row(reason)) => {
            let number = item.child_text("PartNumber").unwrap_or("?");
            import.report.error(origin, format!("Item {number}: {reason}"));
            Ok(())
        }
    }
}

/// The item's part: that of the catalogue if a table defines its number, else a new one.
fn identify(import: &mut Import, item: &Element, defaults: &Defaults, origin: Origin) -> Result<Owner, RowFailure> {
    let number: PartNumber = parsed(item, "PartNumber")?.ok_or(RowError::Empty("PartNumber"))?;
    let brand: BrandCode =
        parsed(item, "BrandAAIAID")?.or_else(|| defaults.brand.clone()).ok_or(RowError::Empty("BrandAAIAID"))?;
    let mut found = import.stage.parts_by_number(&brand, &number)?;
    let exact = found.len() == 1;
    if let Some(part) = found.pop() {
        if exact {
            return Ok(Owner { sku: part.sku, brand, kind: part.kind });
        }
        return Err(RowError::Contradiction(format!("{brand} {number} is the number of several parts")).into());
    }
    let sku = sku_for(import, &brand, &number)?;
    let part = part_of(import, item, sku, brand, number)?;
    if !import.stage.add_part(&part, origin)? {
        return Err(RowError::duplicate("sku", part.sku).into());
    }
    let former: Vec<PartNumber> = expi(item, "PTN").filter_map(|text| text.parse().ok()).collect();
    import.add_own_numbers(&part, &former, origin)?;
    Ok(Owner { sku: part.sku, brand: part.brand, kind: part.kind })
}

struct Owner {
    sku: Sku,
    brand: BrandCode,
    kind: Kind,
}

fn part_of(import: &Import, item: &Element, sku: Sku, brand: BrandCode, number: PartNumber) -> Result<Part, RowError> {
    let type_id: Option<u32> = parsed(item, "PartTerminologyID")?;
    let part_type = PartType { id: type_id, name: type_id.map_or("unknown".into(), |id| import.lookups.part_type(id)) };
    let text = description(item).unwrap_or_else(|| format!("{brand} {number}"));
    let mut part = minimal(sku, brand, number, text, part_type);
    if let Some(label) = item.child_text("BrandLabel") {
        label.clone_into(&mut part.brand_name);
    }
    if item.child("Kits").is_some_and(|kits| kits.all("KitComponent").next().is_some()) {
        part.kind = Kind::Bundle;
    }
    part.gtin = item.child_text("ItemLevelGTIN").filter(|text| is_gtin(text)).map(ToOwned::to_owned);
    let whole = |name: &'static str| -> Result<Option<u32>, RowError> {
        let quantity: Option<u32> = item.child_text(name).map(|text| whole_number(name, text)).transpose()?;
        Ok(quantity)
    };
    part.pack = Pack {
        minimum: whole("MinimumOrderQuantity")?.unwrap_or(1),
        multiple: whole("ItemQuantitySize")?.or(whole("QuantitySize")?).unwrap_or(1),
    };
    part.life_cycle = expi(item, "LIF").next().map_or(LifeCycle::Active, life_cycle);
    part.supply = match expi(item, "STA").next() {
        Some("N") => Supply::MadeToOrder,
        Some("Q") => Supply::QuickShip,
        _ => Supply::Shelf,
    };
    part.core = core(item)?;
    for (code, name) in [("REM", "remanufactured"), ("NPC", "popularity")] {
        if let Some(text) = expi(item, code).next() {
            part.attributes.insert(name.into(), text.into());
        }
    }
    if let Some(attributes) = item.child("ProductAttributes") {
        for attribute in attributes.all("ProductAttribute").filter(|attribute| !attribute.text.is_empty()) {
            if let Some(name) = attribute.attribute("AttributeID") {
                part.attributes.update(name.into(), || attribute.text.clone(), |_| ());
            }
        }
    }
    Ok(part)
}

/// The description people read: the long one, else the short one, else the first. English goes before other languages.
fn description(item: &Element) -> Option<String> {
    let rank = |element: &&Element| {
        let code = match element.attribute("DescriptionCode") {
            Some("DES") => 0_u8,
            Some("SHO") => 1,
            Some("EXT") => 2,
            _ => 3,
        };
        let foreign = element.attribute("LanguageCode").is_some_and(|code| !code.eq_ignore_ascii_case("EN"));
        (foreign, code)
    };
    let texts = item.child("Descriptions")?.all("Description").filter(|element| !element.text.is_empty());
    texts.min_by_key(rank).map(|element| element.text.clone())
}

/// PCdb life cycle codes: 8 and 9 are discontinued and obsolete; 6 and 7 renumbered and superseded, `A` while stock
/// lasts; the others are on sale or about to be.
fn life_cycle(code: &str) -> LifeCycle {
    match code {
        "8" | "9" => LifeCycle::Discontinued,
        "6" | "7" | "A" => LifeCycle::PhasingOut,
        _ => LifeCycle::Active,
    }
}

/// The core charge, which PIES keeps among the prices: the first `CR*` of the item.
fn core(item: &Element) -> Result<Option<CoreCharge>, RowError> {
    let prices = item.child("Prices").into_iter().flat_map(|prices| prices.all("Pricing"));
    let mut charges = prices.filter(|price| price.attribute("PriceType").is_some_and(|code| code.starts_with("CR")));
    let Some(text) = charges.next().and_then(|price| price.child_text("Price")) else { return Ok(None) };
    let return_days = expi(item, "CXP").next().and_then(|text| text.parse().ok());
    Ok(Some(CoreCharge { charge: positive_price("Price", text)?, return_days }))
}

/// The values of one EXPI code.
fn expi<'a>(item: &'a Element, code: &'a str) -> impl Iterator<Item = &'a str> {
    let all = item.child("ExtendedInformation").into_iter();
    all.flat_map(|info| info.all("ExtendedProductInformation"))
        .filter(move |element| element.attribute("EXPICode") == Some(code) && !element.text.is_empty())
        .map(|element| element.text.as_str())
}

/// What hangs on the part. Each bad piece is reported by itself and does not cost the item.
fn read_details(
    import: &mut Import,
    item: &Element,
    owner: &Owner,
    defaults: &Defaults,
    file: u32,
) -> Result<(), Error> {
    let groups: [(&str, &str, Detail); 3] = [
        ("Prices", "Pricing", add_price),
        ("Kits", "KitComponent", add_component),
        ("PartInterchangeInfo", "PartInterchange", add_interchange),
    ];
    for (group, name, add) in groups {
        for element in item.child(group).into_iter().flat_map(|group| group.all(name)) {
            if element.attribute("MaintenanceType") == Some("D") {
                continue;
            }
            let origin = Origin { file, line: element.line };
            match add(import, element, owner, defaults, origin) {
                Ok(()) => {}
                Err(RowFailure::Row(reason)) => import.report.error(origin, format!("{}: {reason}", owner.sku)),
                Err(RowFailure::Fatal(error)) => return Err(error),
            }
        }
    }
    if let Some(number) = expi(item, "PTS").next().and_then(|text| text.parse::<PartNumber>().ok()) {
        let origin = Origin { file, line: item.line };
        import.stage.add(Topic::Replacement, owner.sku.as_str(), "", origin, &(&owner.brand, number))?;
    }
    Ok(())
}

type Detail = fn(&mut Import, &Element, &Owner, &Defaults, Origin) -> Result<(), RowFailure>;

fn add_price(
    import: &mut Import,
    pricing: &Element,
    owner: &Owner,
    defaults: &Defaults,
    origin: Origin,
) -> Result<(), RowFailure> {
    let code = pricing.attribute("PriceType").unwrap_or_default();
    let price_type: PriceType = code.parse().map_err(|reason| RowError::value("PriceType", code, reason))?;
    let price = pricing.child("Price").ok_or(RowError::Empty("Price"))?;
    let unit = price.attribute("UOM").unwrap_or("EA");
    if !EACH.contains(&unit) {
        return Err(RowError::value("UOM", unit, "the price is not for one piece").into());
    }
    // 7.x may say currency and dates once, in the sheet of this number.
    let number = pricing.child_text("PriceSheetNumber").unwrap_or("PIES");
    let sheet = defaults.sheets.iter().find(|sheet| sheet.child_text("PriceSheetNumber") == Some(number));
    let said = |name: &str| pricing.child_text(name).or_else(|| sheet.and_then(|sheet| sheet.child_text(name)));
    let currency = match said("CurrencyCode") {
        Some(text) => text.parse().map_err(|reason| RowError::value("CurrencyCode", text, reason))?,
        None => defaults.currency,
    };
    let day = |name: &'static str| said(name).map(|text| time(name, text)).transpose();
    let (effective, expires) = (day("EffectiveDate")?, day("ExpirationDate")?);
    if let (Some(from), Some(until)) = (effective, expires)
        && until <= from
    {
        return Err(RowError::Contradiction("ExpirationDate is not after EffectiveDate".into()).into());
    }
    let from = pricing.child_text("PriceBreak").map_or(Ok(1), |text| whole_number("PriceBreak", text))?;
    let row = PriceRow {
        sheet: sheet_name(number)?,
        price_type,
        scope: SheetScope::Everyone,
        currency,
        effective,
        expires,
        step: PriceBreak { from, unit: positive_price("Price", &price.text)? },
    };
    Ok(import.stage.add(Topic::Part, owner.sku.as_str(), &row.sort(), origin, &PartFact::Price(row))?)
}

/// Sheet numbers are free text in PIES: what a name may not have becomes `-`.
fn sheet_name(number: &str) -> Result<holdfast::id::TermsId, RowError> {
    let allowed = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' };
    let text: String = number.chars().map(allowed).collect();
    text.parse().map_err(|reason| RowError::value("PriceSheetNumber", number, reason))
}

fn add_component(
    import: &mut Import,
    component: &Element,
    owner: &Owner,
    _: &Defaults,
    origin: Origin,
) -> Result<(), RowFailure> {
    if owner.kind != Kind::Bundle {
        return Err(RowError::Contradiction(format!("{} is not a bundle", owner.sku)).into());
    }
    let number: PartNumber = parsed(component, "ComponentPartNumber")?.ok_or(RowError::Empty("ComponentPartNumber"))?;
    let brand = parsed(component, "ComponentBrand")?.unwrap_or_else(|| owner.brand.clone());
    let quantity = component.child_text("QuantityInKit").map_or(Ok(1), |text| whole_number("QuantityInKit", text))?;
    let sort = format!("component/{brand}/{number}");
    let fact = PartFact::ComponentByNumber(brand, number, quantity);
    Ok(import.stage.add(Topic::Part, owner.sku.as_str(), &sort, origin, &fact)?)
}

/// Another maker's numbers for this item. In 6.7 brand and number are attributes or children, by the sender's habit.
fn add_interchange(
    import: &mut Import,
    interchange: &Element,
    owner: &Owner,
    _: &Defaults,
    origin: Origin,
) -> Result<(), RowFailure> {
    let brand = interchange
        .attribute("BrandAAIAID")
        .or_else(|| interchange.child_text("BrandAAIAID"))
        .ok_or(RowError::Empty("BrandAAIAID"))?;
    let brand: BrandCode = brand.parse().map_err(|reason| RowError::value("BrandAAIAID", brand, reason))?;
    for element in interchange.all("PartNumber") {
        let number = element.text.parse().map_err(|reason| RowError::value("PartNumber", &element.text, reason))?;
        let grade = match element.attribute("QualityGradeLevel") {
            Some("P" | "1") => Grade::Premium,
            Some("E" | "3") => Grade::Economy,
            Some("O" | "OE") => Grade::Original,
            _ => Grade::Equivalent,
        };
        let quantity =
            element.attribute("InterchangeQuantity").map_or(Ok(1), |text| whole_number("InterchangeQuantity", text))?;
        let interchange = Some(Equivalence { quantity, grade });
        let entry = NumberEntry { brand: brand.clone(), number, sku: owner.sku.clone(), interchange, former: false };
        import.add_number(&entry, origin)?;
    }
    Ok(())
}

/// A quantity that PIES may write with decimals: `4`, `4.00`.
fn whole_number(name: &'static str, text: &str) -> Result<u32, RowError> {
    let whole = match text.split_once('.') {
        Some((whole, zeros)) if zeros.bytes().all(|byte| byte == b'0') => whole,
        _ => text,
    };
    match whole.parse() {
        Ok(number @ 1..=Quantity::MAX) => Ok(number),
        _ => Err(RowError::value(name, text, "is a whole number from 1 to 1000000")),
    }
}

fn parsed<T: std::str::FromStr<Err: std::fmt::Display>>(
    element: &Element,
    name: &'static str,
) -> Result<Option<T>, RowError> {
    let text = element.child_text(name);
    text.map(|text| text.parse().map_err(|reason| RowError::value(name, text, reason))).transpose()
}
