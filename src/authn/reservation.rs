//! The throttle that attempts share. An attempt is checked when it arrives, and counted as wrong when its turn to be
//! compared has come.

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

/// An attempt that may enter the queue.
pub(super) struct Admitted {
    throttling: Throttling,
    /// The attempt's counters; `None` after the attempt was counted.
    attempted: Option<Attempted>,
    /// The rank of the attempt in the queue.
    pub(super) rank: Rank,
}

/// An attempt that is counted as wrong. If it is dropped without a verdict, the count is given back.
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

    /// Admits an attempt to the queue, unless it must wait.
    pub(super) fn admit(&self, attempt: &Attempt<'_>) -> Result<Admitted, Throttled> {
        let mut counters = self.lock();
        let attempted = counters.attempted(attempt.user, attempt.version(), attempt.address, attempt.at);
        let rank = counters.check(&attempted);
        drop(counters);
        let rank = rank.inspect_err(|throttled| self.metrics.count_throttled(throttled.by))?;
        Ok(Admitted { throttling: self.clone(), attempted: Some(attempted), rank })
    }

    /// Fails if a password that is remembered as right may not be used now. In an exempt network, and in a network
    /// where a password of the name was right within 30 days, it may always be used. In other networks it must wait
    /// like a guess: an immediate answer would show that the password is right.
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
    /// Counts the attempt as wrong, unless it must wait after other wrong attempts. Returns `None` if the attempt was
    /// counted before.
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
    /// Ends the reservation with the verdict on the password.
    pub(super) fn settle(mut self, is_right: bool) {
        self.verdict = Some(is_right);
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.throttling.lock().settle(&self.reserved, self.verdict);
    }
}
