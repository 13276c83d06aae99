//! Lists single events of registries, for administrators.

use super::administration::Administration;
use super::caller::Admin;
use super::error::ManageError;
use super::list::{List, NOT_A_PLACE, place_of};
use super::usage_query::{Asked, Narrowing, shown};
use crate::domain::events::{Digest, EventAction};
use crate::domain::invalid::FieldErrors;
use crate::domain::resource::ResourceName;
use crate::domain::schema;
use crate::domain::service::ServiceName;
use crate::domain::time::Timestamp;
use crate::storage::events::{ActivityFilter, ActivityRow, Moment};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// The kinds of events that the server keeps one by one.
const KEPT: [EventAction; 4] =
    [EventAction::Pull, EventAction::Push, EventAction::Mount, EventAction::Delete];

/// The kinds of events in the list, for the description of the API.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "only the description of the API uses these variants")]
enum ListedAction {
    Pull,
    Push,
    Mount,
    Delete,
}

/// The query parameters of the list, as the client sent them.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct ActivityQuery {
    /// Events in repositories whose names begin with this text.
    #[param(max_length = 255, pattern = "^[^\\u0000]*$", example = "team/")]
    pub q: Option<String>,
    /// Events of this kind: `pull`, `push`, `mount` or `delete`. The server only counts checks: see `/usage`.
    #[param(value_type = Option<ListedAction>, inline, example = "delete")]
    pub action: Option<String>,
    /// Events of this service.
    #[param(value_type = Option<ServiceName>, example = "registry")]
    pub service: Option<String>,
    /// Events in this repository.
    #[param(max_length = 255, example = "team/app")]
    pub repository: Option<String>,
    /// Events by this user or robot (`NAME`, `user:NAME` or `robot:NAME`), or by `anonymous`.
    #[param(max_length = 300, example = "ci")]
    pub subject: Option<String>,
    /// Events of this manifest or layer.
    #[param(
        max_length = 255,
        example = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    )]
    pub digest: Option<String>,
    /// Events from this day or time on. When absent, the period begins 30 days before its end.
    #[param(max_length = 64, example = "2026-01-01")]
    pub from: Option<String>,
    /// Events up to and including this day, or up to this time.
    #[param(max_length = 64, example = "2030-01-01")]
    pub to: Option<String>,
    /// The greatest number of events, 1 to 1,000; 100 when absent.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 1000, default = 100, example = 100)]
    pub limit: Option<String>,
    /// The `next` of the previous page.
    #[param(min_length = 2, pattern = "^[A-Za-z0-9_-]+$")]
    pub after: Option<String>,
}

/// An event that a registry reported. Its names and addresses come from the registry.
#[derive(Debug, Serialize, ToSchema)]
pub struct Activity {
    /// The time of the event.
    at: Timestamp,
    /// The service of the registry.
    #[schema(value_type = ServiceName)]
    service: String,
    /// The name of the repository.
    #[schema(value_type = ResourceName)]
    repository: String,
    /// The name of the user or robot, `anonymous`, or the pseudonym of a deleted user.
    subject: String,
    /// `pull`, `push`, `mount` or `delete`.
    #[schema(schema_with = schema::used_action)]
    action: String,
    /// The name of the tag; null when the registry did not report it.
    tag: Option<String>,
    /// The digest of the manifest or layer; null when the registry did not report it.
    digest: Option<String>,
    /// The client's address, or the network of that address; null when it is not reported or no longer kept.
    address: Option<String>,
    /// The client's program, as the client reports it; null when it is not reported or no longer kept.
    agent: Option<String>,
}

impl From<ActivityRow> for Activity {
    fn from(row: ActivityRow) -> Self {
        let known = |text: String| Some(text).filter(|text| !text.is_empty());
        Self {
            at: row.at,
            service: row.service,
            repository: row.repository,
            subject: shown(row.subject),
            action: row.action,
            tag: known(row.tag),
            digest: known(row.digest),
            address: known(row.address),
            agent: known(row.agent),
        }
    }
}

impl ActivityQuery {
    fn parse(&self, now: Timestamp) -> Result<(ActivityFilter, Asked<2>, Option<Moment>), FieldErrors> {
        let mut errors = FieldErrors::default();
        let narrowing = Narrowing {
            q: self.q.as_deref(),
            service: self.service.as_deref(),
            repository: self.repository.as_deref(),
            subject: self.subject.as_deref(),
            action: None,
            from: self.from.as_deref(),
            to: self.to.as_deref(),
            limit: self.limit.as_deref(),
            after: self.after.as_deref(),
        };
        let mut asked: Asked<2> = narrowing.parse(&mut errors, now);
        let digest = self.digest.as_deref().and_then(|text| errors.keep("digest", Digest::parse(text)));
        let kept = KEPT.map(EventAction::as_str);
        let only = self.action.as_deref();
        if only.is_some_and(|only| !kept.contains(&only)) {
            let message =
                "must be `pull`, `push`, `mount` or `delete`: checks are only counted, see `/usage`";
            errors.push("action", message);
        }
        let actions = kept.into_iter().filter(|kept| only.is_none_or(|only| only == *kept)).collect();
        let after = asked.after.take().and_then(|[at, seq]| match (at.parse(), seq.parse()) {
            (Ok(at), Ok(seq)) => Some((at, seq)),
            _ => {
                errors.push("after", NOT_A_PLACE);
                None
            }
        });
        errors.into_result()?;
        let filter = ActivityFilter {
            actions,
            service: asked.filter.service.clone(),
            repository: asked.filter.repository.clone(),
            prefix: asked.filter.prefix.clone(),
            subject: asked.filter.subject.clone(),
            digest: digest.map(|digest| digest.to_string()),
        };
        Ok((filter, asked, after))
    }
}

impl Administration {
    /// Lists the events of a period, the newest first.
    pub async fn activity(
        &self,
        admin: &Admin,
        query: &ActivityQuery,
    ) -> Result<List<Activity>, ManageError> {
        let (filter, asked, before) = query.parse(admin.origin.at)?;
        let mut reader = self.events()?.read().await?;
        let part = reader.list_activity(&filter, asked.period, before, asked.limit).await?;
        let next = part.next.map(|(at, seq)| place_of(&[&at.to_string(), &seq.to_string()]));
        Ok(List::up_to(part.items.into_iter().map(Activity::from).collect(), next.as_deref()))
    }
}
