//! Runs `scenarios.txt`, whose head says how to read it, and checks what a table does not show.

use super::*;
use crate::catalog::Part;
use crate::catalog::part::CoreCharge;
use crate::id::Quantity;
use crate::money::{Currency, Price};
use crate::order::SortedMap;
use crate::time::Timestamp;

/// A part, a buyer and its terms, as a scenario or a property test sets them up.
#[derive(Debug, Clone)]
pub(super) struct World {
    pub part: Part,
    pub account: Account,
    pub contract: Contract,
    pub promotions: Vec<Promotion>,
}

pub(super) const NOW: &str = "2026-11-21T12:00:00Z";

impl World {
    pub(super) fn new() -> Self {
        let part = serde_json::from_str(
            r#"{"sku":"BRKX-4410","brand":"BRKX","brand_name":"Brakex","number":"44-10","description":"Pads",
                "part_type":{"name":"Brake Pad Set"}}"#,
        );
        let account = serde_json::from_str(
            r#"{"id":"shop-1","name":"Shop","kind":"shop","currency":"USD","home":"ATL1","group":"G1",
                "base_type":"JBR","contract":"C1"}"#,
        );
        let contract = Contract { id: "C1".parse().unwrap(), prices: SortedMap::default() };
        Self { part: part.unwrap(), account: account.unwrap(), contract, promotions: vec![] }
    }

    pub(super) fn price(&self, quantity: u32, now: Timestamp) -> Result<PricedLine, NoPrice> {
        self.explained(quantity, now, &mut Trace::silent())
    }

    pub(super) fn explained(
        &self,
        quantity: u32,
        now: Timestamp,
        trace: &mut Trace<'_>,
    ) -> Result<PricedLine, NoPrice> {
        let buyer = Buyer { account: &self.account, contract: Some(&self.contract), promotions: &self.promotions };
        price(&self.part, &buyer, Quantity::new(quantity.into()).unwrap(), now, trace)
    }

    fn set_up(&mut self, line: &str) {
        let mut words = Words::of(line);
        match words.next() {
            "part" => self.set_part(&mut words),
            "account" => self.set_account(&mut words),
            "sheet" => {
                let price_type = words.parse();
                let breaks = words.breaks();
                let scope = match (words.option("group"), words.option("branch")) {
                    (Some(group), _) => SheetScope::Group(group.parse().unwrap()),
                    (_, Some(branch)) => SheetScope::Branch(branch.parse().unwrap()),
                    _ => SheetScope::Everyone,
                };
                self.part.prices.push(SheetPrice {
                    sheet: words.option("named").unwrap_or("S").parse().unwrap(),
                    price_type,
                    scope,
                    currency: words.currency(),
                    effective: words.option("from").map(time),
                    expires: words.option("until").map(time),
                    breaks,
                });
            }
            "contract" => {
                let breaks = words.breaks();
                let (effective, expires) = (words.option("from").map(time), words.option("until").map(time));
                let agreed = ContractPrice { currency: words.currency(), effective, expires, breaks };
                self.contract.prices.insert(self.part.sku.clone(), agreed);
            }
            "rule" => self.account.rules.push(AccountRule {
                price_type: words.parse(),
                adjust_bp: words.parse(),
                brand: words.option("brand").map(|brand| brand.parse().unwrap()),
                part_type: words.option("type").map(str::to_owned),
            }),
            "promotion" => {
                let (id, effect) = (words.parse(), words.next());
                self.promotions.push(Promotion {
                    id,
                    name: String::new(),
                    from: time(words.option("from").unwrap_or("2026-01-01")),
                    until: time(words.option("until").unwrap_or("9999-12-31T23:59:59.999Z")),
                    scope: PromotionScope {
                        brands: words.option("brand").map(|brand| brand.parse().unwrap()).into_iter().collect(),
                        groups: words.option("group").map(|group| group.parse().unwrap()).into_iter().collect(),
                        minimum_quantity: words.option("minimum").map(|minimum| minimum.parse().unwrap()),
                        ..PromotionScope::default()
                    },
                    currency: words.currency(),
                    effect: match effect.strip_prefix('-') {
                        Some(off) => PromotionEffect::OffBp(off.parse().unwrap()),
                        None => PromotionEffect::UnitPrice(effect.parse().unwrap()),
                    },
                });
            }
            other => panic!("{other:?} is not something a scenario sets up"),
        }
        words.end();
    }

    fn set_part(&mut self, words: &mut Words<'_>) {
        match words.next() {
            "cost" => self.part.cost = Some(words.parse()),
            "core" => self.part.core = Some(CoreCharge { charge: words.parse(), return_days: None }),
            "currency" => self.part.currency = words.parse(),
            other => panic!("a part has no {other:?}"),
        }
    }

    fn set_account(&mut self, words: &mut Words<'_>) {
        match words.next() {
            "floor" => self.account.margin_floor_bp = Some(words.parse()),
            "currency" => self.account.currency = words.parse(),
            "refuses" => self.account.refused_brands.push(words.parse()),
            other => panic!("an account has no {other:?}"),
        }
    }

    /// `buy … = …`: whether the price is the one the line says.
    fn check(&self, line: &str, place: &str) {
        let (asked, expected) = line.split_once('=').unwrap();
        let (mut asked, mut expected) = (Words::of(asked), Words::of(expected));
        assert_eq!(asked.next(), "buy");
        let quantity = asked.parse();
        let found = self.price(quantity, time(asked.option("at").unwrap_or(NOW)));
        asked.end();
        let outcome = expected.next();
        let line = match (found, outcome.parse::<Price>()) {
            (Err(reason), _) => return assert_eq!(reason.code(), outcome, "{place}"),
            (Ok(line), Ok(unit)) if line.unit_exact == unit => line,
            (Ok(line), _) => panic!("{place}: {line:?}"),
        };
        assert_eq!(line.price_type, expected.parse(), "{place}");
        assert_eq!(line.level.as_str(), expected.next(), "{place}");
        let amounts = [
            ("extended", Some(line.extended)),
            ("list", line.list),
            ("core", line.core),
            ("core_extended", line.core_extended),
        ];
        for (name, amount) in amounts {
            if let Some(cents) = expected.option(name) {
                assert_eq!(amount.unwrap().amount, cents.parse::<i64>().unwrap(), "{place}: {name}");
            }
        }
        if let Some(promotion) = expected.option("by") {
            assert_eq!(line.promotion.unwrap().as_str(), promotion, "{place}");
        }
        // A promotion without an end in the table ends in 9999.
        let valid_until = line.valid_until.filter(|end| *end < time("9999-01-01"));
        assert_eq!(valid_until, expected.option("until").map(time), "{place}: valid_until");
        let next = line.break_next.map(|next| format!("{}:{}", next.quantity, next.unit_exact));
        assert_eq!(next.as_deref(), expected.option("next"), "{place}: break_next");
        expected.end();
    }
}

