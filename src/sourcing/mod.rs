//! Which location, in what order.

pub mod location;

pub use location::{Hours, Location, LocationKind};
