//! Why a request was decided as it was: the same rules looked at again, with every miss named.

use super::decision::{Explanation, Field, NearMiss};
use super::evaluate::{Question, Tier, expanded, name_fits, network_fits, service_fits, tier, time_fits};
use super::index::Policy;
use super::rule::{Effect, Rule, RuleName};
use crate::domain::resource::Action;
use crate::domain::scope::ResourceScope;
use std::collections::BTreeSet;

/// How many near misses are told.
const MOST_MISSES: usize = 5;

impl Policy {
    /// Explains every action asked, a requested `*` with all it stands for. Looks at every rule.
    #[must_use]
    pub fn explain(&self, question: &Question<'_>) -> Vec<Explanation> {
        let all: Vec<&Rule> = self.rules().filter(|rule| rule.enabled).collect();
        self.explain_among(question, &all)
    }

    /// The same, but tells of near misses only among the rules that mean the subject: as cheap
    /// as the decision itself, for the log.
    #[must_use]
    pub fn explain_briefly(&self, question: &Question<'_>) -> Vec<Explanation> {
        self.explain_among(question, &self.concerning(question.subject))
    }

    fn explain_among(&self, question: &Question<'_>, candidates: &[&Rule]) -> Vec<Explanation> {
        let rules = self.concerning(question.subject);
        let mut explanations = Vec::new();
        for scope in question.scopes {
            let tier = tier(&rules, question, &scope.resource_type, &scope.name);
            for action in expanded(&scope.resource_type, &scope.actions) {
                explanations.push(explain_one(question, scope, &action, &tier, candidates));
            }
        }
        explanations
    }
}

fn explain_one(
    question: &Question<'_>,
    scope: &ResourceScope,
    action: &Action,
    tier: &Tier<'_>,
    candidates: &[&Rule],
) -> Explanation {
    let allowing: BTreeSet<RuleName> = tier.allowing(action).map(|rule| rule.name.clone()).collect();
    // A deny takes away only what was there to take: without an allow, it is still the answer.
    let denied_by = tier.denying(action).map(|rule| rule.name.clone());
    let allowed = denied_by.is_none() && !allowing.is_empty();
    let restricted = allowed
        && question.restriction.is_some_and(|only| !only.permits(&scope.resource_type, &scope.name, action));
    let mut explanation = Explanation {
        resource_type: scope.resource_type.clone(),
        name: scope.name.clone(),
        action: action.clone(),
        granted: allowed && !restricted,
        allowed_by: if allowed { allowing.into_iter().collect() } else { Vec::new() },
        denied_by,
        restricted,
        near_misses: Vec::new(),
        nothing_matches: None,
    };
    if explanation.denied_by.is_none() && !allowed {
        let misses = Misses::of(question, scope, action, tier, candidates);
        explanation.near_misses = misses.near;
        explanation.nothing_matches = misses.nothing_matches;
    }
    explanation
}

struct Misses {
    near: Vec<NearMiss>,
    nothing_matches: Option<Field>,
}

impl Misses {
    fn of(
        question: &Question<'_>,
        scope: &ResourceScope,
        action: &Action,
        tier: &Tier<'_>,
        candidates: &[&Rule],
    ) -> Self {
        let mut near: BTreeSet<(bool, std::cmp::Reverse<i32>, &RuleName, usize)> = BTreeSet::new();
        let mut matched = [false; Field::ALL.len()];
        for rule in candidates.iter().filter(|rule| rule.effect == Effect::Allow) {
            let fits = Field::ALL.map(|field| fits(rule, field, question, scope, action, tier));
            for (any, fits) in matched.iter_mut().zip(fits) {
                *any |= fits;
            }
            let mut failed = fits.iter().enumerate().filter(|(_, fits)| !**fits).map(|(i, _)| i);
            if let (Some(only), None) = (failed.next(), failed.next()) {
                let other_subject = only == 0;
                near.insert((other_subject, std::cmp::Reverse(rule.priority), &rule.name, only));
            }
        }
        let near: Vec<NearMiss> = near
            .into_iter()
            .take(MOST_MISSES)
            .filter_map(|(_, _, rule, field)| {
                Field::ALL.get(field).map(|failed| NearMiss { rule: rule.clone(), failed: *failed })
            })
            .collect();
        let nothing_matches = if near.is_empty() {
            Field::ALL.into_iter().zip(matched).find(|(_, any)| !any).map(|(field, _)| field)
        } else {
            None
        };
        Self { near, nothing_matches }
    }
}

fn fits(
    rule: &Rule,
    field: Field,
    question: &Question<'_>,
    scope: &ResourceScope,
    action: &Action,
    tier: &Tier<'_>,
) -> bool {
    match field {
        Field::Subject => rule.subjects.iter().any(|selector| selector.matches(question.subject)),
        Field::Service => service_fits(rule, question.service),
        Field::Type => rule.resource_type.matches(&scope.resource_type),
        Field::Name => name_fits(rule, &scope.name, question.subject),
        Field::Action => rule.names_action(action),
        Field::Network => network_fits(rule, question.address),
        Field::Time => time_fits(rule, question.at),
        Field::Tier => tier.priority.is_none_or(|deciding| rule.priority >= deciding),
    }
}
