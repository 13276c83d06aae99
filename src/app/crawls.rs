//! Background: begins the crawls of registries that are due.

use crate::clock::Steps;
use crate::crawl::Crawler;
use std::sync::Arc;
use std::time::Duration;

/// The time between two searches for due crawls.
const LOOK: Duration = Duration::from_secs(60);

pub(super) async fn begin_when_due(crawler: Arc<Crawler>, steps: Arc<Steps>) {
    loop {
        tokio::time::sleep(LOOK).await;
        // The clock may be wrong soon after a start or a step of the clock. A wrong clock must not make a crawl begin.
        if steps.is_settled() {
            crawler.begin_due().await;
        }
    }
}
