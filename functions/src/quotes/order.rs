//! Where stock is taken from for a place: in which order the regions are asked, and their locations.
//!
//! The order follows from distances and from the hours of all locations, and changes only when one of them passes a
//! cut-off, opens or closes. So it is worked out once a second for each place that is asked for.

use std::cell::RefCell;
use std::rc::Rc;

use holdfast::id::{LocationId, Region};
use holdfast::order::sort_by_key;
use holdfast::sourcing::{Fulfilment, GeoPoint, Location, Need, Survey};
use holdfast::time::Timestamp;

/// How long an order is believed, in milliseconds.
const FRESH_MS: i64 = 1_000;
/// Orders that are kept: more places than a distributor has branches cost no more than no memory at all.
const MAX_KEPT: usize = 64;

/// Regions in the order of their nearest location, each with its locations, the preferred first.
pub type Order = Rc<Vec<(Region, Vec<LocationId>)>>;

/// An order, and what it was worked out for.
struct Kept {
    home: LocationId,
    place: GeoPoint,
    until: Timestamp,
    order: Order,
}

thread_local! {
    static KEPT: RefCell<Vec<Kept>> = RefCell::default();
}

/// The order for goods that go to `place`, of an account that is at `home`.
pub fn of_places(locations: &[Location], home: &LocationId, place: GeoPoint, now: Timestamp) -> Order {
    KEPT.with_borrow_mut(|kept| {
        if let Some(known) = kept.iter().find(|one| one.place == place && one.home == *home && now < one.until) {
            return Rc::clone(&known.order);
        }
        kept.retain(|one| now < one.until);
        if kept.len() >= MAX_KEPT {
            kept.clear();
        }
        let order = Rc::new(work_out(locations, home, place, now));
        kept.push(Kept { home: home.clone(), place, until: now.plus(FRESH_MS), order: Rc::clone(&order) });
        order
    })
}

fn work_out(
    locations: &[Location],
    home: &LocationId,
    place: GeoPoint,
    now: Timestamp,
) -> Vec<(Region, Vec<LocationId>)> {
    let need = Need { destination: place, home, fulfilment: Fulfilment::Delivery, needed_by: None };
    let survey = Survey::new(locations, &need, now);
    let mut by_distance: Vec<_> = locations
        .iter()
        .map(|location| {
            let distance = location.point().ok().map(|point| point.distance_to(place));
            ((distance.is_none(), distance), location)
        })
        .collect();
    sort_by_key(&mut by_distance, |(distance, _)| *distance);
    let mut regions: Vec<(Region, Vec<LocationId>)> = Vec::new();
    for (_, location) in by_distance {
        if regions.iter().all(|(region, _)| *region != location.region) {
            regions.push((location.region.clone(), Vec::new()));
        }
    }
    for id in survey.preference() {
        let region = locations.iter().find(|location| location.id == *id).map(|location| &location.region);
        if let Some((_, of_region)) = regions.iter_mut().find(|(known, _)| Some(known) == region) {
            of_region.push(id.clone());
        }
    }
    regions
}
