//! Periods that numbers are told by: days, ISO weeks (from Monday on, ISO 8601) and months, in UTC; and what the revenue of each
//! is compared with.

use std::fmt::Write as _;

use chrono::Datelike as _;

use crate::time::{Day, civil};

/// Some days, and the days before that they are compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// The first day.
    pub first: Day,
    /// The last.
    pub last: Day,
    /// The first and the last day of what it is compared with.
    pub before: (Day, Day),
}

/// How long a period is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// A day.
    Day,
    /// A week from Monday to Sunday.
    Week,
    /// A month of the calendar.
    Month,
}

impl Period {
    /// The days from `first` to `last`, compared with as many days before.
    pub fn of(first: Day, last: Day) -> Self {
        let days = last.number().saturating_sub(first.number()).saturating_add(1);
        Self { first, last, before: (first.plus(days.saturating_neg()), first.plus(-1)) }
    }
}

impl Unit {
    /// Its name as a field.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    /// The first day of the one that `day` is in.
    pub fn start(self, day: Day) -> Day {
        match self {
            Self::Day => day,
            // 1970-01-01 was a Thursday.
            Self::Week => day.plus(day.number().saturating_add(3).rem_euclid(7).saturating_neg()),
            Self::Month => day.plus(1_i64.saturating_sub(civil(day.number()).2)),
        }
    }

    /// The name of the one that begins on `first`: `2026-11-21`, `2026-W47`, `2026-11`.
    pub fn name(self, first: Day) -> String {
        let mut name = first.to_string();
        match self {
            Self::Day => {}
            Self::Week => {
                let week = first.start().to_utc().iso_week();
                name.clear();
                // Writing to a String cannot fail.
                let _ = write!(name, "{:04}-W{:02}", week.year(), week.week());
            }
            Self::Month => name.truncate(7),
        }
        name
    }

    /// Those from the one that `from` is in, whole, up to `to`. Each is compared with the one before; one that `to` cuts
    /// off with as many of its first days.
    pub fn periods(self, from: Day, to: Day) -> Vec<Period> {
        let (mut periods, mut first) = (Vec::new(), self.start(from));
        loop {
            let whole = self.last(first);
            let (last, eve) = (whole.min(to), first.plus(-1));
            let earlier = self.start(eve);
            let days = last.number().saturating_sub(first.number());
            let until = if last == whole { eve } else { earlier.plus(days).min(eve) };
            periods.push(Period { first, last, before: (earlier, until) });
            if whole >= to {
                return periods;
            }
            first = whole.plus(1);
        }
    }

    /// The last day of the one that begins on `first`.
    fn last(self, first: Day) -> Day {
        match self {
            Self::Day => first,
            Self::Week => first.plus(6),
            // The last month there is ends with the calendar.
            Self::Month => Some(self.start(first.plus(31)))
                .filter(|next| *next > first)
                .map_or(first.plus(31), |next| next.plus(-1)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    fn told(unit: Unit, from: &str, to: &str) -> Vec<[String; 5]> {
        let periods = unit.periods(day(from), day(to));
        let of = |period: &Period| {
            let days = [period.first, period.last, period.before.0, period.before.1].map(|day| day.to_string());
            let [first, last, from, to] = days;
            [unit.name(period.first), first, last, from, to]
        };
        periods.iter().map(of).collect()
    }

    #[test]
    fn weeks_begin_on_monday_and_belong_to_the_year_of_their_thursday() {
        for (first, name) in [
            ("2025-12-29", "2026-W01"),
            ("2026-12-28", "2026-W53"),
            ("2027-01-04", "2027-W01"),
            ("2024-12-30", "2025-W01"),
            ("1969-12-29", "1970-W01"),
        ] {
            assert_eq!(Unit::Week.name(day(first)), name);
            assert_eq!([0, 3, 6].map(|days| Unit::Week.start(day(first).plus(days))), [day(first); 3]);
        }
    }

    #[test]
    fn a_period_that_is_not_over_is_compared_with_as_many_days_of_the_one_before() {
        assert_eq!(
            told(Unit::Week, "2026-11-12", "2026-11-18"),
            [
                ["2026-W46", "2026-11-09", "2026-11-15", "2026-11-02", "2026-11-08"],
                ["2026-W47", "2026-11-16", "2026-11-18", "2026-11-09", "2026-11-11"],
            ]
        );
        assert_eq!(
            told(Unit::Month, "2024-02-29", "2024-03-30"),
            [
                ["2024-02", "2024-02-01", "2024-02-29", "2024-01-01", "2024-01-31"],
                // February has no 30th.
                ["2024-03", "2024-03-01", "2024-03-30", "2024-02-01", "2024-02-29"],
            ]
        );
        assert_eq!(
            told(Unit::Month, "2026-01-05", "2026-01-05"),
            [["2026-01", "2026-01-01", "2026-01-05", "2025-12-01", "2025-12-05"],]
        );
        assert_eq!(
            told(Unit::Day, "2026-11-21", "2026-11-21"),
            [["2026-11-21", "2026-11-21", "2026-11-21", "2026-11-20", "2026-11-20"],]
        );
        let week = Period::of(day("2026-11-15"), day("2026-11-21"));
        assert_eq!(week.before, (day("2026-11-08"), day("2026-11-14")));
    }

    proptest! {
        #[test]
        fn periods_leave_no_day_out_and_have_none_twice(from in -700_000_i64..2_900_000, days in 0_i64..900) {
            let epoch = day("1970-01-01");
            let (from, to) = (epoch.plus(from), epoch.plus(from).plus(days));
            for unit in [Unit::Day, Unit::Week, Unit::Month] {
                let periods = unit.periods(from, to);
                prop_assert_eq!(periods.first().unwrap().first, unit.start(from));
                prop_assert!(periods.first().unwrap().first <= from);
                prop_assert_eq!(periods.last().unwrap().last, to);
                for pair in periods.windows(2) {
                    prop_assert_eq!(pair[0].last.plus(1), pair[1].first);
                    prop_assert_eq!(pair[1].before.0, pair[0].first);
                    prop_assert!(pair[1].before.1 <= pair[0].last);
                }
            }
        }
    }
}
