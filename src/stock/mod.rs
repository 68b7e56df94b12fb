//! Positions, movements and the shard that owns them.

pub mod event;
pub mod handover;
pub mod hold;
pub mod movement;
pub mod position;
pub mod promise;
pub mod shard;
pub mod shard_map;
pub mod snapshot;
pub mod store;
pub mod sync;

pub use event::{Happening, StockEvent, Units};
pub use handover::{Handover, Redirect};
pub use hold::{Hold, HoldLine, HoldRefusal, HoldState, LineHeld, LineKey, LineUnits, QuoteHolds};
pub use movement::{Entry, Movement, MovementKind, Rejection};
pub use position::{Counters, Position, Receipt};
pub use shard_map::{Dedicated, ShardMap, ShardName, Share};
pub use snapshot::{LocationStock, Snapshot};
