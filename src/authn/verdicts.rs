//! Verdicts on passwords, remembered for a while under a keyed digest.
//!
//! Registry clients send the password with every token request, so a proven password is remembered. Some clients
//! repeat a failed POST as a GET, or continue to send an old password, so a refused password is remembered too. A
//! repeated refused password is not a further guess, so it is not counted. A refused password is remembered as long
//! as a counter of `throttle.rs` lasts.

use super::attempt::Attempt;
use super::cache::{Cache, Hits};
use super::throttle::KEPT_SECONDS;
use ring::hmac;
use std::time::{Duration, Instant};

/// The time for which a proven password is remembered: 5 minutes.
const PROVEN_FOR: Duration = Duration::from_secs(300);
/// The longest time for which a proven password is kept, even if the database is away for longer: a week.
const LONGEST_KEPT: Duration = Duration::from_secs(7 * 86_400);
/// The time for which a refused password is remembered.
const REFUSED_FOR: Duration = Duration::from_secs(KEPT_SECONDS.unsigned_abs());
/// The greatest number of proven passwords that are remembered.
const PROVEN: u64 = 100_000;
/// The greatest number of refused passwords that are remembered.
const REFUSED: u64 = 10_000;

/// The keyed digest of an attempt, under which its verdict is remembered.
pub(super) type Key = [u8; 32];

/// The remembered verdicts.
pub(super) struct Verdicts {
    digest_key: hmac::Key,
    /// The time at which each password was proven.
    proven: Cache<Key, Instant>,
    refused: Cache<Key, ()>,
    pub(super) hits: Hits,
}

impl Verdicts {
    /// Makes an empty memory of verdicts. `digest_key` contains random bytes that make the keys useless outside this
    /// process. While the database is away, a proven password remains valid for up to `max_staleness`.
    pub(super) fn new(digest_key: &[u8; 32], max_staleness: Duration) -> Self {
        let kept_for = PROVEN_FOR.saturating_add(max_staleness).min(LONGEST_KEPT);
        Self {
            digest_key: hmac::Key::new(hmac::HMAC_SHA256, digest_key),
            proven: Cache::of_passing_entries(PROVEN, kept_for),
            refused: Cache::of_passing_entries(REFUSED, REFUSED_FOR),
            hits: Hits::default(),
        }
    }

    /// Returns the key of an attempt.
    /// INVARIANT: besides the sent name and password, the key covers the account's internal id, its hash, its
    /// credential version and whether it may sign in. A change of any of these makes another key, under which nothing
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

    /// Returns the remembered verdict on an equal attempt: true if its password was right. Returns `None` if no
    /// verdict is remembered.
    pub(super) fn recall(&self, key: &Key) -> Option<bool> {
        if self.is_proven(key, Duration::ZERO) { Some(true) } else { self.refused.get(key).map(|()| false) }
    }

    /// Returns true if an equal attempt was right shortly before the database went away, `away_for` ago.
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
        assert!(!verdicts.is_proven(&key, seconds(0)), "the password was proven more than 5 minutes ago");
        assert!(verdicts.is_proven(&key, seconds(200)), "the password was remembered at that time");
        assert!(!verdicts.is_proven(&key, seconds(50)), "the password was forgotten before that time");
        assert!(!verdicts.is_proven(&[2; 32], seconds(200)));
    }
}
