//! The rules that an explanation examined, each with the fields that do not match.

use super::decision::{Considered, Field};
use super::rule::{Effect, Rule};
use crate::domain::resource::{Action, ResourceName};
use std::cmp::Reverse;
use strum::VariantArray;

/// The greatest number of rules in an explanation.
const MOST: usize = 20;
/// The greatest number of failing fields, not counting the action. A rule with more failing fields is not
/// mentioned.
const MOST_FAILED: usize = 3;

/// A rule that was examined, with the fields that fail for every action.
pub(super) struct Looked<'a> {
    rule: &'a Rule,
    failed: Vec<Field>,
    common: usize,
}

impl<'a> Looked<'a> {
    /// Returns the rule if it is an allow rule and its subjects are the only field that does not match, apart from
    /// its actions. Also returns the length of the beginning that the rule's patterns share with the requested
    /// name.
    pub(super) fn allows_others(&self) -> Option<(usize, &'a Rule)> {
        let allows = self.rule.effect == Effect::Allow && self.failed == [Field::Subject];
        allows.then_some((self.common, self.rule))
    }
}

/// Returns the enabled rules with at most [`MOST_FAILED`] failing fields. `matches` returns true if a field of a
/// rule matches.
pub(super) fn looked_at<'a>(
    rules: impl Iterator<Item = &'a Rule>,
    name: &ResourceName,
    matches: impl Fn(&Rule, Field) -> bool,
) -> Vec<Looked<'a>> {
    let mut looked = Vec::new();
    for rule in rules.filter(|rule| rule.enabled) {
        let failing = Field::VARIANTS.iter().copied().filter(|field| !matches(rule, *field));
        let failed: Vec<Field> = failing.take(MOST_FAILED + 1).collect();
        if failed.len() <= MOST_FAILED {
            looked.push(Looked { rule, failed, common: rule.common_beginning(name) });
        }
    }
    looked
}

/// Returns the rules that matter most for an action, at most [`MOST`]. The sort keys are: the number of failing
/// fields; rules about the subject first; the longest beginning in common with the requested name; priority; name.
pub(super) fn told(looked: &[Looked<'_>], action: &Action) -> Vec<Considered> {
    let acts = |rule: &Rule| rule.lists(action) || (rule.effect == Effect::Deny && action.is_every());
    let mut near: Vec<_> = looked
        .iter()
        .map(|one| {
            let misses_action = !acts(one.rule);
            let is_stranger = one.failed.contains(&Field::Subject);
            let place = (one.failed.len() + usize::from(misses_action), is_stranger, Reverse(one.common));
            ((place, Reverse(one.rule.priority), &one.rule.name), one, misses_action)
        })
        .collect();
    if near.len() > MOST {
        near.select_nth_unstable_by(MOST, |one, other| one.0.cmp(&other.0));
        near.truncate(MOST);
    }
    near.sort_by(|one, other| one.0.cmp(&other.0));
    near.into_iter()
        .map(|(_, one, misses_action)| {
            let mut fields = one.failed.clone();
            fields.extend(misses_action.then_some(Field::Action));
            fields.sort_unstable();
            Considered { rule: one.rule.name.clone(), effect: one.rule.effect, fields }
        })
        .collect()
}
