#!/usr/bin/env bash
# Has programs that nobody here wrote judge web/openapi.json, and the product by it: spectral's OAS rules, two generators of
# clients, and schemathesis against a running instance, stateful links included. Takes two to three minutes once the
# programs are there; they are kept in the tool cache, in folders named for their lock files. EXAMPLES (30) is how many
# requests schemathesis makes up for each operation in each phase, SEED (1) which ones; PYTHON is the interpreter (python3).
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
source "$ROOT/scripts/keep.sh"
cd "$ROOT"

# Without a virtual environment, which would have its path written into it.
python_packages() { "$PYTHON" -m pip install --quiet --disable-pip-version-check --no-deps --target "$1" --requirement tests/openapi/requirements.txt; }

export PYTHON=${PYTHON:-python3}
command -v "$PYTHON" > /dev/null || { say "python3 with pip is missing"; exit 1; }
node=$(kept openapi-node tests/openapi/package-lock.json)
python=$(kept "openapi-$("$PYTHON" -c 'import sys; print(*sys.version_info[:2], sep=".")')" tests/openapi/requirements.txt)
keep "$node" npm_packages tests/openapi
keep "$python" python_packages

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
