//! Deleting credentials that ended a while ago: by one replica at a time, in portions, so that nobody
//! waits for it.
//!
//! They are kept for some days, so that whoever presents one is told that it has ended, and an
//! administrator finds it in the lists. Browser sessions go at once, flows of signing in after ten minutes. An access key leaves a
//! record in the audit trail, as each administrative change does; a refresh token leaves none, as when it was made.

use crate::accounts::AccessKey;
use crate::authn::{BROWSER_IDLE_SECONDS, IDLE_LIFE_SECONDS};
use crate::domain::change::{Change, Origin};
use crate::domain::kind::ObjectKind;
use crate::domain::time::Timestamp;
use crate::storage::{Store, StoreError, Transaction};

/// For how long something that has ended is kept: 7 days.
const KEPT_SECONDS: i64 = 7 * 86_400;
/// How many refresh tokens are deleted in one transaction.
const PORTION: i64 = 500;
/// The same of access keys, each of which takes several statements while every other write waits.
const KEYS: i64 = 50;
/// One replica at a time.
const LEASE: &str = "purge";
/// A portion takes much less.
const LEASE_SECONDS: i64 = 60;

/// How much was deleted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Purged {
    /// Refresh tokens.
    pub refresh_tokens: u64,
    /// Access keys.
    pub access_keys: u64,
    /// Browser sessions.
    pub browser_sessions: u64,
    /// Sign-ins that were under way, devices and invitations.
    pub signin_flows: u64,
}

/// Deletes what ended more than seven days before `now()`, and what nobody asks for once it has ended, unless another
/// replica is at it. `holder` names this replica.
///
/// # Errors
/// [`StoreError`]; what was deleted before stays deleted.
pub async fn purge_ended(
    store: &Store,
    holder: &str,
    now: impl Fn() -> Timestamp,
) -> Result<Purged, StoreError> {
    let mut purged = Purged::default();
    loop {
        let at = now();
        if !store.take_lease(LEASE, holder.to_owned(), at, at.plus_seconds(LEASE_SECONDS)).await? {
            return Ok(purged);
        }
        let ended = at.plus_seconds(-KEPT_SECONDS);
        let idle = ended.plus_seconds(-IDLE_LIFE_SECONDS);
        let (tokens, sessions, flows) = store
            .write(move |tx: &mut Transaction| {
                Box::pin(async move {
                    let tokens = tx.purge_refresh_tokens(ended, idle, PORTION).await?;
                    // Nobody is told that one of these has ended, so none is kept.
                    let left_alone = at.plus_seconds(-BROWSER_IDLE_SECONDS);
                    let sessions = tx.purge_browser_sessions(at, left_alone, PORTION).await?;
                    Ok((tokens, sessions, tx.purge_flows(at, PORTION).await?))
                })
            })
            .await?;
        let keys = purge_keys(store, at, ended).await?;
        purged.refresh_tokens += tokens;
        purged.access_keys += keys;
        purged.browser_sessions += sessions;
        purged.signin_flows += flows;
        if tokens + keys + sessions + flows == 0 {
            store.release_lease(LEASE, holder.to_owned()).await?;
            return Ok(purged);
        }
    }
}

async fn purge_keys(store: &Store, at: Timestamp, ended: Timestamp) -> Result<u64, StoreError> {
    let origin = Origin::system("purge", at);
    let committed = store
        .change(origin, move |tx: &mut Transaction| {
            Box::pin(async move {
                let mut deleted = 0;
                for (owner, key) in tx.list_ended_keys(ended, KEYS).await? {
                    tx.revoke_key(&key.id).await?;
                    tx.note(Change::deleted(
                        ObjectKind::AccessKey,
                        &key.id,
                        &AccessKey::recorded(&owner, &key),
                    ));
                    deleted += 1;
                }
                Ok::<_, StoreError>(deleted)
            })
        })
        .await?;
    Ok(committed.value)
}