pub(super) fn time(text: &str) -> Timestamp {
    let day = format!("{text}T00:00:00Z");
    if text.contains('T') { text } else { &day }.parse().unwrap()
}

/// The words of a line; `"two words"` are one.
struct Words<'a>(Vec<&'a str>);

impl<'a> Words<'a> {
    fn of(line: &'a str) -> Self {
        let quoted = line.split('"').enumerate();
        Self(
            quoted
                .flat_map(|(i, text)| if i % 2 == 1 { vec![text] } else { text.split_whitespace().collect() })
                .collect(),
        )
    }

    fn next(&mut self) -> &'a str {
        self.0.remove(0)
    }

    fn parse<T: std::str::FromStr<Err: std::fmt::Debug>>(&mut self) -> T {
        self.next().parse().unwrap()
    }

    /// `70` or `70,10:65` or `10:65`.
    fn breaks(&mut self) -> Vec<PriceBreak> {
        let one = |text: &str| {
            let (from, unit) = text.split_once(':').unwrap_or(("1", text));
            PriceBreak { from: from.parse().unwrap(), unit: unit.parse().unwrap() }
        };
        self.next().split(',').map(one).collect()
    }

    fn option(&mut self, name: &str) -> Option<&'a str> {
        let at = self.0.iter().position(|word| *word == name)?;
        self.0.remove(at);
        Some(self.0.remove(at))
    }

    fn currency(&mut self) -> Currency {
        self.option("in").unwrap_or("USD").parse().unwrap()
    }

    fn end(&self) {
        assert!(self.0.is_empty(), "not understood: {:?}", self.0);
    }
}

