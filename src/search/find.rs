//! Answering a search from the index.
//!
//! A part is found if it has all the words and one of each filter's values. If no part has all the words, those are found that
//! have all but one. What is found is ordered by where the words were found in it, and among equals by the index: what is
//! sold first, then by sku.
//!
//! A list of postings may be long. Of each term at most [`MAX_SEGMENTS`] segments are read: all of a term of fewer than 131,072
//! parts. Where more would be needed, the parts beyond are not looked at, and the answer says that there are more.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::rc::Rc;

use super::MAX_SHOWN;
use super::build::{term_of, year_term};
use super::index::{self, Entry, PartRow, Place, Posting, Segment, TOP, Top, field};
use super::question::{Question, Wanted};
use super::words::{distance, is_word, stem, tolerance};
use crate::catalog;

/// Segments of postings that are read for one term.
const MAX_SEGMENTS: usize = 8;
/// Terms that a word which is only begun is read as.
const MAX_ENDINGS: usize = 8;
/// Terms that are looked at for them.
const MAX_SCANNED: usize = 2_048;
/// Words that a misspelt one is read as.
const MAX_READINGS: usize = 3;
/// The least letters of a word that is begun.
const MIN_BEGUN: usize = 2;

/// What a search found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Found {
    /// The index that was asked.
    pub version: String,
    /// So many parts were found.
    pub total: usize,
    /// There are more that were not looked at.
    pub more: bool,
    /// Every part found has all the words.
    pub complete: bool,
    /// Words that nothing in the catalogue has. They were left out.
    pub unknown: Vec<String>,
    /// Words that were read as others.
    pub readings: Vec<Reading>,
    /// Those of the page.
    pub parts: Vec<PartRow>,
}

/// A word that was read as others.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "ReadAs"))]
pub struct Reading {
    /// As it was sent.
    pub word: String,
    /// As it was read.
    pub read_as: Vec<String>,
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failed {
    /// There is no index.
    NoIndex,
    /// A segment of the index is gone: the index is being replaced by another.
    Replaced,
}

/// Asks the index for the parts from place `from` on, `limit` of them.
///
/// As with all reading, the result stands only if nothing was left unread.
///
/// # Errors
/// There is no index, or none that is whole.
pub fn find(reading: &catalog::Reading<'_>, question: &Question, from: usize, limit: usize) -> Result<Found, Failed> {
    let Some(Segment::Top(top)) = reading.search(TOP) else { return Err(Failed::NoIndex) };
    let index = Index { reading, top: &top };
    let mut found = Found { version: top.version.clone(), complete: true, ..Found::default() };
    let Some(mut wishes) = index.wishes(question, &mut found)? else { return Ok(found) };
    let Some(horizon) = index.load(&mut wishes)? else { return Ok(found) };
    found.more = horizon < u32::MAX;
    let keep = from.saturating_add(limit).min(MAX_SHOWN);
    let mut best = Best { keep, total: 0, heap: BinaryHeap::new() };
    collect(&mut wishes, None, horizon, &mut best);
    let is_word = |wish: &Wish| wish.word.is_some() && !wish.ignored;
    if best.total == 0 && wishes.iter().filter(|wish| is_word(wish)).count() > 1 {
        found.complete = false;
        // Long lists were read near the parts that had the rarest word only.
        found.more = found.more || wishes.iter_mut().flat_map(Wish::lists).any(|term| !index.is_short(term));
        for left_out in 0..wishes.len() {
            if wishes.get(left_out).is_some_and(is_word) {
                collect(&mut wishes, Some(left_out), horizon, &mut best);
            }
        }
    }
    found.total = best.total;
    for (score, part) in best.sorted().into_iter().skip(from).take(limit) {
        if let Some(mut part) = index.row(part)? {
            part.score = score;
            found.parts.push(part);
        }
    }
    Ok(found)
}

/// What a part must have: one of the terms.
#[derive(Default)]
struct Wish {
    /// The word it stands for; none for a filter.
    word: Option<String>,
    terms: Vec<Term>,
    /// For a model year: what it says together with each other word, by that one's place.
    years: Vec<(usize, Vec<Term>)>,
    /// Parts that have one of the terms, more or less.
    count: u32,
    /// Nothing has it.
    ignored: bool,
}

struct Term {
    /// In the dictionary's form.
    text: String,
    entry: Entry,
    /// How sure it is that it was meant, of 4.
    quality: u32,
    runs: Vec<Run>,
    /// How far the runs have been looked through.
    at: (usize, usize),
}

/// A stretch of postings.
struct Run(Rc<Vec<Posting>>, usize, usize);

impl Run {
    fn postings(&self) -> &[Posting] {
        self.0.get(self.1..self.2).unwrap_or_default()
    }
}

impl Term {
    fn new(text: String, entry: Entry, quality: u32) -> Self {
        Self { text, entry, quality, runs: Vec::new(), at: (0, 0) }
    }

