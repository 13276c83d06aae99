//! The use of repositories, added up. Administrators see the use by everybody, other callers only their own use.

use super::administration::Administration;
use super::caller::{Admin, Caller};
use super::error::ManageError;
use super::list::{List, place_of};
use super::usage_query::{Asked, OwnUsageQuery, PullQuery, UsageQuery, shown};
use crate::domain::resource::ResourceName;
use crate::domain::schema;
use crate::domain::service::ServiceName;
use crate::domain::time::Timestamp;
use crate::storage::events::{UsageLine, UsageTriple};
use serde::Serialize;
use utoipa::ToSchema;

/// The use of a repository by somebody within a period. The registry reported the names.
#[derive(Debug, Serialize, ToSchema)]
pub struct Usage {
    /// The service of the registry.
    #[schema(value_type = ServiceName)]
    service: String,
    /// The name of the repository.
    #[schema(value_type = ResourceName)]
    repository: String,
    /// The name of the user or robot, `anonymous`, or the pseudonym of a deleted user.
    subject: String,
    /// `pull`, `check` (a client asked if a manifest exists), `push`, `mount` or `delete`.
    #[schema(schema_with = schema::used_action)]
    action: String,
    /// The number of these uses.
    count: i64,
    /// The time of the first use in the period, as far as the server still keeps single days.
    first_at: Timestamp,
    /// The time of the last use in the period, as far as the server still keeps single days.
    last_at: Timestamp,
}

/// The pulls of a manifest by one subject.
#[derive(Debug, Serialize, ToSchema)]
pub struct Pull {
    /// The service of the registry.
    #[schema(value_type = ServiceName)]
    service: String,
    /// The name of the repository.
    #[schema(value_type = ResourceName)]
    repository: String,
    /// The digest of the manifest.
    digest: String,
    /// The name of the user or robot, `anonymous`, or the pseudonym of a deleted user.
    subject: String,
    /// Always `pull`.
    #[schema(schema_with = schema::used_action)]
    action: String,
    /// The number of pulls since the server began to count.
    count: i64,
    /// The time of the first pull.
    first_at: Timestamp,
    /// The time of the last pull.
    last_at: Timestamp,
}

impl From<UsageLine> for Usage {
    fn from(line: UsageLine) -> Self {
        let [repository, service, subject, action] = line.key;
        let UsageLine { count, first_at, last_at, .. } = line;
        Self { service, repository, subject: shown(subject), action, count, first_at, last_at }
    }
}

fn place(key: &UsageTriple) -> String {
    place_of(&key.each_ref().map(String::as_str))
}

impl Administration {
    /// Lists the use in a period, sorted by repository, service, subject and action.
    pub async fn usage(&self, admin: &Admin, query: &UsageQuery) -> Result<List<Usage>, ManageError> {
        let asked = query.parse(admin.origin.at)?;
        self.used(&asked).await
    }

    /// Lists the caller's use in a period. The list begins on the day on which the account was made, because an earlier
    /// account may have had the same name. The use of that first day may still include the use of the earlier account.
    /// After the server has summed up days to months, the use of the whole first month may include it as well.
    pub async fn own_usage(
        &self,
        caller: &Caller,
        query: &OwnUsageQuery,
    ) -> Result<List<Usage>, ManageError> {
        caller.unrestricted()?;
        let row = &caller.who.found.row;
        let mut asked = query.of(&row.subject.name).parse(caller.origin.at)?;
        asked.filter.begun = Some(row.created_at);
        self.used(&asked).await
    }

    async fn used(&self, asked: &Asked<4>) -> Result<List<Usage>, ManageError> {
        let mut reader = self.events()?.read().await?;
        let (days, after) = (asked.period.days(), asked.after.as_ref());
        let part = reader.list_usage(&asked.filter, &days, after, asked.limit).await?;
        let items = part.items.into_iter().map(Usage::from).collect();
        Ok(List::up_to(items, part.next.as_ref().map(place).as_deref()))
    }

    /// Lists the pulls of a manifest in a period, sorted by repository, service and subject.
    pub async fn pulls(&self, admin: &Admin, query: &PullQuery) -> Result<List<Pull>, ManageError> {
        let (digest, asked) = query.parse(admin.origin.at)?;
        let mut reader = self.events()?.read().await?;
        let listing = reader.list_pulls(
            digest.as_str(),
            &asked.filter,
            asked.period,
            asked.after.as_ref(),
            asked.limit,
        );
        let part = listing.await?;
        let pull = |line: UsageLine| {
            let [repository, service, subject, action] = line.key;
            let UsageLine { count, first_at, last_at, .. } = line;
            let (subject, digest) = (shown(subject), digest.to_string());
            Pull { service, repository, digest, subject, action, count, first_at, last_at }
        };
        let items = part.items.into_iter().map(pull).collect();
        Ok(List::up_to(items, part.next.as_ref().map(place).as_deref()))
    }
}
