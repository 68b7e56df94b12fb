//! What can be sold, what it is called, what replaces it, and what it fits.
//!
//! Everything here is written by the importer, read at the edge, and never changed between: records are plain data,
//! and [`keys`] says under which key of the catalogue's KV namespace each one lies.

pub mod fitment;
pub mod gtin;
pub mod keys;
pub mod number;
pub mod part;
pub mod records;
pub mod supersession;
pub mod vin;

pub use fitment::{Application, VehicleKey};
pub use gtin::Gtin;
pub use number::{NormalisedNumber, PartNumber};
pub use part::Part;
pub use records::{Lookup, Reading, Record, Records};
pub use vin::{Powertrain, Vin};
