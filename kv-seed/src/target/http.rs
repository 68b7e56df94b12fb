//! Requests to a running instance, repeated when it says that it is busy.

use std::fmt;
use std::thread::sleep;
use std::time::Duration;

use crate::error::Error;

/// Attempts of one request before the import gives up.
const ATTEMPTS: u32 = 6;
/// Wait before the second attempt; doubled each time, unless the answer says how long.
const FIRST_WAIT: Duration = Duration::from_millis(500);
/// The longest wait an answer may ask for.
const MAX_WAIT: Duration = Duration::from_mins(1);

/// A caller's key. It is never shown.
#[derive(Clone)]
pub struct Key(String);

impl std::str::FromStr for Key {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

/// A running instance.
pub struct Http {
    agent: ureq::Agent,
    url: String,
    key: Key,
    first_wait: Duration,
}

/// An answer that is not a failure of the way.
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}

impl Http {
    /// The instance at `url`, spoken to with `key`.
    pub fn new(url: &str, key: Key) -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_mins(2)))
            .build();
        Self { agent: config.into(), url: url.trim_end_matches('/').to_owned(), key, first_wait: FIRST_WAIT }
    }

    /// Shorter waits, for tests.
    #[must_use]
    pub fn waiting(self, first_wait: Duration) -> Self {
        Self { first_wait, ..self }
    }

    /// The instance's address.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Sends a body and returns the answer of a 200; anything else is an error with the status and what it says.
    pub fn send(&self, method: Method, path: &str, kind: &str, body: &[u8]) -> Result<Vec<u8>, Error> {
        let answer = self.ask(method, path, kind, body)?;
        if (200..300).contains(&answer.status) {
            return Ok(answer.body);
        }
        let text: String = String::from_utf8_lossy(&answer.body).chars().take(500).collect();
        Err(Error::Target(format!("{}{path} answered {}: {text}", self.url, answer.status)))
    }

    /// Sends a body; busy answers (429, 503) and broken connections are tried again.
    pub fn ask(&self, method: Method, path: &str, kind: &str, body: &[u8]) -> Result<Answer, Error> {
        let url = format!("{}{path}", self.url);
        let mut wait = self.first_wait;
        let mut attempt = 1;
        loop {
            let (again, asked) = match self.once(method, &url, kind, body) {
                Ok((answer, _)) if !matches!(answer.status, 429 | 503) => return Ok(answer),
                Ok((answer, retry_after)) => (Error::Target(format!("{url} is busy ({})", answer.status)), retry_after),
                Err(error @ (ureq::Error::BadUri(_) | ureq::Error::Tls(_))) => return Err(failed(&url, &error)),
                Err(error) => (failed(&url, &error), None),
            };
            if attempt >= ATTEMPTS {
                return Err(again);
            }
            sleep(asked.unwrap_or(wait).min(MAX_WAIT));
            wait = wait.saturating_mul(2);
            attempt = attempt.saturating_add(1);
        }
    }

    fn once(
        &self,
        method: Method,
        url: &str,
        kind: &str,
        body: &[u8],
    ) -> Result<(Answer, Option<Duration>), ureq::Error> {
        let authorization = format!("Bearer {}", self.key.0);
        let mut response = match method {
            Method::Get => self.agent.get(url).header("authorization", authorization).call()?,
            Method::Post | Method::Put => {
                let request = if method == Method::Put { self.agent.put(url) } else { self.agent.post(url) };
                request.header("authorization", authorization).content_type(kind).send(body)?
            }
        };
        let retry_after = response.headers().get("retry-after").and_then(|value| value.to_str().ok()?.parse().ok());
        let body = response.body_mut().read_to_vec()?;
        Ok((Answer { status: response.status().as_u16(), body }, retry_after.map(Duration::from_secs)))
    }
}

/// What a request does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Adds.
    Post,
    /// Writes.
    Put,
}

fn failed(url: &str, error: &ureq::Error) -> Error {
    Error::Target(format!("{url}: {error}"))
}
