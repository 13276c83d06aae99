//! Services: the registries that tokens are issued for.

use super::administration::Administration;
use super::caller::Admin;
use super::error::ManageError;
use super::list::{List, ListQuery};
use crate::accounts::{
    Deletion, ObjectWrite, Precondition, Target, Versioned, Write, WriteError, Written, check_managed_by,
    read,
};
use crate::domain::change::{Change, Origin};
use crate::domain::crawl::Crawl;
use crate::domain::invalid::FieldErrors;
use crate::domain::kind::ObjectKind;
use crate::domain::schema;
use crate::domain::service::{Service, ServiceName};
use crate::domain::time::{Timestamp, Ttl};
use crate::domain::verifier::{KeyIdForm, Profile, Trust, Verifier};
use crate::storage::{ServiceRow, Transaction};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use utoipa::ToSchema;

/// A service as the API shows it and as changes record it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Service)]
pub struct ServiceObject {
    /// The name of the service: the audience of its tokens.
    pub name: ServiceName,
    /// The time for which the service's tokens are valid, seconds.
    pub token_ttl: Ttl,
    /// True if people who sign in with a password get refresh tokens for the service.
    pub offline_tokens: bool,
    /// True if `push` is read as `pull,push`; null: the profile decides.
    pub push_includes_pull: Option<bool>,
    /// True if `grant_type=password` accepts passwords. It always accepts access keys.
    pub password_grant: bool,
    /// True if the events that the service's registry reports are recorded.
    pub events: bool,
    /// True if `docker search` and the catalogue are served. Each caller gets the repositories that it may pull.
    pub search: bool,
    /// The registry to crawl for the inventory, and the robot that reads the registry; null to crawl no registry.
    pub crawl: Option<Crawl>,
    /// The kind of registry that verifies the service's tokens.
    #[schema(value_type = Profile)]
    pub profile: String,
    /// The form in which the registry gets the keys that it trusts; null: the profile decides.
    #[schema(value_type = Option<Trust>)]
    pub trust: Option<&'static str>,
    /// The form of the `kid`; null: the profile decides.
    #[schema(value_type = Option<KeyIdForm>)]
    pub key_id: Option<&'static str>,
    /// The owner of the object, for declarative tools.
    pub managed_by: Option<String>,
}

impl ServiceObject {
    pub(super) fn new(service: &Service) -> Self {
        Self {
            name: service.name.clone(),
            token_ttl: service.token_ttl,
            offline_tokens: service.offline_tokens,
            push_includes_pull: service.asked_push_includes_pull,
            password_grant: service.password_grant,
            events: service.events,
            search: service.search,
            crawl: service.crawl.clone(),
            profile: service.verifier.profile().to_string(),
            trust: service.verifier.asked_trust().map(Trust::as_str),
            key_id: service.verifier.asked_key_id().map(KeyIdForm::as_str),
            managed_by: service.managed_by.clone(),
        }
    }
}

/// The longest time for which an answer waits until the key of a service is made.
const KEY_PATIENCE: Duration = Duration::from_secs(2);

fn default_true() -> bool {
    true
}

fn default_ttl() -> i64 {
    Ttl::DEFAULT.seconds()
}

fn default_profile() -> String {
    Verifier::default().profile().to_string()
}

/// The fields of a service that may be written.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ServicePut, example = json!({"token_ttl": 300}))]
pub struct ServiceFields {
    /// The time for which the service's tokens are valid, seconds.
    #[serde(default = "default_ttl")]
    #[schema(value_type = Ttl, default = 300)]
    pub token_ttl: i64,
    /// True if people who sign in with a password get refresh tokens for the service.
    #[serde(default = "default_true")]
    #[schema(default = true)]
    pub offline_tokens: bool,
    /// True if `push` is read as `pull,push`. Null: the profile decides, which means true for `distribution-2`,
    /// `distribution-3` and `gitlab`, which want both rights for every write, else false.
    #[serde(default)]
    pub push_includes_pull: Option<bool>,
    /// True if `grant_type=password` accepts passwords. It always accepts access keys.
    #[serde(default = "default_true")]
    #[schema(default = true)]
    pub password_grant: bool,
    /// True if the events that the service's registry reports are recorded.
    #[serde(default = "default_true")]
    #[schema(default = true)]
    pub events: bool,
    /// True if `docker search` and the catalogue are served. Each caller gets the repositories that it may pull.
    #[serde(default)]
    #[schema(default = false)]
    pub search: bool,
    /// The registry to crawl for the inventory, and the robot that reads the registry. The server crawls the registry
    /// once a day, and on request. Null to crawl no registry.
    #[serde(default)]
    pub crawl: Option<Crawl>,
    /// The kind of registry that verifies the service's tokens.
    #[serde(default = "default_profile")]
    #[schema(value_type = Profile, default = "distribution-2")]
    pub profile: String,
    /// The form in which the registry gets the keys that it trusts. Null: the profile decides, which means
    /// `certificate` for `zot`, else `bundle`. `jwks` is for `distribution-3` and `custom`.
    #[serde(default)]
    #[schema(value_type = Option<Trust>)]
    pub trust: Option<String>,
    /// The form of the `kid`; null: the profile decides. Only the profile `custom` allows a choice.
    #[serde(default)]
    #[schema(value_type = Option<KeyIdForm>)]
    pub key_id: Option<String>,
    /// The owner of the object, for declarative tools.
    #[serde(default)]
    #[schema(schema_with = schema::managed_by)]
    pub managed_by: Option<String>,
}

