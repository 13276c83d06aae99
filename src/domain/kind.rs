//! What a change is about: the kinds of objects, and what may happen to them.
//!
//! Both are closed: the compiler names each match that a new kind must be added to. Lists of words in help
//! and docs are not matches. A database may hold words of a newer release, which [`Recorded::Newer`] keeps as
//! they are.

use super::subject::SubjectKind;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use strum::{Display, EnumString, IntoStaticStr, VariantArray, VariantNames};

/// The kinds of objects that changes are about.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Display,
    EnumString,
    IntoStaticStr,
    VariantNames,
    Serialize,
    Deserialize,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum ObjectKind {
    /// A person.
    User,
    /// A machine.
    Robot,
    /// A set of users and robots.
    Group,
    /// A registry that tokens are issued for.
    Service,
    /// A rule of the policy.
    Rule,
    /// A credential of a user or robot.
    AccessKey,
    /// What docker keeps after a sign-in.
    RefreshToken,
    /// Who vouches for people.
    IdentityProvider,
    /// That a provider vouches for a user; it bears the user's name.
    Identity,
    /// A link on which a user sets the first password.
    Invitation,
    /// A key of the keys folder.
    SigningKey,
    /// The database as a whole.
    Database,
}

/// The word is not a kind of object.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a kind: write one of {words}", words = ObjectKind::VARIANTS.join(", "))]
pub struct NotAKind(String);

impl ObjectKind {
    /// Parses a kind, as it is stored.
    pub fn parse(text: &str) -> Result<Self, NotAKind> {
        text.parse().map_err(|_| NotAKind(text.chars().take(64).collect()))
    }

    /// The kind, as it is stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// The kind as a sentence names it: `access key`.
    #[must_use]
    pub fn noun(self) -> &'static str {
        match self {
            Self::AccessKey => "access key",
            Self::RefreshToken => "refresh token",
            Self::SigningKey => "signing key",
            Self::IdentityProvider => "identity provider",
            Self::User
            | Self::Robot
            | Self::Group
            | Self::Service
            | Self::Rule
            | Self::Identity
            | Self::Invitation
            | Self::Database => self.as_str(),
        }
    }
}

impl From<SubjectKind> for ObjectKind {
    fn from(kind: SubjectKind) -> Self {
        match kind {
            SubjectKind::User => Self::User,
            SubjectKind::Robot => Self::Robot,
        }
    }
}

/// The kinds of objects that files hold. Each names only objects of kinds before its own, so this is the
/// order to write them in; their reverse is the order to delete them in.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    EnumString,
    IntoStaticStr,
    VariantArray,
    VariantNames,
)]
#[strum(serialize_all = "lowercase")]
pub enum FileKind {
    /// A registry that tokens are issued for.
    Service,
    /// Who vouches for people.
    #[strum(serialize = "identity-provider")]
    IdentityProvider,
    /// A person.
    User,
    /// A machine.
    Robot,
    /// A set of users and robots.
    Group,
    /// A rule of the policy.
    Rule,
}

impl FileKind {
    /// The kind, as files hold it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

impl From<FileKind> for ObjectKind {
    fn from(kind: FileKind) -> Self {
        match kind {
            FileKind::Service => Self::Service,
            FileKind::IdentityProvider => Self::IdentityProvider,
            FileKind::User => Self::User,
            FileKind::Robot => Self::Robot,
            FileKind::Group => Self::Group,
            FileKind::Rule => Self::Rule,
        }
    }
}

/// What happened to an object.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Display,
    EnumString,
    IntoStaticStr,
    VariantNames,
    Serialize,
    Deserialize,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum ChangeAction {
    /// It was made.
    Create,
    /// Its fields changed.
    Update,
    /// It was deleted.
    Delete,
    /// A credential or key ended at once.
    Revoke,
    /// A group got a member.
    AddMember,
    /// A group lost a member.
    RemoveMember,
    /// A signing key took over.
    Rotate,
    /// The database was backed up.
    Backup,
    /// The database was put back from a backup.
    Restore,
    /// The database was filled from another one.
    Copy,
}

/// A word of a stored record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Recorded<T> {
    /// One that this release knows.
    Known(T),
    /// One that a newer release wrote.
    Newer(String),
}

impl<T: FromStr> Recorded<T> {
    /// Takes a stored word as it is.
    #[must_use]
    pub fn of(text: String) -> Self {
        text.parse().map_or(Self::Newer(text), Self::Known)
    }
}

impl<T: Copy + Into<&'static str>> Recorded<T> {
    /// The word, as it is stored.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Known(word) => (*word).into(),
            Self::Newer(text) => text,
        }
    }
}

impl<T: fmt::Display> fmt::Display for Recorded<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(word) => word.fmt(f),
            Self::Newer(text) => f.write_str(text),
        }
    }
}

impl<T> From<T> for Recorded<T> {
    fn from(word: T) -> Self {
        Self::Known(word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_as_they_are_written() {
        let kinds = [
            "user",
            "robot",
            "group",
            "service",
            "rule",
            "access-key",
            "refresh-token",
            "identity-provider",
            "identity",
            "invitation",
            "signing-key",
            "database",
        ];
        assert_eq!(kinds, ObjectKind::VARIANTS);
        for text in kinds {
            let kind: Recorded<ObjectKind> = Recorded::of(text.to_owned());
            assert!(matches!(kind, Recorded::Known(_)), "{text}");
            assert_eq!((kind.as_str(), kind.to_string()), (text, text.to_owned()));
            assert_eq!(serde_json::to_string(&kind).unwrap(), format!("\"{text}\""));
            assert_eq!(serde_json::from_str::<Recorded<ObjectKind>>(&format!("\"{text}\"")).unwrap(), kind);
        }
        let actions = [
            "create",
            "update",
            "delete",
            "revoke",
            "add-member",
            "remove-member",
            "rotate",
            "backup",
            "restore",
            "copy",
        ];
        assert_eq!(actions, ChangeAction::VARIANTS);
        for text in actions {
            let action: Recorded<ChangeAction> = Recorded::of(text.to_owned());
            assert_eq!((action.as_str(), serde_json::to_value(&action).unwrap()), (text, text.into()));
        }
    }

    #[test]
    fn a_word_of_a_newer_release_stays_as_it_is() {
        let kind: Recorded<ObjectKind> = serde_json::from_str("\"not-yet-known\"").unwrap();
        assert_eq!(kind, Recorded::Newer("not-yet-known".to_owned()));
        assert_eq!(serde_json::to_string(&kind).unwrap(), "\"not-yet-known\"");
        assert_eq!(Recorded::of("not-yet-known".to_owned()), kind);
    }
}
