//! The check digit at position 9: weighted sum of transliterated characters, modulo 11 (49 CFR 565.15(c)).

use super::LENGTH;

/// Weight of each position; the check digit itself counts nothing.
const WEIGHTS: [u32; LENGTH] = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];

/// The check digit that the other sixteen characters ask for.
pub(super) fn expected(vin: &[u8; LENGTH]) -> char {
    let sum = vin.iter().zip(WEIGHTS).fold(0_u32, |sum, (&character, weight)| {
        // At most 17 × 9 × 10: saturation is never reached.
        sum.saturating_add(value(character).saturating_mul(weight))
    });
    char::from_digit(sum % 11, 10).unwrap_or('X')
}

/// Digits count as themselves; letters by a table with the gaps of I, O and Q.
const fn value(character: u8) -> u32 {
    match character {
        b'1' | b'A' | b'J' => 1,
        b'2' | b'B' | b'K' | b'S' => 2,
        b'3' | b'C' | b'L' | b'T' => 3,
        b'4' | b'D' | b'M' | b'U' => 4,
        b'5' | b'E' | b'N' | b'V' => 5,
        b'6' | b'F' | b'W' => 6,
        b'7' | b'G' | b'P' | b'X' => 7,
        b'8' | b'H' | b'Y' => 8,
        b'9' | b'R' | b'Z' => 9,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::super::Vin;

    #[test]
    fn published_examples_have_right_check_digits() {
        for text in ["11111111111111111", "1M8GDM9AXKP042788", "1HGCM82633A004352", "5GZCZ43D13S812715"] {
            assert!(text.parse::<Vin>().unwrap().check_digit_matches(), "{text}");
        }
    }

    #[test]
    fn one_changed_character_is_noticed_and_the_right_digit_is_known() {
        let vin: Vin = "1M8GDM9A1KP042788".parse().unwrap();
        assert!(!vin.check_digit_matches());
        assert_eq!(vin.expected_check_digit(), 'X');
    }
}
