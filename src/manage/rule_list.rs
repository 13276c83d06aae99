//! The list of the rules, and what it is narrowed to.
//!
//! A list that is narrowed is found in the policy in memory; the database then tells the rest of each rule on the page.

use super::administration::Administration;
use super::caller::Admin;
use super::error::ManageError;
use super::lint::lint;
use super::list::{List, ListQuery, wants_total};
use super::rules::RuleObject;
use crate::domain::invalid::FieldErrors;
use crate::domain::policy::{Effect, Policy, Rule};
use crate::domain::resource::{ResourceName, ResourceType};
use crate::domain::selector::Selector;
use crate::domain::subject::{Subject, SubjectKind, SubjectRef};
use crate::domain::warning::Warning;
use crate::storage::{Page, Reader, RuleRow, StoreError};
use serde::Deserialize;
use utoipa::IntoParams;

/// The query of the list of rules, as it was sent.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct RuleListQuery {
    /// Only names that begin with this.
    #[param(max_length = 255, pattern = "^[^\\u0000]*$", example = "a")]
    pub q: Option<String>,
    /// At most so many, 1 to 1,000; 100 when absent.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 1000, default = 100, example = 100)]
    pub limit: Option<String>,
    /// Where the page before ended: its `next`.
    #[param(min_length = 2, pattern = "^[A-Za-z0-9_-]+$")]
    pub after: Option<String>,
    /// `false` does not ask lint: `warnings` is then null.
    #[param(value_type = Option<bool>, default = true, example = true)]
    pub warnings: Option<String>,
    /// `true` tells how many there are in the whole list.
    #[param(value_type = Option<bool>, default = false, example = true)]
    pub total: Option<String>,
    /// Only rules about this user or robot, also through its groups, or that name this group, `anonymous`,
    /// `authenticated` or `everyone`.
    #[param(max_length = 300, example = "group:web")]
    pub subject: Option<String>,
    /// Only rules one of whose names matches this one; with a placeholder, whose beginning does.
    #[param(max_length = 255, example = "web/site")]
    pub about: Option<String>,
    /// Only rules with this effect.
    #[param(value_type = Option<Effect>, example = "allow")]
    pub effect: Option<String>,
    /// Only rules that are in force, or only others.
    #[param(value_type = Option<bool>, example = true)]
    pub enabled: Option<String>,
    /// Only rules with this in their name, description, subjects, names, services or type, in upper or lower case.
    #[param(max_length = 255, pattern = "^[^\\u0000]*$", example = "web")]
    pub text: Option<String>,
}

/// Whom rules are sought for.
enum Whom {
    /// A user or robot that exists.
    Somebody(Subject),
    /// A selector that stands in a rule.
    Named(Selector),
}

/// What the list is narrowed to.
#[derive(Default)]
struct Filter {
    whom: Option<Whom>,
    about: Option<ResourceName>,
    effect: Option<Effect>,
    enabled: Option<bool>,
    text: Option<String>,
}

impl Filter {
    fn is_none(&self) -> bool {
        let Self { whom, about, effect, enabled, text } = self;
        whom.is_none() && about.is_none() && effect.is_none() && enabled.is_none() && text.is_none()
    }

    fn takes(&self, rule: &Rule) -> bool {
        let whom = self.whom.as_ref().is_none_or(|whom| match whom {
            Whom::Somebody(subject) => rule.matches_subject(subject),
            Whom::Named(selector) => rule.subjects.contains(selector),
        });
        whom && self.effect.is_none_or(|effect| rule.effect == effect)
            && self.enabled.is_none_or(|enabled| rule.enabled == enabled)
            && self.text.as_ref().is_none_or(|text| has_text(rule, text))
            && self.about.as_ref().is_none_or(|name| self.is_about(rule, name))
    }

    fn is_about(&self, rule: &Rule, name: &ResourceName) -> bool {
        match &self.whom {
            Some(Whom::Somebody(subject)) => rule.matches_name(name, subject),
            _ => rule.may_match_name(name),
        }
    }
}

/// Whether a rule has a text in it, which is in lower case.
fn has_text(rule: &Rule, text: &str) -> bool {
    let has = |part: &str| part.to_lowercase().contains(text);
    has(rule.name.as_str())
        || has(&rule.description)
        || rule.names.iter().any(|glob| has(glob.as_str()))
        || rule.subjects.iter().any(|selector| has(&selector.to_string()))
        || rule.services.iter().any(|service| has(&service.to_string()))
        || has(&rule.resource_type.to_string())
}

impl RuleListQuery {
    fn page(&self) -> Result<Page, FieldErrors> {
        let (q, limit, after) = (self.q.clone(), self.limit.clone(), self.after.clone());
        ListQuery { q, limit, after }.page()
    }

