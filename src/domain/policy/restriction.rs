//! What an access key is narrowed to. It can only take away: nothing but a rule ever grants.

use super::glob::NameGlob;
use super::rule::TypePattern;
use crate::domain::invalid::FieldErrors;
use crate::domain::resource::{Action, ActionSet, ResourceName, ResourceType};
use crate::domain::subject::Subject;

/// Most entries of a restriction.
const MOST_ENTRIES: usize = 100;

#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    text: String,
    resource_type: TypePattern,
    name: NameGlob,
    actions: ActionSet,
}

/// A list of `TYPE:NAMEGLOB:ACTIONS`, such as `repository:team/**:pull`. Never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restriction(Vec<Entry>);

impl Restriction {
    /// Parses the entries, each split at its first and last colon. TYPE may be `*`; there are no
    /// placeholders.
    ///
    /// # Errors
    /// Every entry that does not fit, as `scopes[i]`; an empty list.
    pub fn parse(entries: &[String]) -> Result<Self, FieldErrors> {
        let mut errors = FieldErrors::default();
        if entries.is_empty() {
            errors.push("scopes", "must not be empty: leave it out (null) for a key without restriction");
        }
        if entries.len() > MOST_ENTRIES {
            errors.push("scopes", format_args!("at most {MOST_ENTRIES} entries"));
        }
        let parsed: Vec<Entry> = entries
            .iter()
            .take(MOST_ENTRIES)
            .enumerate()
            .filter_map(|(i, text)| errors.keep(format!("scopes[{i}]"), parse_entry(text)))
            .collect();
        errors.into_result()?;
        Ok(Self(parsed))
    }

    /// The entries as they were written.
    #[must_use]
    pub fn to_strings(&self) -> Vec<String> {
        self.0.iter().map(|entry| entry.text.clone()).collect()
    }

    /// Whether an action survives: if some entry matches type and name and lists it or `*`. A
    /// literal `*` survives only under an entry that lists `*`.
    #[must_use]
    pub fn permits(&self, resource_type: &ResourceType, name: &ResourceName, action: &Action) -> bool {
        self.0.iter().any(|entry| {
            entry.resource_type.matches(resource_type)
                && entry.name.matches(name.as_str(), &Subject::anonymous())
                && (entry.actions.contains(action) || entry.actions.iter().any(Action::is_every))
        })
    }
}

fn parse_entry(text: &str) -> Result<Entry, String> {
    let shape = || "write TYPE:NAMES:ACTIONS, for example repository:team/**:pull".to_owned();
    let (kind, rest) = text.split_once(':').ok_or_else(shape)?;
    let (name, actions) = rest.rsplit_once(':').ok_or_else(shape)?;
    let name = NameGlob::parse(name).map_err(|error| error.to_string())?;
    if name.has_placeholder() {
        return Err("placeholders are not allowed here".to_owned());
    }
    let actions = actions.split(',').map(Action::parse).collect::<Result<ActionSet, _>>();
    Ok(Entry {
        text: text.to_owned(),
        resource_type: TypePattern::parse(kind).map_err(|error| error.to_string())?,
        name,
        actions: actions.map_err(|error| error.to_string())?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_survives_under_an_entry_that_lists_it() {
        let list = ["repository:team/**:pull,push", "*:catalog:*", "repository:h:5000/x:pull"];
        let only = Restriction::parse(&list.map(str::to_owned)).unwrap();
        let table = [
            ("repository", "team/app", "pull", true),
            ("repository", "team/app", "delete", false),
            ("repository", "team/app", "*", false),
            ("repository", "team", "pull", false),
            ("registry", "catalog", "*", true),
            ("registry", "catalog", "search", true),
            ("repository", "h:5000/x", "pull", true),
        ];
        for (kind, name, action, expected) in table {
            let kind = ResourceType::parse(kind).unwrap();
            let resource = ResourceName::parse(&kind, name).unwrap();
            assert_eq!(
                only.permits(&kind, &resource, &Action::parse(action).unwrap()),
                expected,
                "{name} {action}"
            );
        }
        assert_eq!(only.to_strings(), list);
    }

    #[test]
    fn what_is_no_restriction_is_refused_by_entry() {
        assert_eq!(Restriction::parse(&[]).unwrap_err().0[0].field, "scopes");
        let bad = [
            "x",
            "repository:a",
            "repository:${group}/a:pull",
            "repository:a:",
            "R:a:pull",
            "repository::pull",
        ];
        let errors = Restriction::parse(&bad.map(str::to_owned)).unwrap_err();
        assert_eq!(errors.0.len(), bad.len(), "{errors}");
    }
}
