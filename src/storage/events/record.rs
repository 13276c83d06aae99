//! Writes a batch of events, or the inventory that a crawl found. Rows with the same key are added up in memory first,
//! and one statement writes several rows.

use super::super::error::StoreError;
use super::super::reader::{field, time};
use super::EventTransaction;
use super::put::{Binding, Table};
use super::sources::{SourceKey, SourceState, of_sources};
use super::statements::{
    INSERT_RECENT, PORTIONS, PUT_DIGEST_PULLS, PUT_MANIFESTS, PUT_PARENTS, PUT_REPOSITORIES, PUT_TAGS,
    PUT_USAGE, TAKE_SEQ, select_parent_pulls,
};
use crate::domain::events::{
    DigestPull, ManifestKey, ManifestSeen, PullKey, RecentEvent, RepositoryKey, RepositorySeen, TagKey,
    TagSeen, UsageKey, UsageSum, Writes,
};
use crate::domain::time::Timestamp;
use sqlx::AssertSqlSafe;
use std::collections::{BTreeMap, BTreeSet, HashMap};

fn micros(at: Option<Timestamp>) -> i64 {
    at.map_or(0, Timestamp::as_micros)
}

impl EventTransaction<'_> {
    /// Takes `count` numbers for events, and waits for the turn to write. Returns the number before the first taken
    /// number.
    // INVARIANT: this is the first statement of a batch. This statement makes two servers that receive the same
    // event take turns. So the second server sees that the first server has already counted the event.
    pub async fn take_numbers(&mut self, count: usize) -> Result<i64, StoreError> {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        let row = self.tx.one(sqlx::query(TAKE_SEQ).bind(count)).await?;
        let row = row.ok_or_else(|| StoreError::Corrupt("the counter of events is missing".to_owned()))?;
        Ok(field::<i64>(&row, "seq")? - count)
    }

    /// Waits for the turn to write, without taking a number.
    // INVARIANT: this is the first statement of a transaction that purges rows. Without the turn, PostgreSQL would wait
    // for a row that a recorder has just changed, and then delete the changed row: it looks at the conditions inside
    // `IN (SELECT …)` only before it waits. A statement that repeats such conditions outside needs no turn.
    pub(super) async fn take_turn(&mut self) -> Result<(), StoreError> {
        self.take_numbers(0).await.map(drop)
    }

    /// Reads for each key when the subject last pulled an index that lists the manifest. The result contains only keys
    /// with such a pull.
    pub async fn parent_pulls(
        &mut self,
        keys: &BTreeSet<PullKey>,
    ) -> Result<HashMap<PullKey, Timestamp>, StoreError> {
        let keys: Vec<&PullKey> = keys.iter().collect();
        let (mut found, mut rest) = (HashMap::new(), keys.as_slice());
        for portion in PORTIONS {
            while let Some((some, others)) = rest.split_at_checked(portion) {
                let bind = |query: Binding, key: &&PullKey| {
                    let parts = [&key.service, &key.repository, &key.digest, &key.subject];
                    parts.into_iter().fold(query, |query, part| query.bind(part.clone()))
                };
                let query = sqlx::query(AssertSqlSafe(select_parent_pulls(portion)));
                for row in self.tx.all(some.iter().fold(query, bind)).await? {
                    let key = PullKey {
                        service: field(&row, "service")?,
                        repository: field(&row, "repository")?,
                        digest: field(&row, "digest")?,
                        subject: field(&row, "subject")?,
                    };
                    found.insert(key, time(&row, "last_at")?);
                }
                rest = others;
            }
        }
        Ok(found)
    }

    /// Writes all rows of a batch, and the remembered events of processes at `now`. The events of the batch get the
    /// numbers after `last`.
    pub async fn record(
        &mut self,
        writes: &Writes,
        last: i64,
        sources: &BTreeMap<SourceKey, SourceState>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let repositories: Vec<_> = writes.repositories.iter().collect();
        let tags: Vec<_> = writes.tags.iter().collect();
        let manifests: Vec<_> = writes.manifests.iter().collect();
        let parents: Vec<_> = writes.parents.iter().collect();
        let usage: Vec<_> = writes.usage.iter().collect();
        let pulls: Vec<_> = writes.digest_pulls.iter().collect();
        let recent: Vec<_> = (last + 1..).zip(&writes.recent).collect();
        let sources: Vec<_> = sources.iter().collect();
        let tables = [
            of_repositories(&repositories),
            of_tags(&tags),
            of_manifests(&manifests),
            of_parents(&parents),
            of_usage(&usage),
            of_pulls(&pulls),
            of_recent(&recent),
            of_sources(&sources, now),
        ];
        self.put_all(&tables).await
    }

    /// Writes repositories, and their tags and manifests.
    pub(super) async fn put_inventory(&mut self, writes: &Writes) -> Result<(), StoreError> {
        let repositories: Vec<_> = writes.repositories.iter().collect();
        let tags: Vec<_> = writes.tags.iter().collect();
        let manifests: Vec<_> = writes.manifests.iter().collect();
        let tables = [of_repositories(&repositories), of_tags(&tags), of_manifests(&manifests)];
        self.put_all(&tables).await
    }
}

