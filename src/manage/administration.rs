//! The common parts of all use cases, and the wait until a write is in force.

use super::apply::People;
use super::error::ManageError;
use super::signing_keys::SigningKeys;
use crate::authn::{Authenticator, Outside};
use crate::domain::change::Origin;
use crate::domain::events::Keep;
use crate::domain::policy::Policy;
use crate::domain::service::Issuer;
use crate::domain::subject::SubjectName;
use crate::snapshot::Snapshots;
use crate::storage::events::EventStore;
use crate::storage::{BoxFuture, Store, StoreError, Transaction};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// The longest wait until an ordinary write is in force.
const PATIENCE: Duration = Duration::from_secs(3);

/// The number of applied files that may be read at once.
const FIRST_PASSES: usize = 2;

/// The number of previews that may be computed at once: two, so that a long preview does not delay all others.
const PREVIEWS: usize = 2;

/// The number of requests that may make suggestions at once.
const SUGGESTIONS: usize = 1;

/// The administrator's use cases.
pub struct Administration {
    pub(super) store: Store,
    pub(super) snapshots: Arc<Snapshots>,
    pub(super) authn: Arc<Authenticator>,
    initial_password: InitialPassword,
    /// The permits for reading applied files: a document takes some hundred megabytes of memory at worst.
    pub(super) first_passes: Arc<Semaphore>,
    /// The permits for computing previews: each preview keeps a processor busy, and writers need a free processor.
    pub(super) previews: Arc<Semaphore>,
    /// The permits for making suggestions: each request evaluates the policy for many recorded uses.
    pub(super) suggestions: Arc<Semaphore>,
    /// The users and robots for whom a plan compares the decisions before and after its changes.
    pub(super) people: People,
    /// The parts of a running server; `None` if this process only uses the database.
    pub(super) serving: Option<Serving>,
}

/// The parts of a server that issues tokens.
pub struct Serving {
    /// The signing keys of the server.
    pub signing_keys: Arc<SigningKeys>,
    /// The URL at which clients reach the token endpoint.
    pub realm: String,
    /// The `iss` claim.
    pub issuer: Issuer,
    /// The identity providers that this server can ask.
    pub outside: Arc<Outside>,
    /// The origin at which browsers reach the server's pages.
    pub public_url: String,
    /// The store of the events that registries report.
    pub events: EventStore,
    /// The periods for which the store keeps the reports of registries.
    pub events_keep: Keep,
}

/// The first administrator's password file. The server deletes the file when the password changes.
#[derive(Debug, Clone)]
pub struct InitialPassword {
    /// The user whose password is in the file.
    pub user: &'static str,
    /// The path of the file.
    pub file: PathBuf,
}

impl Administration {
    /// Builds the use cases.
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
        let suggestions = Arc::new(Semaphore::new(SUGGESTIONS));
        let people = People::default();
        Self {
            store,
            snapshots,
            authn,
            initial_password,
            first_passes,
            previews,
            suggestions,
            people,
            serving,
        }
    }

    /// Runs one write, and waits until it is in force on this replica. If it is not in force after 3 seconds, fails
    /// although the write is committed.
    pub(super) async fn commit<T, E, F>(&self, origin: &Origin, body: F) -> Result<T, ManageError>
    where
        T: Send + 'static,
        E: From<StoreError> + Into<ManageError> + Send + 'static,
        F: for<'w> FnOnce(&'w mut Transaction) -> BoxFuture<'w, Result<T, E>> + Send + 'static,
    {
        self.commit_within(origin, PATIENCE, body).await
    }

    /// Runs one write of very many objects, and waits until it is in force on this replica. If it is not in force
    /// after `patience`, fails although the write is committed.
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

    /// Removes the first administrator's password file if `user` is that administrator. Only logs a failure.
    pub(super) fn forget_initial_password(&self, user: &SubjectName) {
        if user.as_str() != self.initial_password.user {
            return;
        }
        match std::fs::remove_file(&self.initial_password.file) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => tracing::warn!(
                file = %self.initial_password.file.display(), %error,
                "the file of the initial password could not be removed: delete it, because that password is not valid any more"
            ),
        }
    }
}

/// Returns the policy that the transaction sees before its own writes. The transaction has locked the change counter,
/// so the snapshot at the seq of that counter is the state with which the transaction begins.
pub(super) async fn policy_of(tx: &mut Transaction, snapshots: &Snapshots) -> Result<Policy, StoreError> {
    Ok(snapshots.at_least(tx.base_seq()).await?.policy.clone())
}
