//! Tests with random rules and uses: no suggestion refuses a seen use, and no suggestion grants more.

use super::*;
use crate::domain::policy::Question;
use proptest::prelude::*;
use std::collections::BTreeSet;

fn list(options: &'static [&'static str]) -> impl Strategy<Value = Vec<&'static str>> {
    proptest::sample::subsequence(options, 1..=3.min(options.len()))
}

fn rules() -> impl Strategy<Value = Vec<String>> {
    let subjects = list(&[
        "user:alice",
        "user:bob",
        "robot:ci",
        "group:web",
        "group:ops",
        "authenticated",
        "anonymous",
        "everyone",
    ]);
    let names = list(&[
        "**",
        "a/**",
        "a/*",
        "a/b",
        "web/**",
        "${group}/**",
        "${subject}/*",
        "*/b",
        "**/b",
        "${label:team}/**",
    ]);
    let actions = list(&["pull", "push", "delete", "*"]);
    let services = list(&["registry", "other", "*"]);
    let one = (subjects, names, actions, services, -1..2i32, 0..10u8, 0..12u8, 0..12u8).prop_map(
        |(subjects, names, actions, services, priority, deny, network, time)| {
            let networks: &[&str] = match network {
                0 => &["10.0.0.0/8"],
                1 => &["192.0.2.0/24", "2001:db8::/32"],
                _ => &[],
            };
            let (begin, end) = match time {
                0 => (Some("1970-01-01T00:10:00Z"), None),
                1 => (Some("1970-01-01T01:00:00Z"), None),
                2 => (None, Some("1970-01-01T02:00:00Z")),
                3 => (None, Some("1970-01-01T05:00:00Z")),
                _ => (None, None),
            };
            serde_json::json!({
                "subjects": subjects, "names": names, "actions": actions, "priority": priority,
                "effect": if deny == 0 { "deny" } else { "allow" }, "services": services,
                "networks": networks, "not_before": begin, "not_after": end,
            })
            .to_string()
        },
    );
    proptest::collection::vec(one, 1..7)
}

type Use = (&'static str, &'static str, EventAction, &'static str, i64);

fn uses() -> impl Strategy<Value = Vec<Use>> {
    let of = proptest::sample::select(vec!["registry", "registry", "other"]);
    let who = proptest::sample::select(vec!["", "user:alice", "user:bob", "robot:ci", "user:dan"]);
    let action = proptest::sample::select(vec![Pull, Check, Push, Delete]);
    let names = vec!["a", "b", "a/b", "a/c", "a/b/c", "web/x", "web/y/z", "ops/b", "alice/x", "ci/b"];
    let use_of = (of, who, action, proptest::sample::select(names), 1..200i64);
    proptest::collection::vec(use_of, 0..12)
}

/// The address and the time of a question. The time is in seconds since the epoch.
type From = (Option<&'static str>, i64);

fn granted(policy: &Policy, subject: &Subject, seen: &Seen, (address, at): From) -> BTreeSet<String> {
    let question = Question {
        subject,
        service: &seen.service,
        scopes: std::slice::from_ref(&seen.scope),
        address: address.map(|text| text.parse().unwrap()),
        at: Timestamp::from_seconds(at),
        restriction: None,
    };
    let granted = policy.evaluate(&question).granted;
    granted.entries().iter().flat_map(|entry| entry.actions.iter().map(ToString::to_string)).collect()
}

/// Returns the policy and the subjects after these suggestions.
fn after(world: &World, items: &[&Suggested]) -> (Policy, Vec<Subject>) {
    let mut changed: BTreeMap<_, _> = BTreeMap::new();
    let mut subjects: Vec<Subject> = world.people.iter().map(|one| one.subject.clone()).collect();
    for item in items {
        if let Some(name) = item.narrowing.rule() {
            let rule = changed.entry(name).or_insert_with(|| world.policy.rule(name).unwrap().clone());
            item.narrowing.apply_to(rule);
        }
        if let Narrowing::Members { group, gone, .. } = &item.narrowing {
            for one in
                subjects.iter_mut().filter(|one| one.identity.as_ref().is_some_and(|id| gone.contains(id)))
            {
                one.groups.remove(group);
            }
        }
    }
    let mut policy = world.policy.clone();
    policy.insert_all(changed.into_values());
    (policy, subjects)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn no_suggestion_refuses_a_seen_use_and_none_grants_more(
        rules in rules(),
        uses in uses(),
        young in proptest::collection::vec(0..4u8, 12),
    ) {
        let names: Vec<String> = (0..rules.len()).map(|number| format!("r{number}")).collect();
        let rules: Vec<(&str, &str)> = names.iter().map(String::as_str).zip(rules.iter().map(String::as_str)).collect();
        let people = ["user:alice web", "user:bob web ops", "robot:ci ops", "user:dan ops"];
        let mut world = World::new(&rules, &people);
        for (of, who, action, name, count) in uses {
            world = world.uses_of(of, who, action, name, count);
        }
        world.people[1].subject.labels = Labels::parse([("team".to_owned(), vec!["a".to_owned()])]).unwrap();
        let mut is_young = young.into_iter().map(|chance| chance == 0);
        world.people.iter_mut().skip(1).zip(&mut is_young).for_each(|(one, young)| one.is_old = !young);
        for (name, _) in rules.iter().zip(&mut is_young).filter(|(_, young)| *young) {
            world = world.changed(name.0);
        }
        if is_young.next().unwrap_or_default() {
            world.unknown.push(service("other"));
        }
        let suggestions = world.suggest();
        let alone = suggestions.items.iter().map(|item| vec![item]);
        let sets = alone.chain([suggestions.items.iter().collect()]);
        for items in sets {
            let (policy, subjects) = after(&world, &items);
            let addresses = [None, Some("10.1.1.1"), Some("192.0.2.1"), Some("8.8.8.8")];
            let times = [NOW.as_micros() / 1_000_000, 30_000];
            for address in addresses.into_iter().flat_map(|address| times.map(|at| (address, at))) {
                for seen in &world.seen {
                    let before = granted(&world.policy, &world.people[seen.person].subject, seen, address);
                    let now = granted(&policy, &subjects[seen.person], seen, address);
                    prop_assert!(before.is_subset(&now), "{items:?} {seen:?}");
                }
                let names = ["a", "a/b", "web/x", "ops/b", "alice/b"];
                for (person, subject) in subjects.iter().enumerate() {
                    for (name, of) in names.iter().flat_map(|name| [(name, "registry"), (name, "other")]) {
                        let mut asked = Seen::none(person, service(of), name).unwrap();
                        [Pull, Push, Delete].into_iter().for_each(|action| asked.add(action, 1));
                        let before = granted(&world.policy, &world.people[person].subject, &asked, address);
                        let now = granted(&policy, subject, &asked, address);
                        prop_assert!(now.is_subset(&before), "{items:?} {subject:?} {name}");
                    }
                }
            }
        }
    }
}
