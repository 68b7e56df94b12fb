//! What every edge function works with: the request, the time, the catalogue, the shards.

use std::cell::{Cell, OnceCell, RefCell};
use std::fmt::Write as _;
use std::future::Future;
use std::rc::Rc;
use std::str::FromStr;

use holdfast::access::Scope;
use holdfast::catalog::Reading;
use holdfast::id::Region;
use holdfast::sourcing::Location;
use holdfast::stock::shard::{Command, Reply};
use holdfast::stock::{Dedicated, ShardMap, ShardName};
use holdfast::time::Timestamp;
use serde::Serialize;
use serde_json::Value;
use worker::{Env, js_sys};

use crate::auth::{self, BearerKey, Caller};
use crate::objects;
use crate::problem::Problem;
use crate::wire::{Answer, Request};
use crate::{catalog, percent};

/// One request on its way through an edge function.
pub struct Edge<'a> {
    /// What was asked.
    pub request: &'a Request<'a>,
    /// The bindings.
    pub env: &'a Env,
    /// When it was asked. The clock stands still while an answer is worked out, so one time serves all of it.
    pub now: Timestamp,
    key_hash: Option<String>,
    local: OnceCell<bool>,
    locations: OnceCell<Rc<Vec<Location>>>,
    region: OnceCell<Region>,
    late: Cell<bool>,
    took: Cell<Option<i64>>,
    timings: RefCell<Vec<(&'static str, i64)>>,
}

impl<'a> Edge<'a> {
    /// Starts on a request.
    pub fn new(request: &'a Request<'a>, env: &'a Env) -> Self {
        Self {
            request,
            env,
            now: Timestamp::from_millis(i64::try_from(request.now_ms).unwrap_or(i64::MAX)),
            key_hash: BearerKey::of(request).map(|key| key.hash()),
            local: OnceCell::new(),
            locations: OnceCell::new(),
            region: OnceCell::new(),
            late: Cell::new(false),
            took: Cell::default(),
            timings: RefCell::default(),
        }
    }

    /// The caller, if its key carries `scope`.
    pub async fn caller(&self, scope: Scope) -> Result<Caller, Problem> {
        let local = *self.local.get_or_init(|| auth::is_local(self.env));
        let origin = self.request.origin;
        let hash = self.key_hash.as_deref();
        let decide = |reading: &Reading| {
            // Asked for in any case, so that they come in one read with the key.
            let locations = reading.locations();
            (auth::caller(hash, scope, origin, local, reading), locations)
        };
        let (caller, locations) = self.timed("auth", catalog::settle(self.env, self.now, decide)).await?;
        let _ = self.locations.set(locations);
        let caller = caller?;
        if let Some(home) = self.locations().iter().find(|known| known.id == caller.account.home) {
            let _ = self.region.set(home.region.clone());
        }
        Ok(caller)
    }

    /// The caller, if its key may report events: anybody's that may see the numbers, and those of pages.
    pub async fn reporter(&self) -> Result<Caller, Problem> {
        match self.caller(Scope::Kpi).await {
            Err(_) => self.caller(Scope::Web).await,
            caller => caller,
        }
    }

    /// The region where the caller is at home, once it is known.
    pub fn region(&self) -> Option<Region> {
        self.region.get().cloned()
    }

    /// SHA-256 of the caller's key in hex; empty without one.
    pub fn key_hash(&self) -> &str {
        self.key_hash.as_deref().unwrap_or_default()
    }

    /// Notes that a shard did not answer in time.
    pub fn shard_was_late(&self) {
        self.late.set(true);
    }

    /// Whether a shard did not answer in time.
    pub fn was_late(&self) -> bool {
        self.late.get()
    }

    /// Milliseconds from the request to its answer, as the answer itself says where it does.
    pub fn took(&self) -> u64 {
        u64::try_from(self.took.get().unwrap_or_else(|| self.since_asked())).unwrap_or(0)
    }

    /// Runs `decide` with every record it asks for.
    pub async fn settle<T>(&self, decide: impl Fn(&Reading) -> T) -> Result<T, Problem> {
        self.timed("catalog", catalog::settle(self.env, self.now, decide)).await
    }

    /// Every location, once the caller is known.
    pub fn locations(&self) -> &[Location] {
        self.locations.get().map_or(&[], |locations| locations)
    }

    /// The request's body as JSON, whatever its `Content-Type` says: `curl -d` calls everything a form.
    pub fn json(&self) -> Result<Value, Problem> {
        if self.request.too_large {
            return Err(Problem::too_large());
        }
        serde_json::from_slice(self.request.body).map_err(|error| Problem::invalid_json(error.to_string()))
    }

    /// The values of a parameter of the URL's query, decoded, in order.
    pub fn parameters<'s>(&'s self, name: &'s str) -> impl Iterator<Item = String> + 's {
        let pairs = self.request.query().split('&').filter_map(|pair| pair.split_once('='));
        pairs
            .filter(move |(key, _)| percent::decode(key) == name)
            .map(|(_, value)| percent::decode(&value.replace('+', " ")))
    }

