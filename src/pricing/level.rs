//! Precedence: contract → account rule → group sheet → branch sheet → base type → list. The first level that has a price
//! for the line wins, though a lower level may be cheaper.

use std::cmp::Reverse;

use serde::{Deserialize, Serialize};

use super::Trace;
use super::dated::{Dated, Unfit};
use super::price::Terms;
use super::sheet::{PriceBreak, PriceType, SheetPrice, SheetScope};
use super::terms::{Account, AccountRule};
use crate::catalog::Part;
use crate::catalog::fitment::same_name;
use crate::money::{MoneyError, Price};
use crate::time::Timestamp;

/// Where a price comes from, the first to be asked first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "PriceLevel"))]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// The account's contract names the sku.
    Contract,
    /// A rule of the account covers the brand or part type.
    AccountRule,
    /// A sheet for the account's group.
    GroupSheet,
    /// A sheet for the account's home location.
    BranchSheet,
    /// The price type of the account's group, on sheets for everyone.
    BaseType,
    /// The list price, on sheets for everyone.
    List,
}

impl Level {
    /// Every level, in order of precedence.
    pub const ALL: [Self; 6] =
        [Self::Contract, Self::AccountRule, Self::GroupSheet, Self::BranchSheet, Self::BaseType, Self::List];

    /// Its name in answers and explanations.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Contract => "contract",
            Self::AccountRule => "account_rule",
            Self::GroupSheet => "group_sheet",
            Self::BranchSheet => "branch_sheet",
            Self::BaseType => "base_type",
            Self::List => "list",
        }
    }
}

/// The price the levels agree on, before promotions and floors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Base {
    pub(super) level: Level,
    pub(super) price_type: PriceType,
    pub(super) unit: Price,
}

/// The price of the first level that has one; `None` if none has.
pub(super) fn base_price(
    terms: &Terms<'_>,
    quantity: u32,
    now: Timestamp,
    trace: &mut Trace<'_>,
) -> Result<Option<Base>, MoneyError> {
    for level in Level::ALL {
        let mut asked = Asked { terms, quantity, now, level, trace: &mut *trace };
        let found = match level {
            Level::Contract => asked.contract(),
            Level::AccountRule => asked.account_rule()?,
            Level::GroupSheet => asked.group_sheet(),
            Level::BranchSheet => asked.branch_sheet(),
            Level::BaseType => asked.everyone(terms.account.base_type),
            Level::List => asked.everyone(PriceType::LIST),
        };
        if let Some((price_type, unit)) = found {
            return Ok(Some(Base { level, price_type, unit }));
        }
    }
    Ok(None)
}

/// The sheets an account may buy from: its group's, its home's and everyone's, in this order; `None` is closed to it.
pub(super) fn scope_rank(scope: &SheetScope, account: &Account) -> Option<u8> {
    match scope {
        SheetScope::Group(group) => (account.group.as_ref() == Some(group)).then_some(0),
        SheetScope::Branch(home) => (account.home == *home).then_some(1),
        SheetScope::Everyone => Some(2),
    }
}

impl AccountRule {
    /// Whether the rule is about this part.
    pub fn covers(&self, part: &Part) -> bool {
        self.brand.as_ref().is_none_or(|brand| *brand == part.brand)
            && self.part_type.as_ref().is_none_or(|name| same_name(name, &part.part_type.name))
    }
}

/// One level, asked for its price.
struct Asked<'a, 'b, 't> {
    terms: &'a Terms<'a>,
    quantity: u32,
    now: Timestamp,
    level: Level,
    trace: &'b mut Trace<'t>,
}

