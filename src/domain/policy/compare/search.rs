//! Searches for changed decisions. For each subject, the search asks both policies one question of each kind that a
//! touched rule is about. A touched rule is a rule that may decide differently after the change.
//!
//! INVARIANT: if the search leaves out questions because a bound is reached, it counts a miss.

use super::account::Account;
use super::asking::Asking;
use super::conditions::Condition;
use super::names::{Patterns, Sample};
use super::rows::{Axes, Example, Facts, Told};
use super::view::{Head, Person, Signature, Touch, View, rules_of};
use super::work::Work;
use crate::domain::policy::index::Policy;
use crate::domain::policy::rule::Rule;
use crate::domain::policy::services::ServiceGlob;
use crate::domain::resource::{Action, ActionSet, ResourceType};
use crate::domain::selector::Selector;
use crate::domain::subject::Subject;
use crate::domain::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// The cost of one decision, in addition to the number of its candidate rules.
const ONE_DECISION: usize = 16;

/// The divisor of the remaining work. The search for the names of one subject may use the quotient: a quarter.
const NAMES: usize = 4;

/// The greatest number of known subjects that are tried as a replacement for a stranger.
const MOST_INSTEAD: usize = 8;

/// The answers that are noted if a rule cannot be the cause of a change.
const KEPT: (bool, bool) = (false, false);

/// The way in which the rows of a search describe their subject.
#[derive(Debug, Clone, Copy)]
pub(super) enum Role<'a> {
    /// An unchanged subject. The rows name the selectors of changed rules that match the subject.
    Population,
    /// A changed subject, or anonymous. The rows name the selectors of changed rules that match the subject.
    Selectors,
    /// A signed-in stranger. The rows name the selectors of changed rules that match a stranger. The example may
    /// show one of these accounts if the row is also true for that account.
    Stranger(&'a [&'a Account]),
    /// A made-up subject, because no known subject matches. The rows name this selector and this name glob.
    Imagined(&'a str, &'a str),
    /// A changed account. The rows name this account itself.
    Itself(&'a str),
}

/// One policy, and the changed rules of that policy.
#[derive(Debug, Clone, Copy)]
pub(super) struct Side<'a> {
    pub(super) policy: &'a Policy,
    pub(super) changed: &'a Policy,
}

/// A search in progress.
pub(super) struct Search<'a, 'w> {
    old: Side<'a>,
    new: Side<'a>,
    axes: &'a Axes,
    /// The set of all actions in `axes`.
    asked: ActionSet,
    at: Timestamp,
    /// True if the search stops at the first change.
    first_only: bool,
    seen: HashSet<Signature>,
    work: &'w mut Work,
    pub(super) facts: Facts,
}

/// A question of one kind: a subject and a sample name.
struct Asked<'s, 'a> {
    view: &'s View<'a>,
    person: Person<'a>,
    role: Role<'a>,
    sample: &'s Sample,
}

impl Asked<'_, '_> {
    /// Returns true if the subject of the rows exists at that time. Rows about a selector need the subject after
    /// the change. Rows about an account also count if the account exists only before the change.
    fn is_there(&self, at: Timestamp) -> bool {
        let Person { before, after } = self.person.at(at);
        after.is_some() || (before.is_some() && matches!(self.role, Role::Itself(_)))
    }
}

impl<'a, 'w> Search<'a, 'w> {
    pub(super) fn new(
        (old, new): (Side<'a>, Side<'a>),
        axes: &'a Axes,
        at: Timestamp,
        first_only: bool,
        work: &'w mut Work,
    ) -> Self {
        let asked = axes.actions.iter().cloned().collect();
        let (seen, facts) = (HashSet::new(), Facts::default());
        Self { old, new, axes, asked, at, first_only, seen, work, facts }
    }

