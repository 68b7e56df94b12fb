//! ACES XML: applications by base vehicle, by years, make and model, or by equipment. Versions 3.1 to 4.2, and the names
//! that 5.0 gave to `PartType` and `Part`.

use std::path::Path;

use holdfast::catalog::fitment::{Application, VehicleKey};
use holdfast::catalog::part::{Kind, LifeCycle, Pack, PartType, Supply};
use holdfast::catalog::{Part, PartNumber};
use holdfast::id::{BrandCode, Quantity, Sku};
use holdfast::order::SortedMap;

use crate::error::{Error, RowError, RowFailure};
use crate::import::Import;
use crate::report::Origin;
use crate::stage::KnownPart;
use crate::xml::{Element, XmlFile};

/// Elements of an `App` that are not conditions on the vehicle.
const NOT_CONDITIONS: [&str; 24] = [
    "BaseVehicle",
    "Years",
    "Make",
    "Model",
    "SubModel",
    "Mfr",
    "EquipmentModel",
    "EquipmentBase",
    "VehicleType",
    "ProductionYears",
    "Qual",
    "Note",
    "Qty",
    "PartType",
    "PartTerminology",
    "MfrLabel",
    "Position",
    "Part",
    "PartNumber",
    "DisplayOrder",
    "AssetName",
    "AssetItemOrder",
    "AssetItemRef",
    "DigitalAsset",
];

/// Reads the file into the import. An `App` that cannot be used is reported; a broken file stops the import.
pub fn read_file(path: &Path, import: &mut Import) -> Result<(), Error> {
    let mut xml = XmlFile::open(path, "ACES")?;
    let file = import.report.file(&path.display().to_string());
    import.decides_about(&["fitment", "vehicle"]);
    import.report.console().start("reading ACES", xml.bytes());
    let mut brand: Option<BrandCode> = None;
    let mut seen = 0_u64;
    while let Some(record) = xml.next(&[])? {
        let origin = Origin { file, line: record.line };
        match record.name.as_str() {
            "Header" => {
                brand = record.child_text("BrandAAIAID").and_then(|text| text.parse().ok());
                if record.child_text("SubmissionType").is_some_and(|kind| kind.eq_ignore_ascii_case("update")) {
                    let text = "an UPDATE file: its applications are imported as if they were all there are";
                    import.report.warning(origin, text);
                }
            }
            "App" => {
                seen = seen.saturating_add(1);
                match read_app(import, &record, brand.as_ref(), origin) {
                    Ok(()) => {}
                    Err(RowFailure::Row(reason)) => {
                        let id = record.attribute("id").unwrap_or("?");
                        import.report.error(origin, format!("App {id}: {reason}"));
                    }
                    Err(RowFailure::Fatal(error)) => return Err(error),
                }
            }
            "Footer" => check_count(import, &record, seen, origin),
            _ => {}
        }
        import.report.console().advance_to(xml.position());
    }
    import.counts.aces_applications = import.counts.aces_applications.saturating_add(seen);
    import.report.console().finish();
    Ok(())
}

fn check_count(import: &mut Import, footer: &Element, seen: u64, origin: Origin) {
    let said = footer.child_text("RecordCount").unwrap_or_default();
    if said.parse() != Ok(seen) {
        import.report.warning(origin, format!("the footer counts {said:?} applications, the file has {seen}"));
    }
}

