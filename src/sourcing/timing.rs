//! When goods of a location can be had: picked up, or delivered.

use super::geo::Distance;
use super::local_time::Opening;
use super::location::Location;
use crate::time::{MINUTE, Timestamp};

/// How far a carrier brings goods in one working day after they were shipped, in kilometres. A planning figure: ground
/// freight crosses the United States (4,500 km) in about five working days.
pub const CARRIER_KM_A_DAY: f64 = 800.0;

/// When a carrier has delivered at the latest, in minutes after midnight: 18:00.
pub const CARRIER_DAY_ENDS: u16 = 18 * 60;

/// How many days a shipment is followed: 26 working days is half round the Earth.
const CARRIER_HORIZON_DAYS: i32 = 120;

/// A delivery: until when the order must be in, and when it arrives at the latest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delivery {
    /// Orders are taken until just before this instant.
    pub cutoff: Timestamp,
    /// It arrives by then.
    pub deliver_by: Timestamp,
}

impl Location {
    /// When an order placed at `now` can be picked up: after its handling time, of which only opening hours count, and
    /// while the location is open. `None` if it does not open for that long.
    pub fn ready_at(&self, now: Timestamp) -> Option<Timestamp> {
        let mut left = i64::from(self.handling_minutes).saturating_mul(MINUTE);
        let mut from = now;
        for opening in self.openings_from(now) {
            let begin = opening.opens.max(from);
            let room = opening.closes.since(begin).max(0);
            if left < room {
                return Some(begin.plus(left));
            }
            left = left.saturating_sub(room);
            from = opening.closes.max(from);
        }
        None
    }

    /// The delivery an order placed at `now` makes, over `distance`.
    ///
    /// It leaves on the first open day whose cutoff is not past; nobody takes orders after closing, so a later cutoff is
    /// the closing time. Within the delivery radius it arrives that day, by closing time. Beyond, a carrier takes one
    /// working day for each begun [`CARRIER_KM_A_DAY`], counted from the day after, and arrives by [`CARRIER_DAY_ENDS`],
    /// on the location's clocks. Working days are Monday to Friday without the location's closed days, which stand for
    /// the public holidays. `None` if the location does not deliver, or does not open.
    pub fn delivery(&self, now: Timestamp, distance: Distance) -> Option<Delivery> {
        let cutoff_minute = self.cutoff_minute?;
        let leaves = |opening: Opening| {
            let cutoff = self.instant(opening.day, cutoff_minute).min(opening.closes);
            (now < cutoff).then_some((cutoff, opening))
        };
        let (cutoff, opening) = self.openings_from(now).find_map(leaves)?;
        if distance.km() <= self.delivery_radius_km {
            return Some(Delivery { cutoff, deliver_by: opening.closes });
        }
        let working_days = (1..=CARRIER_HORIZON_DAYS).map(|days| opening.day.plus(days));
        let mut working_days = working_days.filter(|day| !day.is_weekend() && !self.closed_days.contains(day));
        let arrives = working_days.nth(carrier_days(distance).saturating_sub(1))?;
        Some(Delivery { cutoff, deliver_by: self.instant(arrives, CARRIER_DAY_ENDS) })
    }
}

