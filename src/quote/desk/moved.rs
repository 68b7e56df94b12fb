//! Quotes whose stock was given another shard: the desk follows it, and an act is done only when every shard that holds
//! something for the quote has done its part.

use super::{Act, Desk, DeskStore, RETRY_AFTER, Step};
use super::{commit_asks, extend_asks, refused, refusing, release_asks, return_asks};
use crate::id::OpaqueId;
use crate::quote::record::{Quote, QuoteState};
use crate::quote::refusal::Refusal;
use crate::stock::ShardName;
use crate::stock::shard::{Command, Reply};
use crate::time::Timestamp;

/// Whether a shard has done its part, be it the whole or not.
pub(super) fn is_done(reply: Option<&Reply>) -> bool {
    matches!(reply, Some(Reply::Done | Reply::DoneHere { .. }))
}

impl<S: DeskStore> Desk<'_, S> {
    /// Notes where lines of the quote have gone. If everyone who was asked has done its part, and somebody holds
    /// something who was not asked, because of this or of another act, all are to be asked again: who has done it says
    /// so.
    pub(super) fn follow(
        &self,
        act: &Act,
        replies: &[(ShardName, Option<Reply>)],
        now: Timestamp,
    ) -> Result<Option<Vec<(ShardName, Command)>>, S::Error> {
        if !replies.iter().any(|(_, reply)| matches!(reply, Some(Reply::DoneHere { .. }))) {
            return Ok(None);
        }
        let Some(id) = subject(act) else { return Ok(None) };
        let Some(mut quote) = self.store.quote(id)? else { return Ok(None) };
        let mut moved = false;
        for (shard, reply) in replies {
            let Some(Reply::DoneHere { elsewhere }) = reply else { continue };
            for redirect in elsewhere {
                moved |= quote.follow(shard, redirect);
            }
        }
        if moved {
            self.store.put_quote(&quote, look_at(&quote, now))?;
        }
        let all_done = replies.iter().all(|(_, reply)| is_done(reply.as_ref()));
        let untold = |(shard, _): &(ShardName, Command)| replies.iter().all(|(asked, _)| asked != shard);
        Ok(Some(again(act, &quote)).filter(|asks| all_done && asks.iter().any(untold)))
    }
}

/// What comes of telling shards to free what they held for a refused quote: those that its lines have gone to are told
/// too, and then the refusal is the answer.
pub(super) fn refuse_further(refusal: Refusal, quote: &OpaqueId, replies: &[(ShardName, Option<Reply>)]) -> Step {
    if !replies.iter().all(|(_, reply)| is_done(reply.as_ref())) {
        return refused(Refusal::Unreachable);
    }
    let mut asks: Vec<(ShardName, Command)> = Vec::new();
    for (_, reply) in replies {
        let Some(Reply::DoneHere { elsewhere }) = reply else { continue };
        for redirect in elsewhere {
            let known = |shard: &ShardName| *shard == redirect.shard;
            if !replies.iter().any(|(shard, _)| known(shard)) && !asks.iter().any(|(shard, _)| known(shard)) {
                asks.push((redirect.shard.clone(), Command::Release { quote: quote.clone() }));
            }
        }
    }
    refusing(refusal, asks)
}

/// The quote that an act is about, once it is held.
fn subject(act: &Act) -> Option<&OpaqueId> {
    match act {
        Act::Commit(id) | Act::Undo(id) | Act::Release(id) | Act::Extend(id, _) => Some(id),
        Act::Replace { old, .. } => Some(old),
        Act::GiveBack { quote, .. } => Some(quote),
        Act::Open(_) | Act::Refuse(..) => None,
    }
}

/// What an act asks of whoever holds something now; nothing where another act has brought the quote further.
fn again(act: &Act, quote: &Quote) -> Vec<(ShardName, Command)> {
    let ending = matches!(quote.state, QuoteState::Releasing | QuoteState::Expired);
    match act {
        Act::Commit(_) if quote.state == QuoteState::Committing => commit_asks(quote),
        Act::Undo(_) | Act::Release(_) | Act::Replace { .. } if ending => release_asks(quote),
        Act::Extend(_, expires_at) if quote.state == QuoteState::Held => extend_asks(quote, *expires_at),
        Act::GiveBack { id, .. } => {
            let taken = quote.returns.iter().find(|taken| taken.id == *id);
            taken.map_or_else(Vec::new, |taken| return_asks(&quote.id, taken))
        }
        _ => Vec::new(),
    }
}

/// When the alarm should look at a quote in this state.
fn look_at(quote: &Quote, now: Timestamp) -> Option<Timestamp> {
    match quote.state {
        QuoteState::Held => Some(quote.expires_at),
        QuoteState::Committing | QuoteState::Releasing | QuoteState::Expired => Some(now.plus(RETRY_AFTER)),
        QuoteState::Committed => {
            quote.returns.iter().any(|taken| !taken.untold.is_empty()).then(|| now.plus(RETRY_AFTER))
        }
        QuoteState::Released => None,
    }
}
