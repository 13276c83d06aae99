//! Issues tokens: authenticates the client, evaluates the rules, signs the token, and logs the decision.

use super::asked::{find_service, is_complete};
use super::constant::Constants;
use super::error::IssueError;
use super::grants::Grants;
use super::log;
use super::request::TokenRequest;
use crate::authn::{Authenticated, Authenticator, Presented, Proof, Purpose, earlier};
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

/// The number of attempts to answer a request whose subject is changed meanwhile.
const TRIES: usize = 4;

/// The answer to the client.
#[derive(Debug)]
pub struct IssuedToken {
    /// The signed JWT.
    pub token: String,
    /// The time for which the client may use the token, in seconds. The answer states it.
    pub expires_in: i64,
    /// The new refresh token, or the refresh token that the client presented; `None` for all other clients.
    pub refresh_token: Option<MachineSecret>,
    /// The access that the token grants.
    pub granted: Access,
    /// True if the token grants everything that was requested.
    pub is_complete: bool,
}

/// The use case that issues tokens.
pub struct TokenIssuer {
    authn: Arc<Authenticator>,
    snapshots: Arc<Snapshots>,
    keyring: Arc<ArcSwap<Keyring>>,
    constants: Constants,
    longest_token: usize,
    metrics: Arc<Metrics>,
    grants: Option<Arc<Grants>>,
}

/// The subject that asks for a token. `who` is `None` for anonymous.
struct Asker {
    subject: Arc<Subject>,
    who: Option<Authenticated>,
}

impl Asker {
    fn name(&self) -> &str {
        self.subject.identity.as_ref().map_or("", |identity| identity.name.as_str())
    }

    /// Finds the service of the request: the named service, or the service of the refresh token, or the only service.
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
    /// Builds the use case. `longest_token` is the greatest length of a token, in bytes.
    #[must_use]
    pub fn new(
        authn: Arc<Authenticator>,
        snapshots: Arc<Snapshots>,
        keyring: Arc<ArcSwap<Keyring>>,
        issuer: Issuer,
        longest_token: usize,
        metrics: Arc<Metrics>,
    ) -> Self {
        let constants = Constants::new(issuer);
        Self { authn, snapshots, keyring, constants, longest_token, metrics, grants: None }
    }

    /// Returns this issuer, which then counts granted and refused actions in `grants`.
    #[must_use]
    pub fn noting(self, grants: Arc<Grants>) -> Self {
        Self { grants: Some(grants), ..self }
    }

    /// Answers one request, and logs the decision.
    pub async fn issue(&self, request: TokenRequest, now: Timestamp) -> Result<IssuedToken, IssueError> {
        let result = self.decide(&request, now).await;
        let advise =
            |error: IssueError| error.advising(self.authn.sign_in_command(), request.is_stored_login());
        let result = result.map_err(advise);
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
                // A refresh token already belongs to one service.
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
            // The decision and the subject must come from the same state. So the snapshot first catches up with the
            // state from which the subject was read. If the subject was changed meanwhile, the request starts again.
            let seq = asker.who.as_ref().map_or(0, |who| who.found.seq);
            let snapshot = self.snapshots.at_least(seq).await?;
            if asker.who.as_ref().is_none_or(|who| self.authn.is_current(who)) {
                return self.grant(request, named.as_ref(), &asker, &snapshot, now).await;
            }
        }
        Err(IssueError::Overtaken)
    }

    /// Evaluates the rules for a subject, and signs the granted access. The rules and the subject come from the same
    /// state.
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
        if let Some(grants) = self.grants_of(request, service) {
            grants.note(service.name.as_str(), asker.name(), asked.meant(), &claims.access, now);
        }
        Ok(IssuedToken {
            token,
            expires_in: validity.expires_in,
            refresh_token,
            granted: claims.access,
            is_complete,
        })
    }

    /// Returns the counts to which this token's actions are added; `None` if the service has no events, or if
    /// a crawl asks for the token. A registry with grants and no reports looks silent, so counted tokens
    /// of a crawl would begin another crawl.
    fn grants_of(&self, request: &TokenRequest, service: &Service) -> Option<&Grants> {
        let is_noted = service.events && !matches!(request.presented, Presented::Server(_));
        self.grants.as_deref().filter(|_| is_noted)
    }

    /// Builds the claims of the token.
    fn claims(
        &self,
        service: &Service,
        asker: &Asker,
        validity: Validity,
        granted: Access,
    ) -> Result<AccessClaims, IssueError> {
        let jti = uuid::Builder::from_random_bytes(entropy::name_bytes()?).into_uuid().to_string();
        let constant = self.constants.of(&service.name);
        let is_narrowed = asker.who.as_ref().is_some_and(|who| who.restriction.is_some());
        Ok(AccessClaims::new(&constant, asker.name(), validity, jti, granted).narrowed(is_narrowed))
    }

    /// Authenticates the client. `service` is the service that the request names.
    async fn prove(
        &self,
        request: &TokenRequest,
        service: Option<&ServiceName>,
        now: Timestamp,
    ) -> Result<Asker, IssueError> {
        let purpose = Purpose::Token(service);
        let who = self.authn.prove(&request.presented, purpose, request.address, now).await?;
        let subject = who.as_ref().map(|who| who.subject.clone()).unwrap_or_default();
        Ok(Asker { subject, who })
    }

    /// Returns the refresh token of the answer. Only people who sign in with a password get a new refresh token.
    // INTEROP: a refresh token makes docker login forget the password. Pull secrets that are made from docker's file
    // then break. So robots and access keys never get a refresh token.
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
