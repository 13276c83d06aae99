#!/usr/bin/env bash
# Builds the program as it is released, and prints its path: one file that needs nothing of the system it runs on.
# The same source gives the same bytes in every folder and for every user, with the compiler of rust-toolchain.toml.
set -euo pipefail
cd "$(dirname "$0")/.."

# Panics of dependencies name their source files: with the paths of this machine, each machine's bytes would differ.
home=${CARGO_HOME:-$HOME/.cargo}
CARGO_ENCODED_RUSTFLAGS=$(printf -- '--remap-path-prefix=%s=/cargo\x1f--remap-path-prefix=%s=/portreeve' "$home" "$PWD")
export CARGO_ENCODED_RUSTFLAGS

# Where cargo-auditable is there, the program holds the list of its libraries, for scanners.
command -v cargo-auditable > /dev/null && auditable=auditable || auditable=
# Only the last link is static. Libraries of the compiler, such as derive macros, cannot be.
cargo $auditable rustc --locked --quiet --profile dist --bin portreeve -- -C target-feature=+crt-static >&2
echo "${CARGO_TARGET_DIR:-target}/dist/portreeve"
