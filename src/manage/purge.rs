//! Deletes credentials that ended a while ago. One replica at a time deletes them, in portions, so that other writes
//! never wait long.
//!
//! An ended credential is kept for some days: a client that presents it gets the answer that it has ended, and an
//! administrator finds it in the lists. An ended browser session is deleted by the next purge. Sign-ins in progress,
//! device codes and invitations are kept for ten minutes after their end. The deletion of an access key has a record in
//! the audit trail, like every administrative change. Neither the creation nor the purge of a refresh token has a
//! record.

use crate::accounts::AccessKey;
use crate::authn::{BROWSER_IDLE_SECONDS, IDLE_LIFE_SECONDS};
use crate::domain::change::{Change, Origin};
use crate::domain::kind::ObjectKind;
use crate::domain::time::Timestamp;
use crate::storage::{Store, StoreError, Transaction};

/// The time for which an ended credential is kept: 7 days.
const KEPT_SECONDS: i64 = 7 * 86_400;
/// The greatest number of refresh tokens, of browser sessions and of flows that one transaction deletes.
const PORTION: i64 = 500;
/// The number of access keys that one transaction deletes. Each key takes several statements while every other write
/// waits.
const KEYS: i64 = 50;
/// The lease that lets one replica purge at a time.
const LEASE: &str = "purge";
/// The life of the lease, seconds. Deleting a portion takes much less time.
const LEASE_SECONDS: i64 = 60;

/// The numbers of deleted rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Purged {
    /// The number of deleted refresh tokens.
    pub refresh_tokens: u64,
    /// The number of deleted access keys.
    pub access_keys: u64,
    /// The number of deleted browser sessions.
    pub browser_sessions: u64,
    /// The number of deleted sign-ins in progress, device codes and invitations.
    pub signin_flows: u64,
}

/// Deletes keys and refresh tokens that ended more than seven days ago, ended browser sessions, and flows that ended
/// more than ten minutes ago. A flow is a sign-in in progress, a device code or an invitation. Does nothing, or stops,
/// while another replica purges. `holder` names this replica.
///
/// # Errors
/// [`StoreError`]. Earlier deletions are not undone.
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
                    // Clients get no message that a browser session has ended, so an ended session is not kept.
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
