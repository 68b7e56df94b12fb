//! Phantoms: answers that said a quantity was there, and holds that then failed.
//!
//! An isolate remembers what it told each account of each part ([`Answers`]). When the account then asks to hold the part,
//! what it was told goes along ([`Said`]), and the outcome of the hold is judged by it ([`judge`]).
//!
//! A hold is judged if the isolate that takes it gave the account's last answer on the part, at most [`REMEMBERED`] ago,
//! and has not needed the room since. Other holds are in neither part of the rate.

use crate::id::{AccountId, Sku, fnv1a};
use crate::quote::Said;
use crate::time::{MINUTE, Timestamp};

/// How long an answer is remembered, in milliseconds: as long as a quote is held unless it says otherwise.
pub const REMEMBERED: i64 = 15 * MINUTE;

/// Answers that an isolate remembers: 24 bytes each, 384 KiB in all.
const SLOTS: usize = 16_384;

/// Why an answer did not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The answer came from a snapshot, which was behind.
    StaleSnapshot,
    /// The answer was true, and somebody else was faster.
    Race,
    /// The answer was what the books said, and a count, damage or correction since then said that they were wrong.
    Count,
}

/// What became of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The hold asked for more than was told to be there, or the answer said that nothing was: nothing to judge.
    NotTold,
    /// What was told could be held.
    Kept,
    /// It could not.
    Phantom(Cause),
}

/// Judges a hold for `wanted` units that got `held`, by what was `said` before. `lowered_at` is when the stock it was to
/// come from was last found to be less than the books said.
pub fn judge(said: Said, wanted: u32, held: u32, lowered_at: Option<Timestamp>) -> Verdict {
    if said.available < wanted {
        Verdict::NotTold
    } else if held >= wanted {
        Verdict::Kept
    } else if lowered_at.is_some_and(|lowered| lowered >= said.at) {
        Verdict::Phantom(Cause::Count)
    } else if said.snapshot {
        Verdict::Phantom(Cause::StaleSnapshot)
    } else {
        Verdict::Phantom(Cause::Race)
    }
}

impl Cause {
    /// Its name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::StaleSnapshot => "stale_snapshot",
            Self::Race => "race",
            Self::Count => "count",
        }
    }
}

/// The last answers of an isolate, by account and part. Each has one slot that it can lie in; an answer that needs a
/// taken slot takes it over. So nothing is ever searched, moved or allocated, and the memory never grows.
#[derive(Debug)]
pub struct Answers(Box<[Slot]>);

#[derive(Debug, Clone, Copy, Default)]
struct Slot {
    /// Of account and sku: two that are confused are one chance in 2^64.
    hash: u64,
    at: Timestamp,
    available: u32,
    snapshot: bool,
}

impl Default for Answers {
    fn default() -> Self {
        Self(vec![Slot::default(); SLOTS].into_boxed_slice())
    }
}

impl Answers {
    /// Notes what an account is told, over what it was told before.
    pub fn remember(&mut self, account: &AccountId, sku: &Sku, said: Said) {
        let hash = hash(account, sku);
        if let Some(slot) = self.0.get_mut(place(hash)) {
            *slot = Slot { hash, at: said.at, available: said.available, snapshot: said.snapshot };
        }
    }

    /// What an account was last told of a part, if that is remembered at `now`.
    pub fn recall(&self, account: &AccountId, sku: &Sku, now: Timestamp) -> Option<Said> {
        let hash = hash(account, sku);
        let slot = self.0.get(place(hash)).filter(|slot| slot.hash == hash && now.since(slot.at) <= REMEMBERED)?;
        Some(Said { available: slot.available, at: slot.at, snapshot: slot.snapshot })
    }
}

fn hash(account: &AccountId, sku: &Sku) -> u64 {
    fnv1a(account.as_str().as_bytes()).rotate_left(32) ^ fnv1a(sku.as_str().as_bytes())
}

fn place(hash: u64) -> usize {
    usize::try_from(hash.rem_euclid(SLOTS as u64)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn said(available: u32, snapshot: bool) -> Said {
        Said { available, at: at(1_000), snapshot }
    }

    #[test]
    fn a_hold_is_judged_by_what_the_account_was_told() {
        let (shard, snapshot) = (said(5, false), said(5, true));
        assert_eq!(judge(shard, 5, 5, None), Verdict::Kept);
        assert_eq!(judge(shard, 6, 2, None), Verdict::NotTold);
        assert_eq!(judge(said(0, false), 1, 0, None), Verdict::NotTold);
        assert_eq!(judge(shard, 5, 4, None), Verdict::Phantom(Cause::Race));
        assert_eq!(judge(snapshot, 5, 0, None), Verdict::Phantom(Cause::StaleSnapshot));
    }

    #[test]
    fn a_count_is_the_cause_only_if_it_came_after_the_answer() {
        for (lowered, from_shard, from_snapshot) in
            [(999, Cause::Race, Cause::StaleSnapshot), (1_000, Cause::Count, Cause::Count)]
        {
            assert_eq!(judge(said(5, false), 5, 4, Some(at(lowered))), Verdict::Phantom(from_shard));
            assert_eq!(judge(said(5, true), 5, 4, Some(at(lowered))), Verdict::Phantom(from_snapshot));
        }
    }

    #[test]
    fn the_last_answer_counts_for_its_account_and_part_and_for_a_quarter_of_an_hour() {
        let (account, other): (AccountId, AccountId) = ("shop-1".parse().unwrap(), "shop-2".parse().unwrap());
        let (sku, next): (Sku, Sku) = ("A".parse().unwrap(), "B".parse().unwrap());
        let mut answers = Answers::default();
        answers.remember(&account, &sku, said(5, false));
        answers.remember(&account, &sku, said(3, true));
        assert_eq!(answers.recall(&account, &sku, at(1_000 + REMEMBERED)), Some(said(3, true)));
        assert_eq!(answers.recall(&account, &sku, at(1_001 + REMEMBERED)), None);
        assert_eq!(answers.recall(&other, &sku, at(1_000)), None);
        assert_eq!(answers.recall(&account, &next, at(1_000)), None);
    }

    #[test]
    fn an_answer_never_passes_for_another_one_however_many_there_are() {
        let account: AccountId = "shop-1".parse().unwrap();
        let sku = |n: u32| -> Sku { format!("SKU-{n}").parse().unwrap() };
        let mut answers = Answers::default();
        (0..100_000).for_each(|n| answers.remember(&account, &sku(n), said(n, false)));
        let known: Vec<u32> =
            (0..100_000).filter(|n| answers.recall(&account, &sku(*n), at(1_000)).is_some()).collect();
        assert!(known.iter().all(|n| answers.recall(&account, &sku(*n), at(1_000)) == Some(said(*n, false))));
        assert!(known.len() > SLOTS / 2 && known.len() <= SLOTS, "{}", known.len());
    }
}
