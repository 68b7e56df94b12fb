//! What could be wrong with a house. Each fault breaks one promise that the protocol rests on, and the checker must see
//! that a rule falls with it.

use holdfast::id::OpaqueId;
use holdfast::quote::DeskStore as _;
use holdfast::quote::memory::MemoryDesk;
use holdfast::stock::shard::{Command, Reply};
use holdfast::stock::store::{LedgerPage, MemoryStore, Store as _};
use holdfast::stock::{HoldRefusal, HoldState};
use holdfast::time::Timestamp;

use crate::plan::{QUOTES, SKUS, TICK};
use crate::shard::Shard;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The desk takes a shard that does not answer for one that has done what it was asked.
    SilenceIsConsent,
    /// The desk's messages leave before its writes are durable: a crash takes the writes of its last step.
    SendsBeforeItWrites,
    /// A crash takes the answers that the desk remembered.
    ForgetsAnswers,
    /// A shard forgets the quotes that were released or have expired.
    ForgetsWhatIsOver,
    /// A shard forgets the quotes for which it had nothing.
    ForgetsWhatItLacked,
    /// A shard promises what others hold.
    PromisesWhatIsHeld,
    /// A shard's clock is further ahead than the grace allows for.
    ClockAhead,
    /// A shard books a return each time it hears of it.
    BooksReturnsAgain,
    /// A shard does not sell while it has not heard how a replacement came out.
    WaitsForReplacements,
}

impl Fault {
    /// What a shard does instead of what it should: answers at once, or carries out something else at another time.
    pub fn at(self, shard: &mut Shard, command: &mut Command, now: &mut Timestamp) -> Option<Reply> {
        match (self, command) {
            (Self::ForgetsWhatIsOver, Command::Hold { quote, .. }) => {
                shard.forget(quote, |state| matches!(state, HoldState::Released | HoldState::Expired));
            }
            (Self::ForgetsWhatItLacked, Command::Hold { quote, .. }) => {
                shard.forget(quote, |state| state == HoldState::Empty);
            }
            (Self::PromisesWhatIsHeld, Command::Hold { lines, .. }) => {
                for line in lines {
                    let Ok(positions) = shard.store.positions(&line.sku);
                    for mut position in positions {
                        position.counters.held = 0;
                        let Ok(()) = shard.store.put_position(&position);
                    }
                }
            }
            (Self::ClockAhead, _) => *now = now.plus(2 * TICK),
            (Self::BooksReturnsAgain, Command::GiveBack { quote, id, .. }) => {
                let before = shard.holds(quote).map_or(0, |known| known.returns.len());
                *id = format!("{id}/{before}").parse().unwrap();
            }
            (Self::WaitsForReplacements, Command::Commit { quote, .. }) => {
                let known = shard.holds(quote)?;
                let chained = known.replaces.is_some() || known.replaced_by.is_some();
                return chained.then_some(Reply::Refused { why: HoldRefusal::BeingReplaced });
            }
            _ => {}
        }
        None
    }
}

impl Shard {
    /// Forgets a quote that is in such a state.
    fn forget(&mut self, quote: &OpaqueId, state: impl Fn(HoldState) -> bool) {
        if !self.holds(quote).is_some_and(|known| state(known.state)) {
            return;
        }
        let store = MemoryStore::default();
        for sku in SKUS {
            let sku = sku.parse().unwrap();
            let Ok(positions) = self.store.positions(&sku);
            for position in &positions {
                let Ok(()) = store.put_position(position);
            }
            let Ok(ledger) = self.store.ledger(&LedgerPage { sku, location: None, after: 0, limit: u32::MAX });
            for entry in &ledger {
                let Ok(()) = store.append(entry);
            }
        }
        for other in QUOTES.iter().filter(|other| **other != quote.as_str()) {
            if let Some(known) = self.holds(&other.parse().unwrap()) {
                let Ok(()) = store.put_holds(&known);
            }
        }
        self.store = store;
    }
}

/// The quotes of a desk without its answers.
pub fn without_answers(disk: &MemoryDesk) -> MemoryDesk {
    let quotes = MemoryDesk::default();
    for quote in disk.quotes() {
        let Ok(()) = quotes.put_quote(&quote, disk.wake_at(&quote.id));
    }
    quotes
}
