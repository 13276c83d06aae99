//! Reads and writes the progress of crawls, reads the known tags and the unseen repositories, and writes the
//! repositories, tags and manifests that a crawl finds.

use super::super::error::StoreError;
use super::super::reader::{field, flag, time};
use super::crawl_statements::{FIND_CRAWL, LIST_CRAWLS, LIST_KNOWN_TAGS, LIST_UNSEEN, PUT_CRAWL};
use super::read_inventory::time_or_never;
use super::statements::PUT_CRAWLED;
use super::{EventReader, EventTransaction};
use crate::domain::events::{RepositoryKey, RepositorySeen, Writes};
use crate::domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::any::AnyRow;

/// The progress of the last crawl of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrawlRow {
    /// The service.
    pub service: String,
    /// The time at which the last crawl began. A crawl that continues keeps this time.
    pub started_at: Timestamp,
    /// The place in the registry's catalogue from which a crawl continues; empty if a crawl begins at the start of the
    /// catalogue.
    pub cursor: String,
    /// The time at which a crawl last read the whole registry.
    pub finished_at: Option<Timestamp>,
    /// The reason why the last crawl failed; empty if it did not fail.
    pub error: String,
    /// The address of the registry.
    pub registry: String,
    /// The id of the server that crawls; empty after the crawl has ended. A server that died leaves its id here.
    pub replica: String,
    /// The time at which a server last wrote this row.
    pub seen_at: Timestamp,
    /// True if the crawl also asks for the digests of known tags.
    pub all_tags: bool,
    /// The figures of the last crawl.
    pub figures: CrawlFigures,
    /// The figures at the time when the cursor was stored. A crawl that continues begins with these figures.
    pub kept: CrawlFigures,
    /// The id of the crawl that may write this row and the inventory. The next crawl of the service writes its own id
    /// here.
    pub holder: String,
    /// The beginning of the last crawl that read the whole registry and also asked for the digests of known tags.
    pub all_tags_at: Option<Timestamp>,
}

/// The time without a written progress after which a server no longer counts as crawling, in seconds. It is longer than
/// the lease of a crawl.
const DEAD_SECONDS: i64 = 150;

impl CrawlRow {
    /// Returns true if the last crawl read the whole registry.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.finished_at.is_some_and(|end| end >= self.started_at)
    }

    /// Returns true if a server crawls the service at `now`.
    #[must_use]
    pub fn is_running(&self, now: Timestamp) -> bool {
        !self.is_finished() && !self.replica.is_empty() && now < self.seen_at.plus_seconds(DEAD_SECONDS)
    }
}

/// The figures of a crawl: how many requests it sent, and how many repositories and tags it found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CrawlFigures {
    /// The number of requests to the registry.
    pub requests: i64,
    /// The number of repositories that the registry lists.
    pub repositories: i64,
    /// The number of tags that the registry lists.
    pub tags: i64,
    /// The number of tags whose digest the crawl requested.
    pub looked_up: i64,
    /// The number of repositories and tags that were left out, because their names are not valid, because there are too
    /// many, or because the registry gave no usable answer.
    pub skipped: i64,
    /// The number of repositories that the robot may not pull.
    pub refused: i64,
    /// The number of repositories that the registry does not list any more.
    pub gone: i64,
}

/// A tag in the inventory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownTag {
    /// The name of the tag.
    pub name: String,
    /// The digest that the tag names.
    pub digest: String,
}

fn crawl(row: &AnyRow) -> Result<CrawlRow, StoreError> {
    Ok(CrawlRow {
        service: field(row, "service")?,
        started_at: time(row, "started_at")?,
        cursor: field(row, "cursor")?,
        finished_at: time_or_never(row, "finished_at")?,
        error: field(row, "error")?,
        registry: field(row, "registry")?,
        replica: field(row, "replica")?,
        seen_at: time(row, "seen_at")?,
        all_tags: flag(row, "all_tags")?,
        figures: CrawlFigures {
            requests: field(row, "requests")?,
            repositories: field(row, "repositories")?,
            tags: field(row, "tags")?,
            looked_up: field(row, "looked_up")?,
            skipped: field(row, "skipped")?,
            refused: field(row, "refused")?,
            gone: field(row, "gone")?,
        },
        kept: serde_json::from_str(&field::<String>(row, "kept")?)
            .map_err(|_| StoreError::Corrupt("the figures of a crawl cannot be read".to_owned()))?,
        holder: field(row, "holder")?,
        all_tags_at: time_or_never(row, "all_tags_at")?,
    })
}

