//! Part records and the numbers they answer to.

use std::collections::{BTreeMap, HashSet};

use holdfast::catalog::number::{NormalisedNumber, NumberEntry};
use holdfast::catalog::part::{Component, Kind};
use holdfast::catalog::supersession::{self, Cycle};
use holdfast::catalog::{Gtin, Part, PartNumber, keys};
use holdfast::id::{BrandCode, Sku};
use serde::Serialize;

use super::{PartFact, too_large};
use crate::error::{Error, RowError};
use crate::import::Import;
use crate::report::{Origin, Report};
use crate::stage::{Fact, Stage, Topic};

/// PIES names replacements by number, and may do so before the replacement's own item.
pub fn resolve_replacements(import: &mut Import) -> Result<(), Error> {
    let Import { stage, report, .. } = import;
    stage.each(Topic::Replacement, |owner, fact: Fact<(BrandCode, PartNumber)>| {
        let (brand, number) = &fact.body;
        let old: Sku = owner.parse().map_err(|_| rusqlite::Error::InvalidQuery)?;
        match sku_of(stage, brand, number)? {
            Err(problem) => report.warning(fact.origin, format!("replacement {problem}")),
            Ok(new) if new == old => {}
            Ok(new) => {
                if !stage.supersede(&old, &new, fact.origin)? {
                    report.warning(fact.origin, RowError::duplicate("supersession of", old));
                }
            }
        }
        Ok(())
    })
}

/// Brands and part types, with how many parts each has: the record `directory`.
#[derive(Default, Serialize)]
struct Directory {
    brands: BTreeMap<BrandCode, Brand>,
    part_types: BTreeMap<String, u64>,
}

#[derive(Default, Serialize)]
struct Brand {
    name: String,
    parts: u64,
}

impl Directory {
    fn add(&mut self, part: &Part) {
        let brand = self.brands.entry(part.brand.clone()).or_default();
        brand.name.clone_from(&part.brand_name);
        brand.parts = brand.parts.saturating_add(1);
        let parts = self.part_types.entry(part.part_type.name.clone()).or_default();
        *parts = parts.saturating_add(1);
    }
}

/// Writes `part/…` and `directory`.
pub fn write_parts(import: &mut Import) -> Result<(), Error> {
    let Import { stage, report, rejected, search, .. } = import;
    report.console().start("joining parts", stage.count(Topic::Part)?);
    let (mut done, mut circles, mut directory) = (0_u64, HashSet::new(), Directory::default());
    stage.groups(Topic::Part, |_, facts| {
        done = done.saturating_add(u64::try_from(facts.len()).unwrap_or(0));
        let mut facts = facts.into_iter();
        let Some(Fact { body: PartFact::Part(mut part), origin }) = facts.next() else { return Ok(()) };
        for fact in facts {
            if let Err(problem) = add(stage, &mut part, fact.body)? {
                report.error(fact.origin, problem);
            }
        }
        if part.kind == Kind::Bundle && part.components.is_empty() {
            report.error(origin, format!("bundle {} has no components", part.sku));
            rejected.insert(part.sku);
            return Ok(());
        }
        part.superseded_by = chain(stage, report, &part.sku, &mut circles)?;
        let key = keys::part(&part.sku);
        directory.add(&part);
        if !stage.put(&key, &part)? {
            report.error(origin, too_large(&key));
            rejected.insert(part.sku);
            return Ok(());
        }
        if let Some(Ok(gtin)) = part.gtin.as_deref().map(str::parse::<Gtin>) {
            stage.add(Topic::Gtin, &gtin.to_string(), part.sku.as_str(), origin, &part.sku)?;
        }
        if let Err(full) = search.add(&part) {
            report.warning(origin, format!("{} cannot be searched for: {full}", part.sku));
        }
        report.console().advance_to(done);
        Ok(())
    })?;
    report.console().finish();
    if !directory.brands.is_empty() {
        stage.put(keys::DIRECTORY, &directory)?;
    }
    Ok(())
}

/// Adds what one row said to the part. Facts come in the order of their sort, so equals are neighbours.
fn add(stage: &Stage, part: &mut Part, fact: PartFact) -> Result<Result<(), RowError>, Error> {
    match fact {
        PartFact::Part(again) => return Ok(Err(RowError::duplicate("sku", again.sku))),
        PartFact::Calibration(calibration) => part.calibration = Some(calibration),
        PartFact::Interchange(other) => {
            if part.interchange.last().is_some_and(|last| last.sku == other.sku) {
                return Ok(Err(RowError::duplicate("interchange with", other.sku)));
            }
            part.interchange.push(other);
        }
        PartFact::Component(component) => return Ok(add_component(part, component)),
        PartFact::ComponentByNumber(brand, number, quantity) => {
            return Ok(sku_of(stage, &brand, &number)?.and_then(|sku| add_component(part, Component { sku, quantity })));
        }
        PartFact::Price(row) => match part.prices.last_mut() {
            Some(price) if row.belongs_to(price) => {
                if price.breaks.last().is_some_and(|last| last.from == row.step.from) {
                    let id = format!("{} {} of {} from {}", row.sheet, row.price_type, part.sku, row.step.from);
                    return Ok(Err(RowError::duplicate("price", id)));
                }
                price.breaks.push(row.step);
            }
            _ => part.prices.push(row.into_price()),
        },
    }
    Ok(Ok(()))
}

