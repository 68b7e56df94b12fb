//! Sums by key: a sorted list, which for a few hundred sums is as fast as a tree and takes a tenth of the code.

/// Sums, in the order of their keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sums<K>(Vec<(K, i64)>);

impl<K> Default for Sums<K> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<K: Ord> Sums<K> {
    /// Adds to the sum of `key`. A sum of 0 that nothing was ever added to is not kept.
    pub fn add(&mut self, key: K, more: i64) {
        // Sums that are read come in their order.
        if more != 0 && self.0.last().is_none_or(|(last, _)| *last < key) {
            self.0.push((key, more));
            return;
        }
        match self.0.binary_search_by(|(known, _)| known.cmp(&key)) {
            Ok(place) => {
                if let Some((_, sum)) = self.0.get_mut(place) {
                    *sum = sum.saturating_add(more);
                }
            }
            Err(_) if more == 0 => {}
            Err(place) => self.0.insert(place, (key, more)),
        }
    }

    /// Adds each of the other sums, so many times.
    pub fn merge(&mut self, other: &Self, times: i64)
    where
        K: Clone,
    {
        let mut merged = Vec::with_capacity(self.0.len().max(other.0.len()));
        let mut own = std::mem::take(&mut self.0).into_iter().peekable();
        for (key, more) in &other.0 {
            while let Some(before) = own.next_if(|(known, _)| known < key) {
                merged.push(before);
            }
            let more = more.saturating_mul(times);
            merged.push(match own.next_if(|(known, _)| known == key) {
                Some((known, sum)) => (known, sum.saturating_add(more)),
                None => (key.clone(), more),
            });
        }
        merged.extend(own);
        self.0 = merged;
    }

    /// The sums whose keys are not `before` some point, in order. Keys before it come first.
    pub fn from(&self, before: impl Fn(&K) -> bool) -> &[(K, i64)] {
        let start = self.0.partition_point(|(key, _)| before(key));
        self.0.get(start..).unwrap_or_default()
    }

    /// Forgets the sums whose keys are `before` some point. Keys before it come first.
    pub fn drop_before(&mut self, before: impl Fn(&K) -> bool) {
        let end = self.0.partition_point(|(key, _)| before(key));
        self.0.drain(..end);
    }

    /// Every sum.
    pub fn all(&self) -> &[(K, i64)] {
        &self.0
    }
}

/// The entry of `key` in a short list, made if need be.
pub fn entry<K: PartialEq, V: Default>(list: &mut Vec<(K, V)>, key: K) -> Option<&mut V> {
    let place = list.iter().position(|(known, _)| *known == key).unwrap_or(list.len());
    if place == list.len() {
        list.push((key, V::default()));
    }
    list.get_mut(place).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn sums_are_those_of_a_map(added in proptest::collection::vec((0_u8..20, -5_i64..5), 0..60), from in 0_u8..20) {
            let (mut sums, mut map) = (Sums::default(), BTreeMap::<u8, i64>::new());
            for (key, more) in added {
                sums.add(key, more);
                *map.entry(key).or_default() += more;
            }
            let not_zero = |all: &[(u8, i64)]| all.iter().copied().filter(|(_, sum)| *sum != 0).collect::<Vec<_>>();
            map.retain(|_, sum| *sum != 0);
            prop_assert_eq!(not_zero(sums.all()), map.clone().into_iter().collect::<Vec<_>>());
            prop_assert_eq!(not_zero(sums.from(|key| *key < from)), map.range(from..).map(|(k, v)| (*k, *v)).collect::<Vec<_>>());
        }
    }

    proptest! {
        #[test]
        fn merging_adds_each_sum(
            one in proptest::collection::btree_map(0_u8..20, -5_i64..5, 0..15),
            other in proptest::collection::btree_map(0_u8..20, -5_i64..5, 0..15),
            times in -1_i64..2,
        ) {
            let sums = |map: &BTreeMap<u8, i64>| {
                let mut sums = Sums::default();
                for (key, sum) in map {
                    sums.add(*key, *sum);
                }
                sums
            };
            let (mut merged, mut one_by_one) = (sums(&one), sums(&one));
            merged.merge(&sums(&other), times);
            for (key, sum) in &other {
                one_by_one.add(*key, sum * times);
            }
            let not_zero = |all: &Sums<u8>| all.all().iter().copied().filter(|(_, sum)| *sum != 0).collect::<Vec<_>>();
            prop_assert_eq!(not_zero(&merged), not_zero(&one_by_one));
            prop_assert!(merged.all().is_sorted_by(|(one, _), (other, _)| one < other));
        }
    }

    #[test]
    fn an_entry_is_made_once() {
        let mut list: Vec<(&str, u32)> = Vec::new();
        for key in ["a", "b", "a"] {
            *entry(&mut list, key).unwrap() += 1;
        }
        assert_eq!(list, [("a", 2), ("b", 1)]);
    }
}
