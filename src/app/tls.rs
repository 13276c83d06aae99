//! The server's own TLS: reads the certificate and the key at the start, and again when they change.

use super::error::StartError;
use super::secrets::guard;
use crate::causes::causes;
use crate::clock::Clock;
use crate::config::{ClientAuth, Config};
use crate::http::{Followed, Tls, TlsFiles};
use std::sync::Arc;
use std::time::Duration;

/// The time between two looks at the files. A change is loaded only if two looks in a row see the same files.
/// So an operator has this time between replacing the certificate and replacing the key.
const LOOK: Duration = Duration::from_millis(300);

/// Reads the certificate and the key, if the settings name them.
pub(super) fn open(config: &Config, clock: &Clock) -> Result<Option<Arc<Tls>>, StartError> {
    let files = config.tls.as_ref().map(|tls| TlsFiles {
        certificate: tls.certificate.clone(),
        key: tls.key.clone(),
        client_ca: tls.client_ca.clone(),
        client_required: tls.client_auth == ClientAuth::Required,
        guard: guard(config),
    });
    Ok(files.map(|files| Tls::open(files, clock.now())).transpose()?.map(Arc::new))
}

/// Loads changed files, and logs whether they can be used. Logs the warnings at the start, and again 30 days,
/// 7 days and 1 day before the certificate ends, and at its end.
pub(super) async fn watch(tls: Arc<Tls>, clock: Clock) {
    let mut told = None;
    loop {
        let urgency = tls.urgency(clock.now());
        if told.is_none_or(|told| urgency > told) {
            for warning in tls.warnings(clock.now()) {
                tracing::warn!("{warning}");
            }
        }
        told = Some(urgency);
        tokio::time::sleep(LOOK).await;
        // A file system may not answer, so the look must not run in an async task.
        let (looking, now) = (tls.clone(), clock.now());
        match tokio::task::spawn_blocking(move || looking.follow(now)).await {
            Ok(Followed::Renewed(end)) => tracing::info!(%end, "the TLS certificate was exchanged"),
            Ok(Followed::Refused(error)) => tracing::error!(
                error = causes(&error),
                "the TLS files changed and cannot be used: using the certificate in memory"
            ),
            Ok(Followed::Unchanged) | Err(_) => {}
        }
    }
}
