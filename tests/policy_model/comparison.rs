//! Checks the comparison of two policies against the model. The comparison must find every difference, and every row of
//! its result (a selector that gains or loses an action) must be true.

use super::from_env;
use super::generate::{ADDRESSES, Case, Dice, scope, subject};
use super::model;
use portreeve::domain::policy::{
    Abandoned, Account, Bounds, Changes, Comparison, DecisionChange, Policy, Population, Question, Rule,
    RuleName, ServiceChange, SubjectChange, compare,
};
use portreeve::domain::resource::{Action, ActionSet, ResourceName, ResourceType};
use portreeve::domain::scope::ResourceScope;
use portreeve::domain::selector::Selector;
use portreeve::domain::service::{Service, ServiceName};
use portreeve::domain::subject::{GroupName, Subject, SubjectRef};
use portreeve::domain::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;

/// The actions of questions. No rule lists `zz`.
const ACTIONS: [&str; 6] = ["pull", "push", "delete", "x", "*", "zz"];
const TYPES: [&str; 3] = ["repository", "registry", "zz"];
/// The time from which decisions are compared. Some rules have ended at this time, and some begin later.
const NOW: i64 = 2;

/// An account before and after the change.
type Person = (Option<Account>, Option<Account>);

/// The registries by their names.
type Services = BTreeMap<ServiceName, Service>;

/// Returns the limits of an apply, with this number of rows.
fn bounds(rows: usize) -> Bounds {
    Bounds { work: 20_000_000, rows, abandoned: Abandoned::default() }
}

struct World {
    old: Vec<Rule>,
    new: Vec<Rule>,
    /// The registries before and after the change.
    registries: (Services, Services),
    /// All accounts by their names. For an unchanged account, both states are the same.
    people: BTreeMap<String, Person>,
    /// The names of all registries before or after the change.
    services: Vec<ServiceName>,
}

