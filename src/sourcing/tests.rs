//! Ranking and splitting, over a whole network of locations.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::fixtures::{at, atlanta};
use super::*;
use crate::id::LocationId;
use crate::time::{HOUR, Timestamp};

/// Friday 10:00 in Atlanta: open, before the cutoff.
const NOW: &str = "2026-11-20T15:00:00Z";

/// A location `km` north of Atlanta with Atlanta's hours.
fn north(id: &str, km: f64) -> Location {
    Location { id: id.parse().unwrap(), lat: 33.749 + km / 111.195, ..atlanta() }
}

fn home() -> LocationId {
    "HOME".parse().unwrap()
}

fn need(home: &LocationId, fulfilment: Fulfilment, needed_by: Option<Timestamp>) -> Need<'_> {
    Need { destination: atlanta().point().unwrap(), home, fulfilment, needed_by }
}

/// The ids of the ranked sources of `quantity` units, and the split.
fn ranked(locations: &[Location], stock: &[u32], need: &Need<'_>, quantity: u32) -> (String, String) {
    let stock: BTreeMap<_, _> = locations.iter().map(|location| &location.id).zip(stock).collect();
    let survey = Survey::new(locations, need, at(NOW));
    let sources = survey.rank(quantity, |id| **stock.get(id).unwrap());
    let ids: Vec<_> = sources.iter().map(|source| source.location.as_str()).collect();
    let split: Vec<_> =
        allocate(quantity, &sources).iter().map(|from| format!("{}:{}", from.location, from.quantity)).collect();
    (ids.join(" "), split.join(" "))
}

#[test]
fn locations_are_ranked_as_a_dispatcher_would() {
    let home = home();
    let locations = [north("FAR", 900.0), north("NEAR", 10.0), north("HOME", 30.0), north("MID", 20.0)];
    let any_time = need(&home, Fulfilment::Delivery, None);
    let today = need(&home, Fulfilment::Delivery, Some(at("2026-11-20T22:00:00Z")));
    for (need, stock, quantity, order, split) in [
        // All hold it: home, then same day by distance, then the carrier.
        (&any_time, [9, 9, 9, 9], 5, "HOME NEAR MID FAR", "HOME:5"),
        // One with the whole quantity goes before home with a part.
        (&any_time, [9, 0, 4, 9], 5, "MID FAR HOME", "MID:5"),
        // Of the others, too, those with the whole quantity go first.
        (&any_time, [0, 4, 9, 9], 5, "HOME MID NEAR", "HOME:5"),
        // Far but whole is better than two parts...
        (&any_time, [9, 4, 4, 0], 5, "FAR HOME NEAR", "FAR:5"),
        // ...unless only the parts are on time.
        (&today, [9, 4, 4, 0], 5, "HOME NEAR FAR", "HOME:4 NEAR:1"),
        // Nobody has it all: the fewest, with home among them where that takes no more.
        (&any_time, [0, 8, 4, 7], 10, "HOME NEAR MID", "HOME:4 NEAR:6"),
        (&any_time, [0, 8, 1, 7], 10, "NEAR MID HOME", "NEAR:8 MID:2"),
        // What is on time first, the rest from the fewest late.
        (&today, [9, 2, 1, 0], 5, "HOME NEAR FAR", "HOME:1 NEAR:2 FAR:2"),
        // Not enough anywhere: all there is.
        (&any_time, [1, 1, 1, 1], 10, "HOME NEAR MID FAR", "HOME:1 NEAR:1 MID:1 FAR:1"),
        (&any_time, [0, 0, 0, 0], 1, "", ""),
    ] {
        let found = ranked(&locations, &stock, need, quantity);
        assert_eq!(found, (order.into(), split.into()), "{stock:?} × {quantity}");
    }
}

#[test]
fn the_earlier_goes_before_the_nearer_and_ids_settle_ties() {
    let home = home();
    let slow = Location { handling_minutes: 120, ..north("NEAR", 1.0) };
    let locations = [slow, north("B", 20.0), north("A", 20.0)];
    let pickup = need(&home, Fulfilment::Pickup, None);
    assert_eq!(ranked(&locations, &[1, 1, 1], &pickup, 1).0, "A B NEAR");
}

