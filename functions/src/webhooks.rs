//! `/v1/admin/webhooks`: who is told what, what became of it, and telling it again.
//!
//! The register of endpoints is one object, and each endpoint has a desk that delivers to it
//! (`objects/webhook_desk`). The queue's consumer gives a desk its messages ([`tell`]).

use holdfast::access::Scope;
use holdfast::id::EndpointId;
use holdfast::webhook::subscription::{MAX_ENDPOINTS, wants};
use holdfast::webhook::{Message, Subscription};
use serde_json::Value;
use wasm_bindgen::prelude::*;
use worker::Env;

use crate::auth;
use crate::edge::Edge;
use crate::objects::webhook_desk::{Command, REGISTER};
use crate::objects::{self, AskError};
use crate::problem::Problem;
use crate::wire::Answer;

/// The most deliveries of one page, and how many come unasked.
const MAX_PAGE: u32 = 100;
const DEFAULT_PAGE: u32 = 20;

#[wasm_bindgen(module = "/glue/webhook.js")]
extern "C" {
    #[wasm_bindgen(js_name = newSecret)]
    fn new_secret() -> String;
}

/// Gives messages to the desks of the endpoints that asked for them. Returns when they have them.
pub async fn tell(messages: &[Message], env: &Env) -> Result<(), AskError> {
    if messages.is_empty() {
        return Ok(());
    }
    let register = objects::read(env, "WEBHOOKS", REGISTER, None, &Command::List.to_text()).await?;
    let register: Value = serde_json::from_str(&register).map_err(|error| AskError::Failed(error.to_string()))?;
    for subscription in register.get("webhooks").and_then(Value::as_array).into_iter().flatten() {
        let wanted = messages.iter().filter(|message| wants(subscription, message));
        let wanted: Vec<Value> = wanted.map(Message::to_json).collect();
        let Some(id) = subscription.get("id").and_then(Value::as_str).filter(|_| !wanted.is_empty()) else { continue };
        let messages = Value::from(wanted).to_string();
        objects::ask(env, "WEBHOOKS", id, None, &Command::Take { messages: &messages }.to_text()).await?;
    }
    Ok(())
}

/// What an operator asks for.
enum Act {
    /// `GET /v1/admin/webhooks`
    List,
    /// `PUT …/{id}`: a new endpoint, or another address and other events for one that is known; that one is on again.
    Put { subscription: String, secret: String },
    /// `GET …/{id}`
    Show,
    /// `DELETE …/{id}`, with its log and what waits.
    Delete,
    /// `POST …/{id}/rotate`: another secret. Requests are signed with both for a day.
    Rotate { secret: String },
    /// `GET …/{id}/deliveries?state=&cursor=&limit=`
    Page,
    /// `POST …/{id}/replay` of all that is dead, `…/{id}/deliveries/{delivery}/replay` of one.
    Replay { all: bool },
}

/// Answers a request to a path that [`crate::route`] knows. Each is one or two commands; what they are, and what the replies mean, is told without waiting.
pub async fn answer(edge: &Edge<'_>, path: &[&str]) -> Result<Answer, Problem> {
    edge.caller(Scope::Admin).await?;
    let id = path.first().copied().unwrap_or(REGISTER);
    let (act, commands) = plan(edge, path)?;
    let mut replies = Vec::with_capacity(commands.len());
    for (desk, command) in &commands {
        let reply = objects::ask(edge.env, "WEBHOOKS", desk, None, command).await;
        let reply = reply.map_err(|error| error.told(&format!("webhook desk {desk}"), "the desk of this endpoint"))?;
        let refused = reply == FULL;
        replies.push(reply);
        if refused {
            break;
        }
    }
    finish(edge, id, act, &replies)
}

/// What the register says where there is no room.
const FULL: &str = "full";

