//! Making the index. The same parts make the same texts, in whatever order they come.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::mem;

use super::code;
use super::index::{self, FORM, MAX_PARTS, NAME, NO_SEGMENT, NUMBER, Posting, TOP, field};
use super::question::{brand_term, is_filter, part_type_term, spec_term};
use super::words::{self, is_word, terms};
use crate::catalog::fitment::folded;
use crate::catalog::part::LifeCycle;
use crate::catalog::{Part, PartNumber};
use crate::id::{Sku, fnv1a};

/// How much one segment holds. Answers do not depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sizes {
    /// Terms of a dictionary segment.
    pub terms: usize,
    /// Postings of a postings segment.
    pub postings: usize,
    /// Parts of a parts segment.
    pub parts: usize,
    /// A term of no more parts than this has its postings in the dictionary.
    pub inline: usize,
}

impl Default for Sizes {
    /// Segments of 10 to 30 kB, of parts some 4 kB.
    fn default() -> Self {
        Self { terms: 1_024, postings: 16_384, parts: 32, inline: 6 }
    }
}

/// Words that are forgiven typing errors: the most used ones. Their list is at most about half a megabyte.
const MAX_SPELLINGS: usize = 50_000;
/// The longest of them, in letters.
const MAX_LETTERS: usize = 24;

/// An index has at most 16,777,216 parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an index has at most {MAX_PARTS} parts")]
pub struct TooManyParts;

/// Collects what is known of parts. Memory: about 20 bytes for each word of a part, and 250 for the part.
#[derive(Debug, Default)]
pub struct Builder {
    numbers: HashMap<Sku, u32>,
    /// Where it stands in its life, and its line, which begins with its sku.
    rows: Vec<(u8, String)>,
    terms: HashMap<Box<str>, Vec<Posting>>,
}

/// The name of a segment: 60 bits of a hash of its text.
pub fn name_of(text: &str) -> String {
    let mut name = String::with_capacity(NAME);
    code::put_fixed(&mut name, fnv1a(text.as_bytes()), 10);
    name
}

/// The dictionary's form of a word: words that are letters come before all others.
pub fn term_of(word: &str) -> String {
    format!("{}{word}", if is_word(word) { 'a' } else { 'n' })
}

/// The dictionary's form of a model year of a make or model.
pub fn year_term(word: &str, year: &str) -> String {
    format!("y{word}~{year}")
}

impl Builder {
    /// Whether there are no parts.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Takes a part; a second one of the same sku is not taken.
    ///
    /// # Errors
    /// There are too many.
    pub fn add(&mut self, part: &Part) -> Result<(), TooManyParts> {
        if self.rows.len() >= MAX_PARTS {
            return Err(TooManyParts);
        }
        if self.numbers.contains_key(&part.sku) {
            return Ok(());
        }
        let id = u32::try_from(self.rows.len()).map_err(|_| TooManyParts)?;
        self.numbers.insert(part.sku.clone(), id);
        let (order, life_cycle) = match (part.life_cycle, part.living_end()) {
            (LifeCycle::Discontinued, _) => (2, "d"),
            (LifeCycle::PhasingOut, None) => (1, "p"),
            (LifeCycle::PhasingOut, Some(_)) => (2, "p"),
            (LifeCycle::Active, None) => (0, "a"),
            (LifeCycle::Active, Some(_)) => (2, "a"),
        };
        let columns = [
            part.sku.as_str(),
            part.brand.as_str(),
            &part.brand_name,
            part.number.as_str(),
            &part.description,
            &part.part_type.name,
            life_cycle,
            part.living_end().map_or("", Sku::as_str),
        ];
        let plain = columns.map(|text| text.replace(char::is_control, " "));
        self.rows.push((order, plain.join("\t")));

        self.text(id, &part.description, field::DESCRIPTION);
        self.text(id, &part.part_type.name, field::PART_TYPE);
        self.text(id, part.brand.as_str(), field::BRAND);
        self.text(id, &part.brand_name, field::BRAND);
        self.number_of(id, part.sku.as_str(), field::SKU);
        self.number_of(id, part.number.as_str(), field::NUMBER);
        self.filter(id, brand_term(part.brand.as_str()));
        self.filter(id, brand_term(&part.brand_name));
        self.filter(id, part_type_term(&part.part_type.name));
        for (name, value) in part.attributes.iter() {
            self.text(id, &name.replace('_', " "), field::SPEC);
            self.text(id, value, field::SPEC);
            self.filter(id, spec_term(name, value));
        }
        Ok(())
    }