#[test]
fn a_location_that_cannot_serve_comes_last_but_its_stock_counts() {
    let home = home();
    let no_delivery = Location { cutoff_minute: None, ..north("HOME", 0.0) };
    let closed = Location { hours: [None; 7], ..north("CLOSED", 1.0) };
    let nowhere = Location { lat: f64::NAN, ..north("LOST", 1.0) };
    let locations = [nowhere, closed, no_delivery, north("MID", 20.0)];
    let delivery = need(&home, Fulfilment::Delivery, None);
    assert_eq!(ranked(&locations, &[5, 5, 5, 1], &delivery, 5), ("MID HOME CLOSED LOST".into(), "MID:1 HOME:4".into()));
}

#[test]
fn a_source_says_when_it_opens_next_and_is_written_as_in_the_api() {
    let home = home();
    let locations = [north("ATL1", 4.2)];
    let delivery = need(&home, Fulfilment::Delivery, None);
    let json = |now: &str| {
        let survey = Survey::new(&locations, &delivery, at(now));
        serde_json::to_value(survey.rank(1, |_| 3)).unwrap()
    };
    assert_eq!(
        json(NOW),
        serde_json::json!([{"location": "ATL1", "kind": "branch", "available": 3, "distance_km": 4.2,
            "ready_at": "2026-11-20T15:30:00.000Z", "deliver_by": "2026-11-20T22:00:00.000Z",
            "cutoff": "2026-11-20T19:00:00.000Z", "open_now": true, "opens_at": null}])
    );
    // At closing time, to the millisecond, it is closed.
    for (now, open, opens_at) in [
        ("2026-11-21T21:59:59.999Z", true, serde_json::Value::Null),
        ("2026-11-21T22:00:00.000Z", false, "2026-11-23T13:00:00.000Z".into()),
        ("2026-11-23T13:00:00.000Z", true, serde_json::Value::Null),
    ] {
        assert_eq!(json(now)[0]["open_now"], open, "{now}");
        assert_eq!(json(now)[0]["opens_at"], opens_at, "{now}");
    }
}

