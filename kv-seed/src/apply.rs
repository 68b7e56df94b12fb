//! What an import changes at its target, and the change itself.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use holdfast::catalog::keys::DIRECTORY;
use rusqlite::params;

use crate::error::Error;
use crate::progress::Console;
use crate::stage::{Stage, kind_of};
use crate::target::Target;

/// Keys of one kind that an import would change or leave.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct KindDiff {
    /// Not held yet.
    pub added: u64,
    /// Held with another value.
    pub changed: u64,
    /// Held, and no longer in the input.
    pub removed: u64,
    /// Held with this value.
    pub unchanged: u64,
}

/// The differences between the input and the target, by kind of key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diff {
    /// By kind, such as `part`.
    pub kinds: BTreeMap<String, KindDiff>,
    /// Whether what is removed from the input is removed from the target too.
    pub prune: bool,
    /// The target has parts that the input does not name, so its search index was left as it is.
    pub index_kept: bool,
}

impl Diff {
    /// Keys to write.
    pub fn writes(&self) -> u64 {
        self.kinds.values().fold(0, |sum, kind| sum.saturating_add(kind.added).saturating_add(kind.changed))
    }

    /// Keys to delete.
    pub fn deletes(&self) -> u64 {
        if self.prune { self.kinds.values().fold(0, |sum, kind| sum.saturating_add(kind.removed)) } else { 0 }
    }
}

impl fmt::Display for Diff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let gone = if self.prune { "removed" } else { "not in input" };
        writeln!(f, "{:12} {:>10} {:>10} {:>12} {:>10}", "", "added", "changed", gone, "unchanged")?;
        for (kind, diff) in &self.kinds {
            let KindDiff { added, changed, removed, unchanged } = diff;
            writeln!(f, "{kind:12} {added:>10} {changed:>10} {removed:>12} {unchanged:>10}")?;
        }
        if !self.prune && self.kinds.values().any(|kind| kind.removed > 0) {
            writeln!(f, "what is not in the input was kept; --prune removes it")?;
        }
        if self.index_kept {
            writeln!(
                f,
                "search finds what it found before, and agents are told the same brands and part types: the target has \
                 parts that are not in the input. Import all parts together, or with --prune, to renew both"
            )?;
        }
        Ok(())
    }
}

/// Compares the stage's records with what the target holds. Only `kinds` can have removed keys.
pub fn compare(stage: &Stage, target: &mut dyn Target, kinds: &BTreeSet<String>, prune: bool) -> Result<Diff, Error> {
    let db = stage.db();
    db.execute("DELETE FROM held", [])?;
    // Some kinds are written but not decided about: an ACES file's minimal parts.
    let mut ours: BTreeSet<String> = stage.record_counts()?.into_keys().collect();
    ours.extend(kinds.iter().cloned());
    target.held(&mut |key, hash| {
        if ours.contains(kind_of(key)) {
            db.prepare_cached("INSERT OR REPLACE INTO held VALUES (?1, ?2)")?.execute(params![key, hash])?;
        }
        Ok(())
    })?;
    let mut diff = Diff { kinds: BTreeMap::new(), prune, index_kept: false };
    let mut query = db.prepare(
        "SELECT record.kind, held.key IS NULL, held.hash IS record.hash, count(*)
         FROM record LEFT JOIN held ON held.key = record.key GROUP BY 1, 2, 3",
    )?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        let kind = diff.kinds.entry(row.get(0)?).or_default();
        let count = row.get::<_, i64>(3)?.unsigned_abs();
        match (row.get(1)?, row.get(2)?) {
            (true, _) => kind.added = count,
            (false, true) => kind.unchanged = count,
            (false, false) => kind.changed = count,
        }
    }
    let mut query = db.prepare("SELECT key FROM held WHERE key NOT IN (SELECT key FROM record)")?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        let key: String = row.get(0)?;
        if kinds.contains(kind_of(&key)) {
            let kind = diff.kinds.entry(kind_of(&key).to_owned()).or_default();
            kind.removed = kind.removed.saturating_add(1);
        }
    }
    if kinds.contains(SEARCH) && !prune && has_other_parts(stage, target, &diff)? {
        for kind in [SEARCH, DIRECTORY] {
            stage.withdraw(kind)?;
            diff.kinds.remove(kind);
        }
        diff.index_kept = true;
    }
    Ok(diff)
}

const SEARCH: &str = "search";

/// Whether the target has parts that are not in the input. A target that cannot be listed is asked how many parts its search
/// index has.
fn has_other_parts(stage: &Stage, target: &mut dyn Target, diff: &Diff) -> Result<bool, Error> {
    if diff.kinds.get("part").is_some_and(|parts| parts.removed > 0) {
        return Ok(true);
    }
    let Some(text) = target.value(holdfast::search::TOP)? else { return Ok(false) };
    let indexed = serde_json::from_slice::<String>(&text).ok().and_then(|text| holdfast::search::Top::parse(&text));
    let parts = stage.record_counts()?.get("part").copied().unwrap_or(0);
    Ok(indexed.is_some_and(|top| u64::from(top.parts) > parts))
}

/// Writes the differences found by [`compare`] to the target, in key order.
pub fn write(
    stage: &Stage,
    target: &mut dyn Target,
    kinds: &BTreeSet<String>,
    diff: &Diff,
    console: &mut Console,
) -> Result<(), Error> {
    let db = stage.db();
    console.start(&format!("writing to {}", target.name()), diff.writes().saturating_add(diff.deletes()));
    let mut done = 0_u64;
    let mut query = db.prepare(
        "SELECT record.key, record.value, record.hash FROM record LEFT JOIN held ON held.key = record.key
         WHERE held.hash IS NOT record.hash ORDER BY record.key",
    )?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        let key = row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?;
        target.put(key, row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?)?;
        done = done.saturating_add(1);
        console.advance_to(done);
    }
    if diff.prune {
        let mut query = db.prepare("SELECT key FROM held WHERE key NOT IN (SELECT key FROM record) ORDER BY key")?;
        let mut rows = query.query([])?;
        while let Some(row) = rows.next()? {
            let key = row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?;
            if kinds.contains(kind_of(key)) {
                target.delete(key)?;
                done = done.saturating_add(1);
                console.advance_to(done);
            }
        }
    }
    target.finish()?;
    console.finish();
    Ok(())
}
