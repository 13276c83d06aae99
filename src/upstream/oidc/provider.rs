//! A provider that speaks OpenID Connect: its endpoints and its answers.

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

/// The time for which a discovery document is used before it is read again, in seconds.
const LIFETIME: i64 = 600;
/// The time for which the server does not read the document of a provider again after it could not be read. Requests
/// then use an old document, or fail at once if there is none.
const LEFT_ALONE: Duration = Duration::from_secs(2);

/// The data of one provider that is kept between calls.
pub(in crate::upstream) struct Kept {
    pub(super) caller: Caller,
    pub(super) keys: Keys,
    discovery: Mutex<Documents>,
}

/// The discovery document that was read last, and the last failure to read it.
#[derive(Default)]
struct Documents {
    read: Option<(Arc<Discovery>, Timestamp)>,
    /// The time at which the document was read, on the monotonic clock.
    answered: Option<Instant>,
    failed: Option<Failure>,
}

struct Failure {
    issuer: String,
    why: String,
    at: Instant,
}

impl Kept {
    /// Builds the data before the first call. The error describes the fault of `ca_file`.
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

    /// Returns the endpoints. If the document cannot be read again, the old document stays in use.
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

    /// Reads the discovery document, and stores the document or the failure in `kept`.
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

    /// Decides if an odd answer concerns one person or the whole provider. Reads the discovery document, which is the
    /// same for everybody. If the provider sends the document, the odd answer concerns only the person. If the document
    /// could not be read a moment ago, the odd answer concerns the provider.
    pub(super) async fn blame<T>(&self, why: String, now: Timestamp) -> Answer<T> {
        let asked = Instant::now();
        let mut kept = self.kept.discovery.lock().await;
        let answers = if kept.failed.as_ref().is_some_and(|failed| failed.at.elapsed() < LEFT_ALONE) {
            false
        } else if kept.answered.is_some_and(|at| at >= asked) {
            // Another request has read the document meanwhile.
            true
        } else {
            self.read(&mut kept, now).await.is_ok()
        };
        if answers { Answer::Unclear(why) } else { Answer::NoAnswer(why) }
    }

    /// Reads the endpoints if they are not in memory, or were read more than ten minutes ago.
    pub(in crate::upstream) async fn prepare(&self, now: Timestamp) -> Result<(), String> {
        self.discovery(now).await.map(|_| ())
    }

    /// Returns the URL to which the browser is sent.
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

    /// Returns true if the issuer in the browser's answer is this provider. A provider that announces the parameter
    /// `iss` must send it.
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
