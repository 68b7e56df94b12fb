//! The staging file: rows wait here, on disk, until everything that belongs to one key can be read together.
//!
//! Rows are appended as facts under a topic and an owner, and come back grouped by owner in order: SQLite's external
//! sort does what a hash map in memory could not. Memory is the page cache (`CACHE_KIB`) and one group at a time.

use std::collections::BTreeMap;
use std::path::Path;

use holdfast::catalog::part::Kind;
use holdfast::catalog::{Part, PartNumber};
use holdfast::id::{BrandCode, Sku};
use rusqlite::{Connection, OptionalExtension, params};
use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::error::Error;
use crate::report::Origin;

/// Page cache of the staging file, in KiB; its sorter spills to disk at the same size.
const CACHE_KIB: i64 = 32 * 1024;

/// A KV value may have 25 MiB (Cloudflare's limit).
pub const MAX_VALUE_BYTES: usize = 25 * 1024 * 1024;

/// What a fact is about; facts of one topic are read back together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    /// Owner: a sku. All that its record is made of.
    Part,
    /// Owner: a normalised number.
    Number,
    /// Owner: a bar code, as [`holdfast::catalog::Gtin`] writes it.
    Gtin,
    /// Owner: a vehicle.
    Application,
    /// Owner: an account.
    Account,
    /// Owner: a contract.
    Contract,
    /// Owner: nothing; the order is that of the file.
    Promotion,
    /// Owner: nothing.
    Location,
    /// Owner: the key's hash.
    Key,
    /// Owner: a position.
    Stock,
    /// Owner: a receipt's id.
    Incoming,
    /// Owner: a sku that PIES says is replaced by a number.
    Replacement,
}

impl Topic {
    const ALL: [Self; 12] = [
        Self::Part,
        Self::Number,
        Self::Gtin,
        Self::Application,
        Self::Account,
        Self::Contract,
        Self::Promotion,
        Self::Location,
        Self::Key,
        Self::Stock,
        Self::Incoming,
        Self::Replacement,
    ];

    fn table(self) -> String {
        format!("fact_{self:?}").to_lowercase()
    }
}

/// Where ids must be unique, or known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Names {
    /// Location ids.
    Location = 0,
    /// Account ids.
    Account = 1,
    /// Contract names.
    Contract = 2,
    /// Promotion ids.
    Promotion = 3,
    /// Hashes of keys.
    Key = 4,
    /// Skus with a calibration.
    Calibration = 5,
    /// Positions with opening stock.
    Stock = 6,
    /// Receipts on their way.
    Incoming = 7,
    /// Shop ids.
    Shop = 8,
    /// Technician ids.
    Technician = 9,
    /// Tool ids.
    Tool = 10,
}

/// What is known of a part while rows that speak of it are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownPart {
    /// Its sku.
    pub sku: Sku,
    /// Its kind.
    pub kind: Kind,
    /// The name of its part type.
    pub part_type: String,
}

/// One fact read back.
#[derive(Debug)]
pub struct Fact<T> {
    /// Where it came from.
    pub origin: Origin,
    /// What it says.
    pub body: T,
}

/// The staging file; deleted when dropped.
pub struct Stage {
    db: Connection,
    _folder: TempDir,
}

impl Stage {
    /// An empty staging file in `folder`, or in the system's temporary folder.
    pub fn new(folder: Option<&Path>) -> Result<Self, Error> {
        let made = match folder {
            Some(folder) => TempDir::with_prefix_in("kv-seed-", folder),
            None => TempDir::with_prefix("kv-seed-"),
        };
        let folder = made.map_err(Error::io(folder.unwrap_or(&std::env::temp_dir())))?;
        let db = Connection::open(folder.path().join("stage.sqlite"))?;
        // The file is worthless after a crash, so nothing is spent on surviving one.
        db.execute_batch(&format!(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE;
             PRAGMA temp_store = FILE; PRAGMA cache_size = -{CACHE_KIB};
             CREATE TABLE part(sku TEXT PRIMARY KEY, brand TEXT, number TEXT, normalised TEXT, kind TEXT,
               part_type TEXT) WITHOUT ROWID;
             CREATE INDEX part_number ON part(brand, normalised);
             CREATE TABLE name(space INTEGER, id TEXT, PRIMARY KEY(space, id)) WITHOUT ROWID;
             CREATE TABLE supersession(old TEXT PRIMARY KEY, new TEXT, file INTEGER, line INTEGER) WITHOUT ROWID;
             CREATE TABLE record(key TEXT PRIMARY KEY, kind TEXT, value BLOB, hash BLOB) WITHOUT ROWID;
             CREATE TABLE held(key TEXT PRIMARY KEY, hash BLOB) WITHOUT ROWID;"
        ))?;
        for topic in Topic::ALL {
            db.execute_batch(&format!(
                "CREATE TABLE {}(owner TEXT, sort TEXT, file INTEGER, line INTEGER, body BLOB);",
                topic.table()
            ))?;
        }
        db.execute_batch("BEGIN")?;
        Ok(Self { db, _folder: folder })
    }

