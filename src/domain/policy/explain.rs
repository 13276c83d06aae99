//! Explains the decision about every requested action.
//!
//! The full form may examine every rule and is slow: use it only if a person asks. The brief form is for the log.
//! The brief form examines the rules of the decision and a bounded number of other rules. The form for the subject
//! examines only rules about the subject.
//!
//! INVARIANT: an explanation says `granted` exactly if `evaluate` grants the action.

use super::bucket::Bucket;
use super::considered::{Looked, looked_at, told};
use super::decision::{Explanation, Field, NearMiss, Reasons};
use super::evaluate::{Question, asked};
use super::index::{Candidates, Policy};
use super::name_asked::NameAsked;
use super::rule::{Effect, Rule, RuleName};
use super::rule_set::{Ranked, RuleSet};
use crate::domain::resource::Action;
use crate::domain::scope::ResourceScope;
use std::cell::OnceCell;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use strum::VariantArray;

/// The greatest number of near misses that an explanation names.
const MAX_NEAR_MISSES: usize = 5;
/// The greatest number of deciding rules that an explanation names, and of hidden rules.
const MAX_OF_TIER: usize = 5;

/// The greatest number of further rules about the subject that a brief explanation examines.
const MAX_OTHERS: usize = 64;

/// Rules sorted by rank, each once.
type ByRank<'a> = BTreeMap<(Reverse<i32>, &'a RuleName), &'a Rule>;

fn by_rank<'a>(rules: impl Iterator<Item = &'a Ranked>) -> ByRank<'a> {
    rules.map(|rule| ((Reverse(rule.priority), &rule.name), &**rule)).collect()
}

impl Policy {
    /// Explains every requested action on every resource, in the order of the scopes. A request for `*` on a
    /// repository is explained as `*`, `delete`, `pull` and `push`.
    #[must_use]
    pub fn explain(&self, q: &Question<'_>) -> Vec<Explanation> {
        self.explain_among(q, Others::All(self))
    }

    /// Explains the decision to the subject, who must not learn about rules for others. Names only rules about the
    /// subject, even as near misses.
    #[must_use]
    pub fn explain_to_subject(&self, q: &Question<'_>) -> Vec<Explanation> {
        self.explain_among(q, Others::Own)
    }

    /// Explains every action. Near misses come from the rules about the subject and from `others`.
    fn explain_among(&self, q: &Question<'_>, others: Others<'_>) -> Vec<Explanation> {
        let about = by_rank(self.buckets(q.subject).flat_map(|bucket| bucket.all().iter()));
        let about: Vec<&Rule> = meant(about, q);
        let among = |scope| Tried { considers: true, ..Tried::new(q, scope, &about, others) }.tell();
        q.scopes.iter().flat_map(among).collect()
    }

    /// Explains the decision briefly, for the log. Near misses come only from the rules of the decision and a few
    /// other rules about the subject. So a refusal costs little more than the decision, even with very many rules.
    #[must_use]
    pub fn explain_briefly(&self, q: &Question<'_>) -> Vec<Explanation> {
        self.brief(q).collect()
    }

    /// Returns the brief explanations one by one. Each one is computed when the iterator reaches it.
    pub fn brief<'a>(&'a self, q: &'a Question<'a>) -> impl Iterator<Item = Explanation> + 'a {
        let buckets: Vec<&Bucket> = self.buckets(q.subject).collect();
        let others = by_rank(buckets.iter().flat_map(|bucket| bucket.all().iter()).take(MAX_OTHERS));
        let own: usize = buckets.iter().map(|bucket| bucket.all().len()).sum();
        let seen = if own > MAX_OTHERS { Others::SomeOwn } else { Others::Own };
        q.scopes.iter().flat_map(move |scope| {
            let candidates = Candidates::new(&buckets, &scope.name);
            let mut about = by_rank(candidates.sets().flat_map(RuleSet::iter));
            about.extend(&others);
            Tried::new(q, scope, &meant(about, q), seen).tell()
        })
    }
}

/// Returns the rules that match the subject. A bucket may also contain rules for a selector with the same hash.
fn meant<'a>(rules: ByRank<'a>, q: &Question<'_>) -> Vec<&'a Rule> {
    rules.into_values().filter(|rule| rule.matches_subject(q.subject)).collect()
}

/// The rules that are examined in addition to the rules of the decision.
#[derive(Clone, Copy)]
enum Others<'a> {
    /// All rules of the policy.
    All(&'a Policy),
    /// All rules about the subject.
    Own,
    /// Some of the rules about the subject. The explanation then cannot say that no rule matches.
    SomeOwn,
}

impl<'a> Others<'a> {
    /// Returns all rules of the policy for `All`, and none otherwise.
    fn rules(self) -> impl Iterator<Item = &'a Rule> {
        let policy = if let Self::All(policy) = self { Some(policy) } else { None };
        policy.into_iter().flat_map(Policy::rules)
    }
}

