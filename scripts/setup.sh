#!/usr/bin/env bash
# Installs what the other targets need. Quick when nothing is missing, and safe to run at any time: a tool is built in
# a folder of its own and moved into place only after it has run, so an interrupted install leaves nothing half done.
# Usage: scripts/setup.sh [build] [test] [check]; more than one may be named, `build` is always included.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$ROOT"

say() { printf '\033[1msetup:\033[0m %s\n' "$*" >&2; }
need() { command -v "$1" > /dev/null || { say "$1 is missing: $2"; exit 1; }; }

need rustup "install Rust from https://rustup.rs"
need npm "install Node.js 20 or newer (npm comes with it)"

rust() {
  local channel target=wasm32-unknown-unknown
  channel=$(sed -n 's/^channel = "\(.*\)"/\1/p' rust-toolchain.toml)
  if ! rustup run "$channel" rustc --version > /dev/null 2>&1; then
    say "Rust $channel"
    rustup toolchain install "$channel" --profile minimal --component rustfmt --component clippy
  fi
  if [ ! -d "$(rustup run "$channel" rustc --print sysroot)/lib/rustlib/$target/lib" ]; then
    say "Rust's $target target"
    rustup target add --toolchain "$channel" "$target"
  fi
}

# crate <crate> <version> <command that prints a version> [cargo install options]
crate() {
  local name=$1 version=$2 probe=$3 home="$TOOLS/$1-$2" temp
  shift 3
  if works "$home" "$probe" "$version"; then return; fi
  say "$name $version, compiled once and kept in $home (a few minutes)"
  mkdir -p "$TOOLS"
  temp=$(mktemp -d "$TOOLS/.$name.XXXXXX")
  trap 'rm -rf "$temp"' EXIT
  # Outside the work tree, so that neither its toolchain file's components nor its cargo settings get a say.
  CARGO_TARGET_DIR="$temp/target" cargo install --root "$temp/root" "$@" "$name@$version"
  works "$temp/root" "$probe" "$version" || { say "$name was built but does not run"; exit 1; }
  rm -rf "$home"
  # Another set-up that ran at the same time may have been first; its result is as good.
  mv -T "$temp/root" "$home" 2> /dev/null || works "$home" "$probe" "$version"
  rm -rf "$temp"
  trap - EXIT
}

works() { (PATH="$1/bin" "$1/bin/"$2 2> /dev/null | grep -qF "$3"); }

node_packages() {
  local stamp
  stamp=$(cat package.json package-lock.json .npmrc | cksum)
  if [ "$(cat node_modules/.installed 2> /dev/null)" = "$stamp" ] && [ -x node_modules/.bin/workerd ]; then return; fi
  say "node packages (workerd, wrangler, esbuild, wasm-opt)"
  npm ci --no-fund --no-audit --loglevel=error
  node_modules/.bin/node --version > /dev/null && node_modules/.bin/workerd --version > /dev/null
  echo "$stamp" > node_modules/.installed
}

rust
node_packages
crate wasm-bindgen-cli "$WASM_BINDGEN_VERSION" "wasm-bindgen --version"
for purpose in "$@"; do
  case $purpose in
    build) ;;
    test) cargo nextest --version > /dev/null 2>&1 \
      || crate cargo-nextest "$NEXTEST_VERSION" "cargo-nextest nextest --version" --locked ;;
    check) crate cargo-machete "$MACHETE_VERSION" "cargo-machete --version" --locked ;;
    *) say "unknown purpose: $purpose"; exit 2 ;;
  esac
done
