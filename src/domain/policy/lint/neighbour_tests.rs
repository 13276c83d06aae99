//! Tests of warnings about a rule that depend on other rules, or on identity providers.

use super::tests::World;
use crate::domain::identity::ProviderName;
use crate::domain::selector::Selector;

/// If a deny rule hides more than it denies, lint advises to correct the deny rule and not the hidden rule.
#[test]
fn what_hides_a_rule_is_to_be_mended_and_not_the_rule() {
    let innocent = r#"{"subjects": ["authenticated"], "names": ["release/**"], "actions": ["pull", "push"]}"#;
    let told = |actions: &str| {
        let deny = format!(
            r#"{{"effect": "deny", "names": ["release/**"], "actions": [{actions}], "priority": 10}}"#
        );
        World::usual().lint(&[innocent, &deny]).pop().unwrap()
    };
    let freeze = told(r#""push""#);
    assert_eq!(freeze.code, "shadowed-by-tier");
    assert_eq!(
        freeze.message,
        "it never decides, because rule `r1` has the higher priority 10 and matches everything that this rule \
         matches, although rule `r1` does not name `pull`: lower the priority of rule `r1`: `portreeve rules update \
         r1 --priority 0`"
    );
    for all in [r#""push", "pull""#, r#""*""#] {
        assert!(told(all).message.contains("delete it: `portreeve rules delete r0`"), "{all}");
    }
}

#[test]
fn anonymous_alone_is_warned_of_by_what_others_may_pull_of_it() {
    let public = r#"{"subjects": ["anonymous"], "names": ["public/**"]}"#;
    let signed_in = |more: &str| format!(r#"{{"subjects": ["authenticated"]{more}}}"#);
    let in_world = |world: &World, rules: &[&str]| {
        let found = world.lint(rules).into_iter().find(|warning| warning.code == "anonymous-only");
        found.map(|warning| warning.message.split('`').nth(1).unwrap().to_owned())
    };
    let warned = |rules: &[&str]| in_world(&World::usual(), rules);
    // Each row: the other rules, and the first name that a signed-in person may not pull
    let table: &[(&[&str], Option<&str>)] = &[
        (&[], Some("public/x")),
        // One rule that covers only a part of the names is not enough.
        (&[r#", "names": ["public/*"]"#], Some("public/x/x")),
        (&[r#", "names": ["public/a/**"]"#], Some("public/x")),
        (&[r#", "names": ["public/${subject}/**"]"#], Some("public/x")),
        // Two rules together may cover all names.
        (&[r#", "names": ["public/*"]"#, r#", "names": ["public/*/**"]"#], None),
        (&[r#", "names": ["public/**"], "services": ["registry"]"#], None),
        (&[r#", "names": ["public/**"], "services": ["other"]"#], Some("public/x")),
        (&[r#", "names": ["**"]"#], None),
        // A deny rule, or a rule of higher priority, may take one name away from the covering rule.
        (&[r#", "names": ["**"]"#, r#", "names": ["public/a"], "effect": "deny""#], Some("public/a")),
        (
            &[r#", "names": ["**"]"#, r#", "names": ["public/a"], "actions": ["push"], "priority": 1"#],
            Some("public/a"),
        ),
        // A covering rule of higher priority is enough too.
        (&[r#", "names": ["**"], "priority": 1"#], None),
    ];
    for (others, expected) in table {
        let others: Vec<String> = others.iter().map(|more| signed_in(more)).collect();
        let rules: Vec<&str> = [public].into_iter().chain(others.iter().map(String::as_str)).collect();
        assert_eq!(warned(&rules).as_deref(), *expected, "{others:?}");
    }
    // If anonymous may not pull a name either, signed-in people lose nothing.
    let denied = r#"{"effect": "deny", "names": ["public/**"]}"#;
    assert_eq!(warned(&[public, denied]), None);
    assert_eq!(
        warned(&[public, r#"{"subjects": ["group:g"], "names": ["public/**"]}"#]).as_deref(),
        Some("public/x")
    );
    assert_eq!(in_world(&World::default(), &[public]), None, "there is no registry to pull from");
}

#[test]
fn whom_a_provider_may_make_nobody_is_told_to_make() {
    let mut world = World::usual();
    let provider = ProviderName::parse("corp").unwrap();
    for text in ["user:erin", "group:corp.web"] {
        let selector = Selector::parse(text).unwrap();
        world.unknown.insert(selector.clone(), None);
        world.awaited.insert(selector, provider.clone());
    }
    let warnings = world.lint(&[r#"{"subjects": ["user:erin", "group:corp.web"]}"#]);
    let told: Vec<&str> = warnings.iter().map(|warning| warning.message.as_str()).collect();
    assert!(told[0].contains("wait for the first sign-in"), "{told:?}");
    assert!(told[1].contains("so do not create it") && !told[1].contains("groups create"), "{told:?}");
    assert!(told[1].contains("--remove-subject group:corp.web"), "{told:?}");
}
