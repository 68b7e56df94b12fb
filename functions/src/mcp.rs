//! `POST /mcp`: agents. What a message means is told by [`holdfast::mcp`]; a tool call becomes a request to the API and takes
//! the way that any request takes, with the caller's own key. What agents read is in `glue/mcp.js` and `glue/compact.js`.
//!
//! What there is (tools, prompts, the guide) anybody may see, so that an agent finds out what a key is for; what the tools
//! do needs a key. A key that is sent must be known, whatever is asked with it.

use holdfast::access::Scope;
use holdfast::catalog::keys;
use holdfast::mcp::header::is_loopback;
use holdfast::mcp::reply::{self, Keep};
use holdfast::mcp::{Asked, Call, Era, Failure, Headers, Message, Request as Question};
use holdfast::ucp::Operation;
use serde_json::{Map, Value};
use wasm_bindgen::prelude::wasm_bindgen;
use worker::Env;

use crate::auth::is_local;
use crate::catalog;
use crate::edge::Edge;
use crate::problem::Problem;
use crate::route;
use crate::ucp;
use crate::wire::{Answer, Request};

/// Where agents call.
pub const PATH: &str = "/mcp";

const GUIDE: &str = "holdfast://guide";
const LOCATIONS: &str = "holdfast://locations";
const CATALOGUE: &str = "holdfast://catalogue";
const PART: &str = "holdfast://parts/";
const VEHICLE: &str = "holdfast://vehicles/";

#[wasm_bindgen(module = "/glue/mcp.js")]
extern "C" {
    /// A text that is part of the product: the JSON of a list (`tools`, `resources`, …), or the `instructions`.
    fn text(name: &str) -> String;
    /// The members of a prompt's result, or after a `!` what is wrong with the arguments (JSON); nothing without such a
    /// prompt.
    fn prompt(name: &str, given: &str) -> Option<String>;
    /// The members of the result of reading a resource; `json` is what the API or the catalogue says of it.
    fn read(uri: &str, json: &str) -> String;
    /// The members of a completion's result, given its parameters and the catalogue's directory (JSON); nothing if there is no
    /// such argument.
    fn complete(params: &str, directory: &str) -> Option<String>;
    /// What the conformance build answers in addition, as `<status> <content type>\n<body>`; nothing in the product.
    fn beyond(message: &str, modern: bool) -> Option<String>;
}

#[wasm_bindgen(module = "/glue/compact.js")]
extern "C" {
    /// The members of a tool's result that shows an answer of the API.
    fn show(view: &str, body: &str) -> String;
    /// Those of one that says what was wrong.
    fn refuse(body: &str) -> String;
}

/// Answers a request to [`PATH`].
pub async fn answer(request: &Request<'_>, env: &Env, context: &worker::Context) -> Answer {
    let origin = request.origin;
    if !origin.is_empty() && !may_ask(origin, env) {
        let why = "pages of this origin may not call; the operator lists those that may in MCP_ORIGINS";
        return failure(&Failure::of_http(403, why));
    }
    let answer = match request.method {
        "POST" => post(request, env, context).await,
        "OPTIONS" if !origin.is_empty() => preflight(),
        _ => {
            let why = "POST your JSON-RPC message here; there are no streams";
            failure(&Failure::of_http(405, why)).header("allow", "POST")
        }
    };
    if origin.is_empty() {
        return answer;
    }
    answer
        .header("access-control-allow-origin", origin)
        .header("access-control-expose-headers", "WWW-Authenticate, X-Request-Id")
        .header("vary", "Origin")
}

/// Whether a page of this origin may call: those that the operator names in `MCP_ORIGINS`, and on a local deployment those
/// of the same machine. Programs send no origin.
fn may_ask(origin: &str, env: &Env) -> bool {
    let named = env.var("MCP_ORIGINS").map(|list| list.to_string()).unwrap_or_default();
    named.split(' ').any(|known| known == origin) || is_local(env) && is_loopback(origin)
}

fn preflight() -> Answer {
    Answer::new(204, "")
        .header("access-control-allow-methods", "POST, OPTIONS")
        .header(
            "access-control-allow-headers",
            "Authorization, X-API-Key, Content-Type, Accept, MCP-Protocol-Version, Mcp-Method, Mcp-Name, X-Request-Id, \
             traceparent",
        )
        .header("access-control-max-age", "86400")
}

