//! What the numbers of a plan are called in the domain, and the calls made of its wishes.

use std::num::NonZeroU16;

use holdfast::catalog::part::{Component, RevenueClass};
use holdfast::id::{LocationId, OpaqueId, Region, Sku};
use holdfast::money::{Currency, Price};
use holdfast::pricing::{Level, PriceType, PricedLine};
use holdfast::quote::call::{Ask, Call, Idempotency};
use holdfast::quote::draft::{Draft, DraftLine, Wave};
use holdfast::stock::{Movement, ShardMap, ShardName};

use crate::plan::{Setup, Step, Want, Wish};

pub fn quote(account: usize, number: usize) -> OpaqueId {
    format!("q{number}.a{account}").parse().unwrap()
}

pub fn sku(number: usize) -> Sku {
    format!("P{number}").parse().unwrap()
}

pub fn location(number: usize) -> LocationId {
    format!("L{number}").parse().unwrap()
}

pub fn region(number: usize) -> Region {
    format!("r{number}").parse().unwrap()
}

impl Setup {
    pub fn region_of(&self, location: usize) -> usize {
        location / self.locations
    }

    pub fn home(&self, account: usize) -> usize {
        account % self.regions
    }

    pub fn shard(&self, in_region: usize, of: &Sku) -> ShardName {
        ShardMap::new(NonZeroU16::new(self.buckets).unwrap()).shard(&region(in_region), of)
    }

    /// Every shard with its region, in order.
    pub fn shards(&self) -> Vec<(usize, ShardName)> {
        let of_region = |at| (0..self.buckets).map(move |bucket| (at, ShardName::bucket(region(at), bucket)));
        (0..self.regions).flat_map(of_region).collect()
    }

    /// The nearest region first, then the others around.
    fn waves(&self, account: usize, lines: &[DraftLine]) -> Vec<Wave> {
        let skus = || lines.iter().flat_map(|line| &line.needs).map(|need| need.sku.clone());
        let near = (0..self.regions).map(|step| (self.home(account) + step) % self.regions);
        let wave = |at: usize| Wave {
            shards: skus().map(|sku| (sku.clone(), self.shard(at, &sku))).collect(),
            locations: (at * self.locations..(at + 1) * self.locations).map(location).collect(),
        };
        near.map(wave).collect()
    }

    /// What a step asks of a desk.
    pub fn call(&self, step: &Step) -> Option<Call> {
        let ask = match &step.wish {
            Wish::Open { account, lines, ttl, partial, replace } => {
                let replace = replace.map(|number| quote(*account, number));
                let lines: Vec<_> = lines.iter().map(|want| self.line(want, step.number)).collect();
                let draft = Draft {
                    id: quote(*account, step.number),
                    account: format!("a{account}").parse().unwrap(),
                    asked_at: holdfast::time::Timestamp::from_millis(step.at),
                    region: Some(region(self.home(*account))),
                    currency: Currency::USD,
                    waves: self.waves(*account, &lines),
                    lines,
                    ttl_ms: *ttl,
                    partial: *partial,
                    replace,
                    reference: None,
                    open_limit: 200,
                };
                Ask::Open { draft: Box::new(draft) }
            }
            Wish::Commit { account, quote: of, part } => {
                Ask::Commit { quote: quote(*account, *of), lines: part.map(|units| vec![(0, units)]) }
            }
            Wish::Release { account, quote: of } => Ask::Release { quote: quote(*account, *of) },
            Wish::Extend { account, quote: of, ttl } => Ask::Extend { quote: quote(*account, *of), ttl_ms: *ttl },
            Wish::GiveBack { account, quote: of, part } => {
                Ask::GiveBack { quote: quote(*account, *of), lines: part.map(|units| vec![(0, units)]) }
            }
            _ => return None,
        };
        let key = format!("k{}", step.number).parse().unwrap();
        Some(Call { idempotency: Some(Idempotency { key, fingerprint: String::new() }), ask, latest: false })
    }

    fn line(&self, want: &Want, number: usize) -> DraftLine {
        let one = |of, quantity| Component { sku: sku(of), quantity };
        let next = (want.sku + 1) % self.skus;
        DraftLine {
            sku: if want.kit { format!("K{}", want.sku).parse().unwrap() } else { sku(want.sku) },
            quantity: want.quantity,
            price: price(number, want.quantity),
            needs: if want.kit { vec![one(want.sku, 1), one(next, 2)] } else { vec![one(want.sku, 1)] },
            pinned: want.pinned.map(location),
            class: RevenueClass::Physical,
            calibrations: 0,
            said: None,
        }
    }
}

/// The price of everything in the quote of this step: it differs from quote to quote.
pub fn price(number: usize, quantity: u32) -> PricedLine {
    let unit: Price = format!("{}.{:02}", number % 97 + 1, number % 89).parse().unwrap();
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

/// The movement of a step.
pub fn movement(step: &Step) -> Option<Movement> {
    let Wish::Move { sku: of, location: at, kind, quantity, safety } = &step.wish else { return None };
    Some(Movement {
        id: format!("m{}", step.number).parse().unwrap(),
        sku: sku(*of),
        location: location(*at),
        kind: *kind,
        quantity: *quantity,
        reason: None,
        expect_version: None,
        incoming: None,
        quote: None,
        safety: *safety,
    })
}
