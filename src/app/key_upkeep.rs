//! Watches and maintains the folder of signing keys while the server runs, and logs warnings about
//! certificates that end.

use crate::causes::causes;
use crate::clock::{Clock, Steps};
use crate::domain::service::ServiceName;
use crate::domain::time::Timestamp;
use crate::manage::SigningKeys;
use crate::snapshot::Snapshots;
use crate::token::{Ending, Keyring};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// The time between two looks at the folder.
const LOOK: Duration = Duration::from_millis(500);
/// The longest wait after maintenance that failed, or that could not do all due work.
const RETRY: Duration = Duration::from_secs(20);

/// Loads the keys again after each change of the folder, and warns about certificates that end soon.
pub(super) async fn watch(keys: Arc<SigningKeys>, clock: Clock) {
    let mut failing = String::new();
    let mut notices = ExpiryNotices::default();
    loop {
        notices.warn(keys.keyring().load().endings(), clock.now());
        sleep(LOOK).await;
        let read = keys.refresh(clock.now()).await;
        match &read {
            Ok(true) => {
                tracing::info!("the keys folder has changed, and its keys are in use");
                for warning in keys.warnings(clock.now()) {
                    tracing::warn!("{warning}");
                }
            }
            Ok(false) if !failing.is_empty() => tracing::info!("the keys folder can be read again"),
            Ok(false) => {}
            Err(error) if causes(error) != failing => {
                let error = causes(error);
                tracing::error!(error, "the keys folder cannot be read: going on with the keys in memory");
            }
            Err(_) => {}
        }
        failing = read.err().map(|error| causes(&error)).unwrap_or_default();
    }
}

/// Maintains the keys folder. This is a separate task, because it may wait for the lease.
pub(super) async fn maintain(
    keys: Arc<SigningKeys>,
    snapshots: Arc<Snapshots>,
    clock: Clock,
    steps: Arc<Steps>,
) {
    let mut failing = String::new();
    loop {
        let before = keys.keyring().load_full();
        match keys.maintain(&snapshots.current().services, || clock.now(), !steps.is_settled()).await {
            Ok(done) => {
                failing.clear();
                for (service, key) in done.made {
                    let service = service.as_ref().map(ServiceName::as_str);
                    tracing::info!(service, key, "a new key signs for services that had none");
                }
                for key in done.renewed {
                    tracing::info!(key, "renewed a certificate");
                }
                for key in done.forgotten {
                    tracing::info!(key, "removed a retired key: all its tokens have ended");
                }
            }
            Err(error) => {
                let error = causes(&error);
                if error != failing {
                    tracing::error!(error, "due keys or certificates could not be made");
                }
                failing = error;
            }
        }
        // Some maintenance cannot succeed, for example without ca.key. So the next attempt waits for `RETRY`, or until
        // the keys change.
        let after = keys.keyring().load_full();
        let rests = !failing.is_empty() || after.is_due(clock.now());
        // Failed maintenance loads no keys. If the keys differ from those before, another process changed
        // them.
        let known = if failing.is_empty() { after } else { before };
        rest(&keys, &known, if rests { RETRY } else { LOOK }).await;
    }
}

/// Waits for `longest`, or until the keys change: another process may have done the due work.
async fn rest(keys: &SigningKeys, known: &Arc<Keyring>, longest: Duration) {
    let end = Instant::now() + longest;
    loop {
        sleep(LOOK).await;
        if Instant::now() >= end || !Arc::ptr_eq(known, &keys.keyring().load_full()) {
            return;
        }
    }
}

/// The last mark that each certificate has passed, as a number; 0 for no mark. The marks are 30 days, 7 days and 1 day
/// before the end of the certificate, and the end itself.
#[derive(Default)]
struct ExpiryNotices(BTreeMap<Ending, usize>);

impl ExpiryNotices {
    /// Logs a warning for each certificate that has passed a further mark since the last call. Forgets certificates
    /// that are no longer in use.
    fn warn(&mut self, endings: &[Ending], now: Timestamp) {
        let mut fresh = BTreeMap::new();
        for ending in endings {
            let urgency = ending.ends_at.urgency(now);
            if urgency > self.0.get(ending).copied().unwrap_or(0) {
                tracing::warn!(
                    certificate = ending.file,
                    ends_at = %ending.ends_at,
                    days_left = (ending.ends_at.as_seconds() - now.as_seconds()).div_euclid(86_400),
                    "a certificate ends soon"
                );
            }
            fresh.insert(ending.clone(), urgency);
        }
        self.0 = fresh;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_announced_at_each_mark_once() {
        let end = |days: i64| Ending {
            file: "a.crt".to_owned(),
            role: "signing",
            begins_at: Timestamp::from_seconds(0),
            ends_at: Timestamp::from_seconds(days * 86_400),
        };
        let mut notices = ExpiryNotices::default();
        let mut marks = Vec::new();
        for day in 0..100 {
            let before = notices.0.values().next().copied().unwrap_or(0);
            notices.warn(&[end(90)], Timestamp::from_seconds(day * 86_400));
            if notices.0.values().next().copied().unwrap_or(0) > before {
                marks.push(90 - day);
            }
        }
        assert_eq!(marks, [30, 7, 1, 0]);
        notices.warn(&[end(200)], Timestamp::from_seconds(100 * 86_400));
        assert_eq!(
            notices.0.values().copied().collect::<Vec<_>>(),
            [0],
            "a renewed certificate has passed no mark"
        );
    }
}
