//! What could be wrong with a house. Each fault breaks one promise that the protocol rests on, and the checker must see
//! that a rule falls with it.

use holdfast::id::OpaqueId;
use holdfast::quote::DeskStore as _;
use holdfast::quote::memory::MemoryDesk;
use holdfast::stock::hold::GRACE;
use holdfast::stock::shard::{Command, Reply, handle};
use holdfast::stock::store::{LedgerPage, MemoryStore, Store as _};
use holdfast::stock::{HoldRefusal, HoldState};
use holdfast::time::Timestamp;

use crate::plan::{QUOTES, SKUS};
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
    /// A shard promises a unit more than it has.
    PromisesTooMuch,
    /// A shard's clock is ahead by the grace.
    ClockAhead,
    /// A shard books a return each time it hears of it.
    BooksReturnsAgain,
    /// A shard does not sell while it has not heard how a replacement came out.
    WaitsForReplacements,
}

impl Fault {
    /// What a shard does instead of what it should: it answers at once, or carries out another command, or at another
    /// time.
    pub fn at(self, shard: &mut Shard, command: &mut Command, now: &mut Timestamp) -> Option<Reply> {
        match (self, &mut *command) {
            (Self::ForgetsWhatIsOver, Command::Hold { quote, .. }) => {
                shard.forget(quote, |state| matches!(state, HoldState::Released | HoldState::Expired));
            }
            (Self::ForgetsWhatItLacked, Command::Hold { quote, .. }) => {
                shard.forget(quote, |state| state == HoldState::Empty);
            }
            (Self::PromisesTooMuch, Command::Hold { .. }) => {
                shard.find(1);
                let Ok(output) = handle(command.clone(), *now, &shard.store);
                shard.find(-1);
                return Some(output.reply);
            }
            (Self::ClockAhead, _) => *now = now.plus(GRACE),
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
    /// Adds so many units of everything to what is there.
    fn find(&mut self, units: i64) {
        for sku in SKUS {
            let Ok(positions) = self.store.positions(&sku.parse().unwrap());
            for mut position in positions {
                position.counters.on_hand = position.counters.on_hand.checked_add_signed(units).unwrap();
                let Ok(()) = self.store.put_position(&position);
            }
        }
    }

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

/// What a desk has stored, without its answers.
pub fn without_answers(disk: &MemoryDesk) -> MemoryDesk {
    let quotes = MemoryDesk::default();
    for event in disk.outbox() {
        let Ok(()) = quotes.emit(&event);
    }
    for quote in disk.quotes() {
        let Ok(()) = quotes.put_quote(&quote, disk.wake_at(&quote.id));
    }
    quotes
}
