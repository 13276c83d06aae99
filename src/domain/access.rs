//! The grants of a token: the `access` claim, merged and sorted.

use super::resource::{Action, ActionSet, ResourceName, ResourceType};
use super::scope::write_actions;
use serde::Serialize;
use std::fmt;
use utoipa::ToSchema;

/// The granted actions of one resource. An entry of an [`Access`] has at least one action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct AccessEntry {
    /// The type of the resource, without the class that may follow the type in parentheses.
    #[serde(rename = "type")]
    pub resource_type: ResourceType,
    /// The name of the resource, exactly as the client asked.
    pub name: ResourceName,
    /// The granted actions, sorted.
    #[schema(value_type = Vec<Action>)]
    pub actions: ActionSet,
}

/// All grants of a token, sorted, with one entry for each resource. Every entry has actions.
///
/// Serialises as the `access` claim, which is always an array.
// SPEC: distribution's "Token Authentication Implementation", private claim `access`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(transparent)]
pub struct Access(Vec<AccessEntry>);

impl Access {
    /// Merges the entries of each resource, removes entries without actions, and sorts.
    #[must_use]
    pub fn new(entries: impl IntoIterator<Item = AccessEntry>) -> Self {
        let mut entries: Vec<_> = entries.into_iter().filter(|entry| !entry.actions.is_empty()).collect();
        entries.sort_by(|a, b| (&a.resource_type, &a.name).cmp(&(&b.resource_type, &b.name)));
        entries.dedup_by(|later, kept| {
            let same = later.resource_type == kept.resource_type && later.name == kept.name;
            if same {
                kept.actions.extend(&later.actions);
            }
            same
        });
        Self(entries)
    }

    /// Returns the entries, sorted by type and name of the resource.
    #[must_use]
    pub fn entries(&self) -> &[AccessEntry] {
        &self.0
    }

    /// Returns true if nothing is granted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns true if `other` grants every action that `self` grants.
    #[must_use]
    pub fn is_subset(&self, other: &Access) -> bool {
        self.0.iter().all(|mine| {
            other.0.iter().any(|theirs| {
                mine.resource_type == theirs.resource_type
                    && mine.name == theirs.name
                    && mine.actions.is_subset(&theirs.actions)
            })
        })
    }
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, entry) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str(" ")?;
            }
            write!(f, "{}:{}:", entry.resource_type, entry.name)?;
            write_actions(f, &entry.actions)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::scope::ResourceScope;

    fn entry(text: &str) -> AccessEntry {
        let scope = ResourceScope::parse(text).unwrap();
        AccessEntry { resource_type: scope.resource_type, name: scope.name, actions: scope.actions }
    }

    #[test]
    fn entries_are_merged_sorted_and_never_empty() {
        let access = Access::new(["repository:b:push", "repository:a:", "repository:b:pull"].map(entry));
        assert_eq!(access.to_string(), "repository:b:pull,push");
        assert_eq!(
            serde_json::to_value(&access).unwrap(),
            serde_json::json!([{"type": "repository", "name": "b", "actions": ["pull", "push"]}])
        );
    }

    #[test]
    fn nothing_granted_is_an_empty_array() {
        assert_eq!(serde_json::to_string(&Access::default()).unwrap(), "[]");
    }

    #[test]
    fn a_subset_holds_no_more() {
        let small = Access::new([entry("repository:a:pull")]);
        let large = Access::new([entry("repository:a:pull,push"), entry("repository:b:pull")]);
        assert!(small.is_subset(&large));
        assert!(!large.is_subset(&small));
        assert!(Access::default().is_subset(&small));
    }
}
