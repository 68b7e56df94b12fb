//! One operation of the document: what is sent, what is answered, what can go wrong.

use std::collections::BTreeMap;

use holdfast::access::Scope;
use serde_json::{Map, Value, json};

use crate::examples;
use crate::problems;

/// What operations are about.
pub const TAGS: [(&str, &str); 8] = [
    ("query", "What it costs, where it is, when it can be had."),
    ("catalogue", "What parts and vehicles are."),
    ("public", "What a shopper's browser may ask, and anybody may check."),
    ("quotes", "Prices that stand, and stock that is set aside for them."),
    ("tokens", "Authorisations to calibrate, one for each unit sold that needs it."),
    ("stock", "Movements and scheduled receipts in, positions and ledgers out."),
    ("kpi", "The five numbers, and what they rest on."),
    ("admin", "For importers and operators."),
];

/// JSON.
pub const JSON: &str = "application/json";

/// One method of one path.
pub struct Operation {
    /// The method in lower case.
    pub method: &'static str,
    /// The path, with its parameters in braces.
    pub path: &'static str,
    id: &'static str,
    tag: &'static str,
    summary: &'static str,
    text: &'static str,
    scopes: Vec<Scope>,
    parameters: Vec<Value>,
    body: Option<Value>,
    answers: Vec<(u16, Value)>,
    problems: Vec<&'static str>,
    /// Readable by pages of any origin.
    public: bool,
}

impl Operation {
    /// An operation that needs no key yet.
    pub fn new(method: &'static str, path: &'static str, id: &'static str, tag: &'static str) -> Self {
        Self {
            method,
            path,
            id,
            tag,
            summary: "",
            text: "",
            scopes: Vec::new(),
            parameters: vec![json!({"$ref": "#/components/parameters/RequestId"})],
            body: None,
            answers: Vec::new(),
            problems: vec!["internal"],
            public: false,
        }
    }

    /// A `GET`.
    pub fn get(path: &'static str, id: &'static str, tag: &'static str) -> Self {
        Self::new("get", path, id, tag)
    }

    /// A `POST`.
    pub fn post(path: &'static str, id: &'static str, tag: &'static str) -> Self {
        Self::new("post", path, id, tag)
    }

    /// What it does, in a few words and in many.
    pub fn does(self, summary: &'static str, text: &'static str) -> Self {
        Self { summary, text, ..self }
    }

    /// It needs a key that carries one of these.
    pub fn scope(mut self, scopes: &[Scope]) -> Self {
        self.scopes = scopes.to_vec();
        self.problems(&["unauthenticated", "forbidden", "unavailable"])
    }

    /// Pages of any origin may read its answers.
    pub fn public(self) -> Self {
        Self { public: true, ..self }
    }

    /// A parameter of the path.
    pub fn path(mut self, name: &str, description: &str, schema: Value) -> Self {
        let parameter = json!({"name": name, "in": "path", "required": true, "description": description});
        self.parameters.push(with(parameter, "schema", schema));
        self
    }

    /// A parameter of the URL's query.
    pub fn query(self, name: &str, description: &str, schema: Value) -> Self {
        self.asked(name, description, schema, false)
    }

    /// A parameter of the URL's query that has to be there.
    pub fn required(self, name: &str, description: &str, schema: Value) -> Self {
        self.asked(name, description, schema, true)
    }

    fn asked(mut self, name: &str, description: &str, schema: Value, required: bool) -> Self {
        let parameter = json!({"name": name, "in": "query", "required": required, "description": description});
        self.parameters.push(with(parameter, "schema", schema));
        if !self.problems.contains(&"invalid_request") {
            self.problems.push("invalid_request");
        }
        self
    }

    /// A parameter that is described among the components.
    pub fn shared(mut self, name: &str) -> Self {
        self.parameters.push(json!({"$ref": format!("#/components/parameters/{name}")}));
        self
    }

    /// It needs an Idempotency-Key.
    pub fn idempotent(self) -> Self {
        self.shared("IdempotencyKey").problems(&[
            "idempotency_key_required",
            "idempotency_key_reused",
            "in_progress",
            "invalid_request",
        ])
    }

    /// Its body is JSON of this schema.
    pub fn body(mut self, schema: &Value, required: bool) -> Self {
        let examples = examples::requests(self.id);
        self.body = Some(json!({"required": required, "content": {JSON: {"schema": schema, "examples": examples}}}));
        self.problems(&["invalid_json", "invalid_request", "too_large"])
    }

    /// Its body may also be a text of this type, described by `schema`.
    pub fn or_text(mut self, media_type: &str, schema: &Value, example: &str) -> Self {
        let body = self.body.get_or_insert_with(|| json!({"required": true, "content": {}}));
        if let Some(content) = body.get_mut("content").and_then(Value::as_object_mut) {
            content.insert(media_type.to_owned(), json!({"schema": schema, "example": example}));
        }
        self.problems(&["invalid_request", "too_large"])
    }

