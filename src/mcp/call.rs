//! What a tool call means as a request to the API. The API's functions check everything else about it, so that an agent
//! is held to the same rules as any other caller, and told the same.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use crate::digest::sha256_hex;

/// Parts of one answer of `find_parts_for_vehicle`, unless it says otherwise, and at most.
const PAGE: u64 = 20;
const MAX_PAGE: u64 = 100;
/// Parts of one answer of `search_parts`, unless it says otherwise.
const SEARCH_PAGE: u64 = 10;

/// A request to the API.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// `GET` or `POST`
    pub method: &'static str,
    /// The path, and perhaps a query.
    pub path: String,
    /// The body, which is JSON; empty for `GET`.
    pub body: String,
    /// The idempotency key; empty where the call needs none.
    pub key: String,
    /// How the answer is shown: a view of `functions/glue/compact.js`, and its parameters.
    pub view: String,
}

impl Call {
    /// `GET` of this path.
    pub fn get(path: String) -> Self {
        Self { method: "GET", path, body: String::new(), key: String::new(), view: String::new() }
    }

    /// The call of the tool `name`; `None` if there is no such tool. `nonce` is new for every request.
    ///
    /// # Errors
    /// What is wrong with the arguments, in a sentence for the agent.
    pub fn of(name: &str, arguments: &mut Map<String, Value>, nonce: &str) -> Option<Result<Self, String>> {
        let mut given = Arguments(arguments);
        let call = match name {
            "query_parts" => given.query(),
            "check_stock" => given.stock(),
            "search_parts" => given.search(),
            "decode_vehicle" => given.vehicle(),
            "find_parts_for_vehicle" => given.fitting(),
            "hold_quote" => given.hold(),
            "get_quote" => given.quote("GET", "", nonce),
            // Extending again makes it no longer than asked for, counted from then: it needs no memory.
            "extend_quote" => given.quote("POST", "/extend", nonce),
            "commit_quote" => given.quote("POST", "/commit", ""),
            "release_quote" => given.quote("POST", "/release", ""),
            "issue_calibration_token" => given.token(),
            _ => return None,
        };
        Some(call)
    }
}

/// Arguments, of which what has been read is taken out.
struct Arguments<'a>(&'a mut Map<String, Value>);