    /// The database, for the comparison with a target.
    pub(crate) fn db(&self) -> &Connection {
        &self.db
    }

    /// Appends a fact. Facts of an owner come back ordered by `sort`, then by where they came from.
    pub fn add(
        &self,
        topic: Topic,
        owner: &str,
        sort: &str,
        origin: Origin,
        body: &impl Serialize,
    ) -> Result<(), Error> {
        let sql = format!("INSERT INTO {} VALUES (?1, ?2, ?3, ?4, ?5)", topic.table());
        self.db.prepare_cached(&sql)?.execute(params![
            owner,
            sort,
            origin.file,
            line_of(origin),
            serde_json::to_vec(body)?
        ])?;
        Ok(())
    }

    /// Calls `each` with every fact of `topic`, ordered by owner, then `sort`, then origin.
    pub fn each<T: DeserializeOwned>(
        &self,
        topic: Topic,
        mut each: impl FnMut(&str, Fact<T>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let sql =
            format!("SELECT owner, file, line, body FROM {} ORDER BY owner, sort, file, line, rowid", topic.table());
        let mut query = self.db.prepare(&sql)?;
        let mut rows = query.query([])?;
        while let Some(row) = rows.next()? {
            let origin = Origin { file: row.get(1)?, line: row.get::<_, i64>(2)?.unsigned_abs() };
            let body = serde_json::from_slice(row.get_ref(3)?.as_blob().map_err(rusqlite::Error::from)?)?;
            let owner = row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?;
            each(owner, Fact { origin, body })?;
        }
        Ok(())
    }

    /// Calls `each` once per owner of `topic`, in order, with all its facts.
    pub fn groups<T: DeserializeOwned>(
        &self,
        topic: Topic,
        mut each: impl FnMut(&str, Vec<Fact<T>>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut current = String::new();
        let mut group: Vec<Fact<T>> = Vec::new();
        self.each(topic, |owner, fact| {
            if owner != current && !group.is_empty() {
                each(&current, std::mem::take(&mut group))?;
            }
            owner.clone_into(&mut current);
            group.push(fact);
            Ok(())
        })?;
        if group.is_empty() { Ok(()) } else { each(&current, group) }
    }

    /// Facts of `topic`, for progress.
    pub fn count(&self, topic: Topic) -> Result<u64, Error> {
        let count: i64 = self.db.query_row(&format!("SELECT count(*) FROM {}", topic.table()), [], |row| row.get(0))?;
        Ok(count.unsigned_abs())
    }

    /// Takes an id; `false` if it was taken before.
    pub fn claim(&self, names: Names, id: &str) -> Result<bool, Error> {
        let sql = "INSERT OR IGNORE INTO name VALUES (?1, ?2)";
        Ok(self.db.prepare_cached(sql)?.execute(params![names as i64, id])? == 1)
    }

    /// Whether the id was taken; `true` also if no id of this sort is in the import, for then it cannot be checked.
    pub fn may_exist(&self, names: Names, id: &str) -> Result<bool, Error> {
        let sql = "SELECT EXISTS(SELECT 1 FROM name WHERE space = ?1 AND id = ?2)
                       OR NOT EXISTS(SELECT 1 FROM name WHERE space = ?1)";
        Ok(self.db.prepare_cached(sql)?.query_row(params![names as i64, id], |row| row.get(0))?)
    }

    /// Registers a part and its record; `false` if the sku was there before.
    pub fn add_part(&self, part: &Part, origin: Origin) -> Result<bool, Error> {
        let sql = "INSERT OR IGNORE INTO part VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        let added = self.db.prepare_cached(sql)?.execute(params![
            part.sku.as_str(),
            part.brand.as_str(),
            part.number.as_str(),
            part.number.normalised().as_str(),
            serde_json::to_string(&part.kind)?,
            part.part_type.name
        ])?;
        if added == 1 {
            self.add(
                Topic::Part,
                part.sku.as_str(),
                "",
                origin,
                &crate::assemble::PartFact::Part(Box::new(part.clone())),
            )?;
        }
        Ok(added == 1)
    }

    /// Whether the import has parts at all.
    pub fn has_parts(&self) -> Result<bool, Error> {
        Ok(self.db.prepare_cached("SELECT EXISTS(SELECT 1 FROM part)")?.query_row([], |row| row.get(0))?)
    }

