//! Exact money: prices with four decimals, amounts in minor units, one rounding.
//!
//! A sheet price such as `12.3456` is kept exactly ([`Price`]). It becomes an amount a caller can pay ([`Money`]) once,
//! at the extended amount of a line, rounded half to even (IEEE 754 §4.3.1, the rule accountants call banker's rounding).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The largest amount Holdfast handles: 10^12 minor units.
pub const MAX_MINOR_UNITS: i64 = 1_000_000_000_000;

/// Ten-thousandths in one major unit: the four decimals of a sheet price.
const PRICE_SCALE: i64 = 10_000;

/// Why an amount could not be formed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Not a decimal number, or more than four decimals.
    #[error("a price is a decimal number with at most four decimals")]
    NotAPrice,
    /// Not three capital letters.
    #[error("a currency is an ISO 4217 code of three capital letters")]
    NotACurrency,
    /// Beyond [`MAX_MINOR_UNITS`], or an overflow on the way.
    #[error("an amount may not pass 10^12 minor units")]
    TooLarge,
    /// Two amounts of different currencies met.
    #[error("amounts of different currencies cannot be added")]
    CurrencyMismatch,
}

/// An ISO 4217 currency code, such as `USD`; [`Currency::USD`] where a record names none.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Currency([u8; 3]);

impl Currency {
    /// US dollar, the default of sheets that name no currency.
    pub const USD: Self = Self(*b"USD");

    /// Whether it is the currency of records that name none, and so need not be written.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// Decimal digits of the minor unit (ISO 4217: 2 for most, 0 for yen-like, 3 for dinar-like currencies).
    pub fn minor_digits(self) -> u32 {
        match &self.0 {
            b"BIF" | b"CLP" | b"DJF" | b"GNF" | b"ISK" | b"JPY" | b"KMF" | b"KRW" | b"PYG" | b"RWF" | b"UGX"
            | b"VND" | b"VUV" | b"XAF" | b"XOF" | b"XPF" => 0,
            b"BHD" | b"IQD" | b"JOD" | b"KWD" | b"LYD" | b"OMR" | b"TND" => 3,
            _ => 2,
        }
    }

    /// The code as text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl Default for Currency {
    fn default() -> Self {
        Self::USD
    }
}

impl FromStr for Currency {
    type Err = MoneyError;

    fn from_str(text: &str) -> Result<Self, MoneyError> {
        match <[u8; 3]>::try_from(text.as_bytes()) {
            Ok(code) if code.iter().all(u8::is_ascii_uppercase) => Ok(Self(code)),
            _ => Err(MoneyError::NotACurrency),
        }
    }
}

/// An amount in minor units (cents for USD) of one currency; may be negative for a refund.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Money {
    /// Minor units: 1234 is $12.34.
    #[cfg_attr(feature = "openapi", schemars(range(min = -1_000_000_000_000_i64, max = 1_000_000_000_000_i64)))]
    pub amount: i64,
    /// The currency of `amount`.
    pub currency: Currency,
}

impl Money {
    /// Nothing, in `currency`.
    pub fn zero(currency: Currency) -> Self {
        Self { amount: 0, currency }
    }

    /// The sum, refused on overflow, past [`MAX_MINOR_UNITS`], or across currencies.
    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::CurrencyMismatch);
        }
        let amount = self.amount.checked_add(other.amount).ok_or(MoneyError::TooLarge)?;
        if amount.abs() > MAX_MINOR_UNITS {
            return Err(MoneyError::TooLarge);
        }
        Ok(Self { amount, ..self })
    }
}

/// A unit price in ten-thousandths of the currency's major unit: `12.3456` is `Price(123456)`. Never negative.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Price(i64);

impl Price {
    /// A price of `ten_thousandths` / 10,000 major units; refused below zero or past 10^12 minor units of two digits.
    pub fn from_ten_thousandths(ten_thousandths: i64) -> Result<Self, MoneyError> {
        match ten_thousandths {
            ..0 => Err(MoneyError::NotAPrice),
            // 10^12 cents is 10^10 major units, so 10^14 ten-thousandths.
            100_000_000_000_001.. => Err(MoneyError::TooLarge),
            exact => Ok(Self(exact)),
        }
    }

