//! The throttle as attempts share it: checked when they arrive, reserved when their turn has come.

use super::attempt::Attempt;
use super::throttle::{Attempted, Rank, Reserved, Throttle, Throttled};
use crate::metrics::Metrics;
use ipnet::IpNet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The counters of all attempts.
#[derive(Clone)]
pub(super) struct Throttling {
    counters: Arc<Mutex<Throttle>>,
    metrics: Arc<Metrics>,
}

/// An attempt that may go on to the queue.
pub(super) struct Admitted {
    throttling: Throttling,
    attempted: Attempted,
    /// Where it stands in the queue.
    pub(super) rank: Rank,
}

/// An attempt that is counted as wrong. Dropped without a verdict, it is not counted any more.
pub(super) struct Reservation {
    throttling: Throttling,
    reserved: Reserved,
    verdict: Option<bool>,
}

impl Throttling {
    pub(super) fn new(exempt: Vec<IpNet>, metrics: Arc<Metrics>) -> Self {
        Self { counters: Arc::new(Mutex::new(Throttle::new(exempt))), metrics }
    }

    fn lock(&self) -> MutexGuard<'_, Throttle> {
        self.counters.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets an attempt on to the queue, unless it must wait.
    pub(super) fn admit(&self, attempt: &Attempt<'_>) -> Result<Admitted, Throttled> {
        let mut counters = self.lock();
        let attempted = counters.attempted(attempt.user, attempt.address, attempt.at);
        let rank = counters.check(&attempted);
        drop(counters);
        let rank = rank.inspect_err(|throttled| self.metrics.count_throttled(throttled.by))?;
        Ok(Admitted { throttling: self.clone(), attempted, rank })
    }
}

impl Admitted {
    /// Counts the attempt as wrong, unless others were wrong meanwhile and it must wait.
    pub(super) fn reserve(self) -> Result<Reservation, Throttled> {
        let reserved = self.throttling.lock().reserve(self.attempted);
        let reserved =
            reserved.inspect_err(|throttled| self.throttling.metrics.count_throttled(throttled.by))?;
        Ok(Reservation { throttling: self.throttling, reserved, verdict: None })
    }
}

impl Reservation {
    /// The password was compared.
    pub(super) fn settle(mut self, is_right: bool) {
        self.verdict = Some(is_right);
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.throttling.lock().settle(&self.reserved, self.verdict);
    }
}
