//! Taking back: on request, because units came back, or because a party is suspended.

use super::super::call::Answer;
use super::super::event::{Act, Kind, TokenEvent};
use super::super::evidence::SoldLine;
use super::super::reason::Reason;
use super::super::record::{State, Token};
use super::super::register::{Party, PartyKind};
use super::super::store::Store;
use super::{Turn, about, done};
use crate::id::{OpaqueId, Sku};
use crate::order::SortedMap;

impl<S: Store> Turn<'_, S> {
    pub(super) fn revoke(&self, id: &OpaqueId, cause: Option<String>) -> Result<Answer, S::Error> {
        let Some(token) = self.store.token(id)? else {
            let entry = TokenEvent { token: Some(id.clone()), cause, ..TokenEvent::default() };
            return self.refuse(Act::Revoke, Reason::NotFound, entry);
        };
        let reason = match token.state_at(self.now) {
            State::Active => {
                let (token, entry) = self.take_back(token, cause)?;
                return Ok(done(token, entry));
            }
            State::Succeeded | State::Failed => Reason::AlreadyRedeemed,
            State::Revoked => Reason::TokenRevoked,
            State::Expired => Reason::TokenExpired,
        };
        self.refuse(Act::Revoke, reason, TokenEvent { cause, ..about(&token.claims) })
    }

    pub(super) fn returned(&self, line: &SoldLine) -> Result<Answer, S::Error> {
        let entry = match self.hear_of_returns(line)? {
            Some(entry) => entry,
            None => self.log(came_back(line))?,
        };
        Ok(Answer::Done { token: None, entry: Box::new(entry), replayed: false })
    }

    pub(super) fn suspend(&self, party: &Party, cause: Option<String>) -> Result<Answer, S::Error> {
        self.store.put_suspended(party, true)?;
        let entry = self.log(TokenEvent { kind: Kind::PartySuspended, cause, ..of(party) })?;
        for token in self.store.active_of(party)? {
            self.take_back(token, Some("suspended".into()))?;
        }
        Ok(Answer::Done { token: None, entry: Box::new(entry), replayed: false })
    }

    pub(super) fn reinstate(&self, party: &Party) -> Result<Answer, S::Error> {
        self.store.put_suspended(party, false)?;
        let entry = self.log(TokenEvent { kind: Kind::PartyReinstated, ..of(party) })?;
        Ok(Answer::Done { token: None, entry: Box::new(entry), replayed: false })
    }

    /// Units of a line that are sold and have not come back, by all that has been heard of them.
    pub(super) fn sold(&self, line: &SoldLine) -> Result<u32, S::Error> {
        self.hear_of_returns(line)?;
        let returned = self.store.returned(&line.quote, line.line)?;
        Ok(line.committed.saturating_sub(returned))
    }

    /// If more units have come back than was known: notes it, and takes back the tokens that are too many now.
    fn hear_of_returns(&self, line: &SoldLine) -> Result<Option<TokenEvent>, S::Error> {
        if line.returned <= self.store.returned(&line.quote, line.line)? {
            return Ok(None);
        }
        self.store.put_returned(&line.quote, line.line, line.returned)?;
        let sold = line.committed.saturating_sub(line.returned);
        let mut by_part = SortedMap::<Sku, Vec<Token>>::default();
        for token in self.store.tokens_of(&line.quote, line.line)? {
            if token.counts(self.now) {
                by_part.update(token.claims.sku.clone(), Vec::new, |tokens| tokens.push(token));
            }
        }
        let entry = self.log(came_back(line))?;
        for (_, tokens) in by_part {
            let per_unit = tokens.iter().map(|token| token.per_unit).max().unwrap_or(1);
            let entitled = usize::try_from(sold.saturating_mul(per_unit)).unwrap_or(usize::MAX);
            let excess = tokens.len().saturating_sub(entitled);
            let active = tokens.into_iter().rev().filter(|token| token.state == State::Active);
            for token in active.take(excess) {
                self.take_back(token, Some("unit returned".into()))?;
            }
        }
        Ok(Some(entry))
    }

    fn take_back(&self, token: Token, cause: Option<String>) -> Result<(Token, TokenEvent), S::Error> {
        let token = self.end(token, State::Revoked)?;
        let entry = self.log(TokenEvent { kind: Kind::TokenRevoked, cause, ..about(&token.claims) })?;
        Ok((token, entry))
    }
}

/// What an entry about returned units says.
fn came_back(line: &SoldLine) -> TokenEvent {
    TokenEvent {
        kind: Kind::UnitReturned,
        line: Some(line.line),
        quote: Some(line.quote.clone()),
        units: Some(line.returned),
        ..TokenEvent::default()
    }
}

/// What an entry about a party says.
fn of(party: &Party) -> TokenEvent {
    let id = Some(party.id.clone());
    match party.kind {
        PartyKind::Shop => TokenEvent { shop: id, ..TokenEvent::default() },
        PartyKind::Technician => TokenEvent { technician: id, ..TokenEvent::default() },
        PartyKind::Tool => TokenEvent { tool: id, ..TokenEvent::default() },
    }
}
