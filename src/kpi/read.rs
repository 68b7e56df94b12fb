//! Reading events from their JSON: lenient about what boards do not need, strict about what they count.

use serde_json::Value;

use super::event::{Answered, Event, Grade, QuoteLine, What};
use super::histogram::{Histogram, bucket};
use super::household::{MAX_VEHICLES, Vehicles};
use super::sale::{MAX_SALE_LINES, Sale, SaleLine};
use crate::catalog::Powertrain;
use crate::catalog::part::RevenueClass;
use crate::money::{Currency, MAX_MINOR_UNITS, Money};
use crate::quote::Said;
use crate::time::Timestamp;

/// The newest version of events that is understood.
pub const VERSION: u64 = 1;

/// An event of a known kind that does not have what its kind has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the event has no sound `{pointer}`")]
pub struct Unreadable {
    /// The field that is missing or not what it should be, as a JSON Pointer.
    pub pointer: String,
}

type Read<T> = Result<T, Unreadable>;

fn unreadable(field: &str) -> Unreadable {
    Unreadable { pointer: format!("/{field}") }
}

impl<'a> Event<'a> {
    /// Reads an event. Kinds that boards do not count are [`What::Other`].
    pub fn read(event: &'a Value) -> Read<Self> {
        let at = time(event, "at")?;
        if event.get("v").is_some_and(|version| version.as_u64().is_none_or(|version| version > VERSION)) {
            return Err(unreadable("v"));
        }
        Ok(Self { at, what: what(event)? })
    }
}

fn what(event: &Value) -> Read<What<'_>> {
    let kind = text(event, "kind")?;
    if let Some(outcome) = kind.strip_prefix("quote_") {
        return quote(event, outcome);
    }
    Ok(match kind {
        "answered" => What::Answered(answered(event)?),
        "moved" => moved(event)?,
        "count" => {
            let grade = Grade::of(units(event, "expected")?, units(event, "found")?);
            What::Counted { class: class_of_part(event)?, grade, moved: false }
        }
        "shortfall" => What::Shortfall { units: whole(event, "units")? },
        "token_issued" | "token_refused" | "token_revoked" | "token_expired" => {
            What::Token { outcome: kind.trim_start_matches("token_") }
        }
        "token_redeemed" => match text(event, "outcome")? {
            outcome @ ("succeeded" | "failed") => What::Token { outcome },
            _ => return Err(unreadable("outcome")),
        },
        "sale" => What::Sale(sale(event)?),
        "household" => household(event)?,
        "web_timing" => web_timing(event)?,
        "web_phantom" => What::WebPhantom,
        _ => What::Other,
    })
}

fn answered(event: &Value) -> Read<Answered<'_>> {
    let mut took = Histogram::default();
    for (bucket, count) in field(event, "took", Value::as_object)? {
        let (Ok(bucket), Some(count)) = (bucket.parse(), count.as_u64()) else { return Err(unreadable("took")) };
        took.add(bucket, count);
    }
    Ok(Answered {
        function: text(event, "function")?,
        took,
        millis: whole(event, "millis")?,
        refused: whole(event, "refused")?,
        failed: whole(event, "failed")?,
        late: whole(event, "late")?,
    })
}

fn moved(event: &Value) -> Read<What<'_>> {
    let movement = field(event, "movement", Some)?;
    let kind = text(movement, "kind")?;
    // The first count of a position has no books to check.
    if kind == "count" && event.get("expected").is_some() {
        let grade = Grade::of(whole(event, "expected")?, whole(movement, "quantity")?);
        return Ok(What::Counted { class: "none", grade, moved: true });
    }
    Ok(What::Moved { kind })
}

fn quote<'a>(event: &'a Value, outcome: &'a str) -> Read<What<'a>> {
    let took = (outcome == "held").then(|| whole(event, "took_ms")).transpose()?;
    let lines = match outcome {
        "held" => items(event, "lines", held_line)?,
        // Refused for other reasons, nobody has looked for the stock.
        "refused" if text(event, "reason")? == "insufficient_stock" => items(event, "lines", held_line)?,
        "committed" => items(event, "lines", |line| sold_line(line, parsed(event, "currency")?, 1))?,
        "returned" => items(event, "lines", |line| sold_line(line, parsed(event, "currency")?, -1))?,
        _ => Vec::new(),
    };
    Ok(What::Quote { outcome, took, lines })
}

fn held_line(line: &Value) -> Read<QuoteLine> {
    let said = line.get("said").map(|said| {
        let available = u32::try_from(whole(said, "available")?).unwrap_or(u32::MAX);
        Ok(Said { available, at: time(said, "at")?, snapshot: said.get("snapshot") == Some(&Value::Bool(true)) })
    });
    let lowered_at = line.get("lowered_at").map(|_| time(line, "lowered_at"));
    Ok(QuoteLine::Held {
        wanted: quantity(line, "quantity")?,
        held: quantity(line, "units")?,
        said: said.transpose()?,
        lowered_at: lowered_at.transpose()?,
    })
}

