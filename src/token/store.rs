//! What a token desk needs of its storage.

use super::audit::Head;
use super::call::Answer;
use super::event::TokenEvent;
use super::record::{State, Token};
use super::register::Party;
use crate::id::OpaqueId;
use crate::quote::call::Idempotency;
use crate::time::Timestamp;

/// A desk's own storage: synchronous, and all writes of one call become durable together.
pub trait Store {
    /// What storage reports when it cannot read or write.
    type Error;

    /// A token, by its id.
    fn token(&self, id: &OpaqueId) -> Result<Option<Token>, Self::Error>;
    /// Writes a token over the one before.
    fn put_token(&self, token: &Token) -> Result<(), Self::Error>;
    /// The tokens of a quote's line, by number.
    fn tokens_of(&self, quote: &OpaqueId, line: u16) -> Result<Vec<Token>, Self::Error>;
    /// The tokens in state [`State::Active`] that name a party, by number.
    fn active_of(&self, party: &Party) -> Result<Vec<Token>, Self::Error>;
    /// Tokens whose [`Token::due`] is at or before `now`, the earliest first. It may leave some for the next time.
    fn due(&self, now: Timestamp) -> Result<Vec<Token>, Self::Error>;
    /// The earliest [`Token::due`].
    fn next_due(&self) -> Result<Option<Timestamp>, Self::Error>;
    /// The number for the next token: 0 for the first, and never given twice.
    fn next_number(&self) -> Result<u64, Self::Error>;
    /// Number and state of the tokens from `first` on, `count` numbers, that are not [`State::Active`].
    fn ended(&self, first: u64, count: u32) -> Result<Vec<(u64, State)>, Self::Error>;

    /// Units of a line that are known to have come back.
    fn returned(&self, quote: &OpaqueId, line: u16) -> Result<u32, Self::Error>;
    /// Notes how many units of a line have come back.
    fn put_returned(&self, quote: &OpaqueId, line: u16, units: u32) -> Result<(), Self::Error>;
    /// Whether a party is suspended at this desk.
    fn is_suspended(&self, party: &Party) -> Result<bool, Self::Error>;
    /// Notes whether it is.
    fn put_suspended(&self, party: &Party, suspended: bool) -> Result<(), Self::Error>;

    /// Where the log ends; `None` while it is empty.
    fn head(&self) -> Result<Option<Head>, Self::Error>;
    /// Adds an entry to the log. From there it is delivered as an event, too.
    fn append(&self, entry: &TokenEvent) -> Result<(), Self::Error>;
    /// The entries about a token, oldest first.
    fn entries_of(&self, token: &OpaqueId) -> Result<Vec<TokenEvent>, Self::Error>;
    /// The entries after place `after`, oldest first, at most `limit`.
    fn entries(&self, after: u64, limit: u32) -> Result<Vec<TokenEvent>, Self::Error>;

    /// The answer that was given for a key, and the fingerprint of the call it was given to.
    fn remembered(&self, key: &OpaqueId) -> Result<Option<(String, Answer)>, Self::Error>;
    /// Remembers the answer that is given to a call at `now`.
    fn remember(&self, call: &Idempotency, answer: &Answer, now: Timestamp) -> Result<(), Self::Error>;
    /// Forgets the answers that were given before `then`.
    fn forget_answers(&self, then: Timestamp) -> Result<(), Self::Error>;
}
