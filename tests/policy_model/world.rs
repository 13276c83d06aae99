//! Random worlds for the comparison of two policies: rules, registries and accounts before and after a change, and what
//! the model grants in them.

use super::generate::{Case, Dice, subject};
use super::model;
use portreeve::domain::policy::{
    Abandoned, Account, Bounds, Changes, Comparison, Policy, Population, Question, Rule, ServiceChange,
    SubjectChange, compare,
};
use portreeve::domain::resource::{Action, ActionSet, ResourceName, ResourceType};
use portreeve::domain::scope::ResourceScope;
use portreeve::domain::service::{Service, ServiceName};
use portreeve::domain::subject::{Subject, SubjectRef};
use portreeve::domain::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;

/// The actions of questions. No rule lists `zz`.
pub(super) const ACTIONS: [&str; 6] = ["pull", "push", "delete", "x", "*", "zz"];
pub(super) const TYPES: [&str; 3] = ["repository", "registry", "zz"];
/// The time from which decisions are compared. Some rules have ended at this time, and some begin later.
pub(super) const NOW: i64 = 2;

/// An account before and after the change.
pub(super) type Person = (Option<Account>, Option<Account>);

/// The registries by their names.
pub(super) type Services = BTreeMap<ServiceName, Service>;

/// Returns the limits of an apply, with this number of rows.
pub(super) fn bounds(rows: usize) -> Bounds {
    Bounds { work: 20_000_000, rows, abandoned: Abandoned::default() }
}

pub(super) struct World {
    pub(super) old: Vec<Rule>,
    pub(super) new: Vec<Rule>,
    /// The registries before and after the change.
    pub(super) registries: (Services, Services),
    /// All accounts by their names. For an unchanged account, both states are the same.
    pub(super) people: BTreeMap<String, Person>,
    /// The names of all registries before or after the change.
    pub(super) services: Vec<ServiceName>,
}

pub(super) fn named(mut subject: Subject, name: &str) -> Subject {
    subject.identity = Some(SubjectRef::parse(name).unwrap());
    subject
}

/// Returns the accounts that rules may name, accounts that no rule names, and the anonymous caller. Some accounts do
/// not exist before or after the change.
fn people(dice: &mut Dice) -> BTreeMap<String, Person> {
    let mut people = BTreeMap::new();
    for name in ["user:a", "user:b", "robot:a", "robot:b", "user:ab"] {
        let state = |dice: &mut Dice| {
            let mut random = Account::of(named(subject(dice), name));
            // The account may end at one of the later times of the questions, or after them.
            random.until = dice.one_in(3).then(|| Timestamp::from_seconds(NOW + 1 + dice.below(3) as i64));
            random.is_admin = dice.one_in(3);
            (!dice.one_in(8)).then_some(random)
        };
        let before = state(dice);
        let mut after = if dice.one_in(6) { state(dice) } else { before.clone() };
        if let Some(account) = after.as_mut().filter(|_| dice.one_in(8)) {
            account.until = dice.pick(&[None, Some(Timestamp::from_seconds(NOW + 1))]);
        }
        if before.is_some() || after.is_some() {
            people.insert(name.to_owned(), (before, after));
        }
    }
    let same = |subject: Subject| (Some(Account::of(subject.clone())), Some(Account::of(subject)));
    people.insert("user:zoe".to_owned(), same(named(Subject::default(), "user:zoe")));
    people.insert("anonymous".to_owned(), same(Subject::anonymous()));
    people
}

/// Returns the states of an account that have not ended at this time.
pub(super) fn at(person: &Person, at: Timestamp) -> (Option<&Subject>, Option<&Subject>) {
    let living = |state: &&Account| state.until.is_none_or(|end| at < end);
    (
        person.0.as_ref().filter(living).map(|state| &state.subject),
        person.1.as_ref().filter(living).map(|state| &state.subject),
    )
}

/// Returns the registries before and after a change. Some are added or removed, or read `push` in another way.
fn registries(dice: &mut Dice) -> (Services, Services) {
    let mut both = (Services::new(), Services::new());
    let change = dice.one_in(3);
    for text in ["r", "s", "rr"] {
        let mut service = Service::new(ServiceName::parse(text).unwrap());
        service.asked_push_includes_pull = Some(dice.one_in(2));
        let states = [(true, true), (true, true), (false, true), (true, false)];
        let is_there = text == "r" || dice.one_in(2);
        let (was, is) = if change { dice.pick(&states) } else { (is_there, is_there) };
        if was {
            both.0.insert(service.name.clone(), service.clone());
        }
        if change && dice.one_in(3) {
            service.asked_push_includes_pull = Some(dice.one_in(2));
        }
        if is {
            both.1.insert(service.name.clone(), service);
        }
    }
    both
}

