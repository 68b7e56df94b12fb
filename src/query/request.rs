//! What a query asks.

use serde_json::Value;

use crate::catalog::PartNumber;
use crate::catalog::vin::Vin;
use crate::id::{Quantity, Sku};
use crate::input::{Fault, Faults, Fields, FromJson};
use crate::money::Currency;
use crate::sourcing::{Destination, Fulfilment, GeoPoint};
use crate::time::Timestamp;

/// The most lines of one query.
pub const MAX_LINES: usize = 100;
/// The time a query waits for stock shards unless it says otherwise, in milliseconds.
pub const DEFAULT_BUDGET_MS: u32 = 60;
/// The longest time a query may wait for stock shards, in milliseconds.
pub const MAX_BUDGET_MS: u32 = 5_000;

/// A query, read and sound.
#[derive(Debug, Clone, PartialEq)]
pub struct QueryRequest {
    /// What is asked for, 1 to [`MAX_LINES`].
    pub lines: Vec<LineRequest>,
    /// Where it should go; absent: the account's home location.
    pub deliver_to: Option<Destination>,
    /// How it should get there.
    pub fulfilment: Fulfilment,
    /// When it is needed; sources that cannot make it are ranked last.
    pub needed_by: Option<Timestamp>,
    /// How long to wait for stock shards before answering from snapshots, 1 to [`MAX_BUDGET_MS`] milliseconds.
    pub budget_ms: u32,
    /// Whether to say which rule made each price.
    pub explain: bool,
    /// The currency the caller expects.
    pub currency: Option<Currency>,
}

/// One line of a query.
#[derive(Debug, Clone, PartialEq)]
pub struct LineRequest {
    /// What is wanted.
    pub wanted: Wanted,
    /// How many; 1 if not said.
    pub quantity: Quantity,
}

/// How a line names what it wants.
#[derive(Debug, Clone, PartialEq)]
pub enum Wanted {
    /// By the distributor's sku.
    Sku(Sku),
    /// By a maker's number, perhaps of a brand.
    Number {
        /// Brand code or name.
        brand: Option<String>,
        /// The number, in any spelling.
        number: PartNumber,
    },
    /// By what it should fit.
    Fitment {
        /// The vehicle.
        vin: Vin,
        /// The part type's name.
        part_type: String,
        /// Where on the vehicle.
        position: Option<String>,
    },
}

impl QueryRequest {
    /// Reads a request body, or names everything that is wrong with it.
    pub fn read(body: &Value) -> Result<Self, Vec<Fault>> {
        let mut faults = Faults::default();
        let mut fields = Fields::of(body, "", &mut faults);
        let lines = fields.list("lines", 1, MAX_LINES, &mut faults);
        let lines = lines.into_iter().filter_map(|(at, line)| LineRequest::read(line, at, &mut faults)).collect();
        let request = Self::about(lines, &mut fields, &mut faults);
        fields.finish(&mut faults);
        faults.or(Some(request))
    }

    /// Reads what a request body says of all lines, which come by themselves.
    pub fn without_lines(body: &Value) -> Result<Self, Vec<Fault>> {
        let mut faults = Faults::default();
        let request = Self::about(Vec::new(), &mut Fields::of(body, "", &mut faults), &mut faults);
        faults.or(Some(request))
    }

    fn about(lines: Vec<LineRequest>, fields: &mut Fields, faults: &mut Faults) -> Self {
        let deliver_to = read_deliver_to(fields, faults);
        let fulfilment = fields.optional("fulfilment", faults).unwrap_or_default();
        let needed_by = fields.optional("needed_by", faults);
        let budget_ms = fields.optional("budget_ms", faults).unwrap_or(DEFAULT_BUDGET_MS);
        if !(1..=MAX_BUDGET_MS).contains(&budget_ms) {
            faults.add("/budget_ms", "out_of_range", format!("a budget is 1 to {MAX_BUDGET_MS} milliseconds"));
        }
        let explain = fields.optional("explain", faults).unwrap_or(false);
        let currency = fields.optional("currency", faults);
        Self { lines, deliver_to, fulfilment, needed_by, budget_ms, explain, currency }
    }
}

impl LineRequest {
    /// Reads the line at `pointer`.
    pub(super) fn read(line: &Value, pointer: String, faults: &mut Faults) -> Option<Self> {
        let mut fields = Fields::of(line, pointer, faults);
        let ways = ["sku", "number", "vin"].map(|way| line.get(way).is_some_and(|value| !value.is_null()));
        let wanted = match ways {
            [true, false, false] => fields.required("sku", faults).map(Wanted::Sku),
            [false, true, false] => {
                let brand = fields.optional("brand", faults);
                fields.required("number", faults).map(|number| Wanted::Number { brand, number })
            }
            [false, false, true] => {
                let vin = fields.required("vin", faults);
                let part_type = fields.required("part_type", faults);
                let position = fields.optional("position", faults);
                vin.zip(part_type).map(|(vin, part_type)| Wanted::Fitment { vin, part_type, position })
            }
            _ => {
                let detail = "name the part in one way: `sku`, or `number` (with `brand`), or `vin` with `part_type`";
                faults.add(fields.pointer(), "invalid", detail);
                return None;
            }
        };
        let quantity = fields.optional("quantity", faults).unwrap_or(Quantity::ONE);
        fields.finish(faults);
        Some(Self { wanted: wanted?, quantity })
    }
}

