//! What a provider said about somebody, written down.

use super::held::Held;
use super::providers::Outside;
use crate::accounts::{self, RecordedProvider, Vouched, WriteError};
use crate::domain::change::{Change, Origin};
use crate::domain::identity::{Person, ProviderSettings};
use crate::domain::kind::ObjectKind;
use crate::domain::time::Timestamp;
use crate::storage::{BoxFuture, Claim, IdentityRow, StoreError, Transaction};
use std::sync::Arc;

/// People who may go at once before it looks like a mistake of the provider.
const FEW: i64 = 10;
/// More of a round than this part of it may not go at once: one in five.
const PART: i64 = 5;

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Confirmed {
    /// The provider vouches for them.
    Good,
    /// The provider does not.
    Ended,
    /// It cannot be told now; why, for the log.
    NoAnswer(String),
    /// The provider said nothing clear about them; why, for the log.
    Unclear(String),
    /// The provider refuses very many people at once, so nobody is cut off.
    Held,
    /// Something happened to them meanwhile, or to the settings of the provider: look again.
    Overtaken,
}

/// What is written about a check.
pub(super) enum Verdict {
    Person(Box<Person>),
    Gone(String),
}

/// What was written.
enum Settled {
    Good(Vec<String>),
    Ended,
    Held {
        new: bool,
    },
    /// Something happened to the person meanwhile: what was asked about before says nothing any more.
    Overtaken,
}

impl Outside {
    /// Writes what a provider said about somebody. Ends the claim.
    pub(super) async fn settle(
        &self,
        settings: Arc<ProviderSettings>,
        row: IdentityRow,
        held: &Held,
        verdict: Verdict,
    ) -> Result<Confirmed, StoreError> {
        let (subject, provider) = (row.subject.clone(), settings.name.clone());
        let (now, claim) = (held.now(), held.claim.clone());
        let origin = Origin::system("recheck", now);
        let gone = match &verdict {
            Verdict::Gone(why) => Some(why.clone()),
            Verdict::Person(..) => None,
        };
        let store = self.store.clone();
        let writing: BoxFuture<'static, _> = Box::pin(async move {
            store
                .change(origin, move |tx: &mut Transaction| {
                    Box::pin(settle(tx, settings, row, claim, verdict, now))
                })
                .await
        });
        let settled = match writing.await {
            Ok(committed) => committed.value,
            Err(WriteError::Store(error)) => return Err(error),
            Err(error) => {
                tracing::error!(%provider, %subject, %error, "what a provider says cannot be written");
                self.release(held, now.plus_seconds(60)).await?;
                return Ok(Confirmed::NoAnswer(error.to_string()));
            }
        };
        match &settled {
            Settled::Good(warnings) => {
                for warning in warnings {
                    tracing::warn!(%provider, %subject, "{warning}");
                }
                tracing::debug!(event = "identity_checked", %provider, %subject, "confirmed by the provider");
                Ok(Confirmed::Good)
            }
            Settled::Overtaken => {
                tracing::debug!(%provider, %subject, "a check was overtaken by another change of the person");
                self.release(held, now).await?;
                Ok(Confirmed::Overtaken)
            }
            Settled::Ended => {
                let reason = gone.unwrap_or_default();
                tracing::info!(event = "identity_refused", %provider, %subject, reason, "refused by the provider");
                Ok(Confirmed::Ended)
            }
            Settled::Held { new } => {
                if *new {
                    tracing::error!(%provider, "very many people are gone at once, so nobody is cut off: if that is right, run `portreeve identity-providers release {provider}`");
                }
                Ok(Confirmed::Held)
            }
        }
    }
}

async fn settle(
    tx: &mut Transaction,
    settings: Arc<ProviderSettings>,
    row: IdentityRow,
    claim: Claim,
    verdict: Verdict,
    now: Timestamp,
) -> Result<Settled, WriteError> {
    // INVARIANT: only whoever holds the claim writes. While the provider was asked, the person may have signed in again,
    // or been unlinked or moved to another issuer, and another server may have asked after the time of the claim.
    let present = tx.find_identity_of(&row.subject_id).await?.filter(|present| {
        let is_same = present.id == row.id && present.identity.issuer == row.identity.issuer;
        is_same && present.upstream_token.is_some()
    });
    let asked_as_now = accounts::find_as_asked(tx, &settings).await?;
    let (Some(present), Some(settings), true) = (present, asked_as_now, tx.holds(&claim).await?) else {
        return Ok(Settled::Overtaken);
    };
    match verdict {
        Verdict::Person(person) => {
            let token = present.upstream_token.clone();
            let vouched = Vouched { provider: settings, person: *person, token, at: now };
            Ok(Settled::Good(accounts::confirm(tx, &present, &vouched).await?))
        }
        Verdict::Gone(_) => match brake(tx, &settings, now).await? {
            Some(new) => {
                tx.keep_unnoted();
                tx.release_identity(&claim, now.plus_seconds(settings.recheck)).await?;
                Ok(Settled::Held { new })
            }
            None => {
                accounts::refuse(tx, &present, now).await?;
                Ok(Settled::Ended)
            }
        },
    }
}

/// Whether nobody may be cut off, because very many are gone at once; and whether that is new.
async fn brake(
    tx: &mut Transaction,
    settings: &ProviderSettings,
    now: Timestamp,
) -> Result<Option<bool>, WriteError> {
    let Some(row) = tx.find_provider(&settings.name).await? else {
        return Ok(None);
    };
    if row.held_at.is_some() {
        return Ok(Some(false));
    }
    if row.unbraked_until.is_some_and(|until| now < until) {
        return Ok(None);
    }
    let people = tx.count_people(&settings.name, now, now.plus_seconds(-settings.recheck)).await?;
    let (gone, checked) = (people.gone + 1, people.checked + 1);
    if gone <= FEW || gone * PART <= checked {
        return Ok(None);
    }
    let new = tx.hold_provider(&settings.name, now).await?;
    let recorded = |held| RecordedProvider::of(&row).held(held);
    let (before, after) = (recorded(false), recorded(true));
    tx.note(Change::updated(ObjectKind::IdentityProvider, &settings.name, &before, &after));
    Ok(Some(new))
}