#[test]
fn a_destination_is_a_point_or_a_known_location() {
    let locations = [north("ATL1", 0.0), Location { lat: 99.0, ..north("BAD", 0.0) }];
    let destination = |json: &str| serde_json::from_str::<Destination>(json);
    let resolved = |json: &str| destination(json).unwrap().resolve(&locations);
    assert_eq!(resolved(r#"{"lat":1.5,"lon":-2}"#), Ok(GeoPoint::new(1.5, -2.0).unwrap()));
    assert_eq!(resolved(r#"{"location":"ATL1"}"#), Ok(atlanta().point().unwrap()));
    assert_eq!(resolved(r#"{"location":"X"}"#), Err(NoDestination::UnknownLocation("X".parse().unwrap())));
    assert!(matches!(resolved(r#"{"location":"BAD"}"#), Err(NoDestination::NotAPlace(_))));
    for json in
        ["{}", r#"{"lat":1}"#, r#"{"lat":91,"lon":0}"#, r#"{"location":"a b"}"#, "null", r#"{"location":"A","x":1}"#]
    {
        assert!(destination(json).is_err(), "{json}");
    }
}

/// Up to eight locations around Atlanta, some of them closed or without delivery.
fn network() -> impl Strategy<Value = Vec<(Location, u32)>> {
    let one = (
        prop_oneof![0.0..50.0, 50.0..2_000.0],
        0..9_u32,
        0..120_u32,
        prop::option::weighted(0.8, 0..1_440_u16),
        prop::bool::weighted(0.1),
    );
    prop::collection::vec(one, 0..8).prop_map(|ones| {
        let locations =
            ones.into_iter().enumerate().map(|(i, (km, available, handling_minutes, cutoff_minute, closed))| {
                let hours = if closed { [None; 7] } else { atlanta().hours };
                (Location { hours, handling_minutes, cutoff_minute, ..north(&format!("L{i}"), km) }, available)
            });
        locations.collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn a_split_covers_what_there_is_never_more_and_with_the_fewest_locations(
        network in network(), quantity in 1..30_u32, pickup in any::<bool>(), hours in prop::option::of(0..100_i64),
    ) {
        let (locations, stock): (Vec<_>, Vec<_>) = network.into_iter().unzip();
        let home = "L0".parse().unwrap();
        let fulfilment = if pickup { Fulfilment::Pickup } else { Fulfilment::Delivery };
        let need = need(&home, fulfilment, hours.map(|hours| at(NOW).plus(hours * HOUR)));
        let by_id: BTreeMap<_, _> = locations.iter().map(|l| l.id.clone()).zip(stock.iter().copied()).collect();
        let survey = Survey::new(&locations, &need, at(NOW));
        let sources = survey.rank(quantity, |id| by_id[id]);
        let split = allocate(quantity, &sources);

        let total: u32 = stock.iter().sum();
        prop_assert_eq!(split.iter().map(|from| from.quantity).sum::<u32>(), total.min(quantity));
        prop_assert!(split.iter().all(|from| 0 < from.quantity && from.quantity <= by_id[from.location]));
        prop_assert_eq!(sources.len(), stock.iter().filter(|available| **available > 0).count());

        // Of all that is alike in time, no smaller set holds what was taken of it.
        for timeliness in [survey::Timeliness::OnTime, survey::Timeliness::Late, survey::Timeliness::Unknown] {
            let class: Vec<_> = sources.iter().filter(|source| source.timeliness == timeliness).collect();
            let taken = split.iter().filter(|from| class.iter().any(|source| source.location == from.location));
            let taken: Vec<_> = taken.map(|from| from.quantity).collect();
            let mut largest: Vec<u32> = class.iter().map(|source| source.available).collect();
            largest.sort_unstable_by(|a, b| b.cmp(a));
            let with_one_less: u32 = largest.iter().take(taken.len().saturating_sub(1)).sum();
            prop_assert!(taken.is_empty() || with_one_less < taken.iter().sum());
        }
        // As much as possible on time.
        let on_time = |ids: &dyn Fn(&LocationId) -> u32| -> u32 {
            survey.sources.iter().filter(|s| s.timeliness == survey::Timeliness::OnTime).map(|s| ids(s.location)).sum()
        };
        let taken_there = |id: &LocationId| split.iter().find(|from| from.location == id).map_or(0, |from| from.quantity);
        prop_assert_eq!(on_time(&taken_there), on_time(&|id| by_id[id]).min(quantity));
    }

    #[test]
    fn of_the_smallest_sets_that_hold_enough_the_most_preferred_is_taken(
        stock in prop::collection::vec(1..30_u32, 1..8), share in 1..=100_u32,
    ) {
        let quantity = (stock.iter().sum::<u32>() * share / 100).max(1);
        // Alike in all but distance, so the order of preference is L0, L1, …
        let locations: Vec<_> = (0..8_u32).map(|i| north(&format!("L{i}"), f64::from(i))).take(stock.len()).collect();
        let home = home();
        let survey_need = need(&home, Fulfilment::Delivery, None);
        let (_, split) = ranked(&locations, &stock, &survey_need, quantity);
        let taken: Vec<usize> = split.split(' ').map(|from| from[1..2].parse().unwrap()).collect();

        let sets = (1..1_u32 << stock.len()).map(|set| (0..stock.len()).filter(|i| set >> i & 1 == 1).collect());
        let enough = sets.filter(|set: &Vec<usize>| set.iter().map(|i| stock[*i]).sum::<u32>() >= quantity);
        let best = enough.min_by_key(|set| (set.len(), set.clone())).unwrap();
        prop_assert_eq!(taken, best);
    }

    #[test]
    fn the_order_of_the_locations_does_not_matter(network in network(), quantity in 1..30_u32, turn in 0..8_usize) {
        let by_id: BTreeMap<_, _> = network.iter().map(|(l, available)| (l.id.clone(), *available)).collect();
        let locations: Vec<_> = network.into_iter().map(|(location, _)| location).collect();
        let mut turned = locations.clone();
        turned.rotate_left(turn.min(locations.len()));
        turned.reverse();
        let home = "L1".parse().unwrap();
        let need = need(&home, Fulfilment::Delivery, None);
        let rank = |locations: &[Location]| -> Vec<String> {
            let survey = Survey::new(locations, &need, at(NOW));
            survey.rank(quantity, |id| by_id[id]).iter().map(|source| format!("{source:?}")).collect()
        };
        prop_assert_eq!(rank(&locations), rank(&turned));
    }
}
