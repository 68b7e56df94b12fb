//! From a path to its edge function.

use worker::Env;

use crate::edge::Edge;
use crate::kpi::{self, gather};
use crate::problem::Problem;
use crate::wire::{Answer, Request};
use crate::{
    admin, availability, events, live, mcp, parts, percent, query, quotes, registers, search, shards, stock, sync,
    tokens, ucp, vehicles, webhooks, worklist,
};

/// Answers a request: an edge function's answer, or the problem it met.
pub async fn answer(request: &Request<'_>, env: &Env, context: &worker::Context) -> Answer {
    let path = request.path();
    if path == mcp::PATH {
        return mcp::answer(request, env, context).await;
    }
    if ucp::is_path(path) {
        return ucp::answer(request, env, context).await;
    }
    let public = is_public(path);
    if public && request.method == "OPTIONS" {
        return preflight(path);
    }
    let answer = call(request, env, context).await;
    if public { with_cors(answer) } else { answer }
}

/// Calls the edge function of a request, and notes how that went.
pub async fn call(request: &Request<'_>, env: &Env, context: &worker::Context) -> Answer {
    let path = request.path();
    let edge = Edge::new(request, env);
    let answer = dispatch(&edge, path).await.unwrap_or_else(Answer::from);
    // A part of what is sent as lines is not the request that the numbers are about.
    let in_parts = request.lines.is_some() || request.unnamed.is_some();
    let told = if in_parts { Some("bulk") } else { function(request.method, path) };
    if let Some(function) = told {
        gather::note(function, &edge, answer.status(), context);
    }
    answer
}

/// The edge function that answers this, by the name that its times are told under. Those that speak of the house itself
/// have none.
fn function(method: &str, path: &str) -> Option<&'static str> {
    let mut segments = path.strip_prefix("/v1/")?.split('/');
    Some(match (segments.next()?, segments.clone().count()) {
        ("query", _) => "query",
        // A stream is open for minutes: its time says nothing.
        ("availability", _) if path != live::PATH => "availability",
        ("parts", _) => "parts",
        ("search", _) => "search",
        ("vehicles", _) => "vehicles",
        ("quotes", 0) if method == "POST" => "quote",
        ("quotes", 0 | 1) => "quotes",
        ("quotes", _) => "quote_change",
        ("stock", _) => "stock",
        ("tokens", _) => "tokens",
        _ => return None,
    })
}

async fn dispatch(edge: &Edge<'_>, path: &str) -> Result<Answer, Problem> {
    // Segments are split before they are decoded, so a sku may contain an encoded slash.
    let segments: Vec<String> = path.split('/').skip(1).map(percent::decode).collect();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    match segments.as_slice() {
        ["healthz"] => only(edge, "GET").map(|()| health()),
        ["v1", "quotes", rest @ ..] => to_quotes(edge, rest).await,
        ["v1", "stock", rest @ ..] => to_stock(edge, rest).await,
        ["v1", "tokens", rest @ ..] => to_tokens(edge, rest).await,
        ["v1", "admin", rest @ ..] => to_admin(edge, rest).await,
        ["v1", rest @ ..] => to_others(edge, rest).await,
        ["metrics"] => {
            only(edge, "GET")?;
            kpi::board::totals(edge).await
        }
        [".well-known", "jwks.json"] => {
            only_public(edge)?;
            tokens::keys(edge)
        }
        [".well-known", "ucp"] => {
            only_public(edge)?;
            Ok(ucp::profile(edge))
        }
        _ => Err(nothing()),
    }
}

fn only(edge: &Edge<'_>, method: &'static str) -> Result<(), Problem> {
    if edge.request.method == method { Ok(()) } else { Err(Problem::method_not_allowed(method)) }
}

fn only_public(edge: &Edge<'_>) -> Result<(), Problem> {
    only(edge, "GET").map_err(|_| Problem::method_not_allowed("GET, OPTIONS"))
}

fn nothing() -> Problem {
    Problem::not_found("there is nothing at this path; GET /healthz answers, the API is under /v1")
}

async fn to_others(edge: &Edge<'_>, path: &[&str]) -> Result<Answer, Problem> {
    match path {
        ["query"] => {
            only(edge, "POST")?;
            query::query(edge).await
        }
        ["availability"] => {
            only_public(edge)?;
            availability::of_many(edge).await
        }
        ["availability", "stream"] => {
            only_public(edge)?;
            live::stream(edge).await
        }
        ["availability", sku] => {
            only_public(edge)?;
            availability::of_one(edge, sku).await
        }
        ["parts"] => {
            only(edge, "GET")?;
            parts::by_number(edge).await
        }
        ["parts", sku] => {
            only(edge, "GET")?;
            parts::by_sku(edge, sku).await
        }
        ["search"] => {
            only(edge, "GET")?;
            search::search(edge).await
        }
        ["vehicles", vin] => {
            only(edge, "GET")?;
            vehicles::vehicle(edge, vin).await
        }
        ["vehicles", vin, "parts"] => {
            only(edge, "GET")?;
            vehicles::parts(edge, vin).await
        }
        ["kpi"] => {
            only(edge, "GET")?;
            kpi::board::numbers(edge).await
        }
        ["kpi", "events"] => {
            only(edge, "POST").map_err(|_| Problem::method_not_allowed("POST, OPTIONS"))?;
            kpi::report::events(edge).await
        }
        _ => Err(nothing()),
    }
}

