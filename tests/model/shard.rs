//! A shard between two events. It has no memory beside its storage, so there is nothing that a crash could take from it.

use holdfast::id::{OpaqueId, Sku};
use holdfast::stock::QuoteHolds;
use holdfast::stock::shard::{self, Command, Reply};
use holdfast::stock::store::{LedgerPage, MemoryStore, Store as _};
use holdfast::time::Timestamp;

use crate::faults::Fault;
use crate::part::{Identity, looks};
use crate::plan::{QUOTES, SKUS};
use crate::rules::{Broken, Watch};

#[derive(Debug, Clone, Default)]
pub struct Shard {
    pub store: MemoryStore,
    watch: Watch,
}

impl Shard {
    /// Carries out a command, and holds what comes of it against the rules.
    pub fn handle(&mut self, mut command: Command, mut now: Timestamp, fault: Option<Fault>) -> Result<Reply, Broken> {
        if let Some(reply) = fault.and_then(|fault| fault.at(self, &mut command, &mut now)) {
            return Ok(reply);
        }
        let Ok(output) = shard::handle(command, now, &self.store);
        self.watch.after(&self.store, Some(&output.reply))?;
        self.watch.books(&self.store)?;
        Ok(output.reply)
    }

    /// What an alarm does.
    pub fn tidy(&mut self, now: Timestamp) -> Result<(), Broken> {
        let Ok(_) = shard::tidy(now, &self.store);
        self.watch.after(&self.store, None)
    }

    pub fn holds(&self, quote: &OpaqueId) -> Option<QuoteHolds> {
        let Ok(holds) = self.store.holds(quote);
        holds
    }
}

impl Identity for Shard {
    /// How many changes there were and when does not count: versions, places in a sequence, times of movements.
    fn identity(&self) -> u64 {
        let records = QUOTES.map(|quote| self.holds(&quote.parse().unwrap()));
        let shelves = SKUS.map(|sku| {
            let sku: Sku = sku.parse().unwrap();
            let Ok(positions) = self.store.positions(&sku);
            let Ok(ledger) = self.store.ledger(&LedgerPage { sku, location: None, after: 0, limit: u32::MAX });
            let counters: Vec<_> = positions.into_iter().map(|position| position.counters).collect();
            let mut moved: Vec<_> = ledger.into_iter().map(|entry| entry.movement.id).collect();
            moved.sort_unstable();
            (counters, moved)
        });
        looks(&(records, shelves))
    }
}
