//! From what a line names to the parts it can mean.

use std::rc::Rc;

use serde::Serialize;

use super::request::{LineRequest, Wanted};
use crate::catalog::fitment::{Application, folded};
use crate::catalog::number::NumberEntry;
use crate::catalog::vin::Vin;
use crate::catalog::{Part, PartNumber, Reading};
use crate::id::Sku;
use crate::time::Timestamp;

/// The most parts one line is answered with, the alternates counted in.
pub const MAX_CHOICES: usize = 5;

/// How a line's part was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Match {
    /// As written.
    Exact,
    /// After dropping case and punctuation.
    Normalised,
    /// Another maker's number; ours is the equivalent.
    Interchange,
    /// The part has been replaced by another, or the number is a former one.
    Supersession,
    /// By what fits the vehicle.
    Fitment,
    /// Several parts share the number; nothing is guessed.
    Ambiguous,
    /// Nothing was found.
    None,
}

/// Why nothing was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoMatch {
    /// No such sku.
    #[error("no part has this sku; try its brand and number")]
    UnknownSku,
    /// No such number.
    #[error("no part answers to this number of this brand")]
    UnknownNumber,
    /// The VIN does not say which model of which year.
    #[error("this VIN does not tell year, make and model; name the part by sku or number")]
    UnknownVehicle,
    /// Nothing of this type fits.
    #[error("no part of this type is known to fit this vehicle at this position")]
    NothingFits,
}

impl NoMatch {
    /// The stable code a caller sees.
    pub fn code(self) -> &'static str {
        match self {
            Self::UnknownSku => "unknown_sku",
            Self::UnknownNumber => "unknown_number",
            Self::UnknownVehicle => "unknown_vehicle",
            Self::NothingFits => "nothing_fits",
        }
    }
}

/// How a part stands to what was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// It is what was asked for.
    Asked,
    /// It replaces it.
    Supersession,
    /// It is equivalent to it.
    Interchange,
    /// It fits the vehicle too.
    Fitment,
}

/// A part a line can mean.
#[derive(Debug, Clone)]
pub struct Choice {
    /// The part.
    pub part: Rc<Part>,
    /// How it stands to what was asked for.
    pub relation: Relation,
    /// Units of it that meet the line, before pack rules.
    pub quantity: u32,
    /// Conditions of the fit, in words.
    pub notes: Vec<String>,
}

impl Choice {
    /// `quantity` units of `part`.
    pub fn new(part: Rc<Part>, relation: Relation, quantity: u32) -> Self {
        Self { part, relation, quantity, notes: Vec::new() }
    }
}

/// What a line means.
#[derive(Debug, Clone)]
pub struct ResolvedLine {
    /// How it was found.
    pub matched: Match,
    /// What was found.
    pub finding: Finding,
}

/// What was found.
#[derive(Debug, Clone)]
pub enum Finding {
    /// The first choice and the rest; never empty. Where the line did not name one part, they stand for each other.
    Choices(Vec<Choice>),
    /// Parts that share the number, for the caller to choose from.
    Candidates(Vec<Rc<Part>>),
    /// Nothing.
    Nothing(NoMatch),
}

/// Finds what `line` means.
pub fn resolve(line: &LineRequest, now: Timestamp, reading: &Reading) -> ResolvedLine {
    let quantity = line.quantity.get();
    match &line.wanted {
        Wanted::Sku(sku) => match reading.part(sku) {
            Some(part) => part_asked(&part, Match::Exact, quantity, reading),
            None => nothing(NoMatch::UnknownSku),
        },
        Wanted::Number { brand, number } => by_number(brand.as_deref(), number, quantity, reading),
        Wanted::Fitment { vin, part_type, position } => {
            by_fitment(vin, part_type, position.as_deref(), quantity, now, reading)
        }
    }
}

/// The calendar year of `now`, which settles a VIN's model year.
pub fn this_year(now: Timestamp) -> u16 {
    use chrono::Datelike as _;
    u16::try_from(now.to_utc().year()).unwrap_or_default()
}

