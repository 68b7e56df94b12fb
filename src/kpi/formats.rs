//! What shards, quote desks and token desks write is what boards read: each event is made by its writer's own types.

use serde::Serialize;
use serde_json::{Value, json};

use super::event::{Event, Grade, QuoteLine, What};
use crate::catalog::part::RevenueClass;
use crate::money::{Currency, Money};
use crate::quote::Said;
use crate::quote::event::{EventLine, Outcome, QuoteEvent};
use crate::stock::event::{Happening, StockEvent};
use crate::stock::{Movement, MovementKind};
use crate::time::Timestamp;
use crate::token::event::{Kind, TokenEvent};

/// The event as a message carries it.
fn written(event: &impl Serialize) -> Value {
    let mut value = serde_json::to_value(event).unwrap();
    value.as_object_mut().unwrap().entry("seq").or_insert(json!(1));
    value
}

fn read(event: &Value) -> What<'_> {
    Event::read(event).unwrap().what
}

fn stock(what: Happening) -> Value {
    written(&StockEvent { seq: 1, at: Timestamp::EPOCH, what })
}

fn quote(what: Outcome) -> Value {
    let (account, quote) = ("shop-1".parse().unwrap(), "q_1".parse().unwrap());
    written(&QuoteEvent { at: Timestamp::EPOCH, account, region: None, quote, currency: Currency::USD, what })
}

fn moved(kind: MovementKind, quantity: i64, expected: Option<u64>) -> Value {
    let text = r#"{"id":"m","sku":"A","location":"ATL1","kind":"receipt","quantity":1}"#;
    let movement = Movement { kind, quantity, ..serde_json::from_str(text).unwrap() };
    stock(Happening::Moved { movement, expected })
}

#[test]
fn boards_read_what_shards_write() {
    assert_eq!(read(&moved(MovementKind::Receipt, 5, None)), What::Moved { kind: "receipt" });
    assert_eq!(read(&moved(MovementKind::Count, 5, None)), What::Moved { kind: "count" });
    let counted = What::Counted { class: "none", grade: Grade::Within5, moved: true };
    assert_eq!(read(&moved(MovementKind::Count, 95, Some(100))), counted);
    let (sku, location) = ("A".parse().unwrap(), "ATL1".parse().unwrap());
    let shortfall = stock(Happening::Shortfall { sku, location, units: 3, quotes: vec![] });
    assert_eq!(read(&shortfall), What::Shortfall { units: 3 });
    let released = stock(Happening::Released { quote: "q".parse().unwrap() });
    assert_eq!(read(&released), What::Other);
}

#[test]
fn boards_read_what_quote_desks_write() {
    let line = EventLine {
        line: 0,
        sku: "A".parse().unwrap(),
        quantity: 5,
        units: 3,
        unit_exact: "10.00".parse().unwrap(),
        amount: 3_000,
        class: RevenueClass::Recurring,
        calibrations: 6,
        said: Some(Said { available: 9, at: Timestamp::EPOCH, snapshot: true }),
        lowered_at: Some(Timestamp::from_millis(7)),
    };
    let lines = || vec![line.clone()];
    let (expires_at, took_ms, replaces) = (Timestamp::EPOCH, 4, None);
    let held = QuoteLine::Held { wanted: 5, held: 3, said: line.said, lowered_at: line.lowered_at };
    let amount = |amount| Money { amount, currency: Currency::USD };
    let sold = QuoteLine::Sold { calibrations: 6, class: RevenueClass::Recurring, amount: amount(3_000) };
    let back = QuoteLine::Sold { calibrations: -6, class: RevenueClass::Recurring, amount: amount(-3_000) };
    let (id, by) = ("r".parse().unwrap(), "q_2".parse().unwrap());
    for (what, outcome, took, lines) in [
        (Outcome::Held { lines: lines(), expires_at, took_ms, replaces }, "held", Some(4), vec![held.clone()]),
        (Outcome::Refused { reason: "insufficient_stock", lines: lines(), took_ms }, "refused", None, vec![held]),
        (Outcome::Refused { reason: "quota_exceeded", lines: lines(), took_ms }, "refused", None, vec![]),
        (Outcome::Committed { lines: lines() }, "committed", None, vec![sold]),
        (Outcome::Returned { id, lines: lines() }, "returned", None, vec![back]),
        (Outcome::Released { lines: lines() }, "released", None, vec![]),
        (Outcome::Replaced { lines: lines(), by }, "replaced", None, vec![]),
        (Outcome::Expired { lines: lines(), expires_at, accepted: true }, "expired", None, vec![]),
        (Outcome::Extended { expires_at }, "extended", None, vec![]),
    ] {
        assert_eq!(read(&quote(what)), What::Quote { outcome, took, lines }, "{outcome}");
    }
}

#[test]
fn boards_read_what_token_desks_write() {
    use crate::token::record::Outcome;
    for (kind, outcome, expected) in [
        (Kind::TokenIssued, None, Some("issued")),
        (Kind::TokenRedeemed, Some(Outcome::Succeeded), Some("succeeded")),
        (Kind::TokenRedeemed, Some(Outcome::Failed), Some("failed")),
        (Kind::TokenRefused, None, Some("refused")),
        (Kind::TokenRevoked, None, Some("revoked")),
        (Kind::TokenExpired, None, Some("expired")),
        (Kind::TokenVerified, None, None),
        (Kind::PartySuspended, None, None),
    ] {
        let event = written(&TokenEvent { kind, outcome, ..TokenEvent::default() });
        let expected = expected.map_or(What::Other, |outcome| What::Token { outcome });
        assert_eq!(read(&event), expected, "{kind:?}");
    }
}
