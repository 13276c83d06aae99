//! Passwords behind a gate that bounds the work.
//!
//! Hashing runs on the blocking pool, at most as many at once as there are permits, with a bounded
//! queue. A password proven a moment ago is remembered under a keyed digest, because registry
//! clients send it with every token request; one refused a moment ago likewise, because some
//! clients repeat a failed POST as a GET.

use super::cache::{Cache, Hits};
use super::error::AuthnError;
use super::hashing::{DUMMY, HashError, Memory, hash_now, is_current, verify_now};
use crate::domain::secret::Password;
use crate::metrics::Metrics;
use crate::storage::StoredSubject;
use ring::hmac;
use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

const QUEUE: usize = 64;
const LONGEST_WAIT: Duration = Duration::from_secs(2);
/// Every refusal of a password takes at least this long, whoever was named, so that time tells
/// nothing about accounts.
const REFUSAL_TIME: Duration = Duration::from_millis(400);
const PROVEN_FOR: Duration = Duration::from_secs(300);
/// However long the database may be away: a week.
const LONGEST_KEPT: Duration = Duration::from_secs(7 * 86_400);
const REFUSED_FOR: Duration = Duration::from_secs(10);
/// How many proven passwords are remembered, and how many refused ones.
const PROVEN: u64 = 100_000;
const REFUSED: u64 = 10_000;

/// Hashes and verifies passwords, a bounded number at a time.
pub struct PasswordGate {
    permits: Arc<Semaphore>,
    waiting: AtomicUsize,
    /// Memory for as many hashes as there are permits, once they were made.
    memory: Arc<Mutex<Vec<Memory>>>,
    metrics: Arc<Metrics>,
    hits: Hits,
    digest_key: hmac::Key,
    /// When each was proven.
    proven: Cache<[u8; 32], Instant>,
    refused: Cache<[u8; 32], ()>,
}

impl PasswordGate {
    /// A gate with `permits` hashes at once. `digest_key` are random bytes that keep what is
    /// remembered useless outside this process. While the database is away, what was proven before holds
    /// for up to `max_staleness` longer.
    #[must_use]
    pub fn new(
        permits: usize,
        digest_key: &[u8; 32],
        metrics: Arc<Metrics>,
        max_staleness: Duration,
    ) -> Self {
        let kept_for = PROVEN_FOR.saturating_add(max_staleness).min(LONGEST_KEPT);
        Self {
            permits: Arc::new(Semaphore::new(permits.max(1))),
            waiting: AtomicUsize::new(0),
            memory: Arc::default(),
            metrics,
            hits: Hits::default(),
            digest_key: hmac::Key::new(hmac::HMAC_SHA256, digest_key),
            proven: Cache::of_passing_entries(PROVEN, kept_for),
            refused: Cache::of_passing_entries(REFUSED, REFUSED_FOR),
        }
    }

    /// How many passwords wait to be hashed.
    #[must_use]
    pub fn queue(&self) -> usize {
        self.waiting.load(Ordering::Acquire)
    }

    /// How often a password had been proven or refused a moment before.
    #[must_use]
    pub fn hits(&self) -> &Hits {
        &self.hits
    }

    /// Hashes a password that is being set.
    ///
    /// # Errors
    /// [`HashError::Busy`] or [`HashError::Failed`].
    pub async fn hash(&self, password: &Password) -> Result<String, HashError> {
        let permit = self.enter().await.map_err(|()| HashError::Busy)?;
        let password = password.clone();
        self.hashing(permit, move |memory| hash_now(memory, password.expose()))
            .await
            .unwrap_or(Err(HashError::Failed))
    }

    /// Whether `hash` is of this password: for somebody who sets it, not who signs in with it.
    ///
    /// # Errors
    /// [`HashError::Busy`] or [`HashError::Failed`].
    pub async fn is_of(&self, password: &Password, hash: &str) -> Result<bool, HashError> {
        let permit = self.enter().await.map_err(|()| HashError::Busy)?;
        let (password, hash) = (password.clone(), hash.to_owned());
        let compared = self.hashing(permit, move |memory| verify_now(memory, password.expose(), &hash)).await;
        compared.ok_or(HashError::Failed)
    }

    /// Whether this password was proven a moment before the database went away, so long ago.
    pub(super) fn is_proven(
        &self,
        user: &str,
        found: &StoredSubject,
        password: &Password,
        away_for: Duration,
    ) -> bool {
        let real = found.row.password_hash.is_some();
        self.holds(&self.remembered_as(user, Some(found), real, password), away_for)
    }