fn nothing(why: NoMatch) -> ResolvedLine {
    ResolvedLine { matched: Match::None, finding: Finding::Nothing(why) }
}

/// A line that means one part: with it come its replacement and its equivalents.
fn part_asked(part: &Rc<Part>, matched: Match, quantity: u32, reading: &Reading) -> ResolvedLine {
    let matched = if part.living_end().is_some() { Match::Supersession } else { matched };
    let asked = Choice::new(Rc::clone(part), Relation::Asked, quantity);
    let others = alternates(part, quantity, reading);
    ResolvedLine { matched, finding: Finding::Choices(std::iter::once(asked).chain(others).collect()) }
}

/// What stands for `quantity` units of `part`: its replacement, then its equivalents.
pub fn alternates(part: &Part, quantity: u32, reading: &Reading) -> Vec<Choice> {
    let replacement = part.living_end().map(|sku| (sku, Relation::Supersession, quantity));
    let equivalents = part
        .interchange
        .iter()
        .map(|other| (&other.sku, Relation::Interchange, quantity.saturating_mul(other.quantity.max(1))));
    let others = replacement.into_iter().chain(equivalents).take(MAX_CHOICES.saturating_sub(1));
    others.filter_map(|(sku, relation, units)| choice(sku, relation, units, reading)).collect()
}

fn by_number(brand: Option<&str>, number: &PartNumber, quantity: u32, reading: &Reading) -> ResolvedLine {
    let entries = reading.numbers(&number.normalised());
    let of_brand = |entry: &&NumberEntry| {
        let Some(brand) = brand else { return true };
        entry.brand.as_str().eq_ignore_ascii_case(brand)
            || entry.interchange.is_none()
                && reading.part(&entry.sku).is_some_and(|part| folded(&part.brand_name) == folded(brand))
    };
    let (others, own): (Vec<&NumberEntry>, Vec<&NumberEntry>) =
        entries.iter().filter(of_brand).partition(|entry| entry.interchange.is_some());
    match (own.as_slice(), others.as_slice()) {
        ([], []) => nothing(NoMatch::UnknownNumber),
        ([only], _) => {
            let matched = match (only.former, only.number.as_str() == number.as_str()) {
                (true, _) => Match::Supersession,
                (false, true) => Match::Exact,
                (false, false) => Match::Normalised,
            };
            match reading.part(&only.sku) {
                Some(part) => part_asked(&part, matched, quantity, reading),
                None => nothing(NoMatch::UnknownNumber),
            }
        }
        ([], equivalents) if one_maker(equivalents) => {
            let units = |entry: &NumberEntry| entry.interchange.map_or(1, |equivalence| equivalence.quantity.max(1));
            let choices: Vec<Choice> = equivalents
                .iter()
                .take(MAX_CHOICES)
                .filter_map(|e| choice(&e.sku, Relation::Interchange, quantity.saturating_mul(units(e)), reading))
                .collect();
            chosen(choices, Match::Interchange, NoMatch::UnknownNumber)
        }
        _ => {
            let parts = own.iter().chain(&others).filter_map(|entry| reading.part(&entry.sku));
            let mut candidates: Vec<Rc<Part>> = parts.collect();
            candidates.dedup_by(|a, b| a.sku == b.sku);
            candidates.truncate(MAX_CHOICES);
            ResolvedLine { matched: Match::Ambiguous, finding: Finding::Candidates(candidates) }
        }
    }
}

/// Whether these entries all speak of one maker's number: then our parts are equivalents of one thing.
fn one_maker(entries: &[&NumberEntry]) -> bool {
    entries.windows(2).all(|pair| matches!(pair, [a, b] if a.brand == b.brand))
}

