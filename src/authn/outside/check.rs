//! One person, checked at their provider without being there.

use super::providers::{NotAsked, Outside};
use crate::accounts::{self, RecordedProvider, Vouched, WriteError};
use crate::domain::change::{Change, Origin};
use crate::domain::identity::{IdentityState, Person, ProviderName, ProviderSettings, Standing};
use crate::domain::kind::ObjectKind;
use crate::domain::time::Timestamp;
use crate::snapshot::place_of;
use crate::storage::{BoxFuture, IdentityRow, StoreError, StoredSubject, Transaction};
use crate::upstream::{Answer, Tokens};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long somebody waits who comes back after their time.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long a person waits for another check of the same person. Less than [`PATIENCE`]: this says nothing about the
/// provider.
const LONGEST_TURN: Duration = Duration::from_millis(2500);
/// How often it is looked whether another server is done with its check.
const LOOK: Duration = Duration::from_millis(100);
/// After how long a provider that gave no answer is asked again about somebody, seconds.
const AGAIN: i64 = 60;
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
}

/// What is written about a check.
enum Verdict {
    Person(Box<Person>, String),
    Gone(String),
}

impl Outside {
    /// Confirms somebody whose time has run out, in the request that brought them back.
    pub async fn confirm(
        self: &Arc<Self>,
        found: &StoredSubject,
        now: Timestamp,
    ) -> Result<Confirmed, StoreError> {
        let Some(identity) = &found.identity else {
            return Ok(Confirmed::Good);
        };
        let provider = identity.provider.clone();
        if let Some(why) = self.healths.left_alone(&provider) {
            return Ok(Confirmed::NoAnswer(why));
        }
        let (outside, id) = (self.clone(), found.row.id.clone());
        // In a task of its own: it must not be cut off while the provider exchanges a refresh token.
        let task = tokio::spawn(async move { outside.confirm_in_turn(&id, now).await });
        match tokio::time::timeout(PATIENCE, task).await {
            Ok(confirmed) => confirmed.unwrap_or(Err(StoreError::Cut)),
            Err(_) => {
                let why = "no answer within three seconds";
                self.note_failure(&provider, why);
                Ok(Confirmed::NoAnswer(why.to_owned()))
            }
        }
    }

