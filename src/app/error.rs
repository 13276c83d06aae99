//! The reasons why a server did not start or ended, and why a command on the database or the keys folder failed.

use crate::authn::{HashError, SecretError};
use crate::domain::policy::Difference;
use crate::domain::secret::WeakPassword;
use crate::domain::shell;
use crate::entropy::NoEntropy;
use crate::http::TlsError;
use crate::manage::{ManageError, SigningKeyError};
use crate::storage::{BackupError, RestoreError, StoreError, TrailError, TransferError};
use crate::token::{KeyChangeError, KeysFolderError};
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Explains why the server cannot listen at an address, and what to do. `setting` is the name of the setting
/// with the address.
fn listen_advice(address: SocketAddr, setting: &str, error: &std::io::Error) -> String {
    match error.kind() {
        ErrorKind::AddrInUse => {
            format!("it is in use: stop the program that uses it, or choose another address with {setting}")
        }
        ErrorKind::AddrNotAvailable => format!(
            "no interface of this machine has the address `{}`: choose one that it has, or 0.0.0.0 for all, with {setting}",
            address.ip()
        ),
        ErrorKind::PermissionDenied => format!(
            "only root and programs with the capability CAP_NET_BIND_SERVICE may use ports as low as {}: choose a higher one with {setting}",
            address.port()
        ),
        _ => format!("choose another address with {setting}"),
    }
}

