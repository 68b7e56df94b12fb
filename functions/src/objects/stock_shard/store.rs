//! A shard's tables, and the domain's [`Store`] on them.
//!
//! | table | row |
//! | --- | --- |
//! | `positions` | a [`Position`] as JSON, by sku and location; whether it has scheduled receipts, and more is promised than is there |
//! | `ledger` | an [`Entry`] as JSON, by its place; a movement id is used once per position |
//! | `holds` | a quote's [`QuoteHolds`] as JSON; `frees_at` in milliseconds since 1970 while stock is set aside, `forget_at` afterwards |
//! | `holds_at` | which quotes await stock of a position; kept by triggers on `holds` |
//! | `outbox` | a [`StockEvent`] as JSON that has not been delivered |
//! | `dirty` | a sku whose snapshot is out of date, with the version of the first change since |
//! | `sequence` | one row: the last number that may have been given out |
//! | `handovers` | how far a sku is on its way from its bucket to a shard of its own: a [`Handover`] as JSON |
//! | `changes` | quotes whose records have changed while their sku is being copied |
//! | `migrations` | the numbers of the migrations that have run |
//!
//! The JSON forms are pinned by tests beside the types. A change to them is a migration: add it to [`MIGRATIONS`].
//!
//! A statement costs more than what it does, so a command runs few: what is asked often is in memory ([`Memory`]), and
//! what memory can be rebuilt from is written ahead or once. Setting stock aside for a line costs a look for the quote
//! and three writes: the position, the holds, the event.

mod memory;

use std::cell::RefCell;
use std::rc::Rc;

use holdfast::id::{LocationId, OpaqueId, Sku};
use holdfast::stock::store::{LedgerPage, Store};
use holdfast::stock::{Entry, Handover, HoldState, Position, QuoteHolds, ShardName, StockEvent};
use holdfast::time::Timestamp;
use worker::{Result, SqlStorage, SqlStorageValue as Value};

use self::memory::{Memory, NEVER};
use crate::objects::sql::{self, LARGEST, Sql, integer, json, number, text, to_json, unreadable};

/// A position has scheduled receipts.
macro_rules! expecting {
    () => {
        "json_array_length(position, '$.incoming') > 0"
    };
}

/// More is promised at a position than is there.
macro_rules! short {
    () => {
        "position->>'committed' + position->>'held' > max(position->>'on_hand' - position->>'quarantined', 0)"
    };
}

