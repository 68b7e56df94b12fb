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
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "Quote"))]
pub struct QuoteView<'a> {
    /// Its id.
    id: &'a OpaqueId,
    /// How far it has come.
    state: QuoteState,
    /// When it was made.
    created_at: Timestamp,
    /// Until when it can be committed.
    expires_at: Timestamp,
    /// The caller's own name for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<&'a str>,
    /// The quote that took its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    replaced_by: Option<&'a OpaqueId>,
    /// Of every amount.
    currency: Currency,
    /// What was quoted.
    lines: Vec<LineView<'a>>,
    /// Of the units held, without core charges.
    subtotal: Money,
    /// Of their core charges.
    core_total: Money,
    /// Of both.
    total: Money,
}

/// A line of a quote.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "QuoteLine"))]
struct LineView<'a> {
    /// Its number, from 0.
    line: usize,
    /// The part.
    sku: &'a Sku,
    /// Units asked for.
    quantity: u32,
    /// Units held.
    held: u32,
    /// Units that a partial quote could not hold.
    #[serde(skip_serializing_if = "is_zero")]
    lacking: u32,
    /// Units sold.
    #[serde(skip_serializing_if = "is_zero")]
    committed: u32,
    /// Units sold that came back.
    #[serde(skip_serializing_if = "is_zero")]
    returned: u32,
    /// What it costs, for the quote's life.
    price: &'a PricedLine,
    /// Where its units are.
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
