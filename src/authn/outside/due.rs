//! Everybody whom a provider is to be asked about, in the background.

use super::providers::Outside;
use crate::domain::identity::ProviderName;
use crate::domain::time::Timestamp;
use crate::storage::{IdentityRow, StoreError};
use futures_util::StreamExt;
use futures_util::stream;
use std::sync::Arc;

/// How many people are looked up at once.
const BATCH: i64 = 64;
/// How many are asked about at once.
const AT_ONCE: usize = 8;

impl Outside {
    /// Asks all enabled providers about those who are due. Returns how many people that were.
    pub async fn check_due(self: &Arc<Self>, now: Timestamp) -> Result<usize, StoreError> {
        let providers = self.snapshots.current().enabled_providers();
        let mut checked = 0;
        for provider in providers {
            if self.healths.left_alone(&provider.name).is_none() {
                checked += self.check_due_of(&provider.name, now).await?;
            }
        }
        Ok(checked)
    }

    async fn check_due_of(
        self: &Arc<Self>,
        provider: &ProviderName,
        now: Timestamp,
    ) -> Result<usize, StoreError> {
        let due = self.store.read().await?.list_due_identities(provider, now, BATCH).await?;
        let checks = stream::iter(due).map(|subject_id| {
            let outside = self.clone();
            // In a task of its own: it must not be cut off while the provider exchanges a refresh token.
            let task = tokio::spawn(async move {
                let row = outside.store.read().await?.find_identity_of(&subject_id).await?;
                match row {
                    Some(row) if row.recheck_at <= now => Ok(outside.check(row, now).await?.is_some()),
                    _ => Ok(false),
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
}

impl Outside {
    /// Asks about one person now, and waits for the answer.
    pub async fn check_now(self: &Arc<Self>, row: IdentityRow, now: Timestamp) -> Result<(), StoreError> {
        let outside = self.clone();
        // In a task of its own, as above.
        let task = tokio::spawn(async move { outside.check(row, now).await.map(|_| ()) });
        task.await.unwrap_or(Err(StoreError::Cut))
    }
}
