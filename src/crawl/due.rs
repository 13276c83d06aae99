//! Begins the crawls that are due without a request: the first crawl of a registry, a daily crawl, another attempt an
//! hour after a failure, the rest of an interrupted crawl, one crawl when a registry has become silent, and one crawl
//! after the registry's address was changed or the clock was set back.

use super::crawler::{Crawler, row_of};
use super::error::CrawlError;
use crate::causes::causes;
use crate::domain::time::Timestamp;
use crate::manage::CrawlFields;
use crate::storage::StoreError;
use crate::storage::events::CrawlRow;

/// The time from the beginning of a crawl to the next crawl, in seconds: a day.
const DAILY_SECONDS: i64 = 86_400;
/// The time after which a failed crawl is tried again, in seconds: an hour.
const FAILED_SECONDS: i64 = 3600;
/// The number of running crawls at which a server begins another crawl only for an administrator.
const MOST_AT_ONCE: usize = 2;

impl Crawler {
    /// Begins the crawls that are due, until [`MOST_AT_ONCE`] crawls run. Logs errors, but not that a crawl is already
    /// under way.
    pub async fn begin_due(&self) {
        let due = match self.due().await {
            Ok(due) => due,
            Err(error) => {
                tracing::debug!(error = causes(&error), "the crawls that are due could not be found");
                return;
            }
        };
        for (service, all_tags) in due {
            if self.running() >= MOST_AT_ONCE {
                // The other crawls that are due wait for the next call, a minute later.
                return;
            }
            match self.begin(&service, CrawlFields { all_tags, ..CrawlFields::default() }).await {
                Ok(_) | Err(CrawlError::UnderWay { .. }) => {}
                Err(error) => {
                    tracing::warn!(event = "crawl_failed", service, reason = causes(&error));
                    self.note_failure(&service, all_tags, &error).await;
                }
            }
        }
    }

    /// Returns the services whose crawl is due. Each flag is true if the crawl also asks for the digests of known tags.
    async fn due(&self) -> Result<Vec<(String, bool)>, StoreError> {
        let snapshot = self.parts.snapshots.current();
        let crawled: Vec<(&str, &str)> = (snapshot.services.values())
            .filter_map(|service| Some((service.name.as_str(), service.crawl.as_ref()?.registry.as_str())))
            .collect();
        if crawled.is_empty() {
            return Ok(Vec::new());
        }
        let now = self.parts.clock.now();
        let mut reader = self.parts.events.read().await?;
        let (sizes, rows) = (reader.sizes(now).await?, reader.list_crawls().await?);
        let asked = |(service, registry): (&str, &str)| {
            let row = rows.iter().find(|row| row.service == service);
            let seen = sizes.services.iter().find(|seen| seen.service == service);
            let reports = Reports {
                last_at: seen.map(|seen| seen.last_seen_at),
                silent_since: seen.and_then(|seen| sizes.silent_since(seen, now)),
            };
            Some((service.to_owned(), is_due(row, registry, now, &reports)?))
        };
        Ok(crawled.into_iter().filter_map(asked).collect())
    }

    /// Writes why a crawl did not begin. The crawl is tried again in an hour, and its status shows the reason. Writes
    /// nothing if the error is [passing](CrawlError::is_passing), or if a crawl of the service runs now.
    async fn note_failure(&self, service: &str, all_tags: bool, error: &CrawlError) {
        if error.is_passing() {
            return;
        }
        let now = self.parts.clock.now();
        if let Err(error) = self.put_failure(service, all_tags, error.to_string(), now).await {
            tracing::debug!(error = causes(&error), "a failed crawl could not be written");
        }
    }

    async fn put_failure(
        &self,
        service: &str,
        all_tags: bool,
        error: String,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let snapshot = self.parts.snapshots.current();
        let found = snapshot.services.iter().find(|(name, _)| name.as_str() == service);
        let Some(crawl) = found.and_then(|(_, service)| service.crawl.as_ref()) else { return Ok(()) };
        let known = self.parts.events.read().await?.find_crawl(service).await?;
        if known.as_ref().is_some_and(|row| row.is_running(now)) {
            return Ok(());
        }
        // An unfinished crawl keeps its cursor.
        let row = row_of(known, service, &crawl.registry, all_tags, now);
        let row = CrawlRow { error, seen_at: now, replica: String::new(), ..row };
        // If another crawl has begun meanwhile, `put_crawl` writes nothing.
        self.parts.events.put_crawl(row).await.map(|_| ())
    }
}

