//! The claim on a person: only the check that has the claim asks the provider about the person. This file takes a
//! claim, gives it back, and stores the refresh token that the provider exchanged.

use super::providers::{Moment, Outside};
use crate::domain::time::Timestamp;
use crate::storage::{Claim, IdentityRow, StoreError, Transaction};
use std::time::{Duration, Instant};

/// The greatest age of a claim at which a refresh token may be sent: the rest of the claim's time is for the exchange.
const LATE: Duration = Duration::from_secs(10);
/// The time for which this server tries to store a new refresh token, because the provider may no longer accept the old
/// token.
const KEEP: Duration = Duration::from_secs(60);
/// The pause after the first failed try to store a token. Each further failure doubles the pause.
const PAUSE: Duration = Duration::from_millis(100);
/// The longest pause between two tries to store a token.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// A claim that this server has.
pub(super) struct Held {
    pub(super) claim: Claim,
    /// The time at which this server asked for the claim.
    asked: Instant,
    now: Moment,
}

impl Held {
    /// Returns the present time.
    pub(super) fn now(&self) -> Timestamp {
        self.now.now()
    }

    /// Returns true if the claim has too little time left to exchange a refresh token.
    pub(super) fn is_late(&self) -> bool {
        self.asked.elapsed() > LATE
    }
}

impl Outside {
    /// Takes the claim on a person. Returns `None` if another check has the claim, here or on another server, or if the
    /// person was checked, refused or made due since the row was read.
    pub(super) async fn claim(&self, row: &IdentityRow, now: Moment) -> Result<Option<Held>, StoreError> {
        let (row, asked) = (row.clone(), Instant::now());
        let claimed = self
            .write(move |tx: &mut Transaction| {
                Box::pin(async move { tx.claim_identity(&row, now.now()).await })
            })
            .await?;
        Ok(claimed.map(|claim| Held { claim, asked, now }))
    }

    /// Gives a claim back, and sets the next check of the person to `at`.
    pub(super) async fn release(&self, held: &Held, at: Timestamp) -> Result<(), StoreError> {
        let claim = held.claim.clone();
        self.write(move |tx: &mut Transaction| Box::pin(async move { tx.release_identity(&claim, at).await }))
            .await
    }

    /// Stores the next refresh token of a person before anything else is done; `None` removes the old token. If the
    /// write fails, tries again for up to [`KEEP`]: without the new token the person must sign in again. If the token
    /// cannot be sealed, or if the claim is lost, logs this and stores nothing.
    pub(super) async fn keep_token(
        &self,
        held: &Held,
        row: &IdentityRow,
        next: Option<&str>,
    ) -> Result<(), StoreError> {
        let (provider, external_id) = (&row.identity.provider, &row.identity.external_id);
        let (began, mut pause) = (Instant::now(), PAUSE);
        loop {
            // Each try seals the token again, because the sealing key may be exchanged between tries.
            let sealed = next.map(|next| self.secrets.seal_token(provider, external_id, next));
            let sealed = match sealed.transpose() {
                Ok(sealed) => sealed,
                Err(error) => {
                    tracing::error!(%provider, subject = %row.subject, %error, "a new refresh token of a provider cannot be kept");
                    return Ok(());
                }
            };
            let claim = held.claim.clone();
            let kept = self.write(move |tx: &mut Transaction| {
                Box::pin(async move { tx.keep_upstream_token(&claim, sealed.as_deref()).await })
            });
            match kept.await {
                Ok(true) => return Ok(()),
                Ok(false) => {
                    tracing::debug!(%provider, subject = %row.subject, "a new refresh token is not kept: the person signed in again, or is checked by another server");
                    return Ok(());
                }
                Err(error) if began.elapsed() > KEEP => {
                    tracing::error!(%provider, subject = %row.subject, %error, "a new refresh token of a provider is lost: the person must sign in again");
                    return Err(error);
                }
                Err(_) => tokio::time::sleep(pause).await,
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }
}
