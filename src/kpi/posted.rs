//! Events that callers report: which kinds, with which fields, by which key.

use serde_json::Value;

use super::event::{Event, What};
use super::read::Unreadable;
use crate::access::Scope;
use crate::id::OpaqueId;
use crate::input::{Fault, Faults, FromJson};
use crate::time::{DAY, MINUTE, Timestamp};

/// The most events of one call.
pub const MAX_EVENTS: usize = 1_000;
/// How far ahead of ours a caller's clock may be, in milliseconds.
pub const MAX_AHEAD: i64 = 5 * MINUTE;

/// What a browser can measure: the web vitals (`cls` in thousandths, the others in milliseconds), the loading of the
/// page, and the widget's own time to show an answer.
pub const METRICS: [&str; 7] = ["ttfb", "fcp", "lcp", "inp", "cls", "load", "widget"];

/// Fields that every event has.
const COMMON: [&str; 4] = ["/id", "/kind", "/at", "/v"];

/// A kind of event that callers report. A list's items share one entry in `fields`.
struct Kind {
    name: &'static str,
    /// What a key must carry to report it.
    scope: Scope,
    fields: &'static [&'static str],
}

const KINDS: [Kind; 5] = [
    Kind { name: "web_timing", scope: Scope::Web, fields: &["/page", "/metric", "/value"] },
    Kind { name: "web_phantom", scope: Scope::Web, fields: &["/page", "/sku", "/location"] },
    Kind {
        name: "sale",
        scope: Scope::Kpi,
        fields: &[
            "/region",
            "/location",
            "/household",
            "/quote",
            "/lines",
            "/lines/class",
            "/lines/amount",
            "/lines/amount/amount",
            "/lines/amount/currency",
            "/lines/powertrain",
        ],
    },
    Kind {
        name: "household",
        scope: Scope::Kpi,
        fields: &["/region", "/location", "/household", "/vehicles", "/vehicles/powertrain", "/vehicles/count"],
    },
    Kind {
        name: "count",
        scope: Scope::Kpi,
        fields: &["/region", "/location", "/sku", "/expected", "/found", "/class"],
    },
];

/// What fields hold, for whoever sent something else.
const EXPECTED: [(&str, &str); 13] = [
    ("id", "an id of 1 to 128 printable characters without spaces, new for each event"),
    ("at", "a time in RFC 3339, such as 2026-11-22T15:00:00Z"),
    ("v", "1, or nothing"),
    ("metric", "one of ttfb, fcp, lcp, inp, cls, load, widget"),
    ("value", "a whole number: milliseconds, for cls thousandths"),
    ("lines", "a list of 1 to 100 {class, amount, powertrain}"),
    ("class", "physical, digital or recurring in a sale; A, B or C in a count"),
    ("amount", "{\"amount\": minor units, \"currency\": \"USD\"}"),
    ("powertrain", "one of ice, hybrid, plug_in_hybrid, ev, fuel_cell, unknown"),
    ("household", "an id of 1 to 128 printable characters without spaces"),
    ("vehicles", "a list of {powertrain, count}, at most 10,000 of a powertrain"),
    ("expected", "units, 0 to 1,000,000,000"),
    ("found", "units, 0 to 1,000,000,000"),
];

/// An event that may be counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posted {
    /// Its id, unique for the account that reports it.
    pub id: OpaqueId,
    /// When it happened.
    pub at: Timestamp,
}

/// Checks an event that a key which carries what `allows` says reports at `now`. Events older than `oldest` are not
/// counted any more and are refused.
pub fn check(
    event: &Value,
    allows: impl Fn(Scope) -> bool,
    oldest: Timestamp,
    now: Timestamp,
) -> Result<Posted, Vec<Fault>> {
    let mut faults = Faults::default();
    let name = event.get("kind").and_then(Value::as_str).unwrap_or_default();
    let kind = KINDS.iter().find(|kind| kind.name == name && allows(kind.scope));
    let Some(kind) = kind else {
        let kinds = KINDS.iter().filter(|kind| allows(kind.scope)).map(|kind| kind.name).collect::<Vec<_>>();
        faults.add("/kind", "invalid", format!("this key reports {}", kinds.join(", ")));
        return faults.or(None);
    };
    unknown_fields(event, "", "", kind, &mut faults);
    let id = event.get("id").and_then(|id| OpaqueId::from_json(id).ok());
    if id.is_none() {
        faults.add("/id", "invalid", expected("id"));
    }
    let at = match Event::read(event) {
        Ok(Event { what: What::Other, .. }) => None,
        Ok(Event { at, .. }) => Some(at),
        Err(Unreadable { pointer }) => {
            let code = if event.pointer(&pointer).is_none() { "missing" } else { "invalid" };
            let detail = expected(pointer.rsplit('/').next().unwrap_or_default());
            faults.add(pointer, code, detail);
            None
        }
    };
    if at.is_some_and(|at| at > now.plus(MAX_AHEAD)) {
        faults.add("/at", "out_of_range", "this is still to come");
    }
    if at.is_some_and(|at| at < oldest) {
        let days = now.since(oldest).checked_div(DAY).unwrap_or(0);
        faults.add("/at", "out_of_range", format!("events are counted for {days} days"));
    }
    faults.or(id.zip(at).map(|(id, at)| Posted { id, at }))
}

