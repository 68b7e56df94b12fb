//! The token desk: the one place that issues, redeems and takes back an account's tokens.
//!
//! Calls come in one after another, and each reads, decides and writes without waiting. So two calls never count the same
//! unit, and a token is redeemed once, however many ask at the same time.
//!
//! **Entitlement.** A line entitles to one token for each unit that is sold and has not come back (of a bundle: for each
//! of its components to calibrate). A token takes up a unit while it is active, and for good once its calibration has
//! succeeded; one that failed, was revoked or has expired gives it back. How many are sold and returned, the caller says,
//! as the quote desk told it a moment ago. Returns only grow, so the desk remembers the most it has heard of: an
//! issue that was on its way while units came back does not count them.
//!
//! **Returns.** When units come back, the tokens that are then too many are revoked, the newest first, as far as they are
//! active. What has been calibrated stays calibrated; the log says so.
//!
//! **Providers.** A token for some parts is to have a provider's credential beside it. The desk issues the token first, so
//! that its unit is taken, and asks nobody: the caller asks the provider and brings its decision. A refusal takes the token
//! back. A credential is kept, sealed, while its token is active.
//!
//! **Expiry** is decided by the clock. A token has expired when the last verifier refuses it: its `exp` and the leeway
//! ([`super::claims::LEEWAY`]) after it. Only then is its unit free for another token.
//!
//! **The log** has an entry for every act and every refusal ([`super::audit`]).

mod issue;
mod revoke;
mod settle;
mod show;

use super::audit::Head;
use super::call::{Answer, Ask, Call};
use super::claims::{Authority, Claims};
use super::event::{Act, Kind, TokenEvent};
use super::reason::Reason;
use super::record::{State, Token};
use super::register::{Crew, PartyKind};
use super::status;
use super::store::Store;
use crate::id::{AccountId, OpaqueId};
use crate::time::{DAY, Timestamp};

/// How long answers are remembered for their keys, in milliseconds.
pub const REMEMBERED: i64 = DAY;
/// The most entries of one page of the log.
pub const MAX_PAGE: u32 = 500;

/// The desk of one account, at work on its store.
pub struct Desk<'d, S: Store> {
    account: &'d AccountId,
    authority: &'d Authority,
    store: &'d S,
}

/// One call at work.
struct Turn<'d, S: Store> {
    account: &'d AccountId,
    authority: &'d Authority,
    store: &'d S,
    now: Timestamp,
    /// Who asks; nobody where the clock does.
    by: Option<AccountId>,
    /// The key of the call.
    request: Option<OpaqueId>,
}

impl<'d, S: Store> Desk<'d, S> {
    /// The desk of `account`, on `store`.
    pub fn new(account: &'d AccountId, authority: &'d Authority, store: &'d S) -> Self {
        Self { account, authority, store }
    }

    /// Takes a call, after what has expired by `now` is marked so. Then [`Store::next_due`] says when to
    /// [wake](Desk::wake) the desk.
    pub fn handle(&self, call: Call, now: Timestamp) -> Result<Answer, S::Error> {
        self.turn(None, None, now).expire()?;
        let Call { by, idempotency, ask } = call;
        let Some(call) = idempotency else { return self.turn(Some(by), None, now).answer(ask) };
        if let Some((fingerprint, known)) = self.store.remembered(&call.key)? {
            return Ok(if fingerprint == call.fingerprint { known.again() } else { Answer::KeyReused });
        }
        let answer = self.turn(Some(by), Some(call.key.clone()), now).answer(ask)?;
        if !matches!(answer, Answer::Refused { reason: Reason::TokensNotConfigured, .. }) {
            self.store.remember(&call, &answer, now)?;
        }
        Ok(answer)
    }

    /// What an alarm does: marks what has expired, and forgets answers that nobody will ask for again.
    pub fn wake(&self, now: Timestamp) -> Result<(), S::Error> {
        self.turn(None, None, now).expire()?;
        self.store.forget_answers(now.plus(-REMEMBERED))
    }

    fn turn(&self, by: Option<AccountId>, request: Option<OpaqueId>, now: Timestamp) -> Turn<'d, S> {
        Turn { account: self.account, authority: self.authority, store: self.store, now, by, request }
    }
}

