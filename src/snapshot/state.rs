//! One state of the policy, the services and the identity providers. A state is read from the tables, or made from the
//! previous state and a change.

use crate::domain::change::ChangeRecord;
use crate::domain::crawl::Crawl;
use crate::domain::identity::{ProviderName, ProviderSettings};
use crate::domain::kind::{ObjectKind, Recorded};
use crate::domain::policy::{Policy, Rule, RuleFields, RuleName};
use crate::domain::service::{Service, ServiceName};
use crate::domain::time::Ttl;
use crate::domain::verifier::Verifier;
use crate::storage::{Counter, ProviderRow, Reader, StoreError};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::task::spawn_blocking;

/// The number of rules that one query reads.
const PAGE: i64 = 10_000;

/// One state of the policy, the services and the identity providers.
#[derive(Clone)]
pub struct Snapshot {
    pub(super) counter: Counter,
    /// The last change that may concern users, robots or groups.
    people: Counter,
    /// The compiled rules.
    pub policy: Policy,
    /// The services by name.
    pub services: BTreeMap<ServiceName, Service>,
    /// The identity providers by name.
    pub providers: BTreeMap<ProviderName, Arc<ProviderSettings>>,
}

impl Snapshot {
    /// Returns the seq of the last change in this state.
    #[must_use]
    pub fn seq(&self) -> i64 {
        self.counter.seq
    }

    /// Returns the last change that may concern users, robots or groups. If two snapshots have the same value, no user,
    /// robot or group changed between them.
    #[must_use]
    pub fn people(&self) -> &Counter {
        &self.people
    }

    /// Returns the enabled identity providers, in the order of the sign-in page.
    #[must_use]
    pub fn enabled_providers(&self) -> Vec<Arc<ProviderSettings>> {
        let enabled = self.providers.values().filter(|provider| provider.enabled);
        let mut providers: Vec<_> = enabled.cloned().collect();
        providers.sort_by(|a, b| (a.position, &a.name).cmp(&(b.position, &b.name)));
        providers
    }

    /// Loads a state from the tables. The tables may already contain changes after the state's counter.
    pub async fn load(reader: &mut Reader) -> Result<Self, StoreError> {
        // The counter is read first. Changes that arrive while the tables are read are replayed later, even if the
        // tables already contain them. This is harmless, because each change contains the full state of its object.
        let counter = reader.counter().await?;
        let services = reader.list_services().await?;
        let providers = reader.list_providers().await?;
        let cut = |_| StoreError::Cut;
        let mut compiling = spawn_blocking(Policy::default);
        let mut stored = reader.scan_rules("", PAGE).await?;
        while let Some(last) = stored.last_name().map(str::to_owned) {
            // One page is compiled while the next page is parsed and a third page is read.
            let parsing = spawn_blocking(move || stored.parse());
            stored = reader.scan_rules(&last, PAGE).await?;
            let rules = parsing.await.map_err(cut)??;
            let mut policy = compiling.await.map_err(cut)?;
            compiling = spawn_blocking(move || {
                policy.insert_all(rules);
                policy
            });
        }
        let policy = compiling.await.map_err(cut)?;
        let services = services.into_iter().map(|row| (row.service.name.clone(), row.service)).collect();
        let by_name = |row: ProviderRow| (row.settings.name.clone(), Arc::new(row.settings));
        let providers = providers.into_iter().map(by_name).collect();
        Ok(Self { people: counter.clone(), counter, policy, services, providers })
    }

    /// Applies the next change to this state; `None` if the change cannot be parsed.
    pub(super) fn apply(&mut self, change: &ChangeRecord) -> Option<()> {
        match (&change.kind, &change.after) {
            (Recorded::Known(ObjectKind::Rule), Some(after)) => self.policy.insert(rule_from(after)?),
            (Recorded::Known(ObjectKind::Rule), None) => {
                self.policy.remove(&RuleName::parse(&change.name).ok()?);
            }
            (Recorded::Known(ObjectKind::Service), Some(after)) => {
                let service = service_from(after)?;
                self.services.insert(service.name.clone(), service);
            }
            (Recorded::Known(ObjectKind::Service), None) => {
                self.services.remove(&ServiceName::parse(&change.name).ok()?);
            }
            (Recorded::Known(ObjectKind::IdentityProvider), Some(after)) => {
                let provider = provider_from(&change.name, after)?;
                self.providers.insert(provider.name.clone(), Arc::new(provider));
            }
            (Recorded::Known(ObjectKind::IdentityProvider), None) => {
                self.providers.remove(&ProviderName::parse(&change.name).ok()?);
            }
            // The snapshot does not contain subjects and credentials. `fences` tells which of them must be read again.
            (
                Recorded::Known(
                    ObjectKind::User
                    | ObjectKind::Robot
                    | ObjectKind::Group
                    | ObjectKind::Identity
                    | ObjectKind::Database,
                )
                | Recorded::Newer(_),
                _,
            ) => self.people = Counter { seq: change.seq, head_hash: change.hash.clone() },
            (
                Recorded::Known(
                    ObjectKind::AccessKey
                    | ObjectKind::RefreshToken
                    | ObjectKind::Invitation
                    | ObjectKind::SigningKey,
                ),
                _,
            ) => {}
        }
        self.counter = Counter { seq: change.seq, head_hash: change.hash.clone() };
        Some(())
    }
}

/// Parses a rule from a change, which contains the rule's fields and `managed_by`.
fn rule_from(after: &Value) -> Option<Rule> {
    let mut fields = after.as_object()?.clone();
    fields.remove("managed_by");
    let fields: RuleFields = serde_json::from_value(Value::Object(fields)).ok()?;
    Rule::try_from(fields).ok()
}

/// Parses a provider from a change, which contains the provider's fields, its name, and facts about its secret.
fn provider_from(name: &str, after: &Value) -> Option<ProviderSettings> {
    let mut fields = after.as_object()?.clone();
    for beside in ["name", "has_secret", "secret_changed", "held"] {
        fields.remove(beside);
    }
    ProviderSettings::stored(name, &Value::Object(fields).to_string()).ok()
}

fn service_from(after: &Value) -> Option<Service> {
    let text = |field| after.get(field).and_then(Value::as_str);
    Some(Service {
        name: ServiceName::parse(after.get("name")?.as_str()?).ok()?,
        token_ttl: Ttl::try_from(after.get("token_ttl")?.as_i64()?).ok()?,
        offline_tokens: after.get("offline_tokens")?.as_bool()?,
        // Changes that older releases recorded lack these fields.
        asked_push_includes_pull: after.get("push_includes_pull").and_then(Value::as_bool),
        password_grant: after.get("password_grant").and_then(Value::as_bool).unwrap_or(true),
        events: after.get("events").and_then(Value::as_bool).unwrap_or(true),
        search: after.get("search").and_then(Value::as_bool).unwrap_or(false),
        crawl: after.get("crawl").and_then(|crawl| Crawl::stored(&crawl.to_string())),
        verifier: Verifier::stored(text("profile")?, text("trust"), text("key_id")).ok()?,
        managed_by: text("managed_by").map(str::to_owned),
    })
}
