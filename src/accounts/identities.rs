//! The life of an identity apart from sign-ins: linked by an administrator, confirmed or refused by the provider,
//! deprived of what changed settings no longer give, unlinked.

use super::administrators::administrator_is_left_without;
use super::credentials::end_sessions;
use super::enrol::{Vouched, bring_up_to_date, spread, store_identity, vouched_identity};
use super::enrol_groups::sync_groups;
use super::error::WriteError;
use super::identity_object::IdentityObject;
use super::objects::AccessKey;
use super::subjects::store_subject;
use super::write::Written;
use crate::domain::change::Change;
use crate::domain::identity::{Given, Identity, IdentityState, ProviderSettings};
use crate::domain::kind::ObjectKind;
use crate::domain::subject::{SubjectKind, SubjectName, SubjectRef};
use crate::domain::time::Timestamp;
use crate::storage::{IdentityRow, StoredSubject, SubjectRow, Transaction};
use std::collections::BTreeSet;

/// Notes that the provider confirmed a person: updates the account, and restarts the time until the next check.
/// Changes nothing if the account is gone. Returns warnings for the operator.
pub async fn confirm(
    tx: &mut Transaction,
    row: &IdentityRow,
    vouched: &Vouched,
) -> Result<Vec<String>, WriteError> {
    let (identity, recheck_at) = vouched_identity(&row.id, vouched, row.identity.signed_in_at);
    let after = IdentityRow { identity, recheck_at, upstream_token: vouched.token.clone(), ..row.clone() };
    let Some(account) =
        tx.find_subject(&row.subject.name).await?.filter(|found| found.row.id == row.subject_id)
    else {
        return Ok(Vec::new());
    };
    store_identity(tx, Some(row), &after).await?;
    bring_up_to_date(tx, vouched, &after, account).await
}

/// Notes that the provider refused a person: access keys, refresh tokens and browser sessions do not work until the
/// person signs in again.
pub async fn refuse(tx: &mut Transaction, row: &IdentityRow, at: Timestamp) -> Result<(), WriteError> {
    let identity = Identity { state: IdentityState::Refused, checked_at: at, ..row.identity.clone() };
    // The server asks about a refused person only after a new sign-in, which can bring a new refresh token.
    let after = IdentityRow { identity, upstream_token: None, ..row.clone() };
    store_identity(tx, Some(row), &after).await
}

/// Finds the user with this name. Fails if there is no such user, even if a robot has the name.
async fn user(tx: &mut Transaction, name: &SubjectName) -> Result<StoredSubject, WriteError> {
    let found = tx.find_subject(name).await?;
    let found = found.filter(|found| found.row.subject.kind == SubjectKind::User);
    found.ok_or_else(|| WriteError::not_found(SubjectKind::User, name))
}

/// Links a user with a person of a provider: from now on the provider vouches for the user, who loses the password.
/// Changes nothing if the user is linked with this person already. Fails if the user or the person has another link, or
/// if the user is the last administrator who can sign in here.
pub async fn link(
    tx: &mut Transaction,
    name: &SubjectName,
    settings: &ProviderSettings,
    external_id: String,
    at: Timestamp,
) -> Result<Written<IdentityObject>, WriteError> {
    let account = user(tx, name).await?;
    let known = tx.find_identity(&settings.name, &external_id).await?;
    if let Some(known) = &known {
        if known.subject_id == account.row.id {
            return Ok(Written::unchanged(IdentityObject::new(known), 0));
        }
        let why = format_args!(
            "`{}` of `{}` is `{}`: unlink that user first",
            external_id, settings.name, known.subject
        );
        return Err(WriteError::conflict(why));
    }
    if let Some(identity) = &account.identity {
        let why = format_args!("`{name}` is linked with `{}` already: unlink it first", identity.provider);
        return Err(WriteError::conflict(why));
    }
    if account.row.admin && !account.row.disabled {
        administrator_is_left_without(tx, &account.row.id, at).await?;
    }
    let id = uuid::Uuid::now_v7().to_string();
    let row = IdentityRow {
        subject_id: account.row.id.clone(),
        subject: account.row.subject.clone(),
        identity: Identity {
            provider: settings.name.clone(),
            issuer: settings.issuer.clone(),
            external_name: external_id.clone(),
            external_id,
            state: IdentityState::Active,
            signed_in_at: at,
            checked_at: at,
            valid_until: at.plus_seconds(settings.max_age),
            checkable: false,
        },
        recheck_at: spread(&id, at, settings.recheck),
        upstream_token: None,
        given: Given::default(),
        id,
    };
    store_identity(tx, None, &row).await?;
    if account.row.password_hash.is_some() {
        let changed = SubjectRow {
            password_hash: None,
            credential_version: account.row.credential_version + 1,
            updated_at: at,
            ..account.row.clone()
        };
        store_subject(tx, Some(account), changed, 0, true).await?;
    }
    Ok(Written { object: IdentityObject::new(&row), version: tx.last_seq(), created: true })
}

/// Ends the identity of a user, and removes what the user got from the provider: groups, labels and the administrator
/// flag. Also ends the user's keys and sessions. The user stays.
pub async fn unlink(
    tx: &mut Transaction,
    row: &IdentityRow,
    owner: &str,
    at: Timestamp,
) -> Result<(), WriteError> {
    let account = user(tx, &row.subject.name).await?;
    tx.delete_identity(&row.id).await?;
    tx.note(Change::deleted(ObjectKind::Identity, &row.subject.name, &IdentityObject::new(row)));
    sync_groups(tx, owner, (&row.subject_id, &row.subject), &BTreeSet::new(), at).await?;
    end_keys(tx, &account.row.subject, &row.subject_id).await?;
    end_sessions(tx, &account.row).await?;
    let (labels, admin) = row.given.taken_from(&account.row.labels, account.row.admin);
    let changed = SubjectRow {
        labels,
        admin,
        managed_by: account.row.managed_by.clone().filter(|keeper| keeper != owner),
        credential_version: account.row.credential_version + 1,
        updated_at: at,
        ..account.row.clone()
    };
    store_subject(tx, Some(account), changed, 0, true).await.map(|_| ())
}

/// Removes from a person's account the labels and the administrator flag that the settings `before` gave and the new
/// `settings` do not give.
pub async fn take_back(
    tx: &mut Transaction,
    row: &IdentityRow,
    (before, settings): (&ProviderSettings, &ProviderSettings),
    at: Timestamp,
) -> Result<(), WriteError> {
    let gone = row.given.beyond(before, settings);
    if gone.is_nothing() {
        return Ok(());
    }
    tx.update_given(&row.id, &row.given.without(&gone)).await?;
    let account = user(tx, &row.subject.name).await?;
    let (labels, admin) = gone.taken_from(&account.row.labels, account.row.admin);
    let lost = account.row.admin && !admin;
    let changed = SubjectRow {
        labels,
        admin,
        credential_version: account.row.credential_version + i64::from(lost),
        updated_at: at,
        ..account.row.clone()
    };
    store_subject(tx, Some(account), changed, 0, true).await.map(|_| ())
}

async fn end_keys(tx: &mut Transaction, subject: &SubjectRef, id: &str) -> Result<(), WriteError> {
    for key in tx.list_keys(id).await? {
        tx.revoke_key(&key.id).await?;
        tx.note(Change::revoked(ObjectKind::AccessKey, &key.id, &AccessKey::recorded(subject, &key)));
    }
    Ok(())
}
