//! Identities: links between users and the people for whom providers vouch. The refresh tokens of providers are stored
//! sealed. This file also reads the groups that a provider manages.

use super::StoreError;
use super::identity::identity;
use super::reader::{Reader, field, parsed, time};
use super::statements::{
    CLAIM_IDENTITY, COUNT_IDENTITIES, DELETE_IDENTITY, FORGET_ALL_UPSTREAM_TOKENS, FORGET_UPSTREAM_TOKENS,
    INSERT_IDENTITY, KEEP_UPSTREAM_TOKEN, MAKE_IDENTITIES_DUE, MOVE_IDENTITIES, RELEASE_IDENTITY,
    SELECT_CLAIM, SELECT_DUE_IDENTITIES, SELECT_GROUP_OWNER, SELECT_GROUPS_OF, SELECT_IDENTITIES_OF_PROVIDER,
    SELECT_IDENTITY_BY_EXTERNAL, SELECT_IDENTITY_BY_SUBJECT, SELECT_KEPT_GROUPS, UPDATE_GIVEN,
    UPDATE_IDENTITY, UPDATE_UPSTREAM_TOKEN,
};
use super::subjects::subject_ref;
use super::transaction::Transaction;
use crate::domain::identity::{Given, Identity, ProviderName};
use crate::domain::subject::{GroupName, SubjectRef};
use crate::domain::time::Timestamp;
use sqlx::any::AnyRow;

/// The time for which only one server may check a person, in seconds. The server needs this time to store a new refresh
/// token even if the database is busy. Otherwise another server would present the old token.
const CLAIM: i64 = 90;
/// The greatest delay of a mark of use, in microseconds. A mark is exact to the minute.
const MARKS_LATE: i64 = 120_000_000;
/// The longest time between two checks, in seconds: 30 days, plus 10 % because checks are spread.
const LONGEST_RECHECK: i64 = 33 * 86_400;

/// Returns the latest plausible end of a claim at `now`. A server whose clock was ahead made a claim that ends later.
fn last_claim(now: Timestamp) -> i64 {
    now.plus_seconds(2 * CLAIM).as_micros()
}

/// Returns the latest plausible time of a person's next check, if a server noted this time at `now` or before.
fn last_recheck(now: Timestamp) -> i64 {
    now.newest_mark().plus_seconds(LONGEST_RECHECK).as_micros()
}

/// A person about whom the server must ask the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// The internal id of the user.
    pub subject_id: String,
    checked_at: Timestamp,
    recheck_at: Timestamp,
}

impl Due {
    /// Returns true if no server has asked the provider since the person was found to be due.
    #[must_use]
    pub fn is_still(&self, row: &IdentityRow) -> bool {
        row.identity.checked_at == self.checked_at && row.recheck_at == self.recheck_at
    }
}

/// The right to ask the provider about a person. Only one server has this right at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    id: String,
    until: Timestamp,
}

/// An identity as stored.
#[derive(Clone, PartialEq, Eq)]
pub struct IdentityRow {
    /// The internal id of the identity.
    pub id: String,
    /// The internal id of the user.
    pub subject_id: String,
    /// The user.
    pub subject: SubjectRef,
    /// The identity: the provider, the person and the state.
    pub identity: Identity,
    /// The time of the next check at the provider.
    pub recheck_at: Timestamp,
    /// The sealed refresh token of the provider, if there is one.
    pub upstream_token: Option<String>,
    /// The properties that the provider gave the account, without the groups.
    pub given: Given,
}

impl std::fmt::Debug for IdentityRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IdentityRow").field("subject", &self.subject).finish_non_exhaustive()
    }
}

/// The numbers of people for whom a provider vouches.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct People {
    /// The number of all people.
    pub people: i64,
    /// The number of people about whom the server must ask the provider.
    pub due: i64,
    /// The number of people about whom a server asked the provider since a given time.
    pub checked: i64,
    /// The number of these checked people whom the provider refused.
    pub gone: i64,
}

