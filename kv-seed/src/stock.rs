//! Opening stock and receipts on their way, through the API of a running instance: positions belong to the shards, so
//! nothing but a shard writes them.
//!
//! An opening row becomes a movement of kind `count`, which is absolute, with an id made from the row: the same row again
//! is a `duplicate`, a changed row a new count.

use std::collections::BTreeMap;
use std::fmt;

use holdfast::id::{LocationId, OpaqueId, Sku};
use holdfast::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::progress::Console;
use crate::stage::{Fact, Stage, Topic, hash, hex};
use crate::target::{Http, Method};

/// Items in one call.
const BATCH: usize = 1_000;

/// A row of stock.csv.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Opening {
    /// Where.
    pub location: LocationId,
    /// What.
    pub sku: Sku,
    /// Units there.
    pub on_hand: u32,
    /// Units of them that are never promised.
    pub safety: u32,
}

/// A row of incoming.csv, as the API takes it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Incoming {
    /// Its id.
    pub id: OpaqueId,
    /// What.
    pub sku: Sku,
    /// Where to.
    pub location: LocationId,
    /// Units.
    pub quantity: u32,
    /// When it is expected.
    pub eta: Timestamp,
}

#[derive(Debug, Serialize)]
struct Movement {
    id: String,
    sku: Sku,
    location: LocationId,
    kind: &'static str,
    quantity: u32,
    safety: u32,
    reason: &'static str,
}

/// How many items ended how, by the API's word: `applied`, `duplicate`, `rejected`, …
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Outcome(pub BTreeMap<String, u64>);

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<_> = self.0.iter().map(|(word, count)| format!("{count} {word}")).collect();
        f.write_str(&if words.is_empty() { "nothing".to_owned() } else { words.join(", ") })
    }
}

impl Opening {
    fn movement(self) -> Result<Movement, Error> {
        let row = hex(&hash(&serde_json::to_vec(&self)?));
        let Self { location, sku, on_hand, safety } = self;
        let id = format!("opening:{location}:{sku}:{row}");
        Ok(Movement { id, sku, location, kind: "count", quantity: on_hand, safety, reason: "opening stock" })
    }
}

/// Sends opening stock and receipts; what the API rejects is said, and counted in the outcome.
pub fn send(stage: &Stage, http: &Http, console: &mut Console) -> Result<Outcome, Error> {
    let mut outcome = Outcome::default();
    let total = stage.count(Topic::Stock)?.saturating_add(stage.count(Topic::Incoming)?);
    console.start("opening stock", total);
    let mut calls = Calls { http, console, outcome: &mut outcome, done: 0 };
    let mut movements = Vec::new();
    stage.each(Topic::Stock, |_, fact: Fact<Opening>| {
        movements.push(fact.body.movement()?);
        if movements.len() >= BATCH { calls.send("/v1/stock/movements", "movements", &mut movements) } else { Ok(()) }
    })?;
    calls.send("/v1/stock/movements", "movements", &mut movements)?;
    let mut receipts: Vec<Incoming> = Vec::new();
    stage.each(Topic::Incoming, |_, fact| {
        receipts.push(fact.body);
        if receipts.len() >= BATCH { calls.send("/v1/stock/incoming", "receipts", &mut receipts) } else { Ok(()) }
    })?;
    calls.send("/v1/stock/incoming", "receipts", &mut receipts)?;
    console.finish();
    Ok(outcome)
}

struct Calls<'a> {
    http: &'a Http,
    console: &'a mut Console,
    outcome: &'a mut Outcome,
    done: u64,
}

impl Calls<'_> {
    fn send<T: Serialize>(&mut self, path: &str, field: &'static str, items: &mut Vec<T>) -> Result<(), Error> {
        #[derive(Deserialize)]
        struct Answer {
            results: Vec<ItemResult>,
        }
        #[derive(Deserialize)]
        struct ItemResult {
            id: String,
            result: String,
            #[serde(default)]
            code: Option<String>,
        }
        if items.is_empty() {
            return Ok(());
        }
        let body = serde_json::to_vec(&BTreeMap::from([(field, &*items)]))?;
        let answer = self.http.send(Method::Post, path, "application/json", &body)?;
        let answer: Answer = serde_json::from_slice(&answer)?;
        for ItemResult { id, result, code } in answer.results {
            if matches!(result.as_str(), "rejected" | "version_conflict") {
                self.console.line(&format!("{id}: {result} {}", code.unwrap_or_default()));
            }
            let count = self.outcome.0.entry(result).or_default();
            *count = count.saturating_add(1);
        }
        self.done = self.done.saturating_add(u64::try_from(items.len()).unwrap_or(0));
        self.console.advance_to(self.done);
        items.clear();
        Ok(())
    }
}