/// Working days a carrier needs; at least one.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 26: distances are on the Earth")]
fn carrier_days(distance: Distance) -> usize {
    ((distance.km() / CARRIER_KM_A_DAY).ceil() as usize).max(1)
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{at, atlanta, day};
    use super::*;

    #[test]
    fn goods_are_ready_after_their_handling_while_open() {
        let atlanta = atlanta();
        for (now, ready) in [
            // Saturday 10:00 in Atlanta.
            ("2026-11-21T15:00:00Z", "2026-11-21T15:30:00Z"),
            // Before opening.
            ("2026-11-21T09:00:00Z", "2026-11-21T13:30:00Z"),
            // Ready one millisecond before closing; at closing it is too late, and Sunday is closed.
            ("2026-11-21T21:29:59.999Z", "2026-11-21T21:59:59.999Z"),
            ("2026-11-21T21:30:00.000Z", "2026-11-23T13:00:00Z"),
            // Ten minutes on Saturday, twenty on Monday.
            ("2026-11-21T21:50:00Z", "2026-11-23T13:20:00Z"),
            // The Sunday on which the clocks change lies between.
            ("2026-03-07T22:00:00Z", "2026-03-09T12:30:00Z"),
            ("2026-10-31T21:00:00Z", "2026-11-02T13:30:00Z"),
        ] {
            assert_eq!(atlanta.ready_at(at(now)), Some(at(ready)), "{now}");
        }
    }

    #[test]
    fn handling_that_no_opening_has_room_for_is_never_done() {
        let now = at("2026-11-21T15:00:00Z");
        assert_eq!(Location { handling_minutes: u32::MAX, ..atlanta() }.ready_at(now), None);
        assert_eq!(Location { hours: [None; 7], ..atlanta() }.ready_at(now), None);
        assert_eq!(Location { handling_minutes: 0, ..atlanta() }.ready_at(now), Some(now));
    }

    #[test]
    fn the_cutoff_counts_to_the_millisecond() {
        let atlanta = atlanta();
        let near = Distance::from_km(50.0);
        // Friday 14:00 in Atlanta is 19:00 UTC.
        for (now, cutoff, deliver_by) in [
            ("2026-11-20T18:59:59.999Z", "2026-11-20T19:00:00Z", "2026-11-20T22:00:00Z"),
            ("2026-11-20T19:00:00.000Z", "2026-11-21T19:00:00Z", "2026-11-21T22:00:00Z"),
            // Saturday's is past: Monday.
            ("2026-11-21T19:00:00.000Z", "2026-11-23T19:00:00Z", "2026-11-23T22:00:00Z"),
            // After Saturday in standard time comes Monday in summer time.
            ("2026-03-07T19:00:00.000Z", "2026-03-09T18:00:00Z", "2026-03-09T21:00:00Z"),
        ] {
            let delivery = atlanta.delivery(at(now), near);
            assert_eq!(delivery, Some(Delivery { cutoff: at(cutoff), deliver_by: at(deliver_by) }), "{now}");
        }
    }

    #[test]
    fn beyond_the_radius_the_carrier_takes_working_days() {
        let atlanta = atlanta();
        // Friday before the cutoff; in December, 18:00 in Atlanta is 23:00 UTC.
        for (now, km, deliver_by) in [
            ("2026-11-20T15:00:00Z", 50.1, "2026-11-23T23:00:00Z"),
            ("2026-11-20T15:00:00Z", 800.0, "2026-11-23T23:00:00Z"),
            ("2026-11-20T15:00:00Z", 800.1, "2026-11-24T23:00:00Z"),
            // Shipped on Wednesday; Friday is Christmas.
            ("2026-12-23T15:00:00Z", 1_600.0, "2026-12-28T23:00:00Z"),
            // Half round the Earth: 26 working days.
            ("2026-11-20T15:00:00Z", 20_015.1, "2026-12-29T23:00:00Z"),
        ] {
            let delivery = atlanta.delivery(at(now), Distance::from_km(km)).unwrap();
            assert_eq!(delivery.deliver_by, at(deliver_by), "{now} {km} km");
        }
    }

    #[test]
    fn who_does_not_deliver_has_no_delivery() {
        let (now, near) = (at("2026-11-20T15:00:00Z"), Distance::from_km(1.0));
        assert_eq!(Location { cutoff_minute: None, ..atlanta() }.delivery(now, near), None);
        assert_eq!(Location { hours: [None; 7], ..atlanta() }.delivery(now, near), None);
        let holidays = (0..200).map(|days| day("2026-11-01").plus(days)).collect();
        assert_eq!(Location { closed_days: holidays, ..atlanta() }.delivery(now, near), None);
    }

    #[test]
    fn a_cutoff_after_closing_is_the_closing_time() {
        let late = Location { cutoff_minute: Some(20 * 60), ..atlanta() };
        let delivery = late.delivery(at("2026-11-20T15:00:00Z"), Distance::from_km(1.0)).unwrap();
        assert_eq!(delivery.cutoff, at("2026-11-20T22:00:00Z"));
    }
}