/// One requested resource, compared with the rules.
struct Tried<'a> {
    q: &'a Question<'a>,
    scope: &'a ResourceScope,
    name: NameAsked<'a>,
    /// The examined rules about the subject, by rank.
    about: &'a [&'a Rule],
    others: Others<'a>,
    /// True if the explanation lists the examined rules.
    considers: bool,
    /// The rules in `about` whose fields all match, apart from the actions.
    passing: Vec<&'a Rule>,
    /// The priority of the tier that decided; `None` if no rule passed.
    top: Option<i32>,
    /// The enabled allow rules about the subject with at most one failing field, not counting the action, the
    /// closest first.
    near: OnceCell<Vec<(&'a Rule, Option<Field>)>>,
    /// The allow rules whose only failing field, apart from the action, is the subject; the closest first.
    strangers: OnceCell<Vec<&'a Rule>>,
    /// The examined rules about the subject with few failing fields.
    own_looked: OnceCell<Vec<Looked<'a>>>,
    /// All examined rules with few failing fields.
    looked: OnceCell<Vec<Looked<'a>>>,
}

impl<'a> Tried<'a> {
    fn new(q: &'a Question<'a>, scope: &'a ResourceScope, about: &'a [&'a Rule], others: Others<'a>) -> Self {
        let name = NameAsked::new(&scope.name, q.subject);
        let passing: Vec<&Rule> = about.iter().copied().filter(|rule| q.passes(rule, scope, &name)).collect();
        let top = passing.first().map(|rule| rule.priority);
        let (near, strangers) = (OnceCell::new(), OnceCell::new());
        let (own_looked, looked) = (OnceCell::new(), OnceCell::new());
        let considers = false;
        Self { q, scope, name, about, others, considers, passing, top, near, strangers, own_looked, looked }
    }

    /// Returns the rules in `near`, and computes them at the first call.
    fn near(&self) -> &[(&'a Rule, Option<Field>)] {
        self.near.get_or_init(|| {
            // INVARIANT: `about` is sorted by priority and name, and the sort is stable.
            let mut near: Vec<_> = self.about.iter().filter_map(|rule| self.nearly(rule)).collect();
            near.sort_by_cached_key(|(rule, _)| Reverse(rule.common_beginning(&self.scope.name)));
            near
        })
    }

    /// Returns the rules in `strangers`, and computes them at the first call. Returns none unless `others` is
    /// `All`.
    fn strangers(&self) -> &[&'a Rule] {
        self.strangers.get_or_init(|| {
            let Others::All(_) = self.others else { return Vec::new() };
            let mut strangers: Vec<_> = self.looked().iter().filter_map(Looked::allows_others).collect();
            // INVARIANT: `looked` is in the order of names, and the sort is stable.
            strangers.sort_by_key(|(common, rule)| Reverse((*common, rule.priority)));
            strangers.into_iter().map(|(_, rule)| rule).collect()
        })
    }

    /// Returns the rules about the subject with few failing fields, and computes them at the first call. These
    /// rules are enough to explain a granted action: rules about other subjects need not be examined.
    fn own_looked(&self) -> &[Looked<'a>] {
        self.own_looked.get_or_init(|| {
            let matches = |rule: &Rule, field: Field| self.matches(rule, field);
            looked_at(self.about.iter().copied(), &self.scope.name, matches)
        })
    }

    /// Returns all examined rules with few failing fields, and computes them at the first call. An action that is
    /// not granted is explained by these rules.
    fn looked(&self) -> &[Looked<'a>] {
        let Others::All(policy) = self.others else { return self.own_looked() };
        self.looked.get_or_init(|| {
            looked_at(policy.rules(), &self.scope.name, |rule, field| self.matches(rule, field))
        })
    }

    fn tell(&self) -> Vec<Explanation> {
        asked(self.scope).iter().map(|action| self.tell_action(action)).collect()
    }

    fn tell_action(&self, action: &Action) -> Explanation {
        let in_tier = |rule: &Rule| Some(rule.priority) == self.top;
        let allowed_by: Vec<RuleName> = self
            .passing
            .iter()
            .filter(|rule| rule.effect == Effect::Allow && in_tier(rule) && rule.lists(action))
            .map(|rule| rule.name.clone())
            .collect();
        let denied_by = self
            .passing
            .iter()
            .find(|rule| {
                let counts = action.is_every() || (in_tier(rule) && rule.lists(action));
                rule.effect == Effect::Deny && counts
            })
            .map(|rule| rule.name.clone());
        let allowed = !allowed_by.is_empty() && denied_by.is_none();
        let granted = allowed && self.q.permits(self.scope, action);
        let of_own_rules = !matches!(self.others, Others::All(_));
        let restricted = allowed && !granted;
        let mut reasons = Reasons { restricted, allowed_by, denied_by, of_own_rules, ..Reasons::default() };
        reasons.priority = self.top;
        if self.considers {
            reasons.considered = told(if granted { self.own_looked() } else { self.looked() }, action);
        }
        if !granted {
            let deciding = self.passing.iter().filter(|rule| in_tier(rule)).take(MAX_OF_TIER);
            reasons.decided_by = deciding.map(|rule| rule.name.clone()).collect();
            reasons.hidden = self.hidden(action);
        }
        if reasons.allowed_by.is_empty() && reasons.denied_by.is_none() {
            reasons.near_misses = self.near_misses(action);
            if reasons.near_misses.is_empty() && !matches!(self.others, Others::SomeOwn) {
                reasons.nothing_matches = self.nothing_matches(action);
            }
        }
        Explanation {
            resource_type: self.scope.resource_type.clone(),
            name: self.scope.name.clone(),
            action: action.clone(),
            granted,
            reasons,
            subject: self
                .q
                .subject
                .identity
                .as_ref()
                .map_or_else(|| "anonymous".to_owned(), ToString::to_string),
            address: self.q.address,
        }
    }

    /// Returns the rules of the next lower tier that would allow the action if the deciding tier did not exist, at
    /// most [`MAX_OF_TIER`].
    fn hidden(&self, action: &Action) -> Vec<RuleName> {
        let Some(top) = self.top else { return Vec::new() };
        // INVARIANT: `passing` is sorted by priority.
        let lower = self.passing.partition_point(|rule| rule.priority >= top);
        let lower = self.passing.get(lower..).unwrap_or_default();
        let in_tier = |rule: &Rule| {
            lower.first().is_some_and(|next| rule.priority == next.priority) && rule.lists(action)
        };
        let denies = |rule: &&Rule| rule.effect == Effect::Deny && (action.is_every() || in_tier(rule));
        if lower.iter().any(denies) || !self.q.permits(self.scope, action) {
            return Vec::new();
        }
        let allowing = lower.iter().filter(|rule| rule.effect == Effect::Allow && in_tier(rule));
        allowing.take(MAX_OF_TIER).map(|rule| rule.name.clone()).collect()
    }

    /// Returns true if a field of the rule matches the request. The field `Action` always matches.
    fn matches(&self, rule: &Rule, field: Field) -> bool {
        match field {
            Field::Subject => rule.matches_subject(self.q.subject),
            Field::Service => rule.matches_service(self.q.service),
            Field::Type => rule.resource_type.matches(&self.scope.resource_type),
            Field::Name => rule.matches_asked(&self.name),
            Field::Action => true,
            Field::Network => rule.matches_network(self.q.address),
            Field::Time => rule.matches_time(self.q.at),
            Field::Tier => self.top.is_none_or(|top| rule.priority >= top),
        }
    }

    /// Returns `rule` with its failing field, if `rule` is an enabled allow rule and at most one field fails, not
    /// counting the action.
    fn nearly(&self, rule: &'a Rule) -> Option<(&'a Rule, Option<Field>)> {
        if rule.effect != Effect::Allow || !rule.enabled {
            return None;
        }
        let mut failing = Field::VARIANTS.iter().copied().filter(|field| !self.matches(rule, *field));
        let first = failing.next();
        failing.next().is_none().then_some((rule, first))
    }

    /// Returns the closest allow rules with one failing field, at most [`MAX_NEAR_MISSES`]. The sort keys are:
    /// rules about the subject first; the longest beginning in common with the requested name; priority; name.
    fn near_misses(&self, action: &Action) -> Vec<NearMiss> {
        let near = |rule: &Rule, failed: Option<Field>| {
            let failed = match (failed, rule.lists(action)) {
                (Some(field), true) => field,
                (None, false) => Field::Action,
                _ => return None,
            };
            Some(NearMiss { rule: rule.name.clone(), failed })
        };
        let own = self.near().iter().filter_map(|(rule, failed)| near(rule, *failed));
        let mut nearest: Vec<NearMiss> = own.take(MAX_NEAR_MISSES).collect();
        if nearest.len() < MAX_NEAR_MISSES {
            let room = MAX_NEAR_MISSES - nearest.len();
            let strangers = self.strangers().iter().filter_map(|rule| near(rule, Some(Field::Subject)));
            nearest.extend(strangers.take(room));
        }
        nearest
    }

    /// Returns the first field that none of the examined enabled allow rules matches.
    fn nothing_matches(&self, action: &Action) -> Option<Field> {
        Field::VARIANTS.iter().copied().find(|field| {
            !self
                .about
                .iter()
                .copied()
                .chain(self.others.rules())
                .filter(|rule| rule.effect == Effect::Allow && rule.enabled)
                .any(|rule| match field {
                    Field::Action => rule.lists(action),
                    field => self.matches(rule, *field),
                })
        })
    }
}

#[cfg(test)]
#[path = "explain_tests.rs"]
mod tests;
