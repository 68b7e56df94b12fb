#!/usr/bin/env bash
# Other people's programs against Holdfast: `make conformance`. Installs them, in pinned versions, into a folder of the cache
# that is named for what is in it, once; then builds the Worker if need be and runs tests/conformance/run.mjs.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$ROOT/tests/conformance"

say() { printf '\033[1mconformance:\033[0m %s\n' "$*" >&2; }
# name <files…>: a folder of the cache for what these files ask for
home() { local name=$1; shift; echo "$CACHE/conformance/$name-$(cat "$@" | sha256sum | cut -c1-16)"; }
# keep <folder> <command…>: runs the command in a new folder beside it, which takes its place when all went well
keep() {
  local folder=$1 temp; shift
  if [ -d "$folder" ]; then return; fi
  say "setting up $folder"
  mkdir -p "$(dirname "$folder")"
  temp=$(mktemp -d "$folder.XXXXXX")
  "$@" "$temp"
  # Another set-up that ran at the same time may have been first; its result is as good.
  mv -T "$temp" "$folder" 2> /dev/null || rm -rf "$temp"
}

programs() { cp "$1"/package.json "$1"/package-lock.json "$1"/.npmrc "$2"; (cd "$2" && npm ci --ignore-scripts --no-fund --no-audit --loglevel=error); }
python() {
  python3 -m venv "$2"
  "$2/bin/pip" install --quiet --disable-pip-version-check --no-deps --requirement "python-$1.txt"
}

export PROGRAMS UCP_PROGRAMS PYTHON_1 PYTHON_2 PYTHON_UCP
PROGRAMS=$(home programs package.json package-lock.json)
keep "$PROGRAMS" programs .
UCP_PROGRAMS=$(home ucp ucp/package.json ucp/package-lock.json)
keep "$UCP_PROGRAMS" programs ucp
PYTHON_1=$(home python-1.30.0 python-1.30.0.txt)
keep "$PYTHON_1" python 1.30.0
PYTHON_2=$(home python-2.3.0 python-2.3.0.txt)
keep "$PYTHON_2" python 2.3.0
PYTHON_UCP=$(home python-ucp python-ucp.txt)
keep "$PYTHON_UCP" python ucp

cd "$ROOT"
scripts/build.sh
exec node --no-warnings tests/conformance/run.mjs
