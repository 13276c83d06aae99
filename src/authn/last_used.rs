//! When credentials were last used: noted in memory, written in the background.
//!
//! At most one write a credential and minute. A lost mark harms nobody: nothing waits for a write,
//! and a full map drops new marks.

use super::identities::Cached;
use crate::domain::time::Timestamp;
use crate::storage::{AccessKeyRow, RefreshTokenRow, Store, StoreError, Transaction};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

/// How exact a mark is.
const GRAIN_SECONDS: i64 = 60;
/// How many credentials may wait for their mark to be written.
const MOST_PENDING: usize = 100_000;
/// How many marks one transaction writes. More would keep other writers waiting.
const PORTION: usize = 500;

#[derive(Debug, Clone)]
enum Mark {
    Key(Timestamp, Option<String>),
    Refresh(Timestamp, Option<String>),
}

/// Marks that wait to be written.
#[derive(Debug, Default)]
pub struct LastUsed {
    pending: Mutex<HashMap<String, Mark>>,
}

impl LastUsed {
    /// Notes that an access key was used.
    pub(super) fn mark_key(&self, cached: &Cached<AccessKeyRow>, address: Option<IpAddr>, now: Timestamp) {
        if cached.is_due(now, GRAIN_SECONDS) {
            self.note(&cached.detail.id, Mark::Key(now, address.map(|address| address.to_string())));
        }
    }

    /// Notes that a refresh token was used.
    pub(super) fn mark_session(
        &self,
        cached: &Cached<RefreshTokenRow>,
        address: Option<IpAddr>,
        now: Timestamp,
    ) {
        if cached.is_due(now, GRAIN_SECONDS) {
            self.note(&cached.detail.id, Mark::Refresh(now, address.map(|address| address.to_string())));
        }
    }

    fn note(&self, id: &str, mark: Mark) {
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        if pending.len() < MOST_PENDING || pending.contains_key(id) {
            pending.insert(id.to_owned(), mark);
        }
    }

    /// Writes the marks that wait. If that fails, they are lost.
    pub async fn flush(&self, store: &Store) -> Result<(), StoreError> {
        let marks = std::mem::take(&mut *self.pending.lock().unwrap_or_else(PoisonError::into_inner));
        // Every replica writes in the same order, so that no two wait for each other.
        let mut marks: Vec<(String, Mark)> = marks.into_iter().collect();
        marks.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        let mut marks = marks.into_iter();
        loop {
            let portion: Vec<(String, Mark)> = marks.by_ref().take(PORTION).collect();
            if portion.is_empty() {
                return Ok(());
            }
            write(store, portion).await?;
        }
    }
}

async fn write(store: &Store, marks: Vec<(String, Mark)>) -> Result<(), StoreError> {
    store
        .write(move |tx: &mut Transaction| {
            Box::pin(async move {
                for (id, mark) in marks {
                    match mark {
                        Mark::Key(at, address) => tx.touch_key(&id, at, address.as_deref()).await?,
                        Mark::Refresh(at, address) => {
                            tx.touch_refresh_token(&id, at, address.as_deref()).await?;
                        }
                    }
                }
                Ok(())
            })
        })
        .await
}
