//! What would be granted, and why.

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
    /// Who asks.
    #[schema(schema_with = schema::subject_or_anonymous)]
    pub subject: String,
    /// For which registry.
    #[schema(value_type = ServiceName)]
    pub service: String,
    /// What is asked: at most 64 scopes between spaces.
    #[schema(example = "repository:web/site:pull,push")]
    pub scope: String,
    /// From where.
    #[serde(default)]
    #[schema(schema_with = schema::address)]
    pub address: Option<IpAddr>,
    /// When; now if absent.
    #[serde(default)]
    pub at: Option<Timestamp>,
    /// With which key.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Uuid)]
    pub access_key: Option<String>,
}

/// A question of somebody about themselves.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = OwnCheck, example = json!({"service": "registry", "scope": "repository:web/site:pull,push"}))]
pub struct OwnCheckFields {
    /// For which registry; may be left out when there is only one.
    #[serde(default)]
    #[schema(value_type = Option<ServiceName>)]
    pub service: Option<String>,
    /// What is asked: at most 64 scopes between spaces.
    #[schema(example = "repository:web/site:pull,push")]
    pub scope: String,
}

/// The answer to a check.
#[derive(Debug, Serialize, ToSchema)]
pub struct CheckAnswer {
    /// Whom it is about.
    #[schema(schema_with = schema::subject_or_anonymous)]
    pub subject: String,
    /// For which registry.
    pub service: ServiceName,
    /// What a token would grant.
    pub granted: Access,
    /// For every resource and action asked, why.
    pub why: Vec<Explanation>,
    /// Why nothing is granted whatever the rules say; `null` when the rules decide.
    #[schema(value_type = Option<String>)]
    pub inactive: Option<&'static str>,
    /// Scopes and actions that are malformed and so grant nothing, each with the reason.
    pub ignored: Vec<Dropped>,
}

/// What is asked of the policy.
pub(super) struct Asked {
    /// Whom it is about, as the answer names them.
    pub(super) subject: String,
    service: ServiceName,
    pub(super) scopes: ScopeList,
    address: Option<IpAddr>,
    pub(super) at: Timestamp,
}

/// A question, checked as far as that needs no database.
pub(super) struct Parsed {
    pub(super) asked: Asked,
    /// `None` for anonymous.
    wanted: Option<SubjectRef>,
    pub(super) access_key: Option<String>,
}

/// How much of a decision is explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    /// Nothing.
    Nothing,
    /// What costs little more than the decision.
    Briefly,
    /// What the subject may know.
    ToSubject,
    /// All.
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
    /// Checks the question, which is asked at `now`.
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

/// Who a question is about.
pub(super) struct Asker {
    subject: Subject,
    restriction: Option<Arc<Restriction>>,
    /// Why nothing is granted whatever the rules say.
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
        // The story of a refusal may look at every rule: the threads that serve tokens do not wait for it.
        let answering =
            tokio::task::spawn_blocking(move || answer(&snapshot, &asker, parsed.asked, Told::Fully));
        answering.await.map_err(|_| StoreError::Cut)?
    }

    /// Who a question is about.
    pub(super) async fn asker_of(&self, parsed: &Parsed) -> Result<Asker, ManageError> {
        match &parsed.wanted {
            Some(wanted) => self.asker(wanted, parsed.access_key.as_deref(), parsed.asked.at).await,
            None => Ok(Asker { subject: Subject::anonymous(), restriction: None, inactive: None, seq: 0 }),
        }
    }

    /// The same for the caller, from where they are and now. Names only rules that are about them.
    /// Fails for an unknown service.
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
            _ => return Err(FieldErrors::one("service", "which registry? name its service").into()),
        };
        let asker = Asker { subject: found.as_subject(), restriction: None, inactive: None, seq: found.seq };
        let (subject, at) = (found.row.subject.to_string(), caller.origin.at);
        let asked = Asked { subject, service, scopes, address: caller.origin.address, at };
        let answering =
            tokio::task::spawn_blocking(move || answer(&snapshot, &asker, asked, Told::ToSubject));
        answering.await.map_err(|_| StoreError::Cut)?
    }

    /// The subject of a question, and what its access key is narrowed to.
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
            Some("the subject has expired")
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
    /// The seq of the state that the subject was read from.
    pub(super) fn seq(&self) -> i64 {
        self.seq
    }
}

/// Decides and explains.
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
    // What is only implied and not granted is nothing that was asked.
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
