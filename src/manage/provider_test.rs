//! Tests an identity provider: finds faults, and shows the account that a person would get.

use super::administration::Administration;
use super::caller::Admin;
use super::error::ManageError;
use crate::accounts::{WriteError, read};
use crate::authn::NotAsked;
use crate::domain::identity::{ProviderName, person_of};
use crate::domain::invalid::FieldErrors;
use crate::domain::kind::ObjectKind;
use crate::domain::selector::Selector;
use crate::domain::subject::{GroupName, SubjectKind, SubjectName, SubjectRef};
use crate::storage::StoredSubject;
use crate::upstream::Step;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use utoipa::ToSchema;

/// The greatest number of rules in the answer.
const MOST_RULES: usize = 100;

/// The input of a test.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = IdentityProviderTestFields)]
pub struct TestFields {
    /// A user of the provider. The answer shows the user's present account.
    #[serde(default)]
    #[schema(value_type = Option<SubjectName>)]
    pub user: Option<String>,
    /// Claims as the provider would send them. The answer shows the account that they would give a person.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub claims: Option<Map<String, Value>>,
}

/// One step of a test.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = IdentityProviderTestStep)]
pub struct TestStep {
    /// The name of the step.
    pub step: &'static str,
    /// True if the step succeeded.
    pub ok: bool,
    /// The result of the step, and the advice.
    pub text: String,
}

/// The account that a person would get.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = IdentityProviderTestPerson)]
pub struct TestPerson {
    /// The name of the user.
    pub name: String,
    /// The provider's permanent id of the person.
    pub external_id: String,
    /// The person's groups on this server.
    pub groups: BTreeSet<GroupName>,
    /// The labels of the person.
    pub labels: BTreeMap<String, Vec<String>>,
    /// True if the person would be an administrator.
    pub admin: bool,
    /// The names of rules about the person: the first 100.
    pub rules: Vec<String>,
}

/// The result of a test.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = IdentityProviderTest)]
pub struct ProviderTest {
    /// True if all steps succeeded.
    pub ok: bool,
    /// The steps, in order.
    pub steps: Vec<TestStep>,
    /// The account of the person; null if the test names no person, or if the person would be refused.
    pub person: Option<TestPerson>,
}

fn step(step: Step) -> TestStep {
    TestStep { step: step.step, ok: step.ok, text: step.text }
}

impl Administration {
    /// Tests an identity provider. Changes nothing in the database.
    pub async fn test_identity_provider(
        &self,
        admin: &Admin,
        name: &str,
        body: Value,
    ) -> Result<ProviderTest, ManageError> {
        let wanted: TestFields = read(body)?;
        let missing = || WriteError::not_found(ObjectKind::IdentityProvider, name);
        let parsed = ProviderName::parse(name).map_err(|_| missing())?;
        let row = self.store.read().await?.find_provider(&parsed).await?.ok_or_else(missing)?;
        let settings = Arc::new(row.settings);
        let outside = self.outside()?;
        let mut steps = match outside.open_with(settings.clone(), row.secret.as_ref()) {
            Ok(upstream) => {
                // The time of the request is exact enough, because only caches use it.
                let steps: Vec<_> = upstream.probe(admin.origin.at).await.into_iter().map(step).collect();
                if steps.iter().all(|step| step.ok) {
                    outside.answered(&settings.name);
                }
                steps
            }
            Err(NotAsked::Store(error)) => return Err(error.into()),
            Err(error) => vec![step(Step::new("settings", Err(error.to_string())))],
        };
        let person = match (wanted.user, wanted.claims) {
            (Some(_), Some(_)) => {
                return Err(FieldErrors::one("claims", "give either a user or claims").into());
            }
            (Some(user), None) => Some(self.person_of_user(&parsed, &user).await?),
            (None, Some(claims)) => match person_of(&settings, &claims) {
                Ok(person) => {
                    steps.extend(
                        person.warnings.iter().map(|told| step(Step::new("person", Err(told.clone())))),
                    );
                    let named = person.name.as_ref().map(ToString::to_string).map_err(Clone::clone);
                    steps.push(step(Step::new(
                        "name",
                        named.map(|name| format!("a new user would be `{name}`")),
                    )));
                    let name = person.name.as_ref().map(ToString::to_string).unwrap_or_default();
                    Some(TestPerson {
                        rules: self.rules_about(person.name.ok(), &person.groups),
                        name,
                        external_id: person.external_id,
                        groups: person.groups,
                        labels: person.labels,
                        admin: person.admin.unwrap_or(false),
                    })
                }
                Err(error) => {
                    steps.push(step(Step::new("person", Err(error.to_string()))));
                    None
                }
            },
            (None, None) => None,
        };
        Ok(ProviderTest { ok: steps.iter().all(|step| step.ok), steps, person })
    }

    async fn person_of_user(&self, provider: &ProviderName, user: &str) -> Result<TestPerson, ManageError> {
        let missing = || WriteError::not_found(SubjectKind::User, user);
        let name = SubjectName::parse(user).map_err(|_| missing())?;
        let found: Option<StoredSubject> = self.store.read().await?.find_subject(&name).await?;
        let found = found.ok_or_else(missing)?;
        let identity = found.identity.filter(|identity| identity.provider == *provider);
        let identity = identity.ok_or_else(|| {
            FieldErrors::one(
                "user",
                format_args!("`{provider}` does not vouch for `{user}`: link the user first"),
            )
        })?;
        let labels = found.row.labels.as_map().iter();
        Ok(TestPerson {
            name: name.to_string(),
            external_id: identity.external_id,
            rules: self.rules_about(Some(name), &found.groups),
            groups: found.groups,
            labels: labels.map(|(key, values)| (key.clone(), values.iter().cloned().collect())).collect(),
            admin: found.row.admin,
        })
    }

    /// Returns the names of the first 100 rules about a user of this name with these groups.
    fn rules_about(&self, name: Option<SubjectName>, groups: &BTreeSet<GroupName>) -> Vec<String> {
        let user = name.map(|name| SubjectRef { kind: SubjectKind::User, name });
        let is_about = |selector: &Selector| match selector {
            Selector::Group(group) => groups.contains(group),
            Selector::Authenticated | Selector::Everyone => true,
            other => user.as_ref().is_some_and(|user| *other == Selector::from(user)),
        };
        let snapshot = self.snapshots.current();
        let rules = snapshot.policy.rules().filter(|rule| rule.subjects.iter().any(is_about));
        rules.take(MOST_RULES).map(|rule| rule.name.to_string()).collect()
    }
}
