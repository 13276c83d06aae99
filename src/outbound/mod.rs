//! Calls to other servers: the one home of the HTTP client.
//!
//! INVARIANT: these bounds hold for every call, whoever makes it:
//! - a redirection is an answer and is not followed, because the credential would go with it;
//! - [`Bounds`] say how long a call may take, and whether it may go through a proxy;
//! - a body is read up to a length that the reader names, or part by part;
//! - certificates are verified: by the system's authorities, or by TLS settings that the caller brings. Nothing
//!   here turns the verification off.
//!
//! The server itself calls identity providers alone, and of those only the [`Hosts`] that the operator lists.
//!
//! The doctor and the command line share this client. Each keeps what the other has no use for:
//! `doctor/client` judges certificates as a Go program does and words its findings, `cli/client.rs` knows the
//! pages and refusals of our API.

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
