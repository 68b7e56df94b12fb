//! Parts, accounts and places for the tests of this module.

use crate::catalog::Part;
use crate::pricing::Account;
use crate::sourcing::Location;

/// A part with a list price of 10.00.
pub fn part(sku: &str) -> Part {
    let text = format!(
        r#"{{"sku":"{sku}","brand":"BRKX","brand_name":"Brakex","number":"{sku}","description":"a part",
            "part_type":{{"name":"Brake Pad"}},
            "prices":[{{"sheet":"S","type":"LST","currency":"USD","breaks":[{{"from":1,"unit":100000}}]}}]}}"#
    );
    serde_json::from_str(&text).unwrap()
}

/// An account at home at `L1`.
pub fn account() -> Account {
    let text = r#"{"id":"shop-1","name":"Shop","kind":"shop","currency":"USD","home":"L1","base_type":"LST"}"#;
    serde_json::from_str(text).unwrap()
}

/// A branch in `enam` that is open at all times.
pub fn location(id: &str) -> Location {
    let day = r#"{"open":0,"close":1440}"#;
    let week = [day; 7].join(",");
    let text = format!(
        r#"{{"id":"{id}","name":"{id}","kind":"branch","region":"enam","lat":33.75,"lon":-84.39,"time_zone":"UTC",
            "offsets":[{{"from":"1970-01-01T00:00:00Z","minutes":0}}],"hours":[{week}],"handling_minutes":20,
            "cutoff_minute":1080,"delivery_radius_km":50}}"#
    );
    serde_json::from_str(&text).unwrap()
}
