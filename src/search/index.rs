//! The form of the index: what a segment's text says.

use std::cmp::Ordering;
use std::rc::Rc;

use super::code::{self, Numbers};
use crate::catalog::part::LifeCycle;

/// `search/top`
pub const TOP: &str = "search/top";
/// Characters of a segment's name.
pub const NAME: usize = 10;
/// Characters of a part's number in the list of postings segments.
pub const NUMBER: usize = 4;
/// A segment that there is not: no word has this length.
pub const NO_SEGMENT: &str = "----------";
/// Parts of one index: a part's number and its fields share 32 bits.
pub const MAX_PARTS: usize = 1 << 24;

/// Where in a part a term was found: a bit each.
pub mod field {
    /// The maker's number.
    pub const NUMBER: u32 = 1;
    /// The distributor's sku.
    pub const SKU: u32 = 2;
    /// Another maker's number, or an earlier one.
    pub const OTHER_NUMBER: u32 = 4;
    /// The part type's name.
    pub const PART_TYPE: u32 = 8;
    /// The brand's code or name.
    pub const BRAND: u32 = 16;
    /// The description.
    pub const DESCRIPTION: u32 = 32;
    /// The name or value of a specification.
    pub const SPEC: u32 = 64;
    /// Make or model of a vehicle that it fits.
    pub const VEHICLE: u32 = 128;

    /// What a word found there weighs.
    const WEIGHTS: [(u32, u32); 8] = [
        (NUMBER, 12),
        (SKU, 12),
        (OTHER_NUMBER, 6),
        (PART_TYPE, 6),
        (BRAND, 4),
        (DESCRIPTION, 3),
        (SPEC, 2),
        (VEHICLE, 3),
    ];

    /// What a word found in all of these fields weighs.
    pub fn weight(fields: u32) -> u32 {
        WEIGHTS.iter().filter(|(field, _)| fields & field != 0).fold(0, |sum, (_, weight)| sum.saturating_add(*weight))
    }
}

/// A part's number in the index and the fields in which it has a term: 24 bits and 8.
pub type Posting = u32;

/// The number of the part.
pub fn part_of(posting: Posting) -> u32 {
    posting >> 8
}

/// The fields.
pub fn fields_of(posting: Posting) -> u32 {
    posting & 0xff
}

/// A text of the index, read.
#[derive(Debug, Clone)]
pub enum Segment {
    /// `search/top`
    Top(Rc<Top>),
    /// `search/postings/…`
    Postings(Rc<Vec<Posting>>),
    /// `search/dictionary/…`, `search/spellings/…`, `search/parts/…`
    Text(Rc<str>),
}

impl Segment {
    /// Reads the text under `key`; `None` if it is not what the key promises.
    pub fn parse(key: &str, text: &str) -> Option<Self> {
        if key == TOP {
            return Top::parse(text).map(|top| Self::Top(Rc::new(top)));
        }
        let (kind, name) = key.strip_prefix("search/")?.split_once('/')?;
        let sound = name == super::build::name_of(text);
        match kind {
            _ if !sound => None,
            "postings" => Some(Self::Postings(Rc::new(lists(text)?))),
            "dictionary" | "spellings" | "parts" => Some(Self::Text(text.into())),
            _ => None,
        }
    }
}

/// Every list of a postings segment.
fn lists(text: &str) -> Option<Vec<Posting>> {
    let mut numbers = Numbers::of(text);
    let mut postings = Vec::with_capacity(text.len());
    while let Some(count) = numbers.next() {
        list(&mut numbers, count, &mut postings)?;
    }
    Some(postings)
}

/// One list: for each posting, how far it is from the last part, twice; and one more if other fields follow.
fn list(numbers: &mut Numbers<'_>, count: u32, postings: &mut Vec<Posting>) -> Option<()> {
    let (mut part, mut fields) = (0_u32, 0_u32);
    for _ in 0..count {
        let step = numbers.next()?;
        part = part.wrapping_add(step >> 1);
        if step & 1 == 1 {
            fields = numbers.next()?;
        }
        postings.push(part << 8 | fields & 0xff);
    }
    Some(())
}

/// Writes one list.
pub fn put_list(out: &mut String, postings: &[Posting]) {
    let (mut part, mut fields) = (0_u32, 0_u32);
    for posting in postings {
        let other = fields_of(*posting) != fields;
        code::put(out, part_of(*posting).wrapping_sub(part) << 1 | u32::from(other));
        if other {
            fields = fields_of(*posting);
            code::put(out, fields);
        }
        part = part_of(*posting);
    }
}

/// What there is, and the names of all segments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Top {
    /// The name of this index.
    pub version: String,
    /// Parts in it.
    pub parts: u32,
    /// Postings of a segment.
    pub per_postings: u32,
    /// Parts of a segment.
    pub per_parts: u32,
    /// First term and name of each dictionary segment.
    dictionary: Vec<(String, String)>,
    postings: String,
    rows: String,
    spellings: String,
}

impl Top {
    /// Reads the text under [`TOP`]; `None` if it is no index of this form.
    pub fn parse(text: &str) -> Option<Self> {
        let mut texts: [String; 5] = Default::default();
        for (line, text) in texts.iter_mut().zip(text.split('\n')) {
            text.clone_into(line);
        }
        let [head, terms, postings, rows, spellings] = texts;
        let mut words = head.split(' ');
        let form = words.next()?;
        let mut numbers = [0_u32; 3];
        for number in &mut numbers {
            *number = words.next()?.parse().ok().filter(|_| form == FORM)?;
        }
        let [parts, per_postings, per_parts] = numbers;
        let (per_postings, per_parts) = (per_postings.max(1), per_parts.max(1));
        let version = words.next()?.to_owned();
        let mut dictionary = Vec::new();
        for entry in terms.split(' ').filter(|entry| !entry.is_empty()) {
            let (name, term) = entry.split_at_checked(NAME)?;
            dictionary.push((term.to_owned(), name.to_owned()));
        }
        Some(Self { version, parts, per_postings, per_parts, dictionary, postings, rows, spellings })
    }

