//! Turns the values of a groups claim into the groups of a person.

use super::settings::ProviderSettings;
use crate::domain::subject::GroupName;
use serde_json::{Map, Value};

/// The greatest number of values of the groups claim. A claim with more values is refused.
pub const MOST_GROUPS: usize = 1000;

/// The reason why the groups of a person cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotGroups {
    /// The claim is missing. A missing claim does not mean that the person has no groups.
    #[error("the provider sent no claim `{0}`: let it send one, or clear `groups_claim`")]
    Missing(String),
    /// The claim is missing, and the provider sent a link to the groups or `hasgroups` instead. Entra does so if there
    /// are many groups.
    // SPEC: OpenID Connect Core 1.0 section 5.6.2.
    #[error(
        "the provider sent a link instead of the claim `{0}`, because there are too many groups: let it send only the groups that are assigned to this application"
    )]
    Link(String),
    /// The claim is neither a text nor a list of texts.
    #[error("the claim `{0}` is not a list of texts")]
    WrongType(String),
    /// The claim has too many values.
    #[error(
        "the claim `{claim}` has {count} values, and at most {MOST_GROUPS} are read: let the provider send only the groups that are needed"
    )]
    TooMany {
        /// The name of the claim.
        claim: String,
        /// The number of values in the claim.
        count: usize,
    },
}

/// Finds a claim by its name, or by a path with dots such as `realm_access.roles`.
pub(super) fn claim<'a>(claims: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    if let Some(value) = claims.get(name) {
        return Some(value);
    }
    let mut parts = name.split('.');
    let mut value = claims.get(parts.next()?)?;
    for part in parts {
        value = value.as_object()?.get(part)?;
    }
    Some(value)
}

/// Returns a claim as a list of texts; `None` if the claim is neither a text nor a list of texts.
pub(super) fn texts(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::String(one) => Some(vec![one.clone()]),
        Value::Array(several) => several.iter().map(|one| one.as_str().map(str::to_owned)).collect(),
        _ => None,
    }
}

/// Returns the values of the groups claim; an empty list if the settings name no groups claim.
pub fn values_of(settings: &ProviderSettings, claims: &Map<String, Value>) -> Result<Vec<String>, NotGroups> {
    let Some(name) = &settings.groups_claim else {
        return Ok(Vec::new());
    };
    let Some(value) = claim(claims, name) else {
        let is_link = claims.get("_claim_names").and_then(|names| names.get(name)).is_some()
            || claims.get("hasgroups").is_some_and(|value| *value == Value::Bool(true));
        return Err(if is_link { NotGroups::Link(name.clone()) } else { NotGroups::Missing(name.clone()) });
    };
    let count = value.as_array().map_or(1, Vec::len);
    if count > MOST_GROUPS {
        return Err(NotGroups::TooMany { claim: name.clone(), count });
    }
    texts(value).ok_or_else(|| NotGroups::WrongType(name.clone()))
}

/// Makes the group of a value that has no mapping: `PROVIDER.VALUE`, with `@` for `/` and `+` for `:`. Returns `None`
/// for a value that is empty or too long, or that contains any other character than ASCII letters, digits, `.`, `_`,
/// `-`, `/` and `:`. So two values never make the same group.
#[must_use]
pub fn group_of(provider: &str, value: &str) -> Option<GroupName> {
    let written: Option<String> = value
        .chars()
        .map(|c| match c {
            '/' => Some('@'),
            ':' => Some('+'),
            c if c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-') => Some(c),
            _ => None,
        })
        .collect();
    let written = written.filter(|written| !written.is_empty())?;
    GroupName::parse(&format!("{provider}.{written}")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_values_make_the_same_group() {
        for (value, expected) in [
            ("web", Some("corp.web")),
            ("Web", Some("corp.Web")),
            ("/dev/web", Some("corp.@dev@web")),
            ("org:team", Some("corp.org+team")),
            ("a.b_c-d", Some("corp.a.b_c-d")),
            ("a@b", None),
            ("a+b", None),
            ("a b", None),
            ("w\u{435}b", None),
            ("", None),
        ] {
            let name = group_of("corp", value);
            assert_eq!(name.as_ref().map(GroupName::as_str), expected, "{value}");
        }
        assert!(group_of("corp", &"a".repeat(251)).is_none());
    }
}
