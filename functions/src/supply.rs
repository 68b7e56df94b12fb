//! Stock for an answer: from the near region's shards within the request's budget, else from what they last published.

use std::rc::Rc;
use std::time::Duration;

use futures_util::future::{Either, select};
use futures_util::stream::{FuturesUnordered, StreamExt};
use holdfast::id::{Region, Sku};
use holdfast::order::{SortedMap, SortedSet, distinct};
use holdfast::query::{Origin, SkuStock, StockTable};
use holdfast::sourcing::Location;
use holdfast::stock::shard::{Command, Reply};
use holdfast::stock::{Redirect, ShardMap, ShardName};
use worker::Delay;

use crate::edge::Edge;
use crate::problem::Problem;

/// What is known of `skus` in `region`: each of its shards is asked once, all at the same time, and who it names
/// for a sku that has gone elsewhere. What has not answered after `budget_ms`, or failed, is answered from snapshots.
pub async fn near(
    edge: &Edge<'_>,
    region: &Region,
    skus: &SortedSet<&Sku>,
    map: &ShardMap,
    budget_ms: u32,
) -> Result<StockTable, Problem> {
    let mut shards = SortedMap::<ShardName, Vec<Sku>>::default();
    for sku in skus {
        shards.update(map.shard(region, sku), Vec::new, |skus| skus.push((*sku).clone()));
    }
    let ask = |shard: ShardName, skus: Vec<Sku>, sent_on: bool| async move {
        let reply = edge.ask_shard(&shard, &Command::Read { skus: skus.clone() }).await;
        (skus, sent_on, reply)
    };
    let mut calls: FuturesUnordered<_> = shards.into_iter().map(|(shard, skus)| ask(shard, skus, false)).collect();

    let mut table = StockTable::default();
    let mut late = skus.clone();
    let mut budget = Delay::from(Duration::from_millis(budget_ms.into()));
    while let Either::Left((Some((skus, sent_on, reply)), _)) = select(calls.next(), &mut budget).await {
        let redirects = match reply {
            Ok(Reply::Read { as_of, stock, elsewhere }) => {
                for (sku, locations) in skus.into_iter().zip(stock) {
                    if elsewhere.iter().all(|redirect| redirect.sku != sku) {
                        late.remove(&sku);
                        table.add(sku, SkuStock { origin: Origin::Shard, as_of, locations });
                    }
                }
                elsewhere
            }
            Ok(Reply::Elsewhere { skus }) => skus,
            // A failed call has been logged; its skus count as late.
            _ => continue,
        };
        if !sent_on {
            calls.extend(redirects.into_iter().map(|Redirect { sku, shard }| ask(shard, vec![sku], true)));
        }
    }
    if !late.is_empty() {
        edge.shard_was_late();
    }
    published(edge, &[region], &late, &mut table).await?;
    Ok(table)
}

/// Adds what the shards of the other regions last published of `skus`.
pub async fn far(
    edge: &Edge<'_>,
    near: &Region,
    skus: &SortedSet<&Sku>,
    locations: &[Location],
    table: &mut StockTable,
) -> Result<(), Problem> {
    let regions = distinct(locations.iter().map(|location| &location.region).filter(|r| *r != near));
    published(edge, &regions, skus, table).await
}

async fn published(
    edge: &Edge<'_>,
    regions: &[&Region],
    skus: &SortedSet<&Sku>,
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
