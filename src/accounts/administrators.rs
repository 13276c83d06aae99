//! The administrator who must be left: a server that nobody can administer is lost.

use super::error::WriteError;
use crate::domain::subject::SubjectKind;
use crate::domain::time::Timestamp;
use crate::storage::{Reader, SubjectRow, Transaction};

/// Checks that an administrator is left who can sign in.
///
/// # Errors
/// [`WriteError::Conflict`] when none is left.
pub async fn some_administrator_is_left(tx: &mut Transaction, at: Timestamp) -> Result<(), WriteError> {
    // No subject has the empty id, so all count.
    administrator_is_left_without(tx, "", at).await
}

/// Checks that an administrator other than the subject with this id is left who can sign in.
///
/// # Errors
/// [`WriteError::Conflict`] when none is left.
pub async fn administrator_is_left_without(
    reader: &mut Reader,
    id: &str,
    at: Timestamp,
) -> Result<(), WriteError> {
    if reader.has_other_admin(id, at).await? {
        return Ok(());
    }
    let why = "this is the last administrator who can sign in: make another one first, with a password or an access key";
    Err(WriteError::conflict(why))
}

/// Whether a write takes from an administrator the rights, or a way to sign in.
#[must_use]
pub fn may_end_administration(before: &SubjectRow, after: &SubjectRow, at: Timestamp) -> bool {
    let was_administrator = before.admin && !before.disabled;
    let loses = !after.admin
        || after.disabled
        || (before.password_hash.is_some() && after.password_hash.is_none())
        || before.expires_at != after.expires_at;
    was_administrator && loses && !certainly_administers(after, at)
}

/// Whether `row` is an administrator who can certainly sign in at `at`. A user without a password may have
/// an access key; a robot has nothing else.
#[must_use]
pub fn certainly_administers(row: &SubjectRow, at: Timestamp) -> bool {
    let may_sign_in = match row.subject.kind {
        SubjectKind::User => row.password_hash.is_some(),
        SubjectKind::Robot => row.expires_at.is_none_or(|end| at < end),
    };
    row.admin && !row.disabled && may_sign_in
}
