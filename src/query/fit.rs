//! What a shopper's vehicle takes: whether a part fits it, and which parts do.

use serde::Serialize;

use super::resolve::{Choice, fitting_choice};
use crate::catalog::fitment::Application;
use crate::catalog::vin::Vehicle;
use crate::catalog::{Part, Reading};

/// Whether a part fits a vehicle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Fits {
    /// It does, under the conditions of `fit_notes`, in the number of `fit_quantity`.
    Yes,
    /// Parts of its type are known for the vehicle, and it is none of them.
    No,
    /// The vehicle is not known, or no part of this type is known for it.
    Unknown,
}

/// Whether a part fits, and under what conditions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fit {
    /// Whether.
    pub fits: Fits,
    /// The conditions, in the catalogue's words; of several applications the one with the fewest.
    pub notes: Vec<String>,
    /// Units that the vehicle takes there; not known of a part that takes another's place.
    pub quantity: Option<u32>,
}

/// Whether `part` fits `vehicle`.
pub fn fit(part: &Part, vehicle: &Vehicle, reading: &Reading) -> Fit {
    let applications = applications(vehicle, &part.part_type.name, reading);
    let least = |fitting: &mut dyn Iterator<Item = &Application>| {
        fitting.map(|application| (conditions(application), application.quantity)).min_by_key(|(notes, _)| notes.len())
    };
    // What is said of the part itself goes before what is said of one that it replaces.
    if let Some((notes, quantity)) = least(&mut applications.iter().filter(|listed| listed.sku == part.sku)) {
        return Fit { fits: Fits::Yes, notes, quantity: Some(quantity) };
    }
    if let Some((notes, _)) = least(&mut applications.iter().filter(|listed| stands_for(listed, part, reading))) {
        return Fit { fits: Fits::Yes, notes, quantity: None };
    }
    // That its replacement fits says nothing about a part that is no longer catalogued.
    let no_word = applications.is_empty() || applications.iter().any(|a| Some(&a.sku) == part.living_end());
    Fit { fits: if no_word { Fits::Unknown } else { Fits::No }, notes: Vec::new(), quantity: None }
}

/// Parts of a type that fit `vehicle`, at most `most`.
pub fn fitting(vehicle: &Vehicle, part_type: &str, most: usize, reading: &Reading) -> Vec<Choice> {
    let mut choices: Vec<Choice> = Vec::new();
    for application in applications(vehicle, part_type, reading) {
        if choices.len() < most && choices.iter().all(|known| known.part.sku != application.sku) {
            choices.extend(fitting_choice(&application, 1, reading));
        }
    }
    choices
}

/// Names of the part types that are known for `vehicle`.
pub fn part_types(vehicle: &Vehicle, reading: &Reading) -> Vec<String> {
    let known = vehicle.keys().into_iter().filter_map(|key| reading.vehicle_parts(&key));
    known.flat_map(|parts| parts.part_types.clone()).collect()
}

/// Whether an application speaks of `part`, or of one that `part` replaces.
pub fn stands_for(listed: &Application, part: &Part, reading: &Reading) -> bool {
    let replaces = |other: &Part| {
        other.superseded_by.contains(&part.sku) || other.interchange.iter().any(|equal| equal.sku == part.sku)
    };
    listed.sku == part.sku || reading.part(&listed.sku).is_some_and(|other| replaces(&other))
}

fn conditions(application: &Application) -> Vec<String> {
    let submodel = Some(&application.submodel).filter(|name| !name.is_empty());
    submodel.into_iter().chain(&application.qualifiers).cloned().collect()
}

fn applications(vehicle: &Vehicle, part_type: &str, reading: &Reading) -> Vec<Application> {
    let fitments = vehicle.keys().into_iter().filter_map(|key| reading.fitment(&key, part_type));
    fitments.flat_map(|fitment| fitment.applications.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::fitment::Fitment;
    use crate::catalog::part::{Grade, Interchange};
    use crate::catalog::records::tests::Catalogue;
    use crate::catalog::vin::decode;
    use crate::catalog::{VehicleKey, keys};
    use crate::query::fixtures::part;

    fn listed(sku: &str, quantity: u32, qualifiers: &[&str]) -> Application {
        let qualifiers = qualifiers.iter().map(ToString::to_string).collect();
        Application { sku: sku.parse().unwrap(), quantity, position: String::new(), submodel: "EX".into(), qualifiers }
    }

    /// What is told of `asked` and an Accord for which brake pads are `listed`; `known` are parts of the catalogue.
    fn told(asked: &Part, known: &[Part], listed: Vec<Application>) -> (Fits, String, Option<u32>) {
        let accord = VehicleKey::new(2003, "Honda", "Accord");
        let fitment = Fitment { part_type: "Brake Pad".into(), applications: listed };
        let shelf = known.iter().fold(Catalogue::default(), |shelf, part| shelf.with(keys::part(&part.sku), part));
        let shelf = shelf.with(keys::fitment(&accord, "Brake Pad"), &fitment);
        let unknown = decode(&"1HGCM82633A004352".parse().unwrap(), None, None, 2026);
        let vehicle = Vehicle { year: Some(2003), make: Some("Honda".into()), model: Some("Accord".into()), ..unknown };
        let Fit { fits, notes, quantity } = shelf.settle(|reading| fit(asked, &vehicle, reading)).0;
        (fits, notes.join(", "), quantity)
    }

    #[test]
    fn a_part_fits_as_it_is_listed_with_the_fewest_conditions() {
        let listed = vec![listed("A", 2, &["with sport package"]), listed("A", 1, &[])];
        assert_eq!(told(&part("A"), &[], listed), (Fits::Yes, "EX".into(), Some(1)));
    }

    #[test]
    fn what_is_said_of_a_part_itself_goes_before_what_is_said_of_one_that_it_replaces() {
        let interchange = vec![Interchange { sku: "B".parse().unwrap(), quantity: 2, grade: Grade::Economy }];
        let known = [Part { interchange, ..part("A") }];
        let of_another = listed("A", 1, &[]);
        let of_its_own = listed("B", 2, &["rear disc brakes"]);
        let both = vec![of_another.clone(), of_its_own];
        assert_eq!(told(&part("B"), &known, both), (Fits::Yes, "EX, rear disc brakes".into(), Some(2)));
        assert_eq!(told(&part("B"), &known, vec![of_another]), (Fits::Yes, "EX".into(), None));
    }

    #[test]
    fn a_part_that_is_none_of_those_listed_does_not_fit_unless_only_its_replacement_does() {
        let old = Part { superseded_by: vec!["A".parse().unwrap()], ..part("OLD") };
        let listed = vec![listed("A", 1, &[])];
        assert_eq!(told(&part("C"), &[], listed.clone()), (Fits::No, String::new(), None));
        assert_eq!(told(&old, &[], listed), (Fits::Unknown, String::new(), None));
        assert_eq!(told(&part("C"), &[], vec![]), (Fits::Unknown, String::new(), None));
    }
}
