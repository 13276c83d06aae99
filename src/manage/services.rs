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
    /// The audience.
    pub name: ServiceName,
    /// How long its tokens are good for, seconds.
    pub token_ttl: Ttl,
    /// Whether people get refresh tokens for it.
    pub offline_tokens: bool,
    /// Whether `push` is read as `pull,push`; null is what the profile says.
    pub push_includes_pull: Option<bool>,
    /// Whether passwords are accepted by `grant_type=password`; access keys always are.
    pub password_grant: bool,
    /// The kind of registry that verifies its tokens.
    #[schema(value_type = Profile)]
    pub profile: String,
    /// How the registry knows the keys that it trusts; null is what the profile says.
    #[schema(value_type = Option<Trust>)]
    pub trust: Option<&'static str>,
    /// The form of the `kid`; null is what the profile says.
    #[schema(value_type = Option<KeyIdForm>)]
    pub key_id: Option<&'static str>,
    /// Who keeps it, for declarative tools.
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
            profile: service.verifier.profile().to_string(),
            trust: service.verifier.asked_trust().map(Trust::as_str),
            key_id: service.verifier.asked_key_id().map(KeyIdForm::as_str),
            managed_by: service.managed_by.clone(),
        }
    }
}

/// How long an answer waits for the key of a service.
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
    /// How long its tokens are good for, seconds.
    #[serde(default = "default_ttl")]
    #[schema(value_type = Ttl, default = 300)]
    pub token_ttl: i64,
    /// Whether people get refresh tokens for it.
    #[serde(default = "default_true")]
    #[schema(default = true)]
    pub offline_tokens: bool,
    /// Whether `push` is read as `pull,push`. Null is what the profile says: true for `distribution-2`,
    /// `distribution-3` and `gitlab`, which want both rights for every write, else false.
    #[serde(default)]
    pub push_includes_pull: Option<bool>,
    /// Whether passwords are accepted by `grant_type=password`; access keys always are.
    #[serde(default = "default_true")]
    #[schema(default = true)]
    pub password_grant: bool,
    /// The kind of registry that verifies its tokens.
    #[serde(default = "default_profile")]
    #[schema(value_type = Profile, default = "distribution-2")]
    pub profile: String,
    /// How the registry knows the keys that it trusts. Null is what the profile says: `certificate` for
    /// `zot`, else `bundle`. `jwks` is for `distribution-3` and `custom`.
    #[serde(default)]
    #[schema(value_type = Option<Trust>)]
    pub trust: Option<String>,
    /// The form of the `kid`; null is what the profile says. Only `custom` leaves the choice.
    #[serde(default)]
    #[schema(value_type = Option<KeyIdForm>)]
    pub key_id: Option<String>,
    /// Who keeps it, for declarative tools.
    #[serde(default)]
    #[schema(schema_with = schema::managed_by)]
    pub managed_by: Option<String>,
}

fn missing(name: &str) -> WriteError {
    WriteError::not_found(ObjectKind::Service, name)
}

impl Administration {
    /// A service.
    pub async fn find_service(&self, _: &Admin, name: &str) -> Result<Versioned<ServiceObject>, ManageError> {
        let parsed = ServiceName::parse(name).map_err(|_| missing(name))?;
        let mut reader = self.store.read().await?;
        let version = reader.version(ObjectKind::Service, name).await?;
        let row = reader.find_service(&parsed).await?.ok_or_else(|| missing(name))?;
        Ok(Versioned { object: ServiceObject::new(&row.service), version })
    }

    /// A page of the services.
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

    /// What the key signs with that services share.
    pub(super) fn shared_algorithm(&self) -> Option<&'static str> {
        self.serving.as_ref().and_then(|serving| serving.signing_keys.keyring().load().shared_algorithm())
    }

    /// Makes the keys of services that need one of their own, so that they have it when the write is
    /// answered. What fails here is done in the background.
    pub(super) async fn make_keys(&self, at: Timestamp) {
        let Some(serving) = &self.serving else {
            return;
        };
        let snapshot = self.snapshots.current();
        let keys = serving.signing_keys.clone();
        // In a task of its own: a client that hangs up must not leave the lease behind.
        let made = tokio::spawn(async move {
            // Reload first: another process may just have ended a key. The folder watcher logs failures.
            let _ = keys.refresh(at).await;
            keys.maintain(&snapshot.services, || at, true).await
        });
        match tokio::time::timeout(KEY_PATIENCE, made).await {
            Ok(Ok(Err(error))) => tracing::warn!(%error, "the key of a service could not be made yet"),
            Ok(_) => {}
            Err(_) => tracing::warn!("the key of a service is not made yet: somebody else changes the keys"),
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

    /// Makes sure that services exist, as the settings name them.
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

/// Reads the service that the fields describe. `shared_algorithm` is the algorithm of the key that services
/// share.
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
    errors.into_result()?;
    let ServiceFields { offline_tokens, password_grant, managed_by, .. } = wanted;
    let asked_push_includes_pull = wanted.push_includes_pull;
    Ok(Service {
        name,
        token_ttl,
        offline_tokens,
        asked_push_includes_pull,
        password_grant,
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
