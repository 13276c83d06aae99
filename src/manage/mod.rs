//! The administrator's use cases, one file a noun.
//!
//! Each write is one transaction that records its change, and holds here before it is answered.
//! A method that only administrators may call asks for an [`Admin`], which only
//! [`Caller::admin`] makes. No HTTP, no SQL.

mod access_keys;
mod apply;
mod audit;
mod caller;
mod check;
mod first_start;
mod groups;
mod input;
mod lint;
mod list;
mod me;
mod passwords;
mod precondition;
mod purge;
mod registry_file;
mod robots;
mod rules;
mod services;
mod sessions;
mod signing_keys;
mod strict;
mod subjects;
mod users;
mod who_can;

pub use access_keys::{AccessKey, CreatedAccessKey, KeyFields};
pub use apply::{ApplyOptions, FieldChange, Format, Plan, PlannedChange, Summary};
pub use audit::{ChangeQuery, Trail};
pub use caller::{Admin, Caller};
pub use check::{CheckAnswer, CheckFields};
pub use first_start::store_first_objects;
pub use groups::{Group, GroupFields};
pub use input::Write;
pub use lint::RuleWarning;
pub use list::{List, ListQuery};
pub use me::{Account, PasswordChange};
pub use passwords::{PasswordFields, PasswordReset};
pub use precondition::Precondition;
pub use purge::{Purged, purge_ended};
pub use registry_file::{RegistryFile, RegistrySetUp};
pub use robots::{Robot, RobotFields};
pub use rules::{RuleListQuery, RuleObject};
pub use services::{ServiceFields, ServiceObject};
pub use sessions::RefreshTokenObject;
pub use signing_keys::{
    Changed, LeasedFolder, SigningKeyError, SigningKeys, revoke_without_database, with_keys_lease,
};
pub use strict::read_strict;
pub use subjects::Deletion;
pub use users::{User, UserFields};
pub use who_can::{SubjectHolder, WhoCanQuery};

use crate::authn::{Authenticator, AuthnError, HashError};
use crate::domain::invalid::FieldErrors;
use crate::domain::service::Issuer;
use crate::domain::subject::{SubjectKind, SubjectName};
use crate::domain::time::Timestamp;
use crate::entropy::NoEntropy;
use crate::snapshot::Snapshots;
use crate::storage::{BoxFuture, Origin, Store, StoreError, SubjectRow, Transaction};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// How long a write may take to come into force.
const PATIENCE: Duration = Duration::from_secs(3);