    /// What the list is narrowed to, and whether lint and the total are wanted.
    async fn read(&self, reader: &mut Reader) -> Result<(Filter, bool, bool), ManageError> {
        let mut errors = FieldErrors::default();
        let mut flag = |field: &'static str, text: &Option<String>| match text.as_deref() {
            None => None,
            Some("true") => Some(true),
            Some("false") => Some(false),
            Some(_) => {
                errors.push(field, "must be `true` or `false`");
                None
            }
        };
        let (warnings, enabled) = (flag("warnings", &self.warnings), flag("enabled", &self.enabled));
        let total = wants_total(&mut errors, self.total.as_deref());
        let selector = self.subject.as_deref().and_then(|text| errors.keep("subject", Selector::parse(text)));
        let about = self.about.as_deref().and_then(|text| {
            let name = ResourceType::parse("repository").and_then(|of| ResourceName::parse(&of, text));
            errors.keep("about", name)
        });
        let effect = self.effect.as_deref().and_then(|text| errors.keep("effect", Effect::parse(text)));
        if self.text.as_ref().is_some_and(|text| text.len() > 255 || text.contains('\0')) {
            errors.push("text", "must be at most 255 bytes without NUL");
        }
        errors.into_result()?;
        let whom = match selector {
            Some(selector) => Some(whom(reader, selector).await?),
            None => None,
        };
        let text = self.text.as_ref().filter(|text| !text.is_empty()).map(|text| text.to_lowercase());
        Ok((Filter { whom, about, effect, enabled, text }, warnings.unwrap_or(true), total))
    }
}

/// Whom a selector means. A user or robot that does not exist is only named.
async fn whom(reader: &mut Reader, selector: Selector) -> Result<Whom, StoreError> {
    let account = match &selector {
        Selector::User(name) => Some(SubjectRef { kind: SubjectKind::User, name: name.clone() }),
        Selector::Robot(name) => Some(SubjectRef { kind: SubjectKind::Robot, name: name.clone() }),
        _ => None,
    };
    let Some(account) = account else { return Ok(Whom::Named(selector)) };
    let found = reader.find_account(&account).await?;
    Ok(found.map_or(Whom::Named(selector), |found| Whom::Somebody(found.as_subject())))
}

/// The page of the rules that a filter takes, one more than wanted, and how many it takes in all.
async fn narrowed(
    reader: &mut Reader,
    policy: &Policy,
    filter: &Filter,
    page: &Page,
) -> Result<(Vec<RuleRow>, usize), StoreError> {
    let (mut wanted, mut total) = (Vec::new(), 0);
    for rule in policy.rules().filter(|rule| page.counts(rule.name.as_str()) && filter.takes(rule)) {
        total += 1;
        if wanted.len() <= page.limit() && page.holds(rule.name.as_str()) {
            wanted.push(&rule.name);
        }
    }
    // One that was deleted a moment ago is left out.
    Ok((reader.find_rules(&wanted).await?, total))
}

impl Administration {
    /// A page of the rules.
    pub async fn list_rules(
        &self,
        admin: &Admin,
        query: &RuleListQuery,
    ) -> Result<List<RuleObject>, ManageError> {
        let page = query.page()?;
        let mut reader = self.store.read().await?;
        let (filter, with_warnings, with_total) = query.read(&mut reader).await?;
        // Another replica's write may not be in memory yet.
        let snapshot = self.snapshots.at_least(reader.counter().await?.seq).await?;
        let (rows, total) = if filter.is_none() {
            let all = snapshot.policy.rules().filter(|rule| page.counts(rule.name.as_str()));
            let total = if with_total { all.count() } else { 0 };
            (reader.list_rules(&page).await?, total)
        } else {
            narrowed(&mut reader, &snapshot.policy, &filter, &page).await?
        };
        let mut list = List::new(&page, rows.iter().map(RuleObject::new).collect(), RuleObject::name);
        list.total = with_total.then_some(i64::try_from(total).unwrap_or(i64::MAX));
        if with_warnings {
            let rules: Vec<&Rule> = rows.iter().map(|row| &row.rule).take(list.items.len()).collect();
            let (policy, services) = (&snapshot.policy, &snapshot.services);
            let found = lint(&mut reader, policy, services, &rules, admin.origin.at).await?;
            let mut found = found.into_iter().peekable();
            for item in &mut list.items {
                let mut own = Vec::new();
                while let Some(next) = found.next_if(|next| next.rule.as_str() == item.name()) {
                    own.push(Warning { code: next.code, message: next.message });
                }
                item.warnings = Some(own);
            }
        }
        Ok(list)
    }
}
