//! Decoding with small records made by hand in the shape of the real ones.

use super::super::{Feature, Rule, Schema, VehicleType};
use super::*;

const THIS_YEAR: u16 = 2026;

/// A record from lines of `pattern: element = text, element = text`.
fn patterns(from: u16, to: Option<u16>, rules: &[(&str, &[(Element, &str)])]) -> PatternRecord {
    let mut record = PatternRecord::default();
    let mut schema = Schema { from, to, rules: vec![] };
    for (pattern, facts) in rules {
        let first = record.facts.len();
        record.facts.extend(facts.iter().map(|&(element, text)| (element, text.to_owned())));
        let indices = (first..record.facts.len()).map(|index| u16::try_from(index).unwrap()).collect();
        schema.rules.push(Rule((*pattern).to_owned(), indices));
    }
    record.schemas.push(schema);
    record
}

fn maker(makes: &[&str], kind: VehicleType, patterns: Option<PatternRecord>) -> WmiRecord {
    WmiRecord {
        manufacturer: "A MAKER".into(),
        makes: makes.iter().map(|&make| make.to_owned()).collect(),
        vehicle_type: Some(kind),
        light_truck: None,
        patterns,
    }
}

fn decoded(vin: &str, record: &WmiRecord) -> Vehicle {
    decode(&vin.parse().unwrap(), Some(record), None, THIS_YEAR)
}

fn codes(vehicle: &Vehicle) -> Vec<WarningCode> {
    vehicle.warnings.iter().map(|warning| warning.code).collect()
}

fn accord() -> WmiRecord {
    let rules: &[(&str, &[(Element, &str)])] = &[
        ("CM[5-8]", &[(Element::Make, "Honda"), (Element::Model, "Accord")]),
        ("**8", &[(Element::FuelPrimary, "Gasoline"), (Element::EngineCylinders, "6")]),
        ("***26", &[(Element::BodyClass, "Coupe"), (Element::Trim, "EX-V6")]),
        ("*****|*A", &[(Element::PlantCountry, "UNITED STATES (USA)")]),
    ];
    maker(&["Honda"], VehicleType::PassengerCar, Some(patterns(2003, Some(2005), rules)))
}

#[test]
fn an_accord_of_2003_is_decoded_without_a_warning() {
    let car = decoded("1HGCM82633A004352", &accord());
    assert_eq!((car.year, car.make.as_deref(), car.model.as_deref()), (Some(2003), Some("Honda"), Some("Accord")));
    assert_eq!((car.body.as_deref(), car.trim.as_deref()), (Some("Coupe"), Some("EX-V6")));
    assert_eq!((car.powertrain, car.plant_country.as_deref()), (Powertrain::Ice, Some("UNITED STATES (USA)")));
    assert_eq!(codes(&car), []);
    assert_eq!(car.keys()[0].as_str(), "2003/honda/accord");
}

#[test]
fn the_answer_is_written_in_the_style_of_the_api() {
    let json = serde_json::to_value(decoded("1HGCM82633A004352", &accord())).unwrap();
    assert_eq!(json["vin"], "1HGCM82633A004352");
    assert_eq!(json["powertrain"], "ice");
    assert_eq!(json["vehicle_type"], "passenger_car");
    assert_eq!(json["driver_assistance"], serde_json::Value::Null);
    assert_eq!(json["warnings"], serde_json::json!([]));
}

#[test]
fn a_wrong_check_digit_warns_and_the_vehicle_is_still_told() {
    let car = decoded("1HGCM82643A004352", &accord());
    assert_eq!(codes(&car), [WarningCode::CheckDigitMismatch]);
    assert!(car.warnings[0].message.starts_with("position 9 is 4 where the other characters ask for 3"));
    assert_eq!(car.model.as_deref(), Some("Accord"));
}

#[test]
fn an_unknown_maker_gets_warnings_and_no_vehicle() {
    let car = decode(&"1HGCM82633A004352".parse().unwrap(), None, None, THIS_YEAR);
    assert_eq!(codes(&car), [WarningCode::UnknownManufacturer, WarningCode::ModelUnknown]);
    assert_eq!(car.year, Some(2003), "the digit in position 7 puts it before 2010, whoever made it");
    assert_eq!((car.make.as_deref(), car.keys()), (None, vec![]));
}

#[test]
fn a_tesla_is_an_electric_car() {
    let rules: &[(&str, &[(Element, &str)])] = &[
        ("3", &[(Element::Make, "Tesla"), (Element::Model, "Model 3")]),
        ("****[ES]", &[(Element::FuelPrimary, "Electric")]),
    ];
    let record = maker(&["Tesla"], VehicleType::PassengerCar, Some(patterns(2017, None, rules)));
    let car = decoded("5YJ3E1EA7KF317000", &record);
    assert_eq!(car.powertrain, Powertrain::Unknown, "A in position 8 is not described");
    let car = decoded("5YJ3E1EE4KF317000", &record);
    assert_eq!((car.year, car.powertrain), (Some(2019), Powertrain::Ev));
}

