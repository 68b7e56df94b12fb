//! The Universal Commerce Protocol without its I/O: what a platform asks, as requests to the API, and the API's answers as
//! the platform wants them told. Facts are those of release 2026-08-25, pages "Overview", "Catalog" and "Cart".
//!
//! A cart is a quote that holds its stock. The cart's id is that of its first quote, whatever took its place since.
//! Checkout, orders and payment are not spoken.

pub mod cart;
pub mod catalog;
pub mod outcome;
pub mod profile;
#[cfg(test)]
mod tests;
pub mod tool;

use serde_json::Value;

pub use outcome::Outcome;

/// The release that is spoken.
pub const VERSION: &str = "2026-08-25";

/// Where the paths of the protocol begin.
pub const PREFIX: &str = "/ucp/v1";

/// The member with what the protocol has no words for: quantities, holds, core charges. No registered domain can have this
/// name.
pub const EXTENSION: &str = "holdfast.hold";

/// What a platform may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// Products by words.
    Search,
    /// Products by their ids.
    Lookup,
    /// One product in full.
    Product,
    /// Hold stock.
    Create,
    /// What is held.
    Get,
    /// Hold other stock in its place.
    Update,
    /// Give it back.
    Cancel,
}

impl Operation {
    /// The operation of this tool, over the Model Context Protocol.
    pub fn of_tool(name: &str) -> Option<Self> {
        Some(match name {
            "search_catalog" => Self::Search,
            "lookup_catalog" => Self::Lookup,
            "get_product" => Self::Product,
            "create_cart" => Self::Create,
            "get_cart" => Self::Get,
            "update_cart" => Self::Update,
            "cancel_cart" => Self::Cancel,
            _ => return None,
        })
    }

    /// The operation of a path below [`PREFIX`], and the cart that it names; or the methods that the path answers to, of
    /// which there are none where nothing is.
    pub fn of_path<'p>(method: &str, path: &[&'p str]) -> Result<(Self, &'p str), &'static str> {
        let (operation, cart, answers) = match (path, method) {
            (["catalog", "search"], _) => (Self::Search, "", "POST"),
            (["catalog", "lookup"], _) => (Self::Lookup, "", "POST"),
            (["catalog", "product"], _) => (Self::Product, "", "POST"),
            (["carts"], _) => (Self::Create, "", "POST"),
            (["carts", cart], "PUT") => (Self::Update, *cart, "GET, PUT"),
            (["carts", cart], _) => (Self::Get, *cart, "GET, PUT"),
            (["carts", cart, "cancel"], _) => (Self::Cancel, *cart, "POST"),
            _ => return Err(""),
        };
        if answers.split(", ").any(|known| known == method) { Ok((operation, cart)) } else { Err(answers) }
    }

    /// Whether it needs an idempotency key.
    pub fn changes(self) -> bool {
        matches!(self, Self::Create | Self::Update | Self::Cancel)
    }

    /// Whether it is about a cart, and not about products.
    pub fn is_of_cart(self) -> bool {
        !matches!(self, Self::Search | Self::Lookup | Self::Product)
    }

    /// The capability that it belongs to.
    pub fn capability(self) -> &'static str {
        match self {
            Self::Search => "dev.ucp.shopping.catalog.search",
            Self::Lookup | Self::Product => "dev.ucp.shopping.catalog.lookup",
            _ => "dev.ucp.shopping.cart",
        }
    }
}

/// The address of the platform's profile in a `UCP-Agent` header: a dictionary (RFC 8941 §3.2) with the member `profile`.
pub fn agent(header: &str) -> Option<&str> {
    let begins = |at: usize| {
        header.get(..at).is_some_and(|before| before.trim_end().is_empty() || before.trim_end().ends_with(','))
    };
    let (at, name) = header.match_indices("profile=\"").find(|(at, _)| begins(*at))?;
    let (profile, _) = header.get(at.saturating_add(name.len())..)?.split_once('"')?;
    is_profile(profile).then_some(profile)
}

/// Whether this may be the address of a profile. It is not fetched: a caller is known by its key, and all are answered alike.
pub fn is_profile(address: &str) -> bool {
    let host = address.strip_prefix("https://").and_then(|rest| rest.split(['/', '?', '#']).next());
    host.is_some_and(|host| !host.is_empty()) && address.bytes().all(|byte| byte.is_ascii_graphic())
}

/// What a value has at this JSON Pointer; `null` if nothing is there.
fn at<'v>(value: &'v Value, pointer: &str) -> &'v Value {
    static NULL: Value = Value::Null;
    value.pointer(pointer).unwrap_or(&NULL)
}

fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    at(value, pointer).as_str().unwrap_or_default()
}

fn list<'v>(value: &'v Value, pointer: &str) -> &'v [Value] {
    at(value, pointer).as_array().map_or(&[], Vec::as_slice)
}

/// A JSON text.
fn quoted(text: &str) -> Value {
    Value::from(text)
}

/// Where the goods go, as a member of a request to the API: the location that the context names.
fn deliver_to(payload: &Value) -> String {
    match at(payload, "/context/location") {
        Value::Null => String::new(),
        location => format!(r#","deliver_to":{{"location":{location}}}"#),
    }
}
