//! The queries of the lists of usage, of pulls and of events, and their filters.

use crate::domain::events::{Digest, EventAction, Period};
use crate::domain::faults;
use crate::domain::invalid::FieldErrors;
use crate::domain::resource::{ResourceName, ResourceType};
use crate::domain::service::ServiceName;
use crate::domain::subject::{InvalidSubject, SubjectName, SubjectRef};
use crate::domain::time::Timestamp;
use crate::storage::events::UsageFilter;
use serde::Deserialize;
use std::str::FromStr;
use utoipa::{IntoParams, ToSchema};

use super::list::{parse_limit, parse_place, parse_prefix};

/// The name of clients that did not sign in; no user or robot may have this name.
pub(super) const ANONYMOUS: &str = "anonymous";
/// The prefix of the pseudonyms of deleted users.
const DELETED: &str = "deleted:";

/// The kinds of events, for the description of the API.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "only the description of the API uses these variants")]
enum UsedAction {
    Pull,
    Check,
    Push,
    Mount,
    Delete,
}

/// The query parameters of the list of usage, as the client sent them.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct UsageQuery {
    /// Usage of repositories whose names begin with this text.
    #[param(max_length = 255, pattern = "^[^\\u0000]*$", example = "team/")]
    pub q: Option<String>,
    /// Usage of this service.
    #[param(value_type = Option<ServiceName>, example = "registry")]
    pub service: Option<String>,
    /// Usage of this repository.
    #[param(max_length = 255, example = "team/app")]
    pub repository: Option<String>,
    /// Usage by this user or robot (`NAME`, `user:NAME` or `robot:NAME`), or by `anonymous`.
    #[param(max_length = 300, example = "ci")]
    pub subject: Option<String>,
    /// Usage of this kind: `pull`, `check`, `push`, `mount` or `delete`.
    #[param(value_type = Option<UsedAction>, inline, example = "pull")]
    pub action: Option<String>,
    /// Usage from this day or time on. When absent, the period begins 30 days before its end.
    #[param(max_length = 64, example = "2026-01-01")]
    pub from: Option<String>,
    /// Usage up to and including this day, or up to this time.
    #[param(max_length = 64, example = "2030-01-01")]
    pub to: Option<String>,
    /// The greatest number of entries, 1 to 1,000; 100 when absent.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 1000, default = 100, example = 100)]
    pub limit: Option<String>,
    /// The `next` of the previous page.
    #[param(min_length = 2, pattern = "^[A-Za-z0-9_-]+$")]
    pub after: Option<String>,
}

/// The query parameters of the list of the caller's own usage, as the client sent them.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct OwnUsageQuery {
    /// Usage of repositories whose names begin with this text.
    #[param(max_length = 255, pattern = "^[^\\u0000]*$", example = "team/")]
    pub q: Option<String>,
    /// Usage of this service.
    #[param(value_type = Option<ServiceName>, example = "registry")]
    pub service: Option<String>,
    /// Usage of this repository.
    #[param(max_length = 255, example = "team/app")]
    pub repository: Option<String>,
    /// Usage of this kind: `pull`, `check`, `push`, `mount` or `delete`.
    #[param(value_type = Option<UsedAction>, inline, example = "pull")]
    pub action: Option<String>,
    /// Usage from this day or time on. When absent, the period begins 30 days before its end.
    #[param(max_length = 64, example = "2026-01-01")]
    pub from: Option<String>,
    /// Usage up to and including this day, or up to this time.
    #[param(max_length = 64, example = "2030-01-01")]
    pub to: Option<String>,
    /// The greatest number of entries, 1 to 1,000; 100 when absent.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 1000, default = 100, example = 100)]
    pub limit: Option<String>,
    /// The `next` of the previous page.
    #[param(min_length = 2, pattern = "^[A-Za-z0-9_-]+$")]
    pub after: Option<String>,
}

/// The query parameters of the list of pulls of a manifest, as the client sent them.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct PullQuery {
    /// The digest of the manifest: `sha256:` and 64 hexadecimal digits.
    #[param(
        required = true,
        value_type = String,
        max_length = 255,
        example = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    )]
    pub digest: Option<String>,
    /// Pulls from repositories whose names begin with this text.
    #[param(max_length = 255, pattern = "^[^\\u0000]*$", example = "team/")]
    pub q: Option<String>,
    /// Pulls from this service.
    #[param(value_type = Option<ServiceName>, example = "registry")]
    pub service: Option<String>,
    /// Pulls from this repository.
    #[param(max_length = 255, example = "team/app")]
    pub repository: Option<String>,
    /// Pulls by this user or robot (`NAME`, `user:NAME` or `robot:NAME`), or by `anonymous`.
    #[param(max_length = 300, example = "ci")]
    pub subject: Option<String>,
    /// Only subjects that last pulled on or after this day or time. When absent, the period begins 30 days before its
    /// end.
    #[param(max_length = 64, example = "2026-01-01")]
    pub from: Option<String>,
    /// Only subjects that first pulled on or before this day, or before this time.
    #[param(max_length = 64, example = "2030-01-01")]
    pub to: Option<String>,
    /// The greatest number of entries, 1 to 1,000; 100 when absent.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 1000, default = 100, example = 100)]
    pub limit: Option<String>,
    /// The `next` of the previous page.
    #[param(min_length = 2, pattern = "^[A-Za-z0-9_-]+$")]
    pub after: Option<String>,
}

