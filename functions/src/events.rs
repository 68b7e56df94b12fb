//! Events on their way: from an object's outbox through the `EVENTS` queue into the log of their day.
//!
//! A message is `{"source": "enam/17", "events": [{"seq": 1, "at": "…", "kind": "held", …}, …]}`. `source` is the name
//! of the object, `seq` the event's place there; `enam/17:1` is the event's id, by which whoever takes events knows
//! those that come twice. Many events share a message because a queue counts, and bills, by the message.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use holdfast::access::Scope;
use holdfast::time::{DAY, Timestamp};
use serde::Deserialize;
use serde_json::value::RawValue;
use worker::{Date, Env, Result, console_error};

use crate::edge::Edge;
use crate::objects::event_log::{Batch, Command, Rejected};
use crate::objects::{self, AskError};
use crate::problem::Problem;
use crate::wire::Answer;

/// The most bytes of a message. A queue takes 128,000 with what it adds.
pub const MAX_MESSAGE: usize = 100_000;
/// The most events of one page, and how many come unasked.
pub const MAX_PAGE: u32 = 500;
const DEFAULT_PAGE: u32 = 100;
/// How long the log of a day is kept after the day, in milliseconds.
pub const LOG_KEPT: i64 = 400 * DAY;
/// What is kept of a message that cannot be read, in characters.
const KEPT_OF_REJECTED: usize = 10_000;

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow)]
    source: Cow<'a, str>,
    #[serde(borrow)]
    events: Vec<&'a RawValue>,
}

/// What every event has.
#[derive(Deserialize)]
struct Head {
    #[serde(rename = "seq")]
    _seq: u64,
    at: Timestamp,
}

/// A day in UTC; it names the log that has the day's events.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(String);

/// The text is not a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a day is a date, such as 2026-11-21")]
pub struct NotADay;

impl Day {
    /// The day of a moment.
    pub fn of(at: Timestamp) -> Self {
        Self(at.to_string().chars().take_while(|c| *c != 'T').collect())
    }

    /// When its log is deleted.
    pub fn forget_at(&self) -> Timestamp {
        // A day is written as its moments are.
        let midnight: Timestamp = format!("{self}T00:00:00Z").parse().unwrap_or_default();
        midnight.plus(DAY + LOG_KEPT)
    }
}

impl FromStr for Day {
    type Err = NotADay;

