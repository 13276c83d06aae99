//! The signing keys of a running server.

use super::change::record;
use super::error::SigningKeyError;
use super::lease::change;
use crate::domain::change::Origin;
use crate::domain::kind::ChangeAction;
use crate::domain::service::{Service, ServiceName};
use crate::domain::time::Timestamp;
use crate::domain::warning::Warning;
use crate::storage::Store;
use crate::token::{Keyring, KeysFolder, KeysFolderError, Maintenance};
use arc_swap::ArcSwap;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::task::spawn_blocking;

/// The keys folder of a running server, and the keyring that was last loaded from it.
pub struct SigningKeys {
    folder: KeysFolder,
    keyring: Arc<ArcSwap<Keyring>>,
    store: Store,
    /// True if the folder could be loaded at the last look.
    readable: AtomicBool,
}

impl SigningKeys {
    /// Loads the folder. Fails if the folder cannot be loaded, or if other users can read a secret in it.
    pub fn load(folder: KeysFolder, store: Store, now: Timestamp) -> Result<Self, KeysFolderError> {
        folder.check_modes()?;
        let keyring = Arc::new(ArcSwap::from_pointee(folder.load(now)?));
        Ok(Self { folder, keyring, store, readable: AtomicBool::new(true) })
    }

    /// Returns the keyring that was last loaded.
    #[must_use]
    pub fn keyring(&self) -> &Arc<ArcSwap<Keyring>> {
        &self.keyring
    }

    /// Returns warnings for the operator about the keys ([`Keyring::warnings`]), and about a folder that cannot be
    /// read.
    #[must_use]
    pub fn warnings(&self, now: Timestamp) -> Vec<Warning> {
        let mut warnings = self.keyring.load().warnings(now);
        if !self.readable.load(Ordering::Acquire) {
            let message = "the keys folder cannot be read, so its changes are not seen: the log says why";
            warnings.push(Warning::new("keys-unreadable", message));
        }
        warnings
    }

    /// Loads the folder again if it has changed, and returns true if it had changed. If the folder cannot be
    /// loaded, the keyring stays, without the keys that `keyring.json` no longer lists as signing.
    pub async fn refresh(&self, now: Timestamp) -> Result<bool, SigningKeyError> {
        let (folder, known) = (self.folder.clone(), self.keyring.load_full());
        let looked = spawn_blocking(move || {
            let fresh = match folder.has_changed(&known) {
                Ok(false) => return (Ok(None), None),
                // A process that ends a key first replaces `keyring.json` and then removes the key's files. A
                // load in between fails, so load again.
                Ok(true) => folder.load(now).or_else(|_| folder.load(now)),
                Err(error) => Err(error),
            };
            let left = fresh.as_ref().err().and_then(|_| folder.without_ended(&known).ok().flatten());
            (fresh.map(Some), left)
        });
        let (fresh, left) = looked.await.map_err(|_| SigningKeyError::Cut)?;
        self.readable.store(fresh.is_ok(), Ordering::Release);
        if let Some(left) = left {
            tracing::warn!(
                "a key has ended, and signs no more, though the rest of the keys folder cannot be read"
            );
            self.keyring.store(Arc::new(left));
        }
        match fresh? {
            Some(fresh) => {
                self.keyring.store(Arc::new(fresh));
                Ok(true)
            }
            None => Ok(false),
        }
    }

    /// Does the work on the keys that is due; see [`KeysFolder::maintain`]. If nothing is due, does not ask the
    /// database.
    pub async fn maintain(
        &self,
        services: &BTreeMap<ServiceName, Service>,
        now: impl Fn() -> Timestamp,
        may_be_wrong: bool,
    ) -> Result<Maintenance, SigningKeyError> {
        let lacking = self.keyring.load().lacking(services.values());
        if lacking.is_empty() && !self.keyring.load().is_due(now()) {
            return Ok(Maintenance::default());
        }
        let (folder, at) = (self.folder.clone(), now());
        let done =
            change(&self.store, &now, move || Ok(folder.maintain(&lacking, at, may_be_wrong)?)).await?;
        self.refresh(now()).await?;
        for (service, key) in &done.made {
            let what = json!({"state": "signing", "service": service});
            let origin = Origin::system("keys", now());
            if let Err(error) = record(&self.store, origin, ChangeAction::Create, key, None, Some(what)).await
            {
                tracing::warn!(%error, key, "the audit trail has no record of a new signing key");
            }
        }
        Ok(done)
    }
}
