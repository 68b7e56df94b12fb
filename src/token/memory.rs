//! A token desk's storage in memory, for tests and simulations.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use super::audit::Head;
use super::call::Answer;
use super::event::TokenEvent;
use super::record::{State, Token};
use super::register::Party;
use super::store::Store;
use crate::id::OpaqueId;
use crate::quote::call::Idempotency;
use crate::time::Timestamp;

/// A store in memory.
#[derive(Debug, Clone, Default)]
pub struct MemoryStore(RefCell<Tables>);

#[derive(Debug, Clone, Default)]
struct Tables {
    /// By number.
    tokens: Vec<Token>,
    returned: BTreeMap<(OpaqueId, u16), u32>,
    suspended: BTreeSet<Party>,
    log: Vec<TokenEvent>,
    answers: BTreeMap<OpaqueId, (String, Answer, Timestamp)>,
    numbers: u64,
}

impl MemoryStore {
    /// Every token, by number.
    pub fn tokens(&self) -> Vec<Token> {
        self.0.borrow().tokens.clone()
    }

    /// The whole log.
    pub fn log(&self) -> Vec<TokenEvent> {
        self.0.borrow().log.clone()
    }

    fn select(&self, which: impl Fn(&Token) -> bool) -> Vec<Token> {
        self.0.borrow().tokens.iter().filter(|token| which(token)).cloned().collect()
    }
}

impl Store for MemoryStore {
    type Error = std::convert::Infallible;

    fn token(&self, id: &OpaqueId) -> Result<Option<Token>, Self::Error> {
        Ok(self.select(|token| token.claims.jti == *id).pop())
    }

    fn put_token(&self, token: &Token) -> Result<(), Self::Error> {
        let tokens = &mut self.0.borrow_mut().tokens;
        match tokens.iter_mut().find(|known| known.number == token.number) {
            Some(known) => known.clone_from(token),
            None => tokens.push(token.clone()),
        }
        Ok(())
    }

    fn tokens_of(&self, quote: &OpaqueId, line: u16) -> Result<Vec<Token>, Self::Error> {
        Ok(self.select(|token| token.claims.quote == *quote && token.claims.line == line))
    }

    fn active_of(&self, party: &Party) -> Result<Vec<Token>, Self::Error> {
        Ok(self.select(|token| token.state == State::Active && token.crew().has(party)))
    }

    fn due(&self, now: Timestamp) -> Result<Vec<Token>, Self::Error> {
        let mut due = self.select(|token| token.due().is_some_and(|at| at <= now));
        due.sort_by_key(Token::due);
        Ok(due)
    }

    fn next_due(&self) -> Result<Option<Timestamp>, Self::Error> {
        Ok(self.0.borrow().tokens.iter().filter_map(Token::due).min())
    }

    fn next_number(&self) -> Result<u64, Self::Error> {
        let numbers = &mut self.0.borrow_mut().numbers;
        let number = *numbers;
        *numbers = numbers.saturating_add(1);
        Ok(number)
    }

    fn ended(&self, first: u64, count: u32) -> Result<Vec<(u64, State)>, Self::Error> {
        let numbers = first..first.saturating_add(count.into());
        let ended = self.select(|token| numbers.contains(&token.number) && token.state != State::Active);
        Ok(ended.into_iter().map(|token| (token.number, token.state)).collect())
    }

    fn returned(&self, quote: &OpaqueId, line: u16) -> Result<u32, Self::Error> {
        Ok(self.0.borrow().returned.get(&(quote.clone(), line)).copied().unwrap_or(0))
    }

    fn put_returned(&self, quote: &OpaqueId, line: u16, units: u32) -> Result<(), Self::Error> {
        self.0.borrow_mut().returned.insert((quote.clone(), line), units);
        Ok(())
    }

    fn is_suspended(&self, party: &Party) -> Result<bool, Self::Error> {
        Ok(self.0.borrow().suspended.contains(party))
    }

    fn put_suspended(&self, party: &Party, suspended: bool) -> Result<(), Self::Error> {
        let parties = &mut self.0.borrow_mut().suspended;
        if suspended {
            parties.insert(party.clone())
        } else {
            parties.remove(party)
        };
        Ok(())
    }

    fn head(&self) -> Result<Option<Head>, Self::Error> {
        Ok(self.0.borrow().log.last().map(|entry| Head { seq: entry.seq, hash: entry.hash.clone() }))
    }

    fn append(&self, entry: &TokenEvent) -> Result<(), Self::Error> {
        self.0.borrow_mut().log.push(entry.clone());
        Ok(())
    }

    fn entries_of(&self, token: &OpaqueId) -> Result<Vec<TokenEvent>, Self::Error> {
        Ok(self.0.borrow().log.iter().filter(|entry| entry.token.as_ref() == Some(token)).cloned().collect())
    }

    fn entries(&self, after: u64, limit: u32) -> Result<Vec<TokenEvent>, Self::Error> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Ok(self.0.borrow().log.iter().filter(|entry| entry.seq > after).take(limit).cloned().collect())
    }

    fn remembered(&self, key: &OpaqueId) -> Result<Option<(String, Answer)>, Self::Error> {
        let answers = &self.0.borrow().answers;
        Ok(answers.get(key).map(|(fingerprint, answer, _)| (fingerprint.clone(), answer.clone())))
    }

    fn remember(&self, call: &Idempotency, answer: &Answer, now: Timestamp) -> Result<(), Self::Error> {
        let row = (call.fingerprint.clone(), answer.clone(), now);
        self.0.borrow_mut().answers.insert(call.key.clone(), row);
        Ok(())
    }

    fn forget_answers(&self, then: Timestamp) -> Result<(), Self::Error> {
        self.0.borrow_mut().answers.retain(|_, (_, _, at)| *at >= then);
        Ok(())
    }
}
