//! Positions, movements and the shard that owns them.
