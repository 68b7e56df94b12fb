//! A part of a state: shared by the states that have it in common, and told from others by a digest made once.

use std::collections::HashMap;
use std::fmt::{Debug, Write};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

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
}

impl<T> Part<T> {
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
pub fn looks(of: &impl Debug) -> u64 {
    let mut digest = Digest(DefaultHasher::new());
    let _ = write!(digest, "{of:?}");
    digest.0.finish()
}

/// A digest of values that can be hashed.
pub fn digest(of: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}

struct Digest(DefaultHasher);

impl Write for Digest {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.0.write(text.as_bytes());
        Ok(())
    }
}

/// What was worked out before.
#[derive(Debug)]
pub struct Memo<K, V>(Mutex<HashMap<K, V>>);

impl<K, V> Default for Memo<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash, V: Clone> Memo<K, V> {
    /// What belongs to the key, worked out the first time.
    pub fn of(&self, key: K, work: impl FnOnce() -> V) -> V {
        let known = self.lock().get(&key).cloned();
        known.unwrap_or_else(|| {
            let value = work();
            self.lock().insert(key, value.clone());
            value
        })
    }

    pub fn count(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<K, V>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
