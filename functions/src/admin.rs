//! `/v1/admin/catalog`: how importers write the catalogue of a running instance.

use holdfast::access::Scope;
use holdfast::catalog::Record;
use holdfast::input::{Fault, Faults};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::catalog;
use crate::edge::Edge;
use crate::problem::Problem;
use crate::wire::Answer;

/// The most pairs of one call; the platform allows an invocation a thousand calls.
const MAX_PAIRS: usize = 900;
/// The longest key KV takes, in bytes.
const MAX_KEY: usize = 512;

/// Keys that belong to importers: what they note about the catalogue. Their values may be any JSON.
const IMPORT: &str = "import/";

/// One line of the body: a catalogue key and its value, `null` to delete it.
#[derive(Deserialize)]
struct Pair<'a> {
    key: String,
    #[serde(borrow)]
    value: Option<&'a RawValue>,
}

/// `PUT /v1/admin/catalog`: newline-separated `{"key": …, "value": …}`, checked as a whole before the first is written.
/// Repeating it changes nothing, so a caller that is cut off sends it again.
pub async fn put_catalog(edge: &Edge<'_>) -> Result<Answer, Problem> {
    edge.caller(Scope::Admin).await?;
    let pairs = read(edge)?;
    let kv = edge.env.kv("CATALOG")?;
    let (mut written, mut deleted) = (0_usize, 0_usize);
    for Pair { key, value } in &pairs {
        if let Some(value) = value {
            kv.put(key, value.get())?.execute().await?;
            written = written.saturating_add(1);
        } else {
            kv.delete(key).await?;
            deleted = deleted.saturating_add(1);
        }
    }
    catalog::forget();
    #[derive(Serialize)]
    struct Body {
        written: usize,
        deleted: usize,
    }
    Ok(edge.ok(&Body { written, deleted }))
}

/// `GET /v1/admin/catalog?key=`: the value as it is stored.
pub async fn get_catalog(edge: &Edge<'_>) -> Result<Answer, Problem> {
    edge.caller(Scope::Admin).await?;
    let Some(key) = edge.parameters("key").next() else {
        return Err(Problem::invalid_field("/key", "`key` is required: GET /v1/admin/catalog?key=part/BRKX-4410"));
    };
    if !(1..=MAX_KEY).contains(&key.len()) {
        return Err(Problem::invalid_field("/key", format!("a key has 1 to {MAX_KEY} bytes")));
    }
    let value = catalog::text(edge.env, &key)
        .await?
        .ok_or_else(|| Problem::not_found(format!("there is no record under `{key}`")))?;
    Ok(edge.json_text(value).header("cache-control", "no-store"))
}

fn read<'a>(edge: &Edge<'a>) -> Result<Vec<Pair<'a>>, Problem> {
    if edge.request.too_large {
        return Err(Problem::too_large());
    }
    let body: &'a [u8] = edge.request.body;
    let text = std::str::from_utf8(body).map_err(|error| Problem::invalid_json(error.to_string()))?;
    let lines: Vec<(usize, &str)> = (0..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()).collect();
    let mut faults = Faults::default();
    if !(1..=MAX_PAIRS).contains(&lines.len()) {
        faults.add("", "out_of_range", format!("expected 1 to {MAX_PAIRS} lines, found {}", lines.len()));
    }
    let mut pairs = Vec::with_capacity(lines.len());
    for (number, line) in lines {
        match check(line) {
            Ok(pair) => pairs.push(pair),
            Err(detail) => faults.add(format!("/{number}"), "invalid", detail),
        }
    }
    faults.or(Some(pairs)).map_err(|faults: Vec<Fault>| faults.into())
}

/// A pair whose value is the record that its key promises.
fn check(line: &str) -> Result<Pair<'_>, String> {
    let pair: Pair = holdfast::json::from_str(line).map_err(|error| error.to_string())?;
    if !(1..=MAX_KEY).contains(&pair.key.len()) {
        return Err(format!("a key has 1 to {MAX_KEY} bytes"));
    }
    if let Some(value) = pair.value.filter(|_| !pair.key.starts_with(IMPORT)) {
        let record = Record::parse(&pair.key, value.get()).map_err(|error| error.to_string())?;
        if matches!(record, Record::Stock(_)) {
            return Err("stock is not part of the catalogue; send movements".into());
        }
        if matches!(record, Record::Shards(_)) {
            return Err("POST /v1/admin/shards/moves writes this list, of shards that are there".into());
        }
        if !record.belongs_under(&pair.key) {
            return Err(format!("the record under `{}` says that it is another's", pair.key));
        }
    }
    Ok(pair)
}
