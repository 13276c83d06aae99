//! Issues tokens: finds out who asks, decides, signs, logs.

use super::asked::{find_service, is_complete};
use super::constant::Constants;
use super::error::IssueError;
use super::log;
use super::request::{Presented, TokenRequest};
use crate::authn::{Authenticated, Authenticator, AuthnError, Proof, Purpose, earlier};
use crate::domain::access::Access;
use crate::domain::as_read::AsRead;
use crate::domain::claims::{AccessClaims, Validity};
use crate::domain::policy::Question;
use crate::domain::secret::{MachineCredential, MachineSecret};
use crate::domain::service::{Issuer, Service, ServiceName};
use crate::domain::subject::Subject;
use crate::domain::time::Timestamp;
use crate::entropy;
use crate::metrics::{Endpoint, Metrics, Outcome, Phase};
use crate::snapshot::{Snapshot, Snapshots};
use crate::token::Keyring;
use arc_swap::ArcSwap;
use std::sync::Arc;
use std::time::Instant;

/// How often a request begins anew when a change of its subject overtakes it.
const TRIES: usize = 4;

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
    /// Whether that is all that was asked for.
    pub is_complete: bool,
}

/// Issues tokens.
pub struct TokenIssuer {
    authn: Arc<Authenticator>,
    snapshots: Arc<Snapshots>,
    keyring: Arc<ArcSwap<Keyring>>,
    constants: Constants,
    longest_token: usize,
    metrics: Arc<Metrics>,
}

/// Who asks. `who` is `None` for anonymous.
struct Asker {
    subject: Arc<Subject>,
    who: Option<Authenticated>,
}

impl Asker {
    fn name(&self) -> &str {
        self.subject.identity.as_ref().map_or("", |identity| identity.name.as_str())
    }

    /// The service that was named, or that of the refresh token, or the only one there is.
    fn service<'s>(
        &self,
        named: Option<&ServiceName>,
        snapshot: &'s Snapshot,
    ) -> Result<&'s Service, IssueError> {
        let own = self.who.as_ref().and_then(|who| who.service.as_ref());
        find_service(snapshot, named.or(own).map(ServiceName::as_str))
    }
}

impl TokenIssuer {
    /// Puts the use case together. No token is longer than `longest_token` bytes.
    #[must_use]
    pub fn new(
        authn: Arc<Authenticator>,
        snapshots: Arc<Snapshots>,
        keyring: Arc<ArcSwap<Keyring>>,
        issuer: Issuer,
        longest_token: usize,
        metrics: Arc<Metrics>,
    ) -> Self {
        Self { authn, snapshots, keyring, constants: Constants::new(issuer), longest_token, metrics }
    }

    /// Answers one request and logs the decision.
    pub async fn issue(&self, request: TokenRequest, now: Timestamp) -> Result<IssuedToken, IssueError> {
        let result = self.decide(&request, now).await;
        let result = result.map_err(|error| error.naming(self.authn.sign_in_command()));
        let outcome = match &result {
            Ok(issued) if issued.is_complete => Outcome::Issued,
            Ok(_) => Outcome::Narrowed,
            Err(error) => {
                log::refused(&request, error);
                self.metrics.count_refusal(Endpoint::Token, error.cause().counted_as());
                error.outcome()
            }
        };
        self.metrics.count(request.kind(), outcome);
        result
    }

    async fn decide(&self, request: &TokenRequest, now: Timestamp) -> Result<IssuedToken, IssueError> {
        let asked_service = request.service.as_deref().filter(|name| !name.is_empty());
        for _ in 0..TRIES {
            let snapshot = self.snapshots.fresh()?;
            let named = match (asked_service, &request.presented) {
                // A refresh token knows its own service.
                (None, Presented::Machine(MachineCredential::RefreshToken(_))) => None,
                (asked, _) => {
                    let service = find_service(&snapshot, asked)?;
                    if !service.password_grant && request.is_password_grant() {
                        return Err(IssueError::PasswordGrantOff);
                    }
                    Some(service.name.clone())
                }
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

    /// Evaluates the rules of one state for a subject as of that state, and signs what they grant.
    async fn grant(
        &self,
        request: &TokenRequest,
        named: Option<&ServiceName>,
        asker: &Asker,
        snapshot: &Snapshot,
        now: Timestamp,
    ) -> Result<IssuedToken, IssueError> {
        let service = asker.service(named, snapshot)?;
        if asker.who.is_none()
            && request.scopes.is_empty()
            && !snapshot.policy.admits_anonymous(&service.name, request.address, now)
        {
            return Err(IssueError::LoginRequired(None));
        }
        let asked = AsRead::new(&request.scopes, service);
        let question = Question {
            subject: &asker.subject,
            service: &service.name,
            scopes: asked.scopes().scopes(),
            address: request.address,
            at: now,
            restriction: asker.who.as_ref().and_then(|who| who.restriction.as_deref()),
        };
        let began = Instant::now();
        let mut decision = snapshot.policy.evaluate(&question);
        let is_complete = is_complete(asked.meant(), &decision.granted);
        decision.granted = asked.answer(decision.granted);
        let decided = Instant::now();
        self.metrics.time(Phase::Evaluate, decided - began);
        let end = earlier(decision.end, asker.who.as_ref().and_then(|who| who.ends_at));
        let validity = Validity::new(now, service.token_ttl, end);
        let claims = self.claims(service, asker, validity, decision.granted)?;
        let keyring = self.keyring.load();
        let signer = keyring.signer_for(service)?;
        let token = signer.sign(&claims)?;
        self.metrics.time(Phase::Sign, decided.elapsed());
        if token.len() > self.longest_token {
            return Err(IssueError::TooLong { bytes: token.len(), most: self.longest_token });
        }
        let refresh_token = self.refresh_token(request, asker, service, now).await?;
        log::issued(&log::Issued {
            request,
            snapshot,
            question: &question,
            asked: &asked,
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

    /// What the token says.
    fn claims(
        &self,
        service: &Service,
        asker: &Asker,
        validity: Validity,
        granted: Access,
    ) -> Result<AccessClaims, IssueError> {
        let jti = uuid::Builder::from_random_bytes(entropy::name_bytes()?).into_uuid().to_string();
        let constant = self.constants.of(&service.name);
        Ok(AccessClaims::new(&constant, asker.name(), validity, jti, granted))
    }

    /// Finds out who asks. `service` is the one that was named.
    async fn prove(
        &self,
        request: &TokenRequest,
        service: Option<&ServiceName>,
        now: Timestamp,
    ) -> Result<Asker, IssueError> {
        let purpose = Purpose::Token(service);
        let who = match &request.presented {
            Presented::Nothing => return Ok(Asker { subject: Arc::default(), who: None }),
            Presented::Unusable(cause) => return Err(AuthnError::rejected(*cause).into()),
            Presented::Login(credentials) => {
                self.authn.authenticate(credentials, purpose, request.address, now).await?
            }
            Presented::Machine(credential) => {
                self.authn.prove_machine(credential, purpose, request.address, now).await?
            }
        };
        Ok(Asker { subject: who.subject.clone(), who: Some(who) })
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
            (Proof::RefreshToken(_), Presented::Machine(MachineCredential::RefreshToken(secret))) => {
                Ok(Some(secret.clone()))
            }
            (Proof::Password, _) if request.offline && service.offline_tokens => {
                let (id, address) = (&request.client_id, request.address);
                let entropy = entropy::bytes()?;
                Ok(Some(self.authn.start_session(who, &service.name, id, address, now, &entropy).await?))
            }
            _ => Ok(None),
        }
    }
}
