//! Portreeve, a token authorization server for Docker and OCI registries.
#![forbid(unsafe_code)]

pub mod domain;
