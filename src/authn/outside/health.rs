//! The health of each provider when this server last asked it. For a while, this server does not ask a silent
//! provider again, so people who would wait for it get their answer at once.

use crate::domain::identity::{ProviderName, ProviderSettings};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// The first pause after a provider was silent. Each further failure doubles the pause.
const FIRST: Duration = Duration::from_secs(5);
/// The longest pause after a provider was silent.
const LONGEST: Duration = Duration::from_secs(60);

/// Returns the pause before a provider is asked again, after this many earlier failures.
fn pause(failures: u32) -> Duration {
    FIRST.saturating_mul(1 << failures.min(4)).min(LONGEST)
}

/// The state of a provider when it was last asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Health {
    /// True if the provider answered; `None` if this server has not asked it since the start.
    pub reachable: Option<bool>,
    /// The fault of the last answer, or the reason why there was none; otherwise `None`.
    pub last_error: Option<String>,
}

#[derive(Default)]
struct State {
    health: Health,
    failures: u32,
    silent_until: Option<Instant>,
    /// The settings with which the provider was asked. With other settings it may answer.
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

    /// Notes that the provider answered.
    pub(super) fn answered(&self, provider: &ProviderName) {
        self.with(provider, |state| {
            *state = State { health: Health { reachable: Some(true), last_error: None }, ..State::default() };
        });
    }

    /// Notes that the provider answered, but said nothing usable about one person. Returns true if the reason is new.
    pub(super) fn unclear(&self, provider: &ProviderName, why: &str) -> bool {
        self.with(provider, |state| {
            let is_new = state.health.last_error.as_deref() != Some(why);
            let health = Health { reachable: Some(true), last_error: Some(why.to_owned()) };
            *state = State { health, ..State::default() };
            is_new
        })
    }

    /// Notes that the provider gave no usable answer. Returns true if the reason is new.
    pub(super) fn failed(&self, settings: &Arc<ProviderSettings>, why: &str) -> bool {
        self.with(&settings.name, |state| {
            let is_new = state.health.last_error.as_deref() != Some(why);
            if !state.is_as_asked(settings) {
                *state = State { settings: Some(settings.clone()), ..State::default() };
            }
            // Several requests that wait during one silence count as one failure.
            if state.silent_until.is_none_or(|until| until <= Instant::now()) {
                state.silent_until = Some(Instant::now() + pause(state.failures));
                state.failures += 1;
            }
            state.health = Health { reachable: Some(false), last_error: Some(why.to_owned()) };
            is_new
        })
    }

    /// Returns the reason why the provider is not asked now, if there is one.
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
        assert_eq!(healths.left_alone(&changed), None, "the provider may answer with other settings");
        healths.answered(&corp.name);
        assert_eq!(healths.left_alone(&corp), None);
        assert_eq!(healths.of(&corp.name), Health { reachable: Some(true), last_error: None });
        assert!(healths.failed(&corp, "silence") && healths.unclear(&corp.name, "no groups"));
        assert_eq!(healths.left_alone(&corp), None, "an unclear answer about one person is not a silence");
        assert_eq!(healths.of(&corp.name).reachable, Some(true));
    }
}
