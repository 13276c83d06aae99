//! Receives reports of registries: authenticates the sender, reads the envelope, and answers after the commit.

use super::error::ReceiveError;
use super::queue::{Job, Queue, Room};
use super::record::Report;
use super::seldom::Seldom;
use crate::authn::{Authenticated, Authenticator, AuthnError, Presented, Purpose};
use crate::domain::events::{Envelope, EventAction, LARGEST_ENVELOPE, RegistryEvent};
use crate::domain::policy::Question;
use crate::domain::refusal::Cause;
use crate::domain::scope::ScopeList;
use crate::domain::service::ServiceName;
use crate::domain::subject::SubjectName;
use crate::domain::time::Timestamp;
use crate::metrics::{Endpoint, EventResult, Metrics};
use crate::snapshot::Snapshots;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::Instant;

/// The right to report events.
const RIGHT: &str = "registry:events:push";
/// The number of attempts to admit a report, if the sender's account is changed during an attempt.
const TRIES: usize = 4;

/// A report as it arrives.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// The name of the service in the path.
    pub service: String,
    /// The credentials that the registry presents.
    pub presented: Presented,
    /// The name of the registry's endpoint; empty if the endpoint has no name.
    pub sender: String,
    /// The address of the registry.
    pub address: Option<IpAddr>,
    /// The time at which the request began, from the monotonic clock.
    pub began: Instant,
    /// The time at which the request began, from the wall clock.
    pub now: Timestamp,
}

/// A report from a sender that may report.
#[derive(Debug)]
pub struct Admitted {
    service: ServiceName,
    /// True if the server records the events of the service.
    is_on: bool,
    /// The robot whose tokens this server uses to crawl the registry.
    crawler: Option<SubjectName>,
    sender: String,
    began: Instant,
    now: Timestamp,
}

impl Admitted {
    /// Returns true if the event probably comes from a crawl: the robot that crawls the registry asked for the digest
    /// of a tag.
    fn is_of_crawl(&self, event: &RegistryEvent) -> bool {
        let crawler = self.crawler.as_ref().map(SubjectName::as_str);
        event.action == EventAction::Check && crawler == Some(event.subject.as_str())
    }
}

/// The receiver of reports.
pub struct Receiver {
    authn: Arc<Authenticator>,
    snapshots: Arc<Snapshots>,
    metrics: Arc<Metrics>,
    right: ScopeList,
    queue: Queue,
    /// The log of refused senders whose account is known. To use up its lines, a stranger must know the name of an account.
    refusals: Seldom,
    /// The log of the other refused senders.
    strangers: Seldom,
    oddities: Seldom,
    /// The time at which this server last refused a report because of its sender, for each existing service.
    refused: Mutex<BTreeMap<String, Timestamp>>,
}

impl Receiver {
    /// Builds the receiver. The second value is the channel from which the writer takes reports.
    pub(super) fn new(
        authn: Arc<Authenticator>,
        snapshots: Arc<Snapshots>,
        metrics: Arc<Metrics>,
    ) -> (Self, UnboundedReceiver<Job>) {
        let (queue, jobs) = Queue::new();
        let right = ScopeList::parse([RIGHT]).unwrap_or_default();
        let (refusals, strangers, oddities) = (Seldom::default(), Seldom::default(), Seldom::default());
        let refused = Mutex::default();
        (Self { authn, snapshots, metrics, right, queue, refusals, strangers, oddities, refused }, jobs)
    }

    /// Admits a report, or returns the reason to refuse it. The body is not read yet.
    pub async fn admit(&self, arrival: Arrival) -> Result<Admitted, ReceiveError> {
        let admitted = self.decide(&arrival).await;
        if let Err(error) = &admitted {
            self.note_refusal(&arrival, error);
        }
        admitted
    }

    async fn decide(&self, arrival: &Arrival) -> Result<Admitted, ReceiveError> {
        let service = ServiceName::parse(&arrival.service).ok();
        for _ in 0..TRIES {
            self.snapshots.fresh().map(drop)?;
            let who = self.prove(arrival, service.as_ref()).await?;
            let service = service.clone().ok_or(ReceiveError::UnknownService)?;
            let snapshot = self.snapshots.at_least(who.found.seq).await?;
            // The decision and the subject must come from the same snapshot.
            if !self.authn.is_current(&who) {
                continue;
            }
            let question = Question {
                subject: &who.subject,
                service: &service,
                scopes: self.right.scopes(),
                address: arrival.address,
                at: arrival.now,
                restriction: who.restriction.as_deref(),
            };
            if snapshot.policy.evaluate(&question).granted.is_empty() {
                return Err(ReceiveError::NotAllowed(who.found.row.subject.clone()));
            }
            let found = snapshot.services.get(&service).ok_or(ReceiveError::UnknownService)?;
            let (is_on, sender) = (found.events, arrival.sender.clone());
            let crawler = found.crawl.as_ref().map(|crawl| crawl.robot.clone());
            return Ok(Admitted { service, is_on, crawler, sender, began: arrival.began, now: arrival.now });
        }
        Err(ReceiveError::Busy)
    }

