#!/usr/bin/env bash
# Other people's programs against Holdfast: `make conformance`. Installs them, in pinned versions, into a folder of the cache
# that is named for what is in it, once; then builds the Worker if need be and runs tests/conformance/run.mjs.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
source "$ROOT/scripts/keep.sh"
cd "$ROOT/tests/conformance"

command -v python3 > /dev/null || { say "python3 is missing: the Python clients need it, with its venv module"; exit 1; }
python() {
  python3 -m venv "$2"
  "$2/bin/pip" install --quiet --disable-pip-version-check --no-deps --requirement "python-$1.txt"
}

export PROGRAMS UCP_PROGRAMS PYTHON_1 PYTHON_2 PYTHON_UCP
PROGRAMS=$(kept programs package.json package-lock.json)
keep "$PROGRAMS" npm_packages .
UCP_PROGRAMS=$(kept ucp ucp/package.json ucp/package-lock.json)
keep "$UCP_PROGRAMS" npm_packages ucp
PYTHON_1=$(kept python-1.30.0 python-1.30.0.txt)
keep "$PYTHON_1" python 1.30.0
PYTHON_2=$(kept python-2.3.0 python-2.3.0.txt)
keep "$PYTHON_2" python 2.3.0
PYTHON_UCP=$(kept python-ucp python-ucp.txt)
keep "$PYTHON_UCP" python ucp

cd "$ROOT"
scripts/build.sh
exec node --no-warnings tests/conformance/run.mjs
