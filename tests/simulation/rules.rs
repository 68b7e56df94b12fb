//! The rules of DESIGN.md §5, held against what the objects have stored and what callers were told.

use std::collections::{BTreeMap, BTreeSet};

use holdfast::id::{LocationId, OpaqueId, Sku};
use holdfast::quote::event::{EventLine, Outcome};
use holdfast::quote::{Quote, QuoteEvent, QuoteLine, QuoteState};
use holdfast::stock::movement::replay;
use holdfast::stock::shard::{MovementResult, Reply};
use holdfast::stock::store::{LedgerPage, MemoryStore, Store as _};
use holdfast::stock::{Counters, Happening, Hold, HoldState, LineKey, MovementKind, Position, QuoteHolds, ShardName};
use holdfast::time::Timestamp;

/// What a broken rule looks like.
pub type Broken = String;

/// Fails with a text unless the condition holds.
macro_rules! must {
    ($condition:expr, $($text:tt)*) => {
        if !$condition {
            return Err(format!($($text)*));
        }
    };
}
pub(crate) use must;

/// What has been seen of a shard so far.
#[derive(Debug, Clone, Default)]
pub struct Watch {
    /// How far each quote's holds have come, by the shard's events.
    holds: BTreeMap<OpaqueId, HoldState>,
    positions: BTreeMap<(Sku, LocationId), Counters>,
    moved: BTreeSet<OpaqueId>,
}

impl Watch {
    /// After every command: what it has changed, and what it said about that.
    pub fn after(&mut self, store: &MemoryStore, reply: Option<&Reply>) -> Result<(), Broken> {
        let events = store.outbox();
        let mut excused = BTreeSet::new();
        let mut told_of = BTreeSet::new();
        let mut told_low = BTreeSet::new();
        for event in events {
            let Ok(()) = store.delivered(event.seq);
            match event.what {
                Happening::Held { quote, .. } => self.goes(quote, None, HoldState::Held)?,
                Happening::Committed { quote, .. } => self.goes(quote, Some(HoldState::Held), HoldState::Committed)?,
                Happening::Expired { quote } => self.goes(quote, Some(HoldState::Held), HoldState::Expired)?,
                Happening::Released { quote } => {
                    // Or a commit was taken back, which only a desk that did not say `committed` may ask for: see below.
                    let before = self.holds.get(&quote).copied();
                    let may = matches!(before, Some(HoldState::Held | HoldState::Committed));
                    must!(may, "rule 2: {quote} was released after {before:?}");
                    self.holds.insert(quote, HoldState::Released);
                }
                Happening::Returned { quote, .. } => {
                    let before = self.holds.get(&quote);
                    must!(before == Some(&HoldState::Committed), "rule 2: {quote} was returned after {before:?}");
                }
                Happening::Moved { movement, .. } => {
                    let place = (movement.sku, movement.location);
                    match movement.kind {
                        MovementKind::Count | MovementKind::Damage | MovementKind::Quarantine => {
                            excused.insert(place);
                        }
                        _ => {}
                    }
                }
                Happening::Shortfall { sku, location, units, .. } => {
                    told_of.insert((sku, location, units));
                }
                Happening::LowStock { sku, location, .. } => {
                    told_low.insert((sku, location));
                }
            }
        }
        if let Some(Reply::Moved { results }) = reply {
            for result in results {
                if let MovementResult::Applied { id, .. } = result {
                    must!(self.moved.insert(id.clone()), "rule 4: movement {id} was applied twice");
                }
            }
        }
        let Ok(dirty) = store.dirty(Timestamp::from_millis(i64::MAX), u32::MAX);
        for (sku, version) in dirty {
            let Ok(()) = store.clear_dirty(&sku, version);
            let Ok(positions) = store.positions(&sku);
            for Position { location, counters, .. } in positions {
                let place = (sku.clone(), location.clone());
                let before = self.positions.insert(place.clone(), counters).unwrap_or_default();
                let silent = counters.has_run_low(&before) && !told_low.contains(&place);
                must!(!silent, "{place:?} ran low and nobody was told: {before:?} to {counters:?}");
                if counters.shortfall() > before.shortfall() {
                    let event = told_of.contains(&(sku.clone(), location, counters.shortfall()));
                    must!(excused.contains(&place) && event, "rule 1: {place:?} went from {before:?} to {counters:?}");
                }
                let promised = counters.held > before.held && counters.on_hand == before.on_hand;
                must!(!promised || counters.balance() >= 0, "rule 1: {place:?} promised {counters:?}");
            }
        }
        Ok(())
    }

    fn goes(&mut self, quote: OpaqueId, from: Option<HoldState>, to: HoldState) -> Result<(), Broken> {
        let before = self.holds.insert(quote.clone(), to);
        must!(before == from, "rule 2: {quote} went from {before:?} to {to:?}");
        Ok(())
    }

    /// Rule 3: the ledger and the records of holds give the counters.
    pub fn books(&self, store: &MemoryStore) -> Result<(), Broken> {
        let mut promised: BTreeMap<(Sku, LocationId), (u64, u64)> = BTreeMap::new();
        for (quote, state) in &self.holds {
            let Ok(known) = store.holds(quote);
            let known = known.ok_or_else(|| format!("rule 2: {quote} is forgotten"))?;
            must!(known.state == *state, "rule 2: {quote} is {:?} and its events say {state:?}", known.state);
            for hold in &known.holds {
                let sums = promised.entry((hold.sku.clone(), hold.location.clone())).or_default();
                match known.state {
                    HoldState::Held => sums.0 += u64::from(hold.own()),
                    HoldState::Committed => sums.1 += u64::from(hold.unpicked),
                    HoldState::Released | HoldState::Expired | HoldState::Empty => {}
                }
            }
        }
        for ((sku, location), counters) in &self.positions {
            let page = LedgerPage { sku: sku.clone(), location: Some(location.clone()), after: 0, limit: u32::MAX };
            let Ok(ledger) = store.ledger(&page);
            let shelf = replay(&ledger).ok_or_else(|| format!("rule 3: the ledger of {sku} contradicts itself"))?;
            let (held, committed) = promised.remove(&(sku.clone(), location.clone())).unwrap_or_default();
            let expected = Counters { held, committed, ..shelf };
            must!(*counters == expected, "rule 3: {sku} at {location} is {counters:?}, its books say {expected:?}");
        }
        Ok(())
    }

