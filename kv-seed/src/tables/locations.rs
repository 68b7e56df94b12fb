//! Locations: hours, cut-offs, and the offsets of their time zone.

use chrono::{DateTime, Datelike, Offset as _, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use holdfast::sourcing::location::Offset;
use holdfast::sourcing::{Hours, LocalDay, Location};
use holdfast::time::Timestamp;

use super::Table;
use super::row::Row;
use crate::error::RowError;
use crate::stage::{Names, Topic};

/// Minutes in a day.
const DAY_MINUTES: u16 = 24 * 60;
/// Years of offsets that a location carries, counted from the start of the year of the import.
const YEARS_AHEAD: i32 = 11;

pub static LOCATIONS: Table = Table {
    name: "locations",
    required: &["id", "name", "kind", "region", "lat", "lon", "time_zone"],
    optional: &[
        "mon",
        "tue",
        "wed",
        "thu",
        "fri",
        "sat",
        "sun",
        "closed_days",
        "handling_minutes",
        "cutoff",
        "delivery_radius_km",
    ],
    kinds: &["locations"],
    read: |import, row, origin| {
        let location = location_of(row, import.year)?;
        if !import.stage.claim(Names::Location, location.id.as_str())? {
            return Err(RowError::duplicate("location", location.id).into());
        }
        Ok(import.stage.add(Topic::Location, "", location.id.as_str(), origin, &location)?)
    },
};

fn location_of(row: &Row<'_>, year: i32) -> Result<Location, RowError> {
    let zone: Tz = row.required("time_zone")?;
    let cutoff = row.text("cutoff");
    let mut hours = [None; 7];
    for (day, column) in hours.iter_mut().zip(["mon", "tue", "wed", "thu", "fri", "sat", "sun"]) {
        *day = hours_of(column, row.text(column))?;
    }
    Ok(Location {
        id: row.required("id")?,
        name: row.some_text("name")?.into(),
        kind: super::row::word("kind", row.some_text("kind")?)?,
        region: row.required("region")?,
        lat: bounded(row, "lat", -90.0..=90.0, None)?,
        lon: bounded(row, "lon", -180.0..=180.0, None)?,
        time_zone: zone.name().into(),
        offsets: offsets(zone, year),
        hours,
        closed_days: closed_days(row)?,
        handling_minutes: row.whole("handling_minutes", 0..=100_000, Some(30))?,
        cutoff_minute: if cutoff.is_empty() { None } else { Some(minute("cutoff", cutoff)?) },
        delivery_radius_km: bounded(row, "delivery_radius_km", 0.0..=20_038.0, Some(0.0))?,
    })
}

fn bounded(
    row: &Row<'_>,
    column: &'static str,
    range: std::ops::RangeInclusive<f64>,
    default: Option<f64>,
) -> Result<f64, RowError> {
    let Some(number) = row.optional::<f64>(column)?.or(default) else { return Err(RowError::Empty(column)) };
    if range.contains(&number) {
        return Ok(number);
    }
    Err(RowError::value(column, row.text(column), format!("is a number from {} to {}", range.start(), range.end())))
}

/// `08:00-17:00`; empty is closed.
fn hours_of(column: &'static str, text: &str) -> Result<Option<Hours>, RowError> {
    if text.is_empty() {
        return Ok(None);
    }
    let (open, close) =
        text.split_once('-').ok_or_else(|| RowError::value(column, text, "opening hours are 08:00-17:00"))?;
    let hours = Hours { open: minute(column, open.trim())?, close: minute(column, close.trim())? };
    if hours.close <= hours.open {
        return Err(RowError::value(column, text, "closes before it opens"));
    }
    Ok(Some(hours))
}

/// Minutes after midnight of `14:30`; up to `24:00`.
fn minute(column: &'static str, text: &str) -> Result<u16, RowError> {
    let parsed = text.split_once(':').and_then(|(hours, minutes)| {
        let digits = |part: &str| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(hours) || !digits(minutes) {
            return None;
        }
        let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.parse().ok()?);
        (minutes < 60).then_some(())?;
        hours.checked_mul(60)?.checked_add(minutes).filter(|minute| *minute <= DAY_MINUTES)
    });
    parsed.ok_or_else(|| RowError::value(column, text, "a time of day is 00:00 to 24:00"))
}