#[test]
fn a_prius_is_a_hybrid() {
    let rules: &[(&str, &[(Element, &str)])] = &[
        ("K***U", &[(Element::Make, "Toyota"), (Element::Model, "Prius")]),
        ("KN**U", &[(Element::FuelPrimary, "Gasoline"), (Element::FuelSecondary, "Electric")]),
    ];
    let record = maker(&["Toyota"], VehicleType::PassengerCar, Some(patterns(2010, Some(2015), rules)));
    let car = decoded("JTDKN3DU5A0123456", &record);
    assert_eq!((car.year, car.model.as_deref(), car.powertrain), (Some(2010), Some("Prius"), Powertrain::Hybrid));
}

#[test]
fn a_european_car_gives_its_make_and_year_with_warnings() {
    let car = decoded("WVWZZZ1JZ3W386752", &maker(&["Volkswagen"], VehicleType::PassengerCar, None));
    assert_eq!((car.year, car.make.as_deref(), car.model.as_deref()), (Some(2003), Some("Volkswagen"), None));
    assert_eq!(codes(&car), [WarningCode::OutsideNorthAmerica, WarningCode::ModelUnknown]);
}

#[test]
fn a_japanese_market_vin_without_a_model_year_says_so() {
    let record = maker(&["Honda"], VehicleType::PassengerCar, None);
    let car = decoded("JHMGD18500S200001", &record);
    assert_eq!((car.year, car.make.as_deref()), (None, Some("Honda")));
    assert!(car.warns(WarningCode::OutsideNorthAmerica) && car.warns(WarningCode::ModelYearUnknown));
}

#[test]
fn a_maker_of_several_makes_names_them_when_no_pattern_decides() {
    let car = decoded("1C4RJEAG2EC476429", &maker(&["Chrysler", "Jeep"], VehicleType::Multipurpose, None));
    assert_eq!(car.make, None);
    let warning = car.warnings.iter().find(|warning| warning.code == WarningCode::MakeUnknown).unwrap();
    assert_eq!(warning.message, "the make is not certain; makes of 1C4: Chrysler, Jeep");
}

#[test]
fn the_make_is_certain_if_all_patterns_of_the_year_speak_of_it() {
    let rules: &[(&str, &[(Element, &str)])] = &[("ZZ", &[(Element::Make, "Jeep")])];
    let mut known = patterns(2014, Some(2014), rules);
    let make = |known: &PatternRecord| {
        decoded("1C4RJEAG2EC476429", &maker(&["Chrysler", "Jeep"], VehicleType::Multipurpose, Some(known.clone()))).make
    };
    assert_eq!(make(&known).as_deref(), Some("Jeep"));
    known.facts.push((Element::Make, "Chrysler".into()));
    known.schemas.push(Schema { from: 2015, to: None, rules: vec![Rule("ZY".into(), vec![1])] });
    assert_eq!(make(&known).as_deref(), Some("Jeep"), "another year's make does not matter");
    known.schemas[1].from = 2014;
    assert_eq!(make(&known), None);
}

#[test]
fn the_years_of_the_patterns_decide_what_the_characters_leave_open() {
    let motorcycle = |pattern, from, to| {
        let rules: &[(&str, &[(Element, &str)])] = &[(pattern, &[(Element::Model, "Tri Glide")])];
        let known = patterns(from, to, rules);
        let read = decoded("1HD1MAM20DB857910", &maker(&["Harley"], VehicleType::Motorcycle, Some(known)));
        (read.year, read.model.is_some(), read.warns(WarningCode::ModelYearAmbiguous))
    };
    assert_eq!(motorcycle("1MA", 1980, Some(1990)), (Some(1983), true, false), "known in 1983 only");
    assert_eq!(motorcycle("1MA", 2010, None), (Some(2013), true, false), "known in 2013 only");
    assert_eq!(motorcycle("1MA", 1980, None), (Some(2013), true, true), "known in both");
    assert_eq!(motorcycle("9", 1980, None), (Some(2013), false, true), "known in neither");
}

#[test]
fn driver_assistance_is_listed_where_recorded_and_null_where_not() {
    let rules: &[(&str, &[(Element, &str)])] = &[(
        "CM8",
        &[
            (Element::AdaptiveCruiseControl, "Standard"),
            (Element::BlindSpotWarning, "Optional"),
            (Element::ParkingAssist, "Not Available"),
        ],
    )];
    let with = decoded("1HGCM82633A004352", &maker(&[], VehicleType::PassengerCar, Some(patterns(2003, None, rules))));
    let expected = [
        DriverAssistance { feature: Feature::AdaptiveCruiseControl, fitted: Fitted::Standard },
        DriverAssistance { feature: Feature::BlindSpotWarning, fitted: Fitted::Optional },
    ];
    assert_eq!(with.driver_assistance.as_deref(), Some(&expected[..]));
    assert_eq!(decoded("1HGCM82633A004352", &accord()).driver_assistance, None);
}

#[test]
fn patterns_of_their_own_record_are_used_for_a_large_maker() {
    let record = accord();
    let sharded = WmiRecord { patterns: None, ..record.clone() };
    let vin = "1HGCM82633A004352".parse().unwrap();
    assert_eq!(
        decode(&vin, Some(&sharded), record.patterns.as_ref(), THIS_YEAR),
        decode(&vin, Some(&record), None, THIS_YEAR)
    );
}
