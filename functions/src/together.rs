//! Futures awaited together. What `futures_util` does it with is 4 kB of wasm for each type of future; here all are one type.

use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;

use futures_util::stream::{FuturesUnordered, StreamExt};

/// What all of these come to, in their order.
pub async fn all<F: Future>(futures: impl IntoIterator<Item = F>) -> Vec<F::Output> {
    let futures: Vec<F> = futures.into_iter().collect();
    let told: Vec<Cell<Option<F::Output>>> = futures.iter().map(|_| Cell::new(None)).collect();
    let tasks = futures
        .into_iter()
        .zip(&told)
        .map(|(future, told)| -> Task<'_> { Box::pin(async move { told.set(Some(future.await)) }) });
    done(tasks.collect()).await;
    told.into_iter().filter_map(Cell::into_inner).collect()
}

type Task<'t> = Pin<Box<dyn Future<Output = ()> + 't>>;

async fn done(mut tasks: FuturesUnordered<Task<'_>>) {
    while tasks.next().await.is_some() {}
}
