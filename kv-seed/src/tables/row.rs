//! One row: columns by name, values by type.

use std::collections::HashMap;
use std::fmt::Display;
use std::str::FromStr;

use chrono::NaiveDate;
use csv::StringRecord;
use holdfast::money::Price;
use holdfast::time::Timestamp;
use serde::de::DeserializeOwned;

use crate::error::RowError;

/// Where each column stands in this file.
pub struct Columns(HashMap<&'static str, usize>);

impl Columns {
    /// The columns of `header`, or what is wrong with it.
    pub fn new(header: &StringRecord, required: &[&'static str], optional: &[&'static str]) -> Result<Self, String> {
        let mut places = HashMap::new();
        for (place, name) in header.iter().enumerate() {
            let Some(known) = required.iter().chain(optional).find(|known| **known == name) else {
                return Err(format!("unknown column {name:?}; known are {}", [required, optional].concat().join(", ")));
            };
            if places.insert(*known, place).is_some() {
                return Err(format!("column {name} is there twice"));
            }
        }
        match required.iter().find(|name| !places.contains_key(*name)) {
            Some(missing) => Err(format!("column {missing} is missing")),
            None => Ok(Self(places)),
        }
    }
}

/// One row of a table.
pub struct Row<'a> {
    columns: &'a Columns,
    record: &'a StringRecord,
}

impl<'a> Row<'a> {
    /// The row `record`.
    pub fn new(columns: &'a Columns, record: &'a StringRecord) -> Self {
        Self { columns, record }
    }

