//! Durations counted by size, so that percentiles of any number of them can be told and added up.
//!
//! Log-linear buckets, as in `HdrHistogram`: below [`EXACT`] milliseconds each has its own; above, every power of two is
//! cut into [`PARTS`] of equal width. A percentile is told as the largest duration of its bucket, so it is never below
//! the true one and at most 1/64 (1.6 %) above it.

use super::sums::Sums;

/// Durations below this many milliseconds are counted exactly.
pub const EXACT: u64 = 2 * PARTS;
/// Buckets of each power of two from [`EXACT`] on.
pub const PARTS: u64 = 64;

/// How many durations of which size, in milliseconds: counts by bucket.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Histogram(Sums<u16>);

impl Histogram {
    /// Counts one more duration.
    pub fn record(&mut self, millis: u64) {
        self.0.add(bucket(millis), 1);
    }

    /// Counts so many durations of a bucket.
    pub fn add(&mut self, bucket: u16, count: u64) {
        self.0.add(bucket, i64::try_from(count).unwrap_or(i64::MAX));
    }

    /// Adds everything that another histogram counted.
    pub fn merge(&mut self, other: &Self) {
        self.0.merge(&other.0, 1);
    }

    /// How many durations were counted.
    pub fn count(&self) -> u64 {
        self.by_bucket().fold(0, |sum, (_, count)| sum.saturating_add(count))
    }

    /// How many were below `millis`; exact where `millis` is at most [`EXACT`] or begins a bucket.
    pub fn below(&self, millis: u64) -> u64 {
        let end = bucket(millis);
        let below = self.by_bucket().take_while(|(bucket, _)| *bucket < end);
        below.fold(0, |sum, (_, count)| sum.saturating_add(count))
    }

    /// The duration in milliseconds that `per_mille` thousandths of them do not exceed; nothing if none were counted.
    pub fn percentile(&self, per_mille: u16) -> Option<u64> {
        let wanted = self.count().saturating_mul(per_mille.min(1_000).into()).div_ceil(1_000).max(1);
        let mut seen = 0_u64;
        let mut buckets = self.by_bucket();
        let reached = buckets.find(|(_, count)| {
            seen = seen.saturating_add(*count);
            seen >= wanted
        });
        reached.map(|(bucket, _)| largest(bucket))
    }

    /// Each bucket and its count, ascending.
    pub fn by_bucket(&self) -> impl Iterator<Item = (u16, u64)> {
        self.0.all().iter().map(|(bucket, count)| (*bucket, u64::try_from(*count).unwrap_or(0)))
    }
}

/// The bucket of a duration. Each power of two above [`EXACT`] takes [`PARTS`] of them, so a `u16` holds them all.
pub fn bucket(millis: u64) -> u16 {
    let doublings = millis.checked_ilog2().unwrap_or(0).saturating_sub(EXACT.ilog2().saturating_sub(1));
    let bucket = u64::from(doublings).saturating_mul(PARTS).saturating_add(millis.checked_shr(doublings).unwrap_or(0));
    u16::try_from(bucket).unwrap_or(u16::MAX)
}

/// The largest duration of a bucket.
fn largest(bucket: u16) -> u64 {
    let bucket = u64::from(bucket);
    let doublings = bucket.checked_div(PARTS).unwrap_or(0).saturating_sub(1);
    let part = bucket.saturating_sub(doublings.saturating_mul(PARTS));
    let first = part.checked_shl(u32::try_from(doublings).unwrap_or(0)).unwrap_or(0);
    let width = 1_u64.checked_shl(u32::try_from(doublings).unwrap_or(0)).unwrap_or(0);
    first.saturating_add(width.saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(durations: &[u64]) -> Histogram {
        let mut histogram = Histogram::default();
        for millis in durations {
            histogram.record(*millis);
        }
        histogram
    }

    /// Durations of every size: as many between 1 and 2 as between 2^40 and 2^41.
    fn duration() -> impl Strategy<Value = u64> {
        (0_u32..64, any::<u64>()).prop_map(|(shift, bits)| bits >> shift)
    }

    proptest! {
        #[test]
        fn a_percentile_is_never_below_the_true_one_and_at_most_a_64th_above(
            mut durations in proptest::collection::vec(duration(), 1..200),
            per_mille in 0_u16..=1_000,
        ) {
            let told = of(&durations).percentile(per_mille).unwrap();
            durations.sort_unstable();
            let rank = (durations.len() * usize::from(per_mille)).div_ceil(1_000).max(1);
            let exact = durations[rank - 1];
            prop_assert!(told >= exact, "{told} is below {exact}");
            prop_assert!(told - exact <= exact / PARTS, "{told} is too far from {exact}");
            prop_assert!(exact >= EXACT || told == exact);
        }

        #[test]
        fn merging_is_the_same_as_counting_together(
            one in proptest::collection::vec(duration(), 0..100),
            other in proptest::collection::vec(duration(), 0..100),
        ) {
            let mut merged = of(&one);
            merged.merge(&of(&other));
            prop_assert_eq!(merged, of(&[one, other].concat()));
        }

        #[test]
        fn what_is_below_a_limit_is_counted_exactly(durations in proptest::collection::vec(0_u64..300, 0..200)) {
            let below = durations.iter().filter(|millis| **millis < 100).count() as u64;
            prop_assert_eq!(of(&durations).below(100), below);
        }
    }

    #[test]
    fn every_bucket_ends_where_the_next_begins() {
        let last = bucket(u64::MAX);
        for place in 0..last {
            assert_eq!(bucket(largest(place)), place);
            assert_eq!(bucket(largest(place) + 1), place + 1);
        }
        assert_eq!(largest(last), u64::MAX);
    }

    #[test]
    fn nothing_counted_has_no_percentiles() {
        assert_eq!((Histogram::default().percentile(990), Histogram::default().count()), (None, 0));
    }
}
