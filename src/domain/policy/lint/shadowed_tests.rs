//! Tests that a rule which lint calls shadowed changes no decision.

use super::tests::World;
use super::*;
use crate::domain::policy::testing::{Asked, rule};
use crate::domain::subject::Subject;
use proptest::prelude::*;

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
        let world = World::usual();
        let mut asked = Asked::new(&format!("repository:{name}:pull,push,delete,*"));
        asked.address = address.map(|text| text.parse().unwrap());
        if anonymous {
            asked.subject = Subject::anonymous();
        }
        for rule in &rules {
            let warnings = policy.lint(rule, &world.known());
            if warnings.iter().any(|warning| warning.code.starts_with("shadowed")) {
                let without = policy.without_rule(&rule.name);
                let question = asked.question();
                prop_assert_eq!(policy.evaluate(&question), without.evaluate(&question), "{}", rule.name);
            }
        }
    }
}
