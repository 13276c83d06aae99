//! Portreeve, a token authorization server for Docker and OCI registries.
//!
//! [`http`] receives requests, and a use case carries them out: [`issue`] for tokens, [`manage`] for
//! administration, [`signin`] for people with a browser, [`events`] for reports of registries, [`crawl`] for the
//! content of existing registries, [`catalogue`] for lists of repositories. The use cases ask [`authn`] who calls,
//! [`snapshot`] for the policy, [`upstream`] for people of identity providers, [`token`] for signatures and [`storage`]
//! for stored objects. The types and decisions that they share are pure code in [`domain`]. [`app`] puts everything
//! together, and [`cli`] starts it. [`doctor`] is a client that examines a registry and its token server from outside.
//!
//! `docs/architecture.md` has the map of the modules, the invariants, and the path of one request.
#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::print_stdout, clippy::print_stderr))]

pub mod accounts;
pub mod app;
pub mod authn;
pub mod catalogue;
pub mod causes;
pub mod cli;
pub mod clock;
pub mod config;
pub mod crawl;
pub mod doctor;
pub mod domain;
pub mod entropy;
pub mod events;
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
pub mod upstream;
