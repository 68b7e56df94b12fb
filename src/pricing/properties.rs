//! What holds for every catalogue, account and quantity.

use proptest::collection::vec;
use proptest::prelude::*;

use super::scenarios::{NOW, World, time};
use super::*;
use crate::id::Quantity;
use crate::money::{Currency, Price};
use crate::time::{DAY, Timestamp};

fn unit() -> impl Strategy<Value = Price> {
    (0..2_000_000_i64).prop_map(|exact| Price::from_ten_thousandths(exact).unwrap())
}

fn breaks() -> impl Strategy<Value = Vec<PriceBreak>> {
    let one = (prop_oneof![Just(1_u32), 1..40_u32], unit()).prop_map(|(from, unit)| PriceBreak { from, unit });
    vec(one, 1..4)
}

/// Times within five days of [`NOW`], so that records start and end around it.
fn turn() -> impl Strategy<Value = Option<Timestamp>> {
    prop_oneof![2 => Just(None), 1 => (-5..5_i64).prop_map(|days| Some(time(NOW).plus(days * DAY)))]
}

fn currency() -> impl Strategy<Value = Currency> {
    prop_oneof![4 => Just(Currency::USD), 1 => Just("CAD".parse().unwrap())]
}

fn sheet() -> impl Strategy<Value = SheetPrice> {
    let scope = prop_oneof![
        4 => Just(SheetScope::Everyone),
        1 => Just(SheetScope::Group("G1".parse().unwrap())),
        1 => Just(SheetScope::Branch("ATL1".parse().unwrap())),
        1 => Just(SheetScope::Group("G2".parse().unwrap())),
    ];
    let price_type = prop::sample::select(vec!["LST", "JBR", "RET", "WD1", "RMP", "CRG"]);
    (prop::sample::select(vec!["S1", "S2"]), price_type, scope, currency(), turn(), turn(), breaks()).prop_map(
        |(sheet, price_type, scope, currency, effective, expires, breaks)| SheetPrice {
            sheet: sheet.parse().unwrap(),
            price_type: price_type.parse().unwrap(),
            scope,
            currency,
            effective,
            expires,
            breaks,
        },
    )
}

fn promotion() -> impl Strategy<Value = Promotion> {
    let effect =
        prop_oneof![(0..12_000_u32).prop_map(PromotionEffect::OffBp), unit().prop_map(PromotionEffect::UnitPrice),];
    (-5..3_i64, 1..5_i64, prop::option::of(1..40_u32), currency(), effect).prop_map(
        |(from, days, minimum_quantity, currency, effect)| Promotion {
            id: "P".parse().unwrap(),
            name: String::new(),
            from: time(NOW).plus(from * DAY),
            until: time(NOW).plus((from + days) * DAY),
            scope: PromotionScope { minimum_quantity, ..PromotionScope::default() },
            currency,
            effect,
        },
    )
}

prop_compose! {
    fn world()(
        prices in vec(sheet(), 0..6),
        contract in prop::option::weighted(0.2, (currency(), turn(), turn(), breaks())),
        rule in prop::option::weighted(0.3, (prop::sample::select(vec!["JBR", "WD1"]), -3_000..3_000_i32)),
        promotions in vec(promotion(), 0..3),
        cost in prop::option::of(unit()),
        margin_floor_bp in prop::option::of(0..5_000_u32),
    ) -> World {
        let mut world = World::new();
        world.part.prices = prices;
        world.part.cost = cost;
        world.account.margin_floor_bp = margin_floor_bp;
        world.account.rules.extend(rule.map(|(price_type, adjust_bp)| AccountRule {
            brand: None, part_type: None, price_type: price_type.parse().unwrap(), adjust_bp,
        }));
        world.promotions = promotions;
        for (promotion, id) in world.promotions.iter_mut().zip(["P2", "P1"]) {
            promotion.id = id.parse().unwrap();
        }
        let agreed = contract.map(|(currency, effective, expires, breaks)| {
            (world.part.sku.clone(), ContractPrice { currency, effective, expires, breaks })
        });
        if let Some((sku, price)) = agreed {
            world.contract.prices.insert(sku, price);
        }
        world
    }
}

/// The last number of a text, such as `58.8889` of `P1 is the best, in place of 65.4321: 58.8889`.
fn last_price(effect: &str) -> Option<Price> {
    effect.rsplit(' ').next()?.parse().ok()
}

