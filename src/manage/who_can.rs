//! Answers the question of an access review: who may do something?

use super::administration::Administration;
use super::caller::Admin;
use super::error::ManageError;
use super::list::{List, ListQuery, NOT_A_PLACE};
use crate::accounts::WriteError;
use crate::domain::faults;
use crate::domain::invalid::FieldErrors;
use crate::domain::kind::ObjectKind;
use crate::domain::policy::{Holder, Reach, RuleName};
use crate::domain::resource::{Action, ResourceName, ResourceType};
use crate::domain::schema;
use crate::domain::service::ServiceName;
use crate::domain::subject::{Subject, SubjectKind, SubjectRef};
use crate::domain::time::Timestamp;
use crate::snapshot::Snapshot;
use crate::storage::{Page, Reader, StoreError, StoredSubject};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use utoipa::{IntoParams, ToSchema};

const ANONYMOUS: &str = "anonymous";
/// The most subjects that are examined for one page of users and robots.
const LOOKED_AT: usize = 5000;

/// The query parameters of the question, as the client sent them.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct WhoCanQuery {
    /// The service of the registry. It can be absent if there is only one service.
    #[param(value_type = Option<ServiceName>, example = "registry")]
    pub service: Option<String>,
    /// The resource's type; `repository` when absent.
    #[serde(rename = "type")]
    #[param(value_type = Option<ResourceType>, default = "repository", example = "repository")]
    pub resource_type: Option<String>,
    /// The resource's name.
    #[param(required = true, value_type = ResourceName, example = "web/site")]
    pub name: Option<String>,
    /// The action.
    #[param(required = true, value_type = Action, example = "push")]
    pub action: Option<String>,
    /// The client's address. Without an address, rules that are limited to networks are listed too, with the networks
    /// as a condition.
    #[param(schema_with = schema::address, example = "192.0.2.1")]
    pub address: Option<String>,
    /// The time of the question; now when absent.
    #[param(value_type = Option<Timestamp>, example = "2030-01-01T00:00:00Z")]
    pub at: Option<String>,
    /// `true` lists each user and robot instead of selectors.
    #[param(value_type = Option<bool>, default = false, example = true)]
    pub expand: Option<String>,
    /// The greatest number of entries, 1 to 1,000; 100 when absent.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 1000, default = 100, example = 100)]
    pub limit: Option<String>,
    /// The `next` of the previous page.
    #[param(min_length = 2, pattern = "^[A-Za-z0-9_-]+$")]
    pub after: Option<String>,
}

/// A user, a robot or anonymous who has the right.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SubjectHolder {
    /// `user:NAME`, `robot:NAME` or `anonymous`.
    #[schema(schema_with = schema::subject_or_anonymous)]
    pub subject: String,
    /// The rule that grants the right.
    pub rule: RuleName,
}

/// A parsed question.
struct Asked {
    service: ServiceName,
    resource_type: ResourceType,
    name: ResourceName,
    action: Action,
    address: Option<IpAddr>,
    at: Timestamp,
    page: Page,
}

impl Asked {
    fn reach(&self) -> Reach<'_> {
        Reach {
            service: &self.service,
            scope_type: &self.resource_type,
            name: &self.name,
            action: &self.action,
            address: self.address,
            at: self.at,
        }
    }
}

impl WhoCanQuery {
    fn parse(&self, snapshot: &Snapshot, now: Timestamp) -> Result<Asked, WriteError> {
        let mut errors = FieldErrors::default();
        let required = |errors: &mut FieldErrors, field: &'static str, text: &Option<String>| {
            if text.is_none() {
                errors.push(field, "required");
            }
            text.clone().unwrap_or_default()
        };
        let (name, action) =
            (required(&mut errors, "name", &self.name), required(&mut errors, "action", &self.action));
        let resource_type = self.resource_type.as_deref().unwrap_or("repository");
        let resource_type = errors.keep("type", ResourceType::parse(resource_type));
        let name = match &resource_type {
            Some(of) if self.name.is_some() => {
                let parsed = ResourceName::parse(of, &name).map_err(|_| faults::of_name(of, &name));
                errors.keep("name", parsed)
            }
            _ => None,
        };
        let action = if self.action.is_some() { errors.keep("action", Action::parse(&action)) } else { None };
        let address = self.address.as_deref().and_then(|text| errors.keep("address", text.parse()));
        let at = self.at.as_deref().and_then(|text| errors.keep("at", Timestamp::parse(text))).unwrap_or(now);
        let service = match (&self.service, snapshot.services.len()) {
            (Some(text), _) => errors.keep("service", ServiceName::parse(text)),
            (None, 1) => snapshot.services.keys().next().cloned(),
            (None, _) => {
                errors.push("service", "required, because there are several services, or none");
                None
            }
        };
        let query = ListQuery { q: None, limit: self.limit.clone(), after: self.after.clone() };
        let page = match query.page() {
            Err(more) => {
                errors.0.extend(more.0);
                None
            }
            Ok(page) => Some(page),
        };
        match (service, resource_type, name, action, page) {
            (Some(service), Some(resource_type), Some(name), Some(action), Some(page))
                if errors.0.is_empty() =>
            {
                if !snapshot.services.contains_key(&service) {
                    return Err(WriteError::not_found(ObjectKind::Service, service));
                }
                Ok(Asked { service, resource_type, name, action, address, at, page })
            }
            _ => Err(errors.into()),
        }
    }
}