impl World {
    pub(super) fn random(dice: &mut Dice) -> Self {
        let case = Case::random(dice);
        let old = case.rules.clone();
        let mut new = old.clone();
        for _ in 0..dice.below(4) {
            let rule = case.random_rule(dice);
            new.retain(|other| other.name != rule.name);
            if !dice.one_in(3) {
                new.push(rule);
            }
        }
        let registries = registries(dice);
        let services: BTreeSet<ServiceName> =
            registries.0.keys().chain(registries.1.keys()).cloned().collect();
        Self { old, new, people: people(dice), registries, services: services.into_iter().collect() }
    }

    pub(super) fn compare(&self, limit: usize) -> Comparison {
        let rules = self.old.iter().chain(&self.new).map(|rule| rule.name.clone()).collect();
        let (mut subjects, mut people) = (Vec::new(), Vec::new());
        for (name, (before, after)) in &self.people {
            if before != after {
                subjects.push(SubjectChange { before: before.clone(), after: after.clone() });
            } else if name != "anonymous" {
                people.extend(before.clone().map(Arc::new));
            }
        }
        let (was, is) = &self.registries;
        let stay = was.keys().filter(|name| is.contains_key(*name)).cloned().collect();
        let change = |name| ServiceChange { before: was.get(name).cloned(), after: is.get(name).cloned() };
        let services: Vec<ServiceChange> =
            self.services.iter().map(change).filter(|change| change.before != change.after).collect();
        let known = Population { people, more_people: 0, services: stay };
        let policy = |rules: &[Rule]| Policy::from_rules(rules.iter().cloned());
        let changes = Changes { rules: &rules, subjects: &subjects, services: &services };
        let now = Timestamp::from_seconds(NOW);
        compare((&policy(&self.old), &policy(&self.new)), changes, &known, now, bounds(limit))
    }

    pub(super) fn reads_push_otherwise(&self, service: &ServiceName) -> bool {
        let of = |registries: &Services| registries.get(service).map(Service::push_includes_pull);
        of(&self.registries.0) != of(&self.registries.1)
    }

    /// Returns the grants of the model before and after.
    pub(super) fn granted(&self, person: &Person, asked: &Asked) -> (ActionSet, ActionSet) {
        let granted = |rules: &[Rule], subject: Option<&Subject>, registries: &Services| {
            let registry = registries.get(&asked.service);
            // A registry that is not in `services` counts as existing.
            let is_there = registry.is_some() || !self.services.contains(&asked.service);
            let Some(subject) = subject.filter(|_| is_there) else {
                return ActionSet::new();
            };
            let mut scope = asked.scope.clone();
            let [pull, push] = ["pull", "push"].map(|text| Action::parse(text).unwrap());
            if scope.resource_type.is_repository()
                && scope.actions.contains(&push)
                && registry.is_some_and(|one| one.asked_push_includes_pull == Some(true))
            {
                scope.actions = scope.actions.iter().cloned().chain([pull]).collect();
            }
            let question = Question {
                subject,
                service: &asked.service,
                scopes: std::slice::from_ref(&scope),
                address: asked.address,
                at: asked.at,
                restriction: None,
            };
            let access = model::evaluate(rules, &question).granted;
            access.entries().first().map(|entry| entry.actions.clone()).unwrap_or_default()
        };
        let (was, is) = at(person, asked.at);
        (granted(&self.old, was, &self.registries.0), granted(&self.new, is, &self.registries.1))
    }
}

pub(super) struct Asked {
    pub(super) service: ServiceName,
    /// The asked scope, with all of [`ACTIONS`] or with `push` alone.
    pub(super) scope: ResourceScope,
    pub(super) address: Option<IpAddr>,
    pub(super) at: Timestamp,
}

pub(super) fn every_action(of: &str, name: &ResourceName) -> ResourceScope {
    ResourceScope {
        resource_type: ResourceType::parse(of).unwrap(),
        name: name.clone(),
        actions: ACTIONS.iter().map(|text| Action::parse(text).unwrap()).collect(),
    }
}

/// Returns the question with `push` alone. Some registries then include more actions.
pub(super) fn push_alone(mut asked: Asked) -> Asked {
    asked.scope.actions = [Action::parse("push").unwrap()].into_iter().collect();
    asked
}
