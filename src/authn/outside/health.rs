//! How each provider was when this server last asked it: a silent one is left alone for a while, so that those who
//! wait for it are answered at once.

use crate::domain::identity::{ProviderName, ProviderSettings};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
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
    /// With which settings it was asked: one that was changed since may answer.
    settings: Option<Arc<ProviderSettings>>,
}

impl State {
    fn is_as_asked(&self, settings: &Arc<ProviderSettings>) -> bool {
        self.settings.as_ref().is_some_and(|asked| Arc::ptr_eq(asked, settings))
    }
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

    /// The provider answered, but said nothing about one person that can be used. Returns whether that is new.
    pub(super) fn unclear(&self, provider: &ProviderName, why: &str) -> bool {
        self.with(provider, |state| {
            let is_new = state.health.last_error.as_deref() != Some(why);
            let health = Health { reachable: Some(true), last_error: Some(why.to_owned()) };
            *state = State { health, ..State::default() };
            is_new
        })
    }

    /// The provider gave no answer that can be used. Returns whether that is new.
    pub(super) fn failed(&self, settings: &Arc<ProviderSettings>, why: &str) -> bool {
        self.with(&settings.name, |state| {
            let is_new = state.health.last_error.as_deref() != Some(why);
            if !state.is_as_asked(settings) {
                *state = State { settings: Some(settings.clone()), ..State::default() };
            }
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
    pub(super) fn left_alone(&self, settings: &Arc<ProviderSettings>) -> Option<String> {
        self.with(&settings.name, |state| {
            let silent = state.silent_until.is_some_and(|until| Instant::now() < until);
            if silent && state.is_as_asked(settings) { state.health.last_error.clone() } else { None }
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
        let settings = r#"{"kind": "oidc", "issuer": "https://id.example.org", "client_id": "portreeve"}"#;
        let corp = Arc::new(ProviderSettings::stored("corp", settings).unwrap());
        let healths = Healths::default();
        assert_eq!(healths.left_alone(&corp), None);
        assert!(healths.failed(&corp, "silence") && !healths.failed(&corp, "silence"));
        assert_eq!(healths.left_alone(&corp).as_deref(), Some("silence"));
        let changed = Arc::new((*corp).clone());
        assert_eq!(healths.left_alone(&changed), None, "it may answer to other settings");
        healths.answered(&corp.name);
        assert_eq!(healths.left_alone(&corp), None);
        assert_eq!(healths.of(&corp.name), Health { reachable: Some(true), last_error: None });
        assert!(healths.failed(&corp, "silence") && healths.unclear(&corp.name, "no groups"));
        assert_eq!(healths.left_alone(&corp), None, "one person says nothing about the others");
        assert_eq!(healths.of(&corp.name).reachable, Some(true));
    }
}
