//! Identities: whom a provider vouches for. The refresh tokens of providers are stored sealed.

use super::StoreError;
use super::identity::identity;
use super::reader::{Reader, field, parsed, time};
use super::statements::{
    CLAIM_IDENTITY, COUNT_IDENTITIES, DELETE_IDENTITY, FORGET_UPSTREAM_TOKENS, INSERT_IDENTITY,
    MAKE_IDENTITY_DUE, MOVE_IDENTITIES, RELEASE_IDENTITY, SELECT_DUE_IDENTITIES, SELECT_GROUP_OWNER,
    SELECT_IDENTITIES_OF_PROVIDER, SELECT_IDENTITY_BY_EXTERNAL, SELECT_IDENTITY_BY_SUBJECT,
    SELECT_KEPT_GROUPS, UPDATE_GIVEN, UPDATE_IDENTITY, UPDATE_UPSTREAM_TOKEN,
};
use super::subjects::subject_ref;
use super::transaction::Transaction;
use crate::domain::identity::{Given, Identity, ProviderName};
use crate::domain::subject::{GroupName, SubjectRef};
use crate::domain::time::Timestamp;
use sqlx::any::AnyRow;

/// How long one server may check a person before another may, seconds.
const CLAIM: i64 = 30;
/// Marks of use are written up to this much later than the use, microseconds: they are to the minute.
const MARKS_LATE: i64 = 120_000_000;

/// An identity as it is stored.
#[derive(Clone, PartialEq, Eq)]
pub struct IdentityRow {
    /// Internal id.
    pub id: String,
    /// The internal id of the user.
    pub subject_id: String,
    /// The user.
    pub subject: SubjectRef,
    /// Who vouches for them.
    pub identity: Identity,
    /// When the provider is to be asked again.
    pub recheck_at: Timestamp,
    /// The refresh token of the provider, sealed; `None` where there is none.
    pub upstream_token: Option<String>,
    /// What the account has by it, beside groups.
    pub given: Given,
}

impl std::fmt::Debug for IdentityRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IdentityRow").field("subject", &self.subject).finish_non_exhaustive()
    }
}

/// How many people a provider vouches for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct People {
    /// All of them.
    pub people: i64,
    /// Those whom it is to be asked about.
    pub due: i64,
    /// Those whom it was asked about since a time.
    pub checked: i64,
    /// Those of them who are refused.
    pub gone: i64,
}

