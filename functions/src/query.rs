//! `POST /v1/query`: what does it cost, where is it, can I have it?

use std::rc::Rc;

use holdfast::access::Scope;
use holdfast::catalog::Reading;
use holdfast::id::Sku;
use holdfast::lines::Form;
use holdfast::order::{SortedSet, distinct};
use holdfast::pricing::{Account, Buyer, Contract, Promotion};
use holdfast::query::answer::{QueryAnswer, Terms, answer, wants_more};
use holdfast::query::{Finding, QueryRequest, ResolvedLine, StockTable, resolve::resolve};
use holdfast::sourcing::{Destination, GeoPoint, Location, Need, NoDestination, Survey, nearest};
use holdfast::stock::Dedicated;

use crate::bulk::{self, Part};
use crate::edge::Edge;
use crate::kpi::answers;
use crate::problem::Problem;
use crate::supply;
use crate::wire::Answer;

/// Answers a query.
pub async fn query(edge: &Edge<'_>) -> Result<Answer, Problem> {
    let account = edge.caller(Scope::Query).await?.account;
    let (request, part) = match Form::of(edge.request.content_type) {
        None => {
            bulk::no_options(edge)?;
            (QueryRequest::read(&edge.json()?)?, None)
        }
        Some(form) => Part::read(edge, form).map(|(request, part)| (request, Some(part)))?,
    };
    if let Some(other) = request.currency.filter(|currency| *currency != account.currency) {
        let detail = format!("this account is quoted in {}, not {other}; leave `currency` out", account.currency);
        return Err(Problem::refused_field("/currency", "currency_not_available", detail));
    }
    let known = Known::of(edge, &account, &request).await?;
    Ok(known.answer(edge, &account, &request, |answer| match part {
        None => edge.ok(&answer),
        Some(part) => part.answer(answer),
    }))
}

/// All that an answer is made from.
pub struct Known {
    found: Found,
    destination: GeoPoint,
    stock: StockTable,
}

impl Known {
    /// Reads the catalogue and the stock.
    pub async fn of(edge: &Edge<'_>, account: &Account, request: &QueryRequest) -> Result<Self, Problem> {
        let found = edge.settle(|reading| Found::read(request, account, edge, reading)).await?;
        let destination = destination(request.deliver_to.clone(), account, &found.locations)?;
        let stock = edge.timed("stock", stock(edge, &found, destination, request.budget_ms)).await?;
        Ok(Self { found, destination, stock })
    }

    /// Answers the request, to `show`.
    pub fn answer<T>(
        &self,
        edge: &Edge<'_>,
        account: &Account,
        request: &QueryRequest,
        show: impl FnOnce(QueryAnswer<'_>) -> T,
    ) -> T {
        let (found, fulfilment, needed_by) = (&self.found, request.fulfilment, request.needed_by);
        let need = Need { destination: self.destination, home: &account.home, fulfilment, needed_by };
        let terms = Terms {
            buyer: Buyer { account, contract: found.contract.as_deref(), promotions: &found.promotions },
            survey: &Survey::new(&found.locations, &need, edge.now),
            stock: &self.stock,
            now: edge.now,
            explain: request.explain,
        };
        let answer = answer(request, &found.lines, &terms);
        answers::remember(&account.id, &answer);
        show(answer)
    }
}

/// What the catalogue knows about a request.
struct Found {
    lines: Vec<ResolvedLine>,
    contract: Option<Rc<Contract>>,
    promotions: Rc<Vec<Promotion>>,
    locations: Rc<Vec<Location>>,
    dedicated: Rc<Dedicated>,
}

impl Found {
    fn read(request: &QueryRequest, account: &Account, edge: &Edge<'_>, reading: &Reading) -> Self {
        Self {
            lines: request.lines.iter().map(|line| resolve(line, edge.now, reading)).collect(),
            contract: account.contract.as_ref().and_then(|contract| reading.contract(contract)),
            promotions: reading.promotions(),
            locations: reading.locations(),
            dedicated: reading.dedicated(),
        }
    }
}

/// Where the goods go: as asked, else to the account's home.
pub fn destination(asked: Option<Destination>, account: &Account, locations: &[Location]) -> Result<GeoPoint, Problem> {
    match asked {
        Some(place) => {
            let unknown =
                |error: NoDestination| Problem::refused_field("/deliver_to", "unknown_location", error.to_string());
            place.resolve(locations).map_err(unknown)
        }
        None => Destination::at(account.home.clone()).resolve(locations).map_err(|error| {
            worker::console_error!("the home of account {}: {error}", account.id);
            let detail = "this account's home location is not known; say where to deliver";
            Problem::refused_field("/deliver_to", "unknown_location", detail)
        }),
    }
}

/// The near region's stock of every part a line can mean, and the other regions' where the near one is not enough.
async fn stock(edge: &Edge<'_>, found: &Found, destination: GeoPoint, budget_ms: u32) -> Result<StockTable, Problem> {
    let Some(near) = nearest(&found.locations, destination) else { return Ok(StockTable::default()) };
    let map = edge.shards(found.dedicated.clone());
    let mut table = supply::near(edge, &near.region, &skus(found.lines.iter()), &map, budget_ms).await?;
    let short = skus(found.lines.iter().filter(|line| wants_more(line, &table, edge.now)));
    supply::far(edge, &near.region, &short, &found.locations, &mut table).await?;
    Ok(table)
}

fn skus<'a>(lines: impl Iterator<Item = &'a ResolvedLine>) -> SortedSet<&'a Sku> {
    let choices = lines.flat_map(|line| match &line.finding {
        Finding::Choices(choices) => choices.as_slice(),
        Finding::Candidates(_) | Finding::Nothing(_) => &[],
    });
    distinct(choices.flat_map(holdfast::query::Choice::stocked_skus))
}
