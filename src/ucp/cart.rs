//! Carts: what a quote is asked for with, and how it is shown.

use std::fmt::Write as _;

use serde_json::Value;

use super::outcome::{CANCELED, EXPIRED, Outcome, error};
use super::{EXTENSION, Operation, at, deliver_to, list, quoted, text};

/// UN/CEFACT's code for one piece, which is what everything is sold by.
const EACH: &str = "C62";

/// The request for a quote of what the cart of the platform names, in the place of the quote of `cart`.
///
/// # Errors
/// The answer where units are asserted that nothing is sold by. What else is wrong the API finds.
pub fn order(operation: Operation, payload: &Value, cart: Option<&str>) -> Result<String, Outcome> {
    let Some(items) = at(payload, "/line_items").as_array() else {
        return Err(Outcome::invalid(
            r#"`line_items` is required: [{"item":{"id":"<sku>"},"quantity":1}], all that the cart is to hold"#,
        ));
    };
    let mut body = String::from(r#"{"lines":["#);
    let mut wrong = Vec::new();
    for (place, item) in items.iter().enumerate() {
        let unit = at(item, "/item/quantity_unit");
        if !unit.is_null()
            && (text(unit, "/unit") != EACH || at(unit, "/scale").as_u64().is_some_and(|scale| scale > 0))
        {
            let path = format!("$.line_items[{place}].item.quantity_unit");
            let content = "everything is sold by the piece: send `quantity` in pieces and no `quantity_unit`";
            wrong.push(error("quantity_unit_mismatch", &path, content, true, ""));
        }
        let comma = if place == 0 { "" } else { "," };
        let (sku, quantity) = (at(item, "/item/id"), at(item, "/quantity"));
        let location = at(of_extension(item), "/location");
        let _ = write!(body, r#"{comma}{{"sku":{sku},"quantity":{quantity},"location":{location}}}"#);
    }
    if !wrong.is_empty() {
        return Err(Outcome::refused(operation, &wrong));
    }
    body.push(']');
    let hold = of_extension(payload);
    for name in ["ttl_seconds", "reference"] {
        if let Some(value) = hold.get(name) {
            let _ = write!(body, r#","{name}":{value}"#);
        }
    }
    if let Some(cart) = cart {
        let _ = write!(body, r#","replace":{}"#, quoted(cart));
    }
    body.push_str(&deliver_to(payload));
    body.push('}');
    Ok(body)
}

/// What a platform says in the extension.
fn of_extension(of: &Value) -> &Value {
    at(of, "/holdfast.hold")
}

/// The skus of a quote, whose parts' names [`show`] wants to know.
pub fn skus(quote: &Value) -> Vec<&str> {
    list(quote, "/lines").iter().map(|line| text(line, "/sku")).collect()
}

/// The cart that a quote is. `titles` are the names of its parts, in order.
pub fn show(operation: Operation, cart: &str, quote: &Value, titles: &[String]) -> Outcome {
    let state = text(quote, "/state");
    // A cart is shown once more when it is given up.
    if state != "held" && operation != Operation::Cancel {
        let id = text(quote, "/id");
        return Outcome::not_found(
            operation,
            &match state {
                "committed" | "committing" => format!("this cart was bought: GET /v1/quotes/{id} shows what"),
                "expired" => EXPIRED.into(),
                _ => CANCELED.into(),
            },
        );
    }
    let mut items = String::new();
    for (line, title) in list(quote, "/lines").iter().zip(titles) {
        let (held, sku) = (at(line, "/held"), at(line, "/sku"));
        // Of a quote that was opened elsewhere, a line may hold nothing.
        if held == 0 {
            continue;
        }
        let comma = if items.is_empty() { "" } else { "," };
        let (unit, extended) = (at(line, "/price/unit/amount"), at(line, "/price/extended/amount"));
        let core = at(line, "/price/core_extended/amount");
        let _ = write!(
            items,
            r#"{comma}{{"id":"li_{}","item":{{"id":{sku},"title":{},"price":{unit}}},"quantity":{held},{},"{EXTENSION}":{{"allocations":{}}}}}"#,
            at(line, "/line"),
            quoted(title),
            totals(extended.as_i64(), core.as_i64()),
            at(line, "/allocations"),
        );
    }
    let (subtotal, core) = (at(quote, "/subtotal/amount"), at(quote, "/core_total/amount"));
    let (currency, expires_at) = (at(quote, "/currency"), at(quote, "/expires_at"));
    let mut members = format!(
        r#""id":{},"line_items":[{items}],"currency":{currency},{},"{EXTENSION}":{{"quote_id":{},"quote_state":"{state}","quote_expires_at":{expires_at}"#,
        quoted(cart),
        totals(subtotal.as_i64(), core.as_i64()),
        at(quote, "/id"),
    );
    if let Some(reference) = quote.get("reference") {
        let _ = write!(members, r#","reference":{reference}"#);
    }
    members.push('}');
    if state == "held" {
        let _ = write!(members, r#","expires_at":{expires_at}"#);
    }
    Outcome::of(operation, if operation == Operation::Create { 201 } else { 200 }, &members)
}

/// `totals`: the goods, the deposit on old parts where there is one, and both. Taxes and freight are not known here.
fn totals(subtotal: Option<i64>, core: Option<i64>) -> String {
    let (subtotal, core) = (subtotal.unwrap_or(0), core.unwrap_or(0));
    let total = subtotal.saturating_add(core);
    let mut totals = format!(r#""totals":[{{"type":"subtotal","amount":{subtotal}}}"#);
    if core > 0 {
        let _ = write!(
            totals,
            r#",{{"type":"fee","display_text":"Core charge, refunded for the old part","amount":{core}}}"#
        );
    }
    let _ = write!(totals, r#",{{"type":"total","amount":{total}}}]"#);
    totals
}
