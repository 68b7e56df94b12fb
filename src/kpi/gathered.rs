//! The requests that an isolate has answered and not told of yet.
//!
//! A request adds to a few sums in memory, and nothing more. Now and then the sums go out as `answered` events, one for
//! each edge function, region and day. What has not gone out when an isolate ends is lost: at most [`MAX_ANSWERS`]
//! requests, and those of the last [`MAX_AGE`]. It is lost from numerator and denominator alike.

use std::fmt::Write as _;

use super::histogram::Histogram;
use super::read::VERSION;
use super::sums::entry;
use crate::id::Region;
use crate::time::{Day, Timestamp};

/// The most requests that wait to be told of.
pub const MAX_ANSWERS: u64 = 10_000;
/// How long a request waits, in milliseconds, unless the isolate ends or is held up.
pub const MAX_AGE: i64 = 2_000;

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// It was answered as it was asked.
    Answered,
    /// It was refused, because of what was asked.
    Refused,
    /// It failed, for reasons of our own.
    Failed,
}

/// What an isolate has gathered.
#[derive(Debug, Default)]
pub struct Gathered {
    sums: Vec<(What, Sums)>,
    answers: u64,
    last_seq: u64,
}

/// Day, function and region of requests that are told of together.
type What = (Day, &'static str, Region);

#[derive(Debug, Default)]
struct Sums {
    /// When the first request came.
    since: Option<Timestamp>,
    took: Histogram,
    millis: u64,
    refused: u64,
    failed: u64,
    late: u64,
}

impl Gathered {
    /// Notes a request of `function` that came at `at` and took so many milliseconds. `late` says that a shard was.
    /// Answers how many wait now.
    pub fn note(
        &mut self,
        function: &'static str,
        region: Region,
        ending: Ending,
        at: Timestamp,
        millis: u64,
        late: bool,
    ) -> u64 {
        self.answers = self.answers.saturating_add(1);
        let Some(sums) = entry(&mut self.sums, (Day::of(at), function, region)) else { return self.answers };
        sums.since.get_or_insert(at);
        match ending {
            Ending::Answered => {
                sums.took.record(millis);
                sums.millis = sums.millis.saturating_add(millis);
            }
            Ending::Refused => sums.refused = sums.refused.saturating_add(1),
            Ending::Failed => sums.failed = sums.failed.saturating_add(1),
        }
        sums.late = sums.late.saturating_add(late.into());
        self.answers
    }

    /// What there is to tell, as events numbered on from those before; nothing waits any more.
    pub fn take(&mut self) -> Vec<(u64, String)> {
        self.answers = 0;
        let mut events = Vec::with_capacity(self.sums.len());
        for ((_, function, region), sums) in std::mem::take(&mut self.sums) {
            self.last_seq = self.last_seq.saturating_add(1);
            let Sums { since, took, millis, refused, failed, late } = sums;
            let mut buckets = String::new();
            for (bucket, count) in took.by_bucket() {
                let comma = if buckets.is_empty() { "" } else { "," };
                // Writing to a String cannot fail.
                let _ = write!(buckets, "{comma}\"{bucket}\":{count}");
            }
            // Neither the names of functions nor those of regions have anything to escape.
            let event = format!(
                r#"{{"seq":{},"v":{VERSION},"at":"{}","kind":"answered","function":"{function}","region":"{region}","took":{{{buckets}}},"millis":{millis},"refused":{refused},"failed":{failed},"late":{late}}}"#,
                self.last_seq,
                since.unwrap_or_default(),
            );
            events.push((self.last_seq, event));
        }
        events
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kpi::board::Board;
    use crate::kpi::event::Event;
    use crate::kpi::tally::Tally;

    fn region(name: &str) -> Region {
        name.parse().unwrap()
    }

    #[test]
    fn events_keep_their_format() {
        let mut gathered = Gathered::default();
        let at = "2026-11-21T23:59:59.999Z".parse().unwrap();
        gathered.note("query", region("enam"), Ending::Answered, at, 41, true);
        gathered.note("query", region("enam"), Ending::Failed, at, 5_000, false);
        gathered.note("query", region("enam"), Ending::Answered, at, 200, false);
        let text = concat!(
            r#"{"seq":1,"v":1,"at":"2026-11-21T23:59:59.999Z","kind":"answered","function":"query","region":"enam","#,
            r#""took":{"41":1,"164":1},"millis":241,"refused":0,"failed":1,"late":1}"#
        );
        assert_eq!(gathered.take(), [(1, text.to_owned())]);
    }

    #[test]
    fn what_was_gathered_is_told_once_and_day_by_day() {
        let mut gathered = Gathered::default();
        let midnight: Timestamp = "2026-11-22T00:00:00Z".parse().unwrap();
        for (millis, at) in [(10, midnight.plus(-1)), (20, midnight), (300, midnight)] {
            gathered.note("query", region("enam"), Ending::Answered, at, millis, false);
        }
        assert_eq!(gathered.note("query", region("wnam"), Ending::Refused, midnight, 1, false), 4);
        let events = gathered.take();
        let mut board = Board::default();
        for (_, event) in &events {
            let event = serde_json::from_str(event).unwrap();
            board.take(&Event::read(&event).unwrap());
        }
        assert_eq!(events.iter().map(|(seq, _)| *seq).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(board.histogram("took/query/").count(), 3);
        assert_eq!(board.get(Tally::Millis("query")), 330);
        assert_eq!(board.get(Tally::Answers("query", "refused")), 1);
        assert_eq!(gathered.take(), []);
        gathered.note("query", region("enam"), Ending::Answered, midnight, 1, false);
        assert_eq!(gathered.take().first().map(|(seq, _)| *seq), Some(4));
    }
}