/// Statements of each migration, run once and in order. Never edit one that has been released: add another.
const MIGRATIONS: &[&[&str]] = &[
    &[
        "CREATE TABLE ~positions (sku TEXT NOT NULL, location TEXT NOT NULL, position TEXT NOT NULL, PRIMARY KEY (sku, location)) WITHOUT ROWID",
        "CREATE TABLE ~ledger (seq INTEGER PRIMARY KEY, sku TEXT NOT NULL, location TEXT NOT NULL, id TEXT NOT NULL, entry TEXT NOT NULL)",
        "CREATE UNIQUE INDEX ~ledger_id ON ~ledger (sku, location, id)",
        "CREATE INDEX ~ledger_sku ON ~ledger (sku, seq)",
        "CREATE TABLE ~dirty (sku TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID",
        "CREATE TABLE ~sequence (one INTEGER PRIMARY KEY CHECK (one = 1), last INTEGER NOT NULL)",
        "INSERT INTO ~sequence VALUES (1, 0)",
    ],
    &[
        "CREATE TABLE ~holds (quote TEXT PRIMARY KEY, frees_at INTEGER, holds TEXT NOT NULL) WITHOUT ROWID",
        "CREATE INDEX ~holds_due ON ~holds (frees_at) WHERE frees_at IS NOT NULL",
        "CREATE TABLE ~holds_at (sku TEXT NOT NULL, location TEXT NOT NULL, quote TEXT NOT NULL, PRIMARY KEY (sku, location, quote)) WITHOUT ROWID",
        "CREATE TRIGGER ~holds_begin AFTER INSERT ON ~holds BEGIN \
           INSERT OR IGNORE INTO ~holds_at SELECT value->>'sku', value->>'location', NEW.quote FROM json_each(NEW.holds, '$.holds'); END",
        "CREATE TRIGGER ~holds_end AFTER UPDATE ON ~holds WHEN NEW.holds->>'state' <> 'held' BEGIN \
           DELETE FROM ~holds_at WHERE (sku, location, quote) IN ( \
             SELECT value->>'sku', value->>'location', NEW.quote FROM json_each(NEW.holds, '$.holds') GROUP BY 1, 2 \
             HAVING NEW.holds->>'state' <> 'committed' OR max(value->>'unpicked') = 0); END",
        "CREATE TABLE ~outbox (seq INTEGER PRIMARY KEY, event TEXT NOT NULL)",
    ],
    &[
        "ALTER TABLE ~holds ADD COLUMN forget_at INTEGER",
        "CREATE INDEX ~holds_forgotten ON ~holds (forget_at) WHERE forget_at IS NOT NULL",
        "CREATE TABLE ~handovers (sku TEXT PRIMARY KEY, handover TEXT NOT NULL) WITHOUT ROWID",
        "CREATE TABLE ~changes (place INTEGER PRIMARY KEY AUTOINCREMENT, sku TEXT NOT NULL, quote TEXT NOT NULL, UNIQUE (sku, quote))",
        "DROP TRIGGER ~holds_begin",
        // A record that comes in with its sku may be sold and picked, or over, already.
        "CREATE TRIGGER ~holds_begin AFTER INSERT ON ~holds BEGIN \
           INSERT OR IGNORE INTO ~holds_at SELECT value->>'sku', value->>'location', NEW.quote FROM json_each(NEW.holds, '$.holds') \
           WHERE NEW.holds->>'state' = 'held' OR NEW.holds->>'state' = 'committed' AND value->>'unpicked' > 0; END",
    ],
    // What a branch has to do is found without looking at every position and entry.
    &[
        "CREATE INDEX ~ledger_at ON ~ledger (location, entry->>'at')",
        concat!("CREATE INDEX ~positions_expecting ON ~positions (location) WHERE ", expecting!()),
        concat!("CREATE INDEX ~positions_short ON ~positions (location) WHERE ", short!()),
    ],
    // What a position is looked up by is in columns: an index on JSON reads it at each write.
    &[
        "DROP INDEX ~positions_expecting",
        "DROP INDEX ~positions_short",
        "ALTER TABLE ~positions ADD COLUMN expecting INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE ~positions ADD COLUMN short INTEGER NOT NULL DEFAULT 0",
        concat!("UPDATE ~positions SET expecting = 1 WHERE ", expecting!()),
        concat!("UPDATE ~positions SET short = 1 WHERE ", short!()),
        "CREATE INDEX ~positions_expecting ON ~positions (location) WHERE expecting = 1",
        "CREATE INDEX ~positions_short ON ~positions (location) WHERE short = 1",
    ],
];

/// How many numbers of the sequence are set apart by one write. Those that a restart leaves unused are skipped.
const NUMBERS_AT_ONCE: u64 = 1_000;

/// The tables of one shard. The object is the only writer, so what was read once is true until written.
pub struct SqlStore {
    sql: Sql,
    memory: Memory,
    /// Of a sku's own shard: the sku, and its bucket.
    origin: Option<(Sku, ShardName)>,
    /// What has changed, a line for each change, while somebody wants to know.
    news: RefCell<Option<String>>,
}

impl SqlStore {
    /// Opens the tables whose names have this prefix, after the migrations that have not run yet.
    pub fn open(sql: SqlStorage, prefix: &str, origin: Option<(Sku, ShardName)>) -> Result<Self> {
        let sql = Sql::of(sql, prefix);
        sql.migrate(MIGRATIONS)?;
        Ok(Self { sql, memory: Memory::default(), origin, news: RefCell::default() })
    }

