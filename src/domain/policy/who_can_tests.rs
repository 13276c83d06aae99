//! Tests of the selectors that `who_can` lists, of their conditions, and of the selectors that it leaves out.

use super::*;
use crate::domain::policy::testing::rule;
use crate::domain::scope::ResourceScope;

fn holders(rules: &[(&str, &str)], asked: &str, address: Option<&str>) -> Vec<String> {
    let policy = Policy::from_rules(rules.iter().map(|(name, json)| rule(name, json)));
    let scope = ResourceScope::parse(asked).unwrap();
    let service = ServiceName::parse("registry").unwrap();
    let action = scope.actions.iter().next().unwrap().clone();
    let reach = Reach {
        service: &service,
        scope_type: &scope.resource_type,
        name: &scope.name,
        action: &action,
        address: address.map(|text| text.parse().unwrap()),
        at: Timestamp::from_seconds(1000),
    };
    let told = policy.who_can(&reach).into_iter().map(|holder| {
        let condition = holder.condition.map(|text| format!(" {text}")).unwrap_or_default();
        format!("{} by {}{condition}", holder.selector, holder.rule)
    });
    told.collect()
}

#[test]
fn denies_and_tiers_count_as_they_do_for_a_request() {
    let rules = [
        ("a", r#"{"subjects": ["group:ops", "user:bob", "robot:ci"], "actions": ["push"]}"#),
        ("b", r#"{"subjects": ["group:ops"], "actions": ["*"]}"#),
        ("no-bob", r#"{"effect": "deny", "subjects": ["user:bob"], "actions": ["push"]}"#),
        ("tier", r#"{"subjects": ["robot:ci"], "actions": ["pull"], "priority": 1}"#),
        ("off", r#"{"subjects": ["user:eve"], "actions": ["push"], "enabled": false}"#),
    ];
    assert_eq!(
        holders(&rules, "repository:prod/api:push", None),
        [
            "group:ops by a except those whom rule `no-bob` denies, except those for whom rule `tier` decides with a higher priority"
        ]
    );
    // The robot may be in the group. Rule `tier` lets the robot pull, and hides its other rights.
    let but_the_robot = "group:ops by b except those for whom rule `tier` decides with a higher priority";
    assert_eq!(holders(&rules, "repository:prod/api:delete", None), [but_the_robot]);
    assert_eq!(holders(&rules, "repository:prod/api:pull", None), ["group:ops by b", "robot:ci by tier"]);
}

#[test]
fn a_higher_tier_that_hides_a_part_of_a_selector_is_named() {
    for (selector, hider, named) in [
        ("group:ops", r#""subjects": ["user:bob"], "actions": ["pull"]"#, true),
        ("group:ops", r#""subjects": ["group:web"], "actions": ["pull"]"#, true),
        ("authenticated", r#""subjects": ["robot:ci"], "actions": ["pull"]"#, true),
        ("everyone", r#""subjects": ["authenticated"], "actions": ["pull"]"#, true),
        ("authenticated", r#""subjects": ["user:bob"], "effect": "deny", "actions": ["pull"]"#, true),
        (
            "authenticated",
            r#""subjects": ["user:bob"], "names": ["${subject}/**"], "actions": ["pull"]"#,
            false,
        ),
        ("user:alice", r#""subjects": ["user:bob"], "actions": ["pull"]"#, false),
        ("group:ops", r#""subjects": ["user:bob"], "actions": ["push"]"#, false),
        ("group:ops", r#""subjects": ["user:bob"], "actions": ["pull"], "priority": -1"#, false),
        ("group:ops", r#""subjects": ["user:bob"], "actions": ["pull"], "names": ["other/**"]"#, false),
        ("group:ops", r#""subjects": ["user:bob"], "actions": ["pull"], "type": "registry""#, false),
        ("group:ops", r#""subjects": ["user:bob"], "actions": ["pull"], "enabled": false"#, false),
        ("group:ops", r#""subjects": ["user:bob"], "actions": ["pull"], "networks": ["10.0.0.0/8"]"#, true),
    ] {
        let allow = format!(r#"{{"subjects": ["{selector}"], "actions": ["push"]}}"#);
        let priority = if hider.contains("priority") { "" } else { r#", "priority": 5"# };
        let hider = format!("{{{hider}{priority}}}");
        let told = holders(&[("r", &allow), ("top", &hider)], "repository:prod/api:push", None);
        let own = told.iter().find(|line| line.starts_with(&format!("{selector} by r"))).unwrap();
        assert_eq!(own.ends_with("rule `top` decides with a higher priority"), named, "{hider}: {told:?}");
    }
    // The tier also allows the action to a subject, so that subject is not an exception.
    let rules = [
        ("r", r#"{"subjects": ["group:ops"], "actions": ["push"]}"#),
        ("top", r#"{"subjects": ["user:bob"], "actions": ["pull"], "priority": 5}"#),
        ("too", r#"{"subjects": ["user:bob"], "actions": ["push"], "priority": 5}"#),
    ];
    assert_eq!(holders(&rules, "repository:a:push", None), ["group:ops by r", "user:bob by too"]);
    let elsewhere = r#"{"subjects": ["user:bob"], "networks": ["10.0.0.0/8"], "priority": 5}"#;
    let rules = [rules[0], ("top", elsewhere)];
    assert_eq!(holders(&rules, "repository:a:push", Some("203.0.113.1")), ["group:ops by r"]);
}

#[test]
fn a_placeholder_is_told_as_a_condition() {
    for (glob, selector, name, told) in [
        ("${subject}/**", "authenticated", "prod/api", Some(" when its name is `prod`")),
        ("${subject}/**", "user:prod", "prod/api", Some("")),
        ("${subject}/**", "user:bob", "prod/api", None),
        ("${group}/**", "everyone", "prod/api", Some(" when `prod` is one of its groups")),
        ("${group}/**", "group:prod", "prod/api", Some("")),
        ("${group}/**", "anonymous", "prod/api", None),
        ("team-${group}/*", "authenticated", "team-web/api", Some(" when `web` is one of its groups")),
        ("t/${label:path}", "authenticated", "t/a/b", Some(" when its label `path` has `a/b`")),
        (
            "${group}/${subject}",
            "authenticated",
            "web/alice",
            Some(" when its name is `alice`, when `web` is one of its groups"),
        ),
    ] {
        let json = format!(r#"{{"subjects": ["{selector}"], "names": ["{glob}"]}}"#);
        let expected: Vec<String> = told.map(|told| format!("{selector} by r{told}")).into_iter().collect();
        assert_eq!(
            holders(&[("r", &json)], &format!("repository:{name}:pull"), None),
            expected,
            "{glob} {selector}"
        );
    }
}

#[test]
fn networks_are_a_condition_until_the_address_is_known() {
    let rules = [("office", r#"{"networks": ["10.0.0.0/8", "192.168.0.0/16"]}"#)];
    let ask = "repository:a:pull";
    assert_eq!(holders(&rules, ask, None), ["everyone by office from 10.0.0.0/8, 192.168.0.0/16"]);
    assert_eq!(holders(&rules, ask, Some("10.1.2.3")), ["everyone by office"]);
    assert_eq!(holders(&rules, ask, Some("203.0.113.1")), [] as [&str; 0]);
}

#[test]
fn a_star_is_held_by_those_only_who_are_granted_the_star_itself() {
    let rules = [
        ("all", r#"{"subjects": ["group:ops", "user:bob"], "actions": ["*"]}"#),
        ("no-push", r#"{"effect": "deny", "subjects": ["user:bob"], "actions": ["push"]}"#),
    ];
    let told = ["group:ops by all except those whom rule `no-push` denies"];
    assert_eq!(holders(&rules, "repository:a:*", None), told);
    let policy = Policy::from_rules(rules.iter().map(|(name, json)| rule(name, json)));
    let (service, scope) =
        (ServiceName::parse("registry").unwrap(), ResourceScope::parse("repository:a:*").unwrap());
    let reach = Reach {
        service: &service,
        scope_type: &scope.resource_type,
        name: &scope.name,
        action: &Action::every(),
        address: None,
        at: Timestamp::from_seconds(1000),
    };
    // Pull and delete are granted, but not `*` itself. So no rule allows the request.
    let bob = witness::subject(&Selector::parse("user:bob").unwrap());
    assert_eq!(policy.decides_for(&bob, &reach), None);
}

#[test]
fn only_denies_that_some_of_them_may_fall_under_are_named() {
    for (selector, deny, named) in [
        ("user:alice", r#""subjects": ["user:bob"]"#, false),
        ("robot:ci", r#""subjects": ["user:ci"]"#, false),
        ("user:alice", r#""subjects": ["group:web"]"#, true),
        ("group:ops", r#""subjects": ["user:bob"]"#, true),
        ("group:ops", r#""subjects": ["anonymous"]"#, false),
        ("everyone", r#""subjects": ["anonymous"]"#, true),
        ("everyone", r#""subjects": ["authenticated"]"#, true),
        ("authenticated", r#""names": ["${group}/**"]"#, true),
        ("authenticated", r#""names": ["other/${group}"]"#, false),
        ("user:alice", r#""names": ["${subject}/**"]"#, false),
        ("authenticated", r#""subjects": ["user:bob"], "names": ["${subject}/**"]"#, false),
        ("authenticated", r#""subjects": ["user:bob"], "priority": -1"#, false),
        ("authenticated", r#""subjects": ["user:bob"], "actions": ["push"]"#, false),
    ] {
        let allow = format!(r#"{{"subjects": ["{selector}"]}}"#);
        let deny = format!(r#"{{"effect": "deny", {deny}}}"#);
        let told = holders(&[("r", &allow), ("no", &deny)], "repository:prod/api:pull", None);
        let except = if named { " except those whom rule `no` denies" } else { "" };
        assert_eq!(told, [format!("{selector} by r{except}")], "{deny}");
    }
}

#[test]
fn a_placeholder_that_does_not_stand_alone_is_told_by_its_glob() {
    for (glob, name, found) in [
        ("${group}*/**", "prod-x/api", true),
        ("${group}-${subject}", "web-alice", true),
        ("p${group}d*", "prod-x", true),
        ("q${group}*", "prod-x", false),
    ] {
        let json = format!(r#"{{"subjects": ["authenticated"], "names": ["{glob}"]}}"#);
        let told = holders(&[("r", &json)], &format!("repository:{name}:pull"), None);
        let expected: Vec<String> =
            found.then(|| format!("authenticated by r when `{glob}` matches")).into_iter().collect();
        assert_eq!(told, expected);
    }
}

/// Prints the elapsed time, for `cargo nextest run --release --lib ten_thousand --no-capture`.
#[test]
fn ten_thousand_rules_are_answered_in_time() {
    let count = if cfg!(debug_assertions) { 2_000 } else { 10_000 };
    let rules = (0..count).flat_map(|n| {
        let allow = format!(
            r#"{{"subjects": ["user:u{n}", "group:g{n}"], "names": ["prod/**"], "actions": ["push"]}}"#
        );
        // The rule of the higher tier also allows the action to every second user.
        let actions = if n % 2 == 0 { r#""pull""# } else { r#""pull", "push""# };
        let top = format!(
            r#"{{"subjects": ["user:u{n}"], "names": ["prod/**"], "actions": [{actions}], "priority": 5}}"#
        );
        [rule(&format!("r{n}"), &allow), rule(&format!("top{n}"), &top)]
    });
    let policy = Policy::from_rules(rules);
    let (service, scope) =
        (ServiceName::parse("registry").unwrap(), ResourceScope::parse("repository:prod/a:push").unwrap());
    let action = scope.actions.iter().next().unwrap().clone();
    let reach = Reach {
        service: &service,
        scope_type: &scope.resource_type,
        name: &scope.name,
        action: &action,
        address: None,
        at: Timestamp::from_seconds(1000),
    };
    let begun = std::time::Instant::now();
    let holders = policy.who_can(&reach);
    let took = begun.elapsed();
    println!("{} rules: {} holders, {took:?}", policy.len(), holders.len());
    assert_eq!(holders.len(), count + count / 2);
    let condition = Some("except those for whom rule `top0` decides with a higher priority");
    assert_eq!(holders[0].condition.as_deref(), condition, "{:?}", holders[0]);
    assert!(cfg!(debug_assertions) || took.as_secs() < 2, "{took:?}");
}
