#!/usr/bin/env bash
# Prints the size of the built wasm; fails when it is over the limit. Size is start-up time and memory in each isolate.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
raw=$(wc -c < "$ROOT/build/functions_bg.wasm")
zipped=$(gzip -9c "$ROOT/build/functions_bg.wasm" | wc -c)
echo "functions_bg.wasm: $((raw / 1000)) kB, $((zipped / 1000)) kB gzipped (limit $WASM_LIMIT_KB)"
[ "$zipped" -le $((WASM_LIMIT_KB * 1000)) ]
