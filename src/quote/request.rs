//! What a caller wants held.

use serde_json::{Map, Value, json};

use super::record::{Quote, QuoteLine};
use crate::id::{LocationId, OpaqueId, Quantity, Sku};
use crate::input::{Fault, Faults, Fields};
use crate::query::request::read_deliver_to;
use crate::sourcing::Destination;

/// The most lines of one quote.
pub const MAX_LINES: usize = 100;
/// The shortest and longest time a quote may be held, in seconds: half a minute and a day.
pub const TTL_SECONDS: std::ops::RangeInclusive<u32> = 30..=86_400;
/// How long a quote is held unless it says otherwise, in seconds.
pub const DEFAULT_TTL_SECONDS: u32 = 900;

/// A request for a quote, read and sound.
#[derive(Debug, Clone, PartialEq)]
pub struct QuoteRequest {
    /// What is wanted, 1 to [`MAX_LINES`]; each sku and location once.
    pub lines: Vec<LineWanted>,
    /// How long, in seconds.
    pub ttl_seconds: u32,
    /// Whether less than everything will do.
    pub partial: bool,
    /// An earlier quote of the caller that this one takes the place of.
    pub replace: Option<OpaqueId>,
    /// Where the goods go; absent: the account's home location.
    pub deliver_to: Option<Destination>,
    /// The caller's own name for it.
    pub reference: Option<String>,
    /// Commit it at once, as the body of a commit says; unread.
    pub commit: Option<Value>,
}

/// One line of a request for a quote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineWanted {
    /// The part.
    pub sku: Sku,
    /// How many.
    pub quantity: Quantity,
    /// Only from here.
    pub location: Option<LocationId>,
    /// Its place in the body, from 0; of folded lines the first one's.
    pub place: usize,
}

impl QuoteRequest {
    /// Reads a request body, or names everything that is wrong with it. Lines of the same sku and location are one line
    /// with the sum of their quantities, in the place of the first.
    pub fn read(body: &Value) -> Result<Self, Vec<Fault>> {
        let mut faults = Faults::default();
        let mut fields = Fields::of(body, "", &mut faults);
        let items = fields.list("lines", 1, MAX_LINES, &mut faults);
        let mut lines: Vec<LineWanted> = Vec::with_capacity(items.len());
        for (place, (at, item)) in items.into_iter().enumerate() {
            if let Some(line) = LineWanted::read(item, place, at.clone(), &mut faults) {
                fold(line, &at, &mut lines, &mut faults);
            }
        }
        let ttl_seconds = read_ttl(&mut fields, &mut faults).unwrap_or(DEFAULT_TTL_SECONDS);
        let partial = fields.optional("partial", &mut faults).unwrap_or(false);
        let replace = fields.optional("replace", &mut faults);
        let deliver_to = read_deliver_to(&mut fields, &mut faults);
        let reference = fields.optional("reference", &mut faults);
        let commit = read_commit(&mut fields, &mut faults);
        fields.finish(&mut faults);
        faults.or(Some(Self { lines, ttl_seconds, partial, replace, deliver_to, reference, commit }))
    }

    /// Reads a request for what `quote` was asked for: a request body without `lines`. Where its lines were pinned to
    /// locations, that was for the earlier order only.
    pub fn again(quote: &Quote, mut body: Value) -> Result<Self, Vec<Fault>> {
        if let Some(fields) = body.as_object_mut() {
            if fields.contains_key("lines") {
                let mut faults = Faults::default();
                faults.add(
                    "/lines",
                    "unknown_field",
                    "an order is repeated with its own lines; POST /v1/quotes takes others",
                );
                return faults.or(None);
            }
            let line = |line: &QuoteLine| json!({"sku": line.sku.as_str(), "quantity": line.quantity});
            fields.insert("lines".into(), quote.lines.iter().map(line).collect());
        }
        Self::read(&body)
    }
}

impl LineWanted {
    fn read(item: &Value, place: usize, at: String, faults: &mut Faults) -> Option<Self> {
        let mut fields = Fields::of(item, at, faults);
        let sku = fields.required("sku", faults);
        let quantity = fields.required("quantity", faults);
        let location = fields.optional("location", faults);
        fields.finish(faults);
        Some(Self { sku: sku?, quantity: quantity?, location, place })
    }
}

/// `true` is a commit of everything, an object the body of a commit.
fn read_commit(fields: &mut Fields, faults: &mut Faults) -> Option<Value> {
    match fields.raw("commit")? {
        Value::Bool(true) => Some(Value::Object(Map::new())),
        Value::Bool(false) => None,
        body @ Value::Object(_) => Some(body.clone()),
        _ => {
            faults.add(fields.at("commit"), "invalid", "expected `true`, or an object such as `…/commit` takes");
            None
        }
    }
}