/// A parsed query.
pub(super) struct Asked<const N: usize> {
    pub(super) filter: UsageFilter,
    pub(super) period: Period,
    pub(super) limit: usize,
    pub(super) after: Option<[String; N]>,
}

/// The query parameters that the lists of usage, pulls and events share, as the client sent them.
#[derive(Default)]
pub(super) struct Narrowing<'a> {
    pub(super) q: Option<&'a str>,
    pub(super) service: Option<&'a str>,
    pub(super) repository: Option<&'a str>,
    pub(super) subject: Option<&'a str>,
    pub(super) action: Option<&'a str>,
    pub(super) from: Option<&'a str>,
    pub(super) to: Option<&'a str>,
    pub(super) limit: Option<&'a str>,
    pub(super) after: Option<&'a str>,
}

impl Narrowing<'_> {
    pub(super) fn parse<const N: usize>(&self, errors: &mut FieldErrors, now: Timestamp) -> Asked<N> {
        let service = self.service.and_then(|text| errors.keep("service", ServiceName::parse(text)));
        let filter = UsageFilter {
            service: service.map(|name| name.to_string()),
            repository: self.repository.and_then(|text| errors.keep("repository", repository(text))),
            prefix: parse_prefix(errors, self.q),
            subject: self.subject.and_then(|text| errors.keep("subject", subject(text))),
            action: self.action.and_then(|text| action(errors, text)).map(str::to_owned),
            begun: None,
        };
        let period = Period::parse(errors, self.from, self.to, now);
        let limit = usize::try_from(parse_limit(errors, self.limit)).unwrap_or(0);
        Asked { filter, period, limit, after: parse_place(errors, self.after) }
    }
}

/// Checks the name of a repository.
fn repository(text: &str) -> Result<String, String> {
    let of = ResourceType::parse("repository").map_err(|error| error.to_string())?;
    let name = ResourceName::parse(&of, text).map_err(|_| faults::of_name(&of, text).to_string())?;
    Ok(name.to_string())
}

/// Returns the name by which registries report a subject; empty for anonymous. `text` is `NAME`, `user:NAME`,
/// `robot:NAME`, `anonymous` or the pseudonym of a deleted user. Users and robots share one name space.
fn subject(text: &str) -> Result<String, InvalidSubject> {
    let is_pseudonym = |rest: &str| rest.len() <= 255 && rest.bytes().all(|b| b.is_ascii_graphic());
    match text.strip_prefix(DELETED) {
        _ if text == ANONYMOUS => Ok(String::new()),
        Some(rest) if is_pseudonym(rest) => Ok(text.to_owned()),
        _ if text.contains(':') => Ok(SubjectRef::parse(text)?.name.to_string()),
        _ => Ok(SubjectName::parse(text)?.to_string()),
    }
}

/// Returns the kind of an event, as the database writes it. Any other text is an error.
fn action(errors: &mut FieldErrors, text: &str) -> Option<&'static str> {
    let found = EventAction::from_str(text).ok().filter(|action| action.right().is_some());
    if found.is_none() {
        errors.push("action", "must be `pull`, `check`, `push`, `mount` or `delete`");
    }
    found.map(EventAction::as_str)
}

/// Returns the name of a subject, as answers show it: `anonymous` for the empty name.
pub(super) fn shown(subject: String) -> String {
    if subject.is_empty() { ANONYMOUS.to_owned() } else { subject }
}

impl UsageQuery {
    pub(super) fn parse(&self, now: Timestamp) -> Result<Asked<4>, FieldErrors> {
        let mut errors = FieldErrors::default();
        let narrowing = Narrowing {
            q: self.q.as_deref(),
            service: self.service.as_deref(),
            repository: self.repository.as_deref(),
            subject: self.subject.as_deref(),
            action: self.action.as_deref(),
            from: self.from.as_deref(),
            to: self.to.as_deref(),
            limit: self.limit.as_deref(),
            after: self.after.as_deref(),
        };
        let asked = narrowing.parse(&mut errors, now);
        errors.into_result().map(|()| asked)
    }
}

impl OwnUsageQuery {
    /// Returns these filters, limited to the usage of one subject.
    pub(super) fn of(&self, subject: &SubjectName) -> UsageQuery {
        let Self { q, service, repository, action, from, to, limit, after } = self.clone();
        UsageQuery {
            q,
            service,
            repository,
            subject: Some(subject.to_string()),
            action,
            from,
            to,
            limit,
            after,
        }
    }
}

impl PullQuery {
    pub(super) fn parse(&self, now: Timestamp) -> Result<(Digest, Asked<4>), FieldErrors> {
        let mut errors = FieldErrors::default();
        let digest = match self.digest.as_deref() {
            None => {
                errors.push("digest", "required");
                None
            }
            Some(text) => errors.keep("digest", Digest::parse(text)),
        };
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
        let asked = narrowing.parse(&mut errors, now);
        match digest {
            Some(digest) if errors.0.is_empty() => Ok((digest, asked)),
            _ => Err(errors),
        }
    }
}
