//! Promotions: which apply to a line, and the best of them.

use super::Trace;
use super::price::Terms;
use super::terms::{Account, Promotion, PromotionEffect};
use crate::catalog::Part;
use crate::catalog::fitment::same_name;
use crate::money::{MoneyError, Price};
use crate::time::Timestamp;

impl Promotion {
    /// Whether the promotion is for this part and this account, whatever the time and the quantity.
    pub(super) fn concerns(&self, part: &Part, account: &Account) -> bool {
        let scope = &self.scope;
        let for_part = (scope.skus.is_empty() || scope.skus.contains(&part.sku))
            && (scope.brands.is_empty() || scope.brands.contains(&part.brand))
            && (scope.part_types.is_empty()
                || scope.part_types.iter().any(|name| same_name(name, &part.part_type.name)));
        let for_account =
            scope.groups.is_empty() || account.group.as_ref().is_some_and(|group| scope.groups.contains(group));
        let payable = matches!(self.effect, PromotionEffect::OffBp(_)) || self.currency == account.currency;
        for_part && for_account && payable
    }

    /// Whether it runs at `now`: from `from` on, up to but not at `until`.
    pub fn runs_at(&self, now: Timestamp) -> bool {
        self.from <= now && now < self.until
    }

    fn reaches(&self, quantity: u32) -> bool {
        self.scope.minimum_quantity.is_none_or(|minimum| minimum <= quantity)
    }

    /// What it makes of `unit`; never more than `unit`.
    fn applied(&self, unit: Price) -> Result<Price, MoneyError> {
        let promoted = match self.effect {
            // More than everything off is everything off.
            PromotionEffect::OffBp(off) => unit.adjusted(i32::try_from(off).unwrap_or(i32::MAX).saturating_neg())?,
            PromotionEffect::UnitPrice(price) => price,
        };
        Ok(promoted.min(unit))
    }
}

/// The promotion that makes `unit` lowest, with the price it makes; of equals the one whose id comes first. `None` if
/// none lowers it.
pub(super) fn best<'a>(
    terms: &Terms<'a>,
    unit: Price,
    quantity: u32,
    now: Timestamp,
    trace: &mut Trace<'_>,
) -> Result<Option<(&'a Promotion, Price)>, MoneyError> {
    let mut best: Option<(&Promotion, Price)> = None;
    for promotion in &terms.promotions {
        if !promotion.runs_at(now) {
            let (from, until) = (promotion.from, promotion.until);
            trace.note("promotion", || format!("{} passed over: it runs from {from} to {until}", promotion.id));
            continue;
        }
        if !promotion.reaches(quantity) {
            let minimum = promotion.scope.minimum_quantity.unwrap_or_default();
            trace.note("promotion", || format!("{} passed over: it starts at quantity {minimum}", promotion.id));
            continue;
        }
        let promoted = promotion.applied(unit)?;
        trace.note("promotion", || format!("{}, {}: would be {promoted}", promotion.id, described(promotion.effect)));
        let leads = best.is_none_or(|(leader, lowest)| (promoted, &promotion.id) < (lowest, &leader.id));
        if promoted < unit && leads {
            best = Some((promotion, promoted));
        }
    }
    match best {
        Some((promotion, promoted)) => {
            trace.note("promotion", || format!("{} is the best, in place of {unit}: {promoted}", promotion.id));
        }
        None => trace.note("promotion", || format!("none lowers the price: {unit}")),
    }
    Ok(best)
}

fn described(effect: PromotionEffect) -> String {
    match effect {
        PromotionEffect::OffBp(off) => format!("{off} basis points off"),
        PromotionEffect::UnitPrice(price) => format!("not above {price}"),
    }
}
