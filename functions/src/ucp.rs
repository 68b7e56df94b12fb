//! The Universal Commerce Protocol: `/.well-known/ucp`, `/ucp/v1/…` and the tools of the same operations at `/mcp`. What is
//! asked and told is put into words by [`holdfast::ucp`]; in between, it is requests to the API, with the caller's own key.

use holdfast::access::Scope;
use holdfast::catalog::Reading;
use holdfast::digest::sha256_hex;
use holdfast::id::Sku;
use holdfast::mcp::call::encoded;
use holdfast::mcp::reply::{self, Keep};
use holdfast::mcp::{Call, Request as Question};
use holdfast::ucp::catalog::{self, Wanted};
use holdfast::ucp::{self, Operation, Outcome, PREFIX, cart};
use serde_json::{Map, Value};
use worker::Env;

use crate::edge::Edge;
use crate::mcp::{ask, failure, json_answer};
use crate::percent;
use crate::problem::Problem;
use crate::wire::{Answer, Request};

/// Where a platform learns what is spoken here.
pub const PROFILE: &str = "/.well-known/ucp";

/// How long the profile may be kept, in seconds.
const PROFILE_FOR: u32 = 300;

/// `GET /.well-known/ucp`
pub fn profile(edge: &Edge<'_>) -> Answer {
    let origin = edge.request.url.split_once(edge.request.path()).map_or("", |(origin, _)| origin);
    let body = ucp::profile::profile(origin);
    let tag = format!("\"{}\"", sha256_hex(body.as_bytes()).get(..16).unwrap_or_default());
    let answer = if edge.request.if_none_match == tag { Answer::new(304, "") } else { Answer::new(200, body) };
    answer
        .header("content-type", "application/json")
        .header("cache-control", &format!("public, max-age={PROFILE_FOR}"))
        .header("etag", &tag)
        .repeat_for(1_000)
}

/// Whether a path is one of this protocol's.
pub fn is_path(path: &str) -> bool {
    path.strip_prefix(PREFIX).is_some_and(|rest| rest.starts_with('/'))
}

/// Answers a request to a path below [`PREFIX`].
pub async fn answer(request: &Request<'_>, env: &Env, context: &worker::Context) -> Answer {
    let path = request.path().strip_prefix(PREFIX).unwrap_or_default();
    let segments: Vec<String> = path.split('/').skip(1).map(percent::decode).collect();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let (operation, cart) = match Operation::of_path(request.method, &segments) {
        Ok(found) => found,
        Err("") => {
            return told(&Outcome::error(404, "not_found", "there is nothing at this path; see /.well-known/ucp"));
        }
        Err(allowed) => {
            let why = format!("this path answers {allowed}");
            return told(&Outcome::error(405, "method_not_allowed", &why)).header("allow", allowed);
        }
    };
    let payload = match heard(operation, request) {
        Ok(payload) => payload,
        Err(outcome) => return told(&outcome),
    };
    let work = Work { operation, cart, payload: &payload, key: request.idempotency_key, request, env, context };
    let (outcome, of_api) = work.done().await;
    let mut answer = told(&outcome).header("request-id", request.request_id);
    for name in ["server-timing", "retry-after", "idempotent-replayed", "www-authenticate"] {
        if let Some(value) = of_api.as_ref().and_then(|of_api| of_api.get(name)) {
            answer = answer.header(name, value);
        }
    }
    answer
}

/// The payload of a request whose headers are sound.
fn heard(operation: Operation, request: &Request<'_>) -> Result<Value, Outcome> {
    if ucp::agent(request.ucp_agent).is_none() {
        let content = r#"send the header UCP-Agent: profile="https://…", with the address of your platform's profile"#;
        return Err(Outcome::error(400, "invalid_profile_url", content));
    }
    if request.request_id.is_empty() {
        let content = "send the header Request-Id: a new UUID for each request";
        return Err(Outcome::error(400, "request_id_required", content));
    }
    if request.too_large {
        return Err(Outcome::error(413, "too_large", "a request body has at most 1 MiB; send it in parts"));
    }
    if matches!(operation, Operation::Get | Operation::Cancel) {
        return Ok(Value::Null);
    }
    serde_json::from_slice(request.body).map_err(|error| Outcome::error(400, "invalid_json", &error.to_string()))
}

fn told(outcome: &Outcome) -> Answer {
    json_answer(outcome.status, outcome.body.clone())
}

/// A tool call, if the tool is one of this protocol's: the operation, and its arguments.
pub fn tool(name: &str, arguments: &mut Map<String, Value>) -> Option<(Operation, Map<String, Value>)> {
    Operation::of_tool(name).map(|operation| (operation, std::mem::take(arguments)))
}

/// Answers a call of such a tool.
pub async fn call(
    (operation, arguments): &(Operation, Map<String, Value>),
    question: &Question,
    request: &Request<'_>,
    env: &Env,
    context: &worker::Context,
) -> Answer {
    let (outcome, of_api) = match ucp::tool::Arguments::of(*operation, arguments) {
        Ok(ucp::tool::Arguments { cart, payload, key }) => {
            let work = Work { operation: *operation, cart, payload, key, request, env, context };
            work.done().await
        }
        Err(outcome) => (outcome, None),
    };
    if outcome.status < 400 {
        return json_answer(200, reply::result(question, &ucp::tool::members(&outcome), Keep::No));
    }
    let retry_after = of_api.as_ref().and_then(|of_api| of_api.get("retry-after"));
    let answer = failure(&ucp::tool::failure(&outcome, retry_after).to(&question.id));
    retry_after.map_or(answer.clone(), |seconds| answer.header("retry-after", seconds))
}

