//! An unmodified registry and unmodified clients against the real program.
//!
//! The registry is Debian's docker-registry. Its `auth` block is exactly the block that `serve` printed. The clients
//! are skopeo, `podman login`, `docker login`, the Rust crate oci-client, the Python package oras, and a browser on the
//! sign-in pages. `tests/run` installs the programs and the Python package. A missing component fails the test.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod browser;
mod docker;
mod keys;
mod oci_client;
mod oras;
mod port;
mod private_certificate;
#[path = "../support/registry.rs"]
mod registry;
#[path = "../support/said.rs"]
mod said;
mod skopeo;
