//! Acts as a client towards a registry, and says in plain words what is right and wrong.

pub mod docker_files;
mod docker_folder;
mod finding;
mod hosts_toml;
mod insecure;

pub use finding::{Finding, Level};
