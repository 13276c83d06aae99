//! The signing keys: changed under a lease, taken over from the folder, told in the audit trail.
//!
//! The folder may be shared by replicas. Whoever changes it holds a lease of the database, so that only one
//! does; everybody looks at it once a second.

use crate::domain::change::{Change, Origin};
use crate::domain::kind::{ChangeAction, ObjectKind};
use crate::domain::service::{Service, ServiceName};
use crate::domain::time::Timestamp;
use crate::storage::{Store, StoreError, Transaction};
use crate::token::{BroughtKey, KeyChangeError, KeyState, Keyring, KeyringError, Revoked, Rotated, Tended};
use arc_swap::ArcSwap;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep};

/// Who holds it may change the keys folder.
const LEASE: &str = "keys";
/// A change takes much less. Whoever is killed in the middle holds up others for so long.
const LEASE_SECONDS: i64 = 15;
/// How long another's change is waited for before it is said.
const TELL_AFTER: Duration = Duration::from_secs(2);
/// How long another's change is waited for.
const PATIENCE: Duration = Duration::from_secs(90);

/// Why the keys were not changed.
#[derive(Debug, thiserror::Error)]
pub enum SigningKeyError {
    /// The change was refused, or the folder cannot be used.
    #[error(transparent)]
    Change(#[from] KeyChangeError),
    /// The database, which says whose turn it is, cannot be used.
    #[error("the database cannot be used")]
    Store(#[from] StoreError),
    /// Somebody else does not finish.
    #[error("another server has been changing the keys or the database for too long: look at its log")]
    Busy,
    /// The work ended half way.
    #[error("the work on the keys folder was cut off: look at `portreeve keys list`")]
    Cut,
}

impl From<KeyringError> for SigningKeyError {
    fn from(error: KeyringError) -> Self {
        Self::Change(error.into())
    }
}

/// Runs `work` while nobody else changes the keys folder or makes the first objects.
///
/// # Errors
/// [`SigningKeyError::Busy`], [`SigningKeyError::Store`], and what `work` returns.
pub async fn in_turn<T, E: From<SigningKeyError>>(
    store: &Store,
    now: impl Fn() -> Timestamp,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    let holder = uuid::Uuid::new_v4().to_string();
    let began = Instant::now();
    let mut told = false;
    loop {
        let at = now();
        let until = at.plus_seconds(LEASE_SECONDS);
        if store.take_lease(LEASE, holder.clone(), at, until).await.map_err(SigningKeyError::from)? {
            break;
        }
        if began.elapsed() > PATIENCE {
            return Err(SigningKeyError::Busy.into());
        }
        if !told && began.elapsed() > TELL_AFTER {
            tracing::warn!(
                "waiting for another server or command that changes the keys, or was cut off doing it"
            );
            told = true;
        }
        sleep(Duration::from_millis(100)).await;
    }
    let result = work.await;
    if let Err(error) = store.release_lease(LEASE, holder).await {
        // It ends by itself.
        tracing::warn!(%error, "the lease on the keys folder could not be given back");
    }
    result
}

/// A key of the operator's, as it was read.
pub struct NewKey {
    /// What its files will be called.
    pub name: String,
    /// PEM.
    pub key: zeroize::Zeroizing<Vec<u8>>,
    /// PEM, the leaf first.
    pub chain: Option<Vec<u8>>,
    /// The service that it signs for alone.
    pub service: Option<ServiceName>,
}

/// What a change of the keys did, and whether the audit trail could be told.
#[derive(Debug)]
pub struct Changed<T> {
    /// What it did.
    pub what: T,
    /// Why the audit trail does not tell of it.
    pub unrecorded: Option<StoreError>,
}

/// The keys folder of a server.
pub struct SigningKeys {
    folder: PathBuf,
    keyring: Arc<ArcSwap<Keyring>>,
    store: Store,
    /// Whether the folder could be read when it was last looked at.
    readable: AtomicBool,
}

impl SigningKeys {
    /// Reads the folder, in which others must be able to read nothing secret.
    pub fn open(folder: PathBuf, store: Store, now: Timestamp) -> Result<Self, KeyringError> {
        Keyring::check_modes(&folder)?;
        let keyring = Arc::new(ArcSwap::from_pointee(Keyring::open(&folder, now)?));
        Ok(Self { folder, keyring, store, readable: AtomicBool::new(true) })
    }

    /// The keys as they were last read.
    #[must_use]
    pub fn keyring(&self) -> &Arc<ArcSwap<Keyring>> {
        &self.keyring
    }

    /// What the operator should know of the keys; see [`Keyring::warnings`].
    #[must_use]
    pub fn warnings(&self, now: Timestamp) -> Vec<String> {
        let mut warnings = self.keyring.load().warnings(now);
        if !self.readable.load(Ordering::Acquire) {
            warnings.push(
                "the keys folder cannot be read, the log says why: changes of it are not seen".to_owned(),
            );
        }
        warnings
    }

    /// Takes over what changed in the folder; whether something did. When it cannot be read the keys stay as
    /// they are, but for those that `keyring.json` says have ended.
    pub async fn refresh(&self, now: Timestamp) -> Result<bool, SigningKeyError> {
        let (folder, known) = (self.folder.clone(), self.keyring.load_full());
        let looked = spawn_blocking(move || {
            let fresh = match known.has_changed(&folder) {
                Ok(false) => return (Ok(None), None),
                // Files of a key that is gone go after the list that named them: look again.
                Ok(true) => Keyring::open(&folder, now).or_else(|_| Keyring::open(&folder, now)),
                Err(error) => Err(error),
            };
            let left = fresh.as_ref().err().and_then(|_| known.without_ended(&folder).ok().flatten());
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

    /// Does what is due: see [`Keyring::tend`]. Nothing is asked of the database when nothing is.
    pub async fn tend(
        &self,
        services: &BTreeMap<ServiceName, Service>,
        now: impl Fn() -> Timestamp,
    ) -> Result<Tended, SigningKeyError> {
        let lacking = self.keyring.load().lacking(services.values());
        if lacking.is_empty() && !self.keyring.load().is_due(now()) {
            return Ok(Tended::default());
        }
        let (folder, at) = (self.folder.clone(), now());
        let tended: Tended =
            change(&self.store, &now, move || Ok(Keyring::tend(&folder, &lacking, at)?)).await?;
        self.refresh(now()).await?;
        for (service, key) in &tended.made {
            let what = json!({"state": "signing", "service": service});
            let origin = Origin::system("keys", now());
            if let Err(error) = record(&self.store, origin, ChangeAction::Create, key, None, Some(what)).await
            {
                tracing::warn!(%error, key, "the audit trail does not tell of a new signing key");
            }
        }
        Ok(tended)
    }
}

/// Makes another key sign; see [`Keyring::rotate`].
pub async fn rotate_key(
    store: &Store,
    folder: PathBuf,
    service: Option<ServiceName>,
    confirmed: bool,
    origin: Origin,
    now: impl Fn() -> Timestamp,
) -> Result<Changed<Rotated>, SigningKeyError> {
    let signed_for = signed_for(store, service.as_ref()).await?;
    let (at, of) = (now(), service.clone());
    let what =
        change(store, now, move || Keyring::rotate(&folder, of.as_ref(), confirmed, &signed_for, at)).await?;
    let (key, action, state) = match &what {
        Rotated::Waits { was_there: true, .. } => return Ok(Changed { what, unrecorded: None }),
        Rotated::Waits { key, .. } => (key.clone(), ChangeAction::Create, "next"),
        Rotated::Signs { key, .. } => (key.clone(), ChangeAction::Rotate, "signing"),
    };
    let mut after = json!({"state": state, "service": service});
    if let (Rotated::Signs { retired: Some(retired), .. }, Some(fields)) = (&what, after.as_object_mut()) {
        fields.insert("retired".to_owned(), json!(retired));
    }
    let unrecorded = record(store, origin, action, &key, None, Some(after)).await.err();
    Ok(Changed { what, unrecorded })
}

/// Takes a key of the operator's as the next one, and returns its algorithm; see [`Keyring::add`].
pub async fn add_key(
    store: &Store,
    folder: PathBuf,
    new: NewKey,
    origin: Origin,
    now: impl Fn() -> Timestamp,
) -> Result<Changed<&'static str>, SigningKeyError> {
    let signed_for = signed_for(store, new.service.as_ref()).await?;
    let (at, name, service) = (now(), new.name.clone(), new.service.clone());
    let what = change(store, now, move || {
        let brought =
            BroughtKey { name: new.name, key: &new.key, chain: new.chain.as_deref(), service: new.service };
        Keyring::add(&folder, &brought, &signed_for, at)
    })
    .await?;
    let after = json!({"state": "next", "service": service, "algorithm": what});
    let unrecorded = record(store, origin, ChangeAction::Create, &name, None, Some(after)).await.err();
    Ok(Changed { what, unrecorded })
}

/// Ends the life of a key that does not sign; see [`Keyring::retire`].
pub async fn retire_key(
    store: &Store,
    folder: PathBuf,
    name: String,
    origin: Origin,
    now: impl Fn() -> Timestamp,
) -> Result<Changed<KeyState>, SigningKeyError> {
    let (needing, key) = (needing(store).await?, name.clone());
    let what = change(store, now, move || Keyring::retire(&folder, &key, &needing)).await?;
    let before = json!({"state": what.as_str()});
    let unrecorded = record(store, origin, ChangeAction::Delete, &name, Some(before), None).await.err();
    Ok(Changed { what, unrecorded })
}

/// Ends the life of a key at once; see [`Keyring::revoke`].
pub async fn revoke_key(
    store: &Store,
    folder: PathBuf,
    name: String,
    with_ca: bool,
    origin: Origin,
    now: impl Fn() -> Timestamp,
) -> Result<Changed<Revoked>, SigningKeyError> {
    let (at, key, needing) = (now(), name.clone(), needing(store).await?);
    let what = change(store, now, move || Keyring::revoke(&folder, &key, with_ca, &needing, at)).await?;
    let before = json!({"state": what.state.as_str(), "service": what.service});
    let after = json!({"successor": what.successor, "replaced_ca": what.replaced_ca});
    let unrecorded =
        record(store, origin, ChangeAction::Revoke, &name, Some(before), Some(after)).await.err();
    Ok(Changed { what, unrecorded })
}

/// The same when the database cannot be reached: without waiting for a turn, and without a word in the audit
/// trail. A key of a service alone gets no successor, because nobody knows whether it needs one.
pub fn revoke_key_alone(
    folder: &Path,
    name: &str,
    with_ca: bool,
    now: Timestamp,
) -> Result<Changed<Revoked>, SigningKeyError> {
    let what =
        Keyring::revoke(folder, name, with_ca, &BTreeSet::new(), now).map_err(SigningKeyError::from)?;
    tracing::warn!("the audit trail does not tell of it");
    Ok(Changed { what, unrecorded: None })
}

/// The services that need a key of their own.
async fn needing(store: &Store) -> Result<BTreeSet<ServiceName>, StoreError> {
    let owners = services(store).await?.into_iter().filter(|service| service.verifier.has_own_key());
    Ok(owners.map(|service| service.name).collect())
}

async fn services(store: &Store) -> Result<Vec<Service>, StoreError> {
    let rows = store.read().await?.list_services().await?;
    Ok(rows.into_iter().map(|row| row.service).collect())
}

/// The services that a key would sign for.
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

async fn change<T: Send + 'static>(
    store: &Store,
    now: impl Fn() -> Timestamp,
    work: impl FnOnce() -> Result<T, KeyChangeError> + Send + 'static,
) -> Result<T, SigningKeyError> {
    in_turn(store, now, async {
        let done = spawn_blocking(work).await.map_err(|_| SigningKeyError::Cut)?;
        done.map_err(SigningKeyError::from)
    })
    .await
}

async fn record(
    store: &Store,
    origin: Origin,
    action: ChangeAction,
    key: &str,
    before: Option<Value>,
    after: Option<Value>,
) -> Result<(), StoreError> {
    let note = Change::new(action, ObjectKind::SigningKey, key, before, after);
    let written = store.change::<_, StoreError, _>(origin, move |tx: &mut Transaction| {
        tx.note(note);
        Box::pin(async { Ok(()) })
    });
    written.await.map(|_| ())
}
