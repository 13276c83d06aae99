//! Why an object was not written.

use crate::domain::invalid::FieldErrors;
use crate::domain::kind::ObjectKind;
use crate::domain::subject::SubjectRef;
use crate::storage::StoreError;
use std::fmt;

/// Why an object was not written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// There is no such object.
    #[error("there is no {kind} `{name}`{}", but(.meant.as_ref()))]
    NotFound {
        /// What was looked for.
        kind: &'static str,
        /// Its name or id.
        name: String,
        /// What was probably meant.
        meant: Option<SubjectRef>,
    },
    /// The input does not fit.
    #[error("{0}")]
    Invalid(#[from] FieldErrors),
    /// It collides with something that exists.
    #[error("{0}")]
    Conflict(String),
    /// A precondition does not hold.
    #[error("{kind} `{name}`: {why}")]
    Stale {
        /// What was to be written.
        kind: ObjectKind,
        /// Its name.
        name: String,
        /// What is not as the client thought.
        why: &'static str,
    },
    /// Rules name the object that is to be deleted.
    #[error("rules name `{what}`: change them first, or repeat with `?cascade=true` to take it out of them")]
    NamedByRules {
        /// The object, as rules name it.
        what: String,
        /// The rules, the first of them where there are very many.
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
    /// Says that there is no object of this kind and name.
    #[must_use]
    pub fn not_found(kind: impl Into<ObjectKind>, name: impl fmt::Display) -> Self {
        Self::NotFound { kind: kind.into().noun(), name: name.to_string(), meant: None }
    }

    /// There is no such user or robot. `meant` is the one that was probably meant.
    #[must_use]
    pub fn no_subject(wanted: &SubjectRef, meant: Option<SubjectRef>) -> Self {
        let kind = ObjectKind::from(wanted.kind).noun();
        Self::NotFound { kind, name: wanted.name.to_string(), meant }
    }

    /// Says that it collides with something that exists.
    #[must_use]
    pub fn conflict(why: impl fmt::Display) -> Self {
        Self::Conflict(why.to_string())
    }
}
