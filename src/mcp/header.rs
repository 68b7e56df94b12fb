//! Header values that may be encoded, and origins.

/// The text that a header's value stands for: itself, or what `=?base64?…?=` holds. `None` for a value that is wrapped in
/// these marks and is not the one Base64 text (RFC 4648 §4, padded) of something in UTF-8.
pub fn decode(value: &str) -> Option<String> {
    match value.strip_prefix("=?base64?").and_then(|rest| rest.strip_suffix("?=")) {
        Some(encoded) => String::from_utf8(base64(encoded)?).ok(),
        None => Some(value.to_owned()),
    }
}

fn base64(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(4) {
        return None;
    }
    let digits = text.trim_end_matches('=');
    let padding = text.len().saturating_sub(digits.len());
    let mut bytes = Vec::with_capacity(text.len());
    let (mut held, mut bits) = (0_u32, 0_u32);
    for digit in digits.bytes() {
        let value = match digit {
            b'A'..=b'Z' => digit.saturating_sub(b'A'),
            b'a'..=b'z' => digit.saturating_sub(b'a').saturating_add(26),
            b'0'..=b'9' => digit.saturating_sub(b'0').saturating_add(52),
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        // At most six bits stay from one digit to the next.
        held = (held << 6 | u32::from(value)) & 0xfff;
        bits = bits.saturating_add(6);
        if bits >= 8 {
            bits = bits.saturating_sub(8);
            bytes.push(u8::try_from((held >> bits) & 0xff).ok()?);
        }
    }
    // One text for one value: the padding is what it must be, and no bit is left over.
    let (expected, left) = match bits {
        0 => (0, 0),
        2 => (1, held & 0b11),
        4 => (2, held & 0b1111),
        _ => return None,
    };
    (left == 0 && padding == expected).then_some(bytes)
}

/// Whether an `Origin` is this machine: a page that was served from it.
pub fn is_loopback(origin: &str) -> bool {
    let host = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://")).unwrap_or_default();
    ["localhost", "127.0.0.1", "[::1]"].iter().any(|name| {
        host.strip_prefix(name).is_some_and(|rest| {
            rest.is_empty()
                || rest.strip_prefix(':').is_some_and(|port| port.bytes().all(|digit| digit.is_ascii_digit()))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::{decode, is_loopback};

    #[test]
    fn a_value_is_itself_unless_it_is_wrapped() {
        for (value, text) in [
            ("query_parts", Some("query_parts")),
            ("", Some("")),
            ("=?base64?SGVsbG8sIOS4lueVjA==?=", Some("Hello, 世界")),
            ("=?base64?IHBhZGRlZCA=?=", Some(" padded ")),
            ("=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?=", Some("=?base64?literal?=")),
            ("=?base64??=", Some("")),
            // The marks are case-sensitive and both needed: what is not wrapped is literal.
            ("=?BASE64?SGVsbG8=?=", Some("=?BASE64?SGVsbG8=?=")),
            ("=?base64?SGVsbG8=", Some("=?base64?SGVsbG8=")),
        ] {
            assert_eq!(decode(value).as_deref(), text, "{value}");
        }
    }

    #[test]
    fn what_is_wrapped_is_the_one_base64_of_a_text() {
        for value in [
            "=?base64?SGVsbG8?=",   // no padding
            "=?base64?SGVsbG8==?=", // too much of it
            "=?base64?SGVsbG9=?=",  // bits left over
            "=?base64?SGVs!G8=?=",
            "=?base64?SGVs bG8=?=",
            "=?base64?SGVs-_8=?=", // the alphabet for URLs
            "=?base64?====?=",
            "=?base64?A===?=",
            "=?base64?/////w==?=", // not UTF-8
        ] {
            assert_eq!(decode(value), None, "{value}");
        }
    }

    #[test]
    fn this_machine_is_known_by_three_names_and_nothing_that_begins_like_them() {
        for origin in ["http://localhost", "http://localhost:6274", "https://127.0.0.1:8787", "http://[::1]:1"] {
            assert!(is_loopback(origin), "{origin}");
        }
        for origin in [
            "null",
            "",
            "http://localhost.example",
            "http://127.0.0.1.example:80",
            "http://localhost:80@x",
            "ftp://localhost",
        ] {
            assert!(!is_loopback(origin), "{origin}");
        }
    }
}
