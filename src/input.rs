//! Reading what callers send: every bad field is found in one pass and named by its JSON Pointer (RFC 6901).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::id::{
    AccountId, BrandCode, InvalidQuantity, LocationId, OpaqueId, ProviderId, Quantity, RegisteredId, Sku, TermsId,
};
use crate::money::Currency;
use crate::stock::MovementKind;
use crate::time::Timestamp;

/// The most bad fields one answer names.
pub const MAX_FAULTS: usize = 20;

/// The largest count that a caller can send: what JavaScript and SQLite tell exactly.
pub const MAX_SAFE: u64 = (1 << 53) - 1;

/// One bad field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Fault {
    /// Where, as a JSON Pointer into the request body.
    pub pointer: String,
    /// A stable code: `missing`, `unknown_field`, `invalid`, `out_of_range`, or one of the endpoint's own.
    pub code: &'static str,
    /// What was wrong and what would be right.
    pub detail: String,
}

/// The faults found so far.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// Notes a fault; beyond [`MAX_FAULTS`] only the first are kept.
    pub fn add(&mut self, pointer: impl Into<String>, code: &'static str, detail: impl Into<String>) {
        if self.0.len() < MAX_FAULTS {
            self.0.push(Fault { pointer: pointer.into(), code, detail: detail.into() });
        }
    }

    /// `value` if nothing was wrong, else what was.
    pub fn or<T>(self, value: Option<T>) -> Result<T, Vec<Fault>> {
        match value {
            Some(value) if self.0.is_empty() => Ok(value),
            _ => Err(self.0),
        }
    }
}

/// A type that can be read from one JSON value; the error says what would have been right.
pub trait FromJson: Sized {
    /// The value, or what was expected.
    fn from_json(value: &Value) -> Result<Self, String>;
}

/// A JSON object that is being read, field by field. What is not asked for by the end is an unknown field.
#[derive(Debug)]
pub struct Fields<'a> {
    object: Option<&'a Map<String, Value>>,
    pointer: String,
    asked: Vec<&'static str>,
}

impl<'a> Fields<'a> {
    /// Starts to read `value` at `pointer`; anything but an object is a fault, and reads as an object without fields.
    pub fn of(value: &'a Value, pointer: impl Into<String>, faults: &mut Faults) -> Self {
        let pointer = pointer.into();
        let object = value.as_object();
        if object.is_none() {
            faults.add(&pointer, "invalid", "expected a JSON object");
        }
        Self { object, pointer, asked: Vec::new() }
    }

    /// The pointer of field `name`.
    pub fn at(&self, name: &str) -> String {
        format!("{}/{}", self.pointer, name.replace('~', "~0").replace('/', "~1"))
    }

    /// Where the object is.
    pub fn pointer(&self) -> &str {
        &self.pointer
    }

