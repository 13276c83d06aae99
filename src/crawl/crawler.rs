//! Begins crawls, each on its own thread. All servers together run at most one crawl of a service at a time.

use super::error::CrawlError;
use super::pace::Pace;
use super::pass::Passes;
use super::registry::Registry;
use super::visit::{EARLIER_SECONDS, Visit};
use crate::causes::causes;
use crate::clock::Clock;
use crate::domain::crawl::Crawl;
use crate::domain::service::{Service, ServiceName};
use crate::domain::time::Timestamp;
use crate::events::Turn;
use crate::issue::TokenIssuer;
use crate::manage::{Admin, CrawlFields};
use crate::metrics::Metrics;
use crate::outbound::Hosts;
use crate::snapshot::Snapshots;
use crate::storage::events::{CrawlFigures, CrawlRow, EventStore};
use crate::storage::{Store, StoreError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;

/// The age up to which an unfinished crawl is continued, in seconds: a day. An older crawl begins again from
/// the start.
const CONTINUED_SECONDS: i64 = 86_400;
/// The longest time for which a stopping server waits for each crawl to end.
const STOP: Duration = Duration::from_secs(2);

/// The parts of a server that a crawl needs.
pub struct CrawlerParts {
    /// Issues the tokens for the registry.
    pub issuer: Arc<TokenIssuer>,
    /// The policy and the services in memory.
    pub snapshots: Arc<Snapshots>,
    /// The database of the leases.
    pub store: Store,
    /// The database of the inventory.
    pub events: EventStore,
    /// The metrics, which count crawls.
    pub metrics: Arc<Metrics>,
    /// The hosts that may be crawled.
    pub hosts: Hosts,
    /// The clock.
    pub clock: Clock,
    /// The id of this server among the servers of the database.
    pub replica: String,
    /// The main runtime of the server. Threads of HTTP connections can end earlier than the crawls.
    pub runtime: Handle,
}

/// Crawls registries.
pub struct Crawler {
    pub(super) parts: Arc<CrawlerParts>,
    stopping: watch::Sender<bool>,
    tasks: Mutex<Vec<JoinHandle<()>>>,
}

/// A crawl that begins or runs.
struct Task {
    parts: Arc<CrawlerParts>,
    stopping: watch::Receiver<bool>,
    service: Service,
    crawl: Crawl,
    registry: Registry,
    fields: CrawlFields,
    /// The id of this crawl. The lease and the row of the service name the crawl by this id.
    holder: String,
}

impl Crawler {
    /// Builds a crawler that runs no crawl yet.
    #[must_use]
    pub fn new(parts: CrawlerParts) -> Self {
        Self { parts: Arc::new(parts), stopping: watch::Sender::new(false), tasks: Mutex::default() }
    }

    /// Begins to crawl the registry of a service for an administrator. Returns the row of the crawl that has begun.
    pub async fn begin_for(
        &self,
        _: &Admin,
        service: &str,
        fields: CrawlFields,
    ) -> Result<CrawlRow, CrawlError> {
        self.begin(service, fields).await
    }

    /// Begins to crawl the registry of a service. Returns the row of the crawl that has begun.
    pub(super) async fn begin(&self, service: &str, fields: CrawlFields) -> Result<CrawlRow, CrawlError> {
        let stopping = self.stopping.subscribe();
        if *stopping.borrow() {
            return Err(CrawlError::Stopped);
        }
        let unknown = || CrawlError::UnknownService(service.to_owned());
        let name = ServiceName::parse(service).map_err(|_| unknown())?;
        let snapshot = self.parts.snapshots.fresh()?;
        let service = snapshot.services.get(&name).ok_or_else(unknown)?.clone();
        let crawl = service.crawl.clone().ok_or(CrawlError::NotSet(name))?;
        let parts = self.parts.clone();
        // `Registry::of` reads the file of authorities, and so blocks its thread.
        let (of, with) = (crawl.clone(), parts.clone());
        let registry = parts.runtime.spawn_blocking(move || Registry::of(&of, &with.hosts)).await;
        let registry = registry.map_err(|_| CrawlError::Stopped)??;
        let holder = uuid::Uuid::new_v4().to_string();
        let task = Task { parts, stopping, service, crawl, registry, fields, holder };
        let (begun, answer) = oneshot::channel();
        // A crawl is one long sequence of steps, so it has its own thread.
        let (runtime, threads) = (self.parts.runtime.clone(), self.parts.runtime.clone());
        let handle = threads.spawn_blocking(move || runtime.block_on(task.run(begun)));
        self.keep(handle);
        answer.await.unwrap_or(Err(CrawlError::Stopped))
    }

    fn keep(&self, handle: JoinHandle<()>) {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        tasks.retain(|task| !task.is_finished());
        tasks.push(handle);
    }

    /// Returns the number of crawls that this server runs.
    pub(super) fn running(&self) -> usize {
        let tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        tasks.iter().filter(|task| !task.is_finished()).count()
    }

    /// Ends all crawls of this server. Another server, or the next start, continues them.
    pub async fn stop(&self) {
        self.stopping.send_replace(true);
        let tasks = std::mem::take(&mut *self.tasks.lock().unwrap_or_else(PoisonError::into_inner));
        for task in tasks {
            let _ = tokio::time::timeout(STOP, task).await;
        }
    }
}

impl Task {
    /// Crawls, unless another crawl of the service runs. Sends to `begun` the first row, or the reason why the
    /// crawl does not begin.
    async fn run(&self, begun: oneshot::Sender<Result<CrawlRow, CrawlError>>) {
        let clock = self.parts.clock.clone();
        let now = move || clock.now();
        let lease = format!("crawl {}", self.service.name);
        let mut turn = match Turn::take(&self.parts.store, lease, &self.holder, now).await {
            Ok(Some(turn)) => turn,
            Ok(None) => return drop(begun.send(Err(self.under_way().await))),
            Err(error) => return drop(begun.send(Err(error.into()))),
        };
        match self.first_row(turn.now()).await {
            Ok(row) => {
                // The crawl goes on even if the client has left.
                drop(begun.send(Ok(row.clone())));
                self.crawl(row, &mut turn).await;
            }
            Err(error) => drop(begun.send(Err(error))),
        }
        // If the lease cannot be released, the lease ends by itself.
        drop(turn.end().await);
    }

    /// Reads the row of the last crawl of the service.
    async fn known(&self) -> Result<Option<CrawlRow>, StoreError> {
        self.parts.events.read().await?.find_crawl(self.service.name.as_str()).await
    }

    /// Returns the error that names the server which crawls the service, or an error of the database.
    async fn under_way(&self) -> CrawlError {
        match self.known().await {
            Ok(found) => {
                let since = found.as_ref().map_or_else(|| self.parts.clock.now(), |row| row.started_at);
                let replica = found.map(|row| row.replica).unwrap_or_default();
                CrawlError::UnderWay { service: self.service.name.clone(), replica, since }
            }
            Err(error) => error.into(),
        }
    }

    /// Writes the row with which the crawl begins or continues. Fails if another crawl of the service has begun.
    async fn first_row(&self, now: Timestamp) -> Result<CrawlRow, CrawlError> {
        let known = self.known().await?;
        let earlier = known.as_ref().map(|row| row.holder.clone()).unwrap_or_default();
        let (name, registry) = (self.service.name.as_str(), &self.crawl.registry);
        let mut row = row_of(known, name, registry, self.fields.all_tags, now);
        (row.replica, row.seen_at) = (self.parts.replica.clone(), now);
        row.holder.clone_from(&self.holder);
        let is_begun = self.parts.events.begin_crawl(row.clone(), earlier).await?;
        if is_begun { Ok(row) } else { Err(self.under_way().await) }
    }

    /// Crawls until the end, an error or the stop of the server. Then writes how the crawl ended.
    async fn crawl<N: Fn() -> Timestamp>(&self, row: CrawlRow, turn: &mut Turn<'_, N>) {
        let (mut visit, mut stopping) = (self.visit(row, turn), self.stopping.clone());
        let result = tokio::select! {
            biased;
            _ = stopping.wait_for(|is_stopping| *is_stopping) => Err(CrawlError::Stopped),
            result = visit.run() => result,
        };
        self.end(visit.row, result).await;
    }

    fn visit<'c, 't, N>(&'c self, row: CrawlRow, turn: &'c mut Turn<'t, N>) -> Visit<'c, 't, N> {
        let passes = Passes {
            issuer: self.parts.issuer.clone(),
            service: self.service.name.clone(),
            robot: self.crawl.robot.clone(),
            id: format!("crawl-{}", uuid::Uuid::new_v4()),
        };
        Visit {
            at: row.started_at.plus_seconds(-EARLIER_SECONDS),
            row,
            profile: self.service.verifier.profile(),
            registry: self.registry.clone(),
            passes,
            events: &self.parts.events,
            turn,
            snapshots: &self.parts.snapshots,
            crawl: &self.crawl,
            accept_empty: self.fields.accept_empty,
            failures: 0,
            pace: Pace::new(),
            noted: Instant::now(),
        }
    }

    /// Logs how the crawl ended. Also writes the end to the row, unless another crawl has the turn. A
    /// [passing](CrawlError::is_passing) error is not written as the reason.
    async fn end(&self, mut row: CrawlRow, result: Result<(), CrawlError>) {
        self.tell(&row, &result);
        match result {
            // The row belongs to the crawl that has the turn now.
            Err(CrawlError::Lost) => return,
            Ok(()) => {
                // The clock may have been set back meanwhile.
                row.finished_at = Some(self.parts.clock.now().max(row.started_at));
                row.all_tags_at = if row.all_tags { Some(row.started_at) } else { row.all_tags_at };
                row.cursor.clear();
            }
            Err(error) if error.is_passing() => {}
            Err(error) => {
                // The cursor came from the registry. A registry that answers wrongly may have sent a wrong cursor, too.
                if error.is_wrong_answer() {
                    row.cursor.clear();
                }
                row.error = error.to_string();
            }
        }
        (row.replica, row.seen_at) = (String::new(), self.parts.clock.now());
        match self.parts.events.put_crawl(row).await {
            Ok(true) => {}
            Ok(false) => tracing::debug!("another crawl has begun, so the end of this crawl is not written"),
            Err(error) => tracing::warn!(error = causes(&error), "the end of a crawl could not be written"),
        }
    }

    /// Logs and counts the end of a crawl, unless a stop of the server, a lost lease or changed settings ended the
    /// crawl.
    fn tell(&self, row: &CrawlRow, result: &Result<(), CrawlError>) {
        let (service, figures) = (row.service.as_str(), &row.figures);
        if matches!(result, Err(CrawlError::Stopped | CrawlError::Lost | CrawlError::Changed)) {
            return;
        }
        self.parts.metrics.count_crawl(result.is_ok());
        match result {
            Ok(()) => tracing::info!(
                event = "crawl_finished",
                service,
                repositories = figures.repositories,
                tags = figures.tags,
                looked_up = figures.looked_up,
                skipped = figures.skipped,
                refused = figures.refused,
                gone = figures.gone,
                requests = figures.requests,
            ),
            Err(error) => tracing::warn!(
                event = "crawl_failed",
                service,
                requests = figures.requests,
                reason = causes(error),
            ),
        }
    }
}

/// Returns the row of a crawl that begins now. An unfinished crawl of the same registry continues from its cursor if it
/// began less than a day ago. If `all_tags` is set, the unfinished crawl must also have `all_tags`. Otherwise the row
/// is new, but keeps the holder and the times of the last complete crawls.
pub(super) fn row_of(
    known: Option<CrawlRow>,
    service: &str,
    registry: &str,
    all_tags: bool,
    now: Timestamp,
) -> CrawlRow {
    let holder = known.as_ref().map(|row| row.holder.clone()).unwrap_or_default();
    let finished_at = known.as_ref().and_then(|row| row.finished_at);
    let all_tags_at = known.as_ref().and_then(|row| row.all_tags_at);
    let is_continued = |row: &CrawlRow| {
        !row.is_finished()
            && !row.cursor.is_empty()
            && row.registry == registry
            && row.started_at <= now
            && now < row.started_at.plus_seconds(CONTINUED_SECONDS)
            && (row.all_tags || !all_tags)
    };
    match known.filter(is_continued) {
        Some(row) => CrawlRow { error: String::new(), figures: row.kept, ..row },
        None => CrawlRow {
            service: service.to_owned(),
            started_at: now,
            cursor: String::new(),
            // A clock that was set back must not make the new crawl look finished.
            finished_at: finished_at.filter(|end| *end < now),
            error: String::new(),
            registry: registry.to_owned(),
            replica: String::new(),
            seen_at: now,
            all_tags,
            figures: CrawlFigures::default(),
            kept: CrawlFigures::default(),
            holder,
            all_tags_at: all_tags_at.filter(|at| *at < now),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_900_000_000);

    #[test]
    fn an_unfinished_crawl_of_the_same_registry_is_continued_for_a_day() {
        let (kept, figures) = (
            CrawlFigures { tags: 2, ..CrawlFigures::default() },
            CrawlFigures { tags: 3, ..CrawlFigures::default() },
        );
        let fresh = row_of(None, "s", "http://a", false, NOW);
        let unfinished = CrawlRow { cursor: "last=b".to_owned(), kept, figures, ..fresh };
        let finished = CrawlRow { finished_at: Some(NOW.plus_seconds(5)), ..unfinished.clone() };
        let all = CrawlRow { all_tags: true, ..unfinished.clone() };
        for (known, registry, all_tags, later, is_continued) in [
            (&unfinished, "http://a", false, 60, true),
            (&unfinished, "http://a", false, CONTINUED_SECONDS, false),
            (&unfinished, "http://a", false, -60, false),
            (&unfinished, "http://b", false, 60, false),
            (&unfinished, "http://a", true, 60, false),
            (&all, "http://a", false, 60, true),
            (&finished, "http://a", false, 60, false),
        ] {
            let now = NOW.plus_seconds(later);
            let row = row_of(Some(known.clone()), "s", registry, all_tags, now);
            assert_eq!(row.cursor == "last=b", is_continued, "{known:?} {registry} {all_tags} {later}");
            assert_eq!(row.started_at, if is_continued { NOW } else { now });
            assert_eq!(row.figures.tags, if is_continued { 2 } else { 0 }, "the figures at the cursor");
            let last = known.finished_at.filter(|end| *end < now);
            assert_eq!(row.finished_at, last, "the end of the last complete crawl stays known");
        }
    }
}
