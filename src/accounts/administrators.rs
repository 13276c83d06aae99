//! The last administrator: nobody can administer a server without one. A user of an identity provider does not count,
//! because the provider may refuse or not answer.

use super::error::WriteError;
use crate::domain::subject::SubjectKind;
use crate::domain::time::Timestamp;
use crate::storage::{Reader, SubjectRow, Transaction};

/// Fails if no administrator remains who can sign in.
///
/// # Errors
/// [`WriteError::Conflict`] when no administrator remains who can sign in.
pub async fn some_administrator_is_left(tx: &mut Transaction, at: Timestamp) -> Result<(), WriteError> {
    // No subject has the empty id, so all subjects count.
    administrator_is_left_without(tx, "", at).await
}

/// Checks that an administrator other than the subject with this id can sign in.
///
/// # Errors
/// [`WriteError::Conflict`] when no administrator remains who can sign in.
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

/// Returns true if a write could remove the last administrator: it takes from an administrator the right to
/// administer or a way to sign in, or it changes the administrator's end. Returns false if the subject certainly
/// administers after the write. The caller checks, if this returns true, that an administrator remains.
#[must_use]
pub fn may_end_administration(before: &SubjectRow, after: &SubjectRow, at: Timestamp) -> bool {
    let was_administrator = before.admin && !before.disabled;
    let loses = !after.admin
        || after.disabled
        || (before.password_hash.is_some() && after.password_hash.is_none())
        || before.expires_at != after.expires_at;
    was_administrator && loses && !certainly_administers(after, at)
}

/// Returns true if `row` is an enabled administrator that counts without a look at its access keys: a user with a
/// password, or a robot that has not ended at `at`.
#[must_use]
pub fn certainly_administers(row: &SubjectRow, at: Timestamp) -> bool {
    let may_sign_in = match row.subject.kind {
        SubjectKind::User => row.password_hash.is_some(),
        SubjectKind::Robot => row.expires_at.is_none_or(|end| at < end),
    };
    row.admin && !row.disabled && may_sign_in
}
