//! A new password for a user when nobody can sign in, on the database itself.
//!
//! A server may be running on the same database: it learns of the change from the feed.

use super::{first_start, runtime};
use crate::authn::{Authenticator, HashError, LastUsed, PasswordGate};
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::change::Origin;
use crate::domain::secret::Password;
use crate::entropy::{self, NoEntropy};
use crate::manage::{Administration, InitialPassword, ManageError, PasswordReset};
use crate::snapshot::Snapshots;
use crate::storage::{Store, StoreError};
use std::sync::Arc;

/// Why the password was not set.
#[derive(Debug, thiserror::Error)]
pub enum ResetError {
    /// The work cannot begin.
    #[error("cannot start")]
    Start(#[source] std::io::Error),
    /// The database cannot be used.
    #[error("the database cannot be used")]
    Store(#[from] StoreError),
    /// Passwords cannot be hashed.
    #[error("passwords cannot be hashed")]
    Hash(#[from] HashError),
    /// No random bytes.
    #[error("the system gives no random bytes")]
    Entropy(#[from] NoEntropy),
    /// The change was refused.
    #[error(transparent)]
    Manage(#[from] ManageError),
}

/// Sets the password of the user `name`, ends the user's sessions, and enables the user.
///
/// # Errors
/// [`ResetError`], each saying what to do.
pub fn reset_password(config: &Config, name: &str, password: &Password) -> Result<PasswordReset, ResetError> {
    runtime::for_command().map_err(ResetError::Start)?.block_on(async {
        let store = Store::join(config.database_url.expose()).await?;
        let result = reset(config, &store, name, password).await;
        store.close().await;
        result
    })
}

async fn reset(
    config: &Config,
    store: &Store,
    name: &str,
    password: &Password,
) -> Result<PasswordReset, ResetError> {
    let snapshots = Arc::new(Snapshots::load(store.clone(), config.max_staleness).await?);
    let passwords = PasswordGate::new(1, &entropy::bytes()?, Arc::default(), config.max_staleness);
    let authn = Arc::new(Authenticator::new(
        store.clone(),
        snapshots.clone(),
        passwords,
        Arc::new(LastUsed::default()),
    ));
    let initial = InitialPassword {
        user: first_start::ADMINISTRATOR,
        file: config.keys_dir.join(first_start::PASSWORD_FILE),
    };
    let administration = Administration::new(store.clone(), snapshots, authn, initial, None);
    let origin = Origin::system("reset-password", Clock::System.now());
    Ok(administration.reset_password(&origin, name, password).await?)
}
