//! The world manufacturer identifier: who built the vehicle, and for which rules.

use std::fmt;
use std::str::FromStr;

use super::Vin;

/// A world manufacturer identifier (ISO 3780): three characters, or six for a maker of fewer than 1,000 vehicles a year.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Wmi(Box<str>);

/// The text is not a maker's identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a maker's identifier is 3 capital letters and digits, or 6 with a 9 in third place")]
pub struct InvalidWmi;

impl Wmi {
    pub(super) fn of(vin: &Vin) -> Self {
        let mut text = vin.positions(1, 3).to_owned();
        if vin.at(3) == Some('9') {
            text.push_str(vin.positions(12, 14));
        }
        Self(text.into())
    }

    /// The identifier as text, such as `1HG` or `1A9123`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the identifier was assigned in North America (1 to 5, and 7 after New Zealand's 7A–7E), where position 9
    /// is a check digit by law.
    pub fn is_north_american(&self) -> bool {
        let mut characters = self.0.chars();
        match characters.next() {
            Some('1'..='5') => true,
            Some('7') => !matches!(characters.next(), Some('A'..='E') | None),
            _ => false,
        }
    }
}

impl FromStr for Wmi {
    type Err = InvalidWmi;

    fn from_str(text: &str) -> Result<Self, InvalidWmi> {
        let sound = text.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
        match (text.len(), text.chars().nth(2)) {
            (3, _) | (6, Some('9')) if sound => Ok(Self(text.into())),
            _ => Err(InvalidWmi),
        }
    }
}

impl fmt::Display for Wmi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wmi(vin: &str) -> Wmi {
        vin.parse::<Vin>().unwrap().wmi()
    }

    #[test]
    fn a_nine_in_position_three_continues_the_identifier_in_positions_twelve_to_fourteen() {
        assert_eq!(wmi("1HGCM82633A004352").as_str(), "1HG");
        assert_eq!(wmi("1A9AB12C3DE123456").as_str(), "1A9123");
    }

    #[test]
    fn a_text_is_an_identifier_only_in_its_two_forms() {
        assert_eq!("1A9123".parse::<Wmi>().unwrap(), wmi("1A9AB12C3DE123456"));
        assert_eq!("1HG".parse::<Wmi>().unwrap(), wmi("1HGCM82633A004352"));
        for text in ["", "1H", "1hg", "1HGA", "1HG123", "1/G"] {
            assert_eq!(text.parse::<Wmi>(), Err(InvalidWmi), "{text:?}");
        }
    }

    #[test]
    fn north_america_is_told_from_the_rest_of_the_world() {
        for vin in ["1HGCM82633A004352", "2T1BR12E0WC044123", "3VW117AU5KM502465", "7SAYGDEE7NF000001"] {
            assert!(wmi(vin).is_north_american(), "{vin}");
        }
        for vin in ["WVWZZZ1JZ3W386752", "JHMFA36226S000001", "7A4AB12C3DE123456", "9BWZZZ377VT004251"] {
            assert!(!wmi(vin).is_north_american(), "{vin}");
        }
    }
}