fn identity_row(row: &AnyRow) -> Result<IdentityRow, StoreError> {
    let identity =
        identity(row)?.ok_or_else(|| StoreError::Corrupt("an identity has no provider".to_owned()))?;
    let given: Option<String> = field(row, "given")?;
    let given = given.as_deref().map(serde_json::from_str).transpose();
    Ok(IdentityRow {
        id: field(row, "id")?,
        subject_id: field(row, "subject_id")?,
        subject: subject_ref(row)?,
        identity,
        recheck_at: time(row, "recheck_at")?,
        upstream_token: field(row, "upstream_token")?,
        given: given.map_err(|error| StoreError::Corrupt(error.to_string()))?.unwrap_or_default(),
    })
}

impl Reader {
    /// Finds the identity of a person by the provider and the person's id at the provider.
    pub async fn find_identity(
        &mut self,
        provider: &ProviderName,
        external_id: &str,
    ) -> Result<Option<IdentityRow>, StoreError> {
        let query = sqlx::query(SELECT_IDENTITY_BY_EXTERNAL).bind(provider.as_str()).bind(external_id);
        self.one(query).await?.as_ref().map(identity_row).transpose()
    }

    /// Finds the identity of a user by the user's internal id.
    pub async fn find_identity_of(&mut self, subject_id: &str) -> Result<Option<IdentityRow>, StoreError> {
        let row = self.one(sqlx::query(SELECT_IDENTITY_BY_SUBJECT).bind(subject_id)).await?;
        row.as_ref().map(identity_row).transpose()
    }

    /// Reads at most `limit` people of a provider, sorted by the internal id of their identities and beginning after
    /// `after`.
    pub async fn list_identities(
        &mut self,
        provider: &ProviderName,
        after: &str,
        limit: i64,
    ) -> Result<Vec<IdentityRow>, StoreError> {
        let query =
            sqlx::query(SELECT_IDENTITIES_OF_PROVIDER).bind(provider.as_str()).bind(after).bind(limit);
        self.all(query).await?.iter().map(identity_row).collect()
    }

    /// Reads at most `limit` users about whom the server must ask the provider. Their check is due, they used a
    /// credential since their last check, and no server is checking them now.
    pub async fn list_due_identities(
        &mut self,
        provider: &ProviderName,
        now: Timestamp,
        limit: i64,
    ) -> Result<Vec<Due>, StoreError> {
        let query = sqlx::query(SELECT_DUE_IDENTITIES)
            .bind(provider.as_str())
            .bind(now.as_micros())
            .bind(now.newest_mark().as_micros())
            .bind(last_claim(now))
            .bind(last_recheck(now))
            .bind(MARKS_LATE)
            .bind(limit);
        let due = |row: &AnyRow| {
            Ok(Due {
                subject_id: field(row, "subject_id")?,
                checked_at: time(row, "checked_at")?,
                recheck_at: time(row, "recheck_at")?,
            })
        };
        self.all(query).await?.iter().map(due).collect()
    }

    /// Counts the people of a provider. `due` counts the people about whom the server must ask at `now`. `checked`
    /// counts the people who were checked after `since`.
    pub async fn count_people(
        &mut self,
        provider: &ProviderName,
        now: Timestamp,
        since: Timestamp,
    ) -> Result<People, StoreError> {
        let query = sqlx::query(COUNT_IDENTITIES)
            .bind(provider.as_str())
            .bind(now.as_micros())
            .bind(now.newest_mark().as_micros())
            .bind(since.as_micros())
            .bind(last_recheck(now))
            .bind(MARKS_LATE);
        let Some(row) = self.one(query).await? else {
            return Ok(People::default());
        };
        Ok(People {
            people: field(&row, "people")?,
            due: field(&row, "due")?,
            checked: field(&row, "checked")?,
            gone: field(&row, "gone")?,
        })
    }

