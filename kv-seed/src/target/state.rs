//! The state folder of the local runtime. It keeps a KV namespace in the SQLite file of a Durable Object, whose name and
//! schema local/kv.js describes; a stopped runtime's file can be written directly, and in one transaction.

use std::path::{Path, PathBuf};

use hmac::{Hmac, Mac};
use rusqlite::{Connection, OptionalExtension, params};
use sha2::{Digest, Sha256};

use super::{EachHeld, Target};
use crate::error::Error;
use crate::stage::{hash, hex};

/// The binding whose namespace holds the catalogue.
const BINDING: &str = "CATALOG";
/// The namespace class' unique key in the runtime's configuration.
const UNIQUE_KEY: &str = "kv";
/// The runtime's limit of a value.
const MAX_VALUE_BYTES: usize = 4 * 1024 * 1024 - 64 * 1024;

const SCHEMA: &str = "CREATE TABLE IF NOT EXISTS entries (
  key TEXT PRIMARY KEY,
  value BLOB NOT NULL,
  metadata TEXT,
  expires INTEGER
)";

/// The catalogue's namespace in a state folder that no runtime uses.
pub struct StateFolder {
    folder: PathBuf,
    db: Connection,
}

impl StateFolder {
    /// Opens the folder, refused while a runtime serves it. With `write`, it is made if need be; without, a folder that
    /// is not there is empty and stays absent.
    pub fn open(folder: &Path, write: bool) -> Result<Self, Error> {
        refuse_if_in_use(folder)?;
        let objects = folder.join("objects").join(UNIQUE_KEY);
        let file = objects.join(format!("{}.sqlite", object_id(UNIQUE_KEY, BINDING)?));
        let db = if write {
            std::fs::create_dir_all(&objects).map_err(Error::io(&objects))?;
            Connection::open(&file)?
        } else if file.exists() {
            Connection::open_with_flags(&file, rusqlite::OpenFlags::SQLITE_OPEN_READ_WRITE)?
        } else {
            Connection::open_in_memory()?
        };
        db.execute_batch(SCHEMA)?;
        db.execute_batch("BEGIN IMMEDIATE")?;
        Ok(Self { folder: folder.to_owned(), db })
    }
}

impl Target for StateFolder {
    fn name(&self) -> String {
        self.folder.display().to_string()
    }

    fn held(&mut self, each: &mut EachHeld<'_>) -> Result<(), Error> {
        let mut query = self.db.prepare("SELECT key, value FROM entries WHERE expires IS NULL")?;
        let mut rows = query.query([])?;
        while let Some(row) = rows.next()? {
            let value = row.get_ref(1)?.as_bytes().map_err(rusqlite::Error::from)?;
            each(row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?, hash(value))?;
        }
        Ok(())
    }

    fn value(&mut self, key: &str) -> Result<Option<Vec<u8>>, Error> {
        let mut query = self.db.prepare_cached("SELECT value FROM entries WHERE key = ?1")?;
        Ok(query.query_row([key], |row| Ok(row.get_ref(0)?.as_bytes()?.to_vec())).optional()?)
    }

    fn put(&mut self, key: &str, value: &[u8]) -> Result<(), Error> {
        if value.len() > MAX_VALUE_BYTES {
            return Err(Error::Target(format!("{key}: the local runtime takes values up to {MAX_VALUE_BYTES} bytes")));
        }
        let sql = "INSERT OR REPLACE INTO entries VALUES (?1, ?2, NULL, NULL)";
        self.db.prepare_cached(sql)?.execute(params![key, value])?;
        Ok(())
    }

    fn delete(&mut self, key: &str) -> Result<(), Error> {
        self.db.prepare_cached("DELETE FROM entries WHERE key = ?1")?.execute([key])?;
        Ok(())
    }

    fn finish(&mut self) -> Result<(), Error> {
        Ok(self.db.execute_batch("COMMIT; BEGIN IMMEDIATE")?)
    }
}

