//! The price anybody may see: retail, else list, and never below the maker's advertised-price floor.

use serde::{Deserialize, Serialize};

use super::Trace;
use super::ahead::{Ahead, first_change};
use super::dated::Dated;
use super::price::NoPrice;
use super::sheet::{PriceType, SheetPrice};
use crate::catalog::Part;
use crate::money::{Currency, Money, Price};
use crate::time::Timestamp;

/// What the public is shown for one unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct PublicPrice {
    /// One unit. The core charge is not in it.
    pub unit: Money,
    /// The core charge of one unit, where it is in the same currency.
    pub core: Option<Money>,
    /// `RET` or `LST`.
    pub price_type: PriceType,
    /// Whether the floor raised it.
    pub raised_to_floor: bool,
    /// The answer is the same until just before this instant. `None`: nothing that is known will change it.
    pub valid_until: Option<Timestamp>,
}

/// What one unit of `part` is advertised at: `RET`, else `LST`, of the sheets for everyone in `currency`; where a
/// minimum advertised price (`RMP`) is above it, that instead. Rounded half to even, but up where the floor decides: a
/// floor of 12.3401 is shown as 12.35.
pub fn public_price(
    part: &Part,
    currency: Currency,
    now: Timestamp,
    trace: &mut Trace<'_>,
) -> Result<PublicPrice, NoPrice> {
    let mut shown = advertised(part, currency, now, trace)?;
    let at = |instant| advertised(part, currency, instant, &mut Trace::silent());
    shown.valid_until = match first_change(now, &Ok(shown), |instant| turn_after(part, currency, instant), at) {
        Ahead::Never => None,
        Ahead::Changes(instant, _) | Ahead::NotBefore(instant) => Some(instant),
    };
    Ok(shown)
}

fn advertised(part: &Part, currency: Currency, now: Timestamp, trace: &mut Trace<'_>) -> Result<PublicPrice, NoPrice> {
    let found = [PriceType::RETAIL, PriceType::LIST].into_iter().find_map(|price_type| {
        let exact = newest(part, price_type, currency, 1, now);
        trace.note("public", || match exact {
            Some(exact) => format!("{price_type}: {exact}"),
            None => format!("no {price_type} in {currency}"),
        });
        exact.map(|exact| (price_type, exact))
    });
    let (price_type, exact) = found.ok_or_else(|| no_price(part, now))?;
    let core = part.core.filter(|_| part.currency == currency);
    let core = core.map(|core| core.charge.to_money(currency)).transpose()?;
    let mut shown =
        PublicPrice { unit: exact.to_money(currency)?, core, price_type, raised_to_floor: false, valid_until: None };
    if let Some(floor) = advertised_floor(part, currency, now) {
        let least = floor.to_money_rounded_up(currency)?;
        shown.raised_to_floor = shown.unit.amount < least.amount;
        shown.unit.amount = shown.unit.amount.max(least.amount);
        let raised = if shown.raised_to_floor { "raised to" } else { "not below" };
        trace.note("advertised_floor", || format!("{raised} {floor}: {} minor units", shown.unit.amount));
    }
    Ok(shown)
}

/// The price of a type on the sheets for everyone: the newest, then the first by sheet, then the lowest.
pub(super) fn newest(
    part: &Part,
    price_type: PriceType,
    currency: Currency,
    quantity: u32,
    now: Timestamp,
) -> Option<Price> {
    let sheets = part.prices.iter().filter(|price| price.price_type == price_type && price.scope.is_everyone());
    let serving = sheets.filter_map(|price| Some((price, Dated::from(price).unit(quantity, now, currency)?)));
    let best = serving.min_by_key(|(price, unit)| (std::cmp::Reverse(price.effective), &price.sheet, *unit));
    best.map(|(_, unit)| unit)
}

/// The highest floor that holds: an advertised price must not be below any.
fn advertised_floor(part: &Part, currency: Currency, now: Timestamp) -> Option<Price> {
    let floors = everyones(part, currency).filter(|price| price.price_type == PriceType::RETAIL_MAP);
    floors.filter_map(|price| Dated::from(price).unit(1, now, currency)).max()
}

fn turn_after(part: &Part, currency: Currency, now: Timestamp) -> Option<Timestamp> {
    everyones(part, currency).filter_map(|price| Dated::from(price).turn_after(now)).min()
}

fn everyones(part: &Part, currency: Currency) -> impl Iterator<Item = &SheetPrice> {
    part.prices.iter().filter(move |price| price.scope.is_everyone() && price.currency == currency)
}

fn no_price(part: &Part, now: Timestamp) -> NoPrice {
    let public = [PriceType::RETAIL, PriceType::LIST];
    let elsewhere = part.prices.iter().any(|price| {
        public.contains(&price.price_type)
            && price.scope.is_everyone()
            && price.is_valid_at(now)
            && price.breaks.iter().any(|step| step.from <= 1)
    });
    if elsewhere { NoPrice::CurrencyNotAvailable } else { NoPrice::NoPrice }
}
