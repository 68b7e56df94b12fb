//! `GET /v1/search`: parts by words. The index is that of the last import; [`holdfast::search`] answers from it.

use holdfast::access::Scope;
use holdfast::catalog::Reading;
use holdfast::input::Fault;
use holdfast::search::{self, Failed, Filter, MAX_PAGE, MAX_SHOWN, PartRow, Question, ReadAs};
use serde::Serialize;

use crate::edge::Edge;
use crate::percent;
use crate::problem::Problem;
use crate::wire::Answer;

/// Parts of a page, unless it says otherwise.
pub const PAGE: usize = 20;

/// What was found.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "FoundParts"))]
pub struct Page {
    /// So many parts were found.
    pub total: usize,
    /// `total` counts all that there are; else there are more.
    pub total_is_exact: bool,
    /// `all` of the words, or `all_but_one` where no part has all.
    pub matched: &'static str,
    /// Words that were read as others.
    pub read_as: Vec<ReadAs>,
    /// Words that nothing has; they were left out.
    pub unknown: Vec<String>,
    /// The best first.
    pub parts: Vec<PartRow>,
    /// Pass it on for the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// `GET /v1/search?q=&brand=&part_type=&spec.NAME=&limit=&cursor=`
pub async fn search(edge: &Edge<'_>) -> Result<Answer, Problem> {
    edge.caller(Scope::Query).await?;
    let (mut text, mut filters, mut limit, mut cursor) = (String::new(), Vec::new(), PAGE, None);
    for pair in edge.request.query().split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (name, value) = (percent::decode(name), percent::decode(&value.replace('+', " ")));
        match name.as_str() {
            "q" => text = value,
            "brand" => filters.push(Filter::Brand(value)),
            "part_type" => filters.push(Filter::PartType(value)),
            "cursor" => cursor = Some(value),
            "limit" => {
                let number = value.parse().ok().filter(|limit| (1..=MAX_PAGE).contains(limit));
                limit = number
                    .ok_or_else(|| invalid("limit", format!("`limit` is a whole number from 1 to {MAX_PAGE}")))?;
            }
            _ => {
                let Some(spec) = name.strip_prefix("spec.") else { return Err(unknown(&name)) };
                filters.push(Filter::Spec(spec.into(), value));
            }
        }
    }
    Ok(edge.ok(&find(edge, &text, &filters, limit, cursor.as_deref()).await?))
}

/// Finds parts by words and filters: a page of 1 to [`MAX_PAGE`], from where `cursor` says. Whether the caller may ask is
/// settled before.
pub async fn find(
    edge: &Edge<'_>,
    text: &str,
    filters: &[Filter],
    limit: usize,
    cursor: Option<&str>,
) -> Result<Page, Problem> {
    let question = Question::new(text, filters)?;
    let place =
        cursor.map(|cursor| place(cursor).ok_or_else(|| invalid("cursor", UNKNOWN_CURSOR.into()))).transpose()?;
    let from = place.map_or(0, |(_, from)| from);
    let decide = |reading: &Reading| search::find(reading, &question, from, limit);
    let found = edge.settle(decide).await?.map_err(|failed| match failed {
        Failed::NoIndex => Problem::not_found("there is no search index here yet: import the catalogue with kv-seed"),
        Failed::Replaced => Problem::unavailable("the search index is being replaced; send the same request again"),
    })?;
    if place.is_some_and(|(version, _)| version != found.version) {
        return Err(invalid(
            "cursor",
            "the catalogue has changed since that page; search again without `cursor`".into(),
        ));
    }
    let next = from.saturating_add(found.parts.len());
    let more = next < found.total.min(MAX_SHOWN);
    Ok(Page {
        total: found.total,
        total_is_exact: !found.more,
        matched: if found.complete { "all" } else { "all_but_one" },
        read_as: found.readings,
        unknown: found.unknown,
        parts: found.parts,
        cursor: more.then(|| format!("{}.{next}", found.version)),
    })
}

const UNKNOWN_CURSOR: &str = "pass on the `cursor` of the last page as it was";

/// The index that a cursor belongs to, and the place in the list.
fn place(cursor: &str) -> Option<(&str, usize)> {
    let (version, from) = cursor.split_once('.')?;
    Some((version, from.parse().ok().filter(|from| *from < MAX_SHOWN)?))
}

fn unknown(name: &str) -> Problem {
    let known = "there is no such parameter; known are q, brand, part_type, spec.NAME, limit, cursor";
    vec![Fault { pointer: format!("/{name}"), code: "unknown_field", detail: known.into() }].into()
}

fn invalid(name: &str, detail: String) -> Problem {
    Problem::invalid_field(&format!("/{name}"), detail)
}
