//! How a server is, and what it works with.

use super::administration::Administration;
use super::caller::Admin;
use super::error::ManageError;
use crate::domain::release::{COMMIT, VERSION};
use crate::domain::time::Timestamp;
use crate::domain::verifier::Verifier;
use crate::domain::warning::Warning;
use crate::snapshot::Snapshot;
use crate::storage::{Counts, Replica};
use crate::token::{Ending, KeyDescription, Keyring};
use serde::Serialize;
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// How a server is, and what it works with.
#[derive(Debug, Serialize, ToSchema)]
pub struct Status {
    /// The version of the release.
    #[schema(value_type = String)]
    version: &'static str,
    /// The commit that it was built from; `unknown` if it was built outside a git checkout.
    #[schema(value_type = String)]
    commit: &'static str,
    /// The number of the last step of the database's schema.
    schema: i64,
    /// When this server started.
    started_at: Timestamp,
    /// The database.
    database: DatabaseStatus,
    /// The change feed, as far as this server follows it.
    feed: FeedStatus,
    /// The servers that use the database: each says every 30 seconds that it is there, and is listed for ten minutes.
    replicas: Vec<ReplicaStatus>,
    /// How many objects of each kind there are.
    counts: ObjectCounts,
    /// The signing keys.
    signing_keys: Vec<SigningKeyStatus>,
    /// The certificates that tokens and connections depend on.
    certificates: Vec<CertificateStatus>,
    /// What the operator should know.
    warnings: Vec<Warning>,
}

/// A database.
#[derive(Debug, Serialize, ToSchema)]
pub struct DatabaseStatus {
    /// `sqlite` or `postgresql`.
    #[schema(value_type = String)]
    kind: &'static str,
    /// How large it is.
    bytes: i64,
}

/// How far a server has followed the change feed.
#[derive(Debug, Serialize, ToSchema)]
pub struct FeedStatus {
    /// The number of the last change in force here.
    seq: i64,
    /// How long ago the feed was last seen to its end.
    age_seconds: f64,
}

/// A server that uses the database.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReplicaStatus {
    /// The id of its process, chosen at its start.
    id: String,
    /// The version of its release.
    version: String,
    /// When it last said that it is there.
    seen_at: Timestamp,
}

/// How many objects of each kind there are.
#[derive(Debug, Serialize, ToSchema)]
pub struct ObjectCounts {
    /// Users.
    users: i64,
    /// Robots.
    robots: i64,
    /// Groups.
    groups: i64,
    /// Services.
    services: i64,
    /// Rules.
    rules: i64,
    /// Access keys.
    access_keys: i64,
    /// Refresh tokens.
    refresh_tokens: i64,
}

/// A signing key.
#[derive(Debug, Serialize, ToSchema)]
pub struct SigningKeyStatus {
    /// Its id, in the form that the registries of its tokens look for.
    kid: String,
    /// `next`, `signing` or `retired`.
    #[schema(value_type = String)]
    state: &'static str,
    /// When the first certificate of its chain ends; null for a key without certificate.
    not_after: Option<Timestamp>,
}

/// A certificate.
#[derive(Debug, Serialize, ToSchema)]
pub struct CertificateStatus {
    /// `ca`, `tls`, or the state of the signing key that it is of.
    #[serde(rename = "use")]
    #[schema(value_type = String)]
    pub used_for: &'static str,
    /// When it begins.
    pub not_before: Timestamp,
    /// When it ends.
    pub not_after: Timestamp,
}

/// What the use cases do not know of their server.
#[derive(Debug)]
pub struct Surroundings {
    /// When it started.
    pub started_at: Timestamp,
    /// The time.
    pub now: Timestamp,
    /// Its certificate for HTTPS.
    pub tls: Option<CertificateStatus>,
    /// What the operator should know of it.
    pub warnings: Vec<Warning>,
}

impl From<Replica> for ReplicaStatus {
    fn from(replica: Replica) -> Self {
        Self { id: replica.id, version: replica.version, seen_at: replica.seen_at }
    }
}

impl From<Counts> for ObjectCounts {
    fn from(counts: Counts) -> Self {
        Self {
            users: counts.users,
            robots: counts.robots,
            groups: counts.groups,
            services: counts.services,
            rules: counts.rules,
            access_keys: counts.access_keys,
            refresh_tokens: counts.refresh_tokens,
        }
    }
}

impl Administration {
    /// How this server is, and what it works with.
    pub async fn status(&self, _: &Admin, surroundings: Surroundings) -> Result<Status, ManageError> {
        let Surroundings { started_at, now, tls, mut warnings } = surroundings;
        let database = DatabaseStatus { kind: self.store.kind(), bytes: self.store.bytes().await? };
        let mut reader = self.store.read().await?;
        let replicas = reader.replicas(now).await?;
        let counts = reader.counts().await?.into();
        let schema = reader.schema().await?;
        drop(reader);
        warnings.extend(several_versions(&replicas, now));
        let snapshot = self.snapshots.current();
        let age_seconds = (self.snapshots.lag().as_secs_f64() * 1000.0).round() / 1000.0;
        let feed = FeedStatus { seq: snapshot.seq(), age_seconds };
        let keyring = self.serving.as_ref().map(|serving| serving.signing_keys.keyring().load_full());
        let of_tokens = keyring.iter().flat_map(|keyring| certificates(keyring));
        Ok(Status {
            version: VERSION,
            commit: COMMIT,
            schema,
            started_at,
            database,
            feed,
            replicas: replicas.into_iter().map(ReplicaStatus::from).collect(),
            counts,
            certificates: of_tokens.chain(tls).collect(),
            signing_keys: keyring.iter().flat_map(|keyring| signing_keys(keyring, &snapshot)).collect(),
            warnings,
        })
    }
}

/// A server that has not announced itself for so long, three times its interval, has stopped.
const MISSED_SECONDS: i64 = 90;

/// Servers of several releases are for the time of an update only.
fn several_versions(replicas: &[Replica], now: Timestamp) -> Option<Warning> {
    let is_there = |replica: &&Replica| now < replica.seen_at.plus_seconds(MISSED_SECONDS);
    let versions: BTreeSet<&str> =
        replicas.iter().filter(is_there).map(|replica| replica.version.as_str()).collect();
    (versions.len() > 1).then(|| {
        let versions = versions.into_iter().collect::<Vec<_>>().join(", ");
        let message =
            format!("servers of several releases use this database: {versions}; update the older ones");
        Warning::new("several-versions", message)
    })
}

fn certificates(keyring: &Keyring) -> Vec<CertificateStatus> {
    let of = |ending: &Ending| CertificateStatus {
        used_for: ending.role,
        not_before: ending.begins_at,
        not_after: ending.ends_at,
    };
    keyring.endings().iter().map(of).collect()
}

fn signing_keys(keyring: &Keyring, snapshot: &Snapshot) -> Vec<SigningKeyStatus> {
    let of = |key: &KeyDescription| {
        let service = key.service.as_ref().and_then(|name| snapshot.services.get(name));
        let form = service.map_or_else(|| Verifier::default().key_id(), |service| service.verifier.key_id());
        SigningKeyStatus {
            kid: key.id(form).as_str().to_owned(),
            state: key.state.as_str(),
            not_after: key.certificate_ends_at,
        }
    };
    keyring.keys().map(of).collect()
}
