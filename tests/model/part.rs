//! A part of a state: shared by the states that have it in common, and told from others by a digest made once.

use std::fmt::{Debug, Write};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

/// Parts that behave the same from now on have the same identity.
pub trait Identity {
    fn identity(&self) -> u64;
}

/// A value that does not change.
#[derive(Debug)]
pub struct Part<T> {
    /// The domain's stores in memory cannot be looked at by two threads at once.
    value: Arc<Mutex<T>>,
    identity: u64,
}

impl<T: Identity> Part<T> {
    pub fn new(value: T) -> Self {
        let identity = value.identity();
        Self { value: Arc::new(Mutex::new(value)), identity }
    }

    pub fn identity(&self) -> u64 {
        self.identity
    }

    pub fn with<R>(&self, read: impl FnOnce(&T) -> R) -> R {
        read(&self.value.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<T: Identity + Clone> Part<T> {
    /// Puts a changed copy in its place.
    pub fn change<R>(&mut self, change: impl FnOnce(&mut T) -> R) -> R {
        let mut value = self.with(T::clone);
        let outcome = change(&mut value);
        *self = Self::new(value);
        outcome
    }
}

impl<T> Clone for Part<T> {
    fn clone(&self) -> Self {
        Self { value: Arc::clone(&self.value), identity: self.identity }
    }
}

impl<T> Hash for Part<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.identity.hash(state);
    }
}

/// A digest of what a value looks like to a reader.
pub fn digest(of: &impl Debug) -> u64 {
    let mut digest = Digest(DefaultHasher::new());
    let _ = write!(digest, "{of:?}");
    digest.0.finish()
}

struct Digest(DefaultHasher);

impl Write for Digest {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.0.write(text.as_bytes());
        Ok(())
    }
}
