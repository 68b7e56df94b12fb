//! `GET /v1/availability`: what a webstore may show a shopper. Public prices, coarse status, the nearest counter.

use std::rc::Rc;

use holdfast::access::Scope;
use holdfast::catalog::Reading;
use holdfast::id::{Region, Sku, fnv1a};
use holdfast::order::distinct;
use holdfast::pricing::Account;
use holdfast::query::public::{PublicAnswer, public_answer};
use holdfast::query::{Choice, Relation, StockTable};
use holdfast::sourcing::{Destination, Fulfilment, GeoPoint, Location, Need, Survey, nearest};
use holdfast::stock::ShardMap;
use serde::Serialize;

use crate::edge::Edge;
use crate::problem::Problem;
use crate::query::destination;
use crate::supply;
use crate::wire::Answer;

/// The most skus of one call.
pub const MAX_SKUS: usize = 50;
/// How long a public answer waits for shards, in milliseconds.
const BUDGET_MS: u32 = 60;
/// How long an answer may be repeated, in milliseconds: `max-age` in [`CACHE_CONTROL`].
const REPEAT_MS: u32 = 1_000;
const CACHE_CONTROL: &str = "public, max-age=1, stale-while-revalidate=5";

/// `GET /v1/availability/{sku}?lat=&lon=`
pub async fn of_one(edge: &Edge<'_>, sku: &str) -> Result<Answer, Problem> {
    let account = edge.caller(Scope::Web).await?.account;
    let unknown = || Problem::not_found(format!("there is no part `{sku}`"));
    let sku: Sku = sku.parse().map_err(|_| unknown())?;
    let shown = Shown::read(edge, account, &[sku]).await?;
    let [Some(choice)] = shown.choices.as_slice() else { return Err(unknown()) };
    Ok(cacheable(edge, &shown.answer(choice)))
}

/// `GET /v1/availability?sku=A&sku=B&lat=&lon=`: unknown skus are answered in place.
pub async fn of_many(edge: &Edge<'_>) -> Result<Answer, Problem> {
    let account = edge.caller(Scope::Web).await?.account;
    let asked: Vec<String> = edge.parameters("sku").collect();
    if !(1..=MAX_SKUS).contains(&asked.len()) {
        return Err(Problem::invalid_field("/sku", format!("name 1 to {MAX_SKUS} skus: ?sku=A&sku=B")));
    }
    let skus: Vec<Sku> = asked.iter().map(|text| sku(text)).collect::<Result<_, _>>()?;
    let shown = Shown::read(edge, account, &skus).await?;
    let items = skus.iter().zip(&shown.choices);
    let items =
        items.map(|(sku, choice)| choice.as_ref().map_or_else(|| PublicAnswer::unknown(sku), |c| shown.answer(c)));
    #[derive(Serialize)]
    struct Body<'a> {
        items: Vec<PublicAnswer<'a>>,
    }
    Ok(cacheable(edge, &Body { items: items.collect() }))
}

/// A sku of the URL's query.
pub fn sku(text: &str) -> Result<Sku, Problem> {
    text.parse().map_err(|error: holdfast::id::InvalidId| Problem::invalid_field("/sku", error.to_string()))
}

/// What a public answer is made from.
pub struct Shown<'e> {
    edge: &'e Edge<'e>,
    account: Rc<Account>,
    /// One for each sku asked; `None` where there is no such part.
    pub choices: Vec<Option<Choice>>,
    locations: Rc<Vec<Location>>,
    /// The region that is asked first.
    pub near: Option<Region>,
    /// Which shard owns what.
    pub map: ShardMap,
    /// What is known of the stock.
    pub stock: StockTable,
    /// Where the shopper is, if the page said so.
    shopper: Option<GeoPoint>,
}

impl<'e> Shown<'e> {
    /// All that answers to `skus` need.
    async fn read(edge: &'e Edge<'e>, account: Rc<Account>, skus: &[Sku]) -> Result<Self, Problem> {
        let mut shown = Self::unstocked(edge, account, skus).await?;
        if let Some(near) = &shown.near {
            let stocked = distinct(shown.choices.iter().flatten().flat_map(Choice::stocked_skus));
            shown.stock = edge.timed("stock", supply::near(edge, near, &stocked, &shown.map, BUDGET_MS)).await?;
            shown.look_afar().await?;
        }
        Ok(shown)
    }

    /// What answers to `skus` need, but for the stock.
    pub async fn unstocked(edge: &'e Edge<'e>, account: Rc<Account>, skus: &[Sku]) -> Result<Self, Problem> {
        let shopper = shopper(edge)?;
        let read = |reading: &Reading| -> (Vec<Option<Choice>>, _, _) {
            let choice = |sku| Some(Choice::new(reading.part(sku)?, Relation::Asked, 1));
            (skus.iter().map(choice).collect(), reading.locations(), reading.dedicated())
        };
        let (choices, locations, dedicated) = edge.settle(read).await?;
        let near = nearest(&locations, destination(shopper.map(Destination::Point), &account, &locations)?);
        let (near, map) = (near.map(|location| location.region.clone()), edge.shards(dedicated));
        Ok(Self { edge, account, choices, near, map, locations, stock: StockTable::default(), shopper })
    }

    /// Adds the stock of other regions where the near one has none.
    pub async fn look_afar(&mut self) -> Result<(), Problem> {
        let Some(near) = &self.near else { return Ok(()) };
        let offered = |choice: &&Choice| self.stock.offer(choice, self.edge.now).available() == 0;
        let short = distinct(self.choices.iter().flatten().filter(offered).flat_map(Choice::stocked_skus));
        supply::far(self.edge, near, &short, &self.locations, &mut self.stock).await
    }

    /// What anybody may know of one of the choices.
    pub fn answer<'a>(&'a self, choice: &'a Choice) -> PublicAnswer<'a> {
        let (now, home) = (self.edge.now, &self.account.home);
        let survey = self.shopper.map(|destination| {
            let need = Need { destination, home, fulfilment: Fulfilment::Pickup, needed_by: None };
            Survey::new(&self.locations, &need, now)
        });
        public_answer(choice, &self.stock, self.account.currency, survey.as_ref(), &self.locations, now)
    }
}

fn shopper(edge: &Edge<'_>) -> Result<Option<GeoPoint>, Problem> {
    match (edge.parameter("lat")?, edge.parameter("lon")?) {
        (Some(lat), Some(lon)) => {
            GeoPoint::new(lat, lon).map(Some).map_err(|error| Problem::invalid_field("/lat", error.to_string()))
        }
        (None, None) => Ok(None),
        _ => Err(Problem::invalid_field("/lat", "`lat` and `lon` go together")),
    }
}

/// 200 that browsers and `entry.js` may repeat for a second, or 304 if the caller has it already.
fn cacheable(edge: &Edge<'_>, body: &impl Serialize) -> Answer {
    // Answers are structs of strings, numbers and lists: they always serialise.
    let body = serde_json::to_string(body).unwrap_or_default();
    let tag = format!("\"{:016x}\"", fnv1a(body.as_bytes()));
    let mut known = edge.request.if_none_match.split(',').map(str::trim);
    let unchanged = known.any(|one| one == "*" || one.trim_start_matches("W/") == tag);
    let answer = if unchanged { Answer::new(304, "") } else { edge.json_text(body).repeat_for(REPEAT_MS) };
    answer
        .header("etag", &tag)
        .header("cache-control", CACHE_CONTROL)
        .header("vary", "Authorization, X-API-Key, Origin")
}
