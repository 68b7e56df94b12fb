//! `POST /v1/query` with lines (NDJSON or CSV): up to 10,000 of them, answered as NDJSON, line by line.
//!
//! `glue/lines.js` cuts the body into parts of a hundred lines and asks for one after the other, while the answer to the
//! one before goes out: so memory holds one part's answer, however many lines there are. A part is answered here.

use holdfast::input::Fault;
use holdfast::lines::Form;
use holdfast::query::lines::{DEFAULT_BUDGET_MS, MAX_LINES, read};
use holdfast::query::{QueryAnswer, QueryRequest};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::edge::Edge;
use crate::problem::Problem;
use crate::wire::Answer;

/// A line that could not be read.
#[derive(Serialize)]
struct Refused {
    line: u64,
    errors: Vec<Fault>,
}

/// A part of a query that is sent as lines.
pub struct Part {
    /// The place of its first line in the whole.
    first: u64,
    /// For each line, whether it could be read, or what was wrong.
    lines: Vec<Result<(), Vec<Fault>>>,
}

impl Part {
    /// Reads the lines of a request, and what its URL says of all of them.
    pub fn read(edge: &Edge<'_>, form: Form) -> Result<(QueryRequest, Self), Problem> {
        if edge.request.too_large {
            return Err(Problem::too_many_bytes(4));
        }
        let first = first_line(edge, MAX_LINES)?;
        let mut request = options(edge)?;
        let mut lines = Vec::new();
        for read in read(form, &String::from_utf8_lossy(edge.request.body))? {
            lines.push(read.map(|line| request.lines.push(line)));
        }
        Ok((request, Self { first, lines }))
    }

    /// A line for each line, in their order: the answer to it, or what was wrong with it.
    pub fn answer(self, answer: QueryAnswer<'_>) -> Answer {
        let mut answers = answer.lines.into_iter();
        let mut text = String::new();
        for (line, read) in (self.first..).zip(self.lines) {
            let told = match read {
                Ok(()) => answers.next().map(|mut answer| {
                    answer.line = usize::try_from(line).unwrap_or(usize::MAX);
                    serde_json::to_string(&answer)
                }),
                Err(errors) => Some(serde_json::to_string(&Refused { line, errors })),
            };
            // Lines are structs of strings, numbers and lists: they always serialise.
            text.push_str(&told.and_then(Result::ok).unwrap_or_default());
            text.push('\n');
        }
        Answer::new(200, text).header("content-type", "application/x-ndjson").header("cache-control", "no-store")
    }
}

/// The place of the first line of a part, unless there are too many lines in all, or none.
pub fn first_line(edge: &Edge<'_>, most: u64) -> Result<u64, Problem> {
    let (first, all) = edge.request.lines.unwrap_or_default();
    if (1..=most).contains(&all) {
        return Ok(first);
    }
    let detail = format!("there are 1 to {most} lines in one request; this one has {all}");
    Err(vec![Fault { pointer: String::new(), code: "out_of_range", detail }].into())
}

/// What the URL may say of all lines.
const OPTIONS: [&str; 7] = ["location", "lat", "lon", "fulfilment", "needed_by", "budget_ms", "explain"];

/// That the URL of a query in JSON does not say what only its body can say: it would be overlooked.
pub fn no_options(edge: &Edge<'_>) -> Result<(), Problem> {
    if edge.request.query().is_empty() {
        return Ok(());
    }
    match OPTIONS.into_iter().find(|name| edge.parameters(name).next().is_some()) {
        Some(name) => Err(Problem::invalid_field(&format!("/{name}"), "a query in JSON says this in its body")),
        None => Ok(()),
    }
}

/// What the URL says of all lines, in a query that has none yet. Its parameters are read as the fields of a body are.
fn options(edge: &Edge<'_>) -> Result<QueryRequest, Problem> {
    let (mut body, mut place) = (Map::new(), Map::new());
    body.insert("budget_ms".to_owned(), DEFAULT_BUDGET_MS.into());
    for name in OPTIONS {
        let Some(text) = edge.parameters(name).next() else { continue };
        let number_or_bool = matches!(name, "lat" | "lon" | "budget_ms" | "explain");
        let read = number_or_bool.then(|| serde_json::from_str(&text).ok()).flatten();
        let fields = if matches!(name, "location" | "lat" | "lon") { &mut place } else { &mut body };
        fields.insert(name.to_owned(), read.unwrap_or(Value::String(text)));
    }
    if !place.is_empty() {
        body.insert("deliver_to".to_owned(), place.into());
    }
    Ok(QueryRequest::without_lines(&body.into())?)
}