    /// Whether to note which skus change. A change whose transaction fails may stay noted.
    pub fn note_changes(&self, on: bool) {
        let mut news = self.news.borrow_mut();
        if on != news.is_some() {
            *news = on.then(String::new);
        }
    }

    /// The skus that have changed since this was asked last, a line for each change.
    pub fn take_changes(&self) -> String {
        self.news.borrow_mut().as_mut().map(std::mem::take).unwrap_or_default()
    }

    fn note(&self, sku: &Sku) {
        if let Some(news) = self.news.borrow_mut().as_mut() {
            news.push_str(sku.as_str());
            news.push('\n');
        }
    }

    /// Forgets what is in memory, after a failure may have undone writes.
    pub fn forget(&self) {
        self.memory.forget();
    }

    /// The oldest events of the outbox as they are stored, with their places.
    pub fn outbox_texts(&self, limit: u32) -> Result<Vec<(u64, String)>> {
        let rows = self.sql.rows("SELECT seq, event FROM ~outbox ORDER BY seq LIMIT ?", vec![number(limit.into())?])?;
        rows.into_iter().map(|row| Ok((integer(&row, 0)?, sql::string(&row, 1)?.to_owned()))).collect()
    }

    /// The skus that are dirty, read back after a restart. Their last versions are not known any more; each gets a new
    /// one, which is higher than any before.
    fn load_dirty(&self) -> Result<()> {
        if self.memory.knows_dirty() {
            return Ok(());
        }
        let mut dirty = Vec::new();
        for row in self.sql.rows("SELECT sku FROM ~dirty ORDER BY version", vec![])? {
            let sku = sql::string(&row, 0)?.parse().map_err(|_| unreadable("a sku"))?;
            dirty.push((sku, self.next_sequence()?));
        }
        self.memory.set_dirty(dirty);
        Ok(())
    }
}

impl Store for SqlStore {
    type Error = worker::Error;

    fn positions(&self, sku: &Sku) -> Result<Vec<Position>> {
        if let Some(known) = self.memory.positions(sku) {
            return Ok(known);
        }
        let rows = self.sql.rows("SELECT position FROM ~positions WHERE sku = ? ORDER BY location", vec![text(sku)])?;
        let found: Vec<Position> = rows.iter().map(|row| json(row, 0)).collect::<Result<_>>()?;
        self.memory.keep_positions(sku, &found);
        Ok(found)
    }

    fn stocked(&self, location: &LocationId, after: Option<&Sku>, limit: u32) -> Result<Vec<Position>> {
        let statement = "SELECT position FROM ~positions WHERE sku > ? AND location = ? AND position->>'on_hand' > 0 ORDER BY sku LIMIT ?";
        let after = after.map_or_else(|| "".into(), text);
        let rows = self.sql.rows(statement, vec![after, text(location), number(limit.into())?])?;
        rows.iter().map(|row| json(row, 0)).collect()
    }

    fn put_position(&self, position: &Position) -> Result<()> {
        let (expecting, short) = (!position.incoming.is_empty(), position.counters.shortfall() > 0);
        let flag = |set: bool| number(set.into());
        let row =
            vec![text(&position.sku), text(&position.location), to_json(position)?, flag(expecting)?, flag(short)?];
        let upsert = "INSERT INTO ~positions (sku, location, position, expecting, short) VALUES (?, ?, ?, ?, ?) \
                      ON CONFLICT (sku, location) DO UPDATE SET position = excluded.position, \
                      expecting = excluded.expecting, short = excluded.short";
        self.sql.run(upsert, row)?;
        self.memory.update_position(position);
        Ok(())
    }

    fn entry(&self, sku: &Sku, location: &LocationId, id: &OpaqueId) -> Result<Option<Entry>> {
        let key = vec![text(sku), text(location), text(id)];
        let rows = self.sql.rows("SELECT entry FROM ~ledger WHERE sku = ? AND location = ? AND id = ?", key)?;
        rows.first().map(|row| json(row, 0)).transpose()
    }

