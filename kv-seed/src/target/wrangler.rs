//! The real network, through wrangler: pairs are written into files and sent with `wrangler kv bulk put`.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

use serde::Serialize;
use tempfile::TempDir;

use super::manifest::{MARKER, Manifest};
use super::{EachHeld, Target};
use crate::error::Error;
use crate::stage::{Hash, hash};

/// Pairs in one file.
const MAX_PAIRS: usize = 10_000;
/// Bytes in one file; the network takes 100 MB a request.
const MAX_BYTES: usize = 50 * 1000 * 1000;
/// Attempts of one command.
const ATTEMPTS: u32 = 3;

/// The catalogue's namespace of a deployment.
pub struct Wrangler {
    project: PathBuf,
    folder: TempDir,
    manifest: Manifest,
    puts: Option<Batch>,
    deletes: Vec<String>,
    noted: Vec<(String, Option<Hash>)>,
    first_wait: Duration,
}

struct Batch {
    file: BufWriter<File>,
    path: PathBuf,
    pairs: usize,
    bytes: usize,
}

#[derive(Serialize)]
struct Pair<'a> {
    key: &'a str,
    value: &'a str,
}

impl Wrangler {
    /// The deployment that `project`'s wrangler.toml describes.
    pub fn new(project: &Path, manifests: Option<&Path>) -> Result<Self, Error> {
        let project = project.canonicalize().map_err(Error::io(project))?;
        let manifest = Manifest::open(manifests, &format!("wrangler:{}", project.display()))?;
        let folder = TempDir::with_prefix("kv-seed-").map_err(Error::io(&project))?;
        let first_wait = Duration::from_secs(2);
        Ok(Self { project, folder, manifest, puts: None, deletes: Vec::new(), noted: Vec::new(), first_wait })
    }

    /// Shorter waits, for tests.
    #[must_use]
    pub fn waiting(self, first_wait: Duration) -> Self {
        Self { first_wait, ..self }
    }

    fn batch(&mut self) -> Result<&mut Batch, Error> {
        if self.puts.is_none() {
            let path = self.folder.path().join("pairs.json");
            let file = BufWriter::new(File::create(&path).map_err(Error::io(&path))?);
            self.puts = Some(Batch { file, path, pairs: 0, bytes: 0 });
        }
        self.puts.as_mut().ok_or_else(|| Error::Target("no file to write pairs into".into()))
    }

    fn add(&mut self, key: &str, value: &[u8]) -> Result<(), Error> {
        let value = std::str::from_utf8(value).map_err(|_| Error::Target(format!("{key}: the value is not UTF-8")))?;
        let pair = serde_json::to_vec(&Pair { key, value })?;
        let batch = self.batch()?;
        let separator: &[u8] = if batch.pairs == 0 { b"[" } else { b"," };
        batch.file.write_all(separator).and_then(|()| batch.file.write_all(&pair)).map_err(Error::io(&batch.path))?;
        batch.pairs = batch.pairs.saturating_add(1);
        batch.bytes = batch.bytes.saturating_add(pair.len());
        if batch.pairs >= MAX_PAIRS || batch.bytes >= MAX_BYTES { self.send_puts() } else { Ok(()) }
    }

    fn send_puts(&mut self) -> Result<(), Error> {
        if let Some(mut batch) = self.puts.take() {
            batch.file.write_all(b"]").and_then(|()| batch.file.flush()).map_err(Error::io(&batch.path))?;
            self.run_again(&["kv", "bulk", "put", &batch.path.display().to_string()])?;
        }
        self.manifest.note(&std::mem::take(&mut self.noted))
    }

    fn send_deletes(&mut self) -> Result<(), Error> {
        if self.deletes.is_empty() {
            return Ok(());
        }
        let path = self.folder.path().join("keys.json");
        std::fs::write(&path, serde_json::to_vec(&self.deletes)?).map_err(Error::io(&path))?;
        self.run_again(&["kv", "bulk", "delete", &path.display().to_string(), "--force"])?;
        let gone: Vec<_> = self.deletes.drain(..).map(|key| (key, None)).collect();
        self.manifest.note(&gone)
    }

    fn run_again(&self, arguments: &[&str]) -> Result<Vec<u8>, Error> {
        let mut wait = self.first_wait;
        let mut attempt = 1;
        loop {
            match self.run(arguments) {
                Err(_) if attempt < ATTEMPTS => sleep(wait),
                result => return result,
            }
            wait = wait.saturating_mul(2);
            attempt = attempt.saturating_add(1);
        }
    }

    /// Runs wrangler: the project's own, else the one on PATH. The project's tools (its node) come first on PATH.
    fn run(&self, arguments: &[&str]) -> Result<Vec<u8>, Error> {
        let tools = self.project.join("node_modules").join(".bin");
        let own = tools.join("wrangler");
        let program = if own.exists() { own } else { PathBuf::from("wrangler") };
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path = std::env::join_paths(std::iter::once(tools).chain(std::env::split_paths(&path)))
            .map_err(|e| Error::Target(e.to_string()))?;
        let output = Command::new(&program)
            .args(arguments)
            .args(["--binding", "CATALOG", "--env", "production", "--remote"])
            .current_dir(&self.project)
            .env("PATH", path)
            .output()
            .map_err(Error::io(&program))?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        let said = String::from_utf8_lossy(&output.stderr);
        Err(Error::Target(format!("wrangler {} failed: {}", arguments.join(" "), said.trim())))
    }

    /// Whether the namespace holds what the manifest says. wrangler fails for a key that is not there.
    fn is_as_noted(&self) -> Result<bool, Error> {
        if self.manifest.is_empty()? {
            return Ok(false);
        }
        let Ok(value) = self.run(&["kv", "key", "get", MARKER, "--text"]) else { return Ok(false) };
        Ok(value.trim_ascii() == self.manifest.marker()?)
    }
}

impl Target for Wrangler {
    fn name(&self) -> String {
        format!("the network ({})", self.project.display())
    }

    fn held(&mut self, each: &mut EachHeld<'_>) -> Result<(), Error> {
        let trusted = self.is_as_noted()?;
        self.manifest.each(trusted, each)
    }

    fn value(&mut self, key: &str) -> Result<Option<Vec<u8>>, Error> {
        // wrangler fails for a key that is not there.
        Ok(self.run(&["kv", "key", "get", key, "--text"]).ok())
    }

    fn put(&mut self, key: &str, value: &[u8]) -> Result<(), Error> {
        self.noted.push((key.to_owned(), Some(hash(value))));
        self.add(key, value)
    }

    fn delete(&mut self, key: &str) -> Result<(), Error> {
        self.deletes.push(key.to_owned());
        if self.deletes.len() >= MAX_PAIRS { self.send_deletes() } else { Ok(()) }
    }

    fn finish(&mut self) -> Result<(), Error> {
        self.send_puts()?;
        self.send_deletes()?;
        if !self.is_as_noted()? {
            let marker = self.manifest.marker()?;
            self.add(MARKER, &marker)?;
        }
        self.send_puts()
    }
}
