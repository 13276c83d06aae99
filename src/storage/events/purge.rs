//! Deletes rows whose period has ended, adds up usage by month, and replaces old addresses. One transaction deletes a
//! limited number of rows, so that no writer waits long.

use super::super::error::StoreError;
use super::super::reader::field;
use super::keep_statements::{
    DELETE_PARENT, PURGE_CHANGES, PURGE_DIGEST_PULLS, PURGE_GRANTS, PURGE_MANIFESTS,
    PURGE_MANIFESTS_OF_REPOSITORIES, PURGE_PULLS, PURGE_REPOSITORIES, PURGE_SOURCES, PURGE_TAGS,
    PURGE_TAGS_OF_MANIFESTS, PURGE_TAGS_OF_REPOSITORIES, PURGE_USAGE, SELECT_OLD_ADDRESSES,
    SELECT_OLDEST_KEPT_PULL, SELECT_PARENTS, SELECT_USAGE_ADDRESSES, TAKE_OLD_DAYS, UPDATE_ADDRESS,
    UPDATE_USAGE_ADDRESS,
};
use super::statements::PUT_USAGE;
use super::{EventReader, EventTransaction};
use crate::domain::events::month_of;
use crate::domain::time::Timestamp;
use sqlx::any::AnyRow;
use std::collections::BTreeMap;

/// The kind of rows that one call of [`EventTransaction::purge`] deletes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Portion {
    /// Single pulls whose number is at most this number.
    Pulls(i64),
    /// Single events of this action before this time.
    Changes(&'static str, Timestamp),
    /// Pulls by digest whose last pull was before this time.
    DigestPulls(Timestamp),
    /// Counts of grants before this day.
    Grants(String),
    /// Usage before this day or month.
    Usage(String),
    /// Tags that were deleted before this time.
    Tags(Timestamp),
    /// Tags whose manifest was deleted before this time.
    TagsOfManifests(Timestamp),
    /// Tags whose repository was deleted before this time.
    TagsOfRepositories(Timestamp),
    /// Manifests that were deleted before this time, and that no stored tag names.
    Manifests(Timestamp),
    /// Manifests whose repository was deleted before this time, and that no stored tag names.
    ManifestsOfRepositories(Timestamp),
    /// Repositories that were deleted before this time, and that have no stored tags and manifests.
    Repositories(Timestamp),
    /// Processes of registries whose last event was received before this time.
    Sources(Timestamp),
}

/// The stored usage of one day or month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct UsageRow {
    /// The day or month, the service, the repository, the subject and the action.
    pub(super) key: [String; 5],
    count: i64,
    first_at: i64,
    last_at: i64,
    last_address: String,
    last_agent: String,
}

/// The key of a row of usage: day or month, service, repository, subject, action.
pub type UsagePlace = [String; 5];

/// The key of a link from a part to its index: service, repository, digest of the part, digest of the index.
pub type PartPlace = [String; 4];

/// A row of usage with its address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageAddress {
    /// The key of the row.
    pub place: UsagePlace,
    /// The time of the last use, in microseconds. A changed time shows that a newer use was added to the row.
    pub last_at: i64,
    /// The stored address.
    pub address: String,
}

fn place(row: &AnyRow) -> Result<UsagePlace, StoreError> {
    Ok([
        field(row, "day")?,
        field(row, "service")?,
        field(row, "repository")?,
        field(row, "subject")?,
        field(row, "action")?,
    ])
}

impl UsageRow {
    pub(super) fn read(row: &AnyRow) -> Result<Self, StoreError> {
        Ok(Self {
            key: place(row)?,
            count: field(row, "count")?,
            first_at: field(row, "first_at")?,
            last_at: field(row, "last_at")?,
            last_address: field(row, "last_address")?,
            last_agent: field(row, "last_agent")?,
        })
    }

