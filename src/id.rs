//! Identifiers and quantities: parsed once, valid from then on.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Why a text is not the identifier it was taken for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} is 1 to {max} characters of {allowed}")]
pub struct InvalidId {
    what: &'static str,
    max: usize,
    allowed: &'static str,
}

/// Declares a text identifier whose only way in is a check of its length and characters.
macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident, $what:literal, $max:literal, $allowed:literal, $accepts:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Box<str>);

        impl $name {
            /// The identifier as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                let accepts: fn(char) -> bool = $accepts;
                if text.is_empty() || text.len() > $max || !text.chars().all(accepts) {
                    return Err(InvalidId { what: $what, max: $max, allowed: $allowed });
                }
                Ok(Self(text.into()))
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                crate::text::parsed(deserializer)
            }
        }
    };
}

identifier!(
    /// The distributor's name for a sellable item, such as `BRKX-4410`.
    Sku, "a sku", 64, "letters, digits and - _ . / +",
    |c| c.is_ascii_alphanumeric() || "-_./+".contains(c)
);
identifier!(
    /// A warehouse or branch, such as `ATL1`.
    LocationId, "a location", 32, "letters, digits and - _",
    |c| c.is_ascii_alphanumeric() || "-_".contains(c)
);
identifier!(
    /// A group of locations near each other in network terms; a Cloudflare location hint such as `enam`.
    Region, "a region", 16, "lower-case letters, digits and -",
    |c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'
);
identifier!(
    /// A caller that buys on its own terms, such as `shop-1`.
    AccountId, "an account", 64, "letters, digits and - _",
    |c| c.is_ascii_alphanumeric() || "-_".contains(c)
);
identifier!(
    /// A brand's code: four capitals in ACES and PIES (`BrandAAIAID`); two to eight letters or digits are accepted.
    BrandCode, "a brand code", 8, "capital letters and digits",
    |c| c.is_ascii_uppercase() || c.is_ascii_digit()
);
identifier!(
    /// An opaque id chosen by a caller or made at the edge: a movement, a receipt, a cause.
    OpaqueId, "an id", 128, "printable ASCII without spaces",
    |c| c.is_ascii_graphic()
);
identifier!(
    /// The name of a group of accounts, a price sheet, a contract or a promotion.
    TermsId, "a name of terms", 64, "letters, digits and - _ .",
    |c| c.is_ascii_alphanumeric() || "-_.".contains(c)
);
identifier!(
    /// A shop, a technician or a tool in the registers, such as `SH-0042`.
    RegisteredId, "an id of the registers", 64, "letters, digits and - _ .",
    |c| c.is_ascii_alphanumeric() || "-_.".contains(c)
);

identifier!(
    /// An external service that adds credentials to tokens, such as `acme`.
    ProviderId, "a provider", 64, "letters, digits and - _ .",
    |c| c.is_ascii_alphanumeric() || "-_.".contains(c)
);
identifier!(
    /// What an operator calls an endpoint of webhooks.
    EndpointId, "the name of an endpoint", 64, "letters, digits and - _ .",
    |c| c.is_ascii_alphanumeric() || "-_.".contains(c)
);

/// How many units: 1 to 1,000,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quantity(u32);

/// The number is not a quantity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a quantity is a whole number from 1 to {}", Quantity::MAX)]
pub struct InvalidQuantity;

impl Quantity {
    /// The largest quantity of one line or movement.
    pub const MAX: u32 = 1_000_000;
    /// One unit.
    pub const ONE: Self = Self(1);

    /// `number` as a quantity, refused outside 1 to [`Quantity::MAX`].
    pub fn new(number: i64) -> Result<Self, InvalidQuantity> {
        match u32::try_from(number) {
            Ok(number @ 1..=Self::MAX) => Ok(Self(number)),
            _ => Err(InvalidQuantity),
        }
    }

    /// The number of units.
    pub fn get(self) -> u32 {
        self.0
    }
}

impl Serialize for Quantity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(self.0)
    }
}

impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(i64::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// The 64-bit FNV-1a hash (Fowler, Noll, Vo; draft-eastlake-fnv), for placing keys: stable across builds, not secret.
pub fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_keeps_its_case_and_refuses_what_could_be_a_path_or_a_space() {
        assert_eq!("Brkx-44/10".parse::<Sku>().unwrap().as_str(), "Brkx-44/10");
        for text in ["", " ", "A B", "A\n", "ä", "A:B", &"A".repeat(65)] {
            assert!(text.parse::<Sku>().is_err(), "{text:?}");
        }
        assert!("A".repeat(64).parse::<Sku>().is_ok());
    }

    #[test]
    fn a_quantity_has_both_its_edges() {
        for (number, ok) in
            [(0, false), (1, true), (1_000_000, true), (1_000_001, false), (-1, false), (i64::MAX, false)]
        {
            assert_eq!(Quantity::new(number).is_ok(), ok, "{number}");
        }
    }

    #[test]
    fn the_hash_is_the_published_one() {
        // Test vectors of draft-eastlake-fnv, appendix C.
        assert_eq!(fnv1a(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(b"foobar"), 0x8594_4171_f739_67e8);
    }
}
