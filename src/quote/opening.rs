//! A quote on its way to being held: what the shards have set aside so far, and what they lack.

use super::draft::{Draft, DraftLine};
use super::event::{EventLine, QuoteEvent};
use super::record::{HeldUnits, Quote, QuoteAllocation, QuoteLine, QuoteState, ShardHolds, keys};
use super::refusal::{Missing, Refusal, Shortage};
use crate::id::Sku;
use crate::stock::shard::Command;
use crate::stock::{HoldLine, LineHeld, LineKey, Redirect, ShardName};
use crate::time::Timestamp;

/// A draft, and what the shards said to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// What is to be held.
    pub(super) draft: Draft,
    created_at: Timestamp,
    /// How many waves have been asked.
    asked: usize,
    /// Skus of the wave just asked that were elsewhere.
    sent_on: Vec<Sku>,
    held: Vec<(ShardName, LineHeld)>,
}

impl Opening {
    /// Nobody has been asked yet.
    pub(super) fn new(draft: Draft, now: Timestamp) -> Self {
        Self { draft, created_at: now, asked: 0, sent_on: Vec::new(), held: Vec::new() }
    }

    /// Until when the quote can be committed.
    pub(super) fn expires_at(&self) -> Timestamp {
        self.created_at.plus(self.draft.ttl_ms)
    }

    /// The event of its refusal.
    pub(super) fn refused(&self, refusal: &Refusal, now: Timestamp) -> QuoteEvent {
        QuoteEvent::refused(&self.draft, refusal.code(), self.event_lines(), now)
    }

    /// Goes on to the next wave that can help with what is lacking, and says what to ask of it; nothing if none is left.
    pub(super) fn next_wave(&mut self) -> Vec<(ShardName, Command)> {
        self.sent_on.clear();
        while let Some(wave) = self.draft.waves.get(self.asked) {
            self.asked = self.asked.saturating_add(1);
            let asks = wave.asks(&self.draft.lines, &|key| self.lacking(key));
            if !asks.is_empty() {
                return asks.into_iter().map(|(shard, lines)| (shard, self.hold(lines))).collect();
            }
        }
        Vec::new()
    }

    /// Corrects where skus of the wave just asked are, and says what to ask again: everything that those shards were
    /// asked, since a shard that has not all of it does nothing. Nothing if a sku is sent to and fro, for then it is on
    /// its way; or to a shard that has answered already, for a quote asks a shard once (a map that names a shard to
    /// which nothing was ever given leads there).
    pub(super) fn redirected(&mut self, by: &[(ShardName, Vec<Redirect>)]) -> Vec<(ShardName, Command)> {
        let at = self.asked.saturating_sub(1);
        let Some(mut wave) = self.draft.waves.get(at).cloned() else { return Vec::new() };
        let asked = wave.shards.iter().filter(|(_, shard)| by.iter().any(|(refusing, _)| refusing == shard));
        let again: Vec<Sku> = asked.map(|(sku, _)| sku.clone()).collect();
        for (from, redirect) in by.iter().flat_map(|(from, skus)| skus.iter().map(move |redirect| (from, redirect))) {
            let known =
                self.sent_on.contains(&redirect.sku) || self.held.iter().any(|(shard, _)| *shard == redirect.shard);
            if known || !again.contains(&redirect.sku) {
                return Vec::new();
            }
            self.sent_on.push(redirect.sku.clone());
            for (_, shard) in wave.shards.iter_mut().filter(|(sku, shard)| *sku == redirect.sku && shard == from) {
                shard.clone_from(&redirect.shard);
            }
        }
        let lacking = |key| if self.sku(key).is_some_and(|sku| again.contains(sku)) { self.lacking(key) } else { 0 };
        let asks = wave.asks(&self.draft.lines, &lacking);
        if let Some(before) = self.draft.waves.get_mut(at) {
            *before = wave;
        }
        asks.into_iter().map(|(shard, lines)| (shard, self.hold(lines))).collect()
    }

    /// The part that a key stands for.
    fn sku(&self, key: LineKey) -> Option<&Sku> {
        let line = self.draft.lines.get(usize::from(key.line))?;
        line.needs.get(usize::from(key.component.unwrap_or(0))).map(|need| &need.sku)
    }

    fn hold(&self, lines: Vec<HoldLine>) -> Command {
        let Draft { id, replace, .. } = &self.draft;
        Command::Hold { quote: id.clone(), expires_at: self.expires_at(), lines, replaces: replace.clone() }
    }

    /// Notes what a shard has set aside.
    pub(super) fn heard(&mut self, shard: &ShardName, lines: Vec<LineHeld>) {
        self.held.extend(lines.into_iter().map(|line| (shard.clone(), line)));
    }

    /// Every line for an event, with the units that are held, and what tells whether that is what was promised.
    pub(super) fn event_lines(&self) -> Vec<EventLine> {
        let line = |(place, of): (usize, &DraftLine)| {
            let lowered = self.held.iter().filter(|(_, held)| usize::from(held.line.line) == place);
            let lowered_at = lowered.filter_map(|(_, held)| held.lowered_at).max();
            EventLine { lowered_at, ..EventLine::of_draft(place, of, self.units_held(place), self.draft.currency) }
        };
        self.draft.lines.iter().enumerate().map(line).collect()
    }

