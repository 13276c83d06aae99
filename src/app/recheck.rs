//! Background work: asks identity providers again about people whose access keys and sessions are in use.

use crate::authn::Outside;
use crate::causes::causes;
use crate::clock::Clock;
use crate::entropy;
use crate::storage::StoreError;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

/// The time between two searches for people to check. A random part of up to a fifth is added or subtracted.
const LOOK: Duration = Duration::from_millis(500);

/// Repeatedly asks each provider about the people whose check is due. Each provider has its own task, so that
/// a slow provider does not delay the others.
pub(super) async fn check_people(outside: Arc<Outside>, clock: Clock) {
    let mut rounds = JoinSet::new();
    let mut under_way = BTreeMap::new();
    let mut failing = String::new();
    loop {
        let jitter = entropy::bytes::<1>().map_or(0, |[byte]| u32::from(byte) % 100);
        tokio::time::sleep(LOOK * (80 + jitter * 40 / 100) / 100).await;
        while let Some(done) = rounds.try_join_next() {
            let error = match done.unwrap_or(Err(StoreError::Cut)) {
                Ok(_) => String::new(),
                Err(error) => causes(&error),
            };
            if !error.is_empty() && error != failing {
                tracing::warn!(error, "people cannot be checked at their identity providers");
            }
            failing = error;
        }
        under_way.retain(|_, round: &mut tokio::task::AbortHandle| !round.is_finished());
        for provider in outside.providers_to_ask() {
            if under_way.contains_key(&provider) {
                continue;
            }
            let (outside, clock, asked) = (outside.clone(), clock.clone(), provider.clone());
            let round = rounds.spawn(async move { outside.check_due(&asked, clock.now()).await });
            under_way.insert(provider, round);
        }
    }
}
