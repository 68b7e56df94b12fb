//! Events on their way: from an object's outbox through the `EVENTS` queue into the log of their day and onto the KPI
//! boards of their region; what endpoints asked for goes to their desks ([`crate::webhooks`]).
//!
//! A message is `{"source": "enam/17", "events": [{"seq": 1, "at": "…", "kind": "held", …}, …]}`. `source` is the name
//! of the object, `seq` the event's place there; `enam/17:1` is the event's id, by which whoever takes events knows
//! those that come twice. Events that callers report have a text, `id`, in place of `seq`. Many events share a message
//! because a queue counts, and bills, by the message.

use std::borrow::Cow;

use holdfast::access::Scope;
use holdfast::catalog::Reading;
use holdfast::id::{AccountId, InvalidId, Region};
use holdfast::time::{DAY, Day, Timestamp};
use holdfast::webhook::Message as Told;
use serde::Deserialize;
use serde_json::value::RawValue;
use worker::{Date, Env, Result, console_error};

use crate::catalog;
use crate::edge::Edge;
use crate::objects::event_log::{self, Rejected};
use crate::objects::{self, AskError, kpi_board};
use crate::problem::Problem;
use crate::webhooks;
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

/// Stands where a region's name does for what belongs to none that is known.
pub const NO_REGION: &str = "none";

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow)]
    source: Cow<'a, str>,
    #[serde(borrow)]
    events: Vec<&'a RawValue>,
}

/// What every event has.
#[derive(Deserialize)]
struct Head<'a> {
    seq: Option<u64>,
    #[serde(borrow)]
    id: Option<Cow<'a, str>>,
    at: Timestamp,
    region: Option<Region>,
    #[serde(borrow)]
    account: Option<Cow<'a, str>>,
}

/// An event of a message.
#[derive(Debug)]
struct Unpacked<'a> {
    day: Day,
    /// Where it happened, if it says so.
    region: Option<Region>,
    /// Whose it is, if it says so.
    account: Option<Cow<'a, str>>,
    text: &'a str,
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

/// The source and the events of a message, or why it is no message.
fn unpack(text: &str) -> serde_json::Result<(Cow<'_, str>, Vec<Unpacked<'_>>)> {
    use serde::de::Error;
    let message: Message = holdfast::json::from_str(text)?;
    let mut events = Vec::with_capacity(message.events.len());
    for event in message.events {
        let Head { seq, id, at, region, account } = holdfast::json::from_str(event.get())?;
        if seq.is_none() && id.is_none() {
            return Err(serde_json::Error::custom("an event has neither `seq` nor `id`"));
        }
        events.push(Unpacked { day: Day::of(at), region, account, text: event.get() });
    }
    Ok((message.source, events))
}

/// Lists as JSON, by what the entries of a list have in common.
#[derive(Default)]
struct Lists(Vec<(String, String)>);

impl Lists {
    fn add(&mut self, key: &str, entry: &str) {
        if let Some((_, list)) = self.0.iter_mut().find(|(known, _)| known == key) {
            list.push(',');
            list.push_str(entry);
        } else {
            self.0.push((key.to_owned(), format!("[{entry}")));
        }
    }

