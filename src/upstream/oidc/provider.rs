//! A provider that speaks OpenID Connect: where everything is, and what is exchanged.

use super::authorize::authorize_url;
use super::call::Caller;
use super::discovery::{self, Discovery};
use super::exchange::{self, Odd, Us};
use super::keys::Keys;
use crate::domain::identity::ProviderSettings;
use crate::domain::time::Timestamp;
use crate::outbound::Hosts;
use crate::upstream::answer::{Answer, Exchanged, Tokens};
use oauth2::{PkceCodeChallenge, PkceCodeVerifier};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;
use url::Url;
use zeroize::Zeroizing;

/// How long a discovery document is used before it is read again, seconds.
const LIFETIME: i64 = 600;
/// How long a provider whose document could not be read is left alone, so that those who wait do not all try in vain.
const LEFT_ALONE: Duration = Duration::from_secs(2);

/// What is kept of one provider between calls.
pub(in crate::upstream) struct Kept {
    pub(super) caller: Caller,
    pub(super) keys: Keys,
    discovery: Mutex<Documents>,
}

/// The discovery document that was read last, and the last failure to read it.
#[derive(Default)]
struct Documents {
    read: Option<(Arc<Discovery>, Timestamp)>,
    /// When that was.
    answered: Option<Instant>,
    failed: Option<Failure>,
}

struct Failure {
    issuer: String,
    why: String,
    at: Instant,
}

impl Kept {
    /// Nothing is known yet. The error says what is wrong with `ca_file`.
    pub(in crate::upstream) fn new(issuer: &str, ca_file: Option<&str>) -> Result<Self, String> {
        Ok(Self { caller: Caller::new(issuer, ca_file)?, keys: Keys::default(), discovery: Mutex::default() })
    }
}

/// A provider that speaks OpenID Connect.
pub struct Oidc {
    pub(in crate::upstream) settings: Arc<ProviderSettings>,
    pub(in crate::upstream) secret: Option<Zeroizing<String>>,
    pub(in crate::upstream) redirect_uri: String,
    pub(in crate::upstream) hosts: Arc<Hosts>,
    pub(in crate::upstream) kept: Arc<Kept>,
}

impl Oidc {
    pub(super) fn us(&self) -> Us<'_> {
        Us {
            client_id: &self.settings.client_id,
            secret: self.secret.as_ref().map(|secret| secret.as_str()),
            redirect_uri: &self.redirect_uri,
        }
    }

    /// Where everything is. A document that cannot be read again is used on.
    pub(super) async fn discovery(&self, now: Timestamp) -> Result<Arc<Discovery>, String> {
        let mut kept = self.kept.discovery.lock().await;
        let issuer = &self.settings.issuer;
        let known = kept.read.as_ref().filter(|(known, _)| known.document.issuer == *issuer);
        if let Some((known, read_at)) = known
            && read_at.plus_seconds(LIFETIME) > now
            && *read_at <= now.newest_mark()
        {
            return Ok(known.clone());
        }
        let known = known.map(|(known, _)| known.clone());
        if let Some(failed) = &kept.failed
            && failed.issuer == *issuer
            && failed.at.elapsed() < LEFT_ALONE
        {
            return known.ok_or_else(|| failed.why.clone());
        }
        self.read(&mut kept, now).await.or_else(|why| known.ok_or(why))
    }

    /// Reads where everything is.
    async fn read(&self, kept: &mut Documents, now: Timestamp) -> Result<Arc<Discovery>, String> {
        let issuer = &self.settings.issuer;
        let document = discovery::read(issuer, &self.hosts, &self.kept.caller).await;
        match document.and_then(|document| Discovery::of(document, &self.hosts)) {
            Ok(read) => {
                let read = Arc::new(read);
                let answered = Some(Instant::now());
                *kept = Documents { read: Some((read.clone(), now)), answered, failed: None };
                Ok(read)
            }
            Err(why) => {
                kept.failed = Some(Failure { issuer: issuer.clone(), why: why.clone(), at: Instant::now() });
                Err(why)
            }
        }
    }

    /// Whose fault an odd answer about one person is: the person's, if the provider answers what is the same for
    /// everybody.
    pub(super) async fn blame<T>(&self, why: String, now: Timestamp) -> Answer<T> {
        let asked = Instant::now();
        let mut kept = self.kept.discovery.lock().await;
        let answers = if kept.failed.as_ref().is_some_and(|failed| failed.at.elapsed() < LEFT_ALONE) {
            false
        } else if kept.answered.is_some_and(|at| at >= asked) {
            // Somebody else has just asked.
            true
        } else {
            self.read(&mut kept, now).await.is_ok()
        };
        if answers { Answer::Unclear(why) } else { Answer::NoAnswer(why) }
    }

    /// Reads where everything is, if it is not known.
    pub(in crate::upstream) async fn prepare(&self, now: Timestamp) -> Result<(), String> {
        self.discovery(now).await.map(|_| ())
    }

    /// The address that the browser is sent to.
    pub(in crate::upstream) async fn start(
        &self,
        (state, nonce, verifier): (&str, &str, &str),
        now: Timestamp,
    ) -> Result<Url, String> {
        let verifier = PkceCodeVerifier::new(verifier.to_owned());
        let challenge = PkceCodeChallenge::from_code_verifier_sha256(&verifier);
        let discovery = self.discovery(now).await?;
        Ok(authorize_url(
            discovery.authorize.clone(),
            &self.settings,
            &self.redirect_uri,
            (state, nonce, challenge.as_str()),
            discovery.sends_in_query(),
        ))
    }

    /// Whether the issuer in the answer of the browser is this one. A provider that promised it must send it.
    // SPEC: RFC 9207 section 2.4.
    pub(in crate::upstream) async fn is_issuer(
        &self,
        issuer: Option<&str>,
        now: Timestamp,
    ) -> Result<bool, String> {
        let discovery = self.discovery(now).await?;
        Ok(match issuer {
            Some(issuer) => issuer == self.settings.issuer,
            None => !discovery.document.authorization_response_iss_parameter_supported,
        })
    }

    /// Exchanges the code that the browser brought.
    pub(in crate::upstream) async fn redeem(
        &self,
        code: &str,
        verifier: &str,
        now: Timestamp,
    ) -> Answer<Tokens> {
        match self.discovery(now).await {
            Ok(discovery) => {
                exchange::redeem(&self.us(), &discovery, &self.kept.caller, code, verifier).await
            }
            Err(why) => Answer::NoAnswer(why),
        }
    }

    /// Exchanges a refresh token.
    pub(in crate::upstream) async fn refresh(&self, token: &str, now: Timestamp) -> Answer<Exchanged> {
        let discovery = match self.discovery(now).await {
            Ok(discovery) => discovery,
            Err(why) => return Answer::NoAnswer(why),
        };
        match exchange::refresh(&self.us(), &discovery, &self.kept.caller, token).await {
            Ok(answer) => answer,
            Err(Odd(why)) => self.blame(why, now).await,
        }
    }
}
