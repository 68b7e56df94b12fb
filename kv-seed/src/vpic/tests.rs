//! The importer on a small database made by hand in vPIC's form.

use std::fmt::Write as _;
use std::path::PathBuf;

use rusqlite::Connection;

use super::*;

const TABLES: &str = "
    CREATE TABLE Element (Id INTEGER, LookupTable TEXT);
    CREATE TABLE FuelType (Id INTEGER, Name TEXT);
    CREATE TABLE Make (Id INTEGER, Name TEXT);
    CREATE TABLE Model (Id INTEGER, Name TEXT);
    CREATE TABLE Make_Model (Id INTEGER, MakeId INTEGER, ModelId INTEGER);
    CREATE TABLE Manufacturer (Id INTEGER, Name TEXT);
    CREATE TABLE Pattern (Id INTEGER, VinSchemaId INTEGER, Keys TEXT, ElementId INTEGER, AttributeId TEXT,
                          CreatedOn TEXT, UpdatedOn TEXT);
    CREATE TABLE Wmi (Id INTEGER, Wmi TEXT, ManufacturerId INTEGER, VehicleTypeId INTEGER, TruckTypeId INTEGER);
    CREATE TABLE Wmi_Make (WmiId INTEGER, MakeId INTEGER);
    CREATE TABLE Wmi_VinSchema (Id INTEGER, WmiId INTEGER, VinSchemaId INTEGER, YearFrom INTEGER, YearTo INTEGER);
    INSERT INTO Element VALUES (28, 'Model'), (24, 'FuelType'), (38, NULL), (81, 'AdaptiveCruiseControl');
    INSERT INTO FuelType VALUES (2, 'Electric'), (4, 'Gasoline');
    INSERT INTO Make VALUES (1, 'Honda'), (2, 'Acura');
    INSERT INTO Model VALUES (10, 'Accord'), (11, 'TL');
    INSERT INTO Make_Model VALUES (1, 1, 10), (2, 2, 11);
    INSERT INTO Manufacturer VALUES (7, 'HONDA OF AMERICA');
";

/// A database file that is removed when the test ends.
struct Database(PathBuf);

impl Database {
    fn with(name: &str, rows: &str) -> Self {
        let path = std::env::temp_dir().join(format!("holdfast-vpic-{}-{name}.db", std::process::id()));
        let _ = std::fs::remove_file(&path);
        Connection::open(&path).unwrap().execute_batch(&format!("{TABLES}{rows}")).unwrap();
        Self(path)
    }

    fn pairs(&self) -> Vec<Pair> {
        pairs(&self.0).unwrap().map(Result::unwrap).collect()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

const ONE_MAKER: &str = "
    INSERT INTO Wmi VALUES (1, '1HG', 7, 2, NULL);
    INSERT INTO Wmi_Make VALUES (1, 1), (1, 2);
    INSERT INTO Wmi_VinSchema VALUES (1, 1, 100, 2003, 2005), (2, 1, 101, 2004, NULL), (3, 1, 999, 2004, NULL);
    INSERT INTO Pattern VALUES
        (1, 100, 'cm8', 28, '10', '2020', NULL), (2, 100, 'CM8', 24, '4', '2020', NULL),
        (3, 100, 'CM*', 38, ' EX ', '2019', NULL), (4, 100, 'CM8', 31, 'Marysville', '2020', NULL),
        (5, 100, '**9', 24, '77', '2020', NULL), (6, 101, 'UA6', 28, '11', '2001', '2010'),
        (7, 101, '*****|*A', 81, 'Standard', '2001', NULL);
";

#[test]
fn a_small_maker_becomes_one_pair_with_names_in_place_of_ids() {
    let pairs = Database::with("small", ONE_MAKER).pairs();
    assert_eq!(pairs.len(), 1);
    assert_eq!(pairs[0].0, "vin/wmi/1HG");
    let record: WmiRecord = serde_json::from_str(&pairs[0].1).unwrap();
    assert_eq!(
        (record.manufacturer.as_str(), record.makes),
        ("HONDA OF AMERICA", vec!["Acura".into(), "Honda".into()])
    );
    assert_eq!((record.vehicle_type, record.light_truck), (Some(VehicleType::PassengerCar), None));
    let json: serde_json::Value = serde_json::from_str(&pairs[0].1).unwrap();
    let expected = serde_json::json!({
        "facts": [[81, "Standard"], [26, "Acura"], [28, "TL"], [38, "EX"], [26, "Honda"], [28, "Accord"], [24, "Gasoline"]],
        "schemas": [
            {"from": 2004, "rules": [["*****|*A", [0]], ["UA6", [1, 2]]]},
            {"from": 2003, "to": 2005, "rules": [["CM*", [3]], ["CM8", [4, 5, 6]]]},
        ],
    });
    assert_eq!(
        json["patterns"], expected,
        "oldest change first; unkept elements, unnamed ids and empty schemas left out"
    );
}

#[test]
fn a_large_maker_gets_a_pair_for_each_year_code_it_uses() {
    let mut rows = String::from(
        "INSERT INTO Wmi VALUES (1, '1FT', 7, 3, 1); INSERT INTO Wmi_VinSchema VALUES (1, 1, 100, 1996, 1997), (2, 1, 101, 2026, NULL);",
    );
    for schema in [100, 101] {
        for number in 0..500 {
            write!(rows, "INSERT INTO Pattern VALUES ({number}, {schema}, 'A{number}', 38, 'trim number {number}', '2020', NULL);").unwrap();
        }
    }
    let pairs = Database::with("large", &rows).pairs();
    let keys: Vec<&str> = pairs.iter().map(|(key, _)| key.as_str()).collect();
    let later = "WXY123456789".chars().map(|code| format!("vin/patterns/1FT/{code}"));
    let expected: Vec<String> = ["vin/wmi/1FT", "vin/patterns/1FT/T", "vin/patterns/1FT/V"]
        .map(String::from)
        .into_iter()
        .chain(later)
        .collect();
    assert_eq!(keys, expected, "1996 and 2026 share T; the open schema goes on to 2039");
    let record: WmiRecord = serde_json::from_str(&pairs[0].1).unwrap();
    assert_eq!((record.light_truck, record.patterns), (Some(true), None));
    let shared: PatternRecord = serde_json::from_str(&pairs[1].1).unwrap();
    assert_eq!((shared.schemas.len(), shared.facts.len()), (2, 500), "facts of both schemas are written once");
}

#[test]
fn the_same_database_gives_the_same_pairs() {
    let database = Database::with("again", ONE_MAKER);
    assert_eq!(database.pairs(), database.pairs());
}

#[test]
fn what_is_no_vpic_database_is_an_error() {
    assert!(matches!(pairs(Path::new("/nowhere/vpic.db")), Err(VpicError::Database(_))));
    let database = Database::with("bad", "INSERT INTO Wmi VALUES (1, '1-G', NULL, NULL, NULL);");
    let results: Vec<_> = pairs(&database.0).unwrap().collect();
    assert!(matches!(results.as_slice(), [Err(VpicError::Wmi(text))] if text == "1-G"));
}
