//! The signing keys while a server runs, and changes of them beside it.

use super::error::KeysError;
use super::runtime;
use crate::causes::causes;
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::service::ServiceName;
use crate::domain::time::Timestamp;
use crate::domain::verifier::KeyIdForm;
use crate::manage::{
    Changed, NewKey, SigningKeyError, SigningKeys, add_key, retire_key, revoke_key, revoke_key_alone,
    rotate_key,
};
use crate::snapshot::Snapshots;
use crate::storage::{Origin, Store};
use crate::token::{Ending, KeyChangeError, KeyState, Keyring, KeyringError, Revoked, Rotated};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::sleep;

/// How often the folder is looked at.
const LOOK: Duration = Duration::from_millis(500);
/// How long after a failure it is tried again to do what is due.
const RETRY: Duration = Duration::from_secs(20);

/// Takes over what changes in the keys folder, and warns of what ends.
pub(super) async fn watch_keys(keys: Arc<SigningKeys>, clock: Clock) {
    let mut failing = String::new();
    let mut told = ExpiryNotices::default();
    loop {
        told.tell(keys.keyring().load().endings(), clock.now());
        sleep(LOOK).await;
        let read = keys.refresh(clock.now()).await;
        match &read {
            Ok(true) => {
                tracing::info!("the keys folder has changed, and its keys are in use");
                for warning in keys.warnings(clock.now()) {
                    tracing::warn!("{warning}");
                }
            }
            Ok(false) if !failing.is_empty() => tracing::info!("the keys folder can be read again"),
            Ok(false) => {}
            Err(error) if causes(error) != failing => {
                let error = causes(error);
                tracing::error!(error, "the keys folder cannot be read: going on with the keys in memory");
            }
            Err(_) => {}
        }
        failing = read.err().map(|error| causes(&error)).unwrap_or_default();
    }
}

/// Does what is due with the keys; beside the watching, because it may wait for its turn.
pub(super) async fn tend_keys(keys: Arc<SigningKeys>, snapshots: Arc<Snapshots>, clock: Clock) {
    let mut undone = String::new();
    loop {
        match keys.tend(&snapshots.current().services, || clock.now()).await {
            Ok(done) => {
                undone.clear();
                for (service, key) in done.made {
                    let service = service.as_ref().map(ServiceName::as_str);
                    tracing::info!(service, key, "a key signs for whoever had none");
                }
                for key in done.renewed {
                    tracing::info!(key, "renewed a certificate");
                }
                for key in done.forgotten {
                    tracing::info!(key, "removed a retired key: no token of it lives");
                }
            }
            Err(error) => {
                let error = causes(&error);
                if error != undone {
                    tracing::error!(error, "keys or certificates that are due could not be made");
                }
                undone = error;
            }
        }
        // What could not be done, for want of ca.key for example, is not tried all the time.
        let rests = !undone.is_empty() || keys.keyring().load().is_due(clock.now());
        sleep(if rests { RETRY } else { LOOK }).await;
    }
}

/// Which ends were told of.
#[derive(Default)]
struct ExpiryNotices(BTreeMap<Ending, usize>);

impl ExpiryNotices {
    /// Warns when an end has come nearer than the next of the marks.
    fn tell(&mut self, endings: &[Ending], now: Timestamp) {
        let mut fresh = BTreeMap::new();
        for ending in endings {
            let urgency = ending.ends_at.urgency(now);
            if urgency > self.0.get(ending).copied().unwrap_or(0) {
                tracing::warn!(
                    certificate = ending.file,
                    ends_at = %ending.ends_at,
                    days_left = (ending.ends_at.as_seconds() - now.as_seconds()).div_euclid(86_400),
                    "a certificate ends soon"
                );
            }
            fresh.insert(ending.clone(), urgency);
        }
        self.0 = fresh;
    }
}

/// Runs a change of the keys beside running servers, which notice within a second.
fn beside<T, F>(config: &Config, body: F) -> Result<T, KeysError>
where
    F: AsyncFnOnce(&Store, Origin) -> Result<T, SigningKeyError>,
{
    runtime::for_command().map_err(KeysError::Start)?.block_on(async {
        let store = Store::join(config.database_url.expose()).await.map_err(SigningKeyError::from)?;
        let origin = Origin::new("system", None, "keys".to_owned(), Clock::System.now());
        let result = body(&store, origin).await;
        store.close().await;
        Ok(result?)
    })
}

