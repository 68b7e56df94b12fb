//! The explanation of a price: which rule did what.

use serde::{Deserialize, Serialize};

/// One step on the way to a price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Step {
    /// The rule, in `snake_case`: a level such as `group_sheet`, or `promotion`, `margin_floor`, `core`, `extended`, …
    pub rule: String,
    /// What it did, with the numbers it did it with; or why it did nothing.
    pub effect: String,
}

/// Takes the steps down if somebody asked for them. If nobody did, no text is ever formed.
#[derive(Debug, Default)]
pub struct Trace<'a>(Option<&'a mut Vec<Step>>);

impl<'a> Trace<'a> {
    /// Takes nothing down.
    pub fn silent() -> Self {
        Self(None)
    }

    /// Appends every step to `steps`.
    pub fn into(steps: &'a mut Vec<Step>) -> Self {
        Self(Some(steps))
    }

    /// Notes that `rule` had the effect that `effect` describes.
    pub(super) fn note(&mut self, rule: &str, effect: impl FnOnce() -> String) {
        if let Some(steps) = self.0.as_deref_mut() {
            steps.push(Step { rule: rule.to_owned(), effect: effect() });
        }
    }
}
