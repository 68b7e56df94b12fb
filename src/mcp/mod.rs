//! The Model Context Protocol without its I/O: a body and three headers in, what was asked or what to refuse out; what a
//! tool call means as a request to the API. What agents are shown (lists, texts, answers) is in `functions/glue`.
//!
//! Two generations of the protocol are spoken, statelessly both. In the new one (2026-07-28) every request says its version,
//! in a header and in `_meta`; in the old one (2025-11-25 and before) a client says `initialize` first, and nothing is
//! remembered of it. Facts are those of the specification's pages "Streamable HTTP", "Versioning", "Discovery" and "Tools".

pub mod call;
pub mod failure;
pub mod header;
pub mod message;
pub mod reply;
#[cfg(test)]
mod tests;

pub use call::Call;
pub use failure::Failure;
pub use message::{Asked, Headers, Message, Request};

/// The version in which every request stands for itself.
pub const MODERN: &str = "2026-07-28";
/// The versions with a handshake, newest first.
/// The last of them knew no version header: it is spoken with whoever sends none.
pub const LEGACY: [&str; 3] = ["2025-11-25", "2025-06-18", "2025-03-26"];

/// Which generation of the protocol a request belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Era {
    /// [`MODERN`]
    Modern,
    /// One of [`LEGACY`].
    Legacy,
}
