//! Holdfast's domain: parts, prices, stock, sourcing. Pure and synchronous: time, ids and storage come in as
//! arguments, so everything here is tested natively in milliseconds.
