#!/usr/bin/env bash
# Builds the program as it is released, and prints its path: one file that needs nothing of the system it runs on.
# The same source gives the same bytes in every folder and for every user, with the compiler of rust-toolchain.toml.
set -euo pipefail
cd "$(dirname "$0")/.."

# Panics of libraries name their source files: with the paths of this machine, each machine's bytes would differ.
# The sources of libraries are in the home of cargo, or beside ours as `source.sh` packs them.
remapped=("${CARGO_HOME:-$HOME/.cargo}=/cargo" "$PWD=/portreeve" "$PWD/vendor=/libraries")
for folder in "${CARGO_HOME:-$HOME/.cargo}"/registry/src/*; do remapped+=("$folder=/libraries"); done
CARGO_ENCODED_RUSTFLAGS=$(printf -- '\x1f--remap-path-prefix=%s' "${remapped[@]}")
export CARGO_ENCODED_RUSTFLAGS=${CARGO_ENCODED_RUSTFLAGS#?}

# Where cargo-auditable is there, the program holds the list of its libraries, for scanners.
command -v cargo-auditable > /dev/null && auditable=auditable || auditable=
# Only the last link is static. Libraries of the compiler, such as derive macros, cannot be.
cargo $auditable rustc --locked --quiet --profile dist --bin portreeve -- -C target-feature=+crt-static >&2
echo "${CARGO_TARGET_DIR:-target}/dist/portreeve"
