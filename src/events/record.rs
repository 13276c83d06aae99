//! Records several reports in one transaction, and counts each event once.

use crate::domain::events::{
    EventAction, Keep, Memory, PullKey, RegistryEvent, Reported, apply, asks_for_parents,
};
use crate::domain::time::Timestamp;
use crate::storage::StoreError;
use crate::storage::events::{EventStore, EventTransaction, SourceKey, SourceState};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The events of one envelope, and the endpoint that sent them.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// The service of the registry.
    pub service: String,
    /// The name of the registry's endpoint; empty if the endpoint has no name. Each endpoint sends its own events.
    pub sender: String,
    /// The events.
    pub events: Vec<RegistryEvent>,
}

impl Report {
    /// Returns a report with the same service and sender, but without events.
    pub(super) fn without_events(&self) -> Self {
        Self { service: self.service.clone(), sender: self.sender.clone(), events: Vec::new() }
    }
}

/// The counts and times of the events that one transaction recorded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recorded {
    /// The number of new events of each action.
    pub actions: BTreeMap<EventAction, usize>,
    /// The number of events that were already known.
    pub duplicates: usize,
    /// The time of the oldest new event.
    pub oldest: Option<Timestamp>,
    /// The time of the newest event of each service.
    pub services: BTreeMap<String, Timestamp>,
    /// The deletions, for the log.
    pub deletions: Vec<Reported>,
}

/// The recorder of reports.
#[derive(Debug, Clone)]
pub struct Recorder {
    store: EventStore,
    keep: Keep,
    memory: Arc<Mutex<Memory>>,
    known: Arc<Mutex<Known>>,
}

/// The number of processes up to which a server also keeps the states of earlier batches in memory.
const MOST_KNOWN: usize = 256;
/// The greatest number of event ids in a state that stays in memory. A state with more ids is read from the store
/// again.
const MOST_IDS: usize = 64;

/// The states of processes, as this server last stored them.
// INVARIANT: the states are valid only while no other server records an event. If another server recorded an event, the
// number of the last event in the database differs from `last`.
#[derive(Debug, Default)]
struct Known {
    last: i64,
    sources: BTreeMap<SourceKey, SourceState>,
}

