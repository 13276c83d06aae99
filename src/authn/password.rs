//! Passwords: argon2id, imported bcrypt, and a gate that bounds the work.
//!
//! Hashing runs on the blocking pool, at most as many at once as there are permits, with a bounded
//! queue. A password proven a moment ago is remembered under a keyed digest, because registry
//! clients send it with every token request; one refused a moment ago likewise, because some
//! clients repeat a failed POST as a GET.

use super::{AuthnError, Hits};
use crate::domain::secret::Password;
use crate::metrics::Metrics;
use crate::storage::Found;
use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use moka::sync::Cache;
use ring::hmac;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Memory of one hash, KiB: 19 MiB, with two passes and one lane.
// SPEC: OWASP Password Storage Cheat Sheet, argon2id minimum.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// The most an imported argon2 hash may ask for.
const MOST_MEMORY_KIB: u32 = 262_144;
const MOST_PASSES: u32 = 10;
const MOST_LANES: u32 = 16;
const MOST_BCRYPT_COST: u32 = 14;

/// Verified against when there is no account, so that it takes as long: a hash of random bytes
/// that nobody kept.
const DUMMY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$KQS/+N6L55vvTpFK3krA+Q$rBFWn0v5m484UcJAIr2qEaqHDyVDaI/Uq+1qI3xRfcQ";

const QUEUE: usize = 64;
const LONGEST_WAIT: Duration = Duration::from_secs(2);
/// Every refusal of a password takes at least this long, whoever was named, so that time tells
/// nothing about accounts.
const REFUSAL_TIME: Duration = Duration::from_millis(400);
const PROVEN_FOR: Duration = Duration::from_secs(300);
const REFUSED_FOR: Duration = Duration::from_secs(10);
const REMEMBERED: u64 = 10_000;

/// Why a password cannot be hashed or a hash not be taken over.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HashError {
    /// Not a form that can be verified.
    #[error("not a hash that can be verified: give an argon2 PHC string or bcrypt `$2a$`, `$2b$` or `$2y$`")]
    UnknownForm,
    /// It would take too much to verify.
    #[error(
        "too expensive to verify: at most 256 MiB, 10 passes and 16 lanes for argon2, cost 14 for bcrypt"
    )]
    TooExpensive,
    /// Too many hashes wait already.
    #[error("too many passwords are being hashed")]
    Busy,
    /// The hasher failed.
    #[error("the password could not be hashed")]
    Failed,
}

/// A password hash made elsewhere, checked for a form that can be verified at a bounded cost.
#[derive(Clone, PartialEq, Eq)]
pub struct ImportedHash(String);

impl ImportedHash {
    /// Checks form and cost.
    ///
    /// # Errors
    /// [`HashError::UnknownForm`] or [`HashError::TooExpensive`].
    pub fn parse(text: &str) -> Result<Self, HashError> {
        if is_bcrypt(text) {
            let cost: u32 =
                text.get(4..6).and_then(|cost| cost.parse().ok()).ok_or(HashError::UnknownForm)?;
            let fits = text.len() == 60 && (4..=31).contains(&cost);
            return match (fits, cost <= MOST_BCRYPT_COST) {
                (false, _) => Err(HashError::UnknownForm),
                (true, false) => Err(HashError::TooExpensive),
                (true, true) => Ok(Self(text.to_owned())),
            };
        }
        let hash = PasswordHash::new(text).map_err(|_| HashError::UnknownForm)?;
        let algorithm = Algorithm::try_from(hash.algorithm.as_str()).map_err(|_| HashError::UnknownForm)?;
        let params = Params::try_from(&hash).map_err(|_| HashError::UnknownForm)?;
        if hash.salt.is_none() || hash.hash.is_none() || algorithm == Algorithm::Argon2d {
            return Err(HashError::UnknownForm);
        }
        if params.m_cost() > MOST_MEMORY_KIB || params.t_cost() > MOST_PASSES || params.p_cost() > MOST_LANES
        {
            return Err(HashError::TooExpensive);
        }
        Ok(Self(text.to_owned()))
    }

    /// The hash as it is stored.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }
}

