//! An unmodified registry and unmodified clients against the real program.
//!
//! Debian's docker-registry, configured with exactly what `serve` printed; skopeo, `podman login`,
//! `docker login`, the Rust crate oci-client and the Python package oras. `tests/run` installs what is missing; a
//! component that is not there fails the test.
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
mod skopeo;
