//! Local time of a location: its offsets from UTC, its days, its opening hours.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::location::{Location, Offset};
use crate::time::{DAY, MINUTE, Timestamp, civil};

/// How many days ahead a location is asked when it opens. One that stays closed longer has no next opening.
pub const LOOK_AHEAD_DAYS: i32 = 14;

/// Minutes from midnight to midnight.
const MINUTES_A_DAY: u16 = 1_440;

/// A calendar day of some location, written `2026-12-25`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LocalDay {
    /// Days since 1970-01-01.
    since_epoch: i32,
}

/// The text is not a calendar day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a day is written as year, month and day, such as 2026-12-25")]
pub struct NotADay;

/// A stretch of time in which a location is open, from `opens` up to but not at `closes`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opening {
    /// The local day it belongs to; it may end after that day's midnight.
    pub day: LocalDay,
    /// When it begins.
    pub opens: Timestamp,
    /// When it ends.
    pub closes: Timestamp,
}

impl LocalDay {
    /// The day that many days later.
    #[must_use]
    pub fn plus(self, days: i32) -> Self {
        Self { since_epoch: self.since_epoch.saturating_add(days) }
    }

    /// 0 for Monday to 6 for Sunday.
    pub fn weekday(self) -> u8 {
        // 1970-01-01 was a Thursday.
        u8::try_from(self.since_epoch.saturating_add(3).rem_euclid(7)).unwrap_or_default()
    }

    /// Whether it is Saturday or Sunday.
    pub fn is_weekend(self) -> bool {
        self.weekday() >= 5
    }
}

impl Location {
    /// The offset from UTC at an instant, in milliseconds east. Before the first known offset the first holds; with
    /// none it is UTC.
    fn offset_at(&self, instant: Timestamp) -> i64 {
        let known = self.offsets.partition_point(|offset| offset.from <= instant);
        let offset = self.offsets.get(known.saturating_sub(1));
        i64::from(offset.map_or(0, |Offset { minutes, .. }| *minutes)).saturating_mul(MINUTE)
    }

    /// The local calendar day at an instant.
    pub fn day_at(&self, instant: Timestamp) -> LocalDay {
        let local = instant.millis().saturating_add(self.offset_at(instant));
        LocalDay { since_epoch: i32::try_from(local.div_euclid(DAY)).unwrap_or_default() }
    }

    /// The instant at which the clocks of the location show `minute` minutes after midnight of `day`; past 1,440 on the
    /// next day. A time that the clocks show twice is the first; one they skip is as much later as they skip: what
    /// `java.time` and ECMAScript's Temporal ("compatible") do. Right while offsets change at most once in two days.
    pub fn instant(&self, day: LocalDay, minute: u16) -> Timestamp {
        let midnight = i64::from(day.since_epoch).saturating_mul(DAY);
        let shown = Timestamp::from_millis(midnight.saturating_add(i64::from(minute).saturating_mul(MINUTE)));
        let [earlier, later] = [-DAY, DAY].map(|away| self.offset_at(shown.plus(away)));
        let [first, second] = [earlier, later].map(|offset| shown.plus(offset.saturating_neg()));
        if earlier == later {
            return first;
        }
        if self.offset_at(first) != earlier && self.offset_at(second) == later { second } else { first }
    }

    /// When the location is open on a day; `None` if it is closed. Clocks that skip a whole opening close it too.
    pub fn opening_on(&self, day: LocalDay) -> Option<Opening> {
        let hours = self.hours.get(usize::from(day.weekday())).copied().flatten()?;
        if self.closed_days.contains(&day) {
            return None;
        }
        let (opens, closes) = (self.instant(day, hours.open), self.instant(day, hours.close));
        (opens < closes).then_some(Opening { day, opens, closes })
    }

    /// The openings that are not over at `instant`, in order: the first may have begun. At most [`LOOK_AHEAD_DAYS`]
    /// ahead, so that a location that is always closed has none.
    pub fn openings_from(&self, instant: Timestamp) -> impl Iterator<Item = Opening> {
        let today = self.day_at(instant);
        let yesterdays_may_last = self.hours.iter().flatten().any(|hours| hours.close > MINUTES_A_DAY);
        let first = if yesterdays_may_last { -1 } else { 0 };
        let days = (first..=LOOK_AHEAD_DAYS).map(move |away| today.plus(away));
        days.filter_map(|day| self.opening_on(day)).filter(move |opening| instant < opening.closes)
    }
}

impl FromStr for LocalDay {
    type Err = NotADay;

    fn from_str(text: &str) -> Result<Self, NotADay> {
        let midnight: Timestamp = format!("{text}T00:00:00Z").parse().map_err(|_| NotADay)?;
        let since_epoch = i32::try_from(midnight.millis().div_euclid(DAY)).map_err(|_| NotADay)?;
        Ok(Self { since_epoch })
    }
}

impl fmt::Display for LocalDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = civil(self.since_epoch.into());
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