async fn post(request: &Request<'_>, env: &Env, context: &worker::Context) -> Answer {
    if request.too_large {
        return failure(&Failure::of_http(413, "a message has at most 1 MiB"));
    }
    let headers = Headers { version: request.mcp_version, method: request.mcp_method, name: request.mcp_name };
    let mut question = match Message::read(request.body, headers) {
        Ok(Message::Request(question)) => question,
        Ok(Message::Told) => return Answer::new(202, ""),
        Err(problem) => return failure(&problem),
    };
    let (asked, need) = match question.asked().and_then(|asked| Need::of(asked, request.id)) {
        Ok(found) => found,
        Err(problem) => return beyond_or(request, &question, problem),
    };
    if let Need::Ucp(call) = &need {
        return ucp::call(call, &question, request, env, context).await;
    }
    let found = match &need {
        Need::Api(call) => ask(call, request, env, context).await,
        Need::Record(key) => known(key, false, request, env).await.unwrap_or_else(Answer::from),
        Need::Hint => known(keys::DIRECTORY, true, request, env).await.unwrap_or_else(Answer::from),
        Need::Nothing | Need::Corrected(_) | Need::Ucp(_) => {
            known("", true, request, env).await.unwrap_or_else(Answer::from)
        }
    };
    // That there is no key, or a wrong one, is told to the client and not to its model.
    if found.status() == 401 {
        return failure(
            &Failure::of_http(401, "send a key of this distributor as `Authorization: Bearer <key>`").to(&question.id),
        );
    }
    match result(&asked, &need, &found) {
        Ok((members, keep)) => json_answer(200, reply::result(&question, &members, keep)),
        Err(problem) => beyond_or(request, &question, problem),
    }
}

