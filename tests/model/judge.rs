//! The rules of DESIGN.md §5, held against every state.
//!
//! What is stored at one time is judged once, whatever lies in the network and in the desk's memory.

use std::collections::BTreeMap;

use holdfast::id::OpaqueId;
use holdfast::quote::memory::MemoryDesk;
use holdfast::quote::{Clerk, DeskStore as _, Quote, QuoteState, Turn};
use holdfast::stock::{Hold, HoldState, ShardName};
use holdfast::time::{DAY, Timestamp};

use crate::house::House;
use crate::part::digest;
use crate::plan::{Plan, QUOTES, TICK};
use crate::rules::{Broken, keeps_its_word, must};
use crate::shard::Shard;

impl House {
    /// Whether the rules hold of what is stored, now and when everything has come to rest.
    pub fn judge(&self, plan: &Plan) -> Result<(), Broken> {
        let stored = digest(&(
            self.now,
            self.desk.with(|desk| desk.stored),
            self.shards.each_ref().map(|shard| shard.identity()),
        ));
        let known = plan.judged.lock().unwrap().get(&stored).cloned();
        let verdict = known.unwrap_or_else(|| {
            let verdict = self.keeps_its_word(plan).and_then(|()| self.comes_to_rest(plan)).err();
            plan.judged.lock().unwrap().insert(stored, verdict.clone());
            verdict
        });
        verdict.map_or(Ok(()), Err)
    }

    /// Rule 5 as of now.
    fn keeps_its_word(&self, plan: &Plan) -> Result<(), Broken> {
        let (now, disk) = (self.time(), self.desk.with(|desk| desk.disk().clone()));
        for (quote, wake_at) in disk.quotes() {
            let record = |name: &ShardName| (self.shards[plan.place(name)].with(|shard| shard.holds(&quote.id)), now);
            keeps_its_word(&quote, now, wake_at.is_none(), record)?;
            if quote.state == QuoteState::Released || (quote.state == QuoteState::Expired && wake_at.is_none()) {
                for shard in &self.shards {
                    let live = shard.with(|shard| shard.holds(&quote.id)).is_some_and(|known| known.is_live(now));
                    must!(!live, "rule 5: {} is {:?}, and a shard holds stock for it", quote.id, quote.state);
                }
            }
        }
        Ok(())
    }

    /// If the desk crashes now, every message is lost, and from then on nothing goes wrong: every quote and every hold
    /// comes to its end, and nothing is sold but what the caller can know of.
    fn comes_to_rest(&self, plan: &Plan) -> Result<(), Broken> {
        let clerk = Clerk::new(self.desk.with(|desk| desk.disk().clone()));
        let mut shards = self.shards.each_ref().map(|shard| shard.with(Shard::clone));
        let mut now = self.time();
        for _ in 0..8 {
            if clerk.store().next_due().is_none() {
                break;
            }
            let Ok(turns) = clerk.wake(now);
            for turn in turns {
                carry(&clerk, turn, plan, &mut shards, now)?;
            }
            now = now.plus(TICK);
        }
        must!(clerk.store().next_due().is_none(), "rule 2: the desk never comes to rest");
        now = now.plus(DAY);
        for shard in &mut shards {
            shard.tidy(now)?;
            for quote in QUOTES {
                rests(clerk.store(), shard, &quote.parse().unwrap())?;
            }
        }
        for (quote, _) in clerk.store().quotes() {
            keeps_its_word(&quote, now, true, |name| (shards[plan.place(name)].holds(&quote.id), now))?;
        }
        Ok(())
    }
}

fn rests(disk: &MemoryDesk, shard: &Shard, id: &OpaqueId) -> Result<(), Broken> {
    let Some(known) = shard.holds(id) else { return Ok(()) };
    must!(known.state != HoldState::Held, "rule 2: {id} is held for ever");
    if known.state == HoldState::Committed {
        let Ok(quote) = disk.quote(id);
        let state = quote.as_ref().map(|quote| quote.state);
        must!(state == Some(QuoteState::Committed), "rule 5: {id} is sold, and its caller is told {state:?}");
    }
    Ok(())
}

/// Carries messages to and fro in fair weather.
fn carry(
    clerk: &Clerk<MemoryDesk>,
    mut turn: Turn,
    plan: &Plan,
    shards: &mut [Shard; 2],
    now: Timestamp,
) -> Result<(), Broken> {
    while let Turn::Ask(task, asks) = turn {
        let mut replies = Vec::new();
        for (name, command) in asks {
            let reply = shards[plan.place(&name)].handle(command, now)?;
            replies.push((name, Some(reply)));
        }
        let Ok(next) = clerk.heard(task, replies, now);
        turn = next;
    }
    Ok(())
}
