//! Vehicle identification numbers: what a VIN says by itself, and what vPIC's records add to it.
//!
//! A VIN is read in three steps. [`Vin`] is the checked text. The maker's identifier ([`Wmi`]) and the model-year
//! character choose the two records of the KV namespace that can know the vehicle ([`super::keys::vin_wmi`] and
//! [`super::keys::vin_patterns`]; both keys follow from the VIN alone, so one bulk read fetches them). [`decode()`] then
//! matches the VIN against the records' patterns and answers a [`Vehicle`]. It never fails: what is not known is absent
//! and said in a warning.
//!
//! Source of the rules: 49 CFR part 565 and ISO 3779/3780; source of the records: the vPIC database of the US National
//! Highway Traffic Safety Administration.

mod check_digit;
mod decode;
mod element;
mod model_year;
mod pattern;
mod powertrain;
mod record;
mod vehicle;
mod wmi;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use decode::decode;
pub use element::Element;
pub use model_year::{ModelYears, cycle};
pub use pattern::specificity;
pub use powertrain::Powertrain;
pub use record::{PatternRecord, Rule, Schema, VehicleType, WmiRecord};
pub use vehicle::{DriverAssistance, Engine, Feature, Fitted, Vehicle, Warning, WarningCode};
pub use wmi::{InvalidWmi, Wmi};

/// Characters of a VIN.
pub const LENGTH: usize = 17;

/// A vehicle identification number: 17 capital letters and digits without I, O and Q. Its check digit may be wrong:
/// outside North America that is normal.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Vin([u8; LENGTH]);

/// Why a text is not a VIN.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidVin {
    /// Too short or too long.
    #[error("a VIN has 17 characters; this text has {found}")]
    Length {
        /// Characters of the text without surrounding white space.
        found: usize,
    },
    /// I, O and Q are left out of VINs because they look like 1 and 0.
    #[error(
        "{character:?} at position {position} cannot be in a VIN: I, O and Q are not used (did you mean {meant:?}?)"
    )]
    Lookalike {
        /// The letter, in upper case.
        character: char,
        /// Its position, counted from 1.
        position: usize,
        /// The digit it is usually mistaken for.
        meant: char,
    },
    /// Neither a letter nor a digit.
    #[error("{character:?} at position {position} cannot be in a VIN: only letters and digits are used")]
    Character {
        /// The character as given.
        character: char,
        /// Its position, counted from 1.
        position: usize,
    },
}

impl Vin {
    /// The VIN as text.
    pub fn as_str(&self) -> &str {
        // The bytes are ASCII by construction, so the default is never taken.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The character at a position counted from 1, as the standards count; `None` outside 1 to 17.
    pub fn at(&self, position: usize) -> Option<char> {
        self.0.get(position.checked_sub(1)?).copied().map(char::from)
    }

    /// The maker's identifier: positions 1 to 3, and 12 to 14 too where position 3 is a 9 (fewer than 1,000 vehicles a
    /// year).
    pub fn wmi(&self) -> Wmi {
        Wmi::of(self)
    }

    /// Whether the check digit at position 9 is right (49 CFR 565.15(c)).
    pub fn check_digit_matches(&self) -> bool {
        self.at(9) == Some(self.expected_check_digit())
    }

    /// What position 9 would be if it were a check digit: `0` to `9` or `X`.
    pub fn expected_check_digit(&self) -> char {
        check_digit::expected(&self.0)
    }

    /// The text between two positions, both counted from 1 and both included.
    pub(crate) fn positions(&self, first: usize, last: usize) -> &str {
        first.checked_sub(1).and_then(|start| self.as_str().get(start..last)).unwrap_or_default()
    }
}

impl FromStr for Vin {
    type Err = InvalidVin;

    fn from_str(text: &str) -> Result<Self, InvalidVin> {
        let text = text.trim();
        let found = text.chars().count();
        if found != LENGTH {
            return Err(InvalidVin::Length { found });
        }
        let mut bytes = [0; LENGTH];
        for ((slot, character), position) in bytes.iter_mut().zip(text.chars()).zip(1..) {
            *slot = match character.to_ascii_uppercase() {
                character @ 'I' => return Err(InvalidVin::Lookalike { character, position, meant: '1' }),
                character @ ('O' | 'Q') => return Err(InvalidVin::Lookalike { character, position, meant: '0' }),
                letter if letter.is_ascii_alphanumeric() => {
                    u8::try_from(letter).map_err(|_| InvalidVin::Character { character, position })?
                }
                _ => return Err(InvalidVin::Character { character, position }),
            };
        }
        Ok(Self(bytes))
    }
}

impl fmt::Display for Vin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Vin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Vin {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Vin {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::parsed(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_vin_is_trimmed_and_read_in_any_case() {
        let vin: Vin = " 1hgcm82633a004352 ".parse().unwrap();
        assert_eq!(vin.as_str(), "1HGCM82633A004352");
        assert_eq!(
            (vin.at(1), vin.at(10), vin.at(17), vin.at(18), vin.at(0)),
            (Some('1'), Some('3'), Some('2'), None, None)
        );
        assert_eq!(vin.positions(4, 8), "CM826");
    }

    #[test]
    fn a_wrong_length_says_how_long_the_text_was() {
        assert_eq!("1HGCM82633A00435".parse::<Vin>(), Err(InvalidVin::Length { found: 16 }));
        assert_eq!("".parse::<Vin>(), Err(InvalidVin::Length { found: 0 }));
        let error = "1HGCM82633A0043521".parse::<Vin>().unwrap_err();
        assert_eq!(error.to_string(), "a VIN has 17 characters; this text has 18");
    }

    #[test]
    fn a_letter_that_looks_like_a_digit_is_named_with_its_position() {
        let error = "1HGCM82633AOO4352".parse::<Vin>().unwrap_err();
        assert_eq!(error, InvalidVin::Lookalike { character: 'O', position: 12, meant: '0' });
        assert_eq!(
            "iHGCM82633A004352".parse::<Vin>(),
            Err(InvalidVin::Lookalike { character: 'I', position: 1, meant: '1' })
        );
        assert_eq!(
            "1HGCM82633A00435q".parse::<Vin>(),
            Err(InvalidVin::Lookalike { character: 'Q', position: 17, meant: '0' })
        );
    }

    #[test]
    fn a_character_that_is_no_letter_or_digit_is_named_with_its_position() {
        let character = |text: &str| text.parse::<Vin>().unwrap_err();
        assert_eq!(character("1HGCM82633A00435-"), InvalidVin::Character { character: '-', position: 17 });
        assert_eq!(character("1HGCM8É633A004352"), InvalidVin::Character { character: 'É', position: 7 });
    }

    proptest! {
        #[test]
        fn reading_any_text_gives_a_vin_or_an_error_and_never_panics(text in "\\PC{0,20}") {
            if let Ok(vin) = text.parse::<Vin>() {
                prop_assert_eq!(vin.as_str().parse::<Vin>().unwrap(), vin);
            }
        }
    }
}
