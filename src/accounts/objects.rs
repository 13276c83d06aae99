//! Accounts and their credentials as the API shows them and as changes record them: never with a secret.

use crate::domain::identity::{Identity, ProviderName};
use crate::domain::key_origin::KeyOrigin;
use crate::domain::policy::Restriction;
use crate::domain::schema;
use crate::domain::service::ServiceName;
use crate::domain::subject::{GroupName, Labels, SubjectKind, SubjectName, SubjectRef};
use crate::domain::time::Timestamp;
use crate::storage::{AccessKeyRow, RefreshTokenRow, StoredSubject};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// A user as the API shows it and, but for the identity, as changes record it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct User {
    /// The name to sign in with.
    pub name: SubjectName,
    /// Whether the user may do everything in the administration API.
    pub admin: bool,
    /// Whether the user is shut out.
    pub disabled: bool,
    /// Attributes that rules may use.
    pub labels: Labels,
    /// The groups the user belongs to.
    pub groups: BTreeSet<GroupName>,
    /// Whether there is a password.
    pub has_password: bool,
    /// Who keeps it, for declarative tools.
    pub managed_by: Option<String>,
    /// The account of the user at an identity provider; null when there is none.
    pub identity: Option<LinkedIdentity>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl User {
    /// The user of a stored subject.
    #[must_use]
    pub fn new(found: &StoredSubject) -> Self {
        let row = &found.row;
        Self {
            name: row.subject.name.clone(),
            admin: row.admin,
            disabled: row.disabled,
            labels: row.labels.clone(),
            groups: found.groups.clone(),
            has_password: row.password_hash.is_some(),
            managed_by: row.managed_by.clone(),
            identity: found.identity.as_ref().map(LinkedIdentity::new),
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// The account of a user at an identity provider. It never changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkedIdentity {
    /// The provider.
    #[schema(value_type = ProviderName)]
    pub provider: String,
    /// What the provider calls the person for good.
    #[schema(schema_with = schema::line)]
    pub external_id: String,
}

impl LinkedIdentity {
    fn new(identity: &Identity) -> Self {
        Self { provider: identity.provider.to_string(), external_id: identity.external_id.clone() }
    }
}

/// A robot as the API shows it and as changes record it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Robot {
    /// Its name.
    pub name: SubjectName,
    /// For people to read.
    pub description: String,
    /// Whether it may do everything in the administration API.
    pub admin: bool,
    /// Whether it is shut out.
    pub disabled: bool,
    /// Attributes that rules may use.
    pub labels: Labels,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
    /// The groups it belongs to.
    pub groups: BTreeSet<GroupName>,
    /// Who keeps it, for declarative tools.
    pub managed_by: Option<String>,
}

impl Robot {
    /// The robot of a stored subject.
    #[must_use]
    pub fn new(found: &StoredSubject) -> Self {
        let row = &found.row;
        Self {
            name: row.subject.name.clone(),
            description: row.description.clone(),
            admin: row.admin,
            disabled: row.disabled,
            labels: row.labels.clone(),
            expires_at: row.expires_at,
            groups: found.groups.clone(),
            managed_by: row.managed_by.clone(),
        }
    }
}

/// A user or robot as the API shows it.
#[must_use]
pub fn shown(found: &StoredSubject) -> Value {
    let shown = match found.row.subject.kind {
        SubjectKind::User => serde_json::to_value(User::new(found)),
        SubjectKind::Robot => serde_json::to_value(Robot::new(found)),
    };
    shown.unwrap_or(Value::Null)
}

/// A user or robot as changes record it.
pub(super) fn recorded(found: &StoredSubject) -> Value {
    let mut recorded = shown(found);
    if let Value::Object(recorded) = &mut recorded {
        // Changes of the identity have records of their own.
        recorded.remove("identity");
    }
    recorded
}

/// An access key as the API shows it, without its secret.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AccessKey {
    /// Its public id.
    #[schema(schema_with = schema::id)]
    pub id: String,
    /// For people to recognise it.
    pub name: String,
    /// Whose it is.
    pub subject: SubjectRef,
    /// What it is narrowed to.
    #[schema(schema_with = schema::restrictions)]
    pub scopes: Option<Vec<String>>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Timestamp>,
    /// How it was made: `api`, `browser` (on the page of the own keys) or `device` (by a device that its owner approved).
    pub origin: KeyOrigin,
    /// From where it was last used.
    pub last_address: Option<String>,
}

impl AccessKey {
    /// The key of a row.
    #[must_use]
    pub fn new(subject: &SubjectRef, row: &AccessKeyRow) -> Self {
        Self {
            id: row.id.clone(),
            name: row.name.clone(),
            subject: subject.clone(),
            scopes: row.restriction.as_deref().map(Restriction::to_strings),
            created_at: row.created_at,
            expires_at: row.expires_at,
            last_used_at: row.last_used_at,
            origin: row.origin,
            last_address: row.last_address.clone(),
        }
    }

    /// The key as changes record it: without the address, because the audit trail stays when the address must go.
    #[must_use]
    pub fn recorded(subject: &SubjectRef, row: &AccessKeyRow) -> Self {
        Self { last_address: None, ..Self::new(subject, row) }
    }
}

/// A refresh token as the API shows it, without its secret.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RefreshToken {
    /// Its public id.
    #[schema(schema_with = schema::id)]
    pub id: String,
    /// Whose it is.
    pub subject: SubjectRef,
    /// The only service it is good for.
    pub service: ServiceName,
    /// What the client called itself.
    pub client_id: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last used, to the minute.
    pub last_used_at: Timestamp,
    /// Its absolute end.
    pub expires_at: Timestamp,
    /// From where it was last used.
    pub last_address: Option<String>,
}

impl RefreshToken {
    /// The token of a row.
    #[must_use]
    pub fn new(subject: &SubjectRef, row: &RefreshTokenRow) -> Self {
        Self {
            id: row.id.clone(),
            subject: subject.clone(),
            service: row.service.clone(),
            client_id: row.client_id.clone(),
            created_at: row.created_at,
            last_used_at: row.last_used_at,
            expires_at: row.expires_at,
            last_address: row.last_address.clone(),
        }
    }
}
