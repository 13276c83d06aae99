//! Finds the service of a request, and checks whether every requested action was granted.

use super::error::IssueError;
use crate::domain::access::{Access, AccessEntry};
use crate::domain::resource::{Action, REPOSITORY_ACTIONS};
use crate::domain::scope::ScopeList;
use crate::domain::service::{Service, ServiceName};
use crate::snapshot::Snapshot;

/// Finds the service of the request, or the only service if the request names none.
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

/// Returns true if every requested action is granted, and no part of the request was malformed.
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

/// Returns true if an entry grants an action. A `*` on a repository asks for all actions that registries know. An entry
/// with all of these actions is enough, because no registry needs the literal `*`.
fn has(entry: &AccessEntry, action: &Action) -> bool {
    let holds = |name: &str| entry.actions.iter().any(|own| own.as_str() == name);
    let holds_all =
        || entry.resource_type.is_repository() && REPOSITORY_ACTIONS.iter().all(|name| holds(name));
    entry.actions.contains(action) || (action.is_every() && holds_all())
}
