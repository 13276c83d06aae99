//! Verdicts on passwords, remembered for a while under a keyed digest.
//!
//! Registry clients send the password with every token request, so one that was proven is remembered.
//! Some clients repeat a failed POST as a GET, and go on with a password that was changed, so one that was
//! refused is remembered too. Repeating it guesses nothing: it is not counted (`throttle.rs`) as long as
//! others are.

use super::attempt::Attempt;
use super::cache::{Cache, Hits};
use super::throttle::KEPT_SECONDS;
use ring::hmac;
use std::time::{Duration, Instant};

const PROVEN_FOR: Duration = Duration::from_secs(300);
/// The longest time that a proven password is kept, however long the database is away: a week.
const LONGEST_KEPT: Duration = Duration::from_secs(7 * 86_400);
const REFUSED_FOR: Duration = Duration::from_secs(KEPT_SECONDS.unsigned_abs());
/// How many proven passwords are remembered, and how many refused ones.
const PROVEN: u64 = 100_000;
const REFUSED: u64 = 10_000;

/// What an attempt is remembered under.
pub(super) type Key = [u8; 32];

/// The verdicts of the last minutes.
pub(super) struct Verdicts {
    digest_key: hmac::Key,
    /// When each was proven.
    proven: Cache<Key, Instant>,
    refused: Cache<Key, ()>,
    pub(super) hits: Hits,
}

impl Verdicts {
    /// No verdicts yet. `digest_key` are random bytes that make the keys useless outside this process.
    pub(super) fn new(digest_key: &[u8; 32], max_staleness: Duration) -> Self {
        let kept_for = PROVEN_FOR.saturating_add(max_staleness).min(LONGEST_KEPT);
        Self {
            digest_key: hmac::Key::new(hmac::HMAC_SHA256, digest_key),
            proven: Cache::of_passing_entries(PROVEN, kept_for),
            refused: Cache::of_passing_entries(REFUSED, REFUSED_FOR),
            hits: Hits::default(),
        }
    }

    /// INVARIANT: the key covers the account's internal id, what decides (its hash), its credential version and
    /// whether it can be signed in to. A change of any of them makes another key, under which nothing
    /// is remembered.
    pub(super) fn key_of(&self, attempt: &Attempt<'_>) -> Key {
        let mut context = hmac::Context::with_key(&self.digest_key);
        let row = attempt.found.map(|found| &found.row);
        let (id, version) = row.map_or(("", 0), |row| (row.id.as_str(), row.credential_version));
        let can_succeed: &[u8] = if attempt.can_succeed() { b"1" } else { b"0" };
        for part in [id.as_bytes(), attempt.user.as_bytes(), attempt.verifier.fingerprint(), can_succeed] {
            context.update(&part.len().to_be_bytes());
            context.update(part);
        }
        context.update(&version.to_be_bytes());
        context.update(attempt.password.expose());
        context.sign().as_ref().try_into().unwrap_or_default()
    }

    /// Whether the same attempt was right a moment ago; `None` where that is not remembered.
    pub(super) fn recall(&self, key: &Key) -> Option<bool> {
        if self.is_proven(key, Duration::ZERO) { Some(true) } else { self.refused.get(key).map(|()| false) }
    }

    /// Whether it was proven a moment before the database went away, which was `away_for` ago.
    pub(super) fn is_proven(&self, key: &Key, away_for: Duration) -> bool {
        let still = PROVEN_FOR.saturating_add(away_for);
        self.proven.get(key).is_some_and(|proven_at| proven_at.elapsed() < still)
    }

    /// Remembers a verdict.
    pub(super) fn remember(&self, key: Key, is_right: bool) {
        if is_right {
            self.proven.insert(key, Instant::now());
        } else {
            self.refused.insert(key, ());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_proven_before_the_database_went_away_holds_until_it_is_back() {
        let verdicts = Verdicts::new(&[7; 32], Duration::from_secs(3600));
        let key = [1; 32];
        let seconds = Duration::from_secs;
        let proven_at = Instant::now().checked_sub(seconds(400)).unwrap();
        verdicts.proven.insert(key, proven_at);
        assert!(!verdicts.is_proven(&key, seconds(0)), "longer ago than is remembered");
        assert!(verdicts.is_proven(&key, seconds(200)), "it was remembered when the database went away");
        assert!(!verdicts.is_proven(&key, seconds(50)), "it was forgotten already");
        assert!(!verdicts.is_proven(&[2; 32], seconds(200)));
    }
}
