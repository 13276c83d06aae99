//! Accounts and their credentials as the API shows them and as changes record them, without secrets.

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

/// A user as the API shows it. Changes record the same fields except the identity.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct User {
    /// The name to sign in with.
    pub name: SubjectName,
    /// True if the user may do everything in the administration API.
    pub admin: bool,
    /// True if the user cannot sign in.
    pub disabled: bool,
    /// Attributes that rules may use.
    pub labels: Labels,
    /// The groups the user belongs to.
    pub groups: BTreeSet<GroupName>,
    /// True if the user has a password.
    pub has_password: bool,
    /// The owner of the object, for declarative tools.
    pub managed_by: Option<String>,
    /// The account of the user at an identity provider; null when there is none.
    pub identity: Option<LinkedIdentity>,
    /// The time of creation.
    pub created_at: Timestamp,
    /// The time of the last change.
    pub updated_at: Timestamp,
}

impl User {
    /// Makes the user that the API shows, from a stored subject.
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

/// The account of a user at an identity provider. It stays the same until the user is unlinked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkedIdentity {
    /// The name of the identity provider.
    #[schema(value_type = ProviderName)]
    pub provider: String,
    /// The permanent id of the person at the provider.
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
    /// The name of the robot.
    pub name: SubjectName,
    /// A text for people.
    pub description: String,
    /// True if the robot may do everything in the administration API.
    pub admin: bool,
    /// True if the robot cannot sign in.
    pub disabled: bool,
    /// Attributes that rules may use.
    pub labels: Labels,
    /// The time at which the robot ends; null if it does not end.
    pub expires_at: Option<Timestamp>,
    /// The groups that the robot belongs to.
    pub groups: BTreeSet<GroupName>,
    /// The owner of the object, for declarative tools.
    pub managed_by: Option<String>,
}

impl Robot {
    /// Makes the robot that the API shows, from a stored subject.
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

/// Returns a user or robot as the API shows it.
#[must_use]
pub fn shown(found: &StoredSubject) -> Value {
    let shown = match found.row.subject.kind {
        SubjectKind::User => serde_json::to_value(User::new(found)),
        SubjectKind::Robot => serde_json::to_value(Robot::new(found)),
    };
    shown.unwrap_or(Value::Null)
}

/// Returns a user or robot as changes record it.
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
    /// The public id of the key.
    #[schema(schema_with = schema::id)]
    pub id: String,
    /// A name by which people recognise the key.
    pub name: String,
    /// The owner of the key.
    pub subject: SubjectRef,
    /// The scopes to which the key is limited; null if the key is not limited.
    #[schema(schema_with = schema::restrictions)]
    pub scopes: Option<Vec<String>>,
    /// The time of creation.
    pub created_at: Timestamp,
    /// The time at which the key ends; null if it does not end.
    pub expires_at: Option<Timestamp>,
    /// The time of the last use, to the minute; null if the key was never used.
    pub last_used_at: Option<Timestamp>,
    /// The origin of the key: `api`, `browser` (the page of one's own keys) or `device` (a device that the owner
    /// approved).
    pub origin: KeyOrigin,
    /// The client's address at the last use; null if it is not known.
    pub last_address: Option<String>,
}

impl AccessKey {
    /// Makes the key that the API shows, from its database row.
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

    /// Makes the key as changes record it. It has no address, because the audit trail is kept longer than an address
    /// may be kept.
    #[must_use]
    pub fn recorded(subject: &SubjectRef, row: &AccessKeyRow) -> Self {
        Self { last_address: None, ..Self::new(subject, row) }
    }
}

/// A refresh token as the API shows it, without its secret.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RefreshToken {
    /// The public id of the refresh token.
    #[schema(schema_with = schema::id)]
    pub id: String,
    /// The owner of the refresh token.
    pub subject: SubjectRef,
    /// The only service that the token is for.
    pub service: ServiceName,
    /// The name that the client gave itself.
    pub client_id: String,
    /// The time of creation.
    pub created_at: Timestamp,
    /// The time of the last use, to the minute.
    pub last_used_at: Timestamp,
    /// The latest end of the token. The token ends earlier if it is not used.
    pub expires_at: Timestamp,
    /// The client's address at the last use; null if it is not known.
    pub last_address: Option<String>,
}

impl RefreshToken {
    /// Makes the token that the API shows, from its database row.
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

    /// Makes the token as changes record it. It has no address, for the same reason as
    /// [an access key](AccessKey::recorded).
    #[must_use]
    pub fn recorded(subject: &SubjectRef, row: &RefreshTokenRow) -> Self {
        Self { last_address: None, ..Self::new(subject, row) }
    }
}
