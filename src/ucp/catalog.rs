//! Products: which lines of a query the platform's ids are, or the parts that its words found, and how the answers to them are
//! shown. A part is a product with one variant, and both have its sku as their id.

use std::fmt::Write as _;

use serde_json::Value;

use super::outcome::{Outcome, alternates, error, message};
use super::{EXTENSION, Operation, at, deliver_to, list, quoted, text};
use crate::id::Sku;
use crate::mcp::call::encoded;
use crate::search::MAX_PAGE;

/// The most ids of one request: the most lines of a query.
pub const MAX_IDS: usize = 100;

/// Products of a page of a search, unless it says otherwise.
const PAGE: usize = 10;

/// What a platform wants to see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The ids that can be skus, each once: the lines of [`Wanted::query`].
    pub skus: Vec<String>,
    /// The others.
    pub others: Vec<String>,
    /// The body of a query about them.
    pub query: String,
    price: (i64, i64),
    currency: Option<String>,
    /// Parts of some categories are asked for.
    by_category: bool,
    /// The platform named the ids itself.
    by_name: bool,
}

impl Wanted {
    /// What a payload asks for: `ids`, or for one product in full `id`.
    ///
    /// # Errors
    /// What to answer where it names nothing, or too much.
    pub fn of(operation: Operation, payload: &Value) -> Result<Self, Outcome> {
        let ids = match operation {
            Operation::Product => std::slice::from_ref(at(payload, "/id")),
            _ => list(payload, "/ids"),
        };
        if ids.is_empty() || ids.iter().any(|id| !id.is_string()) {
            return Err(Outcome::invalid(match operation {
                Operation::Product => "`id` is required: the sku of a part, as a text",
                _ => "`ids` is required: a list of skus, as texts",
            }));
        }
        let (mut skus, mut others) = (Vec::new(), Vec::new());
        for id in ids.iter().filter_map(Value::as_str) {
            let known = if id.parse::<Sku>().is_ok() { &mut skus } else { &mut others };
            if !known.iter().any(|known| known == id) {
                known.push(id.to_owned());
            }
        }
        if skus.len().saturating_add(others.len()) > MAX_IDS {
            let content = format!("at most {MAX_IDS} ids in one request: send the others in the next");
            return Err(Outcome::error(400, "request_too_large", &content));
        }
        let by_category = !list(payload, "/filters/categories").is_empty();
        Ok(Self { others, by_category, by_name: true, ..Self::about(skus, payload) })
    }

    /// What is to be shown of the parts that a search found.
    pub fn found(found: &Value, payload: &Value) -> Self {
        Self::about(list(found, "/parts").iter().map(|part| text(part, "/sku").to_owned()).collect(), payload)
    }