    /// The fields in which a part has the term. Parts are asked for in ascending order.
    fn fields(&mut self, part: u32) -> Option<u32> {
        loop {
            let run = self.runs.get(self.at.0)?;
            let rest = run.postings().get(self.at.1..).unwrap_or_default();
            // What is wanted is usually near: the steps double until it is passed.
            let mut step = 1_usize;
            while rest.get(step).is_some_and(|posting| index::part_of(*posting) < part) {
                step = step.saturating_mul(2);
            }
            let (low, high) = (step / 2, step.saturating_add(1).min(rest.len()));
            let near = rest.get(low..high).unwrap_or_default();
            self.at.1 = self
                .at
                .1
                .saturating_add(low)
                .saturating_add(near.partition_point(|posting| index::part_of(*posting) < part));
            match run.postings().get(self.at.1) {
                Some(posting) if index::part_of(*posting) == part => return Some(index::fields_of(*posting)),
                Some(_) => return None,
                None => self.at = (self.at.0.saturating_add(1), 0),
            }
        }
    }

    fn rewind(&mut self) {
        self.at = (0, 0);
    }

    fn postings(&self) -> impl Iterator<Item = Posting> + '_ {
        self.runs.iter().flat_map(|run| run.postings().iter().copied())
    }
}

impl Wish {
    /// The parts that have one of the terms, in order.
    fn candidates(&self) -> Vec<u32> {
        if let ([only], true) = (self.terms.as_slice(), self.years.is_empty()) {
            return only.postings().map(index::part_of).collect();
        }
        let terms = self.terms.iter().chain(self.years.iter().flat_map(|(_, terms)| terms));
        // A bit for each part.
        let mut bits: Vec<u64> = Vec::new();
        for part in terms.flat_map(Term::postings).map(index::part_of) {
            let place = (part >> 6) as usize;
            if place >= bits.len() {
                bits.resize(place.saturating_add(1), 0);
            }
            if let Some(word) = bits.get_mut(place) {
                *word |= 1 << (part & 63);
            }
        }
        let mut parts = Vec::new();
        for (place, mut word) in (0_u32..).zip(bits) {
            while word != 0 {
                parts.push(place << 6 | word.trailing_zeros());
                word &= word.wrapping_sub(1);
            }
        }
        parts
    }

    fn lists(&mut self) -> impl Iterator<Item = &mut Term> {
        self.terms.iter_mut().chain(self.years.iter_mut().flat_map(|(_, terms)| terms))
    }
}

struct Index<'a, 'r> {
    reading: &'a catalog::Reading<'r>,
    top: &'a Top,
}

impl Index<'_, '_> {
    /// A text segment; `None` while it is unread.
    #[inline(never)] // called often; the wasm is smaller with one of it
    fn text(&self, key: &str) -> Result<Option<Rc<str>>, Failed> {
        match self.reading.search(key) {
            Some(Segment::Text(text)) => Ok(Some(text)),
            _ if self.reading.is_complete() => Err(Failed::Replaced),
            _ => Ok(None),
        }
    }

    #[inline(never)]
    fn entry(&self, term: &str) -> Result<Option<Entry>, Failed> {
        let Some((_, key)) = self.top.dictionary(self.top.place(term)) else { return Ok(None) };
        Ok(self.text(&key)?.and_then(|text| index::entry(&text, term)))
    }

