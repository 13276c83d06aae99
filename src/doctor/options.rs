//! The options of an examination.

use super::docker::files::DockerFiles;
use super::registry::address::Address;
use crate::clock::Clock;
use std::path::PathBuf;
use zeroize::Zeroizing;

/// The account for a login.
pub struct Login {
    /// The user or robot name.
    pub user: String,
    /// The password, or an access key.
    pub password: Zeroizing<String>,
}

impl Login {
    /// Returns true if the password begins like an access key.
    pub(super) fn is_key(&self) -> bool {
        self.password.starts_with("ptr_")
    }
}

/// The options of an examination.
pub struct Options {
    /// The address of the registry.
    pub registry: Address,
    /// The account for the login; `None` for anonymous.
    pub login: Option<Login>,
    /// The repository to pull from.
    pub repository: Option<String>,
    /// The tag to pull; `None` for `latest`, or for the first tag if there is no `latest`.
    pub tag: Option<String>,
    /// The path of the registry's configuration.
    pub config: Option<PathBuf>,
    /// The path of the registry's log.
    pub log: Option<PathBuf>,
    /// Files of authorities to trust besides those of the system and of docker.
    pub authorities: Vec<PathBuf>,
    /// The places of docker's configuration files.
    pub docker: DockerFiles,
    /// The path of the token server's keys folder.
    pub keys: Option<PathBuf>,
    /// True if the examination also pushes a tag and removes it.
    pub write: bool,
    /// The clock that the examination uses.
    pub clock: Clock,
}