/// What must be found out for an answer.
enum Need {
    /// What the API says.
    Api(Call),
    /// What a tool of the Universal Commerce Protocol does.
    Ucp((Operation, Map<String, Value>)),
    /// What the catalogue has under this key.
    Record(&'static str),
    /// The catalogue's directory, if the caller may see it.
    Hint,
    /// Nothing, but that a key that was sent is one of ours.
    Nothing,
    /// Other arguments; this is wrong with them.
    Corrected(String),
}

impl Need {
    /// What is asked, without what the API is asked with.
    fn of(mut asked: Asked, nonce: &str) -> Result<(Asked, Self), Failure> {
        let need = match &mut asked {
            Asked::Tool(name, arguments) => match Call::of(name, arguments, nonce) {
                Some(Ok(call)) => Self::Api(call),
                Some(Err(wrong)) => Self::Corrected(wrong),
                None => ucp::tool(name, arguments).map(Self::Ucp).ok_or_else(|| Failure::unknown("tool", name))?,
            },
            Asked::Resource(uri) => match (uri.as_str(), uri.strip_prefix(PART), uri.strip_prefix(VEHICLE)) {
                (LOCATIONS, ..) => Self::Record(keys::LOCATIONS),
                (CATALOGUE, ..) => Self::Record(keys::DIRECTORY),
                (_, Some(sku), _) => Self::Api(Call::get(format!("/v1/parts/{sku}"))),
                (_, _, Some(vin)) => Self::Api(Call::get(format!("/v1/vehicles/{vin}"))),
                _ => Self::Nothing,
            },
            Asked::Complete(..) => Self::Hint,
            _ => Self::Nothing,
        };
        Ok((asked, need))
    }
}

/// Sends a request to the API.
pub async fn ask(call: &Call, request: &Request<'_>, env: &Env, context: &worker::Context) -> Answer {
    let url = format!("http://mcp{}", call.path);
    let (method, body, idempotency_key) = (call.method, call.body.as_bytes(), call.key.as_str());
    let request = Request { method, url: &url, body, idempotency_key, if_none_match: "", ..*request };
    // On the heap: it is as large as all the API.
    Box::pin(route::call(&request, env, context)).await
}

/// A record of the catalogue, for callers that may query. To those that need not, `null` if they may not; but a key that is
/// sent must be known.
async fn known(key: &str, open: bool, request: &Request<'_>, env: &Env) -> Result<Answer, Problem> {
    let edge = Edge::new(request, env);
    let nothing = || Answer::new(200, "null");
    if open && edge.key_hash().is_empty() {
        return Ok(nothing());
    }
    match edge.caller(Scope::Query).await.map_err(Answer::from) {
        Ok(_) if key.is_empty() => Ok(nothing()),
        Ok(_) => Ok(catalog::text(env, key).await?.map_or_else(nothing, |text| Answer::new(200, text))),
        Err(refused) if open && refused.status() == 403 => Ok(nothing()),
        Err(refused) => Ok(refused),
    }
}

/// The members of the result, and who may keep it.
fn result(asked: &Asked, need: &Need, found: &Answer) -> Result<(String, Keep), Failure> {
    let (status, body) = (found.status(), found.body());
    Ok(match asked {
        Asked::Initialize(_) | Asked::Discover => (reply::introduction(asked, &text("instructions")), Keep::Public),
        Asked::Nothing => (String::new(), Keep::No),
        Asked::List(list) => (format!(r#""{list}":{}"#, text(list)), Keep::Public),
        Asked::Tool(..) if status >= 400 => (refuse(body), Keep::No),
        Asked::Tool(..) => match need {
            Need::Api(call) => (show(&call.view, body), Keep::No),
            Need::Corrected(wrong) => (reply::refusal(wrong), Keep::No),
            _ => return Err(Failure::of_http(500, "this tool has no way to the API")),
        },
        Asked::Resource(uri) if uri == GUIDE => (read(uri, body), Keep::Public),
        Asked::Resource(uri) => match (need, status) {
            (Need::Nothing, _) | (_, 404 | 422) => {
                return Err(
                    Failure::unknown("resource", uri).with(format!(r#"{{"uri":{}}}"#, Value::from(uri.as_str())))
                );
            }
            (_, 200) => (read(uri, body), Keep::Private),
            _ => return Err(Failure::of_http(status, "it cannot be read with this key, or not now")),
        },
        Asked::Prompt(name, given) => {
            let members = prompt(name, given).ok_or_else(|| Failure::unknown("prompt", name))?;
            match members.strip_prefix('!') {
                Some(wrong) => return Err(Failure::invalid_params(200, wrong)),
                None => (members, Keep::No),
            }
        }
        Asked::Complete(params) => {
            let members = complete(params, if status == 200 { body } else { "null" });
            (members.ok_or_else(|| Failure::unknown("argument", "of this prompt or template"))?, Keep::No)
        }
    })
}

/// A failure, unless the conformance build has an answer.
fn beyond_or(request: &Request<'_>, question: &Question, otherwise: Failure) -> Answer {
    let body = std::str::from_utf8(request.body).unwrap_or_default();
    let Some(answer) = beyond(body, question.era == Era::Modern) else {
        return failure(&otherwise.to(&question.id));
    };
    let (head, body) = answer.split_once('\n').unwrap_or_default();
    let (status, kind) = head.split_once(' ').unwrap_or_default();
    Answer::new(status.parse().unwrap_or(500), body).header("content-type", kind)
}

/// An error of JSON-RPC.
pub fn failure(failure: &Failure) -> Answer {
    let answer = json_answer(failure.status, failure.text());
    if failure.status == 401 { answer.header("www-authenticate", "Bearer realm=\"holdfast\"") } else { answer }
}

/// JSON for this caller only.
pub fn json_answer(status: u16, body: String) -> Answer {
    Answer::new(status, body).header("content-type", "application/json").header("cache-control", "no-store")
}

#[cfg(test)]
mod tests {
    use holdfast::money::Currency;

    #[test]
    fn agents_are_shown_amounts_with_the_digits_of_their_currency() {
        let script = include_str!("../glue/compact.js");
        let table = script.split_once("const DIGITS").and_then(|(_, rest)| rest.split_once("]);")).unwrap().0;
        let mut lists = table.split('"').skip(1).step_by(2).filter(|text| *text != " ");
        let (none, three) = (lists.next().unwrap(), lists.next().unwrap());
        let has = |list: &str, code: &str| list.split(' ').any(|known| known == code);
        let letter = |number: u32| char::from(b'A' + u8::try_from(number % 26).unwrap());
        for number in 0..26 * 26 * 26 {
            let code: String = [number / 676, number / 26, number].map(letter).iter().collect();
            let shown = if has(none, &code) {
                0
            } else if has(three, &code) {
                3
            } else {
                2
            };
            assert_eq!(shown, code.parse::<Currency>().unwrap().minor_digits(), "{code}");
        }
    }
}
