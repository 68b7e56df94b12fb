//! A shard between two events. It has no memory beside its storage, so there is nothing that a crash could take from it.

use holdfast::id::{OpaqueId, Sku};
use holdfast::stock::QuoteHolds;
use holdfast::stock::shard::{self, Command, Reply};
use holdfast::stock::store::{LedgerPage, MemoryStore, Store as _};
use holdfast::time::Timestamp;

use crate::desk::{Message, MessageId};
use crate::faults::Fault;
use crate::part::{Identity, Memo, Part, looks};
use crate::plan::{Plan, QUOTES, SKUS};
use crate::rules::{Broken, Watch};

#[derive(Debug, Clone, Default)]
pub struct Shard {
    pub store: MemoryStore,
    watch: Watch,
}

/// What shards did, by all that it depends on: the shard, the message and the time.
pub type Handled = Memo<(u64, MessageId, i64), Result<(Part<Shard>, Part<Reply>), Broken>>;

impl Part<Shard> {
    /// Gets a message.
    pub fn gets(&mut self, message: &Message, now: Timestamp, plan: &Plan) -> Result<Part<Reply>, Broken> {
        let (after, reply) = plan.handled.of((self.identity(), message.id, now.millis()), || {
            let mut after = self.clone();
            let reply = after.change(|shard| shard.handle(message.command.clone(), now, plan.fault))?;
            Ok((after, Part::new(reply)))
        })?;
        *self = after;
        Ok(reply)
    }
}

impl Shard {
    /// Carries out a command, and holds what comes of it against the rules.
    pub fn handle(&mut self, mut command: Command, mut now: Timestamp, fault: Option<Fault>) -> Result<Reply, Broken> {
        let reply = fault.and_then(|fault| fault.at(self, &mut command, &mut now)).unwrap_or_else(|| {
            let Ok(output) = shard::handle(command, now, &self.store);
            output.reply
        });
        self.watch.after(&self.store, Some(&reply))?;
        self.watch.books(&self.store)?;
        Ok(reply)
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
