//! The repository without a name, which zot asks for.
//!
//! zot asks for `repository::pull` for its catalogue and its extensions. A rule cannot name that repository. Instead, a
//! subject that has every right on the catalogue (`registry:catalog:*`) may pull the repository without a name.
// INTEROP: zot pkg/api/bearer.go.

use super::access::{Access, AccessEntry};
use super::resource::{Action, ResourceName, ResourceType};
use super::scope::{ResourceScope, ScopeList};
use super::verifier::Profile;

/// The scope that the policy decides in place of the nameless repository.
const CATALOG: &str = "registry:catalog:*";

/// Removes the pull of the nameless repository from a scope. Returns the rest of the scope, or `Some(None)` if
/// nothing is left. Returns `None` for a scope that does not ask to pull the nameless repository.
fn without_nameless_pull(text: &str) -> Option<Option<String>> {
    let actions = text.strip_prefix("repository::")?;
    let (pull, others): (Vec<&str>, Vec<&str>) =
        actions.split(',').map(str::trim).partition(|action| *action == "pull");
    if pull.is_empty() || actions.contains(':') {
        return None;
    }
    Some((!others.is_empty()).then(|| format!("repository::{}", others.join(","))))
}

/// Returns the scopes for the policy, with the catalogue in place of the nameless repository. Returns `None`
/// if the registry is not a zot, or if `asked` does not ask to pull the nameless repository.
pub(super) fn with_catalog(asked: &ScopeList, profile: Profile) -> Option<ScopeList> {
    if profile != Profile::Zot {
        return None;
    }
    asked.replacing(without_nameless_pull, &ResourceScope::parse(CATALOG)?)
}

/// Translates the policy's grant for the scopes with the catalogue into the grant for `asked`.
pub(super) fn without_catalog(asked: &ScopeList, granted: Access) -> Access {
    let Some(catalog) = ResourceScope::parse(CATALOG) else {
        return granted;
    };
    let is_catalog =
        |entry: &AccessEntry| entry.resource_type == catalog.resource_type && entry.name == catalog.name;
    let everything =
        granted.entries().iter().any(|entry| is_catalog(entry) && catalog.actions.is_subset(&entry.actions));
    let asked_too = asked
        .scopes()
        .iter()
        .find(|scope| scope.resource_type == catalog.resource_type && scope.name == catalog.name);
    let nameless = ResourceType::parse("repository").ok().zip(Action::parse("pull").ok());
    let nameless = nameless.filter(|_| everything).map(|(resource_type, pull)| AccessEntry {
        resource_type,
        name: ResourceName::nameless(),
        actions: [pull].into_iter().collect(),
    });
    // The client gets rights on the catalogue itself only if it asked for them.
    let others = granted.entries().iter().filter_map(|entry| match asked_too {
        _ if !is_catalog(entry) => Some(entry.clone()),
        Some(scope) => {
            let actions = entry.actions.iter().filter(|action| scope.actions.contains(action)).cloned();
            Some(AccessEntry { actions: actions.collect(), ..entry.clone() })
        }
        None => None,
    });
    Access::new(others.chain(nameless).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn granted(text: &str) -> Access {
        let scopes = ScopeList::parse([text]).unwrap();
        Access::new(scopes.scopes().iter().map(|scope| AccessEntry {
            resource_type: scope.resource_type.clone(),
            name: scope.name.clone(),
            actions: scope.actions.clone(),
        }))
    }

    #[test]
    fn the_nameless_repository_is_pulled_by_whoever_holds_the_catalogue() {
        // (request, scopes for the policy, the policy's grant, grant for the client)
        let table = [
            ("repository::pull", "registry:catalog:*", "registry:catalog:*", "repository::pull"),
            (
                "repository::pull,push",
                "registry:catalog:* repository::push",
                "registry:catalog:*",
                "repository::pull",
            ),
            ("repository::pull", "registry:catalog:*", "", ""),
            ("repository::pull", "registry:catalog:*", "registry:catalog:search", ""),
            (
                "repository::pull registry:catalog:search repository:a:pull",
                "registry:catalog:*,search repository:a:pull",
                "registry:catalog:*,search repository:a:pull",
                "registry:catalog:search repository::pull repository:a:pull",
            ),
        ];
        for (asked, instead, by_policy, expected) in table {
            let asked = ScopeList::parse([asked]).unwrap();
            assert_eq!(with_catalog(&asked, Profile::Zot).unwrap().to_string(), instead);
            assert_eq!(without_catalog(&asked, granted(by_policy)).to_string(), expected);
        }
        let asked = ScopeList::parse(["repository::pull"]).unwrap();
        assert_eq!(with_catalog(&asked, Profile::Distribution2), None);
        for other in ["repository::push", "repository:a:pull", "registry::pull", "repository:pull", ""] {
            assert_eq!(with_catalog(&ScopeList::parse([other]).unwrap(), Profile::Zot), None, "{other}");
        }
    }
}