/// The reason why the server did not start, or why it ended.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The server cannot listen at the address.
    #[error("cannot listen on {address}: {}", listen_advice(*address, setting, source))]
    Listen {
        /// The address that the server cannot listen at.
        address: SocketAddr,
        /// The name of the setting with the address.
        setting: String,
        /// The cause of the error.
        #[source]
        source: std::io::Error,
    },
    /// The socket from systemd cannot be used.
    #[error(
        "cannot use the socket that systemd listens on: it must be one for TCP (`ListenStream=ADDRESS:PORT`)"
    )]
    Socket(#[source] std::io::Error),
    /// Two sockets from systemd take the place of the same address.
    #[error(
        "systemd listens on several sockets for the same purpose: leave one `ListenStream=` for everybody and, if you like, one in a unit with `FileDescriptorName=internal`"
    )]
    SeveralSockets,
    /// The database cannot be used.
    #[error("the database cannot be used")]
    Store(#[from] StoreError),
    /// The certificate or the key for TLS cannot be used.
    #[error("TLS cannot be served")]
    Tls(#[from] TlsError),
    /// The keys folder cannot be used.
    #[error("the keys cannot be used")]
    Keys(#[from] KeysFolderError),
    /// The keys folder is missing although the database is in use.
    #[error(
        "`{}` is missing although the database is in use: restore it from a backup, or, to begin with new keys, run `mkdir -m 700 {}` (registries then need the new ca.crt)",
        .0.display(),
        shell::path(.0)
    )]
    KeysGone(PathBuf),
    /// Another process kept the lease of the keys folder for too long, or the work under the lease was cut off.
    #[error(
        "another server has been setting up the keys or the database for too long: look at its log, or start again"
    )]
    SetUpByOther,
    /// The password for the first administrator is not accepted.
    #[error("PORTREEVE_ADMIN_PASSWORD cannot be used: {0}")]
    AdminPassword(WeakPassword),
    /// The file for the first administrator's password cannot be written.
    #[error("cannot write `{path}`")]
    PasswordFile {
        /// The path of the file.
        path: PathBuf,
        /// The cause of the error.
        #[source]
        source: std::io::Error,
    },
    /// A password cannot be hashed.
    #[error("passwords cannot be hashed")]
    Hash(#[from] HashError),
    /// The system gives no random bytes.
    #[error("the system gives no random bytes")]
    Entropy(#[from] NoEntropy),
    /// The first objects cannot be stored.
    #[error("the first objects cannot be stored")]
    Manage(#[from] ManageError),
    /// The task that follows the change feed ended.
    #[error("the server no longer follows the change feed: start it again")]
    Feed,
    /// The HTTP server failed, or the process could not set up its runtime or its handling of signals.
    #[error("the HTTP server failed")]
    Http(#[source] std::io::Error),
}

impl From<SigningKeyError> for StartError {
    fn from(error: SigningKeyError) -> Self {
        match error {
            SigningKeyError::Change(KeyChangeError::Folder(error)) => Self::Keys(error),
            SigningKeyError::Change(_) | SigningKeyError::Cut | SigningKeyError::Busy => Self::SetUpByOther,
            SigningKeyError::Store(error) => Self::Store(error),
        }
    }
}

/// The reason why the secrets were not sealed again.
#[derive(Debug, thiserror::Error)]
pub enum RewrapError {
    /// A secret cannot be opened or sealed.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The database cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A running server sealed secrets with an older key during every pass.
    #[error(
        "servers still seal secrets with an older key, so no key was removed: run `portreeve keys rewrap-secrets --drop-older` later"
    )]
    Unsettled,
}

/// The reason why a command on the database or the keys folder failed.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// The secrets cannot be sealed again.
    #[error("the secrets cannot be sealed again")]
    Rewrap(#[from] RewrapError),
    /// The async runtime cannot be made.
    #[error("cannot start")]
    Start(#[source] std::io::Error),
    /// The command needs a database in one SQLite file. The text says what to do instead.
    #[error("this command is for SQLite: {0}")]
    NotSqlite(&'static str),
    /// The database cannot be used.
    #[error("the database cannot be used")]
    Store(#[from] StoreError),
    /// The signing keys were not changed.
    #[error(transparent)]
    Keys(#[from] SigningKeyError),
    /// The keys folder cannot be used.
    #[error(transparent)]
    KeysFolder(#[from] KeysFolderError),
    /// The keys folder contains keys already.
    #[error(
        "`{0}` holds keys already: `portreeve keys list` shows them, `portreeve keys maintain` renews what is due"
    )]
    KeysExist(PathBuf),
    /// The temporary folder beside the database cannot be made, or the backup in it cannot be created or opened.
    #[error("cannot write the backup to a temporary folder beside the database")]
    Aside(#[source] std::io::Error),
    /// The whole backup was not transferred through the pipe.
    #[error("{0}")]
    Pipe(&'static str, #[source] std::io::Error),
    /// The backup was not made.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// The backup was not restored.
    #[error(transparent)]
    Restore(#[from] RestoreError),
    /// Passwords cannot be hashed.
    #[error("passwords cannot be hashed")]
    Hash(#[from] HashError),
    /// The system gives no random bytes.
    #[error("the system gives no random bytes")]
    Entropy(#[from] NoEntropy),
    /// The new password was not stored.
    #[error(transparent)]
    Manage(#[from] ManageError),
}

/// The reason why the audit trail has no record of a backup.
#[derive(Debug, thiserror::Error)]
pub enum Unrecorded {
    /// An older release wrote the database, so the command changes nothing in it.
    #[error("the database was written by an older release, and is left as it is")]
    Older,
    /// The record could not be written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The reason why the copy failed.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// The async runtime cannot be made.
    #[error("cannot start")]
    Start(#[source] std::io::Error),
    /// Source and target are the same database.
    #[error("the source and the target are the same database")]
    Same,
    /// The target is not empty.
    #[error("the target is not empty, and was left as it is: copy into a new database")]
    NotEmpty,
    /// The source cannot be used.
    #[error("the source cannot be used")]
    Source(#[source] StoreError),
    /// The target cannot be used.
    #[error("the target cannot be used")]
    Target(#[source] StoreError),
    /// The rows cannot be copied.
    #[error("nothing was copied")]
    Transfer(#[from] TransferError),
    /// A table in the target differs from the table in the source.
    #[error("nothing was copied: table `{0}` does not read back as it was written")]
    Table(&'static str),
    /// The hash chain of the source's audit trail is broken.
    #[error("nothing was copied: the source is not sound")]
    Trail(#[source] TrailError),
    /// Source and target decide differently.
    #[error("nothing was copied: source and target do not decide alike")]
    Decisions(#[from] Difference),
    /// The system gives no random bytes.
    #[error("the system gives no random bytes")]
    Entropy(#[from] NoEntropy),
}