impl Known {
    /// Takes all states out of memory. Returns these states if they are still valid. `last` is the number of the
    /// last event in the database. If the batch fails, no state stays in memory.
    fn take(&mut self, last: i64) -> BTreeMap<SourceKey, SourceState> {
        let sources = std::mem::take(&mut self.sources);
        if self.last == last { sources } else { BTreeMap::new() }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Recorder {
    /// Builds the recorder.
    #[must_use]
    pub fn new(store: EventStore, keep: Keep) -> Self {
        Self { store, keep, memory: Arc::default(), known: Arc::default() }
    }

    /// Records reports in the order in which they arrived. After an error nothing is written to the database, except
    /// perhaps after [`StoreError::Undecided`]. After any error the caller may record the same reports again, because
    /// known events are not counted twice.
    pub async fn record(&self, reports: Arc<Vec<Report>>, now: Timestamp) -> Result<Recorded, StoreError> {
        self.write(reports, 0, now).await
    }

    /// Records a part of an envelope that has `whole` events. Remembers the ids of at least the last `whole` arrivals
    /// of each process, because the registry can send the whole envelope again.
    pub(super) async fn record_part(
        &self,
        part: Report,
        whole: usize,
        now: Timestamp,
    ) -> Result<Recorded, StoreError> {
        self.write(Arc::new(vec![part]), whole, now).await
    }

    async fn write(
        &self,
        reports: Arc<Vec<Report>>,
        whole: usize,
        now: Timestamp,
    ) -> Result<Recorded, StoreError> {
        let (memory, keep, known) = (self.memory.clone(), self.keep, self.known.clone());
        let (recorded, committed) = self
            .store
            .write(move |mut tx: EventTransaction<'_>| {
                Box::pin(async move {
                    let count = reports.iter().map(|report| report.events.len()).sum();
                    let last = tx.take_numbers(count).await?;
                    let known = locked(&known).take(last);
                    let mut news = News { whole, known, ..News::default() };
                    for report in reports.iter() {
                        news.add(&mut tx, report).await?;
                    }
                    let questions: BTreeSet<PullKey> =
                        news.events.iter().filter_map(asks_for_parents).collect();
                    let parents = tx.parent_pulls(&questions).await?;
                    let writes = {
                        let mut memory = locked(&memory);
                        apply(&news.events, &parents, &mut memory, &keep, now)
                    };
                    news.forget();
                    tx.record(&writes, last, &news.sources, now).await?;
                    let last = last.saturating_add(i64::try_from(count).unwrap_or(i64::MAX));
                    let committed = Known { last, sources: news.committed() };
                    Ok((news.recorded(), committed))
                })
            })
            .await?;
        *locked(&self.known) = committed;
        Ok(recorded)
    }
}

/// The new events of some reports.
#[derive(Default)]
struct News {
    events: Vec<Reported>,
    sources: BTreeMap<SourceKey, SourceState>,
    /// The states in memory of processes without an event in these reports.
    known: BTreeMap<SourceKey, SourceState>,
    /// The number of events of each process in the process's last envelope.
    envelopes: BTreeMap<SourceKey, usize>,
    duplicates: usize,
    /// The number of last arrivals whose event ids are at least remembered for each process.
    whole: usize,
}

impl News {
    async fn add(&mut self, tx: &mut EventTransaction<'_>, report: &Report) -> Result<(), StoreError> {
        let mut counts: BTreeMap<SourceKey, usize> = BTreeMap::new();
        for event in &report.events {
            let key = source_key(report, event);
            *counts.entry(key.clone()).or_default() += 1;
            let state = match self.sources.remove(&key).or_else(|| self.known.remove(&key)) {
                Some(state) => state,
                None => tx.source(&key).await?,
            };
            let state = self.sources.entry(key).or_insert(state);
            if !state.is_new(&event.id) {
                self.duplicates += 1;
                continue;
            }
            let goes_along = goes_along(event, state);
            self.events.push(Reported { service: report.service.clone(), event: event.clone(), goes_along });
        }
        self.envelopes.append(&mut counts);
        Ok(())
    }

    fn forget(&mut self) {
        for (key, state) in &mut self.sources {
            state.forget(self.envelopes.get(key).copied().unwrap_or_default().max(self.whole));
        }
    }

    /// Returns the states of processes to keep in memory for the next batch.
    fn committed(&mut self) -> BTreeMap<SourceKey, SourceState> {
        let mut sources = std::mem::take(&mut self.sources);
        sources.retain(|_, state| state.ids() <= MOST_IDS);
        sources.values_mut().for_each(SourceState::commit);
        if self.known.len() + sources.len() <= MOST_KNOWN {
            sources.append(&mut self.known);
        }
        sources
    }

    fn recorded(self) -> Recorded {
        let mut recorded = Recorded { duplicates: self.duplicates, ..Recorded::default() };
        for one in self.events {
            let at = one.event.at;
            *recorded.actions.entry(one.event.action).or_default() += 1;
            recorded.oldest = Some(recorded.oldest.map_or(at, |oldest| oldest.min(at)));
            let newest = recorded.services.entry(one.service.clone()).or_insert(at);
            *newest = (*newest).max(at);
            if one.event.action == EventAction::Delete {
                recorded.deletions.push(one);
            }
        }
        recorded
    }
}

fn source_key(report: &Report, event: &RegistryEvent) -> SourceKey {
    // A space separates the process from the endpoint.
    let instance = event.instance.replace(' ', "_");
    let instance = match report.sender.as_str() {
        "" => instance,
        sender => format!("{instance} {sender}"),
    };
    SourceKey { service: report.service.clone(), instance }
}

/// Returns true if the event deletes a tag whose manifest the same request deleted. Notes the request of a deletion
/// without a tag.
// INTEROP: distribution from 2.8 on reports the deletion of a manifest first, then the deletion of each of its tags.
fn goes_along(event: &RegistryEvent, state: &mut SourceState) -> bool {
    if event.action != EventAction::Delete || event.request.is_empty() {
        return false;
    }
    if event.tag.is_empty() {
        state.last_delete.clone_from(&event.request);
        return false;
    }
    state.last_delete == event.request
}
