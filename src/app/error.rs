//! Why a server did not start, and why a command on the database or the keys folder failed.

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

/// Why an address cannot be listened on, and what to do. `setting` is where it is set.
fn listen_advice(address: SocketAddr, setting: &str, error: &std::io::Error) -> String {
    match error.kind() {
        ErrorKind::AddrInUse => {
            format!("it is in use: stop what uses it, or choose another address with {setting}")
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

/// Why the server did not start, or did not go on.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {}", listen_advice(*address, setting, source))]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Where the address is set.
        setting: String,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// What systemd listens on is of no use.
    #[error(
        "cannot use the socket that systemd listens on: it must be one for TCP (`ListenStream=ADDRESS:PORT`)"
    )]
    Socket(#[source] std::io::Error),
    /// systemd listens on too many sockets.
    #[error(
        "systemd listens on several sockets for the same purpose: leave one `ListenStream=` for everybody and, if you like, one in a unit with `FileDescriptorName=internal`"
    )]
    SeveralSockets,
    /// The database cannot be used.
    #[error("the database cannot be used")]
    Store(#[from] StoreError),
    /// Certificate or key for TLS cannot be used.
    #[error("TLS cannot be served")]
    Tls(#[from] TlsError),
    /// The keys folder cannot be used.
    #[error("the keys cannot be used")]
    Keys(#[from] KeysFolderError),
    /// The keys are gone although the database is in use.
    #[error(
        "`{}` is missing although the database is in use: restore it from a backup, or, to begin with new keys, run `mkdir -m 700 {}` (registries then need the new ca.crt)",
        .0.display(),
        shell::path(.0)
    )]
    KeysGone(PathBuf),
    /// Another replica is setting up and does not finish.
    #[error("another server has been setting up the keys or the database for too long: look at its log")]
    SetUpByOther,
    /// The first administrator's password does not fit.
    #[error("PORTREEVE_ADMIN_PASSWORD cannot be used: {0}")]
    AdminPassword(WeakPassword),
    /// The password file cannot be written.
    #[error("cannot write `{path}`")]
    PasswordFile {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// A password cannot be hashed.
    #[error("passwords cannot be hashed")]
    Hash(#[from] HashError),
    /// No random bytes.
    #[error("the system gives no random bytes")]
    Entropy(#[from] NoEntropy),
    /// The first objects cannot be stored.
    #[error("the first objects cannot be stored")]
    Manage(#[from] ManageError),
    /// The task that follows the change feed ended.
    #[error("the change feed is not followed any more: start again")]
    Feed,
    /// The HTTP server failed.
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

/// Why secrets were not sealed anew.
#[derive(Debug, thiserror::Error)]
pub enum RewrapError {
    /// A secret cannot be opened or sealed.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The database cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a command on the database or the keys folder failed.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// Secrets cannot be sealed anew.
    #[error("the secrets cannot be sealed anew")]
    Rewrap(#[from] RewrapError),
    /// The runtime cannot be made.
    #[error("cannot start")]
    Start(#[source] std::io::Error),
    /// The database is not one SQLite file, which the command needs; says what to do instead.
    #[error("this is for SQLite: {0}")]
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
    /// There are keys already.
    #[error(
        "`{0}` holds keys already: `portreeve keys list` shows them, `portreeve keys maintain` renews what is due"
    )]
    KeysExist(PathBuf),
    /// A backup cannot be kept for the moment that it takes to hand it on.
    #[error("cannot keep the backup in a folder beside the database for a moment")]
    Aside(#[source] std::io::Error),
    /// A pipe broke.
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
    /// No random bytes.
    #[error("the system gives no random bytes")]
    Entropy(#[from] NoEntropy),
    /// The password was not set.
    #[error(transparent)]
    Manage(#[from] ManageError),
}

/// Why the audit trail does not tell of a backup.
#[derive(Debug, thiserror::Error)]
pub enum Unrecorded {
    /// An older release wrote the database, which is left as it is.
    #[error("the database was written by an older release, and is left as it is")]
    Older,
    /// The record could not be written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why nothing was copied.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// The runtime cannot be made.
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
    /// The rows cannot be moved.
    #[error("nothing was copied")]
    Transfer(#[from] TransferError),
    /// A table does not read back as it was written.
    #[error("nothing was copied: table `{0}` does not read back as it was written")]
    Table(&'static str),
    /// The audit trail of the source is broken.
    #[error("nothing was copied: the source is not sound")]
    Trail(#[source] TrailError),
    /// Source and target decide differently.
    #[error("nothing was copied: source and target do not decide alike")]
    Decisions(#[from] Difference),
    /// No random bytes.
    #[error("the system gives no random bytes")]
    Entropy(#[from] NoEntropy),
}