/// Why an administrative request was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum ManageError {
    /// There is no such object.
    #[error("there is no {kind} `{name}`")]
    NotFound {
        /// What was looked for.
        kind: &'static str,
        /// Its name or id.
        name: String,
    },
    /// The input does not fit.
    #[error("{0}")]
    Invalid(#[from] FieldErrors),
    /// It collides with something that exists.
    #[error("{0}")]
    Conflict(String),
    /// A precondition does not hold.
    #[error("{kind} `{name}`: {why}")]
    Stale {
        /// What was to be written.
        kind: &'static str,
        /// Its name.
        name: String,
        /// What is not as the client thought.
        why: &'static str,
    },
    /// Rules name the object that is to be deleted.
    #[error("rules name `{what}`: change them first, or repeat with `?cascade=true` to take it out of them")]
    NamedByRules {
        /// The object, as rules name it.
        what: String,
        /// The rules, the first of them where there are very many.
        rules: Vec<String>,
    },
    /// The caller may not do this.
    #[error("{0}")]
    Forbidden(&'static str),
    /// Too many passwords are being hashed.
    #[error("too many passwords are being hashed: try again")]
    Busy,
    /// A password could not be hashed, or no random bytes were had.
    #[error("the server could not make a secret")]
    NoSecret,
    /// The file that is applied could not be read back.
    #[error("the file could not be read")]
    Spool(#[source] std::io::Error),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The change is stored but not yet in force on this replica.
    #[error("the change is stored, but not yet in force")]
    NotInForce(#[source] StoreError),
}

impl From<HashError> for ManageError {
    fn from(error: HashError) -> Self {
        match error {
            HashError::Busy => ManageError::Busy,
            _ => ManageError::NoSecret,
        }
    }
}

impl From<NoEntropy> for ManageError {
    fn from(_: NoEntropy) -> Self {
        ManageError::NoSecret
    }
}

impl From<AuthnError> for ManageError {
    fn from(error: AuthnError) -> Self {
        match error {
            AuthnError::Busy => ManageError::Busy,
            AuthnError::Store(error) => ManageError::Store(error),
            _ => FieldErrors::one("current_password", "is wrong").into(),
        }
    }
}

/// An object with its version, which `ETag` shows.
#[derive(Debug, Clone)]
pub struct Versioned<T> {
    /// The object.
    pub object: T,
    /// The seq of its last change.
    pub version: i64,
}

/// What a write left behind.
#[derive(Debug, Clone)]
pub struct Written<T> {
    /// The object as it is now.
    pub object: T,
    /// The seq of its last change.
    pub version: i64,
    /// Whether the write made it.
    pub created: bool,
}

/// A write of one object: what, on which condition, when.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    write: Write,
    /// `None` when nobody asks for the version.
    precondition: Option<Precondition>,
    at: Timestamp,
    /// The write is one of many, and whether an administrator is left is asked after the last.
    one_of_many: bool,
}

impl Request {
    fn single(write: Write, precondition: Precondition, at: Timestamp) -> Self {
        Self { write, precondition: Some(precondition), at, one_of_many: false }
    }

    /// Checks the condition inside the transaction and returns the object's version, 0 when there is
    /// none or nobody asks.
    async fn check(
        &self,
        tx: &mut Transaction,
        kind: &'static str,
        name: &str,
        exists: bool,
    ) -> Result<i64, ManageError> {
        match &self.precondition {
            Some(precondition) => precondition.check(tx, kind, name, exists).await,
            None => Ok(0),
        }
    }
}

/// The administrator's use cases.
pub struct Administration {
    store: Store,
    snapshots: Arc<Snapshots>,
    authn: Arc<Authenticator>,
    initial_password: InitialPassword,
    /// None where only the database is at hand.
    serving: Option<Serving>,
}

/// What is known of a server that serves tokens.
pub struct Serving {
    /// Its signing keys.
    pub signing_keys: Arc<SigningKeys>,
    /// The URL that clients reach its token endpoint at.
    pub realm: String,
    /// The `iss` claim.
    pub issuer: Issuer,
}

/// The first administrator's password file, which goes away when that password is changed.
#[derive(Debug, Clone)]
pub struct InitialPassword {
    /// Whose password it holds.
    pub user: &'static str,
    /// The file.
    pub file: PathBuf,
}

impl Administration {
    /// Puts the use cases together.
    #[must_use]
    pub fn new(
        store: Store,
        snapshots: Arc<Snapshots>,
        authn: Arc<Authenticator>,
        initial_password: InitialPassword,
        serving: Option<Serving>,
    ) -> Self {
        Self { store, snapshots, authn, initial_password, serving }
    }

    /// Runs one write and waits until it holds here.
    async fn commit<T, F>(&self, origin: &Origin, body: F) -> Result<T, ManageError>
    where
        T: Send + 'static,
        F: for<'w> FnOnce(&'w mut Transaction) -> BoxFuture<'w, Result<T, ManageError>> + Send + 'static,
    {
        self.commit_within(origin, PATIENCE, body).await
    }

    /// The same with another patience: for a write of very many objects.
    async fn commit_within<T, F>(
        &self,
        origin: &Origin,
        patience: Duration,
        body: F,
    ) -> Result<T, ManageError>
    where
        T: Send + 'static,
        F: for<'w> FnOnce(&'w mut Transaction) -> BoxFuture<'w, Result<T, ManageError>> + Send + 'static,
    {
        let committed = self.store.change(origin.clone(), body).await?;
        // What changed nothing found a state that must hold here as well: somebody else's answer.
        let applied = self.snapshots.at_least_within(committed.seq, patience).await;
        applied.map_err(ManageError::NotInForce)?;
        Ok(committed.value)
    }

    /// The user or robot of that name.
    async fn existing(&self, kind: SubjectKind, name: &str) -> Result<SubjectRow, ManageError> {
        let missing = || ManageError::NotFound { kind: kind.as_str(), name: name.to_owned() };
        let parsed = SubjectName::parse(name).map_err(|_| missing())?;
        match self.store.read().await?.find_subject(&parsed).await? {
            Some(found) if found.row.subject.kind == kind => Ok(found.row),
            _ => Err(missing()),
        }
    }

    /// Removes the first administrator's password file once its password no longer holds.
    fn forget_initial_password(&self, user: &SubjectName) {
        if user.as_str() != self.initial_password.user {
            return;
        }
        match std::fs::remove_file(&self.initial_password.file) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => tracing::warn!(
                file = %self.initial_password.file.display(), %error,
                "the file of the initial password, which no longer holds, could not be removed: delete it"
            ),
        }
    }
}
