//! PIES files of 6.7 and 7.2, written by hand for these tests.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::arithmetic_side_effects)] // as in unit tests

mod common;

use common::{COMPONENTS, Case, PARTS};
use serde_json::json;

const V67: &str = include_str!("data/pies-6.7.xml");
const V72: &str = include_str!("data/pies-7.2.xml");

#[test]
fn an_item_of_6_7_becomes_a_part_with_its_prices() {
    let case = Case::new(&[("p.xml", V67)]);
    case.import(false);
    let part = case.value("part/BRKX-44-10");
    assert_eq!(part["description"], "Front brake pad & clip");
    assert_eq!((&part["brand_name"], &part["gtin"]), (&json!("Brakex"), &json!("036000291452")));
    assert_eq!(part["pack"], json!({"minimum":4,"multiple":2}));
    assert_eq!((&part["life_cycle"], &part["supply"]), (&json!("phasing_out"), &json!("quick_ship")));
    assert_eq!(part["core"], json!({"charge":50_000,"return_days":30}));
    assert_eq!(part["attributes"], json!({"popularity":"B","remanufactured":"Y"}));
    assert_eq!(part["superseded_by"], json!(["BRKX-44-20"]));
    assert_eq!(
        part["prices"],
        json!([
            {"sheet":"2026-A","type":"CR1","currency":"CAD","breaks":[{"from":1,"unit":50_000}]},
            {"sheet":"2026-A","type":"JBR","currency":"USD","effective":"2026-01-01T00:00:00.000Z",
             "expires":"2027-01-01T00:00:00.000Z","breaks":[{"from":1,"unit":123_456},{"from":10,"unit":110_000}]},
        ])
    );
    assert_eq!(case.value("part/BRKX-KIT-1")["components"], json!([{"sku":"BRKX-44-20","quantity":2}]));
    assert_eq!(case.value("number/OLD1")[0]["former"], true);
    assert_eq!(case.value("number/099")[0]["interchange"], json!({"quantity":2,"grade":"equivalent"}));
    assert_eq!(case.value("part/BRKX-GONE"), json!(null));
}

#[test]
fn what_cannot_be_used_is_named_and_costs_only_itself() {
    let case = Case::new(&[("p.xml", V67)]);
    assert_eq!(
        case.import(false).1,
        [
            "p.xml:42: BRKX-44-10: UOM \"BX\": the price is not for one piece",
            "p.xml:46: BRKX-44-10: Price \"0\": a price is above 0",
            "p.xml:78: Item --: PartNumber \"--\": a part number is 1 to 48 characters with at least one letter or digit",
        ]
    );
}

#[test]
fn currency_and_dates_of_7_2_may_stand_in_the_sheet() {
    let case = Case::new(&[("p.xml", V72)]);
    let (_, problems) = case.import(false);
    assert_eq!(problems, ["p.xml:25: warning: the trailer counts \"2\" items, the file has 1"]);
    let part = case.value("part/SEVN-77");
    assert_eq!(part["pack"]["multiple"], 6);
    assert_eq!(
        part["prices"],
        json!([{"sheet":"S7","type":"Q7X","currency":"EUR","effective":"2026-03-01T00:00:00.000Z","breaks":[{"from":1,"unit":75_000}]}])
    );
}

#[test]
fn a_table_goes_before_the_item_of_the_same_number_and_takes_its_prices() {
    let case = Case::new(&[("parts.csv", PARTS), ("components.csv", COMPONENTS), ("p.xml", V67)]);
    case.import(false);
    let part = case.value("part/A");
    assert_eq!((&part["description"], part["prices"].as_array().unwrap().len()), (&json!("Pad"), 2));
    assert_eq!(case.value("part/BRKX-44-10"), json!(null));
}
