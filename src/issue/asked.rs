//! Which service a request asks for, and whether it got all that it asked for.

use super::error::IssueError;
use crate::domain::access::{Access, AccessEntry};
use crate::domain::resource::{Action, REPOSITORY_ACTIONS};
use crate::domain::scope::ScopeList;
use crate::domain::service::{Service, ServiceName};
use crate::snapshot::Snapshot;

/// The service asked for, or the only one there is.
pub(super) fn find_service<'s>(
    snapshot: &'s Snapshot,
    asked: Option<&str>,
) -> Result<&'s Service, IssueError> {
    match asked {
        Some(text) => ServiceName::parse(text)
            .ok()
            .and_then(|name| snapshot.services.get(&name))
            .ok_or_else(|| IssueError::UnknownService(text.chars().take(80).collect())),
        None => {
            let mut services = snapshot.services.values();
            match (services.next(), services.next()) {
                (Some(only), None) => Ok(only),
                _ => Err(IssueError::MissingService),
            }
        }
    }
}

/// Whether everything that was asked for is granted.
pub(super) fn is_complete(asked: &ScopeList, granted: &Access) -> bool {
    !asked.has_dropped()
        && asked.scopes().iter().all(|scope| {
            scope.actions.is_empty()
                || granted.entries().iter().any(|entry| {
                    entry.resource_type == scope.resource_type
                        && entry.name == scope.name
                        && scope.actions.iter().all(|action| has(entry, action))
                })
        })
}

/// Whether an entry grants an action. A `*` on a repository asks for all that registries know; the
/// literal `*` is more than any of them needs.
fn has(entry: &AccessEntry, action: &Action) -> bool {
    let holds = |name: &str| entry.actions.iter().any(|own| own.as_str() == name);
    let holds_all =
        || entry.resource_type.is_repository() && REPOSITORY_ACTIONS.iter().all(|name| holds(name));
    entry.actions.contains(action) || (action.is_every() && holds_all())
}
