//! Tests of the warnings of lint, most of them with a similar rule that gets no warning.

use super::*;
use crate::domain::identity::ProviderName;
use crate::domain::policy::testing::rule;
use crate::domain::service::{Service, ServiceName};
use crate::domain::subject::GroupName;
use crate::domain::verifier::{Profile, Verifier};
use std::collections::{BTreeMap, BTreeSet};

/// The facts that a test gives to lint.
#[derive(Default)]
pub(super) struct World {
    pub(super) unknown: BTreeMap<Selector, Option<Selector>>,
    groups: BTreeMap<Selector, BTreeSet<GroupName>>,
    services: BTreeMap<ServiceName, Service>,
    pub(super) awaited: BTreeMap<Selector, ProviderName>,
}

impl World {
    /// Makes the facts with one service for each of these names and profiles.
    fn with(services: &[(&str, Profile)]) -> Self {
        let service = |(name, profile): &(&str, Profile)| {
            let mut service = Service::new(ServiceName::parse(name).unwrap());
            service.verifier = Verifier::new(*profile, None, None).unwrap();
            (service.name.clone(), service)
        };
        Self { services: services.iter().map(service).collect(), ..Self::default() }
    }

    pub(super) fn usual() -> Self {
        Self::with(&[("registry", Profile::Distribution2)])
    }

    pub(super) fn known(&self) -> Known<'_> {
        Known {
            at: Timestamp::from_seconds(1000),
            unknown: &self.unknown,
            awaited: &self.awaited,
            groups: &self.groups,
            lowest_tier: None,
            services: &self.services,
        }
    }

    /// Returns the warnings about the first of these rules.
    pub(super) fn lint(&self, rules: &[&str]) -> Vec<Warning> {
        let rules: Vec<Rule> =
            rules.iter().enumerate().map(|(i, json)| rule(&format!("r{i}"), json)).collect();
        let first = rules[0].clone();
        Policy::from_rules(rules).lint(&first, &self.known())
    }

    fn codes(&self, rules: &[&str]) -> Vec<&'static str> {
        self.lint(rules).into_iter().map(|warning| warning.code).collect()
    }
}

