//! `/v1/quotes`: prices that stand, and stock that is set aside for them.

mod handshake;
mod order;
pub mod shortage;
pub mod view;

use std::rc::Rc;

use holdfast::access::Scope;
use holdfast::catalog::part::Kind;
use holdfast::catalog::{Part, Reading};
use holdfast::digest::sha256_hex;
use holdfast::id::{LocationId, OpaqueId, Region};
use holdfast::input::{Fault, Faults, Fields, FromJson};
use holdfast::order::distinct;
use holdfast::pricing::{Account, Buyer, Contract, NoPrice, Promotion, Trace, price};
use holdfast::quote::Said;
use holdfast::quote::call::{self, Ask, Call, Idempotency};
use holdfast::quote::desk::Refusal;
use holdfast::quote::draft::{Draft, DraftLine, Wave, needs};
use holdfast::quote::request::{LineWanted, QuoteRequest, read_ttl};
use holdfast::sourcing::Location;
use holdfast::stock::Dedicated;
use serde::Serialize;
use serde_json::Value;

use self::handshake::Order;
use self::view::QuoteView;
use crate::auth::Caller;
use crate::edge::Edge;
use crate::kpi::answers;
use crate::objects;
use crate::objects::quote_desk::{self, AccountCall};
use crate::problem::Problem;
use crate::query::destination;
use crate::tokens;
use crate::wire::Answer;

/// The most quotes of one page, and how many come unasked.
const MAX_PAGE: u32 = 100;
const DEFAULT_PAGE: u32 = 20;

/// `POST /v1/quotes`
pub async fn open(edge: &Edge<'_>) -> Result<Answer, Problem> {
    let caller = edge.caller(Scope::Quote).await?;
    let idempotency = idempotency(edge, &caller.account)?;
    hold(edge, &caller, QuoteRequest::read(&edge.json()?)?, idempotency).await
}

/// `POST /v1/quotes/{id}/reorder`: the same again, at today's prices.
pub async fn reorder(edge: &Edge<'_>, id: &str) -> Result<Answer, Problem> {
    let caller = edge.caller(Scope::Quote).await?;
    let quote = quote_id(id)?;
    let idempotency = idempotency(edge, &caller.account)?;
    let body = body(edge)?;
    match ask(edge, &caller.account, Ask::Get { quote }, None).await? {
        call::Answer::Quote { quote, .. } => hold(edge, &caller, QuoteRequest::again(&quote, body)?, idempotency).await,
        other => answer_quote(edge, other, 201),
    }
}

async fn hold(
    edge: &Edge<'_>,
    caller: &Caller,
    request: QuoteRequest,
    idempotency: Idempotency,
) -> Result<Answer, Problem> {
    let account = &caller.account;
    let order = request.commit.as_ref().map(|body| Order::read(body, "/commit")).transpose()?;
    if account.on_hold {
        return Err(Problem::forbidden("this account is on hold: prices are shown, nothing can be ordered"));
    }
    if order.is_some() && !account.direct_commit {
        return Err(Problem::forbidden("this account commits in a call of its own: POST /v1/quotes/{id}/commit"));
    }
    let found = edge.settle(|reading| Found::read(&request, account, reading)).await?;
    let draft = draft(edge, account, &request, &found, &idempotency)?;
    if let Some(order) = &order {
        let lines = draft.lines.iter().map(|line| (&line.sku, line.needs.as_slice(), line.quantity));
        handshake::check(edge, caller, order, lines.collect()).await?;
    }
    let commit = handshake::after(&idempotency);
    match ask(edge, account, Ask::Open { draft: Box::new(draft) }, Some(idempotency)).await? {
        call::Answer::Refused { why: Refusal::InsufficientStock { shortages }, replayed } => {
            Err(again(shortage::problem(edge, account, &request, &shortages).await, replayed))
        }
        call::Answer::Quote { quote, .. } if order.is_some() => {
            handshake::commit(edge, caller, quote.id, order.unwrap_or_default(), commit, 201).await
        }
        answer => answer_quote(edge, answer, 201),
    }
}

/// `GET /v1/quotes/{id}`
pub async fn get(edge: &Edge<'_>, id: &str) -> Result<Answer, Problem> {
    let account = edge.caller(Scope::Quote).await?.account;
    let quote = quote_id(id)?;
    answer_quote(edge, ask(edge, &account, Ask::Get { quote }, None).await?, 200)
}

