//! The five numbers: what is told of them, what is reported for them, and what an isolate adds.

pub mod answers;
pub mod board;
pub mod gather;
pub mod report;
