//! What anybody may know of a part: the public price, whether there is any, the nearest counter that has it, when it could
//! be brought, and what can be had in its place.

use serde::Serialize;

use super::answer::{Status, status};
use super::fit::Fits;
use super::resolve::{Choice, Relation};
use super::stock::{Origin, StockTable};
use crate::catalog::Part;
use crate::id::{LocationId, Sku};
use crate::money::Currency;
use crate::pricing::{PublicPrice, Trace, public_price};
use crate::sourcing::{Distance, Location, LocationKind, Source, Survey};
use crate::time::{MINUTE, Timestamp};

/// Counts above this are told as this: the public need not know how deep the stock is.
pub const MOST_SHOWN: u64 = 10;

/// A part as the public sees it.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct PublicAnswer<'a> {
    /// The sku asked for.
    pub sku: &'a Sku,
    /// What it is; absent where there is no such part.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub part: Option<PublicPart<'a>>,
    /// Whether one unit can be had.
    pub status: Status,
    /// When one can be had, with `backorder`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub eta: Option<Timestamp>,
    /// What the public pays; `null` where there is no public price.
    pub price: Option<PublicPrice>,
    /// The counter nearest to the shopper that has it, where the page said where the shopper is.
    pub pickup: Option<Pickup<'a>>,
    /// The soonest delivery to the shopper, where the page said where the shopper is.
    pub delivery: Option<PublicDelivery>,
    /// Who said so.
    pub source: Origin,
    /// How old that word can be, in milliseconds.
    pub max_staleness_ms: u32,
    /// What is sold in its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub superseded_by: Option<&'a Sku>,
    /// Where it cannot be had now: what can, at most four.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub alternates: Vec<PublicAlternate<'a>>,
    /// Whether it fits, where the page named a vehicle.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fits: Option<Fits>,
    /// Conditions of the fit, in the catalogue's words: a sub-model, qualifiers.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    pub fit_notes: &'a [String],
    /// Units that the vehicle takes there, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fit_quantity: Option<u32>,
}

/// What a part is.
#[derive(Debug, Clone, Copy, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct PublicPart<'a> {
    /// The maker's brand.
    pub brand_name: &'a str,
    /// The maker's number.
    pub number: &'a str,
    /// One line for people.
    pub description: &'a str,
}

/// A counter that has the part.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Pickup<'a> {
    /// Where.
    pub location: &'a LocationId,
    /// Its name.
    pub name: &'a str,
    /// From the shopper, along a great circle.
    pub distance_km: Option<Distance>,
    /// Units there, told up to [`MOST_SHOWN`].
    pub available: u64,
    /// When it can be fetched.
    pub ready_at: Option<Timestamp>,
    /// When the counter closes on that day.
    pub until: Option<Timestamp>,
    /// IANA name of the time zone of its clocks.
    pub time_zone: &'a str,
    /// Whether it is open now.
    pub open_now: bool,
}

/// When a part is brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct PublicDelivery {
    /// It is there by then.
    pub deliver_by: Timestamp,
    /// If it is ordered before this.
    pub cutoff: Timestamp,
}

/// A part that can be had in place of another.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct PublicAlternate<'a> {
    /// The distributor's name for it.
    pub sku: &'a Sku,
    /// What it is.
    #[serde(flatten)]
    pub part: PublicPart<'a>,
    /// How it stands to the part asked for.
    pub relation: Relation,
    /// Units of it that replace one.
    pub quantity: u32,
    /// `in_stock` or `low_stock`, of these units.
    pub status: Status,
    /// What the public pays for one unit.
    pub price: Option<PublicPrice>,
}

/// A pickup time is told in steps of this many milliseconds, so that an answer is the same for a while.
const READY_STEP: i64 = 5 * MINUTE;

/// What anybody may know of one unit of a part. With a `survey` of where the shopper is, the nearest counter is named.
pub fn public_answer<'a>(
    choice: &'a Choice,
    stock: &StockTable,
    currency: Currency,
    survey: Option<&Survey<'a>>,
    locations: &'a [Location],
    now: Timestamp,
) -> PublicAnswer<'a> {
    let part: &'a Part = &choice.part;
    let offer = stock.offer(choice, now);
    let (status, eta) = status(choice, &offer, now);
    let sources = survey.map_or(Vec::new(), |survey| survey.rank(1, |location| offer.available_at(location)));
    PublicAnswer {
        part: Some(PublicPart::of(part)),
        status,
        eta,
        price: public_price(part, currency, now, &mut Trace::silent()).ok(),
        pickup: pickup(&sources, locations, now),
        delivery: delivery(&sources),
        source: offer.origin,
        max_staleness_ms: offer.max_staleness_ms(),
        superseded_by: part.living_end(),
        ..PublicAnswer::unknown(&part.sku)
    }
}

