//! Background work: people of identity providers are checked there again while they use what they got here.

use crate::authn::Outside;
use crate::causes::causes;
use crate::clock::Clock;
use crate::entropy;
use std::sync::Arc;
use std::time::Duration;

/// How often we look who is due, give or take a fifth.
const LOOK: Duration = Duration::from_millis(500);

/// Asks providers about everybody who is due, again and again.
pub(super) async fn check_people(outside: Arc<Outside>, clock: Clock) {
    let mut failing = String::new();
    loop {
        let jitter = entropy::bytes::<1>().map_or(0, |[byte]| u32::from(byte) % 100);
        tokio::time::sleep(LOOK * (80 + jitter * 40 / 100) / 100).await;
        let error = match outside.check_due(clock.now()).await {
            Ok(_) => String::new(),
            Err(error) => causes(&error),
        };
        if !error.is_empty() && error != failing {
            tracing::warn!(error, "people cannot be checked at their identity providers");
        }
        failing = error;
    }
}
