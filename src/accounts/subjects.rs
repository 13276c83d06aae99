//! The shared parts of users and robots: one name space, their rows, and the objects that are deleted with them.

use super::administrators::{
    administrator_is_left_without, may_end_administration, some_administrator_is_left,
};
use super::credentials::end_sessions;
use super::error::WriteError;
use super::meant::meant_subject;
use super::objects::{AccessKey, recorded};
use super::rule_references::detach_from_rules;
use super::write::{Deletion, Written};
use crate::domain::change::Change;
use crate::domain::kind::ObjectKind;
use crate::domain::policy::Policy;
use crate::domain::selector::Selector;
use crate::domain::subject::{Labels, SubjectKind, SubjectName, SubjectRef};
use crate::domain::time::Timestamp;
use crate::storage::{Reader, StoredSubject, SubjectRow, Transaction};
use serde_json::Value;
use std::collections::BTreeSet;

/// Makes the row of an account made at `at`, with every other field at its default.
#[must_use]
pub fn new_subject(subject: SubjectRef, at: Timestamp) -> SubjectRow {
    SubjectRow {
        id: uuid::Uuid::now_v7().to_string(),
        subject,
        description: String::new(),
        admin: false,
        disabled: false,
        labels: Labels::default(),
        password_hash: None,
        credential_version: 1,
        expires_at: None,
        managed_by: None,
        created_at: at,
        updated_at: at,
    }
}

/// An account before and after a write, and its version before the write.
pub struct WantedSubject {
    /// The old state, if the account exists.
    pub before: Option<StoredSubject>,
    /// The new row.
    pub row: SubjectRow,
    /// The seq of the account's last change before the write; 0 if the account is new, or if the write needs no
    /// version.
    pub(super) version: i64,
}

impl WantedSubject {
    /// Returns the account after the write, and the change to record; `None` if nothing changes.
    #[must_use]
    pub fn change(&self) -> Option<(StoredSubject, Change)> {
        let row = self.row.clone();
        let subject = row.subject.clone();
        let Some(before) = &self.before else {
            let after = StoredSubject { row, groups: BTreeSet::new(), identity: None, seq: 0 };
            let change = Change::created(subject.kind.into(), &subject.name, &recorded(&after));
            return Some((after, change));
        };
        if (SubjectRow { updated_at: before.row.updated_at, ..row.clone() }) == before.row {
            return None;
        }
        let password_changed = row.password_hash != before.row.password_hash;
        let after = StoredSubject { row, ..before.clone() };
        let mut state = recorded(&after);
        if password_changed && let Value::Object(state) = &mut state {
            state.insert("password_changed".to_owned(), Value::Bool(true));
        }
        let change = Change::updated(subject.kind.into(), &subject.name, &recorded(before), &state);
        Some((after, change))
    }
}

/// Returns the subject `name` if it exists and has this kind. Returns `None` if the name is free.
///
/// # Errors
/// [`WriteError::Conflict`] if the subject has the other kind, or if another subject's name differs only in upper and
/// lower case.
pub async fn claim_name(
    reader: &mut Reader,
    kind: SubjectKind,
    name: &SubjectName,
) -> Result<Option<StoredSubject>, WriteError> {
    match reader.find_subject(name).await? {
        Some(found) if found.row.subject.kind == kind => Ok(Some(found)),
        Some(found) => Err(WriteError::conflict(format_args!(
            "`{name}` is the name of a {}: users and robots share their names",
            found.row.subject.kind.as_str()
        ))),
        None => match reader.find_look_alike(name).await? {
            Some(other) => Err(WriteError::conflict(format_args!(
                "`{name}` differs from `{other}` in upper and lower case only: choose another name"
            ))),
            None => Ok(None),
        },
    }
}

/// Stores a new account.
pub async fn insert_subject(
    tx: &mut Transaction,
    row: SubjectRow,
) -> Result<Written<StoredSubject>, WriteError> {
    tx.insert_subject(&row).await?;
    let object = StoredSubject { row, groups: BTreeSet::new(), identity: None, seq: 0 };
    let subject = &object.row.subject;
    tx.note(Change::created(subject.kind.into(), &subject.name, &recorded(&object)));
    Ok(Written { object, version: tx.last_seq(), created: true })
}

/// Stores the new state of an account. `before` is its old state, if the account exists. `version` is the seq of its
/// last change. `is_single` is false for one of many writes, whose caller checks that an administrator is left; else
/// this function checks it. Ends the sessions of a user who is disabled or whose password changes.
pub(super) async fn store_subject(
    tx: &mut Transaction,
    before: Option<StoredSubject>,
    row: SubjectRow,
    version: i64,
    is_single: bool,
) -> Result<Written<StoredSubject>, WriteError> {
    let wanted = WantedSubject { before, row, version };
    let changed = wanted.change();
    let WantedSubject { before, row, .. } = wanted;
    let Some(before) = before else {
        return insert_subject(tx, row).await;
    };
    let Some((after, change)) = changed else {
        return Ok(Written::unchanged(before, version));
    };
    let password_changed = row.password_hash != before.row.password_hash;
    // Robots have no sessions.
    let is_user = row.subject.kind == SubjectKind::User;
    if is_user && (password_changed || (row.disabled && !before.row.disabled)) {
        end_sessions(tx, &before.row).await?;
    }
    tx.update_subject(&row).await?;
    if is_single && may_end_administration(&before.row, &row, row.updated_at) {
        some_administrator_is_left(tx, row.updated_at).await?;
    }
    tx.note(change);
    Ok(Written { object: after, version: tx.last_seq(), created: false })
}

/// Deletes a user or robot with its keys, sessions and memberships. `policy` is the policy that this transaction
/// sees.
///
/// # Errors
/// [`WriteError::NamedByRules`] if rules name the account and `cascade` is false; [`WriteError::Conflict`] if the
/// account is the last administrator who can sign in; [`WriteError::NotFound`]; [`WriteError::Stale`].
pub async fn delete_subject(
    tx: &mut Transaction,
    policy: &Policy,
    subject: &SubjectRef,
    deletion: &Deletion,
    at: Timestamp,
) -> Result<(), WriteError> {
    let kind = ObjectKind::from(subject.kind);
    let found = tx.find_account(subject).await?;
    let Some(found) = found else {
        return Err(WriteError::no_subject(subject, meant_subject(tx, &subject.name).await?));
    };
    deletion.precondition.check(tx, kind, subject.name.as_str(), true).await?;
    if found.row.admin && !found.row.disabled && deletion.is_single() {
        administrator_is_left_without(tx, &found.row.id, at).await?;
    }
    detach_from_rules(tx, policy, &Selector::from(subject), deletion.cascade, at).await?;
    end_sessions(tx, &found.row).await?;
    for key in tx.list_keys(&found.row.id).await? {
        tx.note(Change::revoked(ObjectKind::AccessKey, &key.id, &AccessKey::recorded(subject, &key)));
    }
    for group in &found.groups {
        tx.note(Change::member_removed(group, subject));
    }
    tx.delete_subject(&found.row.id).await?;
    tx.note(Change::deleted(kind, &subject.name, &recorded(&found)));
    Ok(())
}
