//! The queue of reports that wait for the writer. The number of events and their size are limited. If no room becomes
//! free in time, the server refuses the report and the registry keeps its events.

use super::error::ReceiveError;
use super::record::Report;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::time::{Instant, timeout, timeout_at};

/// The greatest number of events that can wait or be written. A report with more events counts as this number.
const MOST_EVENTS: usize = 1024;
/// The greatest total size of the bodies of waiting and arriving reports, in bytes.
const MOST_BYTES: usize = 8 * 1024 * 1024;
/// The unit in which the total size of the bodies is counted, in bytes.
const PIECE: usize = 1024;
/// The longest time for which a report waits for room in the queue: once for its body, and once for its events.
const PATIENCE: Duration = Duration::from_millis(500);
/// The time after which the server answers that it is busy if a report is not committed. The arrival of the body is not
/// counted. The wait for room for the events can delay that answer by up to [`PATIENCE`]. Registries wait for one
/// second by default.
const ANSWER: Duration = Duration::from_millis(800);

/// A report that waits for the writer.
pub(super) struct Job {
    report: Report,
    /// The channel on which the writer sends the result of the commit.
    pub(super) done: oneshot::Sender<Result<(), ReceiveError>>,
    _events: OwnedSemaphorePermit,
    _bytes: OwnedSemaphorePermit,
}

impl Job {
    /// Returns the number of events in the report.
    pub(super) fn len(&self) -> usize {
        self.report.events.len()
    }

    /// Takes the report from the queue.
    pub(super) fn take_report(&mut self) -> Report {
        std::mem::take(&mut self.report)
    }
}

/// The room in the queue that one body takes.
pub struct Room {
    bytes: OwnedSemaphorePermit,
    /// The time between the beginning of the request and the taking of the room.
    waited: Duration,
}

/// The queue of reports.
#[derive(Debug)]
pub(super) struct Queue {
    jobs: UnboundedSender<Job>,
    events: Arc<Semaphore>,
    bytes: Arc<Semaphore>,
}

impl Queue {
    /// Builds a queue, and the receiver from which the writer takes reports.
    pub(super) fn new() -> (Self, UnboundedReceiver<Job>) {
        let (jobs, taken) = unbounded_channel();
        let events = Arc::new(Semaphore::new(MOST_EVENTS));
        let bytes = Arc::new(Semaphore::new(MOST_BYTES / PIECE));
        (Self { jobs, events, bytes }, taken)
    }

    /// Takes room for a body of this many bytes. `began` is the time at which the request began.
    pub(super) async fn room(&self, bytes: usize, began: Instant) -> Result<Room, ReceiveError> {
        let bytes = take(&self.bytes, bytes.div_ceil(PIECE), MOST_BYTES / PIECE).await?;
        Ok(Room { bytes, waited: began.elapsed() })
    }

    /// Gives a report to the writer, and waits for the commit.
    pub(super) async fn write(&self, report: Report, room: Room) -> Result<(), ReceiveError> {
        let deadline = Instant::now() + ANSWER.saturating_sub(room.waited);
        let events = take(&self.events, report.events.len(), MOST_EVENTS).await?;
        let (done, written) = oneshot::channel();
        let job = Job { report, done, _events: events, _bytes: room.bytes };
        self.jobs.send(job).map_err(|_| ReceiveError::Busy)?;
        match timeout_at(deadline, written).await {
            Ok(Ok(written)) => written,
            Ok(Err(_)) | Err(_) => Err(ReceiveError::Busy),
        }
    }

    /// Returns the number of events that wait or are being written, at most [`MOST_EVENTS`].
    pub(super) fn waiting(&self) -> usize {
        MOST_EVENTS - self.events.available_permits()
    }
}

/// Takes this many permits. A report that is larger than the whole queue takes all permits.
async fn take(
    places: &Arc<Semaphore>,
    wanted: usize,
    most: usize,
) -> Result<OwnedSemaphorePermit, ReceiveError> {
    let wanted = u32::try_from(wanted.clamp(1, most)).unwrap_or(1);
    match timeout(PATIENCE, places.clone().acquire_many_owned(wanted)).await {
        Ok(Ok(permit)) => Ok(permit),
        Ok(Err(_)) | Err(_) => Err(ReceiveError::Busy),
    }
}