/// Names the fields that the kind does not have. `path` is where `value` is; `name` the same without the places in lists.
fn unknown_fields(value: &Value, path: &str, name: &str, kind: &Kind, faults: &mut Faults) {
    match value {
        Value::Object(fields) => {
            for (field, value) in fields {
                let (path, name) = (format!("{path}/{field}"), format!("{name}/{field}"));
                if COMMON.contains(&name.as_str()) || kind.fields.contains(&name.as_str()) {
                    unknown_fields(value, &path, &name, kind, faults);
                } else {
                    faults.add(path, "unknown_field", format!("a {} has no such field", kind.name));
                }
            }
        }
        Value::Array(items) => {
            for (place, item) in items.iter().enumerate() {
                unknown_fields(item, &format!("{path}/{place}"), name, kind, faults);
            }
        }
        _ => {}
    }
}

fn expected(field: &str) -> String {
    let known = EXPECTED.iter().find(|(known, _)| *known == field);
    known.map_or_else(|| "expected something else".into(), |(_, what)| format!("expected {what}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: &str = "2026-11-22T12:00:00Z";

    fn faults(event: &Value, scope: Scope) -> Vec<(String, &'static str)> {
        let now: Timestamp = NOW.parse().unwrap();
        let checked = check(event, |wanted| wanted == scope, now.plus(-30 * DAY), now);
        checked.err().unwrap_or_default().into_iter().map(|fault| (fault.pointer, fault.code)).collect()
    }

    fn with(kind: &str, fields: &Value) -> Value {
        let mut event = json!({"id": "e-1", "kind": kind, "at": NOW});
        event.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        event
    }

    fn sound() -> Vec<(Value, Scope)> {
        let usd = json!({"amount": 1_999, "currency": "USD"});
        vec![
            (with("web_timing", &json!({"page": "/p/1", "metric": "lcp", "value": 1_200})), Scope::Web),
            (with("web_phantom", &json!({"sku": "A"})), Scope::Web),
            (with("sale", &json!({"region": "enam", "lines": [{"class": "digital", "amount": usd}]})), Scope::Kpi),
            (
                with(
                    "sale",
                    &json!({"household": "h", "quote": "q_1", "v": 1,
                        "lines": [{"class": "physical", "amount": usd, "powertrain": "ev"}]}),
                ),
                Scope::Kpi,
            ),
            (with("household", &json!({"household": "h", "vehicles": [{"powertrain": "ice"}]})), Scope::Kpi),
            (
                with("count", &json!({"sku": "A", "location": "ATL1", "expected": 0, "found": 3, "class": "A"})),
                Scope::Kpi,
            ),
        ]
    }

    #[test]
    fn each_kind_is_taken_from_the_keys_that_may_report_it() {
        for (event, scope) in sound() {
            assert_eq!(faults(&event, scope), [], "{event}");
            let other = if scope == Scope::Web { Scope::Kpi } else { Scope::Web };
            assert_eq!(faults(&event, other), [("/kind".to_owned(), "invalid")], "{event}");
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        let line = |line: Value| with("sale", &json!({"lines": [line]}));
        let usd = json!({"amount": 1, "currency": "USD"});
        for (event, scope, pointer, code) in [
            (json!({"kind": "moved"}), Scope::Kpi, "/kind", "invalid"),
            (json!([]), Scope::Kpi, "/kind", "invalid"),
            (with("web_timing", &json!({"metric": "lcp", "value": 1.5})), Scope::Web, "/value", "invalid"),
            (with("web_timing", &json!({"metric": "lcp"})), Scope::Web, "/value", "missing"),
            (with("web_timing", &json!({"metric": "fast", "value": 1})), Scope::Web, "/metric", "invalid"),
            (with("web_phantom", &json!({"id": "a b"})), Scope::Web, "/id", "invalid"),
            (with("web_phantom", &json!({"at": "now"})), Scope::Web, "/at", "invalid"),
            (with("web_phantom", &json!({"at": "2026-11-22T12:05:00.001Z"})), Scope::Web, "/at", "out_of_range"),
            (with("web_phantom", &json!({"at": "2026-10-23T11:59:59.999Z"})), Scope::Web, "/at", "out_of_range"),
            (with("web_phantom", &json!({"v": 2})), Scope::Web, "/v", "invalid"),
            (with("web_phantom", &json!({"who": 1})), Scope::Web, "/who", "unknown_field"),
            (with("sale", &json!({"lines": []})), Scope::Kpi, "/lines", "invalid"),
            (with("sale", &json!({})), Scope::Kpi, "/lines", "missing"),
            (line(json!({"class": "free", "amount": usd})), Scope::Kpi, "/lines/0/class", "invalid"),
            (
                line(json!({"class": "digital", "amount": {"amount": 1, "currency": "USD", "tax": 1}})),
                Scope::Kpi,
                "/lines/0/amount/tax",
                "unknown_field",
            ),
            (
                line(json!({"class": "digital", "amount": {"amount": 1_000_000_000_001_i64, "currency": "USD"}})),
                Scope::Kpi,
                "/lines/0/amount",
                "invalid",
            ),
            (
                with("household", &json!({"household": "h", "vehicles": [{"powertrain": "ev", "count": 10_001}]})),
                Scope::Kpi,
                "/vehicles",
                "invalid",
            ),
            (with("count", &json!({"expected": 1, "found": -1})), Scope::Kpi, "/found", "invalid"),
            (with("count", &json!({"expected": 1, "found": 1, "class": "D"})), Scope::Kpi, "/class", "invalid"),
        ] {
            assert_eq!(faults(&event, scope), [(pointer.to_owned(), code)], "{event}");
        }
    }
}
