//! Input and result of a write: the fields, the precondition, the time; the object and its version.
//!
//! The version of an object is the seq of its last change.

use super::error::WriteError;
use super::input::{Target, Write};
use crate::domain::change::Change;
use crate::domain::kind::ObjectKind;
use crate::domain::time::Timestamp;
use crate::storage::{Reader, Transaction};
use serde::Serialize;
use serde_json::{Map, Value};

/// What must be true of an object before it is written (RFC 9110 section 13.1).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Precondition {
    /// `If-Match`: one of these versions.
    pub versions: Option<Vec<i64>>,
    /// `If-Match: *`: there is one.
    pub exists: bool,
    /// `If-None-Match: *`: there is none.
    pub absent: bool,
}

impl Precondition {
    /// Checks, for a write inside its transaction, and returns the object's version, 0 when there is none.
    ///
    /// # Errors
    /// [`WriteError::Stale`] when the condition does not hold.
    pub async fn check(
        &self,
        reader: &mut Reader,
        kind: ObjectKind,
        name: &str,
        exists: bool,
    ) -> Result<i64, WriteError> {
        let stale = |why| WriteError::Stale { kind, name: name.to_owned(), why };
        if self.absent && exists {
            return Err(stale("it exists already"));
        }
        let must_exist = self.exists || self.versions.is_some();
        if must_exist && !exists {
            return Err(stale("it does not exist"));
        }
        if !exists {
            return Ok(0);
        }
        let version = reader.version(kind, name).await?;
        if self.versions.as_ref().is_some_and(|versions| !versions.contains(&version)) {
            return Err(stale("it was changed meanwhile: read it again, then repeat the change"));
        }
        Ok(version)
    }
}

/// A write of one object: what, on which condition, when.
#[derive(Debug, Clone)]
pub struct ObjectWrite {
    write: Write,
    /// `None` when nobody asks for the version.
    precondition: Option<Precondition>,
    at: Timestamp,
    /// The write is one of many: whether an administrator is left is checked after the last one.
    one_of_many: bool,
}

impl ObjectWrite {
    /// A write by itself.
    #[must_use]
    pub fn single(write: Write, precondition: Precondition, at: Timestamp) -> Self {
        Self { write, precondition: Some(precondition), at, one_of_many: false }
    }

    /// One of many writes in a transaction. Its caller checks at the end that an administrator is left.
    #[must_use]
    pub fn one_of_many(fields: Map<String, Value>, at: Timestamp) -> Self {
        Self { write: Write::Put(Value::Object(fields)), precondition: None, at, one_of_many: true }
    }

    /// When it is made.
    #[must_use]
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// Whether it must leave an administrator by itself.
    #[must_use]
    pub fn is_single(&self) -> bool {
        !self.one_of_many
    }

    /// Checks the condition and reads the fields that the object shall have. Returns them with the
    /// object's version, which is 0 when there is none or nobody asks.
    ///
    /// # Errors
    /// [`WriteError::Stale`], [`WriteError::Invalid`], [`WriteError::NotFound`] for a patch of nothing.
    pub async fn open(
        self,
        reader: &mut Reader,
        target: Target<'_>,
    ) -> Result<(Map<String, Value>, i64), WriteError> {
        let version = match &self.precondition {
            Some(precondition) => {
                precondition.check(reader, target.kind, target.name, target.shown.is_some()).await?
            }
            None => 0,
        };
        Ok((target.fields(self.write)?, version))
    }
}

/// An object with its version, which `ETag` shows.
#[derive(Debug, Clone)]
pub struct Versioned<T> {
    /// The object.
    pub object: T,
    /// The seq of its last change.
    pub version: i64,
}

/// What a write left behind.
#[derive(Debug, Clone)]
pub struct Written<T> {
    /// The object as it is now.
    pub object: T,
    /// The seq of its last change.
    pub version: i64,
    /// Whether the write made it.
    pub created: bool,
}

impl<T> Written<T> {
    /// A write that changed nothing.
    #[must_use]
    pub fn unchanged(object: T, version: i64) -> Self {
        Self { object, version, created: false }
    }

    /// The same write of another view of the object.
    pub fn map<U>(self, view: impl FnOnce(T) -> U) -> Written<U> {
        Written { object: view(self.object), version: self.version, created: self.created }
    }
}

impl<T: Serialize> Written<T> {
    /// Notes the change of an object that was stored just now.
    pub fn noted(tx: &mut Transaction, kind: ObjectKind, name: &str, before: Option<&T>, object: T) -> Self {
        tx.note(Change::written(kind, name, before, &object));
        Self { object, version: tx.last_seq(), created: before.is_none() }
    }
}

/// How an object is deleted.
#[derive(Debug, Clone, Default)]
pub struct Deletion {
    /// Takes it out of the rules that name it, instead of refusing.
    pub cascade: bool,
    /// What must be true of it.
    pub precondition: Precondition,
    /// Whether an administrator is left is checked after the last of many.
    one_of_many: bool,
}

impl Deletion {
    /// A deletion by itself.
    #[must_use]
    pub fn single(cascade: bool, precondition: Precondition) -> Self {
        Self { cascade, precondition, one_of_many: false }
    }

    /// One of many deletions in a transaction. Its caller checks at the end that an administrator is left.
    #[must_use]
    pub fn one_of_many() -> Self {
        Self { one_of_many: true, ..Self::default() }
    }

    /// Whether it must leave an administrator by itself.
    #[must_use]
    pub fn is_single(&self) -> bool {
        !self.one_of_many
    }
}
