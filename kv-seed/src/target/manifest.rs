//! What was written to a target that cannot be listed cheaply: key and hash of every pair, in a SQLite file here.
//!
//! A manifest may be wrong: the target was wiped, or somebody else imported. So the target holds [`MARKER`], whose
//! value is a digest of the whole manifest, written last. If it differs, the manifest only says which keys to remove;
//! every pair is written again.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension, params};
use sha2::{Digest, Sha256};

use super::EachHeld;
use crate::error::Error;
use crate::stage::{Hash, hash, hex};

/// The key in the target under which the digest of its manifest lies.
pub const MARKER: &str = "import/manifest";

/// The manifest of one target.
pub struct Manifest {
    db: Connection,
}

impl Manifest {
    /// The manifest of the target `name`, in `folder` or in the user's state folder.
    pub fn open(folder: Option<&Path>, name: &str) -> Result<Self, Error> {
        let folder = folder.map_or_else(default_folder, Path::to_owned);
        std::fs::create_dir_all(&folder).map_err(Error::io(&folder))?;
        let file = hex(&hash(name.as_bytes()));
        let db = Connection::open(folder.join(format!("{file}.sqlite")))?;
        db.execute_batch(
            "CREATE TABLE IF NOT EXISTS pair(key TEXT PRIMARY KEY, hash BLOB NOT NULL) WITHOUT ROWID;
             CREATE TABLE IF NOT EXISTS target(name TEXT PRIMARY KEY);",
        )?;
        db.execute("INSERT OR IGNORE INTO target VALUES (?1)", [name])?;
        Ok(Self { db })
    }

    /// The value of [`MARKER`] in a target that holds exactly this: JSON, as every value.
    pub fn marker(&self) -> Result<Vec<u8>, Error> {
        let mut digest = Sha256::new();
        let mut query = self.db.prepare("SELECT key, hash FROM pair ORDER BY key")?;
        let mut rows = query.query([])?;
        while let Some(row) = rows.next()? {
            digest.update(row.get_ref(0)?.as_bytes().map_err(rusqlite::Error::from)?);
            digest.update([0]);
            digest.update(row.get_ref(1)?.as_bytes().map_err(rusqlite::Error::from)?);
        }
        Ok(format!("\"{:x}\"", digest.finalize()).into_bytes())
    }

    /// Calls `each` with every pair. If the target is not what the manifest says, hashes are zero: they match nothing.
    pub fn each(&self, trusted: bool, each: &mut EachHeld<'_>) -> Result<(), Error> {
        let mut query = self.db.prepare("SELECT key, hash FROM pair")?;
        let mut rows = query.query([])?;
        while let Some(row) = rows.next()? {
            let hash: Hash = row.get(1)?;
            each(row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?, if trusted { hash } else { [0; 16] })?;
        }
        Ok(())
    }

    /// Notes what a batch wrote (`Some`) and deleted (`None`).
    pub fn note(&mut self, batch: &[(String, Option<Hash>)]) -> Result<(), Error> {
        let transaction = self.db.transaction()?;
        for (key, hash) in batch {
            match hash {
                Some(hash) => transaction.execute("INSERT OR REPLACE INTO pair VALUES (?1, ?2)", params![key, hash])?,
                None => transaction.execute("DELETE FROM pair WHERE key = ?1", [key])?,
            };
        }
        Ok(transaction.commit()?)
    }

    /// Whether nothing was ever written.
    pub fn is_empty(&self) -> Result<bool, Error> {
        let first: Option<i64> = self.db.query_row("SELECT 1 FROM pair LIMIT 1", [], |row| row.get(0)).optional()?;
        Ok(first.is_none())
    }
}

fn default_folder() -> PathBuf {
    let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    variable("XDG_STATE_HOME")
        .or_else(|| Some(variable("HOME")?.join(".local").join("state")))
        .unwrap_or_else(|| PathBuf::from("."))
        .join("holdfast")
        .join("kv-seed")
}
