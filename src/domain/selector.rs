//! Selectors: the parts of a rule that name subjects.

use super::subject::{GroupName, InvalidSubject, Subject, SubjectKind, SubjectName, SubjectRef, shorten};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// A selector: a part of a rule that matches subjects.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Selector {
    /// The user with this name, written `user:NAME`.
    User(SubjectName),
    /// The robot with this name, written `robot:NAME`.
    Robot(SubjectName),
    /// The members of the group with this name, written `group:NAME`.
    Group(GroupName),
    /// Every user and robot.
    Authenticated,
    /// Clients without credentials.
    Anonymous,
    /// All clients.
    Everyone,
}

impl Selector {
    /// Parses a selector, such as `group:web`.
    ///
    /// ```text
    /// selector := "authenticated" | "anonymous" | "everyone" | kind ":" name
    /// kind     := "user" | "robot" | "group"
    /// ```
    pub fn parse(text: &str) -> Result<Self, InvalidSubject> {
        match text {
            "authenticated" => return Ok(Selector::Authenticated),
            "anonymous" => return Ok(Selector::Anonymous),
            "everyone" => return Ok(Selector::Everyone),
            _ => {}
        }
        match text.split_once(':') {
            Some(("user", name)) => SubjectName::parse(name).map(Selector::User),
            Some(("robot", name)) => SubjectName::parse(name).map(Selector::Robot),
            Some(("group", name)) => GroupName::parse(name).map(Selector::Group),
            _ => Err(InvalidSubject::Selector(shorten(text))),
        }
    }

    /// Returns true if the selector matches `subject`.
    #[must_use]
    pub fn matches(&self, subject: &Subject) -> bool {
        let is = |kind, name: &SubjectName| {
            subject.identity.as_ref().is_some_and(|id| id.kind == kind && id.name == *name)
        };
        match self {
            Selector::User(name) => is(SubjectKind::User, name),
            Selector::Robot(name) => is(SubjectKind::Robot, name),
            Selector::Group(name) => subject.groups.contains(name),
            Selector::Authenticated => subject.identity.is_some(),
            Selector::Anonymous => subject.identity.is_none(),
            Selector::Everyone => true,
        }
    }
}

impl From<&SubjectRef> for Selector {
    fn from(subject: &SubjectRef) -> Self {
        match subject.kind {
            SubjectKind::User => Selector::User(subject.name.clone()),
            SubjectKind::Robot => Selector::Robot(subject.name.clone()),
        }
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Selector::User(name) => write!(f, "user:{name}"),
            Selector::Robot(name) => write!(f, "robot:{name}"),
            Selector::Group(name) => write!(f, "group:{name}"),
            Selector::Authenticated => f.write_str("authenticated"),
            Selector::Anonymous => f.write_str("anonymous"),
            Selector::Everyone => f.write_str("everyone"),
        }
    }
}

impl Serialize for Selector {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Selector {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Selector::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selectors_survive_being_written_and_read() {
        for text in ["user:alice", "robot:ci", "group:web", "authenticated", "anonymous", "everyone"] {
            assert_eq!(Selector::parse(text).unwrap().to_string(), text);
        }
        for text in ["", "alice", "user:", "users:alice", "group:a b", "Everyone", "user:anonymous"] {
            assert!(Selector::parse(text).is_err(), "{text}");
        }
    }
}
