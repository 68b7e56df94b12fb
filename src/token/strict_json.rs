//! JSON in which no object names a member twice. Parsers differ in which of two members they believe, so a signed text
//! that has both could mean one thing to us and another to a gateway (RFC 8725 §2.4 speaks of such confusion).

use std::fmt;

use crate::order::SortedSet;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// Whether `text` is one JSON value without a member named twice, at any depth.
pub fn is_sound(text: &[u8]) -> bool {
    serde_json::from_slice::<Sound>(text).is_ok()
}

struct Sound;

impl<'de> Deserialize<'de> for Sound {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Look)
    }
}

struct Look;

impl<'de> Visitor<'de> for Look {
    type Value = Sound;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Sound, E> {
        Ok(Sound)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Sound, E> {
        Ok(Sound)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Sound, E> {
        Ok(Sound)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Sound, E> {
        Ok(Sound)
    }

    fn visit_str<E>(self, _: &str) -> Result<Sound, E> {
        Ok(Sound)
    }

    fn visit_unit<E>(self) -> Result<Sound, E> {
        Ok(Sound)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Sound, A::Error> {
        while list.next_element::<Sound>()?.is_some() {}
        Ok(Sound)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Sound, A::Error> {
        let mut names = SortedSet::default();
        while let Some(name) = object.next_key::<String>()? {
            if !names.insert(name) {
                return Err(A::Error::custom("a member is named twice"));
            }
            object.next_value::<Sound>()?;
        }
        Ok(Sound)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_named_twice_is_found_at_any_depth_and_in_any_spelling() {
        for text in [
            r#"{"a":1,"a":1}"#,
            r#"{"a":1,"b":{"c":[{"d":null,"d":2.5}]}}"#,
            r#"{"exp":1,"\u0065xp":2}"#,
            r#"[{"":0,"":0}]"#,
        ] {
            assert!(!is_sound(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn the_same_name_in_two_objects_is_sound() {
        let text = r#"{"a":{"a":[true,{"a":"x"},{"a":-1}]},"b":18446744073709551615}"#;
        assert!(is_sound(text.as_bytes()));
    }

    #[test]
    fn what_is_not_one_json_value_is_not_sound() {
        let deep = "[".repeat(200) + &"]".repeat(200);
        for text in ["", "{", "{}{}", "{}x", "\u{feff}{}", "nul", &deep] {
            assert!(!is_sound(text.as_bytes()), "{text}");
        }
        assert!(!is_sound(b"{\"a\":\"\xff\"}"));
    }
}
