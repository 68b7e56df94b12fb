//! What anybody may know of a part: the public price, whether there is any, and the nearest counter that has it.

use serde::Serialize;

use super::answer::{Status, status};
use super::resolve::Choice;
use super::stock::{Offer, Origin, StockTable};
use crate::catalog::Part;
use crate::id::{LocationId, Sku};
use crate::money::Currency;
use crate::pricing::{PublicPrice, Trace, public_price};
use crate::sourcing::{Distance, Location, LocationKind, Survey};
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
    /// Who said so.
    pub source: Origin,
    /// How old that word can be, in milliseconds.
    pub max_staleness_ms: u32,
    /// What is sold in its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub superseded_by: Option<&'a Sku>,
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
    /// Whether it is open now.
    pub open_now: bool,
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
    let pickup = survey.and_then(|survey| pickup(survey, &offer, locations));
    PublicAnswer {
        part: Some(PublicPart {
            brand_name: &part.brand_name,
            number: part.number.as_str(),
            description: &part.description,
        }),
        status,
        eta,
        price: public_price(part, currency, now, &mut Trace::silent()).ok(),
        pickup,
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
            source: Origin::Shard,
            max_staleness_ms: 0,
            superseded_by: None,
        }
    }
}

/// The first branch in the survey's order that has a unit.
fn pickup<'a>(survey: &Survey<'a>, offer: &Offer, locations: &'a [Location]) -> Option<Pickup<'a>> {
    let sources = survey.rank(1, |location| offer.available_at(location));
    let source = sources.into_iter().find(|source| source.kind == LocationKind::Branch)?;
    let location = locations.iter().find(|location| location.id == *source.location)?;
    let in_steps = |at: Timestamp| {
        let steps = at.millis().checked_add(READY_STEP - 1).and_then(|millis| millis.checked_div_euclid(READY_STEP));
        Timestamp::from_millis(steps.unwrap_or(0).saturating_mul(READY_STEP))
    };
    Some(Pickup {
        location: &location.id,
        name: &location.name,
        distance_km: source.distance_km,
        available: u64::from(source.available).min(MOST_SHOWN),
        ready_at: source.ready_at.map(in_steps),
        open_now: source.open_now,
    })
}
