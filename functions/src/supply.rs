//! Stock for an answer: from the near region's shards within the request's budget, else from what they last published.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Duration;

use futures_util::future::{Either, select};
use futures_util::stream::{FuturesUnordered, StreamExt};
use holdfast::id::{Region, Sku};
use holdfast::order::distinct;
use holdfast::query::{Origin, SkuStock, StockTable};
use holdfast::sourcing::Location;
use holdfast::stock::ShardName;
use holdfast::stock::shard::{Command, Reply};
use worker::Delay;

use crate::edge::Edge;
use crate::problem::Problem;

/// What is known of `skus` in `region`: each of its shards is asked once, all at the same time. What has not answered
/// after `budget_ms`, or failed, is answered from snapshots.
pub async fn near(
    edge: &Edge<'_>,
    region: &Region,
    skus: &BTreeSet<&Sku>,
    budget_ms: u32,
) -> Result<StockTable, Problem> {
    let mut shards: BTreeMap<ShardName, Vec<Sku>> = BTreeMap::new();
    for sku in skus {
        shards.entry(edge.shards().shard(region, sku)).or_default().push((*sku).clone());
    }
    let mut calls: FuturesUnordered<_> = shards
        .iter()
        .map(|(shard, skus)| async move { (shard, edge.ask_shard(shard, Command::Read { skus: skus.clone() }).await) })
        .collect();

    let mut table = StockTable::default();
    let mut unanswered = distinct(shards.keys());
    let mut budget = Delay::from(Duration::from_millis(budget_ms.into()));
    while let Either::Left((Some((shard, reply)), _)) = select(calls.next(), &mut budget).await {
        // A failed call has been logged; its skus count as unanswered.
        let Ok(Reply::Read { as_of, stock }) = reply else { continue };
        unanswered.remove(shard);
        for (sku, locations) in shards.get(shard).into_iter().flatten().zip(stock) {
            table.add(sku.clone(), SkuStock { origin: Origin::Shard, as_of, locations });
        }
    }
    if !unanswered.is_empty() {
        edge.shard_was_late();
    }
    let late = distinct(unanswered.into_iter().filter_map(|shard| shards.get(shard)).flatten());
    published(edge, &[region], &late, &mut table).await?;
    Ok(table)
}

/// Adds what the shards of the other regions last published of `skus`.
pub async fn far(
    edge: &Edge<'_>,
    near: &Region,
    skus: &BTreeSet<&Sku>,
    locations: &[Location],
    table: &mut StockTable,
) -> Result<(), Problem> {
    let regions = distinct(locations.iter().map(|location| &location.region).filter(|r| *r != near));
    published(edge, &regions.into_iter().collect::<Vec<_>>(), skus, table).await
}

async fn published(
    edge: &Edge<'_>,
    regions: &[&Region],
    skus: &BTreeSet<&Sku>,
    table: &mut StockTable,
) -> Result<(), Problem> {
    let wanted: Vec<(&Region, &Sku)> = regions.iter().flat_map(|r| skus.iter().map(move |sku| (*r, *sku))).collect();
    if wanted.is_empty() {
        return Ok(());
    }
    let read = |reading: &holdfast::catalog::Reading| -> Vec<_> {
        wanted.iter().map(|(region, sku)| reading.snapshot(region, sku)).collect()
    };
    for ((_, sku), snapshot) in wanted.iter().zip(edge.settle(read).await?) {
        // That nothing was published yet is word of a snapshot's age too: the first one may be on its way.
        let (as_of, locations) = match snapshot.map(Rc::unwrap_or_clone) {
            Some(snapshot) => (snapshot.as_of, snapshot.locations),
            None => (edge.now, Vec::new()),
        };
        table.add((*sku).clone(), SkuStock { origin: Origin::Snapshot, as_of, locations });
    }
    Ok(())
}
