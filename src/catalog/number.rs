//! Part numbers: kept as the maker writes them, matched on what is left without the punctuation.
//!
//! No standard of normalisation exists in the trade. Holdfast matches on upper-case alphanumerics; where two parts
//! share the result, the caller is shown both.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::part::Grade;
use crate::id::{BrandCode, Sku};

/// A maker's part number as written, such as `44-10`: 1 to 48 characters (PIES `PartNumber`), at least one of them a
/// letter or digit, no control characters.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PartNumber(Box<str>);

/// The text is not a part number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a part number is 1 to 48 characters with at least one letter or digit")]
pub struct InvalidPartNumber;

/// What a part number is matched on: its ASCII letters and digits in upper case, `44-10` → `4410`. Never empty.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NormalisedNumber(Box<str>);

impl PartNumber {
    /// The number as the maker writes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form it is matched on.
    pub fn normalised(&self) -> NormalisedNumber {
        NormalisedNumber(
            self.0
                .chars()
                .filter(char::is_ascii_alphanumeric)
                .map(|c| c.to_ascii_uppercase())
                .collect::<String>()
                .into(),
        )
    }
}

impl NormalisedNumber {
    /// The normalised form as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for PartNumber {
    type Err = InvalidPartNumber;

    fn from_str(text: &str) -> Result<Self, InvalidPartNumber> {
        let text = text.trim();
        let sound = text.chars().count() <= 48 && !text.chars().any(char::is_control);
        if sound && text.chars().any(|c| c.is_ascii_alphanumeric()) {
            Ok(Self(text.into()))
        } else {
            Err(InvalidPartNumber)
        }
    }
}

/// One part that answers to a normalised number; the value under [`super::keys::number`] is a list of these.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NumberEntry {
    /// The brand that uses the number. For an interchange entry this is the other maker's brand.
    pub brand: BrandCode,
    /// The number as that brand writes it.
    pub number: PartNumber,
    /// The part we sell under it.
    pub sku: Sku,
    /// Present when the number is another maker's and `sku` is our equivalent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interchange: Option<Equivalence>,
    /// The number is an earlier number of the same part (PIES EXPI `PTN`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub former: bool,
}

/// How far one part replaces another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Equivalence {
    /// Units of ours that replace one unit of theirs; usually 1.
    pub quantity: u32,
    /// Quality of the replacement against the original.
    pub grade: Grade,
}

impl fmt::Display for PartNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for PartNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for PartNumber {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for PartNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::parsed(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn punctuation_and_case_do_not_matter() {
        for text in ["44-10", "44 10", "44.10", "4410", " 44/10 "] {
            assert_eq!(text.parse::<PartNumber>().unwrap().normalised().as_str(), "4410", "{text:?}");
        }
        assert_eq!("aq1040c".parse::<PartNumber>().unwrap().normalised().as_str(), "AQ1040C");
    }

    #[test]
    fn a_number_without_a_letter_or_digit_is_none() {
        for text in ["", "  ", "---", "A\u{7}B", &"9".repeat(49)] {
            assert_eq!(text.parse::<PartNumber>(), Err(InvalidPartNumber), "{text:?}");
        }
    }
}