    fn append(&self, entry: &Entry) -> Result<()> {
        let movement = &entry.movement;
        let row = vec![
            number(entry.seq)?,
            text(&movement.sku),
            text(&movement.location),
            text(&movement.id),
            to_json(entry)?,
        ];
        self.sql.run("INSERT INTO ~ledger (seq, sku, location, id, entry) VALUES (?, ?, ?, ?, ?)", row)
    }

    fn ledger(&self, page: &LedgerPage) -> Result<Vec<Entry>> {
        let location = page.location.as_ref().map_or(Value::Null, text);
        let parameters = vec![text(&page.sku), number(page.after.min(LARGEST))?, location, number(page.limit.into())?];
        let statement = "SELECT entry FROM ~ledger WHERE sku = ?1 AND seq > ?2 AND (?3 IS NULL OR location = ?3) ORDER BY seq LIMIT ?4";
        self.sql.rows(statement, parameters)?.iter().map(|row| json(row, 0)).collect()
    }

    fn next_sequence(&self) -> Result<u64> {
        if let Some(next) = self.memory.next_number() {
            return Ok(next);
        }
        let taken = vec![number(NUMBERS_AT_ONCE)?];
        let rows = self.sql.rows("UPDATE ~sequence SET last = last + ? RETURNING last", taken)?;
        let last = rows.first().map_or_else(|| Err(unreadable("the sequence")), |row| integer(row, 0))?;
        let first = last.saturating_sub(NUMBERS_AT_ONCE).saturating_add(1);
        self.memory.set_numbers(first.saturating_add(1)..=last);
        Ok(first)
    }

    fn holds(&self, quote: &OpaqueId) -> Result<Option<QuoteHolds>> {
        let rows = self.sql.rows("SELECT holds FROM ~holds WHERE quote = ?", vec![text(quote)])?;
        rows.first().map(|row| json(row, 0)).transpose()
    }

    fn put_holds(&self, holds: &QuoteHolds) -> Result<()> {
        let frees_at = (holds.state == HoldState::Held).then(|| holds.frees_at());
        let time = |at: Option<Timestamp>| at.map_or(Ok(Value::Null), millis);
        let row = vec![text(&holds.quote), time(frees_at)?, time(holds.forget_at)?, to_json(holds)?];
        let upsert = "INSERT INTO ~holds (quote, frees_at, forget_at, holds) VALUES (?, ?, ?, ?) ON CONFLICT (quote) \
                      DO UPDATE SET frees_at = excluded.frees_at, forget_at = excluded.forget_at, holds = excluded.holds";
        self.sql.run(upsert, row)?;
        if let Some(frees_at) = frees_at {
            self.memory.frees_at(frees_at);
        }
        Ok(())
    }

    fn due(&self, now: Timestamp, limit: u32) -> Result<Vec<OpaqueId>> {
        if self.next_due()?.is_none_or(|due| due > now) {
            return Ok(Vec::new());
        }
        let statement = "SELECT quote FROM ~holds WHERE frees_at <= ? ORDER BY frees_at LIMIT ?";
        let rows = self.sql.rows(statement, vec![millis(now)?, number(limit.into())?])?;
        self.memory.forget_due();
        rows.iter().map(|row| sql::string(row, 0)?.parse().map_err(|_| unreadable("a quote"))).collect()
    }

    /// When the next hold is to be freed; earlier than that where the one that was next has ended since.
    fn next_due(&self) -> Result<Option<Timestamp>> {
        let from = if let Some(known) = self.memory.due_from() {
            known
        } else {
            let rows = self.sql.rows("SELECT min(frees_at) FROM ~holds WHERE frees_at IS NOT NULL", vec![])?;
            let next = sql::time(&rows).map_or(NEVER, Timestamp::millis);
            self.memory.set_due_from(next);
            next
        };
        Ok((from != NEVER).then(|| Timestamp::from_millis(from)))
    }

