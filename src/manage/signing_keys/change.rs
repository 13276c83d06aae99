//! Changes of the keys folder by commands. Each change runs under the lease, and has a record in the audit trail,
//! except a revocation while the database cannot be reached.

use super::error::SigningKeyError;
use super::lease::change;
use crate::domain::change::{Change, Origin};
use crate::domain::kind::ChangeAction;
use crate::domain::service::{Service, ServiceName};
use crate::domain::time::Timestamp;
use crate::storage::{Store, StoreError, Transaction};
use crate::token::{KeyChangeError, KeyState, KeysFolder, Maintenance, OperatorKey, Revoked, Rotated};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The result of a change of the keys, and the failure to record it, if there was one.
#[derive(Debug)]
pub struct Changed<T> {
    /// The result of the change.
    pub what: T,
    /// The reason why the change could not be recorded in the audit trail; `None` if it is recorded, or needs no
    /// record, or if there is no database to record it in.
    pub unrecorded: Option<StoreError>,
}

/// The keys folder, for the changes of one command.
pub struct LeasedFolder<'s> {
    /// The keys folder.
    pub folder: KeysFolder,
    /// The database, which contains the lease and the audit trail.
    pub store: &'s Store,
    /// The actor who changes the keys.
    pub origin: Origin,
    /// The function that returns the present time.
    pub now: fn() -> Timestamp,
}

impl LeasedFolder<'_> {
    /// Makes another key sign, or publishes a key that waits to sign; see [`KeysFolder::rotate`].
    pub async fn rotate(
        self,
        service: Option<ServiceName>,
        confirmed: bool,
    ) -> Result<Changed<Rotated>, SigningKeyError> {
        let signed_for = signed_for(self.store, service.as_ref()).await?;
        let (at, of) = ((self.now)(), service.clone());
        let rotate = move |folder: KeysFolder| folder.rotate(of.as_ref(), confirmed, &signed_for, at);
        let what = self.change(rotate).await?;
        let (key, action, state) = match &what {
            Rotated::Waits { was_there: true, .. } => return Ok(Changed { what, unrecorded: None }),
            Rotated::Waits { key, .. } => (key.clone(), ChangeAction::Create, "next"),
            Rotated::Signs { key, .. } => (key.clone(), ChangeAction::Rotate, "signing"),
        };
        let mut after = json!({"state": state, "service": service});
        if let (Rotated::Signs { retired: Some(retired), .. }, Some(fields)) = (&what, after.as_object_mut())
        {
            fields.insert("retired".to_owned(), json!(retired));
        }
        Ok(self.recorded(what, action, &key, None, Some(after)).await)
    }

    /// Adds a key of the operator as the next key, and returns its algorithm; see [`KeysFolder::add`].
    pub async fn add(self, new: OperatorKey) -> Result<Changed<&'static str>, SigningKeyError> {
        let signed_for = signed_for(self.store, new.service.as_ref()).await?;
        let (at, name, service) = ((self.now)(), new.name.clone(), new.service.clone());
        let what = self.change(move |folder| folder.add(&new, &signed_for, at)).await?;
        let after = json!({"state": "next", "service": service, "algorithm": what});
        Ok(self.recorded(what, ChangeAction::Create, &name, None, Some(after)).await)
    }

    /// Ends the life of a key that does not sign; see [`KeysFolder::retire`].
    pub async fn retire(self, name: String) -> Result<Changed<KeyState>, SigningKeyError> {
        let (needing, key) = (needing(self.store).await?, name.clone());
        let what = self.change(move |folder| folder.retire(&key, &needing)).await?;
        let before = json!({"state": what.as_str()});
        Ok(self.recorded(what, ChangeAction::Delete, &name, Some(before), None).await)
    }

    /// Ends the life of a key at once; see [`KeysFolder::revoke`].
    pub async fn revoke(self, name: String, with_ca: bool) -> Result<Changed<Revoked>, SigningKeyError> {
        let (at, key, needing) = ((self.now)(), name.clone(), needing(self.store).await?);
        let what = self.change(move |folder| folder.revoke(&key, with_ca, &needing, at)).await?;
        let before = json!({"state": what.state.as_str(), "service": what.service});
        let after = json!({"successor": what.successor, "replaced_ca": what.replaced_ca});
        Ok(self.recorded(what, ChangeAction::Revoke, &name, Some(before), Some(after)).await)
    }

    /// Does the work on the keys that is due; see [`KeysFolder::maintain`].
    pub async fn maintain(self) -> Result<Changed<Maintenance>, SigningKeyError> {
        let (at, services) = ((self.now)(), services(self.store).await?);
        let work = move |folder: KeysFolder| {
            let lacking = folder.load(at)?.lacking(&services);
            Ok(folder.maintain(&lacking, at, false)?)
        };
        let what = self.change(work).await?;
        let mut unrecorded = None;
        for (service, key) in &what.made {
            let after = json!({"state": "signing", "service": service});
            let origin = self.origin.clone();
            let written = record(self.store, origin, ChangeAction::Create, key, None, Some(after)).await;
            unrecorded = unrecorded.or(written.err());
        }
        Ok(Changed { what, unrecorded })
    }

    async fn change<T: Send + 'static>(
        &self,
        work: impl FnOnce(KeysFolder) -> Result<T, KeyChangeError> + Send + 'static,
    ) -> Result<T, SigningKeyError> {
        let folder = self.folder.clone();
        change(self.store, self.now, move || work(folder)).await
    }

    async fn recorded<T>(
        self,
        what: T,
        action: ChangeAction,
        key: &str,
        before: Option<Value>,
        after: Option<Value>,
    ) -> Changed<T> {
        let unrecorded = record(self.store, self.origin, action, key, before, after).await.err();
        Changed { what, unrecorded }
    }
}

