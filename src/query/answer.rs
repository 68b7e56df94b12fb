//! The answer to a query: for each line the part, its price, where it is, and what else would do.

use serde::Serialize;

use super::request::QueryRequest;
use super::resolve::{Choice, Finding, Match, NoMatch, Relation, ResolvedLine};
use super::stock::{Offer, Origin, StockTable};
use crate::catalog::PartNumber;
use crate::catalog::part::{LifeCycle, Pack, Part, Supply};
use crate::id::{BrandCode, LocationId, Quantity, Sku};
use crate::money::Currency;
use crate::order::sort_by_key;
use crate::pricing::{Buyer, NoPrice, PricedLine, Step, Trace, price};
use crate::sourcing::{Source, Survey};
use crate::time::Timestamp;

/// The most sources a line names; the nearest and soonest come first.
pub const MAX_SOURCES: usize = 5;

/// What every line of an answer is made from.
pub struct Terms<'a> {
    /// Who asks, and on what terms.
    pub buyer: Buyer<'a>,
    /// What each location can do for the request.
    pub survey: &'a Survey<'a>,
    /// The stock that is known.
    pub stock: &'a StockTable,
    /// When it was asked.
    pub now: Timestamp,
    /// Whether to say which rule made each price.
    pub explain: bool,
}

/// Whether the quantity asked for can be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "StockStatus"))]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The quantity is there, twice over.
    InStock,
    /// The quantity is there, but not twice over.
    LowStock,
    /// The quantity is covered once scheduled receipts have come in; see `eta`.
    Backorder,
    /// The quantity is not there, and the maker supplies it to order.
    SpecialOrder,
    /// The quantity is not there; `available` tells how many are.
    OutOfStock,
    /// No longer sold.
    Discontinued,
    /// The line names no part.
    Unknown,
}

/// The answer to a query.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct QueryAnswer<'a> {
    /// When it was asked.
    pub as_of: Timestamp,
    /// The account's currency, of every amount.
    pub currency: Currency,
    /// In the order of the question.
    pub lines: Vec<LineAnswer<'a>>,
    /// What the account should know before it orders.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub messages: Vec<Message>,
}

/// Something the account should know.
#[derive(Debug, Clone, Copy, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Message {
    /// Stable.
    pub code: &'static str,
    /// In words.
    pub detail: &'static str,
}

/// The answer to one line.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct LineAnswer<'a> {
    /// Its place in the question, from 0.
    pub line: usize,
    /// The part; absent where the line names none.
    #[serde(flatten)]
    pub part: Option<PartSummary<'a>>,
    /// How it was found.
    #[serde(rename = "match")]
    pub matched: Match,
    /// Units of the part that meet the line.
    pub quantity: u32,
    /// Whether they can be had.
    pub status: Status,
    /// Units that can be had now.
    pub available: u64,
    /// When that was so.
    pub as_of: Timestamp,
    /// Who said so.
    pub source: Origin,
    /// How old that word can be, in milliseconds.
    pub max_staleness_ms: u32,
    /// From when on receipts cover the quantity, with `backorder`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub eta: Option<Timestamp>,
    /// What it costs this account; `null` with `price_reason` where it cannot buy it.
    pub price: Option<PricedLine>,
    /// Why there is no price.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price_reason: Option<Reason>,
    /// Where it can be had, best first.
    pub sources: Vec<Source<'a>>,
    /// What is on its way, by time.
    pub incoming: Vec<Incoming>,
    /// What else would do.
    pub alternates: Vec<Alternate<'a>>,
    /// The parts that share an ambiguous number.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub candidates: Vec<PartSummary<'a>>,
    /// In what numbers it is sold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pack: Option<Pack>,
    /// What must be calibrated after fitting.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calibration: Option<CalibrationNeed<'a>>,
    /// Conditions of the fit, pack rules that the quantity breaks.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// Why the line names no part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// Which rule made the price, on request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explain: Option<Vec<Step>>,
}

/// A part, in short.
#[derive(Debug, Clone, Copy, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct PartSummary<'a> {
    /// The distributor's name for it.
    pub sku: &'a Sku,
    /// The maker's brand.
    pub brand: &'a BrandCode,
    /// The maker's number.
    pub number: &'a PartNumber,
    /// One line for people.
    pub description: &'a str,
}

/// A stable code and words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Reason {
    /// Stable.
    pub code: &'static str,
    /// What is the matter and what to do.
    pub detail: String,
}

/// A scheduled receipt, as callers see it.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Incoming {
    /// Where it is going.
    pub location: LocationId,
    /// Units.
    pub quantity: u32,
    /// When it is expected.
    pub eta: Timestamp,
}

