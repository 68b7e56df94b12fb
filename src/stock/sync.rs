//! A snapshot of a location's stock as another system has it, line by line, and what it comes to here.

use serde::Serialize;
use serde_json::Value;

use super::movement::{Movement, MovementKind, Rejection};
use crate::id::{LocationId, OpaqueId, Sku};
use crate::input::{Fault, Faults, Fields};
use crate::lines::{Form, Table};

/// The most lines of one snapshot.
pub const MAX_LINES: u64 = 100_000;

const TABLE: Table<5> =
    Table { columns: ["id", "sku", "quantity", "expect_version", "reason"], numbers: &["quantity", "expect_version"] };

/// What the lines of one snapshot have in common.
#[derive(Debug, Clone)]
pub struct Sync {
    /// Where it was taken.
    pub location: LocationId,
    /// The id of each line's count, unless the line has its own: one sync counts a position once, however often it is sent.
    pub id: OpaqueId,
}

impl Sync {
    /// Reads lines. Each is a count, or all that is wrong with it.
    pub fn read(&self, form: Form, text: &str) -> Result<Vec<Result<Movement, Vec<Fault>>>, Vec<Fault>> {
        form.read(text, &TABLE, |line| self.count(line))
    }

    fn count(&self, line: &Value) -> Result<Movement, Vec<Fault>> {
        let mut faults = Faults::default();
        let mut fields = Fields::of(line, "", &mut faults);
        let id = fields.optional("id", &mut faults).unwrap_or_else(|| self.id.clone());
        let sku = fields.required("sku", &mut faults);
        let quantity = fields.required("quantity", &mut faults);
        let reason = fields.optional("reason", &mut faults);
        let expect_version = fields.optional("expect_version", &mut faults);
        fields.finish(&mut faults);
        let (location, kind) = (self.location.clone(), MovementKind::Count);
        let count = sku.zip(quantity).map(|(sku, quantity)| Movement {
            id,
            sku,
            location,
            kind,
            quantity,
            reason,
            expect_version,
            incoming: None,
            safety: None,
            quote: None,
        });
        faults.or(count)
    }
}

/// What became of a line; a shard writes it as the caller gets it, but for the line's place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "SyncLine"))]
pub struct Compared {
    /// The part.
    pub sku: Sku,
    /// What it comes to.
    pub result: Outcome,
    /// Units on hand here before.
    pub on_hand: u64,
    /// Units as the snapshot has them.
    pub quantity: i64,
    /// By how many units the snapshot is above what was here.
    pub variance: i64,
    /// The position's version now. With `duplicate`: after the sync had counted it.
    pub version: u64,
    /// Units promised beyond what is there by the snapshot, where it takes away what is promised.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shortfall: Option<u64>,
    /// The quotes that this endangers: those with stock held or sold there and not picked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub endangers: Vec<OpaqueId>,
    /// With `rejected`: why, as a stable code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<Rejection>,
    /// With `rejected`: why, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// What became of the line at `place` in its snapshot, as the caller gets it; without a place where the snapshot does not
/// name the position. `text` is a [`Compared`].
pub fn placed(place: Option<u64>, text: &str) -> String {
    match (place, text.strip_prefix('{')) {
        (Some(place), Some(rest)) => format!(r#"{{"line":{place},{rest}"#),
        _ => text.to_owned(),
    }
}

/// What a line comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "SyncOutcome"))]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Here and there are as many. Nothing was written.
    Same,
    /// A dry run: the count would be applied.
    Differs,
    /// The count was applied.
    Applied,
    /// This sync had counted the position before; nothing changed now.
    Duplicate,
    /// The position has moved on since `expect_version`.
    VersionConflict,
    /// Not done; see `code`.
    Rejected,
}

impl Compared {
    /// A count of a position that has so many units and this version, before anything is decided.
    pub fn of(count: &Movement, on_hand: u64, version: u64) -> Self {
        let before = i64::try_from(on_hand).unwrap_or(i64::MAX);
        Self {
            sku: count.sku.clone(),
            result: Outcome::Same,
            on_hand,
            quantity: count.quantity,
            variance: count.quantity.saturating_sub(before),
            version,
            shortfall: None,
            endangers: Vec::new(),
            code: None,
            detail: None,
        }
    }

    /// The same as JSON.
    pub fn to_text(&self) -> String {
        // A struct of strings, numbers and lists: it always serialises.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The same, rejected.
    #[must_use]
    pub fn rejected(self, code: Rejection) -> Self {
        Self { result: Outcome::Rejected, code: Some(code), detail: Some(code.to_string()), ..self }
    }
}