    /// The part of this sku.
    pub fn part(&self, sku: &str) -> Result<Option<KnownPart>, Error> {
        let sql = "SELECT sku, kind, part_type FROM part WHERE sku = ?1";
        let found = self.db.prepare_cached(sql)?.query_row([sku], known_part).optional()?;
        Ok(found)
    }

    /// The parts of `brand` that answer to `number`: the one with exactly this number if there is one, else all that
    /// share its normalised form.
    pub fn parts_by_number(&self, brand: &BrandCode, number: &PartNumber) -> Result<Vec<KnownPart>, Error> {
        let sql = "SELECT sku, kind, part_type, number FROM part WHERE brand = ?1 AND normalised = ?2 ORDER BY sku";
        let mut query = self.db.prepare_cached(sql)?;
        let mut rows = query.query(params![brand.as_str(), number.normalised().as_str()])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let part = known_part(row)?;
            if row.get_ref(3)?.as_str().map_err(rusqlite::Error::from)? == number.as_str() {
                return Ok(vec![part]);
            }
            found.push(part);
        }
        Ok(found)
    }

    /// Notes that `new` replaces `old`; `false` if `old` had a replacement before.
    pub fn supersede(&self, old: &Sku, new: &Sku, origin: Origin) -> Result<bool, Error> {
        let sql = "INSERT OR IGNORE INTO supersession VALUES (?1, ?2, ?3, ?4)";
        let added =
            self.db.prepare_cached(sql)?.execute(params![old.as_str(), new.as_str(), origin.file, line_of(origin)])?;
        Ok(added == 1)
    }

    /// What directly replaces `old`, and which row says so.
    pub fn replacement(&self, old: &str) -> Result<Option<(Sku, Origin)>, Error> {
        let sql = "SELECT new, file, line FROM supersession WHERE old = ?1";
        let found = self.db.prepare_cached(sql)?.query_row([old], |row| {
            Ok((parsed(row, 0)?, Origin { file: row.get(1)?, line: row.get::<_, i64>(2)?.unsigned_abs() }))
        });
        Ok(found.optional()?)
    }

    /// Writes a record for the target; `false` if it is larger than a KV value may be.
    pub fn put(&self, key: &str, value: &impl Serialize) -> Result<bool, Error> {
        self.put_bytes(key, &serde_json::to_vec(value)?)
    }

    /// As [`Stage::put`], for a value that is JSON already.
    pub fn put_bytes(&self, key: &str, value: &[u8]) -> Result<bool, Error> {
        if value.len() > MAX_VALUE_BYTES {
            return Ok(false);
        }
        let sql = "INSERT OR REPLACE INTO record VALUES (?1, ?2, ?3, ?4)";
        self.db.prepare_cached(sql)?.execute(params![key, kind_of(key), value, hash(value)])?;
        Ok(true)
    }

    /// Takes back every record of a kind.
    pub fn withdraw(&self, kind: &str) -> Result<(), Error> {
        self.db.prepare_cached("DELETE FROM record WHERE kind = ?1")?.execute([kind])?;
        Ok(())
    }

    /// How many records there are of each kind.
    pub fn record_counts(&self) -> Result<BTreeMap<String, u64>, Error> {
        let mut query = self.db.prepare("SELECT kind, count(*) FROM record GROUP BY kind")?;
        let counts = query.query_map([], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs())))?;
        Ok(counts.collect::<Result<_, _>>()?)
    }
}

/// The kind of a key: what stands before its first slash.
pub fn kind_of(key: &str) -> &str {
    key.split_once('/').map_or(key, |(kind, _)| kind)
}

/// What a value is compared by: the first 16 bytes of its SHA-256.
pub type Hash = [u8; 16];

/// The `Hash` of a value.
pub fn hash(value: &[u8]) -> Hash {
    let mut short = [0; 16];
    for (to, from) in short.iter_mut().zip(Sha256::digest(value)) {
        *to = from;
    }
    short
}

/// Bytes in lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

fn line_of(origin: Origin) -> i64 {
    i64::try_from(origin.line).unwrap_or(i64::MAX)
}

fn known_part(row: &rusqlite::Row<'_>) -> rusqlite::Result<KnownPart> {
    let kind = serde_json::from_str(row.get_ref(1)?.as_str()?).map_err(|e| foreign(1, e))?;
    Ok(KnownPart { sku: parsed(row, 0)?, kind, part_type: row.get(2)? })
}

fn parsed<T: std::str::FromStr<Err: std::error::Error + Send + Sync + 'static>>(
    row: &rusqlite::Row<'_>,
    column: usize,
) -> rusqlite::Result<T> {
    row.get_ref(column)?.as_str()?.parse().map_err(|e| foreign(column, e))
}

fn foreign(column: usize, error: impl std::error::Error + Send + Sync + 'static) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, Box::new(error))
}
