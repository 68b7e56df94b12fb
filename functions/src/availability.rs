//! `GET /v1/availability`: what a webstore may show a shopper. Public prices, coarse status, the nearest counter, and
//! whether it fits the shopper's vehicle.

use std::rc::Rc;

use holdfast::access::Scope;
use holdfast::catalog::Reading;
use holdfast::catalog::vin::{Vehicle, Vin};
use holdfast::id::{Region, Sku, fnv1a};
use holdfast::order::distinct;
use holdfast::pricing::Account;
use holdfast::query::fit::{Fit, fit, fitting, part_types};
use holdfast::query::public::{PublicAnswer, can_be_had, public_alternates, public_answer};
use holdfast::query::resolve::{alternates, this_year};
use holdfast::query::{Choice, Relation, StockTable};
use holdfast::sourcing::{Destination, Fulfilment, GeoPoint, Location, Need, Survey, nearest};
use holdfast::stock::ShardMap;
use serde::Serialize;

use crate::edge::Edge;
use crate::problem::Problem;
use crate::query::destination;
use crate::supply;
use crate::wire::Answer;

/// The most skus of one call, and the most parts that a call about a vehicle is answered with.
pub const MAX_SKUS: usize = 50;
/// How long a public answer waits for shards, in milliseconds; once more for the alternates of what cannot be had.
const BUDGET_MS: u32 = 60;
/// How long an answer may be repeated, in milliseconds: `max-age` in [`CACHE_CONTROL`].
const REPEAT_MS: u32 = 1_000;
const CACHE_CONTROL: &str = "public, max-age=1, stale-while-revalidate=5";
/// The same for answers about a shopper's vehicle: nobody between may keep them.
const OWN_CACHE_CONTROL: &str = "private, max-age=1, stale-while-revalidate=5";

/// `GET /v1/availability/{sku}?lat=&lon=&vin=`
pub async fn of_one(edge: &Edge<'_>, sku: &str) -> Result<Answer, Problem> {
    let account = edge.caller(Scope::Web).await?.account;
    let unknown = || Problem::not_found(format!("there is no part `{sku}`"));
    let sku: Sku = sku.parse().map_err(|_| unknown())?;
    let shown =
        Shown::read(edge, account, &Asked { skus: vec![sku], vin: edge.parameter("vin")?, part_type: None }).await?;
    let survey = shown.survey();
    let [Some(item)] = shown.items.as_slice() else { return Err(unknown()) };
    Ok(cacheable(edge, &shown.answer(item, survey.as_ref())))
}

/// `GET /v1/availability?sku=A&sku=B&lat=&lon=&vin=`: unknown skus are answered in place. With `vin` and without `sku`:
/// what fits.
pub async fn of_many(edge: &Edge<'_>) -> Result<Answer, Problem> {
    let account = edge.caller(Scope::Web).await?.account;
    let asked = Asked::read(edge)?;
    let shown = Shown::read(edge, account, &asked).await?;
    let survey = shown.survey();
    let answer = |item| shown.answer(item, survey.as_ref());
    let items = if asked.skus.is_empty() {
        shown.items.iter().flatten().map(answer).collect()
    } else {
        let pairs = asked.skus.iter().zip(&shown.items);
        pairs.map(|(sku, item)| item.as_ref().map_or_else(|| PublicAnswer::unknown(sku), answer)).collect()
    };
    #[derive(Serialize)]
    struct Body<'a> {
        items: Vec<PublicAnswer<'a>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        vehicle: Option<PublicVehicle<'a>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        part_types: Option<&'a [String]>,
    }
    let vehicle = shown.vehicle.as_ref().map(PublicVehicle::of);
    Ok(cacheable(edge, &Body { items, vehicle, part_types: shown.part_types.as_deref() }))
}

/// What the public is told of a vehicle.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct PublicVehicle<'a> {
    /// Model year.
    year: Option<u16>,
    /// Make, such as `Honda`.
    make: Option<&'a str>,
    /// Model, such as `Accord`.
    model: Option<&'a str>,
}

