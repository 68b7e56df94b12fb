//! Supersession: which part is sold today in the place of an old one.

use std::collections::BTreeMap;

use crate::id::Sku;

/// The chain of replacements returns to where it began.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("supersession runs in a circle: {}", .0.iter().map(Sku::as_str).collect::<Vec<_>>().join(" → "))]
pub struct Cycle(pub Vec<Sku>);

/// The replacements of `sku`, nearest first, ending with the part that nothing supersedes. Empty if `sku` is itself
/// alive. `replaced_by` maps each superseded sku to its direct replacement.
pub fn chain(sku: &Sku, replaced_by: &BTreeMap<Sku, Sku>) -> Result<Vec<Sku>, Cycle> {
    let mut chain: Vec<Sku> = Vec::new();
    let mut current = sku;
    while let Some(next) = replaced_by.get(current) {
        if next == sku || chain.contains(next) {
            let circle = std::iter::once(sku).chain(&chain).chain([next]).cloned();
            return Err(Cycle(circle.collect()));
        }
        chain.push(next.clone());
        current = next;
    }
    Ok(chain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sku(text: &str) -> Sku {
        text.parse().unwrap()
    }

    fn map(pairs: &[(&str, &str)]) -> BTreeMap<Sku, Sku> {
        pairs.iter().map(|(old, new)| (sku(old), sku(new))).collect()
    }

    #[test]
    fn a_chain_is_followed_to_the_living_end() {
        let replaced_by = map(&[("A", "B"), ("B", "C")]);
        assert_eq!(chain(&sku("A"), &replaced_by), Ok(vec![sku("B"), sku("C")]));
        assert_eq!(chain(&sku("C"), &replaced_by), Ok(vec![]));
    }

    #[test]
    fn a_circle_is_an_error_that_names_it() {
        let message = |start: &str, pairs| chain(&sku(start), &map(pairs)).unwrap_err().to_string();
        assert_eq!(message("A", &[("A", "A")]), "supersession runs in a circle: A → A");
        assert_eq!(message("X", &[("X", "A"), ("A", "B"), ("B", "A")]), "supersession runs in a circle: X → A → B → A");
    }
}
