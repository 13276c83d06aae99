//! The malformed scopes and actions of a request, each with the reason. Clients and the log get the reasons.
//! Malformed parts grant nothing. What must not go in: any decision about rights.

use super::faults::{self, Fault};
use super::resource::{Action, ResourceName, ResourceType};
use super::scope::{MAX_ACTIONS, ResourceScope, ScopeList, shorten, without_class};
use serde::Serialize;
use std::fmt;
use utoipa::ToSchema;

/// A malformed scope, or a malformed action of a scope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Dropped {
    /// The scope, cut at 160 characters. For a malformed action, the scope with that action alone.
    #[schema(example = "repository:team/app:Pull")]
    pub text: String,
    /// The fault, and the correct text if it is known.
    #[schema(example = "actions are lower case: write `pull`")]
    pub reason: String,
}

impl Dropped {
    fn new(text: &str, reason: impl fmt::Display) -> Self {
        Self { text: shorten(text), reason: reason.to_string() }
    }
}

impl fmt::Display for Dropped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is ignored: {}", self.text, self.reason)
    }
}

/// Returns the malformed parts of a request: first the malformed scopes, then the malformed actions of all other
/// scopes.
#[must_use]
pub fn dropped(asked: &ScopeList) -> Vec<Dropped> {
    let is_cut = |text: &str| text.ends_with(',');
    let is_cut = asked.junk().iter().any(|text| is_cut(text)) || asked.faulty().any(is_cut);
    let scopes = asked.junk().iter().map(|text| {
        if !text.contains(':') && (is_cut || text.starts_with(',')) && is_list_of_actions(text) {
            Dropped::new(text, AT_A_COMMA)
        } else {
            Dropped::new(text, scope_fault(text))
        }
    });
    scopes.chain(asked.faulty().flat_map(actions)).collect()
}

/// The reason for a scope that is cut at a comma. A space ends a scope, so `repository:a:pull, push` is read as
/// `repository:a:pull,` and `push`.
const AT_A_COMMA: &str =
    "a space after a comma ends the scope: write its actions without spaces, `pull,push`";

/// Returns true if the text is a list of actions, in upper or lower case, separated by commas. Commas at both ends are
/// ignored.
fn is_list_of_actions(text: &str) -> bool {
    let known = |action: &str| Action::parse(&action.to_ascii_lowercase()).is_ok();
    text.trim_matches(',').split(',').all(known)
}

/// Explains why a whole scope is malformed.
fn scope_fault(text: &str) -> Fault {
    let Some((kind, rest)) = text.split_once(':') else {
        return Fault::new(
            "not a scope: write TYPE:NAME:ACTION[,ACTION], such as `repository:team/app:pull`",
        );
    };
    let Some((name, actions)) = rest.rsplit_once(':') else {
        return of_two_parts(kind, rest);
    };
    let Some(resource_type) = without_class(kind).and_then(|kind| ResourceType::parse(kind).ok()) else {
        return faults::of_type(kind);
    };
    if ResourceName::parse(&resource_type, name).is_err() {
        return faults::of_name(&resource_type, name);
    }
    Fault::new(format!("{} actions: a scope names at most {MAX_ACTIONS}", actions.split(',').count()))
}

/// Explains why a scope with only one colon is malformed.
fn of_two_parts(first: &str, second: &str) -> Fault {
    let meant = |what: &str, text: String| {
        let fits = ResourceScope::parse(&text).is_some_and(|scope| !scope.actions.is_empty());
        Fault { what: what.to_owned(), meant: fits.then_some(text) }
    };
    if matches!(without_class(first), Some("repository" | "registry")) {
        return meant("the actions are missing", format!("{first}:{second}:pull"));
    }
    meant("the type is missing: a scope is TYPE:NAME:ACTION[,ACTION]", format!("repository:{first}:{second}"))
}

/// Returns the malformed actions of a scope.
fn actions(text: &str) -> Vec<Dropped> {
    let Some(scope) = ResourceScope::parse(text) else {
        return Vec::new();
    };
    let (_, actions) = text.rsplit_once(':').unwrap_or_default();
    let malformed = actions.split(',').map(str::trim).filter(|action| Action::parse(action).is_err());
    let mut found: Vec<Dropped> = Vec::new();
    for action in malformed {
        let own = format!("{}:{}:{action}", scope.resource_type, scope.name);
        let reason = match action {
            "" if actions.contains(',') => EMPTY_AT_A_COMMA.to_owned(),
            action => faults::of_action(action).to_string(),
        };
        let dropped = Dropped::new(&own, reason);
        if !found.contains(&dropped) {
            found.push(dropped);
        }
    }
    found
}