impl<'a> PublicVehicle<'a> {
    fn of(vehicle: &'a Vehicle) -> Self {
        Self { year: vehicle.year, make: vehicle.make.as_deref(), model: vehicle.model.as_deref() }
    }
}

/// What a page asks about.
struct Asked {
    /// Empty only where a `vin` asks what fits.
    skus: Vec<Sku>,
    vin: Option<Vin>,
    part_type: Option<String>,
}

impl Asked {
    fn read(edge: &Edge<'_>) -> Result<Self, Problem> {
        let asked: Vec<String> = edge.parameters("sku").collect();
        let vin: Option<Vin> = edge.parameter("vin")?;
        let part_type = edge.parameters("part_type").find(|name| !name.is_empty());
        if asked.len() > MAX_SKUS || asked.is_empty() && vin.is_none() {
            let detail = format!("name 1 to {MAX_SKUS} skus: ?sku=A&sku=B; or a vehicle: ?vin=&part_type=");
            return Err(Problem::invalid_field("/sku", detail));
        }
        if part_type.is_some() && !asked.is_empty() {
            return Err(Problem::invalid_field("/part_type", "`part_type` goes with `vin`, without `sku`"));
        }
        let sound = |text: &String| {
            text.parse().map_err(|e: holdfast::id::InvalidId| Problem::invalid_field("/sku", e.to_string()))
        };
        Ok(Self { skus: asked.iter().map(sound).collect::<Result<_, _>>()?, vin, part_type })
    }
}

/// One part that is shown.
struct Item {
    choice: Choice,
    /// What stands for it; empty while it can be had.
    alternates: Vec<Choice>,
    fit: Option<Fit>,
}

/// What the catalogue knows of what was asked.
struct Found {
    /// One for each sku asked, `None` where there is no such part; or what fits.
    items: Vec<Option<Item>>,
    vehicle: Option<Vehicle>,
    part_types: Option<Vec<String>>,
}

impl Found {
    fn read(asked: &Asked, edge: &Edge<'_>, reading: &Reading) -> Self {
        let vehicle = asked.vin.as_ref().map(|vin| reading.decode(vin, this_year(edge.now)));
        if let (true, Some(car)) = (asked.skus.is_empty(), &vehicle) {
            let choices = asked.part_type.iter().flat_map(|name| fitting(car, name, MAX_SKUS, reading));
            let item = |choice: Choice| {
                let fit = Some(fit(&choice.part, car, reading));
                Some(Item { choice, alternates: Vec::new(), fit })
            };
            let part_types = Some(part_types(car, reading));
            return Self { items: choices.map(item).collect(), part_types, vehicle };
        }
        let item = |sku| {
            let choice = Choice::new(reading.part(sku)?, Relation::Asked, 1);
            let fit = vehicle.as_ref().map(|car| fit(&choice.part, car, reading));
            Some(Item { choice, alternates: Vec::new(), fit })
        };
        Self { items: asked.skus.iter().map(item).collect(), part_types: None, vehicle }
    }
}

/// What a public answer is made from.
struct Shown<'e> {
    edge: &'e Edge<'e>,
    account: Rc<Account>,
    items: Vec<Option<Item>>,
    vehicle: Option<Vehicle>,
    part_types: Option<Vec<String>>,
    locations: Rc<Vec<Location>>,
    stock: StockTable,
    /// Where the shopper is, if the page said so.
    shopper: Option<GeoPoint>,
}

impl<'e> Shown<'e> {
    async fn read(edge: &'e Edge<'e>, account: Rc<Account>, asked: &Asked) -> Result<Self, Problem> {
        let shopper = shopper(edge)?;
        let read = |reading: &Reading| (Found::read(asked, edge, reading), reading.locations(), reading.dedicated());
        let (Found { mut items, vehicle, part_types }, locations, dedicated) = edge.settle(read).await?;
        let place = destination(shopper.map(Destination::Point), &account, &locations)?;
        let mut stock = StockTable::default();
        if let Some(near) = nearest(&locations, place) {
            let map = edge.shards(dedicated);
            let choices: Vec<&Choice> = items.iter().flatten().map(|item| &item.choice).collect();
            learn(edge, &near.region, &choices, &map, &locations, &mut stock).await?;
            let instead_of = |item: &Option<Item>, reading: &Reading| match item {
                Some(Item { choice, .. }) if !can_be_had(choice, &stock, edge.now) => {
                    alternates(&choice.part, 1, reading)
                }
                _ => Vec::new(),
            };
            let instead: Vec<_> =
                edge.settle(|reading| items.iter().map(|item| instead_of(item, reading)).collect()).await?;
            let others: Vec<&Choice> = instead.iter().flatten().collect();
            learn(edge, &near.region, &others, &map, &locations, &mut stock).await?;
            for (item, alternates) in items.iter_mut().zip(instead) {
                if let Some(item) = item {
                    item.alternates = alternates;
                }
            }
        }
        Ok(Self { edge, account, items, vehicle, part_types, locations, stock, shopper })
    }

