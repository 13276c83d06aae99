//! Reads the audit trail.

use super::administration::Administration;
use super::caller::Admin;
use super::error::ManageError;
use super::list::{List, parse_limit};
use crate::domain::change::{Actor, ChangeRecord};
use crate::domain::invalid::FieldErrors;
use crate::domain::kind::ObjectKind;
use crate::domain::time::Timestamp;
use crate::storage::ChangeFilter;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

/// The number of records that an export reads at once.
const CHUNK: i64 = 500;

/// The query parameters of the audit trail, as the client sent them.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct ChangeQuery {
    /// Only changes of this kind of object.
    #[param(value_type = Option<ObjectKind>, inline, example = "user")]
    pub kind: Option<String>,
    /// Only changes of objects with this name or id.
    #[param(max_length = 512, pattern = "^[^\\u0000]*$", example = "admin")]
    pub name: Option<String>,
    /// Only changes by this actor (`user:NAME`, `robot:NAME`, `system`).
    #[param(value_type = Option<Actor>, inline, example = "user:admin")]
    pub actor: Option<String>,
    /// Only changes at or after this time, RFC 3339.
    #[param(value_type = Option<Timestamp>, example = "2026-01-01T00:00:00Z")]
    pub since: Option<String>,
    /// Only changes before this time, RFC 3339.
    #[param(value_type = Option<Timestamp>, example = "2030-01-01T00:00:00Z")]
    pub until: Option<String>,
    /// `asc` (oldest first, the default) or `desc`.
    #[param(value_type = Option<Order>, inline, example = "desc")]
    pub order: Option<String>,
    /// The greatest number of entries, 1 to 1,000; 100 when absent.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 1000, default = 100, example = 100)]
    pub limit: Option<String>,
    /// The `seq` after which the page continues, in the requested order.
    #[param(value_type = Option<i64>, minimum = 0, example = 0)]
    pub after: Option<String>,
}

/// The order of a list, for the description of the API.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "only the description of the API uses these variants")]
enum Order {
    Asc,
    Desc,
}

/// A walk along the audit trail, in chunks.
#[derive(Debug, Clone)]
pub struct Trail {
    filter: ChangeFilter,
    after: Option<i64>,
    left: Option<i64>,
}

impl ChangeQuery {
    fn parse(&self) -> Result<(Trail, i64), FieldErrors> {
        let mut errors = FieldErrors::default();
        let mut time = |field, text: &Option<String>| {
            text.as_deref().and_then(|text| errors.keep(field, Timestamp::parse(text)))
        };
        let (since, until) = (time("since", &self.since), time("until", &self.until));
        let newest_first = match self.order.as_deref() {
            None | Some("asc") => false,
            Some("desc") => true,
            Some(_) => {
                errors.push("order", "must be `asc` or `desc`");
                false
            }
        };
        let after = match self.after.as_deref().map(str::parse::<i64>) {
            None => None,
            Some(Ok(seq)) if seq >= 0 => Some(seq),
            Some(_) => {
                errors.push("after", "must be the number of a change");
                None
            }
        };
        if self.name.as_ref().is_some_and(|text| text.contains('\0') || text.len() > 512) {
            errors.push("name", "must be at most 512 bytes without NUL");
        }
        let kind = self.kind.as_deref().and_then(|text| errors.keep("kind", ObjectKind::parse(text)));
        let actor = self.actor.as_deref().and_then(|text| errors.keep("actor", Actor::parse(text)));
        let limit = parse_limit(&mut errors, self.limit.as_deref());
        errors.into_result()?;
        let name = self.name.clone();
        let (kind, actor) = (kind.map(|kind| kind.to_string()), actor.map(|actor| actor.to_string()));
        let filter = ChangeFilter { kind, name, actor, since, until, newest_first };
        let left = self.limit.as_ref().map(|_| limit);
        Ok((Trail { filter, after, left }, limit))
    }
}

impl Administration {
    /// Returns a page of the audit trail.
    pub async fn list_changes(
        &self,
        _: &Admin,
        query: &ChangeQuery,
    ) -> Result<List<ChangeRecord>, ManageError> {
        let (trail, limit) = query.parse()?;
        // The query asks for one record more than the page has, to find out if there is a next page.
        let mut items = self.store.read().await?.trail(trail.after, limit + 1, &trail.filter).await?;
        let limit = usize::try_from(limit).unwrap_or(0);
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| more).map(|last| last.seq.to_string());
        Ok(List { items, next, total: None })
    }

    /// Begins a walk along all records that match the query, or along the first `limit` of them.
    pub fn walk_changes(&self, _: &Admin, query: &ChangeQuery) -> Result<Trail, ManageError> {
        Ok(query.parse()?.0)
    }

    /// Returns the next records of a walk. Returns no records at the end.
    pub async fn next_changes(&self, trail: &mut Trail) -> Result<Vec<ChangeRecord>, ManageError> {
        let limit = trail.left.map_or(CHUNK, |left| left.min(CHUNK));
        if limit == 0 {
            return Ok(Vec::new());
        }
        let records = self.store.read().await?.trail(trail.after, limit, &trail.filter).await?;
        if let Some(last) = records.last() {
            trail.after = Some(last.seq);
        }
        let count = i64::try_from(records.len()).unwrap_or(CHUNK);
        trail.left = trail.left.map(|left| left - count);
        Ok(records)
    }
}
