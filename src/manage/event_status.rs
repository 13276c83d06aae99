//! Counts the reports of registries, names the services whose registries are silent, and shows the crawls of
//! registries.

use super::administration::Serving;
use super::crawls::CrawlState;
use crate::domain::time::Timestamp;
use crate::domain::warning::Warning;
use crate::storage::StoreError;
use crate::storage::events::{CrawlRow, SenderSeen, ServiceSeen};
use serde::Serialize;
use utoipa::ToSchema;

/// An endpoint with a name is silent after a day without a report, if other endpoints of its service report. Seconds.
const SENDER_SILENT_SECONDS: i64 = 86_400;
/// After a week without a report, an endpoint counts as removed and no longer as silent. Seconds.
const SENDER_GONE_SECONDS: i64 = 7 * 86_400;

/// The state of the database of events.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventStatus {
    /// `sqlite` or `postgresql`.
    #[schema(value_type = String)]
    kind: &'static str,
    /// The size of the database, bytes.
    bytes: i64,
    /// The services whose registries report.
    pub(super) services: Vec<ServiceEvents>,
    /// The crawls of registries.
    crawls: Vec<CrawlState>,
}

/// The reports of the registries of a service.
#[derive(Debug, Serialize, ToSchema)]
pub struct ServiceEvents {
    /// The name of the service.
    pub(super) service: String,
    /// The number of events.
    events: i64,
    /// The number of processes that reported events, including processes that have ended.
    sources: i64,
    /// The time at which the first event was received.
    #[serde(skip)]
    pub(super) first_event_at: Timestamp,
    /// The time at which the last event was received.
    pub(super) last_event_at: Timestamp,
    /// True if the last event is more than an hour old, and tokens were issued since.
    pub(super) silent: bool,
    /// The named endpoints (`?sender=NAME`) that reported for at least a day, and then nothing for a day. An endpoint
    /// is listed only if other endpoints of the service report, and if the server has since issued tokens for pulls
    /// and for changes. After a week without a report, an endpoint is no longer listed.
    silent_senders: Vec<String>,
    /// The time at which this server last refused a report because of its credentials or rights; null if it refused
    /// none within the last hour.
    refused_at: Option<Timestamp>,
}

/// Returns the state of the database of events, and warnings about registries and crawls. If the database does not
/// answer, returns only a warning.
pub(super) async fn event_status(
    serving: Option<&Serving>,
    refused: &[(String, Timestamp)],
    is_crawled: impl Fn(&CrawlRow) -> bool,
    now: Timestamp,
) -> (Option<EventStatus>, Vec<Warning>) {
    let Some(serving) = serving else { return (None, Vec::new()) };
    match look(serving, refused, is_crawled, now).await {
        Ok(status) => {
            let of_services =
                status.services.iter().flat_map(warnings_of).chain(refused.iter().map(is_refused));
            let warnings = of_services.chain(status.crawls.iter().filter_map(CrawlState::warning)).collect();
            (Some(status), warnings)
        }
        Err(error) => {
            tracing::debug!(%error, "the state of the database of events cannot be read");
            let message =
                "the database of the events of registries does not answer: registries keep their events";
            (None, vec![Warning::new("events-database-away", message)])
        }
    }
}

/// Reads the state of the database of events. `is_crawled` chooses the crawls to show.
pub(super) async fn look(
    serving: &Serving,
    refused: &[(String, Timestamp)],
    is_crawled: impl Fn(&CrawlRow) -> bool,
    now: Timestamp,
) -> Result<EventStatus, StoreError> {
    let store = &serving.events;
    let bytes = store.bytes().await?;
    let mut reader = store.read().await?;
    let sizes = reader.sizes(now).await?;
    let status = |seen: &ServiceSeen| {
        let silent = sizes.silent_since(seen, now).is_some();
        let granted = sizes.last_grants.iter().find(|one| one.service == seen.service);
        let both_at = granted.and_then(|one| one.both_at).filter(|_| !seen.is_quiet(now));
        let of_service = sizes.senders.iter().filter(|one| one.service == seen.service);
        let silent_senders = of_service.filter(|one| is_silent(one, both_at, now));
        let silent_senders = silent_senders.map(|one| one.sender.clone()).collect();
        let refused_at = refused.iter().find(|(service, _)| *service == seen.service).map(|(_, at)| *at);
        let ServiceSeen {
            service,
            events,
            sources,
            first_seen_at: first_event_at,
            last_seen_at: last_event_at,
        } = seen.clone();
        ServiceEvents {
            service,
            events,
            sources,
            first_event_at,
            last_event_at,
            silent,
            silent_senders,
            refused_at,
        }
    };
    let services = sizes.services.iter().map(status).collect();
    let rows = reader.list_crawls().await?;
    let crawls = rows.into_iter().filter(is_crawled).map(|row| CrawlState::of(row, now)).collect();
    Ok(EventStatus { kind: store.kind(), bytes, services, crawls })
}

/// Returns true if an endpoint that reported for at least a day has stopped. The server does not know if the endpoint
/// reports pulls or changes. So it must have issued tokens for both since the endpoint's last report: at `both_at`.
fn is_silent(one: &SenderSeen, both_at: Option<Timestamp>, now: Timestamp) -> bool {
    let was_steady = one.last_seen_at >= one.first_seen_at.plus_seconds(SENDER_SILENT_SECONDS);
    let is_quiet = now > one.last_seen_at.plus_seconds(SENDER_SILENT_SECONDS);
    let is_expected = now < one.last_seen_at.plus_seconds(SENDER_GONE_SECONDS);
    was_steady && is_quiet && is_expected && both_at.is_some_and(|at| at > one.last_seen_at)
}

fn warnings_of(one: &ServiceEvents) -> Vec<Warning> {
    let senders = one.silent_senders.iter().map(|sender| {
        let message = format!(
            "the endpoint `{sender}` of the registry of `{}` has reported nothing for a day, and other endpoints have: look at `notifications` in its configuration and at its log",
            one.service
        );
        Warning::new("events-sender-silent", message)
    });
    one.silent.then(|| silent(one)).into_iter().chain(senders).collect()
}

fn is_refused((service, at): &(String, Timestamp)) -> Warning {
    let message = format!(
        "reports of the registry of `{service}` are refused, last at {at}: the log says why in `events_refused`; the registry needs the key of an account with `push` on `registry:events`"
    );
    Warning::new("events-refused", message)
}

fn silent(one: &ServiceEvents) -> Warning {
    let message = format!(
        "the registry of `{}` has reported nothing since {}, though tokens were issued for it: look at `notifications` in its configuration and at its log",
        one.service, one.last_event_at
    );
    Warning::new("events-silent", message)
}
