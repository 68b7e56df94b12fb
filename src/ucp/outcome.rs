//! What a platform is told when it does not get what it asked for.
//!
//! The protocol has two layers. What is wrong with a request, or stands in its way, is an error of the transport: an HTTP
//! status, and a body of `code` and `content`. That there is too little stock, or no such cart, is an answer like others:
//! status 200, `ucp.status` `error`, and messages.

use std::fmt::Write as _;

use serde_json::Value;

use super::{EXTENSION, Operation, VERSION, at, list, quoted, text};

pub(super) const EXPIRED: &str = "this cart has expired and holds nothing: create a new one";
pub(super) const CANCELED: &str = "this cart was canceled and holds nothing: create a new one";

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The HTTP status; from 400 on it is an error of the transport.
    pub status: u16,
    /// JSON.
    pub body: String,
    /// The platform did not get what it asked for.
    pub failed: bool,
}

impl Outcome {
    /// An answer with these members.
    pub fn of(operation: Operation, status: u16, members: &str) -> Self {
        Self { status, body: format!("{{{},{members}}}", envelope(operation, "success")), failed: false }
    }

    /// An error of the transport.
    pub fn error(status: u16, code: &str, content: &str) -> Self {
        let body = format!(r#"{{"code":{},"content":{}}}"#, quoted(code), quoted(content));
        Self { status, body, failed: true }
    }

    /// Something the request lacks, or has in the wrong form.
    pub fn invalid(content: &str) -> Self {
        Self::error(400, "invalid_request", content)
    }

    /// There is nothing to show, for these reasons.
    pub fn refused(operation: Operation, messages: &[String]) -> Self {
        let body = format!(r#"{{{},"messages":[{}]}}"#, envelope(operation, "error"), messages.join(","));
        Self { status: 200, body, failed: true }
    }

    /// What was asked for is not there. Asking again is of no use.
    pub fn not_found(operation: Operation, content: &str) -> Self {
        Self::refused(operation, &[error("not_found", "", content, false, "")])
    }

    /// What the API's problem document means to a platform.
    pub fn problem(operation: Operation, status: u16, problem: &Value) -> Self {
        let (code, detail) = (text(problem, "/code"), text(problem, "/detail"));
        match (status, code) {
            (_, "idempotency_key_reused") => Self::error(409, code, detail),
            (410, _) => Self::not_found(operation, EXPIRED),
            (_, "already_released") => Self::not_found(operation, CANCELED),
            (404, _) if operation.is_of_cart() => {
                Self::not_found(operation, "this account has no such cart: create a new one")
            }
            (404, _) => Self::not_found(operation, detail),
            (_, "already_committed") => Self::refused(operation, &[error(code, "", detail, false, "")]),
            (422, _) | (_, "insufficient_stock") => {
                let mut messages: Vec<String> = list(problem, "/errors").iter().map(of_fault).collect();
                if messages.is_empty() {
                    messages.push(error(code, "", detail, true, ""));
                }
                Self::refused(operation, &messages)
            }
            _ => Self::error(status, code, detail),
        }
    }
}

fn envelope(operation: Operation, status: &str) -> String {
    let capability = operation.capability();
    format!(
        r#""ucp":{{"version":"{VERSION}","status":"{status}","capabilities":{{"{capability}":[{{"version":"{VERSION}"}}]}}}}"#
    )
}

/// A message that something is wrong. `more` are members of the extension.
#[inline(never)]
pub(super) fn error(code: &str, path: &str, content: &str, recoverable: bool, more: &str) -> String {
    let severity = if recoverable { "recoverable" } else { "unrecoverable" };
    let mut message = message("error", code, path, content);
    message.pop();
    let _ = write!(message, r#","severity":"{severity}""#);
    if !more.is_empty() {
        let _ = write!(message, r#","{EXTENSION}":{{{more}}}"#);
    }
    message.push('}');
    message
}

/// A message of this kind: `info` or `warning`.
#[inline(never)]
pub(super) fn message(kind: &str, code: &str, path: &str, content: &str) -> String {
    let mut message = format!(r#"{{"type":"{kind}","code":{},"content":{}"#, quoted(code), quoted(content));
    if !path.is_empty() {
        let _ = write!(message, r#","path":{}"#, quoted(path));
    }
    message.push('}');
    message
}

/// One entry of a problem's `errors`.
fn of_fault(fault: &Value) -> String {
    let (code, path) = (text(fault, "/code"), path(text(fault, "/pointer")));
    if code != "insufficient_stock" {
        let code = if code == "unknown_sku" { "item_unavailable" } else { code };
        return error(code, &path, text(fault, "/detail"), true, "");
    }
    let (available, wanted) = (at(fault, "/available"), at(fault, "/quantity"));
    let mut content = format!("{available} of {wanted} units of {} can be held", text(fault, "/sku"));
    let mut more = format!(r#""available_quantity":{available},"incoming":{}"#, at(fault, "/incoming"));
    more.push_str(&alternates(fault));
    if available != 0 {
        let _ = write!(content, "; ask for {available}");
    }
    if let Some(next) = list(fault, "/incoming").first() {
        let _ = write!(content, "; {} more come {}", at(next, "/quantity"), text(next, "/eta"));
    }
    if let Some(first) = list(fault, "/alternates").first() {
        let _ = write!(content, "; or take {}", text(first, "/sku"));
    }
    error("out_of_stock", &path, &content, true, &more)
}

/// What else would do, as a member that follows others.
pub(super) fn alternates(of: &Value) -> String {
    let mut text = String::from(r#","alternates":["#);
    for (place, alternate) in list(of, "/alternates").iter().enumerate() {
        let comma = if place == 0 { "" } else { "," };
        let (sku, relation) = (at(alternate, "/sku"), at(alternate, "/relation"));
        let available = at(alternate, "/available");
        let _ = write!(text, r#"{comma}{{"id":{sku},"relation":{relation},"available_quantity":{available}}}"#);
    }
    text.push(']');
    text
}

/// Where a fault is in what the platform sent, as `JSONPath` (RFC 9535), from where it is in what the API was asked.
fn path(pointer: &str) -> String {
    let mut path = String::from("$");
    let mut segments = pointer.split('/').skip(1);
    match segments.next() {
        Some("lines") => path.push_str(".line_items"),
        Some("deliver_to") => return "$.context.location".into(),
        Some(of_hold @ ("ttl_seconds" | "reference")) => return format!("$['{EXTENSION}'].{of_hold}"),
        _ => {}
    }
    if let Some(place) = segments.next() {
        let _ = write!(path, "[{place}]");
    }
    path.push_str(match segments.next() {
        Some("sku") => ".item.id",
        Some("quantity") => ".quantity",
        _ => "",
    });
    path
}
