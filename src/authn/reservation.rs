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
    /// `None` once it is reserved.
    attempted: Option<Attempted>,
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
        let attempted = counters.attempted(attempt.user, attempt.version(), attempt.address, attempt.at);
        let rank = counters.check(&attempted);
        drop(counters);
        let rank = rank.inspect_err(|throttled| self.metrics.count_throttled(throttled.by))?;
        Ok(Admitted { throttling: self.clone(), attempted: Some(attempted), rank })
    }

    /// Lets a password that is remembered as right be used. Where it was right before it always may be. From other
    /// networks it waits like a guess, because a guess that is answered at once tells whether it is right.
    pub(super) fn recall(&self, attempt: &Attempt<'_>) -> Result<(), Throttled> {
        let mut counters = self.lock();
        if counters.is_calm() {
            return Ok(());
        }
        let attempted = counters.attempted(attempt.user, attempt.version(), attempt.address, attempt.at);
        let recalled = counters.recall(&attempted);
        drop(counters);
        recalled.inspect_err(|throttled| self.metrics.count_throttled(throttled.by))
    }
}

impl Admitted {
    /// Counts the attempt as wrong, unless others were wrong meanwhile and it must wait.
    /// `None` if it was reserved before.
    pub(super) fn reserve(mut self) -> Option<Result<Reservation, Throttled>> {
        let attempted = self.attempted.take()?;
        let throttling = self.throttling.clone();
        let reserved = throttling.lock().reserve(attempted);
        let reserved = reserved.inspect_err(|throttled| throttling.metrics.count_throttled(throttled.by));
        Some(reserved.map(|reserved| Reservation { throttling, reserved, verdict: None }))
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        if let Some(attempted) = &self.attempted {
            self.throttling.lock().leave(attempted);
        }
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
