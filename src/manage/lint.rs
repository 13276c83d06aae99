//! Warnings about rules that have no effect, or probably not the intended effect. Reads the facts about their subjects
//! from the store.

use crate::accounts::meant_selector;
use crate::domain::identity::{ProviderName, ProviderSettings};
use crate::domain::policy::{Known, Policy, Rule, RuleName};
use crate::domain::selector::Selector;
use crate::domain::service::{Service, ServiceName};
use crate::domain::subject::{GroupName, SubjectKind, SubjectName};
use crate::domain::time::Timestamp;
use crate::domain::warning::Warning;
use crate::storage::{Reader, StoreError};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// The greatest number of different selectors that are looked up for one request.
const MOST_LOOKED_UP: usize = 2000;

/// A warning about one rule.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct RuleWarning {
    /// The name of the rule.
    pub rule: RuleName,
    /// The kind of warning, for programs.
    #[schema(value_type = String)]
    pub code: &'static str,
    /// The warning and the advice, for people.
    pub message: String,
}

/// The users, robots and groups that a preview makes or changes. They need no lookup in the database. The value of a
/// user or robot contains its groups after the change.
pub(super) type Made = BTreeMap<Selector, Option<BTreeSet<GroupName>>>;

/// The facts about the selectors of rules.
#[derive(Default)]
struct LookedUp {
    made: Made,
    seen: BTreeSet<Selector>,
    unknown: BTreeMap<Selector, Option<Selector>>,
    awaited: BTreeMap<Selector, ProviderName>,
    /// The enabled providers. They are read when they are first needed.
    providers: Option<Vec<ProviderSettings>>,
    groups: BTreeMap<Selector, BTreeSet<GroupName>>,
}

impl LookedUp {
    /// Looks a selector up. Beyond [`MOST_LOOKED_UP`], selectors count as known without a lookup.
    async fn look(&mut self, reader: &mut Reader, selector: &Selector) -> Result<(), StoreError> {
        if self.seen.len() >= MOST_LOOKED_UP || !self.seen.insert(selector.clone()) {
            return Ok(());
        }
        if let Some(groups) = self.made.get(selector) {
            self.groups.extend(groups.clone().map(|groups| (selector.clone(), groups)));
            return Ok(());
        }
        let exists = match selector {
            Selector::User(name) => self.subject(reader, selector, SubjectKind::User, name).await?,
            Selector::Robot(name) => self.subject(reader, selector, SubjectKind::Robot, name).await?,
            Selector::Group(name) => reader.has_group(name).await?,
            Selector::Authenticated | Selector::Anonymous | Selector::Everyone => true,
        };
        if !exists {
            let meant = meant_selector(reader, selector).await?;
            if let Some(provider) = self.who_makes(reader, selector).await? {
                self.awaited.insert(selector.clone(), provider);
            }
            self.unknown.insert(selector.clone(), meant);
        }
        Ok(())
    }

    /// Finds the provider that could make the user or group of a selector when a person signs in.
    async fn who_makes(
        &mut self,
        reader: &mut Reader,
        selector: &Selector,
    ) -> Result<Option<ProviderName>, StoreError> {
        let providers = match self.providers.take() {
            Some(providers) => providers,
            None => {
                let rows = reader.list_providers().await?.into_iter().map(|row| row.settings);
                rows.filter(|settings| settings.enabled).collect()
            }
        };
        let providers = self.providers.insert(providers);
        let maker = providers.iter().find(|settings| match selector {
            Selector::User(name) => settings.may_make_user(name),
            Selector::Group(name) => settings.may_make_group(name),
            _ => false,
        });
        Ok(maker.map(|settings| settings.name.clone()))
    }

    /// Returns true if this user or robot exists. Remembers its groups.
    async fn subject(
        &mut self,
        reader: &mut Reader,
        selector: &Selector,
        kind: SubjectKind,
        name: &SubjectName,
    ) -> Result<bool, StoreError> {
        let found = reader.find_subject(name).await?.filter(|found| found.row.subject.kind == kind);
        Ok(found.map(|found| self.groups.insert(selector.clone(), found.groups)).is_some())
    }
}

/// Returns the warnings about `rules`, which are part of `policy`. `services` are all services.
pub(super) async fn lint(
    reader: &mut Reader,
    policy: &Policy,
    services: &BTreeMap<ServiceName, Service>,
    rules: &[&Rule],
    at: Timestamp,
) -> Result<Vec<RuleWarning>, StoreError> {
    lint_beside(reader, policy, services, rules, at, Made::new()).await
}

/// Returns the warnings about rules that a preview makes together with the users, robots and groups in `made`.
pub(super) async fn lint_beside(
    reader: &mut Reader,
    policy: &Policy,
    services: &BTreeMap<ServiceName, Service>,
    rules: &[&Rule],
    at: Timestamp,
    made: Made,
) -> Result<Vec<RuleWarning>, StoreError> {
    let mut looked_up = LookedUp { made, ..LookedUp::default() };
    let lowest_tier = policy.lowest_tier();
    let mut warnings = Vec::new();
    for rule in rules {
        for selector in &rule.subjects {
            looked_up.look(reader, selector).await?;
        }
        let LookedUp { unknown, awaited, groups, .. } = &looked_up;
        let known = Known { at, unknown, awaited, groups, lowest_tier, services };
        warnings.extend(policy.lint(rule, &known).into_iter().map(|Warning { code, message }| RuleWarning {
            rule: rule.name.clone(),
            code,
            message,
        }));
    }
    Ok(warnings)
}