    /// The value as text; empty if the column is not there.
    pub fn text(&self, column: &'static str) -> &'a str {
        self.columns.0.get(column).and_then(|place| self.record.get(*place)).unwrap_or_default()
    }

    /// The value as text, refused if empty.
    pub fn some_text(&self, column: &'static str) -> Result<&'a str, RowError> {
        match self.text(column) {
            "" => Err(RowError::Empty(column)),
            text => Ok(text),
        }
    }

    /// The value, refused if empty.
    pub fn required<T: FromStr<Err: Display>>(&self, column: &'static str) -> Result<T, RowError> {
        parse(column, self.some_text(column)?)
    }

    /// The value, if there is one.
    pub fn optional<T: FromStr<Err: Display>>(&self, column: &'static str) -> Result<Option<T>, RowError> {
        match self.text(column) {
            "" => Ok(None),
            text => parse(column, text).map(Some),
        }
    }

    /// The values of a list separated by `;`.
    pub fn list<T: FromStr<Err: Display>>(&self, column: &'static str) -> Result<Vec<T>, RowError> {
        self.items(column).map(|item| parse(column, item)).collect()
    }

    /// The items of a list as text.
    pub fn items(&self, column: &'static str) -> impl Iterator<Item = &'a str> {
        self.text(column).split(';').map(str::trim).filter(|item| !item.is_empty())
    }

    /// A word out of an enum's list, as serde names it; `None` if empty.
    pub fn word<T: DeserializeOwned>(&self, column: &'static str) -> Result<Option<T>, RowError> {
        match self.text(column) {
            "" => Ok(None),
            text => word(column, text).map(Some),
        }
    }

    /// A flag; empty is `false`.
    pub fn flag(&self, column: &'static str) -> Result<bool, RowError> {
        match self.text(column) {
            "" | "false" => Ok(false),
            "true" => Ok(true),
            text => Err(RowError::value(column, text, "is true or false")),
        }
    }

    /// A whole number in `range`, or `default` if empty.
    pub fn whole(
        &self,
        column: &'static str,
        range: std::ops::RangeInclusive<u32>,
        default: Option<u32>,
    ) -> Result<u32, RowError> {
        let text = match (self.text(column), default) {
            ("", Some(default)) => return Ok(default),
            _ => self.some_text(column)?,
        };
        match text.parse() {
            Ok(number) if range.contains(&number) => Ok(number),
            _ => Err(RowError::value(
                column,
                text,
                format!("is a whole number from {} to {}", range.start(), range.end()),
            )),
        }
    }

    /// A price above zero, if there is one.
    pub fn price(&self, column: &'static str) -> Result<Option<Price>, RowError> {
        match self.text(column) {
            "" => Ok(None),
            text => positive_price(column, text).map(Some),
        }
    }

    /// A time, if there is one.
    pub fn time(&self, column: &'static str) -> Result<Option<Timestamp>, RowError> {
        match self.text(column) {
            "" => Ok(None),
            text => time(column, text).map(Some),
        }
    }

    /// A time, refused if empty.
    pub fn some_time(&self, column: &'static str) -> Result<Timestamp, RowError> {
        time(column, self.some_text(column)?)
    }

    /// The window between two times, refused if it is empty.
    pub fn window(
        &self,
        from: &'static str,
        until: &'static str,
    ) -> Result<(Option<Timestamp>, Option<Timestamp>), RowError> {
        match (self.time(from)?, self.time(until)?) {
            (Some(start), Some(end)) if end <= start => {
                Err(RowError::Contradiction(format!("{until} is not after {from}")))
            }
            window => Ok(window),
        }
    }

    /// A percentage with up to two decimals in basis points, if there is one.
    pub fn percent(&self, column: &'static str, range: std::ops::RangeInclusive<i32>) -> Result<Option<i32>, RowError> {
        let text = self.text(column);
        if text.is_empty() {
            return Ok(None);
        }
        match basis_points(text) {
            Some(points) if range.contains(&points) => Ok(Some(points)),
            _ => Err(RowError::value(column, text, "is a percentage in range with at most two decimals")),
        }
    }
}

/// `text` as a `T`, or an error that names the column.
pub fn parse<T: FromStr<Err: Display>>(column: &'static str, text: &str) -> Result<T, RowError> {
    text.parse().map_err(|reason| RowError::value(column, text, reason))
}

/// `text` as a word of an enum.
pub fn word<T: DeserializeOwned>(column: &'static str, text: &str) -> Result<T, RowError> {
    serde_json::from_value(text.into()).map_err(|reason| RowError::value(column, text, reason))
}

/// A price above zero with at most four decimals.
pub fn positive_price(column: &'static str, text: &str) -> Result<Price, RowError> {
    let price: Price = parse(column, text)?;
    if price.ten_thousandths() == 0 {
        return Err(RowError::value(column, text, "a price is above 0"));
    }
    Ok(price)
}

/// A day (midnight UTC) or an RFC 3339 time.
pub fn time(column: &'static str, text: &str) -> Result<Timestamp, RowError> {
    if let Ok(day) = NaiveDate::parse_from_str(text, "%Y-%m-%d")
        && text.len() == 10
    {
        return Ok(Timestamp::from_millis(day.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_millis()));
    }
    text.parse().map_err(|_| RowError::value(column, text, "a time is 2026-11-22 or 2026-11-22T15:00:00Z"))
}

/// `-5.25` → −525.
fn basis_points(text: &str) -> Option<i32> {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let sound = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !sound(whole) || !sound(fraction) || fraction.len() > 2 {
        return None;
    }
    format!("{whole}{fraction:0<2}").parse::<i32>().ok()?.checked_mul(sign)
}

/// What is wrong with a row that is no row, in words.
pub fn spoken(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("the row has {len} values, the header {expected_len}")
        }
        csv::ErrorKind::Utf8 { .. } => "the row is not UTF-8".into(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentage_has_at_most_two_decimals() {
        let cases = [("5", Some(500)), ("-5.25", Some(-525)), ("0.5", Some(50)), ("1.234", None), ("5%", None)];
        for (text, points) in cases {
            assert_eq!(basis_points(text), points, "{text}");
        }
    }

    #[test]
    fn a_price_of_zero_or_with_five_decimals_is_refused() {
        for text in ["0", "0.0000", "-1", "1.23456", "1,5", ""] {
            assert!(positive_price("price", text).is_err(), "{text:?}");
        }
        assert!(positive_price("price", "0.0001").is_ok());
    }

    #[test]
    fn a_time_is_a_day_or_rfc_3339() {
        assert_eq!(time("t", "2026-11-22").unwrap().to_string(), "2026-11-22T00:00:00.000Z");
        for text in ["2026-13-01", "2026-1-1", "11/22/2026", "2026-11-22 10:00"] {
            assert!(time("t", text).is_err(), "{text}");
        }
    }
}
