//! From a text to the words it is found by, and how far two words are apart.

/// The longest word, in characters; the rest of a longer one does not count.
pub const MAX_WORD: usize = 40;
/// Words that say nothing about a part. They are left out of a search that has others.
const EMPTY: [&str; 12] = ["a", "an", "and", "at", "for", "from", "in", "of", "on", "or", "the", "with"];

/// A run of characters between spaces, as a person meant it: one word, or a number with punctuation in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    /// All of it without punctuation; the only form of a number such as `44-10` that a search looks for at first.
    pub whole: Option<String>,
    /// What stands between its punctuation.
    pub pieces: Vec<String>,
}

/// The chunks of a text.
pub fn chunks(text: &str) -> impl Iterator<Item = Chunk> + '_ {
    text.split(|c: char| c.is_whitespace() || ",;:()[]{}|\"".contains(c)).filter_map(chunk)
}

fn chunk(text: &str) -> Option<Chunk> {
    let mut pieces: Vec<String> = Vec::new();
    let mut open = false;
    for c in text.chars() {
        let folded = folded(c);
        if folded.is_empty() {
            open = false;
            continue;
        }
        if !open {
            pieces.push(String::new());
            open = true;
        }
        if let Some(piece) = pieces.last_mut() {
            piece.push_str(folded.as_str());
        }
    }
    if pieces.is_empty() {
        return None;
    }
    let whole = pieces.concat();
    let number = pieces.len() > 1 && !is_word(&whole);
    let whole = number.then(|| ended(whole));
    let pieces = pieces.into_iter().map(ended).collect();
    Some(Chunk { whole, pieces })
}

/// The terms that a text is found by.
pub fn terms(text: &str) -> impl Iterator<Item = String> + '_ {
    chunks(text).flat_map(|chunk| chunk.whole.into_iter().chain(chunk.pieces)).map(|word| stem(&word).to_owned())
}

/// Whether the word has letters only: such words are forgiven typing errors. A number with a wrong digit is another part.
pub fn is_word(word: &str) -> bool {
    !word.bytes().any(|byte| byte.is_ascii_digit())
}

/// A word without the `s` of a plural.
pub fn stem(word: &str) -> &str {
    match word.strip_suffix('s') {
        Some(rest) if rest.len() >= 3 && !rest.ends_with('s') && is_word(rest) => rest,
        _ => word,
    }
}

/// Whether the word says nothing.
pub fn is_empty(word: &str) -> bool {
    EMPTY.contains(&word)
}

/// How many typing errors a word of so many letters is forgiven.
pub fn tolerance(letters: usize) -> usize {
    match letters {
        0..4 => 0,
        4..8 => 1,
        _ => 2,
    }
}

/// Cuts a word that is too long.
fn ended(mut word: String) -> String {
    if let Some((end, _)) = word.char_indices().nth(MAX_WORD) {
        word.truncate(end);
    }
    word
}

/// One or two characters that stand for one, or none.
struct Folded([u8; 4], usize);

impl Folded {
    fn is_empty(&self) -> bool {
        self.1 == 0
    }

    fn as_str(&self) -> &str {
        self.0.get(..self.1).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default()
    }

    fn of(text: &str) -> Self {
        let mut bytes = [0; 4];
        for (to, from) in bytes.iter_mut().zip(text.bytes()) {
            *to = from;
        }
        Self(bytes, text.len().min(4))
    }
}

/// The letters that stand for Latin letters with marks, U+00C0 to U+00FF, two places each. What is empty is no letter.
const LATIN: &[u8; 128] = b"a a a a a a aec e e e e i i i i d n o o o o o   o u u u u y thssa a a a a a aec e e e e i i i i d n o o o o o   o u u u u y thy ";

/// A letter or digit in the form in which it is compared; nothing for anything else.
fn folded(c: char) -> Folded {
    match c {
        'A'..='Z' | 'a'..='z' | '0'..='9' => Folded::of(c.to_ascii_lowercase().encode_utf8(&mut [0; 4])),
        '\u{c0}'..='\u{ff}' => {
            let at = (u32::from(c).wrapping_sub(0xc0) as usize).wrapping_mul(2);
            let letters = LATIN.get(at..at.wrapping_add(2)).and_then(|two| std::str::from_utf8(two).ok());
            Folded::of(letters.unwrap_or_default().trim())
        }
        '\u{100}'.. if !c.is_whitespace() && !('\u{2000}'..'\u{2c00}').contains(&c) => {
            Folded::of(c.encode_utf8(&mut [0; 4]))
        }
        _ => Folded([0; 4], 0),
    }
}

/// How many letters must be put in, left out, replaced, or swapped with their neighbour to make one word of the other; `None`
/// if that is more than `most`.
pub fn distance(one: &[char], other: &[char], most: usize) -> Option<usize> {
    if one.len().abs_diff(other.len()) > most {
        return None;
    }
    // Three rows of the usual table: the one being made, the last, and the one before it.
    let mut last: Vec<usize> = (0..=other.len()).collect();
    let (mut before, mut row) = (last.clone(), Vec::with_capacity(last.len()));
    for (i, a) in one.iter().enumerate() {
        row.clear();
        row.push(i.saturating_add(1));
        let mut nearest = i.saturating_add(1);
        for (j, b) in other.iter().enumerate() {
            let at = |row: &[usize], j: usize| row.get(j).copied().unwrap_or(usize::MAX);
            let mut cost = at(&last, j).saturating_add(usize::from(a != b));
            cost = cost.min(at(&last, j.saturating_add(1)).saturating_add(1)).min(at(&row, j).saturating_add(1));
            let swapped = i > 0
                && j > 0
                && one.get(i.wrapping_sub(1)) == Some(b)
                && other.get(j.wrapping_sub(1)) == Some(a)
                && a != b;
            if swapped {
                cost = cost.min(at(&before, j.wrapping_sub(1)).saturating_add(1));
            }
            row.push(cost);
            nearest = nearest.min(cost);
        }
        if nearest > most {
            return None;
        }
        std::mem::swap(&mut before, &mut last);
        std::mem::swap(&mut last, &mut row);
    }
    last.last().copied().filter(|cost| *cost <= most)
}
