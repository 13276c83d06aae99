//! Warnings about rules that can never matter, with what the store knows of their subjects.

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

/// How many different selectors are looked up at once.
const MOST_LOOKED_UP: usize = 2000;

/// A warning about one rule.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct RuleWarning {
    /// The rule.
    pub rule: RuleName,
    /// What kind, for programs.
    #[schema(value_type = String)]
    pub code: &'static str,
    /// What it is and what to do, for people.
    pub message: String,
}

/// What a preview has and the database has not: users and robots with their groups, and groups.
pub(super) type Made = BTreeMap<Selector, Option<BTreeSet<GroupName>>>;

/// What was looked up of the selectors of rules.
#[derive(Default)]
struct LookedUp {
    made: Made,
    seen: BTreeSet<Selector>,
    unknown: BTreeMap<Selector, Option<Selector>>,
    awaited: BTreeMap<Selector, ProviderName>,
    /// The enabled providers, once they are wanted.
    providers: Option<Vec<ProviderSettings>>,
    groups: BTreeMap<Selector, BTreeSet<GroupName>>,
}

impl LookedUp {
    /// Looks a selector up, unless so many were that this one is taken for known.
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

    /// The provider that may make whom a selector names.
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

    /// Whether there is this user or robot. Keeps its groups.
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

/// What lint says of `rules`, which are part of `policy`, where there are these services.
pub(super) async fn lint(
    reader: &mut Reader,
    policy: &Policy,
    services: &BTreeMap<ServiceName, Service>,
    rules: &[&Rule],
    at: Timestamp,
) -> Result<Vec<RuleWarning>, StoreError> {
    lint_beside(reader, policy, services, rules, at, Made::new()).await
}

/// The same beside users, robots and groups that are made with the rules.
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
