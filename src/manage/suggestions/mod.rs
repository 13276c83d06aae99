//! Suggestions for narrower rights: rules, actions, members and names that nobody used, and robots and keys that nobody
//! used. Nothing here changes anything: an administrator applies a suggestion like a change of their own.
//!
//! `gather` reads the use of at most 90 days in portions. A separate thread checks the use, for one request at a
//! time. `held` leaves out rules, groups and robots whose use is not known completely.

mod answer;
mod gather;
mod held;
mod history;
mod object;
mod stale;
mod times;

pub use answer::{HeldBack, Suggestion, SuggestionQuery, SuggestionsAnswer};

use super::administration::Administration;
use super::caller::Admin;
use super::error::ManageError;
use super::event_status::{ServiceEvents, look};
use super::waiting::Waiting;
use crate::accounts::WriteError;
use crate::domain::events::Kept;
use crate::domain::invalid::FieldErrors;
use crate::domain::kind::ObjectKind;
use crate::domain::policy::{Limits, Observed, Policy, Suggestions, suggest};
use crate::domain::service::ServiceName;
use crate::domain::time::Timestamp;
use crate::snapshot::Snapshot;
use crate::storage::StoreError;
use gather::Gathered;
use held::{Held, held_services};
use history::History;
use std::sync::Arc;
use std::time::Duration;
use times::Times;
use tokio::sync::OwnedSemaphorePermit;

/// The greatest number of suggestions of one answer.
const MOST: usize = 1000;
/// The most work for one answer, as `suggest` counts it.
const MOST_WORK: usize = 20_000_000;
/// The longest wait of a request for earlier requests.
const PATIENCE: Duration = Duration::from_secs(10);

impl Administration {
    /// Suggests narrower rights, after a check that they would refuse no use that the server has seen. If the query
    /// names a service, suggests only about rules for this service alone. Fails if earlier requests take longer than 10
    /// seconds.
    pub async fn suggestions(
        &self,
        admin: &Admin,
        query: &SuggestionQuery,
    ) -> Result<SuggestionsAnswer, ManageError> {
        let serving = self.serving.as_ref().ok_or(ManageError::NoEvents)?;
        let turn = tokio::time::timeout(PATIENCE, self.suggestions.clone().acquire_owned()).await;
        let turn = turn.map_err(|_| ManageError::TooManySuggestions)?.map_err(|_| StoreError::Cut)?;
        let turn = Arc::new(turn);
        let counter = self.store.read().await?.counter().await?;
        let snapshot = self.snapshots.at_least(counter.seq).await?;
        let only = query.service.as_deref().map(|text| known_service(&snapshot, text)).transpose()?;
        let keep = &serving.events_keep;
        let kept_days = keep.period(Kept::Days).max(keep.period(Kept::Months));
        let times = Times::of(admin.origin.at, kept_days);
        let status = look(serving, &[], |_| false, times.now).await?;
        let gathered = Gathered::read(&self.store, &serving.events, only.as_ref(), times).await?;
        let history =
            History::read(&self.store, &serving.events, keep, &gathered.granted_services, times).await?;
        let mut held = Held::default();
        history.unknown.iter().for_each(|reason| held.all(reason));
        gathered.limits.iter().for_each(|limit| held.all(limit));
        let about = (&gathered.granted_services, &history);
        let unknown = held_services(&snapshot, &status.services, about, times, only.as_ref(), &mut held);
        let since = since(&status.services, &unknown, times);
        let gathered = Arc::new(gathered);
        let suggestions = if held.is_all() {
            None
        } else {
            decide(snapshot.policy.clone(), gathered.clone(), unknown, times, turn.clone()).await?
        };
        if suggestions.is_none() && !held.is_all() {
            held.all("there is too much to decide: ask for one service");
        }
        let suggestions = suggestions.unwrap_or_default();
        for one in &suggestions.unproven {
            tracing::warn!(suggestion = ?one.narrowing, "a suggestion failed its proof and is left out");
        }
        held.young(&suggestions, &gathered, times);
        let mut items =
            object::written(&mut self.store.read().await?, &snapshot, &suggestions, &mut held).await?;
        if only.is_none() {
            let known = (&*gathered, !held.is_all());
            items.extend(
                stale::robots_and_keys(&self.store, known, times, suggestions.seen, &mut held).await?,
            );
        }
        drop(turn);
        Ok(SuggestionsAnswer {
            items,
            omitted: suggestions.omitted,
            held_back: held.into_list(),
            seen: suggestions.seen,
            since,
            until: times.now,
        })
    }
}

/// Returns the beginning of the period whose use is checked: the earliest report of all services outside `unknown`, or
/// `times.since` if that is later or if none has reported.
fn since(reported: &[ServiceEvents], unknown: &[ServiceName], times: Times) -> Timestamp {
    let is_judged = |one: &&ServiceEvents| !unknown.iter().any(|name| name.as_str() == one.service);
    let first = reported.iter().filter(is_judged).map(|one| one.first_event_at).min();
    first.map_or(times.since, |first| first.max(times.since))
}

/// Finds the suggestions in a separate thread. Returns `None` if there is too much work. Keeps `turn` until the
/// work ends. The work ends soon after the client has left.
async fn decide(
    policy: Policy,
    gathered: Arc<Gathered>,
    unknown: Vec<ServiceName>,
    times: Times,
    turn: Arc<OwnedSemaphorePermit>,
) -> Result<Option<Suggestions>, StoreError> {
    let waiting = Waiting::default();
    let _waiter = waiting.waiter();
    let limits = Limits { items: MOST, work: MOST_WORK, abandoned: waiting.abandoned() };
    let deciding = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        let Gathered { people, seen, groups, young, .. } = &*gathered;
        let (since, at) = (times.judged, times.now);
        suggest(&policy, &Observed { people, seen, unknown: &unknown, groups, young, since, at }, &limits)
    });
    deciding.await.map_err(|_| StoreError::Cut)
}

fn known_service(snapshot: &Snapshot, text: &str) -> Result<ServiceName, WriteError> {
    let name = ServiceName::parse(text).map_err(|error| FieldErrors::one("service", error))?;
    if snapshot.services.contains_key(&name) {
        Ok(name)
    } else {
        Err(WriteError::not_found(ObjectKind::Service, name))
    }
}
