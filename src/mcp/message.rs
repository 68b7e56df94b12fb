//! From a body and its headers to what is asked.

use serde_json::{Map, Value};

use super::failure::Failure;
use super::header::decode;
use super::{Era, LEGACY, MODERN};

const META_VERSION: &str = "io.modelcontextprotocol/protocolVersion";
const META_CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";
const META_CLIENT: &str = "io.modelcontextprotocol/clientInfo";

/// The headers that are looked at; empty where they were not sent.
#[derive(Debug, Clone, Copy, Default)]
pub struct Headers<'a> {
    /// `MCP-Protocol-Version`
    pub version: &'a str,
    /// `Mcp-Method`
    pub method: &'a str,
    /// `Mcp-Name`
    pub name: &'a str,
}

/// A message that came in.
#[derive(Debug, Clone, PartialEq)]
pub enum Message {
    /// Wants an answer.
    Request(Request),
    /// Wants none: a notification, or an answer to a question that was never asked.
    Told,
}

/// A request, read and sound.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// To be repeated in the answer, as JSON: a text or a whole number.
    pub id: String,
    /// Whose rules the answer follows.
    pub era: Era,
    /// The method, as sent.
    pub method: String,
    /// Its parameters.
    pub params: Map<String, Value>,
}

/// What a request asks for.
#[derive(Debug, Clone, PartialEq)]
pub enum Asked {
    /// `initialize`: the handshake, in this version.
    Initialize(&'static str),
    /// `server/discover`
    Discover,
    /// A call that has nothing to do here: `ping`, `logging/setLevel` (nothing is ever logged to clients).
    Nothing,
    /// `tools/list`, `resources/list`, `resources/templates/list` or `prompts/list`: the name of the list.
    List(&'static str),
    /// `tools/call`
    Tool(String, Map<String, Value>),
    /// `resources/read`
    Resource(String),
    /// `prompts/get`, with its arguments as JSON
    Prompt(String, String),
    /// `completion/complete`, with its parameters as JSON
    Complete(String),
}

impl Message {
    /// Reads a body.
    ///
    /// # Errors
    /// What to answer where the body is no message, or its headers do not fit it.
    pub fn read(body: &[u8], headers: Headers) -> Result<Self, Failure> {
        let value: Value = serde_json::from_slice(body).map_err(|error| Failure::parse(&error.to_string()))?;
        let Value::Object(mut message) = value else {
            return Err(Failure::invalid_request("send one JSON-RPC message, an object; there are no batches"));
        };
        if message.get("jsonrpc").and_then(Value::as_str) != Some("2.0") {
            return Err(Failure::invalid_request("`jsonrpc` must be \"2.0\""));
        }
        let method = match message.remove("method") {
            Some(Value::String(method)) => method,
            None if message.contains_key("result") || message.contains_key("error") => return Ok(Self::Told),
            _ => return Err(Failure::invalid_request("`method` must be a text")),
        };
        let id = match message.remove("id") {
            None => return Ok(Self::Told),
            Some(id) if id.is_string() || id.is_i64() || id.is_u64() => id.to_string(),
            Some(_) => return Err(Failure::invalid_request("`id` must be a text or a whole number")),
        };
        let params = match message.remove("params") {
            None => Map::new(),
            Some(Value::Object(params)) => params,
            Some(_) => return Err(Failure::invalid_params(400, "`params` must be an object").to(&id)),
        };
        match era(&method, &params, headers) {
            Ok(era) => Ok(Self::Request(Request { id, era, method, params })),
            Err(failure) => Err(failure.to(&id)),
        }
    }
}

/// Whose rules a request follows: told by the version in the header and in `_meta`, not by the other headers, which
/// clients of the old generation send, too, while they find out. A request of the new one must be whole.
fn era(method: &str, params: &Map<String, Value>, headers: Headers) -> Result<Era, Failure> {
    let meta = params.get("_meta");
    let said = meta.and_then(|meta| meta.get(META_VERSION));
    let header = headers.version;
    let Some(said) = said else {
        return match header {
            "" => Ok(Era::Legacy),
            MODERN => Err(Failure::invalid_params(400, format!("`params._meta` needs `{META_VERSION}`"))),
            known if LEGACY.contains(&known) => Ok(Era::Legacy),
            other => Err(Failure::unsupported(other)),
        };
    };
    let Some(said) = said.as_str() else {
        return Err(Failure::invalid_params(400, format!("`{META_VERSION}` must be a text")));
    };
    if said != header {
        let shown = if header.is_empty() { "is missing".into() } else { format!("says {header}") };
        return Err(Failure::header_mismatch(format!("the header MCP-Protocol-Version {shown}, the body {said}")));
    }
    if LEGACY.contains(&said) {
        return Ok(Era::Legacy);
    }
    if said != MODERN {
        return Err(Failure::unsupported(said));
    }
    let of_meta = |name: &str| meta.and_then(|meta| meta.get(name));
    if !of_meta(META_CAPABILITIES).is_some_and(Value::is_object) {
        return Err(Failure::invalid_params(400, format!("`params._meta` needs `{META_CAPABILITIES}`, an object")));
    }
    if of_meta(META_CLIENT).is_some_and(|client| !client.is_object()) {
        return Err(Failure::invalid_params(400, format!("`{META_CLIENT}` must be an object")));
    }
    same("Mcp-Method", headers.method, method)?;
    let name = match method {
        "tools/call" | "prompts/get" => params.get("name"),
        "resources/read" => params.get("uri"),
        _ => None,
    };
    if let Some(name) = name.and_then(Value::as_str) {
        let Some(decoded) = decode(headers.name) else {
            return Err(Failure::header_mismatch("the header Mcp-Name is no sound =?base64?…?="));
        };
        same("Mcp-Name", &decoded, name)?;
    }
    Ok(Era::Modern)
}

fn same(header: &str, sent: &str, body: &str) -> Result<(), Failure> {
    if sent == body {
        return Ok(());
    }
    let shown = if sent.is_empty() { "is missing".into() } else { format!("says {sent}") };
    Err(Failure::header_mismatch(format!("the header {header} {shown}, the body {body}")))
}

impl Request {
    /// What is asked for.
    ///
    /// # Errors
    /// What to answer where there is no such method in this era, or its parameters are not sound.
    pub fn asked(&mut self) -> Result<Asked, Failure> {
        let asked = match (self.method.as_str(), self.era) {
            ("initialize", Era::Legacy) => Asked::Initialize(self.offered()?),
            ("ping" | "logging/setLevel", Era::Legacy) => Asked::Nothing,
            ("server/discover", Era::Modern) => Asked::Discover,
            ("tools/list", _) => Asked::List("tools"),
            ("resources/list", _) => Asked::List("resources"),
            ("resources/templates/list", _) => Asked::List("resourceTemplates"),
            ("prompts/list", _) => Asked::List("prompts"),
            ("tools/call", _) => Asked::Tool(self.text("name")?, self.object("arguments")?),
            ("resources/read", _) => Asked::Resource(self.text("uri")?),
            ("prompts/get", _) => {
                Asked::Prompt(self.text("name")?, Value::Object(self.object("arguments")?).to_string())
            }
            ("completion/complete", _) => Asked::Complete(Value::Object(std::mem::take(&mut self.params)).to_string()),
            (method, Era::Modern) => return Err(Failure::unknown_method(404, method).to(&self.id)),
            (method, Era::Legacy) => return Err(Failure::unknown_method(200, method).to(&self.id)),
        };
        if matches!(asked, Asked::List(_)) && self.params.get("cursor").is_some_and(|cursor| !cursor.is_null()) {
            return Err(self.invalid("lists have one page here: no `cursor` is known"));
        }
        Ok(asked)
    }

    /// The version that a handshake is answered with: the one asked for, or the newest that it could mean.
    fn offered(&self) -> Result<&'static str, Failure> {
        let wanted = self.params.get("protocolVersion").and_then(Value::as_str);
        let Some(wanted) = wanted else { return Err(self.invalid("`protocolVersion` is required")) };
        Ok(LEGACY.into_iter().find(|known| *known == wanted).unwrap_or(LEGACY[0]))
    }

    #[inline(never)] // called often; the wasm is smaller with one of it
    fn text(&mut self, name: &str) -> Result<String, Failure> {
        match self.params.remove(name) {
            Some(Value::String(text)) => Ok(text),
            _ => Err(self.invalid(&format!("`{name}` must be a text"))),
        }
    }

    fn object(&mut self, name: &str) -> Result<Map<String, Value>, Failure> {
        match self.params.remove(name) {
            None | Some(Value::Null) => Ok(Map::new()),
            Some(Value::Object(object)) => Ok(object),
            Some(_) => Err(self.invalid(&format!("`{name}` must be an object"))),
        }
    }

    /// Parameters that are not sound.
    pub fn invalid(&self, message: &str) -> Failure {
        let status = if self.era == Era::Modern { 400 } else { 200 };
        Failure::invalid_params(status, message).to(&self.id)
    }
}
