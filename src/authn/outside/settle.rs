//! Writes the answer of a provider about a person to the database.

use super::held::Held;
use super::providers::Outside;
use crate::accounts::{self, RecordedProvider, Vouched, WriteError};
use crate::domain::change::{Change, Origin};
use crate::domain::identity::{Person, ProviderSettings};
use crate::domain::kind::ObjectKind;
use crate::domain::time::Timestamp;
use crate::storage::{BoxFuture, Claim, IdentityRow, StoreError, Transaction};
use std::sync::Arc;

/// If at most this number of people is refused, that never looks like a mistake of the provider.
const FEW: i64 = 10;
/// If at most one in this number of the checked people is refused, that never looks like a mistake of the provider.
const PART: i64 = 5;

/// The result of a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Confirmed {
    /// The provider vouches for the person.
    Good,
    /// The provider does not vouch for the person, or the person's sign-in has ended.
    Ended,
    /// The provider was not asked, or gave no answer, or the answer was not stored. The text is the reason, for people.
    NoAnswer(String),
    /// There is no clear answer of the provider about the person. The text is the reason, for people.
    Unclear(String),
    /// The provider refuses very many people at once, so nobody is cut off.
    Held,
    /// The person or the provider's settings changed meanwhile, or this server lost the claim. The caller reads the
    /// person again.
    Overtaken,
}

/// The result of a check, to be written.
pub(super) enum Verdict {
    Person(Box<Person>),
    Gone(String),
}

/// The result of the write.
enum Settled {
    Good(Vec<String>),
    Ended,
    Held {
        new: bool,
    },
    /// The person or the provider's settings changed meanwhile, or this server lost the claim. So the answer of the
    /// provider is out of date.
    Overtaken,
}

impl Outside {
    /// Writes the provider's answer about a person. Ends the claim.
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
                tracing::error!(%provider, %subject, %error, "the answer of a provider cannot be stored");
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
    // INVARIANT: only the holder of the claim writes. While the provider was asked, the person may have signed in
    // again, been unlinked or moved to another issuer. After the end of the claim, another server may have asked the
    // provider.
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

/// Returns `Some` if nobody may be cut off, because the provider refuses very many people at once, or did so and was
/// not released since. The flag inside is true if the provider is held from this check on.
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
