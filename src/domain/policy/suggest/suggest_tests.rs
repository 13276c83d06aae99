//! Tests of suggestions for few rules and few subjects.

use super::*;
use crate::domain::events::EventAction;
use crate::domain::policy::testing::rule;
use crate::domain::policy::{NameGlob, RuleName};
use crate::domain::service::ServiceName;
use crate::domain::subject::{GroupName, Labels, Subject, SubjectRef};
use crate::domain::time::Timestamp;
use std::collections::BTreeMap;

const NOW: Timestamp = Timestamp::from_seconds(10_000);
const OLD: Timestamp = Timestamp::from_seconds(0);

/// The input of `suggest` in one test.
struct World {
    policy: Policy,
    people: Vec<Person>,
    seen: Vec<Seen>,
    unknown: Vec<ServiceName>,
    groups: BTreeMap<GroupName, Timestamp>,
    young: BTreeMap<RuleName, Timestamp>,
}

fn service(text: &str) -> ServiceName {
    ServiceName::parse(text).unwrap()
}

impl World {
    /// Makes the input from rules, each with a name and JSON, and from people, each written as `user:alice web
    /// ops`.
    fn new(rules: &[(&str, &str)], people: &[&str]) -> Self {
        let mut all = vec![Person { subject: Subject::anonymous(), is_old: true }];
        for text in people {
            let mut words = text.split(' ');
            let identity = SubjectRef::parse(words.next().unwrap()).unwrap();
            let groups = words.map(|word| GroupName::parse(word).unwrap()).collect();
            let subject = Subject { identity: Some(identity), groups, labels: Labels::default() };
            all.push(Person { subject, is_old: true });
        }
        let groups =
            all.iter().flat_map(|one| one.subject.groups.clone()).map(|group| (group, OLD)).collect();
        let policy = Policy::from_rules(rules.iter().map(|(name, json)| rule(name, json)));
        Self { policy, people: all, seen: Vec::new(), unknown: Vec::new(), groups, young: BTreeMap::new() }
    }

    fn person(&self, who: &str) -> usize {
        let name = |one: &Person| one.subject.identity.as_ref().map(ToString::to_string);
        self.people.iter().position(|one| name(one).unwrap_or_default() == who).unwrap()
    }

    fn uses(self, who: &str, action: EventAction, repository: &str, count: i64) -> Self {
        self.uses_of("registry", who, action, repository, count)
    }

    fn uses_of(mut self, of: &str, who: &str, action: EventAction, repository: &str, count: i64) -> Self {
        let mut seen = Seen::none(self.person(who), service(of), repository).unwrap();
        seen.add(action, count);
        self.seen.push(seen);
        self
    }

    /// Adds the numbers of tokens that granted and refused an action.
    fn asks(mut self, who: &str, action: &str, repository: &str, [granted, refused]: [i64; 2]) -> Self {
        let mut seen = Seen::none(self.person(who), service("registry"), repository).unwrap();
        seen.add_grants(action, granted, refused);
        self.seen.push(seen);
        self
    }

    fn changed(mut self, rule: &str) -> Self {
        self.young.insert(RuleName::parse(rule).unwrap(), NOW);
        self
    }

    fn young(mut self, who: &str) -> Self {
        let person = self.person(who);
        self.people[person].is_old = false;
        self
    }

    fn within(&self, work: usize, is_abandoned: bool) -> Option<Suggestions> {
        let observed = Observed {
            people: &self.people,
            seen: &self.seen,
            unknown: &self.unknown,
            groups: &self.groups,
            young: &self.young,
            since: Timestamp::from_seconds(1000),
            at: NOW,
        };
        let abandoned = Abandoned::default();
        abandoned.store(is_abandoned, std::sync::atomic::Ordering::Relaxed);
        suggest(&self.policy, &observed, &Limits { items: 100, work, abandoned })
    }

    fn suggest(&self) -> Suggestions {
        let suggestions = self.within(usize::MAX, false).unwrap();
        assert_eq!(suggestions.unproven, []);
        suggestions
    }

