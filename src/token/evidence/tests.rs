use serde_json::json;

use super::*;
use crate::catalog::fitment::Fitment;
use crate::catalog::keys;
use crate::catalog::part::{Component, Grade, Interchange, Kind, PartType};
use crate::catalog::records::tests::Catalogue;
use crate::catalog::vin::{Element, PatternRecord, Rule, Schema, VehicleType, WmiRecord};
use crate::query::fixtures;
use crate::token::fixtures::{at, id};

/// A Honda Accord of 2003.
const ACCORD: &str = "1HGCM82633A004352";

fn part(sku: &str) -> Part {
    let part_type = PartType { id: None, name: "Radar Sensor".into() };
    let calibration = Calibration { ecu: "ACC radar".into(), procedure: "radar-aim".into(), version: "1.0".into() };
    Part { part_type, calibration: Some(calibration), ..fixtures::part(sku) }
}

fn listed(sku: &str, submodel: &str, qualifiers: &[&str]) -> Application {
    let qualifiers = qualifiers.iter().map(ToString::to_string).collect();
    Application { sku: id(sku), quantity: 1, position: String::new(), submodel: submodel.into(), qualifiers }
}

/// A catalogue that knows the Accord, these parts, and which radar sensors fit it.
fn catalogue(parts: &[Part], applications: Vec<Application>) -> Catalogue {
    let facts = [(Element::Make, "Honda"), (Element::Model, "Accord")].map(|(element, text)| (element, text.into()));
    let schemas = vec![Schema { from: 2003, to: None, rules: vec![Rule("CM".into(), vec![0, 1])] }];
    let wmi = WmiRecord {
        makes: vec!["Honda".into()],
        vehicle_type: Some(VehicleType::PassengerCar),
        patterns: Some(PatternRecord { facts: facts.into(), schemas }),
        ..WmiRecord::default()
    };
    let mut catalogue = Catalogue::default().with("vin/wmi/1HG", &wmi);
    if !applications.is_empty() {
        let vehicle = crate::catalog::VehicleKey::new(2003, "Honda", "Accord");
        let fitment = Fitment { part_type: "Radar Sensor".into(), applications };
        catalogue = catalogue.with(keys::fitment(&vehicle, "Radar Sensor"), &fitment);
    }
    parts.iter().fold(catalogue, |catalogue, part| catalogue.with(keys::part(&part.sku), part))
}

fn quote(state: QuoteState, sku: &str, needs: &[Component]) -> Quote {
    let money = json!({"amount": 1000, "currency": "USD"});
    serde_json::from_value(json!({
        "id": "q", "account": "shop-1", "state": state, "created_at": at(0), "expires_at": at(0), "currency": "USD",
        "lines": [{
            "sku": sku, "quantity": 3, "held": 3, "committed": 3, "returned": 1, "needs": needs, "allocations": [],
            "price": {"unit": money, "unit_exact": "10.0000", "extended": money, "price_type": "LST", "level": "list"},
        }],
        "holds": [],
    }))
    .unwrap()
}

fn line(catalogue: Catalogue, quote: &Quote, vin: &str) -> SoldLine {
    catalogue.settle(|reading| SoldLine::of(quote, 0, &id(vin), at(0), reading)).0.unwrap()
}

fn one_radar(catalogue: Catalogue, vin: &str) -> (Verdict, Vec<Doubt>) {
    let needs = [Component { sku: id("RADAR"), quantity: 1 }];
    let mut line = line(catalogue, &quote(QuoteState::Committed, "RADAR", &needs), vin);
    let fit = line.subjects.pop().unwrap().fit;
    (fit.verdict, fit.warnings.into_iter().map(|warning| warning.code).collect())
}

#[test]
fn a_part_that_is_listed_for_the_vehicle_fits() {
    assert_eq!(one_radar(catalogue(&[part("RADAR")], vec![listed("RADAR", "", &[])]), ACCORD), (Verdict::Fits, vec![]));
}

#[test]
fn a_part_that_is_not_among_those_listed_does_not_fit() {
    let shelf = catalogue(&[part("RADAR"), part("OTHER")], vec![listed("OTHER", "", &[])]);
    assert_eq!(one_radar(shelf, ACCORD), (Verdict::Mismatch, vec![]));
}

#[test]
fn a_part_that_takes_the_place_of_a_listed_one_fits() {
    let older = Part { superseded_by: vec![id("BETWEEN"), id("RADAR")], ..part("OLDER") };
    let equal = Interchange { sku: id("RADAR"), quantity: 1, grade: Grade::Equivalent };
    let original = Part { interchange: vec![equal], ..part("ORIGINAL") };
    for other in [older, original] {
        let applications = vec![listed(other.sku.as_str(), "", &[])];
        assert_eq!(one_radar(catalogue(&[part("RADAR"), other], applications), ACCORD), (Verdict::Fits, vec![]));
    }
}

