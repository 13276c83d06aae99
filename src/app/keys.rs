//! Lists, exports and changes the signing keys in the keys folder, while servers may run.

use super::error::CommandError;
use super::runtime;
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::change::Origin;
use crate::domain::exposure::Guard;
use crate::domain::service::ServiceName;
use crate::domain::time::Timestamp;
use crate::domain::verifier::KeyIdForm;
use crate::manage::{Changed, LeasedFolder, SigningKeyError, revoke_without_database};
use crate::storage::Store;
use crate::token::{
    KeyChangeError, KeyState, Keyring, KeysFolder, KeysFolderError, Maintenance, OperatorKey, Revoked,
    Rotated,
};
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn now() -> Timestamp {
    Clock::System.now()
}

pub(super) fn folder(config: &Config) -> KeysFolder {
    // Root may run the command, so the files need not belong to the user of this process.
    let guard = Guard { user: None, group_may_read: config.shared_secrets };
    KeysFolder::new(&config.keys_dir).guarded(guard)
}

fn load(config: &Config) -> Result<Keyring, KeysFolderError> {
    folder(config).load(now())
}

/// Changes the keys under the lease of the database. Running servers notice the change within a second.
fn change<T, F>(config: &Config, body: F) -> Result<T, CommandError>
where
    F: AsyncFnOnce(LeasedFolder<'_>) -> Result<T, SigningKeyError>,
{
    runtime::for_command().map_err(CommandError::Start)?.block_on(async {
        let store = Store::join(config.database_url.expose()).await?;
        let origin = Origin::system("keys", now());
        let result = body(LeasedFolder { folder: folder(config), store: &store, origin, now }).await;
        store.close().await;
        Ok(result?)
    })
}

/// Makes the missing parts of a folder without `keyring.json`: the CA and the first key. If the operator has put a key
/// into the folder, that key is the first key. Needs no database. Returns the name of the key.
pub fn init(config: &Config) -> Result<String, CommandError> {
    let folder = folder(config);
    if folder.exists()? {
        return Err(CommandError::KeysExist(config.keys_dir.clone()));
    }
    folder.create(now(), false)?;
    let keyring = folder.load(now())?;
    Ok(keyring.keys().map(|key| key.name.clone()).next().unwrap_or_default())
}

/// The result of maintenance.
pub struct Maintained {
    /// The work that was due.
    pub done: Changed<Maintenance>,
    /// True if the database was used; false if its SQLite file is missing. Only the database knows which services
    /// have keys of their own.
    pub with_database: bool,
}

/// Does the due work: renews certificates, and removes retired keys. Also makes the missing keys of services,
/// under the lease of the database. If the SQLite file of the database is missing, makes no keys and takes no
/// lease.
pub fn maintain(config: &Config) -> Result<Maintained, CommandError> {
    let with_database = !Store::is_missing_file(config.database_url.expose());
    let done = if with_database {
        change(config, async |folder| folder.maintain().await)?
    } else {
        Changed { what: folder(config).maintain(&BTreeSet::new(), now(), false)?, unrecorded: None }
    };
    Ok(Maintained { done, with_database })
}

/// Makes another key sign: the next key, or a new key. If registries must first be given the key, a call
/// without `confirmed` only publishes the key.
pub fn rotate(
    config: &Config,
    service: Option<ServiceName>,
    confirmed: bool,
) -> Result<Changed<Rotated>, CommandError> {
    change(config, async |folder| folder.rotate(service, confirmed).await)
}

/// Adds a key of the operator as the next key, and returns its algorithm.
pub fn add(config: &Config, new: OperatorKey) -> Result<Changed<&'static str>, CommandError> {
    change(config, async |folder| folder.add(new).await)
}

/// Withdraws a key that does not sign yet, stops publishing a key that no longer signs, or removes the signing key of
/// a service that no longer needs its own key. Returns the state that the key was in.
pub fn retire(config: &Config, name: String) -> Result<Changed<KeyState>, CommandError> {
    change(config, async |folder| folder.retire(name).await)
}

/// Revokes a key at once. If `without_database` is true, takes no lease, and does not record the change in
/// the audit trail.
pub fn revoke(
    config: &Config,
    name: String,
    with_ca: bool,
    without_database: bool,
) -> Result<Changed<Revoked>, CommandError> {
    if without_database {
        return Ok(revoke_without_database(&folder(config), &name, with_ca, now())?);
    }
    change(config, async |folder| folder.revoke(name, with_ca).await)
}

/// Describes each key in the folder, without key material.
pub fn list(config: &Config) -> Result<Vec<Value>, KeysFolderError> {
    let keyring = load(config)?;
    let shown = keyring.keys().map(|key| {
        json!({
            "name": key.name, "state": key.state.as_str(), "service": key.service, "algorithm": key.algorithm,
            "libtrust_id": key.libtrust.as_str(), "thumbprint": key.thumbprint.as_str(),
            "created_at": key.created_at, "retired_at": key.retired_at,
            "certificate_ends_at": key.certificate_ends_at,
            "certified_by": key.certificate_ends_at.map(|_| if key.is_ours { "ca.crt" } else { "another authority" }),
        })
    });
    Ok(shown.collect())
}

/// Returns the CA certificate, PEM.
pub fn export_ca(config: &Config) -> Result<String, KeysFolderError> {
    Ok(load(config)?.ca().to_owned())
}

/// Returns a key set with each key under both forms of its id. With a service, the set contains the service's
/// own keys. Without a service, it contains the keys for all services without keys of their own. Fails if
/// there is no such key.
pub fn export_jwks(config: &Config, service: Option<&ServiceName>) -> Result<String, KeyChangeError> {
    let keyring = load(config)?;
    if !keyring.keys().any(|key| key.service.as_ref() == service) {
        return Err(no_key(service));
    }
    Ok(keyring.jwks_of(service, &[KeyIdForm::Thumbprint, KeyIdForm::Libtrust]).body + "\n")
}

/// Returns the certificate of the next key, PEM. Without a next key, returns the certificate of the key that
/// signs. Fails if there is no such key, or if the key has no certificate.
pub fn export_certificate(config: &Config, service: Option<&ServiceName>) -> Result<String, KeyChangeError> {
    load(config)?.certificate_for(service).ok_or_else(|| no_key(service))
}

fn no_key(service: Option<&ServiceName>) -> KeyChangeError {
    let of = service.map_or_else(String::new, |service| format!(" for `{service}` alone"));
    KeyChangeError::Refused(format!("no key signs{of}"))
}
