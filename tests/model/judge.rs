//! The rules of DESIGN.md §5, held against every state. (What each shard says of itself is held against them in
//! `rules.rs`, command by command.)
//!
//! What is stored at one time is judged once, whatever lies in the network and in the desk's memory.

use holdfast::id::OpaqueId;
use holdfast::quote::call::{Answer, Ask};
use holdfast::quote::memory::MemoryDesk;
use holdfast::quote::{Clerk, DeskStore as _, Quote, QuoteState, Turn};
use holdfast::stock::hold::GRACE;
use holdfast::stock::{Hold, HoldState, QuoteHolds, ShardName};
use holdfast::time::{DAY, Timestamp};

use crate::house::House;
use crate::part::digest;
use crate::plan::{Plan, QUOTES};
use crate::rules::{Broken, keeps_its_word, must, tells_its_story};
use crate::shard::Shard;

/// What is stored in a house at one time.
struct Stored<'p> {
    plan: &'p Plan,
    now: Timestamp,
    clerk: Clerk<MemoryDesk>,
    shards: [Shard; 2],
}

impl House {
    /// Whether the rules hold of what is stored, now and when everything has come to rest.
    pub fn judge(&self, plan: &Plan) -> Result<(), Broken> {
        let verdict = plan.judged.of(digest(&(self.now, &self.desk.clerk, &self.shards)), || {
            let clerk = Clerk::new(self.desk.disk());
            let shards = self.shards.each_ref().map(|shard| shard.with(Shard::clone));
            Stored { plan, now: self.time(), clerk, shards }.judge().err()
        });
        verdict.map_or(Ok(()), Err)
    }
}

