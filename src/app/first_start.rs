//! The first start: keys, administrator, and the one visible rule.
//!
//! Several replicas may start for the first time at once: they take turns under a lease, and all
//! but the first find everything there.

use super::error::StartError;
use super::secrets::keys_folder;
use crate::authn::PasswordGate;
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::change::Origin;
use crate::domain::secret::{MachineCredential, Password};
use crate::domain::service::{Service, ServiceName};
use crate::domain::subject::SubjectName;
use crate::domain::time::Timestamp;
use crate::manage::{FirstObjects, ManageError, store_first_objects, with_keys_lease};
use crate::storage::Store;
use crate::token::KeysFolderError;
use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

pub(super) const ADMINISTRATOR: &str = "admin";
pub(super) const PASSWORD_FILE: &str = "initial-admin-password";
/// The service that is made when the settings name none.
pub(super) const SERVICE: &str = "registry";

/// Who the server itself is in the audit trail.
pub(super) fn origin(at: Timestamp) -> Origin {
    Origin::system("start", at)
}

/// Makes what is missing, in this order: keys, administrator.
pub(super) async fn prepare(
    config: &Config,
    store: &Store,
    passwords: &PasswordGate,
    clock: &Clock,
) -> Result<(), StartError> {
    // Fast path: keys and administrator exist, so skip the lease.
    let in_use = store.read().await?.has_subjects().await?;
    let usable = keys_folder(config).load(clock.now());
    if in_use && usable.is_ok_and(|keyring| !keyring.is_due(clock.now())) {
        return Ok(());
    }
    with_keys_lease(store, || clock.now(), prepare_in_turn(config, store, passwords, clock)).await
}

async fn prepare_in_turn(
    config: &Config,
    store: &Store,
    passwords: &PasswordGate,
    clock: &Clock,
) -> Result<(), StartError> {
    let in_use = store.read().await?.has_subjects().await?;
    let folder = keys_folder(config);
    if !folder.exists()? {
        if in_use && !config.keys_dir.exists() {
            return Err(StartError::KeysGone(config.keys_dir.clone()));
        }
        folder.create(clock.now(), in_use)?;
    }
    // A start cannot know whether the clock is right.
    match folder.maintain(&BTreeSet::new(), clock.now(), true) {
        // Then it is the operator's business, as long as the keys can be used.
        Err(error @ KeysFolderError::ReadOnly(..)) => tracing::warn!("certificates are not renewed: {error}"),
        other => drop(other?),
    }
    if in_use {
        return Ok(());
    }
    tracing::info!(
        "an empty folder begins a new installation: if you expected your users and rules here, stop, and check the database and the keys folder named above"
    );
    let password = match &config.admin_password {
        Some(password) => password.clone(),
        None => {
            let random = MachineCredential::new_access_key(&crate::entropy::bytes()?);
            // No password may look like a token, so only the random part is used.
            let text: String = random.expose().chars().skip(4).take(32).collect();
            let file = config.keys_dir.join(PASSWORD_FILE);
            write_secret(&file, &text)
                .map_err(|source| StartError::PasswordFile { path: file.clone(), source })?;
            tracing::info!(file = %file.display(), "the password of the administrator `admin` is in this file");
            Password::new(text)
        }
    };
    password.check(ADMINISTRATOR).map_err(StartError::AdminPassword)?;
    let hash = passwords.hash(&password).await?;
    let name = SubjectName::parse(ADMINISTRATOR).map_err(|_| ManageError::NoSecret)?;
    let services = match &config.services {
        Some(_) => Vec::new(),
        None => {
            let algorithm = folder.load(clock.now())?.shared_algorithm();
            let named = ServiceName::parse(SERVICE).into_iter();
            named.map(|name| Service::verifying(name, algorithm.unwrap_or_default())).collect()
        }
    };
    let first = FirstObjects { name, password_hash: hash, services };
    store_first_objects(store, origin(clock.now()), first).await.map_err(ManageError::from)?;
    Ok(())
}

/// Writes a file for its owner only, durable when it returns.
fn write_secret(path: &Path, text: &str) -> std::io::Result<()> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()?;
    match path.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}
