#!/usr/bin/env bash
# Has programs that nobody here wrote judge web/openapi.json, and the product by it: spectral's OAS rules, two generators of
# clients, and schemathesis against a running instance, stateful links included. Takes two to three minutes once the
# programs are there; they are kept in the tool cache, in folders named for their lock files. EXAMPLES (30) is how many
# requests schemathesis makes up for each operation in each phase, SEED which ones; PYTHON
# is the interpreter (python3).
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$ROOT"

say() { printf '\033[1mconformance:\033[0m %s\n' "$*" >&2; }
# kept <name> <files that decide what is in it>: the folder for it
kept() { local name=$1; shift; echo "$CACHE/conformance/$name-$(cat "$@" | cksum | cut -d' ' -f1)"; }

# install <folder> <command that fills the folder it is given>
install() {
  local folder=$1 temp
  shift
  if [ -d "$folder" ]; then return; fi
  say "installing into $folder"
  mkdir -p "$(dirname "$folder")"
  temp=$(mktemp -d "$folder.XXXXXX")
  trap 'rm -rf "$temp"' EXIT
  "$@" "$temp"
  # Whoever was first has filled it as well.
  mv -T "$temp" "$folder" 2> /dev/null || [ -d "$folder" ]
  rm -rf "$temp"
  trap - EXIT
}
node_packages() { cp tests/openapi/{package.json,package-lock.json,.npmrc} "$1" && (cd "$1" && npm ci --ignore-scripts --loglevel=error); }
# Without a virtual environment, which would have its path written into it.
python_packages() { "$PYTHON" -m pip install --quiet --disable-pip-version-check --no-deps --target "$1" --requirement tests/openapi/requirements.txt; }

export PYTHON=${PYTHON:-python3}
command -v "$PYTHON" > /dev/null || { say "python3 with pip is missing"; exit 1; }
node=$(kept openapi-node tests/openapi/package-lock.json)
python=$(kept "openapi-$("$PYTHON" -c 'import sys; print(*sys.version_info[:2], sep=".")')" tests/openapi/requirements.txt)
install "$node" node_packages
install "$python" python_packages

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

say "spectral, OAS rules"
"$node/node_modules/.bin/spectral" lint web/openapi.json --ruleset tests/openapi/spectral.yaml --fail-severity hint

compiles() { "$node/node_modules/.bin/tsc" --noEmit --strict --skipLibCheck --moduleResolution bundler --module esnext --target es2022 --lib es2022,dom,dom.iterable "$@"; }
say "openapi-typescript"
"$node/node_modules/.bin/openapi-typescript" web/openapi.json --output "$work/types.ts" > /dev/null
compiles "$work/types.ts"
say "openapi-ts"
"$node/node_modules/.bin/openapi-ts" --input "$ROOT/web/openapi.json" --output "$work/client" --no-log-file > /dev/null
compiles "$work/client/index.ts"

say "schemathesis"
scripts/build.sh
PYTHONPATH="$python:$ROOT/tests/openapi" PYTHONDONTWRITEBYTECODE=1 node --no-warnings tests/openapi/run.mjs
say "everything holds"
