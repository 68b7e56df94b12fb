# Sourced by the conformance scripts, after env.sh: other people's programs, kept in the tool cache.

say() { printf '\033[1mconformance:\033[0m %s\n' "$*" >&2; }

# kept <name> <files…>: the folder for what these files ask for
kept() { local name=$1; shift; echo "$CACHE/conformance/$name-$(cat "$@" | sha256sum | cut -c1-16)"; }

# keep <folder> <command…>: runs the command on a new folder, which becomes this one when all went well
keep() {
  local folder=$1 temp
  shift
  if [ -d "$folder" ]; then return; fi
  say "installing into $folder"
  mkdir -p "$(dirname "$folder")"
  temp=$(mktemp -d "$folder.XXXXXX")
  "$@" "$temp" || { rm -rf "$temp"; say "that failed: $*"; exit 1; }
  # Another set-up that ran at the same time may have been first; its result is as good.
  mv -T "$temp" "$folder" 2> /dev/null || rm -rf "$temp"
}

# npm_packages <folder with package.json, package-lock.json and .npmrc> <folder>
npm_packages() {
  cp "$1"/{package.json,package-lock.json,.npmrc} "$2"
  (cd "$2" && npm ci --ignore-scripts --no-fund --no-audit --loglevel=error)
}
