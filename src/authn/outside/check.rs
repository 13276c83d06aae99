//! Checks one person at their provider, without a new sign-in of the person.

use super::held::Held;
use super::providers::{Moment, NotAsked, Outside};
use super::settle::{Confirmed, Verdict};
use crate::domain::identity::{IdentityState, Person, ProviderSettings, Standing};
use crate::domain::time::Timestamp;
use crate::storage::{BoxFuture, IdentityRow, StoreError, StoredSubject};
use crate::upstream::{Answer, Exchanged, Upstream};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The longest wait of a request whose sender must be confirmed first.
const PATIENCE: Duration = Duration::from_secs(3);
/// The longest wait for another check of the same person. It is shorter than [`PATIENCE`], so a request that waits
/// too long for another check does not count as a failure of the provider.
const LONGEST_TURN: Duration = Duration::from_millis(2500);
/// The pause before this server looks again whether another check of the person has ended.
const LOOK: Duration = Duration::from_millis(100);
/// The time after which a provider that gave no usable answer about a person is asked again about that person, seconds.
const AGAIN: i64 = 60;

/// The cause of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asking {
    /// A waiting request or the background work. A provider that was silent a moment ago is not asked.
    Anybody,
    /// An administrator, who wants the provider to be asked in any case.
    Administrator,
}

impl Outside {
    /// Confirms a person whose confirmation has expired, while the person's request waits.
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
        // The check runs in a task of its own: a client that hangs up must not cut it off while the provider
        // exchanges a refresh token.
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
            // A check that began now would end too late for the client, which waits for [`PATIENCE`]. So this request
            // gives up, and the next request gets its turn.
            if began.elapsed() > LONGEST_TURN {
                return Ok(Confirmed::NoAnswer("another request is checking this person".to_owned()));
            }
            if let Some(confirmed) = self.check(row, Asking::Anybody, now).await? {
                return Ok(confirmed);
            }
            // Another check of the person is in progress, or a server stopped without giving its claim back.
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Checks a person. Returns `None` if another check of the person is in progress, here or on another server, or has
    /// ended since `row` was read. The caller runs the check in a task of its own.
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
        // The provider is prepared before the claim, because the time of the claim is for the exchange of the refresh
        // token alone.
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
            tracing::debug!(%error, "a claim on a person could not be given back, and stays until it ends");
        }
        checked.map(Some)
    }

    /// Checks a person on whom this server has the claim. Ends the claim, unless the check fails.
    async fn check_held(
        &self,
        settings: Arc<ProviderSettings>,
        upstream: &Upstream,
        held: &Held,
        subject_id: &str,
    ) -> Result<Confirmed, StoreError> {
        // The refresh token may have changed since the row was read.
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

    /// Asks the provider about a person on whom this server has the claim.
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
            return Ok(Answer::Unclear(
                "the database answered too late, so the provider was not asked".to_owned(),
            ));
        }
        let tokens = match upstream.refresh(&token, held.now()).await {
            Answer::Person(Exchanged::Tokens(tokens)) => tokens,
            // The provider may treat a server that presents the old refresh token again as a thief, and end the
            // person's grant. So this server drops the token: the person keeps access until the confirmation expires,
            // and then signs in again.
            Answer::Person(Exchanged::Lost(why)) => {
                self.keep_token(held, row, None).await?;
                let (provider, subject) = (provider, &row.subject);
                tracing::warn!(event = "upstream_token_lost", %provider, %subject, error = why, "the provider exchanged a refresh token, but its answer cannot be used: the person must sign in again");
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

    /// Notes that a provider gave no clear answer about one person, and logs it if the reason is new.
    fn note_unclear(&self, settings: &ProviderSettings, row: &IdentityRow, why: &str) {
        self.unclear.insert(row.id.clone(), why.to_owned());
        if self.healths.unclear(&settings.name, why) {
            let (provider, subject) = (&settings.name, &row.subject);
            tracing::warn!(event = "identity_unclear", %provider, %subject, error = why, "an identity provider gave no clear answer about a person");
        }
    }
}
