//! Passwords behind a gate that bounds the work.
//!
//! Hashing runs on the blocking pool, at most as many at once as there are permits, with a bounded
//! queue. A verdict of a moment ago is taken from [`Verdicts`] and costs no permit.

use super::attempt::{Attempt, Verifier};
use super::cache::Hits;
use super::error::AuthnError;
use super::hashing::{DUMMY, HashError, Memory, hash_now, is_current, verify_now};
use super::verdicts::{Key, Verdicts};
use crate::domain::secret::Password;
use crate::metrics::Metrics;
use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

const QUEUE: usize = 64;
const LONGEST_WAIT: Duration = Duration::from_secs(2);
/// Every refusal of a password takes at least this long, whoever was named. So its time tells nothing
/// about accounts.
const REFUSAL_TIME: Duration = Duration::from_millis(400);

/// The answer to an attempt whose verdict is remembered.
fn remembered(attempt: &Attempt<'_>, was_right: bool) -> Result<bool, AuthnError> {
    if was_right { Ok(false) } else { Err(attempt.refusal(true)) }
}

/// Hashes and verifies passwords, a bounded number at a time.
pub struct PasswordGate {
    permits: Arc<Semaphore>,
    waiting: AtomicUsize,
    /// Memory of earlier hashes, for the next ones: at most one for each permit.
    memory: Arc<Mutex<Vec<Memory>>>,
    metrics: Arc<Metrics>,
    verdicts: Verdicts,
}

impl PasswordGate {
    /// A gate for `permits` hashes at once. `digest_key` are random bytes that make the remembered
    /// verdicts useless outside this process. While the database is away, a password that was proven
    /// before holds for up to `max_staleness` longer.
    #[must_use]
    pub fn new(
        permits: usize,
        digest_key: &[u8; 32],
        metrics: Arc<Metrics>,
        max_staleness: Duration,
    ) -> Self {
        Self {
            permits: Arc::new(Semaphore::new(permits.max(1))),
            waiting: AtomicUsize::new(0),
            memory: Arc::default(),
            metrics,
            verdicts: Verdicts::new(digest_key, max_staleness),
        }
    }

    /// How many passwords wait to be hashed.
    #[must_use]
    pub fn queue(&self) -> usize {
        self.waiting.load(Ordering::Acquire)
    }

    /// How often a verdict of a moment ago was at hand.
    #[must_use]
    pub fn hits(&self) -> &Hits {
        &self.verdicts.hits
    }

    /// Hashes a password that is being set.
    pub async fn hash(&self, password: &Password) -> Result<String, HashError> {
        let permit = self.enter().await.map_err(|()| HashError::Busy)?;
        let password = password.clone();
        self.hashing(permit, move |memory| hash_now(memory, password.expose()))
            .await
            .unwrap_or(Err(HashError::Failed))
    }

    /// Whether `hash` is of this password. For somebody who sets a password, not for signing in.
    pub async fn is_of(&self, password: &Password, hash: &str) -> Result<bool, HashError> {
        let permit = self.enter().await.map_err(|()| HashError::Busy)?;
        let (password, hash) = (password.clone(), hash.to_owned());
        let compared = self.hashing(permit, move |memory| verify_now(memory, password.expose(), &hash)).await;
        compared.ok_or(HashError::Failed)
    }

    /// Whether the same attempt succeeded a moment before the database went away, which was `away_for`
    /// ago.
    pub(super) fn is_proven(&self, attempt: &Attempt<'_>, away_for: Duration) -> bool {
        attempt.can_succeed() && self.verdicts.is_proven(&self.verdicts.key_of(attempt), away_for)
    }

    /// Verifies the password of an attempt. An account that may not sign in is refused like one that
    /// does not exist. Returns whether a better hash should replace the stored one.
    ///
    /// # Errors
    /// [`AuthnError::Rejected`], never sooner than a fixed time after `asked_at`; or
    /// [`AuthnError::Busy`].
    pub async fn verify(
        &self,
        attempt: &Attempt<'_>,
        asked_at: tokio::time::Instant,
    ) -> Result<bool, AuthnError> {
        let answer_at = asked_at + REFUSAL_TIME;
        let result = self.verify_quickly(attempt).await;
        if matches!(result, Err(AuthnError::Rejected(_))) {
            tokio::time::sleep_until(answer_at).await;
        }
        result
    }