    /// Asks about everything that may change for one subject. In the role `Population`, asks only about names of
    /// the subject's own rules, because all other names are decided as for a stranger. In the roles `Population`
    /// and `Selectors`, skips a subject that gets the same decisions as an earlier one.
    pub(super) fn look(&mut self, person: Person<'a>, role: Role<'a>) {
        if self.work.is_over() {
            self.work.miss();
            return;
        }
        let is_enough = self.first_only && self.facts.first().is_some();
        let touches = if is_enough { Vec::new() } else { self.touches(person, role) };
        if touches.is_empty() || !self.work.spend(touches.len()) {
            return;
        }
        let policies = (self.old.policy, self.new.policy);
        let bounds = (&mut self.facts, &mut *self.work);
        let own_only = matches!(role, Role::Population);
        let seen = View::new(policies, person, &touches, own_only, self.at, bounds);
        let Some((view, signature)) = seen else {
            return;
        };
        if !self.seen.insert(signature) && matches!(role, Role::Population | Role::Selectors) {
            return;
        }
        let axes = self.axes;
        let services = self.services(&view, &touches);
        for is_repository in [true, false] {
            let is_about = |of: &ResourceType| {
                of.is_repository() == is_repository
                    && touches.iter().any(|touch| touch.rule.resource_type.matches(of))
            };
            let types: Vec<usize> =
                axes.types.iter().enumerate().filter(|(_, of)| is_about(of)).map(|(at, _)| at).collect();
            let Some(of) = types.first().and_then(|first| axes.types.get(*first)) else {
                continue;
            };
            let wanted = view.heads.len();
            let patterns = Patterns { all: &view.patterns, wanted, needed: view.needed.as_ref(), of };
            for sample in self.work.part(NAMES, |work| patterns.samples(work)) {
                let asked = Asked { view: &view, person, role, sample: &sample };
                for of in &types {
                    services.iter().for_each(|class| self.ask(&asked, *of, class));
                }
            }
        }
    }

