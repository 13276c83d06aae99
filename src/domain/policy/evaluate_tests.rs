use super::*;
use crate::domain::policy::testing::{Asked, rule};

fn decide(rules: &[&str], asked: &Asked) -> Decision {
    let rules = rules.iter().enumerate();
    let policy = Policy::from_rules(rules.map(|(at, json)| rule(&format!("r{at}"), json)));
    policy.evaluate(&asked.question())
}

fn granted(rules: &[&str], scopes: &str) -> String {
    decide(rules, &Asked::new(scopes)).granted.to_string()
}

#[test]
fn the_highest_tier_decides_by_allow_minus_deny() {
    let any = r#"{"actions": ["*"]}"#;
    let deny_push = r#"{"effect": "deny", "actions": ["push"]}"#;
    // (rules, requested scope, granted scope)
    let table: &[(&[&str], &str, &str)] = &[
        (&[], "repository:a:pull", ""),
        (&["{}"], "repository:a:pull,push", "repository:a:pull"),
        (&[any], "repository:a:pull,push,x", "repository:a:pull,push,x"),
        (&[any, deny_push], "repository:a:pull,push", "repository:a:pull"),
        (&[any, r#"{"effect": "deny", "actions": ["*"]}"#], "repository:a:pull", ""),
        (&[any, r#"{"effect": "deny", "priority": -1}"#], "repository:a:pull", "repository:a:pull"),
        (&[any, r#"{"effect": "deny", "priority": 1}"#], "repository:a:pull,push", ""),
        (&[any, r#"{"priority": 1}"#], "repository:a:pull,push", "repository:a:pull"),
        (&[any, r#"{"priority": 1, "enabled": false}"#], "repository:a:push", "repository:a:push"),
        (&[any, r#"{"priority": 1, "names": ["b"]}"#], "repository:a:push", "repository:a:push"),
        (&[r#"{"subjects": ["user:bob"]}"#], "repository:a:pull", ""),
        (&[r#"{"subjects": ["robot:alice"]}"#], "repository:a:pull", ""),
        (&[r#"{"subjects": ["anonymous"]}"#], "repository:a:pull", ""),
        (&[r#"{"subjects": ["group:web"]}"#], "repository:a:pull", "repository:a:pull"),
        (&[r#"{"services": ["other"]}"#], "repository:a:pull", ""),
        (&[any], "registry:catalog:*", ""),
        (&[r#"{"type": "*"}"#], "registry:catalog:pull", "registry:catalog:pull"),
        (&[r#"{"not_before": "1970-01-01T00:16:40Z"}"#], "repository:a:pull", "repository:a:pull"),
        (&[r#"{"not_before": "1970-01-01T00:16:41Z"}"#], "repository:a:pull", ""),
        (&[r#"{"not_after": "1970-01-01T00:16:40Z"}"#], "repository:a:pull", ""),
        (&[r#"{"names": ["a"]}"#], "repository:b:pull repository:a:pull repository:c:", "repository:a:pull"),
    ];
    for (rules, asked, expected) in table {
        assert_eq!(granted(rules, asked), *expected, "{rules:?} {asked}");
    }
}

#[test]
fn a_star_is_granted_only_where_star_is_allowed_and_nothing_is_denied() {
    let any = r#"{"type": "*", "actions": ["*"]}"#;
    let table: &[(&[&str], &str, &str)] = &[
        (&[any], "repository:a:*", "repository:a:*,delete,pull,push"),
        (&["{}"], "repository:a:*", "repository:a:pull"),
        (&[any], "registry:catalog:*", "registry:catalog:*"),
        (&[r#"{"type": "registry"}"#], "registry:catalog:*", ""),
        (&[any, r#"{"effect": "deny"}"#], "repository:a:*", "repository:a:delete,push"),
        (
            &[any, r#"{"effect": "deny", "actions": ["other"]}"#],
            "repository:a:*",
            "repository:a:delete,pull,push",
        ),
        (
            &[any, r#"{"effect": "deny", "actions": ["other"], "priority": -9}"#],
            "repository:a:*",
            "repository:a:delete,pull,push",
        ),
        (
            &[any, r#"{"effect": "deny", "names": ["b"]}"#],
            "repository:a:*",
            "repository:a:*,delete,pull,push",
        ),
        (&[any, r#"{"actions": ["x"], "priority": 1}"#], "repository:a:*", ""),
    ];
    for (rules, asked, expected) in table {
        assert_eq!(granted(rules, asked), *expected, "{rules:?} {asked}");
    }
}

#[test]
fn a_right_ends_with_the_last_rule_that_grants_it_and_the_token_with_its_first_right() {
    let until = |second: i64, actions: &str| {
        let at = Timestamp::from_seconds(second);
        format!(r#"{{"not_after": "{at}", "actions": {actions}}}"#)
    };
    let pull = |second| until(second, r#"["pull"]"#);
    let table: &[(&[&str], &str, Option<i64>)] = &[
        (&["{}"], "repository:a:pull", None),
        (&[&pull(2000)], "repository:a:pull", Some(2000)),
        (&[&pull(2000), &pull(3000)], "repository:a:pull", Some(3000)),
        (&[&pull(2000), "{}"], "repository:a:pull", None),
        (&[&pull(3000), &until(2000, r#"["push"]"#)], "repository:a:pull,push", Some(2000)),
        (&[&pull(2000), r#"{"actions": ["push"]}"#], "repository:a:pull,push", Some(2000)),
        (&[&pull(2000), r#"{"actions": ["push"]}"#], "repository:a:push", None),
        (&[&until(2000, r#"["*"]"#), "{}"], "repository:a:pull", None),
        (&[&until(2000, r#"["*"]"#), r#"{"actions": ["x"]}"#], "repository:a:*,x", Some(2000)),
        (&[&pull(2000), r#"{"effect": "deny"}"#], "repository:a:pull", None),
        (
            &["{}", r#"{"priority": -1, "actions": ["pull"], "not_after": "2030-01-01T00:00:00Z"}"#],
            "repository:a:pull",
            None,
        ),
    ];
    for (rules, asked, expected) in table {
        let end = decide(rules, &Asked::new(asked)).end;
        assert_eq!(end.map(Timestamp::as_seconds), *expected, "{rules:?} {asked}");
    }
}

#[test]
fn addresses_are_compared_after_reduction_and_not_knowing_never_widens() {
    let table = [
        (Some("10.1.2.3"), "10.0.0.0/8", true),
        (Some("::ffff:10.1.2.3"), "10.0.0.0/8", true),
        (Some("10.1.2.3"), "::ffff:10.0.0.0/104", true),
        (Some("::ffff:10.1.2.3"), "::/0", false),
        (Some("10.1.2.3"), "::/0", false),
        (Some("2001:db8::1"), "2001:db8::/32", true),
        (Some("2001:db8::1"), "0.0.0.0/0", false),
        (Some("11.1.2.3"), "10.0.0.0/8", false),
    ];
    let ask = |address: Option<&str>, rules: &[&str]| {
        let mut asked = Asked::new("repository:a:pull");
        asked.address = address.map(|a| a.parse().unwrap());
        !decide(rules, &asked).granted.is_empty()
    };
    for (address, network, inside) in table {
        let allow = format!(r#"{{"networks": ["{network}"]}}"#);
        let deny = format!(r#"{{"effect": "deny", "networks": ["{network}"]}}"#);
        assert_eq!(ask(address, &[&allow]), inside, "{address:?} {network}");
        assert_eq!(ask(address, &["{}", &deny]), !inside, "{address:?} {network}");
        assert!(!ask(None, &[&allow]));
        assert!(!ask(None, &["{}", &deny]));
    }
    assert!(ask(None, &["{}"]));
}

#[test]
fn a_restriction_narrows_and_the_token_ends_with_what_is_left() {
    let rules = [
        r#"{"actions": ["*"]}"#,
        r#"{"type": "registry", "actions": ["*"], "not_after": "2030-01-01T00:00:00Z"}"#,
    ];
    let mut asked = Asked::new("repository:a:* registry:catalog:*");
    for (restriction, expected) in [
        ("repository:**:pull,x", "repository:a:pull"),
        ("repository:**:*", "repository:a:*,delete,pull,push"),
        ("repository:b:*", ""),
    ] {
        asked.restriction = Some(Restriction::parse(&[restriction.to_owned()]).unwrap());
        let decision = decide(&rules, &asked);
        assert_eq!(decision.granted.to_string(), expected, "{restriction}");
        assert_eq!(decision.end, None, "the end of the right on the catalogue does not count");
    }
}

#[test]
fn anonymous_is_admitted_by_any_allow_that_could_ever_concern_it() {
    let service = ServiceName::parse("registry").unwrap();
    let table = [
        (r#"{"subjects": ["anonymous"], "names": ["x"]}"#, true),
        (r#"{"subjects": ["everyone"]}"#, true),
        (r#"{"subjects": ["authenticated", "group:web", "user:a"]}"#, false),
        (r#"{"subjects": ["everyone"], "effect": "deny"}"#, false),
        (r#"{"subjects": ["everyone"], "enabled": false}"#, false),
        (r#"{"subjects": ["everyone"], "services": ["other"]}"#, false),
        (r#"{"subjects": ["everyone"], "networks": ["10.0.0.0/8"]}"#, false),
        (r#"{"subjects": ["everyone"], "not_after": "1970-01-01T00:00:00Z"}"#, false),
    ];
    for (json, expected) in table {
        let policy = Policy::from_rules([rule("r", json)]);
        let at = Timestamp::from_seconds(1000);
        assert_eq!(policy.admits_anonymous(&service, None, at), expected, "{json}");
    }
}
