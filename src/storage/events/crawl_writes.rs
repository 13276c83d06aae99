//! Writes the findings of a crawl, if the crawl still is the holder of its row. A crawl that another crawl replaced
//! writes nothing.

use super::super::error::StoreError;
use super::super::reader::field;
use super::crawl::CrawlRow;
use super::crawl_statements::{
    FIND_HOLDER, FORGET_MISSING, FORGET_MISSING_OF, FORGET_MISSING_UP_TO, LIST_MISSING,
};
use super::statements::PUT_MISSING;
use super::{EventStore, EventTransaction};
use crate::domain::events::{TagKey, TagSeen, Writes};
use crate::domain::time::Timestamp;

/// A portion of the findings of a crawl.
#[derive(Debug, Default)]
pub struct CrawlWrites {
    /// Repositories that the registry lists, each once. The crawl reads their tags next.
    pub repositories: Vec<String>,
    /// Tags and manifests that the registry has.
    pub found: Writes,
    /// Known tags that the registry does not list: pairs of repository and tag. These tags stay in the inventory until
    /// the crawl has read the whole registry.
    pub missing: Vec<(String, String)>,
    /// Repositories in the inventory that the registry's catalogue does not list.
    pub gone: Vec<String>,
}

impl CrawlWrites {
    /// Returns the number of found and missing tags.
    #[must_use]
    pub fn tags(&self) -> usize {
        self.found.tags.len() + self.missing.len()
    }
}

impl EventStore {
    /// Writes that a crawl begins, or continues from its cursor. `known` is the holder that the caller read from the
    /// row. Returns `false`, and does not write the row, if the row has another holder now. A crawl that begins forgets
    /// the missing tags of the earlier crawl.
    pub async fn begin_crawl(&self, row: CrawlRow, known: String) -> Result<bool, StoreError> {
        let write = self.write(move |mut tx| {
            Box::pin(async move {
                tx.take_numbers(1).await?;
                let is_begun = tx.put_crawl(&row, &known).await?;
                if is_begun && row.cursor.is_empty() {
                    tx.tx.run(sqlx::query(FORGET_MISSING).bind(row.service)).await?;
                }
                Ok(is_begun)
            })
        });
        write.await
    }

    /// Writes the progress of a crawl. Returns `false`, and writes nothing, if another crawl is the holder now.
    pub async fn put_crawl(&self, row: CrawlRow) -> Result<bool, StoreError> {
        self.write(move |mut tx| Box::pin(async move { tx.put_crawl(&row, &row.holder).await })).await
    }

    /// Writes findings of a crawl. `at` is the time of the findings. Returns `false`, and writes no findings, if
    /// `holder` is not the holder of the service's row.
    pub async fn write_crawl(
        &self,
        (service, holder): (String, String),
        at: Timestamp,
        writes: CrawlWrites,
    ) -> Result<bool, StoreError> {
        let write = self.write(move |mut tx| {
            Box::pin(async move {
                // The raised counter makes all servers read the names of repositories again.
                tx.take_numbers(1).await?;
                let is_held = tx.is_held(&service, &holder).await?;
                if is_held {
                    tx.put_portion(&service, at, writes).await?;
                }
                Ok(is_held)
            })
        });
        write.await
    }

    /// Drops at most `most` of the tags that the registry did not list, and returns their number. Returns `None`, and
    /// drops nothing, if `holder` is not the holder of the service's row.
    pub async fn drop_missing(
        &self,
        (service, holder): (String, String),
        at: Timestamp,
        most: i64,
    ) -> Result<Option<usize>, StoreError> {
        let write = self.write(move |mut tx| {
            Box::pin(async move {
                tx.take_numbers(1).await?;
                if !tx.is_held(&service, &holder).await? {
                    return Ok(None);
                }
                tx.drop_portion(&service, at, most).await.map(Some)
            })
        });
        write.await
    }
}

impl EventTransaction<'_> {
    async fn is_held(&mut self, service: &str, holder: &str) -> Result<bool, StoreError> {
        let row = self.tx.one(sqlx::query(FIND_HOLDER).bind(service.to_owned())).await?;
        Ok(row.map(|row| field::<String>(&row, "holder")).transpose()?.as_deref() == Some(holder))
    }

    async fn put_portion(
        &mut self,
        service: &str,
        at: Timestamp,
        writes: CrawlWrites,
    ) -> Result<(), StoreError> {
        let CrawlWrites { repositories, found, missing, gone } = writes;
        self.put_crawled(service, &repositories, at).await?;
        for name in repositories {
            // Before an interruption, this crawl may have noted tags as missing that the registry lists now.
            let query = sqlx::query(FORGET_MISSING_OF).bind(service.to_owned()).bind(name);
            self.tx.run(query).await?;
        }
        self.put_found(&found).await?;
        self.put(PUT_MISSING, &missing, |query, (repository, name)| {
            query.bind(service.to_owned()).bind(repository.clone()).bind(name.clone())
        })
        .await?;
        if gone.is_empty() { Ok(()) } else { self.put_gone(service, gone, at).await }
    }

    async fn drop_portion(&mut self, service: &str, at: Timestamp, most: i64) -> Result<usize, StoreError> {
        let query = sqlx::query(LIST_MISSING).bind(service.to_owned()).bind(most);
        let rows = self.tx.all(query).await?;
        let (mut writes, mut last) = (Writes::default(), None);
        for row in &rows {
            let (repository, name) = (field::<String>(row, "repository")?, field::<String>(row, "name")?);
            last = Some((repository.clone(), name.clone()));
            let key = TagKey { service: service.to_owned(), repository, name };
            writes.tags.insert(key, TagSeen { dropped_at: Some(at), ..TagSeen::default() });
        }
        if let Some((repository, name)) = last {
            self.put_found(&writes).await?;
            let query = sqlx::query(FORGET_MISSING_UP_TO).bind(service.to_owned());
            self.tx.run(query.bind(repository).bind(name)).await?;
        }
        Ok(rows.len())
    }
}
