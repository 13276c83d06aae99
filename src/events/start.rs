//! Builds the receiver and its writer.

use super::receiver::Receiver;
use super::record::Recorder;
use super::writer::Writer;
use crate::authn::Authenticator;
use crate::metrics::Metrics;
use crate::snapshot::Snapshots;
use std::sync::Arc;

/// Builds a receiver, and the writer that must run beside it.
#[must_use]
pub fn begin(
    authn: Arc<Authenticator>,
    snapshots: Arc<Snapshots>,
    metrics: Arc<Metrics>,
    recorder: Recorder,
) -> (Receiver, Writer) {
    let (receiver, jobs) = Receiver::new(authn, snapshots, metrics.clone());
    (receiver, Writer::new(jobs, recorder, metrics))
}
