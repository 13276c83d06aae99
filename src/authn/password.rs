//! Passwords behind a gate that bounds the work.
//!
//! A verdict of a moment ago is taken from [`Verdicts`]: it costs no turn, is not counted and never
//! throttled. Equal attempts at the same time share one hash ([`Underway`]). An attempt that follows too many
//! wrong ones is refused ([`Throttling`]). Everything else takes its turn to be hashed ([`Turns`]).

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

/// How long a sign-in may take before it is told to try again.
// INTEROP: docker waits 15 seconds for a token, and then shows a timeout instead of our answer.
const LONGEST_WAIT: Duration = Duration::from_secs(14);
/// Every refusal of a password takes at least this long, whoever was named. So its time tells nothing
/// about accounts.
const REFUSAL_TIME: Duration = Duration::from_millis(400);

/// The rank of those who set a password: they have signed in.
const SIGNED_IN: Rank = 0;

/// The answer to an attempt whose verdict is remembered.
fn remembered(attempt: &Attempt<'_>, was_right: bool) -> Result<bool, AuthnError> {
    if was_right { Ok(false) } else { Err(attempt.refusal(true)) }
}

/// Hashes and verifies passwords, a bounded number at a time.
pub struct PasswordGate {
    turns: Arc<Turns>,
    underway: Underway,
    verdicts: Arc<Verdicts>,
    throttling: Throttling,
    metrics: Arc<Metrics>,
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
            turns: Arc::new(Turns::new(permits, metrics.clone())),
            underway: Underway::default(),
            verdicts: Arc::new(Verdicts::new(digest_key, max_staleness)),
            throttling: Throttling::new(Vec::new(), metrics.clone()),
            metrics,
        }
    }

    /// The same, where sign-ins from these networks are not throttled.
    #[must_use]
    pub fn exempting(self, networks: Vec<IpNet>) -> Self {
        Self { throttling: Throttling::new(networks, self.metrics.clone()), ..self }
    }

    /// How many passwords wait to be hashed.
    #[must_use]
    pub fn queue(&self) -> usize {
        self.turns.queue()
    }

    /// How often a verdict of a moment ago was at hand.
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

    /// Whether `hash` is of this password. For somebody who sets a password, not for signing in.
    pub async fn is_of(&self, password: &Password, hash: &str) -> Result<bool, HashError> {
        let turn = self.enter().await.ok_or(HashError::Busy)?;
        let (password, hash) = (password.clone(), hash.to_owned());
        let compared = self.turns.run(turn, move |memory| verify_now(memory, password.expose(), &hash));
        compared.await.ok_or(HashError::Failed)
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
    /// [`AuthnError::Rejected`], never sooner than a fixed time after `asked_at`; [`AuthnError::Throttled`],
    /// at once; or [`AuthnError::Busy`].
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
            return remembered(attempt, was_right);
        }
        self.verdicts.hits.miss();
        match attempt.verifier {
            PasswordVerifier::StoredHash(hash) => {
                let begin = || self.comparison(attempt, hash, key);
                let (comparison, is_first) = self.underway.join(key, begin)?;
                match tokio::time::timeout_at(asked_at + LONGEST_WAIT, comparison).await {
                    // One renewal of a weak hash is enough.
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

    /// Compares the password with the stored hash, or with [`DUMMY`] where there is none, which takes
    /// as long.
    fn comparison(
        &self,
        attempt: &Attempt<'_>,
        hash: Option<&str>,
        key: Key,
    ) -> Result<Comparison, NotCompared> {
        // Another request may have asked the same, and had its answer just now.
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
            let reservation = admitted.reserve()?;
            let work = turns.run(turn, move |memory| {
                let is_right = verify_now(memory, candidate.expose(), &against) && can_succeed;
                // Counted and remembered here, so that it holds even if all who asked have hung up.
                reservation.settle(is_right);
                verdicts.remember(key, is_right);
                is_right
            });
            work.await.ok_or(NotCompared::Busy)
        };
        Ok(comparison.boxed())
    }

    /// Waits for a turn; `None` if too many wait, or for too long.
    async fn enter(&self) -> Option<Turn> {
        let place = self.turns.place(SIGNED_IN)?;
        let turn = tokio::time::timeout(LONGEST_WAIT, place.turn()).await;
        if turn.is_err() {
            self.turns.count_refused();
        }
        turn.ok().flatten()
    }

    /// Hashes a password anew. `None` if no turn is free: the next sign-in tries again.
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
