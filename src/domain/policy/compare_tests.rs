//! What a comparison tells.

use super::*;
use crate::domain::policy::testing::rule;
use crate::domain::subject::{GroupName, SubjectRef};

fn told(old: &Policy, new: &Policy, rules: &[&str], subjects: &[SubjectChange]) -> Vec<String> {
    let rules = rules.iter().map(|name| RuleName::parse(name).unwrap()).collect();
    let compared = compare(old, new, &rules, subjects, Timestamp::from_seconds(1000), 100);
    assert_eq!(compared.omitted, 0);
    let word = |granted: bool| if granted { "granted" } else { "denied" };
    let mut lines = Vec::new();
    for one in compared.decisions {
        let rule = one.rule.map_or("-".to_owned(), |rule| rule.to_string());
        lines.push(format!(
            "{} {} {} {}>{} {rule}",
            one.subject,
            one.names,
            one.action,
            word(one.before),
            word(one.after)
        ));
    }
    lines
}

fn policy(rules: &[(&str, &str)]) -> Policy {
    Policy::from_rules(rules.iter().map(|(name, json)| rule(name, json)))
}

const WEB: (&str, &str) =
    ("web", r#"{"subjects": ["group:web"], "names": ["web/**"], "actions": ["pull", "push"]}"#);

#[test]
fn a_rule_that_comes_goes_or_changes_is_told_by_what_it_does() {
    let (none, web) = (policy(&[]), policy(&[WEB]));
    assert_eq!(
        told(&none, &web, &["web"], &[]),
        ["group:web web/** pull denied>granted web", "group:web web/** push denied>granted web"]
    );
    assert_eq!(
        told(&web, &none, &["web"], &[]),
        ["group:web web/** pull granted>denied -", "group:web web/** push granted>denied -"]
    );
    let less = policy(&[("web", r#"{"subjects": ["group:web"], "names": ["web/**"], "actions": ["pull"]}"#)]);
    assert_eq!(told(&web, &less, &["web"], &[]), ["group:web web/** push granted>denied -"]);
    assert_eq!(told(&web, &web, &["web"], &[]), [] as [&str; 0]);
    let off = policy(&[("web", r#"{"subjects": ["group:web"], "enabled": false}"#)]);
    assert_eq!(told(&none, &off, &["web"], &[]), [] as [&str; 0]);
}

#[test]
fn a_deny_and_a_higher_tier_are_told_and_what_they_do_not_change_is_not() {
    let before = policy(&[WEB]);
    let freeze = r#"{"effect": "deny", "subjects": ["everyone"], "names": ["web/**"], "actions": ["push"]}"#;
    let after = policy(&[WEB, ("freeze", freeze)]);
    // Nobody else had the right that the deny takes from everyone.
    assert_eq!(told(&before, &after, &["freeze"], &[]), [] as [&str; 0]);
    let freeze = freeze.replace("everyone", "group:web");
    let after = policy(&[WEB, ("freeze", &freeze)]);
    assert_eq!(told(&before, &after, &["freeze"], &[]), ["group:web web/** push granted>denied freeze"]);
    let tier = r#"{"subjects": ["group:web"], "names": ["web/**"], "actions": ["pull"], "priority": 5}"#;
    let after = policy(&[WEB, ("tier", tier)]);
    assert_eq!(told(&before, &after, &["tier"], &[]), [] as [&str; 0], "pull was granted before");
    let useless =
        policy(&[WEB, ("more", r#"{"subjects": ["group:web"], "names": ["web/a"], "actions": ["pull"]}"#)]);
    assert_eq!(told(&before, &useless, &["more"], &[]), [] as [&str; 0]);
}

#[test]
fn every_action_alike_is_one_decision() {
    let all = policy(&[("all", r#"{"subjects": ["user:bob"], "names": ["**"], "actions": ["*"]}"#)]);
    assert_eq!(told(&policy(&[]), &all, &["all"], &[]), ["user:bob ** * denied>granted all"]);
    let pull = policy(&[("all", r#"{"subjects": ["user:bob"], "names": ["**"], "actions": ["pull"]}"#)]);
    assert_eq!(
        told(&pull, &all, &["all"], &[]),
        ["user:bob ** delete denied>granted all", "user:bob ** push denied>granted all"]
    );
}

#[test]
fn a_rule_in_its_time_and_network_is_asked_about_there() {
    let brief = r#"{"not_before": "2040-01-01T00:00:00Z", "networks": ["10.0.0.0/8"], "services": ["r-*"]}"#;
    let after = policy(&[("brief", brief)]);
    assert_eq!(told(&policy(&[]), &after, &["brief"], &[]), ["everyone ** pull denied>granted brief"]);
}

#[test]
fn a_changed_membership_is_told_for_the_subject() {
    let own = ("own", r#"{"subjects": ["authenticated"], "names": ["${group}/**"], "actions": ["pull"]}"#);
    let wide = ("wide", r#"{"subjects": ["authenticated"], "names": ["shared/**"], "actions": ["pull"]}"#);
    let policy = policy(&[WEB, own, wide]);
    let alice = |groups: &[&str]| Subject {
        identity: Some(SubjectRef::parse("user:alice").unwrap()),
        groups: groups.iter().map(|name| GroupName::parse(name).unwrap()).collect(),
        ..Subject::default()
    };
    let joined = SubjectChange { before: Some(alice(&[])), after: Some(alice(&["web"])) };
    assert_eq!(
        told(&policy, &policy, &[], &[joined]),
        [
            "user:alice ${group}/** pull denied>granted own",
            "user:alice web/** pull denied>granted own",
            "user:alice web/** push denied>granted web",
        ]
    );
    let gone = SubjectChange { before: Some(alice(&["web"])), after: None };
    assert_eq!(told(&policy, &policy, &[], &[gone]).len(), 3);
}

#[test]
fn what_is_not_told_is_counted() {
    let rules: Vec<Rule> =
        (0..10).map(|i| rule(&format!("r{i}"), &format!(r#"{{"names": ["p{i}/**"]}}"#))).collect();
    let names = rules.iter().map(|rule| rule.name.clone()).collect();
    let at = Timestamp::from_seconds(1000);
    let compared = compare(&Policy::default(), &Policy::from_rules(rules), &names, &[], at, 4);
    assert_eq!((compared.decisions.len(), compared.omitted), (4, 6));
}