/// `sign` is −1 for what came back.
fn sold_line(line: &Value, currency: Currency, sign: i64) -> Read<QuoteLine> {
    let amount = field(line, "amount", Value::as_i64)?.saturating_mul(sign);
    Ok(QuoteLine::Sold {
        calibrations: i64::from(line.get("calibrations").map_or(Ok(0), |_| quantity(line, "calibrations"))?)
            .saturating_mul(sign),
        class: line.get("class").map_or(Ok(RevenueClass::Physical), |_| class(line))?,
        amount: Money { amount, currency },
    })
}

fn class_of_part(event: &Value) -> Read<&'static str> {
    match event.get("class").map(|class| class.as_str().unwrap_or_default()) {
        None => Ok("none"),
        Some("A") => Ok("a"),
        Some("B") => Ok("b"),
        Some("C") => Ok("c"),
        Some(_) => Err(unreadable("class")),
    }
}

fn sale(event: &Value) -> Read<Sale> {
    let lines = items(event, "lines", sale_line)?;
    if !(1..=MAX_SALE_LINES).contains(&lines.len()) {
        return Err(unreadable("lines"));
    }
    let id = |name| event.get(name).map(|_| parsed(event, name)).transpose();
    Ok(Sale { lines, household: id("household")?, quote: id("quote")? })
}

fn sale_line(line: &Value) -> Read<SaleLine> {
    let class = class(line)?;
    let powertrain = match line.get("powertrain") {
        Some(_) => powertrain(line)?,
        None => Powertrain::Unknown,
    };
    Ok(SaleLine { class, amount: money(line, "amount")?, powertrain })
}

fn household(event: &Value) -> Read<What<'_>> {
    let some = |entry: &Value| {
        let count = entry.get("count").map_or(Ok(1), |_| quantity(entry, "count"))?;
        Ok((powertrain(entry)?, count))
    };
    let mut vehicles = Vehicles::default();
    for (powertrain, more) in items(event, "vehicles", some)? {
        for (count, (known, _)) in vehicles.iter_mut().zip(Powertrain::NAMES) {
            *count = count.saturating_add(if known == powertrain { more } else { 0 });
        }
    }
    if vehicles.iter().any(|count| *count > MAX_VEHICLES) {
        return Err(unreadable("vehicles"));
    }
    Ok(What::Household { household: parsed(event, "household")?, vehicles })
}

fn web_timing(event: &Value) -> Read<What<'_>> {
    let metric = text(event, "metric")?;
    if !super::posted::METRICS.contains(&metric) {
        return Err(unreadable("metric"));
    }
    Ok(What::WebTiming { metric, bucket: bucket(quantity(event, "value")?.into()) })
}

fn field<'a, T>(value: &'a Value, name: &'static str, read: impl Fn(&'a Value) -> Option<T>) -> Read<T> {
    value.get(name).and_then(read).ok_or(unreadable(name))
}

/// Reads each item of a list.
fn items<T>(value: &Value, name: &'static str, read: impl Fn(&Value) -> Read<T>) -> Read<Vec<T>> {
    let read_at = |(place, item)| {
        read(item).map_err(|Unreadable { pointer }| Unreadable { pointer: format!("/{name}/{place}{pointer}") })
    };
    field(value, name, Value::as_array)?.iter().enumerate().map(read_at).collect()
}

fn text<'a>(value: &'a Value, name: &'static str) -> Read<&'a str> {
    field(value, name, Value::as_str)
}

fn whole(value: &Value, name: &'static str) -> Read<u64> {
    field(value, name, Value::as_u64)
}

/// A number of units: to 1,000,000,000, as a position may have.
fn units(value: &Value, name: &'static str) -> Read<u64> {
    field(value, name, |units| units.as_u64().filter(|units| *units <= crate::stock::position::MAX_UNITS))
}

fn quantity(value: &Value, name: &'static str) -> Read<u32> {
    field(value, name, |units| units.as_u64().and_then(|units| u32::try_from(units).ok()))
}

fn parsed<T: std::str::FromStr>(value: &Value, name: &'static str) -> Read<T> {
    field(value, name, |value| value.as_str()?.parse().ok())
}

fn time(value: &Value, name: &'static str) -> Read<Timestamp> {
    parsed(value, name)
}

fn class(value: &Value) -> Read<RevenueClass> {
    RevenueClass::named(text(value, "class")?).ok_or(unreadable("class"))
}

fn powertrain(value: &Value) -> Read<Powertrain> {
    Powertrain::named(text(value, "powertrain")?).ok_or(unreadable("powertrain"))
}

fn money(value: &Value, name: &'static str) -> Read<Money> {
    field(value, name, |money| {
        let amount =
            money.get("amount")?.as_i64().filter(|amount| (-MAX_MINOR_UNITS..=MAX_MINOR_UNITS).contains(amount))?;
        Some(Money { amount, currency: money.get("currency")?.as_str()?.parse().ok()? })
    })
}