/// `GET /v1/quotes?state=&reference=&cursor=&limit=`
pub async fn list(edge: &Edge<'_>) -> Result<Answer, Problem> {
    let account = edge.caller(Scope::Quote).await?.account;
    let state = match edge.parameters("state").next() {
        Some(name) => Some(serde_json::from_value(Value::String(name)).map_err(|_| {
            let states = "held, committing, committed, releasing, released or expired";
            Problem::invalid_field("/state", format!("a state is {states}"))
        })?),
        None => None,
    };
    let reference = match edge.parameters("reference").next() {
        Some(name) => {
            Some(String::from_json(&name.into()).map_err(|expected| Problem::invalid_field("/reference", expected))?)
        }
        None => None,
    };
    let cursor = edge.parameter("cursor")?;
    let limit = edge.parameter("limit")?.unwrap_or(DEFAULT_PAGE);
    if !(1..=MAX_PAGE).contains(&limit) {
        return Err(Problem::invalid_field("/limit", format!("a page has 1 to {MAX_PAGE} quotes")));
    }
    let call::Answer::Quotes { quotes, cursor } =
        ask(edge, &account, Ask::List { state, reference, cursor, limit }, None).await?
    else {
        return Err(Problem::internal());
    };
    #[derive(Serialize)]
    struct Body<'a> {
        quotes: Vec<QuoteView<'a>>,
        /// Pass it on for the next page; absent on the last one.
        #[serde(skip_serializing_if = "Option::is_none")]
        cursor: Option<String>,
    }
    let quotes = quotes.iter().map(|quote| QuoteView::of(quote, edge.now)).collect();
    Ok(edge.ok(&Body { quotes, cursor: cursor.map(|place| place.to_string()) }))
}

/// `POST /v1/quotes/{id}/commit`
pub async fn commit(edge: &Edge<'_>, id: &str) -> Result<Answer, Problem> {
    let caller = edge.caller(Scope::Quote).await?;
    let quote = quote_id(id)?;
    let idempotency = idempotency(edge, &caller.account)?;
    let order = Order::read(&body(edge)?, "")?;
    handshake::commit(edge, &caller, quote, order, idempotency, 200).await
}

/// `POST /v1/quotes/{id}/returns`
pub async fn returns(edge: &Edge<'_>, id: &str) -> Result<Answer, Problem> {
    let account = edge.caller(Scope::Quote).await?.account;
    let quote = quote_id(id)?;
    let idempotency = idempotency(edge, &account)?;
    let lines = Order::read_lines(&body(edge)?)?;
    let answer = ask(edge, &account, Ask::GiveBack { quote, lines }, Some(idempotency)).await?;
    if let call::Answer::Quote { quote, replayed: false } = &answer {
        tokens::returned(edge, &account, quote).await;
    }
    answer_quote(edge, answer, 200)
}

/// `POST /v1/quotes/{id}/release`
pub async fn release(edge: &Edge<'_>, id: &str) -> Result<Answer, Problem> {
    let nothing = |body: &Value| {
        let mut faults = Faults::default();
        Fields::of(body, "", &mut faults).finish(&mut faults);
        faults.or(Some(()))
    };
    act(edge, id, nothing, |quote, ()| Ask::Release { quote }).await
}

/// `POST /v1/quotes/{id}/extend`
pub async fn extend(edge: &Edge<'_>, id: &str) -> Result<Answer, Problem> {
    let ttl = |body: &Value| {
        let mut faults = Faults::default();
        let mut fields = Fields::of(body, "", &mut faults);
        let ttl = fields.required::<u32>("ttl_seconds", &mut faults).and_then(|_| read_ttl(&mut fields, &mut faults));
        fields.finish(&mut faults);
        faults.or(ttl)
    };
    act(edge, id, ttl, |quote, seconds| Ask::Extend { quote, ttl_ms: i64::from(seconds).saturating_mul(1_000) }).await
}

/// A call that changes one quote: reads the body, asks the desk, shows the quote.
async fn act<T>(
    edge: &Edge<'_>,
    id: &str,
    read: impl Fn(&Value) -> Result<T, Vec<Fault>>,
    ask_for: impl Fn(OpaqueId, T) -> Ask,
) -> Result<Answer, Problem> {
    let account = edge.caller(Scope::Quote).await?.account;
    let quote = quote_id(id)?;
    let idempotency = idempotency(edge, &account)?;
    let wanted = read(&body(edge)?)?;
    answer_quote(edge, ask(edge, &account, ask_for(quote, wanted), Some(idempotency)).await?, 200)
}

/// The request's body; an absent one asks for nothing special.
fn body(edge: &Edge<'_>) -> Result<Value, Problem> {
    if edge.request.body.is_empty() && !edge.request.too_large {
        return Ok(Value::Object(serde_json::Map::new()));
    }
    edge.json()
}

