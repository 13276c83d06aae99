//! Resource types, resource names and actions.

pub use super::action_set::ActionSet;
use serde::{Serialize, Serializer};
use std::cmp::Ordering;
use std::fmt;

/// The reason why a type, name or action was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidResource {
    /// The type does not match `[a-z0-9]{1,64}`.
    #[error("`{0}` is not a resource type: use lower-case letters and digits, at most 64")]
    Type(String),
    /// The name does not match the grammar of names of its type.
    #[error("`{0}` is not a resource name")]
    Name(String),
    /// The action does not match `[a-z][a-z0-9_-]{0,63}` and is not `*`.
    #[error("`{0}` is not an action: use a lower-case word such as `pull`, or `*`")]
    Action(String),
}

/// The type of a resource, for example `repository` or `registry`. Grammar `[a-z0-9]+`, at most 64 bytes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ResourceType(Kind);

/// A type of a resource. INVARIANT: `Other` never contains `repository`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Kind {
    Repository,
    Other(Box<str>),
}

impl ResourceType {
    /// Parses a type without a class.
    pub fn parse(text: &str) -> Result<Self, InvalidResource> {
        let fits = (1..=64).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        match text {
            "repository" => Ok(Self(Kind::Repository)),
            _ if fits => Ok(Self(Kind::Other(text.into()))),
            _ => Err(InvalidResource::Type(shorten(text))),
        }
    }

    /// Returns the type as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Kind::Repository => "repository",
            Kind::Other(text) => text,
        }
    }

    /// Returns true if the type is `repository`, whose names follow the distribution grammar.
    #[must_use]
    pub fn is_repository(&self) -> bool {
        self.0 == Kind::Repository
    }
}

/// The name of a resource, valid for the type that it was parsed with. Names are compared byte for byte.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct ResourceName(String);

impl ResourceName {
    /// Parses a name of a resource of type `of`. The name of a `repository` has at most 255 bytes and follows
    /// the grammar of distribution's `reference` package, such as `team/my-app` or `host:5000/team/app`:
    ///
    /// ```text
    /// repository := [ host [ ":" port ] "/" ] component *( "/" component )
    /// component  := alphanum *( separator alphanum )
    /// separator  := "." | "_" | "__" | 1*"-"
    /// ```
    /// A name of any other type is 1 to 255 printable ASCII bytes.
    pub fn parse(of: &ResourceType, text: &str) -> Result<Self, InvalidResource> {
        let fits = if of.is_repository() {
            text.len() <= 255 && is_repository_path(text)
        } else {
            (1..=255).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
        };
        if fits { Ok(Self(text.to_owned())) } else { Err(InvalidResource::Name(shorten(text))) }
    }

    /// Returns zot's empty name of a repository. Only answers and examples contain this name: the policy never decides
    /// about it.
    pub(super) fn nameless() -> Self {
        Self(String::new())
    }

    /// Returns the name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ResourceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_repository_path(text: &str) -> bool {
    // INTEROP: docker content trust puts the registry's host before the name: `host:5000/ns/img`.
    let path = match text.split_once('/') {
        Some((first, rest)) if first.contains(':') => {
            if !is_host_with_port(first) {
                return false;
            }
            rest
        }
        _ => text,
    };
    path.split('/').all(is_path_component)
}

fn is_host_with_port(text: &str) -> bool {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !text.ends_with(']') => (host, Some(port)),
        _ => (text, None),
    };
    let port_fits =
        port.is_none_or(|port| (1..=5).contains(&port.len()) && port.bytes().all(|b| b.is_ascii_digit()));
    let host_fits = match host.strip_prefix('[').and_then(|h| h.strip_suffix(']')) {
        Some(address) => {
            !address.is_empty() && address.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f' | b':'))
        }
        None => host.split('.').all(|label| {
            !label.is_empty()
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'))
        }),
    };
    port_fits && host_fits
}

/// Returns true if a text is a path component. SPEC: distribution reference grammar, `path-component := [a-z0-9]+
/// (separator [a-z0-9]+)*`, `separator := [_.]|__|[-]+`.
fn is_path_component(text: &str) -> bool {
    let is_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    if !text.starts_with(is_word) || !text.ends_with(is_word) {
        return false;
    }
    text.split(is_word)
        .filter(|separator| !separator.is_empty())
        .all(|separator| matches!(separator, "." | "_" | "__") || separator.bytes().all(|b| b == b'-'))
}

/// An action on a resource, for example `pull`, `push` or `delete`, or the literal `*`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Action(Word);