    /// The number of the dictionary segment in which a term would be.
    pub fn place(&self, term: &str) -> usize {
        self.dictionary.partition_point(|(first, _)| first.as_str() <= term).saturating_sub(1)
    }

    /// The dictionary segment of this number.
    pub fn dictionary(&self, place: usize) -> Option<(&str, String)> {
        self.dictionary.get(place).map(|(first, name)| (first.as_str(), format!("search/dictionary/{name}")))
    }

    /// The postings segment of this number.
    pub fn postings(&self, segment: u32) -> Option<String> {
        let (name, _) = self.postings_entry(segment)?.split_at_checked(NAME)?;
        Some(format!("search/postings/{name}"))
    }

    /// The part that a postings segment begins with.
    pub fn first_part(&self, segment: u32) -> Option<u32> {
        code::fixed(self.postings_entry(segment)?.split_at_checked(NAME)?.1)
    }

    fn postings_entry(&self, segment: u32) -> Option<&str> {
        slot(&self.postings, segment, NAME.saturating_add(NUMBER))
    }

    /// The segment that describes the part of this number, and its place there.
    pub fn row(&self, part: u32) -> Option<(String, usize)> {
        let name = slot(&self.rows, part.checked_div(self.per_parts)?, NAME)?;
        Some((format!("search/parts/{name}"), part.checked_rem(self.per_parts)? as usize))
    }

    /// The spellings of so many letters.
    pub fn spellings(&self, letters: usize) -> Option<String> {
        let name = slot(&self.spellings, u32::try_from(letters).ok()?, NAME)?;
        (name != NO_SEGMENT).then(|| format!("search/spellings/{name}"))
    }
}

/// What a text begins with that is an index of this form.
pub const FORM: &str = "holdfast-search-1";

fn slot(text: &str, index: u32, width: usize) -> Option<&str> {
    let start = (index as usize).checked_mul(width)?;
    text.get(start..start.checked_add(width)?)
}

/// What a dictionary says of a term.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Parts that have it.
    pub count: u32,
    /// Where they are.
    pub at: Place,
}

/// Where postings are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Here.
    Inline(Rc<Vec<Posting>>),
    /// From this one on, of all postings of all segments.
    Segments(u32),
}

impl Entry {
    fn parse(text: &str) -> Option<Self> {
        let mut numbers = Numbers::of(text);
        let head = numbers.next()?;
        let count = head >> 1;
        if head & 1 == 0 {
            return Some(Self { count, at: Place::Segments(numbers.next()?) });
        }
        let mut postings = Vec::new();
        list(&mut numbers, count, &mut postings)?;
        Some(Self { count, at: Place::Inline(Rc::new(postings)) })
    }
}

/// How many parts have the term of an entry.
pub fn count_of(entry: &str) -> u32 {
    Numbers::of(entry).next().unwrap_or(0) >> 1
}

/// The entries of a dictionary segment from the first on that is not before `term`: the term and what is said of it.
pub fn entries<'a>(dictionary: &'a str, term: &str) -> impl Iterator<Item = (&'a str, &'a str)> {
    let entry = |line: &'a str| line.split_once(' ').unwrap_or((line, ""));
    let (mut low, mut high) = (0, dictionary.len());
    // `low` is always the beginning of a line, and every line before it is before `term`.
    while low < high {
        let middle = low.midpoint(high);
        let start =
            dictionary.as_bytes().get(..middle).and_then(|before| before.iter().rposition(|byte| *byte == b'\n'));
        let start = start.map_or(0, |at| at.saturating_add(1)).max(low);
        let line = dictionary.get(start..).and_then(|rest| rest.split('\n').next()).unwrap_or_default();
        if entry(line).0.cmp(term) == Ordering::Less {
            low = start.saturating_add(line.len()).saturating_add(1);
        } else {
            high = start;
        }
    }
    dictionary.get(low..).unwrap_or_default().split('\n').filter(|line| !line.is_empty()).map(entry)
}

/// What a dictionary segment says of a term.
pub fn entry(dictionary: &str, term: &str) -> Option<Entry> {
    entries(dictionary, term).next().filter(|(known, _)| *known == term).and_then(|(_, text)| Entry::parse(text))
}

/// What an answer says of a part.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "FoundPart"))]
pub struct PartRow {
    /// The distributor's name for it.
    pub sku: String,
    /// The maker's brand code.
    pub brand: String,
    /// The brand's name as people write it.
    pub brand_name: String,
    /// The maker's number.
    pub number: String,
    /// One line for people.
    pub description: String,
    /// What it is.
    pub part_type: String,
    /// Where it stands in its life.
    pub life_cycle: LifeCycle,
    /// The part that is sold today in its place.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub superseded_by: String,
    /// How well it fits the words; comparable within one answer only.
    pub score: u32,
}

impl PartRow {
    /// The line of a parts segment.
    pub fn parse(line: &str) -> Self {
        let mut columns: [String; 8] = Default::default();
        for (column, text) in columns.iter_mut().zip(line.split('\t')) {
            text.clone_into(column);
        }
        let [sku, brand, brand_name, number, description, part_type, life_cycle, superseded_by] = columns;
        let life_cycle = match life_cycle.as_str() {
            "p" => LifeCycle::PhasingOut,
            "d" => LifeCycle::Discontinued,
            _ => LifeCycle::Active,
        };
        Self { sku, brand, brand_name, number, description, part_type, life_cycle, superseded_by, score: 0 }
    }
}