#[test]
fn every_scenario_of_the_table_holds() {
    let (mut world, mut name, mut checked) = (World::new(), "", 0);
    for (number, line) in include_str!("scenarios.txt").lines().enumerate() {
        let line = line.trim();
        if let Some(title) = line.strip_prefix("scenario ") {
            (world, name) = (World::new(), title);
        } else if line.starts_with("buy ") {
            world.check(line, &format!("scenarios.txt:{}: {name}: {line}", number + 1));
            checked += 1;
        } else if !line.is_empty() && !line.starts_with('#') {
            world.set_up(line);
        }
    }
    assert!(checked > 50, "only {checked} prices were checked");
}

fn world(lines: &[&str]) -> World {
    let mut world = World::new();
    for line in lines {
        world.set_up(line);
    }
    world
}

fn explanation(world: &World, quantity: u32) -> Vec<String> {
    let mut steps = vec![];
    let _ = world.explained(quantity, time(NOW), &mut Trace::into(&mut steps));
    steps.iter().map(|step| format!("{}: {}", step.rule, step.effect)).collect()
}

#[test]
fn the_explanation_says_what_each_rule_did_and_why_levels_were_passed_over() {
    let world = world(&[
        "contract 40 in CAD",
        "sheet JBR 60,10:55 group G1 until 2026-01-01",
        "sheet JBR 70,10:65.4321 until 2026-12-01",
        "sheet JBR 69 named T",
        "sheet LST 100",
        "promotion P1 -1000",
        "promotion P2 1 minimum 100",
        "part core 15.50",
    ]);
    assert_eq!(
        explanation(&world, 10),
        [
            "contract: agreed price passed over: it is in CAD",
            "account_rule: no rule for this brand and part type gives a price",
            "group_sheet: JBR of sheet S passed over: it ended at 2026-01-01T00:00:00.000Z",
            "group_sheet: no sheet of this level has a price",
            "branch_sheet: no sheet of this level has a price",
            "base_type: JBR of sheet T holds too, and gives way",
            "base_type: JBR of sheet S, from quantity 10: 65.4321",
            "promotion: P1, 1000 basis points off: would be 58.8889",
            "promotion: P2 passed over: it starts at quantity 100",
            "promotion: P1 is the best, in place of 65.4321: 58.8889",
            "margin_floor: none",
            "core: a line of its own, 15.5000 × 10: 15500 minor units USD",
            "extended: 58.8889 × 10, half to even: 58889 minor units USD",
            "break_next: from quantity 100: 1.0000",
            "valid_until: the same until 2026-12-01T00:00:00.000Z",
        ]
    );
}

#[test]
fn the_explanation_gives_away_neither_cost_nor_margin() {
    for lines in [
        ["part cost 51.2345", "account floor 1789", "sheet JBR 40"],
        ["part cost 51.2345", "account floor 1789", "sheet JBR 90"],
    ] {
        let told = explanation(&world(&lines), 1).join("\n");
        assert!(told.contains("margin_floor") && !told.contains("51.2345") && !told.contains("1789"), "{told}");
    }
}

#[test]
fn a_contract_is_said_to_be_excepted_from_the_margin_floor() {
    let told = explanation(&world(&["part cost 50", "account floor 1500", "contract 40"]), 1);
    assert!(told.contains(&"margin_floor: none: contracts are excepted".to_owned()), "{told:?}");
}

