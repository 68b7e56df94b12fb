//! Finding parts by words: description, brand, number, part type, specifications, and what they fit.
//!
//! The importer makes an inverted index once ([`Builder`]), in KV values of bounded size; a search reads the few of them that
//! its words need ([`find`]). Both sides take words apart with the same code ([`words`]), and neither knows a clock or KV.
//!
//! | key | value, a JSON text | |
//! | --- | --- | --- |
//! | `search/top` | what there is, and the names of all below | written last |
//! | `search/dictionary/{name}` | sorted terms, each with its postings or where they are | by first term |
//! | `search/postings/{name}` | the postings of common terms, one after the other | by place |
//! | `search/spellings/{name}` | words of one length, the most used first | by length |
//! | `search/parts/{name}` | what an answer says of 32 parts | by number |
//!
//! A segment's name is a hash of its text. So one that did not change is not written again; and a reader that still has the
//! last `search/top` finds the segments that belong to it, or none, but never those of another index.
//! Why it is so: docs/decisions/0060.

mod build;
mod code;
mod find;
mod index;
mod question;
#[cfg(test)]
mod tests;
pub mod words;

pub use build::{Builder, Sizes, TooManyParts};
pub use find::{Failed, Found, Reading as ReadAs, find};
pub use index::{PartRow, Segment, TOP, Top};
pub use question::{Filter, Question};

/// The longest text of a search, in characters.
pub const MAX_TEXT: usize = 200;
/// The most words of a search.
pub const MAX_WORDS: usize = 8;
/// The most filters of a search.
pub const MAX_FILTERS: usize = 8;
/// The longest value of a filter, and the longest name of a specification, in characters.
pub const MAX_FILTER_TEXT: usize = 100;
/// The most parts of a page.
pub const MAX_PAGE: usize = 100;
/// The most parts that the pages of one search show.
pub const MAX_SHOWN: usize = 1_000;