#[test]
fn a_condition_that_a_vin_does_not_tell_is_a_warning_unless_there_is_a_way_without_one() {
    let on_condition = || listed("RADAR", "EX-L", &["with adaptive cruise"]);
    let shelf = |applications| catalogue(&[part("RADAR")], applications);
    assert_eq!(one_radar(shelf(vec![on_condition()]), ACCORD), (Verdict::Fits, vec![Doubt::Condition]));
    let applications = vec![on_condition(), listed("RADAR", "", &[])];
    assert_eq!(one_radar(shelf(applications), ACCORD), (Verdict::Fits, vec![]));
    let needs = [Component { sku: id("RADAR"), quantity: 1 }];
    let line = line(shelf(vec![on_condition()]), &quote(QuoteState::Committed, "RADAR", &needs), ACCORD);
    assert_eq!(line.subjects[0].fit.warnings[0].message, "fits on a condition: EX-L, with adaptive cruise");
}

#[test]
fn what_nobody_knows_is_allowed_with_a_warning() {
    let nothing = || catalogue(&[part("RADAR")], vec![]);
    assert_eq!(one_radar(nothing(), ACCORD), (Verdict::Unknown, vec![Doubt::FitmentUnknown]));
    assert_eq!(
        one_radar(nothing(), "5YJ3E1EE4KF317000"),
        (Verdict::Unknown, vec![Doubt::CheckDigit, Doubt::VehicleUnknown])
    );
}

#[test]
fn a_mistyped_vin_is_a_warning() {
    let shelf = catalogue(&[part("RADAR")], vec![listed("RADAR", "", &[])]);
    assert_eq!(one_radar(shelf, "1HGCM82643A004352"), (Verdict::Fits, vec![Doubt::CheckDigit]));
}

#[test]
fn only_what_is_committed_is_sold() {
    let needs = [Component { sku: id("RADAR"), quantity: 1 }];
    let sold = |state| {
        let line = line(catalogue(&[part("RADAR")], vec![]), &quote(state, "RADAR", &needs), ACCORD);
        (line.committed, line.returned)
    };
    assert_eq!(sold(QuoteState::Committed), (3, 1));
    use QuoteState::{Committing, Expired, Held, Released, Releasing};
    for state in [Held, Committing, Releasing, Released, Expired] {
        assert_eq!(sold(state).0, 0, "{state:?}");
    }
}

#[test]
fn of_a_bundle_its_components_are_calibrated_each_as_often_as_it_is_in_there() {
    let bracket = Part { calibration: None, ..part("BRACKET") };
    let kit = Part { calibration: None, kind: Kind::Bundle, ..part("KIT") };
    let needs = [("RADAR", 2), ("BRACKET", 4), ("CAMERA", 1)];
    let needs = needs.map(|(sku, quantity)| Component { sku: id(sku), quantity });
    let quote = quote(QuoteState::Committed, "KIT", &needs);
    let parts = [kit, bracket, part("RADAR"), part("CAMERA")];
    let found = line(catalogue(&parts, vec![]), &quote, ACCORD);
    let subjects: Vec<_> = found.subjects.iter().map(|of| (of.sku.as_str(), of.per_unit)).collect();
    assert_eq!(subjects, [("RADAR", 2), ("CAMERA", 1)]);
    let found = line(catalogue(&parts, vec![listed("KIT", "", &[])]), &quote, ACCORD);
    assert!(found.subjects.iter().all(|of| of.fit.verdict == Verdict::Fits), "the kit is listed for the vehicle");
}

#[test]
fn a_digital_part_can_need_calibration_and_most_parts_need_none() {
    let software = Part { kind: Kind::Digital, ..part("SOFTWARE") };
    let found = line(catalogue(&[software], vec![]), &quote(QuoteState::Committed, "SOFTWARE", &[]), ACCORD);
    assert_eq!(found.subjects.len(), 1);
    let pads = Part { calibration: None, ..part("PADS") };
    let needs = [Component { sku: id("PADS"), quantity: 1 }];
    let found = line(catalogue(&[pads], vec![]), &quote(QuoteState::Committed, "PADS", &needs), ACCORD);
    assert_eq!(found.subjects, []);
}

#[test]
fn a_line_that_is_not_there_is_no_line() {
    let quote = quote(QuoteState::Committed, "RADAR", &[]);
    assert_eq!(catalogue(&[], vec![]).settle(|reading| SoldLine::of(&quote, 1, &id(ACCORD), at(0), reading)).0, None);
}