    async fn confirm_in_turn(&self, subject_id: &str, now: Timestamp) -> Result<Confirmed, StoreError> {
        let began = Instant::now();
        let turn = self.turns.get(place_of(&subject_id, self.turns.len()));
        let _turn = match turn {
            Some(turn) => Some(turn.lock().await),
            None => None,
        };
        loop {
            let row = self.store.read().await?.find_identity_of(subject_id).await?;
            let Some(row) = row else {
                return Ok(Confirmed::Good);
            };
            let waited = i64::try_from(began.elapsed().as_secs()).unwrap_or(i64::MAX);
            let now = now.plus_seconds(waited);
            match row.identity.holds(now) {
                Standing::Good => return Ok(Confirmed::Good),
                Standing::Ended => return Ok(Confirmed::Ended),
                Standing::Unconfirmed => {}
            }
            // Whoever asked has gone by then, and the next one in turn shall not wait for nothing.
            if began.elapsed() > LONGEST_TURN {
                return Ok(Confirmed::NoAnswer("somebody else is checking this person".to_owned()));
            }
            if let Some(confirmed) = self.check(row, now).await? {
                return Ok(confirmed);
            }
            // Another server is checking them, or has left its claim behind.
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Checks somebody. `None` if another server is doing so. The caller runs it in a task of its own.
    pub(super) fn check(
        &self,
        row: IdentityRow,
        now: Timestamp,
    ) -> BoxFuture<'_, Result<Option<Confirmed>, StoreError>> {
        Box::pin(self.check_claimed(row, now))
    }

    async fn check_claimed(&self, row: IdentityRow, now: Timestamp) -> Result<Option<Confirmed>, StoreError> {
        let Ok(_permit) = self.checks.acquire().await else {
            return Ok(Some(Confirmed::NoAnswer("the server is stopping".to_owned())));
        };
        let settings = match self.provider(row.identity.provider.as_str()) {
            Ok(settings) => settings,
            Err(error) => return Ok(Some(Confirmed::NoAnswer(error.to_string()))),
        };
        let (id, checked_at) = (row.id.clone(), row.identity.checked_at);
        let claimed = self
            .write(move |tx: &mut Transaction| {
                Box::pin(async move { tx.claim_identity(&id, checked_at, now).await })
            })
            .await?;
        if !claimed {
            return Ok(None);
        }
        // The token may be another one since the row was read.
        let row = self.store.read().await?.find_identity_of(&row.subject_id).await?;
        let Some(row) = row.filter(|row| row.identity.state == IdentityState::Active) else {
            return Ok(Some(Confirmed::Ended));
        };
        let answer = self.ask(&settings, &row, now).await?;
        self.metrics.count_identity_check(match &answer {
            Answer::Person(_) => "person",
            Answer::Gone(_) => "gone",
            Answer::NoAnswer(_) => "no_answer",
        });
        let confirmed = match answer {
            Answer::Person((person, token)) if person.external_id == row.identity.external_id => {
                self.healths.answered(&settings.name);
                self.settle(settings, row, Verdict::Person(Box::new(person), token), now).await?
            }
            Answer::Person(_) => self.give_up(&row, "the provider answered about somebody else", now).await?,
            Answer::Gone(why) => {
                self.healths.answered(&settings.name);
                self.settle(settings, row, Verdict::Gone(why), now).await?
            }
            Answer::NoAnswer(why) => self.give_up(&row, &why, now).await?,
        };
        Ok(Some(confirmed))
    }

    /// Asks the provider about somebody whose claim this server holds. Returns the person and their sealed refresh
    /// token.
    async fn ask(
        &self,
        settings: &Arc<ProviderSettings>,
        row: &IdentityRow,
        now: Timestamp,
    ) -> Result<Answer<(Person, String)>, StoreError> {
        let Some(sealed) = row.upstream_token.clone() else {
            return Ok(Answer::NoAnswer("there is no refresh token".to_owned()));
        };
        let (provider, external_id) = (&row.identity.provider, &row.identity.external_id);
        let opened = self.secrets.open_token(provider, external_id, &sealed);
        let upstream = match self.open(settings.clone()).await {
            Ok(upstream) => upstream,
            Err(NotAsked::Store(error)) => return Err(error),
            Err(other) => return Ok(Answer::NoAnswer(other.to_string())),
        };
        let token = match opened {
            Ok(token) => token,
            Err(error) => return Ok(Answer::NoAnswer(error.to_string())),
        };
        let tokens = match upstream.refresh(&token, now).await {
            Answer::Person(tokens) => tokens,
            Answer::Gone(why) => return Ok(Answer::Gone(why)),
            Answer::NoAnswer(why) => return Ok(Answer::NoAnswer(why)),
        };
        let sealed = self.keep_token(row, sealed, &tokens).await?;
        Ok(upstream.describe(&tokens, None, now).await.and_then(|person| Answer::Person((person, sealed))))
    }

    /// Stores the next refresh token before anything else, if there is one. Returns the one that is stored.
    async fn keep_token(
        &self,
        row: &IdentityRow,
        old: String,
        tokens: &Tokens,
    ) -> Result<String, StoreError> {
        let Some(next) = &tokens.refresh else {
            return Ok(old);
        };
        let (provider, external_id) = (&row.identity.provider, &row.identity.external_id);
        let new = match self.secrets.seal_token(provider, external_id, next) {
            Ok(new) => new,
            Err(error) => {
                tracing::error!(%provider, %error, "a new refresh token of a provider cannot be kept");
                return Ok(old);
            }
        };
        let (id, kept) = (row.id.clone(), new.clone());
        self.write(move |tx: &mut Transaction| {
            Box::pin(async move { tx.replace_upstream_token(&id, &old, &kept).await })
        })
        .await?;
        Ok(new)
    }

    /// Writes what a provider said about somebody.
    async fn settle(
        &self,
        settings: Arc<ProviderSettings>,
        row: IdentityRow,
        verdict: Verdict,
        now: Timestamp,
    ) -> Result<Confirmed, StoreError> {
        let (subject, provider) = (row.subject.clone(), settings.name.clone());
        let origin = Origin::system("recheck", now);
        let gone = match &verdict {
            Verdict::Gone(why) => Some(why.clone()),
            Verdict::Person(..) => None,
        };
        let store = self.store.clone();
        let writing: BoxFuture<'static, _> = Box::pin(async move {
            store
                .change(origin, move |tx: &mut Transaction| Box::pin(settle(tx, settings, row, verdict, now)))
                .await
        });
        let written = writing.await;
        let settled = match written {
            Ok(committed) => committed.value,
            Err(WriteError::Store(error)) => return Err(error),
            Err(error) => {
                tracing::error!(%provider, %subject, %error, "what a provider says cannot be written");
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
            Settled::Ended => {
                let reason = gone.unwrap_or_default();
                tracing::info!(event = "identity_refused", %provider, %subject, reason, "refused by the provider");
                Ok(Confirmed::Ended)
            }
            Settled::Held { new } => {
                if *new {
                    tracing::error!(%provider, "very many people are gone at once, so nobody is cut off: if that is right, run `portreeve identity-providers release {provider}`");
                }
                Ok(Confirmed::NoAnswer("the provider refuses very many people at once".to_owned()))
            }
        }
    }

