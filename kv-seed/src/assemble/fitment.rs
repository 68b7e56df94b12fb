//! Applications by vehicle and part type.

use holdfast::catalog::fitment::{Application, Fitment, VehicleKey, VehicleParts, folded};
use holdfast::catalog::keys;

use super::{ApplicationFact, too_large};
use crate::error::Error;
use crate::import::Import;
use crate::stage::{Fact, Topic};

/// Writes `fitment/…` and `vehicle/…`.
pub fn write(import: &mut Import) -> Result<(), Error> {
    let Import { stage, report, rejected, search, vehicle_names, .. } = import;
    report.console().start("joining fitment", stage.count(Topic::Application)?);
    let mut done = 0_u64;
    stage.groups(Topic::Application, |vehicle, facts: Vec<Fact<ApplicationFact>>| {
        done = done.saturating_add(u64::try_from(facts.len()).unwrap_or(0));
        let vehicle: VehicleKey = serde_json::from_value(vehicle.into())?;
        let Some(origin) = facts.first().map(|fact| fact.origin) else { return Ok(()) };
        let kept = facts.into_iter().filter(|fact| !rejected.contains(&fact.body.application.sku));
        let mut fitments: Vec<Fitment> = Vec::new();
        for (part_type, application) in living(kept.map(|fact| fact.body)) {
            match fitments.last_mut() {
                Some(fitment) if folded(&fitment.part_type) == folded(&part_type) => {
                    fitment.applications.push(application);
                }
                _ => fitments.push(Fitment { part_type, applications: vec![application] }),
            }
        }
        let year_and_name = vehicle
            .as_str()
            .split_once('/')
            .and_then(|(year, key)| Some((year.parse::<u16>().ok()?, vehicle_names.get(key)?)));
        if let Some((year, name)) = year_and_name {
            for application in fitments.iter().flat_map(|fitment| &fitment.applications) {
                search.fits(&application.sku, year, name);
            }
        }
        for fitment in &fitments {
            let key = keys::fitment(&vehicle, &fitment.part_type);
            if !stage.put(&key, fitment)? {
                report.error(origin, too_large(&key));
            }
        }
        let mut part_types: Vec<String> = fitments.into_iter().map(|fitment| fitment.part_type).collect();
        part_types.sort();
        if !part_types.is_empty() {
            stage.put(&keys::vehicle(&vehicle), &VehicleParts { part_types })?;
        }
        report.console().advance_to(done);
        Ok(())
    })?;
    report.console().finish();
    Ok(())
}

/// What is left when equal applications are said once and deletions have taken theirs back. Equal ones are neighbours,
/// in the order they were read: the last word counts.
fn living(facts: impl Iterator<Item = ApplicationFact>) -> Vec<(String, Application)> {
    let mut last: Option<ApplicationFact> = None;
    let mut living = Vec::new();
    let mut keep = |fact: Option<ApplicationFact>| {
        if let Some(fact) = fact.filter(|fact| fact.add) {
            living.push((fact.part_type, fact.application));
        }
    };
    for fact in facts {
        let same = last.as_ref().is_some_and(|last| {
            last.application == fact.application && folded(&last.part_type) == folded(&fact.part_type)
        });
        let before = last.replace(fact);
        if !same {
            keep(before);
        }
    }
    keep(last);
    living
}
