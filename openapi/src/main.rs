//! Writes web/openapi.json, which the Worker serves at `/openapi.json`: `cargo run --package openapi`.

use std::path::Path;

fn main() -> std::io::Result<()> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../web/openapi.json");
    std::fs::write(path, openapi::text())
}