/// The runtime's name for an object: half of it is a MAC of the name, half a MAC of the first half
/// (workerd, src/workerd/server/actor-id-impl.c++).
fn object_id(unique_key: &str, name: &str) -> Result<String, Error> {
    let key = Sha256::digest(unique_key);
    let half = |data: &[u8]| -> Result<Vec<u8>, Error> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).map_err(|e| Error::Target(e.to_string()))?;
        mac.update(data);
        Ok(mac.finalize().into_bytes().into_iter().take(16).collect())
    };
    let first = half(name.as_bytes())?;
    let second = half(&first)?;
    Ok(hex(&first) + &hex(&second))
}

/// A runtime that serves the folder says so in server.json.
fn refuse_if_in_use(folder: &Path) -> Result<(), Error> {
    #[derive(serde::Deserialize)]
    struct Server {
        #[serde(default)]
        pids: Vec<u32>,
        /// What servers of one process used to say.
        pid: Option<u32>,
        url: String,
    }
    let Ok(text) = std::fs::read_to_string(folder.join("server.json")) else { return Ok(()) };
    let Ok(Server { pids, pid, url }) = serde_json::from_str(&text) else { return Ok(()) };
    if let Some(pid) = pids.into_iter().chain(pid).find(|&pid| is_running(pid)) {
        let folder = folder.display();
        return Err(Error::Target(format!(
            "{folder} is in use by the server at {url} (process {pid}): stop it, or use --to"
        )));
    }
    Ok(())
}

/// Whether the process is there, and is the runtime as far as the system tells.
fn is_running(pid: u32) -> bool {
    if Path::new("/proc/self").exists() {
        return std::fs::read_to_string(format!("/proc/{pid}/cmdline")).is_ok_and(|line| line.contains("workerd"));
    }
    std::process::Command::new("kill").args(["-0", &pid.to_string()]).status().is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_where_the_runtime_looks_for_it() {
        let id = object_id("kv", "CATALOG").unwrap();
        assert_eq!(id, "dcecbb601d5e4735e8ef5c1381fc61999a93d81d16c570831f8441d505fe0a00");
    }

    #[test]
    fn pairs_are_there_after_finish_and_not_without_it() {
        let folder = tempfile::tempdir().unwrap();
        let keys = |folder: &Path| {
            let mut keys = Vec::new();
            let collect = &mut |key: &str, _| {
                keys.push(key.to_owned());
                Ok(())
            };
            StateFolder::open(folder, false).unwrap().held(collect).unwrap();
            keys
        };
        StateFolder::open(folder.path(), true).unwrap().put("part/A", b"{}").unwrap();
        assert!(keys(folder.path()).is_empty());

        let mut state = StateFolder::open(folder.path(), true).unwrap();
        state.put("part/A", b"{}").unwrap();
        state.put("part/B", b"{}").unwrap();
        state.delete("part/A").unwrap();
        state.finish().unwrap();
        drop(state);
        assert_eq!(keys(folder.path()), ["part/B"]);
    }

    #[test]
    fn a_folder_that_a_runtime_serves_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let note = |processes: &str| {
            std::fs::write(folder.path().join("server.json"), format!(r#"{{{processes},"url":"http://x"}}"#)).unwrap();
        };
        // A process whose command line names the runtime, as the real one's does.
        let mut child = std::process::Command::new("sh").args(["-c", "sleep 30; true workerd"]).spawn().unwrap();
        while !is_running(child.id()) {
            std::thread::yield_now();
        }
        let pid = child.id();
        let refused = [format!(r#""pids":[0,{pid}]"#), format!(r#""pid":{pid}"#)].map(|processes| {
            note(&processes);
            StateFolder::open(folder.path(), true).err().map(|e| e.to_string()).unwrap_or_default()
        });
        child.kill().unwrap();
        child.wait().unwrap();
        for refused in refused {
            assert!(refused.contains("in use by the server at http://x"), "{refused}");
        }
        assert!(StateFolder::open(folder.path(), true).is_ok());
    }
}
