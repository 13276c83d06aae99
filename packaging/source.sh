#!/usr/bin/env bash
# Packs the checked-out commit and the sources of all libraries: packaging/source.sh OUT.tar.xz VERSION
# The archive can be built without a network, with the compiler of `rust-toolchain.toml`.
set -euo pipefail
cd "$(dirname "$0")/.."
out=$1 name=portreeve-$2 work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/$name"
git archive HEAD | tar -x -C "$work/$name"
mkdir "$work/$name/.cargo"
cargo vendor --quiet --locked --versioned-dirs --manifest-path "$work/$name/Cargo.toml" "$work/$name/vendor" > /dev/null
cat > "$work/$name/.cargo/config.toml" <<'END'
[source.crates-io]
replace-with = "vendored"

[source.vendored]
directory = "vendor"

[net]
offline = true
END
packaging/archive.sh "$work/$name" "$out"
