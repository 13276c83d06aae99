//! Identities: whom a provider vouches for. The refresh tokens of providers are stored sealed.

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

/// How long one server may check a person before another may, seconds. Long enough to store a new refresh token while the
/// database is busy: another server would present the one before.
const CLAIM: i64 = 90;
/// Marks of use are written up to this much later than the use, microseconds: they are to the minute.
const MARKS_LATE: i64 = 120_000_000;
/// The longest time between two checks, seconds: 30 days, and a tenth because they are spread.
const LONGEST_RECHECK: i64 = 33 * 86_400;

/// The end of the claims that may have been made by `now`: a later one was made by a clock that was ahead.
fn last_claim(now: Timestamp) -> i64 {
    now.plus_seconds(2 * CLAIM).as_micros()
}

/// The latest time that may have been noted by `now` for the next check of somebody.
fn last_recheck(now: Timestamp) -> i64 {
    now.newest_mark().plus_seconds(LONGEST_RECHECK).as_micros()
}

/// Somebody whom a provider is to be asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// The internal id of the user.
    pub subject_id: String,
    checked_at: Timestamp,
    recheck_at: Timestamp,
}

impl Due {
    /// Whether nobody has asked since.
    #[must_use]
    pub fn is_still(&self, row: &IdentityRow) -> bool {
        row.identity.checked_at == self.checked_at && row.recheck_at == self.recheck_at
    }
}

/// The leave to ask about somebody, which one server has at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    id: String,
    until: Timestamp,
}

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

    /// Users whom a provider is to be asked about: those who used something since they were last checked, and whom no
    /// server checks just now.
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

    /// The groups of a subject that `owner` keeps: internal ids and names.
    pub async fn kept_groups(
        &mut self,
        subject_id: &str,
        owner: &str,
    ) -> Result<Vec<(String, GroupName)>, StoreError> {
        let rows = self.all(sqlx::query(SELECT_KEPT_GROUPS).bind(subject_id).bind(owner)).await?;
        rows.iter().map(|row| Ok((field(row, "id")?, parsed(row, "name", GroupName::parse)?))).collect()
    }

    /// The groups that bear a mark.
    pub async fn list_groups_of(&mut self, owner: &str) -> Result<Vec<GroupName>, StoreError> {
        let rows = self.all(sqlx::query(SELECT_GROUPS_OF).bind(owner)).await?;
        rows.iter().map(|row| parsed(row, "name", GroupName::parse)).collect()
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

    /// Forgets the refresh tokens of all people: after a restore a provider may have exchanged them for others, and one
    /// that comes a second time ends the person's grant there.
    pub async fn forget_all_upstream_tokens(&mut self) -> Result<(), StoreError> {
        self.run(sqlx::query(FORGET_ALL_UPSTREAM_TOKENS)).await.map(|_| ())
    }

    /// Gives all people of a provider another issuer. Their refresh tokens are forgotten.
    pub async fn move_identities(&mut self, provider: &ProviderName, issuer: &str) -> Result<(), StoreError> {
        self.run(sqlx::query(MOVE_IDENTITIES).bind(provider.as_str()).bind(issuer)).await.map(|_| ())
    }

    /// Claims an active identity, so that no other server asks about it. `None` if another has the claim, or has asked
    /// since the row was read.
    // INVARIANT: whoever uses the refresh token of an identity holds its claim: a provider that rotates tokens lets
    // all of them die when one is used twice.
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

    /// Whether nobody has taken or ended the claim since: another server after its time, or the person by signing in.
    pub async fn holds(&mut self, claim: &Claim) -> Result<bool, StoreError> {
        let query = sqlx::query(SELECT_CLAIM).bind(claim.id.as_str()).bind(claim.until.as_micros());
        Ok(self.one(query).await?.is_some())
    }

    /// Gives the claim back and asks again at `at`. One that is lost stays with whoever has it.
    pub async fn release_identity(&mut self, claim: &Claim, at: Timestamp) -> Result<(), StoreError> {
        let query = sqlx::query(RELEASE_IDENTITY).bind(claim.id.as_str());
        self.run(query.bind(claim.until.as_micros()).bind(at.as_micros())).await.map(|_| ())
    }

    /// Stores the sealed refresh token that came in exchange for the one before, or that there is none. `false` if the claim is lost, or the
    /// one before was forgotten.
    pub async fn keep_upstream_token(
        &mut self,
        claim: &Claim,
        new: Option<&str>,
    ) -> Result<bool, StoreError> {
        let query = sqlx::query(KEEP_UPSTREAM_TOKEN).bind(claim.id.as_str());
        Ok(self.run(query.bind(claim.until.as_micros()).bind(new)).await? > 0)
    }

    /// Has a provider asked at `at`, or before, about all whom it can be asked about.
    pub async fn make_identities_due(
        &mut self,
        provider: &ProviderName,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let query = sqlx::query(MAKE_IDENTITIES_DUE).bind(provider.as_str()).bind(at.as_micros());
        self.run(query).await.map(|_| ())
    }

    /// Seals the refresh token of the provider anew. `false` if it is not the old one any more.
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
