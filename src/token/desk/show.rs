//! Tokens that are shown: to be redeemed, or only to be looked at.

use super::super::call::{Answer, Show};
use super::super::claims::{Claims, TokenFault};
use super::super::event::{Act, Kind, TokenEvent};
use super::super::reason::Reason;
use super::super::record::{State, Token};
use super::super::request::Presentation;
use super::super::store::Store;
use super::{Turn, about, done};
use crate::digest::sha256_hex;

impl<S: Store> Turn<'_, S> {
    pub(super) fn show(&self, show: &Show) -> Result<Answer, S::Error> {
        let shown = &show.shown;
        let act = if shown.outcome.is_some() { Act::Redeem } else { Act::Verify };
        let presented = Some(sha256_hex(shown.token.as_bytes()));
        let claims = match self.authority.open(&shown.token, self.now) {
            Ok(claims) => claims,
            Err(fault) => {
                let (vin, tool, code) = (shown.vin, shown.tool.clone(), Some(fault.code().to_owned()));
                let entry = TokenEvent { presented, vin, tool, fault: code, ..TokenEvent::default() };
                return self.refuse(act, reason_of(fault), entry);
            }
        };
        let entry = TokenEvent { presented, ..seen(&claims, shown) };
        let token = match self.admit(&claims, show)? {
            Ok(token) => token,
            Err(reason) => return self.refuse(act, reason, entry),
        };
        let Some(outcome) = shown.outcome else {
            return Ok(done(token, self.log(TokenEvent { kind: Kind::TokenVerified, ..entry })?));
        };
        let token = self.end(token, outcome.into())?;
        let entry = self.log(TokenEvent { kind: Kind::TokenRedeemed, outcome: Some(outcome), ..entry })?;
        Ok(done(token, entry))
    }

    /// The token, if it may be used as it is shown. Whoever shows it out of its scope is not told what became of it.
    fn admit(&self, claims: &Claims, show: &Show) -> Result<Result<Token, Reason>, S::Error> {
        if claims.sub != *self.account {
            return Ok(Err(Reason::ScopeMismatch));
        }
        let Some(token) = self.store.token(&claims.jti)? else { return Ok(Err(Reason::NotFound)) };
        if token.claims != *claims || !in_scope(claims, &show.shown) {
            return Ok(Err(Reason::ScopeMismatch));
        }
        let ended = match token.state_at(self.now) {
            State::Active => claims.timely(self.now).err().map(reason_of),
            State::Succeeded | State::Failed => Some(Reason::AlreadyRedeemed),
            State::Revoked => Some(Reason::TokenRevoked),
            State::Expired => Some(Reason::TokenExpired),
        };
        let crew = token.crew();
        if let Some(reason) = ended.or_else(|| show.registered.objection(&crew, self.account, self.now)) {
            return Ok(Err(reason));
        }
        Ok(self.suspension(&crew)?.map_or(Ok(token), Err))
    }
}

/// Whether a token is shown for its vehicle and its tool. A redemption names both.
fn in_scope(claims: &Claims, shown: &Presentation) -> bool {
    let may_be_silent = shown.outcome.is_none();
    shown.vin.map_or(may_be_silent, |vin| vin == claims.vin)
        && shown.tool.as_ref().map_or(may_be_silent, |tool| *tool == claims.tool)
}

fn reason_of(fault: TokenFault) -> Reason {
    match fault {
        TokenFault::Jws(_) | TokenFault::Claims | TokenFault::Issuer => Reason::InvalidSignature,
        TokenFault::Audience => Reason::ScopeMismatch,
        TokenFault::NotYetValid => Reason::TokenNotYetValid,
        TokenFault::Expired => Reason::TokenExpired,
    }
}

/// What an entry about a token that is shown says: what the token says, but vehicle and tool as they were shown.
fn seen(claims: &Claims, shown: &Presentation) -> TokenEvent {
    let entry = about(claims);
    let (tool, vin) = (shown.tool.clone().or(entry.tool), shown.vin.or(entry.vin));
    TokenEvent { tool, vin, ..entry }
}
