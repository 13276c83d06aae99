//! Restrictions of access keys: the most that a key may be used for. A restriction only narrows rights.
//!
//! ```text
//! entry := type ":" nameglob ":" action *( "," action )        type may be "*"
//! ```
//!
//! The type ends at the first colon and the actions begin after the last colon, as in a scope.

use super::glob::{InvalidGlob, NameGlob};
use super::rule::TypePattern;
use crate::domain::invalid::FieldErrors;
use crate::domain::resource::{Action, ActionSet, InvalidResource, ResourceName, ResourceType};
use crate::domain::scope::write_actions;
use crate::domain::subject::Subject;
use std::fmt;

/// The greatest number of entries in a restriction.
pub const MAX_RESTRICTION_ENTRIES: usize = 100;

/// The fault of one entry of a restriction.
#[derive(Debug, thiserror::Error)]
enum InvalidEntry {
    #[error("`{0}` is not TYPE:NAMEGLOB:ACTIONS: write for example `repository:team/**:pull`")]
    Shape(String),
    #[error(transparent)]
    Resource(#[from] InvalidResource),
    #[error("pattern, {0}")]
    Name(#[from] InvalidGlob),
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    resource_type: TypePattern,
    name: NameGlob,
    actions: ActionSet,
}

impl Entry {
    fn parse(text: &str) -> Result<Self, InvalidEntry> {
        let shape = || InvalidEntry::Shape(text.chars().take(80).collect());
        let (kind, rest) = text.split_once(':').ok_or_else(shape)?;
        let (name, actions) = rest.rsplit_once(':').ok_or_else(shape)?;
        Ok(Self {
            resource_type: TypePattern::parse(kind)?,
            name: NameGlob::parse_plain(name)?,
            actions: actions.split(',').map(Action::parse).collect::<Result<_, _>>()?,
        })
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:", self.resource_type, self.name)?;
        write_actions(f, &self.actions)
    }
}

/// The greatest rights that a key can get, even if rules grant more. A restriction has at least one entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restriction(Vec<Entry>);

impl Restriction {
    /// Parses a list of entries, such as `repository:web/**:pull,push`.
    ///
    /// ```text
    /// entry := ( type | "*" ) ":" glob ":" action *( "," action )
    /// ```
    /// The type ends at the first colon, the actions begin after the last one, and the glob has no placeholder.
    ///
    /// Fails with [`FieldErrors`] under `scopes`, the name of the list in the API, if the list is empty or too
    /// long, and under `scopes[N]` for each malformed entry.
    pub fn parse(texts: &[String]) -> Result<Self, FieldErrors> {
        if texts.is_empty() {
            let why = "the list is empty: list the scopes of the key, or leave it out for no restriction";
            return Err(FieldErrors::one("scopes", why));
        }
        if texts.len() > MAX_RESTRICTION_ENTRIES {
            let why = format!("{} entries: at most {MAX_RESTRICTION_ENTRIES}", texts.len());
            return Err(FieldErrors::one("scopes", why));
        }
        let mut errors = FieldErrors::default();
        let entries = texts
            .iter()
            .enumerate()
            .filter_map(|(at, text)| errors.keep(format!("scopes[{at}]"), Entry::parse(text)))
            .collect();
        errors.into_result()?;
        Ok(Self(entries))
    }

    /// Returns the entries as texts, with sorted actions.
    #[must_use]
    pub fn to_strings(&self) -> Vec<String> {
        self.0.iter().map(Entry::to_string).collect()
    }

    /// Returns the name globs of the entries about repositories.
    pub(super) fn names(&self) -> impl Iterator<Item = &NameGlob> {
        self.0.iter().filter(|entry| entry.resource_type.fits_repositories()).map(|entry| &entry.name)
    }

    /// Returns true if the restriction permits an action: some entry matches the resource and lists the action or
    /// `*`. The literal `*` needs an entry that lists `*`.
    #[must_use]
    pub fn permits(&self, resource_type: &ResourceType, name: &ResourceName, action: &Action) -> bool {
        // Entries contain no placeholders, so the subject does not matter.
        let nobody = Subject::anonymous();
        self.0.iter().any(|entry| {
            (entry.actions.contains(action) || entry.actions.iter().any(Action::is_every))
                && entry.resource_type.matches(resource_type)
                && entry.name.matches(name, &nobody)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn restriction(texts: &[&str]) -> Result<Restriction, String> {
        let texts: Vec<String> = texts.iter().map(|t| (*t).to_owned()).collect();
        Restriction::parse(&texts).map_err(|e| e.to_string())
    }

    #[test]
    fn an_action_survives_under_an_entry_that_lists_it() {
        let kept =
            restriction(&["repository:team/**:pull,push", "*:host:5000/x:*", "registry:*:pull"]).unwrap();
        let table = [
            ("repository", "team/a", "pull", true),
            ("repository", "team/a", "delete", false),
            ("repository", "team/a", "*", false),
            ("repository", "team", "pull", false),
            ("repository", "host:5000/x", "delete", true),
            ("repository", "host:5000/x", "*", true),
            ("registry", "catalog", "pull", true),
            ("registry", "catalog", "*", false),
            ("artifact", "catalog", "pull", false),
        ];
        for (kind, name, action, expected) in table {
            let kind = ResourceType::parse(kind).unwrap();
            let name = ResourceName::parse(&kind, name).unwrap();
            let action = Action::parse(action).unwrap();
            assert_eq!(kept.permits(&kind, &name, &action), expected, "{kind}:{name}:{action}");
        }
    }

    #[test]
    fn a_restriction_survives_being_written_and_read() {
        let texts = ["repository:team/**:pull,push", "*:**:*", "x:host:80/a:b"];
        assert_eq!(restriction(&texts).unwrap().to_strings(), texts);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let table = [
            (vec![], "scopes: the list is empty"),
            (vec!["a:b:c"; 101], "scopes: 101 entries"),
            (vec!["repository:a"], "scopes[0]: `repository:a` is not TYPE"),
            (vec!["*:**:*", "repository:a/${group}:pull"], "scopes[1]: pattern, byte 2: placeholders"),
            (vec!["repository:a//b:pull"], "scopes[0]: pattern, byte 2: an empty segment"),
            (vec!["repository:a:"], "scopes[0]: `` is not an action"),
            (vec!["repository:a:pull, push"], "scopes[0]: ` push` is not an action"),
            (vec!["Repo:a:pull"], "scopes[0]: `Repo` is not a resource type"),
        ];
        for (texts, message) in table {
            let error = restriction(&texts).unwrap_err();
            assert!(error.starts_with(message), "{texts:?}: {error}");
        }
    }
}