/// What the catalogue knows about a request.
struct Found {
    parts: Vec<Option<Rc<Part>>>,
    /// Units that must be calibrated in one of each part.
    calibrations: Vec<u32>,
    contract: Option<Rc<Contract>>,
    promotions: Rc<Vec<Promotion>>,
    locations: Rc<Vec<Location>>,
    dedicated: Rc<Dedicated>,
}

impl Found {
    fn read(request: &QuoteRequest, account: &Account, reading: &Reading) -> Self {
        let parts: Vec<_> = request.lines.iter().map(|line| reading.part(&line.sku)).collect();
        let calibrations =
            parts.iter().map(|part| part.as_ref().map_or(0, |part| calibrations(part, reading))).collect();
        Self {
            parts,
            calibrations,
            contract: account.contract.as_ref().and_then(|contract| reading.contract(contract)),
            promotions: reading.promotions(),
            locations: reading.locations(),
            dedicated: reading.dedicated(),
        }
    }
}

/// Units that must be calibrated in one of a part: the part itself, or what a bundle is made of.
fn calibrations(part: &Part, reading: &Reading) -> u32 {
    let inside = part
        .components
        .iter()
        .filter(|component| reading.part(&component.sku).is_some_and(|part| part.calibration.is_some()));
    let inside = inside.fold(0_u32, |sum, component| sum.saturating_add(component.quantity));
    inside.saturating_add(part.calibration.is_some().into())
}

/// The request with prices, and the order in which to ask for stock; or all that is wrong with its lines.
fn draft(
    edge: &Edge<'_>,
    account: &Account,
    request: &QuoteRequest,
    found: &Found,
    idempotency: &Idempotency,
) -> Result<Draft, Problem> {
    let buyer = Buyer { account, contract: found.contract.as_deref(), promotions: &found.promotions };
    let mut faults = Faults::default();
    let mut lines = Vec::with_capacity(request.lines.len());
    for ((wanted, part), calibrations) in request.lines.iter().zip(&found.parts).zip(&found.calibrations) {
        let at = format!("/lines/{}", wanted.place);
        let Some(part) = part else {
            faults.add(format!("{at}/sku"), "unknown_sku", "no part has this sku");
            continue;
        };
        let orderable = part.pack.sellable(wanted.quantity.get());
        if orderable != wanted.quantity.get() {
            let (least, step) = (part.pack.minimum, part.pack.multiple);
            let detail = format!("sold from {least} in multiples of {step}: order {orderable}");
            faults.add(format!("{at}/quantity"), "breaks_pack", detail);
        }
        if let Some(pinned) = wanted.location.as_ref().filter(|id| found.locations.iter().all(|l| l.id != **id)) {
            faults.add(format!("{at}/location"), "unknown_location", format!("there is no location `{pinned}`"));
        }
        match price(part, &buyer, wanted.quantity, edge.now, &mut Trace::silent()) {
            Ok(price) => lines.push(DraftLine {
                sku: wanted.sku.clone(),
                quantity: wanted.quantity.get(),
                price,
                needs: needs(part),
                pinned: wanted.location.clone(),
                class: part.revenue_class(),
                calibrations: *calibrations,
                said: said(edge, account, wanted, part),
            }),
            Err(why) => faults.add(at, why.code(), why.to_string()),
        }
    }
    let lines = faults.or(Some(lines))?;
    let place = destination(request.deliver_to.clone(), account, &found.locations)?;
    let order = order::of_places(&found.locations, &account.home, place, edge.now);
    let shards = edge.shards(found.dedicated.clone());
    let stocked = distinct(lines.iter().flat_map(|line| &line.needs).map(|need| &need.sku));
    let wave = |(region, locations): &(Region, Vec<LocationId>)| Wave {
        shards: stocked.iter().map(|sku| ((*sku).clone(), shards.shard(region, sku))).collect(),
        locations: locations.clone(),
    };
    let draft = Draft {
        id: new_id("q", idempotency),
        account: account.id.clone(),
        asked_at: edge.now,
        region: order.first().map(|(region, _)| region.clone()),
        currency: account.currency,
        waves: order.iter().map(wave).collect(),
        lines,
        ttl_ms: i64::from(request.ttl_seconds).saturating_mul(1_000),
        partial: request.partial,
        replace: request.replace.clone(),
        reference: request.reference.clone(),
        open_limit: account.open_limit(),
    };
    if draft.total().is_err() {
        let why = NoPrice::AmountTooLarge;
        return Err(vec![Fault { pointer: "/lines".into(), code: why.code(), detail: why.to_string() }].into());
    }
    Ok(draft)
}

