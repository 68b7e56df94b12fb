//! Accounts, contracts, promotions, keys and locations.

use std::collections::BTreeMap;

use holdfast::access::KeyRecord;
use holdfast::catalog::keys;
use holdfast::id::{Sku, TermsId};
use holdfast::pricing::{Contract, ContractPrice, Promotion};
use holdfast::sourcing::Location;

use super::{AccountFact, ContractRow, too_large};
use crate::error::{Error, RowError};
use crate::import::Import;
use crate::stage::{Fact, Topic};

/// Writes `account/…`, `contract/…`, `key/…`, `promotions` and `locations`.
pub fn write(import: &mut Import) -> Result<(), Error> {
    write_accounts(import)?;
    write_contracts(import)?;
    let Import { stage, kinds, .. } = import;
    stage.each(Topic::Key, |hash, fact: Fact<KeyRecord>| stage.put(&keys::api_key(hash), &fact.body).map(|_| ()))?;
    if kinds.contains("promotions") {
        let mut promotions: Vec<Promotion> = Vec::new();
        stage.each(Topic::Promotion, |_, fact| {
            promotions.push(fact.body);
            Ok(())
        })?;
        stage.put(keys::PROMOTIONS, &promotions)?;
    }
    if kinds.contains("locations") {
        let mut locations: Vec<Location> = Vec::new();
        stage.each(Topic::Location, |_, fact| {
            locations.push(fact.body);
            Ok(())
        })?;
        stage.put(keys::LOCATIONS, &locations)?;
    }
    Ok(())
}

fn write_accounts(import: &mut Import) -> Result<(), Error> {
    let Import { stage, report, .. } = import;
    stage.groups(Topic::Account, |owner, facts| {
        let mut facts = facts.into_iter();
        let first = facts.next();
        let Some(Fact { body: AccountFact::Account(mut account), .. }) = first else {
            for fact in first.into_iter().chain(facts) {
                report.error(fact.origin, RowError::unknown("account", owner));
            }
            return Ok(());
        };
        for fact in facts {
            if let AccountFact::Rule(rule) = fact.body {
                account.rules.push(rule);
            }
        }
        stage.put(&keys::account(&account.id), &account).map(|_| ())
    })
}

fn write_contracts(import: &mut Import) -> Result<(), Error> {
    let Import { stage, report, .. } = import;
    stage.groups(Topic::Contract, |owner, facts: Vec<Fact<ContractRow>>| {
        let Ok(id) = owner.parse::<TermsId>() else { return Ok(()) };
        let Some(origin) = facts.first().map(|fact| fact.origin) else { return Ok(()) };
        let mut prices: BTreeMap<Sku, ContractPrice> = BTreeMap::new();
        for Fact { body: row, origin } in facts {
            let ContractRow { sku, currency, effective, expires, step } = row;
            let Some(price) = prices.get_mut(&sku) else {
                prices.insert(sku, ContractPrice { currency, effective, expires, breaks: vec![step] });
                continue;
            };
            if (price.currency, price.effective, price.expires) != (currency, effective, expires) {
                let text = format!("{sku} has one currency and one window in contract {id}");
                report.error(origin, RowError::Contradiction(text));
            } else if price.breaks.last().is_some_and(|last| last.from == step.from) {
                report.error(origin, RowError::duplicate("contract price", format!("{sku} from {}", step.from)));
            } else {
                price.breaks.push(step);
            }
        }
        let key = keys::contract(&id);
        if !stage.put(&key, &Contract { id, prices: prices.into_iter().collect() })? {
            report.error(origin, too_large(&key));
        }
        Ok(())
    })
}