fn by_fitment(
    vin: &Vin,
    part_type: &str,
    position: Option<&str>,
    quantity: u32,
    now: Timestamp,
    reading: &Reading,
) -> ResolvedLine {
    let vehicle = reading.decode(vin, this_year(now));
    let keys = vehicle.keys();
    if keys.is_empty() {
        return nothing(NoMatch::UnknownVehicle);
    }
    let fitments: Vec<_> = keys.iter().filter_map(|key| reading.fitment(key, part_type)).collect();
    let fitting = fitments.iter().flat_map(|fitment| fitment.at_position(position));
    let mut choices: Vec<Choice> = Vec::new();
    for application in fitting {
        if choices.len() < MAX_CHOICES && choices.iter().all(|known| known.part.sku != application.sku) {
            choices.extend(fitting_choice(application, quantity, reading));
        }
    }
    chosen(choices, Match::Fitment, NoMatch::NothingFits)
}

/// `quantity` units of the part of an application, with its conditions as notes.
pub(super) fn fitting_choice(application: &Application, quantity: u32, reading: &Reading) -> Option<Choice> {
    let mut choice = choice(&application.sku, Relation::Fitment, quantity, reading)?;
    let submodel = (!application.submodel.is_empty()).then(|| format!("fits sub-model {}", application.submodel));
    let per_vehicle =
        (application.quantity > 1).then(|| format!("{} units per vehicle at this position", application.quantity));
    choice.notes = submodel.into_iter().chain(application.qualifiers.iter().cloned()).chain(per_vehicle).collect();
    Some(choice)
}

fn chosen(choices: Vec<Choice>, matched: Match, otherwise: NoMatch) -> ResolvedLine {
    if choices.is_empty() { nothing(otherwise) } else { ResolvedLine { matched, finding: Finding::Choices(choices) } }
}