    fn about(skus: Vec<String>, payload: &Value) -> Self {
        let mut query = String::from(r#"{"lines":["#);
        for (place, sku) in skus.iter().enumerate() {
            let comma = if place == 0 { "" } else { "," };
            let _ = write!(query, r#"{comma}{{"sku":"{sku}"}}"#);
        }
        query.push(']');
        query.push_str(&deliver_to(payload));
        query.push('}');
        let bound = |name: &str| at(payload, name).as_i64();
        let price = (bound("/filters/price/min").unwrap_or(0), bound("/filters/price/max").unwrap_or(i64::MAX));
        let currency = at(payload, "/context/currency").as_str().map(str::to_owned);
        Self { skus, others: Vec::new(), query, price, currency, by_category: false, by_name: false }
    }

    /// The products among a query's lines, with messages about the other ids.
    pub fn show(&self, answer: &Value) -> Outcome {
        let shown = Shown::of(self, answer, |_| String::new());
        Outcome::of(Operation::Lookup, 200, &format!(r#""products":[{}]{}"#, shown.products, shown.messages()))
    }

    /// The products that a search found, with what it made of the words.
    pub fn show_found(&self, answer: &Value, found: &Value) -> Outcome {
        let parts = list(found, "/parts");
        let of_part = |sku: &str| parts.iter().find(|part| text(part, "/sku") == sku).map_or_else(String::new, details);
        let mut shown = Shown::of(self, answer, of_part);
        shown.notes.extend(notes(found));
        let cursor = at(found, "/cursor");
        let mut pages = format!(r#""has_next_page":{}"#, !cursor.is_null());
        if !cursor.is_null() {
            let _ = write!(pages, r#","cursor":{cursor}"#);
        }
        if *at(found, "/total_is_exact") == true {
            let _ = write!(pages, r#","total_count":{}"#, at(found, "/total"));
        }
        let members = format!(r#""products":[{}],"pagination":{{{pages}}}{}"#, shown.products, shown.messages());
        Outcome::of(Operation::Search, 200, &members)
    }

    /// The one product, with what the catalogue says of the part.
    pub fn show_one(&self, answer: &Value, part: &Value) -> Outcome {
        let shown = Shown::of(self, answer, |_| details(part));
        if shown.products.is_empty() {
            return Outcome::refused(Operation::Product, &shown.why);
        }
        Outcome::of(Operation::Product, 200, &format!(r#""product":{}{}"#, shown.products, shown.messages()))
    }
}

/// Products, and what there is to say.
#[derive(Default)]
struct Shown {
    products: String,
    /// Messages about what is shown.
    notes: Vec<String>,
    /// Messages about what is not, as errors.
    why: Vec<String>,
    /// The same for information.
    missing: Vec<String>,
}

impl Shown {
    /// `details` are those of a sku.
    fn of(wanted: &Wanted, answer: &Value, details: impl Fn(&str) -> String) -> Self {
        let mut shown = Self::default();
        let foreign = wanted.currency.as_deref().is_some_and(|currency| currency != text(answer, "/currency"));
        let (least, most) = if foreign { (0, i64::MAX) } else { wanted.price };
        if wanted.by_category || (foreign && wanted.price != (0, i64::MAX)) {
            let content =
                "only the price in the currency of the answer is filtered on here; other filters were ignored";
            shown.notes.push(message("warning", "filter_ignored", "$", content));
        }
        for (line, sku) in list(answer, "/lines").iter().zip(&wanted.skus) {
            match at(line, "/price/unit/amount").as_i64() {
                Some(price) if price < least || price > most => {
                    let content = format!("{sku}: its price is outside the filter");
                    shown.why.push(error("not_found", "", &content, false, ""));
                }
                Some(_) => shown.add(line, sku, &details(sku), wanted.by_name),
                None => {
                    let reason = [text(line, "/reason/detail"), text(line, "/price_reason/detail")].concat();
                    let code = if at(line, "/sku").is_null() { "not_found" } else { "item_unavailable" };
                    shown.lacks(code, sku, &reason);
                }
            }
        }
        for id in &wanted.others {
            shown.lacks("not_found", id, "no sku looks like this");
        }
        shown
    }

    fn add(&mut self, line: &Value, sku: &str, details: &str, by_name: bool) {
        let comma = if self.products.is_empty() { "" } else { "," };
        let (title, price, sku) = (at(line, "/description"), at(line, "/price/unit"), quoted(sku));
        let common = format!(r#""id":{sku},"title":{title},"description":{{"plain":{title}}}"#);
        let inputs = if by_name { format!(r#","inputs":[{{"id":{sku},"match":"exact"}}]"#) } else { String::new() };
        let _ = write!(
            self.products,
            r#"{comma}{{{common},"price_range":{{"min":{price},"max":{price}}}{details},"variants":[{{{common},"sku":{sku},"price":{price}{}{inputs}{details}}}]}}"#,
            stock(line),
        );
    }

    fn lacks(&mut self, code: &str, id: &str, why: &str) {
        let content = format!("{id}: {why}");
        self.why.push(error(code, "", &content, false, ""));
        self.missing.push(message("info", code, "", &content));
    }

    /// As a member that follows others.
    fn messages(&self) -> String {
        let messages = [self.notes.as_slice(), self.missing.as_slice()].concat();
        if messages.is_empty() { String::new() } else { format!(r#","messages":[{}]"#, messages.join(",")) }
    }
}

/// What a query says of a part's stock and terms, as members that follow others.
fn stock(line: &Value) -> String {
    let status = text(line, "/status");
    // Whether a cart could hold it now. What comes later cannot be held yet.
    let available = matches!(status, "in_stock" | "low_stock");
    let shown = match status {
        "low_stock" => "in_stock",
        "special_order" => "backorder",
        other => other,
    };
    let mut text = format!(
        r#","availability":{{"available":{available},"status":"{shown}"}},"{EXTENSION}":{{"availability_status":"{status}","available_quantity":{},"incoming":{}"#,
        at(line, "/available"),
        at(line, "/incoming"),
    );
    for (name, pointer) in [
        ("eta", "/eta"),
        ("core_charge", "/price/core"),
        ("price_break", "/price/break_next"),
        ("pack", "/pack"),
        ("calibration", "/calibration"),
    ] {
        let value = at(line, pointer);
        if !value.is_null() {
            let _ = write!(text, r#","{name}":{value}"#);
        }
    }
    text.push_str(&alternates(line));
    text.push('}');
    let (list, unit) = (at(line, "/price/list"), at(line, "/price/unit/amount"));
    if at(list, "/amount").as_i64() > unit.as_i64() {
        let _ = write!(text, r#","list_price":{list}"#);
    }
    text
}

/// What the catalogue says of a part, or a search of one that it found, as members that follow others: of the product and of
/// its variant.
fn details(part: &Value) -> String {
    let mut text = String::new();
    if let Some(gtin) = at(part, "/gtin").as_str() {
        let _ = write!(text, r#","barcodes":[{{"type":"GTIN","value":{}}}]"#, quoted(gtin));
    }
    let part_type = at(part, "/part_type");
    let category = part_type.get("name").unwrap_or(part_type);
    let (brand, brand_name) = (at(part, "/brand"), at(part, "/brand_name"));
    let _ = write!(
        text,
        r#","categories":[{{"value":{category},"taxonomy":"merchant"}}],"metadata":{{"brand":{brand},"brand_name":{brand_name},"number":{},"superseded_by":{}"#,
        at(part, "/number"),
        at(part, "/superseded_by"),
    );
    let attributes = at(part, "/attributes");
    if !attributes.is_null() {
        let _ = write!(text, r#","attributes":{attributes}"#);
    }
    text.push('}');
    text
}

/// The path of the search for what a payload says in words and filters.
///
/// # Errors
/// What to answer where they have the wrong form. What else is wrong the API finds.
pub fn search(payload: &Value) -> Result<String, Outcome> {
    let (query, pages) = (at(payload, "/query"), at(payload, "/pagination"));
    if !query.is_string() && !query.is_null() {
        return Err(Outcome::invalid("`query` is a text: up to eight words"));
    }
    let limit = match at(pages, "/limit") {
        Value::Null => Some(PAGE),
        limit => limit.as_u64().filter(|limit| *limit > 0).map(|limit| usize::try_from(limit).unwrap_or(MAX_PAGE)),
    };
    let Some(limit) = limit else {
        return Err(Outcome::invalid("`pagination.limit` is a whole number from 1 on"));
    };
    let mut path = format!("/v1/search?limit={}", limit.min(MAX_PAGE));
    let categories = list(payload, "/filters/categories").iter().map(|category| ("part_type", category));
    for (name, value) in [("q", query), ("cursor", at(pages, "/cursor"))].into_iter().chain(categories) {
        if let Some(value) = value.as_str() {
            let _ = write!(path, "&{name}={}", encoded(value));
        }
    }
    Ok(path)
}

/// What a search made of the words, as messages.
fn notes(found: &Value) -> Vec<String> {
    let read_as = |read: &Value| {
        let words: Vec<_> = list(read, "/read_as").iter().filter_map(Value::as_str).collect();
        format!("{} was read as {}", text(read, "/word"), words.join(" or "))
    };
    let unknown = |word: &Value| format!("no part has the word {}", word.as_str().unwrap_or_default());
    let mut notes: Vec<String> = list(found, "/read_as").iter().map(read_as).collect();
    notes.extend(list(found, "/unknown").iter().map(unknown));
    if text(found, "/matched") == "all_but_one" {
        notes.push("no part has all of the words: these have all but one".into());
    }
    notes.iter().map(|note| message("info", "query_changed", "$.query", note)).collect()
}
