//! What the importer writes for VINs: one record per maker's identifier, and its patterns.

use serde::{Deserialize, Serialize};

use super::{Element, Vin, specificity};
use crate::order::sort_by_key;

/// vPIC's kinds of vehicle, assigned per maker's identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum VehicleType {
    /// Motorcycle.
    Motorcycle,
    /// Passenger car.
    PassengerCar,
    /// Truck of any weight.
    Truck,
    /// Bus.
    Bus,
    /// Trailer.
    Trailer,
    /// Multipurpose passenger vehicle: sport utility vehicles, vans with seats.
    Multipurpose,
    /// Low-speed vehicle.
    LowSpeed,
    /// A chassis that somebody else completes.
    Incomplete,
    /// Built for use off the road.
    OffRoad,
}

/// What is known of a maker's identifier; the value under [`crate::catalog::keys::vin_wmi`].
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct WmiRecord {
    /// The company the identifier belongs to.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub manufacturer: String,
    /// The makes it is used for, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub makes: Vec<String>,
    /// The kind of vehicle it is used for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vehicle_type: Option<VehicleType>,
    /// For trucks, whether they weigh at most 10,000 lb; absent where vPIC does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub light_truck: Option<bool>,
    /// The patterns of a small maker. Those of a large one lie under [`crate::catalog::keys::vin_patterns`], one record
    /// per character of position 10.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patterns: Option<PatternRecord>,
}

/// Patterns of one maker's identifier; the value under [`crate::catalog::keys::vin_patterns`].
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PatternRecord {
    /// Every fact that the rules speak of, once.
    pub facts: Vec<(Element, String)>,
    /// Least recently changed first: of two equally close rules the later one counts.
    pub schemas: Vec<Schema>,
}

/// The rules by which a maker numbered its vehicles in some model years.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schema {
    /// First model year.
    pub from: u16,
    /// Last model year; absent while the schema is in use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<u16>,
    /// Least recently changed first.
    pub rules: Vec<Rule>,
}

/// A pattern (see [`specificity`]) and the facts of the vehicles it matches, as indices of [`PatternRecord::facts`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule(pub String, pub Vec<u16>);

impl PatternRecord {
    /// What the patterns say about a VIN in a model year (in any year if `None`): for each element the fact of the
    /// closest rule, and of equally close rules the one changed last. Sorted by element.
    pub fn facts_of(&self, vin: &Vin, year: Option<u16>) -> Vec<(Element, &str)> {
        let mut best: Vec<(Element, u32, &str)> = Vec::new();
        let rules = self.schemas.iter().filter(|schema| year.is_none_or(|year| schema.covers(year)));
        for Rule(pattern, facts) in rules.flat_map(|schema| &schema.rules) {
            let Some(score) = specificity(pattern, vin) else { continue };
            for (element, value) in facts.iter().filter_map(|&index| self.facts.get(usize::from(index))) {
                match best.iter_mut().find(|(known, ..)| known == element) {
                    Some(entry) if entry.1 <= score => *entry = (*element, score, value),
                    Some(_) => {}
                    None => best.push((*element, score, value)),
                }
            }
        }
        sort_by_key(&mut best, |&(element, ..)| element);
        best.into_iter().map(|(element, _, value)| (element, value)).collect()
    }

    /// The make that every rule of a model year speaks of; `None` where they speak of several, or of none.
    pub fn only_make(&self, year: u16) -> Option<&str> {
        let rules = self.schemas.iter().filter(|schema| schema.covers(year)).flat_map(|schema| &schema.rules);
        let facts = rules.flat_map(|Rule(_, facts)| facts).filter_map(|&index| self.facts.get(usize::from(index)));
        let mut makes = facts.filter(|(element, _)| *element == Element::Make).map(|(_, make)| make.as_str());
        let first = makes.next()?;
        makes.all(|make| make == first).then_some(first)
    }
}

impl Schema {
    /// Whether the schema was in use in a model year.
    pub fn covers(&self, year: u16) -> bool {
        self.from <= year && self.to.is_none_or(|to| year <= to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Stored under these names since version 1: a change here needs a new import on every deployment.
    #[test]
    fn the_stored_form_does_not_change_by_accident() {
        let record = WmiRecord {
            manufacturer: "HONDA".into(),
            makes: vec!["Honda".into()],
            vehicle_type: Some(VehicleType::PassengerCar),
            light_truck: None,
            patterns: Some(PatternRecord {
                facts: vec![(Element::Make, "Honda".into()), (Element::Model, "Accord".into())],
                schemas: vec![Schema { from: 2003, to: Some(2005), rules: vec![Rule("CM8".into(), vec![0, 1])] }],
            }),
        };
        let stored = r#"{"manufacturer":"HONDA","makes":["Honda"],"vehicle_type":"passenger_car","patterns":{"facts":[[26,"Honda"],[28,"Accord"]],"schemas":[{"from":2003,"to":2005,"rules":[["CM8",[0,1]]]}]}}"#;
        assert_eq!(serde_json::to_string(&record).unwrap(), stored);
        assert_eq!(serde_json::from_str::<WmiRecord>(stored).unwrap(), record);
    }

    #[test]
    fn the_closest_rule_counts_and_of_equals_the_last() {
        let record = PatternRecord {
            facts: ["wide", "close", "equal", "other year"].map(|name| (Element::Model, name.to_owned())).into(),
            schemas: vec![
                Schema { from: 2001, to: None, rules: vec![Rule("CM82".into(), vec![1]), Rule("CM".into(), vec![0])] },
                Schema { from: 2003, to: Some(2003), rules: vec![Rule("*M826".into(), vec![2])] },
                Schema { from: 2004, to: None, rules: vec![Rule("CM826".into(), vec![3, 99])] },
            ],
        };
        let model = |vin: &str, year| record.facts_of(&vin.parse().unwrap(), year).first().map(|&(_, text)| text);
        assert_eq!(model("1HGCM82633A004352", Some(2003)), Some("equal"));
        assert_eq!(model("1HGCM82733A004352", Some(2003)), Some("close"));
        assert_eq!(model("1HGCM92633A004352", Some(2003)), Some("wide"));
        assert_eq!(model("1HGCM82633A004352", Some(2004)), Some("other year"));
        assert_eq!(model("1HGCM82633A004352", None), Some("other year"));
        assert_eq!(model("1HGAM82633A004352", Some(2002)), None);
    }
}