    /// What the question comes to; `None` if nothing can be found, or something is unread.
    fn wishes(&self, question: &Question, found: &mut Found) -> Result<Option<Vec<Wish>>, Failed> {
        let mut wishes = Vec::new();
        for terms in &question.filters {
            let mut wish = Wish::default();
            for term in terms {
                let entry = self.entry(term)?;
                if let Some(entry) = entry {
                    wish.terms.push(Term::new(term.clone(), entry, 0));
                }
            }
            wishes.push(wish);
        }
        for word in &question.words {
            self.word(word, found, &mut wishes)?;
        }
        if !self.reading.is_complete() {
            return Ok(None);
        }
        self.years(&mut wishes)?;
        for wish in &mut wishes {
            wish.count = wish.lists().fold(0_u32, |sum, term| sum.saturating_add(term.entry.count));
            if let Some(word) = wish.word.as_ref().filter(|_| wish.terms.is_empty() && wish.years.is_empty()) {
                found.unknown.push(word.clone());
                wish.ignored = true;
            }
        }
        let hopeless = wishes.iter().all(|wish| wish.ignored)
            || wishes.iter().any(|wish| wish.word.is_none() && wish.terms.is_empty());
        Ok((self.reading.is_complete() && !hopeless).then_some(wishes))
    }

    /// Adds what a word comes to.
    fn word(&self, word: &Wanted, found: &mut Found, wishes: &mut Vec<Wish>) -> Result<(), Failed> {
        let mut terms = self.terms(word)?;
        if !self.reading.is_complete() {
            return Ok(());
        }
        // `brake-pad-2` is words; a number that is not known is none of its pieces.
        if terms.is_empty() && word.pieces.iter().any(|piece| is_word(piece) && tolerance(piece.len()) > 0) {
            for piece in &word.pieces {
                self.word(&Wanted { text: piece.clone(), pieces: Vec::new(), begun: false }, found, wishes)?;
            }
            return Ok(());
        }
        if terms.is_empty() {
            let read_as = self.spellings(&word.text)?;
            for spelling in &read_as {
                let term = term_of(spelling);
                let entry = self.entry(&term)?;
                if let Some(entry) = entry {
                    terms.push(Term::new(term, entry, 2));
                }
            }
            if terms.is_empty() && !is_year(&word.text) {
                found.unknown.push(word.text.clone());
                return Ok(());
            }
            if !read_as.is_empty() {
                found.readings.push(Reading { word: word.text.clone(), read_as });
            }
        }
        wishes.push(Wish { word: Some(word.text.clone()), terms, ..Wish::default() });
        Ok(())
    }

    /// The terms of a word as it is spelt, and if it may be only begun, the most used that go on from it.
    fn terms(&self, word: &Wanted) -> Result<Vec<Term>, Failed> {
        let own = term_of(stem(&word.text));
        let entry = self.entry(&own)?;
        let mut terms = Vec::new();
        if let Some(entry) = entry {
            terms.push(Term::new(own.clone(), entry, 4));
        }
        if !word.begun || word.text.chars().count() < MIN_BEGUN {
            return Ok(terms);
        }
        let begun = term_of(&word.text);
        // The most used first.
        let mut best: Vec<(u32, String)> = Vec::new();
        let (mut place, mut scanned) = (self.top.place(&begun), 0_usize);
        while let Some((first, key)) = self.top.dictionary(place) {
            if scanned >= MAX_SCANNED || (!first.starts_with(&begun) && first > begun.as_str()) {
                break;
            }
            let Some(text) = self.text(&key)? else { break };
            for (term, said) in index::entries(&text, &begun) {
                if !term.starts_with(&begun) || scanned >= MAX_SCANNED {
                    scanned = MAX_SCANNED;
                    break;
                }
                scanned = scanned.saturating_add(1);
                if term != own {
                    let count = index::count_of(said);
                    let place = best.partition_point(|(known, _)| *known >= count);
                    if place < MAX_ENDINGS {
                        best.insert(place, (count, term.to_owned()));
                        best.truncate(MAX_ENDINGS);
                    }
                }
            }
            place = place.saturating_add(1);
        }
        for (_, term) in best {
            let entry = self.entry(&term)?;
            if let Some(entry) = entry {
                terms.push(Term::new(term, entry, 3));
            }
        }
        Ok(terms)
    }

    /// The words of the catalogue that are nearest to one that it has not.
    fn spellings(&self, word: &str) -> Result<Vec<String>, Failed> {
        if !is_word(word) {
            return Ok(Vec::new());
        }
        let whole: Vec<char> = word.chars().collect();
        // Without the `s` of a plural: as long, or one letter shorter.
        let stem = whole.get(..stem(word).chars().count()).unwrap_or_default();
        let mut lists = Vec::new();
        // Every list is asked for before the first is looked at, so that they are read in one round.
        for length in stem.len().saturating_sub(2)..=whole.len().saturating_add(2) {
            if let Some(key) = self.top.spellings(length)
                && let Some(list) = self.text(&key)?
            {
                lists.push((length, list));
            }
        }
        let (mut nearest, mut least) = (Vec::new(), usize::MAX);
        let mut letters: Vec<char> = Vec::new();
        for (length, list) in lists {
            let most = tolerance(length);
            for known in list.split(' ') {
                letters.clear();
                letters.extend(known.chars());
                let most = most.min(least);
                let apart = [distance(stem, &letters, most), distance(&whole, &letters, most)];
                let Some(apart) = apart.into_iter().flatten().min() else { continue };
                if apart < least {
                    least = apart;
                    nearest.clear();
                }
                nearest.push(known.to_owned());
            }
        }
        nearest.truncate(MAX_READINGS);
        Ok(nearest)
    }