fn read_app(import: &mut Import, app: &Element, header: Option<&BrandCode>, origin: Origin) -> Result<(), RowFailure> {
    let add = match app.attribute("action") {
        Some("A") => true,
        Some("D") => false,
        other => return Err(RowError::value("action", other.unwrap_or_default(), "is A or D").into()),
    };
    let vehicles = vehicles(import, app)?;
    name(import, app, &vehicles)?;
    let type_id: u32 = id_of(app, &["PartTerminology", "PartType"])?.ok_or(RowError::Empty("PartType"))?;
    let part_type = import.lookups.part_type(type_id);
    let part = part(import, app, header, PartType { id: Some(type_id), name: part_type.clone() }, origin)?;
    let quantity = match app.child_text("Qty").map(str::parse::<u32>) {
        None => 1,
        Some(Ok(quantity @ 1..=Quantity::MAX)) => quantity,
        Some(_) => return Err(RowError::value("Qty", app.child_text("Qty").unwrap_or_default(), "is 1 or more").into()),
    };
    let application = Application {
        sku: part.sku,
        quantity,
        position: id_of(app, &["Position"])?.map_or_else(String::new, |id| import.lookups.position(id)),
        submodel: id_of(app, &["SubModel"])?.map_or_else(String::new, |id| format!("#{id}")),
        qualifiers: qualifiers(app),
    };
    for vehicle in vehicles {
        import.add_application(&vehicle, &part_type, &application, add, origin)?;
    }
    Ok(())
}

/// Lets the vehicles be found by the words of their makes and models, where these are known.
fn name(import: &mut Import, app: &Element, vehicles: &[VehicleKey]) -> Result<(), RowError> {
    let lookups = &import.lookups;
    let names = if let Some(id) = id_of(app, &["BaseVehicle"])? {
        lookups.vehicle_name(id).map(|(make, model)| (make.to_owned(), model.to_owned()))
    } else if let Some(make) = id_of(app, &["Make"])? {
        let model = id_of(app, &["Model"])?.map_or_else(String::new, |id| lookups.model(id));
        Some((lookups.make(make), model))
    } else {
        None
    };
    if let (Some((make, model)), Some(first)) = (names, vehicles.first()) {
        import.name_vehicle(first, &make, &model);
    }
    Ok(())
}

/// The vehicles an application speaks of.
fn vehicles(import: &Import, app: &Element) -> Result<Vec<VehicleKey>, RowError> {
    let lookups = &import.lookups;
    if let Some(id) = id_of(app, &["BaseVehicle"])? {
        return Ok(vec![lookups.vehicle(id)]);
    }
    if let Some(make) = id_of(app, &["Make"])? {
        let model = id_of(app, &["Model"])?.map_or_else(|| "any".to_owned(), |id| lookups.model(id));
        let years = years(app, "Years", "from", "to")?.ok_or(RowError::Empty("Years"))?;
        return Ok(years.map(|year| VehicleKey::new(year, &lookups.make(make), &model)).collect());
    }
    if let Some(id) = id_of(app, &["EquipmentBase"])? {
        return Ok(vec![VehicleKey::new(0, "equipment base", &id.to_string())]);
    }
    if let (Some(maker), Some(model)) = (id_of(app, &["Mfr"])?, id_of(app, &["EquipmentModel"])?) {
        let years = years(app, "ProductionYears", "ProductionStart", "ProductionEnd")?.unwrap_or(0..=0);
        let key = |year| VehicleKey::new(year, &format!("mfr {maker}"), &format!("equipment {model}"));
        return Ok(years.map(key).collect());
    }
    Err(RowError::Contradiction("no BaseVehicle, Make or equipment says which vehicle it is for".into()))
}

fn years(
    app: &Element,
    name: &'static str,
    from: &str,
    to: &str,
) -> Result<Option<std::ops::RangeInclusive<u16>>, RowError> {
    let Some(element) = app.child(name) else { return Ok(None) };
    let year = |attribute: &str| element.attribute(attribute).and_then(|text| text.parse::<u16>().ok());
    match (year(from), year(to).or(year(from))) {
        (Some(from @ 1896..=2100), Some(to @ 1896..=2100)) if from <= to => Ok(Some(from..=to)),
        _ => Err(RowError::Contradiction(format!("{name} is a window between 1896 and 2100"))),
    }
}