    /// It answers JSON of this schema.
    pub fn answers(self, status: u16, description: &str, schema: &Value) -> Self {
        self.answers_as(status, description, JSON, schema)
    }

    /// It answers this media type.
    pub fn answers_as(mut self, status: u16, description: &str, media_type: &str, schema: &Value) -> Self {
        let content = match examples::answers(self.id, status) {
            Value::Object(examples) if examples.is_empty() => json!({"schema": schema}),
            examples => json!({"schema": schema, "examples": examples}),
        };
        let mut headers = shared_headers(&["RequestId", "CacheControl"]);
        let timed = !matches!(self.id, "getHealth" | "getMetrics" | "getStatusList" | "streamAvailability");
        if timed && media_type != "application/x-ndjson" {
            headers.extend(shared_headers(&["ServerTiming"]));
        }
        self.put(status, json!({"description": description, "headers": headers, "content": {media_type: content}}));
        self
    }

    /// An answer of `status` may be of this media type too.
    pub fn or_answers(mut self, status: u16, media_type: &str, schema: &Value, example: &str) -> Self {
        if let Some(content) = self.answer(status).and_then(|answer| answer.get_mut("content")?.as_object_mut()) {
            content.insert(media_type.to_owned(), json!({"schema": schema, "example": example}));
        }
        self
    }

    /// It answers without a body.
    pub fn answers_nothing(mut self, status: u16, description: &str) -> Self {
        let headers = shared_headers(&["RequestId", "CacheControl"]);
        self.put(status, json!({"description": description, "headers": headers}));
        self
    }

    fn put(&mut self, status: u16, answer: Value) {
        self.answers.push((status, answer));
    }

    fn answer(&mut self, status: u16) -> Option<&mut Value> {
        self.answers.iter_mut().find(|(known, _)| *known == status).map(|(_, answer)| answer)
    }

    /// Answers of `status` have these headers, which are described among the components.
    pub fn with_headers(mut self, status: u16, names: &[&str]) -> Self {
        if let Some(headers) = self.answer(status).and_then(|answer| answer.get_mut("headers")?.as_object_mut()) {
            headers.extend(shared_headers(names));
        }
        self
    }

    /// Where an answer of `status` leads: a name, the operation, and what it takes from the answer.
    pub fn leads(mut self, status: u16, name: &str, operation: &str, parameters: &Value, body: Option<Value>) -> Self {
        let mut link = json!({"operationId": operation});
        if let Some(link) = link.as_object_mut() {
            if parameters.as_object().is_some_and(|parameters| !parameters.is_empty()) {
                link.insert("parameters".into(), parameters.clone());
            }
            link.extend(body.map(|body| ("requestBody".to_owned(), body)));
        }
        if let Some(Value::Object(answer)) = self.answer(status) {
            let links = answer.entry("links").or_insert_with(|| json!({}));
            if let Some(links) = links.as_object_mut() {
                links.insert(name.to_owned(), link);
            }
        }
        self
    }

    /// What can go wrong, by code.
    pub fn problems(mut self, codes: &[&'static str]) -> Self {
        for code in codes {
            if !self.problems.contains(code) {
                self.problems.push(code);
            }
        }
        self
    }

    /// The operation as the document has it. Answers that tell of problems go to `shared`, each once.
    pub fn told(self, problem: &Value, short_line: &Value, shared: &mut Map<String, Value>) -> Value {
        let mut responses: BTreeMap<String, Value> = BTreeMap::new();
        for (status, mut answer) in self.answers {
            let headers = answer.get_mut("headers").filter(|_| self.public).and_then(Value::as_object_mut);
            if let Some(headers) = headers {
                headers.extend(shared_headers(&["AllowOrigin", "ExposeHeaders"]));
            }
            responses.insert(status.to_string(), answer);
        }
        let mut by_status: BTreeMap<u16, Vec<&'static str>> = BTreeMap::new();
        for code in self.problems {
            by_status.entry(problems::status(code)).or_default().push(code);
        }
        for (status, mut codes) in by_status {
            codes.sort_unstable();
            let response = problems::response(status, &codes, problem, short_line, self.public);
            let known = shared.iter().find(|(_, known)| **known == response).map(|(name, _)| name.clone());
            let name = known.unwrap_or_else(|| {
                let public = if self.public { "Public" } else { "" };
                let about = match codes.as_slice() {
                    [only] => pascal(only),
                    _ => format!("Of{}", pascal(self.id)),
                };
                let name = format!("{public}Problem{status}{about}");
                shared.insert(name.clone(), response);
                name
            });
            responses.insert(status.to_string(), json!({"$ref": format!("#/components/responses/{name}")}));
        }
        // OpenAPI 3.1 lets a requirement name roles, but its readers take them for OAuth's: scopes stand beside it.
        let security = if self.scopes.is_empty() { json!([]) } else { json!([{"bearer": []}, {"apiKey": []}]) };
        let scopes: Vec<&str> = self.scopes.iter().map(|scope| scope.as_str()).collect();
        let mut told = json!({
            "operationId": self.id,
            "tags": [self.tag],
            "summary": self.summary,
            "description": describe(self.text, &self.scopes),
            "parameters": self.parameters,
            "responses": responses,
            "security": security,
        });
        if let (Some(told), Some(body)) = (told.as_object_mut(), self.body) {
            told.insert("requestBody".into(), body);
        }
        if let (Some(told), false) = (told.as_object_mut(), scopes.is_empty()) {
            told.insert("x-scopes".into(), scopes.into());
        }
        told
    }
}

/// The object with one more member.
pub fn with(mut object: Value, name: &str, member: Value) -> Value {
    if let Some(members) = object.as_object_mut() {
        members.insert(name.to_owned(), member);
    }
    object
}

fn describe(text: &str, scopes: &[Scope]) -> String {
    let names: Vec<String> = scopes.iter().map(|scope| format!("`{}`", scope.as_str())).collect();
    let needs = match names.as_slice() {
        [] => "Needs no key.".to_owned(),
        names => format!("Needs a key with scope {}.", names.join(" or ")),
    };
    format!("{text}\n\n{needs}")
}

fn pascal(code: &str) -> String {
    let word = |word: &str| {
        let mut letters = word.chars();
        letters.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + letters.as_str())
    };
    code.split('_').map(word).collect()
}