/// Revokes a key when the database cannot be reached: without the lease, and without a record in the audit trail. A
/// service's own key gets no successor, because only the database shows if the service needs one.
pub fn revoke_without_database(
    folder: &KeysFolder,
    name: &str,
    with_ca: bool,
    now: Timestamp,
) -> Result<Changed<Revoked>, SigningKeyError> {
    let what = folder.revoke(name, with_ca, &BTreeSet::new(), now)?;
    tracing::warn!("the audit trail has no record of this revocation");
    Ok(Changed { what, unrecorded: None })
}

/// Returns the services that need a key of their own.
async fn needing(store: &Store) -> Result<BTreeSet<ServiceName>, StoreError> {
    let owners = services(store).await?.into_iter().filter(|service| service.verifier.has_own_key());
    Ok(owners.map(|service| service.name).collect())
}

async fn services(store: &Store) -> Result<Vec<Service>, StoreError> {
    let rows = store.read().await?.list_services().await?;
    Ok(rows.into_iter().map(|row| row.service).collect())
}

/// Returns the services that a key would sign for: the service `own`, or all services that share a key.
async fn signed_for(store: &Store, own: Option<&ServiceName>) -> Result<Vec<Service>, SigningKeyError> {
    let services = services(store).await?;
    let refused = |why: String| SigningKeyError::Change(KeyChangeError::Refused(why));
    match own {
        None => Ok(services.into_iter().filter(|service| !service.verifier.has_own_key()).collect()),
        Some(name) => match services.into_iter().find(|service| service.name == *name) {
            None => Err(refused(format!("there is no service `{name}`"))),
            Some(service) if !service.verifier.has_own_key() => Err(refused(format!(
                "`{name}` ({}) has no key of its own: its registry trusts the CA, so leave --service out",
                service.verifier.profile()
            ))),
            Some(service) => Ok(vec![service]),
        },
    }
}

/// Records a change of one key in the audit trail.
pub(super) async fn record(
    store: &Store,
    origin: Origin,
    action: ChangeAction,
    key: &str,
    before: Option<Value>,
    after: Option<Value>,
) -> Result<(), StoreError> {
    let note = Change::of_signing_key(action, key, before, after);
    let written = store.change::<_, StoreError, _>(origin, move |tx: &mut Transaction| {
        tx.note(note);
        Box::pin(async { Ok(()) })
    });
    written.await.map(|_| ())
}
