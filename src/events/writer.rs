//! The writer of received reports. It takes the waiting reports, commits them together, and then answers their senders.

use super::error::ReceiveError;
use super::queue::Job;
use super::record::{Recorded, Recorder, Report};
use super::seldom::Seldom;
use crate::causes::causes;
use crate::domain::events::{EventAction, RegistryEvent, Reported};
use crate::domain::time::Timestamp;
use crate::metrics::{EventResult, Metrics};
use crate::storage::StoreError;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::UnboundedReceiver;

/// The greatest value of [`Writer::together`]. A report with more events is committed alone, in parts of this size.
const MOST_TOGETHER: usize = 512;
/// The least value of [`Writer::together`]. The writer reaches this value if the database is slow.
const LEAST_TOGETHER: usize = 16;
/// The greatest number of deletions that are logged in a minute.
const MOST_LOGGED: u64 = 100;
/// The longest time that a commit should take. A report that arrives just after a commit began waits for two commits,
/// and its answer is due within 800 ms.
const UNHURRIED: Duration = Duration::from_millis(250);

/// The writer of received reports.
pub struct Writer {
    jobs: UnboundedReceiver<Job>,
    recorder: Recorder,
    metrics: Arc<Metrics>,
    /// The number of events from which on a commit takes no further reports. The number depends on how long the last
    /// commits took.
    together: usize,
    failures: Seldom,
    deletions: Seldom,
    /// The next report, if it is so large that it must be committed alone.
    held: Option<Job>,
}

impl Writer {
    pub(super) fn new(jobs: UnboundedReceiver<Job>, recorder: Recorder, metrics: Arc<Metrics>) -> Self {
        Self {
            jobs,
            recorder,
            metrics,
            together: MOST_TOGETHER,
            failures: Seldom::default(),
            deletions: Seldom::of(MOST_LOGGED),
            held: None,
        }
    }

    /// Writes until every sender has closed the queue.
    pub async fn run(mut self, now: impl Fn() -> Timestamp + Send) {
        while let Some(first) = self.next().await {
            if first.len() > MOST_TOGETHER {
                self.write_alone(first, now()).await;
                continue;
            }
            let batch = self.take(first);
            if !batch.is_empty() {
                self.write(batch, now()).await;
            }
        }
    }

    async fn next(&mut self) -> Option<Job> {
        match self.held.take() {
            Some(held) => Some(held),
            None => self.jobs.recv().await,
        }
    }

    /// Takes waiting reports until they have [`together`](Self::together) events, or until the next report must be
    /// committed alone. Drops reports whose sender no longer waits: the registry sends those events again.
    fn take(&mut self, first: Job) -> Vec<Job> {
        let (mut batch, mut count) = (Vec::new(), 0);
        let mut next = Some(first);
        while let Some(job) = next.take() {
            if !job.done.is_closed() {
                count += job.len();
                batch.push(job);
            }
            if count < self.together {
                next = self.jobs.try_recv().ok();
                self.held = next.take_if(|job| job.len() > MOST_TOGETHER);
            }
        }
        batch
    }

    async fn write(&mut self, mut batch: Vec<Job>, now: Timestamp) {
        let reports: Vec<Report> = batch.iter_mut().map(Job::take_report).collect();
        let reports = Arc::new(reports);
        let began = Instant::now();
        let written = self.recorder.record(reports.clone(), now).await;
        self.pace(began.elapsed());
        match written {
            Ok(recorded) => {
                self.tell(&recorded, now);
                batch.into_iter().for_each(|job| answer(job, Ok(())));
            }
            Err(error) if !is_of_event(&error) => self.keep_for_later(batch, &error, now),
            Err(_) => {
                // One report may be at fault. This report must not stop the others.
                for (job, report) in batch.into_iter().zip(reports.iter()) {
                    // The sender may have given up while the reports before this one were written.
                    if !job.done.is_closed() {
                        self.write_parts(job, report, now).await;
                    }
                }
            }
        }
    }

    /// Writes an envelope that is too large to be committed together with other envelopes.
    async fn write_alone(&self, mut job: Job, now: Timestamp) {
        // If the sender no longer waits, the registry sends the events again.
        if !job.done.is_closed() {
            let report = job.take_report();
            self.write_parts(job, &report, now).await;
        }
    }

