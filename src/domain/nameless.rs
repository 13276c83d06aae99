//! zot's repository without a name.
//!
//! zot asks `repository::pull` for its catalogue and its extensions. No rule can name it: whoever may
//! do everything to the catalogue (`registry:catalog:*`) may pull it.
// INTEROP: zot pkg/api/bearer.go.

use super::access::{Access, AccessEntry};
use super::resource::{Action, ResourceName, ResourceType};
use super::scope::{ResourceScope, ScopeList};
use super::verifier::Profile;

/// What the policy is asked in the place of the nameless repository.
const CATALOG: &str = "registry:catalog:*";

fn is_nameless_pull(text: &str) -> bool {
    let parts = text.split_once(':').and_then(|(kind, rest)| Some((kind, rest.rsplit_once(':')?)));
    parts.is_some_and(|(kind, (name, actions))| {
        kind == "repository" && name.is_empty() && actions.split(',').any(|action| action.trim() == "pull")
    })
}

/// The scopes to ask the policy about, if the registry is a zot and the nameless repository is among those asked.
pub(super) fn with_catalog(asked: &ScopeList, profile: Profile) -> Option<ScopeList> {
    if profile != Profile::Zot {
        return None;
    }
    asked.replacing(is_nameless_pull, &ResourceScope::parse(CATALOG)?)
}

/// What is granted of `asked`, when the policy granted `granted` of the scopes with the catalogue.
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
    // Of the catalogue itself, no more than was asked.
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
        // asked, what the policy is asked instead, what it grants, what comes out
        let table = [
            ("repository::pull", "registry:catalog:*", "registry:catalog:*", "repository::pull"),
            ("repository::pull,push", "registry:catalog:*", "registry:catalog:*", "repository::pull"),
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