/// References to headers that are described among the components.
pub fn shared_headers(names: &[&str]) -> Map<String, Value> {
    names
        .iter()
        .filter_map(|name| {
            let (header, _, _, _) = HEADERS.into_iter().find(|(_, known, _, _)| known == name)?;
            Some((header.to_owned(), json!({"$ref": format!("#/components/headers/{name}")})))
        })
        .collect()
}

/// Headers of answers: the name, the component, a pattern, what it says.
const HEADERS: [(&str, &str, &str, &str); 13] = [
    (
        "X-Request-Id",
        "RequestId",
        "^[A-Za-z0-9._:-]{1,128}$",
        "Names the request in the log. Yours, if you sent a sound one.",
    ),
    ("Cache-Control", "CacheControl", "", "`no-store`, except where anybody may keep the answer for a while."),
    (
        "Server-Timing",
        "ServerTiming",
        "",
        "Milliseconds: `auth`, `catalog`, `stock` (where used) and `total`; `cache;desc=\"hit\"` where a public answer was repeated.",
    ),
    ("ETag", "ETag", "^\"[0-9a-f]{16}\"$", "Send it back as `If-None-Match`."),
    ("Vary", "Vary", "", "What else the answer depends on."),
    ("Location", "Location", "^/v1/(quotes|tokens)/", "Where the new thing is."),
    (
        "Idempotent-Replayed",
        "IdempotentReplayed",
        "^true$",
        "The call was made before with this key, and this is its answer. Absent on the first.",
    ),
    (
        "Retry-After",
        "RetryAfter",
        "^[0-9]+$",
        "Send the same request again after so many seconds. Only where `retryable` is true.",
    ),
    ("RateLimit", "RateLimit", "", "How many are left, and for how long: `\"beacon\";r=12;t=34`."),
    (
        "RateLimit-Policy",
        "RateLimitPolicy",
        "",
        "How many there may be: `\"beacon\";q=6000;w=60` is 6,000 in 60 seconds.",
    ),
    ("WWW-Authenticate", "WwwAuthenticate", "^Bearer", "How to send a key."),
    (
        "Access-Control-Allow-Origin",
        "AllowOrigin",
        "^\\*$",
        "Any origin may read the answer; the key says which origins get one.",
    ),
    ("Access-Control-Expose-Headers", "ExposeHeaders", "", "What pages may read of the headers."),
];

/// The headers of answers, for the components.
pub fn headers() -> Value {
    let header = |(_, name, pattern, description): (&str, &str, &str, &str)| {
        let schema =
            if pattern.is_empty() { json!({"type": "string"}) } else { json!({"type": "string", "pattern": pattern}) };
        (name.to_owned(), json!({"description": description, "schema": schema}))
    };
    Value::Object(HEADERS.into_iter().map(header).collect())
}

/// Parameters that many operations have.
pub fn parameters() -> Value {
    json!({
        "RequestId": {
            "name": "X-Request-Id", "in": "header",
            "description": "Your name for the request, for logs. Another than 1 to 128 letters, digits and `. _ : -` is replaced.",
            "schema": {"type": "string"},
        },
        "SyncKey": {
            "name": "Idempotency-Key", "in": "header",
            "description": "Any text that is new for each snapshot, and the same when you send it again; not needed for a dry run. It stands in the ledgers for ever.",
            "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "\\S"},
            "example": "ATL1-2026-11-21",
        },
        "IdempotencyKey": {
            "name": "Idempotency-Key", "in": "header", "required": true,
            "description": "Any text that is new for each order, and the same when you send the order again. Kept for a day, for your account and this path.",
            "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "\\S"},
            "example": "my-order-1",
        },
    })
}