impl std::fmt::Debug for ImportedHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ImportedHash(***)")
    }
}

/// Hashes and verifies passwords, a bounded number at a time.
pub struct PasswordGate {
    permits: Arc<Semaphore>,
    waiting: AtomicUsize,
    metrics: Arc<Metrics>,
    hits: Hits,
    digest_key: hmac::Key,
    proven: Cache<[u8; 32], ()>,
    refused: Cache<[u8; 32], ()>,
}

impl PasswordGate {
    /// A gate with `permits` hashes at once. `digest_key` are random bytes that keep what is
    /// remembered useless outside this process.
    #[must_use]
    pub fn new(permits: usize, digest_key: &[u8; 32], metrics: Arc<Metrics>) -> Self {
        let remember = |time| Cache::builder().max_capacity(REMEMBERED).time_to_live(time).build();
        Self {
            permits: Arc::new(Semaphore::new(permits.max(1))),
            waiting: AtomicUsize::new(0),
            metrics,
            hits: Hits::default(),
            digest_key: hmac::Key::new(hmac::HMAC_SHA256, digest_key),
            proven: remember(PROVEN_FOR),
            refused: remember(REFUSED_FOR),
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
        self.hashing(permit, move || hash_now(password.expose())).await.unwrap_or(Err(HashError::Failed))
    }

    /// Whether `hash` is of this password: for somebody who sets it, not who signs in with it.
    ///
    /// # Errors
    /// [`HashError::Busy`] or [`HashError::Failed`].
    pub async fn is_of(&self, password: &Password, hash: &str) -> Result<bool, HashError> {
        let permit = self.enter().await.map_err(|()| HashError::Busy)?;
        let (password, hash) = (password.clone(), hash.to_owned());
        let compared = self.hashing(permit, move || verify_now(password.expose(), &hash)).await;
        compared.ok_or(HashError::Failed)
    }

    /// Verifies a password against an account, or against nothing when there is none. One that may
    /// not sign in (`active` is false) is refused like one that does not exist. Returns whether the
    /// hash should be replaced by a better one.
    ///
    /// # Errors
    /// [`AuthnError::Rejected`], never sooner than a fixed time after the call; or
    /// [`AuthnError::Busy`].
    pub async fn verify(
        &self,
        user: &str,
        found: Option<&Found>,
        active: bool,
        password: &Password,
    ) -> Result<bool, AuthnError> {
        let answer_at = tokio::time::Instant::now() + REFUSAL_TIME;
        let result = self.verify_quickly(user, found, active, password).await;
        if matches!(result, Err(AuthnError::Rejected)) {
            tokio::time::sleep_until(answer_at).await;
        }
        result
    }

    async fn verify_quickly(
        &self,
        user: &str,
        found: Option<&Found>,
        active: bool,
        password: &Password,
    ) -> Result<bool, AuthnError> {
        let hash = found.and_then(|found| found.row.password_hash.as_deref());
        let key = self.remembered_as(user, found, hash.is_some() && active, password);
        if let Some(known) = self.recall(&key) {
            self.hits.hits.fetch_add(1, Ordering::Relaxed);
            return known;
        }
        self.hits.misses.fetch_add(1, Ordering::Relaxed);
        let permit = self.enter().await.map_err(|()| AuthnError::Busy)?;
        // Whoever was ahead in the queue may have asked the same.
        if let Some(known) = self.recall(&key) {
            return known;
        }
        let real = hash.is_some() && active;
        let against: Arc<str> = Arc::from(hash.unwrap_or(DUMMY));
        let candidate = password.clone();
        let right =
            self.hashing(permit, move || verify_now(candidate.expose(), &against)).await.unwrap_or(false);
        if !(right && real) {
            self.refused.insert(key, ());
            return Err(AuthnError::Rejected);
        }
        self.proven.insert(key, ());
        Ok(hash.is_some_and(|hash| !is_current(hash)))
    }

    fn recall(&self, key: &[u8; 32]) -> Option<Result<bool, AuthnError>> {
        if self.proven.contains_key(key) {
            Some(Ok(false))
        } else if self.refused.contains_key(key) {
            Some(Err(AuthnError::Rejected))
        } else {
            None
        }
    }

    /// INVARIANT: the key covers the account's internal id, its credential version and whether it
    /// can be signed in to, so a change of any of them forgets what was proven or refused before.
    fn remembered_as(&self, user: &str, found: Option<&Found>, real: bool, password: &Password) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.digest_key);
        let (id, version) =
            found.map_or(("", 0), |found| (found.row.id.as_str(), found.row.credential_version));
        for part in [id.as_bytes(), user.as_bytes(), if real { b"1" } else { b"0" }] {
            context.update(&part.len().to_be_bytes());
            context.update(part);
        }
        context.update(&version.to_be_bytes());
        context.update(password.expose());
        let mut key = [0; 32];
        for (to, from) in key.iter_mut().zip(context.sign().as_ref()) {
            *to = *from;
        }
        key
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
        work: impl FnOnce() -> T + Send + 'static,
    ) -> impl Future<Output = Option<T>> + Send + 'static {
        let metrics = self.metrics.clone();
        let task = tokio::task::spawn_blocking(move || {
            let began = Instant::now();
            let result = work();
            metrics.time_hash(began.elapsed());
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
        let hashing = self.hashing(permit, move || hash_now(password.expose()));
        Some(async move { hashing.await.and_then(Result::ok) })
    }
}

