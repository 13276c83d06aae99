//! Creates or updates the account of a person for whom a provider vouches.

use super::asked::find_as_asked;
use super::enrol_groups::sync_groups;
use super::error::WriteError;
use super::identity_object::{IdentityObject, differs};
use super::subjects::{claim_name, insert_subject, new_subject, store_subject};
use crate::domain::change::Change;
use crate::domain::identity::{Identity, IdentityState, Person, ProviderName, ProviderSettings};
use crate::domain::kind::ObjectKind;
use crate::domain::shell;
use crate::domain::subject::{SubjectKind, SubjectName, SubjectRef};
use crate::domain::time::Timestamp;
use crate::storage::{IdentityRow, StoreError, StoredSubject, SubjectRow, Transaction};

/// A person whom a provider has just vouched for.
#[derive(Debug, Clone)]
pub struct Vouched {
    /// The settings of the provider.
    pub provider: std::sync::Arc<ProviderSettings>,
    /// The provider's description of the person.
    pub person: Person,
    /// The person's refresh token, sealed; `None` if the provider gave no token, or if the token cannot be sealed.
    pub token: Option<String>,
    /// The time of the sign-in or check.
    pub at: Timestamp,
}

/// The reason why a person whom a provider vouches for gets no account here.
#[derive(Debug, thiserror::Error)]
pub enum NotEnrolled {
    /// The person has no account, and the provider's settings do not allow a sign-in to make one.
    #[error("there is no account here for `{who}`: ask an administrator to run `{link}`")]
    Unknown {
        /// The provider's name of the person.
        who: String,
        /// The command that links the person with a user.
        link: String,
    },
    /// The person's name at the provider cannot be the name of a user here.
    #[error("no account can be made: {why}; ask an administrator to run `{link}`")]
    Name {
        /// The reason why the name cannot be used.
        why: String,
        /// The command that links the person with a user.
        link: String,
    },
    /// Another account has the name that the person's account would get.
    #[error("no account can be made: {why}; if that is your account, ask an administrator to run `{link}`")]
    Taken {
        /// The reason why no account can be made, with the account that has the name.
        why: String,
        /// The command that links the person with that user; with the placeholder `NAME` if the account is a robot, or
        /// if its name differs in upper and lower case.
        link: String,
    },
    /// The account is disabled here.
    #[error("the account `{0}` is disabled here: ask an administrator to enable it")]
    Disabled(SubjectName),
    /// The provider was disabled or deleted, or its settings changed, meanwhile.
    #[error("the identity provider `{0}` was changed while you signed in: start again from the sign-in page")]
    Changed(ProviderName),
    /// The write failed.
    #[error(transparent)]
    Write(#[from] WriteError),
}

impl From<StoreError> for NotEnrolled {
    fn from(error: StoreError) -> Self {
        Self::Write(error.into())
    }
}

/// Returns the command that links a user with a person of a provider.
fn link_command(provider: &ProviderName, user: Option<&SubjectName>, external_id: &str) -> String {
    let user = user.map_or_else(|| " NAME".to_owned(), |user| shell::argument(user.as_str()));
    let id = shell::flag("--external-id", external_id);
    format!("portreeve users link{user} --provider {provider}{id}")
}

/// Returns the time of a person's next check: 90 to 110 percent of `seconds` after `at`. The percentage depends on
/// `id`, so that not all people are checked at once.
pub(super) fn spread(id: &str, at: Timestamp, seconds: i64) -> Timestamp {
    let tenths = id.bytes().fold(0_i64, |sum, byte| (sum * 31 + i64::from(byte)) % 21);
    Timestamp::from_micros(at.as_micros().saturating_add(seconds.saturating_mul(10_000) * (90 + tenths)))
}

/// Makes the identity of a person whom the provider has just vouched for. Also returns the time of the next check.
pub(super) fn vouched_identity(
    id: &str,
    vouched: &Vouched,
    signed_in_at: Timestamp,
) -> (Identity, Timestamp) {
    let (settings, person, at) = (&vouched.provider, &vouched.person, vouched.at);
    let checkable = vouched.token.is_some();
    let identity = Identity {
        provider: settings.name.clone(),
        issuer: settings.issuer.clone(),
        external_id: person.external_id.clone(),
        external_name: person.external_name.clone(),
        state: IdentityState::Active,
        signed_in_at,
        checked_at: at,
        valid_until: if checkable {
            at.plus_seconds(settings.hold)
        } else {
            signed_in_at.plus_seconds(settings.max_age)
        },
        checkable,
    };
    (identity, spread(id, at, settings.recheck))
}

/// Signs in a person whom a provider vouches for: finds or makes the account, and updates it. Returns the account,
/// and warnings for the operator who looks after the provider.
pub async fn enrol(
    tx: &mut Transaction,
    vouched: &Vouched,
) -> Result<(StoredSubject, Vec<String>), NotEnrolled> {
    let provider = find_as_asked(tx, &vouched.provider).await?;
    let provider = provider.ok_or_else(|| NotEnrolled::Changed(vouched.provider.name.clone()))?;
    let vouched = &Vouched { provider, ..vouched.clone() };
    let (settings, person) = (&vouched.provider, &vouched.person);
    let known = tx.find_identity(&settings.name, &person.external_id).await?;
    let found = match &known {
        Some(row) => tx.find_subject(&row.subject.name).await?,
        None => None,
    };
    let account = match found {
        Some(found) if found.row.disabled => {
            return Err(NotEnrolled::Disabled(found.row.subject.name.clone()));
        }
        Some(found) => found,
        None => make_user(tx, vouched).await?,
    };
    let id = known.as_ref().map_or_else(|| uuid::Uuid::now_v7().to_string(), |row| row.id.clone());
    let (identity, recheck_at) = vouched_identity(&id, vouched, vouched.at);
    let row = IdentityRow {
        id,
        subject_id: account.row.id.clone(),
        subject: account.row.subject.clone(),
        identity,
        recheck_at,
        upstream_token: vouched.token.clone(),
        given: known.as_ref().map(|row| row.given.clone()).unwrap_or_default(),
    };
    store_identity(tx, known.as_ref(), &row).await?;
    let name = account.row.subject.name.clone();
    let warnings = bring_up_to_date(tx, vouched, &row, account).await?;
    let account = tx.find_subject(&name).await?;
    Ok((account.ok_or_else(|| WriteError::not_found(SubjectKind::User, &name))?, warnings))
}

/// Stores an identity, and notes the changes that the audit trail records.
pub(super) async fn store_identity(
    tx: &mut Transaction,
    before: Option<&IdentityRow>,
    row: &IdentityRow,
) -> Result<(), WriteError> {
    let shown = IdentityObject::new(row);
    match before {
        None => {
            tx.insert_identity(row).await?;
            tx.note(Change::created(ObjectKind::Identity, &row.subject.name, &shown));
        }
        Some(before) => {
            tx.update_identity(row).await?;
            tx.keep_unnoted();
            if differs(before, row) {
                let was = IdentityObject::new(before);
                tx.note(Change::updated(ObjectKind::Identity, &row.subject.name, &was, &shown));
            }
        }
    }
    Ok(())
}

/// Makes the user of a person who signs in for the first time. Fails if the settings of the provider do not allow it,
/// or if the name is invalid or taken.
async fn make_user(tx: &mut Transaction, vouched: &Vouched) -> Result<StoredSubject, NotEnrolled> {
    let (settings, person) = (&vouched.provider, &vouched.person);
    let link = |user: Option<&SubjectName>| link_command(&settings.name, user, &person.external_id);
    if !settings.create_users {
        return Err(NotEnrolled::Unknown { who: person.external_name.clone(), link: link(None) });
    }
    let name = person.name.clone().map_err(|why| NotEnrolled::Name { why, link: link(None) })?;
    match claim_name(tx, SubjectKind::User, &name).await {
        Ok(None) => {}
        Ok(Some(_)) => {
            let why = format!("there is a user `{name}` already");
            return Err(NotEnrolled::Taken { why, link: link(Some(&name)) });
        }
        Err(WriteError::Conflict(why)) => return Err(NotEnrolled::Taken { why, link: link(None) }),
        Err(error) => return Err(error.into()),
    }
    let subject = SubjectRef { kind: SubjectKind::User, name };
    let row = SubjectRow { managed_by: Some(settings.owner()), ..new_subject(subject, vouched.at) };
    Ok(insert_subject(tx, row).await?.object)
}

/// Gives an account the labels, groups and administrator flag that its provider names, and removes those that the
/// provider gave before and no longer names. `row` is the stored identity of the account. Returns warnings for the
/// operator who looks after the provider.
pub(super) async fn bring_up_to_date(
    tx: &mut Transaction,
    vouched: &Vouched,
    row: &IdentityRow,
    account: StoredSubject,
) -> Result<Vec<String>, WriteError> {
    let person = &vouched.person;
    let after = row.given.renewed(&account.row.labels, account.row.admin, person);
    if after.given != row.given {
        tx.update_given(&row.id, &after.given).await?;
    }
    let lost = account.row.admin && !after.admin;
    let changed = SubjectRow {
        labels: after.labels,
        admin: after.admin,
        // The new version ends the browser sessions of a person who loses the administrator flag.
        credential_version: account.row.credential_version + i64::from(lost),
        updated_at: vouched.at,
        ..account.row.clone()
    };
    let (id, subject) = (account.row.id.clone(), account.row.subject.clone());
    store_subject(tx, Some(account), changed, 0, true).await?;
    let mut warnings = person.warnings.clone();
    warnings.extend(after.warning);
    let owner = vouched.provider.owner();
    warnings.extend(sync_groups(tx, &owner, (&id, &subject), &person.groups, vouched.at).await?);
    Ok(warnings)
}