fn identity_row(row: &AnyRow) -> Result<IdentityRow, StoreError> {
    let identity =
        identity(row)?.ok_or_else(|| StoreError::Corrupt("an identity without provider".to_owned()))?;
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
    /// Whom a provider calls by this id.
    pub async fn find_identity(
        &mut self,
        provider: &ProviderName,
        external_id: &str,
    ) -> Result<Option<IdentityRow>, StoreError> {
        let query = sqlx::query(SELECT_IDENTITY_BY_EXTERNAL).bind(provider.as_str()).bind(external_id);
        self.one(query).await?.as_ref().map(identity_row).transpose()
    }

    /// The identity of a user, by the user's internal id.
    pub async fn find_identity_of(&mut self, subject_id: &str) -> Result<Option<IdentityRow>, StoreError> {
        let row = self.one(sqlx::query(SELECT_IDENTITY_BY_SUBJECT).bind(subject_id)).await?;
        row.as_ref().map(identity_row).transpose()
    }

    /// People of a provider, after an internal id.
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

    /// The internal ids of users whom a provider is to be asked about: those who used something since they were last
    /// checked, and whom no server checks just now.
    pub async fn list_due_identities(
        &mut self,
        provider: &ProviderName,
        now: Timestamp,
        limit: i64,
    ) -> Result<Vec<String>, StoreError> {
        let query = sqlx::query(SELECT_DUE_IDENTITIES)
            .bind(provider.as_str())
            .bind(now.as_micros())
            .bind(MARKS_LATE)
            .bind(limit);
        self.all(query).await?.iter().map(|row| field(row, "subject_id")).collect()
    }

    /// Counts the people of a provider: those due at `now`, and those checked after `since`.
    pub async fn count_people(
        &mut self,
        provider: &ProviderName,
        now: Timestamp,
        since: Timestamp,
    ) -> Result<People, StoreError> {
        let query = sqlx::query(COUNT_IDENTITIES)
            .bind(provider.as_str())
            .bind(now.as_micros())
            .bind(since.as_micros());
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

    /// The groups of a subject that `owner` keeps: internal ids and names.
    pub async fn kept_groups(
        &mut self,
        subject_id: &str,
        owner: &str,
    ) -> Result<Vec<(String, GroupName)>, StoreError> {
        let rows = self.all(sqlx::query(SELECT_KEPT_GROUPS).bind(subject_id).bind(owner)).await?;
        rows.iter().map(|row| Ok((field(row, "id")?, parsed(row, "name", GroupName::parse)?))).collect()
    }

    /// The internal id of a group and who keeps it, without its members.
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
    /// Stores a new identity. [`StoreError::Conflict`] says that the user has one, or that the provider vouches for
    /// another user by this id.
    pub async fn insert_identity(&mut self, row: &IdentityRow) -> Result<(), StoreError> {
        let query = bind(INSERT_IDENTITY, row)?
            .bind(row.subject_id.as_str())
            .bind(row.identity.provider.as_str())
            .bind(row.identity.external_id.as_str());
        self.run(query).await.map(|_| ())
    }

    /// Replaces everything but whose identity it is and who it is there. Ends the claim on it.
    pub async fn update_identity(&mut self, row: &IdentityRow) -> Result<(), StoreError> {
        self.run(bind(UPDATE_IDENTITY, row)?).await.map(|_| ())
    }

    /// Notes what the account has by its identity. Leaves the claim as it is.
    pub async fn update_given(&mut self, id: &str, given: &Given) -> Result<(), StoreError> {
        self.run(sqlx::query(UPDATE_GIVEN).bind(id).bind(written(given)?)).await.map(|_| ())
    }

    /// Deletes an identity: nobody vouches for the user any more.
    pub async fn delete_identity(&mut self, id: &str) -> Result<(), StoreError> {
        self.run(sqlx::query(DELETE_IDENTITY).bind(id)).await.map(|_| ())
    }

    /// Forgets the refresh tokens of all people of a provider: they keep access until their time is over, and sign in
    /// again then.
    pub async fn forget_upstream_tokens(&mut self, provider: &ProviderName) -> Result<(), StoreError> {
        self.run(sqlx::query(FORGET_UPSTREAM_TOKENS).bind(provider.as_str())).await.map(|_| ())
    }

    /// Gives all people of a provider another issuer. Their refresh tokens are forgotten.
    pub async fn move_identities(&mut self, provider: &ProviderName, issuer: &str) -> Result<(), StoreError> {
        self.run(sqlx::query(MOVE_IDENTITIES).bind(provider.as_str()).bind(issuer)).await.map(|_| ())
    }

    /// Claims an active identity, so that no other server asks about it. `false` if another has the claim, or has asked
    /// since the row with this `checked_at` was read.
    // INVARIANT: whoever uses the refresh token of an identity holds its claim: a provider that rotates tokens lets
    // all of them die when one is used twice.
    pub async fn claim_identity(
        &mut self,
        id: &str,
        checked_at: Timestamp,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let until = now.plus_seconds(CLAIM);
        let query = sqlx::query(CLAIM_IDENTITY)
            .bind(id)
            .bind(now.as_micros())
            .bind(until.as_micros())
            // A claim further ahead was made by a clock that was ahead.
            .bind(until.plus_seconds(CLAIM).as_micros())
            .bind(checked_at.as_micros());
        Ok(self.one(query).await?.is_some())
    }

    /// Gives the claim back and asks again at `at`.
    pub async fn release_identity(&mut self, id: &str, at: Timestamp) -> Result<(), StoreError> {
        self.run(sqlx::query(RELEASE_IDENTITY).bind(id).bind(at.as_micros())).await.map(|_| ())
    }

    /// Has the provider asked at `at`.
    pub async fn make_identity_due(&mut self, id: &str, at: Timestamp) -> Result<(), StoreError> {
        self.run(sqlx::query(MAKE_IDENTITY_DUE).bind(id).bind(at.as_micros())).await.map(|_| ())
    }

    /// Exchanges the sealed refresh token of the provider for another one. `false` if it is not the old one any more.
    pub async fn replace_upstream_token(
        &mut self,
        id: &str,
        old: &str,
        new: &str,
    ) -> Result<bool, StoreError> {
        Ok(self.run(sqlx::query(UPDATE_UPSTREAM_TOKEN).bind(id).bind(new).bind(old)).await? > 0)
    }
}

/// What is given, as it is stored.
fn written(given: &Given) -> Result<String, StoreError> {
    serde_json::to_string(given).map_err(|error| StoreError::Corrupt(error.to_string()))
}

/// Binds what an insert and an update of an identity have in common.
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
