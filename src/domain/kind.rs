//! The kinds of objects that changes are about, and the kinds of changes.
//!
//! Both lists are closed: the compiler names each match that must be extended for a new kind. The compiler
//! does not name lists of words in help and docs. A newer release may store words that this release does not
//! know; [`Recorded::Newer`] keeps such a word.

use super::subject::SubjectKind;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use strum::{Display, EnumString, IntoStaticStr, VariantArray, VariantNames};

/// The kind of object that a change is about.
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
    /// A credential that the server made, and that a user or robot presents as the password.
    AccessKey,
    /// The session that docker keeps after a sign-in.
    RefreshToken,
    /// An identity provider, which vouches for people.
    IdentityProvider,
    /// The link between a user and a provider. An identity has the name of its user.
    Identity,
    /// A link on which a new user sets the first password.
    Invitation,
    /// A signing key in the keys folder.
    SigningKey,
    /// The database as a whole.
    Database,
}

/// An error: the word is not a kind of object.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a kind: write one of {words}", words = ObjectKind::VARIANTS.join(", "))]
pub struct NotAKind(String);

impl ObjectKind {
    /// Parses a kind in its stored form.
    pub fn parse(text: &str) -> Result<Self, NotAKind> {
        text.parse().map_err(|_| NotAKind(text.chars().take(64).collect()))
    }

    /// Returns the stored word for the kind.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// Returns the noun for the kind in a sentence, such as `access key`.
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

/// The kinds of objects in configuration files, in the order in which they are written. An object needs only
/// objects of earlier kinds. Objects are deleted in the reverse order.
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
    /// An identity provider, which vouches for people.
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
    /// Returns the word for the kind in configuration files.
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

/// The kind of change that an object went through.
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
    /// The object was created.
    Create,
    /// Fields of the object changed.
    Update,
    /// The object was deleted.
    Delete,
    /// A credential or a key was revoked.
    Revoke,
    /// A group got a member.
    AddMember,
    /// A group lost a member.
    RemoveMember,
    /// A signing key replaced another one.
    Rotate,
    /// The database was backed up.
    Backup,
    /// The database was restored from a backup.
    Restore,
    /// The database was copied from another one.
    Copy,
}

/// The kind or the action in a stored record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Recorded<T> {
    /// A word that this release knows.
    Known(T),
    /// A word that only a newer release knows.
    Newer(String),
}

impl<T: FromStr> Recorded<T> {
    /// Reads a stored word, even one of a newer release.
    #[must_use]
    pub fn of(text: String) -> Self {
        text.parse().map_or(Self::Newer(text), Self::Known)
    }
}

impl<T: Copy + Into<&'static str>> Recorded<T> {
    /// Returns the stored word.
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
