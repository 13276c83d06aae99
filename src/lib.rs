//! Portreeve, a token authorization server for Docker and OCI registries.
//!
//! Requests come in through [`http`] and are carried out by a use case: [`issue`] for tokens,
//! [`manage`] for administration, [`signin`] for people with a browser. These ask [`authn`] who calls, [`snapshot`] for the policy,
//! [`token`] for signatures and [`storage`] for what is kept. The words and decisions they share are
//! pure code in [`domain`]. [`app`] puts everything together; [`cli`] starts it. [`doctor`] is a client,
//! which examines a registry and its token server from outside.
//!
//! `docs/architecture.md` has the map, the invariants, and one request walked.
#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::print_stdout, clippy::print_stderr))]

pub mod accounts;
pub mod app;
pub mod authn;
pub mod causes;
pub mod cli;
pub mod clock;
pub mod config;
pub mod doctor;
pub mod domain;
pub mod entropy;
pub mod http;
pub mod issue;
pub mod manage;
pub mod metrics;
pub mod outbound;
pub mod signin;
pub mod snapshot;
pub mod storage;
pub mod telemetry;
pub mod token;
