//! The checks in progress, for each provider. Providers share nothing here, so a silent provider does not delay the
//! people of another provider.

use crate::domain::identity::ProviderName;
use crate::snapshot::place_of;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{MutexGuard, OwnedSemaphorePermit, Semaphore};

/// The greatest number of checks of one provider at once, by the background work and by requests together.
const CHECKS: u32 = 64;
/// The number of locks that the people of a provider share. Requests that must check the same person take turns.
const TURNS: usize = 256;

/// The checks of one provider.
pub(super) struct Line {
    checks: Arc<Semaphore>,
    turns: Box<[tokio::sync::Mutex<()>]>,
}

impl Line {
    fn new() -> Self {
        Self {
            checks: Arc::new(Semaphore::new(CHECKS as usize)),
            turns: (0..TURNS).map(|_| tokio::sync::Mutex::new(())).collect(),
        }
    }

    /// Waits for permission to check a person. Returns `None` if the server is stopping.
    pub(super) async fn permit(&self) -> Option<OwnedSemaphorePermit> {
        self.checks.clone().acquire_owned().await.ok()
    }

    /// Waits until no other request in this process is checking this person. The background work takes no turn.
    pub(super) async fn turn(&self, subject_id: &str) -> Option<MutexGuard<'_, ()>> {
        let turn = self.turns.get(place_of(&subject_id, self.turns.len()))?;
        Some(turn.lock().await)
    }
}

#[derive(Default)]
struct State {
    lines: BTreeMap<ProviderName, Arc<Line>>,
    is_stopping: bool,
}

/// The checks of all providers.
#[derive(Default)]
pub(super) struct Lines(Mutex<State>);

impl Lines {
    /// Returns the checks of a provider.
    pub(super) fn of(&self, provider: &ProviderName) -> Arc<Line> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(line) = state.lines.get(provider) {
            return line.clone();
        }
        let line = Arc::new(Line::new());
        if state.is_stopping {
            line.checks.close();
        }
        state.lines.insert(provider.clone(), line.clone());
        line
    }

    /// Waits for the checks in progress, and lets no other check begin. Returns false if a check did not end within
    /// `patience`.
    pub(super) async fn finish(&self, patience: Duration) -> bool {
        let lines: Vec<_> = {
            let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            state.is_stopping = true;
            state.lines.values().cloned().collect()
        };
        let all = futures_util::future::join_all(lines.iter().map(|line| async {
            // A check that asks for a permit after this line gets none.
            let _all = line.checks.acquire_many(CHECKS).await;
            line.checks.close();
        }));
        let is_in_time = tokio::time::timeout(patience, all).await.is_ok();
        lines.iter().for_each(|line| line.checks.close());
        is_in_time
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn providers_do_not_wait_for_each_other_and_none_begins_at_the_end() {
        let lines = Lines::default();
        let (silent, other) = (ProviderName::parse("silent").unwrap(), ProviderName::parse("other").unwrap());
        let mut taken = Vec::new();
        for _ in 0..CHECKS {
            taken.push(lines.of(&silent).permit().await.unwrap());
        }
        let wait = Duration::from_millis(50);
        let line = lines.of(&silent);
        assert!(
            tokio::time::timeout(wait, line.permit()).await.is_err(),
            "64 checks of a provider are in progress"
        );
        assert!(tokio::time::timeout(wait, lines.of(&other).permit()).await.unwrap().is_some());
        let _turn = line.turn("id").await;
        assert!(
            tokio::time::timeout(wait, line.turn("id")).await.is_err(),
            "requests about one person take turns"
        );
        let others = lines.of(&other);
        assert!(tokio::time::timeout(wait, others.turn("id")).await.is_ok());
        assert!(!lines.finish(wait).await, "checks are still in progress");
        for name in ["silent", "other", "new"] {
            assert!(lines.of(&ProviderName::parse(name).unwrap()).permit().await.is_none(), "{name}");
        }
    }
}