impl fmt::Debug for LocalDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl Serialize for LocalDay {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for LocalDay {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::parsed(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::fixtures::{at, atlanta, berlin, day};
    use super::*;

    #[test]
    fn a_local_time_is_one_instant_on_the_days_the_clocks_change() {
        let (atlanta, berlin) = (atlanta(), berlin());
        for (location, local_day, minute, instant) in [
            (&atlanta, "2026-03-07", 8 * 60, "2026-03-07T13:00:00Z"),
            // 2026-03-08: 02:00 EST is 03:00 EDT. 02:30 is skipped.
            (&atlanta, "2026-03-08", 60, "2026-03-08T06:00:00Z"),
            (&atlanta, "2026-03-08", 2 * 60 + 30, "2026-03-08T07:30:00Z"),
            (&atlanta, "2026-03-08", 3 * 60, "2026-03-08T07:00:00Z"),
            (&atlanta, "2026-03-08", 8 * 60, "2026-03-08T12:00:00Z"),
            // 2026-11-01: 02:00 EDT is 01:00 EST. 01:30 comes twice; the first counts.
            (&atlanta, "2026-11-01", 60 + 30, "2026-11-01T05:30:00Z"),
            (&atlanta, "2026-11-01", 2 * 60, "2026-11-01T07:00:00Z"),
            (&atlanta, "2026-11-01", 24 * 60, "2026-11-02T05:00:00Z"),
            // 2026-03-29 and 2026-10-25, at 01:00 UTC.
            (&berlin, "2026-03-29", 2 * 60 + 30, "2026-03-29T01:30:00Z"),
            (&berlin, "2026-03-29", 3 * 60, "2026-03-29T01:00:00Z"),
            (&berlin, "2026-10-25", 2 * 60 + 30, "2026-10-25T00:30:00Z"),
            (&berlin, "2026-10-25", 3 * 60, "2026-10-25T02:00:00Z"),
        ] {
            assert_eq!(location.instant(day(local_day), minute), at(instant), "{local_day} {minute}");
        }
    }

    #[test]
    fn the_local_day_turns_at_local_midnight_to_the_millisecond() {
        let atlanta = atlanta();
        assert_eq!(atlanta.day_at(at("2026-11-22T04:59:59.999Z")), day("2026-11-21"));
        assert_eq!(atlanta.day_at(at("2026-11-22T05:00:00.000Z")), day("2026-11-22"));
        assert_eq!((day("2026-11-22").weekday(), day("1969-12-31").weekday()), (6, 2));
    }

    #[test]
    fn closed_weekdays_and_closed_days_are_passed_over() {
        let atlanta = atlanta();
        // Saturday evening, then Sunday closed.
        let next = atlanta.openings_from(at("2026-11-21T23:00:00Z")).next().unwrap();
        assert_eq!((next.day, next.opens), (day("2026-11-23"), at("2026-11-23T13:00:00Z")));
        // Christmas is a Friday and closed.
        let next = atlanta.openings_from(at("2026-12-24T23:00:00Z")).next().unwrap();
        assert_eq!(next.day, day("2026-12-26"));
    }

    #[test]
    fn a_location_that_never_opens_has_no_openings_and_ends() {
        let closed = Location { hours: [None; 7], ..atlanta() };
        assert_eq!(closed.openings_from(at("2026-11-21T12:00:00Z")).count(), 0);
    }

    #[test]
    fn an_opening_past_midnight_is_still_running_the_next_morning() {
        let mut night = atlanta();
        night.hours[5] = Some(crate::sourcing::Hours { open: 18 * 60, close: 26 * 60 });
        let opening = night.openings_from(at("2026-11-22T06:30:00Z")).next().unwrap();
        assert_eq!((opening.day, opening.closes), (day("2026-11-21"), at("2026-11-22T07:00:00Z")));
    }

    #[test]
    fn what_is_not_a_day_is_refused() {
        for text in ["", "2026-02-29", "2026-1-5", "25.12.2026", "20261225", "2026-12-25T00:00:00Z", "+2026-12-25"] {
            assert_eq!(text.parse::<LocalDay>(), Err(NotADay), "{text:?}");
        }
        assert_eq!(day("2024-02-29").to_string(), "2024-02-29");
    }

    proptest! {
        #[test]
        fn a_local_time_of_a_day_is_on_that_day(days in 20_454..23_000_i32, minute in 0..1_440_u16) {
            let day = LocalDay { since_epoch: days };
            for location in [atlanta(), berlin()] {
                prop_assert_eq!(location.day_at(location.instant(day, minute)), day);
            }
        }

        #[test]
        fn no_offset_and_no_hours_make_it_stumble(
            millis in any::<i64>(), minutes in any::<i16>(), open in any::<u16>(), close in any::<u16>(),
        ) {
            let now = Timestamp::from_millis(millis);
            let offsets = vec![Offset { from: now, minutes }, Offset { from: now, minutes: minutes.wrapping_neg() }];
            let hours = [Some(crate::sourcing::Hours { open, close }); 7];
            let odd = Location { offsets, hours, ..atlanta() };
            prop_assert!(odd.openings_from(now).all(|opening| opening.opens < opening.closes));
        }
    }
}