    /// Reads the internal ids and names of those groups of a subject that `owner` manages.
    pub async fn kept_groups(
        &mut self,
        subject_id: &str,
        owner: &str,
    ) -> Result<Vec<(String, GroupName)>, StoreError> {
        let rows = self.all(sqlx::query(SELECT_KEPT_GROUPS).bind(subject_id).bind(owner)).await?;
        rows.iter().map(|row| Ok((field(row, "id")?, parsed(row, "name", GroupName::parse)?))).collect()
    }

    /// Reads the names of the groups that `owner` manages.
    pub async fn list_groups_of(&mut self, owner: &str) -> Result<Vec<GroupName>, StoreError> {
        let rows = self.all(sqlx::query(SELECT_GROUPS_OF).bind(owner)).await?;
        rows.iter().map(|row| parsed(row, "name", GroupName::parse)).collect()
    }

    /// Finds the internal id of a group and the tool that manages it.
    pub async fn find_group_owner(
        &mut self,
        name: &GroupName,
    ) -> Result<Option<(String, Option<String>)>, StoreError> {
        match self.one(sqlx::query(SELECT_GROUP_OWNER).bind(name.as_str())).await? {
            Some(row) => Ok(Some((field(&row, "id")?, field(&row, "managed_by")?))),
            None => Ok(None),
        }
    }
}

impl Transaction {
    /// Stores a new identity. [`StoreError::Conflict`] means that the user already has an identity, or that the
    /// provider vouches for another user with this id.
    pub async fn insert_identity(&mut self, row: &IdentityRow) -> Result<(), StoreError> {
        let query = bind(INSERT_IDENTITY, row)?
            .bind(row.subject_id.as_str())
            .bind(row.identity.provider.as_str())
            .bind(row.identity.external_id.as_str());
        self.run(query).await.map(|_| ())
    }

    /// Replaces everything except the user, the provider and the person's id. Ends the claim.
    pub async fn update_identity(&mut self, row: &IdentityRow) -> Result<(), StoreError> {
        self.run(bind(UPDATE_IDENTITY, row)?).await.map(|_| ())
    }

    /// Stores the properties that the provider gave the account. The claim is unchanged.
    pub async fn update_given(&mut self, id: &str, given: &Given) -> Result<(), StoreError> {
        self.run(sqlx::query(UPDATE_GIVEN).bind(id).bind(written(given)?)).await.map(|_| ())
    }

    /// Deletes an identity. After that, no provider vouches for the user.
    pub async fn delete_identity(&mut self, id: &str) -> Result<(), StoreError> {
        self.run(sqlx::query(DELETE_IDENTITY).bind(id)).await.map(|_| ())
    }

    /// Forgets the refresh tokens of all people of a provider. These people keep access until `valid_until` of their
    /// identities, and then must sign in again.
    pub async fn forget_upstream_tokens(&mut self, provider: &ProviderName) -> Result<(), StoreError> {
        self.run(sqlx::query(FORGET_UPSTREAM_TOKENS).bind(provider.as_str())).await.map(|_| ())
    }

    /// Forgets the refresh tokens of all people. Call this function after a restore: a provider may have replaced these
    /// tokens. A provider that sees an old token may revoke the person's grant.
    pub async fn forget_all_upstream_tokens(&mut self) -> Result<(), StoreError> {
        self.run(sqlx::query(FORGET_ALL_UPSTREAM_TOKENS)).await.map(|_| ())
    }

    /// Moves all people of a provider to another issuer, and forgets their refresh tokens.
    pub async fn move_identities(&mut self, provider: &ProviderName, issuer: &str) -> Result<(), StoreError> {
        self.run(sqlx::query(MOVE_IDENTITIES).bind(provider.as_str()).bind(issuer)).await.map(|_| ())
    }