/// Another part that would do.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Alternate<'a> {
    /// The part.
    #[serde(flatten)]
    pub part: PartSummary<'a>,
    /// How it stands to what was asked for.
    pub relation: Relation,
    /// Units of it that meet the line.
    pub quantity: u32,
    /// Whether they can be had.
    pub status: Status,
    /// Units that can be had now.
    pub available: u64,
    /// What they cost this account.
    pub price: Option<PricedLine>,
    /// Conditions of the fit.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// What must be calibrated after fitting.
#[derive(Debug, Clone, Copy, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct CalibrationNeed<'a> {
    /// Always true: parts that need none have no such entry.
    pub required: bool,
    /// The control unit.
    pub ecu: &'a str,
    /// The procedure.
    pub procedure: &'a str,
}

/// Answers a query whose lines are resolved.
pub fn answer<'a>(request: &QueryRequest, lines: &'a [ResolvedLine], terms: &Terms<'a>) -> QueryAnswer<'a> {
    let lines = lines.iter().zip(&request.lines).enumerate();
    let on_hold = Message {
        code: "account_on_hold",
        detail: "this account is on hold: prices are shown, nothing can be ordered",
    };
    QueryAnswer {
        as_of: terms.now,
        currency: terms.buyer.account.currency,
        lines: lines
            .map(|(line, (resolved, asked))| answer_line(line, resolved, asked.quantity.get(), terms))
            .collect(),
        messages: terms.buyer.account.on_hold.then_some(on_hold).into_iter().collect(),
    }
}

/// The choices of a line that the near region does not cover, so that other regions are worth asking.
pub fn wants_more(line: &ResolvedLine, stock: &StockTable, now: Timestamp) -> bool {
    let Finding::Choices(choices) = &line.finding else { return false };
    let covered = |choice: &Choice| stock.offer(choice, now).available() >= choice.quantity.into();
    if line.names_one_part() { !choices.first().is_some_and(covered) } else { !choices.iter().any(covered) }
}

fn answer_line<'a>(line: usize, resolved: &'a ResolvedLine, asked: u32, terms: &Terms<'a>) -> LineAnswer<'a> {
    match &resolved.finding {
        Finding::Nothing(why) => {
            LineAnswer { reason: Some((*why).into()), ..LineAnswer::empty(line, resolved, asked, terms.now) }
        }
        Finding::Candidates(parts) => {
            let candidates = parts.iter().map(|part| PartSummary::of(part)).collect();
            LineAnswer { candidates, ..LineAnswer::empty(line, resolved, asked, terms.now) }
        }
        Finding::Choices(choices) => {
            let offers: Vec<Offer> = choices.iter().map(|choice| terms.stock.offer(choice, terms.now)).collect();
            let first = if resolved.names_one_part() { 0 } else { best(choices, &offers, terms.now) };
            let mut all = choices.iter().zip(&offers);
            let Some((choice, offer)) = all.clone().nth(first) else {
                return LineAnswer::empty(line, resolved, asked, terms.now);
            };
            let alternates = all.by_ref().enumerate().filter(|(place, _)| *place != first);
            let alternates = alternates.map(|(_, (choice, offer))| alternate(choice, offer, terms)).collect();
            LineAnswer { alternates, ..answer_choice(line, resolved, choice, offer, terms) }
        }
    }
}

/// Of choices that stand for each other: the first that is there in full, else the first to be there, else the first.
fn best(choices: &[Choice], offers: &[Offer], now: Timestamp) -> usize {
    let dates = choices.iter().zip(offers).map(|(choice, offer)| promise_date(choice, offer, now));
    let first = dates.enumerate().filter_map(|(place, date)| Some((date?, place))).min();
    first.map_or(0, |(_, place)| place)
}

fn promise_date(choice: &Choice, offer: &Offer, now: Timestamp) -> Option<Timestamp> {
    if offer.available() >= choice.quantity.into() { Some(now) } else { offer.promise_date(choice.quantity, now) }
}

