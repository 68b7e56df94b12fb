use std::rc::Rc;

use super::*;
use crate::catalog::part::{Component, Kind};
use crate::id::Region;
use crate::query::fixtures::{account, location, part};
use crate::query::resolve::Relation;
use crate::query::stock::SkuStock;
use crate::sourcing::{Destination, Fulfilment, Need};
use crate::stock::{LocationStock, Receipt};

const NOW: Timestamp = Timestamp::EPOCH;

/// Stock of one sku: units at `L1` and `L2`, and what is on its way to `L1` at which millisecond.
fn stock(units: [u64; 2], incoming: &[(u32, i64)]) -> SkuStock {
    let receipt = |&(quantity, eta): &(u32, i64)| {
        let id = eta.to_string().parse().unwrap();
        Receipt { id, quantity, eta: Timestamp::from_millis(eta) }
    };
    let at =
        |id: &str, available, incoming| LocationStock { location: id.parse().unwrap(), available, owed: 0, incoming };
    let locations = vec![at("L1", units[0], incoming.iter().map(receipt).collect()), at("L2", units[1], vec![])];
    SkuStock { origin: Origin::Shard, as_of: NOW, locations }
}

fn table(entries: &[(&str, SkuStock)]) -> StockTable {
    let mut table = StockTable::default();
    for (sku, stock) in entries {
        table.add(sku.parse().unwrap(), stock.clone());
    }
    table
}

fn choices(matched: Match, choices: Vec<Choice>) -> ResolvedLine {
    ResolvedLine { matched, finding: Finding::Choices(choices) }
}

fn asked(part: Part, quantity: u32) -> ResolvedLine {
    choices(Match::Exact, vec![Choice::new(Rc::new(part), Relation::Asked, quantity)])
}

/// The answer to one line, as JSON, so that tests see what callers see.
fn answered(line: &ResolvedLine, quantity: u32, stock: &StockTable) -> serde_json::Value {
    let (account, locations) = (account(), [location("L1"), location("L2")]);
    let destination = Destination::at("L1".parse().unwrap()).resolve(&locations).unwrap();
    let need = Need { destination, home: &account.home, fulfilment: Fulfilment::Pickup, needed_by: None };
    let terms = Terms {
        buyer: Buyer { account: &account, contract: None, promotions: &[] },
        survey: &Survey::new(&locations, &need, NOW),
        stock,
        now: NOW,
        explain: false,
    };
    let body = serde_json::json!({"lines": [{"sku": "A", "quantity": quantity}]});
    let request = QueryRequest::read(&body).unwrap();
    let lines = std::slice::from_ref(line);
    serde_json::to_value(answer(&request, lines, &terms)).unwrap()["lines"][0].clone()
}

fn status_of(part: Part, quantity: u32, stock: SkuStock) -> (String, u64, Option<String>) {
    let line = answered(&asked(part, quantity), quantity, &table(&[("A", stock)]));
    let text = |name: &str| line[name].as_str().map(str::to_owned);
    (text("status").unwrap(), line["available"].as_u64().unwrap(), text("eta"))
}

#[test]
fn the_status_speaks_of_the_quantity_asked_for() {
    for (quantity, units, incoming, status) in [
        (2, [3, 1], &[][..], "in_stock"),
        (2, [2, 1], &[], "low_stock"),
        (2, [1, 1], &[], "low_stock"),
        (2, [1, 0], &[], "out_of_stock"),
        (2, [1, 0], &[(1, 50)], "backorder"),
        (2, [0, 0], &[(1, 50)], "out_of_stock"),
    ] {
        assert_eq!(
            status_of(part("A"), quantity, stock(units, incoming)).0,
            status,
            "{quantity} of {units:?} {incoming:?}"
        );
    }
}

#[test]
fn a_backorder_says_from_when_receipts_cover_the_need() {
    let (status, available, eta) = status_of(part("A"), 5, stock([1, 1], &[(2, 50), (2, 70), (9, 90)]));
    assert_eq!((status.as_str(), available), ("backorder", 2));
    assert_eq!(eta.as_deref(), Some("1970-01-01T00:00:00.070Z"));
}

#[test]
fn what_is_not_sold_any_more_is_discontinued_once_the_shelf_is_empty() {
    let discontinued = || Part { life_cycle: LifeCycle::Discontinued, ..part("A") };
    assert_eq!(status_of(discontinued(), 1, stock([1, 0], &[])).0, "low_stock");
    assert_eq!(status_of(discontinued(), 1, stock([0, 0], &[])).0, "discontinued");
}

#[test]
fn what_is_made_to_order_is_a_special_order() {
    let made = Part { supply: Supply::MadeToOrder, ..part("A") };
    assert_eq!(status_of(made, 1, stock([0, 0], &[])).0, "special_order");
}

#[test]
fn a_digital_part_is_always_to_be_had() {
    let digital = Part { kind: Kind::Digital, ..part("A") };
    let line = answered(&asked(digital, 7), 7, &StockTable::default());
    assert_eq!((line["status"].as_str(), line["sources"].as_array().map(Vec::len)), (Some("in_stock"), Some(0)));
}

