//! Subjects: users, robots and anonymous, with their groups and labels.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use strum::{EnumString, IntoStaticStr};

/// Names that no user or robot may have, in upper or lower case.
const RESERVED: [&str; 6] = ["<token>", ZERO_UUID, "anonymous", "everyone", "authenticated", "system"];
const ZERO_UUID: &str = "00000000-0000-0000-0000-000000000000";

/// The reason why a name, label or selector was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSubject {
    /// The text does not match the grammar of names.
    #[error(
        "`{0}` is not a name: start with a letter or digit, go on with letters, digits and `._@+-`, at most 255"
    )]
    Name(String),
    /// The name is reserved.
    #[error("`{0}` is reserved: choose another name")]
    Reserved(String),
    /// The text is neither `user` nor `robot`.
    #[error("`{0}` is neither `user` nor `robot`")]
    Kind(String),
    /// The text is neither `user:NAME` nor `robot:NAME`.
    #[error("`{0}` is not a subject: write `user:NAME` or `robot:NAME`")]
    Subject(String),
    /// The text does not have one of the six forms of a selector.
    #[error(
        "`{0}` is not a selector: write `user:NAME`, `robot:NAME`, `group:NAME`, `authenticated`, `anonymous` or `everyone`"
    )]
    Selector(String),
    /// The key of a label does not match its grammar.
    #[error("`{0}` is not a label key: use lower-case letters, digits and `._-`, at most 63")]
    LabelKey(String),
    /// The value of a label does not match its grammar.
    #[error("a value of label `{0}` is not 1 to 255 bytes without control characters")]
    LabelValue(String),
    /// There are too many labels, or too many values of a label.
    #[error("too many labels: at most 64 keys, each with at most 256 values")]
    TooManyLabels,
}

fn check_name(text: &str) -> Result<(), InvalidSubject> {
    let mut bytes = text.bytes();
    let fits = bytes.next().is_some_and(|b| b.is_ascii_alphanumeric())
        && text.len() <= 255
        && bytes.all(|b| b.is_ascii_alphanumeric() || b"._@+-".contains(&b));
    if fits { Ok(()) } else { Err(InvalidSubject::Name(shorten(text))) }
}

pub(super) fn shorten(text: &str) -> String {
    text.chars().take(80).collect()
}

/// The name of a user or robot: `[A-Za-z0-9][A-Za-z0-9._@+-]{0,254}`, except the reserved names. Names are compared
/// byte for byte, but no two names may differ only in ASCII case (see [`SubjectName::folded`]).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SubjectName(Box<str>);

impl SubjectName {
    /// Parses a name, such as `alice` or `ci-web@example.org`.
    ///
    /// ```text
    /// name  := ( letter | digit ) *( letter | digit | "." | "_" | "@" | "+" | "-" )     1 to 255 bytes
    /// ```
    pub fn parse(text: &str) -> Result<Self, InvalidSubject> {
        check_name(text)?;
        if RESERVED.iter().any(|name| name.eq_ignore_ascii_case(text)) {
            return Err(InvalidSubject::Reserved(shorten(text)));
        }
        Ok(Self(text.into()))
    }

    /// Returns the name in ASCII lower case. No two names may be equal in this form.
    #[must_use]
    pub fn folded(&self) -> String {
        self.0.to_ascii_lowercase()
    }

    /// Returns the name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SubjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Returns true if a user name means that the password is a token: `<token>` from docker's credential helpers, the
/// all-zero UUID from some registries' tools, or an empty name.
// INTEROP: containerd falls back to Basic with an empty user name and the refresh token as password.
#[must_use]
pub fn names_a_token(user: &str) -> bool {
    user.is_empty() || user == "<token>" || user == ZERO_UUID
}

/// The name of a group. Groups have the grammar of subject names, but their own name space.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupName(Box<str>);

impl GroupName {
    /// Parses a group name, such as `web` or `corp.developers`.
    pub fn parse(text: &str) -> Result<Self, InvalidSubject> {
        check_name(text)?;
        Ok(Self(text.into()))
    }

    /// Returns the name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for GroupName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The kind of a subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, EnumString, IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub enum SubjectKind {
    /// A person, who signs in with a password, an access key or an identity provider.
    User,
    /// A machine, which has access keys only.
    Robot,
}

impl SubjectKind {
    /// Parses `user` or `robot`.
    pub fn parse(text: &str) -> Result<Self, InvalidSubject> {
        text.parse().map_err(|_| InvalidSubject::Kind(shorten(text)))
    }

    /// Returns `user` or `robot`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// The kind and name of a user or robot: `user:alice`, `robot:ci`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SubjectRef {
    /// The kind of the subject.
    pub kind: SubjectKind,
    /// The name of the subject.
    pub name: SubjectName,
}

impl SubjectRef {
    /// Parses `user:NAME` or `robot:NAME`, such as `robot:ci-web`. The kind ends at the first colon.
    pub fn parse(text: &str) -> Result<Self, InvalidSubject> {
        let parts = text.split_once(':').and_then(|(kind, name)| Some((kind.parse().ok()?, name)));
        let (kind, name) = parts.ok_or_else(|| InvalidSubject::Subject(shorten(text)))?;
        Ok(Self { kind, name: SubjectName::parse(name)? })
    }
}

impl fmt::Display for SubjectRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind.as_str(), self.name)
    }
}