fn answer_choice<'a>(
    line: usize,
    resolved: &'a ResolvedLine,
    choice: &'a Choice,
    offer: &Offer,
    terms: &Terms<'a>,
) -> LineAnswer<'a> {
    let part: &'a Part = &choice.part;
    let mut steps = Vec::new();
    let mut trace = if terms.explain { Trace::into(&mut steps) } else { Trace::silent() };
    let priced = priced(choice, terms, &mut trace);
    let (status, eta) = status(choice, offer, terms.now);
    let mut sources = terms.survey.rank(choice.quantity, |location| offer.available_at(location));
    sources.truncate(MAX_SOURCES);
    let orderable = part.pack.sellable(choice.quantity);
    let breaks_pack = (orderable != choice.quantity)
        .then(|| format!("sold from {} in multiples of {}: order {orderable}", part.pack.minimum, part.pack.multiple));
    LineAnswer {
        part: Some(PartSummary::of(part)),
        quantity: choice.quantity,
        status,
        available: offer.available(),
        as_of: offer.as_of,
        source: offer.origin,
        max_staleness_ms: offer.max_staleness_ms(),
        eta,
        price_reason: priced.as_ref().err().map(|why| (*why).into()),
        price: priced.ok(),
        sources,
        incoming: incoming(offer),
        pack: Some(part.pack),
        calibration: part.calibration.as_ref().map(|calibration| CalibrationNeed {
            required: true,
            ecu: &calibration.ecu,
            procedure: &calibration.procedure,
        }),
        notes: choice.notes.iter().cloned().chain(breaks_pack).collect(),
        explain: terms.explain.then_some(steps),
        ..LineAnswer::empty(line, resolved, choice.quantity, terms.now)
    }
}

fn alternate<'a>(choice: &'a Choice, offer: &Offer, terms: &Terms<'a>) -> Alternate<'a> {
    Alternate {
        part: PartSummary::of(&choice.part),
        relation: choice.relation,
        quantity: choice.quantity,
        status: status(choice, offer, terms.now).0,
        available: offer.available(),
        price: priced(choice, terms, &mut Trace::silent()).ok(),
        notes: choice.notes.clone(),
    }
}

fn priced(choice: &Choice, terms: &Terms<'_>, trace: &mut Trace<'_>) -> Result<PricedLine, NoPrice> {
    let quantity = Quantity::new(choice.quantity.into()).map_err(|_| NoPrice::AmountTooLarge)?;
    price(&choice.part, &terms.buyer, quantity, terms.now, trace)
}

/// The status speaks of the quantity asked for, so that `in_stock` and `low_stock` mean it can be had.
pub(super) fn status(choice: &Choice, offer: &Offer, now: Timestamp) -> (Status, Option<Timestamp>) {
    let (part, quantity) = (&choice.part, u64::from(choice.quantity));
    let available = offer.available();
    if offer.unlimited && part.life_cycle != LifeCycle::Discontinued || available >= quantity.saturating_mul(2) {
        return (Status::InStock, None);
    }
    if available >= quantity {
        return (Status::LowStock, None);
    }
    if part.life_cycle == LifeCycle::Discontinued {
        return (Status::Discontinued, None);
    }
    if let Some(eta) = offer.promise_date(choice.quantity, now) {
        return (Status::Backorder, Some(eta));
    }
    let to_order = matches!(part.supply, Supply::MadeToOrder | Supply::QuickShip) && part.superseded_by.is_empty();
    (if to_order { Status::SpecialOrder } else { Status::OutOfStock }, None)
}

fn incoming(offer: &Offer) -> Vec<Incoming> {
    let receipts = offer.locations.iter().flat_map(|at| at.incoming.iter().map(|receipt| (&at.location, receipt)));
    let mut incoming: Vec<Incoming> = receipts
        .map(|(location, receipt)| Incoming {
            location: location.clone(),
            quantity: receipt.quantity,
            eta: receipt.eta,
        })
        .collect();
    sort_by_key(&mut incoming, |receipt| receipt.eta);
    incoming.truncate(MAX_SOURCES);
    incoming
}

impl ResolvedLine {
    /// Whether the first choice is what was asked for; else the choices stand for each other.
    fn names_one_part(&self) -> bool {
        matches!(&self.finding, Finding::Choices(choices) if choices.first().is_some_and(|c| c.relation == Relation::Asked))
    }
}

impl<'a> PartSummary<'a> {
    fn of(part: &'a Part) -> Self {
        Self { sku: &part.sku, brand: &part.brand, number: &part.number, description: &part.description }
    }
}

impl LineAnswer<'_> {
    fn empty(line: usize, resolved: &ResolvedLine, quantity: u32, now: Timestamp) -> Self {
        Self {
            line,
            part: None,
            matched: resolved.matched,
            quantity,
            status: Status::Unknown,
            available: 0,
            as_of: now,
            source: Origin::Shard,
            max_staleness_ms: 0,
            eta: None,
            price: None,
            price_reason: None,
            sources: Vec::new(),
            incoming: Vec::new(),
            alternates: Vec::new(),
            candidates: Vec::new(),
            pack: None,
            calibration: None,
            notes: Vec::new(),
            reason: None,
            explain: None,
        }
    }
}

impl From<NoPrice> for Reason {
    fn from(why: NoPrice) -> Self {
        Self { code: why.code(), detail: why.to_string() }
    }
}

impl From<NoMatch> for Reason {
    fn from(why: NoMatch) -> Self {
        Self { code: why.code(), detail: why.to_string() }
    }
}

#[cfg(test)]
mod tests;
