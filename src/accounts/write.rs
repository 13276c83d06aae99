//! The input of a write (fields, precondition, time), and its result (object, version).
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

/// The condition that an object must meet before a write (RFC 9110 section 13.1).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Precondition {
    /// The versions in `If-Match`: the object must have one of them.
    pub versions: Option<Vec<i64>>,
    /// True for `If-Match: *`: the object must exist.
    pub exists: bool,
    /// True for `If-None-Match: *`: the object must not exist.
    pub absent: bool,
}

impl Precondition {
    /// Checks the condition inside the transaction of a write. Returns the object's version: 0 if the object does not
    /// exist.
    ///
    /// # Errors
    /// [`WriteError::Stale`] when the condition is not met.
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

/// A write of one object: the fields, the precondition and the time.
#[derive(Debug, Clone)]
pub struct ObjectWrite {
    write: Write,
    /// The condition; `None` if the write needs neither a condition nor the version.
    precondition: Option<Precondition>,
    at: Timestamp,
    /// True if the write is one of many. The caller then checks after the last write that an administrator remains.
    one_of_many: bool,
}

impl ObjectWrite {
    /// Makes the only write of a transaction.
    #[must_use]
    pub fn single(write: Write, precondition: Precondition, at: Timestamp) -> Self {
        Self { write, precondition: Some(precondition), at, one_of_many: false }
    }

    /// Makes one of many writes in a transaction. The caller checks at the end that an administrator remains.
    #[must_use]
    pub fn one_of_many(fields: Map<String, Value>, at: Timestamp) -> Self {
        Self { write: Write::Put(Value::Object(fields)), precondition: None, at, one_of_many: true }
    }

    /// Returns the time of the write.
    #[must_use]
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// Returns true if this write must itself check that an administrator remains.
    #[must_use]
    pub fn is_single(&self) -> bool {
        !self.one_of_many
    }

    /// Checks the condition, and reads the fields of the object after the write. Returns them with the object's
    /// version: 0 if the object does not exist or the write needs no version.
    ///
    /// # Errors
    /// [`WriteError::Stale`], [`WriteError::Invalid`], or [`WriteError::NotFound`] for a patch of an object that does
    /// not exist.
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
    /// The seq of the object's last change.
    pub version: i64,
}

/// The result of a write.
#[derive(Debug, Clone)]
pub struct Written<T> {
    /// The object after the write.
    pub object: T,
    /// The seq of the object's last change.
    pub version: i64,
    /// True if the write created the object.
    pub created: bool,
}

impl<T> Written<T> {
    /// Makes the result of a write that changed nothing.
    #[must_use]
    pub fn unchanged(object: T, version: i64) -> Self {
        Self { object, version, created: false }
    }

    /// Returns this result with another view of the object.
    pub fn map<U>(self, view: impl FnOnce(T) -> U) -> Written<U> {
        Written { object: view(self.object), version: self.version, created: self.created }
    }
}

impl<T: Serialize> Written<T> {
    /// Notes the change of an object that was just stored, and returns the result of the write.
    pub fn noted(tx: &mut Transaction, kind: ObjectKind, name: &str, before: Option<&T>, object: T) -> Self {
        tx.note(Change::written(kind, name, before, &object));
        Self { object, version: tx.last_seq(), created: before.is_none() }
    }
}

/// The options of a deletion.
#[derive(Debug, Clone, Default)]
pub struct Deletion {
    /// True if the deletion removes the object from the rules that name it, instead of failing.
    pub cascade: bool,
    /// The condition that the object must meet before the deletion.
    pub precondition: Precondition,
    /// True if this is one of many deletions. The caller then checks after the last one that an administrator remains.
    one_of_many: bool,
}

impl Deletion {
    /// Makes the only deletion of a transaction.
    #[must_use]
    pub fn single(cascade: bool, precondition: Precondition) -> Self {
        Self { cascade, precondition, one_of_many: false }
    }

    /// Makes one of many deletions in a transaction. The caller checks at the end that an administrator remains.
    #[must_use]
    pub fn one_of_many() -> Self {
        Self { one_of_many: true, ..Self::default() }
    }

    /// Returns true if this deletion must itself check that an administrator remains.
    #[must_use]
    pub fn is_single(&self) -> bool {
        !self.one_of_many
    }
}