    /// A year is that of a vehicle if another word is its make or model.
    fn years(&self, wishes: &mut [Wish]) -> Result<(), Failed> {
        for at in 0..wishes.len() {
            let Some(year) = wishes.get(at).and_then(|wish| wish.word.clone()) else {
                continue;
            };
            if !is_year(&year) {
                continue;
            }
            let mut years = Vec::new();
            for (other, wish) in wishes.iter().enumerate().filter(|(other, wish)| *other != at && wish.word.is_some()) {
                let mut terms = Vec::new();
                for term in &wish.terms {
                    let text = year_term(term.text.get(1..).unwrap_or_default(), &year);
                    let entry = self.entry(&text)?;
                    if let Some(entry) = entry {
                        terms.push(Term::new(text, entry, 4));
                    }
                }
                if !terms.is_empty() {
                    years.push((other, terms));
                }
            }
            if let Some(wish) = wishes.get_mut(at) {
                wish.years = years;
            }
        }
        Ok(())
    }

    /// Reads the postings; up to which part they are known, if nothing is unread.
    fn load(&self, wishes: &mut [Wish]) -> Result<Option<u32>, Failed> {
        let mut horizon = u32::MAX;
        let rarest = wishes.iter().filter(|wish| !wish.ignored).map(|wish| wish.count).min().unwrap_or(0);
        // What is short, and what is looked through.
        for wish in wishes.iter_mut().filter(|wish| !wish.ignored) {
            let driver = wish.count == rarest;
            for term in wish.lists().filter(|term| driver || self.is_short(term)) {
                horizon = horizon.min(self.load_term(term, None)?);
            }
        }
        if !self.reading.is_complete() {
            return Ok(None);
        }
        // Of what is long, only what is near the parts that are looked at.
        let Some(driver) = wishes.iter().find(|wish| !wish.ignored && wish.count == rarest) else { return Ok(None) };
        let candidates = driver.candidates();
        for wish in wishes.iter_mut().filter(|wish| !wish.ignored && wish.count != rarest) {
            for term in wish.lists().filter(|term| !self.is_short(term)) {
                horizon = horizon.min(self.load_term(term, Some(&candidates))?);
            }
        }
        Ok(self.reading.is_complete().then_some(horizon))
    }

    fn is_short(&self, term: &Term) -> bool {
        matches!(term.entry.at, Place::Inline(_))
            || term.entry.count as usize
                <= MAX_SEGMENTS.saturating_sub(1).saturating_mul(self.top.per_postings as usize)
    }

    /// Reads a term's postings, or those of them that are near `candidates`; up to which part they are known.
    fn load_term(&self, term: &mut Term, candidates: Option<&[u32]>) -> Result<u32, Failed> {
        term.runs.clear();
        let start = match &term.entry.at {
            Place::Inline(postings) => {
                term.runs.push(Run(Rc::clone(postings), 0, postings.len()));
                return Ok(u32::MAX);
            }
            Place::Segments(start) => *start,
        };
        let (per, end) = (self.top.per_postings, start.saturating_add(term.entry.count));
        let (mut at, mut read) = (start, 0_usize);
        while at < end {
            let segment = at.checked_div(per).unwrap_or(0);
            let first = segment.saturating_mul(per);
            let next = first.saturating_add(per).min(end);
            // A segment in which the list goes on begins with it.
            let least = if at > start { self.top.first_part(segment).unwrap_or(0) } else { 0 };
            let beyond = if next < end { self.top.first_part(segment.saturating_add(1)) } else { None };
            let near = |parts: &[u32]| {
                let place = parts.partition_point(|part| *part < least);
                parts.get(place).is_some_and(|part| beyond.is_none_or(|beyond| *part < beyond))
            };
            if candidates.is_none_or(near) {
                if read >= MAX_SEGMENTS {
                    return Ok(least);
                }
                read = read.saturating_add(1);
                let key = self.top.postings(segment).ok_or(Failed::Replaced)?;
                match self.reading.search(&key) {
                    Some(Segment::Postings(postings)) => {
                        term.runs.push(Run(
                            postings,
                            at.saturating_sub(first) as usize,
                            next.saturating_sub(first) as usize,
                        ));
                    }
                    _ if self.reading.is_complete() => return Err(Failed::Replaced),
                    _ => {}
                }
            }
            at = next;
        }
        Ok(u32::MAX)
    }

