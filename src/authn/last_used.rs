//! Notes the last use of credentials in memory, and writes these marks to the database in the background.
//!
//! Each replica writes at most one mark for each credential and minute. A lost mark does no harm. So no client waits
//! for the write, and a full map drops new marks.

use super::identities::Cached;
use crate::domain::time::Timestamp;
use crate::storage::{AccessKeyRow, RefreshTokenRow, Store, StoreError, Transaction};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

/// The precision of a mark, seconds.
const GRAIN_SECONDS: i64 = 60;
/// The most credentials whose marks may wait to be written.
const MOST_PENDING: usize = 100_000;
/// The most marks that one transaction writes. A transaction with more marks would keep other writers waiting for long.
const PORTION: usize = 500;

#[derive(Debug, Clone)]
enum Mark {
    Key(Timestamp, Option<String>),
    Refresh(Timestamp, Option<String>),
}

/// The marks that wait to be written.
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

    /// Writes the waiting marks. If a write fails, the marks that are not written yet are lost.
    pub async fn flush(&self, store: &Store) -> Result<(), StoreError> {
        let marks = std::mem::take(&mut *self.pending.lock().unwrap_or_else(PoisonError::into_inner));
        // Every replica writes in the order of the ids, so two replicas cannot deadlock.
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