    async fn prove(
        &self,
        arrival: &Arrival,
        service: Option<&ServiceName>,
    ) -> Result<Authenticated, AuthnError> {
        let (purpose, address, now) = (Purpose::Token(service), arrival.address, arrival.now);
        let who = self.authn.prove(&arrival.presented, purpose, address, now).await?;
        who.ok_or_else(|| AuthnError::rejected(Cause::NoCredentials))
    }

    /// Takes room in the queue for a body of this many bytes. `None` stands for an unknown size.
    pub async fn room(&self, admitted: &Admitted, bytes: Option<usize>) -> Result<Room, ReceiveError> {
        let bytes = bytes.unwrap_or(LARGEST_ENVELOPE).min(LARGEST_ENVELOPE);
        let room = self.queue.room(bytes, admitted.began).await;
        room.inspect_err(|_| self.metrics.count_events(None, EventResult::Busy, 1))
    }

    /// Receives a body, and returns after the commit. `None` stands for a body that was too large to read. A body that
    /// cannot be used is logged and counted, but not refused.
    pub async fn receive(
        &self,
        admitted: &Admitted,
        body: Option<&[u8]>,
        room: Room,
    ) -> Result<(), ReceiveError> {
        let service = admitted.service.as_str();
        let odd = |what: &str, result: EventResult, count: usize| {
            self.metrics.count_events(None, result, count);
            if let Some(lines) = self.oddities.admit(admitted.now) {
                tracing::warn!(event = "events_unusable", service, reason = what, count = lines);
            }
        };
        let Some(body) = body else {
            odd("the envelope is larger than 1 MiB", EventResult::TooLarge, 1);
            return Ok(());
        };
        let mut envelope = match Envelope::parse(body, admitted.now) {
            Ok(envelope) => envelope,
            Err(error) => {
                odd(&shown(&error.to_string()), EventResult::Unreadable, 1);
                return Ok(());
            }
        };
        if envelope.unusable > 0 {
            odd(envelope.fault.unwrap_or_default(), EventResult::Unusable, envelope.unusable);
        }
        let sent = envelope.events.len();
        envelope.events.retain(|event| !admitted.is_of_crawl(event));
        self.metrics.count_events(None, EventResult::Crawl, sent - envelope.events.len());
        if envelope.events.is_empty() {
            return Ok(());
        }
        if !admitted.is_on {
            let what = "the service has `events: false`: remove the endpoint from the registry, or set `events` to true";
            odd(what, EventResult::Off, envelope.events.len());
            return Ok(());
        }
        let report =
            Report { service: service.to_owned(), sender: admitted.sender.clone(), events: envelope.events };
        let written = self.queue.write(report, room).await;
        written.inspect_err(|_| self.metrics.count_events(None, EventResult::Busy, 1))
    }

    /// Returns the services for which reports were refused at `since` or later, because of the credentials or rights of
    /// the sender. Each service has the time of its last refusal.
    #[must_use]
    pub fn refused_since(&self, since: Timestamp) -> Vec<(String, Timestamp)> {
        let refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        let late = refused.iter().filter(|(_, at)| **at >= since);
        late.map(|(service, at)| (service.clone(), *at)).collect()
    }

    /// Remembers the time of a refused report. Ignores reports for services that do not exist.
    fn remember_refusal(&self, arrival: &Arrival) {
        let Ok(service) = ServiceName::parse(&arrival.service) else { return };
        if self.snapshots.current().services.contains_key(&service) {
            let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
            refused.insert(service.to_string(), arrival.now);
        }
    }

    /// Returns the number of events that wait for the writer or are being written.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.queue.waiting()
    }

    fn note_refusal(&self, arrival: &Arrival, error: &ReceiveError) {
        let cause = error.cause();
        self.metrics.count_refusal(Endpoint::Events, cause.counted_as());
        if error.is_of_sender() {
            self.remember_refusal(arrival);
        }
        let log = if error.account().is_some() { &self.refusals } else { &self.strangers };
        let Some(count) = log.admit(arrival.now) else { return };
        let address = arrival.address.map(|address| address.to_string());
        tracing::warn!(
            event = "events_refused",
            cause = cause.as_str(),
            service = shown(&arrival.service),
            account = error.account().map(ToString::to_string),
            address = address.as_deref().unwrap_or("unknown"),
            count,
            reason = error.to_string(),
        );
    }
}

/// Makes a text from outside safe for the log: short, without invisible characters, and empty if it may contain a
/// secret.
fn shown(text: &str) -> String {
    if text.contains("ptr_") {
        return String::new();
    }
    text.chars().take(120).flat_map(char::escape_debug).collect()
}
