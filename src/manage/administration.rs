//! What every use case works with, and how a write comes into force.

use super::apply::People;
use super::error::ManageError;
use super::signing_keys::SigningKeys;
use crate::authn::{Authenticator, Outside};
use crate::domain::change::Origin;
use crate::domain::policy::Policy;
use crate::domain::service::Issuer;
use crate::domain::subject::SubjectName;
use crate::snapshot::Snapshots;
use crate::storage::{BoxFuture, Store, StoreError, Transaction};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// How long a write may take to come into force.
const PATIENCE: Duration = Duration::from_secs(3);

/// How many files that are applied are read at once.
const FIRST_PASSES: usize = 2;

/// How many previews are made at once: one that takes long makes no other wait.
const PREVIEWS: usize = 2;

/// The administrator's use cases.
pub struct Administration {
    pub(super) store: Store,
    pub(super) snapshots: Arc<Snapshots>,
    pub(super) authn: Arc<Authenticator>,
    initial_password: InitialPassword,
    /// How many files may be read at once: a document takes some hundred megabytes at worst.
    pub(super) first_passes: Arc<Semaphore>,
    /// How many previews are made at once: each keeps a processor busy, and writers need one.
    pub(super) previews: Arc<Semaphore>,
    /// For whom plans compare decisions.
    pub(super) people: People,
    /// None where only the database is at hand.
    pub(super) serving: Option<Serving>,
}

/// What is known of a server that serves tokens.
pub struct Serving {
    /// Its signing keys.
    pub signing_keys: Arc<SigningKeys>,
    /// The URL that clients reach its token endpoint at.
    pub realm: String,
    /// The `iss` claim.
    pub issuer: Issuer,
    /// The identity providers that it can ask.
    pub outside: Arc<Outside>,
    /// The origin that browsers reach its pages at.
    pub public_url: String,
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
        let first_passes = Arc::new(Semaphore::new(FIRST_PASSES));
        let previews = Arc::new(Semaphore::new(PREVIEWS));
        let people = People::default();
        Self { store, snapshots, authn, initial_password, first_passes, previews, people, serving }
    }

    /// Runs one write, and waits until this replica decides by it.
    pub(super) async fn commit<T, E, F>(&self, origin: &Origin, body: F) -> Result<T, ManageError>
    where
        T: Send + 'static,
        E: From<StoreError> + Into<ManageError> + Send + 'static,
        F: for<'w> FnOnce(&'w mut Transaction) -> BoxFuture<'w, Result<T, E>> + Send + 'static,
    {
        self.commit_within(origin, PATIENCE, body).await
    }

    /// Runs one write of very many objects, and waits for at most `patience` until this replica decides by
    /// it.
    pub(super) async fn commit_within<T, E, F>(
        &self,
        origin: &Origin,
        patience: Duration,
        body: F,
    ) -> Result<T, ManageError>
    where
        T: Send + 'static,
        E: From<StoreError> + Into<ManageError> + Send + 'static,
        F: for<'w> FnOnce(&'w mut Transaction) -> BoxFuture<'w, Result<T, E>> + Send + 'static,
    {
        let committed = self.store.change(origin.clone(), body).await.map_err(Into::into)?;
        // Even a write that changed nothing waits: it saw another writer's change, which must be visible
        // here before we answer.
        let applied = self.snapshots.at_least_within(committed.seq, patience).await;
        applied.map_err(ManageError::NotInForce)?;
        Ok(committed.value)
    }

    /// Removes the first administrator's password file once its password no longer holds.
    pub(super) fn forget_initial_password(&self, user: &SubjectName) {
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

/// The policy that the transaction sees before its own writes. The transaction holds the change counter, so the
/// snapshot at its seq is the state that it begins with.
pub(super) async fn policy_of(tx: &mut Transaction, snapshots: &Snapshots) -> Result<Policy, StoreError> {
    Ok(snapshots.at_least(tx.base_seq()).await?.policy.clone())
}
