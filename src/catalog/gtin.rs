//! Bar codes: the Global Trade Item Numbers of GS1.

use std::fmt;
use std::str::FromStr;

/// A bar code's number, written with 14 digits: the shorter forms are the same number with zeros before it, and scanners
/// differ in which of them they give.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Gtin(String);

/// The text is no such number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a bar code is 8, 12, 13 or 14 digits with a right check digit")]
pub struct InvalidGtin;

impl FromStr for Gtin {
    type Err = InvalidGtin;

    /// The check digit of GS1: weights 3 and 1 alternate from the right, the sum is a multiple of ten.
    fn from_str(text: &str) -> Result<Self, InvalidGtin> {
        let weighted = text.bytes().rev().enumerate().map(|(place, byte)| {
            let weight = if place.is_multiple_of(2) { 1_u32 } else { 3 };
            u32::from(byte.saturating_sub(b'0')).saturating_mul(weight)
        });
        let right = matches!(text.len(), 8 | 12 | 13 | 14)
            && text.bytes().all(|byte| byte.is_ascii_digit())
            && weighted.sum::<u32>().is_multiple_of(10);
        if right { Ok(Self(format!("{text:0>14}"))) } else { Err(InvalidGtin) }
    }
}

impl fmt::Display for Gtin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_barcode_has_a_right_check_digit() {
        // The example of GS1's general specifications, and UPC-A and GTIN-14 numbers with their check digits.
        for (text, right) in [
            ("6291041500213", true),
            ("6291041500214", false),
            ("036000291452", true),
            ("10036000291459", true),
            ("0360002914", false),
            ("03600029145é", false),
            ("", false),
            ("x", false),
        ] {
            assert_eq!(text.parse::<Gtin>().is_ok(), right, "{text}");
        }
    }

    #[test]
    fn the_forms_of_a_number_are_one() {
        let of = |text: &str| text.parse::<Gtin>().unwrap();
        assert_eq!(of("036000291452"), of("0036000291452"));
        assert_eq!(of("0036000291452").to_string(), "00036000291452");
    }
}