fn add_component(part: &mut Part, component: Component) -> Result<(), RowError> {
    if part.components.iter().any(|inside| inside.sku == component.sku) {
        return Err(RowError::duplicate("component", component.sku));
    }
    if component.sku == part.sku {
        return Err(RowError::Contradiction(format!("{} contains itself", part.sku)));
    }
    part.components.push(component);
    Ok(())
}

/// The one part of a maker's number, or why there is none.
fn sku_of(stage: &Stage, brand: &BrandCode, number: &PartNumber) -> Result<Result<Sku, RowError>, Error> {
    let mut found = stage.parts_by_number(brand, number)?;
    Ok(match (found.pop(), found.len()) {
        (Some(part), 0) => Ok(part.sku),
        (None, _) => Err(RowError::unknown("number", format!("{brand} {number}"))),
        (Some(_), _) => Err(RowError::Contradiction(format!("{brand} {number} is the number of several parts"))),
    })
}

/// The chain of replacements of `sku`. A circle is reported once, with all its members; they get no replacement.
fn chain(stage: &Stage, report: &mut Report, sku: &Sku, circles: &mut HashSet<Sku>) -> Result<Vec<Sku>, Error> {
    let (mut links, mut current) = (BTreeMap::new(), sku.clone());
    let mut said_by: Option<Origin> = None;
    while let Some((next, origin)) = stage.replacement(current.as_str())? {
        said_by.get_or_insert(origin);
        if links.insert(current, next.clone()).is_some() {
            break;
        }
        current = next;
    }
    match (supersession::chain(sku, &links), said_by) {
        (Ok(chain), _) => Ok(chain),
        (Err(circle), said_by) => {
            if let (Some(first), Some(origin)) = (first_of(&circle), said_by)
                && circles.insert(first)
            {
                report.error(origin, circle);
            }
            Ok(Vec::new())
        }
    }
}

/// A name for a circle, whichever part it was entered from: its smallest member.
fn first_of(Cycle(path): &Cycle) -> Option<Sku> {
    let entry = path.last()?;
    path.iter().skip_while(|sku| *sku != entry).min().cloned()
}

/// Writes `gtin/…`.
pub fn write_gtins(import: &mut Import) -> Result<(), Error> {
    let Import { stage, report, .. } = import;
    stage.groups(Topic::Gtin, |owner, facts: Vec<Fact<Sku>>| {
        let (Some(origin), Ok(gtin)) = (facts.last().map(|fact| fact.origin), owner.parse()) else { return Ok(()) };
        if facts.len() > 1 {
            report.warning(origin, format!("{} parts have the bar code {gtin}", facts.len()));
        }
        let key = keys::gtin(&gtin);
        if !stage.put(&key, &facts.into_iter().map(|fact| fact.body).collect::<Vec<_>>())? {
            report.error(origin, too_large(&key));
        }
        Ok(())
    })
}

/// Writes `number/…`.
pub fn write_numbers(import: &mut Import) -> Result<(), Error> {
    let Import { stage, report, rejected, search, .. } = import;
    report.console().start("joining numbers", 0);
    stage.groups(Topic::Number, |_, facts: Vec<Fact<NumberEntry>>| {
        let Some(origin) = facts.first().map(|fact| fact.origin) else { return Ok(()) };
        let mut entries: Vec<NumberEntry> = Vec::new();
        for Fact { body: entry, origin } in facts {
            if rejected.contains(&entry.sku) {
                continue;
            }
            let same = |last: &&NumberEntry| {
                (&last.brand, &last.number, &last.sku) == (&entry.brand, &entry.number, &entry.sku)
            };
            match entries.iter().find(same) {
                // A number may be said twice (its own and a former one, a table and PIES), but only in one sense.
                Some(last) if last.interchange.is_some() && *last != entry => {
                    let id = format!("{} {} for {}", entry.brand, entry.number, entry.sku);
                    report.error(origin, RowError::duplicate("number", id));
                }
                Some(_) => {}
                None => entries.push(entry),
            }
        }
        for entry in entries.iter().filter(|entry| entry.former || entry.interchange.is_some()) {
            search.other_number(&entry.sku, &entry.number);
        }
        let Some(number) = entries.first().map(|entry| entry.number.normalised()) else { return Ok(()) };
        write_number(stage, report, &number, &entries, origin)
    })
}

fn write_number(
    stage: &Stage,
    report: &mut Report,
    number: &NormalisedNumber,
    entries: &[NumberEntry],
    origin: Origin,
) -> Result<(), Error> {
    let key = keys::number(number);
    if !stage.put(&key, &entries)? {
        report.error(origin, too_large(&key));
    }
    Ok(())
}