    fn add(&mut self, other: Self) {
        self.count += other.count;
        self.first_at = self.first_at.min(other.first_at);
        if other.last_at > self.last_at {
            (self.last_at, self.last_agent) = (other.last_at, other.last_agent);
        }
    }

    /// Removes the address and the client program from the row.
    pub(super) fn without_client(self) -> Self {
        Self { last_agent: String::new(), ..self.without_address() }
    }

    /// Removes the address from the row.
    fn without_address(mut self) -> Self {
        self.last_address.clear();
        self
    }
}

impl EventReader {
    /// Reads the number of the newest pull before the last `kept` pulls. Returns `None` if there are at most `kept`
    /// pulls.
    pub async fn oldest_kept_pull(&mut self, kept: i64) -> Result<Option<i64>, StoreError> {
        let row = self.reader.one(sqlx::query(SELECT_OLDEST_KEPT_PULL).bind(kept)).await?;
        row.map(|row| field(&row, "n")).transpose()
    }

    /// Reads the numbers and addresses of at most `most` events with an address and with numbers greater than `after`.
    /// Stops before the first event that is not older than `before`.
    pub async fn old_addresses(
        &mut self,
        after: i64,
        before: Timestamp,
        most: i64,
    ) -> Result<Vec<(i64, String)>, StoreError> {
        let query = sqlx::query(SELECT_OLD_ADDRESSES).bind(after).bind(before.as_micros()).bind(most);
        let rows = self.reader.all(query).await?;
        rows.iter().map(|row| Ok((field(row, "seq")?, field(row, "address")?))).collect()
    }

    /// Reads at most `most` links from parts to indexes, starting after the link `after`. The second value is true if
    /// the manifest of the index is stored.
    pub async fn parts(
        &mut self,
        after: &PartPlace,
        most: i64,
    ) -> Result<Vec<(PartPlace, bool)>, StoreError> {
        let query = after.iter().fold(sqlx::query(SELECT_PARENTS), |query, part| query.bind(part.as_str()));
        let rows = self.reader.all(query.bind(most)).await?;
        let one = |row| {
            let place = [
                field(row, "service")?,
                field(row, "repository")?,
                field(row, "digest")?,
                field(row, "parent")?,
            ];
            Ok((place, field::<i64>(row, "n")? > 0))
        };
        rows.iter().map(one).collect()
    }

    /// Reads at most `most` addresses in the usage of days before `before`, starting after the row `after`.
    pub async fn usage_addresses(
        &mut self,
        after: &UsagePlace,
        before: &str,
        most: i64,
    ) -> Result<Vec<UsageAddress>, StoreError> {
        let query =
            after.iter().fold(sqlx::query(SELECT_USAGE_ADDRESSES), |query, part| query.bind(part.as_str()));
        let rows = self.reader.all(query.bind(before).bind(most)).await?;
        let one = |row| {
            let (last_at, address) = (field(row, "last_at")?, field(row, "last_address")?);
            Ok(UsageAddress { place: place(row)?, last_at, address })
        };
        rows.iter().map(one).collect()
    }
}