    /// A part that was taken answers to this number too: an earlier one of its own, or another maker's.
    pub fn other_number(&mut self, sku: &Sku, number: &PartNumber) {
        if let Some(id) = self.numbers.get(sku) {
            self.number_of(*id, number.as_str(), field::OTHER_NUMBER);
        }
    }

    /// A part that was taken fits a vehicle, by make and model as people write them.
    pub fn fits(&mut self, sku: &Sku, year: u16, make_and_model: &str) {
        let Some(id) = self.numbers.get(sku).copied() else { return };
        let year = year.to_string();
        for word in terms(make_and_model) {
            self.post(year_term(&word, &year), id, field::VEHICLE);
            self.post(term_of(&word), id, field::VEHICLE);
        }
    }

    fn text(&mut self, id: u32, text: &str, field: u32) {
        for word in terms(text) {
            self.post(term_of(&word), id, field);
        }
    }

    /// A number is found as a whole, whatever its punctuation, and by what stands between it.
    fn number_of(&mut self, id: u32, number: &str, field: u32) {
        self.text(id, number, field);
        let whole: String = folded(number).chars().take(words::MAX_WORD).collect();
        self.post(term_of(words::stem(&whole)), id, field);
    }

    fn filter(&mut self, id: u32, term: String) {
        if is_filter(&term) {
            self.post(term, id, 0);
        }
    }

    fn post(&mut self, term: String, id: u32, fields: u32) {
        let postings = self.terms.entry(term.into()).or_default();
        match postings.last_mut() {
            Some(last) if index::part_of(*last) == id => *last |= fields,
            _ => postings.push(id << 8 | fields),
        }
    }

    /// Writes the index: calls `write` with the key and text of every segment, of `search/top` last.
    ///
    /// # Errors
    /// Those of `write`.
    pub fn finish<E>(self, sizes: Sizes, write: &mut dyn FnMut(&str, &str) -> Result<(), E>) -> Result<(), E> {
        let parts = self.rows.len();
        // Parts that are sold come first, so that among equals they are found first.
        let mut order: Vec<(u8, String, u32)> = Vec::with_capacity(parts);
        order.extend((0_u32..).zip(self.rows).map(|(id, (rank, line))| (rank, line, id)));
        order.sort_unstable();
        let mut places = vec![0_u32; parts];
        for (place, (.., id)) in (0_u32..).zip(&order) {
            if let Some(slot) = places.get_mut(*id as usize) {
                *slot = place;
            }
        }
        let rows = rows(&order, sizes, write)?;
        drop(order);

        let mut terms: Vec<(Box<str>, Vec<Posting>)> = self.terms.into_iter().collect();
        terms.sort_unstable_by(|one, other| one.0.cmp(&other.0));
        let mut postings = Postings {
            sizes,
            write: &mut *write,
            text: String::new(),
            list: Vec::new(),
            held: 0,
            at: 0,
            names: String::new(),
        };
        let mut dictionary =
            Dictionary { sizes, names: String::new(), text: String::new(), first: String::new(), held: 0 };
        let mut spellings: Vec<(Reverse<usize>, Box<str>)> = Vec::new();
        for (term, mut list) in terms {
            for posting in &mut list {
                let place = places.get(index::part_of(*posting) as usize).copied().unwrap_or(0);
                *posting = place << 8 | index::fields_of(*posting);
            }
            let list = merged(list);
            if let Some(word) = term.strip_prefix('a')
                && (4..=MAX_LETTERS).contains(&word.chars().count())
            {
                spellings.push((Reverse(list.len()), word.into()));
            }
            let said = postings.add(&list)?;
            dictionary.add(&term, &said, &mut *postings.write)?;
        }
        let postings = postings.end()?;
        let dictionary = dictionary.end(write)?;
        let spellings = by_length(spellings, write)?;

        let body = format!("{dictionary}\n{postings}\n{rows}\n{spellings}");
        let head = format!("{FORM} {parts} {} {} {}", sizes.postings, sizes.parts, name_of(&body));
        write(TOP, &format!("{head}\n{body}"))
    }
}

/// Postings in order, each part once.
fn merged(mut list: Vec<Posting>) -> Vec<Posting> {
    list.sort_unstable();
    list.dedup_by(|next, kept| {
        let same = index::part_of(*next) == index::part_of(*kept);
        if same {
            *kept |= *next;
        }
        same
    });
    list
}

type Write<'a, E> = &'a mut dyn FnMut(&str, &str) -> Result<(), E>;

fn segment<E>(kind: &str, text: &str, write: Write<'_, E>) -> Result<String, E> {
    let name = name_of(text);
    write(&format!("search/{kind}/{name}"), text)?;
    Ok(name)
}