impl<S: Store> Turn<'_, S> {
    fn answer(&self, ask: Ask) -> Result<Answer, S::Error> {
        match ask {
            Ask::Issue(issue) => self.issue(*issue),
            Ask::Show(show) => self.show(&show),
            Ask::Revoke { token, cause } => self.revoke(&token, cause),
            Ask::Returned(line) => self.returned(&line),
            Ask::Suspend { party, cause } => self.suspend(&party, cause),
            Ask::Reinstate { party } => self.reinstate(&party),
            Ask::Get { token } => self.get(&token),
            Ask::Settle { token, decision } => self.settle(&token, &decision),
            Ask::Log { after, limit } => {
                // Whoever shows pages asks for one entry more than a page, to see whether there is another.
                let limit = limit.min(MAX_PAGE.saturating_add(1));
                Ok(Answer::Log { entries: self.store.entries(after, limit)? })
            }
            Ask::StatusList { list } => self.status_list(list),
        }
    }

    fn get(&self, id: &OpaqueId) -> Result<Answer, S::Error> {
        let Some(token) = self.store.token(id)? else { return Ok(Answer::refused(Reason::NotFound)) };
        let (attempts, decision) = (self.store.entries_of(id)?, self.store.decision(id)?);
        Ok(Answer::Token { token: Box::new(token), attempts, decision })
    }

    fn status_list(&self, list: u64) -> Result<Answer, S::Error> {
        // The first list is there before its first token: a gateway may fetch it early.
        let next = self.store.next_number()?;
        let begun = |first: &u64| *first < next.max(1);
        let Some(first) = status::first_of(list).filter(begun) else { return Ok(Answer::refused(Reason::NotFound)) };
        let ended = self.store.ended(first, status::LIST_SIZE)?.into_iter();
        let placed = ended.map(|(number, state)| (status::place_of(number).1, state));
        let jwt = status::signed(self.authority, self.account, list, placed, self.now);
        Ok(jwt.map_or_else(|| Answer::refused(Reason::TokensNotConfigured), |jwt| Answer::StatusList { jwt }))
    }

    /// Marks the tokens that no verifier takes any more.
    fn expire(&self) -> Result<(), S::Error> {
        for token in self.store.due(self.now)? {
            let ended_at = token.claims.ends_at();
            let token = self.end_at(token, State::Expired, ended_at)?;
            self.log(TokenEvent { kind: Kind::TokenExpired, ..about(&token.claims) })?;
        }
        Ok(())
    }

    /// Why a crew may not work at this desk now, whatever the registers say.
    fn suspension(&self, crew: &Crew) -> Result<Option<Reason>, S::Error> {
        for party in crew.parties() {
            if self.store.is_suspended(&party)? {
                return Ok(Some(match party.kind {
                    PartyKind::Shop => Reason::ShopNotApproved,
                    PartyKind::Technician => Reason::TechnicianNotApproved,
                    PartyKind::Tool => Reason::ToolNotApproved,
                }));
            }
        }
        Ok(None)
    }

    /// Puts a token to its end.
    fn end(&self, token: Token, state: State) -> Result<Token, S::Error> {
        self.end_at(token, state, self.now)
    }

    /// Puts a token to its end, and its credential with it: nobody has a use for that any more.
    fn end_at(&self, token: Token, state: State, at: Timestamp) -> Result<Token, S::Error> {
        let token = Token { state, ended_at: Some(at), ..token };
        self.store.put_token(&token)?;
        if token.provider.is_some() {
            self.store.put_decision(&token.claims.jti, None)?;
        }
        Ok(token)
    }

    /// Refuses, on record.
    fn refuse(&self, act: Act, reason: Reason, about: TokenEvent) -> Result<Answer, S::Error> {
        self.log(TokenEvent { kind: Kind::TokenRefused, act: Some(act), reason: Some(reason), ..about })?;
        Ok(Answer::refused(reason))
    }

    /// Adds an entry to the log.
    fn log(&self, entry: TokenEvent) -> Result<TokenEvent, S::Error> {
        let head = self.store.head()?.unwrap_or_else(|| Head::genesis(self.account));
        let (by, request) = (self.by.clone(), self.request.clone());
        let entry = head.chain(TokenEvent { at: self.now, by, request, ..entry });
        self.store.append(&entry)?;
        Ok(entry)
    }
}

/// That something was done.
fn done(token: Token, entry: TokenEvent) -> Answer {
    Answer::Done { token: Some(Box::new(token)), entry: Box::new(entry), replayed: false }
}

/// What an entry about a token says.
fn about(claims: &Claims) -> TokenEvent {
    let claims = claims.clone();
    TokenEvent {
        line: Some(claims.line),
        quote: Some(claims.quote),
        shop: Some(claims.shop),
        sku: Some(claims.sku),
        technician: Some(claims.technician),
        token: Some(claims.jti),
        tool: Some(claims.tool),
        vin: Some(claims.vin),
        ..TokenEvent::default()
    }
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