fn missing(name: &str) -> WriteError {
    WriteError::not_found(ObjectKind::Service, name)
}

impl Administration {
    /// Finds a service and its version. Fails if the service does not exist.
    pub async fn find_service(&self, _: &Admin, name: &str) -> Result<Versioned<ServiceObject>, ManageError> {
        let parsed = ServiceName::parse(name).map_err(|_| missing(name))?;
        let mut reader = self.store.read().await?;
        let version = reader.version(ObjectKind::Service, name).await?;
        let row = reader.find_service(&parsed).await?.ok_or_else(|| missing(name))?;
        Ok(Versioned { object: ServiceObject::new(&row.service), version })
    }

    /// Returns a page of the services, sorted by name.
    pub async fn list_services(
        &self,
        _: &Admin,
        query: &ListQuery,
    ) -> Result<List<ServiceObject>, ManageError> {
        let page = query.page()?;
        let rows = self.store.read().await?.list_services_page(&page).await?;
        let services = rows.iter().map(|row| ServiceObject::new(&row.service)).collect();
        Ok(List::new(&page, services, |service| service.name.as_str()))
    }

    /// Creates, replaces or patches a service.
    pub async fn write_service(
        &self,
        admin: &Admin,
        name: &str,
        write: Write,
        precondition: Precondition,
    ) -> Result<Written<ServiceObject>, ManageError> {
        let name = ServiceName::parse(name).map_err(|error| FieldErrors::one("name", error))?;
        let write = ObjectWrite::single(write, precondition, admin.origin.at);
        let algorithm = self.shared_algorithm();
        let written =
            self.commit(&admin.origin, move |tx| Box::pin(write_service(tx, name, write, algorithm))).await?;
        self.make_keys(admin.origin.at).await;
        Ok(written)
    }

    /// Returns the algorithm of the key that services share.
    pub(super) fn shared_algorithm(&self) -> Option<&'static str> {
        self.serving.as_ref().and_then(|serving| serving.signing_keys.keyring().load().shared_algorithm())
    }

    /// Makes the missing signing keys of services, and does the other work on the keys that is due. Waits at most 2
    /// seconds. If the work is not done by then, only logs a warning: the background work does it later.
    pub(super) async fn make_keys(&self, at: Timestamp) {
        let Some(serving) = &self.serving else {
            return;
        };
        let snapshot = self.snapshots.current();
        let keys = serving.signing_keys.clone();
        // The work runs in a task of its own: a client that hangs up must not leave the lease behind.
        let made = tokio::spawn(async move {
            // Load the folder first: another process may just have ended a key. The folder watcher logs failures.
            let _ = keys.refresh(at).await;
            keys.maintain(&snapshot.services, || at, true).await
        });
        match tokio::time::timeout(KEY_PATIENCE, made).await {
            Ok(Ok(Err(error))) => tracing::warn!(%error, "the key of a service could not be made yet"),
            Ok(_) => {}
            Err(_) => {
                tracing::warn!("the key of a service is not made yet: another process changes the keys")
            }
        }
    }

    /// Deletes a service: no more tokens are issued for it.
    pub async fn delete_service(
        &self,
        admin: &Admin,
        name: &str,
        deletion: Deletion,
    ) -> Result<(), ManageError> {
        let name = ServiceName::parse(name).map_err(|_| missing(name))?;
        self.commit(&admin.origin, move |tx| {
            Box::pin(async move { delete_service(tx, &name, &deletion).await })
        })
        .await
    }

    /// Makes the services that the settings name, unless they exist.
    pub async fn ensure_services(&self, origin: &Origin, names: Vec<ServiceName>) -> Result<(), ManageError> {
        let (at, algorithm) = (origin.at, self.shared_algorithm());
        self.commit(origin, move |tx| {
            Box::pin(async move {
                for name in names {
                    if tx.find_service(&name).await?.is_some() {
                        continue;
                    }
                    let service = match algorithm {
                        Some(algorithm) => Service::verifying(name, algorithm),
                        None => Service::new(name),
                    };
                    insert_service(tx, service, at).await?;
                }
                Ok::<_, WriteError>(())
            })
        })
        .await
    }
}

