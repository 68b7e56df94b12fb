//! The importer. (The skeleton.)

fn main() {}
