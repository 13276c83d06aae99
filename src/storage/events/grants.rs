//! Stores how often tokens granted and refused each action on each day. The counts are added up in memory first, so
//! that no token waits for a write. This file also reads what the search for changes that no token granted needs.

use super::super::error::StoreError;
use super::super::reader::{field, time};
use super::read_activity::{ActivityRow, event};
use super::read_statements::{FIRST_GRANT_DAY, HAS_GRANTS, HAS_USAGE, LIST_GRANTS};
use super::statements::{COUNT_GRANTS, PUT_GRANTS, SELECT_CHANGES, SELECT_SEQ};
use super::{EventReader, EventStore, EventTransaction};
use crate::domain::events::Day;
use crate::domain::time::Timestamp;

/// The key of a count: an action that a subject asked for on a day.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GrantKey {
    /// The day.
    pub day: String,
    /// The service of the repository.
    pub service: String,
    /// The name of the repository.
    pub repository: String,
    /// The subject that asked; empty for anonymous.
    pub subject: String,
    /// The action.
    pub action: String,
}

/// The counts of an action: how often tokens granted and refused it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GrantSum {
    /// The number of times that the action was granted.
    pub granted: i64,
    /// The number of times that the action was refused.
    pub refused: i64,
    /// The time of the last request for the action.
    pub last_at: Timestamp,
}

impl GrantSum {
    /// Adds one request.
    pub fn add(&mut self, is_granted: bool, at: Timestamp) {
        *(if is_granted { &mut self.granted } else { &mut self.refused }) += 1;
        self.last_at = self.last_at.max(at);
    }

    /// Adds the counts of another sum with the same key.
    pub fn join(&mut self, other: Self) {
        self.granted += other.granted;
        self.refused += other.refused;
        self.last_at = self.last_at.max(other.last_at);
    }
}

impl EventTransaction<'_> {
    /// Adds these counts to the stored counts. Each key must occur only once.
    pub async fn add_grants(&mut self, sums: &[(GrantKey, GrantSum)]) -> Result<(), StoreError> {
        self.put(PUT_GRANTS, sums, |query, (key, sum)| {
            query
                .bind(key.day.clone())
                .bind(key.service.clone())
                .bind(key.repository.clone())
                .bind(key.subject.clone())
                .bind(key.action.clone())
                .bind(sum.granted)
                .bind(sum.refused)
                .bind(sum.last_at.as_micros())
        })
        .await
    }
}

/// The greatest time by which the clock of a registry can be slow without a false alarm, in seconds.
const BEHIND_SECONDS: i64 = 300;
/// The name of the note with the time at which a grant was last lost, in microseconds.
const LOST: &str = "grants_lost";

impl EventStore {
    /// Notes the time of a lost grant, unless this time or a later time is already noted. A change that this grant may
    /// have permitted must not raise an alarm.
    pub async fn note_lost_grant(&self, at: Timestamp) -> Result<(), StoreError> {
        let known = self.read().await?.lost_grant_at().await?;
        if known.is_some_and(|known| known >= at) {
            return Ok(());
        }
        self.note(LOST, at.as_micros().to_string()).await
    }
}

impl EventReader {
    /// Reads the noted time of the last lost grant.
    pub async fn lost_grant_at(&mut self) -> Result<Option<Timestamp>, StoreError> {
        let noted = self.mark(LOST).await?;
        Ok(noted.and_then(|text| text.parse().ok()).map(Timestamp::from_micros))
    }

    /// Reads the first day with stored grants or refusals; `None` if nothing is stored.
    pub async fn first_grant_day(&mut self) -> Result<Option<String>, StoreError> {
        let row = self.reader.one(sqlx::query(FIRST_GRANT_DAY)).await?;
        row.map_or(Ok(None), |row| field(&row, "day"))
    }

    /// Returns true if usage of a service is stored for a day.
    pub async fn has_usage(&mut self, day: &Day, service: &str) -> Result<bool, StoreError> {
        Ok(self.reader.count(sqlx::query(HAS_USAGE).bind(day.as_str()).bind(service)).await? > 0)
    }

    /// Returns true if a token granted an action for a service on a day.
    pub async fn has_grants(&mut self, day: &Day, service: &str) -> Result<bool, StoreError> {
        Ok(self.reader.count(sqlx::query(HAS_GRANTS).bind(day.as_str()).bind(service)).await? > 0)
    }

    /// Reads at most `most` counts of grants after the key `after`, in the order of their keys. Reads only the counts
    /// of the service `of`, or the counts of all services if `of` is `None`.
    pub async fn list_grants(
        &mut self,
        after: &GrantKey,
        of: Option<&str>,
        most: i64,
    ) -> Result<Vec<(GrantKey, GrantSum)>, StoreError> {
        let GrantKey { day, service, repository, subject, action } = after.clone();
        let query = [day, service, repository, subject, action]
            .into_iter()
            .fold(sqlx::query(LIST_GRANTS), |query, part| query.bind(part));
        let grant = |row| {
            let text = |name| field::<String>(row, name);
            let key = GrantKey {
                day: text("day")?,
                service: text("service")?,
                repository: text("repository")?,
                subject: text("subject")?,
                action: text("action")?,
            };
            let (granted, refused) = (field(row, "granted")?, field(row, "refused")?);
            Ok((key, GrantSum { granted, refused, last_at: time(row, "last_at")? }))
        };
        self.reader
            .all(query.bind(of.unwrap_or_default().to_owned()).bind(most))
            .await?
            .iter()
            .map(grant)
            .collect()
    }

    /// Reads the counter of events, which is at least the number of the last event. Every write of events or of a crawl's
    /// findings raises the counter. So the names of repositories can have changed only if the counter has changed.
    pub async fn last_number(&mut self) -> Result<i64, StoreError> {
        self.reader.count(sqlx::query(SELECT_SEQ)).await
    }

    /// Reads at most `most` pushes, mounts and deletions, in the order of their numbers. Their numbers are greater than
    /// `first`, and at most `last`.
    pub async fn changes_between(
        &mut self,
        first: i64,
        last: i64,
        most: i64,
    ) -> Result<Vec<ActivityRow>, StoreError> {
        let query = sqlx::query(SELECT_CHANGES).bind(first).bind(last).bind(most);
        let rows = self.reader.all(query).await?;
        rows.iter().map(event).collect()
    }

    /// Returns true if a token granted the right to the subject of an event. The search covers the days from
    /// `before_seconds` before the event until [`BEHIND_SECONDS`] after the event: a token can be used after midnight,
    /// and the clock of the registry can be slow.
    pub async fn was_granted(
        &mut self,
        event: &ActivityRow,
        right: &str,
        before_seconds: i64,
    ) -> Result<bool, StoreError> {
        let query = sqlx::query(COUNT_GRANTS)
            .bind(Day::of(event.at).to_string())
            .bind(Day::of(event.at.plus_seconds(-before_seconds)).to_string())
            .bind(Day::of(event.at.plus_seconds(BEHIND_SECONDS)).to_string())
            .bind(event.service.as_str())
            .bind(event.repository.as_str())
            .bind(event.subject.as_str())
            .bind(right);
        Ok(self.reader.count(query).await? > 0)
    }
}