/// What is asked for, and the commands that do it, each with its desk.
fn plan(edge: &Edge<'_>, path: &[&str]) -> Result<(Act, Vec<(String, String)>), Problem> {
    let id = match path.first() {
        None => REGISTER.to_owned(),
        Some(id) => id.parse::<EndpointId>().map_err(|_| nowhere(id))?.as_str().to_owned(),
    };
    let one = |command: Command| vec![(id.clone(), command.to_text())];
    Ok(match (edge.request.method, path) {
        ("GET", []) => (Act::List, one(Command::List)),
        ("PUT", [_]) => {
            let near = auth::is_local(edge.env);
            let name = id.parse().map_err(|_| Problem::internal())?;
            let subscription = Subscription::read(name, &edge.json()?, near)?;
            // A struct of strings and a list: it always serialises.
            let subscription = serde_json::to_string(&subscription).unwrap_or_default();
            let secret = new_secret();
            let enter = Command::Enter { id: &id, subscription: &subscription }.to_text();
            let open = Command::Open { secret: &secret, subscription: &subscription }.to_text();
            let commands = vec![(REGISTER.to_owned(), enter), (id.clone(), open)];
            (Act::Put { subscription, secret }, commands)
        }
        ("GET", [_]) => (Act::Show, one(Command::Show)),
        ("DELETE", [_]) => {
            // The desk also where the register has forgotten it: the call before may have been cut off between the two.
            let commands = [(REGISTER, Command::Leave { id: &id }), (&*id, Command::Close)];
            (Act::Delete, commands.map(|(desk, command)| (desk.to_owned(), command.to_text())).into())
        }
        ("POST", [_, "rotate"]) => {
            let secret = new_secret();
            let commands = one(Command::Rotate { secret: &secret });
            (Act::Rotate { secret }, commands)
        }
        ("GET", [_, "deliveries"]) => (Act::Page, one(page(edge, &edge.parameter("state")?.unwrap_or_default())?)),
        ("POST", [_, "replay"]) => (Act::Replay { all: true }, one(Command::Replay { which: "dead" })),
        ("POST", [_, "deliveries", which, "replay"]) => (Act::Replay { all: false }, one(Command::Replay { which })),
        // Not sent here.
        _ => return Err(Problem::internal()),
    })
}

fn page<'a>(edge: &Edge<'_>, state: &'a String) -> Result<Command<'a>, Problem> {
    if !matches!(state.as_str(), "" | "waiting" | "delivered" | "dead") {
        return Err(Problem::invalid_field("/state", "expected `waiting`, `delivered` or `dead`"));
    }
    let limit = edge.parameter("limit")?.unwrap_or(DEFAULT_PAGE);
    if !(1..=MAX_PAGE).contains(&limit) {
        return Err(Problem::invalid_field("/limit", format!("a page has 1 to {MAX_PAGE} entries")));
    }
    Ok(Command::Page { state, before: edge.parameter("cursor")?.unwrap_or(u64::MAX), limit })
}

/// What the replies mean.
fn finish(edge: &Edge<'_>, id: &str, act: Act, replies: &[String]) -> Result<Answer, Problem> {
    let (first, last) = (replies.first().map_or("", String::as_str), replies.last().map_or("", String::as_str));
    let text = |status: u16, body: String| {
        let answer = Answer::new(status, body).header("content-type", "application/json");
        answer.header("server-timing", &edge.timing()).header("cache-control", "no-store")
    };
    Ok(match act {
        Act::Put { .. } if first == FULL => {
            let detail =
                format!("there are {MAX_ENDPOINTS} endpoints, the most there may be; delete one that is not used");
            return Err(Problem::refusal(409, "too_many_endpoints", "Too many", detail));
        }
        Act::Put { subscription, secret } if last == "new" => {
            let open = subscription.strip_suffix('}').unwrap_or_default();
            text(201, format!(r#"{open},"secret":"{secret}"}}"#))
        }
        Act::Put { subscription, .. } => text(200, subscription),
        Act::Delete if !first.is_empty() => Answer::new(204, "").header("cache-control", "no-store"),
        _ if last.is_empty() => return Err(nowhere(id)),
        Act::List | Act::Show | Act::Page => text(200, last.to_owned()),
        Act::Rotate { secret } => {
            text(200, format!(r#"{{"id":"{id}","secret":"{secret}","previous_until":"{last}"}}"#))
        }
        Act::Replay { .. } if last == "off" => {
            let detail = "this endpoint is given up; PUT it again once its receiver answers, then replay";
            return Err(Problem::refusal(409, "endpoint_disabled", "The endpoint is off", detail));
        }
        Act::Replay { all: false } if last == "0" => {
            return Err(Problem::not_found("no delivery of this name has come to rest; the log has those that have"));
        }
        Act::Replay { .. } => text(202, format!(r#"{{"replayed":{last}}}"#)),
        Act::Delete => return Err(nowhere(id)),
    })
}

fn nowhere(id: &str) -> Problem {
    Problem::not_found(format!("there is no endpoint `{id}`; PUT makes one"))
}
