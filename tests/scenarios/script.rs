//! The language of the scenarios: see `README.md` beside this file. Strict: what it does not understand, it refuses,
//! with the file and the line.

use std::fmt::Display;
use std::str::FromStr;

use holdfast::stock::shard::Command;
use holdfast::stock::{HoldLine, LineKey, LineUnits, Movement};
use holdfast::time::{MINUTE, Timestamp};

/// A story: what is done to a shard, step by step, and what comes of it.
pub struct Scenario {
    /// What it shows, as a sentence.
    pub name: String,
    /// In order of time.
    pub steps: Vec<Step>,
}

/// One line of a scenario.
pub struct Step {
    /// File and line.
    pub place: String,
    /// On the scenario's clock, which starts at 0:00.
    pub at: Timestamp,
    /// What is done.
    pub action: Action,
    /// What should come of it, in the words of the scenario.
    pub expected: String,
}

/// What can be done.
pub enum Action {
    /// Ask the shard something.
    Send(Command),
    /// Ask the last thing once more.
    Again,
    /// Look at a position.
    Look(Command),
    /// Read what the shard has told the house since the last time.
    Events,
    /// The shard's alarm.
    Alarm,
}

/// The scenarios in `text`.
pub fn parse(file: &str, text: &str) -> Result<Vec<Scenario>, String> {
    let mut scenarios: Vec<Scenario> = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let place = format!("{file}:{number}");
        let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
        let refuse = |why: String| format!("{place}: {why}");
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(name) = line.strip_prefix("scenario: ") {
            scenarios.push(Scenario { name: name.to_owned(), steps: Vec::new() });
            continue;
        }
        let Some(scenario) = scenarios.last_mut() else { return Err(refuse("a step before any scenario".into())) };
        let step = step(place.clone(), &line).map_err(refuse)?;
        if scenario.steps.last().is_some_and(|before| before.at > step.at) {
            return Err(refuse("time runs backwards".into()));
        }
        scenario.steps.push(step);
    }
    match scenarios.iter().find(|scenario| scenario.steps.is_empty()) {
        Some(empty) => Err(format!("{file}: the scenario '{}' has no steps", empty.name)),
        None => Ok(scenarios),
    }
}

/// `0:00 hold q1 … -> 4 from ATL1`
fn step(place: String, line: &str) -> Result<Step, String> {
    let (before, expected) = cut(line, " -> ", "an outcome after ->")?;
    let (at, action) = cut(before, " ", "a command after the time")?;
    let (at, expected) = (time(at)?, expected.to_owned());
    let action = self::action(action, &place)?;
    Ok(Step { place, at, action, expected })
}

fn action(text: &str, place: &str) -> Result<Action, String> {
    let (verb, rest) = text.split_once(' ').unwrap_or((text, ""));
    let command = match verb {
        "again" if rest.is_empty() => return Ok(Action::Again),
        "events" if rest.is_empty() => return Ok(Action::Events),
        "alarm" if rest.is_empty() => return Ok(Action::Alarm),
        "stock" => return Ok(Action::Look(Command::Positions { sku: id(rest)? })),
        "hold" => hold(rest)?,
        "extend" => {
            let (quote, expires_at) = cut(rest, " until ", "'until' and a time")?;
            Command::Extend { quote: id(quote)?, expires_at: time(expires_at)? }
        }
        "commit" => match rest.split_once(": ") {
            Some((quote, lines)) => Command::Commit { quote: id(quote)?, lines: Some(units(lines)?), to: None },
            None => Command::Commit { quote: id(rest)?, lines: None, to: None },
        },
        "release" => Command::Release { quote: id(rest)? },
        "return" => {
            let (return_id, rest) = cut(rest, " of ", "'of' and a quote")?;
            let (quote, lines) = cut(rest, ": ", "lines after a colon")?;
            Command::GiveBack { quote: id(quote)?, id: id(return_id)?, lines: units(lines)? }
        }
        kind => Command::Move { movements: vec![movement(kind, rest, place)?] },
    };
    Ok(Action::Send(command))
}