    /// Writes an envelope in parts. Halves a part that the database refuses, until the part is the one event at fault.
    async fn write_parts(&self, job: Job, report: &Report, now: Timestamp) {
        let whole = report.events.len();
        let mut waiting: VecDeque<&[RegistryEvent]> = report.events.chunks(MOST_TOGETHER).collect();
        while let Some(events) = waiting.pop_front() {
            let part = Report { events: events.to_vec(), ..report.without_events() };
            match self.recorder.record_part(part, whole, now).await {
                Ok(recorded) => self.tell(&recorded, now),
                // The registry sends the whole envelope again. The server then recognizes the parts that it already
                // wrote.
                Err(error) if !is_of_event(&error) => return self.keep_for_later(vec![job], &error, now),
                Err(_) if events.len() > 1 => {
                    let (first, second) = events.split_at(events.len() / 2);
                    waiting.push_front(second);
                    waiting.push_front(first);
                }
                Err(error) => {
                    self.metrics.count_events(None, EventResult::Failed, 1);
                    tracing::error!(
                        event = "events_lost",
                        count = 1,
                        error = causes(&error),
                        "the database refuses an event of a registry: the event is not recorded"
                    );
                }
            }
        }
        // The answer is a success even if the database refused events. After an error, the registry would send the same
        // events forever, and no newer events.
        answer(job, Ok(()));
    }

    fn keep_for_later(&self, batch: Vec<Job>, error: &StoreError, now: Timestamp) {
        if let Some(count) = self.failures.admit(now) {
            tracing::warn!(
                event = "events_kept_back",
                count,
                error = causes(error),
                "events cannot be recorded now: registries keep them"
            );
        }
        batch.into_iter().for_each(|job| answer(job, Err(ReceiveError::Busy)));
    }

    /// Adapts [`together`](Self::together): halves it after a slow commit, and doubles it after a fast commit.
    fn pace(&mut self, took: Duration) {
        self.together = match took {
            took if took > UNHURRIED => (self.together / 2).max(LEAST_TOGETHER),
            took if took < UNHURRIED / 2 => (self.together * 2).min(MOST_TOGETHER),
            _ => self.together,
        };
    }

    fn tell(&self, recorded: &Recorded, now: Timestamp) {
        for (action, count) in &recorded.actions {
            self.metrics.count_events(Some(action.as_str()), EventResult::Recorded, *count);
        }
        self.metrics.count_events(None, EventResult::Duplicate, recorded.duplicates);
        if let Some(oldest) = recorded.oldest {
            self.metrics.note_event_lag(micros(now).saturating_sub(micros(oldest)));
        }
        for (service, at) in &recorded.services {
            self.metrics.note_last_event(service, at.as_seconds());
        }
        for one in &recorded.deletions {
            if let Some(count) = self.deletions.admit(now) {
                log_deletion(one, count - 1);
            }
        }
    }
}

fn micros(at: Timestamp) -> u64 {
    u64::try_from(at.as_micros()).unwrap_or_default()
}

fn answer(job: Job, written: Result<(), ReceiveError>) {
    // Sending fails if the registry no longer waits. The registry then sends its events again.
    let _ = job.done.send(written);
}

/// Returns true if the database refuses the values of an event. After every other error the registry keeps the event,
/// because the fault is in the database or on the way to it: a later attempt may succeed.
fn is_of_event(error: &StoreError) -> bool {
    matches!(error, StoreError::Refused(_))
}

/// Logs a deletion. `left_out` is the number of deletions before this deletion that were not logged.
fn log_deletion(reported: &Reported, left_out: u64) {
    let event = &reported.event;
    debug_assert_eq!(event.action, EventAction::Delete);
    let address = event.address.map(|address| address.to_string());
    tracing::info!(
        event = "registry_delete",
        service = reported.service,
        repository = event.repository,
        tag = event.tag,
        digest = event.digest,
        subject = if event.subject.is_empty() { "anonymous" } else { event.subject.as_str() },
        address = address.as_deref().unwrap_or("unknown"),
        at = %event.at,
        left_out = (left_out > 0).then_some(left_out),
    );
}
