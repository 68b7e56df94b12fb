//! A circuit breaker: whoever does not answer is not asked for a while, so that nobody waits for it in vain.

use crate::time::Timestamp;

/// Failures in a row that open the circuit.
pub const FAILURES: u8 = 5;
/// How long an open circuit refuses, in milliseconds. Then one call probes, and others go on being refused for as long
/// again, unless the probe succeeds before.
pub const OPEN_FOR: i64 = 30_000;

/// What is known of one service's health. It starts closed: everything passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Breaker {
    /// Calls pass.
    Closed {
        /// Calls that have failed since one succeeded.
        failures: u8,
    },
    /// Calls are refused.
    Open {
        /// From when on one call may probe.
        until: Timestamp,
    },
}

impl Default for Breaker {
    fn default() -> Self {
        Self::Closed { failures: 0 }
    }
}

impl Breaker {
    /// Whether a call may be made at `now`; if not, after how many milliseconds one may be tried. Tell what becomes of a
    /// call that may.
    pub fn admit(&mut self, now: Timestamp) -> Result<(), i64> {
        match *self {
            Self::Open { until } if now < until => Err(until.since(now)),
            Self::Open { .. } => {
                // A probe whose outcome is never told must not keep the circuit open for ever.
                *self = Self::Open { until: now.plus(OPEN_FOR) };
                Ok(())
            }
            Self::Closed { .. } => Ok(()),
        }
    }

    /// A call succeeded.
    pub fn succeeded(&mut self) {
        *self = Self::default();
    }

    /// A call failed at `now`.
    pub fn failed(&mut self, now: Timestamp) {
        *self = match *self {
            Self::Closed { failures } if failures.saturating_add(1) < FAILURES => {
                Self::Closed { failures: failures.saturating_add(1) }
            }
            Self::Closed { .. } => Self::Open { until: now.plus(OPEN_FOR) },
            // A failed probe, or a call from before: the time of the next probe is set already.
            open @ Self::Open { .. } => open,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What happens to a breaker, and when, in milliseconds.
    enum Step {
        Pass(i64),
        Refuse(i64, i64),
        Fail(i64),
        Succeed,
    }
    use Step::{Fail, Pass, Refuse, Succeed};

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(1_795_262_400_000 + millis)
    }

    fn plays(steps: impl IntoIterator<Item = Step>) {
        let mut breaker = Breaker::default();
        for (place, step) in steps.into_iter().enumerate() {
            match step {
                Pass(now) => assert_eq!(breaker.admit(at(now)), Ok(()), "step {place}"),
                Refuse(now, wait) => assert_eq!(breaker.admit(at(now)), Err(wait), "step {place}"),
                Fail(now) => breaker.failed(at(now)),
                Succeed => breaker.succeeded(),
            }
        }
    }

    #[test]
    fn five_failures_in_a_row_open_it_for_thirty_seconds() {
        plays([
            Fail(0),
            Fail(1),
            Fail(2),
            Fail(3),
            Pass(4),
            Fail(5),
            Refuse(5, 30_000),
            Refuse(30_004, 1),
            Pass(30_005),
        ]);
    }

    #[test]
    fn a_success_starts_the_count_anew() {
        plays([Fail(0), Fail(0), Fail(0), Fail(0), Succeed, Fail(0), Fail(0), Fail(0), Fail(0), Pass(0)]);
    }

    #[test]
    fn one_probe_is_let_through_and_decides() {
        let open = || (0..5).map(|_| Fail(0));
        plays(open().chain([Pass(30_000), Refuse(30_000, 30_000), Succeed, Pass(30_001), Pass(30_001)]));
        plays(open().chain([Pass(30_000), Fail(33_000), Refuse(33_000, 27_000), Pass(60_000)]));
    }

    #[test]
    fn a_probe_that_is_never_heard_of_again_is_followed_by_another() {
        plays((0..5).map(|_| Fail(0)).chain([Pass(30_000), Refuse(59_999, 1), Pass(60_000)]));
    }

    #[test]
    fn calls_that_were_under_way_when_it_opened_do_not_keep_it_open() {
        plays((0..5).map(|_| Fail(0)).chain([Fail(2_900), Refuse(29_999, 1), Pass(30_000)]));
    }
}