#[test]
fn each_thing_that_cannot_matter_is_warned_of() {
    let table: &[(&[&str], &str, Option<&str>)] = &[
        (&[r#"{}"#], "plain", None),
        (&[r#"{"subjects": ["user:a"], "not_after": "1970-01-01T00:10:00Z"}"#], "ended", Some("expired")),
        (&[r#"{"not_after": "2030-01-01T00:00:00Z"}"#], "not yet", None),
        (
            &[r#"{"not_before": "2030-01-01T00:00:00Z", "not_after": "2029-01-01T00:00:00Z"}"#],
            "crossed",
            Some("never-holds"),
        ),
        (&[r#"{"names": ["Web/**"]}"#], "upper case", Some("impossible-name")),
        (&[r#"{"names": ["a--b", "a_b/c"]}"#], "separators", None),
        (&[r#"{"names": ["a-/b"]}"#], "a dash at the end", Some("impossible-name")),
        (&[r#"{"names": ["a b"]}"#], "a space", Some("impossible-name")),
        (&[r#"{"names": ["*-/x"]}"#], "a dash before a slash", Some("impossible-name")),
        (&[r#"{"type": "registry", "names": ["Catalog"], "actions": ["*"]}"#], "another type", None),
        (&[r#"{"subjects": ["user:a"], "actions": ["push"]}"#], "push alone", Some("push-without-pull")),
        (
            &[r#"{"subjects": ["user:a"], "actions": ["push"]}"#, r#"{"actions": ["pull"]}"#],
            "pull elsewhere",
            None,
        ),
        (
            &[r#"{"subjects": ["user:a"], "actions": ["push"]}"#, r#"{"priority": 1, "names": ["x"]}"#],
            "pull in a higher tier only",
            Some("push-without-pull"),
        ),
        (&[r#"{"subjects": ["user:a"], "actions": ["push"]}"#, r#"{}"#], "pull for everyone", None),
        (
            &[r#"{"subjects": ["user:a"], "type": "*", "actions": ["push"]}"#, r#"{}"#],
            "pull where it is needed",
            None,
        ),
        (&[r#"{"subjects": ["authenticated"], "names": ["${subject}/**"], "actions": ["*"]}"#], "own", None),
        (&[r#"{"subjects": ["group:admins"], "type": "*", "actions": ["*"]}"#], "admins", None),
        (&[r#"{}"#, r#"{"effect": "deny"}"#], "denied", Some("shadowed-by-deny")),
        (&[r#"{}"#, r#"{"effect": "deny", "names": ["a"]}"#], "denied in part", None),
        (&[r#"{}"#, r#"{"effect": "deny", "priority": -1}"#], "denied below", None),
        (&[r#"{}"#, r#"{"effect": "deny", "enabled": false}"#], "not denied", None),
        (&[r#"{}"#, r#"{"priority": 1}"#], "a higher tier", Some("shadowed-by-tier")),
        (
            &[r#"{}"#, r#"{"priority": 1, "actions": ["push", "pull"]}"#],
            "a higher tier with other actions",
            Some("shadowed-by-tier"),
        ),
        (&[r#"{}"#, r#"{"priority": 1, "networks": ["10.0.0.0/8"]}"#], "a higher tier in one network", None),
        (
            &[r#"{"networks": ["10.1.0.0/16"]}"#, r#"{"priority": 1, "networks": ["10.0.0.0/8"]}"#],
            "a higher tier in a wider network",
            Some("shadowed-by-tier"),
        ),
        (&[r#"{"subjects": ["user:a"]}"#, r#"{"subjects": ["user:b"], "priority": 1}"#], "others", None),
        (
            &[
                r#"{"subjects": ["user:a", "group:g"]}"#,
                r#"{"subjects": ["authenticated"], "effect": "deny"}"#,
            ],
            "a deny rule for every signed-in subject",
            Some("shadowed-by-deny"),
        ),
        (&[r#"{"subjects": ["user:a"], "enabled": false}"#, r#"{"effect": "deny"}"#], "disabled", None),
    ];
    for (rules, what, expected) in table {
        assert_eq!(World::usual().codes(rules), expected.iter().copied().collect::<Vec<_>>(), "{what}");
    }
}

#[test]
fn what_hardly_means_what_it_says_is_warned_of_and_its_healthy_neighbour_is_not() {
    // (code, advice in the message, [faulty rule and its neighbours], [healthy rule and its neighbours])
    let table: &[(&str, &str, &[&str], &[&str])] = &[
        (
            "impossible-name",
            "write one pattern for each name",
            &[r#"{"names": ["team/[ab]*"]}"#],
            &[r#"{"names": ["team/a*", "team/b*"]}"#],
        ),
        (
            "impossible-name",
            "write `team/**`",
            &[r#"{"names": ["localhost:5000/team/**"]}"#],
            &[r#"{"names": ["localhost/team/**", "docker.io/library/**"]}"#],
        ),
        (
            "impossible-name",
            "write `team/app`",
            &[r#"{"names": ["team/app:1.0"]}"#],
            &[r#"{"names": ["team/app"]}"#],
        ),
        (
            "impossible-name",
            "write `team/**`",
            &[r#"{"names": ["Team/**"]}"#],
            &[r#"{"names": ["${group}/**"]}"#],
        ),
        (
            "unknown-service",
            "create it: `portreeve services create registry.example.org`, correct `services` of the rule, or take it out: \
             `portreeve rules delete r0`; there is `registry`",
            &[r#"{"services": ["registry.example.org"]}"#],
            &[r#"{"services": ["registry", "reg*"]}"#],
        ),
        ("unknown-action", "write `pull`", &[r#"{"actions": ["read"]}"#], &[r#"{"actions": ["pull"]}"#]),
        ("unknown-action", "write `pull`", &[r#"{"actions": ["pul"]}"#], &[r#"{"actions": ["pull"]}"#]),
        (
            "unknown-action",
            "the actions are `*`, `search`",
            &[r#"{"type": "registry", "names": ["catalog"]}"#],
            &[
                r#"{"type": "registry", "names": ["catalog"], "actions": ["*", "search"]}"#,
                r#"{"type": "registry", "names": ["events"], "actions": ["push"]}"#,
            ],
        ),
        (
            "unknown-type",
            "write `repository`",
            &[r#"{"type": "repo"}"#],
            &[r#"{"subjects": ["user:a"], "type": "*", "actions": ["*"]}"#],
        ),
        (
            "catalog-is-registry",
            "write the type `registry`, the name `catalog` and the action `*`",
            &[r#"{"subjects": ["user:a"], "names": ["catalog"], "actions": ["*"]}"#],
            &[r#"{"subjects": ["user:a"], "type": "registry", "names": ["catalog"], "actions": ["*"]}"#],
        ),
        (
            "catalog-is-registry",
            "write the type `registry`",
            &[r#"{"subjects": ["user:a"], "names": ["_catalog"]}"#],
            &[r#"{"subjects": ["user:a"], "names": ["catalog", "cart"], "actions": ["pull", "push"]}"#],
        ),
        (
            "anonymous-placeholder",
            "or `authenticated` in place of `anonymous`: `portreeve rules update r0 --remove-subject anonymous \
             --add-subject authenticated`",
            &[r#"{"subjects": ["anonymous"], "names": ["${subject}/**"]}"#, r#"{}"#],
            &[r#"{"subjects": ["authenticated"], "names": ["${subject}/**"]}"#],
        ),
        (
            "anonymous-write",
            "or take `push` and `delete` out of its actions",
            &[r#"{"subjects": ["anonymous"], "actions": ["pull", "push", "delete"]}"#, r#"{}"#],
            &[r#"{"subjects": ["authenticated"], "actions": ["pull", "push", "delete"]}"#],
        ),
        (
            "anonymous-write",
            "write `authenticated` in place of `everyone`",
            &[r#"{"actions": ["pull", "push"]}"#],
            &[r#"{"effect": "deny", "actions": ["pull", "push"]}"#],
        ),
        (
            "anonymous-write",
            "push and delete",
            &[r#"{"subjects": ["anonymous"], "actions": ["*"]}"#, r#"{}"#],
            &[r#"{"type": "registry", "names": ["catalog"], "actions": ["*"]}"#],
        ),
        (
            "everyone-everything",
            "list the actions that are meant",
            &[r#"{"actions": ["*"]}"#],
            &[r#"{"actions": ["pull"]}"#],
        ),
        (
            "everyone-everything",
            "list the actions that are meant",
            &[r#"{"subjects": ["authenticated"], "actions": ["*"]}"#],
            &[r#"{"names": ["${subject}/**"], "actions": ["*"]}"#],
        ),
        (
            "anonymous-only",
            "write `everyone` in place of `anonymous`",
            &[r#"{"subjects": ["anonymous"], "names": ["public/**"]}"#, r#"{"names": ["other/**"]}"#],
            &[
                r#"{"subjects": ["anonymous"], "names": ["public/**"]}"#,
                r#"{"subjects": ["authenticated"], "names": ["**"], "actions": ["pull", "push"]}"#,
            ],
        ),
    ];
    for (code, fix, rules, healthy) in table {
        let found = World::usual().lint(rules);
        let codes: Vec<&str> = found.iter().map(|warning| warning.code).collect();
        assert_eq!(codes, [*code], "{rules:?}: {found:?}");
        assert!(found[0].message.contains(fix), "{fix}: {found:?}");
        assert_eq!(World::usual().lint(healthy), [], "{healthy:?}");
    }
}

#[test]
fn words_are_judged_only_where_all_services_have_a_known_profile() {
    let odd = [r#"{"type": "image"}"#, r#"{"actions": ["read"]}"#, r#"{"names": ["host:5000/a"]}"#];
    let mixed = World::with(&[("registry", Profile::Gitlab), ("own", Profile::Custom)]);
    let known = World::with(&[("registry", Profile::Gitlab), ("zot", Profile::Zot)]);
    for json in odd {
        assert_eq!(mixed.codes(&[json]), [""; 0], "{json}");
        assert_eq!(known.codes(&[json]).len(), 1, "{json}");
        let own = json.replacen('{', r#"{"services": ["registry"], "#, 1);
        assert_eq!(mixed.codes(&[&own]).len(), 1, "the rule is not for the custom service: {own}");
    }
    assert_eq!(World::default().codes(&[r#"{"actions": ["read"]}"#]), [""; 0], "no service exists");
}

#[test]
fn a_tier_that_hides_what_lower_tiers_allow_is_warned_of() {
    let freeze = r#"{"effect": "deny", "names": ["release/**"], "actions": ["push"], "priority": 10}"#;
    let same_tier = r#"{"effect": "deny", "names": ["release/**"], "actions": ["push"]}"#;
    let all = r#"{"subjects": ["authenticated"], "actions": ["pull", "push"]}"#;
    let hidden: &[(&str, &[&str])] = &[
        ("a freeze", &[freeze, all]),
        ("a person's rule", &[freeze, r#"{"subjects": ["user:a"], "names": ["release/1"]}"#]),
        (
            "a group's own space",
            &[freeze.replace("release/**", "**").leak(), r#"{"names": ["${group}/**"]}"#],
        ),
        ("an administrator", &[freeze, r#"{"subjects": ["group:admins"], "type": "*", "actions": ["*"]}"#]),
        ("an allow of less", &[r#"{"priority": 1, "subjects": ["group:g"], "actions": ["push"]}"#, all]),
        ("from the same network", &[freeze, r#"{"networks": ["10.0.0.0/8"]}"#]),
        (
            "a rule for a group of the user",
            &[
                r#"{"priority": 1, "subjects": ["user:m"]}"#,
                r#"{"subjects": ["group:g"], "actions": ["push"]}"#,
            ],
        ),
        ("a pattern that overlaps", &[freeze, r#"{"names": ["*/x-x-x"]}"#]),
    ];
    let mut world = World::usual();
    let group = |name: &str| GroupName::parse(name).unwrap();
    world.groups.insert(Selector::parse("user:m").unwrap(), BTreeSet::from([group("g")]));
    let hides = |rules: &[&str]| world.codes(rules).contains(&"hides-lower-tier");
    for (what, rules) in hidden {
        assert!(hides(rules), "{what}");
    }
    let healthy: &[(&str, &[&str])] = &[
        ("a deny rule of the same priority", &[same_tier, all]),
        ("everything is denied by name", &[freeze.replace("push", "*").leak(), all]),
        ("all actions are named", &[freeze.replace(r#""push""#, r#""push", "pull""#).leak(), all]),
        ("nothing is allowed below", &[freeze, r#"{"effect": "deny"}"#]),
        ("another in its tier allows it", &[freeze, all, r#"{"priority": 10}"#]),
        ("a still higher tier decides", &[freeze, all, r#"{"priority": 11}"#]),
        ("other names", &[freeze, r#"{"names": ["web/**"]}"#]),
        (
            "other people",
            &[
                r#"{"priority": 1, "subjects": ["user:b"], "actions": ["push"]}"#,
                r#"{"subjects": ["user:a"]}"#,
            ],
        ),
        (
            "a rule for a group without the user",
            &[
                r#"{"priority": 1, "subjects": ["user:m"]}"#,
                r#"{"subjects": ["group:h"], "actions": ["push"]}"#,
            ],
        ),
        ("another service", &[freeze, r#"{"services": ["other"]}"#]),
        ("another type", &[freeze, r#"{"type": "registry", "actions": ["*"]}"#]),
        ("another time", &[freeze, r#"{"not_after": "1970-01-01T00:00:10Z"}"#]),
        ("disabled", &[freeze.replacen('{', r#"{"enabled": false, "#, 1).leak(), all]),
        ("the lower rule is disabled", &[freeze, r#"{"enabled": false}"#]),
    ];
    for (what, rules) in healthy {
        assert!(!hides(rules), "{what}: {:?}", world.lint(rules));
    }
    let message = |rules: &[&str]| world.lint(rules).pop().unwrap().message;
    assert_eq!(
        message(&[freeze, all]),
        "at priority 10 only this rule counts on `release/**`, so `pull` (allowed by `r1` at priority 0) is lost. \
         To deny `push` alone: `portreeve rules update r0 --priority 0`"
    );
    assert_eq!(
        message(&[r#"{"priority": 1, "subjects": ["group:g"], "actions": ["push"]}"#, all]),
        "at priority 1 only this rule counts on `**`, so `pull` (allowed by `r1` at priority 0) is lost. To keep what \
         this rule hides: `portreeve rules update r0 --priority 0`. To allow it as well: `portreeve rules update r0 \
         --add-action pull`"
    );
    // The warning names every rule that is hidden.
    let admins = r#"{"subjects": ["group:admins"], "type": "*", "actions": ["*"], "priority": 1}"#;
    let all = r#"{"subjects": ["authenticated"], "actions": ["pull", "push"], "priority": -3}"#;
    let one = r#"{"subjects": ["user:a"], "names": ["release/1"], "priority": 2}"#;
    assert_eq!(
        message(&[freeze, all, one, admins, r#"{"effect": "deny", "names": ["other"], "priority": 10}"#]),
        "at priority 10 only the rules of that priority count on `release/**`, so `delete` and `pull` (allowed by `r2` \
         at priority 2, `r3` at priority 1, `r1` at priority -3) are lost. To deny `push` alone: `portreeve rules \
         update r0 --priority=-3`; rules of a higher priority then decide before this rule"
    );
}

#[test]
fn subjects_that_do_not_exist_and_none_at_all_are_warned_of() {
    let mut named = rule("r", r#"{"subjects": ["user:a", "group:g", "user:ci"]}"#);
    let policy = Policy::from_rules([named.clone()]);
    let mut world = World::usual();
    let selector = |text: &str| Selector::parse(text).unwrap();
    world.unknown.insert(selector("group:g"), None);
    world.unknown.insert(selector("user:ci"), Some(selector("robot:ci")));
    let told: Vec<(&str, String)> =
        policy.lint(&named, &world.known()).into_iter().map(|one| (one.code, one.message)).collect();
    assert_eq!(
        told,
        [
            (
                "unknown-subject",
                "there is no `group:g`: create it: `portreeve groups create g`, or take it out of the rule: `portreeve \
                 rules update r --remove-subject group:g`"
                    .to_owned()
            ),
            (
                "unknown-subject",
                "there is no `user:ci`, but there is `robot:ci`: write that: `portreeve rules update r --remove-subject \
                 user:ci --add-subject robot:ci`"
                    .to_owned()
            ),
        ]
    );
    (named.subjects, named.enabled) = (Box::default(), false);
    assert_eq!(policy.lint(&named, &world.known())[0].code, "no-subjects");
}

#[test]
fn what_was_not_looked_at_is_not_warned_of() {
    let others = |i: usize| rule(&format!("a{i:04}"), r#"{"names": ["other"]}"#);
    let mut rules: Vec<Rule> = (0..MOST_OTHERS).map(others).collect();
    let push = rule("push", r#"{"subjects": ["user:a"], "actions": ["push"]}"#);
    rules.extend([push.clone(), rule("z", "{}")]);
    let policy = Policy::from_rules(rules);
    assert_eq!(policy.lint(&push, &World::usual().known()), []);
}

#[test]
fn a_warning_names_the_other_rule_and_says_what_to_do() {
    for other in [r#"{"effect": "deny"}"#, r#"{"priority": 1}"#] {
        let one = rule("one", "{}");
        let policy = Policy::from_rules([one.clone(), rule("other", other)]);
        let message = &policy.lint(&one, &World::usual().known())[0].message;
        assert!(
            message.contains("rule `other`") && message.contains(": `portreeve rules delete one`, or "),
            "{message}"
        );
    }
}