/// Reads `deliver_to`: `{"lat": …, "lon": …}` or `{"location": …}`.
pub fn read_deliver_to(fields: &mut Fields, faults: &mut Faults) -> Option<Destination> {
    let pointer = fields.at("deliver_to");
    let value = fields.raw("deliver_to")?;
    let mut place = Fields::of(value, &pointer, faults);
    if value.get("location").is_some() {
        let location = place.required("location", faults).map(Destination::at);
        place.finish(faults);
        return location;
    }
    let (lat, lon) = (place.required("lat", faults), place.required("lon", faults));
    place.finish(faults);
    let point = lat.zip(lon).map(|(lat, lon)| GeoPoint::new(lat, lon))?;
    point.map_err(|error| faults.add(pointer, "out_of_range", error.to_string())).ok().map(Destination::Point)
}

impl FromJson for Fulfilment {
    fn from_json(value: &Value) -> Result<Self, String> {
        match value.as_str() {
            Some("delivery") => Ok(Self::Delivery),
            Some("pickup") => Ok(Self::Pickup),
            _ => Err("expected `delivery` or `pickup`".into()),
        }
    }
}

impl FromJson for Vin {
    fn from_json(value: &Value) -> Result<Self, String> {
        let text = value.as_str().ok_or("expected a text of 17 characters")?;
        text.parse().map_err(|error: crate::catalog::vin::InvalidVin| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn faults(body: &Value) -> Vec<(String, &'static str)> {
        QueryRequest::read(body).unwrap_err().into_iter().map(|fault| (fault.pointer, fault.code)).collect()
    }

    fn fault(pointer: &str, code: &'static str) -> Vec<(String, &'static str)> {
        vec![(pointer.into(), code)]
    }

    #[test]
    fn the_documented_example_is_read() {
        let body = json!({"lines": [{"sku": "BRKX-4410", "quantity": 2}, {"brand": "BRKX", "number": "44-10", "quantity": 1},
            {"vin": "1HGCM82633A004352", "part_type": "brake pad", "position": "front", "quantity": 1}],
            "deliver_to": {"lat": 33.75, "lon": -84.39}, "fulfilment": "delivery", "needed_by": "2026-11-22T15:00:00Z",
            "budget_ms": 60, "explain": false});
        let request = QueryRequest::read(&body).unwrap();
        assert_eq!(request.lines.len(), 3);
        assert!(matches!(&request.lines[2].wanted, Wanted::Fitment { position: Some(p), .. } if p == "front"));
    }

    #[test]
    fn absent_fields_have_their_documented_defaults() {
        let request = QueryRequest::read(&json!({"lines": [{"sku": "A"}]})).unwrap();
        assert_eq!((request.budget_ms, request.fulfilment, request.explain), (60, Fulfilment::Delivery, false));
        assert_eq!(request.lines[0].quantity, Quantity::ONE);
    }

    #[test]
    fn a_query_has_one_to_a_hundred_lines() {
        let body = |count: usize| json!({"lines": vec![json!({"sku": "A"}); count]});
        assert_eq!(QueryRequest::read(&body(100)).unwrap().lines.len(), 100);
        assert_eq!(faults(&body(101)), fault("/lines", "out_of_range"));
        assert_eq!(faults(&body(0)), fault("/lines", "out_of_range"));
        assert_eq!(faults(&json!({})), fault("/lines", "missing"));
    }

    #[test]
    fn a_line_names_its_part_in_exactly_one_way() {
        for line in [json!({}), json!({"sku": "A", "number": "B"}), json!({"sku": "A", "vin": "1HGCM82633A004352"})] {
            assert_eq!(faults(&json!({"lines": [line]})), fault("/lines/0", "invalid"));
        }
        assert_eq!(faults(&json!({"lines": [{"vin": "1HGCM82633A004352"}]})), fault("/lines/0/part_type", "missing"));
    }

    #[test]
    fn places_off_the_map_and_unknown_fields_are_refused() {
        let with = |name: &str, value: Value| json!({"lines": [{"sku": "A"}], name: value});
        assert_eq!(faults(&with("deliver_to", json!({"lat": 91, "lon": 0}))), fault("/deliver_to", "out_of_range"));
        assert_eq!(faults(&with("deliver_to", json!({"lat": 1}))), fault("/deliver_to/lon", "missing"));
        assert_eq!(faults(&with("budget_ms", json!(5_001))), fault("/budget_ms", "out_of_range"));
        assert_eq!(faults(&with("budgetms", json!(5))), fault("/budgetms", "unknown_field"));
        assert_eq!(faults(&with("fulfilment", json!("drone"))), fault("/fulfilment", "invalid"));
    }

    #[test]
    fn what_is_not_an_object_is_told_so() {
        for body in [json!(null), json!([]), json!("x"), json!({"lines": 5}), json!({"lines": [5]})] {
            assert!(QueryRequest::read(&body).is_err(), "{body}");
        }
    }
}
