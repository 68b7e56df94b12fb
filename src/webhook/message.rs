//! What an endpoint is told of an event: a few fields that are kept as they are for ever, not the event as it is stored.

use serde_json::{Map, Value, json};

use crate::digest::sha256_hex;

/// The most entries of a list in a message. The log of the day has all of them.
const MAX_ENTRIES: usize = 100;

/// A kind of event that is told.
struct Told {
    /// In the log of the day.
    kind: &'static str,
    /// In messages.
    name: &'static str,
    fields: &'static [&'static str],
}

const TOLD: [Told; 4] = [
    Told { kind: "quote_committed", name: "quote.committed", fields: &["quote", "currency", "lines"] },
    Told { kind: "shortfall", name: "stock.shortfall", fields: &["sku", "location", "units", "quotes"] },
    Told { kind: "low_stock", name: "stock.low", fields: &["sku", "location", "left", "safety"] },
    Told {
        kind: "token_redeemed",
        name: "token.redeemed",
        fields: &["token", "quote", "line", "sku", "shop", "tool", "vin", "outcome"],
    },
];

/// Fields of a quote's line.
const LINE: [&str; 5] = ["line", "sku", "quantity", "units", "amount"];

/// The names that an endpoint can ask for.
pub fn names() -> [&'static str; 4] {
    TOLD.map(|told| told.name)
}

/// What goes to endpoints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The event's: the same wherever and however often it is told.
    pub id: String,
    /// Its name.
    pub name: &'static str,
    /// Whose quote or token it is about.
    pub account: Option<String>,
    /// The body of the request.
    pub body: String,
}

impl Message {
    /// What is told of an event of `source`, if anything is.
    pub fn of(source: &str, event: &str) -> Option<Self> {
        // Most events are not told: these are not read.
        let told = TOLD.iter().find(|told| event.contains(&format!(r#""kind":"{}""#, told.kind)))?;
        let event: Value = serde_json::from_str(event).ok()?;
        if event.get("kind")?.as_str()? != told.kind {
            return None;
        }
        let account = match source.split_once('/') {
            // Accounts may share the object that their quotes are in.
            Some(("quotes", _)) => Some(event.get("account")?.as_str()?.to_owned()),
            Some(("tokens", account)) => Some(account.to_owned()),
            _ => None,
        };
        let mut data: Map<String, Value> = fields(&event, told.fields);
        if let Some(account) = &account {
            data.insert("account".to_owned(), account.clone().into());
        }
        let body = json!({"type": told.name, "timestamp": event.get("at")?, "data": data}).to_string();
        // A dot would be read as the end of the id in what is signed.
        let digest = sha256_hex(format!("{source}:{}", event.get("seq")?).as_bytes());
        let id = format!("evt_{}", digest.get(..26).unwrap_or(&digest));
        Some(Self { id, name: told.name, account, body })
    }

    /// As a desk takes it.
    pub fn to_json(&self) -> Value {
        json!({"id": self.id, "type": self.name, "body": self.body})
    }
}

/// These fields of an object; of the objects in its lists, those of a line.
fn fields(object: &Value, names: &[&str]) -> Map<String, Value> {
    let mut some = Map::new();
    for name in names {
        if let Some(value) = object.get(*name) {
            some.insert((*name).to_owned(), short(value));
        }
    }
    some
}

fn short(value: &Value) -> Value {
    match value {
        Value::Array(entries) => entries.iter().take(MAX_ENTRIES).map(short).collect(),
        Value::Object(_) => fields(value, &LINE).into(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(message: &Message) -> Value {
        serde_json::from_str(&message.body).unwrap()
    }

    #[test]
    fn a_message_has_the_fields_that_are_published_and_no_others() {
        let event = r#"{"seq":12,"at":"2026-11-21T10:00:00.000Z","account":"shop-1","quote":"q_1","currency":"USD","kind":"quote_committed","lines":[{"line":0,"sku":"A","quantity":3,"units":2,"unit_exact":"1.5","amount":300,"said":{"available":9}}]}"#;
        let message = Message::of("quotes/shop-1", event).unwrap();
        assert_eq!((message.name, message.account.as_deref()), ("quote.committed", Some("shop-1")));
        let expected = json!({"type": "quote.committed", "timestamp": "2026-11-21T10:00:00.000Z", "data": {
            "account": "shop-1", "quote": "q_1", "currency": "USD",
            "lines": [{"line": 0, "sku": "A", "quantity": 3, "units": 2, "amount": 300}],
        }});
        assert_eq!(read(&message), expected);
        // The desk's object may have other accounts' quotes, too.
        let shared = Message::of("quotes/shared/0", event).unwrap();
        assert_eq!((shared.account.as_deref(), &shared.body), (Some("shop-1"), &message.body));
    }

    #[test]
    fn an_event_has_one_id_and_no_two_have_the_same() {
        let id = |source: &str, seq: u64| {
            let event = format!(
                r#"{{"seq":{seq},"at":"2026-11-21T10:00:00Z","kind":"low_stock","sku":"A.1","location":"L","left":1,"safety":2}}"#
            );
            Message::of(source, &event).unwrap().id
        };
        assert_eq!(id("enam/=A.1", 7), id("enam/=A.1", 7));
        assert_ne!(id("enam/=A.1", 7), id("enam/=A.1", 8));
        assert_ne!(id("enam/=A.1", 7), id("wnam/=A.1", 7));
        assert!(id("enam/=A.1", 7).len() == 30 && !id("enam/=A.1", 7).contains('.'));
    }

    #[test]
    fn what_is_not_told_is_no_message() {
        for event in [
            r#"{"seq":1,"at":"2026-11-21T10:00:00Z","kind":"quote_held","lines":[]}"#,
            r#"{"seq":1,"at":"2026-11-21T10:00:00Z","kind":"moved","movement":{"reason":"\"kind\":\"shortfall\""}}"#,
            r#"{"seq":1,"at":"2026-11-21T10:00:00Z","kind":"moved","x":{"kind":"shortfall"}}"#,
            r#"{"id":"x","at":"2026-11-21T10:00:00Z","kind":"shortfall"}"#,
            "nonsense",
        ] {
            assert_eq!(Message::of("enam/1", event), None, "{event}");
        }
    }

    #[test]
    fn a_list_is_cut() {
        let quotes = vec!["q"; 5_000];
        let event = json!({"seq": 1, "at": "2026-11-21T10:00:00Z", "kind": "shortfall", "sku": "A", "location": "L", "units": 1, "quotes": quotes});
        let message = Message::of("enam/1", &event.to_string()).unwrap();
        assert_eq!(read(&message)["data"]["quotes"].as_array().unwrap().len(), MAX_ENTRIES);
    }
}