    /// Adds each list of events as a batch, `{"source": …, "events": […]}`, to the list of batches with the same key.
    fn add_to(self, batches: &mut Self, source: &str) {
        // Text always serialises.
        let source = serde_json::to_string(source).unwrap_or_default();
        for (key, list) in self.0 {
            batches.add(&key, &format!(r#"{{"source":{source},"events":{list}]}}"#));
        }
    }

    /// The lists, closed.
    fn finish(self) -> impl Iterator<Item = (String, String)> {
        self.0.into_iter().map(|(key, list)| (key, list + "]"))
    }
}

/// Stores messages, given with their ids, in the logs of their events' days, and counts the events on the boards of their
/// regions, and gives the desks of webhooks what their endpoints asked for. Returns when all of that is durable; after an error, store all of them again. A message that cannot be read
/// is kept as rejected in the log of this day: it would be no better for coming again.
pub async fn store(messages: &[(String, String)], env: &Env) -> Result<()> {
    let (mut logs, mut boards) = (Lists::default(), Lists::default());
    let mut told = Vec::new();
    let mut rejected = Vec::new();
    for (id, text) in messages {
        match unpack(text) {
            Ok((source, events)) => {
                let mut home: Option<(Option<Cow<'_, str>>, Region)> = None;
                let (mut by_day, mut by_region) = (Lists::default(), Lists::default());
                for Unpacked { day, region, account, text } in events {
                    let known = home.as_ref().filter(|(of, _)| *of == account).map(|(_, region)| region);
                    let region = if let Some(region) = region.or_else(|| known.cloned()) {
                        region
                    } else {
                        let region = region_of(&source, account.as_deref(), env).await?;
                        home.insert((account, region)).1.clone()
                    };
                    told.extend(Told::of(&source, text));
                    by_day.add(&day.to_string(), text);
                    by_region.add(region.as_str(), text);
                }
                by_day.add_to(&mut logs, &source);
                by_region.add_to(&mut boards, &source);
            }
            Err(error) => {
                console_error!("message {id} is rejected: {error}");
                let body = text.chars().take(KEPT_OF_REJECTED).collect();
                rejected.push(Rejected { id: id.clone(), why: error.to_string(), body });
            }
        }
    }
    for (day, batches) in logs.finish() {
        let batches = RawValue::from_string(batches)?;
        let stored = ask_log(&day, &event_log::Command::Store { batches }, env).await;
        stored.map_err(|error| worker::Error::from(error.to_string()))?;
    }
    if !rejected.is_empty() {
        let today = Day::of(now()).to_string();
        let stored = ask_log(&today, &event_log::Command::Reject { messages: rejected }, env).await;
        stored.map_err(|error| worker::Error::from(error.to_string()))?;
    }
    for (region, batches) in boards.finish() {
        let command = kpi_board::Command::Take(batches).to_text();
        let counted = objects::ask(env, "KPI_BOARD", &region, kpi_board::near(&region), &command).await;
        counted.map_err(|error| worker::Error::from(error.to_string()))?;
    }
    webhooks::tell(&told, env).await.map_err(|error| worker::Error::from(error.to_string()))
}

/// Where an event of a source happened, if it does not say it itself: a shard's region, else that of the home of the
/// `account`, or of the account whose desk it is.
async fn region_of(source: &str, account: Option<&str>, env: &Env) -> Result<Region> {
    let region = match source.split_once('/') {
        Some(("quotes" | "tokens", desk)) => {
            let account: Option<AccountId> = account.unwrap_or(desk).parse().ok();
            let home = |reading: &Reading| reading.region(&reading.account(account.as_ref()?)?.home);
            let home = catalog::settle(env, now(), home).await;
            home.map_err(|_| worker::Error::from("the catalogue cannot be read"))?
        }
        Some(("webhooks", _)) | None => None,
        Some((region, _)) => region.parse().ok(),
    };
    region.map_or_else(|| no_region().map_err(|error| worker::Error::from(error.to_string())), Ok)
}

/// When the log of a day is deleted.
pub fn forget_at(day: Day) -> Timestamp {
    day.plus(1).start().plus(LOG_KEPT)
}

/// The region of what belongs to none that is known.
pub fn no_region() -> std::result::Result<Region, InvalidId> {
    NO_REGION.parse()
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
    let page = ask_log(&day.to_string(), &event_log::Command::Page { rejected, after, limit }, edge.env)
        .await
        .map_err(|error| {
            console_error!("event log {day}: {error}");
            Problem::unavailable("the log of this day is busy or restarting; send the same request again")
        })?;
    Ok(edge.json_text(page).header("cache-control", "no-store"))
}

async fn ask_log(day: &str, command: &event_log::Command, env: &Env) -> std::result::Result<String, AskError> {
    let text = serde_json::to_string(command).map_err(|error| AskError::Failed(error.to_string()))?;
    objects::ask(env, "EVENT_LOG", day, None, &text).await
}

fn now() -> Timestamp {
    Timestamp::from_millis(i64::try_from(Date::now().as_millis()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(seq: u64, at: &str) -> (u64, String) {
        (seq, format!(r#"{{"seq":{seq},"at":"{at}","kind":"released","quote":"q"}}"#))
    }

    #[test]
    fn what_was_packed_is_unpacked_with_its_days() {
        let events = [
            event(7, "2026-11-21T23:59:59.999Z"),
            event(9, "2026-11-22T00:00:00.000Z"),
            (10, r#"{"id":"x","at":"2026-11-22T00:00:00Z","kind":"sale","region":"enam"}"#.to_owned()),
        ];
        let (message, last) = pack("enam/17", &events).unwrap();
        assert_eq!(last, 10);
        let (source, unpacked) = unpack(&message).unwrap();
        let seen: Vec<_> = unpacked
            .iter()
            .map(|event| (event.day.to_string(), event.region.is_some(), event.text.to_owned()))
            .collect();
        let [first, second, third] = events.map(|(_, event)| event);
        let expected = [
            ("2026-11-21".to_owned(), false, first),
            ("2026-11-22".to_owned(), false, second),
            ("2026-11-22".to_owned(), true, third),
        ];
        assert_eq!(source, "enam/17");
        assert_eq!(seen, expected);
    }

    #[test]
    fn a_list_has_the_batches_of_its_key_in_order() {
        let mut lists = Lists::default();
        for (key, event) in [("1", "{}"), ("2", "{\"a\":1}"), ("1", "{\"b\":2}")] {
            lists.add(key, event);
        }
        let mut batches = Lists::default();
        batches.add("2", "0");
        lists.add_to(&mut batches, "s");
        let lists: Vec<_> = batches.finish().collect();
        let expected = [
            ("2".to_owned(), r#"[0,{"source":"s","events":[{"a":1}]}]"#.to_owned()),
            ("1".to_owned(), r#"[{"source":"s","events":[{},{"b":2}]}]"#.to_owned()),
        ];
        assert_eq!(lists, expected);
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
            r#"{"source":"s","events":[{"at":"2026-11-21T00:00:00Z"}]}"#,
            r#"{"source":"s","events":[{"seq":-1,"at":"2026-11-21T00:00:00Z"}]}"#,
        ] {
            assert!(unpack(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_log_of_a_day_is_kept_for_four_hundred_days_after_it() {
        let day: Day = "2026-11-21".parse().unwrap();
        assert_eq!(forget_at(day).to_string(), "2027-12-27T00:00:00.000Z");
    }
}