/// The times of a registry's reports.
#[derive(Debug, Clone, Copy, Default)]
struct Reports {
    /// The time of the last report; `None` if the registry never reported.
    last_at: Option<Timestamp>,
    /// The time since which the registry is silent; `None` if it is not silent.
    silent_since: Option<Timestamp>,
}

/// Returns `None` if no crawl is due. Otherwise returns true if the due crawl must also ask for the digests of known
/// tags. Known tags may have moved if the registry is silent, if it reported nothing since the last crawl, if the last
/// crawl read another registry, or if the last crawl began in the future. An unfinished crawl keeps its own `all_tags`.
fn is_due(row: Option<&CrawlRow>, registry: &str, now: Timestamp, reports: &Reports) -> Option<bool> {
    let Some(row) = row else { return Some(false) };
    // The clock was ahead when the last crawl began, or that crawl read another registry.
    if row.started_at > now || row.registry != registry {
        return Some(true);
    }
    if !row.is_finished() {
        let is_later = row.error.is_empty() || now >= row.seen_at.plus_seconds(FAILED_SECONDS);
        return (is_later && !row.is_running(now)).then_some(row.all_tags);
    }
    if reports.silent_since.is_some_and(|since| row.all_tags_at.is_none_or(|at| at < since)) {
        return Some(true);
    }
    let is_unreported = reports.last_at.is_none_or(|at| at < row.started_at);
    (now >= row.started_at.plus_seconds(DAILY_SECONDS)).then_some(is_unreported)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_900_000_000);

    fn ago(seconds: i64) -> Timestamp {
        NOW.plus_seconds(-seconds)
    }

    /// A crawl that began, ended and was last seen these numbers of seconds ago.
    fn row(began: i64, finished: Option<i64>, error: &str, replica: &str, seen: i64) -> CrawlRow {
        CrawlRow {
            finished_at: finished.map(ago),
            error: error.to_owned(),
            replica: replica.to_owned(),
            seen_at: ago(seen),
            ..row_of(None, "s", "http://a", false, ago(began))
        }
    }

    /// A finished crawl that asked for the digests of all tags.
    fn all(began: i64, finished: i64) -> CrawlRow {
        CrawlRow { all_tags_at: Some(ago(began)), ..row(began, Some(finished), "", "", finished) }
    }

    #[test]
    fn a_crawl_is_due_daily_after_a_failure_and_once_in_a_silence() {
        let day = DAILY_SECONDS;
        for (row, last, silent, due, what) in [
            (None, None, None, Some(false), "never crawled"),
            (Some(row(60, Some(30), "", "", 30)), Some(40), None, None, "crawled a minute ago"),
            (Some(row(day, Some(80_000), "", "", 80_000)), Some(40), None, Some(false), "crawled a day ago"),
            (
                Some(row(day, Some(80_000), "", "", 80_000)),
                Some(day + 1),
                None,
                Some(true),
                "no report since the last crawl",
            ),
            (Some(row(day, Some(80_000), "", "", 80_000)), None, None, Some(true), "no report at all"),
            (Some(row(600, None, "", "one", 5)), Some(40), None, None, "another server crawls now"),
            (Some(row(600, None, "", "one", 150)), Some(40), None, Some(false), "the server died"),
            (Some(row(600, Some(90_000), "", "", 5)), Some(40), None, Some(false), "the server stopped"),
            (Some(row(600, None, "why", "", 590)), Some(40), None, None, "failed a moment ago"),
            (
                Some(row(4000, None, "why", "", FAILED_SECONDS)),
                Some(40),
                None,
                Some(false),
                "failed an hour ago",
            ),
            (
                Some(row(6000, Some(5900), "", "", 5900)),
                Some(8600),
                Some(5000),
                Some(true),
                "silent since the last crawl",
            ),
            (
                Some(row(4000, Some(3900), "", "", 3900)),
                Some(8600),
                Some(5000),
                Some(true),
                "a daily crawl asked for new tags only",
            ),
            (Some(all(4000, 3900)), Some(8600), Some(5000), None, "all digests read in this silence"),
            (Some(all(6000, 5900)), Some(8600), Some(5000), Some(true), "digests read before the silence"),
            (Some(row(-60, Some(-70), "", "", -70)), Some(40), None, Some(true), "the clock was ahead"),
        ] {
            let reports = Reports { last_at: last.map(ago), silent_since: silent.map(ago) };
            assert_eq!(is_due(row.as_ref(), "http://a", NOW, &reports), due, "{what}");
        }
        let other = is_due(Some(&all(60, 30)), "http://b", NOW, &Reports::default());
        assert_eq!(other, Some(true), "the last crawl read another registry");
    }
}