impl Asked<'_, '_, '_> {
    fn contract(&mut self) -> Option<(PriceType, Price)> {
        let Some(agreed) = self.terms.contract else {
            self.note(|| "no contract price for this sku".to_owned());
            return None;
        };
        match Dated::from(agreed).serving(self.quantity, self.now, self.terms.account.currency) {
            Ok(step) => {
                self.note(|| format!("agreed price, from quantity {}: {}", step.from, step.unit));
                Some((PriceType::QUOTE, step.unit))
            }
            Err(unfit) => {
                self.note(|| format!("agreed price passed over: {unfit}"));
                None
            }
        }
    }

    /// The first rule that covers the part and whose price type has a price.
    fn account_rule(&mut self) -> Result<Option<(PriceType, Price)>, MoneyError> {
        let Terms { part, account, .. } = *self.terms;
        for rule in account.rules.iter().filter(|rule| rule.covers(part)) {
            let open = |price: &SheetPrice| price.price_type == rule.price_type;
            if let Some((price_type, unit)) = self.sheet(rule.price_type, open) {
                let adjusted = unit.adjusted(rule.adjust_bp)?;
                self.note(|| format!("adjusted by {} basis points: {adjusted}", rule.adjust_bp));
                return Ok(Some((price_type, adjusted)));
            }
            self.note(|| format!("a rule asks for {}, which has no price", rule.price_type));
        }
        self.note(|| "no rule for this brand and part type gives a price".to_owned());
        Ok(None)
    }

    fn group_sheet(&mut self) -> Option<(PriceType, Price)> {
        let base_type = self.terms.account.base_type;
        self.sheet_or_note(base_type, |price| matches!(price.scope, SheetScope::Group(_)))
    }

    fn branch_sheet(&mut self) -> Option<(PriceType, Price)> {
        let base_type = self.terms.account.base_type;
        self.sheet_or_note(base_type, |price| matches!(price.scope, SheetScope::Branch(_)))
    }

    fn everyone(&mut self, price_type: PriceType) -> Option<(PriceType, Price)> {
        self.sheet_or_note(price_type, |price| price.scope.is_everyone() && price.price_type == price_type)
    }

    fn sheet_or_note(
        &mut self,
        preferred: PriceType,
        wanted: impl Fn(&SheetPrice) -> bool,
    ) -> Option<(PriceType, Price)> {
        let found = self.sheet(preferred, wanted);
        if found.is_none() {
            self.note(|| "no sheet of this level has a price".to_owned());
        }
        found
    }

    /// The best of the `wanted` sheets: narrowest scope, `preferred` type, newest, then by sheet, type and lowest price,
    /// so that the order of the records does not matter.
    fn sheet(&mut self, preferred: PriceType, wanted: impl Fn(&SheetPrice) -> bool) -> Option<(PriceType, Price)> {
        let Terms { part, account, .. } = *self.terms;
        let mut best: Option<(_, &SheetPrice, PriceBreak)> = None;
        for price in part.prices.iter().filter(|price| price.price_type.is_selling_price() && wanted(price)) {
            let Some(scope) = scope_rank(&price.scope, account) else { continue };
            let step = match Dated::from(price).serving(self.quantity, self.now, account.currency) {
                Ok(step) => step,
                Err(unfit) => {
                    self.passed_over(price, unfit);
                    continue;
                }
            };
            let other_type = price.price_type != preferred;
            let rank = (scope, other_type, Reverse(price.effective), &price.sheet, price.price_type, step.unit);
            let beaten = if best.as_ref().is_none_or(|(leader, ..)| rank < *leader) {
                best.replace((rank, price, step)).map(|(_, beaten, _)| beaten)
            } else {
                Some(price)
            };
            if let Some(SheetPrice { price_type, sheet, .. }) = beaten {
                self.note(|| format!("{price_type} of sheet {sheet} holds too, and gives way"));
            }
        }
        let (_, price, step) = best?;
        self.note(|| {
            format!("{} of sheet {}, from quantity {}: {}", price.price_type, price.sheet, step.from, step.unit)
        });
        Some((price.price_type, step.unit))
    }

    fn passed_over(&mut self, price: &SheetPrice, unfit: Unfit) {
        self.note(|| format!("{} of sheet {} passed over: {unfit}", price.price_type, price.sheet));
    }

    fn note(&mut self, effect: impl FnOnce() -> String) {
        self.trace.note(self.level.as_str(), effect);
    }
}