    /// The raw field `name`; `null` reads as absent.
    pub fn raw(&mut self, name: &'static str) -> Option<&'a Value> {
        if !self.asked.contains(&name) {
            self.asked.push(name);
        }
        self.object.and_then(|object| object.get(name)).filter(|value| !value.is_null())
    }

    /// The field `name`, if it is there and sound.
    pub fn optional<T: FromJson>(&mut self, name: &'static str, faults: &mut Faults) -> Option<T> {
        let value = self.raw(name)?;
        match T::from_json(value) {
            Ok(value) => Some(value),
            Err(expected) => {
                faults.add(self.at(name), "invalid", expected);
                None
            }
        }
    }

    /// The field `name`; its absence is a fault.
    pub fn required<T: FromJson>(&mut self, name: &'static str, faults: &mut Faults) -> Option<T> {
        if self.raw(name).is_none() && self.object.is_some() {
            faults.add(self.at(name), "missing", format!("`{name}` is required"));
            return None;
        }
        self.optional(name, faults)
    }

    /// The field `name` as a list of `least` to `most` items, each with its own pointer.
    pub fn list(
        &mut self,
        name: &'static str,
        least: usize,
        most: usize,
        faults: &mut Faults,
    ) -> Vec<(String, &'a Value)> {
        let pointer = self.at(name);
        let Some(value) = self.raw(name) else {
            if least > 0 && self.object.is_some() {
                faults.add(pointer, "missing", format!("`{name}` is required"));
            }
            return Vec::new();
        };
        let Some(items) = value.as_array() else {
            faults.add(pointer, "invalid", "expected a list");
            return Vec::new();
        };
        if !(least..=most).contains(&items.len()) {
            faults.add(pointer, "out_of_range", format!("expected {least} to {most} items, found {}", items.len()));
            return Vec::new();
        }
        items.iter().enumerate().map(|(index, item)| (format!("{pointer}/{index}"), item)).collect()
    }

    /// Ends the reading: fields that were never asked for are faults.
    pub fn finish(self, faults: &mut Faults) {
        for name in self.object.into_iter().flat_map(Map::keys) {
            if !self.asked.contains(&name.as_str()) {
                let known = self.asked.join(", ");
                faults.add(self.at(name), "unknown_field", format!("no such field here; known are: {known}"));
            }
        }
    }
}

/// Reads types whose text form says itself what it expects.
macro_rules! from_json_text {
    ($($type:ty),* $(,)?) => {$(
        impl FromJson for $type {
            fn from_json(value: &Value) -> Result<Self, String> {
                value.as_str().unwrap_or_default().parse().map_err(|error| format!("{error}"))
            }
        }
    )*};
}

from_json_text!(
    Sku,
    LocationId,
    AccountId,
    BrandCode,
    OpaqueId,
    TermsId,
    RegisteredId,
    ProviderId,
    Currency,
    Timestamp,
    crate::catalog::PartNumber,
);

/// A whole number, also one that is written as `2.0`: JSON knows no difference, and some writers make none.
fn whole(value: &Value) -> Option<i64> {
    /// [`MAX_SAFE`]
    const EXACT: f64 = 9_007_199_254_740_991.0;
    #[expect(clippy::cast_possible_truncation, reason = "whole, and within what a double tells exactly")]
    let of_double = |number: f64| (number.fract() == 0.0 && number.abs() <= EXACT).then_some(number as i64);
    value.as_i64().or_else(|| value.as_f64().and_then(of_double))
}

impl FromJson for Quantity {
    fn from_json(value: &Value) -> Result<Self, String> {
        whole(value).ok_or(InvalidQuantity).and_then(Self::new).map_err(|error| error.to_string())
    }
}

impl FromJson for bool {
    fn from_json(value: &Value) -> Result<Self, String> {
        value.as_bool().ok_or_else(|| "expected true or false".into())
    }
}

impl FromJson for f64 {
    fn from_json(value: &Value) -> Result<Self, String> {
        value.as_f64().ok_or_else(|| "expected a number".into())
    }
}

impl FromJson for u64 {
    fn from_json(value: &Value) -> Result<Self, String> {
        let whole = whole(value).and_then(|n| Self::try_from(n).ok()).filter(|n| *n <= MAX_SAFE);
        whole.ok_or_else(|| format!("expected a whole number from 0 to {MAX_SAFE}"))
    }
}

impl FromJson for i64 {
    fn from_json(value: &Value) -> Result<Self, String> {
        whole(value).ok_or_else(|| "expected a whole number".into())
    }
}

impl FromJson for u32 {
    fn from_json(value: &Value) -> Result<Self, String> {
        let whole = whole(value).and_then(|n| Self::try_from(n).ok());
        whole.ok_or_else(|| "expected a whole number, 0 or more".into())
    }
}

impl FromJson for MovementKind {
    fn from_json(value: &Value) -> Result<Self, String> {
        // The derived error lists the kinds.
        Self::deserialize(value).map_err(|error| error.to_string())
    }
}

/// Any text of 1 to 200 characters.
impl FromJson for String {
    fn from_json(value: &Value) -> Result<Self, String> {
        let text = value.as_str().filter(|text| !text.trim().is_empty() && text.chars().count() <= 200);
        text.map(str::to_owned).ok_or_else(|| "expected a text of 1 to 200 characters".into())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_bad_field_is_named_in_one_pass() {
        let body = json!({"sku": "A B", "quantity": 1.5, "expand": true, "a/b": 1});
        let mut faults = Faults::default();
        let mut fields = Fields::of(&body, "/lines/0", &mut faults);
        let sku: Option<Sku> = fields.optional("sku", &mut faults);
        let quantity: Option<Quantity> = fields.required("quantity", &mut faults);
        let location: Option<LocationId> = fields.required("location", &mut faults);
        fields.finish(&mut faults);
        assert_eq!((sku, quantity, location), (None, None, None));
        let found = faults.or(Some(())).unwrap_err();
        let found: Vec<_> = found.iter().map(|fault| (fault.pointer.as_str(), fault.code)).collect();
        let expected = [
            ("/lines/0/sku", "invalid"),
            ("/lines/0/quantity", "invalid"),
            ("/lines/0/location", "missing"),
            ("/lines/0/a~1b", "unknown_field"),
            ("/lines/0/expand", "unknown_field"),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_list_has_both_its_edges() {
        let read = |count: usize| {
            let body = json!({"lines": vec![1; count]});
            let mut faults = Faults::default();
            let items = Fields::of(&body, "", &mut faults).list("lines", 1, 100, &mut faults).len();
            (items, faults.or(Some(())).is_ok())
        };
        assert_eq!([0, 1, 100, 101].map(read), [(0, false), (1, true), (100, true), (0, false)]);
    }

    #[test]
    fn quantities_outside_their_range_are_told_the_range() {
        for value in [json!(0), json!(-1), json!(10_000_000), json!(1.5), json!("2"), json!([])] {
            assert_eq!(Quantity::from_json(&value).unwrap_err(), "a quantity is a whole number from 1 to 1000000");
        }
        assert_eq!(Quantity::from_json(&json!(2)).map(Quantity::get), Ok(2));
    }

    #[test]
    fn a_whole_number_may_be_written_with_a_point() {
        let read = |text: &str| i64::from_json(&serde_json::from_str(text).unwrap()).ok();
        for (text, number) in [("2.0", 2), ("-3.0e2", -300), ("999999999999999.0", 999_999_999_999_999), ("-0.0", 0)] {
            assert_eq!(read(text), Some(number), "{text}");
        }
        for text in ["2.5", "1e300", "-2e16", "\"2\"", "null"] {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!([MAX_SAFE, MAX_SAFE + 1].map(|n| u64::from_json(&json!(n)).ok()), [Some(MAX_SAFE), None]);
        assert_eq!((u32::from_json(&json!(7.0)), u32::from_json(&json!(-1.0)).is_err()), (Ok(7), true));
    }

    #[test]
    fn a_field_is_named_once_among_those_that_are_known() {
        let body = json!({"b": 1});
        let mut faults = Faults::default();
        let mut fields = Fields::of(&body, "", &mut faults);
        let _: Option<bool> = fields.required("a", &mut faults).or_else(|| fields.optional("a", &mut faults));
        fields.finish(&mut faults);
        let details: Vec<_> = faults.or(Some(())).unwrap_err().into_iter().map(|fault| fault.detail).collect();
        assert_eq!(details.last().map(String::as_str), Some("no such field here; known are: a"));
    }

    #[test]
    fn a_flood_of_faults_is_cut() {
        let body = Value::Object((0..1_000).map(|n| (n.to_string(), Value::from(1))).collect());
        let mut faults = Faults::default();
        Fields::of(&body, "", &mut faults).finish(&mut faults);
        assert_eq!(faults.or(Some(())).unwrap_err().len(), MAX_FAULTS);
    }
}
