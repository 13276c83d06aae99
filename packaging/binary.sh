#!/usr/bin/env bash
# Builds the program of a release, one static file, and prints its path.
# The same source gives the same bytes in every folder and for every user, with the compiler of rust-toolchain.toml, and
# with cargo-auditable each time or never.
set -euo pipefail
cd "$(dirname "$0")/.."

# The messages of panics in the program contain paths of source files. The compiler replaces the paths of this machine,
# so that every machine builds the same bytes. Sources of libraries are in the home of cargo, or in `vendor` of a packed
# source.
remapped=("${CARGO_HOME:-$HOME/.cargo}=/cargo" "$PWD=/portreeve" "$PWD/vendor=/libraries")
for folder in "${CARGO_HOME:-$HOME/.cargo}"/registry/src/*; do remapped+=("$folder=/libraries"); done
CARGO_ENCODED_RUSTFLAGS=$(printf -- '\x1f--remap-path-prefix=%s' "${remapped[@]}")
export CARGO_ENCODED_RUSTFLAGS=${CARGO_ENCODED_RUSTFLAGS#?}

# With cargo-auditable, the program contains the list of its libraries, for scanners.
command -v cargo-auditable > /dev/null && auditable=auditable || auditable=
# `crt-static` must apply only to the program itself. Derive macros are dynamic libraries, which cannot be linked statically.
# cargo ignores `strip` of a profile that has settings for the program's package.
cargo $auditable rustc --locked --quiet --profile dist --bin portreeve -- -C target-feature=+crt-static -C strip=symbols >&2
echo "${CARGO_TARGET_DIR:-target}/dist/portreeve"