    /// Ten-thousandths of the major unit.
    pub fn ten_thousandths(self) -> i64 {
        self.0
    }

    /// `self × quantity` in minor units of `currency`, rounded half to even: the one rounding a line gets.
    pub fn extended(self, quantity: u32, currency: Currency) -> Result<Money, MoneyError> {
        // minor = price × quantity × 10^digits / 10^4; digits ≤ 3, so the product stays far below i128's range.
        let scaled = i128::from(self.0)
            .checked_mul(i128::from(quantity))
            .and_then(|product| product.checked_mul(10_i128.pow(currency.minor_digits())))
            .ok_or(MoneyError::TooLarge)?;
        amount(div_half_even(scaled, i128::from(PRICE_SCALE)), currency)
    }

    /// The price of one unit as an amount: `extended` with a quantity of one.
    pub fn to_money(self, currency: Currency) -> Result<Money, MoneyError> {
        self.extended(1, currency)
    }

    /// The smallest amount that is not below this price: what a floor becomes when it is shown.
    pub fn to_money_rounded_up(self, currency: Currency) -> Result<Money, MoneyError> {
        let scaled = i128::from(self.0).saturating_mul(10_i128.pow(currency.minor_digits()));
        amount(div_up(scaled, i128::from(PRICE_SCALE)), currency)
    }

    /// The smallest price that is `basis_points` hundredths of a percent or more above this one (1,500 is 15 % more),
    /// rounded up at the fourth decimal: what a margin on this cost asks for.
    pub fn marked_up(self, basis_points: u32) -> Result<Self, MoneyError> {
        let scaled = i128::from(self.0).saturating_mul(i128::from(basis_points).saturating_add(10_000));
        let exact = i64::try_from(div_up(scaled, 10_000)).map_err(|_| MoneyError::TooLarge)?;
        Self::from_ten_thousandths(exact)
    }

    /// This price changed by `basis_points` hundredths of a percent (−1,000 is 10 % off), rounded half to even at the
    /// fourth decimal, never below zero.
    pub fn adjusted(self, basis_points: i32) -> Result<Self, MoneyError> {
        let factor = i128::from(basis_points).saturating_add(10_000).max(0);
        let scaled = i128::from(self.0).checked_mul(factor).ok_or(MoneyError::TooLarge)?;
        let exact = i64::try_from(div_half_even(scaled, 10_000)).map_err(|_| MoneyError::TooLarge)?;
        Self::from_ten_thousandths(exact)
    }
}

/// `minor_units` of `currency`, refused past [`MAX_MINOR_UNITS`].
fn amount(minor_units: i128, currency: Currency) -> Result<Money, MoneyError> {
    match i64::try_from(minor_units) {
        Ok(amount) if amount <= MAX_MINOR_UNITS => Ok(Money { amount, currency }),
        _ => Err(MoneyError::TooLarge),
    }
}

/// `numerator / denominator` rounded up. `numerator` ≥ 0, `denominator` > 0.
fn div_up(numerator: i128, denominator: i128) -> i128 {
    let rest = numerator.rem_euclid(denominator);
    numerator.div_euclid(denominator).saturating_add(i128::from(rest > 0))
}

/// `numerator / denominator` to the nearest integer, ties to even. `numerator` ≥ 0, `denominator` > 0.
fn div_half_even(numerator: i128, denominator: i128) -> i128 {
    let quotient = numerator.div_euclid(denominator);
    let twice_rest = numerator.rem_euclid(denominator).saturating_mul(2);
    let round_up = twice_rest > denominator || (twice_rest == denominator && quotient.rem_euclid(2) == 1);
    quotient.saturating_add(i128::from(round_up))
}

impl FromStr for Price {
    type Err = MoneyError;