impl<'a> PublicAnswer<'a> {
    /// There is no such part.
    pub fn unknown(sku: &'a Sku) -> Self {
        Self {
            sku,
            part: None,
            status: Status::Unknown,
            eta: None,
            price: None,
            pickup: None,
            delivery: None,
            source: Origin::Shard,
            max_staleness_ms: 0,
            superseded_by: None,
            alternates: Vec::new(),
            fits: None,
            fit_notes: &[],
            fit_quantity: None,
        }
    }
}

impl<'a> PublicPart<'a> {
    fn of(part: &'a Part) -> Self {
        Self { brand_name: &part.brand_name, number: part.number.as_str(), description: &part.description }
    }
}

/// Whether the public can have `choice` now.
pub fn can_be_had(choice: &Choice, stock: &StockTable, now: Timestamp) -> bool {
    let (status, _) = status(choice, &stock.offer(choice, now), now);
    matches!(status, Status::InStock | Status::LowStock)
}

/// Those of `choices` that can be had now.
pub fn public_alternates<'a>(
    choices: &'a [Choice],
    stock: &StockTable,
    currency: Currency,
    now: Timestamp,
) -> Vec<PublicAlternate<'a>> {
    let there = choices.iter().filter(|choice| can_be_had(choice, stock, now));
    let alternates = there.map(|choice| PublicAlternate {
        sku: &choice.part.sku,
        part: PublicPart::of(&choice.part),
        relation: choice.relation,
        quantity: choice.quantity,
        status: status(choice, &stock.offer(choice, now), now).0,
        price: public_price(&choice.part, currency, now, &mut Trace::silent()).ok(),
    });
    alternates.collect()
}

/// The nearest branch that has a unit.
fn pickup<'a>(sources: &[Source<'a>], locations: &'a [Location], now: Timestamp) -> Option<Pickup<'a>> {
    let branches = sources.iter().filter(|source| source.kind == LocationKind::Branch);
    // Not the first that is open: nobody drives to the next time zone in the evening.
    let source = branches.min_by_key(|source| (source.distance_km.is_none(), source.distance_km))?;
    let location = locations.iter().find(|location| location.id == *source.location)?;
    let in_steps = |at: Timestamp| {
        let steps = at.millis().checked_add(READY_STEP - 1).and_then(|millis| millis.checked_div_euclid(READY_STEP));
        Timestamp::from_millis(steps.unwrap_or(0).saturating_mul(READY_STEP))
    };
    let of_that_day = location.openings_from(source.ready_at.unwrap_or(now)).next();
    Some(Pickup {
        location: &location.id,
        name: &location.name,
        distance_km: source.distance_km,
        available: u64::from(source.available).min(MOST_SHOWN),
        ready_at: source.ready_at.map(in_steps),
        until: of_that_day.filter(|_| source.ready_at.is_some()).map(|opening| opening.closes),
        time_zone: &location.time_zone,
        open_now: source.open_now,
    })
}

/// The soonest of what the locations that have a unit promise.
fn delivery(sources: &[Source<'_>]) -> Option<PublicDelivery> {
    let promises = sources.iter().filter_map(|s| Some(PublicDelivery { deliver_by: s.deliver_by?, cutoff: s.cutoff? }));
    // Of equals the one that takes orders longest.
    promises.min_by_key(|promise| (promise.deliver_by, std::cmp::Reverse(promise.cutoff)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sourcing::fixtures::{at, atlanta};
    use crate::sourcing::{Fulfilment, Need};

    #[test]
    fn a_shopper_is_sent_to_the_nearest_counter_that_has_it_also_when_another_opens_sooner() {
        let (midtown, id) = (atlanta(), |text: &str| -> LocationId { text.parse().unwrap() });
        let chicago =
            Location { id: id("CHI1"), lat: 41.88, offsets: vec![], hours: [midtown.hours[0]; 7], ..atlanta() };
        let (locations, home) = ([chicago, midtown], id("CHI1"));
        let destination = atlanta().point().unwrap();
        let need = Need { destination, home: &home, fulfilment: Fulfilment::Pickup, needed_by: None };
        // Saturday 17:30 in Atlanta, which is closed until Monday.
        let now = at("2026-11-21T22:30:00Z");
        let survey = Survey::new(&locations, &need, now);
        let of = |stocked: &[&str]| {
            let sources = survey.rank(1, |location| u32::from(stocked.contains(&location.as_str())));
            let pickup = pickup(&sources, &locations, now)?;
            Some((pickup.location.as_str().to_owned(), pickup.open_now))
        };
        assert_eq!(of(&["ATL1", "CHI1"]), Some(("ATL1".into(), false)));
        assert_eq!(of(&["CHI1"]).map(|(location, _)| location), Some("CHI1".into()));
        assert_eq!(of(&[]), None);
    }
}