fn is_bcrypt(hash: &str) -> bool {
    ["$2a$", "$2b$", "$2y$"].iter().any(|prefix| hash.starts_with(prefix))
}

fn is_current(hash: &str) -> bool {
    PasswordHash::new(hash)
        .ok()
        .filter(|hash| hash.algorithm.as_str() == "argon2id")
        .and_then(|hash| Params::try_from(&hash).ok())
        .is_some_and(|params| params.m_cost() >= MEMORY_KIB && params.t_cost() >= PASSES)
}

fn hash_now(password: &[u8]) -> Result<String, HashError> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|_| HashError::Failed)?;
    let hasher = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let hash = hasher.hash_password(password).map_err(|_| HashError::Failed)?;
    Ok(hash.to_string())
}

fn verify_now(password: &[u8], hash: &str) -> bool {
    if is_bcrypt(hash) {
        // A password beyond bcrypt's 72 bytes is refused, not cut.
        return bcrypt::non_truncating_verify(password, hash).unwrap_or(false);
    }
    PasswordHash::new(hash).is_ok_and(|hash| Argon2::default().verify_password(password, &hash).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    const BCRYPT: &str = "$2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"; // `U*U`

    #[test]
    fn a_hash_of_ours_verifies_and_is_current() {
        let hash = hash_now(b"correct horse battery staple").unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(is_current(&hash));
        assert!(verify_now(b"correct horse battery staple", &hash));
        assert!(!verify_now(b"correct horse battery stable", &hash));
    }

    #[test]
    fn imported_bcrypt_verifies_and_is_due_for_renewal() {
        assert!(ImportedHash::parse(BCRYPT).is_ok());
        assert!(verify_now(b"U*U", BCRYPT));
        assert!(!verify_now(b"U*V", BCRYPT));
        assert!(!is_current(BCRYPT));
    }

    #[test]
    fn hashes_that_cannot_be_verified_at_a_bounded_cost_are_refused() {
        let table = [
            ("", HashError::UnknownForm),
            ("plain", HashError::UnknownForm),
            ("$apr1$abcdefgh$0123456789012345678901", HashError::UnknownForm),
            ("{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=", HashError::UnknownForm),
            ("$2y$05$short", HashError::UnknownForm),
            ("$2y$15$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", HashError::TooExpensive),
            (
                "$argon2id$v=19$m=4194304,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$RdescudvJCsgt3ub+b4dWRWJTmaaJObG4gsNGCnNLyY",
                HashError::TooExpensive,
            ),
            ("$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ", HashError::UnknownForm),
        ];
        for (text, expected) in table {
            assert_eq!(ImportedHash::parse(text).err(), Some(expected), "{text}");
        }
    }
}
