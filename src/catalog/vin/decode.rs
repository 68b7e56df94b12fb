//! From a VIN and the records about its maker to a vehicle.

use super::{
    DriverAssistance, Element, Engine, Fitted, ModelYears, PatternRecord, Powertrain, Vehicle, Vin, Warning,
    WarningCode, WmiRecord,
};

/// Decodes a VIN with the two records that its keys lead to; either may be missing. `this_year` is the calendar year,
/// which a model year exceeds by one at most.
pub fn decode(vin: &Vin, wmi: Option<&WmiRecord>, patterns: Option<&PatternRecord>, this_year: u16) -> Vehicle {
    let patterns = patterns.or_else(|| wmi?.patterns.as_ref());
    let kind = wmi.and_then(|record| record.vehicle_type);
    let years = ModelYears::of(vin, kind, wmi.and_then(|record| record.light_truck), this_year);
    let reading = Reading::likeliest(vin, patterns, years.candidates());
    // Without a matching pattern the make is still certain if the maker's identifier is used for one only.
    let only_make = || match wmi?.makes.as_slice() {
        [make] => Some(make.clone()),
        _ => patterns?.only_make(reading.year?).map(str::to_owned),
    };
    let mut vehicle = Vehicle {
        vin: *vin,
        year: reading.year,
        make: reading.text(Element::Make).or_else(only_make),
        model: reading.text(Element::Model),
        series: reading.text(Element::Series),
        trim: reading.text(Element::Trim),
        body: reading.text(Element::BodyClass),
        vehicle_type: kind,
        drive: reading.text(Element::DriveType),
        powertrain: Powertrain::of(&reading.facts),
        electrification: reading.text(Element::ElectrificationLevel),
        engine: Engine {
            model: reading.text(Element::EngineModel),
            cylinders: reading.text(Element::EngineCylinders),
            displacement_litres: reading.text(Element::DisplacementLitres),
            fuel: reading.text(Element::FuelPrimary),
            second_fuel: reading.text(Element::FuelSecondary),
        },
        driver_assistance: reading.driver_assistance(),
        manufacturer: wmi.map(|record| record.manufacturer.clone()).filter(|name| !name.is_empty()),
        plant_country: reading.text(Element::PlantCountry),
        warnings: Vec::new(),
    };
    vehicle.warnings = warnings(&vehicle, wmi, &reading);
    vehicle
}

/// What the patterns say in the model year that they fit best.
struct Reading<'a> {
    year: Option<u16>,
    /// The other model year, where nothing decides between the two.
    or_year: Option<u16>,
    facts: Vec<(Element, &'a str)>,
}

impl<'a> Reading<'a> {
    /// The first year in which the patterns know a model; if there is none, the first year.
    fn likeliest(vin: &Vin, patterns: Option<&'a PatternRecord>, years: &[u16]) -> Self {
        let in_year = |year| patterns.map(|record| record.facts_of(vin, year)).unwrap_or_default();
        let (Some(&first), other) = (years.first(), years.get(1).copied()) else {
            return Self { year: None, or_year: None, facts: in_year(None) };
        };
        let facts = in_year(Some(first));
        let Some(second) = other else {
            return Self { year: Some(first), or_year: None, facts };
        };
        let other_facts = in_year(Some(second));
        let has_model = |facts: &[(Element, &str)]| facts.iter().any(|&(element, _)| element == Element::Model);
        match (has_model(&facts), has_model(&other_facts)) {
            (true, false) => Self { year: Some(first), or_year: None, facts },
            (false, true) => Self { year: Some(second), or_year: None, facts: other_facts },
            _ => Self { year: Some(first), or_year: Some(second), facts },
        }
    }

    fn text(&self, wanted: Element) -> Option<String> {
        self.facts.iter().find(|&&(element, _)| element == wanted).map(|&(_, text)| text.to_owned())
    }

    fn driver_assistance(&self) -> Option<Vec<DriverAssistance>> {
        let known: Vec<_> = self.facts.iter().filter_map(|&(element, text)| Some((element.feature()?, text))).collect();
        let fitted = |text| match text {
            "Standard" => Some(Fitted::Standard),
            "Optional" => Some(Fitted::Optional),
            _ => None,
        };
        let features =
            known.iter().filter_map(|&(feature, text)| Some(DriverAssistance { feature, fitted: fitted(text)? }));
        (!known.is_empty()).then(|| features.collect())
    }
}

fn warnings(vehicle: &Vehicle, wmi: Option<&WmiRecord>, reading: &Reading<'_>) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let mut add = |code, message: String| warnings.push(Warning { code, message });
    let vin = &vehicle.vin;
    let maker = vin.wmi();
    if !vin.check_digit_matches() {
        if maker.is_north_american() {
            let (found, expected) = (vin.at(9).unwrap_or_default(), vin.expected_check_digit());
            add(
                WarningCode::CheckDigitMismatch,
                format!(
                    "position 9 is {found} where the other characters ask for {expected}: check the VIN for a typing error"
                ),
            );
        } else {
            add(
                WarningCode::OutsideNorthAmerica,
                "position 9 is no check digit: the vehicle was built for a market outside North America and its model year and model may be other ones, or the VIN has a typing error".into(),
            );
        }
    }
    if wmi.is_none() {
        add(WarningCode::UnknownManufacturer, format!("no manufacturer is known by the identifier {maker}"));
    }
    match (reading.year, reading.or_year) {
        (None, _) => {
            let found = vin.at(10).unwrap_or_default();
            add(WarningCode::ModelYearUnknown, format!("position 10 is {found}, which is no model year: ask for it"));
        }
        (Some(year), Some(other)) => {
            add(WarningCode::ModelYearAmbiguous, format!("the model year is {year}, or {other}: look at the vehicle"));
        }
        (Some(_), None) => {}
    }
    if let (None, Some(record)) = (&vehicle.make, wmi) {
        let possible = if record.makes.is_empty() { "none in the records".into() } else { record.makes.join(", ") };
        add(WarningCode::MakeUnknown, format!("the make is not certain; makes of {maker}: {possible}"));
    }
    if vehicle.model.is_none() {
        add(WarningCode::ModelUnknown, "no record tells the model: search by year and make, or by part number".into());
    }
    warnings
}

#[cfg(test)]
#[path = "decode_tests.rs"]
mod tests;
