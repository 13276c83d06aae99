//! Passwords behind a gate that bounds the work.
//!
//! A recent verdict comes from [`Verdicts`]: it takes no turn and is not counted. Equal attempts at the same time
//! share one hash ([`Underway`]). An attempt after too many wrong passwords is refused ([`Throttling`]). Every other
//! attempt takes its turn to be hashed ([`Turns`]).

use super::attempt::{Attempt, PasswordVerifier};
use super::cache::Hits;
use super::error::AuthnError;
use super::hashing::{DUMMY, HashError, hash_now, is_current, verify_now};
use super::reservation::Throttling;
use super::throttle::Rank;
use super::turns::{Turn, Turns};
use super::underway::{Comparison, NotCompared, Underway};
use super::verdicts::{Key, Verdicts};
use crate::domain::secret::Password;
use crate::metrics::Metrics;
use futures_util::FutureExt;
use ipnet::IpNet;
use std::future::{Future, ready};
use std::sync::Arc;
use std::time::Duration;

/// The longest time of a sign-in. A longer sign-in is refused, and the answer tells the client to try again.
// INTEROP: docker waits 15 seconds for a token, and then shows a timeout instead of our answer.
const LONGEST_WAIT: Duration = Duration::from_secs(14);
/// The shortest time of a refusal of a password, for every user name. So the time tells nothing about accounts.
const REFUSAL_TIME: Duration = Duration::from_millis(400);

/// The rank of the work on a password that is being set. It is the best rank, because only people who have signed in or
/// were invited set passwords.
const SIGNED_IN: Rank = 0;

/// Returns the answer to an attempt whose verdict is remembered.
fn remembered(attempt: &Attempt<'_>, was_right: bool) -> Result<bool, AuthnError> {
    if was_right { Ok(false) } else { Err(attempt.refusal(true)) }
}

/// The gate for passwords: hashes and verifies a bounded number of them at a time.
pub struct PasswordGate {
    turns: Arc<Turns>,
    underway: Underway,
    verdicts: Arc<Verdicts>,
    throttling: Throttling,
    metrics: Arc<Metrics>,
}

impl PasswordGate {
    /// Makes a gate for `permits` hashes at once. `digest_key` contains random bytes that make the remembered
    /// verdicts useless outside this process. While the database is away, a proven password remains valid for up to
    /// `max_staleness`.
    #[must_use]
    pub fn new(
        permits: usize,
        digest_key: &[u8; 32],
        metrics: Arc<Metrics>,
        max_staleness: Duration,
    ) -> Self {
        Self {
            turns: Arc::new(Turns::new(permits, metrics.clone())),
            underway: Underway::default(),
            verdicts: Arc::new(Verdicts::new(digest_key, max_staleness)),
            throttling: Throttling::new(Vec::new(), metrics.clone()),
            metrics,
        }
    }

    /// Returns this gate, which then does not throttle sign-ins from these networks.
    #[must_use]
    pub fn exempting(self, networks: Vec<IpNet>) -> Self {
        Self { throttling: Throttling::new(networks, self.metrics.clone()), ..self }
    }

    /// Returns the number of passwords that wait to be hashed.
    #[must_use]
    pub fn queue(&self) -> usize {
        self.turns.queue()
    }

    /// Returns the hits and misses of the remembered verdicts.
    #[must_use]
    pub fn hits(&self) -> &Hits {
        &self.verdicts.hits
    }

    /// Hashes a password that is being set.
    pub async fn hash(&self, password: &Password) -> Result<String, HashError> {
        let turn = self.enter().await.ok_or(HashError::Busy)?;
        let password = password.clone();
        self.turns
            .run(turn, move |memory| hash_now(memory, password.expose()))
            .await
            .unwrap_or(Err(HashError::Failed))
    }

    /// Returns true if `hash` is the hash of this password. For setting a password, not for signing in.
    pub async fn is_of(&self, password: &Password, hash: &str) -> Result<bool, HashError> {
        let turn = self.enter().await.ok_or(HashError::Busy)?;
        let (password, hash) = (password.clone(), hash.to_owned());
        let compared = self.turns.run(turn, move |memory| verify_now(memory, password.expose(), &hash));
        compared.await.ok_or(HashError::Failed)
    }

    /// Returns true if an equal attempt succeeded shortly before the database went away, `away_for` ago.
    pub(super) fn is_proven(&self, attempt: &Attempt<'_>, away_for: Duration) -> bool {
        attempt.can_succeed() && self.verdicts.is_proven(&self.verdicts.key_of(attempt), away_for)
    }

