//! The use case: a token request becomes an issued token.
//!
//! Ties together who asks (`authn`), what the rules grant (`snapshot`), and the signature
//! (`token`). Knows neither HTTP nor SQL.

mod asked;
mod constant;
mod log;

use crate::authn::{Authenticated, Authenticator, AuthnError, Credentials, Proof, Purpose, earlier};
use crate::domain::access::Access;
use crate::domain::claims::{AccessClaims, Validity};
use crate::domain::nameless::{with_catalog, without_catalog};
use crate::domain::policy::Question;
use crate::domain::scope::ScopeList;
use crate::domain::secret::{MachineCredential, MachineSecret};
use crate::domain::service::{ClientId, Issuer, Service, ServiceName};
use crate::domain::subject::Subject;
use crate::domain::time::Timestamp;
use crate::entropy::{self, NoEntropy};
use crate::metrics::{Grant, Metrics, Outcome, Phase};
use crate::snapshot::{Snapshot, Snapshots, TooStale};
use crate::storage::StoreError;
use crate::token::{Keyring, NoSigner, SignError};
use arc_swap::ArcSwap;
use asked::{find_service, is_complete};
use constant::Constants;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

/// The longest token that is handed out, bytes.
// INTEROP: common proxies cut a header line at 8 KB; the rest is for `Authorization: Bearer `.
const LONGEST_TOKEN: usize = 7 * 1024;

/// How often a request begins anew when a change of its subject overtakes it.
const TRIES: usize = 4;

/// One answer for unknown, disabled, expired, revoked and wrong. It also helps those whose stored
/// login went out of date, which breaks pulls of public repositories too.
const REJECTED: &str =
    "invalid user name, password or token; if an old login is stored, run docker logout HOST";

/// How the client asks.
#[derive(Debug, Clone)]
pub enum Presented {
    /// No credentials at all.
    Nothing,
    /// User name and password, by Basic or by `grant_type=password`.
    Login(Credentials),
    /// `grant_type=refresh_token`.
    Refresh(MachineCredential),
    /// Something that cannot be a credential of ours.
    Unusable,
}

/// A request for a token, parsed.
#[derive(Debug, Clone)]
pub struct TokenRequest {
    /// What the client presents.
    pub presented: Presented,
    /// `service`, as sent; empty counts as absent.
    pub service: Option<String>,
    /// `scope`.
    pub scopes: ScopeList,
    /// Whether a refresh token is wanted.
    pub offline: bool,
    /// `client_id`, for the log.
    pub client_id: ClientId,
    /// `password`, `refresh_token`, or `basic` for GET: for the log.
    pub grant_type: &'static str,
    /// The client's address.
    pub address: Option<IpAddr>,
    /// The request's id, for the log.
    pub request_id: String,
}

