//! The sign-in of a person who returns from their provider with a code.

use super::providers::{NotAsked, Outside};
use crate::accounts::{NotEnrolled, Vouched, WriteError, enrol};
use crate::domain::change::{Actor, Origin};
use crate::domain::identity::ProviderSettings;
use crate::domain::time::Timestamp;
use crate::storage::{StoreError, StoredSubject, Transaction};
use crate::upstream::{Answer, Tokens};
use std::net::IpAddr;
use std::sync::Arc;

/// The provider's answer, which the browser brings back, and the values that this server kept for the sign-in.
pub struct Returned<'a> {
    /// The authorization code.
    pub code: &'a str,
    /// The issuer that the answer names, if it names one.
    pub issuer: Option<&'a str>,
    /// The PKCE verifier of this sign-in.
    pub verifier: &'a str,
    /// The nonce of this sign-in.
    pub nonce: &'a str,
    /// The client's address.
    pub address: Option<IpAddr>,
    /// The id of the request.
    pub request_id: String,
}

/// A person who has signed in.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// The account of the person.
    pub account: StoredSubject,
    /// The provider of the person.
    pub provider: Arc<ProviderSettings>,
}

/// The reason why a person could not sign in.
#[derive(Debug, thiserror::Error)]
pub enum OutsideError {
    /// The provider cannot be asked.
    #[error(transparent)]
    NotAsked(NotAsked),
    /// The answer names another issuer, or no issuer.
    #[error(
        "the answer does not come from the provider that was asked, or does not say so: start again from the sign-in page"
    )]
    Issuer,
    /// The provider does not accept the code.
    #[error(
        "the provider does not accept the code: it was used before, or it came too late; start again from the sign-in page"
    )]
    Code,
    /// The provider gave no answer that can be used.
    #[error("the provider gave no answer that can be used: {0}")]
    NoAnswer(String),
    /// The person has signed in at the provider, but the provider's description of the person cannot be used.
    #[error("what the provider says of the person cannot be used: {0}")]
    Unclear(String),
    /// The provider says that the person may not sign in.
    #[error("{0}")]
    Refused(String),
    /// The person gets no account here.
    #[error(transparent)]
    NotEnrolled(#[from] NotEnrolled),
}

impl From<NotAsked> for OutsideError {
    fn from(error: NotAsked) -> Self {
        match error {
            NotAsked::Silent(why) => Self::NoAnswer(why),
            other => Self::NotAsked(other),
        }
    }
}

impl From<StoreError> for OutsideError {
    fn from(error: StoreError) -> Self {
        Self::NotAsked(error.into())
    }
}

impl OutsideError {
    /// Returns true if another try may succeed in a moment, without any change.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        matches!(
            self,
            Self::NotAsked(NotAsked::Store(_) | NotAsked::Changed(_))
                | Self::NoAnswer(_)
                | Self::NotEnrolled(NotEnrolled::Write(WriteError::Store(_)))
        )
    }
}

impl Outside {
    /// Signs in a person who returned from a provider: finds or makes the account, and updates it.
    pub async fn sign_in(
        &self,
        provider: Arc<ProviderSettings>,
        returned: &Returned<'_>,
        now: Timestamp,
    ) -> Result<SignedIn, OutsideError> {
        let upstream = self.ready(&provider, now).await?;
        if !upstream.is_issuer(returned.issuer, now).await.map_err(OutsideError::NoAnswer)? {
            return Err(OutsideError::Issuer);
        }
        // Anybody can send any code, so a refused code does not mean that the provider has a fault.
        let tokens = match upstream.redeem(returned.code, returned.verifier, now).await {
            Answer::Person(tokens) => tokens,
            Answer::Gone(_) => return Err(OutsideError::Code),
            Answer::Unclear(why) | Answer::NoAnswer(why) => return Err(OutsideError::NoAnswer(why)),
        };
        let person = match upstream.describe(&tokens, Some(returned.nonce), now).await {
            Answer::Person(person) => person,
            Answer::Gone(why) => return Err(OutsideError::Refused(why)),
            Answer::Unclear(why) => return Err(OutsideError::Unclear(why)),
            Answer::NoAnswer(why) => {
                self.note_failure(&provider, &why);
                return Err(OutsideError::NoAnswer(why));
            }
        };
        self.healths.answered(&provider.name);
        let token = self.sealed(&provider, &person.external_id, &tokens);
        let origin = Origin::new(Actor::System, returned.address, returned.request_id.clone(), now);
        let vouched = Vouched { provider: provider.clone(), person, token, at: now };
        let committed = self
            .store
            .change(origin, move |tx: &mut Transaction| Box::pin(async move { enrol(tx, &vouched).await }))
            .await?;
        self.snapshots.at_least(committed.seq).await?;
        let (account, warnings) = committed.value;
        for warning in warnings {
            tracing::warn!(provider = %provider.name, subject = %account.row.subject, "{warning}");
        }
        Ok(SignedIn { account, provider })
    }

    /// Returns the refresh token, sealed; `None` if there is no token, or if it cannot be sealed. Without a token the
    /// provider cannot be asked about the person again, so the sign-in ends after `max_age`.
    fn sealed(&self, provider: &ProviderSettings, external_id: &str, tokens: &Tokens) -> Option<String> {
        let token = tokens.refresh.as_ref()?;
        match self.secrets.seal_token(&provider.name, external_id, token) {
            Ok(sealed) => Some(sealed),
            Err(error) => {
                tracing::error!(
                    provider = %provider.name, %error,
                    "the refresh token of a provider cannot be kept, so people sign in again after `max_age`"
                );
                None
            }
        }
    }
}
