//! What a client is told when its request is none that can be served.

use serde_json::Value;

use super::{LEGACY, MODERN};

/// A JSON-RPC error, and the HTTP status it goes with.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    /// The HTTP status.
    pub status: u16,
    /// The JSON-RPC code.
    pub code: i32,
    /// What was wrong and what to do.
    pub message: String,
    /// More, for programs: JSON, or nothing.
    pub data: String,
    /// The request's id as JSON; nothing where none could be read.
    pub id: String,
}

impl Failure {
    fn new(status: u16, code: i32, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), data: String::new(), id: String::new() }
    }

    /// The body is not JSON.
    pub fn parse(detail: &str) -> Self {
        Self::new(400, -32700, format!("the body is not JSON: {detail}"))
    }

    /// The body is JSON, but no message.
    pub fn invalid_request(message: &str) -> Self {
        Self::new(400, -32600, message)
    }

    /// There is no such method in this version of the protocol.
    pub fn unknown_method(status: u16, method: &str) -> Self {
        Self::new(status, -32601, format!("there is no method `{method}` here"))
    }

    /// Parameters are missing or of the wrong kind.
    pub fn invalid_params(status: u16, message: impl Into<String>) -> Self {
        Self::new(status, -32602, message)
    }

    /// There is no tool, resource or prompt of this name.
    pub fn unknown(what: &str, name: &str) -> Self {
        Self::invalid_params(200, format!("there is no {what} `{name}`"))
    }

    /// A header is missing, malformed, or says something else than the body.
    pub fn header_mismatch(message: impl Into<String>) -> Self {
        Self::new(400, -32020, message)
    }

    /// A version that is not spoken here.
    pub fn unsupported(requested: &str) -> Self {
        let mut failure = Self::new(400, -32022, "this protocol version is not spoken here; see data.supported");
        failure.data = format!(r#"{{"supported":{},"requested":{}}}"#, supported(), Value::from(requested));
        failure
    }

    /// The answer of an API function that is no business of the caller's model: it has no key, the server is broken.
    pub fn of_http(status: u16, message: impl Into<String>) -> Self {
        // Codes of one's own lie outside the range that JSON-RPC keeps to itself.
        Self::new(status, status.into(), message)
    }

    /// With more for programs: JSON.
    #[must_use]
    pub fn with(mut self, data: String) -> Self {
        self.data = data;
        self
    }

    /// As the answer to this request.
    #[must_use]
    pub fn to(mut self, id: &str) -> Self {
        id.clone_into(&mut self.id);
        self
    }

    /// The JSON-RPC message.
    pub fn text(&self) -> String {
        let Self { code, message, data, id, .. } = self;
        let message = Value::from(message.as_str());
        let data = if data.is_empty() { String::new() } else { format!(r#","data":{data}"#) };
        let id = if id.is_empty() { String::new() } else { format!(r#","id":{id}"#) };
        format!(r#"{{"jsonrpc":"2.0"{id},"error":{{"code":{code},"message":{message}{data}}}}}"#)
    }
}

/// Every version that is spoken here, newest first, as JSON.
pub fn supported() -> String {
    let mut text = format!(r#"["{MODERN}""#);
    for version in LEGACY {
        text.push_str(r#",""#);
        text.push_str(version);
        text.push('"');
    }
    text.push(']');
    text
}