fn of_repositories<'r>(rows: &'r [(&RepositoryKey, &RepositorySeen)]) -> Table<'r> {
    Table::new(PUT_REPOSITORIES, rows, |query, (key, seen)| {
        query
            .bind(key.service.clone())
            .bind(key.name.clone())
            .bind(micros(seen.first_seen_at))
            .bind(micros(seen.seen_at))
            .bind(micros(seen.last_push_at))
            .bind(micros(seen.last_pull_at))
            .bind(micros(seen.gone_at))
    })
}

fn of_tags<'r>(rows: &'r [(&TagKey, &TagSeen)]) -> Table<'r> {
    Table::new(PUT_TAGS, rows, |query, (key, seen)| {
        query
            .bind(key.service.clone())
            .bind(key.repository.clone())
            .bind(key.name.clone())
            .bind(seen.digest.clone())
            .bind(micros(seen.seen_at))
            .bind(seen.changed_digest.clone())
            .bind(micros(seen.changed_at))
            .bind(seen.changed_by.clone())
            .bind(micros(seen.dropped_at))
    })
}

fn of_manifests<'r>(rows: &'r [(&ManifestKey, &ManifestSeen)]) -> Table<'r> {
    Table::new(PUT_MANIFESTS, rows, |query, (key, seen)| {
        query
            .bind(key.service.clone())
            .bind(key.repository.clone())
            .bind(key.digest.clone())
            .bind(seen.media_type.clone())
            .bind(seen.size)
            .bind(seen.children.as_ref().map(|children| children.join(" ")))
            .bind(micros(seen.seen_at))
            .bind(micros(seen.pushed_at))
            .bind(seen.pushed_by.clone())
            .bind(micros(seen.last_pull_at))
            .bind(micros(seen.dropped_at))
    })
}

fn of_parents<'r>(rows: &'r [&(ManifestKey, String)]) -> Table<'r> {
    Table::new(PUT_PARENTS, rows, |query, (child, parent)| {
        query
            .bind(child.service.clone())
            .bind(child.repository.clone())
            .bind(child.digest.clone())
            .bind(parent.clone())
    })
}

fn of_usage<'r>(rows: &'r [(&UsageKey, &UsageSum)]) -> Table<'r> {
    Table::new(PUT_USAGE, rows, |query, (key, sum)| {
        query
            .bind(key.day.clone())
            .bind(key.service.clone())
            .bind(key.repository.clone())
            .bind(key.subject.clone())
            .bind(key.action)
            .bind(sum.count)
            .bind(sum.first_at.as_micros())
            .bind(sum.last_at.as_micros())
            .bind(sum.last_address.clone())
            .bind(sum.last_agent.clone())
    })
}

fn of_pulls<'r>(rows: &'r [(&PullKey, &DigestPull)]) -> Table<'r> {
    Table::new(PUT_DIGEST_PULLS, rows, |query, (key, pull)| {
        query
            .bind(key.service.clone())
            .bind(key.repository.clone())
            .bind(key.digest.clone())
            .bind(key.subject.clone())
            .bind(pull.count)
            .bind(pull.first_at.as_micros())
            .bind(pull.last_at.as_micros())
    })
}

fn of_recent<'r>(rows: &'r [(i64, &RecentEvent)]) -> Table<'r> {
    Table::new(INSERT_RECENT, rows, |query, (seq, event)| {
        query
            .bind(*seq)
            .bind(event.at.as_micros())
            .bind(event.service.clone())
            .bind(event.action)
            .bind(event.repository.clone())
            .bind(event.tag.clone())
            .bind(event.digest.clone())
            .bind(event.subject.clone())
            .bind(event.address.clone())
            .bind(event.agent.clone())
    })
}
