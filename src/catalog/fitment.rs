//! What fits which vehicle.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::id::Sku;

/// Which vehicles an application speaks of, as a text that is part of a KV key: `2018/honda/accord`, or `bv/588822` for
/// an ACES base vehicle id that nobody has joined to year, make and model.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct VehicleKey(String);

impl VehicleKey {
    /// The key of a model of one model year. Case, spaces and punctuation do not matter.
    pub fn new(year: u16, make: &str, model: &str) -> Self {
        Self(format!("{year}/{}/{}", folded(make), folded(model)))
    }

    /// The key of an ACES base vehicle whose year, make and model are not known here.
    pub fn base_vehicle(id: u32) -> Self {
        Self(format!("bv/{id}"))
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for VehicleKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Lower-case ASCII letters and digits of a name: what names of makes, models and part types are matched on.
pub fn folded(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// Whether two names have the same [`folded`] form, found without making either.
pub fn same_name(one: &str, other: &str) -> bool {
    fn letters(name: &str) -> impl Iterator<Item = u8> {
        name.bytes().filter(u8::is_ascii_alphanumeric).map(|byte| byte.to_ascii_lowercase())
    }
    letters(one).eq(letters(other))
}

/// One application: this part fits that vehicle, there, so many of it, under these conditions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Application {
    /// The part.
    pub sku: Sku,
    /// Units needed for the position.
    pub quantity: u32,
    /// Where on the vehicle: `front`, `rear left`; empty when it does not matter. An ACES position id without a PCdb is
    /// kept as `#1`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub position: String,
    /// Sub-model, such as `EX-L`; empty fits all.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub submodel: String,
    /// Conditions in words: qualifiers and notes, such as `with adaptive cruise`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub qualifiers: Vec<String>,
}

/// The applications of one part type on one vehicle; the value under [`super::keys::fitment`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fitment {
    /// The part type's name as people write it.
    pub part_type: String,
    /// In the importer's order: by position, then sku.
    pub applications: Vec<Application>,
}

/// The part types known for one vehicle; the value under [`super::keys::vehicle`].
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct VehicleParts {
    /// Names of the part types that have applications, sorted.
    pub part_types: Vec<String>,
}

impl Fitment {
    /// The applications that do not contradict `position`. Words are compared one by one, so `front` finds
    /// `front left`; an application without a position fits every one.
    pub fn at_position<'a>(&'a self, position: Option<&str>) -> impl Iterator<Item = &'a Application> {
        let wanted: Vec<String> =
            position.unwrap_or_default().split_whitespace().map(str::to_ascii_lowercase).collect();
        self.applications.iter().filter(move |application| {
            let has = |word: &String| application.position.split_whitespace().any(|own| own.eq_ignore_ascii_case(word));
            application.position.is_empty() || wanted.iter().all(has)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_matched_without_case_and_punctuation() {
        assert_eq!(VehicleKey::new(2018, "Mercedes-Benz", "C 300").as_str(), "2018/mercedesbenz/c300");
        assert!(same_name("Brake Pad-Set", "brake pad set") && !same_name("Brake Pad", "brake pads"));
        assert_eq!(VehicleKey::base_vehicle(588_822).as_str(), "bv/588822");
    }

    #[test]
    fn a_position_narrows_and_its_absence_does_not() {
        let application = |sku: &str, position: &str| Application {
            sku: sku.parse().unwrap(),
            quantity: 1,
            position: position.into(),
            submodel: String::new(),
            qualifiers: vec![],
        };
        let applications = vec![
            application("F", "front"),
            application("FL", "Front Left"),
            application("R", "rear"),
            application("ANY", ""),
        ];
        let fitment = Fitment { part_type: "Brake Pad".into(), applications };
        let found = |position| fitment.at_position(position).map(|a| a.sku.as_str()).collect::<Vec<_>>();
        assert_eq!(found(Some("front")), ["F", "FL", "ANY"]);
        assert_eq!(found(Some("left front")), ["FL", "ANY"]);
        assert_eq!(found(None), ["F", "FL", "R", "ANY"]);
    }
}