/// What the client gets.
#[derive(Debug)]
pub struct IssuedToken {
    /// The signed JWT.
    pub token: String,
    /// How long the client may use it, seconds.
    pub expires_in: i64,
    /// A new refresh token, or the presented one.
    pub refresh_token: Option<MachineSecret>,
    /// What the token grants.
    pub granted: Access,
    /// Whether that is all that was asked.
    pub is_complete: bool,
}

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    /// No service named, and there are several.
    #[error("the parameter `service` is missing: name the registry")]
    MissingService,
    /// Not a service of ours.
    #[error("`{0}` is not a service that tokens are issued for")]
    UnknownService(String),
    /// Nobody without credentials may do anything here.
    #[error("authentication required: run docker login")]
    LoginRequired,
    /// The credentials were refused.
    #[error("{0}")]
    Refused(&'static str),
    /// The token would not fit through proxies.
    #[error("the token would be too long: ask for fewer repositories at once")]
    TooLong,
    /// Too many passwords wait to be verified.
    #[error("too many sign-ins at once: try again")]
    Busy,
    /// Changes of the account came faster than it could be read.
    #[error("the account is being changed: try again")]
    Overtaken,
    /// The policy in memory is too old.
    #[error(transparent)]
    TooStale(#[from] TooStale),
    /// The store does not answer.
    #[error("credentials cannot be verified now: try again")]
    Store(#[from] StoreError),
    /// No random bytes.
    #[error("no token could be made")]
    Entropy(#[from] NoEntropy),
    /// No key signs for the service.
    #[error("tokens for this service cannot be signed now: try again, or look at the server's log")]
    NoSigner(#[from] NoSigner),
    /// The signature failed.
    #[error("no token could be made")]
    Sign(#[from] SignError),
}

impl TokenRequest {
    fn grant(&self) -> Grant {
        match (&self.presented, self.grant_type) {
            (Presented::Nothing, _) => Grant::Anonymous,
            (_, "password") => Grant::Password,
            (_, "refresh_token") => Grant::RefreshToken,
            _ => Grant::Basic,
        }
    }
}

impl IssueError {
    fn outcome(&self) -> Outcome {
        match self {
            Self::MissingService | Self::UnknownService(_) | Self::TooLong => Outcome::Invalid,
            Self::LoginRequired | Self::Refused(_) => Outcome::Unauthorized,
            Self::Busy | Self::Overtaken | Self::TooStale(_) | Self::Store(_) | Self::NoSigner(_) => {
                Outcome::Unavailable
            }
            Self::Entropy(_) | Self::Sign(_) => Outcome::Failed,
        }
    }
}

/// Issues tokens.
pub struct TokenIssuer {
    authn: Arc<Authenticator>,
    snapshots: Arc<Snapshots>,
    keyring: Arc<ArcSwap<Keyring>>,
    constants: Constants,
    metrics: Arc<Metrics>,
}

/// Who asks, when it is known.
struct Asker {
    subject: Arc<Subject>,
    who: Option<Authenticated>,
}

impl Asker {
    fn name(&self) -> &str {
        self.subject.identity.as_ref().map_or("", |identity| identity.name.as_str())
    }
}

impl TokenIssuer {
    /// Puts the use case together.
    #[must_use]
    pub fn new(
        authn: Arc<Authenticator>,
        snapshots: Arc<Snapshots>,
        keyring: Arc<ArcSwap<Keyring>>,
        issuer: Issuer,
        metrics: Arc<Metrics>,
    ) -> Self {
        Self { authn, snapshots, keyring, constants: Constants::new(issuer), metrics }
    }

    /// Answers one request and logs the decision.
    pub async fn issue(&self, request: TokenRequest, now: Timestamp) -> Result<IssuedToken, IssueError> {
        let result = self.decide(&request, now).await;
        let outcome = match &result {
            Ok(issued) if issued.is_complete => Outcome::Issued,
            Ok(_) => Outcome::Narrowed,
            Err(error) => {
                log::refused(&request, error);
                error.outcome()
            }
        };
        self.metrics.count(request.grant(), outcome);
        result
    }

    async fn decide(&self, request: &TokenRequest, now: Timestamp) -> Result<IssuedToken, IssueError> {
        let asked_service = request.service.as_deref().filter(|name| !name.is_empty());
        for _ in 0..TRIES {
            let snapshot = self.snapshots.fresh()?;
            let named = match (asked_service, &request.presented) {
                // A refresh token knows its own service.
                (None, Presented::Refresh(MachineCredential::RefreshToken(_))) => None,
                (asked, _) => Some(find_service(&snapshot, asked)?.name.clone()),
            };
            let began = Instant::now();
            let proven = self.prove(request, named.as_ref(), now).await;
            if !matches!(request.presented, Presented::Nothing) {
                self.metrics.time(Phase::Authenticate, began.elapsed());
            }
            let asker = proven?;
            // The decision and the subject come from one state: catch up with what the subject was
            // read from, and begin anew if a change of the subject came in between.
            let seq = asker.who.as_ref().map_or(0, |who| who.found.seq);
            let snapshot = self.snapshots.at_least(seq).await?;
            if asker.who.as_ref().is_none_or(|who| self.authn.is_current(who)) {
                return self.grant(request, named.as_ref(), &asker, &snapshot, now).await;
            }
        }
        Err(IssueError::Overtaken)
    }

    /// What the rules of one state grant to somebody as of that state, signed.
    async fn grant(
        &self,
        request: &TokenRequest,
        named: Option<&ServiceName>,
        asker: &Asker,
        snapshot: &Snapshot,
        now: Timestamp,
    ) -> Result<IssuedToken, IssueError> {
        let own = asker.who.as_ref().and_then(|who| who.service.as_ref());
        let name = named.or(own).map(ServiceName::as_str);
        let service = find_service(snapshot, name)?;
        let anonymous = asker.who.is_none();
        if anonymous
            && request.scopes.is_empty()
            && !snapshot.policy.admits_anonymous(&service.name, request.address, now)
        {
            return Err(IssueError::LoginRequired);
        }
        let restriction = asker.who.as_ref().and_then(|who| who.restriction.as_deref());
        let with_catalog = with_catalog(&request.scopes, service.verifier.profile());
        let asked = with_catalog.as_ref().unwrap_or(&request.scopes);
        let question = Question {
            subject: &asker.subject,
            service: &service.name,
            scopes: asked.scopes(),
            address: request.address,
            at: now,
            restriction,
        };
        let began = Instant::now();
        let mut decision = snapshot.policy.evaluate(&question);
        let is_complete = is_complete(asked, &decision.granted);
        if with_catalog.is_some() {
            decision.granted = without_catalog(&request.scopes, decision.granted);
        }
        let decided = Instant::now();
        self.metrics.time(Phase::Evaluate, decided - began);
        let end = earlier(decision.end, asker.who.as_ref().and_then(|who| who.ends_at));
        let validity = Validity::new(now, service.token_ttl, end);
        let jti = uuid::Builder::from_random_bytes(entropy::name_bytes()?).into_uuid().to_string();
        let constant = self.constants.of(&service.name);
        let claims = AccessClaims::new(&constant, asker.name(), validity, jti, decision.granted);
        let keyring = self.keyring.load();
        let signer = keyring.signer_for(service)?;
        let token = signer.sign(&claims)?;
        self.metrics.time(Phase::Sign, decided.elapsed());
        if token.len() > LONGEST_TOKEN {
            return Err(IssueError::TooLong);
        }
        let refresh_token = self.refresh_token(request, asker, service, now).await?;
        log::issued(&log::Issued {
            request,
            snapshot,
            question: &question,
            asked,
            who: asker.who.as_ref(),
            granted: &claims.access,
            is_complete,
            kid: signer.key_id().as_str(),
            jti: &claims.jti,
        });
        Ok(IssuedToken {
            token,
            expires_in: validity.expires_in,
            refresh_token,
            granted: claims.access,
            is_complete,
        })
    }

    async fn prove(
        &self,
        request: &TokenRequest,
        service: Option<&ServiceName>,
        now: Timestamp,
    ) -> Result<Asker, IssueError> {
        let purpose = Purpose::Token(service);
        let proven = match &request.presented {
            Presented::Nothing => {
                return Ok(Asker { subject: Arc::default(), who: None });
            }
            Presented::Unusable => Err(AuthnError::Rejected),
            Presented::Login(credentials) => {
                self.authn.authenticate(credentials, purpose, request.address, now).await
            }
            Presented::Refresh(credential) => {
                self.authn.prove_machine(credential, purpose, request.address, now).await
            }
        };
        match proven {
            Ok(who) => Ok(Asker { subject: who.subject.clone(), who: Some(who) }),
            // INTEROP: skopeo and podman show no body but a 401's, docker none of a 5xx.
            Err(AuthnError::Rejected) => Err(IssueError::Refused(REJECTED)),
            Err(AuthnError::SessionExpired) => {
                Err(IssueError::Refused("session expired: run docker login HOST"))
            }
            Err(AuthnError::OtherService) => {
                Err(IssueError::Refused("this session is for another registry: run docker login HOST"))
            }
            Err(AuthnError::Busy) => Err(IssueError::Busy),
            Err(AuthnError::Store(error)) => Err(IssueError::Store(error)),
        }
    }

    /// The refresh token of the answer. Only people who sign in with a password get a new one.
    // INTEROP: a refresh token makes docker login forget the password, which breaks pull secrets
    // made from its file; robots and access keys therefore never get one.
    async fn refresh_token(
        &self,
        request: &TokenRequest,
        asker: &Asker,
        service: &Service,
        now: Timestamp,
    ) -> Result<Option<MachineSecret>, IssueError> {
        let Some(who) = &asker.who else {
            return Ok(None);
        };
        match (&who.proof, &request.presented) {
            (Proof::RefreshToken(_), Presented::Refresh(MachineCredential::RefreshToken(secret))) => {
                Ok(Some(secret.clone()))
            }
            (Proof::Password, _) if request.offline && service.offline_tokens => {
                let started = self
                    .authn
                    .start_session(
                        who,
                        &service.name,
                        &request.client_id,
                        request.address,
                        now,
                        &entropy::bytes()?,
                    )
                    .await;
                match started {
                    Ok(secret) => Ok(Some(secret)),
                    Err(AuthnError::Store(error)) => Err(IssueError::Store(error)),
                    Err(_) => Err(IssueError::Refused(REJECTED)),
                }
            }
            _ => Ok(None),
        }
    }
}
