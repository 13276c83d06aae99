//! Limits how fast a crawl sends requests, so that the registry's clients do not notice the crawl.

use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// The time between two requests: 20 requests a second.
const BETWEEN: Duration = Duration::from_millis(50);

/// Limits how fast one crawl sends requests.
#[derive(Debug)]
pub(super) struct Pace {
    next: Instant,
}

impl Pace {
    pub(super) fn new() -> Self {
        Self { next: Instant::now() }
    }

    /// Waits until the next request may be sent.
    pub(super) async fn wait(&mut self) {
        sleep_until(self.next).await;
        self.next = Instant::now() + BETWEEN;
    }
}
