//! Checks people at their providers. The background work checks the people who are due. An administrator can have any
//! person checked at once.

use super::check::Asking;
use super::providers::{Moment, Outside};
use super::settle::Confirmed;
use crate::domain::identity::{ProviderName, ProviderSettings};
use crate::domain::time::Timestamp;
use crate::storage::{IdentityRow, StoreError};
use futures_util::StreamExt;
use futures_util::stream;
use std::sync::Arc;

/// The greatest number of due people that one round reads from the database.
const BATCH: i64 = 64;
/// The greatest number of people that one round checks at the same time.
const AT_ONCE: usize = 8;

impl Outside {
    /// Returns the enabled providers, except those that are not asked now because they were silent.
    #[must_use]
    pub fn providers_to_ask(&self) -> Vec<ProviderName> {
        let asked = |settings: &Arc<ProviderSettings>| self.healths.left_alone(settings).is_none();
        let providers = self.snapshots.current().enabled_providers();
        providers.iter().filter(|settings| asked(settings)).map(|settings| settings.name.clone()).collect()
    }

    /// Asks a provider about some of the people who are due. Returns the number of checks that this server made or
    /// tried, without those that it left to another server.
    pub async fn check_due(
        self: &Arc<Self>,
        provider: &ProviderName,
        now: Timestamp,
    ) -> Result<usize, StoreError> {
        let due = self.store.read().await?.list_due_identities(provider, now, BATCH).await?;
        let now = Moment::at(now);
        let checks = stream::iter(due).map(|due| {
            let outside = self.clone();
            // The check runs in a task of its own: it must not be cut off while the provider exchanges a refresh token.
            let task = tokio::spawn(async move {
                let row = outside.store.read().await?.find_identity_of(&due.subject_id).await?;
                match row.filter(|row| due.is_still(row)) {
                    Some(row) => Ok(outside.check(row, Asking::Anybody, now).await?.is_some()),
                    None => Ok(false),
                }
            });
            async move { task.await.unwrap_or(Err(StoreError::Cut)) }
        });
        let mut checks = checks.buffer_unordered(AT_ONCE);
        let mut checked = 0;
        while let Some(done) = checks.next().await {
            checked += usize::from(done?);
        }
        Ok(checked)
    }

    /// Checks one person now, and waits for the answer. Returns `None` if another check of the person is in progress,
    /// here or on another server, or has ended since `row` was read.
    pub async fn check_now(
        self: &Arc<Self>,
        row: IdentityRow,
        now: Timestamp,
    ) -> Result<Option<Confirmed>, StoreError> {
        let (outside, now) = (self.clone(), Moment::at(now));
        // The check runs in a task of its own: it must not be cut off while the provider exchanges a refresh token.
        let task = tokio::spawn(async move { outside.check(row, Asking::Administrator, now).await });
        task.await.unwrap_or(Err(StoreError::Cut))
    }
}
