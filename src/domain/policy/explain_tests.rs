use crate::domain::policy::testing::{Asked, rule};
use crate::domain::policy::{Explanation, Policy, Restriction};
use serde_json::json;

fn explain(rules: &[(&str, &str)], asked: &Asked) -> Vec<Explanation> {
    let policy = Policy::from_rules(rules.iter().map(|(name, json)| rule(name, json)));
    policy.explain(&asked.question())
}

fn sentence(rules: &[(&str, &str)], scopes: &str) -> String {
    let told = explain(rules, &Asked::new(scopes));
    let told: Vec<String> = told.iter().map(ToString::to_string).collect();
    told.join(" | ")
}

#[test]
fn a_decision_says_why_in_one_sentence() {
    let table: &[(&[(&str, &str)], &str)] = &[
        (&[("b", "{}"), ("a", "{}")], "`pull` on repository `x`: by rules `a`, `b`"),
        (
            &[("a", "{}"), ("freeze", r#"{"effect": "deny"}"#)],
            "`pull` on repository `x`: rule `freeze` denies it",
        ),
        (
            &[("a", "{}"), ("b", "{}"), ("freeze", r#"{"effect": "deny", "priority": 2}"#)],
            "`pull` on repository `x`: rule `freeze` denies it; its priority 2 hides rules `a`, `b`",
        ),
        (
            &[("a", r#"{"actions": ["push"]}"#)],
            "`pull` on repository `x`: no rule allows it; closest rules: \
             `a` matches, but its actions do not include `pull`",
        ),
        (
            &[("a", "{}"), ("top", r#"{"priority": 1, "actions": ["push"]}"#)],
            "`pull` on repository `x`: no rule allows it; closest rules: \
             `top` matches, but its actions do not include `pull`, \
             `a` would, but rule `top` decides alone, with the higher priority 1",
        ),
        (&[], "`pull` on repository `x`: no rule is about user:alice"),
        (
            &[("a", r#"{"names": ["y"], "actions": ["push"]}"#)],
            "`pull` on repository `x`: no rule is for the name `x`",
        ),
        (
            &[
                ("a", r#"{"names": ["y"], "actions": ["push"]}"#),
                ("b", r#"{"subjects": ["user:bob"], "services": ["other"]}"#),
            ],
            "`pull` on repository `x`: no rule allows it",
        ),
    ];
    for (rules, expected) in table {
        assert_eq!(sentence(rules, "repository:x:pull"), *expected);
    }
}

#[test]
fn the_log_tells_nothing_of_rules_that_it_did_not_look_at() {
    let other = ("other", r#"{"subjects": ["user:fred"]}"#);
    let search = ("search", r#"{"type": "registry", "names": ["catalog"], "actions": ["search"]}"#);
    let brief = |rules: &[(&str, &str)]| {
        let policy = Policy::from_rules(rules.iter().map(|(name, json)| rule(name, json)));
        policy.explain_briefly(&Asked::new("repository:x:pull").question())[0].to_string()
    };
    assert_eq!(
        brief(&[other, search]),
        "`pull` on repository `x`: no rule about user:alice is for the type `repository`"
    );
    assert_eq!(brief(&[other]), "`pull` on repository `x`: no rule is about user:alice");
    let many: Vec<String> = (0..65).map(|number| format!("search-{number}")).collect();
    let mut many: Vec<(&str, &str)> = many.iter().map(|name| (name.as_str(), search.1)).collect();
    many.push(("one-more", r#"{"names": ["y"], "services": ["other"]}"#));
    assert_eq!(brief(&many), "`pull` on repository `x`: no rule allows it");
}

#[test]
fn each_field_can_be_the_one_that_fails() {
    let table = [
        (r#"{"subjects": ["user:bob"]}"#, "subject"),
        (r#"{"services": ["other"]}"#, "service"),
        (r#"{"type": "registry"}"#, "type"),
        (r#"{"names": ["y"]}"#, "name"),
        (r#"{"actions": ["push"]}"#, "action"),
        (r#"{"networks": ["10.0.0.0/8"]}"#, "network"),
        (r#"{"not_before": "2030-01-01T00:00:00Z"}"#, "time"),
    ];
    for (json, failed) in table {
        let told = explain(&[("a", json)], &Asked::new("repository:x:pull"));
        let near = serde_json::to_value(&told[0].reasons.near_misses).unwrap();
        assert_eq!(near, json!([{"rule": "a", "failed": failed}]));
        let disabled = format!("{}, \"enabled\": false}}", json.trim_end_matches('}'));
        let told = explain(&[("a", &disabled)], &Asked::new("repository:x:pull"));
        assert!(told[0].reasons.near_misses.is_empty());
    }
}

#[test]
fn near_misses_about_the_subject_come_first_then_by_beginning_priority_and_name() {
    let other = |names: &str, priority: i32| {
        format!(r#"{{"subjects": ["user:bob"], "names": [{names}], "priority": {priority}}}"#)
    };
    let table: [(&str, String); 9] = [
        ("b", r#"{"names": ["y"]}"#.to_owned()),
        ("a", r#"{"names": ["team/x"], "priority": -1}"#.to_owned()),
        ("c", r#"{"names": ["team/*/x"], "priority": -2}"#.to_owned()),
        ("e", other(r#""team/**""#, 0)),
        ("d", other(r#""team/**""#, 0)),
        ("z", other(r#""**""#, 9)),
        ("f", other(r#""${group}/**", "team/ap*""#, -5)),
        ("g", other(r#""team/**""#, 1)),
        ("deny", r#"{"effect": "deny", "names": ["y"]}"#.to_owned()),
    ];
    let rules: Vec<(&str, &str)> = table.iter().map(|(name, json)| (*name, json.as_str())).collect();
    let told = explain(&rules, &Asked::new("repository:team/app:pull"));
    let near: Vec<&str> = told[0].reasons.near_misses.iter().map(|n| n.rule.as_str()).collect();
    assert_eq!(near, ["a", "c", "b", "f", "g"]);
    let rest: Vec<(&str, &str)> = rules.iter().copied().filter(|(name, _)| !"abc".contains(name)).collect();
    let told = explain(&rest, &Asked::new("repository:team/app:pull"));
    let near: Vec<&str> = told[0].reasons.near_misses.iter().map(|n| n.rule.as_str()).collect();
    assert_eq!(near, ["f", "g", "d", "e", "z"]);
}

#[test]
fn an_explanation_has_one_form_in_json() {
    let mut asked = Asked::new("repository:x:pull,push");
    asked.restriction = Some(Restriction::parse(&["repository:x:pull".to_owned()]).unwrap());
    let rules = [("a", r#"{"actions": ["pull", "push"]}"#), ("b", r#"{"effect": "deny"}"#)];
    let told = serde_json::to_value(explain(&rules, &asked)).unwrap();
    assert_eq!(
        told,
        json!([
            {
                "type": "repository", "name": "x", "action": "pull", "granted": false,
                "allowed_by": ["a"], "denied_by": "b", "near_misses": [],
                "nothing_matches": null, "restricted": false,
                "priority": 0, "decided_by": ["a", "b"], "hidden": [],
                "considered": [
                    {"rule": "a", "effect": "allow", "fields": []},
                    {"rule": "b", "effect": "deny", "fields": []}
                ]
            },
            {
                "type": "repository", "name": "x", "action": "push", "granted": false,
                "allowed_by": ["a"], "denied_by": null, "near_misses": [],
                "nothing_matches": null, "restricted": true,
                "priority": 0, "decided_by": ["a", "b"], "hidden": [],
                "considered": [
                    {"rule": "a", "effect": "allow", "fields": []},
                    {"rule": "b", "effect": "deny", "fields": ["action"]}
                ]
            },
        ])
    );
    let text = explain(&rules, &asked)[1].to_string();
    assert_eq!(
        text,
        "`push` on repository `x`: rule `a` would allow it, but the restriction of the access key does not"
    );
}

#[test]
fn a_star_on_a_repository_is_told_action_by_action() {
    let rules = [("a", r#"{"actions": ["*"]}"#), ("b", r#"{"effect": "deny", "priority": -1}"#)];
    let told = explain(&rules, &Asked::new("repository:x:*"));
    let story: Vec<(&str, bool)> = told.iter().map(|t| (t.action.as_str(), t.granted)).collect();
    assert_eq!(story, [("*", false), ("delete", true), ("pull", true), ("push", true)]);
    assert_eq!(told[0].reasons.denied_by.as_ref().unwrap().as_str(), "b");
}

/// Without the deciding tier, the next lower tier would decide. So only rules of that tier are named, and only if
/// they would allow the action.
#[test]
fn the_rules_that_the_deciding_tier_hides_are_named() {
    let top = ("top", r#"{"priority": 9, "actions": ["push"]}"#);
    let low = ("low", r#"{"priority": -1}"#);
    type Rules<'a> = &'a [(&'a str, &'a str)];
    let table: &[(Rules<'_>, &[&str])] = &[
        (&[top, ("a", "{}")], &["a"]),
        (&[top, ("b", "{}"), ("a", "{}"), low], &["a", "b"]),
        (&[top, ("a", r#"{"actions": ["push"]}"#), low], &[]),
        (&[top, ("a", "{}"), ("no", r#"{"effect": "deny"}"#), low], &[]),
        (&[("top", r#"{"priority": 9, "effect": "deny"}"#), ("a", "{}"), low], &["a"]),
        (&[top, ("a", r#"{"names": ["y"]}"#)], &[]),
        (&[("a", "{}")], &[]),
        (&[top], &[]),
    ];
    for (rules, expected) in table {
        let told = explain(rules, &Asked::new("repository:x:pull"));
        let hidden: Vec<&str> = told[0].reasons.hidden.iter().map(|rule| rule.as_str()).collect();
        assert_eq!(hidden, *expected, "{rules:?}");
        if !hidden.is_empty() {
            assert_eq!(told[0].reasons.priority, Some(9));
            assert_eq!(
                told[0].reasons.decided_by.iter().map(|rule| rule.as_str()).collect::<Vec<_>>(),
                ["top"]
            );
        }
    }
}

#[test]
fn rules_about_others_are_told_of_only_where_something_is_not_granted() {
    let rules = [
        ("mine", r#"{"subjects": ["user:alice"]}"#),
        ("freeze", r#"{"effect": "deny", "actions": ["push"]}"#),
        ("theirs", r#"{"subjects": ["group:other"], "actions": ["pull", "push"]}"#),
    ];
    let told = explain(&rules, &Asked::new("repository:x:pull,push"));
    let considered = |at: usize| -> Vec<&str> {
        told[at].reasons.considered.iter().map(|one| one.rule.as_str()).collect()
    };
    assert_eq!(considered(0), ["mine", "freeze"], "rules about others do not matter for a grant");
    assert_eq!(considered(1), ["freeze", "mine", "theirs"], "rules about others matter for a refusal");
}