fn closed_days(row: &Row<'_>) -> Result<Vec<LocalDay>, RowError> {
    let mut days = row
        .items("closed_days")
        .map(|day| day.parse().map_err(|_| RowError::value("closed_days", day, "a day is 2026-12-25")))
        .collect::<Result<Vec<_>, _>>()?;
    days.sort();
    days.dedup();
    Ok(days)
}

/// The offsets of `zone` from the start of `year` for [`YEARS_AHEAD`] years. They start with the year, not with the
/// moment of the import, so that importing the same table again changes nothing.
fn offsets(zone: Tz, year: i32) -> Vec<Offset> {
    let start_of = |year: i32| Utc.with_ymd_and_hms(year, 1, 1, 0, 0, 0).single().unwrap_or(DateTime::UNIX_EPOCH);
    let (mut time, end) = (start_of(year), start_of(year.saturating_add(YEARS_AHEAD)));
    let mut offsets = vec![Offset { from: stamp(time), minutes: minutes_at(zone, time) }];
    while time < end {
        let next = later(time, TimeDelta::hours(12));
        if minutes_at(zone, next) != minutes_at(zone, time) {
            let from = first_minute_of_change(zone, time, next);
            offsets.push(Offset { from: stamp(from), minutes: minutes_at(zone, from) });
        }
        time = next;
    }
    offsets
}

/// The first minute in (`before`, `after`] whose offset is not that of `before`.
fn first_minute_of_change(zone: Tz, before: DateTime<Utc>, after: DateTime<Utc>) -> DateTime<Utc> {
    let old = minutes_at(zone, before);
    let (mut low, mut high) = (before, after);
    while high.signed_duration_since(low) > TimeDelta::minutes(1) {
        let half = high.signed_duration_since(low).num_minutes().checked_div(2).unwrap_or(1);
        let middle = later(low, TimeDelta::minutes(half));
        if minutes_at(zone, middle) == old { low = middle } else { high = middle }
    }
    high
}

fn minutes_at(zone: Tz, time: DateTime<Utc>) -> i16 {
    let seconds = zone.offset_from_utc_datetime(&time.naive_utc()).fix().local_minus_utc();
    i16::try_from(seconds.div_euclid(60)).unwrap_or(0)
}

fn later(time: DateTime<Utc>, by: TimeDelta) -> DateTime<Utc> {
    time.checked_add_signed(by).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

fn stamp(time: DateTime<Utc>) -> Timestamp {
    Timestamp::from_millis(time.timestamp_millis())
}

/// The year of now, from which offsets are counted.
pub fn this_year() -> i32 {
    Utc::now().year()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_change_at_the_minute_the_law_says() {
        let found = offsets(Tz::America__New_York, 2026);
        let shown: Vec<_> = found.iter().take(3).map(|o| (o.from.to_string(), o.minutes)).collect();
        // Second Sunday of March and first of November, at 02:00 local time.
        let expected = [
            ("2026-01-01T00:00:00.000Z".to_owned(), -300),
            ("2026-03-08T07:00:00.000Z".to_owned(), -240),
            ("2026-11-01T06:00:00.000Z".to_owned(), -300),
        ];
        assert_eq!(shown, expected);
        assert_eq!(found.len(), 1 + 2 * 11);
        assert_eq!(offsets(Tz::America__Phoenix, 2026).len(), 1);
    }

    #[test]
    fn hours_that_are_no_hours_are_refused() {
        for text in ["8:00-17:00", "08:00", "08:60-09:00", "17:00-08:00", "08:00-24:01", "08:00-08:00", "open"] {
            assert!(hours_of("mon", text).is_err(), "{text}");
        }
        assert_eq!(hours_of("mon", "00:00-24:00"), Ok(Some(Hours { open: 0, close: 1440 })));
    }
}
