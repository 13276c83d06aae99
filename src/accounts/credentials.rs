//! Credentials of accounts: passwords, access keys, refresh tokens.

use super::administrators::some_administrator_is_left;
use super::error::WriteError;
use super::objects::{AccessKey, RefreshToken};
use crate::domain::change::Change;
use crate::domain::invalid::FieldErrors;
use crate::domain::kind::ObjectKind;
use crate::domain::subject::SubjectRef;
use crate::domain::time::Timestamp;
use crate::storage::{NewAccessKey, RefreshTokenRow, SubjectRow, Transaction};

/// The greatest number of access keys of one subject, ended keys included.
const MOST_KEYS: i64 = 100;

/// The effect of a write on the password of a user.
pub enum NewPassword {
    /// The password stays.
    Keep,
    /// The password is removed.
    Remove,
    /// The new hash replaces the stored one.
    Hash(String),
    /// The new hash is stored if the user has no password yet.
    First(String),
    /// The user already has this password, under this hash.
    Same(String),
}

impl NewPassword {
    /// Returns the hash after the write. `old` is the hash before the write. Fails for [`NewPassword::Same`] if the
    /// password was changed meanwhile.
    pub(super) fn hash_after(self, old: Option<&String>) -> Result<Option<String>, WriteError> {
        match self {
            Self::Keep => Ok(old.cloned()),
            Self::Remove => Ok(None),
            Self::First(hash) => Ok(old.cloned().or(Some(hash))),
            Self::Hash(hash) => Ok(Some(hash)),
            Self::Same(hash) if old == Some(&hash) => Ok(Some(hash)),
            Self::Same(_) => {
                Err(WriteError::conflict("the password was changed meanwhile: repeat the request"))
            }
        }
    }
}

/// Fails if a key that ends at `end` would be useless to its owner at `at`.
///
/// # Errors
/// [`WriteError::Conflict`] for an owner who is disabled or has ended; [`WriteError::Invalid`] for a key that would end
/// after its owner.
fn is_of_use(owner: &SubjectRow, end: Option<Timestamp>, at: Timestamp) -> Result<(), WriteError> {
    let who = &owner.subject;
    if owner.disabled {
        return Err(WriteError::conflict(format_args!("`{who}` is disabled: enable it first")));
    }
    match (owner.expires_at, end) {
        (Some(last), _) if last <= at => Err(WriteError::conflict(format_args!(
            "`{who}` ended at {last}, and its keys with it: give it a later `expires_at` first"
        ))),
        (Some(last), Some(end)) if end > last => {
            let why = format!(
                "{end} is after `{who}` ends, at {last}: give an earlier time, or none for a key that ends with it"
            );
            Err(FieldErrors::one("expires_at", why).into())
        }
        _ => Ok(()),
    }
}

/// Stores a new access key of `owner`. `new` contains the digest of its secret.
///
/// # Errors
/// [`WriteError::Conflict`] when the owner has too many keys, or could not use this key; [`WriteError::Invalid`] when
/// the key would end after its owner.
pub async fn insert_key(
    tx: &mut Transaction,
    owner: &SubjectRow,
    new: &NewAccessKey<'_>,
) -> Result<(), WriteError> {
    is_of_use(owner, new.key.expires_at, new.key.created_at)?;
    let owner = &owner.subject;
    if tx.count_keys(new.subject_id).await? >= MOST_KEYS {
        let why = format_args!("`{owner}` has {MOST_KEYS} access keys: revoke one first");
        return Err(WriteError::conflict(why));
    }
    tx.insert_key(new).await?;
    tx.note(Change::created(ObjectKind::AccessKey, &new.key.id, &AccessKey::recorded(owner, new.key)));
    Ok(())
}

/// Revokes an access key at once. If `owner` is given, the key must belong to it.
///
/// # Errors
/// [`WriteError::NotFound`]; [`WriteError::Conflict`] when no administrator could sign in without the key.
pub async fn revoke_key(
    tx: &mut Transaction,
    owner: Option<&SubjectRef>,
    id: &str,
    at: Timestamp,
) -> Result<(), WriteError> {
    let key = tx.find_key(id).await?.filter(|(subject, _)| owner.is_none_or(|owner| owner == subject));
    let (subject, key) = key.ok_or_else(|| WriteError::not_found(ObjectKind::AccessKey, id))?;
    tx.revoke_key(id).await?;
    // An administrator may also have a password or another key, so this only checks that some administrator can still
    // sign in.
    if let Some(holder) = tx.find_subject(&subject.name).await?
        && holder.row.admin
        && !holder.row.disabled
    {
        some_administrator_is_left(tx, at).await?;
    }
    tx.note(Change::revoked(ObjectKind::AccessKey, id, &AccessKey::recorded(&subject, &key)));
    Ok(())
}

/// Revokes a refresh token at once. If `owner` is given, the token must belong to it.
///
/// # Errors
/// [`WriteError::NotFound`].
pub async fn revoke_refresh_token(
    tx: &mut Transaction,
    owner: Option<&SubjectRef>,
    id: &str,
) -> Result<(), WriteError> {
    let token = tx.find_refresh_token(id).await?;
    let token = token.filter(|(subject, _)| owner.is_none_or(|owner| owner == subject));
    let (subject, token) = token.ok_or_else(|| WriteError::not_found(ObjectKind::RefreshToken, id))?;
    end_session(tx, &subject, &token).await
}

/// Ends every browser session of a subject, and revokes every refresh token.
pub async fn end_sessions(tx: &mut Transaction, subject: &SubjectRow) -> Result<(), WriteError> {
    if tx.delete_browser_sessions_of(&subject.id).await? > 0 {
        // The end of a browser session has no record in the audit trail. A transaction that ends only browser
        // sessions must be committed although it records nothing.
        tx.keep_unnoted();
    }
    for token in tx.list_refresh_tokens(&subject.id).await? {
        end_session(tx, &subject.subject, &token).await?;
    }
    Ok(())
}

async fn end_session(
    tx: &mut Transaction,
    subject: &SubjectRef,
    token: &RefreshTokenRow,
) -> Result<(), WriteError> {
    tx.revoke_refresh_token(&token.id).await?;
    tx.note(Change::revoked(ObjectKind::RefreshToken, &token.id, &RefreshToken::recorded(subject, token)));
    Ok(())
}
