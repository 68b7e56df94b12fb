//! `/v1/admin/parties`: shops, technicians and tools that may calibrate no longer, or again.

use holdfast::access::Scope;
use holdfast::catalog::{Reading, keys};
use holdfast::id::{AccountId, RegisteredId};
use holdfast::token::call::{Answer as DeskAnswer, Ask};
use holdfast::token::register::{Approval, Party, PartyKind, Standing};
use serde::Serialize;

use crate::catalog;
use crate::edge::Edge;
use crate::problem::Problem;
use crate::tokens;
use crate::wire::Answer;

/// A party as the catalogue knows it.
struct Known {
    /// Where its record lies.
    key: String,
    /// The record with the new standing.
    record: String,
    /// Whose desks have tokens that name it.
    accounts: Vec<AccountId>,
}

/// `POST /v1/admin/parties/{shop|technician|tool}/{id}/{suspend|reinstate}`: at once at every desk that could meet the
/// party, and in its record for those that are yet to come. A suspension takes back the tokens that name it.
pub async fn change(edge: &Edge<'_>, register: &str, id: &str, suspend: bool) -> Result<Answer, Problem> {
    let by = edge.caller(Scope::Admin).await?.account;
    let unknown = || Problem::not_found(format!("there is no {register} `{id}` in the registers"));
    let kind = match register {
        "shop" => PartyKind::Shop,
        "technician" => PartyKind::Technician,
        "tool" => PartyKind::Tool,
        _ => return Err(Problem::not_found("the registers are `shop`, `technician` and `tool`")),
    };
    let party = Party { kind, id: id.parse().map_err(|_| unknown())? };
    let cause = tokens::read_cause(edge)?;
    let standing = if suspend { Standing::Suspended } else { Standing::Approved };
    let known = edge.settle(|reading| known(&party, standing, reading)).await?.ok_or_else(unknown)?;
    edge.env.kv("CATALOG")?.put(&known.key, known.record)?.execute().await?;
    catalog::forget();
    for account in &known.accounts {
        let ask = if suspend {
            Ask::Suspend { party: party.clone(), cause: cause.clone() }
        } else {
            Ask::Reinstate { party: party.clone() }
        };
        match tokens::ask(edge, account, &by.id, ask, None).await? {
            DeskAnswer::Done { .. } => {}
            DeskAnswer::Refused { reason, detail, .. } => return Err(tokens::refusal(reason, detail)),
            _ => return Err(Problem::internal()),
        }
    }
    #[derive(Serialize)]
    struct Body<'a> {
        id: &'a RegisteredId,
        standing: Standing,
        accounts: Vec<AccountId>,
    }
    Ok(edge.ok(&Body { id: &party.id, standing, accounts: known.accounts }))
}

fn known(party: &Party, standing: Standing, reading: &Reading) -> Option<Known> {
    let accounts = |shop: &RegisteredId| reading.shop(shop).map(|shop| shop.accounts.clone()).unwrap_or_default();
    let changed = |approval: Approval| Approval { standing, ..approval };
    let (key, record, accounts) = match party.kind {
        PartyKind::Shop => {
            let mut shop = (*reading.shop(&party.id)?).clone();
            shop.approval = changed(shop.approval);
            (keys::shop(&party.id), serde_json::to_string(&shop), shop.accounts)
        }
        PartyKind::Technician => {
            let mut technician = (*reading.technician(&party.id)?).clone();
            technician.approval = changed(technician.approval);
            (keys::technician(&party.id), serde_json::to_string(&technician), accounts(&technician.shop))
        }
        PartyKind::Tool => {
            let mut tool = (*reading.tool(&party.id)?).clone();
            tool.approval = changed(tool.approval);
            (keys::tool(&party.id), serde_json::to_string(&tool), accounts(&tool.shop))
        }
    };
    Some(Known { key, record: record.ok()?, accounts })
}
