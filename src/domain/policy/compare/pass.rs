//! One comparison of two policies, for all subjects of the changed rules and accounts.

use super::account::{Account, SubjectChange};
use super::rows::{Axes, DecisionChange, Facts, Told};
use super::search::{Role, Search, Side};
use super::view::Person;
use super::work::Work;
use crate::domain::policy::glob::NameGlob;
use crate::domain::policy::index::Policy;
use crate::domain::policy::rule::{Rule, RuleName, TypePattern};
use crate::domain::policy::services::ServiceGlob;
use crate::domain::policy::witness::{self, Placeholder};
use crate::domain::resource::{Action, REPOSITORY_ACTIONS, ResourceType};
use crate::domain::selector::Selector;
use crate::domain::service::ServiceName;
use crate::domain::time::Timestamp;
use std::collections::BTreeSet;

/// The greatest number of subjects that the search makes up, one for each selector and glob of a changed rule.
const MOST_IMAGINED: usize = 50_000;
/// The greatest numbers of services, types and actions that the search asks about, not counting the type and the
/// action that no rule names.
const MOST_SERVICES: usize = 64;
const MOST_TYPES: usize = 16;
const MOST_ACTIONS: usize = 64;

/// The subjects for which two policies are compared.
#[derive(Clone, Copy)]
pub(super) struct Pass<'p> {
    /// The accounts that did not change, administrators last.
    pub(super) people: &'p [&'p Account],
    /// The accounts that changed, each before and after.
    pub(super) subjects: &'p [SubjectChange],
    pub(super) at: Timestamp,
}

/// The registries that the questions are about.
struct Services<'s> {
    services: BTreeSet<ServiceName>,
    /// The created or deleted services, which are compared separately.
    apart: &'s BTreeSet<ServiceName>,
}

/// Both policies, and for each policy its changed rules.
struct Changed<'a> {
    policies: (&'a Policy, &'a Policy),
    rules: (Policy, Policy),
}

impl<'a> Changed<'a> {
    fn new(policies: (&'a Policy, &'a Policy), names: &BTreeSet<&RuleName>) -> Self {
        let versions =
            |policy: &Policy| Policy::from_rules(names.iter().filter_map(|name| policy.rule(name).cloned()));
        Self { policies, rules: (versions(policies.0), versions(policies.1)) }
    }

    /// Returns the changed rules that are enabled, old versions first.
    fn enabled(&self) -> Vec<&Rule> {
        let both = [&self.rules.0, &self.rules.1].into_iter().flat_map(Policy::rules);
        both.filter(|rule| rule.enabled).collect()
    }
}

impl Pass<'_> {
    /// Returns the changed decisions at the registries in `stay`, which exist before and after the change. If no
    /// known registry matches a service glob of a changed rule, the search makes one up.
    pub(super) fn changed(
        &self,
        policies: (&Policy, &Policy),
        names: &BTreeSet<&RuleName>,
        stay: &[ServiceName],
        apart: &BTreeSet<ServiceName>,
        work: &mut Work,
    ) -> Vec<DecisionChange> {
        let changed = Changed::new(policies, names);
        let rules = changed.enabled();
        if rules.is_empty() && self.subjects.is_empty() {
            return Vec::new();
        }
        let mut services: BTreeSet<ServiceName> = stay.iter().cloned().collect();
        for glob in rules.iter().flat_map(|rule| rule.services.iter()) {
            if !stay.iter().chain(apart).any(|service| glob.matches(service)) {
                services.extend(witness::service_of(glob));
            }
        }
        if services.is_empty() && apart.is_empty() {
            services.extend(witness::service_of(&ServiceGlob::any()));
        }
        let axes = axes(policies.1, &rules, Services { services, apart }, work);
        self.search(&changed, &axes, false, work).rows(&axes)
    }

    /// Returns the changed decisions at these created or deleted registries. Each registry has rows of its own.
    pub(super) fn changed_at(
        &self,
        policies: (&Policy, &Policy),
        names: &BTreeSet<&RuleName>,
        services: &[ServiceName],
        work: &mut Work,
    ) -> Vec<DecisionChange> {
        let changed = Changed::new(policies, names);
        let apart: BTreeSet<ServiceName> = services.iter().cloned().collect();
        let services = Services { services: apart.clone(), apart: &apart };
        let axes = axes(policies.1, &changed.enabled(), services, work);
        self.search(&changed, &axes, false, work).rows(&axes)
    }

    /// Returns one case in which these rules change whether a subject may pull from the registry.
    pub(super) fn one_pull(
        &self,
        policies: (&Policy, &Policy),
        names: &BTreeSet<&RuleName>,
        service: &ServiceName,
        work: &mut Work,
    ) -> Option<Told> {
        let axes = Axes {
            services: vec![service.clone()],
            apart: BTreeSet::new(),
            types: ResourceType::parse("repository").into_iter().collect(),
            actions: Action::parse("pull").into_iter().collect(),
        };
        self.search(&Changed::new(policies, names), &axes, true, work).first().cloned()
    }

    /// Searches for the changed decisions of every subject. With `first_only`, stops at the first change.
    fn search(&self, changed: &Changed<'_>, axes: &Axes, first_only: bool, work: &mut Work) -> Facts {
        let sides = (
            Side { policy: changed.policies.0, changed: &changed.rules.0 },
            Side { policy: changed.policies.1, changed: &changed.rules.1 },
        );
        let rules = changed.enabled();
        let states = self.subjects.iter().flat_map(|change| [&change.before, &change.after]).flatten();
        let people: BTreeSet<String> =
            self.people.iter().copied().chain(states).filter_map(Account::selector).collect();
        let imagined = imagined(&rules, &people, work);
        let [nobody, stranger] =
            [Selector::Anonymous, Selector::Authenticated].map(|one| Account::of(witness::subject(&one)));
        let own = self.subjects.iter().map(|change| change.after.as_ref().or(change.before.as_ref()));
        let own: Vec<String> = own.map(|one| one.and_then(Account::selector).unwrap_or_default()).collect();
        let mut search = Search::new(sides, axes, self.at, first_only, work);
        if !rules.is_empty() {
            // An example with an ordinary account is more useful than an example with an administrator, so
            // administrators come later.
            let first_admin = self.people.partition_point(|one| !one.is_admin);
            let (others, admins) = self.people.split_at(first_admin);
            others.iter().for_each(|one| search.look(Person::unchanged(one), Role::Population));
            for change in self.subjects {
                search.look(person(change), Role::Selectors);
            }
            search.look(Person::unchanged(&nobody), Role::Selectors);
            search.look(Person::unchanged(&stranger), Role::Stranger(self.people));
            admins.iter().for_each(|one| search.look(Person::unchanged(one), Role::Population));
            let met = search.facts.met();
            for one in imagined.iter().filter(|one| !met.contains(&(one.selector.clone(), one.name.clone())))
            {
                search.look(Person::unchanged(&one.account), Role::Imagined(&one.selector, &one.name));
            }
        }
        for (change, own) in self.subjects.iter().zip(&own) {
            search.look(person(change), Role::Itself(own));
        }
        search.facts
    }
}

