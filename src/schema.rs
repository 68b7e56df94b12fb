//! JSON Schemas of the types whose JSON form is written by hand, for `openapi/`: what `crate::text`, [`crate::input`]
//! and the `Serialize` of these types say in code.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::catalog::PartNumber;
use crate::catalog::vin::Vin;
use crate::id::{
    AccountId, BrandCode, EndpointId, LocationId, OpaqueId, ProviderId, Quantity, Region, RegisteredId, Sku, TermsId,
};
use crate::money::{Currency, Price};
use crate::pricing::PriceType;
use crate::sourcing::Distance;
use crate::time::{Day, Timestamp};

/// Gives each type the schema that follows its name.
macro_rules! schemas {
    ($($type:ty => $name:literal $schema:tt),* $(,)?) => {$(
        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                $name.into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($schema)
            }
        }
    )*};
}

schemas! {
    Sku => "Sku" {
        "type": "string", "pattern": "^[A-Za-z0-9._/+-]+$", "minLength": 1, "maxLength": 64, "examples": ["BRKX-4410"],
        "description": "The distributor's name for a sellable item.",
    },
    LocationId => "LocationId" {
        "type": "string", "pattern": "^[A-Za-z0-9_-]+$", "minLength": 1, "maxLength": 32, "examples": ["ATL1"],
        "description": "A warehouse or branch.",
    },
    Region => "Region" {
        "type": "string", "pattern": "^[a-z0-9-]+$", "minLength": 1, "maxLength": 16, "examples": ["enam"],
        "description": "Locations near each other in network terms.",
    },
    AccountId => "AccountId" {
        "type": "string", "pattern": "^[A-Za-z0-9_-]+$", "minLength": 1, "maxLength": 64, "examples": ["shop-1"],
        "description": "Whoever buys on its own terms.",
    },
    BrandCode => "BrandCode" {
        "type": "string", "pattern": "^[A-Z0-9]+$", "minLength": 1, "maxLength": 8, "examples": ["BRKX"],
        "description": "A brand's code.",
    },
    OpaqueId => "Id" {
        "type": "string", "pattern": "^[!-~]+$", "minLength": 1, "maxLength": 128,
        "description": "An id: printable ASCII without spaces, meaning nothing.",
    },
    TermsId => "TermsId" {
        "type": "string", "pattern": "^[A-Za-z0-9_.-]+$", "minLength": 1, "maxLength": 64,
        "description": "The name of a group, a sheet, a contract or a promotion.",
    },
    RegisteredId => "RegisteredId" {
        "type": "string", "pattern": "^[A-Za-z0-9_.-]+$", "minLength": 1, "maxLength": 64, "examples": ["SH-PEACH"],
        "description": "A shop, a technician or a tool in the registers.",
    },
    ProviderId => "ProviderId" {
        "type": "string", "pattern": "^[A-Za-z0-9_.-]+$", "minLength": 1, "maxLength": 64, "examples": ["acme"],
        "description": "An external service that adds credentials to tokens.",
    },
    EndpointId => "EndpointId" {
        "type": "string", "pattern": "^[A-Za-z0-9_.-]+$", "minLength": 1, "maxLength": 64, "examples": ["erp"],
        "description": "What an operator calls an endpoint of webhooks.",
    },
    Quantity => "Quantity" {
        "type": "integer", "minimum": 1, "maximum": 1_000_000, "description": "Units.",
    },
    PartNumber => "PartNumber" {
        "type": "string", "minLength": 1, "maxLength": 48, "examples": ["44-10"],
        "pattern": "^[^\\x00-\\x1f\\x7f-\\x9f]*[A-Za-z0-9][^\\x00-\\x1f\\x7f-\\x9f]*$",
        "description": "A maker's part number in any spelling: at least one letter or digit, no control characters.",
    },
    Vin => "Vin" {
        "type": "string", "pattern": "^[A-HJ-NPR-Za-hj-npr-z0-9]{17}$", "minLength": 17, "maxLength": 17,
        "examples": ["1HGCM82633A004352"],
        "description": "A vehicle identification number; I, O and Q do not occur. Answers have it in capitals.",
    },
    Currency => "Currency" {
        "type": "string", "pattern": "^[A-Z]{3}$", "minLength": 3, "maxLength": 3, "examples": ["USD"],
        "description": "An ISO 4217 code.",
    },
    Price => "UnitPrice" {
        "type": "string", "pattern": "^[0-9]+\\.[0-9]{4}$", "maxLength": 16, "examples": ["46.8860"],
        "description": "The price of one unit in major units, exactly: four decimals, as text.",
    },
    PriceType => "PriceType" {
        "type": "string", "pattern": "^[A-Z0-9]{3}$", "minLength": 3, "maxLength": 3, "examples": ["JBR"],
        "description": "A PIES price type; `QOT` is a contract's price.",
    },
    Distance => "Distance" {
        "type": "number", "minimum": 0, "description": "Kilometres along a great circle, to one decimal.",
    },
    Timestamp => "Time" {
        "type": "string", "format": "date-time", "examples": ["2026-11-22T15:00:00.000Z"],
        "description": "RFC 3339. Answers are in UTC with milliseconds.",
    },
    Day => "Day" {
        "type": "string", "format": "date", "examples": ["2026-11-21"], "description": "A day in UTC.",
    },
}