fn choice(sku: &Sku, relation: Relation, quantity: u32, reading: &Reading) -> Option<Choice> {
    Some(Choice::new(reading.part(sku)?, relation, quantity))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::keys;
    use crate::catalog::number::Equivalence;
    use crate::catalog::part::{Grade, Interchange};
    use crate::catalog::records::tests::Catalogue;
    use crate::id::Quantity;
    use crate::query::fixtures::part;

    fn line(wanted: Wanted) -> LineRequest {
        LineRequest { wanted, quantity: Quantity::new(2).unwrap() }
    }

    fn number(brand: Option<&str>, number: &str) -> LineRequest {
        line(Wanted::Number { brand: brand.map(str::to_owned), number: number.parse().unwrap() })
    }

    fn entry(brand: &str, number: &str, sku: &str) -> NumberEntry {
        let (brand, number, sku) = (brand.parse().unwrap(), number.parse().unwrap(), sku.parse().unwrap());
        NumberEntry { brand, number, sku, interchange: None, former: false }
    }

    fn equivalent(brand: &str, number: &str, sku: &str, quantity: u32) -> NumberEntry {
        let interchange = Some(Equivalence { quantity, grade: Grade::Equivalent });
        NumberEntry { interchange, ..entry(brand, number, sku) }
    }

    /// A catalogue of these parts, with these entries under the number 4410.
    fn catalogue(parts: &[Part], entries: &[NumberEntry]) -> Catalogue {
        let key = keys::number(&"4410".parse::<PartNumber>().unwrap().normalised());
        let catalogue = Catalogue::default().with(key, &entries);
        parts.iter().fold(catalogue, |catalogue, part| catalogue.with(keys::part(&part.sku), part))
    }

    /// How the line was found, and `sku × quantity` of each choice.
    fn found(catalogue: Catalogue, line: &LineRequest) -> (Match, Vec<String>) {
        let (resolved, _) = catalogue.settle(|reading| resolve(line, Timestamp::EPOCH, reading));
        let parts = match resolved.finding {
            Finding::Choices(choices) => choices.iter().map(|c| format!("{} × {}", c.part.sku, c.quantity)).collect(),
            Finding::Candidates(parts) => parts.iter().map(|part| part.sku.to_string()).collect(),
            Finding::Nothing(why) => vec![why.code().to_owned()],
        };
        (resolved.matched, parts)
    }

    #[test]
    fn a_sku_is_found_as_it_is_written_or_not_at_all() {
        let by = |sku: &str| line(Wanted::Sku(sku.parse().unwrap()));
        assert_eq!(found(catalogue(&[part("A")], &[]), &by("A")), (Match::Exact, vec!["A × 2".into()]));
        assert_eq!(found(catalogue(&[part("A")], &[]), &by("a")), (Match::None, vec!["unknown_sku".into()]));
    }

    #[test]
    fn a_number_is_found_in_any_spelling_of_number_and_brand() {
        let shelf = || catalogue(&[Part { brand_name: "Brakex".into(), ..part("A") }], &[entry("BRKX", "44-10", "A")]);
        let a = vec!["A × 2".to_owned()];
        assert_eq!(found(shelf(), &number(Some("BRKX"), "44-10")), (Match::Exact, a.clone()));
        assert_eq!(found(shelf(), &number(Some("brkx"), "44 10")), (Match::Normalised, a.clone()));
        assert_eq!(found(shelf(), &number(Some("Brake-X"), "4410")), (Match::Normalised, a.clone()));
        assert_eq!(found(shelf(), &number(None, "4410")), (Match::Normalised, a));
        assert_eq!(found(shelf(), &number(Some("OTHR"), "44-10")), (Match::None, vec!["unknown_number".into()]));
    }

    #[test]
    fn two_parts_that_share_a_number_are_both_shown_and_neither_is_guessed() {
        let shelf = || catalogue(&[part("A"), part("B")], &[entry("BRKX", "44-10", "A"), entry("HALT", "4410", "B")]);
        assert_eq!(found(shelf(), &number(None, "4410")), (Match::Ambiguous, vec!["A".into(), "B".into()]));
        assert_eq!(found(shelf(), &number(Some("HALT"), "4410")), (Match::Exact, vec!["B × 2".into()]));
    }

    #[test]
    fn another_makers_number_is_answered_with_all_our_equivalents_in_their_quantities() {
        let entries = [equivalent("ORGN", "44.10", "A", 1), equivalent("ORGN", "44.10", "B", 2)];
        let answer = found(catalogue(&[part("A"), part("B")], &entries), &number(None, "44.10"));
        assert_eq!(answer, (Match::Interchange, vec!["A × 2".into(), "B × 4".into()]));
    }

    #[test]
    fn our_own_number_goes_before_equivalents_of_another_maker() {
        let entries = [entry("BRKX", "44-10", "A"), equivalent("ORGN", "4410", "B", 1)];
        let answer = found(catalogue(&[part("A"), part("B")], &entries), &number(None, "44-10"));
        assert_eq!(answer, (Match::Exact, vec!["A × 2".into()]));
    }

    #[test]
    fn two_other_makers_that_share_a_number_are_ambiguous() {
        let entries = [equivalent("ORGN", "4410", "A", 1), equivalent("OTHR", "4410", "B", 1)];
        let answer = found(catalogue(&[part("A"), part("B")], &entries), &number(None, "4410"));
        assert_eq!(answer, (Match::Ambiguous, vec!["A".into(), "B".into()]));
    }

    #[test]
    fn a_superseded_part_brings_the_living_end_of_its_chain() {
        let old = Part { superseded_by: vec!["B".parse().unwrap(), "C".parse().unwrap()], ..part("A") };
        let answer = found(catalogue(&[old, part("B"), part("C")], &[]), &line(Wanted::Sku("A".parse().unwrap())));
        assert_eq!(answer, (Match::Supersession, vec!["A × 2".into(), "C × 2".into()]));
    }

    #[test]
    fn an_equivalent_of_ours_comes_in_the_quantity_that_replaces_the_line() {
        let interchange = vec![Interchange { sku: "B".parse().unwrap(), quantity: 3, grade: Grade::Economy }];
        let shelf = catalogue(&[Part { interchange, ..part("A") }, part("B")], &[]);
        let answer = found(shelf, &line(Wanted::Sku("A".parse().unwrap())));
        assert_eq!(answer, (Match::Exact, vec!["A × 2".into(), "B × 6".into()]));
    }

    #[test]
    fn an_entry_whose_part_is_gone_is_passed_over() {
        let answer = found(catalogue(&[], &[entry("BRKX", "44-10", "A")]), &number(None, "4410"));
        assert_eq!(answer, (Match::None, vec!["unknown_number".into()]));
    }
}
