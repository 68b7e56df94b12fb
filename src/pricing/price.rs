//! The price of a line, for an account.

use serde::{Deserialize, Serialize};

use super::ahead::{Ahead, first_change};
use super::dated::Dated;
use super::level::{Level, base_price, scope_rank};
use super::sheet::{PriceType, SheetPrice};
use super::terms::{Account, Contract, ContractPrice, Promotion};
use super::{Trace, promotion};
use crate::catalog::Part;
use crate::id::{Quantity, TermsId};
use crate::money::{Currency, Money, MoneyError, Price};
use crate::time::Timestamp;

/// Who buys, and on what terms. One buyer prices every line of a request.
#[derive(Debug, Clone, Copy)]
pub struct Buyer<'a> {
    /// The account.
    pub account: &'a Account,
    /// Its contract, if it has one. A contract that is not the account's is not looked at.
    pub contract: Option<&'a Contract>,
    /// The promotions there are, whomever they are for, in any order.
    pub promotions: &'a [Promotion],
}

/// What a line costs. This is the `price` object of the API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct PricedLine {
    /// One unit, rounded to minor units for people. The core charge is never in it.
    pub unit: Money,
    /// One unit, exactly, as `12.3456`: what `extended` is made from.
    #[serde(with = "super::exact")]
    #[cfg_attr(feature = "openapi", schemars(with = "Price"))]
    pub unit_exact: Price,
    /// The list price of one unit at this quantity, if there is one.
    pub list: Option<Money>,
    /// The core charge of one unit: a deposit, a line of its own.
    pub core: Option<Money>,
    /// The core charge of the whole quantity; not in `extended`.
    pub core_extended: Option<Money>,
    /// `unit_exact` × quantity, rounded half to even once.
    pub extended: Money,
    /// The PIES price type; `QOT` for a contract's price.
    pub price_type: PriceType,
    /// Where the price comes from.
    pub level: Level,
    /// The promotion that lowered it, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promotion: Option<TermsId>,
    /// The answer is the same until just before this instant. `None`: nothing that is known will change it.
    pub valid_until: Option<Timestamp>,
    /// The next larger quantity at which a unit costs something else, if one of the next 16 breaks is one.
    pub break_next: Option<BreakNext>,
}

/// A larger quantity and what a unit costs then, promotions and floors included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct BreakNext {
    /// From this quantity on.
    pub quantity: u32,
    /// One unit, rounded to minor units.
    pub unit: Money,
    /// One unit, exactly.
    #[serde(with = "super::exact")]
    #[cfg_attr(feature = "openapi", schemars(with = "Price"))]
    pub unit_exact: Price,
}

/// Why an account has no price for a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoPrice {
    /// The account may not buy the brand.
    #[error("this brand is not sold to this account")]
    BrandNotSold,
    /// There are prices (or a core charge), but not in the account's currency.
    #[error("there is no price in this account's currency")]
    CurrencyNotAvailable,
    /// The prices start at a larger quantity.
    #[error("the smallest quantity with a price is {from}")]
    QuantityTooSmall {
        /// The smallest quantity that has a price.
        from: u32,
    },
    /// No level has a price.
    #[error("there is no price for this part")]
    NoPrice,
    /// The line passes the largest amount there is ([`crate::money::MAX_MINOR_UNITS`]).
    #[error("the amount of this line is too large")]
    AmountTooLarge,
}

impl NoPrice {
    /// The stable code a caller sees.
    pub fn code(self) -> &'static str {
        match self {
            Self::BrandNotSold => "brand_not_sold_to_account",
            Self::CurrencyNotAvailable => "currency_not_available",
            Self::QuantityTooSmall { .. } => "quantity_too_small",
            Self::NoPrice => "no_price",
            Self::AmountTooLarge => "amount_too_large",
        }
    }
}

impl From<MoneyError> for NoPrice {
    fn from(_: MoneyError) -> Self {
        Self::AmountTooLarge
    }
}

