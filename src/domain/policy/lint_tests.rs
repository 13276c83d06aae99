//! What lint warns of, and what it leaves alone.

use super::*;
use crate::domain::policy::testing::{Asked, rule};
use proptest::prelude::*;

const NOW: Timestamp = Timestamp::from_seconds(1000);

/// The codes for the first rule among all.
fn codes(rules: &[(&str, &str)]) -> Vec<&'static str> {
    let rules: Vec<Rule> = rules.iter().map(|(name, json)| rule(name, json)).collect();
    let first = rules[0].clone();
    let policy = Policy::from_rules(rules);
    policy.lint(&first, NOW, &BTreeSet::new()).into_iter().map(|warning| warning.code).collect()
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
        (&[r#"{"names": ["host:5000/a/**"]}"#], "a host", None),
        (&[r#"{"names": ["*-/x"]}"#], "not sure", None),
        (&[r#"{"type": "registry", "names": ["Catalog"]}"#], "another type", None),
        (&[r#"{"actions": ["push"]}"#], "push alone", Some("push-without-pull")),
        (&[r#"{"actions": ["push"]}"#, r#"{"actions": ["pull"]}"#], "pull elsewhere", None),
        (
            &[r#"{"actions": ["push"]}"#, r#"{"priority": 1, "names": ["x"]}"#],
            "other tier",
            Some("push-without-pull"),
        ),
        (&[r#"{"subjects": ["user:a"], "actions": ["push"]}"#, r#"{}"#], "pull for everyone", None),
        (&[r#"{"type": "*", "actions": ["push"]}"#, r#"{}"#], "pull where it is needed", None),
        (&[r#"{"actions": ["*"]}"#], "all to all", Some("everything-to-everyone")),
        (&[r#"{"subjects": ["authenticated"], "names": ["${subject}/**"], "actions": ["*"]}"#], "own", None),
        (&[r#"{"subjects": ["group:admins"], "type": "*", "actions": ["*"]}"#], "admins", None),
        (&[r#"{}"#, r#"{"effect": "deny"}"#], "denied", Some("shadowed-by-deny")),
        (&[r#"{}"#, r#"{"effect": "deny", "names": ["a"]}"#], "denied in part", None),
        (&[r#"{}"#, r#"{"effect": "deny", "priority": -1}"#], "denied below", None),
        (&[r#"{}"#, r#"{"effect": "deny", "enabled": false}"#], "not denied", None),
        (&[r#"{}"#, r#"{"priority": 1}"#], "a higher tier", Some("shadowed-by-tier")),
        (
            &[r#"{}"#, r#"{"priority": 1, "actions": ["push", "pull"]}"#],
            "whatever its actions",
            Some("shadowed-by-tier"),
        ),
        (&[r#"{}"#, r#"{"priority": 1, "networks": ["10.0.0.0/8"]}"#], "here and there", None),
        (
            &[r#"{"networks": ["10.1.0.0/16"]}"#, r#"{"priority": 1, "networks": ["10.0.0.0/8"]}"#],
            "inside",
            Some("shadowed-by-tier"),
        ),
        (&[r#"{"subjects": ["user:a"]}"#, r#"{"subjects": ["user:b"], "priority": 1}"#], "others", None),
        (
            &[
                r#"{"subjects": ["user:a", "group:g"]}"#,
                r#"{"subjects": ["authenticated"], "effect": "deny"}"#,
            ],
            "all of them",
            Some("shadowed-by-deny"),
        ),
        (&[r#"{"subjects": ["user:a"], "enabled": false}"#, r#"{"effect": "deny"}"#], "disabled", None),
    ];
    for (rules, what, expected) in table {
        let named: Vec<(String, &str)> =
            rules.iter().enumerate().map(|(i, json)| (format!("r{i}"), *json)).collect();
        let named: Vec<(&str, &str)> = named.iter().map(|(name, json)| (name.as_str(), *json)).collect();
        assert_eq!(codes(&named), expected.iter().copied().collect::<Vec<_>>(), "{what}");
    }
}

#[test]
fn subjects_that_do_not_exist_and_none_at_all_are_warned_of() {
    let named = rule("r", r#"{"subjects": ["user:a", "group:g"]}"#);
    let policy = Policy::from_rules([named.clone()]);
    let unknown = BTreeSet::from([Selector::parse("group:g").unwrap()]);
    let warnings = policy.lint(&named, NOW, &unknown);
    assert_eq!(warnings.len(), 1);
    assert!(warnings[0].code == "unknown-subject" && warnings[0].message.contains("group:g"));
    let mut empty = named;
    (empty.subjects, empty.enabled) = (Box::default(), false);
    assert_eq!(policy.lint(&empty, NOW, &BTreeSet::new())[0].code, "no-subjects");
}

#[test]
fn what_was_not_looked_at_is_not_warned_of() {
    let others = |i: usize| rule(&format!("a{i:04}"), r#"{"names": ["other"]}"#);
    let mut rules: Vec<Rule> = (0..MOST_OTHERS).map(others).collect();
    let push = rule("push", r#"{"actions": ["push"]}"#);
    rules.extend([push.clone(), rule("z", "{}")]);
    let policy = Policy::from_rules(rules);
    assert_eq!(policy.lint(&push, NOW, &BTreeSet::new()), []);
}

#[test]
fn a_warning_names_the_other_rule_and_says_what_to_do() {
    for other in [r#"{"effect": "deny"}"#, r#"{"priority": 1}"#] {
        let one = rule("one", "{}");
        let policy = Policy::from_rules([one.clone(), rule("other", other)]);
        let message = &policy.lint(&one, NOW, &BTreeSet::new())[0].message;
        assert!(message.contains("rule `other`") && message.contains(": delete it, or "), "{message}");
    }
}

fn any_rule() -> impl Strategy<Value = String> {
    let one = |of: &'static [&'static str]| prop::sample::select(of);
    let selector = one(&["everyone", "authenticated", "anonymous", "user:alice", "group:web", "user:bob"]);
    let glob = one(&["**", "a/**", "a/b", "a/*", "${group}/**", "**/b", "a"]);
    let actions = one(&[r#"["pull"]"#, r#"["push"]"#, r#"["pull","push"]"#, r#"["*"]"#]);
    let networks = one(&["[]", r#"["10.0.0.0/8"]"#, r#"["10.1.0.0/16"]"#]);
    (one(&["allow", "allow", "deny"]), selector, glob, actions, networks, -1..2)
        .prop_map(|(effect, selector, glob, actions, networks, priority)| {
            format!(
                r#"{{"effect":"{effect}","subjects":["{selector}"],"names":["{glob}"],"actions":{actions},"networks":{networks},"priority":{priority}}}"#
            )
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_rule_that_is_said_to_be_shadowed_changes_no_decision(
        rules in prop::collection::vec(any_rule(), 2..6),
        name in prop::sample::select(&["a", "a/b", "a/c", "a/b/c", "web/x", "b"][..]),
        address in prop::sample::select(&[None, Some("10.1.2.3"), Some("10.9.9.9"), Some("8.8.8.8")][..]),
        anonymous in any::<bool>(),
    ) {
        let rules: Vec<Rule> =
            rules.iter().enumerate().map(|(i, json)| rule(&format!("r{i}"), json)).collect();
        let policy = Policy::from_rules(rules.clone());
        let mut asked = Asked::new(&format!("repository:{name}:pull,push,delete,*"));
        asked.address = address.map(|text| text.parse().unwrap());
        if anonymous {
            asked.subject = Subject::anonymous();
        }
        for rule in &rules {
            let warnings = policy.lint(rule, NOW, &BTreeSet::new());
            if warnings.iter().any(|warning| warning.code.starts_with("shadowed")) {
                let without = policy.without_rule(&rule.name);
                let question = asked.question();
                prop_assert_eq!(policy.evaluate(&question), without.evaluate(&question), "{}", rule.name);
            }
        }
    }
}