    fn forget(&self, now: Timestamp, limit: u32) -> Result<()> {
        let statement = "DELETE FROM ~holds WHERE quote IN (SELECT quote FROM ~holds WHERE forget_at <= ? LIMIT ?)";
        self.sql.run(statement, vec![millis(now)?, number(limit.into())?])
    }

    fn next_forgotten(&self) -> Result<Option<Timestamp>> {
        let rows = self.sql.rows("SELECT min(forget_at) FROM ~holds WHERE forget_at IS NOT NULL", vec![])?;
        Ok(sql::time(&rows))
    }

    fn quotes_at(&self, sku: &Sku, location: &LocationId) -> Result<Vec<QuoteHolds>> {
        let statement =
            "SELECT holds FROM ~holds_at JOIN ~holds USING (quote) WHERE sku = ? AND location = ? ORDER BY quote";
        self.sql.rows(statement, vec![text(sku), text(location)])?.iter().map(|row| json(row, 0)).collect()
    }

    fn unpicked_at(&self, location: &LocationId, limit: u32) -> Result<Vec<QuoteHolds>> {
        let statement = "SELECT DISTINCT quote, holds FROM ~holds_at JOIN ~holds USING (quote) \
                         WHERE location = ? AND holds->>'state' = 'committed' ORDER BY quote LIMIT ?";
        let rows = self.sql.rows(statement, vec![text(location), number(limit.into())?])?;
        rows.iter().map(|row| json(row, 1)).collect()
    }

    fn expecting(&self, location: &LocationId, limit: u32) -> Result<Vec<Position>> {
        let statement = "SELECT position FROM ~positions WHERE location = ? AND expecting = 1 ORDER BY sku LIMIT ?";
        self.sql.rows(statement, vec![text(location), number(limit.into())?])?.iter().map(|row| json(row, 0)).collect()
    }

    fn short(&self, location: &LocationId, limit: u32) -> Result<Vec<Position>> {
        let statement = "SELECT position FROM ~positions WHERE location = ? AND short = 1 ORDER BY sku LIMIT ?";
        self.sql.rows(statement, vec![text(location), number(limit.into())?])?.iter().map(|row| json(row, 0)).collect()
    }

    fn entries_since(&self, location: &LocationId, since: Timestamp, limit: u32) -> Result<Vec<Entry>> {
        let statement = "SELECT entry FROM ~ledger WHERE location = ? AND entry->>'at' >= ? \
                         ORDER BY entry->>'at' DESC, seq DESC LIMIT ?";
        let parameters = vec![text(location), Value::String(since.to_string()), number(limit.into())?];
        self.sql.rows(statement, parameters)?.iter().map(|row| json(row, 0)).collect()
    }

    fn emit(&self, event: &StockEvent) -> Result<()> {
        self.sql.run("INSERT INTO ~outbox (seq, event) VALUES (?, ?)", vec![number(event.seq)?, to_json(event)?])
    }

    fn has_events(&self) -> Result<bool> {
        Ok(!self.sql.rows("SELECT 1 FROM ~outbox LIMIT 1", vec![])?.is_empty())
    }

    fn delivered(&self, seq: u64) -> Result<()> {
        self.sql.run("DELETE FROM ~outbox WHERE seq <= ?", vec![number(seq)?])
    }

    fn mark_dirty(&self, sku: &Sku, version: u64, publish_at: Timestamp) -> Result<()> {
        self.note(sku);
        self.load_dirty()?;
        if self.memory.mark_dirty(sku, version, publish_at) {
            self.sql
                .run("INSERT OR REPLACE INTO ~dirty (sku, version) VALUES (?, ?)", vec![text(sku), number(version)?])?;
        }
        Ok(())
    }

    /// Skus whose snapshots should be published by `now`, with the version of their last change: first those that have been
    /// out of date for longest, so that one that changes all the time keeps no other waiting, nor waits itself.
    fn dirty(&self, now: Timestamp, limit: u32) -> Result<Vec<(Sku, u64)>> {
        self.load_dirty()?;
        Ok(self.memory.dirty(now, usize::try_from(limit).unwrap_or(usize::MAX)))
    }