fn fold(line: LineWanted, at: &str, lines: &mut Vec<LineWanted>, faults: &mut Faults) {
    let known = lines.iter_mut().find(|known| known.sku == line.sku && known.location == line.location);
    let Some(known) = known else { return lines.push(line) };
    match Quantity::new(i64::from(known.quantity.get()).saturating_add(line.quantity.get().into())) {
        Ok(sum) => known.quantity = sum,
        Err(error) => {
            faults.add(format!("{at}/quantity"), "out_of_range", format!("together with earlier lines: {error}"));
        }
    }
}

/// Reads `ttl_seconds`, within [`TTL_SECONDS`].
pub fn read_ttl(fields: &mut Fields, faults: &mut Faults) -> Option<u32> {
    let ttl = fields.optional("ttl_seconds", faults)?;
    if TTL_SECONDS.contains(&ttl) {
        return Some(ttl);
    }
    let (shortest, longest) = (TTL_SECONDS.start(), TTL_SECONDS.end());
    faults.add(fields.at("ttl_seconds"), "out_of_range", format!("a quote is held {shortest} to {longest} seconds"));
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &Value) -> Result<QuoteRequest, Vec<(String, &'static str)>> {
        QuoteRequest::read(body).map_err(|faults| faults.into_iter().map(|fault| (fault.pointer, fault.code)).collect())
    }

    #[test]
    fn lines_of_the_same_part_are_folded_before_anything_is_checked() {
        let body = json!({"lines": [{"sku": "A", "quantity": 2}, {"sku": "B", "quantity": 1}, {"sku": "A", "quantity": 3},
            {"sku": "A", "quantity": 1, "location": "ATL1"}]});
        let lines = read(&body).unwrap().lines;
        let lines: Vec<_> = lines.iter().map(|line| (line.place, line.sku.as_str(), line.quantity.get())).collect();
        assert_eq!(lines, [(0, "A", 5), (1, "B", 1), (3, "A", 1)]);
    }

    #[test]
    fn folded_lines_have_the_limit_of_one_line() {
        let body = |more: u32| json!({"lines": [{"sku": "A", "quantity": 999_999}, {"sku": "A", "quantity": more}]});
        assert!(read(&body(1)).is_ok());
        assert_eq!(read(&body(2)).unwrap_err(), [("/lines/1/quantity".to_owned(), "out_of_range")]);
    }

    #[test]
    fn the_time_a_quote_is_held_has_both_its_edges() {
        let with = |ttl: Value| read(&json!({"lines": [{"sku": "A", "quantity": 1}], "ttl_seconds": ttl}));
        assert_eq!(with(json!(null)).unwrap().ttl_seconds, 900);
        for (ttl, sound) in [(29, false), (30, true), (86_400, true), (86_401, false)] {
            assert_eq!(with(json!(ttl)).is_ok(), sound, "{ttl}");
        }
        for ttl in [json!(0), json!(-1), json!(1.5), json!(315_360_000), json!("60")] {
            assert!(with(ttl.clone()).is_err(), "{ttl}");
        }
    }

    #[test]
    fn an_order_is_repeated_with_its_own_lines() {
        let line = |sku: &str, quantity| {
            json!({"sku": sku, "quantity": quantity, "held": 1, "needs": [], "allocations": [],
                "price": {"unit": {"amount": 1, "currency": "USD"}, "unit_exact": "0.0100", "list": null, "core": null,
                    "core_extended": null, "extended": {"amount": 1, "currency": "USD"}, "price_type": "JBR",
                    "level": "base_type", "valid_until": null, "break_next": null}})
        };
        let quote = json!({"id": "q", "account": "a", "state": "expired", "created_at": "2026-11-22T15:00:00Z",
            "expires_at": "2026-11-22T15:00:00Z", "reference": "PO-1", "currency": "USD", "holds": [],
            "lines": [line("A", 2), line("B", 1), line("A", 3)]});
        let quote: Quote = serde_json::from_value(quote).unwrap();
        let again = QuoteRequest::again(&quote, json!({"ttl_seconds": 60})).unwrap();
        let lines: Vec<_> = again.lines.iter().map(|line| (line.sku.as_str(), line.quantity.get())).collect();
        assert_eq!((lines, again.ttl_seconds, again.reference), (vec![("A", 5), ("B", 1)], 60, None));
        for (body, at) in [(json!({"lines": []}), "/lines"), (json!({"line": 1}), "/line"), (json!(1), "")] {
            assert_eq!(QuoteRequest::again(&quote, body).unwrap_err()[0].pointer, at);
        }
    }

    #[test]
    fn a_line_needs_a_sku_and_a_whole_quantity() {
        for line in [
            json!({"sku": "A"}),
            json!({"quantity": 1}),
            json!({"sku": "A", "quantity": 0}),
            json!({"sku": "A", "quantity": 0.5}),
        ] {
            assert!(read(&json!({"lines": [line]})).is_err());
        }
    }
}
