//! Answers questions about rights: the granted actions, and the reasons.

use super::administration::Administration;
use super::caller::{Admin, Caller};
use super::error::ManageError;
use super::subjects::missing;
use crate::accounts::{WriteError, read};
use crate::authn::is_active;
use crate::domain::access::Access;
use crate::domain::as_read::AsRead;
use crate::domain::dropped::{Dropped, dropped};
use crate::domain::invalid::FieldErrors;
use crate::domain::kind::ObjectKind;
use crate::domain::policy::{Explanation, Policy, Question, Restriction};
use crate::domain::schema;
use crate::domain::scope::ScopeList;
use crate::domain::service::ServiceName;
use crate::domain::subject::{Subject, SubjectRef};
use crate::domain::time::Timestamp;
use crate::snapshot::Snapshot;
use crate::storage::StoreError;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::net::IpAddr;
use std::sync::Arc;
use utoipa::ToSchema;

/// A question to the policy.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Check, example = json!({
    "subject": "user:admin", "service": "registry", "scope": "repository:web/site:pull,push",
}))]
pub struct CheckFields {
    /// The subject that asks for access.
    #[schema(schema_with = schema::subject_or_anonymous)]
    pub subject: String,
    /// The service of the registry that the token is for.
    #[schema(value_type = ServiceName)]
    pub service: String,
    /// The requested scopes: at most 64, with spaces between them.
    #[schema(example = "repository:web/site:pull,push")]
    pub scope: String,
    /// The client's address.
    #[serde(default)]
    #[schema(schema_with = schema::address)]
    pub address: Option<IpAddr>,
    /// The time of the question; now if absent.
    #[serde(default)]
    pub at: Option<Timestamp>,
    /// The id of the access key that the client presents; absent if the client presents no access key.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Uuid)]
    pub access_key: Option<String>,
}

/// A question of the caller about its own rights.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = OwnCheck, example = json!({"service": "registry", "scope": "repository:web/site:pull,push"}))]
pub struct OwnCheckFields {
    /// The service of the registry. It can be absent if there is only one service.
    #[serde(default)]
    #[schema(value_type = Option<ServiceName>)]
    pub service: Option<String>,
    /// The requested scopes: at most 64, with spaces between them.
    #[schema(example = "repository:web/site:pull,push")]
    pub scope: String,
}

/// The answer to a check.
#[derive(Debug, Serialize, ToSchema)]
pub struct CheckAnswer {
    /// The subject of the question.
    #[schema(schema_with = schema::subject_or_anonymous)]
    pub subject: String,
    /// The service of the registry.
    pub service: ServiceName,
    /// The access that a token would grant.
    pub granted: Access,
    /// The reasons, for every requested resource and action.
    pub why: Vec<Explanation>,
    /// The reason why nothing is granted, regardless of the rules; `null` when the rules decide.
    #[schema(value_type = Option<String>)]
    pub inactive: Option<&'static str>,
    /// Scopes and actions that are malformed and so grant nothing, each with the reason.
    pub ignored: Vec<Dropped>,
}

/// A parsed question for the policy.
pub(super) struct Asked {
    /// The subject, in the form in which the answer names it.
    pub(super) subject: String,
    service: ServiceName,
    pub(super) scopes: ScopeList,
    address: Option<IpAddr>,
    pub(super) at: Timestamp,
}

/// A question that was checked as far as possible without the database.
pub(super) struct Parsed {
    pub(super) asked: Asked,
    /// The subject; `None` for anonymous.
    wanted: Option<SubjectRef>,
    pub(super) access_key: Option<String>,
}

/// The extent of the explanations in an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    /// Explains nothing.
    Nothing,
    /// Explains a decision briefly, for little more work than the decision itself.
    Briefly,
    /// Explains a decision as far as the subject may know.
    ToSubject,
    /// Explains a decision completely.
    Fully,
}

impl Told {
    fn of(self, policy: &Policy, question: &Question<'_>) -> Vec<Explanation> {
        match self {
            Self::Nothing => Vec::new(),
            Self::Briefly => policy.explain_briefly(question),
            Self::ToSubject => policy.explain_to_subject(question),
            Self::Fully => policy.explain(question),
        }
    }
}

impl CheckFields {
    /// Checks the question. The time of the question is `now`, unless the question contains a time.
    pub(super) fn parse(self, now: Timestamp) -> Result<Parsed, ManageError> {
        let mut errors = FieldErrors::default();
        let service = errors.keep("service", ServiceName::parse(&self.service));
        let scopes = errors.keep("scope", ScopeList::parse([self.scope.as_str()])).unwrap_or_default();
        let wanted = match self.subject.as_str() {
            "anonymous" => None,
            text => errors.keep("subject", SubjectRef::parse(text)),
        };
        if self.access_key.is_some() && wanted.is_none() {
            errors.push("access_key", "anonymous has no access keys");
        }
        errors.into_result()?;
        let service = service.ok_or_else(|| WriteError::not_found(ObjectKind::Service, &self.service))?;
        let at = self.at.unwrap_or(now);
        let asked = Asked { subject: self.subject, service, scopes, address: self.address, at };
        Ok(Parsed { asked, wanted, access_key: self.access_key })
    }
}

/// The subject of a question, as it is in the database.
pub(super) struct Asker {
    subject: Subject,
    restriction: Option<Arc<Restriction>>,
    /// The reason why nothing is granted, regardless of the rules.
    inactive: Option<&'static str>,
    /// The seq of the state that the subject was read from.
    seq: i64,
}

