//! The state of one visit to a registry, the step before each request, and the writes of the visit.

use super::error::CrawlError;
use super::pace::Pace;
use super::pass::Passes;
use super::registry::Registry;
use crate::domain::crawl::Crawl;
use crate::domain::time::Timestamp;
use crate::domain::verifier::Profile;
use crate::events::Turn;
use crate::snapshot::Snapshots;
use crate::storage::events::{CrawlRow, CrawlWrites, EventStore};
use std::time::{Duration, Instant};

/// The greatest number of tags or repositories that one transaction writes, or that one query reads.
pub(super) const PORTION: usize = 256;
/// The number of consecutive pages without a new entry at which a list counts as endless.
pub(super) const MOST_BARREN: usize = 10;
/// The number of consecutive failures at which the crawl gives up. At this number of failed tags, the crawl leaves the
/// repository out. At this number of failed repositories, the crawl fails.
pub(super) const MOST_FAILURES: usize = 10;
/// The time after which the crawl writes its progress again.
const PROGRESS: Duration = Duration::from_secs(1);

/// The time between the date of a crawl's findings and the crawl's beginning, in seconds. Events carry the time of the
/// registry's clock, which may be slow. A registry whose clock is more than 90 seconds slow refuses all tokens of this
/// server: the tokens are valid from 30 seconds before their issue, and registries tolerate a difference of at most 60
/// seconds. So every event after the beginning of the crawl has a later time than the findings, and replaces them.
pub(super) const EARLIER_SECONDS: i64 = 120;

/// A visit to one registry: a crawl from its first row to its end.
pub(super) struct Visit<'a, 't, N> {
    pub(super) row: CrawlRow,
    /// The time that the inventory gets for everything that this crawl finds.
    pub(super) at: Timestamp,
    pub(super) profile: Profile,
    pub(super) registry: Registry,
    pub(super) passes: Passes,
    pub(super) events: &'a EventStore,
    pub(super) turn: &'a mut Turn<'t, N>,
    pub(super) snapshots: &'a Snapshots,
    /// The registry, the robot and the file of authorities, as they were when the crawl began.
    pub(super) crawl: &'a Crawl,
    /// True if the crawl accepts an empty catalogue although the inventory has repositories.
    pub(super) accept_empty: bool,
    pub(super) pace: Pace,
    /// The number of consecutive repositories for which the registry gave no usable answer.
    pub(super) failures: usize,
    /// The time at which the progress was last written.
    pub(super) noted: Instant,
}

impl<N: Fn() -> Timestamp> Visit<'_, '_, N> {
    /// Prepares a request: renews the lease if it is time, waits until the request may be sent, counts the request, and
    /// writes the progress at most once a second. Fails with [`CrawlError::Changed`] if the crawl's settings were
    /// changed, and with [`CrawlError::Lost`] if another crawl has the turn.
    pub(super) async fn step(&mut self) -> Result<(), CrawlError> {
        let snapshot = self.snapshots.current();
        let service = snapshot.services.get(&self.passes.service);
        if service.and_then(|service| service.crawl.as_ref()) != Some(self.crawl) {
            return Err(CrawlError::Changed);
        }
        held(self.turn.keep().await?)?;
        self.pace.wait().await;
        self.row.figures.requests += 1;
        self.note_seldom().await
    }

    async fn note_seldom(&mut self) -> Result<(), CrawlError> {
        if self.noted.elapsed() >= PROGRESS { self.note().await } else { Ok(()) }
    }

    /// Writes the progress.
    pub(super) async fn note(&mut self) -> Result<(), CrawlError> {
        self.row.seen_at = self.turn.now();
        self.noted = Instant::now();
        held(self.events.put_crawl(self.row.clone()).await?)
    }

    /// Writes a portion of what was found. Fails with [`CrawlError::Lost`] if another crawl has the turn.
    pub(super) async fn write(&mut self, writes: CrawlWrites) -> Result<(), CrawlError> {
        held(self.turn.keep().await?)?;
        held(self.events.write_crawl(self.fence(), self.at, writes).await?)
    }

    /// Returns the name of the service, and the id that the service's row must have as `holder`.
    pub(super) fn fence(&self) -> (String, String) {
        (self.row.service.clone(), self.row.holder.clone())
    }

    /// Pauses after a portion of work that began at `began`, and writes the progress at most once a second. Fails with
    /// [`CrawlError::Lost`] if another crawl has the turn.
    pub(super) async fn rest(&mut self, began: Instant) -> Result<(), CrawlError> {
        held(self.turn.rest(began.elapsed()).await?)?;
        self.note_seldom().await
    }
}

/// Fails with [`CrawlError::Lost`] if `is_held` is false, because another crawl has the turn.
fn held(is_held: bool) -> Result<(), CrawlError> {
    if is_held { Ok(()) } else { Err(CrawlError::Lost) }
}
