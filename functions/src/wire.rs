//! What `entry.js` and Rust say to each other: one string each way, because strings cross the wasm border cheaply and
//! web objects do not.

use std::fmt::Write as _;

/// The request headers that cross, in the order `entry.js` sends them.
pub const HEADERS: [&str; 9] = [
    "authorization",
    "x-api-key",
    "idempotency-key",
    "origin",
    "if-none-match",
    "content-type",
    "accept",
    "traceparent",
    "cf-connecting-ip",
];

/// Those that cross in addition when the path begins with `/mcp` or `/ucp`, in this order.
pub const MCP_HEADERS: [&str; 3] = ["mcp-protocol-version", "mcp-method", "mcp-name"];
/// After these, when the path begins with `/ucp`.
pub const UCP_HEADERS: [&str; 2] = ["ucp-agent", "request-id"];

/// A request as the edge functions see it. A header that was not sent is the empty string.
#[derive(Debug, Clone, Copy, Default)]
pub struct Request<'a> {
    /// `GET`, `POST`, …; a `HEAD` arrives as `GET`.
    pub method: &'a str,
    /// The whole URL, as sent.
    pub url: &'a str,
    /// Safe to repeat in logs; `entry.js` puts it on the response.
    pub id: &'a str,
    /// When the request arrived, in milliseconds since 1970.
    pub now_ms: u64,
    /// The body was over the limit and has not been read: answer 413.
    pub too_large: bool,
    /// The body is a part of a request that is sent line by line: the place of its first line, and how many there are in
    /// all. The parts of one request are asked one after the other.
    pub lines: Option<(u64, u64)>,
    /// What `glue/live.js` asks for a stream that is open, or cannot be; empty in any other request.
    pub live: &'a str,
    /// Of a snapshot whose lines have all been answered: what else is in stock is asked for, from this place on; or, with
    /// an empty place, the body's lines are what the snapshot does not name.
    pub unnamed: Option<&'a str>,
    /// `latitude,longitude` of the caller's network, where the platform knows it.
    pub place: &'a str,
    /// `Authorization`
    pub authorization: &'a str,
    /// `X-API-Key`
    pub api_key: &'a str,
    /// `Idempotency-Key`
    pub idempotency_key: &'a str,
    /// `Origin`
    pub origin: &'a str,
    /// `If-None-Match`
    pub if_none_match: &'a str,
    /// `Content-Type`
    pub content_type: &'a str,
    /// `Accept`
    pub accept: &'a str,
    /// `traceparent`
    pub traceparent: &'a str,
    /// `CF-Connecting-IP`
    pub client_address: &'a str,
    /// `MCP-Protocol-Version`
    pub mcp_version: &'a str,
    /// `Mcp-Method`
    pub mcp_method: &'a str,
    /// `Mcp-Name`
    pub mcp_name: &'a str,
    /// `UCP-Agent`
    pub ucp_agent: &'a str,
    /// `Request-Id`
    pub request_id: &'a str,
    /// The body's bytes, not checked to be UTF-8.
    pub body: &'a [u8],
}

impl<'a> Request<'a> {
    /// Reads the lines that `entry.js` wrote: method, URL, id, time, body state, place, then [`HEADERS`] in order, and
    /// perhaps [`MCP_HEADERS`] and [`UCP_HEADERS`].
    pub fn read(head: &'a str, body: &'a [u8]) -> Self {
        let mut lines = head.split('\n');
        let mut next = || lines.next().unwrap_or_default();
        let (method, url, id) = (next(), next(), next());
        let now_ms = next().parse().unwrap_or_default();
        let state = next();
        let live = state.strip_prefix("live ").unwrap_or_default();
        let lines = state.strip_prefix("lines ").and_then(|lines| lines.split_once(' '));
        Self {
            method,
            url,
            id,
            now_ms,
            too_large: state == "too_large",
            lines: lines.and_then(|(first, all)| Some((first.parse().ok()?, all.parse().ok()?))),
            live,
            unnamed: state.strip_prefix("unnamed "),
            place: next(),
            authorization: next(),
            api_key: next(),
            idempotency_key: next(),
            origin: next(),
            if_none_match: next(),
            content_type: next(),
            accept: next(),
            traceparent: next(),
            client_address: next(),
            mcp_version: next(),
            mcp_method: next(),
            mcp_name: next(),
            ucp_agent: next(),
            request_id: next(),
            body,
        }
    }

    /// The URL's path, still percent-encoded: `/v1/availability/BRKX-4410`.
    pub fn path(&self) -> &'a str {
        let after_scheme = self.url.split_once("://").map_or(self.url, |(_, rest)| rest);
        let path = after_scheme.find(['/', '?']).and_then(|at| after_scheme.get(at..)).unwrap_or("/");
        match path.split_once('?') {
            Some(("", _)) => "/",
            Some((path, _)) => path,
            None => path,
        }
    }

    /// The URL's query without its `?`, still percent-encoded.
    pub fn query(&self) -> &'a str {
        self.url.split_once('?').map_or("", |(_, query)| query)
    }
}

