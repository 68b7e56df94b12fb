//! vPIC's pattern language.
//!
//! A pattern is compared with positions 4 to 8, a bar, and positions 10 to 17, from the left; what it does not reach is
//! free. `*` is any character, `#` any digit, `[ABC]` and `[2-5]` one of a set, everything else itself. So `CM8*6` looks
//! at the descriptor only, and `*****|*A` at the plant in position 11.

use std::iter::Peekable;
use std::str::Chars;

use super::Vin;

/// How closely a pattern describes a VIN: 2 for each character it names, 1 for each it limits to a set, 0 for each it
/// leaves open. `None` where the pattern does not match, or is not a pattern at all.
pub fn specificity(pattern: &str, vin: &Vin) -> Option<u32> {
    let mut subject = vin.positions(4, 8).chars().chain(['|']).chain(vin.positions(10, 17).chars());
    let mut pattern = pattern.chars().peekable();
    let mut score = 0_u32;
    while let Some(wanted) = pattern.next() {
        let actual = subject.next()?;
        let gain = match wanted {
            '*' if actual != '|' => 0,
            '|' if actual == '|' => 0,
            '#' if actual.is_ascii_digit() => 1,
            '[' if set_holds(&mut pattern, actual)? => 1,
            literal if literal == actual && literal != '|' => 2,
            _ => return None,
        };
        score = score.saturating_add(gain);
    }
    Some(score)
}

/// Reads a set up to its closing bracket and says whether it holds `actual`. `None` if it is never closed.
fn set_holds(pattern: &mut Peekable<Chars<'_>>, actual: char) -> Option<bool> {
    let mut held = false;
    loop {
        let first = match pattern.next()? {
            ']' => return Some(held),
            first => first,
        };
        let last = match pattern.next_if_eq(&'-') {
            Some(_) => pattern.next()?,
            None => first,
        };
        held |= (first..=last).contains(&actual);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn score(pattern: &str) -> Option<u32> {
        specificity(pattern, &"1HGCM82633A004352".parse().unwrap())
    }

    #[test]
    fn characters_sets_and_wildcards_are_compared_from_position_four() {
        assert_eq!(score("CM826"), Some(10));
        assert_eq!(score("CM8"), Some(6), "a short pattern leaves the rest open");
        assert_eq!(score("C*8*6"), Some(6));
        assert_eq!(score("CM###"), Some(7));
        assert_eq!(score("[A-D]M[678]"), Some(4));
        assert_eq!(score("[AC-DX]M"), Some(3));
        assert_eq!(score("CM827"), None);
        assert_eq!(score("[^C]M"), Some(3), "vPIC has no negated sets: the caret is a member like any other");
    }

    #[test]
    fn the_bar_leads_to_position_ten() {
        assert_eq!(score("*****|3A"), Some(4));
        assert_eq!(score("CM8**|*[A-C]"), Some(7));
        assert_eq!(score("*****|*B"), None);
        assert_eq!(score("CM8|3A"), None, "the bar has its own place");
        assert_eq!(score("CM8|"), None, "not even at the end");
        assert_eq!(score("******"), None, "a wildcard does not step over the bar");
    }

    #[test]
    fn what_is_not_a_pattern_matches_nothing() {
        for pattern in ["[", "[C", "[A-", "CM826|3A0043521", "]"] {
            assert_eq!(score(pattern), None, "{pattern:?}");
        }
        assert_eq!(score(""), Some(0), "an empty pattern speaks of every vehicle of its schema");
    }

    proptest! {
        #[test]
        fn no_pattern_makes_it_panic(pattern in "[-\\[\\]*#|A-Z0-9é]{0,20}") {
            let _ = score(&pattern);
        }
    }
}
