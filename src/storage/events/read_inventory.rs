//! Reads the inventory: the repositories, tags and manifests that the registries contain now.

use super::super::error::StoreError;
use super::super::page::{PAST_EVERY_TEXT, Page};
use super::super::reader::{field, time};
use super::EventReader;
use super::read_statements::{
    FIND_REPOSITORY, LIST_MANIFESTS, LIST_REPOSITORIES, LIST_REPOSITORIES_OF, LIST_TAGS, count_tags,
};
use super::statements::PORTIONS;
use crate::domain::time::Timestamp;
use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;

/// A repository in the inventory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepositoryRow {
    /// The service of the repository.
    pub service: String,
    /// The name of the repository.
    pub name: String,
    /// The description of the repository.
    pub description: String,
    /// The time of the last push.
    pub last_push_at: Option<Timestamp>,
    /// The time of the last pull.
    pub last_pull_at: Option<Timestamp>,
}

/// A tag in the inventory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagRow {
    /// The name of the tag.
    pub name: String,
    /// The digest to which the tag points.
    pub digest: String,
    /// The time of the push that moved the tag to this digest; `None` if no push is known.
    pub changed_at: Option<Timestamp>,
    /// The subject that moved the tag; empty for anonymous, and if no push is known.
    pub changed_by: String,
}

/// A manifest in the inventory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifestRow {
    /// The digest of the manifest.
    pub digest: String,
    /// The media type; empty if neither an event nor a crawl reported it.
    pub media_type: String,
    /// The size in bytes; 0 if neither an event nor a crawl reported it.
    pub size: i64,
    /// The time of the last push.
    pub pushed_at: Option<Timestamp>,
    /// The subject of the last push; empty for anonymous, and if no push is known.
    pub pushed_by: String,
    /// The time of the last pull.
    pub last_pull_at: Option<Timestamp>,
    /// True if a tag names the manifest.
    pub is_tagged: bool,
}

/// A page of the list of repositories: its filter and its start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RepositoryRange {
    /// Only repositories of this service; `None` for all services.
    pub service: Option<String>,
    /// Only repositories whose names begin with this text.
    pub prefix: String,
    /// The name and the service after which the page starts; both are empty for the first page.
    pub after: (String, String),
}

/// Reads a time; 0 stands for never.
pub(super) fn time_or_never(row: &AnyRow, column: &'static str) -> Result<Option<Timestamp>, StoreError> {
    let at: Timestamp = time(row, column)?;
    Ok((at.as_micros() != 0).then_some(at))
}

fn repository(row: &AnyRow) -> Result<RepositoryRow, StoreError> {
    Ok(RepositoryRow {
        service: field(row, "service")?,
        name: field(row, "name")?,
        description: field(row, "description")?,
        last_push_at: time_or_never(row, "last_push_at")?,
        last_pull_at: time_or_never(row, "last_pull_at")?,
    })
}

impl EventReader {
    /// Reads at most `most` repositories, sorted by name and then by service.
    pub async fn list_repositories(
        &mut self,
        range: &RepositoryRange,
        most: i64,
    ) -> Result<Vec<RepositoryRow>, StoreError> {
        let end = format!("{}{PAST_EVERY_TEXT}", range.prefix);
        let (name, service) = &range.after;
        let query = match &range.service {
            Some(only) => {
                let query = sqlx::query(LIST_REPOSITORIES_OF).bind(only.clone()).bind(name.clone());
                query.bind(range.prefix.clone()).bind(end).bind(most)
            }
            None => {
                let (name, service) =
                    if *name < range.prefix { (&range.prefix, "") } else { (name, service.as_str()) };
                let query = sqlx::query(LIST_REPOSITORIES).bind(name.clone()).bind(service.to_owned());
                query.bind(end).bind(most)
            }
        };
        self.reader.all(query).await?.iter().map(repository).collect()
    }

    /// Finds a repository by its service and name.
    pub async fn find_repository(
        &mut self,
        service: &str,
        name: &str,
    ) -> Result<Option<RepositoryRow>, StoreError> {
        let query = sqlx::query(FIND_REPOSITORY).bind(service.to_owned()).bind(name.to_owned());
        self.reader.one(query).await?.as_ref().map(repository).transpose()
    }

    /// Counts the tags of each repository in `of`. The counts are in the order of `of`.
    pub async fn count_tags(&mut self, of: &[RepositoryRow]) -> Result<Vec<i64>, StoreError> {
        let mut counts = std::collections::HashMap::new();
        let mut left = of;
        for portion in PORTIONS {
            while let Some((some, others)) = left.split_at_checked(portion) {
                let query = sqlx::query(AssertSqlSafe(count_tags(portion)));
                let query = some
                    .iter()
                    .fold(query, |query, one| query.bind(one.service.clone()).bind(one.name.clone()));
                for row in self.reader.all(query).await? {
                    let key: (String, String) = (field(&row, "service")?, field(&row, "name")?);
                    counts.insert(key, field::<i64>(&row, "n")?);
                }
                left = others;
            }
        }
        let count = |one: &RepositoryRow| counts.get(&(one.service.clone(), one.name.clone())).copied();
        Ok(of.iter().map(|one| count(one).unwrap_or(0)).collect())
    }

    /// Reads a page of the tags of a repository, and one more tag if it exists.
    pub async fn list_tags(
        &mut self,
        service: &str,
        repository: &str,
        page: &Page,
    ) -> Result<Vec<TagRow>, StoreError> {
        let query = sqlx::query(LIST_TAGS).bind(service.to_owned()).bind(repository.to_owned());
        let tag = |row: &AnyRow| {
            Ok(TagRow {
                name: field(row, "name")?,
                digest: field(row, "digest")?,
                changed_at: time_or_never(row, "changed_at")?,
                changed_by: field(row, "changed_by")?,
            })
        };
        self.reader.all(page.bind(query)).await?.iter().map(tag).collect()
    }

    /// Reads a page of the manifests of a repository, and one more manifest if it exists.
    pub async fn list_manifests(
        &mut self,
        service: &str,
        repository: &str,
        page: &Page,
    ) -> Result<Vec<ManifestRow>, StoreError> {
        let query = sqlx::query(LIST_MANIFESTS).bind(service.to_owned()).bind(repository.to_owned());
        let manifest = |row: &AnyRow| {
            Ok(ManifestRow {
                digest: field(row, "digest")?,
                media_type: field(row, "media_type")?,
                size: field(row, "size")?,
                pushed_at: time_or_never(row, "pushed_at")?,
                pushed_by: field(row, "pushed_by")?,
                last_pull_at: time_or_never(row, "last_pull_at")?,
                is_tagged: field::<i64>(row, "tagged")? > 0,
            })
        };
        self.reader.all(page.bind(query)).await?.iter().map(manifest).collect()
    }
}