/// The price a person gets who does what the explanation says, step by step.
fn by_hand(steps: &[Step]) -> Option<Price> {
    let mut unit = None;
    for step in steps {
        let effect = step.effect.as_str();
        match step.rule.as_str() {
            "account_rule" if effect.starts_with("adjusted by ") => {
                let bp: i128 = effect.split(' ').nth(2).unwrap().parse().unwrap();
                let before: Price = unit.unwrap();
                let scaled = i128::from(before.ten_thousandths()) * (10_000 + bp);
                let stated = last_price(effect).unwrap();
                // Half even is within half of the exact amount.
                assert!((i128::from(stated.ten_thousandths()) * 10_000 - scaled).abs() <= 5_000, "{effect}");
                unit = Some(stated);
            }
            "contract" | "account_rule" | "group_sheet" | "branch_sheet" | "base_type" | "list"
                if effect.contains("from quantity") =>
            {
                unit = last_price(effect);
            }
            "promotion" if effect.contains("is the best") => {
                let better = last_price(effect);
                assert!(better < unit, "{effect}");
                unit = better;
            }
            "margin_floor" if effect.starts_with("raised") => {
                let floor = last_price(effect);
                assert!(floor > unit, "{effect}");
                unit = floor;
            }
            _ => {}
        }
    }
    unit
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn the_explanation_reproduces_the_number(world in world(), quantity in 1..60_u32) {
        let mut steps = vec![];
        if let Ok(line) = world.explained(quantity, time(NOW), &mut Trace::into(&mut steps)) {
            prop_assert_eq!(by_hand(&steps), Some(line.unit_exact), "{:#?}", steps);
            let exact = i128::from(line.unit_exact.ten_thousandths()) * i128::from(quantity);
            prop_assert!((i128::from(line.extended.amount) * 100 - exact).abs() <= 50);
            prop_assert_eq!(world.price(quantity, time(NOW)), Ok(line), "a trace changes nothing");
        }
    }

    #[test]
    fn nothing_changes_before_valid_until_and_something_does_there(world in world(), quantity in 1..60_u32) {
        let Ok(line) = world.price(quantity, time(NOW)) else { return Ok(()) };
        let apart_from_end = |at: Timestamp| world.price(quantity, at).map(|line| PricedLine { valid_until: None, ..line });
        let present = apart_from_end(time(NOW));
        let Some(end) = line.valid_until else {
            prop_assert_eq!(apart_from_end(time(NOW).plus(1_000 * DAY)), present);
            return Ok(());
        };
        prop_assert!(end > time(NOW));
        prop_assert_ne!(&apart_from_end(end), &present);
        for before in [end.plus(-1), time(NOW).plus(end.since(time(NOW)) / 2)] {
            prop_assert_eq!(&apart_from_end(before), &present);
        }
    }

    #[test]
    fn the_next_break_is_the_first_larger_quantity_with_another_price(world in world(), quantity in 1..50_u32) {
        let Ok(line) = world.price(quantity, time(NOW)) else { return Ok(()) };
        let at = |quantity| world.price(quantity, time(NOW)).unwrap().unit_exact;
        let first = (quantity + 1..100).find(|larger| at(*larger) != line.unit_exact);
        prop_assert_eq!(line.break_next.map(|next| next.quantity), first);
        if let Some(next) = line.break_next {
            prop_assert_eq!(next.unit_exact, at(next.quantity));
        }
    }

    #[test]
    fn within_a_break_more_units_never_cost_less(world in world(), quantity in 1..50_u32) {
        let Ok(line) = world.price(quantity, time(NOW)) else { return Ok(()) };
        let end = line.break_next.map_or(Quantity::MAX, |next| next.quantity - 1);
        let mut before = line.extended.amount;
        for larger in [quantity + 1, quantity + 2, end] {
            if larger > quantity && larger <= end {
                let extended = world.price(larger, time(NOW)).unwrap().extended.amount;
                prop_assert!(extended >= before);
                before = extended;
            }
        }
    }

    #[test]
    fn the_margin_floor_is_undercut_by_contracts_only(world in world(), quantity in 1..60_u32) {
        if let (Ok(line), Some(cost), Some(margin)) =
            (world.price(quantity, time(NOW)), world.part.cost, world.account.margin_floor_bp)
        {
            let asked = i128::from(line.unit_exact.ten_thousandths()) * 10_000;
            let least = i128::from(cost.ten_thousandths()) * i128::from(10_000 + margin);
            prop_assert!(asked >= least || line.level == Level::Contract);
        }
    }

    #[test]
    fn the_order_of_the_records_does_not_matter(world in world(), quantity in 1..60_u32) {
        let mut turned = world.clone();
        turned.part.prices.reverse();
        turned.promotions.reverse();
        prop_assert_eq!(world.price(quantity, time(NOW)), turned.price(quantity, time(NOW)));
    }

    #[test]
    fn taking_the_winning_level_away_leaves_the_next_one(present in prop::array::uniform6(any::<bool>())) {
        let mut world = World::new();
        let price = |cents: i64| vec![PriceBreak { from: 1, unit: Price::from_ten_thousandths(cents * 100).unwrap() }];
        let sheet = |price_type: &str, scope, cents| SheetPrice {
            sheet: "S".parse().unwrap(), price_type: price_type.parse().unwrap(), scope, currency: Currency::USD,
            effective: None, expires: None, breaks: price(cents),
        };
        let [contract, rule, group, branch, base, list] = present;
        if contract {
            let agreed = ContractPrice { currency: Currency::USD, effective: None, expires: None, breaks: price(9) };
            world.contract.prices.insert(world.part.sku.clone(), agreed);
        }
        if rule {
            // Its type stands on a sheet that no other level looks at.
            world.part.prices.push(sheet("WD1", SheetScope::Everyone, 8));
            let price_type = "WD1".parse().unwrap();
            world.account.rules.push(AccountRule { brand: None, part_type: None, price_type, adjust_bp: 0 });
        }
        for (is_there, price_type, scope, cents) in [
            (group, "PRO", SheetScope::Group("G1".parse().unwrap()), 7),
            (branch, "PRO", SheetScope::Branch("ATL1".parse().unwrap()), 6),
            (base, "JBR", SheetScope::Everyone, 5),
            (list, "LST", SheetScope::Everyone, 4),
        ] {
            world.part.prices.extend(is_there.then(|| sheet(price_type, scope, cents)));
        }
        let first = Level::ALL.into_iter().zip(present).find(|(_, is_there)| *is_there).map(|(level, _)| level);
        prop_assert_eq!(world.price(1, time(NOW)).ok().map(|line| line.level), first);
    }

    #[test]
    fn the_largest_numbers_give_a_price_or_say_that_they_are_too_large(
        exact in prop_oneof![0..=100_000_000_000_000_i64, Just(100_000_000_000_000)], quantity in 1..=Quantity::MAX,
        adjust_bp in any::<i32>(), off in any::<u32>(), margin in any::<u32>(), from in any::<u32>(),
    ) {
        let mut world = World::new();
        let unit = Price::from_ten_thousandths(exact).unwrap();
        world.part.cost = Some(unit);
        world.account.margin_floor_bp = Some(margin);
        world.account.rules =
            vec![AccountRule { brand: None, part_type: None, price_type: PriceType::LIST, adjust_bp }];
        world.promotions = vec![Promotion {
            id: "P".parse().unwrap(), name: String::new(), from: time(NOW).plus(i64::MIN),
            until: time(NOW).plus(i64::MAX), scope: PromotionScope::default(), currency: Currency::USD,
            effect: PromotionEffect::OffBp(off),
        }];
        world.part.prices = vec![SheetPrice {
            sheet: "S".parse().unwrap(), price_type: PriceType::LIST, scope: SheetScope::Everyone,
            currency: "KWD".parse().unwrap(), effective: None, expires: None,
            breaks: vec![PriceBreak { from: 0, unit }, PriceBreak { from, unit }],
        }];
        world.account.currency = "KWD".parse().unwrap();
        world.part.currency = world.account.currency;
        match world.price(quantity, time(NOW)) {
            Ok(line) => prop_assert!(line.extended.amount <= crate::money::MAX_MINOR_UNITS),
            Err(reason) => prop_assert_eq!(reason, NoPrice::AmountTooLarge),
        }
    }

    #[test]
    fn the_public_never_sees_less_than_any_advertised_floor(world in world()) {
        let public = |at| public_price(&world.part, Currency::USD, at, &mut Trace::silent());
        let Ok(shown) = public(time(NOW)) else { return Ok(()) };
        for price in &world.part.prices {
            let is_floor = price.price_type == PriceType::RETAIL_MAP && price.scope.is_everyone();
            let now = price.currency == Currency::USD && price.is_valid_at(time(NOW));
            let reached = price.breaks.iter().filter(|step| step.from == 1).map(|step| step.unit.ten_thousandths());
            if let (true, true, Some(floor)) = (is_floor, now, reached.min()) {
                prop_assert!(shown.unit.amount * 100 >= floor);
            }
        }
        if let Some(end) = shown.valid_until {
            prop_assert_eq!(public(end.plus(-1)), Ok(shown));
            prop_assert_ne!(public(end).map(|later| PublicPrice { valid_until: Some(end), ..later }), Ok(shown));
        }
    }
}
