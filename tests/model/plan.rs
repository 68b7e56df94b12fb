//! What is explored: how a house is built, what its caller may do, and how long it goes on.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use holdfast::catalog::part::{Component, RevenueClass};
use holdfast::id::{LocationId, OpaqueId, Sku};
use holdfast::money::{Currency, Price};
use holdfast::pricing::{Level, PriceType, PricedLine};
use holdfast::quote::call::{Answer, Ask, Call, Idempotency};
use holdfast::quote::draft::{Draft, DraftLine, Wave};
use holdfast::stock::hold::GRACE;
use holdfast::stock::shard::Command;
use holdfast::stock::{Movement, MovementKind, ShardName};

use holdfast::time::Timestamp;

use crate::desk::{Message, Steps};
use crate::faults::Fault;
use crate::part::Memo;
use crate::rules::Broken;
use crate::shard::Handled;

/// A step of time, in milliseconds: quotes live one, and shards keep their stock for one more.
pub const TICK: i64 = GRACE;
/// Every quote of any plan.
pub const QUOTES: [&str; 3] = ["q1", "q2", "q3"];
/// Every part of any plan.
pub const SKUS: [&str; 2] = ["A", "B"];

/// How calls can come out.
pub type Outcomes = BTreeMap<String, String>;

/// Where the two shards are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// In two regions, each with the one part. A quote asks the other region for what the first lacks.
    TwoRegions,
    /// In one region, each with a part of its own. A quote of `n` wants `n` of both and asks both shards at once.
    OneRegion,
}

/// What is explored.
#[derive(Debug)]
pub struct Plan {
    shape: Shape,
    /// Units at each shard.
    stock: [i64; 2],
    /// What may happen, as it was written.
    pub story: String,
    /// The calls a caller may make, and how often each.
    pub calls: Vec<(Call, u8)>,
    /// Commands that may arrive at a shard at any time.
    pub movements: Vec<Message>,
    /// How far time goes, in ticks.
    pub ticks: u8,
    /// What is wrong with the house, where the rules are put to the test.
    pub fault: Option<Fault>,
    /// What is wrong with the stored states that have been seen.
    pub judged: Memo<u64, Option<Broken>>,
    /// What clerks did.
    pub steps: Steps,
    /// What shards did.
    pub handled: Handled,
    /// How each call came out, in one course of events or another.
    seen: Mutex<BTreeMap<OpaqueId, BTreeSet<String>>>,
}

impl Plan {
    /// Each line of `story`, divided by `;`, is something that may happen once, or `twice`, at any time:
    ///
    /// - `open q1 2`, `open q1 2 partial`, `open q2 1 for q1`, `open q2 1 from far`
    /// - `commit q1`, `commit q1 1`, `release q1`, `extend q1`, `return q1`, `return q1 1`
    /// - `receipt 0 1`, `pick 0 1`, `count 1 0`: at a shard, so many units
    pub fn new(shape: Shape, stock: [i64; 2], ticks: u8, story: &str) -> Self {
        let mut plan = Self {
            shape,
            stock,
            story: story.into(),
            calls: vec![],
            movements: vec![],
            ticks,
            fault: None,
            judged: Memo::default(),
            handled: Memo::default(),
            steps: Memo::default(),
            seen: Mutex::default(),
        };
        for line in story.split("; ") {
            let (line, times) = line.strip_suffix(" twice").map_or((line, 1), |line| (line, 2));
            let words: Vec<_> = line.split(' ').collect();
            if let Some(kind) = movement_kind(words[0]) {
                let (shard, units) = (words[1].parse().unwrap(), words[2].parse().unwrap());
                let command = plan.movement(shard, kind, units, line);
                plan.movements.push(Message::new((plan.shard(shard), command)));
            } else {
                let idempotency = Some(Idempotency { key: key(line), fingerprint: String::new() });
                plan.calls.push((Call { idempotency, ask: plan.ask(&words), latest: false }, times));
            }
        }
        plan
    }

    /// The same plan, in a house with something wrong.
    pub fn with(self, fault: Fault) -> Self {
        Self { fault: Some(fault), ..self }
    }

    /// The key of a call.
    pub fn key(call: &Call) -> &OpaqueId {
        &call.idempotency.as_ref().unwrap().key
    }

    /// Notes how a call came out.
    pub fn saw(&self, key: &OpaqueId, answer: &Answer) {
        let outcome = match answer {
            Answer::Quote { quote, .. } => format!("{:?}", quote.state),
            Answer::Refused { why, .. } | Answer::Refusing { why, .. } => {
                format!("{why:?}").split(' ').next().unwrap_or_default().to_owned()
            }
            other => format!("{other:?}"),
        };
        self.seen.lock().unwrap().entry(key.clone()).or_default().insert(outcome);
    }

