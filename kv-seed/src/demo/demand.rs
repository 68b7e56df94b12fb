//! How parts sell: intermittent demand after Croston (1972) and Syntetos & Boylan (2005), without trends or seasons.
//!
//! In a month, a part is asked for at a location with probability `p` (a Bernoulli trial); if it is, the size of the
//! order is drawn from the part's own small table (a compound Bernoulli process). `p` and the table depend on the part;
//! a location's trade scales `p`. The classes below are chosen so that many series together have the statistics of the
//! public `carparts` data: 74.9 % of months without demand, 0.507 units a month, a mean gap of 7.49 months, 13 % lumpy
//! among the intermittent. No series of that data is copied.

use super::random::Random;

/// Months of a history, as in `carparts`.
pub const MONTHS: usize = 51;

/// How one part sells at a location of usual trade.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Demand {
    /// Chance that a month has demand, in thousandths.
    pub permille: u64,
    /// The size of an order: one of these, each as likely.
    pub sizes: [u64; 4],
}

/// Chances of a month with demand and their weights, for parts that move slowly.
const SLOW: [(u64, u64); 3] = [(40, 18), (60, 22), (80, 22)];
/// The same for parts that move fast.
const FAST: [(u64, u64); 2] = [(500, 21), (600, 17)];
/// Order sizes and their weights; the last is lumpy (squared coefficient of variation above 0.49).
const SIZES: [([u64; 4], u64); 5] =
    [([1, 1, 1, 2], 44), ([1, 2, 2, 3], 22), ([2, 2, 2, 4], 9), ([4, 4, 4, 8], 4), ([1, 1, 2, 9], 21)];

impl Demand {
    /// Draws how a part sells, of which `fast_percent` in a hundred move fast.
    pub fn draw(random: &mut Random, fast_percent: u64) -> Self {
        let permille =
            if random.chance(fast_percent * 10) { random.weighted(&FAST, 500) } else { random.weighted(&SLOW, 60) };
        Self { permille, sizes: random.weighted(&SIZES, [1; 4]) }
    }

    /// Demand of one month at a location whose trade is `trade` percent of the usual.
    pub fn month(&self, random: &mut Random, trade: u64) -> u64 {
        if random.chance(self.permille * trade / 100) {
            random.weighted(&self.sizes.map(|size| (size, 1)), 1)
        } else {
            0
        }
    }

    /// Demand of [`MONTHS`] months at a location of usual trade.
    pub fn history(&self, random: &mut Random) -> [u64; MONTHS] {
        [0; MONTHS].map(|_| self.month(random, 100))
    }

    /// Expected demand of `months` months at `trade` percent of the usual, in thousandths of a unit.
    pub fn expected_milli(&self, trade: u64, months: u64) -> u64 {
        self.permille * trade * months * self.sizes.iter().sum::<u64>() / 400
    }
}

/// Statistics of many histories.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DemandStatistics {
    /// Histories counted.
    pub series: u64,
    /// Months without demand.
    pub zeros: u64,
    /// Units demanded.
    pub units: u64,
    /// Sum of each series' mean gap between months with demand, in thousandths of a month.
    gap_milli: u64,
    /// Series with a gap: two months with demand or more.
    with_gap: u64,
    /// Series by class of Syntetos, Boylan & Croston (2005): mean interval 1.32, squared variation 0.49.
    pub intermittent: u64,
    /// Rare and of varying size.
    pub lumpy: u64,
    /// Smooth or erratic: demand in three months of four or more.
    pub frequent: u64,
}

impl DemandStatistics {
    /// Counts one history in.
    pub fn add(&mut self, history: &[u64; MONTHS]) {
        let sold: Vec<u64> = history.iter().copied().filter(|units| *units > 0).collect();
        let (months, count, units) = (MONTHS as u64, sold.len() as u64, sold.iter().sum::<u64>());
        self.series += 1;
        self.zeros += months - count;
        self.units += units;
        let first = history.iter().position(|units| *units > 0);
        let last = history.iter().rposition(|units| *units > 0);
        if let (Some(first), Some(last)) = (first, last)
            && last > first
        {
            self.gap_milli += 1000 * (last - first) as u64 / (count - 1);
            self.with_gap += 1;
        }
        if count == 0 {
            return;
        }
        // CV² = (n Σx² − (Σx)²) / (Σx)², compared with 0.49 in whole numbers; likewise the interval with 1.32.
        let squares = sold.iter().map(|x| x * x).sum::<u64>();
        if months * 100 < count * 132 {
            self.frequent += 1;
        } else if 100 * (count * squares - units * units) < 49 * units * units {
            self.intermittent += 1;
        } else {
            self.lumpy += 1;
        }
    }

    /// Share of months without demand, in thousandths.
    pub fn zero_permille(&self) -> u64 {
        1000 * self.zeros / (self.series * MONTHS as u64).max(1)
    }

    /// Mean demand of a month, in thousandths of a unit.
    pub fn mean_milli(&self) -> u64 {
        1000 * self.units / (self.series * MONTHS as u64).max(1)
    }

    /// Mean gap between months with demand, in thousandths of a month.
    pub fn mean_gap_milli(&self) -> u64 {
        self.gap_milli / self.with_gap.max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_history_is_classed_as_the_literature_does() {
        let mut history = [0; MONTHS];
        history[3] = 2;
        history[13] = 2;
        history[17] = 2;
        let mut statistics = DemandStatistics::default();
        statistics.add(&history);
        assert_eq!((statistics.intermittent, statistics.mean_gap_milli()), (1, 7000));
        history[20] = 20;
        statistics.add(&history);
        statistics.add(&[1; MONTHS]);
        statistics.add(&[0; MONTHS]);
        assert_eq!((statistics.intermittent, statistics.lumpy, statistics.frequent), (1, 1, 1));
        assert_eq!((statistics.series, statistics.zeros), (4, 48 + 47 + 51));
    }
}
