//! Gives a deleted user a pseudonym in all reports and in the counts of grants. The counts stay, but the name of the
//! user is gone.

use super::super::error::StoreError;
use super::super::reader::field;
use super::grants::{GrantKey, GrantSum};
use super::keep_statements::{
    RENAME_IN_EVENTS, RENAME_IN_MANIFESTS, RENAME_IN_TAGS, SELECT_EVENTS_STEP, SELECT_USED_SERVICES,
    TAKE_GRANTS_OF, TAKE_PULLS_OF, TAKE_USAGE_OF,
};
use super::purge::UsageRow;
use super::statements::PUT_DIGEST_PULLS;
use super::{EventReader, EventTransaction};
use crate::domain::time::Timestamp;

/// A user to forget. Only events up to the deletion are renamed, because another user may get the same name later. A
/// sum of uses or pulls is renamed if it began before the deletion. A count of grants is renamed if it ended before the
/// deletion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forgotten {
    /// The user's name.
    pub name: String,
    /// The pseudonym that replaces the name.
    pub pseudonym: String,
    /// The time of the deletion.
    pub at: Timestamp,
}

impl EventReader {
    /// Reads the services that have processes, repositories or counts of grants, or usage of this subject.
    pub async fn used_services(&mut self, subject: &str) -> Result<Vec<String>, StoreError> {
        let rows = self.reader.all(sqlx::query(SELECT_USED_SERVICES).bind(subject)).await?;
        rows.iter().map(|row| field(row, "service")).collect()
    }

    /// Reads the number of the event that comes `count` events after `after`. If fewer events follow, reads the number
    /// of the last event; 0 if none follows.
    pub async fn events_step(&mut self, after: i64, count: i64) -> Result<i64, StoreError> {
        self.reader.count(sqlx::query(SELECT_EVENTS_STEP).bind(after).bind(count)).await
    }
}

impl EventTransaction<'_> {
    /// Renames a user in the usage of a service, and removes the user's addresses and agents. One call renames at most
    /// `most` rows, and returns their number.
    pub async fn forget_usage(
        &mut self,
        who: &Forgotten,
        service: &str,
        most: i64,
    ) -> Result<usize, StoreError> {
        let query = sqlx::query(TAKE_USAGE_OF)
            .bind(service)
            .bind(who.name.as_str())
            .bind(who.at.as_micros())
            .bind(most);
        let rows = self.tx.all(query).await?;
        let renamed = |row| {
            let mut row = UsageRow::read(row)?.without_client();
            let [_, _, _, subject, _] = &mut row.key;
            subject.clone_from(&who.pseudonym);
            Ok(row)
        };
        let rows: Vec<UsageRow> = rows.iter().map(renamed).collect::<Result<_, StoreError>>()?;
        self.put_usage(&rows).await?;
        Ok(rows.len())
    }

    /// Renames a user in the counts of grants for a service. One call renames at most `most` rows, and returns their
    /// number.
    pub async fn forget_grants(
        &mut self,
        who: &Forgotten,
        service: &str,
        most: i64,
    ) -> Result<usize, StoreError> {
        let query = sqlx::query(TAKE_GRANTS_OF)
            .bind(service)
            .bind(who.name.as_str())
            .bind(who.at.as_micros())
            .bind(most);
        let rows = self.tx.all(query).await?;
        let renamed = |row| {
            let key = GrantKey {
                day: field(row, "day")?,
                service: field(row, "service")?,
                repository: field(row, "repository")?,
                subject: who.pseudonym.clone(),
                action: field(row, "action")?,
            };
            let last_at = Timestamp::from_micros(field(row, "last_at")?);
            Ok((key, GrantSum { granted: field(row, "granted")?, refused: field(row, "refused")?, last_at }))
        };
        let rows: Vec<_> = rows.iter().map(renamed).collect::<Result<_, StoreError>>()?;
        self.add_grants(&rows).await?;
        Ok(rows.len())
    }

    /// Renames a user in the pulls by digest. One call renames at most `most` rows, and returns their number.
    pub async fn forget_pulls(&mut self, who: &Forgotten, most: i64) -> Result<usize, StoreError> {
        let query = sqlx::query(TAKE_PULLS_OF).bind(who.name.as_str()).bind(who.at.as_micros()).bind(most);
        let rows = self.tx.all(query).await?;
        let read = |row| {
            let key: [String; 3] = [field(row, "service")?, field(row, "repository")?, field(row, "digest")?];
            let sums: [i64; 3] = [field(row, "count")?, field(row, "first_at")?, field(row, "last_at")?];
            Ok((key, sums))
        };
        let rows: Vec<_> = rows.iter().map(read).collect::<Result<_, StoreError>>()?;
        self.put(PUT_DIGEST_PULLS, &rows, |query, (key, sums)| {
            let query = key.iter().fold(query, |query, part| query.bind(part.clone()));
            sums.iter().fold(query.bind(who.pseudonym.clone()), |query, sum| query.bind(*sum))
        })
        .await?;
        Ok(rows.len())
    }

    /// Renames a user in the events whose numbers are greater than `first`, and at most `last`. Removes the user's
    /// addresses and agents from these events. Returns the number of renamed events.
    pub async fn forget_events(&mut self, who: &Forgotten, first: i64, last: i64) -> Result<u64, StoreError> {
        let query = sqlx::query(RENAME_IN_EVENTS).bind(who.name.as_str()).bind(who.pseudonym.as_str());
        self.tx.run(query.bind(first).bind(last).bind(who.at.as_micros())).await
    }

    /// Renames a user in the tags that the user moved. One call renames at most `most` rows, and returns their number.
    pub async fn forget_tags(&mut self, who: &Forgotten, most: i64) -> Result<usize, StoreError> {
        self.rename(RENAME_IN_TAGS, who, most).await
    }

    /// Renames a user in the manifests that the user pushed. One call renames at most `most` rows, and returns their
    /// number.
    pub async fn forget_manifests(&mut self, who: &Forgotten, most: i64) -> Result<usize, StoreError> {
        self.rename(RENAME_IN_MANIFESTS, who, most).await
    }

    async fn rename(
        &mut self,
        statement: &'static str,
        who: &Forgotten,
        most: i64,
    ) -> Result<usize, StoreError> {
        let query = sqlx::query(statement).bind(who.name.as_str()).bind(who.pseudonym.as_str());
        let renamed = self.tx.run(query.bind(who.at.as_micros()).bind(most)).await?;
        Ok(usize::try_from(renamed).unwrap_or(usize::MAX))
    }
}