    /// Verifies the password of an attempt. An account that may not sign in is refused just like an account that does
    /// not exist. Returns true if a better hash should replace the stored hash.
    ///
    /// # Errors
    /// [`AuthnError::Rejected`], never sooner than a fixed time after `asked_at`; [`AuthnError::Throttled`] after too
    /// many wrong passwords; [`AuthnError::Busy`] if too many passwords wait, or if the wait takes too long.
    pub async fn verify(
        &self,
        attempt: &Attempt<'_>,
        asked_at: tokio::time::Instant,
    ) -> Result<bool, AuthnError> {
        let answer_at = asked_at + REFUSAL_TIME;
        let result = self.verify_quickly(attempt, asked_at).await;
        if matches!(result, Err(AuthnError::Rejected(_))) {
            tokio::time::sleep_until(answer_at).await;
        }
        result
    }

    async fn verify_quickly(
        &self,
        attempt: &Attempt<'_>,
        asked_at: tokio::time::Instant,
    ) -> Result<bool, AuthnError> {
        let key = self.verdicts.key_of(attempt);
        if let Some(was_right) = self.verdicts.recall(&key) {
            self.verdicts.hits.hit();
            if was_right {
                self.throttling.recall(attempt)?;
            }
            return remembered(attempt, was_right);
        }
        self.verdicts.hits.miss();
        match attempt.verifier {
            PasswordVerifier::StoredHash(hash) => {
                let begin = || self.comparison(attempt, hash, key);
                let (comparison, is_first) = self.underway.join(key, begin)?;
                match tokio::time::timeout_at(asked_at + LONGEST_WAIT, comparison).await {
                    // Equal attempts share this verdict. Only the first of them replaces a weak hash.
                    Ok(Ok(true)) => Ok(is_first && hash.is_some_and(|hash| !is_current(hash))),
                    Ok(Ok(false)) => Err(attempt.refusal(false)),
                    Ok(Err(error)) => Err(error.into()),
                    Err(_) => {
                        self.turns.count_refused();
                        Err(AuthnError::Busy)
                    }
                }
            }
        }
    }

    /// Compares the password with the stored hash. If there is no stored hash, compares with [`DUMMY`], which takes
    /// as long.
    fn comparison(
        &self,
        attempt: &Attempt<'_>,
        hash: Option<&str>,
        key: Key,
    ) -> Result<Comparison, NotCompared> {
        // Another request may have compared the same password just now.
        if let Some(was_right) = self.verdicts.recall(&key) {
            return Ok(ready(Ok(was_right)).boxed());
        }
        let admitted = self.throttling.admit(attempt)?;
        let place = self.turns.place(admitted.rank).ok_or(NotCompared::Busy)?;
        let against: Arc<str> = Arc::from(hash.unwrap_or(DUMMY));
        let (candidate, can_succeed) = (attempt.password.clone(), attempt.can_succeed());
        let (turns, verdicts) = (self.turns.clone(), self.verdicts.clone());
        let comparison = async move {
            let turn = place.turn().await.ok_or(NotCompared::Busy)?;
            let reservation = admitted.reserve().ok_or(NotCompared::Busy)??;
            let work = turns.run(turn, move |memory| {
                let is_right = verify_now(memory, candidate.expose(), &against) && can_succeed;
                // The verdict is counted and remembered in this task, so both happen even if all waiting clients have
                // hung up.
                reservation.settle(is_right);
                verdicts.remember(key, is_right);
                is_right
            });
            work.await.ok_or(NotCompared::Busy)
        };
        Ok(comparison.boxed())
    }

    /// Waits for a turn to hash. Returns `None` if too many attempts wait, or the wait takes too long.
    async fn enter(&self) -> Option<Turn> {
        let place = self.turns.place(SIGNED_IN)?;
        let turn = tokio::time::timeout(LONGEST_WAIT, place.turn()).await;
        if turn.is_err() {
            self.turns.count_refused();
        }
        turn.ok().flatten()
    }

    /// Hashes a password again. Returns `None` if no turn is free: then the next sign-in whose password is compared
    /// tries again.
    pub(super) fn rehash(
        &self,
        password: &Password,
    ) -> Option<impl Future<Output = Option<String>> + Send + 'static> {
        let turn = self.turns.at_once()?;
        let password = password.clone();
        let hashing = self.turns.run(turn, move |memory| hash_now(memory, password.expose()));
        Some(async move { hashing.await.and_then(Result::ok) })
    }
}
