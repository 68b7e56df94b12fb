//! Quotes: prices that stand and stock that is set aside for them.
//!
//! [`request`] reads what a caller wants held, [`draft`] is that with prices and an order of locations, [`desk`] drives
//! the shards that hold it, [`record`] is what comes of it and [`event`] what others are told of that. [`clerk`] takes
//! the calls.

pub mod call;
pub mod clerk;
pub mod desk;
pub mod draft;
pub mod event;
pub mod memory;
mod opening;
pub mod record;
mod refusal;
pub mod request;
pub mod said;

pub use clerk::{Clerk, ClerkStore, Turn};
pub use desk::{Desk, DeskStore, Refusal, Step};
pub use draft::{Draft, DraftLine, Wave};
pub use event::QuoteEvent;
pub use record::{Quote, QuoteLine, QuoteState};
pub use request::QuoteRequest;
pub use said::Said;