    /// Returns the suggestions, each as `KIND NAME -REMOVED`.
    fn told(&self) -> Vec<String> {
        let tell = |one: &Suggested| {
            let kind: &str = one.kind.into();
            let removed: String = one.removed.iter().map(|text| format!(" -{text}")).collect();
            format!("{kind} {}{removed}", one.place().1)
        };
        self.suggest().items.iter().map(tell).collect()
    }
}

use EventAction::{Check, Delete, Pull, Push};

#[test]
fn a_rule_loses_what_nobody_used() {
    let everything = r#"{"subjects": ["group:web", "user:bob", "anonymous"], "names": ["**", "old/*", "${group}/x"],
        "actions": ["pull", "push", "delete", "scan"]}"#;
    let world = World::new(
        &[("team", everything), ("idle", r#"{"subjects": ["user:bob"]}"#)],
        &["user:alice web", "user:carol web", "user:bob"],
    )
    .uses("user:alice", Push, "team/a", 5)
    .uses("user:alice", Check, "team/b", 5)
    .uses("user:alice", Pull, "team/c/d", 5);
    assert_eq!(
        world.told(),
        [
            "unused_rule idle",
            "unused_actions team -delete",
            "unused_members team -user:bob -anonymous",
            "unused_members web -user:carol",
            "narrower_names team -** -old/*",
        ]
    );
    let suggestions = world.suggest();
    assert_eq!(suggestions.seen, 15);
    let Narrowing::Names(_, names) = &suggestions.items[4].narrowing else { panic!("{suggestions:?}") };
    let names: Vec<&str> = names.iter().map(NameGlob::as_str).collect();
    assert_eq!(names, ["team/**", "${group}/x"], "a pattern with a placeholder stays");
}

#[test]
fn a_check_is_use_of_pull_and_a_push_needs_pull() {
    for (action, expected) in [(Check, "-delete -push"), (Push, "-delete"), (Delete, "-pull -push")] {
        let all = r#"{"actions": ["pull", "push", "delete"], "names": ["a"], "subjects": ["user:alice"]}"#;
        let world = World::new(&[("r", all)], &["user:alice"]).uses("user:alice", action, "a", 1);
        assert_eq!(world.told(), [format!("unused_actions r {expected}")], "{action:?}");
    }
}

#[test]
fn every_action_is_cut_unless_somebody_deletes() {
    let all = r#"{"actions": ["*"], "names": ["a"], "subjects": ["user:alice"]}"#;
    let world = World::new(&[("r", all)], &["user:alice"]).uses("user:alice", Push, "a", 1);
    assert_eq!(world.told(), ["unused_actions r -*"]);
    assert_eq!(world.uses("user:alice", Delete, "a", 1).told(), [""; 0]);
}

#[test]
fn what_the_use_does_not_cover_is_not_judged() {
    for json in [
        r#"{"effect": "deny"}"#,
        r#"{"enabled": false}"#,
        r#"{"type": "*"}"#,
        r#"{"type": "registry", "names": ["catalog"], "actions": ["*"]}"#,
        r#"{"services": ["other"]}"#,
        r#"{"not_after": "1970-01-01T00:00:01Z"}"#,
        r#"{"not_before": "1970-01-01T01:00:00Z"}"#,
    ] {
        let mut world = World::new(&[("r", json)], &["user:alice"]);
        world.unknown = vec![service("other")];
        assert_eq!(world.told(), [""; 0], "{json}");
    }
    let mut world = World::new(&[("r", "{}")], &[]);
    assert_eq!(world.told(), ["unused_rule r"]);
    world.unknown = vec![service("other")];
    assert_eq!(world.told(), [""; 0], "the rule is also for the service whose use is not known");
}

#[test]
fn new_accounts_and_groups_keep_their_rights() {
    let both = r#"{"subjects": ["user:alice", "user:bob", "group:web"], "names": ["a"]}"#;
    let world = || {
        World::new(&[("r", both)], &["user:alice", "user:bob", "user:carol web"]).uses(
            "user:alice",
            Pull,
            "a",
            1,
        )
    };
    assert_eq!(world().told(), ["unused_members r -user:bob -group:web"]);
    let mut young = world().young("user:bob");
    young.groups.insert(GroupName::parse("web").unwrap(), NOW);
    assert_eq!(young.told(), [""; 0]);
    let missing = r#"{"subjects": ["user:nobody", "group:none", "user:alice", "user:bob"], "names": ["a"]}"#;
    let world = World::new(&[("r", missing)], &["user:alice", "user:bob"]);
    assert_eq!(world.told(), ["unused_rule r"], "a rule for accounts that do not exist is not needed");
    let world = world.uses("user:alice", Pull, "a", 1);
    assert_eq!(world.told(), ["unused_members r -user:bob"]);
}

#[test]
fn a_rule_for_something_new_keeps_everything_but_old_subjects() {
    let all = r#"{"subjects": ["user:alice", "user:bob", "robot:new"], "actions": ["pull", "push"], "names": ["**"]}"#;
    let people = ["user:alice", "user:bob", "robot:new"];
    let world = || World::new(&[("r", all)], &people);
    assert_eq!(world().told(), ["unused_rule r"]);
    assert_eq!(world().young("robot:new").told(), [""; 0]);
    let used = world().uses("user:alice", Pull, "a/b", 100);
    assert_eq!(used.told().len(), 3);
    assert_eq!(used.young("robot:new").told(), ["unused_members r -user:bob"]);

    let of_group = [("r", r#"{"subjects": ["group:web"]}"#)];
    let world = || World::new(&of_group, &["user:alice web", "user:new web"]);
    assert_eq!(world().told(), ["unused_rule r"]);
    let young = world().young("user:new");
    assert_eq!(young.told(), ["unused_members web -user:alice"], "the new member may need the rule");
    let mut changed = world();
    changed.groups.insert(GroupName::parse("web").unwrap(), NOW);
    assert_eq!(changed.told(), [""; 0], "a group with a new member is not judged");
    assert_eq!(changed.suggest().young_groups.len(), 1);

    let own = [("r", r#"{"subjects": ["authenticated"], "names": ["${label:team}/**"]}"#)];
    assert_eq!(World::new(&own, &["user:alice"]).told(), ["unused_rule r"]);
    assert_eq!(
        World::new(&own, &["user:alice"]).young("user:alice").told(),
        [""; 0],
        "a new account may need the names of its label"
    );
}

#[test]
fn a_rule_that_changed_is_not_judged_and_hid_nothing_before() {
    let rules = [("high", r#"{"priority": 5}"#), ("low", r#"{"priority": 1}"#)];
    let world = World::new(&rules, &["user:alice"]).uses("user:alice", Pull, "a", 7);
    assert_eq!(world.told(), ["unused_rule low"]);
    let world = world.changed("high");
    assert_eq!(world.told(), [""; 0], "rule `low` may have granted the use before rule `high` changed");
    assert_eq!(world.suggest().young, [RuleName::parse("high").unwrap()]);
}

#[test]
fn a_pull_that_a_token_granted_may_leave_no_event() {
    let rules =
        [("r", r#"{"actions": ["pull", "push"], "names": ["a"], "subjects": ["user:alice", "user:bob"]}"#)];
    let world = World::new(&rules, &["user:alice", "user:bob"])
        .asks("user:alice", "pull", "a", [3, 1])
        .asks("user:alice", "push", "a", [2, 0])
        .asks("user:alice", "delete", "a", [0, 9])
        .asks("user:bob", "pull", "b", [5, 0]);
    assert_eq!(world.told(), ["unused_actions r -push", "unused_members r -user:bob"]);
    let suggestions = world.uses("user:alice", Check, "a", 4).suggest();
    let one = &suggestions.items[0];
    assert_eq!((one.asked, one.granted, one.used, suggestions.seen), (6, 5, 4, 4));
}

#[test]
fn the_proof_knows_addresses_outside_all_networks() {
    let deny = r#"{"effect": "deny", "networks": ["10.0.0.0/8", "192.0.2.0/24", "2001:db8::/32"]}"#;
    let world =
        World::new(&[("r", "{}"), ("inside", deny)], &["user:alice"]).uses("user:alice", Pull, "a", 7);
    assert_eq!(world.suggest().seen, 7);
    let everywhere = r#"{"effect": "deny", "networks": ["0.0.0.0/0", "::/0"]}"#;
    let world =
        World::new(&[("r", "{}"), ("not", everywhere)], &["user:alice"]).uses("user:alice", Pull, "a", 7);
    assert_eq!(world.suggest().seen, 0);
}

#[test]
fn work_has_a_bound_and_ends_when_nobody_waits() {
    let world = World::new(&[("r", "{}"), ("s", "{}")], &["user:alice"]).uses("user:alice", Pull, "a", 7);
    assert!(world.within(1000, false).is_some());
    for work in 0..20 {
        assert!(world.within(work, false).is_none(), "{work}");
    }
    assert!(world.within(1000, true).is_none());
}

#[test]
fn a_rule_that_hides_lower_ones_keeps_its_subjects_and_names() {
    let high = r#"{"priority": 10, "subjects": ["user:alice", "user:bob"], "actions": ["pull", "push"]}"#;
    let people = ["user:alice", "user:bob"];
    let world = World::new(&[("high", high), ("low", r#"{"actions": ["delete"]}"#)], &people);
    assert_eq!(world.told(), ["unused_rule low"], "without rule `high`, alice could delete");
    let world = world.uses("user:alice", Pull, "a/b", 100);
    assert_eq!(world.told(), ["unused_rule low", "unused_actions high -push"]);
}

#[test]
fn a_use_counts_for_the_rules_that_may_decide() {
    let rules = [
        ("everybody", "{}"),
        ("inside", r#"{"priority": 1, "networks": ["10.0.0.0/8"]}"#),
        ("hidden", r#"{"priority": -1}"#),
    ];
    let world = World::new(&rules, &["user:alice"]).uses("user:alice", Pull, "a", 7);
    assert_eq!(world.told(), ["unused_rule hidden"]);
    assert_eq!(world.suggest().seen, 7);
    let unknown = World::new(&[("r", r#"{"names": ["b"]}"#)], &[]).uses("", Pull, "a", 7);
    assert_eq!((unknown.told(), unknown.suggest().seen), (vec!["unused_rule r".to_owned()], 0));
}

#[test]
fn a_denied_group_keeps_its_members() {
    let rules = [
        ("web", r#"{"subjects": ["group:web"], "names": ["a"]}"#),
        ("not", r#"{"effect": "deny", "subjects": ["group:web"], "names": ["b"]}"#),
    ];
    let people = ["user:alice web", "user:bob web"];
    let world = World::new(&rules, &people).uses("user:alice", Pull, "a", 1);
    assert_eq!(world.told(), [""; 0]);
    let world = World::new(&rules[..1], &people).uses("user:alice", Pull, "a", 1);
    assert_eq!(world.told(), ["unused_members web -user:bob"]);
}

#[test]
fn who_is_in_two_groups_of_a_rule_leaves_only_one() {
    let rules = [("r", r#"{"subjects": ["group:one", "group:two"], "names": ["a"]}"#)];
    let people = ["user:alice one two", "user:bob one", "user:carol two"];
    let world = World::new(&rules, &people)
        .uses("user:alice", Pull, "a", 1)
        .uses("user:bob", Pull, "a", 1)
        .uses("user:carol", Pull, "a", 1);
    assert_eq!(world.told(), ["unused_members one -user:alice"]);
}

#[test]
fn a_list_has_a_bound() {
    let names: Vec<String> = (0..120).map(|number| format!("r{number:03}")).collect();
    let rules: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "{}")).collect();
    let suggestions = World::new(&rules, &[]).suggest();
    assert_eq!((suggestions.items.len(), suggestions.omitted), (100, 20));
}

#[path = "property_tests.rs"]
mod property;
