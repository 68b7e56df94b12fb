//! Locations for the tests of this module.

use super::local_time::LocalDay;
use super::location::{Hours, Location, LocationKind, Offset};
use crate::time::Timestamp;

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(super) fn day(text: &str) -> LocalDay {
    text.parse().unwrap()
}

fn offsets(of: &[(&str, i16)]) -> Vec<Offset> {
    of.iter().map(|(from, hours)| Offset { from: at(from), minutes: hours * 60 }).collect()
}

/// A branch in Atlanta, open Monday to Saturday 08:00 to 17:00, cutoff 14:00, closed at Christmas.
pub(crate) fn atlanta() -> Location {
    let hours = Hours { open: 8 * 60, close: 17 * 60 };
    let mut week = [Some(hours); 7];
    week[6] = None;
    Location {
        id: "ATL1".parse().unwrap(),
        name: "Atlanta".into(),
        kind: LocationKind::Branch,
        region: "enam".parse().unwrap(),
        lat: 33.749,
        lon: -84.388,
        time_zone: "America/New_York".into(),
        offsets: offsets(&[
            ("2025-11-02T06:00:00Z", -5),
            ("2026-03-08T07:00:00Z", -4),
            ("2026-11-01T06:00:00Z", -5),
            ("2027-03-14T07:00:00Z", -4),
        ]),
        hours: week,
        closed_days: vec![day("2026-12-25")],
        handling_minutes: 30,
        cutoff_minute: Some(14 * 60),
        delivery_radius_km: 50.0,
    }
}

/// A branch in Berlin, with Atlanta's hours.
pub(super) fn berlin() -> Location {
    Location {
        id: "BER1".parse().unwrap(),
        name: "Berlin".into(),
        region: "weur".parse().unwrap(),
        lat: 52.52,
        lon: 13.405,
        time_zone: "Europe/Berlin".into(),
        offsets: offsets(&[
            ("2025-10-26T01:00:00Z", 1),
            ("2026-03-29T01:00:00Z", 2),
            ("2026-10-25T01:00:00Z", 1),
            ("2027-03-28T01:00:00Z", 2),
        ]),
        ..atlanta()
    }
}
