//! Calls to other servers. Only this module may use the HTTP client library.
//!
//! INVARIANT: every call has these limits:
//! - a redirection is returned as an answer and is not followed, because following it would send the credential to
//!   another address;
//! - [`Bounds`] set the time limits of a call, and permit or forbid a proxy;
//! - a body is read up to a length that the caller names, or part by part;
//! - certificates are verified, by the authorities of the system or by the TLS settings of the caller. Nothing in this
//!   module turns the verification off.
//!
//! The server itself calls only identity providers and registries, and only on the [`Hosts`] that the operator lists.
//!
//! The doctor and the command line also use this client. Code that only one of them needs is in its own module:
//! `doctor/client` judges certificates as a Go program does and words its findings, and `cli/client.rs` knows the pages
//! and refusals of this server's API.

mod answer;
mod client;
mod error;
mod hosts;
mod request;
mod trust;

pub use answer::Answer;
pub use client::{Bounds, Client, Trust};
pub use error::OutboundError;
pub use hosts::{Hosts, NotPermitted, safe_address};
pub use request::{Body, Credential, Request, is_loopback};
pub use reqwest::Method;
pub use reqwest::header::HeaderMap;
