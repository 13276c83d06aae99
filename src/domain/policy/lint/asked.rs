//! The types and actions that registries of known profiles request, and the probable meaning of words that
//! registries never request.

use std::fmt;

/// The resource types that registries use, each with the actions that they request.
// SPEC: distribution registry/handlers/app.go: pull, push, delete (`*` up to 2.6), and `registry:catalog:*`.
// INTEROP: docker search requests `registry:catalog:search`; zot requests the same scopes as distribution.
const ASKED: [(&str, &[&str]); 2] =
    [("repository", &["pull", "push", "delete", "*"]), ("registry", &["*", "search"])];

/// Words of other systems, and the action that each word means here.
const FOREIGN: [(&str, &str); 16] = [
    ("read", "pull"),
    ("get", "pull"),
    ("download", "pull"),
    ("fetch", "pull"),
    ("list", "pull"),
    ("write", "push"),
    ("put", "push"),
    ("upload", "push"),
    ("create", "push"),
    ("update", "push"),
    ("publish", "push"),
    ("remove", "delete"),
    ("destroy", "delete"),
    ("all", "*"),
    ("any", "*"),
    ("admin", "*"),
];

/// Returns the host at the beginning of a repository's name, and the rest of the name; `None` if there is no host
/// with a port.
pub(super) fn host_in_front(name: &str) -> Option<(&str, &str)> {
    name.split_once('/')
        .filter(|(first, rest)| first.contains(':') && !first.ends_with(':') && !rest.is_empty())
}

/// Returns the type that a person probably means by a type that registries never use; `None` if registries use
/// `of`.
pub(super) fn type_instead(of: &str) -> Option<&'static str> {
    if ASKED.iter().any(|(known, _)| *known == of) {
        return None;
    }
    Some(nearest(of, ASKED.map(|(known, _)| known)).unwrap_or("repository"))
}

/// Returns the actions that registries request on this type, or on all types.
pub(super) fn actions(of: Option<&str>) -> Vec<&'static str> {
    let meant = ASKED.iter().filter(|(known, _)| of.is_none_or(|of| of == *known));
    meant.flat_map(|(_, actions)| actions.iter().copied()).collect()
}

/// Returns the known action that a person probably means by an action that registries never request.
pub(super) fn action_instead<'a>(action: &str, known: &[&'a str]) -> Option<&'a str> {
    let foreign = FOREIGN.iter().find(|(word, _)| *word == action).map(|(_, meant)| *meant);
    let foreign = foreign.and_then(|meant| known.iter().copied().find(|word| *word == meant));
    foreign.or_else(|| nearest(action, known.iter().copied()))
}

/// Returns the known word that shares the longest beginning with `word`, at least two letters.
fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let common = |other: &str| word.bytes().zip(other.bytes()).take_while(|(one, two)| one == two).count();
    let best = known.into_iter().map(|other| (common(other), other)).max_by_key(|(length, _)| *length);
    best.filter(|(length, _)| *length >= 2).map(|(_, other)| other)
}

/// The reason why a registry of a known profile never requests an action on a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NeverAsked<'a> {
    /// Registries request the name without the host.
    Host {
        /// The name as it was written.
        name: &'a str,
        /// The name without the host.
        meant: &'a str,
    },
    /// No registry uses this type.
    Type {
        /// The type as it was written.
        of: &'a str,
        /// The type that was probably meant.
        meant: &'static str,
    },
    /// The catalogue of a registry is not a repository.
    Catalog,
    /// No registry requests this action on this type.
    Action {
        /// The type of the resource.
        of: &'a str,
        /// The action as it was written.
        action: &'a str,
        /// The action that was probably meant, if it is known.
        meant: Option<&'static str>,
    },
}

impl<'a> NeverAsked<'a> {
    /// Returns the reason why registries never request this resource with any of these actions.
    #[must_use]
    pub fn resource(of: &'a str, name: &'a str, actions: &[&str]) -> Option<Self> {
        if let Some(meant) = type_instead(of) {
            return Some(Self::Type { of, meant });
        }
        if of != "repository" {
            return None;
        }
        if let Some((_, meant)) = host_in_front(name) {
            return Some(Self::Host { name, meant });
        }
        // A push to `catalog`, or a deletion there, means a repository of that name.
        let is_pushed = ["push", "delete"].iter().any(|action| actions.contains(action));
        (name == "catalog" && (actions.contains(&"*") || !is_pushed)).then_some(Self::Catalog)
    }

    /// Returns the reason why registries never request an action on a type that they use.
    #[must_use]
    pub fn action(of: &'a str, action: &'a str) -> Option<Self> {
        let known = actions(Some(of));
        let is_known = known.contains(&action);
        (!is_known).then(|| Self::Action { of, action, meant: action_instead(action, &known) })
    }
}

/// Writes one sentence: the fault, and the correct text.
impl fmt::Display for NeverAsked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host { name, meant } => {
                write!(f, "registries leave out the host in front of the name `{name}`; ask for `{meant}`")
            }
            Self::Type { of, meant } => {
                write!(f, "no registry asks about the type `{of}`; ask about `{meant}`")
            }
            Self::Catalog => write!(
                f,
                "`catalog` under the type `repository` is one repository of that name; for the list of all \
                 repositories ask for `registry:catalog:*`"
            ),
            Self::Action { of, action, meant: Some(meant) } => {
                write!(f, "no registry asks for `{action}` on the type `{of}`; ask for `{meant}`")
            }
            Self::Action { of, action, meant: None } => {
                let known: Vec<String> = actions(Some(of)).iter().map(|word| format!("`{word}`")).collect();
                write!(
                    f,
                    "no registry asks for `{action}` on the type `{of}`; the actions are {}",
                    known.join(", ")
                )
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_registry_asks_for_is_told_with_what_is_meant() {
        for (of, name, action, said) in [
            ("repository", "localhost:5000/team/app", "pull", "; ask for `team/app`"),
            ("repository", "team/app", "read", "`read` on the type `repository`; ask for `pull`"),
            ("repository", "team/app", "frobnicate", "; the actions are `pull`, `push`, `delete`, `*`"),
            ("repo", "team/app", "pull", "the type `repo`; ask about `repository`"),
            ("repository", "catalog", "*", "ask for `registry:catalog:*`"),
            ("registry", "catalog", "read", "; the actions are `*`, `search`"),
        ] {
            let told = NeverAsked::resource(of, name, &[action]).or_else(|| NeverAsked::action(of, action));
            let told = told.map(|why| why.to_string()).unwrap_or_default();
            assert!(told.ends_with(said), "{of}:{name}:{action}: {told}");
        }
        for (of, name, actions) in [
            ("repository", "team/app", ["pull", "push"].as_slice()),
            ("repository", "catalog", &["pull", "push"]),
            ("registry", "catalog", &["*"]),
        ] {
            assert_eq!(NeverAsked::resource(of, name, actions), None, "{of}:{name}");
            let told = actions.iter().find_map(|action| NeverAsked::action(of, action));
            assert_eq!(told, None, "{of}:{name}");
        }
    }
}