    /// Runs a write of bookkeeping. Boxed, so that the compiler sees that it can be sent to another thread.
    fn write<T, F>(&self, body: F) -> BoxFuture<'static, Result<T, StoreError>>
    where
        T: Send + 'static,
        F: for<'w> FnOnce(&'w mut Transaction) -> BoxFuture<'w, Result<T, StoreError>> + Send + 'static,
    {
        let store = self.store.clone();
        Box::pin(async move { store.write(body).await })
    }

    /// Gives the claim back: there was no answer.
    async fn give_up(&self, row: &IdentityRow, why: &str, now: Timestamp) -> Result<Confirmed, StoreError> {
        self.note_failure(&row.identity.provider, why);
        let (id, at) = (row.id.clone(), now.plus_seconds(AGAIN));
        self.write(move |tx: &mut Transaction| Box::pin(async move { tx.release_identity(&id, at).await }))
            .await?;
        Ok(Confirmed::NoAnswer(why.to_owned()))
    }

    /// Notes that a provider gave no answer, and logs it once.
    pub(super) fn note_failure(&self, provider: &ProviderName, why: &str) {
        if self.healths.failed(provider, why) {
            tracing::warn!(event = "provider_silent", %provider, error = why, "an identity provider gives no answer");
        }
    }
}

/// What was written.
enum Settled {
    Good(Vec<String>),
    Ended,
    Held { new: bool },
}

async fn settle(
    tx: &mut Transaction,
    settings: Arc<ProviderSettings>,
    row: IdentityRow,
    verdict: Verdict,
    now: Timestamp,
) -> Result<Settled, WriteError> {
    // While the provider was asked, the person may have signed in again, or been unlinked or moved to another issuer.
    // What was asked about before that says nothing any more.
    let is_as_asked = tx.find_identity_of(&row.subject_id).await?.is_some_and(|present| {
        let (is, was) = (&present.identity, &row.identity);
        present.id == row.id && is.issuer == was.issuer && is.signed_in_at == was.signed_in_at
    });
    if !is_as_asked {
        return Ok(Settled::Good(Vec::new()));
    }
    match verdict {
        Verdict::Person(person, token) => {
            let vouched = Vouched { provider: settings, person: *person, token: Some(token), at: now };
            Ok(Settled::Good(accounts::confirm(tx, &row, &vouched).await?))
        }
        Verdict::Gone(_) => match brake(tx, &settings, now).await? {
            Some(new) => {
                tx.keep_unnoted();
                tx.release_identity(&row.id, now.plus_seconds(settings.recheck)).await?;
                Ok(Settled::Held { new })
            }
            None => {
                accounts::refuse(tx, &row, now).await?;
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
