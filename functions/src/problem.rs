//! What a caller is told when something is wrong: RFC 9457 problem details, made in this one place.

use holdfast::input::Fault;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::wire::Answer;

/// A refusal or failure. `code` is stable; `detail` says what was wrong and what to do next. Inner errors never get
/// here: they go to the log.
#[derive(Debug, Clone)]
pub struct Problem(Box<Details>);

/// The document of a problem, as RFC 9457 has it.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "Problem"))]
pub struct Details {
    /// `urn:holdfast:problem:` and the code. A name, not a page to open.
    #[serde(rename = "type")]
    kind: String,
    /// The code in words.
    title: &'static str,
    /// The status of the answer.
    status: u16,
    /// What programs look at; stable.
    code: &'static str,
    /// What was wrong, and what to do next.
    detail: String,
    /// Whether the same request can succeed later.
    retryable: bool,
    /// What was wrong in each place. An entry has `pointer`, `code` and `detail`, and perhaps more.
    #[cfg_attr(feature = "openapi", schemars(with = "Vec<Fault>"))]
    errors: Box<RawValue>,
    #[serde(skip)]
    headers: Vec<(&'static str, String)>,
}

impl Problem {
    fn new(status: u16, code: &'static str, title: &'static str, detail: impl Into<String>) -> Self {
        let kind = format!("urn:holdfast:problem:{code}");
        let (detail, errors, headers) = (detail.into(), list(&[] as &[Fault]), Vec::new());
        Self(Box::new(Details { kind, title, status, code, detail, retryable: false, errors, headers }))
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.0.headers.push((name, value.into()));
        self
    }

    /// Tells the caller to send the same request again after so many seconds.
    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.0.retryable = true;
        self.header("retry-after", seconds.to_string())
    }

    /// 400: the body is not JSON.
    pub fn invalid_json(detail: impl Into<String>) -> Self {
        Self::new(400, "invalid_json", "The body is not JSON", detail)
    }

    /// 401: no key, or one that nobody has.
    pub fn unauthenticated(detail: &str) -> Self {
        Self::new(401, "unauthenticated", "A key is needed", detail).header("www-authenticate", "Bearer")
    }

    /// 403: the key does not carry this.
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(403, "forbidden", "Not with this key", detail)
    }

    /// 404: nothing is here.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(404, "not_found", "Not found", detail)
    }

    /// 405: the path exists, the method does not.
    pub fn method_not_allowed(allow: &str) -> Self {
        Self::new(405, "method_not_allowed", "Wrong method", format!("this path answers {allow}"))
            .header("allow", allow)
    }

    /// 413: the body is larger than a request may be.
    pub fn too_large() -> Self {
        Self::new(413, "too_large", "The body is too large", "a request body has at most 1 MiB; send it in parts")
    }

    /// 413: the lines are larger than a request that is sent as lines may be.
    pub fn too_many_bytes(mebibytes: u32) -> Self {
        let detail = format!("lines have at most {mebibytes} MiB in all; send them in parts");
        Self::new(413, "too_large", "The body is too large", detail)
    }

    /// 422: the body is JSON, and these fields of it are wrong.
    pub fn invalid_request(errors: &[Fault]) -> Self {
        let detail = match errors {
            [only] if only.pointer.is_empty() => only.detail.clone(),
            [only] => format!("{}: {}", only.pointer, only.detail),
            many => format!("{} fields are wrong; see errors", many.len()),
        };
        Self::new(422, "invalid_request", "The request cannot be understood", detail).errors(errors)
    }

    /// 422 about one field.
    pub fn invalid_field(pointer: &str, detail: impl Into<String>) -> Self {
        Self::invalid_request(&[Fault { pointer: pointer.into(), code: "invalid", detail: detail.into() }])
    }

    /// 422 about one field that is sound by itself, with a code of its own.
    pub fn refused_field(pointer: &str, code: &'static str, detail: impl Into<String>) -> Self {
        Self::invalid_request(&[Fault { pointer: pointer.into(), code, detail: detail.into() }])
    }

    /// A refusal with a status and a code of its own.
    pub fn refusal(status: u16, code: &'static str, title: &'static str, detail: impl Into<String>) -> Self {
        Self::new(status, code, title, detail)
    }

    /// Says what was wrong in each place. An entry may tell more than a [`Fault`] does; it has all that a fault has.
    #[must_use]
    pub fn errors(mut self, errors: &[impl Serialize]) -> Self {
        self.0.errors = list(errors);
        self
    }

    /// 400: the call needs an Idempotency-Key.
    pub fn idempotency_key_required() -> Self {
        let detail =
            "send an Idempotency-Key header: any text that is new for each order, the same when you send it again";
        Self::new(400, "idempotency_key_required", "A key for retries is needed", detail)
    }

    /// 422: the key was used for another request.
    pub fn idempotency_key_reused() -> Self {
        let detail = "this Idempotency-Key was used for another request; choose a new one";
        Self::new(422, "idempotency_key_reused", "The key was used before", detail)
    }

    /// 409: another call is still at it; the same one may be sent again.
    pub fn busy(detail: &str) -> Self {
        Self::new(409, "in_progress", "Still running", detail).retry_after(1)
    }

    /// 429: more than there may be in a minute.
    pub fn too_many(detail: &str) -> Self {
        Self::new(429, "too_many_requests", "Too many", detail)
    }

    /// 503: an object is out of reach or has too much to do; the same request may be sent again.
    pub fn unavailable(detail: &str) -> Self {
        Self::new(503, "unavailable", "Try again", detail).retry_after(1)
    }

    /// 503: a sku is on its way from one shard to another, which takes a moment.
    pub fn moving() -> Self {
        Self::unavailable("this part is being given a shard of its own; send the same request again")
    }

    /// 500: ours. The log has the cause.
    pub fn internal() -> Self {
        let detail = "something went wrong on our side; nothing was lost, send the same request again";
        let mut problem = Self::new(500, "internal", "Internal error", detail);
        problem.0.retryable = true;
        problem
    }
}

/// Structs of strings, numbers and lists always serialise.
fn list(entries: &[impl Serialize]) -> Box<RawValue> {
    serde_json::value::to_raw_value(entries).unwrap_or_default()
}

impl From<Problem> for Answer {
    fn from(Problem(problem): Problem) -> Self {
        // A struct of strings, numbers and lists always serialises.
        let body = serde_json::to_string(&problem).unwrap_or_default();
        let answer = Self::new(problem.status, body)
            .header("content-type", "application/problem+json")
            .header("cache-control", "no-store");
        problem.headers.iter().fold(answer, |answer, (name, value)| answer.header(name, value))
    }
}

impl From<Vec<Fault>> for Problem {
    fn from(faults: Vec<Fault>) -> Self {
        Self::invalid_request(&faults)
    }
}

impl From<worker::Error> for Problem {
    fn from(error: worker::Error) -> Self {
        worker::console_error!("platform: {error}");
        Self::internal()
    }
}

impl From<worker::KvError> for Problem {
    /// KV answers again within moments of a failure.
    fn from(error: worker::KvError) -> Self {
        worker::console_error!("KV: {error}");
        Self::unavailable("the catalogue cannot be read at the moment; send the same request again")
    }
}