    /// The parameter `name` of the URL's query; one that cannot be read is the caller's fault.
    pub fn parameter<T: FromStr<Err: ToString>>(&self, name: &str) -> Result<Option<T>, Problem> {
        let Some(value) = self.parameters(name).next() else { return Ok(None) };
        match value.parse() {
            Ok(value) => Ok(Some(value)),
            Err(error) => Err(Problem::invalid_field(&format!("/{name}"), error.to_string())),
        }
    }

    /// The number among the parameters that is called `name`. It is read as JSON is: what the standard library reads numbers
    /// with is 12 kB of wasm.
    pub fn number(&self, name: &str) -> Result<Option<f64>, Problem> {
        let Some(value) = self.parameters(name).next() else { return Ok(None) };
        let number = serde_json::from_str(&value);
        number.map(Some).map_err(|_| Problem::invalid_field(&format!("/{name}"), "this is not a number"))
    }

    /// Which shard owns what in this deployment, given the skus that have shards of their own as far as the catalogue
    /// knows.
    pub fn shards(&self, dedicated: Rc<Dedicated>) -> ShardMap {
        objects::shard_map(self.env).with(dedicated)
    }

    /// Sends a command to a stock shard.
    pub async fn ask_shard(&self, shard: &ShardName, command: &Command) -> Result<Reply, Problem> {
        let text = serde_json::to_string(command).map_err(|_| Problem::internal())?;
        let reply = objects::ask_shard(self.env, shard, command.reads_only(), &text).await;
        let reply = reply.map_err(|error| error.told(&format!("stock shard {shard}"), "the stock of this region"))?;
        match holdfast::json::from_str(&reply) {
            Ok(Reply::Busy) => Err(Problem::moving()),
            Ok(reply) => Ok(reply),
            Err(error) => {
                worker::console_error!("stock shard {shard} sent an unreadable reply: {error}");
                Err(Problem::internal())
            }
        }
    }

    /// [`Edge::ask_shard`] about one sku, also where the sku is at another shard by now.
    pub async fn ask_about(&self, shard: &ShardName, command: &Command) -> Result<Reply, Problem> {
        let redirect = match self.ask_shard(shard, command).await? {
            Reply::Elsewhere { skus } => skus.into_iter().next().ok_or_else(Problem::internal)?,
            reply => return Ok(reply),
        };
        match self.ask_shard(&redirect.shard, command).await? {
            Reply::Elsewhere { .. } => Err(Problem::moving()),
            reply => Ok(reply),
        }
    }

    /// Awaits `work` and adds its time to the `Server-Timing` entry `name`.
    pub async fn timed<T>(&self, name: &'static str, work: impl Future<Output = T>) -> T {
        let start = clock();
        let result = work.await;
        let taken = clock().saturating_sub(start);
        let mut timings = self.timings.borrow_mut();
        match timings.iter_mut().find(|(known, _)| *known == name) {
            Some((_, total)) => *total = total.saturating_add(taken),
            None => timings.push((name, taken)),
        }
        result
    }

    /// 200 with `body`, for this caller only.
    pub fn ok(&self, body: &impl Serialize) -> Answer {
        self.json_status(200, body)
    }

    /// `status` with `body`, for this caller only.
    pub fn json_status(&self, status: u16, body: &impl Serialize) -> Answer {
        // Answers are structs of strings, numbers and lists: they always serialise.
        let body = serde_json::to_string(body).unwrap_or_default();
        self.headed(Answer::new(status, body)).header("cache-control", "no-store")
    }

    /// 200 with `body`, which is JSON, and the time it took.
    pub fn json_text(&self, body: String) -> Answer {
        self.headed(Answer::new(200, body))
    }

    fn headed(&self, answer: Answer) -> Answer {
        answer.header("content-type", "application/json").header("server-timing", &self.timing())
    }

    /// What `Server-Timing` says.
    pub fn timing(&self) -> String {
        let mut text = String::with_capacity(80);
        for (name, millis) in self.timings.borrow().iter() {
            // Writing to a String cannot fail.
            let _ = write!(text, "{name};dur={millis}, ");
        }
        let total = self.since_asked();
        self.took.set(Some(total));
        let _ = write!(text, "total;dur={total}");
        text
    }

    fn since_asked(&self) -> i64 {
        clock().saturating_sub(self.now.millis())
    }
}

/// The platform's clock in milliseconds: it advances only while something is awaited.
pub fn clock() -> i64 {
    // A number. `worker::Date` would be an object to make, read and drop, several times a request.
    #[expect(clippy::cast_possible_truncation, reason = "whole milliseconds, far below 2^53")]
    let millis = js_sys::Date::now() as i64;
    millis
}
