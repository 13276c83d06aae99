//! The state of a server, and its environment.

use super::administration::Administration;
use super::caller::Admin;
use super::error::ManageError;
use super::event_status::{EventStatus, event_status};
use crate::domain::release::{COMMIT, VERSION};
use crate::domain::time::Timestamp;
use crate::domain::verifier::Verifier;
use crate::domain::warning::Warning;
use crate::snapshot::Snapshot;
use crate::storage::events::CrawlRow;
use crate::storage::{Counts, Replica};
use crate::token::{Ending, KeyDescription, Keyring};
use serde::Serialize;
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// The state of a server, and its environment.
#[derive(Debug, Serialize, ToSchema)]
pub struct Status {
    /// The version of the release.
    #[schema(value_type = String)]
    version: &'static str,
    /// The commit that the release was built from; `unknown` if it was built outside a git checkout.
    #[schema(value_type = String)]
    commit: &'static str,
    /// The number of the last migration that was applied to the database.
    schema: i64,
    /// The time at which this server started.
    started_at: Timestamp,
    /// The database.
    database: DatabaseStatus,
    /// The position of this server in the change feed.
    feed: FeedStatus,
    /// The servers that use the database. Each reports every 30 seconds, and is listed for ten minutes after its last
    /// report.
    replicas: Vec<ReplicaStatus>,
    /// The number of objects of each kind.
    counts: ObjectCounts,
    /// The signing keys.
    signing_keys: Vec<SigningKeyStatus>,
    /// The certificates that tokens and connections depend on.
    certificates: Vec<CertificateStatus>,
    /// The reports of registries; null if their database does not answer.
    events: Option<EventStatus>,
    /// Warnings for the operator.
    warnings: Vec<Warning>,
}

/// The kind and size of a database.
#[derive(Debug, Serialize, ToSchema)]
pub struct DatabaseStatus {
    /// `sqlite` or `postgresql`.
    #[schema(value_type = String)]
    kind: &'static str,
    /// The size of the database, bytes.
    bytes: i64,
}

/// The position of a server in the change feed.
#[derive(Debug, Serialize, ToSchema)]
pub struct FeedStatus {
    /// The number of the last change in force on this server.
    seq: i64,
    /// The time since the server last saw the end of the feed, seconds.
    age_seconds: f64,
}

/// A server that uses the database.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReplicaStatus {
    /// The id of the server's process, chosen at its start.
    id: String,
    /// The version of the server's release.
    version: String,
    /// The time at which the server last reported.
    seen_at: Timestamp,
}

/// The number of objects of each kind.
#[derive(Debug, Serialize, ToSchema)]
pub struct ObjectCounts {
    /// The number of users.
    users: i64,
    /// The number of robots.
    robots: i64,
    /// The number of groups.
    groups: i64,
    /// The number of services.
    services: i64,
    /// The number of rules.
    rules: i64,
    /// The number of access keys.
    access_keys: i64,
    /// The number of refresh tokens.
    refresh_tokens: i64,
}

/// The state of a signing key.
#[derive(Debug, Serialize, ToSchema)]
pub struct SigningKeyStatus {
    /// The id of the key (`kid`), in the form that the registries expect.
    kid: String,
    /// `next`, `signing` or `retired`.
    #[schema(value_type = String)]
    state: &'static str,
    /// The earliest end of the certificates in the key's chain; null for a key without a certificate.
    not_after: Option<Timestamp>,
}

/// The use and the validity of a certificate.
#[derive(Debug, Serialize, ToSchema)]
pub struct CertificateStatus {
    /// `ca`, `tls`, or the state of the signing key that the certificate belongs to.
    #[serde(rename = "use")]
    #[schema(value_type = String)]
    pub used_for: &'static str,
    /// The beginning of validity.
    pub not_before: Timestamp,
    /// The end of validity.
    pub not_after: Timestamp,
}

/// Facts that only the server itself knows.
#[derive(Debug)]
pub struct Surroundings {
    /// The time at which the server started.
    pub started_at: Timestamp,
    /// The present time.
    pub now: Timestamp,
    /// The server's certificate for HTTPS.
    pub tls: Option<CertificateStatus>,
    /// Warnings for the operator.
    pub warnings: Vec<Warning>,
    /// The services whose reports the server refused in the last hour, each with the time of the last refusal.
    pub refused_reports: Vec<(String, Timestamp)>,
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
    /// Returns the state of this server, and of its environment.
    pub async fn status(&self, _: &Admin, surroundings: Surroundings) -> Result<Status, ManageError> {
        let Surroundings { started_at, now, tls, mut warnings, refused_reports } = surroundings;
        let database = DatabaseStatus { kind: self.store.kind(), bytes: self.store.bytes().await? };
        let mut reader = self.store.read().await?;
        let replicas = reader.replicas(now).await?;
        let counts = reader.counts().await?.into();
        let schema = reader.schema().await?;
        drop(reader);
        warnings.extend(several_versions(&replicas, now));
        let services = self.snapshots.current();
        let is_crawled = |row: &CrawlRow| {
            services.services.values().any(|one| one.name.as_str() == row.service && one.crawl.is_some())
        };
        let (events, of_events) =
            event_status(self.serving.as_ref(), &refused_reports, is_crawled, now).await;
        warnings.extend(of_events);
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
            events,
            warnings,
        })
    }
}

/// The time without a report after which a server counts as stopped, seconds: three times the interval of reports.
const MISSED_SECONDS: i64 = 90;

/// Returns a warning if servers of several releases run, which should happen only during an update.
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
