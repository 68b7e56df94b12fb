//! What a desk tells the rest of the house: written to its outbox together with the change, delivered at least once.
//!
//! Every call to open a quote that is answered for good has one event: `quote_held` or `quote_refused`. A held quote may
//! be `quote_extended`, then comes to one end: `quote_committed`, `quote_released`, `quote_replaced` or `quote_expired`.
//! Each return of a committed quote is a `quote_returned`. A call that is repeated tells nothing new.

use serde::Serialize;

use super::draft::{Draft, DraftLine};
use super::record::{Quote, QuoteLine, is_zero};
use super::said::Said;
use crate::catalog::part::RevenueClass;
use crate::id::{AccountId, OpaqueId, Region, Sku};
use crate::money::{Currency, Price};
use crate::time::Timestamp;

/// An event as it lies in a desk's outbox. Its place there is its `seq`; with the desk's name it identifies the event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct QuoteEvent {
    /// When it happened.
    pub at: Timestamp,
    /// Whose quote it is.
    pub account: AccountId,
    /// The region nearest to where the goods go, which was asked first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<Region>,
    /// The quote; a refused one has an id too, and nothing else.
    pub quote: OpaqueId,
    /// Of every amount.
    pub currency: Currency,
    /// What happened.
    #[serde(flatten)]
    pub what: Outcome,
}

/// What became of a quote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind")]
pub enum Outcome {
    /// Stock is set aside.
    #[serde(rename = "quote_held")]
    Held {
        /// Every line, with the units that are held.
        lines: Vec<EventLine>,
        /// Until when it can be committed.
        expires_at: Timestamp,
        /// From the caller's request until it was held, in milliseconds; by two clocks, and never below zero.
        took_ms: i64,
        /// The quote whose place it took.
        #[serde(skip_serializing_if = "Option::is_none")]
        replaces: Option<OpaqueId>,
    },
    /// Nothing is set aside, and the same call will not change that.
    #[serde(rename = "quote_refused")]
    Refused {
        /// The code that the caller was told.
        reason: &'static str,
        /// Every line, with the units that could have been held: none where nobody was asked.
        lines: Vec<EventLine>,
        /// From the caller's request until it was refused, in milliseconds.
        took_ms: i64,
    },
    /// Stock is sold: every shard has said so.
    #[serde(rename = "quote_committed")]
    Committed {
        /// Lines of which units are sold.
        lines: Vec<EventLine>,
    },
    /// The caller gave it up.
    #[serde(rename = "quote_released")]
    Released {
        /// Lines of which units were held.
        lines: Vec<EventLine>,
    },
    /// The caller took another in its place.
    #[serde(rename = "quote_replaced")]
    Replaced {
        /// Lines of which units were held.
        lines: Vec<EventLine>,
        /// The other.
        by: OpaqueId,
    },
    /// Its time was over.
    #[serde(rename = "quote_expired")]
    Expired {
        /// Lines of which units were held.
        lines: Vec<EventLine>,
        /// When its time was over; the event may come later.
        expires_at: Timestamp,
        /// It had been accepted in time, but a shard could not sell its part.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        accepted: bool,
    },
    /// Its time was made longer.
    #[serde(rename = "quote_extended")]
    Extended {
        /// Until when it can be committed now.
        expires_at: Timestamp,
    },
    /// Sold units came back.
    #[serde(rename = "quote_returned")]
    Returned {
        /// The return.
        #[serde(rename = "return")]
        id: OpaqueId,
        /// Lines of which units came back.
        lines: Vec<EventLine>,
    },
}

/// A line of a quote in an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EventLine {
    /// The line.
    pub line: usize,
    /// The part.
    pub sku: Sku,
    /// Units that were asked for.
    pub quantity: u32,
    /// Units that the event is about.
    pub units: u32,
    /// What one costs, exactly.
    #[serde(serialize_with = "crate::pricing::exact::serialize")]
    pub unit_exact: Price,
    /// What these units cost, in minor units, core charges left out.
    pub amount: i64,
    /// What kind of revenue it is.
    #[serde(skip_serializing_if = "RevenueClass::is_physical")]
    pub class: RevenueClass,
    /// Units among these, or inside them, that must be calibrated.
    #[serde(skip_serializing_if = "is_zero")]
    pub calibrations: u32,
    /// What the account was told of the part before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub said: Option<Said>,
    /// Where units were lacking: when less of the part was last found than the books said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lowered_at: Option<Timestamp>,
}

impl QuoteEvent {
    /// What became of a quote.
    pub fn of(quote: &Quote, what: Outcome, at: Timestamp) -> Self {
        let Quote { id, account, region, currency, .. } = quote;
        Self { at, account: account.clone(), region: region.clone(), quote: id.clone(), currency: *currency, what }
    }

    /// What became of a draft that was refused for `reason`; `lines` tell how many units of each could have been held.
    pub fn refused(draft: &Draft, reason: &'static str, lines: Vec<EventLine>, at: Timestamp) -> Self {
        let Draft { id, account, region, currency, .. } = draft;
        let what = Outcome::Refused { reason, lines, took_ms: at.since(draft.asked_at).max(0) };
        Self { at, account: account.clone(), region: region.clone(), quote: id.clone(), currency: *currency, what }
    }
}