    /// Claims an active identity, so that no other server asks the provider about the person. Returns `None` if another
    /// server has the claim, or has asked the provider since the row was read.
    // INVARIANT: a server must have the claim on an identity to use its refresh token. A provider that rotates tokens
    // revokes all tokens of a person if one token is used twice.
    pub async fn claim_identity(
        &mut self,
        row: &IdentityRow,
        now: Timestamp,
    ) -> Result<Option<Claim>, StoreError> {
        let until = now.plus_seconds(CLAIM);
        let query = sqlx::query(CLAIM_IDENTITY)
            .bind(row.id.as_str())
            .bind(now.as_micros())
            .bind(until.as_micros())
            .bind(last_claim(now))
            .bind(row.identity.checked_at.as_micros())
            .bind(row.recheck_at.as_micros());
        Ok(self.one(query).await?.map(|_| Claim { id: row.id.clone(), until }))
    }

    /// Returns true if the claim is still valid: no other server has taken over the expired claim, and the person has
    /// not signed in meanwhile.
    pub async fn holds(&mut self, claim: &Claim) -> Result<bool, StoreError> {
        let query = sqlx::query(SELECT_CLAIM).bind(claim.id.as_str()).bind(claim.until.as_micros());
        Ok(self.one(query).await?.is_some())
    }

    /// Ends the claim, and sets the next check to `at`. If another server has taken over the claim, nothing changes.
    pub async fn release_identity(&mut self, claim: &Claim, at: Timestamp) -> Result<(), StoreError> {
        let query = sqlx::query(RELEASE_IDENTITY).bind(claim.id.as_str());
        self.run(query.bind(claim.until.as_micros()).bind(at.as_micros())).await.map(|_| ())
    }

    /// Replaces the sealed refresh token by `new`. `None` removes the token. Returns `false` if the claim is lost, or
    /// if the old token was forgotten.
    pub async fn keep_upstream_token(
        &mut self,
        claim: &Claim,
        new: Option<&str>,
    ) -> Result<bool, StoreError> {
        let query = sqlx::query(KEEP_UPSTREAM_TOKEN).bind(claim.id.as_str());
        Ok(self.run(query.bind(claim.until.as_micros()).bind(new)).await? > 0)
    }

    /// Sets the next check of every active person of a provider to `at`, unless the check is due earlier.
    pub async fn make_identities_due(
        &mut self,
        provider: &ProviderName,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let query = sqlx::query(MAKE_IDENTITIES_DUE).bind(provider.as_str()).bind(at.as_micros());
        self.run(query).await.map(|_| ())
    }

    /// Replaces a sealed refresh token by the same token, sealed again. Returns `false` if the stored text is no longer
    /// `old`.
    pub async fn replace_upstream_token(
        &mut self,
        id: &str,
        old: &str,
        new: &str,
    ) -> Result<bool, StoreError> {
        Ok(self.run(sqlx::query(UPDATE_UPSTREAM_TOKEN).bind(id).bind(new).bind(old)).await? > 0)
    }
}

/// Returns the properties that a provider gave as the JSON text that is stored.
fn written(given: &Given) -> Result<String, StoreError> {
    serde_json::to_string(given).map_err(|error| StoreError::Corrupt(error.to_string()))
}

/// Binds the values that an insert and an update of an identity share.
fn bind<'q>(
    statement: &'static str,
    row: &'q IdentityRow,
) -> Result<sqlx::query::Query<'q, sqlx::Any, sqlx::any::AnyArguments>, StoreError> {
    let identity = &row.identity;
    Ok(sqlx::query(statement)
        .bind(row.id.as_str())
        .bind(identity.issuer.as_str())
        .bind(identity.external_name.as_str())
        .bind(identity.state.as_str())
        .bind(identity.signed_in_at.as_micros())
        .bind(identity.checked_at.as_micros())
        .bind(identity.valid_until.as_micros())
        .bind(row.recheck_at.as_micros())
        .bind(row.upstream_token.as_deref())
        .bind(written(&row.given)?))
}
