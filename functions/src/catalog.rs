//! The catalogue at the edge: KV behind a cache in the isolate.
//!
//! KV values may be a minute old anyway, so a parsed record is kept for up to a minute, an absent one for ten seconds.
//! The cache is bounded by bytes, because an isolate's memory is shared by everything that runs in it.

use std::cell::RefCell;
use std::collections::HashMap;

use holdfast::catalog::{Lookup, Reading, Record, Records, keys};
use holdfast::search::TOP;
use holdfast::time::Timestamp;
use worker::Env;

use crate::problem::Problem;

/// How long a record is believed, in milliseconds.
const FRESH_MS: i64 = 60_000;
/// How long a segment of the search index is believed: another text would have another name.
const SEGMENT_MS: i64 = 3_600_000;
/// How long an absence is believed, in milliseconds.
const ABSENT_MS: i64 = 10_000;
/// How long a snapshot of stock is believed, or its absence, in milliseconds.
pub const SNAPSHOT_MS: i64 = 2_000;
/// What the cache may hold, in bytes of KV text; parsed records take about twice that.
const CACHE_BYTES: usize = 16 << 20;
/// KV reads at most this many keys at once.
const BULK_KEYS: usize = 100;
/// More rounds than any decision is deep.
const MAX_ROUNDS: u32 = 12;

thread_local! {
    static CACHE: RefCell<Cache> = RefCell::default();
}

/// Records in two generations: what is used moves to the young one; when the young one is full, the old one is dropped
/// and the young one takes its place. Nothing is tracked per use, and nothing is ever searched for a victim.
#[derive(Default)]
struct Cache {
    young: HashMap<String, Entry>,
    old: HashMap<String, Entry>,
    young_bytes: usize,
}

#[derive(Clone)]
struct Entry {
    record: Option<Record>,
    bytes: usize,
    until: Timestamp,
}

impl Cache {
    fn get(&mut self, key: &str, now: Timestamp) -> Lookup {
        if !self.young.contains_key(key) {
            let Some(entry) = self.old.remove(key) else { return Lookup::Unread };
            self.put(key.to_owned(), entry);
        }
        match self.young.get(key) {
            Some(entry) if now < entry.until => entry.record.clone().map_or(Lookup::Absent, Lookup::Found),
            _ => Lookup::Unread,
        }
    }

    fn put(&mut self, key: String, entry: Entry) {
        if self.young_bytes.saturating_add(entry.bytes) > CACHE_BYTES / 2 {
            self.old = std::mem::take(&mut self.young);
            self.young_bytes = 0;
        }
        self.young_bytes = self.young_bytes.saturating_add(entry.bytes);
        self.young.insert(key, entry);
    }
}

/// The catalogue as of a request's time.
struct Cached(Timestamp);

impl Records for Cached {
    fn get(&self, key: &str) -> Lookup {
        CACHE.with_borrow_mut(|cache| cache.get(key, self.0))
    }
}

/// Runs `decide` with every record it asks for: from the cache at once, else after bulk reads of what was missing.
pub async fn settle<T>(env: &Env, now: Timestamp, decide: impl Fn(&Reading) -> T) -> Result<T, Problem> {
    let records = Cached(now);
    for _ in 0..MAX_ROUNDS {
        let reading = Reading::new(&records);
        let result = decide(&reading);
        let unread = reading.into_unread();
        if unread.is_empty() {
            return Ok(result);
        }
        read(env, &unread, now).await?;
    }
    worker::console_error!("the catalogue was still unread after {MAX_ROUNDS} rounds");
    Err(Problem::internal())
}

/// The text of a record as it lies in KV.
pub async fn text(env: &Env, key: &str) -> Result<Option<String>, Problem> {
    Ok(env.kv("CATALOG")?.get(key).text().await?)
}

/// Forgets everything, after an import through this isolate.
pub fn forget() {
    CACHE.with_borrow_mut(|cache| *cache = Cache::default());
}

async fn read(env: &Env, keys: &[String], now: Timestamp) -> Result<(), Problem> {
    let (stock, catalogue): (Vec<_>, Vec<_>) = keys.iter().partition(|key| is_snapshot(key));
    for (binding, keys) in [("CATALOG", catalogue), ("SNAPSHOTS", stock)] {
        for keys in keys.chunks(BULK_KEYS) {
            read_bulk(env, binding, keys, now).await?;
        }
    }
    Ok(())
}

async fn read_bulk(env: &Env, binding: &str, keys: &[&String], now: Timestamp) -> Result<(), Problem> {
    let mut values = env.kv(binding)?.get_bulk(keys).text().await?;
    CACHE.with_borrow_mut(|cache| {
        for key in keys {
            let text = values.remove(*key).flatten();
            let bytes = text.as_ref().map_or(0, String::len).saturating_add(key.len()).saturating_add(64);
            let record =
                text.and_then(|text| Record::parse(key, &text).map_err(|e| worker::console_error!("{e}")).ok());
            let lifetime = lifetime(key, record.as_ref());
            cache.put((*key).clone(), Entry { record, bytes, until: now.plus(lifetime) });
        }
    });
    Ok(())
}

fn lifetime(key: &str, record: Option<&Record>) -> i64 {
    match record {
        _ if is_snapshot(key) => SNAPSHOT_MS,
        Some(Record::Search(_)) if key != TOP => SEGMENT_MS,
        // Where a sku is is a guess, and asking the wrong shard costs little.
        None if key != keys::SHARDS => ABSENT_MS,
        _ => FRESH_MS,
    }
}

fn is_snapshot(key: &str) -> bool {
    key.starts_with("stock/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(bytes: usize, until: i64) -> Entry {
        Entry { record: Some(Record::Promotions(std::rc::Rc::default())), bytes, until: Timestamp::from_millis(until) }
    }

    fn found(cache: &mut Cache, key: &str, now: i64) -> bool {
        matches!(cache.get(key, Timestamp::from_millis(now)), Lookup::Found(_))
    }

    #[test]
    fn a_record_is_believed_until_its_time() {
        let mut cache = Cache::default();
        cache.put("promotions".into(), entry(10, 100));
        assert!(found(&mut cache, "promotions", 99));
        assert!(!found(&mut cache, "promotions", 100));
    }

    #[test]
    fn the_cache_stays_within_its_bytes_and_keeps_what_is_used() {
        let mut cache = Cache::default();
        cache.put("kept".into(), entry(1_000, 1));
        for n in 0..1_000 {
            assert!(found(&mut cache, "kept", 0), "{n}");
            cache.put(n.to_string(), entry(CACHE_BYTES / 100, 1));
            let held: usize = cache.young.values().chain(cache.old.values()).map(|entry| entry.bytes).sum();
            assert!(held <= CACHE_BYTES);
        }
        assert!(!found(&mut cache, "0", 0));
    }
}
