//! The first start: makes the keys, the administrator, the first service and the first rule.
//!
//! Several replicas may start for the first time at once. They run one after another, under a lease: the
//! first replica makes everything, and the others find everything made.

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
use std::fs::{File, OpenOptions, Permissions};
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

pub(super) const ADMINISTRATOR: &str = "admin";
pub(super) const PASSWORD_FILE: &str = "initial-admin-password";
/// The name of the service that the first start makes if the settings name none.
pub(super) const SERVICE: &str = "registry";

/// Returns the origin of changes that a start makes, for the audit trail.
pub(super) fn origin(at: Timestamp) -> Origin {
    Origin::system("start", at)
}

/// Makes the keys and the first objects (administrator, service, rule), unless they exist. Makes no service if the
/// settings name services: those are made later in the start. Also renews certificates that are due.
pub(super) async fn prepare(
    config: &Config,
    store: &Store,
    passwords: &PasswordGate,
    clock: &Clock,
) -> Result<(), StartError> {
    // Fast path: users and keys exist, and no work on the keys is due, so skip the lease.
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
    // A start does not know whether the clock is right, so it must treat the clock as unsettled.
    match folder.maintain(&BTreeSet::new(), clock.now(), true) {
        // The keys still work, so the start continues. The operator has to renew the certificates later.
        Err(error @ KeysFolderError::ReadOnly(..)) => tracing::warn!("certificates are not renewed: {error}"),
        other => drop(other?),
    }
    if in_use {
        return Ok(());
    }
    tracing::info!(
        "the database has no users, so a new installation begins: if you expected your users and rules here, stop, and check the database and the keys folder named above"
    );
    let password = match &config.admin_password {
        Some(password) => password.clone(),
        None => {
            let random = MachineCredential::new_access_key(&crate::entropy::bytes()?);
            // An access key begins with a prefix that a password must not have, so only the random part is
            // used.
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

/// Writes a file that only its owner can read. The file is on the disk when the function returns.
fn write_secret(path: &Path, text: &str) -> std::io::Result<()> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path)?;
    // `mode` above concerns only a new file.
    file.set_permissions(Permissions::from_mode(0o600))?;
    file.set_len(0)?;
    file.write_all(text.as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()?;
    match path.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}
