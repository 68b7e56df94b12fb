//! What could be wrong with a house.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {}
