#!/usr/bin/env bash
# Builds the Worker: build/index.js and build/functions_bg.wasm, which wrangler and workerd load as they are.
# Done here step by step, in place of the `worker-build` command: entry.js replaces the wrappers that command generates,
# and what is left of it is these four steps (docs/decisions/0011).
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$ROOT"
package=${1:-functions}
out=${2:-build}
features=${3:-}

# The features that Rust's wasm32 target and wasm-bindgen emit; naming them keeps wasm-opt from using newer ones.
FEATURES=(mutable-globals sign-ext nontrapping-float-to-int bulk-memory multivalue reference-types exception-handling)

cargo build --release --locked --package "$package" ${features:+--features "$features"} --target wasm32-unknown-unknown
wasm=$(cargo metadata --format-version 1 --no-deps --locked | node -p 'JSON.parse(require("fs").readFileSync(0)).target_directory')/wasm32-unknown-unknown/release/$package.wasm

mkdir -p "$out/wasm"
# Skips the rest when nothing that goes into it has changed.
stamp=$(cat "$wasm" functions/entry.js $(find web storefront/src -type f | sort) functions/glue/*.js scripts/build.sh scripts/env.sh package-lock.json | cksum)
if [ -f "$out/index.js" ] && [ "$(cat "$out/stamp" 2>/dev/null)" = "$stamp" ]; then exit 0; fi
rm -f "$out/stamp"

# The last two flags let a dead instance be replaced after a trap: functions/glue/instance.js.
wasm-bindgen "$wasm" --target module --no-typescript --out-dir "$out/wasm" --out-name functions \
  --experimental-reset-state-function --force-enable-abort-handler
# A source-phase import, which esbuild does not know; a plain import of a .wasm file is the same thing in workerd.
sed -i.bak 's/^import source /import /' "$out/wasm/functions.js" && rm "$out/wasm/functions.js.bak"
# Not more than -O1: what LLVM has optimised gains nothing from more, compresses worse, and -Os of binaryen 132 makes wrong
# code of it (docs/decisions/0013).
# The functions that are called most get the shortest numbers: 2 % less once zipped.
wasm-opt -O1 --reorder-functions "${FEATURES[@]/#/--enable-}" "$out/wasm/functions_bg.wasm" -o "$out/functions_bg.wasm"
esbuild functions/entry.js --bundle --format=esm --outfile="$out/index.js" --log-level=warning \
  --external:cloudflare:* --external:./functions_bg.wasm "--alias:holdfast-wasm=$(cd "$out" && pwd)/wasm/functions.js"
rm -rf "$out/assets" && cp -r web "$out/assets" && rm -r "$out/assets/board" "$out/assets/branch"
# The board of /kpi and the console of /branch, each with its libraries as one script and one style sheet.
esbuild kpi=web/board/main.js kpi=web/board/board.css branch=web/branch/main.js branch=web/branch/branch.css --bundle --minify --format=esm --target=es2023 --log-level=warning \
  --outdir="$out/assets/assets"
# The storefront element, one file for shops to include.
esbuild storefront/src/index.js --bundle --minify --format=esm --target=es2022 --log-level=warning --outfile="$out/assets/holdfast.js"
element=$(gzip -9c "$out/assets/holdfast.js" | wc -c)
[ "$element" -le $((ELEMENT_LIMIT_KB * 1000)) ] || { echo "holdfast.js: $element bytes gzipped, over $ELEMENT_LIMIT_KB kB" >&2; exit 1; }
for library in uplot lit idb; do cp "node_modules/$library/LICENSE" "$out/assets/assets/$library-licence.txt"; done
echo "$stamp" > "$out/stamp"
if [ "$out" = build ]; then echo "built build/index.js and $(scripts/wasm-size.sh), holdfast.js: $((element / 1000)) kB gzipped (limit $ELEMENT_LIMIT_KB)"; fi