    async fn verify_quickly(&self, attempt: &Attempt<'_>) -> Result<bool, AuthnError> {
        let key = self.verdicts.key_of(attempt);
        if let Some(was_right) = self.verdicts.recall(&key) {
            self.verdicts.hits.hit();
            return remembered(attempt, was_right);
        }
        self.verdicts.hits.miss();
        match attempt.verifier() {
            Verifier::StoredHash(hash) => self.compare(attempt, hash, key).await,
        }
    }

    /// Compares the password with the stored hash, or with [`DUMMY`] where there is none, which takes
    /// as long.
    async fn compare(&self, attempt: &Attempt<'_>, hash: Option<&str>, key: Key) -> Result<bool, AuthnError> {
        let permit = self.enter().await.map_err(|()| AuthnError::Busy)?;
        // Another request, ahead in the queue, may have asked the same.
        if let Some(was_right) = self.verdicts.recall(&key) {
            return remembered(attempt, was_right);
        }
        let against: Arc<str> = Arc::from(hash.unwrap_or(DUMMY));
        let candidate = attempt.password.clone();
        let is_right = self
            .hashing(permit, move |memory| verify_now(memory, candidate.expose(), &against))
            .await
            .unwrap_or(false);
        let is_right = is_right && attempt.can_succeed();
        self.verdicts.remember(key, is_right);
        if is_right { Ok(hash.is_some_and(|hash| !is_current(hash))) } else { Err(attempt.refusal(false)) }
    }

    /// Waits for a permit: at most [`QUEUE`] callers, at most [`LONGEST_WAIT`].
    async fn enter(&self) -> Result<OwnedSemaphorePermit, ()> {
        struct Waiting<'a>(&'a AtomicUsize);
        impl Drop for Waiting<'_> {
            fn drop(&mut self) {
                self.0.fetch_sub(1, Ordering::AcqRel);
            }
        }
        let ahead = self.waiting.fetch_add(1, Ordering::AcqRel);
        let _waiting = Waiting(&self.waiting);
        let wait = if ahead < QUEUE { LONGEST_WAIT } else { Duration::ZERO };
        match tokio::time::timeout(wait, self.permits.clone().acquire_owned()).await {
            Ok(Ok(permit)) => Ok(permit),
            _ => {
                self.metrics.count_refused_hash();
                Err(())
            }
        }
    }

    /// Runs `work` on the blocking pool and holds `permit` until it is done, even if nobody waits.
    fn hashing<T: Send + 'static>(
        &self,
        permit: OwnedSemaphorePermit,
        work: impl FnOnce(&mut Memory) -> T + Send + 'static,
    ) -> impl Future<Output = Option<T>> + Send + 'static {
        let (metrics, kept) = (self.metrics.clone(), self.memory.clone());
        let task = tokio::task::spawn_blocking(move || {
            let lock = || kept.lock().unwrap_or_else(PoisonError::into_inner);
            let memory = lock().pop();
            let mut memory = memory.unwrap_or_default();
            let began = Instant::now();
            let result = work(&mut memory);
            metrics.time_hash(began.elapsed());
            lock().push(memory);
            drop(permit);
            result
        });
        async move { task.await.ok() }
    }

    /// Hashes a password anew. `None` if no permit is free: the next sign-in tries again.
    pub(super) fn rehash(
        &self,
        password: &Password,
    ) -> Option<impl Future<Output = Option<String>> + Send + 'static> {
        let permit = self.permits.clone().try_acquire_owned().ok()?;
        let password = password.clone();
        let hashing = self.hashing(permit, move |memory| hash_now(memory, password.expose()));
        Some(async move { hashing.await.and_then(Result::ok) })
    }
}
