//! The reason why an object was not written.

use crate::domain::invalid::FieldErrors;
use crate::domain::kind::ObjectKind;
use crate::domain::subject::SubjectRef;
use crate::storage::StoreError;
use std::fmt;

/// The reason why an object was not written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The object does not exist.
    #[error("there is no {kind} `{name}`{}", but(.meant.as_ref()))]
    NotFound {
        /// The kind of the missing object.
        kind: &'static str,
        /// The name or id of the missing object.
        name: String,
        /// The existing subject that the caller probably meant.
        meant: Option<SubjectRef>,
    },
    /// Fields of the input are missing or wrong.
    #[error("{0}")]
    Invalid(#[from] FieldErrors),
    /// The present state does not allow the write: for example, the name is taken, or the account is disabled.
    #[error("{0}")]
    Conflict(String),
    /// The object does not meet the condition that the client set for the write.
    #[error("{kind} `{name}`: {why}")]
    Stale {
        /// The kind of the object.
        kind: ObjectKind,
        /// The name of the object.
        name: String,
        /// The reason why the condition is not met.
        why: &'static str,
    },
    /// Rules name the object, so it cannot be deleted.
    #[error("rules name `{what}`: change them first, or repeat with `?cascade=true` to take it out of them")]
    NamedByRules {
        /// The object, as rules name it.
        what: String,
        /// The rules that name the object; only the first 100.
        rules: Vec<String>,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn but(meant: Option<&SubjectRef>) -> String {
    meant.map_or_else(String::new, |meant| format!(", but there is `{meant}`"))
}

impl WriteError {
    /// Makes the error for an object of this kind that does not exist.
    #[must_use]
    pub fn not_found(kind: impl Into<ObjectKind>, name: impl fmt::Display) -> Self {
        Self::NotFound { kind: kind.into().noun(), name: name.to_string(), meant: None }
    }

    /// Makes the error for a user or robot that does not exist. `meant` is the subject that the caller
    /// probably meant.
    #[must_use]
    pub fn no_subject(wanted: &SubjectRef, meant: Option<SubjectRef>) -> Self {
        let kind = ObjectKind::from(wanted.kind).noun();
        Self::NotFound { kind, name: wanted.name.to_string(), meant }
    }

    /// Makes the error for a write that the present state does not allow.
    #[must_use]
    pub fn conflict(why: impl fmt::Display) -> Self {
        Self::Conflict(why.to_string())
    }
}
