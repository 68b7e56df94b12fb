//! The key ring of a deployment in a file. What a ring is and when it may change, [`holdfast::token::ring`] decides; here
//! are the randomness and the file, which only its owner can read and which is never half written.

use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use holdfast::input::Fault;
use holdfast::time::Timestamp;
use holdfast::token::Ring;
use holdfast::token::ring::RotationRefused;
use tempfile::NamedTempFile;

use crate::error::Error;

/// Why a ring cannot be made, read or rotated. Texts do not repeat what a file holds.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// The system gives no random bytes.
    #[error("no random bytes: {0}")]
    Random(getrandom::Error),
    /// The file of a new ring is there already.
    #[error("{} is there already, and may be the only copy of a ring: rotate it, or choose another name", .0.display())]
    Exists(PathBuf),
    /// The file is no ring.
    #[error("{} is no key ring: {}", path.display(), spoken(faults))]
    NotARing {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        faults: Vec<Fault>,
    },
    /// The ring cannot change to another key now.
    #[error(transparent)]
    Refused(#[from] RotationRefused),
}

/// A ring of one new key.
pub fn new() -> Result<Ring, KeysError> {
    Ok(Ring::of(&seed()?))
}

/// Writes a ring of one new key to `path`, where nothing may be yet.
pub fn create(path: &Path) -> Result<(), Error> {
    written(&new()?, path)?.persist_noclobber(path).map_err(|error| match error.error.kind() {
        ErrorKind::AlreadyExists => KeysError::Exists(path.to_owned()).into(),
        _ => Error::io(path)(error.error),
    })?;
    Ok(())
}

/// The ring in the file `path`.
pub fn read(path: &Path) -> Result<Ring, Error> {
    let text = fs::read_to_string(path).map_err(Error::io(path))?;
    Ok(Ring::parse(&text).map_err(|faults| KeysError::NotARing { path: path.to_owned(), faults })?)
}

/// Puts a new key into the ring in the file `path`, and returns its name and when it begins to sign: the whole second of
/// `from`. The file has the old ring or the new one, whatever happens on the way.
pub fn rotate(path: &Path, from: Timestamp, now: Timestamp) -> Result<(String, Timestamp), Error> {
    let from = from.plus(from.millis().rem_euclid(1_000).saturating_neg());
    // Where `path` is a link, the file that it names is replaced.
    let path = fs::canonicalize(path).map_err(Error::io(path))?;
    let ring = read(&path)?.rotated(&seed()?, from, now).map_err(KeysError::Refused)?;
    written(&ring, &path)?.persist(&path).map_err(|error| Error::io(&path)(error.error))?;
    Ok((ring.signer(from).map(|key| key.public().kid().to_owned()).unwrap_or_default(), from))
}

/// A file with the ring, beside `path` and with another name; only its owner can read it.
fn written(ring: &Ring, path: &Path) -> Result<NamedTempFile, Error> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let write = || {
        let mut file = NamedTempFile::new_in(folder)?;
        writeln!(file, "{}", ring.to_secret_json())?;
        file.as_file().sync_all()?;
        Ok(file)
    };
    write().map_err(Error::io(path))
}

fn seed() -> Result<[u8; 32], KeysError> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(KeysError::Random)?;
    Ok(seed)
}

fn spoken(faults: &[Fault]) -> String {
    let faults: Vec<String> = faults.iter().map(|fault| format!("{}: {}", fault.pointer, fault.detail)).collect();
    faults.join("; ")
}