impl Arguments<'_> {
    fn query(&mut self) -> Result<Call, String> {
        let view = match self.0.remove("detail") {
            None | Some(Value::Null) => "lines",
            Some(detail) if detail == "compact" => "lines",
            Some(detail) if detail == "full" => "whole",
            Some(_) => return Err("`detail` is \"compact\" or \"full\"".into()),
        };
        Ok(self.post("/v1/query".into(), String::new(), view))
    }

    fn stock(&mut self) -> Result<Call, String> {
        let counters = self.0.remove("counters").is_some_and(|counters| counters == true);
        let sku = self.text("sku")?;
        if counters {
            return self.get(format!("/v1/stock/{}", encoded(&sku)), "whole");
        }
        let mut line = Map::new();
        line.insert("sku".into(), sku.into());
        line.extend(self.0.remove("quantity").map(|quantity| ("quantity".into(), quantity)));
        self.0.insert("lines".into(), Value::Array(vec![Value::Object(line)]));
        Ok(self.post("/v1/query".into(), String::new(), "places"))
    }

    fn vehicle(&mut self) -> Result<Call, String> {
        let vin = self.text("vin")?;
        self.get(format!("/v1/vehicles/{}", encoded(&vin)), "whole")
    }

    fn fitting(&mut self) -> Result<Call, String> {
        let vin = self.text("vin")?;
        let mut path = format!("/v1/vehicles/{}/parts", encoded(&vin));
        let mut mark = '?';
        for name in ["part_type", "position"] {
            if let Some(value) = self.optional(name)? {
                // Writing to a String cannot fail.
                let _ = write!(path, "{mark}{name}={}", encoded(&value));
                mark = '&';
            }
        }
        let from = self.count("offset", 0, 0, u64::MAX)?;
        let limit = self.count("limit", PAGE, 1, MAX_PAGE)?;
        self.get(path, &format!("fitting {from} {limit}"))
    }

    fn search(&mut self) -> Result<Call, String> {
        let mut path = String::from("/v1/search?q=");
        path += &encoded(&self.optional("query")?.unwrap_or_default());
        for name in ["brand", "part_type", "cursor"] {
            if let Some(value) = self.optional(name)? {
                // Writing to a String cannot fail.
                let _ = write!(path, "&{name}={}", encoded(&value));
            }
        }
        match self.0.remove("specs") {
            None | Some(Value::Null) => {}
            Some(Value::Object(specs)) => {
                for (name, value) in &specs {
                    let Some(value) = value.as_str() else { return Err(format!("`specs/{name}` must be a text")) };
                    let _ = write!(path, "&spec.{}={}", encoded(name), encoded(value));
                }
            }
            Some(_) => return Err("`specs` is an object of texts: {\"thread\": \"M14x1.5\"}".into()),
        }
        let _ = write!(path, "&limit={}", self.count("limit", SEARCH_PAGE, 1, MAX_PAGE)?);
        self.get(path, "search")
    }

    fn hold(&mut self) -> Result<Call, String> {
        let key = self.key()?.ok_or(
            "`idempotency_key` is required: any text that is new for each order; the same when you send the same order \
             again, so that nothing is held twice",
        )?;
        Ok(self.post("/v1/quotes".into(), key, "quote"))
    }

    /// A call about one quote. Without a key of the caller's, one that follows from what is asked: the same call again is
    /// the same call.
    fn quote(&mut self, method: &'static str, act: &str, nonce: &str) -> Result<Call, String> {
        let quote = self.text("quote")?;
        let path = format!("/v1/quotes/{}{act}", encoded(&quote));
        if method == "GET" {
            return self.get(path, "quote");
        }
        let given = self.key()?;
        let mut call = self.post(path, String::new(), "quote");
        call.key = given.unwrap_or_else(|| format!("mcp-{}", sha256_hex(format!("{nonce}\n{}", call.body).as_bytes())));
        Ok(call)
    }

    fn token(&mut self) -> Result<Call, String> {
        let key = self.key()?.ok_or(
            "`idempotency_key` is required: any text that is new for each token; the same when you send the same call again",
        )?;
        Ok(self.post("/v1/tokens".into(), key, "whole"))
    }

    fn key(&mut self) -> Result<Option<String>, String> {
        self.optional("idempotency_key")
    }

    #[inline(never)]
    fn text(&mut self, name: &str) -> Result<String, String> {
        self.optional(name)?.ok_or_else(|| format!("`{name}` is required, a text"))
    }

    #[inline(never)] // called often; the wasm is smaller with one of it
    fn optional(&mut self, name: &str) -> Result<Option<String>, String> {
        match self.0.remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if !text.is_empty() => Ok(Some(text)),
            Some(_) => Err(format!("`{name}` must be a text")),
        }
    }

    fn count(&mut self, name: &str, unsaid: u64, least: u64, most: u64) -> Result<u64, String> {
        match self.0.remove(name) {
            None | Some(Value::Null) => Ok(unsaid),
            Some(value) => value
                .as_u64()
                .filter(|count| (least..=most).contains(count))
                .ok_or_else(|| format!("`{name}` is a whole number from {least} to {most}")),
        }
    }

    /// What is left is the body. Its fields come in one order, so that the same arguments are the same body.
    #[inline(never)]
    fn post(&mut self, path: String, key: String, view: &str) -> Call {
        let body = Value::Object(std::mem::take(self.0)).to_string();
        Call { method: "POST", path, body, key, view: view.into() }
    }

    #[inline(never)]
    fn get(&mut self, path: String, view: &str) -> Result<Call, String> {
        match self.0.keys().next() {
            Some(unknown) => Err(format!("there is no argument `{unknown}` here")),
            None => Ok(Call { view: view.into(), ..Call::get(path) }),
        }
    }
}

/// `text` as one segment of a path, or one value of a query (RFC 3986 §2.3).
pub fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            // Writing to a String cannot fail.
            _ => drop(write!(out, "%{byte:02X}")),
        }
    }
    out
}