/// What `quantity` units of `part` cost `buyer` at `now`: the first level that has a price ([`Level`]), lowered by the
/// best promotion, raised to the margin floor. `trace` takes down how.
pub fn price(
    part: &Part,
    buyer: &Buyer<'_>,
    quantity: Quantity,
    now: Timestamp,
    trace: &mut Trace<'_>,
) -> Result<PricedLine, NoPrice> {
    let (account, units) = (buyer.account, quantity.get());
    if account.refused_brands.contains(&part.brand) {
        trace.note("brand", || format!("{} is not sold to {}", part.brand, account.id));
        return Err(NoPrice::BrandNotSold);
    }
    let terms = Terms::of(part, buyer);
    let Some(answer) = terms.answer(units, now, trace)? else {
        return Err(terms.no_price(units, now));
    };
    let core = terms.core(units, trace)?;
    let currency = account.currency;
    let extended = answer.unit.extended(units, currency)?;
    let unit = answer.unit;
    trace.note("extended", || format!("{unit} × {units}, half to even: {} minor units {currency}", extended.amount));
    let break_next = terms.break_next(&answer, units, now);
    let line = PricedLine {
        unit: unit.to_money(currency)?,
        unit_exact: unit,
        list: answer.list,
        core: core.map(|(each, _)| each),
        core_extended: core.map(|(_, all)| all),
        extended,
        price_type: answer.price_type,
        level: answer.level,
        promotion: answer.promotion.cloned(),
        valid_until: terms.valid_until(&answer, break_next, units, now),
        break_next,
    };
    trace.note("break_next", || match line.break_next {
        Some(next) => format!("from quantity {}: {}", next.quantity, next.unit_exact),
        None => "no larger quantity changes the price".to_owned(),
    });
    trace.note("valid_until", || match line.valid_until {
        Some(end) => format!("the same until {end}"),
        None => "nothing known will change it".to_owned(),
    });
    Ok(line)
}

/// The terms that concern one part.
pub(super) struct Terms<'a> {
    pub(super) part: &'a Part,
    pub(super) account: &'a Account,
    pub(super) contract: Option<&'a ContractPrice>,
    pub(super) promotions: Vec<&'a Promotion>,
}

/// What changes with quantity and time; the rest of a [`PricedLine`] follows from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Answer<'a> {
    unit: Price,
    list: Option<Money>,
    price_type: PriceType,
    level: Level,
    promotion: Option<&'a TermsId>,
}

impl<'a> Terms<'a> {
    fn of(part: &'a Part, buyer: &Buyer<'a>) -> Self {
        let account = buyer.account;
        let own = buyer.contract.filter(|contract| account.contract.as_ref() == Some(&contract.id));
        Self {
            part,
            account,
            contract: own.and_then(|contract| contract.prices.get(&part.sku)),
            promotions: buyer.promotions.iter().filter(|promotion| promotion.concerns(part, account)).collect(),
        }
    }

