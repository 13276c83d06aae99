//! The crawls of registries, and their progress.

use super::administration::Administration;
use super::caller::Admin;
use super::error::ManageError;
use crate::accounts::WriteError;
use crate::domain::kind::ObjectKind;
use crate::domain::service::ServiceName;
use crate::domain::time::Timestamp;
use crate::domain::warning::Warning;
use crate::storage::events::CrawlRow;
use serde::{Deserialize, Serialize};
use strum::IntoStaticStr;
use utoipa::ToSchema;

/// The options of a crawl.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CrawlFields {
    /// True if the crawl also asks for the digests of known tags: a tag may have moved without a report.
    #[serde(default)]
    #[schema(default = false)]
    pub all_tags: bool,
    /// True if the registry may be empty: if it lists no repository, all known repositories count as gone. If false,
    /// the crawl of an empty registry fails.
    #[serde(default)]
    #[schema(default = false)]
    pub accept_empty: bool,
}

/// The stage of a crawl.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, IntoStaticStr, ToSchema)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum CrawlStage {
    /// The service was never crawled.
    #[default]
    Never,
    /// A server crawls the registry now.
    Running,
    /// The last crawl read the whole registry.
    Finished,
    /// The last crawl ended early; `error` says why. The server tries again after an hour.
    Failed,
    /// The crawling server has stopped, or the service changed. A server will continue or repeat the crawl.
    Interrupted,
}

/// The last crawl of the registry of a service.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
#[schema(as = Crawled)]
pub struct CrawlState {
    /// The name of the service.
    service: String,
    /// The stage of the crawl.
    state: CrawlStage,
    /// The time at which the crawl began; null if the service was never crawled.
    started_at: Option<Timestamp>,
    /// The time at which a crawl last read the whole registry; null if none did.
    finished_at: Option<Timestamp>,
    /// The reason why the crawl ended early; null if it did not.
    error: Option<String>,
    /// The id of the server that crawls, as the status lists it; null if the crawl has ended.
    replica: Option<String>,
    /// True if the crawl also asks for the digests of known tags.
    all_tags: bool,
    /// The number of requests to the registry.
    requests: i64,
    /// The number of repositories that the registry lists.
    repositories: i64,
    /// The number of tags that the registry lists.
    tags: i64,
    /// The number of tags whose digest the registry was asked for.
    looked_up: i64,
    /// The number of repositories and tags that the crawl left out: their names are invalid, there are too many, or
    /// the registry gave no usable answer. The server keeps what it knew about them.
    skipped: i64,
    /// The number of repositories whose tags were not read, because no rule lets the robot pull them.
    refused: i64,
    /// The number of repositories that the registry does not list any more.
    gone: i64,
}

impl CrawlState {
    /// Returns the state of a stored crawl at `now`.
    #[must_use]
    pub fn of(row: CrawlRow, now: Timestamp) -> Self {
        let state = match &row {
            row if row.is_finished() => CrawlStage::Finished,
            row if !row.error.is_empty() => CrawlStage::Failed,
            row if row.is_running(now) => CrawlStage::Running,
            _ => CrawlStage::Interrupted,
        };
        let is_told = |text: &String| !text.is_empty();
        Self {
            service: row.service,
            state,
            started_at: Some(row.started_at),
            finished_at: row.finished_at,
            error: Some(row.error).filter(is_told),
            replica: Some(row.replica).filter(is_told),
            all_tags: row.all_tags,
            requests: row.figures.requests,
            repositories: row.figures.repositories,
            tags: row.figures.tags,
            looked_up: row.figures.looked_up,
            skipped: row.figures.skipped,
            refused: row.figures.refused,
            gone: row.figures.gone,
        }
    }

    fn never(service: &ServiceName) -> Self {
        Self { service: service.to_string(), ..Self::default() }
    }

    /// Returns a warning if the crawl failed, or if a finished crawl left something out.
    pub(super) fn warning(&self) -> Option<Warning> {
        let Self { service, skipped, refused, .. } = self;
        if let Some(error) = &self.error {
            return Some(Warning::new("crawl-failed", format!("the crawl of `{service}` failed: {error}")));
        }
        let is_partial = self.state == CrawlStage::Finished && (*skipped > 0 || *refused > 0);
        let message = format!(
            "the crawl of `{service}` left out {skipped} names and tags without a usable answer, and the tags of {refused} repositories that its robot may not pull"
        );
        is_partial.then(|| Warning::new("crawl-partial", message))
    }
}

impl Administration {
    /// Finds the state of the last crawl of a service. Fails for an unknown service.
    pub async fn find_crawl(&self, _: &Admin, name: &str, now: Timestamp) -> Result<CrawlState, ManageError> {
        let missing = || WriteError::not_found(ObjectKind::Service, name);
        let service = ServiceName::parse(name).map_err(|_| missing())?;
        let serving = self.serving.as_ref().ok_or(ManageError::NoEvents)?;
        if !self.snapshots.current().services.contains_key(&service) {
            return Err(missing().into());
        }
        let row = serving.events.read().await?.find_crawl(name).await?;
        Ok(row.map_or_else(|| CrawlState::never(&service), |row| CrawlState::of(row, now)))
    }
}
