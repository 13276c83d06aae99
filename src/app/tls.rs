//! The server's own TLS: opened at the start, exchanged when the files change.

use super::error::StartError;
use super::secrets::guard;
use crate::causes::causes;
use crate::clock::Clock;
use crate::config::{ClientAuth, Config};
use crate::http::{Followed, Tls, TlsFiles};
use std::sync::Arc;
use std::time::Duration;

/// How often we look at the files. They are read once they look alike twice, so whoever exchanges certificate
/// and key has this long between the two.
const LOOK: Duration = Duration::from_millis(300);

/// Reads certificate and key, if the settings name them.
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

/// Loads exchanged files, and warns once each when the certificate's end is 30 days, 7 days and 1 day away.
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
        // A file system that does not answer must not block other tasks.
        let (looking, now) = (tls.clone(), clock.now());
        match tokio::task::spawn_blocking(move || looking.follow(now)).await {
            Ok(Followed::Renewed(end)) => tracing::info!(%end, "the TLS certificate was exchanged"),
            Ok(Followed::Refused(error)) => tracing::error!(
                error = causes(&error),
                "the TLS files changed and cannot be used: going on with the certificate in memory"
            ),
            Ok(Followed::Unchanged) | Err(_) => {}
        }
    }
}