fn person(change: &SubjectChange) -> Person<'_> {
    Person { before: change.before.as_ref(), after: change.after.as_ref() }
}

/// A made-up subject that a changed rule matches. `selector` is not the selector of a known subject. The made-up
/// subject has no labels, so globs with a label placeholder are skipped.
struct Imagined {
    selector: String,
    name: String,
    account: Account,
}

fn imagined(rules: &[&Rule], people: &BTreeSet<String>, work: &mut Work) -> Vec<Imagined> {
    let mut imagined = Vec::new();
    for rule in rules {
        if imagined.len() + rule.subjects.len() * rule.names.len() > MOST_IMAGINED {
            work.miss();
            continue;
        }
        for selector in rule.subjects.iter().filter(|selector| !people.contains(&selector.to_string())) {
            let is_free = |glob: &&NameGlob| {
                !witness::placeholders(glob).iter().any(|one| matches!(one, Placeholder::Label(_)))
            };
            let globs = rule.names.iter().filter(is_free);
            imagined.extend(globs.filter_map(|glob| {
                let account = Account::of(witness::subject_for(selector, glob)?);
                Some(Imagined { selector: selector.to_string(), name: glob.to_string(), account })
            }));
        }
    }
    imagined
}

/// Returns the axes of the questions: these services, the type `repository` with its actions, and every type and
/// action that an enabled rule or a changed rule names, within the greatest numbers. One type and one action that
/// no rule names are added.
fn axes(new: &Policy, changed: &[&Rule], services: Services<'_>, work: &mut Work) -> Axes {
    let Services { services, apart } = services;
    let mut types = BTreeSet::from(["repository".to_owned()]);
    let mut actions: BTreeSet<Action> =
        REPOSITORY_ACTIONS.iter().filter_map(|text| Action::parse(text).ok()).collect();
    actions.insert(Action::every());
    // A rule of the old policy that may matter is in the new policy or in `changed`.
    for rule in new.rules().filter(|rule| rule.enabled).chain(changed.iter().copied()) {
        actions.extend(rule.actions.iter().cloned());
        if let TypePattern::Exactly(of) = &rule.resource_type {
            types.insert(of.as_str().to_owned());
        }
    }
    let other = |taken: &dyn Fn(&str) -> bool| {
        let mut text = "other".to_owned();
        while taken(&text) {
            text.push('x');
        }
        text
    };
    let other_type = other(&|text| types.contains(text));
    let other_action = other(&|text| actions.iter().any(|action| action.as_str() == text));
    if services.len() > MOST_SERVICES || types.len() > MOST_TYPES || actions.len() > MOST_ACTIONS {
        work.miss();
    }
    Axes {
        services: services.into_iter().take(MOST_SERVICES).collect(),
        apart: apart.clone(),
        types: types
            .into_iter()
            .take(MOST_TYPES)
            .chain([other_type])
            .filter_map(|text| ResourceType::parse(&text).ok())
            .collect(),
        actions: actions.into_iter().take(MOST_ACTIONS).chain(Action::parse(&other_action)).collect(),
    }
}
