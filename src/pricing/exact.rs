//! A price in an API answer: the text `12.3456`, since JSON numbers are binary fractions.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serializer};

use crate::money::Price;

/// Writes all four decimals.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
pub(crate) fn serialize<S: Serializer>(price: &Price, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(price)
}

/// Reads what [`serialize`] wrote.
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Price, D::Error> {
    <Cow<'de, str>>::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
}
