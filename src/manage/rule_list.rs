//! The list of the rules, and its filters.
//!
//! A filtered list is made from the policy in memory. The database then returns the full rows of the rules on the page.

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

/// The query parameters of the list of rules, as the client sent them.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct RuleListQuery {
    /// Only rules whose names begin with this text.
    #[param(max_length = 255, pattern = "^[^\\u0000]*$", example = "a")]
    pub q: Option<String>,
    /// The greatest number of entries, 1 to 1,000; 100 when absent.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 1000, default = 100, example = 100)]
    pub limit: Option<String>,
    /// The `next` of the previous page.
    #[param(min_length = 2, pattern = "^[A-Za-z0-9_-]+$")]
    pub after: Option<String>,
    /// True to lint the rules. With `false`, `warnings` is null.
    #[param(value_type = Option<bool>, default = true, example = true)]
    pub warnings: Option<String>,
    /// `true` also gives the number of entries in the whole list.
    #[param(value_type = Option<bool>, default = false, example = true)]
    pub total: Option<String>,
    /// For a user or robot: only rules about it, also through its groups. For a group, `anonymous`, `authenticated`
    /// or `everyone`: only rules that name it.
    #[param(max_length = 300, example = "group:web")]
    pub subject: Option<String>,
    /// Only rules whose name patterns match this name. If a pattern has a placeholder, and `subject` does not name an
    /// existing user or robot, only the text before the placeholder is compared.
    #[param(max_length = 255, example = "web/site")]
    pub about: Option<String>,
    /// Only rules with this effect.
    #[param(value_type = Option<Effect>, example = "allow")]
    pub effect: Option<String>,
    /// `true` for only enabled rules, `false` for only disabled rules.
    #[param(value_type = Option<bool>, example = true)]
    pub enabled: Option<String>,
    /// Only rules with this text in their name, description, subjects, names, services or type, in upper or lower
    /// case.
    #[param(max_length = 255, pattern = "^[^\\u0000]*$", example = "web")]
    pub text: Option<String>,
}

/// The subject whose rules are wanted.
enum Whom {
    /// A user or robot that exists.
    Somebody(Subject),
    /// A selector, compared with the selectors of rules.
    Named(Selector),
}

/// The filters of a list.
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

/// Returns true if a rule contains `text` in upper or lower case. `text` must be in lower case.
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

    /// Returns the filters and two flags. The first flag is true if the answer must contain the warnings of lint, the
    /// second if it must contain the total.
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

/// Returns the user or robot that a selector names, if it exists. Otherwise returns the selector: the filter then
/// matches the rules that name it.
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

/// Returns the rules that pass a filter, from the beginning of the page on, at most one more than the page has. Also
/// returns the number of all rules that pass the filter and have the prefix of the page.
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
    // A rule that was deleted a moment ago is missing in the rows, and is left out.
    Ok((reader.find_rules(&wanted).await?, total))
}

impl Administration {
    /// Returns a page of the rules that pass the filters, sorted by name.
    pub async fn list_rules(
        &self,
        admin: &Admin,
        query: &RuleListQuery,
    ) -> Result<List<RuleObject>, ManageError> {
        let page = query.page()?;
        let mut reader = self.store.read().await?;
        let (filter, with_warnings, with_total) = query.read(&mut reader).await?;
        // Another replica's last write is perhaps not in the snapshot yet, so wait for that write.
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