/// Reads the service that the fields describe. `shared_algorithm` is the algorithm of the key that services share.
fn parse(
    name: ServiceName,
    wanted: ServiceFields,
    shared_algorithm: Option<&'static str>,
) -> Result<Service, FieldErrors> {
    let mut errors = FieldErrors::default();
    check_managed_by(&mut errors, wanted.managed_by.as_deref(), None);
    let token_ttl = errors.keep("token_ttl", Ttl::try_from(wanted.token_ttl)).unwrap_or(Ttl::DEFAULT);
    let verifier = Verifier::parse(&wanted.profile, wanted.trust.as_deref(), wanted.key_id.as_deref())
        .unwrap_or_else(|error| {
            errors.push(error.field(), &error);
            Verifier::default()
        });
    if let Some(algorithm) = shared_algorithm.filter(|_| !verifier.has_own_key())
        && !verifier.algorithms().contains(&algorithm)
    {
        let profile = verifier.profile();
        errors.push("profile", format_args!(
            "the signing key is for {algorithm}, which {profile} does not verify: rotate to another kind of key first"
        ));
    }
    let crawl = wanted.crawl.and_then(|crawl| match crawl.checked() {
        Ok(crawl) => Some(crawl),
        Err(error) => {
            errors.push(error.field(), &error);
            None
        }
    });
    errors.into_result()?;
    let ServiceFields { offline_tokens, password_grant, events, search, managed_by, .. } = wanted;
    let asked_push_includes_pull = wanted.push_includes_pull;
    Ok(Service {
        name,
        token_ttl,
        offline_tokens,
        asked_push_includes_pull,
        password_grant,
        events,
        search,
        crawl,
        verifier,
        managed_by,
    })
}

/// Creates, replaces or patches a service inside a transaction. `shared_algorithm` is the algorithm of
/// the key that services share.
pub(super) async fn write_service(
    tx: &mut Transaction,
    name: ServiceName,
    write: ObjectWrite,
    shared_algorithm: Option<&'static str>,
) -> Result<Written<ServiceObject>, WriteError> {
    let at = write.at();
    let before = tx.find_service(&name).await?;
    let was = before.as_ref().map(|row| ServiceObject::new(&row.service));
    let target = Target::new(ObjectKind::Service, name.as_str(), was.as_ref());
    let (fields, version) = write.open(tx, target).await?;
    let service = parse(name, read(fields.into())?, shared_algorithm)?;
    let object = ServiceObject::new(&service);
    let created_at = before.as_ref().map_or(at, |row| row.created_at);
    let row = ServiceRow { service, created_at, updated_at: at };
    match &before {
        Some(before) if before.service == row.service => return Ok(Written::unchanged(object, version)),
        Some(_) => tx.update_service(&row).await?,
        None => tx.insert_service(&row).await?,
    }
    Ok(Written::noted(tx, ObjectKind::Service, row.service.name.as_str(), was.as_ref(), object))
}

/// Stores a new service inside a transaction.
pub(super) async fn insert_service(
    tx: &mut Transaction,
    service: Service,
    at: Timestamp,
) -> Result<(), WriteError> {
    tx.note(Change::created(ObjectKind::Service, &service.name, &ServiceObject::new(&service)));
    Ok(tx.insert_service(&ServiceRow { service, created_at: at, updated_at: at }).await?)
}

/// Deletes a service inside a transaction.
pub(super) async fn delete_service(
    tx: &mut Transaction,
    name: &ServiceName,
    deletion: &Deletion,
) -> Result<(), WriteError> {
    let row = tx.find_service(name).await?.ok_or_else(|| missing(name.as_str()))?;
    deletion.precondition.check(tx, ObjectKind::Service, name.as_str(), true).await?;
    tx.delete_service(name).await?;
    tx.note(Change::deleted(ObjectKind::Service, name, &ServiceObject::new(&row.service)));
    Ok(())
}
