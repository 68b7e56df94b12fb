//! What stops an import, and what only costs a row.

use std::path::{Path, PathBuf};

/// Stops the import; nothing has been written to the target unless a target's own write failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or folder could not be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The staging file or a target's database failed.
    #[error("database: {0}")]
    Database(#[from] rusqlite::Error),
    /// A staged row or record could not be written or read as JSON.
    #[error("record: {0}")]
    Json(#[from] serde_json::Error),
    /// A file cannot be read at all: its header, its encoding, a cut-off end.
    #[error("{file}:{line}: {reason}")]
    Unreadable {
        /// The file.
        file: String,
        /// The line, from 1.
        line: u64,
        /// Why.
        reason: String,
    },
    /// The vPIC database cannot be read.
    #[error(transparent)]
    Vpic(#[from] crate::vpic::VpicError),
    /// The key ring cannot be made, read or rotated.
    #[error(transparent)]
    Keys(#[from] crate::keys::KeysError),
    /// `--strict`, and rows were bad.
    #[error("{0} bad rows: nothing was written, as --strict asks")]
    Strict(u64),
    /// The target refused, or cannot take what it is to hold.
    #[error("{0}")]
    Target(String),
}

impl Error {
    /// For `map_err` on an I/O result about `path`.
    pub fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { path, source }
    }
}

/// Why a row is not imported.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RowError {
    /// A required value is empty.
    #[error("{0} is empty")]
    Empty(&'static str),
    /// A value is not what its column holds.
    #[error("{column} {value:?}: {reason}")]
    Value {
        /// The column or element.
        column: &'static str,
        /// What it holds.
        value: String,
        /// What it should be.
        reason: String,
    },
    /// Something with this id came before.
    #[error("{what} {id} is there twice")]
    Duplicate {
        /// What it is.
        what: &'static str,
        /// Its id.
        id: String,
    },
    /// The row speaks of something that is not in the import.
    #[error("unknown {what} {id}")]
    Unknown {
        /// What it is.
        what: &'static str,
        /// The id nobody defined.
        id: String,
    },
    /// Values that do not go together.
    #[error("{0}")]
    Contradiction(String),
}

impl RowError {
    /// A value that is not what its column holds.
    #[expect(clippy::needless_pass_by_value, reason = "callers hand over an error or a text and are done with it")]
    pub fn value(column: &'static str, value: &str, reason: impl ToString) -> Self {
        Self::Value { column, value: value.chars().take(80).collect(), reason: reason.to_string() }
    }

    /// A second thing of the same id.
    #[expect(clippy::needless_pass_by_value, reason = "callers hand over an error or a text and are done with it")]
    pub fn duplicate(what: &'static str, id: impl ToString) -> Self {
        Self::Duplicate { what, id: id.to_string() }
    }

    /// A reference to nothing.
    #[expect(clippy::needless_pass_by_value, reason = "callers hand over an error or a text and are done with it")]
    pub fn unknown(what: &'static str, id: impl ToString) -> Self {
        Self::Unknown { what, id: id.to_string() }
    }
}

/// How reading one row can fail: the row is left out, or the import stops.
#[derive(Debug, thiserror::Error)]
pub enum RowFailure {
    /// The row is reported and left out.
    #[error(transparent)]
    Row(#[from] RowError),
    /// The import stops.
    #[error(transparent)]
    Fatal(#[from] Error),
}

impl From<rusqlite::Error> for RowFailure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Fatal(error.into())
    }
}