impl Stored<'_> {
    fn judge(mut self) -> Result<(), Broken> {
        self.answers_are_true()?;
        tells_its_story(&self.disk().quotes(), &self.disk().outbox())?;
        for quote in self.disk().quotes() {
            let rests = self.disk().wake_at(&quote.id).is_none();
            keeps_its_word(&quote, self.now, rests, |name| (self.record(name, &quote.id), self.now))?;
            self.is_not_held_behind_its_back(&quote, rests)?;
        }
        self.comes_to_rest()
    }

    fn disk(&self) -> &MemoryDesk {
        self.clerk.store()
    }

    fn record(&self, name: &ShardName, quote: &OpaqueId) -> Option<QuoteHolds> {
        self.shards[self.plan.place(name)].holds(quote)
    }

    fn state(&self, quote: &OpaqueId) -> Option<QuoteState> {
        let Ok(quote) = self.disk().quote(quote);
        quote.map(|quote| quote.state)
    }

    /// Rules 4 and 5: what callers were told stays true, and no call is refused because of what it did itself.
    fn answers_are_true(&self) -> Result<(), Broken> {
        for (key, answer) in self.disk().answers() {
            self.plan.saw(&key, &answer);
            let Some((call, _)) = self.plan.calls.iter().find(|(call, _)| Plan::key(call) == &key) else { continue };
            match (&call.ask, &answer) {
                (ask, Answer::Quote { quote, .. }) => {
                    let own = !matches!(ask, Ask::Commit { .. }) || quote.is_decided_by(Some(&key));
                    must!(own, "rule 4: {key} was told of a commit that another call made");
                    let (told, state) = (quote.state, self.state(&quote.id));
                    let ended = matches!(told, QuoteState::Committed | QuoteState::Released);
                    must!(!ended || state == Some(told), "rule 5: {key} was told {told:?}, and it is {state:?}");
                }
                (Ask::Open { draft }, Answer::Refused { .. }) => {
                    let state = self.state(&draft.id);
                    must!(state.is_none(), "rule 5: {key} was refused, and its quote is {state:?}");
                }
                (Ask::Commit { quote, .. } | Ask::Release { quote }, Answer::Refused { why, .. }) => {
                    let Ok(quote) = self.disk().quote(quote);
                    let own = quote
                        .is_some_and(|quote| quote.is_decided_by(Some(&key)) && quote.state != QuoteState::Expired);
                    must!(!own, "rule 4: {key} was told {why:?}, and did it itself");
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Rules 4 and 5: all shards together hold for a quote what it wants and no more, and nothing once it is over.
    fn is_not_held_behind_its_back(&self, quote: &Quote, rests: bool) -> Result<(), Broken> {
        let live =
            self.shards.iter().filter_map(|shard| shard.holds(&quote.id)).filter(|known| known.is_live(self.now));
        let mut holds = live.flat_map(|known| known.holds);
        match quote.state {
            QuoteState::Released | QuoteState::Expired if rests => {
                let held = holds.next();
                must!(held.is_none(), "rule 5: {} is {:?}, and {held:?}", quote.id, quote.state);
            }
            _ => {
                let wanted: u32 = quote.lines.iter().map(|line| line.quantity).sum();
                let held: u32 = holds.map(|hold| hold.quantity).sum();
                must!(held <= wanted, "rule 4: {} wants {wanted} and holds {held}", quote.id);
            }
        }
        Ok(())
    }

    /// If the desk crashes now and every message is lost, and from then on nothing goes wrong: every quote and every hold
    /// comes to its end, a commit that was accepted in time is kept, and nothing is sold but what callers can know of.
    fn comes_to_rest(&mut self) -> Result<(), Broken> {
        let mut accepted = self.disk().quotes();
        accepted.retain(|quote| self.can_be_kept(quote));
        for _ in 0..12 {
            let Some(due) = self.disk().next_due() else { break };
            self.now = self.now.max(due);
            let Ok(turns) = self.clerk.wake(self.now, u32::MAX);
            turns.into_iter().try_for_each(|turn| self.carry(turn))?;
        }
        must!(self.disk().next_due().is_none(), "rule 2: the desk never comes to rest");
        for quote in accepted {
            let state = self.state(&quote.id);
            must!(
                state == Some(QuoteState::Committed),
                "rule 5: the commit of {} was accepted, and it is {state:?}",
                quote.id
            );
        }
        self.now = self.now.plus(DAY);
        for shard in &mut self.shards {
            shard.tidy(self.now)?;
        }
        for quote in self.disk().quotes() {
            keeps_its_word(&quote, self.now, true, |name| (self.record(name, &quote.id), self.now))?;
        }
        QUOTES.iter().try_for_each(|quote| self.is_over(&quote.parse().unwrap()))
    }

    /// Whether a commit was accepted, and every shard still has what it needs.
    fn can_be_kept(&self, quote: &Quote) -> bool {
        let has = |name: &ShardName| {
            self.record(name, &quote.id)
                .is_some_and(|known| known.is_live(self.now) || known.state == HoldState::Committed)
        };
        quote.state == QuoteState::Committing
            && self.disk().wake_at(&quote.id).is_some_and(|at| self.now.max(at) < quote.expires_at.plus(GRACE))
            && quote.holds.iter().all(|at| has(&at.shard))
    }

    /// Carries messages to and fro in fair weather.
    fn carry(&mut self, mut turn: Turn) -> Result<(), Broken> {
        while let Turn::Ask(task, asks) = turn {
            let mut replies = Vec::new();
            for (name, command) in asks {
                let reply = self.shards[self.plan.place(&name)].handle(command, self.now, self.plan.fault)?;
                replies.push((name, Some(reply)));
            }
            let Ok(next) = self.clerk.heard(task, replies, self.now);
            turn = next;
        }
        Ok(())
    }

    /// Rules 2 and 5 at the end of days: nothing is held, and what is sold is what the desk says.
    fn is_over(&self, id: &OpaqueId) -> Result<(), Broken> {
        let records = || self.shards.iter().filter_map(|shard| shard.holds(id));
        must!(records().all(|known| known.state != HoldState::Held), "rule 2: {id} is held for ever");
        let sold: u32 = records().flat_map(|known| known.holds).map(|hold| Hold::outstanding(&hold)).sum();
        let Ok(quote) = self.disk().quote(id);
        let units = quote.iter().flat_map(|quote| &quote.holds).flat_map(|at| &at.units);
        let said: u32 = units.map(|units| units.committed - units.returned).sum();
        must!(sold == said, "rule 5: {sold} units of {id} are sold, and its caller knows of {said}");
        Ok(())
    }
}