    fn row(&self, part: u32) -> Result<Option<PartRow>, Failed> {
        let (key, line) = self.top.row(part).ok_or(Failed::Replaced)?;
        Ok(self.text(&key)?.and_then(|text| text.split('\n').nth(line).map(PartRow::parse)))
    }
}

/// Whether it may be a model year.
fn is_year(word: &str) -> bool {
    word.len() == 4
        && (word.starts_with("19") || word.starts_with("20"))
        && word.bytes().all(|byte| byte.is_ascii_digit())
}

/// The best of what was found.
struct Best {
    keep: usize,
    total: usize,
    /// The worst on top.
    heap: BinaryHeap<(Reverse<u32>, u32)>,
}

impl Best {
    fn take(&mut self, score: u32, part: u32) {
        self.total = self.total.saturating_add(1);
        if self.heap.len() < self.keep {
            self.heap.push((Reverse(score), part));
        } else if self.heap.peek().is_some_and(|worst| (Reverse(score), part) < *worst) {
            self.heap.pop();
            self.heap.push((Reverse(score), part));
        }
    }

    fn sorted(self) -> Vec<(u32, u32)> {
        self.heap.into_sorted_vec().into_iter().map(|(Reverse(score), part)| (score, part)).collect()
    }
}

/// Looks through the parts of the rarest wish for those that meet the others too, but for the one left out.
fn collect(wishes: &mut [Wish], left_out: Option<usize>, horizon: u32, best: &mut Best) {
    for term in wishes.iter_mut().flat_map(Wish::lists) {
        term.rewind();
    }
    let asked = wishes.iter().enumerate().filter(|(at, wish)| Some(*at) != left_out && !wish.ignored);
    let Some((_, driver)) = asked.min_by_key(|(_, wish)| wish.count) else { return };
    let candidates = driver.candidates();
    let mut fields = vec![0; wishes.len()];
    for part in candidates {
        if part >= horizon {
            break;
        }
        if let Some(score) = score(wishes, left_out, part, &mut fields) {
            best.take(score, part);
        }
    }
}

/// What a part scores, if it meets the wishes. `fields` is where each of them is met.
fn score(wishes: &mut [Wish], left_out: Option<usize>, part: u32, fields: &mut [u32]) -> Option<u32> {
    let mut score = 0_u32;
    for (at, wish) in wishes.iter_mut().enumerate() {
        let (mut met, mut most, mut all) = (false, 0, 0);
        for term in &mut wish.terms {
            if let Some(found) = term.fields(part) {
                met = true;
                all |= found;
                most = most.max(field::weight(found).saturating_mul(term.quality));
            }
        }
        if let Some(slot) = fields.get_mut(at) {
            *slot = all;
        }
        if !met && Some(at) != left_out && wish.years.is_empty() && !wish.ignored {
            return None;
        }
        score = score.saturating_add(most);
    }
    for at in 0..wishes.len() {
        if wishes.get(at).is_none_or(|wish| wish.years.is_empty()) || Some(at) == left_out {
            continue;
        }
        // The year itself may stand in the description. Else it is that of every vehicle that was named.
        let said = fields.get(at).is_some_and(|fields| *fields != 0);
        let mut fits = false;
        let mut contradicted = false;
        if let Some(wish) = wishes.get_mut(at) {
            for (other, terms) in &mut wish.years {
                let named = terms.iter_mut().filter_map(|term| term.fields(part)).count() > 0;
                let is_vehicle = fields.get(*other).is_some_and(|fields| fields & field::VEHICLE != 0);
                fits = fits || named;
                contradicted = contradicted || (is_vehicle && !named);
            }
        }
        if !(said || fits && !contradicted) {
            return None;
        }
        if fits && !contradicted {
            score = score.saturating_add(field::weight(field::VEHICLE).saturating_mul(4));
        }
    }
    Some(score)
}
