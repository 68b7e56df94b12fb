//! A quote as callers see it.

use std::borrow::Cow;

use holdfast::id::{OpaqueId, Sku};
use holdfast::money::{Currency, Money};
use holdfast::pricing::PricedLine;
use holdfast::quote::record::{QuoteAllocation, Totals};
use holdfast::quote::{Quote, QuoteState};
use holdfast::time::Timestamp;
use serde::Serialize;

/// A quote as callers see it.
#[derive(Serialize)]
pub struct QuoteView<'a> {
    id: &'a OpaqueId,
    state: QuoteState,
    created_at: Timestamp,
    expires_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<&'a str>,
    /// The quote that took its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    replaced_by: Option<&'a OpaqueId>,
    currency: Currency,
    lines: Vec<LineView<'a>>,
    subtotal: Money,
    core_total: Money,
    total: Money,
}

#[derive(Serialize)]
struct LineView<'a> {
    line: usize,
    sku: &'a Sku,
    quantity: u32,
    held: u32,
    /// Units that a partial quote could not hold.
    #[serde(skip_serializing_if = "is_zero")]
    lacking: u32,
    #[serde(skip_serializing_if = "is_zero")]
    committed: u32,
    #[serde(skip_serializing_if = "is_zero")]
    returned: u32,
    price: &'a PricedLine,
    allocations: Cow<'a, [QuoteAllocation]>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
fn is_zero(units: &u32) -> bool {
    *units == 0
}

impl<'a> QuoteView<'a> {
    /// The quote as it is at `now`.
    pub fn of(quote: &'a Quote, now: Timestamp) -> Self {
        let nothing = Money::zero(quote.currency);
        // The amounts were checked when the quote was priced; held units are never more.
        let totals = quote.totals().unwrap_or(Totals { subtotal: nothing, core_total: nothing, total: nothing });
        let lines = quote.lines.iter().enumerate().map(|(line, of)| LineView {
            line,
            sku: &of.sku,
            quantity: of.quantity,
            held: of.held,
            lacking: of.quantity.saturating_sub(of.held),
            committed: of.committed,
            returned: of.returned,
            price: &of.price,
            allocations: quote.allocations(of),
        });
        Self {
            id: &quote.id,
            state: quote.state_at(now),
            created_at: quote.created_at,
            expires_at: quote.expires_at,
            reference: quote.reference.as_deref(),
            replaced_by: quote.replaced_by.as_ref(),
            currency: quote.currency,
            lines: lines.collect(),
            subtotal: totals.subtotal,
            core_total: totals.core_total,
            total: totals.total,
        }
    }
}