    /// Quotes seen here, and how far they have come.
    pub fn holds(&self) -> impl Iterator<Item = (&OpaqueId, HoldState)> {
        self.holds.iter().map(|(quote, state)| (quote, *state))
    }
}

/// Rule 5: what a desk says of a quote at `now` is so at its shards. `record` finds what a shard has stored, and the time
/// there. `rests`: the desk has nothing left to do about the quote.
pub fn keeps_its_word(
    quote: &Quote,
    now: Timestamp,
    rests: bool,
    record: impl Fn(&ShardName) -> (Option<QuoteHolds>, Timestamp),
) -> Result<(), Broken> {
    let id = &quote.id;
    for at in &quote.holds {
        let (known, there) = record(&at.shard);
        let sum = |line: LineKey, count: fn(&Hold) -> u32| -> u32 {
            let holds = known.iter().flat_map(|known| &known.holds).filter(|hold| hold.line == line);
            holds.map(count).sum()
        };
        let state = known.as_ref().map(|known| known.state);
        let live = known.as_ref().is_some_and(|known| known.is_live(there));
        match quote.state_at(now) {
            QuoteState::Held => {
                must!(live, "rule 5: {id} is said to be held and is {state:?} at {}", at.shard);
                for units in &at.units {
                    must!(sum(units.line, |hold| hold.quantity) >= units.held, "rule 5: {id} holds less than it said");
                }
            }
            QuoteState::Committed => {
                must!(state == Some(HoldState::Committed), "rule 5: {id} was sold and is {state:?} at {}", at.shard);
                for units in &at.units {
                    let (sold, back) = (sum(units.line, |hold| hold.committed), sum(units.line, |hold| hold.returned));
                    must!(sold == units.committed, "rule 5: {id} sold {} and the shard {sold}", units.committed);
                    must!(!rests || back == units.returned, "rule 4: {id} took {} back, not {back}", units.returned);
                }
            }
            QuoteState::Released => {
                let nothing = !matches!(state, Some(HoldState::Held | HoldState::Committed));
                must!(nothing, "rule 5: {id} was released and is {state:?} at {}", at.shard);
            }
            QuoteState::Expired => {
                // A shard that heard of an extension which its desk did not complete is told when it can be reached.
                let nothing = !live && state != Some(HoldState::Committed);
                must!(!rests || nothing, "rule 5: {id} has expired and is {state:?} at {}", at.shard);
            }
            QuoteState::Committing | QuoteState::Releasing => {
                must!(!rests, "{id} rests while it is {:?}", quote.state);
            }
        }
    }
    Ok(())
}

/// What a desk's events say of a quote, a letter each: held, refused (f), extended, committed, released, replaced (p),
/// expired (x), returned (b).
pub fn story(quote: &OpaqueId, events: &[QuoteEvent]) -> String {
    let letter = |event: &QuoteEvent| match event.what {
        Outcome::Held { .. } => 'h',
        Outcome::Refused { .. } => 'f',
        Outcome::Extended { .. } => 'e',
        Outcome::Committed { .. } => 'c',
        Outcome::Released { .. } => 'r',
        Outcome::Replaced { .. } => 'p',
        Outcome::Expired { .. } => 'x',
        Outcome::Returned { .. } => 'b',
    };
    events.iter().filter(|event| event.quote == *quote).map(letter).collect()
}

/// Every quote has exactly the events for what became of it, in order, and their units are its own.
pub fn tells_its_story(quotes: &[Quote], events: &[QuoteEvent]) -> Result<(), Broken> {
    for quote in quotes {
        let story = story(&quote.id, events);
        let end = story.strip_prefix('h').map(|after| after.trim_start_matches('e'));
        let fits = match quote.state {
            QuoteState::Held | QuoteState::Committing => end == Some(""),
            QuoteState::Committed => end == Some(&format!("c{}", "b".repeat(quote.returns.len()))),
            QuoteState::Releasing | QuoteState::Released => end == Some("r") || end == Some("p"),
            QuoteState::Expired => end == Some("x"),
        };
        must!(fits, "{} is {:?}, and its events say '{story}'", quote.id, quote.state);
    }
    for event in events {
        let known = quotes.iter().find(|quote| quote.id == event.quote);
        let (lines, of): (&[EventLine], fn(&QuoteLine) -> u32) = match &event.what {
            Outcome::Held { lines, .. }
            | Outcome::Released { lines }
            | Outcome::Replaced { lines, .. }
            | Outcome::Expired { lines, .. } => (lines, |line| line.held),
            Outcome::Committed { lines } => (lines, |line| line.committed),
            Outcome::Refused { .. } => {
                must!(known.is_none(), "{} was refused and is there", event.quote);
                continue;
            }
            Outcome::Extended { .. } | Outcome::Returned { .. } => continue,
        };
        let Some(quote) = known else { return Err(format!("{} has events and is not there", event.quote)) };
        for line in lines {
            let units = of(&quote.lines[line.line]);
            must!(line.units == units, "{}: {:?} says {} units, the quote {units}", quote.id, event.what, line.units);
        }
    }
    Ok(())
}
