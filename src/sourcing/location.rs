//! A warehouse or branch: where it is, when it is open, and when its trucks leave.

use serde::{Deserialize, Serialize};

use super::geo::{GeoPoint, NotAPlace};
use super::local_time::LocalDay;
use crate::id::{LocationId, Region};
use crate::time::Timestamp;

/// A place that holds stock.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Location {
    /// Its id, such as `ATL1`.
    pub id: LocationId,
    /// Its name, for people.
    pub name: String,
    /// Branch or distribution centre.
    pub kind: LocationKind,
    /// The region whose shards own its stock.
    pub region: Region,
    /// Degrees north, −90 to 90.
    pub lat: f64,
    /// Degrees east, −180 to 180.
    pub lon: f64,
    /// IANA name of its time zone, for people.
    pub time_zone: String,
    /// The zone's offsets from UTC, ascending in time; the importer computes them from the time-zone database for ten
    /// years ahead, so that the edge need not carry it.
    pub offsets: Vec<Offset>,
    /// Opening hours by weekday, Monday first; `None` is closed.
    pub hours: [Option<Hours>; 7],
    /// Local days (`2026-12-25`) it is closed whatever the weekday.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub closed_days: Vec<LocalDay>,
    /// Minutes from an order to being ready for pickup, while open.
    pub handling_minutes: u32,
    /// Minutes after local midnight at which orders for the day's delivery close; `None`: it does not deliver.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cutoff_minute: Option<u16>,
    /// Furthest same-day delivery, in kilometres; beyond it goods travel with the carrier.
    pub delivery_radius_km: f64,
}

impl Location {
    /// Where it is.
    pub fn point(&self) -> Result<GeoPoint, NotAPlace> {
        GeoPoint::new(self.lat, self.lon)
    }
}

/// Branch or distribution centre.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum LocationKind {
    /// A counter that people can visit.
    Branch,
    /// A warehouse that ships.
    DistributionCenter,
}

/// An offset from UTC that holds from a time on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offset {
    /// From this time on.
    pub from: Timestamp,
    /// Minutes east of UTC.
    pub minutes: i16,
}

/// Opening hours of one day, in minutes after local midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hours {
    /// Opens at.
    pub open: u16,
    /// Closes at; past 1,440 after the next midnight. Not after `open`: closed.
    pub close: u16,
}

/// The location nearest to `place`, along a great circle; of equals the first. `None` if there is none on the map.
pub fn nearest(locations: &[Location], place: GeoPoint) -> Option<&Location> {
    let on_map = locations.iter().filter_map(|location| Some((location.point().ok()?.distance_to(place), location)));
    on_map.min_by_key(|(distance, _)| *distance).map(|(_, location)| location)
}
