//! Portreeve, a token authorization server for Docker and OCI registries.
#![forbid(unsafe_code)]

pub mod app;
pub mod authn;
pub mod cli;
pub mod clock;
pub mod config;
pub mod domain;
pub mod entropy;
pub mod http;
pub mod issue;
pub mod manage;
pub mod snapshot;
pub mod storage;
pub mod telemetry;
pub mod token;
