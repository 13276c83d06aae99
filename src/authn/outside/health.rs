//! How each provider was when this server last asked it: a silent one is left alone for a while, so that those who
//! wait for it are answered at once.

use crate::domain::identity::ProviderName;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// How long a silent provider is left alone at first; twice as long after each further failure.
const FIRST: Duration = Duration::from_secs(5);
/// How long it is left alone at most.
const LONGEST: Duration = Duration::from_secs(60);

/// How long a provider is left alone after so many failures before this one.
fn pause(failures: u32) -> Duration {
    FIRST.saturating_mul(1 << failures.min(4)).min(LONGEST)
}

/// How a provider was when it was last asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Health {
    /// Whether it answered; `None` if it was not asked since the start.
    pub reachable: Option<bool>,
    /// What went wrong last, if it did.
    pub last_error: Option<String>,
}

#[derive(Default)]
struct State {
    health: Health,
    failures: u32,
    silent_until: Option<Instant>,
}

/// The health of all providers.
#[derive(Default)]
pub(super) struct Healths(Mutex<BTreeMap<ProviderName, State>>);

impl Healths {
    fn with<T>(&self, provider: &ProviderName, tell: impl FnOnce(&mut State) -> T) -> T {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tell(all.entry(provider.clone()).or_default())
    }

    pub(super) fn of(&self, provider: &ProviderName) -> Health {
        self.with(provider, |state| state.health.clone())
    }

    /// The provider answered.
    pub(super) fn answered(&self, provider: &ProviderName) {
        self.with(provider, |state| {
            *state = State { health: Health { reachable: Some(true), last_error: None }, ..State::default() };
        });
    }

    /// The provider gave no answer that can be used. Returns whether that is new.
    pub(super) fn failed(&self, provider: &ProviderName, why: &str) -> bool {
        self.with(provider, |state| {
            let is_new = state.health.last_error.as_deref() != Some(why);
            // Several who wait for the same silence are one failure.
            if state.silent_until.is_none_or(|until| until <= Instant::now()) {
                state.silent_until = Some(Instant::now() + pause(state.failures));
                state.failures += 1;
            }
            state.health = Health { reachable: Some(false), last_error: Some(why.to_owned()) };
            is_new
        })
    }

    /// Why the provider is left alone just now.
    pub(super) fn left_alone(&self, provider: &ProviderName) -> Option<String> {
        self.with(provider, |state| {
            let silent = state.silent_until.is_some_and(|until| Instant::now() < until);
            if silent { state.health.last_error.clone() } else { None }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silent_provider_is_left_alone_for_longer_and_longer() {
        let pauses: Vec<u64> = (0..7).map(|failures| pause(failures).as_secs()).collect();
        assert_eq!(pauses, [5, 10, 20, 40, 60, 60, 60]);
        let (healths, corp) = (Healths::default(), ProviderName::parse("corp").unwrap());
        assert_eq!(healths.left_alone(&corp), None);
        assert!(healths.failed(&corp, "silence") && !healths.failed(&corp, "silence"));
        assert_eq!(healths.left_alone(&corp).as_deref(), Some("silence"));
        healths.answered(&corp);
        assert_eq!(healths.left_alone(&corp), None);
        assert_eq!(healths.of(&corp), Health { reachable: Some(true), last_error: None });
    }
}
