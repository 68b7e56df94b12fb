//! Who is told what.

use serde::Serialize;
use serde_json::Value;

use super::message::{Message, names};
use super::signature::is_fit;
use crate::id::{AccountId, EndpointId};
use crate::input::{Fault, Faults, Fields};

/// The most endpoints of a deployment.
pub const MAX_ENDPOINTS: u64 = 20;

/// An endpoint as an operator enters it, but for its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Subscription {
    /// Its name.
    pub id: EndpointId,
    /// Where requests go.
    pub url: String,
    /// What it is told of.
    pub events: Vec<String>,
    /// Only of this account's quotes and tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    /// What it is, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

impl Subscription {
    /// Reads what an operator sends, or names everything that is wrong with it. `near`: http:// to this machine will do.
    pub fn read(id: EndpointId, body: &Value, near: bool) -> Result<Self, Vec<Fault>> {
        let mut faults = Faults::default();
        let mut fields = Fields::of(body, "", &mut faults);
        let url = fields.required::<String>("url", &mut faults);
        if url.as_ref().is_some_and(|url| !is_fit(url, near)) {
            faults.add(
                "/url",
                "invalid",
                "expected https://…, without a user; on one machine also http:// to a loopback address",
            );
        }
        let known = names();
        let mut events: Vec<String> = Vec::new();
        for (at, item) in fields.list("events", 1, known.len(), &mut faults) {
            match item.as_str().filter(|name| known.contains(name)) {
                Some(name) if events.iter().any(|other| other == name) => faults.add(at, "invalid", "named twice"),
                Some(name) => events.push(name.to_owned()),
                None => faults.add(at, "invalid", format!("expected one of: {}", known.join(", "))),
            }
        }
        let account = fields.optional("account", &mut faults);
        let description = fields.optional("description", &mut faults);
        fields.finish(&mut faults);
        faults.or(url.map(|url| Self { id, url, events, account, description }))
    }
}

/// Whether the endpoint of a subscription, as it is stored, is to be told.
pub fn wants(subscription: &Value, message: &Message) -> bool {
    let events = subscription.get("events").and_then(Value::as_array);
    let named = events.is_some_and(|names| names.iter().any(|name| name == message.name));
    let account = subscription.get("account").and_then(Value::as_str);
    named && (account.is_none() || account == message.account.as_deref())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(body: &Value) -> Result<Subscription, Vec<(String, &'static str)>> {
        let told = |faults: Vec<Fault>| faults.into_iter().map(|fault| (fault.pointer, fault.code)).collect();
        Subscription::read("erp".parse().unwrap(), body, false).map_err(told)
    }

    #[test]
    fn an_endpoint_is_told_what_it_asked_for_and_of_its_account_only() {
        let all = read(&json!({"url": "https://erp.example/in", "events": ["stock.low", "quote.committed"]})).unwrap();
        let one = Subscription { account: Some("shop-1".parse().unwrap()), ..all.clone() };
        let message = |name, account: Option<&str>| Message {
            id: String::new(),
            name,
            account: account.map(str::to_owned),
            body: String::new(),
        };
        for (name, account, of_all, of_one) in [
            ("quote.committed", Some("shop-1"), true, true),
            ("quote.committed", Some("shop-2"), true, false),
            ("stock.low", None, true, false),
            ("token.redeemed", Some("shop-1"), false, false),
        ] {
            let message = message(name, account);
            let wants = |subscription| wants(&serde_json::to_value(subscription).unwrap(), &message);
            assert_eq!((wants(&all), wants(&one)), (of_all, of_one), "{name} {account:?}");
        }
    }

    #[test]
    fn everything_that_is_wrong_is_named() {
        let body = json!({"url": "http://127.0.0.1/", "events": ["stock.low", "stock.low", "x"], "account": "a b", "secret": "s"});
        let faults = read(&body).unwrap_err();
        let expected = [
            ("/url", "invalid"),
            ("/events/1", "invalid"),
            ("/events/2", "invalid"),
            ("/account", "invalid"),
            ("/secret", "unknown_field"),
        ];
        assert_eq!(faults, expected.map(|(at, code)| (at.to_owned(), code)));
        assert_eq!(read(&json!({"url": "https://e.example"})).unwrap_err(), [("/events".to_owned(), "missing")]);
    }

    #[test]
    fn only_addresses_that_nobody_can_listen_to_are_fit() {
        for (url, far, near) in [
            ("https://erp.example/in?x=1", true, true),
            ("http://erp.example/in", false, false),
            ("http://127.0.0.1:9000/in", false, true),
            ("http://localhost/in", false, true),
            ("http://localhost.erp.example/in", false, false),
            ("https://user@erp.example/", false, false),
            ("https:///in", false, false),
            ("ftp://erp.example", false, false),
            ("https://erp.example/a b", false, false),
        ] {
            assert_eq!((is_fit(url, false), is_fit(url, true)), (far, near), "{url}");
        }
    }
}
