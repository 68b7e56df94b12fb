//! Real requests and answers, which `openapi/examples.mjs` has taken from the demonstration catalogue.

use std::sync::OnceLock;

use serde_json::{Map, Value, json};

/// `{"operations": {"<operation>": [{"name", "request"?, "status", "answer"}]}, "problems": {"<code>": {…}}}`
fn all() -> &'static Value {
    static ALL: OnceLock<Value> = OnceLock::new();
    ALL.get_or_init(|| serde_json::from_str(include_str!("../examples.json")).unwrap_or_default())
}

fn of(operation: &str) -> impl Iterator<Item = (&'static str, &'static Value)> {
    let examples = all().pointer(&format!("/operations/{operation}")).and_then(Value::as_array);
    examples
        .into_iter()
        .flatten()
        .map(|example| (example.get("name").and_then(Value::as_str).unwrap_or_default(), example))
}

/// The bodies that an operation was sent, by name.
pub fn requests(operation: &str) -> Value {
    let requests =
        of(operation).filter_map(|(name, example)| Some((name.to_owned(), json!({"value": example.get("request")?}))));
    Value::Object(requests.collect())
}

/// What an operation answered with `status`, by name.
pub fn answers(operation: &str, status: u16) -> Value {
    let answers = of(operation).filter(|(_, example)| example.get("status") == Some(&status.into()));
    let answers =
        answers.filter_map(|(name, example)| Some((name.to_owned(), json!({"value": example.get("answer")?}))));
    Value::Object(answers.collect())
}

/// A problem with this code.
pub fn problem(code: &str) -> Option<(String, Value)> {
    let found = all().get("problems").and_then(Value::as_object).and_then(|problems: &Map<_, _>| problems.get(code))?;
    Some((code.to_owned(), json!({"value": found})))
}
