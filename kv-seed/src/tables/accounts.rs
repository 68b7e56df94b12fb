//! Accounts, their rules, and the keys that act for them.

use holdfast::access::{KeyRecord, Scope};
use holdfast::id::AccountId;
use holdfast::money::Currency;
use holdfast::pricing::{Account, AccountRule};
use sha2::{Digest, Sha256};

use super::Table;
use super::row::Row;
use crate::assemble::AccountFact;
use crate::error::{RowError, RowFailure};
use crate::import::Import;
use crate::stage::{Names, Topic};

pub static ACCOUNTS: Table = Table {
    name: "accounts",
    required: &["id", "name", "kind", "home", "base_type"],
    optional: &["currency", "group", "contract", "margin_floor_percent", "refused_brands", "on_hold", "open_quotes"],
    kinds: &["account"],
    read: |import, row, origin| {
        let account = account_of(row)?;
        check(import, Names::Location, "location", account.home.as_str())?;
        if let Some(contract) = &account.contract {
            check(import, Names::Contract, "contract", contract.as_str())?;
        }
        if !import.stage.claim(Names::Account, account.id.as_str())? {
            return Err(RowError::duplicate("account", account.id).into());
        }
        let id = account.id.clone();
        Ok(import.stage.add(Topic::Account, id.as_str(), "", origin, &AccountFact::Account(account))?)
    },
};

pub static ACCOUNT_RULES: Table = Table {
    name: "account_rules",
    required: &["account", "price_type"],
    optional: &["brand", "part_type", "adjust_percent"],
    kinds: &[],
    read: |import, row, origin| {
        let account: AccountId = row.required("account")?;
        check(import, Names::Account, "account", account.as_str())?;
        let rule = AccountRule {
            brand: row.optional("brand")?,
            part_type: row.optional("part_type")?,
            price_type: row.required("price_type")?,
            adjust_bp: row.percent("adjust_percent", -10_000..=100_000)?.unwrap_or(0),
        };
        Ok(import.stage.add(Topic::Account, account.as_str(), "rule", origin, &AccountFact::Rule(rule))?)
    },
};

pub static KEYS: Table = Table {
    name: "keys",
    required: &["account", "scopes"],
    optional: &["key", "key_sha256", "origins", "demonstration"],
    kinds: &["key"],
    read: |import, row, origin| {
        let hash = key_hash(row)?;
        let record = KeyRecord {
            account: row.required("account")?,
            scopes: row.items("scopes").map(|word| super::row::word("scopes", word)).collect::<Result<_, _>>()?,
            origins: row.list("origins")?,
            demonstration: row.flag("demonstration")?,
        };
        check(import, Names::Account, "account", record.account.as_str())?;
        check_scopes(&record)?;
        if !import.stage.claim(Names::Key, &hash)? {
            return Err(RowError::duplicate("key with hash", hash).into());
        }
        Ok(import.stage.add(Topic::Key, &hash, "", origin, &record)?)
    },
};

fn account_of(row: &Row<'_>) -> Result<Account, RowError> {
    Ok(Account {
        id: row.required("id")?,
        name: row.some_text("name")?.into(),
        kind: super::row::word("kind", row.some_text("kind")?)?,
        currency: row.optional("currency")?.unwrap_or(Currency::USD),
        home: row.required("home")?,
        group: row.optional("group")?,
        base_type: row.required("base_type")?,
        contract: row.optional("contract")?,
        rules: Vec::new(),
        margin_floor_bp: row.percent("margin_floor_percent", 0..=100_000)?.map(i32::unsigned_abs),
        refused_brands: row.list("refused_brands")?,
        on_hold: row.flag("on_hold")?,
        open_quotes: match row.text("open_quotes") {
            "" => None,
            _ => Some(row.whole("open_quotes", 0..=10_000, None)?),
        },
    })
}

/// The hash of the row's key. Error texts never hold the key itself.
fn key_hash(row: &Row<'_>) -> Result<String, RowError> {
    match (row.text("key"), row.text("key_sha256")) {
        (key, "") if !key.is_empty() => Ok(format!("{:x}", Sha256::digest(key))),
        ("", hash) if hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            Ok(hash.to_ascii_lowercase())
        }
        ("", hash) if !hash.is_empty() => Err(RowError::Contradiction("key_sha256 is 64 hexadecimal digits".into())),
        _ => Err(RowError::Contradiction("exactly one of key and key_sha256 is needed".into())),
    }
}

fn check_scopes(record: &KeyRecord) -> Result<(), RowError> {
    let publishable = record.scopes.contains(&Scope::Web);
    let wrong = match (publishable, record.scopes.len(), record.origins.len()) {
        (_, 0, _) => "scopes is empty",
        (true, 2.., _) => "a web key has no other scope: it is published in a page",
        (true, _, 0) => "a web key needs the origins it may be used from",
        (false, _, 1..) => "origins are for web keys",
        _ => return Ok(()),
    };
    Err(RowError::Contradiction(wrong.into()))
}

fn check(import: &Import, names: Names, what: &'static str, id: &str) -> Result<(), RowFailure> {
    if import.stage.may_exist(names, id)? { Ok(()) } else { Err(RowError::unknown(what, id).into()) }
}
