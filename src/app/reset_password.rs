//! Sets a new password in the database itself, for when nobody can sign in.
//!
//! A server may be running on the same database. It notices the change in the change feed.

use super::error::CommandError;
use super::{first_start, runtime};
use crate::authn::{Authenticator, LastUsed, PasswordGate};
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::change::Origin;
use crate::domain::secret::Password;
use crate::entropy;
use crate::manage::{Administration, InitialPassword, PasswordReset, ResetOptions};
use crate::snapshot::Snapshots;
use crate::storage::Store;
use std::sync::Arc;

/// Sets the password of the user `name`, ends the user's sessions, and enables the user. `options` can also revoke the
/// user's access keys, and make the user an administrator.
pub fn reset_password(
    config: &Config,
    name: &str,
    password: &Password,
    options: ResetOptions,
) -> Result<PasswordReset, CommandError> {
    runtime::for_command().map_err(CommandError::Start)?.block_on(async {
        let store = Store::join(config.database_url.expose()).await?;
        let result = reset(config, &store, name, password, options).await;
        store.close().await;
        result
    })
}

async fn reset(
    config: &Config,
    store: &Store,
    name: &str,
    password: &Password,
    options: ResetOptions,
) -> Result<PasswordReset, CommandError> {
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
    Ok(administration.reset_password(&origin, name, password, options).await?)
}