/// The reason for an empty action: a space cut the scope, or there is one comma too many.
const EMPTY_AT_A_COMMA: &str =
    "an empty action at a comma: write the actions without a space after a comma, and no comma at the end";

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Vec<(String, String)> {
        dropped(&ScopeList::parse([text]).unwrap()).into_iter().map(|one| (one.text, one.reason)).collect()
    }

    #[test]
    fn everything_dropped_is_named_with_its_own_reason() {
        for (scope, text, reason) in [
            ("repository:team/app:Pull", "repository:team/app:Pull", "actions are lower case: write `pull`"),
            ("repository:team/app:pull,PUSH", "repository:team/app:PUSH", "actions are lower case"),
            ("repository(plugin):a:pull,9", "repository:a:9", "unknown form of action"),
            ("repository:team/app:", "repository:team/app:", "an empty action"),
            ("repository:team/app:pull,", "repository:team/app:", "an empty action at a comma"),
            ("repository:Team/App:pull", "repository:Team/App:pull", "repository names are lower case"),
            ("repository:team//app:pull", "repository:team//app:pull", "an empty segment"),
            ("repository:/team/app:pull", "repository:/team/app:pull", "a leading slash"),
            ("repository:team/app:1.0:pull", "repository:team/app:1.0:pull", "a tag in the name"),
            ("repository:a@sha256:0:pull", "repository:a@sha256:0:pull", "a digest in the name"),
            ("repository:Host:1/a:pull", "repository:Host:1/a:pull", "a host in front"),
            ("repository::pull", "repository::pull", "the repository name is empty"),
            ("registry::*", "registry::*", "the name of the registry is empty"),
            ("Repository:a:pull", "Repository:a:pull", "types are lower case: write `repository`"),
            ("artifact-repository:a:pull", "artifact-repository:a:pull", "unknown form of type"),
            ("repository(plugin:a:pull", "repository(plugin:a:pull", "the class after the type"),
            (":a:pull", ":a:pull", "the type before the first `:` is missing"),
            ("repository:a", "repository:a", "the actions are missing: write `repository:a:pull`"),
            ("team/app:pull", "team/app:pull", "write `repository:team/app:pull`"),
            ("*", "*", "not a scope: write TYPE:NAME:ACTION"),
            ("nonsense", "nonsense", "not a scope: write TYPE:NAME:ACTION"),
        ] {
            let found = told(scope);
            assert_eq!(found.len(), 1, "{scope}: {found:?}");
            assert!(found[0].0 == text && found[0].1.contains(reason), "{scope}: {found:?}");
        }
        assert_eq!(told("repository:team/app:pull,push registry:catalog:*"), []);
    }

    #[test]
    fn a_space_at_a_comma_is_recognised() {
        for (scope, text) in [
            ("repository:team/app:pull, push", "push"),
            ("repository:team/app:pull ,push", ",push"),
            ("repository:team/app:pull, push,delete", "push,delete"),
            ("repository:Team/app:pull, push", "push"),
        ] {
            let found = told(scope);
            assert!(found.contains(&(text.to_owned(), AT_A_COMMA.to_owned())), "{scope}: {found:?}");
        }
        assert_ne!(told("repository:team/app:pull push")[0].1, AT_A_COMMA);
    }

    #[test]
    fn too_many_actions_are_named_also_when_they_come_from_several_scopes() {
        let many = |from: usize| (from..from + 9).map(|i| format!("a{i}")).collect::<Vec<_>>().join(",");
        let found = told(&format!("repository:a:{} repository:a:{}", many(0), many(9)));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].1, "18 actions: a scope names at most 16");
    }

    #[test]
    fn what_is_told_of_a_text_is_bounded() {
        let found = told(&format!("repository:{}:pull", "a".repeat(5000)));
        assert!(found[0].0.len() == 160 && found[0].1.contains("255 bytes"), "{found:?}");
    }
}