impl EventReader {
    /// Reads the progress of the last crawl of each service.
    pub async fn list_crawls(&mut self) -> Result<Vec<CrawlRow>, StoreError> {
        self.reader.all(sqlx::query(LIST_CRAWLS)).await?.iter().map(crawl).collect()
    }

    /// Reads the progress of the last crawl of a service.
    pub async fn find_crawl(&mut self, service: &str) -> Result<Option<CrawlRow>, StoreError> {
        self.reader
            .one(sqlx::query(FIND_CRAWL).bind(service.to_owned()))
            .await?
            .as_ref()
            .map(crawl)
            .transpose()
    }

    /// Reads at most `most` tags of a repository, sorted by name and beginning after `after`, with their digests.
    pub async fn list_known_tags(
        &mut self,
        service: &str,
        repository: &str,
        after: &str,
        most: i64,
    ) -> Result<Vec<KnownTag>, StoreError> {
        let query = sqlx::query(LIST_KNOWN_TAGS).bind(service.to_owned()).bind(repository.to_owned());
        let rows = self.reader.all(query.bind(after.to_owned()).bind(most)).await?;
        rows.iter()
            .map(|row| Ok(KnownTag { name: field(row, "name")?, digest: field(row, "digest")? }))
            .collect()
    }

    /// Reads at most `most` names of repositories in the inventory, sorted and beginning after `after`. Since `at`,
    /// neither a crawl nor an event saw these repositories.
    pub async fn list_unseen(
        &mut self,
        service: &str,
        after: &str,
        at: Timestamp,
        most: i64,
    ) -> Result<Vec<String>, StoreError> {
        let query = sqlx::query(LIST_UNSEEN).bind(service.to_owned()).bind(after.to_owned());
        let rows = self.reader.all(query.bind(at.as_micros()).bind(most)).await?;
        rows.iter().map(|row| field(row, "name")).collect()
    }
}

impl EventTransaction<'_> {
    /// Writes the progress of a crawl. Returns `false`, and writes nothing, if the stored row has another holder than
    /// `expected`.
    pub(super) async fn put_crawl(&mut self, row: &CrawlRow, expected: &str) -> Result<bool, StoreError> {
        let figures = &row.figures;
        let kept =
            serde_json::to_string(&row.kept).map_err(|error| StoreError::Corrupt(error.to_string()))?;
        let query = sqlx::query(PUT_CRAWL)
            .bind(row.service.as_str())
            .bind(row.started_at.as_micros())
            .bind(row.cursor.as_str())
            .bind(row.finished_at.map_or(0, Timestamp::as_micros))
            .bind(row.error.as_str())
            .bind(row.registry.as_str())
            .bind(row.replica.as_str())
            .bind(row.seen_at.as_micros())
            .bind(i64::from(row.all_tags))
            .bind(figures.requests)
            .bind(figures.repositories)
            .bind(figures.tags)
            .bind(figures.looked_up)
            .bind(figures.skipped)
            .bind(figures.refused)
            .bind(figures.gone)
            .bind(row.holder.as_str())
            .bind(row.all_tags_at.map_or(0, Timestamp::as_micros))
            .bind(kept)
            .bind(expected);
        Ok(self.tx.run(query).await? > 0)
    }

    /// Writes that a crawl saw these repositories at `at`. No name may occur twice. The transaction must first take the
    /// turn to write ([`Self::take_numbers`]).
    pub async fn put_crawled(
        &mut self,
        service: &str,
        names: &[String],
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.put(PUT_CRAWLED, names, |query, name| {
            let at = at.as_micros();
            query.bind(service.to_owned()).bind(name.clone()).bind(at).bind(at).bind(at)
        })
        .await
    }

    /// Writes that these repositories were gone at `at`. An event with a later time brings a repository back. The
    /// transaction must first take the turn to write ([`Self::take_numbers`]).
    pub async fn put_gone(
        &mut self,
        service: &str,
        names: Vec<String>,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let mut writes = Writes::default();
        for name in names {
            let key = RepositoryKey { service: service.to_owned(), name };
            let (first_seen_at, gone_at) = (Some(at), Some(at));
            writes
                .repositories
                .insert(key, RepositorySeen { first_seen_at, gone_at, ..RepositorySeen::default() });
        }
        self.put_found(&writes).await
    }

    /// Writes the repositories, tags and manifests that a crawl found. The transaction must first take the turn to
    /// write ([`Self::take_numbers`]).
    pub async fn put_found(&mut self, writes: &Writes) -> Result<(), StoreError> {
        self.put_inventory(writes).await
    }
}
