//! What becomes of a try to deliver a message, and of an endpoint that does not take any.

use super::signature::{key_of, sign};
use crate::id::fnv1a;
use crate::time::{DAY, HOUR, SECOND, Timestamp};

/// How long a try may take, in milliseconds.
pub const TRY_TIMEOUT: u32 = 10_000;
/// Tries of one endpoint that are under way at the same time.
pub const AT_ONCE: u32 = 10;
/// An endpoint that has taken nothing for so long is given up, in milliseconds.
pub const GIVEN_UP_AFTER: i64 = 3 * DAY;
/// How long the secret before is used beside a new one, in milliseconds.
pub const SECRET_OVERLAP: i64 = DAY;
/// How long the log has what was delivered, in milliseconds.
pub const DELIVERED_KEPT: i64 = 7 * DAY;
/// How long the log has what could not be delivered, in milliseconds.
pub const DEAD_KEPT: i64 = 30 * DAY;
/// The most deliveries in the log of an endpoint. Of more, those that came to rest first are forgotten first.
pub const MAX_KEPT: u64 = 200_000;
/// An endpoint for which more wait is given up.
pub const MAX_WAITING: u64 = 100_000;

/// How long to wait after each failed try but the last, in milliseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule(Vec<i64>);

impl Default for Schedule {
    /// Nine tries in about 41 hours.
    fn default() -> Self {
        Self([5, 30, 120, 900, 3_600, 14_400, 43_200, 86_400].map(|seconds: i64| seconds.saturating_mul(SECOND)).into())
    }
}

impl Schedule {
    /// Reads `5,30,120`: 1 to 20 waits of 0 seconds to 7 days.
    pub fn parse(text: &str) -> Option<Self> {
        let wait = |text: &str| text.trim().parse().ok().filter(|seconds| (0..=604_800).contains(seconds));
        let waits: Option<Vec<i64>> = text.split(',').map(wait).collect();
        let waits = waits.filter(|waits| waits.len() <= 20)?;
        Some(Self(waits.into_iter().map(|seconds| seconds.saturating_mul(SECOND)).collect()))
    }

    /// The wait before the next try of `id` when so many have failed; none after the last. A tenth more or less, which
    /// follows from the id: what failed together does not come back together.
    fn wait(&self, id: &str, tries: u32) -> Option<i64> {
        let wait = *self.0.get(usize::try_from(tries.checked_sub(1)?).ok()?)?;
        let spread = i64::try_from(fnv1a(format!("{id}/{tries}").as_bytes()) % 201).unwrap_or(100).saturating_sub(100);
        Some(wait.saturating_add(wait.saturating_mul(spread).saturating_div(1_000)))
    }
}

/// What a try came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It was taken.
    Taken,
    /// The receiver wants no more, ever.
    Gone,
    /// It was not taken; in words, for the log.
    Failed(String),
}

impl Verdict {
    /// What an answer means. `status` is 0 where there was none; `late`: within [`TRY_TIMEOUT`].
    pub fn of(status: u16, late: bool) -> Self {
        Self::Failed(match status {
            200..=299 => return Self::Taken,
            410 => return Self::Gone,
            0 if late => format!("no answer within {} seconds", TRY_TIMEOUT / 1_000),
            0 => "no connection, or it was cut off".into(),
            300..=399 => format!("status {status}: redirects are not followed"),
            _ => format!("status {status}"),
        })
    }

    /// In words, where it is no success.
    pub fn error(&self) -> Option<&str> {
        match self {
            Self::Taken => None,
            Self::Gone => Some("status 410: the receiver wants no more"),
            Self::Failed(why) => Some(why),
        }
    }
}

/// What becomes of a delivery after a try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is done.
    Delivered,
    /// It is tried again then.
    Again(Timestamp),
    /// It is not tried again unless somebody asks.
    Dead,
}

/// An endpoint as its desk knows it. It has secrets, and so is never printed.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Endpoint {
    /// Where requests go.
    pub url: String,
    /// What they are signed with.
    pub secret: String,
    /// What they were signed with before, and until when they still are.
    pub previous: Option<(String, Timestamp)>,
    /// Since when it has taken nothing.
    pub failing_since: Option<Timestamp>,
    /// It is given up, and why.
    pub disabled: Option<String>,
}

impl Endpoint {
    /// `webhook-signature` of a request that is sent at `now`: with each secret that is valid then.
    pub fn signature(&self, id: &str, body: &str, now: Timestamp) -> String {
        let previous = self.previous.as_ref().filter(|(_, until)| now < *until).map(|(secret, _)| secret);
        let keys = std::iter::once(&self.secret).chain(previous).filter_map(|secret| key_of(secret));
        let signatures: Vec<String> = keys.map(|key| sign(&key, id, seconds(now), body)).collect();
        signatures.join(" ")
    }

    /// What becomes of the delivery `id` after its try number `tries`, and of the endpoint.
    pub fn heard(&mut self, id: &str, tries: u32, verdict: &Verdict, schedule: &Schedule, now: Timestamp) -> Fate {
        match verdict {
            Verdict::Taken => {
                self.failing_since = None;
                return Fate::Delivered;
            }
            Verdict::Gone => self.disabled = Some("the receiver answered 410: it wants no more".into()),
            Verdict::Failed(_) => {
                let since = *self.failing_since.get_or_insert(now);
                if since.plus(GIVEN_UP_AFTER) <= now {
                    let hours = GIVEN_UP_AFTER / HOUR;
                    self.disabled = Some(format!("the receiver has taken nothing for {hours} hours"));
                }
            }
        }
        match schedule.wait(id, tries).filter(|_| self.disabled.is_none()) {
            Some(wait) => Fate::Again(now.plus(wait)),
            None => Fate::Dead,
        }
    }

    /// It has a new secret; the one before is used beside it for a while.
    pub fn rotate(&mut self, secret: String, now: Timestamp) {
        let before = std::mem::replace(&mut self.secret, secret);
        self.previous = Some((before, now.plus(SECRET_OVERLAP)));
    }
}

/// `webhook-timestamp`.
pub fn seconds(now: Timestamp) -> i64 {
    now.millis().div_euclid(SECOND)
}

#[cfg(test)]
mod tests;
