//! `GET /v1/stock/worklist?location=`: what a branch has to do, gathered from every shard of its region.

use holdfast::access::Scope;
use holdfast::catalog::{Part, PartNumber};
use holdfast::id::{LocationId, Sku};
use holdfast::order::{SortedSet, distinct};
use holdfast::stock::Rejection;
use holdfast::stock::ShardName;
use holdfast::stock::shard::worklist::{self, Item, Tally, Worklist};
use holdfast::stock::shard::{Command, Reply};
use holdfast::time::Timestamp;
use serde::Serialize;

use crate::edge::Edge;
use crate::problem::Problem;
use crate::stock::{self, Guard};
use crate::wire::Answer;

/// The most tasks of an answer.
pub const MAX_TASKS: usize = 1_000;

/// What a branch has to do.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "Worklist"))]
pub struct View<'a> {
    /// When the shards were asked.
    as_of: Timestamp,
    /// The location.
    location: &'a LocationId,
    /// The most pressing first, then the longest waiting.
    tasks: &'a [Item],
    /// What was done since midnight of the location, by kind.
    today: &'a [Tally],
    /// There is more than is told.
    truncated: bool,
    /// What the parts of the tasks are, each once.
    parts: Vec<Named<'a>>,
}

/// What a part is called.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "NamedPart"))]
struct Named<'a> {
    /// The part.
    sku: &'a Sku,
    /// The brand's name.
    brand_name: &'a str,
    /// The maker's number.
    number: &'a PartNumber,
    /// One line for people.
    description: &'a str,
}

impl<'a> Named<'a> {
    fn of(part: &'a Part) -> Self {
        Self { sku: &part.sku, brand_name: &part.brand_name, number: &part.number, description: &part.description }
    }
}

/// `GET /v1/stock/worklist?location=`
pub async fn show(edge: &Edge<'_>) -> Result<Answer, Problem> {
    let account = edge.caller(Scope::Stock).await?.account;
    let location = edge.parameter("location")?.unwrap_or_else(|| account.home.clone());
    let guard = Guard::over(edge, account.clone(), SortedSet::default()).await?;
    let place = guard.place(&location).map_err(|why| match why {
        Rejection::ForbiddenLocation => Problem::forbidden(why.to_string()),
        _ => Problem::not_found(format!("there is no location `{location}`")),
    })?;
    let today = place.instant(place.day_at(edge.now), 0);
    let list = gather(edge, guard.shards_of(&place.region), &location, today).await?;

    let skus = distinct(list.tasks.iter().map(|item| &item.sku));
    let found = Guard::over(edge, account, skus).await?.parts;
    let parts = found.iter().map(|(_, part)| Named::of(part)).collect();
    let Worklist { tasks, today, truncated, .. } = &list;
    Ok(edge.ok(&View { as_of: edge.now, location: &location, tasks, today, truncated: *truncated, parts }))
}

/// Asks every shard, then those that have a sku which has left one of them.
async fn gather(
    edge: &Edge<'_>,
    mut shards: Vec<ShardName>,
    location: &LocationId,
    today: Timestamp,
) -> Result<Worklist, Problem> {
    let command = Command::Worklist { location: location.clone(), today };
    let mut all = Worklist::default();
    let mut asked = 0;
    while asked < shards.len() {
        let calls = shards.iter().skip(asked).map(|shard| (command.clone(), shard.clone(), Vec::new())).collect();
        asked = shards.len();
        for (_, _, reply) in edge.timed("stock", stock::ask_all(edge, calls)).await? {
            // A sku's own shard that is not in charge yet names its bucket, which is asked in any case.
            let Reply::Worklist(list) = reply else { continue };
            all.tasks.extend(list.tasks);
            all.truncated |= list.truncated;
            list.today.into_iter().for_each(|tally| Tally::merge(&mut all.today, tally));
            for redirect in list.elsewhere {
                if !shards.contains(&redirect.shard) {
                    shards.push(redirect.shard);
                }
            }
        }
    }
    worklist::sort(&mut all.tasks);
    all.truncated |= all.tasks.len() > MAX_TASKS;
    all.tasks.truncate(MAX_TASKS);
    Ok(all)
}