    /// Returns the rules that may decide differently for the subject, each with the old or the new state of the
    /// subject.
    fn touches(&self, person: Person<'a>, role: Role<'a>) -> Vec<Touch<'a>> {
        let (was, is) = person.subjects();
        let mut states: Vec<&'a Subject> = [was, is].into_iter().flatten().collect();
        states.dedup();
        let mut touches = Vec::new();
        if let Role::Itself(own) = role {
            let sides = [(self.old, was, is), (self.new, is, was)];
            for (side, subject, other) in sides {
                let differs = |rule: &&Rule| {
                    side.changed.rule(&rule.name).is_some()
                        || person.ends_otherwise()
                        || !other.is_some_and(|other| rule.matches_subject(other))
                        || rule.names.iter().any(|glob| glob.has_placeholder())
                };
                let rules = subject.into_iter().flat_map(|subject| rules_of(side.policy, subject));
                for rule in rules.filter(differs) {
                    touches.extend(states.iter().map(|subject| Touch {
                        rule,
                        subject,
                        selectors: vec![own.to_owned()],
                        only: None,
                    }));
                }
            }
            return touches;
        }
        // Only the new state counts: if the subject has left a group, the group's selector no longer matches it.
        states.retain(|state| is == Some(*state));
        for (side, subject) in
            [self.old, self.new].into_iter().flat_map(|side| states.iter().map(move |s| (side, *s)))
        {
            for rule in rules_of(side.changed, subject) {
                let meant = rule.subjects.iter().filter(|selector| selector.matches(subject));
                let mut selectors: Vec<String> = meant.map(ToString::to_string).collect();
                let mut only = None;
                if let Role::Imagined(selector, glob) = role {
                    selectors.retain(|own| own == selector);
                    only = Some(glob);
                }
                touches.push(Touch { rule, subject, selectors, only });
            }
        }
        touches
    }

    /// Returns the services of the touched rules, as indices in [`Axes::services`]. Services that no rule
    /// distinguishes are in one class.
    fn services(&self, view: &View<'a>, touches: &[Touch<'a>]) -> Vec<Vec<usize>> {
        let rules = view.before.iter().chain(&view.after);
        let globs: BTreeSet<&ServiceGlob> = rules.flat_map(|rule| rule.services.iter()).collect();
        let mut classes: BTreeMap<Vec<bool>, Vec<usize>> = BTreeMap::new();
        for (number, service) in self.axes.services.iter().enumerate() {
            if touches.iter().any(|touch| touch.rule.matches_service(service)) {
                let fits = globs.iter().map(|glob| glob.matches(service)).collect();
                classes.entry(fits).or_default().push(number);
            }
        }
        classes.into_values().collect()
    }

    /// Asks both policies about every action, and notes the answers in every area that contains the name.
    fn ask(&mut self, asked: &Asked<'_, 'a>, of: usize, class: &[usize]) {
        let axes = self.axes;
        let service = class.first().and_then(|first| axes.services.get(*first));
        let (Some(service), Some(resource_type)) = (service, axes.types.get(of)) else {
            return;
        };
        let fitted = asked.sample.fits.iter().filter_map(|number| asked.view.heads.get(*number)).flatten();
        let fits = |head: &&Head<'_>| {
            head.rule.resource_type.matches(resource_type) && head.services.matches(service)
        };
        let heads: Vec<&Head<'_>> = fitted.filter(fits).collect();
        let looked_at = |side: Side<'_>, subject: Option<&Subject>| {
            subject.map_or(0, |subject| side.policy.candidates(subject, &asked.sample.name))
        };
        let (before, after) = asked.person.subjects();
        let decision = ONE_DECISION + looked_at(self.old, before) + looked_at(self.new, after);
        let notes = heads.len() * class.len() * axes.actions.len();
        let policies = (self.old.policy, self.new.policy);
        let is_made_up = matches!(asked.role, Role::Stranger(_) | Role::Imagined(..));
        let is_about = |condition: &&Condition| !heads.is_empty() && asked.is_there(condition.1);
        for condition in asked.view.conditions.iter().filter(is_about) {
            if !self.work.spend(decision + notes) {
                return;
            }
            let name = &asked.sample.name;
            let question = Asking { policies, service, resource_type, name, condition: *condition };
            let (was, is) = question.answers(asked.person, &self.asked);
            for (number, action) in axes.actions.iter().enumerate() {
                let answers = (was.contains(action), is.contains(action));
                let mut areas: BTreeMap<usize, bool> = BTreeMap::new();
                for head in &heads {
                    *areas.entry(head.area).or_default() |= head.may_decide(action, &asked.view.tiers);
                }
                let mut told: Option<Told> = None;
                for (area, may_decide) in areas {
                    for service in class {
                        let cell = (*service, of, number);
                        let noted = if may_decide { answers } else { KEPT };
                        if self.facts.note(area, cell, noted, is_made_up) {
                            let own = || self.told(asked, &question, action, &heads, class);
                            let own = told.get_or_insert_with(own).clone();
                            self.facts.tell(area, cell, answers.1, own);
                        }
                    }
                }
            }
        }
    }

    /// Makes the example of a row, with a known subject instead of a stranger if possible.
    fn told(
        &self,
        asked: &Asked<'_, 'a>,
        question: &Asking<'_>,
        action: &Action,
        heads: &[&Head<'_>],
        class: &[usize],
    ) -> Told {
        let is_filled = heads.iter().any(|head| head.rule.names.iter().any(|glob| glob.has_placeholder()));
        let known = match asked.role {
            Role::Stranger(people) if !is_filled => people,
            _ => &[],
        };
        let services = || class.iter().filter_map(|number| self.axes.services.get(*number));
        let changes = |one: &&Account, service| {
            let here = Asking { service, ..*question };
            here.answer(asked.person, action) == here.answer(Person::unchanged(one), action)
        };
        let instead = known
            .iter()
            .copied()
            .take(MOST_INSTEAD)
            .find(|one| services().all(|service| changes(one, service)))
            .map(Person::unchanged);
        let is_made_up = instead.is_none() && matches!(asked.role, Role::Stranger(_) | Role::Imagined(..));
        let (was, is) = instead.unwrap_or(asked.person).at(question.condition.1).subjects();
        let by = is.and_then(|subject| question.decider(action, subject));
        let subject = is.or(was);
        let identity = subject.and_then(|subject| subject.identity.as_ref()).map(ToString::to_string);
        let text = identity.unwrap_or_else(|| Selector::Anonymous.to_string());
        // The name of a made-up subject means nothing to people, so the example names its group.
        let is_nobody = matches!(asked.role, Role::Imagined(selector, _) if selector != text);
        let group = subject.and_then(|subject| subject.groups.first()).filter(|_| is_nobody);
        let subject = group.map_or(text, |group| format!("group:{group}"));
        let (address, at) = question.condition;
        let example = Example {
            subject,
            name: question.name.clone(),
            address,
            at: (at != self.at).then_some(at),
            asked: None,
        };
        Told { example, by, is_made_up }
    }
}
