//! Whole numbers in text: five bits a character, least first; the sixth bit says that more follow. Nothing of it is escaped in
//! JSON.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const NONE: u8 = 64;
const VALUES: [u8; 256] = values();

#[expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    reason = "worked out when it is compiled"
)]
const fn values() -> [u8; 256] {
    let mut values = [NONE; 256];
    let mut value = 0;
    while value < ALPHABET.len() {
        values[ALPHABET[value] as usize] = value as u8;
        value += 1;
    }
    values
}

fn digit(value: u32) -> char {
    ALPHABET.get((value & 63) as usize).copied().map_or('A', char::from)
}

fn value(byte: u8) -> u32 {
    u32::from(VALUES.get(usize::from(byte)).copied().unwrap_or(NONE))
}

/// Writes a number.
pub fn put(out: &mut String, mut number: u32) {
    while number > 31 {
        out.push(digit(number & 31 | 32));
        number >>= 5;
    }
    out.push(digit(number));
}

/// Writes the lowest `6 × width` bits of a number, in so many characters.
pub fn put_fixed(out: &mut String, number: u64, width: u32) {
    for place in (0..width).rev() {
        #[expect(clippy::cast_possible_truncation, reason = "six bits of it are wanted")]
        out.push(digit((number >> place.saturating_mul(6)) as u32));
    }
}

/// Reads what [`put_fixed`] wrote.
pub fn fixed(text: &str) -> Option<u32> {
    let mut number = 0_u32;
    for byte in text.bytes() {
        let value = value(byte);
        if value == u32::from(NONE) {
            return None;
        }
        number = number << 6 | value;
    }
    Some(number)
}

/// The numbers of a text, up to its end or to the first character that is none.
pub struct Numbers<'a>(std::slice::Iter<'a, u8>);

impl<'a> Numbers<'a> {
    /// Those of `text`.
    pub fn of(text: &'a str) -> Self {
        Self(text.as_bytes().iter())
    }
}

impl Iterator for Numbers<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        let (mut number, mut shift) = (0_u32, 0_u32);
        loop {
            let value = value(*self.0.next()?);
            if value == u32::from(NONE) || shift > 30 {
                return None;
            }
            number |= (value & 31) << shift;
            if value < 32 {
                return Some(number);
            }
            shift = shift.wrapping_add(5);
        }
    }
}
