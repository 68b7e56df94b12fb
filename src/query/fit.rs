//! What a shopper's vehicle takes: whether a part fits it, and which parts do.

use serde::Serialize;

use super::resolve::{Choice, conditions, fitting_choice};
use crate::catalog::fitment::Application;
use crate::catalog::vin::Vehicle;
use crate::catalog::{Part, Reading};

/// Whether a part fits a vehicle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Fits {
    /// It does, under the conditions of `fit_notes`.
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
    /// The conditions, in words; of several applications the one with the fewest.
    pub notes: Vec<String>,
}

/// Whether `part` fits `vehicle`.
pub fn fit(part: &Part, vehicle: &Vehicle, reading: &Reading) -> Fit {
    let applications = applications(vehicle, &part.part_type.name, reading);
    let its_own = applications.iter().filter(|application| application.sku == part.sku).map(conditions);
    if let Some(notes) = its_own.min_by_key(Vec::len) {
        return Fit { fits: Fits::Yes, notes };
    }
    // That its replacement fits says nothing about a part that is no longer catalogued.
    let no_word = applications.is_empty() || applications.iter().any(|a| Some(&a.sku) == part.living_end());
    Fit { fits: if no_word { Fits::Unknown } else { Fits::No }, notes: Vec::new() }
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

fn applications(vehicle: &Vehicle, part_type: &str, reading: &Reading) -> Vec<Application> {
    let fitments = vehicle.keys().into_iter().filter_map(|key| reading.fitment(&key, part_type));
    fitments.flat_map(|fitment| fitment.applications.clone()).collect()
}