/// The `id` of the first child that has one of these names.
fn id_of(app: &Element, names: &[&'static str]) -> Result<Option<u32>, RowError> {
    for name in names {
        if let Some(child) = app.child(name) {
            let text = child.attribute("id").unwrap_or_default();
            return text.parse().map(Some).map_err(|_| RowError::value(name, text, "its id is a whole number"));
        }
    }
    Ok(None)
}

/// Conditions in words: attributes of the vehicle by id (`EngineBase #12`), qualifiers, notes.
fn qualifiers(app: &Element) -> Vec<String> {
    let mut qualifiers = Vec::new();
    for child in app.children.iter().filter(|child| !NOT_CONDITIONS.contains(&child.name.as_str())) {
        if let Some(id) = child.attribute("id") {
            qualifiers.push(format!("{} #{id}", child.name));
        }
    }
    for qualifier in app.all("Qual") {
        match qualifier.child_text("text") {
            Some(text) => qualifiers.push(text.to_owned()),
            None => qualifiers.push(format!("Qual #{}", qualifier.attribute("id").unwrap_or("?"))),
        }
    }
    qualifiers.extend(app.all("Note").map(|note| note.text.clone()).filter(|note| !note.is_empty()));
    qualifiers
}

/// The part an application is of: the catalogue's if it has the number, else a minimal one.
fn part(
    import: &mut Import,
    app: &Element,
    header: Option<&BrandCode>,
    part_type: PartType,
    origin: Origin,
) -> Result<KnownPart, RowFailure> {
    let element = app.child("PartNumber").or_else(|| app.child("Part")).ok_or(RowError::Empty("Part"))?;
    let number: PartNumber = element.text.parse().map_err(|reason| RowError::value("Part", &element.text, reason))?;
    let brand: BrandCode = match (element.attribute("BrandAAIAID"), header) {
        (Some(text), _) => text.parse().map_err(|reason| RowError::value("BrandAAIAID", text, reason))?,
        (None, Some(brand)) => brand.clone(),
        (None, None) => return Err(RowError::Empty("BrandAAIAID").into()),
    };
    let sku = sku_for(import, &brand, &number)?;
    let mut found = import.stage.parts_by_number(&brand, &number)?;
    match (found.pop(), found.is_empty()) {
        (Some(part), true) => return Ok(part),
        (Some(_), false) => {
            let text = format!("{brand} {number} is the number of several parts");
            return Err(RowError::Contradiction(text).into());
        }
        (None, _) => {}
    }
    let label = app.child_text("MfrLabel").map_or_else(|| format!("{brand} {number}"), ToOwned::to_owned);
    let part = minimal(sku, brand, number, label, part_type);
    if !import.stage.add_part(&part, origin)? {
        return Err(RowError::duplicate("sku", part.sku).into());
    }
    import.add_own_numbers(&part, &[], origin)?;
    Ok(KnownPart { sku: part.sku, kind: part.kind, part_type: part.part_type.name })
}

/// The sku of a part that no table names: the user's own, or `BRAND-NUMBER` with `-` for what a sku may not have.
pub fn sku_for(import: &Import, brand: &BrandCode, number: &PartNumber) -> Result<Sku, RowError> {
    if let Some(sku) = import.lookups.sku(brand.as_str(), number.as_str()) {
        return Ok(sku.clone());
    }
    let allowed = |c: char| if c.is_ascii_alphanumeric() || "-_./+".contains(c) { c } else { '-' };
    let text: String = format!("{brand}-{number}").chars().map(allowed).collect();
    text.parse().map_err(|reason| RowError::value("Part", number.as_str(), reason))
}

/// A part of which only its number and type are known.
pub fn minimal(sku: Sku, brand: BrandCode, number: PartNumber, description: String, part_type: PartType) -> Part {
    Part {
        sku,
        brand_name: brand.to_string(),
        brand,
        number,
        description,
        part_type,
        kind: Kind::default(),
        life_cycle: LifeCycle::default(),
        pack: Pack::default(),
        supply: Supply::default(),
        core: None,
        calibration: None,
        interchange: Vec::new(),
        superseded_by: Vec::new(),
        components: Vec::new(),
        gtin: None,
        attributes: SortedMap::default(),
        billing: None,
        currency: holdfast::money::Currency::USD,
        cost: None,
        prices: Vec::new(),
    }
}