    /// The ways in which each call can come out: `commit q1`, `Committed or Expired`.
    pub fn outcomes(&self) -> Outcomes {
        let seen = self.seen.lock().unwrap();
        let text = |ways: &BTreeSet<String>| ways.iter().map(String::as_str).collect::<Vec<_>>().join(" or ");
        seen.iter().map(|(key, ways)| (key.as_str().replace('.', " "), text(ways))).collect()
    }

    /// The command that puts a shard's stock there.
    pub fn opening(&self, shard: usize) -> Command {
        self.movement(shard, MovementKind::Receipt, self.stock[shard], "opening")
    }

    /// The place of a shard.
    pub fn place(&self, name: &ShardName) -> usize {
        [0, 1].into_iter().find(|place| self.shard(*place) == *name).unwrap()
    }

    fn shard(&self, place: usize) -> ShardName {
        match self.shape {
            Shape::TwoRegions => ShardName::bucket(["near", "far"][place].parse().unwrap(), 0),
            Shape::OneRegion => ShardName::bucket("near".parse().unwrap(), u16::try_from(place).unwrap()),
        }
    }

    fn sku(&self, place: usize) -> Sku {
        SKUS[if self.shape == Shape::OneRegion { place } else { 0 }].parse().unwrap()
    }

    fn location(&self, place: usize) -> LocationId {
        self.shard(place).region.as_str().parse().unwrap()
    }

    fn movement(&self, place: usize, kind: MovementKind, quantity: i64, id: &str) -> Command {
        let movement = Movement {
            id: key(id),
            sku: self.sku(place),
            location: self.location(place),
            kind,
            quantity,
            reason: None,
            expect_version: None,
            incoming: None,
            safety: None,
            quote: None,
        };
        Command::Move { movements: vec![movement] }
    }

    fn ask(&self, words: &[&str]) -> Ask {
        let quote: OpaqueId = words[1].parse().unwrap();
        assert!(QUOTES.contains(&words[1]), "{quote} is no quote");
        let number = words.get(2).and_then(|word| word.parse::<u32>().ok());
        let lines = number.map(|units| vec![(0, units)]);
        match words[0] {
            "open" => Ask::Open { draft: Box::new(self.draft(quote, number.unwrap(), &words[3..])) },
            "commit" => Ask::Commit { quote, lines },
            "release" => Ask::Release { quote },
            "extend" => Ask::Extend { quote, ttl_ms: TICK },
            "return" => Ask::GiveBack { quote, lines },
            other => panic!("{other} is no call"),
        }
    }

    fn draft(&self, id: OpaqueId, quantity: u32, how: &[&str]) -> Draft {
        let places = if how == ["from", "far"] { [1, 0] } else { [0, 1] };
        let line = |sku: Sku| DraftLine {
            quantity,
            price: price(quantity),
            needs: vec![Component { sku: sku.clone(), quantity: 1 }],
            sku,
            pinned: None,
            class: RevenueClass::Physical,
            calibrations: 0,
            said: None,
        };
        let wave = |places: &[usize]| Wave {
            shards: places.iter().map(|place| (self.sku(*place), self.shard(*place))).collect(),
            locations: vec![self.location(places[0])],
        };
        let (lines, waves) = match self.shape {
            Shape::TwoRegions => (vec![line(self.sku(0))], places.map(|place| wave(&[place])).into()),
            Shape::OneRegion => (places.map(|place| line(self.sku(place))).into(), vec![wave(&places)]),
        };
        Draft {
            id,
            account: "shop-1".parse().unwrap(),
            asked_at: Timestamp::EPOCH,
            region: None,
            currency: Currency::USD,
            lines,
            waves,
            ttl_ms: TICK,
            partial: how == ["partial"],
            replace: how.strip_prefix(&["for"]).map(|old| old[0].parse().unwrap()),
            reference: None,
            open_limit: 200,
        }
    }
}

/// What a line is called.
fn key(line: &str) -> OpaqueId {
    line.replace(' ', ".").parse().unwrap()
}

fn movement_kind(word: &str) -> Option<MovementKind> {
    match word {
        "receipt" => Some(MovementKind::Receipt),
        "pick" => Some(MovementKind::Pick),
        "count" => Some(MovementKind::Count),
        _ => None,
    }
}

fn price(quantity: u32) -> PricedLine {
    let unit: Price = "10.00".parse().unwrap();
    PricedLine {
        unit: unit.to_money(Currency::USD).unwrap(),
        unit_exact: unit,
        list: None,
        core: None,
        core_extended: None,
        extended: unit.extended(quantity, Currency::USD).unwrap(),
        price_type: PriceType::LIST,
        level: Level::List,
        promotion: None,
        valid_until: None,
        break_next: None,
    }
}
