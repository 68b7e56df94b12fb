//! The generator's randomness: `SplitMix64`, integers only, so that every machine makes the same bytes.
//!
//! Source: Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014, and the public-domain
//! `splitmix64.c` of Sebastiano Vigna. Every subject (a part, a family of parts) has a stream of its own, derived from
//! the seed and the subject's name: adding a part moves no other part's numbers.

use holdfast::id::fnv1a;

/// A stream of numbers that depends on nothing but a seed and a subject.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// The stream of `subject` under `seed`.
    pub fn new(seed: u64, subject: &str) -> Self {
        let mut seeded = Self(seed);
        Self(seeded.next_u64() ^ fnv1a(subject.as_bytes()))
    }

    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from 0 to `bound` − 1 (0 if `bound` is 0). The bias of the 32-bit reduction is below `bound` / 2^32.
    pub fn below(&mut self, bound: u64) -> u64 {
        ((self.next_u64() >> 32) * bound) >> 32
    }

    /// A number from `low` to `high`, both included.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high - low + 1)
    }

    /// True `permille` times in a thousand.
    pub fn chance(&mut self, permille: u64) -> bool {
        self.below(1000) < permille
    }

    /// One of `choices`, each as likely as its weight; `fallback` if there is none.
    pub fn weighted<T: Copy>(&mut self, choices: &[(T, u64)], fallback: T) -> T {
        let mut ticket = self.below(choices.iter().map(|(_, weight)| weight).sum());
        for &(choice, weight) in choices {
            match ticket.checked_sub(weight) {
                Some(rest) => ticket = rest,
                None => return choice,
            }
        }
        fallback
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_those_of_the_reference_implementation() {
        // First outputs of splitmix64.c for state 1234567.
        let mut random = Random(1_234_567);
        assert_eq!(random.next_u64(), 6_457_827_717_110_365_317);
        assert_eq!(random.next_u64(), 3_203_168_211_198_807_973);
    }

    #[test]
    fn subjects_have_streams_of_their_own() {
        assert_ne!(Random::new(1, "A").next_u64(), Random::new(1, "B").next_u64());
        assert_ne!(Random::new(1, "A").next_u64(), Random::new(2, "A").next_u64());
    }

    #[test]
    fn a_weight_of_zero_is_never_drawn_and_the_others_are() {
        let mut random = Random::new(7, "weights");
        let drawn: Vec<u64> = (0..1000).map(|_| random.weighted(&[(1, 1), (2, 0), (3, 3)], 9)).collect();
        let count = |value| drawn.iter().filter(|d| **d == value).count();
        assert!((200..300).contains(&count(1)) && count(2) == 0 && count(9) == 0, "{}", count(1));
    }
}
