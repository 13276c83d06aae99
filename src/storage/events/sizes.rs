//! Counts the events of each service, and reads the times of the last events, of the last tokens and of the named
//! endpoints. Also reads the size of the database of events.

use super::super::error::StoreError;
use super::super::reader::{field, time};
use super::EventReader;
use super::read_inventory::time_or_never;
use super::statements::{SELECT_LAST_GRANTS, SELECT_NAMED_SOURCES, SELECT_SERVICES_SEEN};
use crate::domain::events::Day;
use crate::domain::time::Timestamp;
use std::collections::BTreeMap;

/// The number of events from one service, and the times of the first and the last event. Processes that the server has
/// forgotten do not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceSeen {
    /// The name of the service.
    pub service: String,
    /// The number of counted events.
    pub events: i64,
    /// The number of processes that reported the events. Each endpoint of a process counts separately.
    pub sources: i64,
    /// The time at which the server received the first event.
    pub first_seen_at: Timestamp,
    /// The time at which the server received the last event.
    pub last_seen_at: Timestamp,
}

/// The reports and the last tokens of all services.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventSizes {
    /// The reports of each service.
    pub services: Vec<ServiceSeen>,
    /// The last tokens of each service that had tokens today or yesterday.
    pub last_grants: Vec<LastGrants>,
    /// The reports of the registries' named endpoints.
    pub senders: Vec<SenderSeen>,
}

/// The times of the last requests for tokens for repositories of a service. A refused request counts only if the same
/// subject was granted the same action on the same repository on the same day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastGrants {
    /// The name of the service.
    pub service: String,
    /// The time of the last request.
    pub at: Timestamp,
    /// The earlier of two times: of the last request for pulls, and of the last request for pushes or deletions. `None`
    /// if one of the two is missing.
    pub both_at: Option<Timestamp>,
}

/// The times of the reports of a registry's named endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SenderSeen {
    /// The name of the service.
    pub service: String,
    /// The name of the endpoint.
    pub sender: String,
    /// The time at which the server received the endpoint's first event.
    pub first_seen_at: Timestamp,
    /// The time at which the server received the endpoint's last event.
    pub last_seen_at: Timestamp,
}

/// The greatest number of processes with a named endpoint that are read: the processes that reported last.
const MOST_SOURCES: i64 = 1000;

/// The time without an event after which a registry can count as silent, in seconds: an hour.
const SILENT_SECONDS: i64 = 3600;

impl ServiceSeen {
    /// Returns true if the last event of the service is more than an hour old at `now`.
    #[must_use]
    pub fn is_quiet(&self, now: Timestamp) -> bool {
        now > self.last_seen_at.plus_seconds(SILENT_SECONDS)
    }
}

impl EventSizes {
    /// Returns the time since which a registry is silent at `now`: an hour after its last event. Returns `None` if the
    /// registry is not silent. A registry is silent if its last event is more than an hour old, and [`LastGrants`] has
    /// a later request.
    #[must_use]
    pub fn silent_since(&self, seen: &ServiceSeen, now: Timestamp) -> Option<Timestamp> {
        let granted = self.last_grants.iter().find(|one| one.service == seen.service);
        let is_silent = seen.is_quiet(now) && granted.is_some_and(|one| one.at > seen.last_seen_at);
        is_silent.then(|| seen.last_seen_at.plus_seconds(SILENT_SECONDS))
    }
}

/// The age of the oldest day whose grants are read, in seconds. The grants of yesterday and today are read.
const GRANTS_SECONDS: i64 = 86_400;

impl EventReader {
    /// Reads the reports of all services, and the last tokens of today and yesterday.
    pub async fn sizes(&mut self, now: Timestamp) -> Result<EventSizes, StoreError> {
        let rows = self.reader.all(sqlx::query(SELECT_SERVICES_SEEN)).await?;
        let service = |row| {
            Ok::<_, StoreError>(ServiceSeen {
                service: field(row, "service")?,
                events: field(row, "events")?,
                sources: field(row, "sources")?,
                first_seen_at: time(row, "first_seen_at")?,
                last_seen_at: time(row, "last_seen_at")?,
            })
        };
        let services = rows.iter().map(service).collect::<Result<_, _>>()?;
        let query =
            sqlx::query(SELECT_LAST_GRANTS).bind(Day::of(now.plus_seconds(-GRANTS_SECONDS)).to_string());
        let rows = self.reader.all(query).await?;
        let grant = |row| {
            let (pull, change) = (time_or_never(row, "pull_at")?, time_or_never(row, "change_at")?);
            let both_at = pull.zip(change).map(|(pull, change)| pull.min(change));
            Ok::<_, StoreError>(LastGrants {
                service: field(row, "service")?,
                at: time(row, "last_at")?,
                both_at,
            })
        };
        let last_grants = rows.iter().map(grant).collect::<Result<_, _>>()?;
        Ok(EventSizes { services, last_grants, senders: self.senders().await? })
    }

    /// Reads the named endpoints of registries. A registry that restarts gets a new id, but its endpoints keep their
    /// names. So this function merges the rows of several ids.
    async fn senders(&mut self) -> Result<Vec<SenderSeen>, StoreError> {
        let rows = self.reader.all(sqlx::query(SELECT_NAMED_SOURCES).bind(MOST_SOURCES)).await?;
        let mut found: BTreeMap<(String, String), SenderSeen> = BTreeMap::new();
        for row in &rows {
            let (service, instance): (String, String) = (field(row, "service")?, field(row, "instance")?);
            let Some((_, sender)) = instance.rsplit_once(' ') else { continue };
            let (first, last): (Timestamp, Timestamp) =
                (time(row, "first_seen_at")?, time(row, "last_seen_at")?);
            let key = (service.clone(), sender.to_owned());
            let seen =
                SenderSeen { service, sender: sender.to_owned(), first_seen_at: first, last_seen_at: last };
            let seen = found.entry(key).or_insert(seen);
            seen.first_seen_at = seen.first_seen_at.min(first);
            seen.last_seen_at = seen.last_seen_at.max(last);
        }
        Ok(found.into_values().collect())
    }

    /// Reads the size of the database, in bytes. The statement depends on the kind of the database.
    pub(super) async fn bytes(&mut self, statement: &'static str) -> Result<i64, StoreError> {
        let row = self.reader.one(sqlx::query(statement)).await?;
        row.map_or(Ok(0), |row| field(&row, "bytes"))
    }
}