impl Administration {
    /// Returns a page of the selectors that have the right, each with the rule that grants it.
    pub async fn who_can(&self, admin: &Admin, query: &WhoCanQuery) -> Result<List<Holder>, ManageError> {
        let snapshot = self.snapshots.current();
        let asked = query.parse(&snapshot, admin.origin.at)?;
        let holders = snapshot.policy.who_can(&asked.reach());
        Ok(List::cut(&asked.page, holders, |holder| format!("{} {}", holder.selector, holder.rule)))
    }

    /// Returns the users and robots that have the right, and anonymous. Leaves out accounts that are disabled or have
    /// ended, and people for whom their provider does not vouch. A page examines a limited number of subjects, so the
    /// page may be short although more holders of the right follow.
    pub async fn who_can_by_subject(
        &self,
        admin: &Admin,
        query: &WhoCanQuery,
    ) -> Result<List<SubjectHolder>, ManageError> {
        let asked = query.parse(&self.snapshots.current(), admin.origin.at)?;
        let mut reader = self.store.read().await?;
        let mut items = Vec::new();
        let after = asked.page.after().to_owned();
        if after.is_empty() {
            let snapshot = self.snapshots.current();
            let rule = snapshot.policy.decides_for(&Subject::anonymous(), &asked.reach());
            items.extend(rule.map(|rule| SubjectHolder { subject: ANONYMOUS.to_owned(), rule }));
        }
        let mut looked_at = 0;
        let mut place = after;
        if !place.is_empty() && place != ANONYMOUS && SubjectRef::parse(&place).is_err() {
            return Err(FieldErrors::one("after", NOT_A_PLACE).into());
        }
        if items.len() >= asked.page.limit() {
            return Ok(List::up_to(items, Some(ANONYMOUS)));
        }
        loop {
            let found = next_subjects(&mut reader, &place).await?;
            let Some(seq) = found.iter().map(|found| found.seq).max() else {
                return Ok(List::up_to(items, None));
            };
            let snapshot = self.snapshots.at_least(seq).await?;
            for one in found {
                place = one.row.subject.to_string();
                looked_at += 1;
                if crate::authn::is_active(&one, asked.at)
                    && let Some(rule) = snapshot.policy.decides_for(&one.as_subject(), &asked.reach())
                {
                    items.push(SubjectHolder { subject: place.clone(), rule });
                }
                if items.len() >= asked.page.limit() || looked_at >= LOOKED_AT {
                    return Ok(List::up_to(items, Some(&place)));
                }
            }
        }
    }
}

/// Returns at most 500 subjects after `place`, robots first. `place` is `robot:NAME` or `user:NAME`. Any other text
/// means the beginning.
async fn next_subjects(reader: &mut Reader, place: &str) -> Result<Vec<StoredSubject>, StoreError> {
    let at = SubjectRef::parse(place).ok();
    let page = |after: &str| Page::new(String::new(), after.to_owned(), 500);
    if at.as_ref().is_none_or(|at| at.kind == SubjectKind::Robot) {
        let after = at.as_ref().map_or("", |at| at.name.as_str());
        let robots = reader.list_subjects(SubjectKind::Robot, &page(after)).await?;
        if !robots.is_empty() {
            return Ok(robots);
        }
    }
    let after = at.as_ref().filter(|at| at.kind == SubjectKind::User).map_or("", |at| at.name.as_str());
    reader.list_subjects(SubjectKind::User, &page(after)).await
}
