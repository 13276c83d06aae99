//! Examines a registry as a client does, and says in plain words what works and what does not.
//!
//! The doctor has five parts: the registry, its token server, tokens, docker on this machine, and the report.
//! Each step takes the facts that it needs. It returns facts for the next steps, and findings for the report.
//!
//! INVARIANT: the doctor never prints a token or a password. To a server whose certificate is not verified, it
//! sends no password, and no token with more rights than an anonymous token.

mod case;
mod docker;
mod error;
mod examination;
mod options;
mod registry;
mod report;
mod server;
mod token;

pub use docker::client::{read_date, trusting};
pub use docker::files::DockerFiles;
pub use error::Unusable;
pub use examination::examine;
pub use options::{Login, Options};
pub use registry::address::Address;
pub use report::finding::{Finding, Level};
pub use report::whole::Report;