/// The text of an action. Common actions need no allocation. INVARIANT: `Other` never contains a common action.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Word {
    Every,
    Delete,
    Pull,
    Push,
    Other(Box<str>),
}

impl Action {
    /// The common actions, sorted.
    pub(super) const COMMON: &[Action] =
        &[Action(Word::Every), Action(Word::Delete), Action(Word::Pull), Action(Word::Push)];

    /// Parses an action: `[a-z][a-z0-9_-]{0,63}` or `*`.
    pub fn parse(text: &str) -> Result<Self, InvalidResource> {
        if let Some(common) = Self::COMMON.iter().find(|common| common.as_str() == text) {
            return Ok(common.clone());
        }
        let mut bytes = text.bytes();
        let word = bytes.next().is_some_and(|b| b.is_ascii_lowercase())
            && text.len() <= 64
            && bytes.all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-'));
        if word { Ok(Self(Word::Other(text.into()))) } else { Err(InvalidResource::Action(shorten(text))) }
    }

    /// Returns the literal `*`, which registries understand as every action.
    #[must_use]
    pub const fn every() -> Self {
        Self(Word::Every)
    }

    /// Returns true if the action is the literal `*`.
    #[must_use]
    pub fn is_every(&self) -> bool {
        self.0 == Word::Every
    }

    /// Returns the index of the action in [`Self::COMMON`]; `None` for other actions.
    pub(super) fn common(&self) -> Option<u32> {
        match self.0 {
            Word::Every => Some(0),
            Word::Delete => Some(1),
            Word::Pull => Some(2),
            Word::Push => Some(3),
            Word::Other(_) => None,
        }
    }

    /// Returns the action as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Word::Every => "*",
            Word::Delete => "delete",
            Word::Pull => "pull",
            Word::Push => "push",
            Word::Other(text) => text,
        }
    }
}

/// Implements order, display and JSON for a type by means of its text.
macro_rules! as_text {
    ($($type:ty),+) => {$(
        impl PartialOrd for $type {
            fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
                Some(self.cmp(other))
            }
        }
        impl Ord for $type {
            fn cmp(&self, other: &Self) -> Ordering {
                self.as_str().cmp(other.as_str())
            }
        }
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    )+};
}
as_text!(ResourceType, Action);

/// The actions that `*` requests on a repository.
// SPEC: distribution's registry/handlers/app.go maps HTTP methods to exactly these three.
pub const REPOSITORY_ACTIONS: [&str; 3] = ["delete", "pull", "push"];

fn shorten(text: &str) -> String {
    text.chars().take(80).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repository_names_follow_the_distribution_grammar() {
        let repository = ResourceType::parse("repository").unwrap();
        let table = [
            ("a", true),
            ("team/app", true),
            ("a.b/c_d/e__f/g--h", true),
            ("localhost:5000/ns/img", true),
            ("registry.example.org:443/img", true),
            ("[2001:db8::1]:5000/img", true),
            ("", false),
            ("/a", false),
            ("a/", false),
            ("a//b", false),
            ("Team/app", false),
            ("a..b", false),
            ("a___b", false),
            ("a._b", false),
            ("-a", false),
            ("a-", false),
            ("../etc", false),
            ("a/*", false),
            ("a:b", false),
            ("host:port/img", false),
            ("a/b:5000/c", false),
            ("host:5000/", false),
            ("caf\u{e9}", false),
            ("a b", false),
            ("a\0b", false),
        ];
        for (name, fits) in table {
            assert_eq!(ResourceName::parse(&repository, name).is_ok(), fits, "{name:?}");
        }
        assert!(ResourceName::parse(&repository, &"a".repeat(255)).is_ok());
        assert!(ResourceName::parse(&repository, &"a".repeat(256)).is_err());
    }

    #[test]
    fn other_names_are_printable_ascii() {
        let registry = ResourceType::parse("registry").unwrap();
        for (name, fits) in [("catalog", true), ("A:b/*", true), ("", false), ("a b", false), ("\n", false)] {
            assert_eq!(ResourceName::parse(&registry, name).is_ok(), fits, "{name:?}");
        }
    }

    #[test]
    fn actions_are_lower_case_words_or_a_star() {
        for (text, fits) in [
            ("pull", true),
            ("metadata_read", true),
            ("scanner-pull", true),
            ("*", true),
            ("**", false),
            ("Pull", false),
            ("1", false),
            ("", false),
        ] {
            assert_eq!(Action::parse(text).is_ok(), fits, "{text:?}");
        }
    }
}
