//! Reads the gaps in what the server knows about the last weeks: the days before it counted tokens, and the weeks in
//! which a registry reported nothing although tokens were issued for it.

use super::times::{DAY_SECONDS, LEAST_DAYS, Times};
use crate::domain::events::{Day, Keep, Kept};
use crate::domain::service::ServiceName;
use crate::domain::time::Timestamp;
use crate::storage::events::EventStore;
use crate::storage::{Store, StoreError};
use std::collections::{BTreeMap, BTreeSet};

/// The number of weeks in which gaps are searched.
const WEEKS: i64 = LEAST_DAYS / DAYS;
/// The length of a week, days.
const DAYS: i64 = 7;

/// The gaps in what the server knows about the last weeks.
#[derive(Default)]
pub(super) struct History {
    /// The reason why nothing can be suggested about rules, groups and robots, if there is one.
    pub(super) unknown: Option<String>,
    /// The time of the last change of each service.
    pub(super) changed: BTreeMap<ServiceName, Timestamp>,
    /// For each service with a gap, the first day of a week without a report.
    pub(super) gaps: BTreeMap<String, Day>,
}

impl History {
    /// Reads the history of the services that tokens were issued for.
    pub(super) async fn read(
        store: &Store,
        events: &EventStore,
        keep: &Keep,
        granted: &BTreeSet<String>,
        times: Times,
    ) -> Result<Self, StoreError> {
        let services = store.read().await?.list_services().await?;
        let mut gaps = BTreeMap::new();
        for service in granted {
            if let Some(day) = gap(events, service, times.now).await? {
                gaps.insert(service.clone(), day);
            }
        }
        Ok(Self {
            unknown: unknown(events, keep, times).await?,
            changed: services.into_iter().map(|row| (row.service.name, row.updated_at)).collect(),
            gaps,
        })
    }
}

/// Returns the reason why the use or the grants of the last 30 days are not known; `None` if they are known.
async fn unknown(events: &EventStore, keep: &Keep, times: Times) -> Result<Option<String>, StoreError> {
    // Days are needed, not months: a gap must be visible.
    for kept in [Kept::Days, Kept::Grants] {
        if keep.period(kept) < LEAST_DAYS {
            let word = kept.as_str();
            return Ok(Some(format!("fewer than 30 days are kept: see `--events-keep {word}`")));
        }
    }
    let mut reader = events.read().await?;
    if let Some(lost_at) = reader.lost_grant_at().await?.filter(|at| *at > times.judged) {
        return Ok(Some(format!("the count of tokens has a gap at {lost_at}: a suggestion needs 30 days")));
    }
    Ok(match reader.first_grant_day().await? {
        None => Some("no token was counted yet: a suggestion needs 30 days".to_owned()),
        Some(day) if day.as_str() > Day::of(times.judged).as_str() => {
            Some(format!("tokens are counted since {day}: a suggestion needs 30 days"))
        }
        Some(_) => None,
    })
}

/// Returns the first day of the newest week in which tokens were issued for a service and its registry reported
/// nothing; `None` if there is no such week.
async fn gap(events: &EventStore, service: &str, now: Timestamp) -> Result<Option<Day>, StoreError> {
    let mut reader = events.read().await?;
    for week in 0..WEEKS {
        let days = (0..DAYS).map(|day| Day::of(now.plus_seconds(-(week * DAYS + day) * DAY_SECONDS)));
        let (mut has_usage, mut has_grants, mut first) = (false, false, None);
        for day in days {
            has_usage = has_usage || reader.has_usage(&day, service).await?;
            has_grants = has_grants || reader.has_grants(&day, service).await?;
            first = Some(day);
            if has_usage {
                break;
            }
        }
        if has_grants && !has_usage {
            return Ok(first);
        }
    }
    Ok(None)
}
