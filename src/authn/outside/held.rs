//! The claim on a person: taken, given back, and the refresh token that is exchanged under it.

use super::providers::{Moment, Outside};
use crate::domain::time::Timestamp;
use crate::storage::{Claim, IdentityRow, StoreError, Transaction};
use std::time::{Duration, Instant};

/// How old a claim may be when the refresh token is sent: the rest of its time is for the exchange.
const LATE: Duration = Duration::from_secs(10);
/// For how long it is tried to store a new refresh token: the one before is of no use any more.
const KEEP: Duration = Duration::from_secs(60);
/// The pause after the first try; twice as long after each further one, up to [`LONGEST_PAUSE`].
const PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// A claim that this server holds.
pub(super) struct Held {
    pub(super) claim: Claim,
    /// Before it was asked for.
    asked: Instant,
    now: Moment,
}

impl Held {
    /// The time now.
    pub(super) fn now(&self) -> Timestamp {
        self.now.now()
    }

    /// Whether so much of its time is over that nothing may be exchanged any more.
    pub(super) fn is_late(&self) -> bool {
        self.asked.elapsed() > LATE
    }
}

impl Outside {
    /// Claims somebody. `None` if another server has the claim, or has asked since the row was read.
    pub(super) async fn claim(&self, row: &IdentityRow, now: Moment) -> Result<Option<Held>, StoreError> {
        let (row, asked) = (row.clone(), Instant::now());
        let claimed = self
            .write(move |tx: &mut Transaction| {
                Box::pin(async move { tx.claim_identity(&row, now.now()).await })
            })
            .await?;
        Ok(claimed.map(|claim| Held { claim, asked, now }))
    }

    /// Gives a claim back and has the provider asked again at `at`.
    pub(super) async fn release(&self, held: &Held, at: Timestamp) -> Result<(), StoreError> {
        let claim = held.claim.clone();
        self.write(move |tx: &mut Transaction| Box::pin(async move { tx.release_identity(&claim, at).await }))
            .await
    }

    /// Stores the next refresh token of somebody, or that there is none any more, before anything else is done. A database that is busy is tried again
    /// and again: without the new token the person is lost.
    pub(super) async fn keep_token(
        &self,
        held: &Held,
        row: &IdentityRow,
        next: Option<&str>,
    ) -> Result<(), StoreError> {
        let (provider, external_id) = (&row.identity.provider, &row.identity.external_id);
        let (began, mut pause) = (Instant::now(), PAUSE);
        loop {
            // Sealed for each try, because the key may be exchanged meanwhile.
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
                    tracing::error!(%provider, subject = %row.subject, %error, "a new refresh token of a provider is lost: the person signs in again");
                    return Err(error);
                }
                Err(_) => tokio::time::sleep(pause).await,
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }
}
