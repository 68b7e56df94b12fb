# Sourced by the other scripts: the pinned versions and where the tools are. Tools live in a cache outside the work
# tree, in a folder named for their version, so that a clean checkout finds what an earlier one has built.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
CACHE=${HOLDFAST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/holdfast}

WASM_BINDGEN_VERSION=0.2.130 # exactly the library's version in functions/Cargo.toml
NEXTEST_VERSION=0.9.151
MACHETE_VERSION=0.9.2
export WASM_LIMIT_KB=680 # gzipped; docs/decisions/0013
export ELEMENT_LIMIT_KB=20 # gzipped: every page of a shop loads it

TOOLS=$CACHE/tools
export PATH="$ROOT/node_modules/.bin:$TOOLS/wasm-bindgen-cli-$WASM_BINDGEN_VERSION/bin:$TOOLS/cargo-nextest-$NEXTEST_VERSION/bin:$TOOLS/cargo-machete-$MACHETE_VERSION/bin:$PATH"