    fn survey(&self) -> Option<Survey<'_>> {
        let home = &self.account.home;
        self.shopper.map(|destination| {
            let need = Need { destination, home, fulfilment: Fulfilment::Pickup, needed_by: None };
            Survey::new(&self.locations, &need, self.edge.now)
        })
    }

    fn answer<'a>(&'a self, item: &'a Item, survey: Option<&Survey<'a>>) -> PublicAnswer<'a> {
        let (now, currency) = (self.edge.now, self.account.currency);
        PublicAnswer {
            alternates: public_alternates(&item.alternates, &self.stock, currency, now),
            fits: item.fit.as_ref().map(|fit| fit.fits),
            fit_notes: item.fit.as_ref().map_or(&[], |fit| &fit.notes),
            fit_quantity: item.fit.as_ref().and_then(|fit| fit.quantity),
            ..public_answer(&item.choice, &self.stock, currency, survey, &self.locations, now)
        }
    }
}

/// Adds the stock of `choices` to what is known: the near region's, and the others' of what the near one has none of.
async fn learn(
    edge: &Edge<'_>,
    near: &Region,
    choices: &[&Choice],
    map: &ShardMap,
    locations: &[Location],
    stock: &mut StockTable,
) -> Result<(), Problem> {
    let mut skus = distinct(choices.iter().flat_map(|choice| choice.stocked_skus()));
    skus.retain(|sku| !stock.knows(sku));
    if skus.is_empty() {
        return Ok(());
    }
    stock.merge(edge.timed("stock", supply::near(edge, near, &skus, map, BUDGET_MS)).await?);
    let short = choices.iter().filter(|choice| stock.offer(choice, edge.now).available() == 0);
    let mut short = distinct(short.flat_map(|choice| choice.stocked_skus()));
    short.retain(|sku| skus.contains(sku));
    supply::far(edge, near, &short, locations, stock).await
}

fn shopper(edge: &Edge<'_>) -> Result<Option<GeoPoint>, Problem> {
    match (edge.number("lat")?, edge.number("lon")?) {
        (Some(lat), Some(lon)) => {
            GeoPoint::new(lat, lon).map(Some).map_err(|error| Problem::invalid_field("/lat", error.to_string()))
        }
        (None, None) => Ok(None),
        _ => Err(Problem::invalid_field("/lat", "`lat` and `lon` go together")),
    }
}

/// 200 that browsers and `entry.js` may repeat for a second, or 304 if the caller has it already.
fn cacheable(edge: &Edge<'_>, body: &impl Serialize) -> Answer {
    let of_a_vehicle = edge.parameters("vin").next().is_some();
    // Answers are structs of strings, numbers and lists: they always serialise.
    let body = serde_json::to_string(body).unwrap_or_default();
    let tag = format!("\"{:016x}\"", fnv1a(body.as_bytes()));
    let mut known = edge.request.if_none_match.split(',').map(str::trim);
    let unchanged = known.any(|one| one == "*" || one.trim_start_matches("W/") == tag);
    let answer = if unchanged { Answer::new(304, "") } else { edge.json_text(body).repeat_for(REPEAT_MS) };
    answer
        .header("etag", &tag)
        .header("cache-control", if of_a_vehicle { OWN_CACHE_CONTROL } else { CACHE_CONTROL })
        .header("vary", "Authorization, X-API-Key, Origin")
}
