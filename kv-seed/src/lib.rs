//! The importer's parts: each reads one kind of source and yields the KV pairs that the edge functions read.

pub mod demo;
pub mod vpic;