async fn to_quotes(edge: &Edge<'_>, path: &[&str]) -> Result<Answer, Problem> {
    match path {
        [] => match edge.request.method {
            "POST" => quotes::open(edge).await,
            "GET" => quotes::list(edge).await,
            _ => Err(Problem::method_not_allowed("GET, POST")),
        },
        [id] => {
            only(edge, "GET")?;
            quotes::get(edge, id).await
        }
        [id, act @ ("commit" | "release" | "extend" | "returns" | "reorder")] => {
            only(edge, "POST")?;
            match *act {
                "commit" => quotes::commit(edge, id).await,
                "release" => quotes::release(edge, id).await,
                "extend" => quotes::extend(edge, id).await,
                "reorder" => quotes::reorder(edge, id).await,
                _ => quotes::returns(edge, id).await,
            }
        }
        _ => Err(nothing()),
    }
}

async fn to_stock(edge: &Edge<'_>, path: &[&str]) -> Result<Answer, Problem> {
    match path {
        ["movements"] => {
            only(edge, "POST")?;
            stock::movements(edge).await
        }
        ["sync"] => {
            only(edge, "POST")?;
            sync::sync(edge).await
        }
        ["incoming"] => {
            only(edge, "POST")?;
            stock::incoming(edge).await
        }
        ["worklist"] => {
            only(edge, "GET")?;
            worklist::show(edge).await
        }
        [sku] => {
            only(edge, "GET")?;
            stock::positions(edge, sku).await
        }
        [sku, "movements"] => {
            only(edge, "GET")?;
            stock::ledger(edge, sku).await
        }
        _ => Err(nothing()),
    }
}

async fn to_tokens(edge: &Edge<'_>, path: &[&str]) -> Result<Answer, Problem> {
    match path {
        [] => {
            only(edge, "POST")?;
            tokens::issue(edge).await
        }
        ["redeem"] => {
            only(edge, "POST")?;
            tokens::redeem(edge).await
        }
        ["verify"] => {
            only(edge, "POST")?;
            tokens::verify(edge).await
        }
        ["log"] => {
            only(edge, "GET")?;
            tokens::log(edge).await
        }
        ["status", account, list] => {
            only_public(edge)?;
            tokens::status_list(edge, account, list).await
        }
        [id] => {
            only(edge, "GET")?;
            tokens::get(edge, id).await
        }
        [id, "revoke"] => {
            only(edge, "POST")?;
            tokens::revoke(edge, id).await
        }
        _ => Err(nothing()),
    }
}

async fn to_admin(edge: &Edge<'_>, path: &[&str]) -> Result<Answer, Problem> {
    match path {
        ["catalog"] => match edge.request.method {
            "GET" => admin::get_catalog(edge).await,
            "PUT" => admin::put_catalog(edge).await,
            _ => Err(Problem::method_not_allowed("GET, PUT")),
        },
        ["shards", "moves"] => match edge.request.method {
            "POST" => shards::begin(edge).await,
            "GET" => shards::show(edge).await,
            _ => Err(Problem::method_not_allowed("GET, POST")),
        },
        ["events"] => {
            only(edge, "GET")?;
            events::of_day(edge).await
        }
        ["webhooks", rest @ ..] => to_webhooks(edge, rest).await,
        ["parties", register, id, act @ ("suspend" | "reinstate")] => {
            only(edge, "POST")?;
            registers::change(edge, register, id, *act == "suspend").await
        }
        _ => Err(nothing()),
    }
}

#[expect(clippy::match_same_arms, reason = "openapi/tests/document.rs reads an arm for each path")]
async fn to_webhooks(edge: &Edge<'_>, path: &[&str]) -> Result<Answer, Problem> {
    match path {
        [] => only(edge, "GET")?,
        [_, "deliveries"] => only(edge, "GET")?,
        [_, "rotate" | "replay"] => only(edge, "POST")?,
        [_, "deliveries", _, "replay"] => only(edge, "POST")?,
        [_] => match edge.request.method {
            "GET" | "PUT" | "DELETE" => {}
            _ => return Err(Problem::method_not_allowed("GET, PUT, DELETE")),
        },
        _ => return Err(nothing()),
    }
    webhooks::answer(edge, path).await
}

fn health() -> Answer {
    let body = concat!(r#"{"status":"ok","version":""#, env!("CARGO_PKG_VERSION"), r#""}"#);
    Answer::new(200, body).header("content-type", "application/json").header("cache-control", "no-store")
}

/// Where pages report what happened in them.
const REPORTS: &str = "/v1/kpi/events";

/// Paths that a shop's page may ask from the shopper's browser.
fn is_public(path: &str) -> bool {
    path == "/v1/availability"
        || path.starts_with("/v1/availability/")
        || path.starts_with("/v1/tokens/status/")
        || path == "/.well-known/jwks.json"
        || path == ucp::PROFILE
        || path == REPORTS
}

fn preflight(path: &str) -> Answer {
    let methods = if path == REPORTS { "POST, OPTIONS" } else { "GET, OPTIONS" };
    with_cors(Answer::new(204, ""))
        .header("access-control-allow-methods", methods)
        .header(
            "access-control-allow-headers",
            "Authorization, X-API-Key, Content-Type, If-None-Match, X-Request-Id, traceparent",
        )
        .header("access-control-max-age", "86400")
}

/// Any origin may read the answer: the key says which origins may ask, and no cookie is ever looked at.
fn with_cors(answer: Answer) -> Answer {
    answer
        .header("access-control-allow-origin", "*")
        .header("access-control-expose-headers", "ETag, Retry-After, Server-Timing, X-Request-Id")
}