fn named(mut subject: Subject, name: &str) -> Subject {
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
fn at(person: &Person, at: Timestamp) -> (Option<&Subject>, Option<&Subject>) {
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
    fn random(dice: &mut Dice) -> Self {
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

    fn compare(&self, limit: usize) -> Comparison {
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

    fn reads_push_otherwise(&self, service: &ServiceName) -> bool {
        let of = |registries: &Services| registries.get(service).map(Service::push_includes_pull);
        of(&self.registries.0) != of(&self.registries.1)
    }

    /// Returns the grants of the model before and after.
    fn granted(&self, person: &Person, asked: &Asked) -> (ActionSet, ActionSet) {
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

struct Asked {
    service: ServiceName,
    /// The asked scope, with all of [`ACTIONS`] or with `push` alone.
    scope: ResourceScope,
    address: Option<IpAddr>,
    at: Timestamp,
}

fn every_action(of: &str, name: &ResourceName) -> ResourceScope {
    ResourceScope {
        resource_type: ResourceType::parse(of).unwrap(),
        name: name.clone(),
        actions: ACTIONS.iter().map(|text| Action::parse(text).unwrap()).collect(),
    }
}

/// Returns the question with `push` alone. Some registries then include more actions.
fn push_alone(mut asked: Asked) -> Asked {
    asked.scope.actions = [Action::parse("push").unwrap()].into_iter().collect();
    asked
}

/// Returns the states of an account to which a selector applies: the present account, and for a row about the account
/// itself also the earlier one.
fn states<'p>(person: &'p Person, selector: &str, then: Timestamp) -> impl Iterator<Item = &'p Subject> {
    let (was, is) = at(person, then);
    let own =
        is.or(was).and_then(|state| state.identity.as_ref()).is_some_and(|id| id.to_string() == selector);
    was.into_iter().filter(move |_| own).chain(is)
}

/// Returns true if a row is about this question, whether or not the statement of the row is true.
fn is_about(row: &DecisionChange, person: &Person, asked: &Asked, action: &str) -> bool {
    let selector = Selector::parse(&row.selector).unwrap();
    let means = |subject: &Subject| {
        model::selects(&selector, subject) && model::name_fits(&row.name, asked.scope.name.as_str(), subject)
    };
    let or_every = |text: &str, own: &str| text == "*" || text == own;
    model::service_fits(&row.service, asked.service.as_str())
        && or_every(&row.resource_type, asked.scope.resource_type.as_str())
        && or_every(&row.action, action)
        && states(person, &row.selector, asked.at).any(means)
}

/// Returns a random question, often about a name in a row.
fn anything(world: &World, rows: &[DecisionChange], dice: &mut Dice) -> Asked {
    let random = scope(dice);
    let told = rows.get(dice.below(rows.len().max(1))).filter(|_| dice.one_in(3));
    let told = told.map(|row| &row.example.name);
    let fits = |name: &&ResourceName| ResourceName::parse(&random.resource_type, name.as_str()).is_ok();
    let name = told.filter(fits).unwrap_or(&random.name);
    Asked {
        service: world.services[dice.below(world.services.len())].clone(),
        scope: every_action(random.resource_type.as_str(), name),
        address: (!dice.one_in(3)).then(|| dice.pick(&ADDRESSES).parse().unwrap()),
        at: Timestamp::from_seconds(NOW + dice.below(3) as i64),
    }
}

/// Checks that a row covers every difference. If the question asks for all actions, also checks that each row without
/// `partly` is true for everything that it covers. Returns the number of differences.
fn check_complete(world: &World, rows: &[DecisionChange], asked: &Asked, seed: u64) -> usize {
    let mut differ = 0;
    let is_whole = asked.scope.actions.len() > 1;
    for (who, person) in &world.people {
        let (before, after) = world.granted(person, asked);
        for text in ACTIONS {
            let action = Action::parse(text).unwrap();
            let (was, is) = (before.contains(&action), after.contains(&action));
            let about: Vec<_> = rows.iter().filter(|row| is_about(row, person, asked, text)).collect();
            let told = format!(
                "seed {seed}: {who} {}:{}:{text} at {} {:?} {}: {was} {is} {about:#?}",
                asked.scope.resource_type, asked.scope.name, asked.service, asked.address, asked.at
            );
            assert!(
                was == is || about.iter().any(|row| row.after == is),
                "no row covers this difference: {told}"
            );
            for row in about.iter().filter(|row| !row.partly && is_whole) {
                assert!((row.before, row.after) == (was, is), "a row is false for this question: {told}");
            }
            differ += usize::from(was != is);
        }
    }
    differ
}

/// Checks that the whole statement of a row is true for the row's example. Returns false if the example cannot be
/// checked.
fn check_true(world: &World, row: &DecisionChange, seed: u64) -> bool {
    let who = row.example.subject.as_str();
    let is_of_values = ["${group}", "${label"].iter().any(|text| row.name.contains(text));
    let person = match (world.people.get(who), who.split_once(':')) {
        (Some(person), _) => person.clone(),
        // The example is not a stored account, and the row does not show the groups and labels of the example.
        (None, _) if is_of_values => return false,
        (None, Some(("group", name))) => {
            let mut member = named(Subject::default(), "user:0.somebody.else");
            member.groups.insert(GroupName::parse(name).unwrap());
            (Some(Account::of(member.clone())), Some(Account::of(member)))
        }
        (None, _) => {
            let stranger = Account::of(named(Subject::default(), who));
            (Some(stranger.clone()), Some(stranger))
        }
    };
    let mut services = world.services.clone();
    services.retain(|service| model::service_fits(&row.service, service.as_str()));
    if services.is_empty() {
        services.push(ServiceName::parse(&row.service.replace(['*', '?'], "x")).unwrap());
    }
    let of = |text: &str, all: &[&'static str]| -> Vec<String> {
        if text == "*" { all.iter().map(ToString::to_string).collect() } else { vec![text.to_owned()] }
    };
    for service in services {
        let mut holds = Vec::new();
        for kind in of(&row.resource_type, &TYPES) {
            let asked = Asked {
                service: service.clone(),
                scope: every_action(&kind, &row.example.name),
                address: row.example.address,
                at: row.example.at.unwrap_or(Timestamp::from_seconds(NOW)),
            };
            let asked = if row.example.asked.is_some() { push_alone(asked) } else { asked };
            let (before, after) = world.granted(&person, &asked);
            for action in of(&row.action, &ACTIONS) {
                let action = Action::parse(&action).unwrap();
                holds.push((before.contains(&action), after.contains(&action)) == (row.before, row.after));
            }
        }
        // A row with `partly` must be true for at least one of its types and actions.
        let is_so = if row.partly { holds.contains(&true) } else { !holds.contains(&false) };
        assert!(is_so, "seed {seed}: the row is false at {service} {holds:?}: {row:#?} {person:?}");
    }
    assert_ne!(row.before, row.after);
    let by = row.by.as_ref();
    assert!(by.is_none_or(|name| world.new.iter().any(|rule| rule.name == *name && rule.enabled)), "{row:?}");
    true
}

/// `PORTREEVE_COMPARED_WORLDS` sets a larger number of worlds.
#[test]
fn a_comparison_leaves_nothing_out_and_tells_nothing_else() {
    let worlds = from_env("PORTREEVE_COMPARED_WORLDS", 240);
    let (mut pairs, mut differ, mut rows, mut proven, mut incomplete) = (0, 0, 0, 0, 0);
    let first = from_env("PORTREEVE_MODEL_SEED", 1);
    let mut compared = std::time::Duration::ZERO;
    for seed in first..first + worlds {
        let mut dice = Dice::new(seed ^ 0xc0_ffee);
        let world = World::random(&mut dice);
        let begun = std::time::Instant::now();
        let told = world.compare(usize::MAX);
        compared += begun.elapsed();
        rows += told.decisions.len();
        proven += told.decisions.iter().filter(|row| check_true(&world, row, seed)).count();
        if told.omitted > 0 {
            incomplete += 1;
            continue;
        }
        for _ in 0..12 {
            let asked = anything(&world, &told.decisions, &mut dice);
            differ += check_complete(&world, &told.decisions, &asked, seed);
            // If the change makes a registry read `push` in another way, the answer to `push` alone is checked as well.
            if world.reads_push_otherwise(&asked.service) {
                check_complete(&world, &told.decisions, &push_alone(asked), seed);
            }
            pairs += world.people.len() * ACTIONS.len();
        }
    }
    println!(
        "{worlds} worlds, {incomplete} incomplete, {pairs} pairs, {differ} differ, {rows} rows, {proven} proven, \
         compared in {compared:?}"
    );
    assert!(incomplete * 50 <= worlds, "{incomplete} of {worlds} comparisons are incomplete");
    assert!(worlds < 240 || pairs >= 100_000, "{pairs}");
    assert!(
        differ * 100 >= pairs && proven * 4 >= rows * 3,
        "{differ} of {pairs} differ, {proven} of {rows}"
    );
}

#[test]
fn the_same_has_no_changes_and_what_is_not_told_is_counted() {
    for seed in 1..=30 {
        let mut world = World::random(&mut Dice::new(seed));
        let all = world.compare(usize::MAX);
        let some = world.compare(1);
        assert!(some.decisions.len() <= 1);
        assert_eq!(some.decisions.len() + some.omitted, all.decisions.len() + all.omitted);
        world.new = world.old.clone();
        world.people.values_mut().for_each(|person| person.1 = person.0.clone());
        world.registries.1 = world.registries.0.clone();
        assert_eq!(world.compare(usize::MAX), Comparison::default());
    }
}

/// Builds this number of rules, and 1,000 people with one group each. One rule in ten is for everybody who is
/// authenticated, and each other rule is for one of the groups.
fn many(count: usize) -> (Vec<Rule>, Population) {
    let rule = |name: &str, subject: &str, glob: &str, actions: &str, more: &str| -> Rule {
        let json = format!(
            r#"{{"name": "{name}", "subjects": ["{subject}"], "names": ["{glob}"], "actions": [{actions}]{more}}}"#
        );
        serde_json::from_str::<portreeve::domain::policy::RuleFields>(&json).unwrap().try_into().unwrap()
    };
    let mut rules = vec![rule("base", "authenticated", "**", r#""pull", "push""#, "")];
    for number in 1..count {
        let subject = match number % 10 {
            0 => "authenticated".to_owned(),
            _ => format!("group:g{}", number % 1000),
        };
        let (name, glob) = (format!("r{number}"), format!("team{}/p{number}/**", number % 1000));
        rules.push(rule(&name, &subject, &glob, r#""pull", "push", "delete""#, ""));
    }
    let people = (0..1000).map(|number| {
        let mut one = named(Subject::default(), &format!("user:u{number}"));
        one.groups.insert(GroupName::parse(&format!("g{number}")).unwrap());
        one
    });
    let services = vec![ServiceName::parse("registry").unwrap()];
    (
        rules,
        Population {
            people: people.map(|one| Arc::new(Account::of(one))).collect(),
            more_people: 0,
            services,
        },
    )
}

/// This command prints the duration: `cargo nextest run --release --test policy_model ten_thousand --no-capture`.
#[test]
fn ten_thousand_rules_are_compared_in_time_and_whole() {
    // A debug build is about twenty times slower.
    let (rules, known) = many(if cfg!(debug_assertions) { 1000 } else { 10_000 });
    let old = Policy::from_rules(rules.iter().cloned());
    let now = Timestamp::from_seconds(NOW);
    for (subject, glob, priority) in [
        ("everyone", "release/**", 0),
        ("everyone", "**", 10),
        ("group:g5", "team5/**", 10),
        ("authenticated", "*/p77/**", 0),
    ] {
        let json = format!(
            r#"{{"name": "new", "effect": "deny", "subjects": ["{subject}"], "names": ["{glob}"],
                "actions": ["push"], "priority": {priority}}}"#
        );
        let fields: portreeve::domain::policy::RuleFields = serde_json::from_str(&json).unwrap();
        let new = old.with_rule(fields.try_into().unwrap());
        let rules: BTreeSet<RuleName> = [RuleName::parse("new").unwrap()].into();
        let begun = std::time::Instant::now();
        let changes = Changes { rules: &rules, subjects: &[], services: &[] };
        let told = compare((&old, &new), changes, &known, now, bounds(usize::MAX));
        let took = begun.elapsed();
        println!(
            "{subject} {glob} at {priority}: {} rows, {} omitted, {took:?}",
            told.decisions.len(),
            told.omitted
        );
        assert_eq!(told.omitted, 0);
        assert!(told.decisions.iter().any(|row| row.action == "push" && !row.after));
        assert_eq!(told.decisions.iter().any(|row| row.action == "pull" && !row.after), priority > 0);
        assert!(cfg!(debug_assertions) || took.as_secs() < 2, "{took:?}");
    }
    // The registry that is added or removed changes the answers of every rule.
    let service = Some(Service::new(ServiceName::parse("second").unwrap()));
    for (before, after) in [(None, service.clone()), (service, None)] {
        let services = [ServiceChange { before, after }];
        let changes = Changes { rules: &BTreeSet::new(), subjects: &[], services: &services };
        let begun = std::time::Instant::now();
        let told = compare((&old, &old), changes, &known, now, bounds(1000));
        let took = begun.elapsed();
        println!("a registry: {} rows, {} omitted, {took:?}", told.decisions.len(), told.omitted);
        assert!(told.omitted > 0 && told.decisions.iter().all(|row| row.service == "second"));
        assert!(cfg!(debug_assertions) || took.as_secs() < 2, "{took:?}");
    }
}