/// An answer, written as the text that `entry.js` turns into a `Response`.
#[derive(Debug, Clone)]
pub struct Answer {
    status: u16,
    cache_ms: u32,
    headers: String,
    body: String,
}

impl Answer {
    /// An answer with no headers yet. `X-Request-Id` is added by `entry.js`.
    pub fn new(status: u16, body: impl Into<String>) -> Self {
        Self { status, cache_ms: 0, headers: String::with_capacity(512), body: body.into() }
    }

    /// Adds a header. A line break in a value, which would let a caller write headers of its own, becomes a space.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push_str(name);
        self.headers.push_str(": ");
        self.headers.extend(value.chars().map(|c| if c.is_control() { ' ' } else { c }));
        self.headers.push('\n');
        self
    }

    /// The value of a header.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.headers.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    /// Its body.
    pub fn body(&self) -> &str {
        &self.body
    }

    /// Its status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Lets `entry.js` repeat this answer for so many milliseconds to the same URL, key and origin, without asking
    /// Rust. Only for a 200 to a GET that depends on nothing else.
    #[must_use]
    pub fn repeat_for(mut self, cache_ms: u32) -> Self {
        self.cache_ms = cache_ms;
        self
    }

    /// The text for `entry.js`: `<status> <cache ms>`, the headers, an empty line, the body.
    pub fn into_text(self) -> String {
        let mut text = String::with_capacity(self.headers.len().saturating_add(self.body.len()).saturating_add(16));
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{} {}", self.status, self.cache_ms);
        text.push_str(&self.headers);
        text.push('\n');
        text.push_str(&self.body);
        text
    }
}

#[cfg(test)]
mod tests {
    use super::{Answer, HEADERS, MCP_HEADERS, Request, UCP_HEADERS};

    #[test]
    fn entry_js_sends_the_headers_in_the_order_they_are_read() {
        let entry = include_str!("../entry.js");
        let sent = |name: &str| {
            let list =
                entry.split_once(&format!("const {name} = [")).and_then(|(_, rest)| rest.split_once("];")).unwrap().0;
            list.split('"').skip(1).step_by(2).collect::<Vec<_>>()
        };
        assert_eq!(sent("HEADERS"), HEADERS);
        assert_eq!(sent("MCP_HEADERS"), MCP_HEADERS);
        assert_eq!(sent("UCP_HEADERS"), UCP_HEADERS);
    }

    #[test]
    fn a_request_is_read_field_by_field() {
        let head = "POST\nhttp://h/v1/query?a=1\nr-1\n1795000000123\ntoo_large\n33.7,-84.4\nBearer k\n\nidem\nhttps://o\n\"e\"\napplication/json\n*/*\n00-t\n10.0.0.1";
        let request = Request::read(head, b"{}");
        assert_eq!((request.method, request.path(), request.query()), ("POST", "/v1/query", "a=1"));
        assert_eq!((request.id, request.now_ms, request.too_large), ("r-1", 1_795_000_000_123, true));
        assert_eq!((request.authorization, request.api_key), ("Bearer k", ""));
        assert_eq!((request.idempotency_key, request.origin), ("idem", "https://o"));
        assert_eq!((request.traceparent, request.client_address, request.body), ("00-t", "10.0.0.1", &b"{}"[..]));
    }

    #[test]
    fn a_part_of_a_query_says_where_it_stands() {
        let read = |head: &str| Request::read(head, b"").lines;
        assert_eq!(read("POST\nu\nr\n1\nlines 300 512\n"), Some((300, 512)));
        assert_eq!(Request::read("POST\nu\nr\n1\nunnamed 3 A/1\n", b"").unnamed, Some("3 A/1"));
        for other in ["", "too_large", "lines", "lines 3", "lines x 5", "unnamed"] {
            assert_eq!(read(&format!("POST\nu\nr\n1\n{other}\n")), None);
        }
    }

    #[test]
    fn what_is_asked_for_a_stream_is_told_from_other_states() {
        let read = |state: &str| Request::read(&format!("GET\nu\nr\n1\n{state}\n"), b"").live.to_owned();
        assert_eq!(
            (read("live item"), read("live"), read("too_large"), read("")),
            ("item".into(), String::new(), String::new(), String::new())
        );
    }

    #[test]
    fn a_path_is_found_with_and_without_a_query() {
        for (url, path, query) in [
            ("http://h:1/healthz", "/healthz", ""),
            ("http://h", "/", ""),
            ("http://h/?x=/y?z", "/", "x=/y?z"),
            ("http://h?x=1", "/", "x=1"),
        ] {
            let request = Request { url, ..Request::default() };
            assert_eq!((request.path(), request.query()), (path, query), "{url}");
        }
    }

    #[test]
    fn a_header_value_cannot_start_a_header_of_its_own() {
        let text = Answer::new(200, "{}").header("x-echo", "a\r\nset-cookie: b\n\nc").repeat_for(1000).into_text();
        assert_eq!(text, "200 1000\nx-echo: a  set-cookie: b  c\n\n{}");
    }
}