    fn from_str(text: &str) -> std::result::Result<Self, NotADay> {
        let midnight = format!("{text}T00:00:00Z").parse().map_err(|_| NotADay)?;
        Some(Self::of(midnight)).filter(|day| day.0 == text).ok_or(NotADay)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// As many of the first events as fit a message, at least one, and the place of the last of them.
pub fn pack(source: &str, events: &[(u64, String)]) -> Option<(String, u64)> {
    // Text always serialises.
    let mut message = format!(r#"{{"source":{},"events":["#, serde_json::to_string(source).unwrap_or_default());
    let mut last = None;
    for (seq, event) in events {
        if last.is_some() {
            if message.len().saturating_add(event.len()).saturating_add(3) > MAX_MESSAGE {
                break;
            }
            message.push(',');
        }
        message.push_str(event);
        last = Some(*seq);
    }
    message.push_str("]}");
    last.map(|last| (message, last))
}

/// The source and the events of a message, as a JSON list for each day, or why it is no message.
fn unpack(text: &str) -> serde_json::Result<(Cow<'_, str>, BTreeMap<Day, String>)> {
    let message: Message = holdfast::json::from_str(text)?;
    let mut days: BTreeMap<Day, String> = BTreeMap::new();
    for event in message.events {
        let Head { at, .. } = holdfast::json::from_str(event.get())?;
        let list = days.entry(Day::of(at)).or_default();
        list.push(if list.is_empty() { '[' } else { ',' });
        list.push_str(event.get());
    }
    for list in days.values_mut() {
        list.push(']');
    }
    Ok((message.source, days))
}

/// Stores messages, given with their ids, in the logs of their events' days. Returns when all of them are durable; after
/// an error, store all of them again. A message that cannot be read is kept as rejected in the log of this day: it
/// would be no better for coming again.
pub async fn store(messages: &[(String, String)], env: &Env) -> Result<()> {
    let mut days: BTreeMap<Day, (Vec<Batch>, Vec<Rejected>)> = BTreeMap::new();
    for (id, text) in messages {
        match unpack(text) {
            Ok((source, lists)) => {
                for (day, list) in lists {
                    let events = RawValue::from_string(list)?;
                    days.entry(day).or_default().0.push(Batch { source: source.clone(), events });
                }
            }
            Err(error) => {
                console_error!("message {id} is rejected: {error}");
                let body = text.chars().take(KEPT_OF_REJECTED).collect();
                let rejected = Rejected { id: id.clone(), why: error.to_string(), body };
                days.entry(today()).or_default().1.push(rejected);
            }
        }
    }
    for (day, (batches, rejected)) in days {
        let stored = ask(&day, &Command::Store { batches, rejected }, env).await;
        stored.map_err(|error| worker::Error::from(error.to_string()))?;
    }
    Ok(())
}

/// `GET /v1/admin/events?day=&after=&limit=`: a day's events in order of arrival; with `rejected=true` the messages that
/// could not be read.
pub async fn of_day(edge: &Edge<'_>) -> std::result::Result<Answer, Problem> {
    edge.caller(Scope::Admin).await?;
    let day = edge.parameter("day")?.unwrap_or_else(|| Day::of(edge.now));
    let after = edge.parameter("after")?.unwrap_or(0);
    let limit = edge.parameter("limit")?.unwrap_or(DEFAULT_PAGE);
    let rejected = edge.parameter("rejected")?.unwrap_or(false);
    if !(1..=MAX_PAGE).contains(&limit) {
        return Err(Problem::invalid_field("/limit", format!("a page has 1 to {MAX_PAGE} entries")));
    }
    let page = ask(&day, &Command::Page { rejected, after, limit }, edge.env).await.map_err(|error| {
        console_error!("event log {day}: {error}");
        Problem::unavailable("the log of this day is busy or restarting; send the same request again")
    })?;
    Ok(edge.json_text(page).header("cache-control", "no-store"))
}

async fn ask(day: &Day, command: &Command<'_>, env: &Env) -> std::result::Result<String, AskError> {
    let text = serde_json::to_string(command).map_err(|error| AskError::Failed(error.to_string()))?;
    objects::ask(env, "EVENT_LOG", &day.0, None, &text).await
}

fn today() -> Day {
    Day::of(Timestamp::from_millis(i64::try_from(Date::now().as_millis()).unwrap_or(i64::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(seq: u64, at: &str) -> (u64, String) {
        (seq, format!(r#"{{"seq":{seq},"at":"{at}","kind":"released","quote":"q"}}"#))
    }

    #[test]
    fn what_was_packed_is_unpacked_by_day() {
        let events = [
            event(7, "2026-11-21T23:59:59.999Z"),
            event(9, "2026-11-22T00:00:00.000Z"),
            event(10, "2026-11-22T00:00:00.000Z"),
        ];
        let (message, last) = pack("enam/17", &events).unwrap();
        assert_eq!(last, 10);
        let (source, days) = unpack(&message).unwrap();
        let seen: Vec<_> = days.iter().map(|(day, list)| (day.0.as_str(), list.clone())).collect();
        let [first, second, third] = events.map(|(_, event)| event);
        assert_eq!(source, "enam/17");
        assert_eq!(seen, [("2026-11-21", format!("[{first}]")), ("2026-11-22", format!("[{second},{third}]"))]);
    }

    #[test]
    fn a_message_has_as_many_events_as_fit_and_never_none() {
        let padded = |seq| (seq, format!(r#"{{"seq":{seq},"pad":"{}"}}"#, "x".repeat(40_000)));
        let (message, last) = pack("s", &[padded(1), padded(2), padded(3)]).unwrap();
        assert!(last == 2 && message.len() <= MAX_MESSAGE);
        let huge = (5, "x".repeat(MAX_MESSAGE));
        assert_eq!(pack("s", &[huge, padded(6)]).unwrap().1, 5);
        assert_eq!(pack("s", &[]), None);
    }

    #[test]
    fn a_message_with_one_unreadable_event_is_rejected_whole() {
        for text in [
            "",
            "{}",
            "[]",
            r#"{"source":"s","events":[{"seq":1}]}"#,
            r#"{"source":"s","events":[{"seq":-1,"at":"2026-11-21T00:00:00Z"}]}"#,
        ] {
            assert!(unpack(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_log_of_a_day_is_kept_for_four_hundred_days_after_it() {
        let day: Day = "2026-11-21".parse().unwrap();
        assert_eq!(day.forget_at().to_string(), "2027-12-27T00:00:00.000Z");
    }

    #[test]
    fn a_day_is_a_date_that_exists() {
        assert_eq!("2026-11-21".parse::<Day>().unwrap().to_string(), "2026-11-21");
        for text in ["", "2026-11-31", "2026-11-21T00:00:00Z", "26-11-21", "2026-1-1"] {
            assert_eq!(text.parse::<Day>(), Err(NotADay), "{text}");
        }
    }
}
