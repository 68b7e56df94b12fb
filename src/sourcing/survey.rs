//! What every location can do for one request: how far it is and when it has goods ready. It does not depend on the
//! part, so a request of a hundred lines makes it once.

use serde::{Deserialize, Serialize};

use super::geo::{Distance, GeoPoint, NotAPlace};
use super::location::{Location, LocationKind};
use crate::id::LocationId;
use crate::order::sort_by_key;
use crate::time::Timestamp;

/// How the goods reach the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fulfilment {
    /// Fetched at the location.
    Pickup,
    /// Brought to the destination.
    #[default]
    Delivery,
}

/// Where the goods go: `{"lat":33.75,"lon":-84.39}` or `{"location":"ATL1"}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Destination {
    /// A place.
    Point(GeoPoint),
    /// One of the distributor's locations.
    Location(AtLocation),
}

/// A destination that is a location.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AtLocation {
    /// Which.
    pub location: LocationId,
}

/// Why a destination cannot be found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoDestination {
    /// There is no such location.
    #[error("there is no location {0}")]
    UnknownLocation(LocationId),
    /// The location's record has no valid coordinates.
    #[error(transparent)]
    NotAPlace(#[from] NotAPlace),
}

impl Destination {
    /// The location itself, as an account's home is unless the caller says otherwise.
    pub fn at(location: LocationId) -> Self {
        Self::Location(AtLocation { location })
    }

    /// The point the goods go to.
    pub fn resolve(&self, locations: &[Location]) -> Result<GeoPoint, NoDestination> {
        match self {
            Self::Point(point) => Ok(*point),
            Self::Location(AtLocation { location: id }) => {
                let known = locations.iter().find(|location| location.id == *id);
                Ok(known.ok_or_else(|| NoDestination::UnknownLocation(id.clone()))?.point()?)
            }
        }
    }
}

/// What a request asks of every location.
#[derive(Debug, Clone, Copy)]
pub struct Need<'a> {
    /// Where the goods go, or where their buyer is.
    pub destination: GeoPoint,
    /// The account's home, which is preferred.
    pub home: &'a LocationId,
    /// Fetched or brought.
    pub fulfilment: Fulfilment,
    /// Later is too late; absent: any time will do.
    pub needed_by: Option<Timestamp>,
}

/// One location as a source of one line. This is an entry of `sources` in the API.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Source<'a> {
    /// The location.
    pub location: &'a LocationId,
    /// Branch or distribution centre.
    pub kind: LocationKind,
    /// Units of the line's sku that may be promised there; filled in by [`Survey::rank`].
    pub available: u32,
    /// From the destination, along a great circle. `None`: the location's record has no valid coordinates.
    pub distance_km: Option<Distance>,
    /// When an order placed now can be fetched. `None`: it does not open in the next two weeks.
    pub ready_at: Option<Timestamp>,
    /// When an order placed now is delivered at the latest. `None`: it does not deliver, or does not open.
    pub deliver_by: Option<Timestamp>,
    /// Until when an order must be in for `deliver_by`; always ahead, so today's is past if it is on a later day.
    pub cutoff: Option<Timestamp>,
    /// Whether it is open now.
    pub open_now: bool,
    /// When it opens next; `None` while it is open, or if it does not open in the next two weeks.
    pub opens_at: Option<Timestamp>,
    /// Whether it meets the need's time.
    #[serde(skip)]
    pub(super) timeliness: Timeliness,
}

/// Whether a source meets the time of the need; the better first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Timeliness {
    OnTime,
    Late,
    /// It has no time to tell: it does not deliver, or does not open.
    Unknown,
}

/// Every location, the preferred first.
#[derive(Debug, Clone)]
pub struct Survey<'a> {
    pub(super) sources: Vec<Source<'a>>,
}

impl<'a> Survey<'a> {
    /// What each of `locations` can do for `need` at `now`, in order of preference: on time before late, the home
    /// location, the earliest, the nearest, by id.
    pub fn new(locations: &'a [Location], need: &Need<'_>, now: Timestamp) -> Self {
        let mut sources: Vec<_> = locations.iter().map(|location| source(location, need, now)).collect();
        sort_by_key(&mut sources, |source| {
            let when = source.when(need.fulfilment);
            // `None` of an option sorts first: what is not known goes last instead.
            let far = (source.distance_km.is_none(), source.distance_km);
            (source.timeliness, source.location != need.home, when, far, source.location)
        });
        Self { sources }
    }
}

impl<'a> Survey<'a> {
    /// The locations in order of preference.
    pub fn preference(&self) -> impl Iterator<Item = &'a LocationId> {
        self.sources.iter().map(|source| source.location)
    }
}

impl Source<'_> {
    fn when(&self, fulfilment: Fulfilment) -> Option<Timestamp> {
        match fulfilment {
            Fulfilment::Pickup => self.ready_at,
            Fulfilment::Delivery => self.deliver_by,
        }
    }
}

fn source<'a>(location: &'a Location, need: &Need<'_>, now: Timestamp) -> Source<'a> {
    let distance = location.point().ok().map(|point| point.distance_to(need.destination));
    let delivery = distance.and_then(|distance| location.delivery(now, distance));
    let next = location.openings_from(now).next();
    let open_now = next.is_some_and(|opening| opening.opens <= now);
    let mut source = Source {
        location: &location.id,
        kind: location.kind,
        available: 0,
        distance_km: distance,
        ready_at: location.ready_at(now),
        deliver_by: delivery.map(|delivery| delivery.deliver_by),
        cutoff: delivery.map(|delivery| delivery.cutoff),
        open_now,
        opens_at: next.filter(|_| !open_now).map(|opening| opening.opens),
        timeliness: Timeliness::Unknown,
    };
    source.timeliness = match (source.when(need.fulfilment), need.needed_by) {
        (None, _) => Timeliness::Unknown,
        (Some(when), Some(needed_by)) if when > needed_by => Timeliness::Late,
        (Some(_), _) => Timeliness::OnTime,
    };
    source
}
