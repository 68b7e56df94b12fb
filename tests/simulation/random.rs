//! Random numbers that are the same on every machine: `SplitMix64` (Steele, Lea, Flood: "Fast splittable pseudorandom
//! number generators", 2014).

use std::ops::RangeInclusive;

pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A sequence of its own for each combination of `parts`: what is drawn for one message does not depend on how many
    /// others there were, so a history stays much the same when a part of it is left out.
    pub fn of(parts: &[u64]) -> Self {
        Self(parts.iter().fold(0, |seed, part| Self(seed ^ part).next()))
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// One of the whole numbers of `range`.
    pub fn within(&mut self, range: RangeInclusive<i64>) -> i64 {
        let width = range.end().abs_diff(*range.start()) + 1;
        range.start() + i64::try_from(self.next() % width).unwrap()
    }

    /// One of the places of a list of `count`.
    pub fn place(&mut self, count: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(count).unwrap()).unwrap()
    }

    /// True so many times in a thousand.
    pub fn chance(&mut self, in_thousand: u32) -> bool {
        self.next() % 1_000 < u64::from(in_thousand)
    }

    pub fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.place(of.len())]
    }
}