impl Administration {
    /// Evaluates a request without issuing a token.
    /// Fails for an unknown subject, service or key.
    pub async fn check(&self, admin: &Admin, body: Value) -> Result<CheckAnswer, ManageError> {
        let fields: CheckFields = read(body)?;
        let parsed = fields.parse(admin.origin.at)?;
        let asker = self.asker_of(&parsed).await?;
        let snapshot = self.snapshots.at_least(asker.seq).await?;
        // Explaining a refusal may look at every rule, so it runs outside the threads that serve tokens.
        let answering =
            tokio::task::spawn_blocking(move || answer(&snapshot, &asker, parsed.asked, Told::Fully));
        answering.await.map_err(|_| StoreError::Cut)?
    }

    /// Finds the subject of a question.
    pub(super) async fn asker_of(&self, parsed: &Parsed) -> Result<Asker, ManageError> {
        match &parsed.wanted {
            Some(wanted) => self.asker(wanted, parsed.access_key.as_deref(), parsed.asked.at).await,
            None => Ok(Asker { subject: Subject::anonymous(), restriction: None, inactive: None, seq: 0 }),
        }
    }

    /// Evaluates a question of the caller about itself, with the caller's address and the present time. Names only
    /// rules about the caller. Fails for an unknown service, and without a service unless there is exactly one.
    pub async fn check_own(&self, caller: &Caller, body: Value) -> Result<CheckAnswer, ManageError> {
        caller.unrestricted()?;
        let fields: OwnCheckFields = read(body)?;
        let mut errors = FieldErrors::default();
        let named = fields.service.as_deref().map(ServiceName::parse);
        let named = named.and_then(|named| errors.keep("service", named));
        let scopes = errors.keep("scope", ScopeList::parse([fields.scope.as_str()])).unwrap_or_default();
        errors.into_result()?;
        let found = &caller.who.found;
        let snapshot = self.snapshots.at_least(found.seq).await?;
        let mut services = snapshot.services.keys();
        let service = match (named, services.next(), services.next()) {
            (Some(named), ..) => named,
            (None, Some(only), None) => only.clone(),
            _ => {
                return Err(FieldErrors::one(
                    "service",
                    "required, because there are several services, or none",
                )
                .into());
            }
        };
        let asker = Asker { subject: found.as_subject(), restriction: None, inactive: None, seq: found.seq };
        let (subject, at) = (found.row.subject.to_string(), caller.origin.at);
        let asked = Asked { subject, service, scopes, address: caller.origin.address, at };
        let answering =
            tokio::task::spawn_blocking(move || answer(&snapshot, &asker, asked, Told::ToSubject));
        answering.await.map_err(|_| StoreError::Cut)?
    }

    /// Finds the subject of a question, and the restriction of its access key.
    async fn asker(
        &self,
        wanted: &SubjectRef,
        access_key: Option<&str>,
        at: Timestamp,
    ) -> Result<Asker, ManageError> {
        let mut reader = self.store.read().await?;
        let found = reader.find_account(wanted).await?;
        let Some(found) = found else {
            return Err(missing(&mut reader, wanted).await);
        };
        let mut inactive = if found.row.disabled {
            Some("the subject is disabled")
        } else if !is_active(&found, at) {
            Some("the subject has ended, or its provider does not vouch for it")
        } else {
            None
        };
        let mut restriction = None;
        if let Some(id) = access_key {
            let key = reader.find_key(id).await?.filter(|(owner, _)| owner == wanted);
            let (_, key) = key.ok_or_else(|| WriteError::not_found(ObjectKind::AccessKey, id))?;
            if key.expires_at.is_some_and(|end| end <= at) {
                inactive = Some("the access key has expired");
            }
            restriction = key.restriction;
        }
        Ok(Asker { subject: found.as_subject(), restriction, inactive, seq: found.seq })
    }
}

impl Asker {
    /// Returns the seq of the state that the subject was read from.
    pub(super) fn seq(&self) -> i64 {
        self.seq
    }
}

/// Decides a question, and explains the decision. Fails for an unknown service.
pub(super) fn answer(
    snapshot: &Snapshot,
    asker: &Asker,
    asked: Asked,
    told: Told,
) -> Result<CheckAnswer, ManageError> {
    let Asked { subject, service, scopes, address, at } = asked;
    let Some(checked) = snapshot.services.get(&service) else {
        return Err(WriteError::not_found(ObjectKind::Service, service).into());
    };
    let asked = AsRead::new(&scopes, checked);
    let question = Question {
        subject: &asker.subject,
        service: &service,
        scopes: asked.scopes().scopes(),
        address,
        at,
        restriction: asker.restriction.as_deref(),
    };
    let granted = match asker.inactive {
        None => asked.answer(snapshot.policy.evaluate(&question).granted),
        Some(_) => Access::default(),
    };
    // The client did not ask for an implied action, so the answer does not explain why such an action is refused.
    let is_told =
        |one: &Explanation| one.granted || !asked.is_implied(&one.resource_type, &one.name, &one.action);
    Ok(CheckAnswer {
        subject,
        why: told.of(&snapshot.policy, &question).into_iter().filter(is_told).collect(),
        granted,
        inactive: asker.inactive,
        ignored: dropped(asked.scopes()),
        service,
    })
}
