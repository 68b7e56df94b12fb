//! What a caller is told when there is not enough: how much there is and where, when more comes, and what else would do.

use holdfast::id::{LocationId, Quantity, Sku};
use holdfast::pricing::Account;
use holdfast::query::answer::{Alternate, Incoming, LineAnswer};
use holdfast::query::request::DEFAULT_BUDGET_MS;
use holdfast::query::{LineRequest, QueryRequest, Wanted};
use holdfast::quote::QuoteRequest;
use holdfast::quote::desk::{Missing, Refusal, Shortage};
use holdfast::sourcing::Fulfilment;
use holdfast::time::Timestamp;
use serde::Serialize;

use crate::edge::Edge;
use crate::problem::Problem;
use crate::query::Known;

/// A short line: an entry of the problem's `errors`. What there is was seen by the shards when they refused; what comes
/// and what else would do is asked now. Of a bundle, `locations` and `incoming` are those of its missing components.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct ShortLine<'a> {
    /// The line as it was sent.
    pointer: String,
    /// `insufficient_stock`
    code: &'static str,
    /// What could be held, and what to do.
    detail: String,
    /// Its number in a quote, where lines of one part are folded.
    line: usize,
    /// The part.
    sku: &'a Sku,
    /// Units asked for.
    quantity: u32,
    /// Units that can be had.
    available: u32,
    /// Where these are, in the order in which they would be taken.
    locations: Vec<Place<'a>>,
    /// Scheduled receipts, the next first.
    incoming: Vec<Coming<'a>>,
    /// What else would do.
    alternates: &'a [Alternate<'a>],
}

#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "ShortLocation"))]
struct Place<'a> {
    /// Where.
    location: &'a LocationId,
    /// Units there.
    available: u32,
    /// The component, for a bundle.
    #[serde(skip_serializing_if = "Option::is_none")]
    sku: Option<&'a Sku>,
}

#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "ShortIncoming"))]
struct Coming<'a> {
    /// Where it is going.
    location: &'a LocationId,
    /// Units.
    quantity: u32,
    /// When it is expected.
    eta: Timestamp,
    /// The component, for a bundle.
    #[serde(skip_serializing_if = "Option::is_none")]
    sku: Option<&'a Sku>,
}

/// The refusal of a quote for want of stock.
pub async fn problem(edge: &Edge<'_>, account: &Account, request: &QuoteRequest, shortages: &[Shortage]) -> Problem {
    let problem = Problem::from(Refusal::InsufficientStock { shortages: Vec::new() });
    let query = query(request, shortages);
    let errors = |answers: &[LineAnswer]| {
        let mut answers = answers.iter();
        let mut errors = Vec::with_capacity(shortages.len());
        for shortage in shortages {
            errors.push(ShortLine::of(shortage, request, &mut answers));
        }
        problem.errors(&errors)
    };
    match Known::of(edge, account, &query).await {
        Ok(known) => known.answer(edge, account, &query, |answer| errors(&answer.lines)),
        // What is refused is refused, even if nobody can say what else there is.
        Err(_) => errors(&[]),
    }
}

/// Asks about each short part, and after a bundle about its missing components.
fn query(request: &QuoteRequest, shortages: &[Shortage]) -> QueryRequest {
    let mut lines = Vec::with_capacity(shortages.len());
    let mut ask = |sku: &Sku, units: u32| {
        let quantity = Quantity::new(units.into()).unwrap_or(Quantity::ONE);
        lines.push(LineRequest { wanted: Wanted::Sku(sku.clone()), quantity });
    };
    for shortage in shortages {
        ask(&shortage.sku, shortage.wanted);
        for missing in components(shortage) {
            ask(&missing.sku, missing.units);
        }
    }
    QueryRequest {
        lines,
        deliver_to: request.deliver_to.clone(),
        fulfilment: Fulfilment::Delivery,
        needed_by: None,
        budget_ms: DEFAULT_BUDGET_MS,
        explain: false,
        currency: None,
    }
}

/// The missing components of a bundle; none for any other part.
fn components(shortage: &Shortage) -> impl Iterator<Item = &Missing> {
    shortage.missing.iter().filter(|missing| missing.sku != shortage.sku)
}

impl<'a> ShortLine<'a> {
    /// `answers` are those to [`query`], from this line's on.
    fn of(
        shortage: &'a Shortage,
        request: &'a QuoteRequest,
        answers: &mut std::slice::Iter<'a, LineAnswer<'a>>,
    ) -> Self {
        let answer = answers.next();
        let wanted = request.lines.get(shortage.line);
        let mut line = Self {
            pointer: format!("/lines/{}", wanted.map_or(shortage.line, |wanted| wanted.place)),
            code: "insufficient_stock",
            detail: detail(shortage),
            line: shortage.line,
            sku: &shortage.sku,
            quantity: shortage.wanted,
            available: shortage.available,
            locations: Vec::new(),
            incoming: Vec::new(),
            alternates: answer.map_or(&[], |answer| &answer.alternates),
        };
        line.expects(answer, None);
        for missing in &shortage.missing {
            let component = Some(&missing.sku).filter(|sku| **sku != shortage.sku);
            for at in &missing.at {
                line.locations.push(Place { location: &at.location, available: at.quantity, sku: component });
            }
            if component.is_some() {
                line.expects(answers.next(), component);
            }
        }
        // Only the pinned location was asked; others may have some.
        if let (Some(pinned), Some(answer)) = (wanted.and_then(|wanted| wanted.location.as_ref()), answer) {
            for at in answer.sources.iter().filter(|at| at.location != pinned) {
                line.locations.push(Place { location: at.location, available: at.available, sku: None });
            }
        }
        line
    }

    /// Adds what is on its way.
    fn expects(&mut self, answer: Option<&'a LineAnswer<'a>>, sku: Option<&'a Sku>) {
        for receipt in answer.map_or(&[][..], |answer| &answer.incoming) {
            let Incoming { location, quantity, eta } = receipt;
            self.incoming.push(Coming { location, quantity: *quantity, eta: *eta, sku });
        }
    }
}

fn detail(shortage: &Shortage) -> String {
    let Shortage { sku, wanted, available, .. } = shortage;
    let mut because = String::new();
    for missing in components(shortage) {
        let comma = if because.is_empty() { ", for it lacks" } else { " and" };
        because = format!("{because}{comma} {} of {}", missing.units, missing.sku);
    }
    format!("{available} of {wanted} units of {sku} could be held{because}; ask for fewer, or send `\"partial\": true`")
}
