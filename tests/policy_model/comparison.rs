//! Checks the comparison of two policies against the model. The comparison must find every difference, and every row of
//! its result (a selector that gains or loses an action) must be true.

use super::from_env;
use super::generate::{ADDRESSES, Dice, scope};
use super::model;
use super::world::{ACTIONS, Asked, NOW, Person, TYPES, World, at, bounds, every_action, named, push_alone};
use portreeve::domain::policy::{
    Account, Changes, Comparison, DecisionChange, Policy, Population, Rule, RuleName, ServiceChange, compare,
};
use portreeve::domain::resource::{Action, ResourceName};
use portreeve::domain::selector::Selector;
use portreeve::domain::service::{Service, ServiceName};
use portreeve::domain::subject::{GroupName, Subject};
use portreeve::domain::time::Timestamp;
use std::collections::BTreeSet;
use std::sync::Arc;

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
