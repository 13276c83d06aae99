//! One person, checked at their provider without being there.

use super::held::Held;
use super::providers::{Moment, NotAsked, Outside};
use super::settle::{Confirmed, Verdict};
use crate::domain::identity::{IdentityState, Person, ProviderSettings, Standing};
use crate::domain::time::Timestamp;
use crate::storage::{BoxFuture, IdentityRow, StoreError, StoredSubject};
use crate::upstream::{Answer, Exchanged, Upstream};
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

/// On whose behalf a person is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asking {
    /// A request that waits, or the background. A provider that was silent a moment ago is left alone.
    Anybody,
    /// An administrator, who wants it tried.
    Administrator,
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
        let settings = match self.provider(identity.provider.as_str()) {
            Ok(settings) => settings,
            Err(error) => return Ok(Confirmed::NoAnswer(error.to_string())),
        };
        if let Some(why) = self.healths.left_alone(&settings) {
            return Ok(Confirmed::NoAnswer(why));
        }
        let (outside, asked, id) = (self.clone(), settings.clone(), found.row.id.clone());
        let now = Moment::at(now);
        // In a task of its own: it must not be cut off while the provider exchanges a refresh token.
        let task = tokio::spawn(async move { outside.confirm_in_turn(&asked, &id, now).await });
        match tokio::time::timeout(PATIENCE, task).await {
            Ok(confirmed) => confirmed.unwrap_or(Err(StoreError::Cut)),
            Err(_) => {
                let why = "no answer within three seconds";
                self.note_failure(&settings, why);
                Ok(Confirmed::NoAnswer(why.to_owned()))
            }
        }
    }

    async fn confirm_in_turn(
        &self,
        settings: &ProviderSettings,
        subject_id: &str,
        now: Moment,
    ) -> Result<Confirmed, StoreError> {
        let began = Instant::now();
        let line = self.lines.of(&settings.name);
        let _turn = line.turn(subject_id).await;
        loop {
            let row = self.store.read().await?.find_identity_of(subject_id).await?;
            let Some(row) = row else {
                return Ok(Confirmed::Good);
            };
            match row.identity.holds(now.now()) {
                Standing::Good => return Ok(Confirmed::Good),
                Standing::Ended => return Ok(Confirmed::Ended),
                Standing::Unconfirmed => {}
            }
            if let Some(why) = self.unclear.get(&row.id) {
                return Ok(Confirmed::NoAnswer(why));
            }
            // Whoever asked has gone by then, and the next one in turn shall not wait for nothing.
            if began.elapsed() > LONGEST_TURN {
                return Ok(Confirmed::NoAnswer("somebody else is checking this person".to_owned()));
            }
            if let Some(confirmed) = self.check(row, Asking::Anybody, now).await? {
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
        asking: Asking,
        now: Moment,
    ) -> BoxFuture<'_, Result<Option<Confirmed>, StoreError>> {
        Box::pin(self.check_in_line(row, asking, now))
    }

    async fn check_in_line(
        &self,
        row: IdentityRow,
        asking: Asking,
        now: Moment,
    ) -> Result<Option<Confirmed>, StoreError> {
        let line = self.lines.of(&row.identity.provider);
        let Some(_permit) = line.permit().await else {
            return Ok(Some(Confirmed::NoAnswer("the server is stopping".to_owned())));
        };
        let settings = match self.provider(row.identity.provider.as_str()) {
            Ok(settings) => settings,
            Err(error) => return Ok(Some(Confirmed::NoAnswer(error.to_string()))),
        };
        if asking == Asking::Anybody
            && let Some(why) = self.healths.left_alone(&settings)
        {
            return Ok(Some(Confirmed::NoAnswer(why)));
        }
        // Before the claim, whose time is for the exchange alone.
        let upstream = match self.reach(&settings, now.now()).await {
            Ok(upstream) => upstream,
            Err(NotAsked::Store(error)) => return Err(error),
            Err(error) => {
                self.metrics.count_identity_check("no_answer");
                return Ok(Some(Confirmed::NoAnswer(error.to_string())));
            }
        };
        let Some(held) = self.claim(&row, now).await? else {
            return Ok(None);
        };
        let checked = self.check_held(settings, &upstream, &held, &row.subject_id).await;
        if checked.is_err()
            && let Err(error) = self.release(&held, held.now()).await
        {
            tracing::debug!(%error, "a claim on a person stays until its time is over");
        }
        checked.map(Some)
    }

    /// Checks somebody whose claim this server holds. Ends the claim, unless it fails.
    async fn check_held(
        &self,
        settings: Arc<ProviderSettings>,
        upstream: &Upstream,
        held: &Held,
        subject_id: &str,
    ) -> Result<Confirmed, StoreError> {
        // The token may be another one since the row was read.
        let row = self.store.read().await?.find_identity_of(subject_id).await?;
        let Some(row) = row.filter(|row| row.identity.state == IdentityState::Active) else {
            self.release(held, held.now()).await?;
            return Ok(Confirmed::Ended);
        };
        let answer = self.ask(upstream, held, &row).await?;
        self.metrics.count_identity_check(match &answer {
            Answer::Person(_) => "person",
            Answer::Gone(_) => "gone",
            Answer::Unclear(_) => "unclear",
            Answer::NoAnswer(_) => "no_answer",
        });
        let confirmed = match answer {
            Answer::Person(person) if person.external_id == row.identity.external_id => {
                self.healths.answered(&settings.name);
                return self.settle(settings, row, held, Verdict::Person(Box::new(person))).await;
            }
            Answer::Gone(why) => {
                self.healths.answered(&settings.name);
                return self.settle(settings, row, held, Verdict::Gone(why)).await;
            }
            Answer::Person(_) => {
                let why = "the provider answered about somebody else".to_owned();
                self.note_unclear(&settings, &row, &why);
                Confirmed::Unclear(why)
            }
            Answer::Unclear(why) => {
                self.note_unclear(&settings, &row, &why);
                Confirmed::Unclear(why)
            }
            Answer::NoAnswer(why) => {
                self.note_failure(&settings, &why);
                Confirmed::NoAnswer(why)
            }
        };
        self.release(held, held.now().plus_seconds(AGAIN)).await?;
        Ok(confirmed)
    }

    /// Asks the provider about somebody whose claim this server holds.
    async fn ask(
        &self,
        upstream: &Upstream,
        held: &Held,
        row: &IdentityRow,
    ) -> Result<Answer<Person>, StoreError> {
        let Some(sealed) = &row.upstream_token else {
            return Ok(Answer::Unclear("there is no refresh token".to_owned()));
        };
        let (provider, external_id) = (&row.identity.provider, &row.identity.external_id);
        let token = match self.secrets.open_token(provider, external_id, sealed) {
            Ok(token) => token,
            Err(error) => return Ok(Answer::Unclear(error.to_string())),
        };
        if held.is_late() {
            return Ok(Answer::Unclear("the database was too slow to ask the provider".to_owned()));
        }
        let tokens = match upstream.refresh(&token, held.now()).await {
            Answer::Person(Exchanged::Tokens(tokens)) => tokens,
            // Whoever presents the old token again may be taken for a thief, and the person for somebody who is gone. So
            // they keep access until their time is over, and sign in again then.
            Answer::Person(Exchanged::Lost(why)) => {
                self.keep_token(held, row, None).await?;
                let (provider, subject) = (provider, &row.subject);
                tracing::warn!(event = "upstream_token_lost", %provider, %subject, error = why, "the provider exchanged a refresh token, but its answer cannot be used: the person signs in again");
                return Ok(Answer::Unclear(why));
            }
            Answer::Gone(why) => return Ok(Answer::Gone(why)),
            Answer::Unclear(why) => return Ok(Answer::Unclear(why)),
            Answer::NoAnswer(why) => return Ok(Answer::NoAnswer(why)),
        };
        if let Some(next) = &tokens.refresh {
            self.keep_token(held, row, Some(next)).await?;
        }
        Ok(upstream.describe(&tokens, None, held.now()).await)
    }

    /// Notes that a provider said nothing clear about one person.
    fn note_unclear(&self, settings: &ProviderSettings, row: &IdentityRow, why: &str) {
        self.unclear.insert(row.id.clone(), why.to_owned());
        if self.healths.unclear(&settings.name, why) {
            let (provider, subject) = (&settings.name, &row.subject);
            tracing::warn!(event = "identity_unclear", %provider, %subject, error = why, "an identity provider says nothing clear about somebody");
        }
    }
}
