//! Which location, in what order: [`Survey`] once for a request, [`Survey::rank`] for each line, [`allocate`] for the
//! split.

pub mod geo;
pub mod local_time;
pub mod location;
pub mod rank;
pub mod survey;
pub mod timing;

#[cfg(test)]
pub(crate) mod fixtures;
#[cfg(test)]
mod tests;

pub use geo::{Distance, GeoPoint};
pub use local_time::{LocalDay, Opening};
pub use location::{Hours, Location, LocationKind, Offset, nearest};
pub use rank::{Allocation, allocate};
pub use survey::{Destination, Fulfilment, Need, NoDestination, Source, Survey};
pub use timing::Delivery;