/// The parts segments' names.
fn rows<E>(order: &[(u8, String, u32)], sizes: Sizes, write: Write<'_, E>) -> Result<String, E> {
    let mut names = String::new();
    for some in order.chunks(sizes.parts.max(1)) {
        let lines: Vec<&str> = some.iter().map(|(_, line, _)| line.as_str()).collect();
        names += &segment("parts", &lines.join("\n"), write)?;
    }
    Ok(names)
}

/// The postings of common terms, one list after the other, in segments that are all full but the last.
struct Postings<'a, E> {
    sizes: Sizes,
    write: Write<'a, E>,
    text: String,
    /// The list that is being written, as far as it is in this segment.
    list: Vec<Posting>,
    held: usize,
    at: u32,
    names: String,
}

impl<E> Postings<'_, E> {
    /// Takes a term's postings; what the dictionary is to say of it.
    fn add(&mut self, list: &[Posting]) -> Result<String, E> {
        let mut said = String::new();
        let head = u32::try_from(list.len()).unwrap_or(u32::MAX) << 1;
        if list.len() <= self.sizes.inline {
            code::put(&mut said, head | 1);
            index::put_list(&mut said, list);
            return Ok(said);
        }
        code::put(&mut said, head);
        code::put(&mut said, self.at);
        for posting in list {
            if self.held == 0 {
                self.first(*posting);
            }
            self.list.push(*posting);
            self.held = self.held.saturating_add(1);
            self.at = self.at.saturating_add(1);
            if self.held >= self.sizes.postings {
                self.close()?;
            }
        }
        self.close_list();
        Ok(said)
    }

    /// Every segment's entry begins with room for its name.
    fn first(&mut self, posting: Posting) {
        self.names.push_str(NO_SEGMENT);
        code::put_fixed(&mut self.names, u64::from(index::part_of(posting)), 4);
    }

    fn close_list(&mut self) {
        if !self.list.is_empty() {
            code::put(&mut self.text, u32::try_from(self.list.len()).unwrap_or(u32::MAX));
            index::put_list(&mut self.text, &mem::take(&mut self.list));
        }
    }

    fn close(&mut self) -> Result<(), E> {
        self.close_list();
        self.held = 0;
        let name = segment("postings", &mem::take(&mut self.text), self.write)?;
        let start = self.names.len().saturating_sub(NAME.saturating_add(NUMBER));
        self.names.replace_range(start..start.saturating_add(NAME), &name);
        Ok(())
    }

    fn end(mut self) -> Result<String, E> {
        if self.held > 0 {
            self.close()?;
        }
        Ok(self.names)
    }
}

/// The dictionary's segments, and their names with their first terms.
struct Dictionary {
    sizes: Sizes,
    names: String,
    text: String,
    first: String,
    held: usize,
}

impl Dictionary {
    fn add<E>(&mut self, term: &str, said: &str, write: Write<'_, E>) -> Result<(), E> {
        if self.held == 0 {
            term.clone_into(&mut self.first);
        } else {
            self.text.push('\n');
        }
        self.text.push_str(term);
        self.text.push(' ');
        self.text.push_str(said);
        self.held = self.held.saturating_add(1);
        if self.held >= self.sizes.terms { self.close(write) } else { Ok(()) }
    }

    fn close<E>(&mut self, write: Write<'_, E>) -> Result<(), E> {
        let name = segment("dictionary", &mem::take(&mut self.text), write)?;
        if !self.names.is_empty() {
            self.names.push(' ');
        }
        self.names.push_str(&name);
        self.names.push_str(&self.first);
        self.held = 0;
        Ok(())
    }

    fn end<E>(mut self, write: Write<'_, E>) -> Result<String, E> {
        if self.held > 0 {
            self.close(write)?;
        }
        Ok(self.names)
    }
}

/// The names of the spellings of each length, from no letters on.
fn by_length<E>(mut spellings: Vec<(Reverse<usize>, Box<str>)>, write: Write<'_, E>) -> Result<String, E> {
    spellings.sort_unstable();
    spellings.truncate(MAX_SPELLINGS);
    let mut lengths: BTreeMap<usize, String> = (0..=MAX_LETTERS).map(|length| (length, String::new())).collect();
    for (_, word) in spellings {
        let list = lengths.entry(word.chars().count()).or_default();
        if !list.is_empty() {
            list.push(' ');
        }
        list.push_str(&word);
    }
    let mut names = String::new();
    for list in lengths.values() {
        if list.is_empty() {
            names.push_str(NO_SEGMENT);
        } else {
            names += &segment("spellings", list, write)?;
        }
    }
    Ok(names)
}