    /// The answer for a quantity at a time; `None` where no level has a price.
    fn answer(&self, quantity: u32, now: Timestamp, trace: &mut Trace<'_>) -> Result<Option<Answer<'a>>, MoneyError> {
        let Some(base) = base_price(self, quantity, now, trace)? else { return Ok(None) };
        let currency = self.account.currency;
        let list = super::public::newest(self.part, PriceType::LIST, currency, quantity, now);
        let list = list.map(|list| list.to_money(currency)).transpose()?;
        let mut answer =
            Answer { unit: base.unit, list, price_type: base.price_type, level: base.level, promotion: None };
        if base.level == Level::Contract {
            trace.note("promotion", || "none: an agreed price is net".to_owned());
            trace.note("margin_floor", || "none: contracts are excepted".to_owned());
            return Ok(Some(answer));
        }
        if let Some((promotion, unit)) = promotion::best(self, base.unit, quantity, now, trace)? {
            answer.unit = unit;
            answer.promotion = Some(&promotion.id);
        }
        answer.unit = self.raised_to_floor(answer.unit, trace)?;
        Ok(Some(answer))
    }

    /// `unit`, or the least that leaves the account's margin on cost. The explanation names neither cost nor margin:
    /// together with the floor each gives the other away.
    fn raised_to_floor(&self, unit: Price, trace: &mut Trace<'_>) -> Result<Price, MoneyError> {
        let (Some(margin), Some(cost)) = (self.account.margin_floor_bp, self.part.cost) else {
            trace.note("margin_floor", || "none".to_owned());
            return Ok(unit);
        };
        if self.part.currency != self.account.currency {
            trace.note("margin_floor", || format!("none: the cost is not known in {}", self.account.currency));
            return Ok(unit);
        }
        let floor = cost.marked_up(margin)?;
        if unit < floor {
            trace.note("margin_floor", || format!("raised from {unit} to the least that may be asked: {floor}"));
            return Ok(floor);
        }
        trace.note("margin_floor", || format!("kept: {unit}"));
        Ok(unit)
    }

    /// The core charge of one unit and of all. A charge in another currency cannot be billed to the account, and
    /// without its deposit the part is not sold.
    fn core(&self, quantity: u32, trace: &mut Trace<'_>) -> Result<Option<(Money, Money)>, NoPrice> {
        let Some(core) = self.part.core else { return Ok(None) };
        let currency = self.account.currency;
        if self.part.currency != currency {
            trace.note("core", || format!("the core charge is in {}, not {currency}", self.part.currency));
            return Err(NoPrice::CurrencyNotAvailable);
        }
        let all = core.charge.extended(quantity, currency)?;
        trace.note("core", || {
            format!("a line of its own, {} × {quantity}: {} minor units {currency}", core.charge, all.amount)
        });
        Ok(Some((core.charge.to_money(currency)?, all)))
    }

    /// The first instant at which the answer or its next break is another.
    fn valid_until(
        &self,
        answer: &Answer<'a>,
        break_next: Option<BreakNext>,
        quantity: u32,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let at = |instant| {
            let answer = self.answer(quantity, instant, &mut Trace::silent()).ok().flatten()?;
            Some((answer, self.break_next(&answer, quantity, instant)))
        };
        let present = Some((*answer, break_next));
        match first_change(now, &present, |instant| self.turn_after(instant), at) {
            Ahead::Never => None,
            Ahead::Changes(instant, _) | Ahead::NotBefore(instant) => Some(instant),
        }
    }

    /// The first larger quantity at which a unit has another price.
    fn break_next(&self, answer: &Answer<'a>, quantity: u32, now: Timestamp) -> Option<BreakNext> {
        let currency = self.account.currency;
        // A quantity that has no price is no break.
        let at = |quantity| self.unit(quantity, now).unwrap_or(answer.unit);
        match first_change(quantity, &answer.unit, |quantity| self.break_above(quantity), at) {
            Ahead::Changes(quantity, unit) => {
                Some(BreakNext { quantity, unit: unit.to_money(currency).ok()?, unit_exact: unit })
            }
            Ahead::Never | Ahead::NotBefore(_) => None,
        }
    }

    fn unit(&self, quantity: u32, now: Timestamp) -> Option<Price> {
        self.answer(quantity, now, &mut Trace::silent()).ok().flatten().map(|answer| answer.unit)
    }

    /// The next instant at which any record that concerns the line starts or ends.
    fn turn_after(&self, now: Timestamp) -> Option<Timestamp> {
        let promotions = self.promotions.iter().flat_map(|promotion| [promotion.from, promotion.until]);
        let promotions = promotions.filter(|turn| *turn > now);
        self.records().filter_map(|record| record.turn_after(now)).chain(promotions).min()
    }

    /// The next quantity, of those that can be ordered, at which any record that concerns the line has a break.
    fn break_above(&self, quantity: u32) -> Option<u32> {
        let promotions = self.promotions.iter().filter_map(|promotion| promotion.scope.minimum_quantity);
        let promotions = promotions.filter(|minimum| *minimum > quantity);
        let next = self.records().filter_map(|record| record.break_above(quantity)).chain(promotions).min();
        next.filter(|next| *next <= Quantity::MAX)
    }

    /// The dated prices in the account's currency that any level may look at.
    fn records(&self) -> impl Iterator<Item = Dated<'a>> {
        let account = self.account;
        let open = move |price: &&SheetPrice| {
            price.currency == account.currency
                && price.price_type.is_selling_price()
                && scope_rank(&price.scope, account).is_some()
        };
        let contract = self.contract.filter(|price| price.currency == account.currency);
        self.part.prices.iter().filter(open).map(Dated::from).chain(contract.map(Dated::from))
    }

    /// Why there is no price.
    fn no_price(&self, quantity: u32, now: Timestamp) -> NoPrice {
        let has_price = |quantity| self.unit(quantity, now).is_some();
        if let Ahead::Changes(from, _) =
            first_change(quantity, &false, |quantity| self.break_above(quantity), has_price)
        {
            return NoPrice::QuantityTooSmall { from };
        }
        if self.currencies(now).any(|currency| currency != self.account.currency) {
            return NoPrice::CurrencyNotAvailable;
        }
        NoPrice::NoPrice
    }

    /// The currencies of the prices the account could buy at now, were it not for the currency.
    fn currencies(&self, now: Timestamp) -> impl Iterator<Item = Currency> {
        let account = self.account;
        let types = [account.base_type, PriceType::LIST];
        let asked = move |price: &&SheetPrice| {
            price.price_type.is_selling_price()
                && price.is_valid_at(now)
                && scope_rank(&price.scope, account).is_some_and(|rank| rank < 2 || types.contains(&price.price_type))
        };
        let contract = self.contract.map(|price| price.currency);
        self.part.prices.iter().filter(asked).map(|price| price.currency).chain(contract)
    }
}