fn now() -> Timestamp {
    Clock::System.now()
}

/// Makes another key sign.
pub fn rotate_signing_key(
    config: &Config,
    service: Option<ServiceName>,
    confirmed: bool,
) -> Result<Changed<Rotated>, KeysError> {
    beside(config, async |store, origin| {
        rotate_key(store, config.keys_dir.clone(), service, confirmed, origin, now).await
    })
}

/// Takes a key of the operator's as the next one, and returns its algorithm.
pub fn add_signing_key(config: &Config, new: NewKey) -> Result<Changed<&'static str>, KeysError> {
    beside(config, async |store, origin| add_key(store, config.keys_dir.clone(), new, origin, now).await)
}

/// Ends the life of a key that does not sign.
pub fn retire_signing_key(config: &Config, name: String) -> Result<Changed<KeyState>, KeysError> {
    beside(config, async |store, origin| retire_key(store, config.keys_dir.clone(), name, origin, now).await)
}

/// Ends the life of a key at once; `without_database` neither waits for a turn nor tells the audit trail.
pub fn revoke_signing_key(
    config: &Config,
    name: String,
    with_ca: bool,
    without_database: bool,
) -> Result<Changed<Revoked>, KeysError> {
    if without_database {
        return Ok(revoke_key_alone(&config.keys_dir, &name, with_ca, now())?);
    }
    beside(config, async |store, origin| {
        revoke_key(store, config.keys_dir.clone(), name, with_ca, origin, now).await
    })
}

/// The keys, without the keys.
pub fn list_signing_keys(config: &Config) -> Result<Vec<Value>, KeyringError> {
    let keyring = Keyring::open(&config.keys_dir, now())?;
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

/// The certificate of the CA, PEM.
pub fn export_ca(config: &Config) -> Result<String, KeyringError> {
    Ok(Keyring::open(&config.keys_dir, now())?.ca().to_owned())
}

/// The public keys that sign for a service alone, or that sign for all others: a key set, each key by both
/// forms of its id.
///
/// # Errors
/// [`KeyChangeError::Refused`] when there is no such key.
pub fn export_jwks(config: &Config, service: Option<&ServiceName>) -> Result<String, KeyChangeError> {
    let keyring = Keyring::open(&config.keys_dir, now())?;
    if !keyring.keys().any(|key| key.service.as_ref() == service) {
        return Err(no_key(service));
    }
    Ok(keyring.jwks_of(service, &[KeyIdForm::Thumbprint, KeyIdForm::Libtrust]).body + "\n")
}

/// The certificate of the next key, else of the one that signs, PEM.
///
/// # Errors
/// [`KeyChangeError::Refused`] when there is no such key.
pub fn export_certificate(config: &Config, service: Option<&ServiceName>) -> Result<String, KeyChangeError> {
    let keyring = Keyring::open(&config.keys_dir, now())?;
    keyring.certificate_for(service).ok_or_else(|| no_key(service))
}

fn no_key(service: Option<&ServiceName>) -> KeyChangeError {
    let of = service.map_or_else(String::new, |service| format!(" for `{service}` alone"));
    KeyChangeError::Refused(format!("no key signs{of}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_told_at_each_mark_once() {
        let end = |days: i64| Ending {
            file: "a.crt".to_owned(),
            role: "signing",
            ends_at: Timestamp::from_seconds(days * 86_400),
        };
        let mut told = ExpiryNotices::default();
        let mut marks = Vec::new();
        for day in 0..100 {
            let before = told.0.values().next().copied().unwrap_or(0);
            told.tell(&[end(90)], Timestamp::from_seconds(day * 86_400));
            if told.0.values().next().copied().unwrap_or(0) > before {
                marks.push(90 - day);
            }
        }
        assert_eq!(marks, [30, 7, 1, 0]);
        told.tell(&[end(200)], Timestamp::from_seconds(100 * 86_400));
        assert_eq!(told.0.values().copied().collect::<Vec<_>>(), [0], "a renewed one begins anew");
    }
}
