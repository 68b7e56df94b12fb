//! What is asked: words and filters.

use super::words::{self, chunks};
use super::{MAX_FILTER_TEXT, MAX_FILTERS, MAX_TEXT, MAX_WORDS};
use crate::catalog::fitment::folded;
use crate::input::{Fault, Faults};

/// A search, understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// What the parts must have.
    pub(super) words: Vec<Wanted>,
    /// Terms of which a part must have one of each list.
    pub(super) filters: Vec<Vec<String>>,
}

/// One word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wanted {
    /// As it is compared, with the `s` of a plural.
    pub text: String,
    /// Of a number with punctuation: what stands between it, if the number as a whole is not known.
    pub pieces: Vec<String>,
    /// It may be only begun.
    pub begun: bool,
}

/// Parts must have this.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filter {
    /// A brand, by code or name.
    Brand(String),
    /// A part type, by name.
    PartType(String),
    /// A specification, by its name in the catalogue and its value.
    Spec(String, String),
}

impl Filter {
    /// The term that the parts have which it lets through.
    pub(super) fn term(&self) -> String {
        match self {
            Self::Brand(brand) => brand_term(brand),
            Self::PartType(name) => part_type_term(name),
            Self::Spec(name, value) => spec_term(name, value),
        }
    }

    fn parameter(&self) -> String {
        match self {
            Self::Brand(_) => "brand".into(),
            Self::PartType(_) => "part_type".into(),
            Self::Spec(name, _) => format!("spec.{name}"),
        }
    }
}

/// The term of a brand's code or name.
pub(super) fn brand_term(brand: &str) -> String {
    format!("fb={}", folded(brand))
}

/// The term of a part type.
pub(super) fn part_type_term(name: &str) -> String {
    format!("ft={}", folded(name))
}

/// The term of a specification: case and spaces do not matter, the punctuation of `1.5` does.
pub(super) fn spec_term(name: &str, value: &str) -> String {
    let value: String =
        value.chars().filter(|c| !c.is_whitespace() && !c.is_control()).map(|c| c.to_ascii_lowercase()).collect();
    format!("fs={}={value}", folded(name))
}

/// Whether a term of a filter has a name, where it is one of a specification, and a value, neither of them too long.
pub(super) fn is_filter(term: &str) -> bool {
    let mut said = term.splitn(3, '=').skip(1);
    said.all(|text| (1..=MAX_FILTER_TEXT).contains(&text.chars().count()))
}

impl Question {
    /// Understands the words of `text` and the filters. The same filter with several values lets each of them through.
    ///
    /// # Errors
    /// What is wrong with them, by the name of the parameter that they came in.
    pub fn new(text: &str, filters: &[Filter]) -> Result<Self, Vec<Fault>> {
        let mut faults = Faults::default();
        let (mut words, letters) = (Vec::new(), text.chars().count());
        if letters > MAX_TEXT {
            faults.add("/q", "out_of_range", format!("`q` has at most {MAX_TEXT} characters, this one has {letters}"));
        } else {
            words = wanted(text);
        }
        if words.len() > MAX_WORDS {
            let detail =
                format!("`q` has at most {MAX_WORDS} words, this one has {}; leave out the least telling", words.len());
            faults.add("/q", "out_of_range", detail);
        }
        if filters.len() > MAX_FILTERS {
            faults.add(
                "/filters",
                "out_of_range",
                format!("at most {MAX_FILTERS} filters, these are {}", filters.len()),
            );
        }
        if words.is_empty() && filters.is_empty() && letters <= MAX_TEXT {
            faults.add("/q", "missing", "say what to look for: ?q=brake+pad+accord, or a filter such as brand=BRKX");
        }
        let mut lists: Vec<(String, Vec<String>)> = Vec::new();
        for filter in filters.iter().take(MAX_FILTERS) {
            let (parameter, term) = (filter.parameter(), filter.term());
            if !is_filter(&term) {
                let detail = format!(
                    "a filter has a name and a value with a letter or digit, {MAX_FILTER_TEXT} characters at most"
                );
                faults.add(format!("/{parameter}"), "invalid", detail);
                continue;
            }
            match lists.iter_mut().find(|(known, _)| *known == parameter) {
                Some((_, terms)) => terms.push(term),
                None => lists.push((parameter, vec![term])),
            }
        }
        faults.or(Some(Self { words, filters: lists.into_iter().map(|(_, terms)| terms).collect() }))
    }
}

fn wanted(text: &str) -> Vec<Wanted> {
    let mut wanted: Vec<Wanted> = Vec::new();
    for chunk in chunks(text) {
        if let Some(text) = chunk.whole {
            wanted.push(Wanted { text, pieces: chunk.pieces, begun: false });
        } else {
            wanted.extend(chunk.pieces.into_iter().map(|text| Wanted { text, pieces: Vec::new(), begun: false }));
        }
    }
    if let Some(last) = wanted.last_mut() {
        last.begun = true;
    }
    // A word that is said twice is no other wish, and the later one may be begun only.
    let mut kept: Vec<Wanted> = Vec::new();
    let telling = wanted.iter().any(|word| !words::is_empty(&word.text));
    for word in wanted {
        if telling && words::is_empty(&word.text) {
            continue;
        }
        match kept.iter_mut().find(|known| known.text == word.text) {
            Some(known) => known.begun = known.begun || word.begun,
            None => kept.push(word),
        }
    }
    kept
}
