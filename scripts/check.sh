#!/usr/bin/env bash
# What must hold before a change is pushed. Each step fails the run.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$ROOT"

step() { printf '\033[1mcheck:\033[0m %s\n' "$*" >&2; }

step "formatting"
cargo fmt --all --check
step "lints, native and wasm"
cargo clippy --workspace --all-targets --locked --quiet -- -D warnings
cargo clippy --package functions --target wasm32-unknown-unknown --locked --quiet -- -D warnings
step "documentation"
RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked --quiet
step "unused dependencies"
cargo machete --with-metadata
step "licences and sources of dependencies"
if cargo deny --version > /dev/null 2>&1; then
  cargo deny check licenses bans sources
else
  cargo metadata --format-version 1 --locked | node scripts/licences.mjs
fi
step "wasm size"
scripts/build.sh
scripts/wasm-size.sh
step "everything holds"