    fn units_of(&self, key: LineKey) -> u32 {
        let lines = self.held.iter().filter(|(_, line)| line.line == key).flat_map(|(_, line)| &line.allocations);
        lines.fold(0, |sum, at| sum.saturating_add(at.quantity))
    }

    /// Units of a need that are not held yet.
    fn lacking(&self, key: LineKey) -> u32 {
        let line = self.draft.lines.get(usize::from(key.line));
        let need = line.and_then(|line| line.needs.get(usize::from(key.component.unwrap_or(0))));
        let wanted = line.zip(need).map_or(0, |(line, need)| line.quantity.saturating_mul(need.quantity));
        wanted.saturating_sub(self.units_of(key))
    }

    /// Units of a line that are held: of a bundle, as many as its scarcest component allows.
    fn units_held(&self, place: usize) -> u32 {
        let Some(line) = self.draft.lines.get(place) else { return 0 };
        let of_need = keys(place, &line.sku, &line.needs)
            .map(|(key, need)| self.units_of(key).checked_div(need.quantity).unwrap_or(0).min(line.quantity));
        // A digital part needs nothing held.
        of_need.min().unwrap_or(line.quantity)
    }

    /// Whether nothing is lacking.
    pub(super) fn is_complete(&self) -> bool {
        self.draft.lines.iter().enumerate().all(|(place, line)| self.units_held(place) == line.quantity)
    }

    /// Whether something of any line is held.
    pub(super) fn has_anything(&self) -> bool {
        (0..self.draft.lines.len()).any(|place| self.units_held(place) > 0)
    }

    /// The lines that are short. Each shard set aside all it had, so what is held is what there is.
    pub(super) fn shortages(&self) -> Vec<Shortage> {
        let short = (0..).zip(&self.draft.lines).filter(|(place, line)| self.units_held(*place) < line.quantity);
        let shortage = |(place, line): (usize, &DraftLine)| Shortage {
            line: place,
            sku: line.sku.clone(),
            wanted: line.quantity,
            available: self.units_held(place),
            missing: keys(place, &line.sku, &line.needs)
                .filter_map(|(key, need)| self.missing(key, &need.sku))
                .collect(),
        };
        short.map(shortage).collect()
    }

    fn missing(&self, key: LineKey, sku: &Sku) -> Option<Missing> {
        let units = Some(self.lacking(key)).filter(|units| *units > 0)?;
        let at = self.held.iter().filter(|(_, line)| line.line == key).flat_map(|(_, line)| &line.allocations);
        Some(Missing { sku: sku.clone(), units, at: at.cloned().collect() })
    }

    /// The shards that have set something aside.
    pub(super) fn holders(&self) -> Vec<&ShardName> {
        let mut holders: Vec<&ShardName> = Vec::new();
        for (shard, line) in &self.held {
            if !line.allocations.is_empty() && !holders.contains(&shard) {
                holders.push(shard);
            }
        }
        holders
    }

    /// The quote that holds what is held.
    pub(super) fn into_quote(self) -> Quote {
        let mut holds: Vec<ShardHolds> = Vec::new();
        for (shard, line) in &self.held {
            let held = line.allocations.iter().fold(0_u32, |sum, at| sum.saturating_add(at.quantity));
            if held == 0 {
                continue;
            }
            let units = HeldUnits { line: line.line, held, committed: 0, returned: 0 };
            match holds.iter_mut().find(|known| known.shard == *shard) {
                Some(known) => known.units.push(units),
                None => holds.push(ShardHolds { shard: shard.clone(), units: vec![units] }),
            }
        }
        let lines = self.draft.lines.iter().enumerate().map(|(place, _)| self.line(place)).collect::<Option<Vec<_>>>();
        let (lines, expires_at) = (lines.unwrap_or_default(), self.expires_at());
        let Draft { id, account, region, currency, reference, .. } = self.draft;
        Quote {
            id,
            account,
            state: QuoteState::Held,
            created_at: self.created_at,
            expires_at,
            reference,
            region,
            currency,
            lines,
            holds,
            returns: Vec::new(),
            decided_by: None,
            replaced_by: None,
        }
    }

    fn line(&self, place: usize) -> Option<QuoteLine> {
        let line = self.draft.lines.get(place)?;
        let of_bundle = |key: LineKey| key.component.and_then(|at| line.needs.get(usize::from(at)));
        let heard = self.held.iter().filter(|(_, held)| usize::from(held.line.line) == place);
        let allocations = heard.flat_map(|(_, held)| {
            let sku = of_bundle(held.line).map(|need| need.sku.clone());
            held.allocations.iter().map(move |at| QuoteAllocation {
                location: at.location.clone(),
                quantity: at.quantity,
                sku: sku.clone(),
            })
        });
        Some(QuoteLine {
            sku: line.sku.clone(),
            quantity: line.quantity,
            held: self.units_held(place),
            committed: 0,
            returned: 0,
            price: line.price.clone(),
            needs: line.needs.clone(),
            allocations: allocations.collect(),
            class: line.class,
            calibrations: line.calibrations,
        })
    }
}