#[cfg(test)]
mod tests {
    use std::fmt::Debug;
    use std::str::FromStr;

    use proptest::prelude::*;
    use proptest::string::string_regex;
    use proptest::test_runner::TestRunner;

    use super::*;

    /// Whatever the schema of `T` allows is read, at both ends of its length too, and one character more is not.
    fn is_read<T: JsonSchema + FromStr<Err: Debug>>() {
        let schema = T::json_schema(&mut SchemaGenerator::default());
        let pattern = schema.get("pattern").and_then(|pattern| pattern.as_str()).unwrap();
        let bound = |name: &str| schema.get(name).and_then(serde_json::Value::as_u64).unwrap();
        let (least, most) = (bound("minLength"), bound("maxLength"));
        let bare = pattern.trim_start_matches('^').trim_end_matches('$');
        // A pattern that leaves the length to the bounds ends in `+`, and tells of one character before it.
        let sized = match bare.strip_suffix('+') {
            Some(character) => format!("{character}{{{least},{most}}}"),
            None => bare.to_owned(),
        };
        let accepted = string_regex(&sized).unwrap().prop_filter("length", |text| text.chars().count() as u64 <= most);
        let mut runner = TestRunner::deterministic();
        runner
            .run(&accepted, |text| {
                prop_assert!(text.parse::<T>().is_ok(), "{} {text:?}", T::schema_name());
                // Blanks around a part number do not count.
                let text = text.trim();
                let longer = format!("{text}{}", "0".repeat(usize::try_from(most).unwrap() + 1 - text.chars().count()));
                prop_assert!(longer.parse::<T>().is_err(), "{} {longer:?}", T::schema_name());
                Ok(())
            })
            .unwrap();
        assert!("".parse::<T>().is_err());
        // One character of each kind that a pattern could have left out: what it leaves out is refused.
        for character in " !-._/+aZ0ÄIO\u{7f}\n".chars().filter(|_| bare.ends_with('+')) {
            let allowed = string_regex_allows(bare, character);
            assert_eq!(character.to_string().parse::<T>().is_ok(), allowed, "{} {character:?}", T::schema_name());
        }
    }

    /// Whether a class such as `[a-z0-9-]+` has the character.
    fn string_regex_allows(class: &str, character: char) -> bool {
        let inside: Vec<char> = class.trim_start_matches('[').trim_end_matches("]+").chars().collect();
        let mut at = 0;
        while at < inside.len() {
            if inside.get(at + 1) == Some(&'-') && at + 2 < inside.len() {
                if (inside[at]..=inside[at + 2]).contains(&character) {
                    return true;
                }
                at += 3;
            } else {
                if inside[at] == character {
                    return true;
                }
                at += 1;
            }
        }
        false
    }

    #[test]
    fn what_a_schema_allows_is_what_is_read() {
        is_read::<Sku>();
        is_read::<LocationId>();
        is_read::<Region>();
        is_read::<AccountId>();
        is_read::<BrandCode>();
        is_read::<OpaqueId>();
        is_read::<TermsId>();
        is_read::<RegisteredId>();
        is_read::<ProviderId>();
        is_read::<EndpointId>();
        is_read::<PartNumber>();
        is_read::<Vin>();
        is_read::<Currency>();
        is_read::<PriceType>();
    }
}