/// The labels of a subject: at most 64 keys `[a-z0-9][a-z0-9._-]{0,62}`, each with at most 256 values. A value has
/// 1 to 255 bytes without control characters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Labels(BTreeMap<String, BTreeSet<String>>);

impl Labels {
    /// Checks the keys and values of labels.
    pub fn parse(labels: impl IntoIterator<Item = (String, Vec<String>)>) -> Result<Self, InvalidSubject> {
        let mut checked = BTreeMap::new();
        for (key, values) in labels {
            if !is_label_key(&key) {
                return Err(InvalidSubject::LabelKey(shorten(&key)));
            }
            let fits = |v: &String| (1..=255).contains(&v.len()) && !v.chars().any(char::is_control);
            if !values.iter().all(fits) {
                return Err(InvalidSubject::LabelValue(key));
            }
            let values: BTreeSet<String> = values.into_iter().collect();
            if values.len() > 256 {
                return Err(InvalidSubject::TooManyLabels);
            }
            checked.insert(key, values);
        }
        if checked.len() > 64 {
            return Err(InvalidSubject::TooManyLabels);
        }
        Ok(Self(checked))
    }

    /// Returns the values of a label; `None` if the subject does not have the label.
    #[must_use]
    pub fn values(&self, key: &str) -> Option<&BTreeSet<String>> {
        self.0.get(key)
    }

    /// Returns the labels without the labels that have one of these keys.
    #[must_use]
    pub fn without(&self, keys: &BTreeSet<String>) -> Self {
        let kept = self.0.iter().filter(|(key, _)| !keys.contains(*key));
        Self(kept.map(|(key, values)| (key.clone(), values.clone())).collect())
    }

    /// Returns the labels with `more` added. A label of `more` replaces a label with the same key.
    pub fn with(
        &self,
        more: impl IntoIterator<Item = (String, Vec<String>)>,
    ) -> Result<Self, InvalidSubject> {
        let own = self.0.iter().map(|(key, values)| (key.clone(), values.iter().cloned().collect()));
        Self::parse(own.chain(more))
    }

    /// Returns all labels.
    #[must_use]
    pub fn as_map(&self) -> &BTreeMap<String, BTreeSet<String>> {
        &self.0
    }
}

/// Returns true if a text is a label key: `[a-z0-9][a-z0-9._-]{0,62}`.
#[must_use]
pub fn is_label_key(text: &str) -> bool {
    text.bytes().next().is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        && text.len() <= 63
        && text.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-'))
}

/// The subject of a request, with all properties that rules may use.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Subject {
    /// The user or robot; `None` for anonymous.
    pub identity: Option<SubjectRef>,
    /// The groups of the subject; empty for anonymous.
    pub groups: BTreeSet<GroupName>,
    /// The labels of the subject; empty for anonymous.
    pub labels: Labels,
}

impl Subject {
    /// Returns the subject for a client without credentials.
    #[must_use]
    pub fn anonymous() -> Self {
        Self::default()
    }
}

/// Implements JSON for a type by means of its `parse` and `Display`.
macro_rules! text_in_json {
    ($($type:ty),+) => {$(
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                <$type>::parse(&text).map_err(serde::de::Error::custom)
            }
        }
    )+};
}
text_in_json!(SubjectName, GroupName, SubjectRef);

impl Serialize for Labels {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Labels {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = BTreeMap::<String, Vec<String>>::deserialize(deserializer)?;
        Labels::parse(raw).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_their_grammar_and_reserved_ones_are_refused() {
        for name in ["a", "Alice", "ci-web", "x@example.org", "a+b.c_d", "0"] {
            assert!(SubjectName::parse(name).is_ok(), "{name}");
        }
        for name in [
            "",
            "-a",
            ".a",
            "a b",
            "a:b",
            "a/b",
            "a,b",
            "caf\u{e9}",
            "a\0",
            "<token>",
            "anonymous",
            "Anonymous",
            "EVERYONE",
            "authenticated",
            "system",
            ZERO_UUID,
        ] {
            assert!(SubjectName::parse(name).is_err(), "{name}");
        }
        assert!(SubjectName::parse(&"a".repeat(255)).is_ok());
        assert!(SubjectName::parse(&"a".repeat(256)).is_err());
    }

    #[test]
    fn labels_have_bounds() {
        let one = |key: &str, value: &str| Labels::parse([(key.to_owned(), vec![value.to_owned()])]);
        assert!(one("team", "web/api").is_ok());
        assert!(one("Team", "web").is_err());
        assert!(one("team", "").is_err());
        assert!(one("team", "a\nb").is_err());
        let many = (0..65).map(|i| (format!("k{i}"), vec![]));
        assert_eq!(Labels::parse(many), Err(InvalidSubject::TooManyLabels));
    }
}
