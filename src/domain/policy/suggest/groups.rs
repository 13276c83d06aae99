//! Suggestions about groups: finds the members that did not need the group in the period.

use super::credit::Credits;
use super::rules::Judge;
use super::seen::{Narrowing, Suggested, SuggestionKind};
use crate::domain::policy::compare::work::Work;
use crate::domain::policy::rule::{Effect, Rule};
use crate::domain::selector::Selector;
use crate::domain::subject::{GroupName, Subject};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The greatest number of members of a group. A larger group is not judged.
const MOST_MEMBERS: usize = 1000;
/// The placeholder that makes a rule depend on every group of a subject.
const PLACEHOLDER: &str = "${group}";

/// Returns the suggestions about groups. A member leaves a group if each rule to which one of the member's uses is
/// credited also matches the member without the group. A new member stays, and if no member needs the group, all
/// members stay. If a person leaves several groups, the groups are judged one after the other. Also returns the
/// groups that are not judged because the group, its list of members or one of its rules changed in the period.
/// Judges no group at all if a rule with `${group}` fails [`is_plain`]. Returns `None` if the work exceeds the
/// bound.
pub(super) fn of_groups(
    judge: &Judge<'_>,
    credits: &Credits<'_>,
    work: &mut Work,
) -> Option<(Vec<Suggested>, Vec<GroupName>)> {
    let mut by_group: BTreeMap<&GroupName, Vec<&Rule>> = BTreeMap::new();
    let mut of_every: Vec<&Rule> = Vec::new();
    for rule in judge.policy.rules().filter(|rule| rule.enabled) {
        for selector in &rule.subjects {
            if let Selector::Group(group) = selector {
                by_group.entry(group).or_default().push(rule);
            }
        }
        if rule.names.iter().any(|glob| glob.as_str().contains(PLACEHOLDER)) {
            of_every.push(rule);
        }
    }
    if !of_every.iter().all(|rule| is_plain(judge, rule)) {
        return Some((Vec::new(), Vec::new()));
    }
    let mut members: BTreeMap<&GroupName, Vec<usize>> = BTreeMap::new();
    for (person, one) in judge.observed.people.iter().enumerate() {
        for group in &one.subject.groups {
            members.entry(group).or_default().push(person);
        }
    }
    let mut left: HashMap<usize, Subject> = HashMap::new();
    let (mut suggestions, mut young) = (Vec::new(), Vec::new());
    for (group, rules) in by_group {
        let own = members.get(group).map_or(&[][..], Vec::as_slice);
        if own.len() > MOST_MEMBERS || !rules.iter().all(|rule| judge.is_young(rule) || is_plain(judge, rule))
        {
            continue;
        }
        if !own.is_empty() && (!judge.is_old_group(group) || rules.iter().any(|rule| judge.is_young(rule))) {
            young.push(group.clone());
            continue;
        }
        let named = Named { group, rules: &rules, of_every: &of_every };
        suggestions.extend(named.of_members(judge, credits, own, &mut left, work)?);
    }
    Some((suggestions, young))
}

/// Returns true if the rule, which depends on a group, is an allow rule that hides no other rule, and if the
/// reported use is enough to judge the rule. If the rule hid another rule, a member who leaves the group could gain
/// rights.
fn is_plain(judge: &Judge<'_>, rule: &Rule) -> bool {
    rule.effect == Effect::Allow && judge.is_judged(rule) && !judge.may_hide(rule)
}

/// A group that rules name.
struct Named<'a> {
    group: &'a GroupName,
    rules: &'a [&'a Rule],
    of_every: &'a [&'a Rule],
}

impl Named<'_> {
    /// Returns the suggestion about a group; `Some(None)` if there is none. Returns `None` if the work exceeds the
    /// bound.
    fn of_members(
        &self,
        judge: &Judge<'_>,
        credits: &Credits<'_>,
        members: &[usize],
        left: &mut HashMap<usize, Subject>,
        work: &mut Work,
    ) -> Option<Option<Suggested>> {
        let mut gone = BTreeSet::new();
        let mut without_group: Vec<(usize, Subject)> = Vec::new();
        for person in members {
            let Some(one) = judge.observed.people.get(*person) else { continue };
            if !work.spend(credits.of_person(*person).map(|(_, rules)| 1 + rules.len()).sum()) {
                return None;
            }
            let mut without = left.get(person).unwrap_or(&one.subject).clone();
            without.groups.remove(self.group);
            if one.is_old && !self.needs(judge, credits, *person, &without) {
                gone.extend(one.subject.identity.clone());
                without_group.push((*person, without));
            }
        }
        // If no member needs the group, the suggestions about the rules of the group say so.
        if gone.is_empty() || gone.len() == members.len() {
            return Some(None);
        }
        left.extend(without_group);
        let own = || self.rules.iter().filter_map(|rule| credits.of_rule(&rule.name));
        let suggested = Suggested {
            kind: SuggestionKind::UnusedMembers,
            removed: gone.iter().map(ToString::to_string).collect(),
            asked: own().map(|credit| credit.asked).sum(),
            granted: own().map(|credit| credit.granted).sum(),
            used: own().map(|credit| credit.used).sum(),
            narrowing: Narrowing::Members {
                group: self.group.clone(),
                gone,
                rules: self.rules.iter().chain(self.of_every).map(|rule| rule.name.clone()).collect(),
            },
        };
        Some(Some(suggested))
    }

    /// Returns true if one of the person's uses is credited to a rule that does not match the person without the
    /// group.
    fn needs(&self, judge: &Judge<'_>, credits: &Credits<'_>, person: usize, without: &Subject) -> bool {
        credits.of_person(person).any(|(entry, rules)| {
            let Some(seen) = judge.observed.seen.get(entry) else { return true };
            rules
                .iter()
                .any(|rule| !(rule.matches_subject(without) && rule.matches_name(&seen.scope.name, without)))
        })
    }
}