    fn holds(&self, key: &[u8; 32], away_for: Duration) -> bool {
        let still = PROVEN_FOR.saturating_add(away_for);
        self.proven.get(key).is_some_and(|proven_at| proven_at.elapsed() < still)
    }

    /// Verifies a password against an account, or against nothing when there is none. One that may
    /// not sign in (`active` is false) is refused like one that does not exist. Returns whether the
    /// hash should be replaced by a better one.
    ///
    /// # Errors
    /// [`AuthnError::Rejected`], never sooner than a fixed time after `asked_at`; or
    /// [`AuthnError::Busy`].
    pub async fn verify(
        &self,
        user: &str,
        found: Option<&StoredSubject>,
        active: bool,
        password: &Password,
        asked_at: tokio::time::Instant,
    ) -> Result<bool, AuthnError> {
        let answer_at = asked_at + REFUSAL_TIME;
        let result = self.verify_quickly(user, found, active, password).await;
        if matches!(result, Err(AuthnError::Rejected)) {
            tokio::time::sleep_until(answer_at).await;
        }
        result
    }

    async fn verify_quickly(
        &self,
        user: &str,
        found: Option<&StoredSubject>,
        active: bool,
        password: &Password,
    ) -> Result<bool, AuthnError> {
        let hash = found.and_then(|found| found.row.password_hash.as_deref());
        let key = self.remembered_as(user, found, hash.is_some() && active, password);
        if let Some(known) = self.recall(&key) {
            self.hits.hit();
            return known;
        }
        self.hits.miss();
        let permit = self.enter().await.map_err(|()| AuthnError::Busy)?;
        // Whoever was ahead in the queue may have asked the same.
        if let Some(known) = self.recall(&key) {
            return known;
        }
        let real = hash.is_some() && active;
        let against: Arc<str> = Arc::from(hash.unwrap_or(DUMMY));
        let candidate = password.clone();
        let right = self
            .hashing(permit, move |memory| verify_now(memory, candidate.expose(), &against))
            .await
            .unwrap_or(false);
        if !(right && real) {
            self.refused.insert(key, ());
            return Err(AuthnError::Rejected);
        }
        self.proven.insert(key, Instant::now());
        Ok(hash.is_some_and(|hash| !is_current(hash)))
    }

    fn recall(&self, key: &[u8; 32]) -> Option<Result<bool, AuthnError>> {
        if self.holds(key, Duration::ZERO) {
            Some(Ok(false))
        } else if self.refused.get(key).is_some() {
            Some(Err(AuthnError::Rejected))
        } else {
            None
        }
    }

    /// INVARIANT: the key covers the account's internal id, its hash, its credential version and
    /// whether it can be signed in to, so a change of any of them forgets what was proven or refused
    /// before.
    fn remembered_as(
        &self,
        user: &str,
        found: Option<&StoredSubject>,
        real: bool,
        password: &Password,
    ) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.digest_key);
        let (id, version) =
            found.map_or(("", 0), |found| (found.row.id.as_str(), found.row.credential_version));
        let hash = found.and_then(|found| found.row.password_hash.as_deref()).unwrap_or_default();
        for part in [id.as_bytes(), user.as_bytes(), hash.as_bytes(), if real { b"1" } else { b"0" }] {
            context.update(&part.len().to_be_bytes());
            context.update(part);
        }
        context.update(&version.to_be_bytes());
        context.update(password.expose());
        context.sign().as_ref().try_into().unwrap_or_default()
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

    /// Runs `work` on the blocking pool, holding `permit` until it is done even if nobody waits.
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

    /// Hashes a password anew, unless others are waiting: the next sign-in will do then.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_proven_before_the_database_went_away_holds_until_it_is_back() {
        let gate = PasswordGate::new(1, &[7; 32], Arc::default(), Duration::from_secs(3600));
        let key = [1; 32];
        let seconds = Duration::from_secs;
        let proven_at = Instant::now().checked_sub(seconds(400)).unwrap();
        gate.proven.insert(key, proven_at);
        assert!(!gate.holds(&key, seconds(0)), "longer ago than is remembered");
        assert!(gate.holds(&key, seconds(200)), "it was remembered when the database went away");
        assert!(!gate.holds(&key, seconds(50)), "it was forgotten already");
        assert!(!gate.holds(&[2; 32], seconds(200)));
    }
}