/// What the account was told of a part before it asked to hold it. A digital part is always there, and an answer speaks of
/// all locations: neither says anything of a line that is to come from one.
fn said(edge: &Edge<'_>, account: &Account, wanted: &LineWanted, part: &Part) -> Option<Said> {
    if wanted.location.is_some() || part.kind == Kind::Digital {
        return None;
    }
    answers::recall(&account.id, &wanted.sku, edge.now)
}

/// Asks the account's quote desk.
pub async fn ask(
    edge: &Edge<'_>,
    account: &Account,
    ask: Ask,
    idempotency: Option<Idempotency>,
) -> Result<call::Answer, Problem> {
    let latest = edge.parameter("latest")?.unwrap_or(false);
    let call = AccountCall { account: account.id.clone(), call: Call { idempotency, ask, latest } };
    let text = serde_json::to_string(&call).map_err(|_| Problem::internal())?;
    let (binding, object) = quote_desk::object_of(&account.id, edge.env);
    let reply = edge.timed("stock", objects::ask(edge.env, binding, &object, None, &text)).await;
    let reply = reply.map_err(|error| error.told(&format!("quote desk {}", account.id), "the quote desk"))?;
    holdfast::json::from_str(&reply).map_err(|error| {
        worker::console_error!("quote desk {} sent an unreadable answer: {error}", account.id);
        Problem::internal()
    })
}

/// What the caller's Idempotency-Key stands for: scoped to account and path, with a digest of the body.
pub fn idempotency(edge: &Edge<'_>, account: &Account) -> Result<Idempotency, Problem> {
    let key = edge.request.idempotency_key;
    if key.is_empty() {
        return Err(Problem::idempotency_key_required());
    }
    if key.len() > 255 {
        return Err(Problem::invalid_field("/Idempotency-Key", "an Idempotency-Key has at most 255 characters"));
    }
    let scope = format!("{}\n{}\n{key}", account.id, edge.request.path());
    let key = sha256_hex(scope.as_bytes()).parse().map_err(|_| Problem::internal())?;
    Ok(Idempotency { key, fingerprint: sha256_hex(edge.request.body) })
}

/// An id that follows from the call that asks for it, so that a repeated call meets what the first one made.
pub fn new_id(kind: &str, idempotency: &Idempotency) -> OpaqueId {
    let digest = sha256_hex(format!("{}\n{}", idempotency.key, idempotency.fingerprint).as_bytes());
    let id = format!("{kind}_{}", digest.get(..26).unwrap_or(&digest));
    // Letters and digits after the kind: always an id.
    id.parse().unwrap_or_else(|_| idempotency.key.clone())
}

fn quote_id(id: &str) -> Result<OpaqueId, Problem> {
    id.parse().map_err(|_| Problem::not_found(format!("there is no quote `{id}`")))
}

/// A quote as an answer, or the problem that the desk saw.
fn answer_quote(edge: &Edge<'_>, answer: call::Answer, status: u16) -> Result<Answer, Problem> {
    match answer {
        call::Answer::Quote { quote, replayed } => {
            let answer = edge.json_status(status, &QuoteView::of(&quote, edge.now));
            let answer =
                if status == 201 { answer.header("location", &format!("/v1/quotes/{}", quote.id)) } else { answer };
            Ok(if replayed { answer.header("idempotent-replayed", "true") } else { answer })
        }
        call::Answer::Refused { why, replayed } => Err(again(Problem::from(why), replayed)),
        call::Answer::KeyReused => Err(Problem::idempotency_key_reused()),
        call::Answer::Quotes { .. } | call::Answer::Refusing { .. } => Err(Problem::internal()),
    }
}

/// Marks a refusal that repeats an earlier one.
fn again(problem: Problem, replayed: bool) -> Problem {
    if replayed { problem.header("idempotent-replayed", "true") } else { problem }
}

impl From<Refusal> for Problem {
    fn from(why: Refusal) -> Self {
        let detail = why.to_string();
        let (status, title) = match &why {
            Refusal::NotFound => return Self::not_found(detail),
            Refusal::Busy => return Self::busy(&detail),
            Refusal::Unreachable => return Self::unavailable(&detail),
            Refusal::Expired => (410, "Too late"),
            Refusal::AlreadyCommitted => (409, "Committed before"),
            Refusal::AlreadyReleased => (409, "Released before"),
            Refusal::NotCommitted => (409, "Not committed"),
            Refusal::ExceedsHold { .. } => (422, "More than is held"),
            Refusal::UnknownLine { .. } => (422, "No such line"),
            Refusal::QuotaExceeded { .. } => (429, "Too many open quotes"),
            Refusal::InsufficientStock { .. } => (409, "Not everything is there"),
        };
        let problem = Self::refusal(status, why.code(), title, detail);
        if status == 429 { problem.retry_after(60) } else { problem }
    }
}