#[test]
fn a_bundle_can_be_had_where_all_its_components_are() {
    let component = |sku: &str, quantity| Component { sku: sku.parse().unwrap(), quantity };
    let kit = Part { kind: Kind::Bundle, components: vec![component("B", 2), component("C", 1)], ..part("A") };
    let shelf = table(&[("B", stock([5, 2], &[])), ("C", stock([9, 0], &[]))]);
    let line = answered(&asked(kit, 1), 1, &shelf);
    assert_eq!(line["available"], 2);
    assert_eq!(line["sources"].as_array().unwrap().len(), 1);
    assert_eq!(line["sources"][0]["location"], "L1");
}

#[test]
fn a_bundle_with_a_component_nobody_stocks_cannot_be_had() {
    let components = vec![Component { sku: "B".parse().unwrap(), quantity: 1 }];
    let kit = Part { kind: Kind::Bundle, components, ..part("A") };
    assert_eq!(answered(&asked(kit, 1), 1, &StockTable::default())["status"], "out_of_stock");
}

#[test]
fn of_parts_that_stand_for_each_other_the_one_that_is_there_comes_first() {
    let choice = |sku: &str| Choice::new(Rc::new(part(sku)), Relation::Fitment, 2);
    let line = choices(Match::Fitment, vec![choice("A"), choice("B"), choice("C")]);
    let first = |shelf: &StockTable| answered(&line, 2, shelf)["sku"].as_str().unwrap().to_owned();
    assert_eq!(first(&table(&[("A", stock([1, 0], &[])), ("B", stock([2, 0], &[]))])), "B");
    assert_eq!(first(&table(&[("A", stock([0, 0], &[(5, 90)])), ("C", stock([0, 0], &[(5, 50)]))])), "C");
    assert_eq!(first(&StockTable::default()), "A");
    let alternates = answered(&line, 2, &StockTable::default())["alternates"].clone();
    let skus: Vec<_> = alternates.as_array().unwrap().iter().map(|a| a["sku"].as_str().unwrap()).collect();
    assert_eq!(skus, ["B", "C"]);
}

#[test]
fn the_part_that_was_asked_for_stays_first_even_if_another_is_there() {
    let replacement = Choice::new(Rc::new(part("B")), Relation::Supersession, 1);
    let old = Choice::new(Rc::new(part("A")), Relation::Asked, 1);
    let line = choices(Match::Supersession, vec![old, replacement]);
    let answer = answered(&line, 1, &table(&[("B", stock([4, 0], &[]))]));
    assert_eq!((answer["sku"].as_str(), answer["status"].as_str()), (Some("A"), Some("out_of_stock")));
    assert_eq!(answer["alternates"][0]["relation"], "supersession");
    assert_eq!(answer["alternates"][0]["status"], "in_stock");
}

#[test]
fn one_snapshot_among_the_regions_makes_the_whole_answer_as_old_as_it() {
    let mut shelf = table(&[("A", stock([1, 0], &[]))]);
    let far = SkuStock { origin: Origin::Snapshot, as_of: NOW.plus(-5), ..stock([0, 3], &[]) };
    let line = asked(part("A"), 4);
    assert!(wants_more(&line, &shelf, NOW));
    shelf.add("A".parse().unwrap(), far);
    let answer = answered(&line, 4, &shelf);
    assert_eq!((answer["source"].as_str(), answer["available"].as_u64()), (Some("snapshot"), Some(4)));
    assert_eq!(answer["max_staleness_ms"], crate::query::stock::SNAPSHOT_STALENESS_MS);
    assert_eq!(answer["as_of"], "1969-12-31T23:59:59.995Z");
    assert!(!wants_more(&line, &shelf, NOW));
}

#[test]
fn a_part_without_a_price_says_why_and_still_tells_its_stock() {
    let line = answered(&asked(Part { prices: vec![], ..part("A") }, 1), 1, &table(&[("A", stock([4, 0], &[]))]));
    assert_eq!((line["price"].is_null(), line["status"].as_str()), (true, Some("in_stock")));
    assert_eq!(line["price_reason"]["code"], "no_price");
}

#[test]
fn a_quantity_that_breaks_the_pack_is_told_what_to_order() {
    let packed = Part { pack: Pack { minimum: 4, multiple: 4 }, ..part("A") };
    let line = answered(&asked(packed, 5), 5, &table(&[("A", stock([40, 0], &[]))]));
    assert_eq!(line["notes"][0], "sold from 4 in multiples of 4: order 8");
}

#[test]
fn a_line_that_names_no_part_is_answered_in_place() {
    let line = ResolvedLine { matched: Match::None, finding: Finding::Nothing(NoMatch::UnknownSku) };
    let answer = answered(&line, 1, &StockTable::default());
    assert_eq!((answer["match"].as_str(), answer["status"].as_str()), (Some("none"), Some("unknown")));
    assert_eq!(answer["reason"]["code"], "unknown_sku");
    assert!(answer.get("sku").is_none());
}

#[test]
fn the_nearest_location_is_the_one_whose_region_is_asked() {
    let mut far = location("L2");
    far.lon = 10.0;
    far.region = "weur".parse::<Region>().unwrap();
    let places = [far, location("L1")];
    let here = places[1].point().unwrap();
    assert_eq!(crate::sourcing::nearest(&places, here).unwrap().id.as_str(), "L1");
    assert_eq!(crate::sourcing::nearest(&[], here), None);
}