/// An operation to be done.
struct Work<'a> {
    operation: Operation,
    cart: &'a str,
    payload: &'a Value,
    key: &'a str,
    request: &'a Request<'a>,
    env: &'a Env,
    context: &'a worker::Context,
}

/// What a platform is told, and the API's answer that it is made from.
type Done = (Outcome, Option<Answer>);

impl Work<'_> {
    async fn done(&self) -> Done {
        let done = match self.operation {
            Operation::Search => self.search().await,
            Operation::Lookup | Operation::Product => self.products().await,
            Operation::Create => self.hold(None).await,
            Operation::Update => self.hold(Some(self.cart)).await,
            Operation::Get => self.quote("GET", "", String::new()).await,
            Operation::Cancel => self.quote("POST", "/release", "{}".into()).await,
        };
        done.unwrap_or_else(|refused| refused)
    }

    async fn search(&self) -> Result<Done, Done> {
        let path = catalog::search(self.payload).map_err(|outcome| (outcome, None))?;
        let (found, of_search) = self.ask("GET", path, String::new()).await?;
        let wanted = Wanted::found(&found, self.payload);
        if wanted.skus.is_empty() {
            return Ok((wanted.show_found(&Value::Null, &found), Some(of_search)));
        }
        let (known, answer) = self.ask("POST", "/v1/query".into(), wanted.query.clone()).await?;
        Ok((wanted.show_found(&known, &found), Some(answer)))
    }

    async fn products(&self) -> Result<Done, Done> {
        let wanted = Wanted::of(self.operation, self.payload).map_err(|outcome| (outcome, None))?;
        if wanted.skus.is_empty() {
            // Nothing to ask about; but only for whoever may ask.
            let caller = Edge::new(self.request, self.env).caller(Scope::Query).await;
            caller.map_err(|refused| self.refused(refused.into()))?;
            let nothing = Value::Null;
            let lookup = self.operation == Operation::Lookup;
            return Ok((if lookup { wanted.show(&nothing) } else { wanted.show_one(&nothing, &nothing) }, None));
        }
        let (found, answer) = self.ask("POST", "/v1/query".into(), wanted.query.clone()).await?;
        if self.operation == Operation::Lookup {
            return Ok((wanted.show(&found), Some(answer)));
        }
        let sku = wanted.skus.first().map_or("", String::as_str);
        let (part, _) = self.ask("GET", format!("/v1/parts/{}", encoded(sku)), String::new()).await?;
        Ok((wanted.show_one(&found, &part), Some(answer)))
    }

    async fn hold(&self, cart: Option<&str>) -> Result<Done, Done> {
        let body = cart::order(self.operation, self.payload, cart).map_err(|outcome| (outcome, None))?;
        match self.ask("POST", "/v1/quotes?latest=true".into(), body).await {
            Ok((quote, answer)) => Ok((self.show(&quote).await, Some(answer))),
            Err((_, of_api)) if cart.is_some() && self.was_overtaken(of_api.as_ref()).await => {
                let content = "another change of this cart came first: get it and, if need be, send yours again with a \
                               new idempotency key";
                Err((Outcome::error(409, "conflict", content), of_api))
            }
            Err(refused) => Err(refused),
        }
    }

    /// Whether the quote whose place was to be taken is gone, but not the cart: while shards were asked, another one took
    /// its place.
    async fn was_overtaken(&self, of_api: Option<&Answer>) -> bool {
        if !of_api.is_some_and(|answer| answer.body().contains(r#""code":"already_released""#)) {
            return false;
        }
        let latest = self.ask("GET", self.path(""), String::new()).await;
        latest.is_ok_and(|(quote, _)| quote.get("state").and_then(Value::as_str) == Some("held"))
    }

    async fn quote(&self, method: &'static str, act: &str, body: String) -> Result<Done, Done> {
        let (quote, answer) = self.ask(method, self.path(act), body).await?;
        Ok((self.show(&quote).await, Some(answer)))
    }

    /// The path of what the cart holds by now.
    fn path(&self, act: &str) -> String {
        format!("/v1/quotes/{}{act}?latest=true", encoded(self.cart))
    }

    /// The cart that a quote is, its parts named as the catalogue names them.
    async fn show(&self, quote: &Value) -> Outcome {
        let skus = cart::skus(quote);
        let title = |reading: &Reading, sku: &str| {
            let part = sku.parse::<Sku>().ok().and_then(|sku| reading.part(&sku));
            part.map_or_else(|| sku.to_owned(), |part| part.description.clone())
        };
        let edge = Edge::new(self.request, self.env);
        let titles = edge.settle(|reading| skus.iter().map(|sku| title(reading, sku)).collect::<Vec<_>>()).await;
        // What is held is held, even if nobody can say what it is called.
        let titles = titles.unwrap_or_else(|_: Problem| skus.iter().map(|sku| (*sku).to_owned()).collect());
        let cart = if self.cart.is_empty() { quote.get("id").and_then(Value::as_str) } else { Some(self.cart) };
        cart::show(self.operation, cart.unwrap_or_default(), quote, &titles)
    }

    /// What the API answers; if it refuses, what that means to a platform.
    async fn ask(&self, method: &'static str, path: String, body: String) -> Result<(Value, Answer), Done> {
        let key = if self.operation.changes() { self.key.to_owned() } else { String::new() };
        let call = Call { method, path, body, key, view: String::new() };
        let answer = ask(&call, self.request, self.env, self.context).await;
        if answer.status() < 400 {
            return Ok((serde_json::from_str(answer.body()).unwrap_or_default(), answer));
        }
        Err(self.refused(answer))
    }

    fn refused(&self, answer: Answer) -> Done {
        let problem = serde_json::from_str(answer.body()).unwrap_or_default();
        (Outcome::problem(self.operation, answer.status(), &problem), Some(answer))
    }
}