    /// `12`, `12.5`, `12.3456`; no sign, exponent, separator or fifth decimal.
    fn from_str(text: &str) -> Result<Self, MoneyError> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(whole) || !digits(fraction) || fraction.len() > 4 {
            return Err(MoneyError::NotAPrice);
        }
        let number: i64 = format!("{whole}{fraction:0<4}").parse().map_err(|_| MoneyError::TooLarge)?;
        Self::from_ten_thousandths(number)
    }
}

impl fmt::Display for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, fraction) = (self.0.div_euclid(PRICE_SCALE), self.0.rem_euclid(PRICE_SCALE));
        write!(f, "{whole}.{fraction:04}")
    }
}

impl fmt::Debug for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::parsed(deserializer)
    }
}

/// Stored as ten-thousandths: an integer, exact and short.
impl Serialize for Price {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(self.0)
    }
}

impl<'de> Deserialize<'de> for Price {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_ten_thousandths(i64::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn price(text: &str) -> Price {
        text.parse().unwrap()
    }

    #[test]
    fn a_tie_rounds_to_the_even_cent() {
        for (unit, quantity, cents) in
            [("0.0050", 1, 0), ("0.0150", 1, 2), ("0.0250", 1, 2), ("0.0050", 3, 2), ("12.3456", 100, 123_456)]
        {
            assert_eq!(price(unit).extended(quantity, Currency::USD).unwrap().amount, cents, "{unit} × {quantity}");
        }
    }

    #[test]
    fn the_minor_unit_follows_the_currency() {
        let amount = |code: &str| price("12.3456").to_money(code.parse().unwrap()).unwrap().amount;
        assert_eq!((amount("JPY"), amount("USD"), amount("KWD")), (12, 1_235, 12_346));
    }

    #[test]
    fn what_is_not_a_price_is_refused() {
        for text in ["", ".", "1.", ".5", "-1", "+1", "1e3", "1,000", "0.00001", "٣", "99999999999999999999"] {
            assert!(text.parse::<Price>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn the_largest_amount_is_ten_to_the_twelve_minor_units() {
        let largest = price("10000000000");
        assert_eq!(largest.to_money(Currency::USD).unwrap().amount, MAX_MINOR_UNITS);
        assert_eq!(largest.extended(2, Currency::USD), Err(MoneyError::TooLarge));
        assert_eq!("10000000000.0001".parse::<Price>(), Err(MoneyError::TooLarge));
    }

    #[test]
    fn a_floor_is_rounded_up_never_down() {
        let shown = |text: &str| price(text).to_money_rounded_up(Currency::USD).unwrap().amount;
        assert_eq!((shown("12.3400"), shown("12.3401"), shown("12.3450")), (1_234, 1_235, 1_235));
        assert_eq!(price("10").marked_up(1_500).unwrap(), price("11.5"));
        assert_eq!(price("0.0001").marked_up(1).unwrap(), price("0.0002"));
        assert_eq!(price("10000000000").marked_up(1), Err(MoneyError::TooLarge));
        assert_eq!(price("10000000000").marked_up(u32::MAX), Err(MoneyError::TooLarge));
    }

    proptest! {
        #[test]
        fn display_and_parse_are_inverse(exact in 0..=100_000_000_000_000_i64) {
            let price = Price::from_ten_thousandths(exact).unwrap();
            prop_assert_eq!(price.to_string().parse::<Price>().unwrap(), price);
        }

        #[test]
        fn an_extended_amount_is_within_half_a_cent_of_the_exact_one(exact in 0..100_000_000_i64, quantity in 1..=1_000_000_u32) {
            let money = Price(exact).extended(quantity, Currency::USD).unwrap();
            let (exact, rounded) = (i128::from(exact) * i128::from(quantity), i128::from(money.amount) * 100);
            prop_assert!((exact - rounded).abs() <= 50);
            prop_assert!((exact - rounded).abs() < 50 || money.amount % 2 == 0);
        }
    }
}
