//! Base64url without padding (RFC 4648 §5), as JOSE uses it. Each text has one meaning and each meaning one text: what
//! is padded, broken into lines or leaves bits over is refused.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The text of `bytes`.
pub fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3).saturating_mul(4));
    for group in bytes.chunks(3) {
        let (bits, digits) = match *group {
            [a] => ([0, a, 0, 0], 2),
            [a, b] => ([0, a, b, 0], 3),
            [a, b, c, ..] => ([0, a, b, c], 4),
            [] => ([0; 4], 0),
        };
        let bits = u32::from_be_bytes(bits);
        for shift in [18, 12, 6, 0].into_iter().take(digits) {
            let digit = ALPHABET.get((bits >> shift & 63) as usize).copied();
            text.push(char::from(digit.unwrap_or_default()));
        }
    }
    text
}

/// The bytes of `text`, if it is the one text of any.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    for digits in text.as_bytes().chunks(4) {
        let mut bits = 0_u32;
        for digit in digits {
            bits = bits << 6 | value(*digit)?;
        }
        match digits.len() {
            4 => bytes.extend(bits.to_be_bytes().into_iter().skip(1)),
            3 if bits.trailing_zeros() >= 2 => bytes.extend((bits >> 2).to_be_bytes().into_iter().skip(2)),
            2 if bits.trailing_zeros() >= 4 => bytes.extend((bits >> 4).to_be_bytes().into_iter().skip(3)),
            _ => return None,
        }
    }
    Some(bytes)
}

/// Exactly `N` bytes.
pub fn decode_array<const N: usize>(text: &str) -> Option<[u8; N]> {
    decode(text)?.try_into().ok()
}

fn value(digit: u8) -> Option<u32> {
    Some(match digit {
        b'A'..=b'Z' => u32::from(digit).saturating_sub(65),
        b'a'..=b'z' => u32::from(digit).saturating_sub(71),
        b'0'..=b'9' => u32::from(digit).saturating_add(4),
        b'-' => 62,
        b'_' => 63,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_text_is_the_published_one() {
        // RFC 4648 §10, without the padding.
        for (bytes, text) in [
            ("", ""),
            ("f", "Zg"),
            ("fo", "Zm8"),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg"),
            ("fooba", "Zm9vYmE"),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(encode(bytes.as_bytes()), text);
            assert_eq!(decode(text).as_deref(), Some(bytes.as_bytes()));
        }
        assert_eq!(encode(&[0xfb, 0xff]), "-_8");
    }

    #[test]
    fn another_text_of_the_same_bytes_is_refused() {
        for text in ["Zg==", "Zh", "Zm9=", "Zm9", "Z", "Zm9v\n", " Zm9v", "Zm+v", "Zm/v", "Zé"] {
            assert_eq!(decode(text), None, "{text:?}");
        }
        assert_eq!(decode_array::<2>("Zm9v"), None);
    }

    proptest! {
        #[test]
        fn bytes_come_back_and_no_second_text_has_them(bytes: Vec<u8>, text in "[A-Za-z0-9_-]{0,9}") {
            prop_assert_eq!(decode(&encode(&bytes)), Some(bytes));
            if let Some(bytes) = decode(&text) {
                prop_assert_eq!(encode(&bytes), text);
            }
        }
    }
}
