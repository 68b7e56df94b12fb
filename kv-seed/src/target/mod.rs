//! Where records go: a local state folder, a running instance, or the real network.

mod http;
mod instance;
mod manifest;
mod state;
mod wrangler;

pub use http::{Http, Key, Method};
pub use instance::Instance;
pub use state::StateFolder;
pub use wrangler::Wrangler;

use crate::error::Error;
use crate::stage::Hash;

/// Takes a key that a target holds, and the hash of its value.
pub type EachHeld<'a> = dyn FnMut(&str, Hash) -> Result<(), Error> + 'a;

/// A KV namespace that records can be written to.
pub trait Target {
    /// What it is called in messages.
    fn name(&self) -> String;

    /// Calls `each` with every key the target is known to hold, and the [`crate::stage::hash`] of its value.
    fn held(&mut self, each: &mut EachHeld<'_>) -> Result<(), Error>;

    /// The value of a key, where the target can be asked for one.
    fn value(&mut self, key: &str) -> Result<Option<Vec<u8>>, Error>;

    /// Writes a pair; it may wait in a batch.
    fn put(&mut self, key: &str, value: &[u8]) -> Result<(), Error>;

    /// Deletes a key; it may wait in a batch.
    fn delete(&mut self, key: &str) -> Result<(), Error>;

    /// Sends what waits. Nothing is promised to be there before this returns.
    fn finish(&mut self) -> Result<(), Error>;
}