impl EventTransaction<'_> {
    /// Deletes at most `most` rows of a kind, and returns their number.
    pub async fn purge(&mut self, portion: Portion, most: i64) -> Result<u64, StoreError> {
        self.take_turn().await?;
        let query = match portion {
            Portion::Pulls(last) => sqlx::query(PURGE_PULLS).bind(last).bind(most),
            Portion::Changes(action, before) => {
                sqlx::query(PURGE_CHANGES).bind(before.as_micros()).bind(most).bind(action)
            }
            Portion::DigestPulls(before) => {
                sqlx::query(PURGE_DIGEST_PULLS).bind(before.as_micros()).bind(most)
            }
            Portion::Grants(day) => sqlx::query(PURGE_GRANTS).bind(day).bind(most),
            Portion::Usage(day) => sqlx::query(PURGE_USAGE).bind(day).bind(most),
            Portion::Tags(before) => sqlx::query(PURGE_TAGS).bind(before.as_micros()).bind(most),
            Portion::TagsOfManifests(before) => {
                sqlx::query(PURGE_TAGS_OF_MANIFESTS).bind(before.as_micros()).bind(most)
            }
            Portion::TagsOfRepositories(before) => {
                sqlx::query(PURGE_TAGS_OF_REPOSITORIES).bind(before.as_micros()).bind(most)
            }
            Portion::Manifests(before) => sqlx::query(PURGE_MANIFESTS).bind(before.as_micros()).bind(most),
            Portion::ManifestsOfRepositories(before) => {
                sqlx::query(PURGE_MANIFESTS_OF_REPOSITORIES).bind(before.as_micros()).bind(most)
            }
            Portion::Repositories(before) => {
                sqlx::query(PURGE_REPOSITORIES).bind(before.as_micros()).bind(most)
            }
            Portion::Sources(before) => sqlx::query(PURGE_SOURCES).bind(before.as_micros()).bind(most),
        };
        self.tx.run(query).await
    }

    /// Deletes links from parts to indexes, except links whose index is stored again. Returns the number of deleted
    /// links.
    pub async fn delete_parts(&mut self, parts: &[PartPlace]) -> Result<u64, StoreError> {
        self.take_turn().await?;
        let mut deleted = 0;
        for place in parts {
            let query =
                place.iter().fold(sqlx::query(DELETE_PARENT), |query, part| query.bind(part.as_str()));
            deleted += self.tx.run(query).await?;
        }
        Ok(deleted)
    }

    /// Adds up usage by month: the days from `first` up to, but not including, `before`. One call takes at most `most`
    /// daily rows, and returns their number.
    pub async fn sum_up_days(&mut self, first: &str, before: &str, most: i64) -> Result<usize, StoreError> {
        let rows = self.tx.all(sqlx::query(TAKE_OLD_DAYS).bind(before).bind(first).bind(most)).await?;
        let mut months: BTreeMap<UsagePlace, UsageRow> = BTreeMap::new();
        for row in &rows {
            let mut row = UsageRow::read(row)?.without_address();
            let [day, ..] = &mut row.key;
            *day = month_of(day).to_owned();
            match months.get_mut(&row.key) {
                Some(month) => month.add(row),
                None => _ = months.insert(row.key.clone(), row),
            }
        }
        let months: Vec<UsageRow> = months.into_values().collect();
        self.put_usage(&months).await?;
        Ok(rows.len())
    }

    /// Adds rows of usage to the stored rows. Each key must occur only once.
    pub(super) async fn put_usage(&mut self, rows: &[UsageRow]) -> Result<(), StoreError> {
        self.put(PUT_USAGE, rows, |query, row| {
            let query = row.key.iter().fold(query, |query, part| query.bind(part.clone()));
            let query = query.bind(row.count).bind(row.first_at).bind(row.last_at);
            query.bind(row.last_address.clone()).bind(row.last_agent.clone())
        })
        .await
    }

    /// Replaces the addresses of events. Each event is given by its number.
    pub async fn replace_addresses(&mut self, addresses: &[(i64, String)]) -> Result<(), StoreError> {
        for (seq, address) in addresses {
            self.tx.run(sqlx::query(UPDATE_ADDRESS).bind(*seq).bind(address.as_str())).await?;
        }
        Ok(())
    }

    /// Replaces the addresses of rows of usage, except of rows to which a newer use was added meanwhile.
    pub async fn replace_usage_addresses(&mut self, addresses: &[UsageAddress]) -> Result<(), StoreError> {
        for one in addresses {
            let query = sqlx::query(UPDATE_USAGE_ADDRESS);
            let query = one.place.iter().fold(query, |query, part| query.bind(part.as_str()));
            self.tx.run(query.bind(one.address.as_str()).bind(one.last_at)).await?;
        }
        Ok(())
    }
}