#[test]
fn another_accounts_contract_is_not_looked_at() {
    let mut world = world(&["contract 40", "sheet LST 100"]);
    world.account.contract = Some("C2".parse().unwrap());
    assert_eq!(world.price(1, time(NOW)).unwrap().level, Level::List);
}

#[test]
fn a_catalogue_with_more_changes_than_are_looked_at_ends_early_never_late() {
    let mut world = world(&["sheet LST 100"]);
    // A hundred sheets that start on one day after another and change nothing.
    for days in 1..=100 {
        let mut same = world.part.prices[0].clone();
        same.effective = Some(time(NOW).plus(days * crate::time::DAY));
        world.part.prices.push(same);
    }
    let end = world.price(1, time(NOW)).unwrap().valid_until.unwrap();
    assert_eq!(end, time(NOW).plus(17 * crate::time::DAY));
}

#[test]
fn the_json_is_the_price_object_of_the_api() {
    let world = world(&["sheet JBR 70.125,10:65 until 2026-12-01", "sheet LST 100", "part core 15.50"]);
    let json = serde_json::to_value(world.price(3, time(NOW)).unwrap()).unwrap();
    let usd = |amount: i64| serde_json::json!({"amount": amount, "currency": "USD"});
    assert_eq!(
        json,
        serde_json::json!({
            "unit": usd(7_012), "unit_exact": "70.1250", "list": usd(10_000), "core": usd(1_550),
            "core_extended": usd(4_650), "extended": usd(21_038), "price_type": "JBR", "level": "base_type",
            "valid_until": "2026-12-01T00:00:00.000Z",
            "break_next": {"quantity": 10, "unit": usd(6_500), "unit_exact": "65.0000"},
        })
    );
    let back: PricedLine = serde_json::from_value(json).unwrap();
    assert_eq!(back, world.price(3, time(NOW)).unwrap());
}

#[test]
fn the_public_sees_retail_else_list_and_never_below_the_advertised_floor() {
    for (lines, amount, price_type, raised) in [
        (&["sheet LST 100"][..], 10_000, "LST", false),
        (&["sheet LST 100", "sheet RET 80"], 8_000, "RET", false),
        (&["sheet RET 80", "sheet RMP 85"], 8_500, "RET", true),
        (&["sheet RET 80", "sheet RMP 85", "sheet RMP 90 named S2"], 9_000, "RET", true),
        (&["sheet RET 80", "sheet RMP 80.0001"], 8_001, "RET", true),
        // Half-even alone would show 80.00 here, below the floor.
        (&["sheet RET 80.0050", "sheet RMP 80.0050"], 8_001, "RET", true),
        (&["sheet RET 80", "sheet RMP 85 until 2026-01-01"], 8_000, "RET", false),
        (&["sheet RET 80", "sheet RMP 85 in CAD"], 8_000, "RET", false),
        (&["sheet RET 50 group G1", "sheet LST 100"], 10_000, "LST", false),
    ] {
        let shown = public_price(&world(lines).part, Currency::USD, time(NOW), &mut Trace::silent()).unwrap();
        let found = (shown.unit.amount, shown.price_type.as_str(), shown.raised_to_floor);
        assert_eq!(found, (amount, price_type, raised), "{lines:?}");
    }
}

#[test]
fn a_public_price_says_until_when_and_why_there_is_none() {
    let public = |lines: &[&str]| public_price(&world(lines).part, Currency::USD, time(NOW), &mut Trace::silent());
    let shown = public(&["sheet RET 80", "sheet RMP 85 from 2026-12-01", "sheet LST 99 until 2026-11-30"]).unwrap();
    assert_eq!(shown.valid_until, Some(time("2026-12-01")));
    assert_eq!(public(&["sheet JBR 70"]), Err(NoPrice::NoPrice));
    assert_eq!(public(&["sheet LST 70 in CAD"]), Err(NoPrice::CurrencyNotAvailable));
}