/// `q1 4 × A at ATL1 or ATL2; 1 × B whole at ATL1, until 15:00, replacing q0`
fn hold(text: &str) -> Result<Command, String> {
    let (quote, rest) = cut(text, " ", "lines after the quote")?;
    let (lines, rest) = cut(rest, ", until ", "', until' and a time")?;
    let (until, replaces) = match rest.split_once(", replacing ") {
        Some((until, old)) => (until, Some(id(old)?)),
        None => (rest, None),
    };
    let lines = (0..).zip(lines.split("; ")).map(|(place, line)| hold_line(place, line)).collect::<Result<_, _>>()?;
    Ok(Command::Hold { quote: id(quote)?, expires_at: time(until)?, lines, replaces })
}

/// `4 × A at ATL1 or ATL2`; with `whole`, all from one location; with `0.1: ` in front, as that line of the quote.
fn hold_line(place: u16, text: &str) -> Result<HoldLine, String> {
    let (line, text) = match text.split_once(": ") {
        Some((line, text)) => (key(line)?, text),
        None => (LineKey { line: place, component: None }, text),
    };
    let (what, locations) = cut(text, " at ", "'at' and a location")?;
    let (what, split) = what.strip_suffix(" whole").map_or((what, true), |what| (what, false));
    let (quantity, sku) = cut(what, " × ", "units × sku")?;
    let locations = locations.split(" or ").map(id).collect::<Result<_, _>>()?;
    Ok(HoldLine { line, sku: id(sku)?, quantity: id(quantity)?, locations, split })
}

/// `2 of line 0; 1 of line 1.0`, or `nothing`
fn units(text: &str) -> Result<Vec<LineUnits>, String> {
    let one = |text: &str| {
        let (quantity, line) = cut(text, " of line ", "units 'of line' and a line")?;
        Ok(LineUnits { line: key(line)?, quantity: id(quantity)? })
    };
    if text == "nothing" { Ok(Vec::new()) } else { text.split("; ").map(one).collect() }
}

/// `5 × A at ATL1`, with `, safety 2` for a count, and ` as m1` to name it.
fn movement(kind: &str, text: &str, place: &str) -> Result<Movement, String> {
    let kind =
        serde_json::from_value(kind.into()).map_err(|_| format!("'{kind}' is neither a command nor a movement"))?;
    let (text, name) = text.split_once(" as ").unwrap_or((text, place));
    let (text, safety) = match text.split_once(", safety ") {
        Some((text, safety)) => (text, Some(id(safety)?)),
        None => (text, None),
    };
    let (what, location) = cut(text, " at ", "'at' and a location")?;
    let (quantity, sku) = cut(what, " × ", "units × sku")?;
    let (sku, location, quantity) = (id(sku)?, id(location)?, id(quantity)?);
    let id = id(name)?;
    Ok(Movement {
        id,
        sku,
        location,
        kind,
        quantity,
        reason: None,
        expect_version: None,
        incoming: None,
        safety,
        quote: None,
    })
}

/// `0`, or `0.1` for the second component of a kit.
fn key(text: &str) -> Result<LineKey, String> {
    let (line, component) = match text.split_once('.') {
        Some((line, component)) => (line, Some(id(component)?)),
        None => (text, None),
    };
    Ok(LineKey { line: id(line)?, component })
}

/// `15:00` or `15:09.999`: minutes, seconds, milliseconds.
fn time(text: &str) -> Result<Timestamp, String> {
    let not_a_time = || format!("'{text}' is not a time such as 15:00 or 15:09.999");
    let (minutes, seconds) = text.split_once(':').ok_or_else(not_a_time)?;
    let (seconds, millis) = seconds.split_once('.').unwrap_or((seconds, "000"));
    let number = |digits: &str, length: usize| {
        let sound = digits.len() == length && digits.chars().all(|digit| digit.is_ascii_digit());
        if sound { digits.parse::<i64>().map_err(|_| not_a_time()) } else { Err(not_a_time()) }
    };
    let (minutes, seconds, millis) = (number(minutes, minutes.len())?, number(seconds, 2)?, number(millis, 3)?);
    if seconds > 59 {
        Err(not_a_time())
    } else {
        Ok(Timestamp::from_millis(minutes * MINUTE + seconds * 1_000 + millis))
    }
}

/// The two sides of `by`.
fn cut<'t>(text: &'t str, by: &str, wanted: &str) -> Result<(&'t str, &'t str), String> {
    text.split_once(by).ok_or_else(|| format!("'{text}' lacks {wanted}"))
}

/// A name or a number.
fn id<T: FromStr<Err: Display>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|error| format!("'{text}': {error}"))
}
