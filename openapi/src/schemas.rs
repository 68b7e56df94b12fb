//! The schemas of the document: one set of named components, made from Rust types.

use functions::problem::Details;
use functions::quotes::shortage::ShortLine;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value};

/// Collects the schemas of what is answered and of what is sent.
pub struct Schemas {
    answers: SchemaGenerator,
    requests: SchemaGenerator,
}

impl Schemas {
    /// None yet.
    pub fn new() -> Self {
        let settings = || {
            SchemaSettings::draft2020_12().with(|settings| {
                settings.definitions_path = "/components/schemas".into();
                settings.meta_schema = None;
            })
        };
        Self {
            answers: settings().for_serialize().into_generator(),
            requests: settings().for_deserialize().into_generator(),
        }
    }

    /// The schema of a type that is answered.
    pub fn answer<T: JsonSchema>(&mut self) -> Value {
        self.answers.subschema_for::<T>().to_value()
    }

    /// The schema of a type that is sent.
    pub fn request<T: JsonSchema>(&mut self) -> Value {
        self.requests.subschema_for::<T>().to_value()
    }

    /// The schema of a problem.
    pub fn problem(&mut self) -> Value {
        self.answer::<Details>()
    }

    /// The schema of a line of a quote that could not be held.
    pub fn short_line(&mut self) -> Value {
        self.answer::<ShortLine>()
    }

    /// The named schemas. A type that is both sent and answered has one schema.
    pub fn finish(mut self) -> Map<String, Value> {
        let mut all = Map::new();
        for (name, schema) in self.answers.take_definitions(true) {
            all.insert(name, never_null_if_absent(schema));
        }
        for (name, schema) in self.requests.take_definitions(true) {
            let known = all.insert(name.clone(), schema.clone());
            assert!(known.is_none_or(|known| known == schema), "two types are called {name}");
        }
        all.sort_keys();
        all.into_iter().map(|(name, schema)| (name, plain(schema))).collect()
    }
}

/// The schema of an answer, in which a member that can be left out is never `null`: it is left out then.
fn never_null_if_absent(mut schema: Value) -> Value {
    let required: Vec<Value> = schema.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        for (name, property) in properties.iter_mut() {
            if !required.contains(&Value::from(name.as_str())) {
                never_null(property);
            }
        }
    }
    for list in ["oneOf", "anyOf", "allOf"] {
        for one in schema.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
            *one = never_null_if_absent(one.take());
        }
    }
    schema
}

fn never_null(schema: &mut Value) {
    let Some(members) = schema.as_object_mut() else { return };
    if let Some(Value::Array(types)) = members.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            members.insert("type".into(), only);
        }
    }
    if let Some(Value::Array(choices)) = members.get_mut("anyOf") {
        choices.retain(|choice| choice.get("type") != Some(&Value::from("null")));
        if let [Value::Object(only)] = choices.as_slice() {
            let only = only.clone();
            members.remove("anyOf");
            for (name, value) in only {
                members.entry(name).or_insert(value);
            }
        }
    }
}

/// The schema as callers read it: descriptions without links into the source, choices of texts as one list.
fn plain(schema: Value) -> Value {
    match schema {
        Value::Object(members) => Value::Object(members.into_iter().filter_map(member).collect::<Map<_, _>>()).listed(),
        Value::Array(items) => items.into_iter().map(plain).collect(),
        other => other,
    }
}

fn member((name, value): (String, Value)) -> Option<(String, Value)> {
    match (name.as_str(), value) {
        ("description", Value::String(text)) => Some((name, without_links(&text).into())),
        ("default", Value::Null) => None,
        // How wide a number is in Rust says nothing about it.
        ("format", Value::String(format)) if format == "uint64" || format == "int64" => Some((name, "int64".into())),
        ("format", Value::String(format)) if format.contains("int") || format == "double" => None,
        (_, value) => Some((name, plain(value))),
    }
}

trait Listed {
    /// `oneOf` of single texts becomes `enum`, and what they say a list in the description.
    fn listed(self) -> Self;
}

impl Listed for Value {
    fn listed(mut self) -> Self {
        let Some(choices) = self.get("oneOf").and_then(Value::as_array) else { return self };
        let single = |choice: &Value| match (choice.get("const"), choice.get("enum").and_then(Value::as_array)) {
            (Some(text), None) => Some(vec![(text.clone(), choice.get("description").cloned())]),
            (None, Some(texts)) => Some(texts.iter().map(|text| (text.clone(), None)).collect()),
            _ => None,
        };
        let Some(choices) = choices.iter().map(single).collect::<Option<Vec<_>>>() else { return self };
        let choices: Vec<(Value, Option<Value>)> = choices.into_iter().flatten().collect();
        let mut text = self.get("description").and_then(Value::as_str).unwrap_or_default().to_owned();
        for (name, says) in &choices {
            if let (Some(name), Some(says)) = (name.as_str(), says.as_ref().and_then(Value::as_str)) {
                text.extend(["\n- `", name, "`: ", says]);
            }
        }
        if let Some(members) = self.as_object_mut() {
            members.remove("oneOf");
            members.insert("type".into(), "string".into());
            members.insert("enum".into(), choices.into_iter().map(|(name, _)| name).collect());
            members.insert("description".into(), text.into());
        }
        self
    }
}

/// ``[`Name`]`` becomes the bare name's last part in code quotes; line breaks become spaces.
fn without_links(text: &str) -> String {
    let text = text.replace('\n', " ");
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once("[`") {
        let Some((name, after)) = after.split_once("`]") else { break };
        plain.push_str(before);
        plain.push('`');
        plain.push_str(name.rsplit("::").next().unwrap_or(name));
        plain.push('`');
        rest = after;
    }
    plain.push_str(rest);
    plain
}
