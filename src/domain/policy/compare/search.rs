//! The search for decisions that change: for one person after the other, every kind of question that a
//! changed rule is about is put to both policies.
//!
//! INVARIANT: what is not looked at is noted as missed.

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

/// What one decision costs beside the rules that it looks at.
const ONE_DECISION: usize = 16;

/// One part in so many of the work goes into finding names, for one person.
const NAMES: usize = 4;

/// How many of those who are known are tried in a stranger's place.
const MOST_INSTEAD: usize = 8;

/// What is noted of a rule that cannot be why a decision changes.
const KEPT: (bool, bool) = (false, false);

/// Whom rows are about.
#[derive(Debug, Clone, Copy)]
pub(super) enum Role<'a> {
    /// The selectors of changed rules that mean the person, who did not change.
    Population,
    /// The same for somebody who changed, or nobody.
    Selectors,
    /// The same for a stranger: somebody of these is shown instead, where the same is so.
    Stranger(&'a [&'a Account]),
    /// This selector on this glob of names; nobody is known for whom it would be.
    Imagined(&'a str, &'a str),
    /// The person, who changed.
    Itself(&'a str),
}

/// A policy, and the changed rules as they are in it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Side<'a> {
    pub(super) policy: &'a Policy,
    pub(super) changed: &'a Policy,
}

/// A search under way.
pub(super) struct Search<'a, 'w> {
    old: Side<'a>,
    new: Side<'a>,
    axes: &'a Axes,
    /// All actions of the axes.
    asked: ActionSet,
    at: Timestamp,
    /// Whether nothing more is looked at once some change was found.
    first_only: bool,
    seen: HashSet<Signature>,
    work: &'w mut Work,
    pub(super) facts: Facts,
}

/// One kind of name for one person.
struct Asked<'s, 'a> {
    view: &'s View<'a>,
    person: Person<'a>,
    role: Role<'a>,
    sample: &'s Sample,
}

impl Asked<'_, '_> {
    /// Whether there is somebody at that moment whom a row is about: for a selector somebody whom it means then.
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

    /// Looks at everything that may change for one person.
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

    /// The rules that may decide otherwise about the person now, for the person before and after.
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
        // Whoever leaves a group, or all of them, is no longer whom its selector means.
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

    /// The services that a touched rule is for, those together that no rule tells apart.
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

    /// Asks both policies for every action, and notes the answers for all whom they hold for.
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

    /// A case as a row shows it: of somebody known rather than of a stranger.
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
        // Nobody bears a stranger's name: a group says more.
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
