//! Who may calibrate: shops, and their technicians and tools. A row is its record: nothing is joined to it.

use holdfast::catalog::keys;
use holdfast::id::RegisteredId;
use holdfast::token::register::{Approval, Shop, Standing, Technician, Tool};

use super::Table;
use super::accounts::check;
use super::row::Row;
use crate::error::{RowError, RowFailure};
use crate::import::Import;
use crate::stage::Names;

pub static SHOPS: Table = Table {
    name: "shops",
    required: &["id", "name", "accounts"],
    optional: &["standing", "from", "until"],
    kinds: &["shop"],
    read: |import, row, _| {
        let shop = Shop {
            id: row.required("id")?,
            name: row.some_text("name")?.into(),
            accounts: row.list("accounts")?,
            approval: approval(row)?,
        };
        if shop.accounts.is_empty() {
            return Err(RowError::Empty("accounts").into());
        }
        for account in &shop.accounts {
            check(import, Names::Account, "account", account.as_str())?;
        }
        claim(import, Names::Shop, "shop", &shop.id)?;
        import.stage.put(&keys::shop(&shop.id), &shop)?;
        Ok(())
    },
};

pub static TECHNICIANS: Table = Table {
    name: "technicians",
    required: &["id", "name", "shop"],
    optional: &["standing", "from", "until"],
    kinds: &["technician"],
    read: |import, row, _| {
        let (id, name, shop, approval) = member(import, row)?;
        claim(import, Names::Technician, "technician", &id)?;
        import.stage.put(&keys::technician(&id), &Technician { id: id.clone(), name, shop, approval })?;
        Ok(())
    },
};

pub static TOOLS: Table = Table {
    name: "tools",
    required: &["id", "name", "shop"],
    optional: &["standing", "from", "until"],
    kinds: &["tool"],
    read: |import, row, _| {
        let (id, name, shop, approval) = member(import, row)?;
        claim(import, Names::Tool, "tool", &id)?;
        import.stage.put(&keys::tool(&id), &Tool { id: id.clone(), name, shop, approval })?;
        Ok(())
    },
};

/// What a technician's row and a tool's have in common: id, name, the one shop, approval.
fn member(import: &Import, row: &Row<'_>) -> Result<(RegisteredId, String, RegisteredId, Approval), RowFailure> {
    let shop: RegisteredId = row.required("shop")?;
    let member = (row.required("id")?, row.some_text("name")?.into(), shop.clone(), approval(row)?);
    check(import, Names::Shop, "shop", shop.as_str())?;
    Ok(member)
}

fn approval(row: &Row<'_>) -> Result<Approval, RowError> {
    let (from, until) = row.window("from", "until")?;
    Ok(Approval { standing: row.word("standing")?.unwrap_or(Standing::Approved), from, until })
}

fn claim(import: &Import, names: Names, what: &'static str, id: &RegisteredId) -> Result<(), RowFailure> {
    if import.stage.claim(names, id.as_str())? { Ok(()) } else { Err(RowError::duplicate(what, id).into()) }
}