impl EventLine {
    /// A line of a draft, `units` of which the event is about.
    pub fn of_draft(line: usize, of: &DraftLine, units: u32, currency: Currency) -> Self {
        let DraftLine { sku, quantity, price, class, calibrations, said, .. } = of;
        let bare = Self::new(line, sku, *quantity, units, price.unit_exact, currency);
        Self { class: *class, calibrations: calibrations.saturating_mul(units), said: *said, ..bare }
    }

    /// A line of a quote, `units` of which the event is about.
    pub fn of_quote(line: usize, of: &QuoteLine, units: u32, currency: Currency) -> Self {
        let QuoteLine { sku, quantity, price, class, calibrations, .. } = of;
        let bare = Self::new(line, sku, *quantity, units, price.unit_exact, currency);
        Self { class: *class, calibrations: calibrations.saturating_mul(units), ..bare }
    }

    fn new(line: usize, sku: &Sku, quantity: u32, units: u32, unit_exact: Price, currency: Currency) -> Self {
        // The amount of the whole quantity was checked when it was priced, and units are never more.
        let amount = unit_exact.extended(units, currency).map_or(0, |money| money.amount);
        let (sku, class) = (sku.clone(), RevenueClass::Physical);
        Self { line, sku, quantity, units, unit_exact, amount, class, calibrations: 0, said: None, lowered_at: None }
    }
}

/// The lines of a quote of which there are any such units as `units` tells.
pub fn some_lines(quote: &Quote, units: impl Fn(usize, &QuoteLine) -> u32) -> Vec<EventLine> {
    let line = |(place, of): (usize, &QuoteLine)| EventLine::of_quote(place, of, units(place, of), quote.currency);
    quote.lines.iter().enumerate().map(line).filter(|line| line.units > 0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(what: Outcome) -> String {
        let event = QuoteEvent {
            at: Timestamp::from_millis(1),
            account: "shop-1".parse().unwrap(),
            region: Some("enam".parse().unwrap()),
            quote: "q_1".parse().unwrap(),
            currency: Currency::USD,
            what,
        };
        let text = serde_json::to_string(&event).unwrap();
        let head = concat!(
            r#"{"at":"1970-01-01T00:00:00.001Z","account":"shop-1","region":"enam","quote":"q_1","#,
            r#""currency":"USD","kind":"#
        );
        text.strip_prefix(head).unwrap().to_owned()
    }

    #[test]
    fn events_keep_their_format() {
        // Logs and whoever reads them have events in this form: fields may be added, none may change.
        let line = EventLine::new(0, &"A".parse().unwrap(), 5, 3, "10.0050".parse().unwrap(), Currency::USD);
        let said = Said { available: 5, at: Timestamp::EPOCH, snapshot: true };
        let lines = || vec![line.clone()];
        let more = EventLine {
            class: RevenueClass::Recurring,
            calibrations: 3,
            said: Some(said),
            lowered_at: Some(Timestamp::EPOCH),
            ..line.clone()
        };
        let (id, expires_at) = (|| "q_0".parse().unwrap(), Timestamp::EPOCH);
        let told = r#"[{"line":0,"sku":"A","quantity":5,"units":3,"unit_exact":"10.0050","amount":3002}]"#;
        let fuller = concat!(
            r#"[{"line":0,"sku":"A","quantity":5,"units":3,"unit_exact":"10.0050","amount":3002,"class":"recurring","#,
            r#""calibrations":3,"said":{"available":5,"at":"1970-01-01T00:00:00.000Z","snapshot":true},"#,
            r#""lowered_at":"1970-01-01T00:00:00.000Z"}]"#
        );
        let time = r#""expires_at":"1970-01-01T00:00:00.000Z""#;
        for (what, rest) in [
            (
                Outcome::Held { lines: lines(), expires_at, took_ms: 7, replaces: Some(id()) },
                format!(r#""quote_held","lines":{told},{time},"took_ms":7,"replaces":"q_0"}}"#),
            ),
            (
                Outcome::Refused { reason: "insufficient_stock", lines: lines(), took_ms: 7 },
                format!(r#""quote_refused","reason":"insufficient_stock","lines":{told},"took_ms":7}}"#),
            ),
            (
                Outcome::Refused { reason: "insufficient_stock", lines: vec![more], took_ms: 7 },
                format!(r#""quote_refused","reason":"insufficient_stock","lines":{fuller},"took_ms":7}}"#),
            ),
            (Outcome::Committed { lines: lines() }, format!(r#""quote_committed","lines":{told}}}"#)),
            (Outcome::Released { lines: lines() }, format!(r#""quote_released","lines":{told}}}"#)),
            (
                Outcome::Replaced { lines: lines(), by: id() },
                format!(r#""quote_replaced","lines":{told},"by":"q_0"}}"#),
            ),
            (
                Outcome::Expired { lines: lines(), expires_at, accepted: false },
                format!(r#""quote_expired","lines":{told},{time}}}"#),
            ),
            (
                Outcome::Expired { lines: lines(), expires_at, accepted: true },
                format!(r#""quote_expired","lines":{told},{time},"accepted":true}}"#),
            ),
            (Outcome::Extended { expires_at }, format!(r#""quote_extended",{time}}}"#)),
            (
                Outcome::Returned { id: id(), lines: lines() },
                format!(r#""quote_returned","return":"q_0","lines":{told}}}"#),
            ),
        ] {
            assert_eq!(event(what), rest);
        }
    }
}
