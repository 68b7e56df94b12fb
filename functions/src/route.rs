//! From a path to its edge function.

use worker::Env;

use crate::edge::Edge;
use crate::kpi::{self, gather};
use crate::problem::Problem;
use crate::wire::{Answer, Request};
use crate::{admin, availability, events, parts, percent, query, quotes, stock, vehicles};

/// Answers a request: an edge function's answer, or the problem it met.
pub async fn answer(request: &Request<'_>, env: &Env, context: &worker::Context) -> Answer {
    let path = request.path();
    let public = is_public(path);
    if public && request.method == "OPTIONS" {
        return preflight();
    }
    let edge = Edge::new(request, env);
    let answer = dispatch(&edge, path).await.unwrap_or_else(Answer::from);
    if let Some(function) = function(request.method, path) {
        gather::note(function, &edge, answer.status(), context);
    }
    if public { with_cors(answer) } else { answer }
}

/// The edge function that answers this, by the name that its times are told under. Those that speak of the house itself
/// have none.
fn function(method: &str, path: &str) -> Option<&'static str> {
    let mut segments = path.strip_prefix("/v1/")?.split('/');
    Some(match (segments.next()?, segments.clone().count()) {
        ("query", _) => "query",
        ("availability", _) => "availability",
        ("parts", _) => "parts",
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
    let only = |method: &'static str| {
        if edge.request.method == method { Ok(()) } else { Err(Problem::method_not_allowed(method)) }
    };
    match segments.as_slice() {
        ["healthz"] => only("GET").map(|()| health()),
        ["v1", "query"] => {
            only("POST")?;
            query::query(edge).await
        }
        ["v1", "availability"] => {
            only("GET").map_err(|_| Problem::method_not_allowed("GET, OPTIONS"))?;
            availability::of_many(edge).await
        }
        ["v1", "availability", sku] => {
            only("GET").map_err(|_| Problem::method_not_allowed("GET, OPTIONS"))?;
            availability::of_one(edge, sku).await
        }
        ["v1", "parts"] => {
            only("GET")?;
            parts::by_number(edge).await
        }
        ["v1", "parts", sku] => {
            only("GET")?;
            parts::by_sku(edge, sku).await
        }
        ["v1", "vehicles", vin] => {
            only("GET")?;
            vehicles::vehicle(edge, vin).await
        }
        ["v1", "vehicles", vin, "parts"] => {
            only("GET")?;
            vehicles::parts(edge, vin).await
        }
        ["v1", "quotes"] => match edge.request.method {
            "POST" => quotes::open(edge).await,
            "GET" => quotes::list(edge).await,
            _ => Err(Problem::method_not_allowed("GET, POST")),
        },
        ["v1", "quotes", id] => {
            only("GET")?;
            quotes::get(edge, id).await
        }
        ["v1", "quotes", id, act @ ("commit" | "release" | "extend" | "returns")] => {
            only("POST")?;
            match *act {
                "commit" => quotes::commit(edge, id).await,
                "release" => quotes::release(edge, id).await,
                "extend" => quotes::extend(edge, id).await,
                _ => quotes::returns(edge, id).await,
            }
        }
        ["v1", "stock", "movements"] => {
            only("POST")?;
            stock::movements(edge).await
        }
        ["v1", "stock", "incoming"] => {
            only("POST")?;
            stock::incoming(edge).await
        }
        ["v1", "stock", sku] => {
            only("GET")?;
            stock::positions(edge, sku).await
        }
        ["v1", "stock", sku, "movements"] => {
            only("GET")?;
            stock::ledger(edge, sku).await
        }
        ["v1", "kpi"] => {
            only("GET")?;
            kpi::board::numbers(edge).await
        }
        ["v1", "kpi", "events"] => {
            only("POST").map_err(|_| Problem::method_not_allowed("POST, OPTIONS"))?;
            kpi::report::events(edge).await
        }
        ["metrics"] => {
            only("GET")?;
            kpi::board::totals(edge).await
        }
        ["v1", "admin", "catalog"] => {
            if edge.request.method == "GET" {
                return admin::get_catalog(edge).await;
            }
            only("PUT").map_err(|_| Problem::method_not_allowed("GET, PUT"))?;
            admin::put_catalog(edge).await
        }
        ["v1", "admin", "events"] => {
            only("GET")?;
            events::of_day(edge).await
        }
        _ => Err(Problem::not_found("there is nothing at this path; GET /healthz answers, the API is under /v1")),
    }
}

fn health() -> Answer {
    let body = concat!(r#"{"status":"ok","version":""#, env!("CARGO_PKG_VERSION"), r#""}"#);
    Answer::new(200, body).header("content-type", "application/json").header("cache-control", "no-store")
}

/// Paths that a shop's page may ask from the shopper's browser.
fn is_public(path: &str) -> bool {
    path == "/v1/availability" || path.starts_with("/v1/availability/") || path == "/v1/kpi/events"
}

fn preflight() -> Answer {
    with_cors(Answer::new(204, ""))
        .header("access-control-allow-methods", "GET, POST, OPTIONS")
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
