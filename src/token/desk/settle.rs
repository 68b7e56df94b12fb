//! What a provider has decided about a token.

use super::super::call::Answer;
use super::super::credential::Decision;
use super::super::event::{Kind, TokenEvent};
use super::super::reason::Reason;
use super::super::record::State;
use super::super::store::Store;
use super::{Turn, about};
use crate::id::OpaqueId;

impl<S: Store> Turn<'_, S> {
    /// Keeps the first decision about an active token, and shows the token as it is then. A provider that was asked twice
    /// may have decided twice; everybody is told the same.
    pub(super) fn settle(&self, id: &OpaqueId, decision: &Decision) -> Result<Answer, S::Error> {
        let Some(token) = self.store.token(id)? else { return Ok(Answer::refused(Reason::NotFound)) };
        let awaited =
            token.state_at(self.now) == State::Active && token.provider.is_some() && self.store.decision(id)?.is_none();
        if awaited {
            let entry = TokenEvent { provider: token.provider.clone(), ..about(&token.claims) };
            self.log(match decision {
                Decision::Granted(_) => TokenEvent { kind: Kind::CredentialReceived, ..entry },
                Decision::Refused(why) => {
                    self.end(token, State::Revoked)?;
                    let (cause, reason) = (Some(why.clone()), Some(Reason::ProviderRefused));
                    TokenEvent { kind: Kind::TokenRevoked, cause, reason, ..entry }
                }
            })?;
            self.store.put_decision(id, Some(decision))?;
        }
        self.get(id)
    }
}