    fn next_publication(&self) -> Result<Option<Timestamp>> {
        self.load_dirty()?;
        Ok(self.memory.next_publication())
    }

    fn clear_dirty(&self, sku: &Sku, version: u64) -> Result<()> {
        self.load_dirty()?;
        if self.memory.clear_dirty(sku, version) {
            self.sql.run("DELETE FROM ~dirty WHERE sku = ?", vec![text(sku)])?;
        }
        Ok(())
    }

    fn origin(&self) -> Option<(Sku, ShardName)> {
        self.origin.clone()
    }

    fn handovers(&self) -> Result<Rc<Vec<Handover>>> {
        if let Some(known) = self.memory.handovers() {
            return Ok(known);
        }
        let rows = self.sql.rows("SELECT handover FROM ~handovers ORDER BY sku", vec![])?;
        let found = rows.iter().map(|row| json(row, 0)).collect::<Result<Vec<Handover>>>()?;
        Ok(self.memory.set_handovers(found))
    }

    fn put_handover(&self, handover: &Handover) -> Result<()> {
        self.memory.forget_handovers();
        self.note(&handover.sku); // its watchers have to go elsewhere, when it does
        let row = vec![text(&handover.sku), to_json(handover)?];
        self.sql.run("INSERT OR REPLACE INTO ~handovers (sku, handover) VALUES (?, ?)", row)
    }

    fn holds_after(&self, quote: Option<&OpaqueId>, limit: u32) -> Result<Vec<QuoteHolds>> {
        let after = quote.map_or_else(|| Value::String(String::new()), text);
        let statement = "SELECT holds FROM ~holds WHERE quote > ? ORDER BY quote LIMIT ?";
        self.sql.rows(statement, vec![after, number(limit.into())?])?.iter().map(|row| json(row, 0)).collect()
    }

    fn note_change(&self, sku: &Sku, quote: &OpaqueId) -> Result<()> {
        self.sql.run("INSERT OR REPLACE INTO ~changes (sku, quote) VALUES (?, ?)", vec![text(sku), text(quote)])
    }

    fn changes(&self, sku: &Sku, limit: u32) -> Result<Vec<(u64, OpaqueId)>> {
        let statement = "SELECT place, quote FROM ~changes WHERE sku = ? ORDER BY place LIMIT ?";
        let rows = self.sql.rows(statement, vec![text(sku), number(limit.into())?])?;
        let quote = |row: &[Value]| sql::string(row, 1)?.parse().map_err(|_| unreadable("a quote"));
        rows.iter().map(|row| Ok((integer(row, 0)?, quote(row)?))).collect()
    }

    fn forget_change(&self, place: u64) -> Result<()> {
        self.sql.run("DELETE FROM ~changes WHERE place = ?", vec![number(place)?])
    }

    fn raise_sequence(&self, last: u64) -> Result<()> {
        self.memory.forget_numbers();
        self.sql.run("UPDATE ~sequence SET last = max(last, ?)", vec![number(last)?])
    }

    fn remove(&self, sku: &Sku, limit: u32) -> Result<bool> {
        let some = "DELETE FROM ~ledger WHERE seq IN (SELECT seq FROM ~ledger WHERE sku = ? ORDER BY seq LIMIT ?)";
        self.sql.run(some, vec![text(sku), number(limit.into())?])?;
        if !self.sql.rows("SELECT 1 FROM ~ledger WHERE sku = ? LIMIT 1", vec![text(sku)])?.is_empty() {
            return Ok(true);
        }
        for table in ["positions", "holds_at", "changes"] {
            self.sql.run(&format!("DELETE FROM ~{table} WHERE sku = ?"), vec![text(sku)])?;
        }
        self.memory.forget_positions(sku);
        Ok(false)
    }
}

fn millis(at: Timestamp) -> Result<Value> {
    Value::try_from_i64(at.millis())
}
