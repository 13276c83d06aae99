//! Tests of the rows of a comparison, and of the number of things that it leaves out.

use super::*;
use crate::domain::policy::testing::rule;
use crate::domain::service::Service;
use crate::domain::subject::{GroupName, Subject, SubjectRef};
use crate::domain::verifier::Verifier;

fn compared(
    old: &Policy,
    new: &Policy,
    subjects: &[SubjectChange],
    known: &Population,
    limit: usize,
) -> Comparison {
    let rules = old.rules().chain(new.rules()).map(|rule| rule.name.clone()).collect();
    let changes = Changes { rules: &rules, subjects, services: &[] };
    compare((old, new), changes, known, Timestamp::from_seconds(1000), bounds(limit))
}

fn bounds(rows: usize) -> Bounds {
    Bounds { work: 20_000_000, rows, abandoned: Abandoned::default() }
}

fn told_to(known: &Population, old: &Policy, new: &Policy, subjects: &[SubjectChange]) -> Vec<String> {
    let compared = compared(old, new, subjects, known, 100);
    assert_eq!(compared.omitted, 0);
    let mut lines = Vec::new();
    for one in compared.decisions {
        assert_ne!(one.before, one.after);
        let what = if one.after { "granted" } else { "denied" };
        let by = one.by.map_or("-".to_owned(), |rule| rule.to_string());
        let example = format!("{}@{}", one.example.subject, one.example.name);
        let partly = if one.partly { " partly" } else { "" };
        lines.push(format!("{} {} {} {what} {by} {example}{partly}", one.selector, one.name, one.action));
    }
    lines
}

fn told(old: &Policy, new: &Policy, subjects: &[SubjectChange]) -> Vec<String> {
    told_to(&Population::default(), old, new, subjects)
}

fn policy(rules: &[(&str, &str)]) -> Policy {
    Policy::from_rules(rules.iter().map(|(name, json)| rule(name, json)))
}

fn somebody(name: &str, groups: &[&str]) -> Account {
    Account::of(Subject {
        identity: Some(SubjectRef::parse(name).unwrap()),
        groups: groups.iter().map(|name| GroupName::parse(name).unwrap()).collect(),
        ..Subject::default()
    })
}

const NONE: [&str; 0] = [];
const WEB: (&str, &str) =
    ("web", r#"{"subjects": ["group:web"], "names": ["web/**"], "actions": ["pull", "push"]}"#);
const ALL: (&str, &str) =
    ("all", r#"{"subjects": ["authenticated"], "names": ["**"], "actions": ["pull", "push"]}"#);

#[test]
fn a_rule_that_comes_goes_or_changes_is_told_by_what_it_does() {
    let (none, web) = (policy(&[]), policy(&[WEB]));
    assert_eq!(
        told(&none, &web, &[]),
        [
            "group:web web/** pull granted web group:web@web/x",
            "group:web web/** push granted web group:web@web/x"
        ]
    );
    let known = Population { people: vec![somebody("robot:ci", &["web"]).into()], ..Population::default() };
    assert_eq!(
        told_to(&known, &web, &none, &[]),
        ["group:web web/** pull denied - robot:ci@web/x", "group:web web/** push denied - robot:ci@web/x"]
    );
    let less = policy(&[("web", r#"{"subjects": ["group:web"], "names": ["web/**"], "actions": ["pull"]}"#)]);
    assert_eq!(told(&web, &less, &[]), ["group:web web/** push denied - group:web@web/x"]);
    assert_eq!(told(&web, &web, &[]), NONE);
    let off = policy(&[("web", r#"{"subjects": ["group:web"], "enabled": false}"#)]);
    assert_eq!(told(&none, &off, &[]), NONE);
}

#[test]
fn what_a_deny_takes_from_those_who_had_it_is_told_whomever_it_names() {
    let before = policy(&[ALL]);
    let freeze = |more: &str| {
        let json = format!(
            r#"{{"effect": "deny", "subjects": ["everyone"], "names": ["release/**"], "actions": ["push"]{more}}}"#
        );
        policy(&[ALL, ("freeze", &json)])
    };
    let known = Population { people: vec![somebody("user:alice", &[]).into()], ..Population::default() };
    let push = "everyone release/** push denied freeze user:alice@release/x partly";
    assert_eq!(told_to(&known, &before, &freeze(""), &[]), [push]);
    let stranger = push.replace("alice", "0.somebody.else");
    assert_eq!(told(&before, &freeze(""), &[]), [stranger]);
    // Only the highest tier decides, so pull is lost as well.
    let pull = push.replace("push", "pull");
    assert_eq!(told_to(&known, &before, &freeze(r#", "priority": 10"#), &[]), [pull.as_str(), push]);
    assert_eq!(
        told_to(&known, &freeze(r#", "priority": 10"#), &before, &[]),
        [pull, push.to_owned()].map(|line| line.replace("denied freeze", "granted all"))
    );
    // The rule denies rights that nobody had, so nobody loses any.
    assert_eq!(told(&policy(&[]), &policy(&[("freeze", r#"{"effect": "deny"}"#)]), &[]), NONE);
}

#[test]
fn what_does_not_change_is_not_told() {
    let before = policy(&[WEB]);
    let tier = r#"{"subjects": ["group:web"], "names": ["web/**"], "actions": ["pull"], "priority": 5}"#;
    let after = policy(&[WEB, ("tier", tier)]);
    let push = "group:web web/** push denied tier group:web@web/x";
    assert_eq!(told(&before, &after, &[]), [push], "pull is granted before and after");
    let useless =
        policy(&[WEB, ("more", r#"{"subjects": ["group:web"], "names": ["web/a"], "actions": ["pull"]}"#)]);
    assert_eq!(told(&before, &useless, &[]), NONE);
}

#[test]
fn every_action_alike_is_one_decision() {
    let all = policy(&[("all", r#"{"subjects": ["user:bob"], "names": ["**"], "actions": ["*"]}"#)]);
    assert_eq!(told(&policy(&[]), &all, &[]), ["user:bob ** * granted all user:bob@x"]);
    let pull = policy(&[("all", r#"{"subjects": ["user:bob"], "names": ["**"], "actions": ["pull"]}"#)]);
    assert_eq!(
        told(&pull, &all, &[]),
        [
            "user:bob ** * granted all user:bob@x partly",
            "user:bob ** delete granted all user:bob@x",
            "user:bob ** push granted all user:bob@x"
        ]
    );
}

#[test]
fn types_and_services_are_one_where_they_are_alike() {
    let everything = r#"{"subjects": ["user:bob"], "type": "*", "names": ["**"], "actions": ["pull"]}"#;
    let services = ["r", "s"].map(|name| ServiceName::parse(name).unwrap());
    let known = Population { services: services.into(), ..Population::default() };
    let rows = |old: &Policy| {
        let rows = compared(old, &policy(&[("everything", everything)]), &[], &known, 100).decisions;
        let row = |row: DecisionChange| format!("{}/{}{}", row.service, row.resource_type, row.partly);
        rows.into_iter().map(row).collect::<Vec<_>>()
    };
    assert_eq!(rows(&policy(&[])), ["*/*false"]);
    let there = everything.replace("\"type\": \"*\"", "\"services\": [\"s\"]");
    let before = rows(&policy(&[("everything", &there)]));
    // The user already had rights on repositories of `s` before the change, so the row is marked as partial.
    assert_eq!(before, ["r/*false", "s/*true"]);
}

#[test]
fn a_rule_in_its_time_and_network_is_asked_about_there() {
    let brief = r#"{"not_before": "2040-01-01T00:00:00Z", "networks": ["10.0.0.0/8"], "services": ["r-*"]}"#;
    let after = policy(&[("brief", brief)]);
    let mut rows = compared(&policy(&[]), &after, &[], &Population::default(), 100).decisions;
    let row = rows.pop().unwrap();
    assert_eq!((row.selector.as_str(), row.service.as_str(), row.partly), ("everyone", "r-*", true));
    assert_eq!(row.example.address, Some("10.0.0.0".parse().unwrap()));
    assert_eq!(row.example.at, Some(Timestamp::parse("2040-01-01T00:00:00Z").unwrap()));
    assert!(rows.is_empty());
}

#[test]
fn a_changed_membership_is_told_for_the_subject() {
    let own = ("own", r#"{"subjects": ["authenticated"], "names": ["${group}/**"], "actions": ["pull"]}"#);
    let wide = ("wide", r#"{"subjects": ["authenticated"], "names": ["shared/**"], "actions": ["pull"]}"#);
    let policy = policy(&[WEB, own, wide]);
    let alice = |groups: &[&str]| Some(somebody("user:alice", groups));
    let joined = SubjectChange { before: alice(&[]), after: alice(&["web"]) };
    assert_eq!(
        told(&policy, &policy, &[joined]),
        [
            "user:alice ${group}/** pull granted own user:alice@web/x",
            "user:alice web/** pull granted own user:alice@web/x",
            "user:alice web/** push granted web user:alice@web/x",
        ]
    );
    // A disabled user loses every right, also the rights that `authenticated` has.
    let gone = SubjectChange { before: alice(&["web"]), after: None };
    let lost = told(&policy, &policy, &[gone]);
    assert_eq!(lost.len(), 4);
    assert!(lost.contains(&"user:alice shared/** pull denied - user:alice@shared/x".to_owned()), "{lost:?}");
}

#[test]
fn what_is_not_told_is_counted() {
    let rules: Vec<Rule> =
        (0..10).map(|i| rule(&format!("r{i}"), &format!(r#"{{"names": ["p{i}/**"]}}"#))).collect();
    let (none, all) = (Policy::default(), Policy::from_rules(rules));
    let some = compared(&none, &all, &[], &Population::default(), 4);
    assert_eq!((some.decisions.len(), some.omitted), (4, 6));
    let known = Population { more_people: 3, ..Population::default() };
    assert_eq!(compared(&none, &all, &[], &known, 100).omitted, 3, "unlisted accounts count as omitted");
}

#[test]
fn too_much_work_is_said() {
    let rules = |count: usize| {
        let rule =
            |i| rule(&format!("r{i}"), &format!(r#"{{"names": ["**/p{i}/**"], "actions": ["push"]}}"#));
        Policy::from_rules((0..count).map(rule))
    };
    let deny = rule("deny", r#"{"effect": "deny", "names": ["**"], "actions": ["push"]}"#);
    let within = |work, count| {
        let old = rules(count);
        let (new, names) = (old.with_rule(deny.clone()), BTreeSet::from([deny.name.clone()]));
        let changes = Changes { rules: &names, subjects: &[], services: &[] };
        let at = Timestamp::from_seconds(1000);
        compare_within(Work::new(work), (&old, &new), changes, &Population::default(), at, 100)
    };
    assert_eq!(within(1_000_000, 5).omitted, 0);
    let some = within(1_000_000, 500);
    assert!(some.omitted > 0);
    assert_eq!(some, within(1_000_000, 500), "the result is the same each time");
    assert!(within(10, 5).omitted > 0);
}

#[test]
fn a_comparison_that_nobody_waits_for_looks_at_nothing() {
    let (none, all) = (policy(&[]), policy(&[ALL, WEB]));
    let names = all.rules().map(|rule| rule.name.clone()).collect();
    let changes = Changes { rules: &names, subjects: &[], services: &[] };
    let (known, at) = (Population::default(), Timestamp::from_seconds(1000));
    let bounds = bounds(100);
    bounds.abandoned.store(true, std::sync::atomic::Ordering::Relaxed);
    let told = compare((&none, &all), changes, &known, at, bounds);
    assert!(told.decisions.is_empty() && told.omitted > 0, "{told:?}");
}

fn service(name: &str, profile: &str, push_includes_pull: bool) -> Service {
    let mut service = Service::new(ServiceName::parse(name).unwrap());
    service.verifier = Verifier::parse(profile, None, None).unwrap();
    service.asked_push_includes_pull = Some(push_includes_pull);
    service
}

/// Returns the rows for changed registries under unchanged rules.
fn told_of(
    policy: &Policy,
    known: &Population,
    before: Option<Service>,
    after: Option<Service>,
) -> Vec<String> {
    let services = [ServiceChange { before, after }];
    let changes = Changes { rules: &BTreeSet::new(), subjects: &[], services: &services };
    let told = compare((policy, policy), changes, known, Timestamp::from_seconds(1000), bounds(100));
    assert_eq!(told.omitted, 0);
    let row = |row: DecisionChange| {
        let what = if row.after { "granted" } else { "denied" };
        let asked = row.example.asked.map(|asked| format!(" asking {asked}")).unwrap_or_default();
        let (service, selector, kind, name, action) =
            (row.service, row.selector, row.resource_type, row.name, row.action);
        format!(
            "{service} {selector} {kind} {name} {action} {what} {}@{}{asked}",
            row.example.subject, row.example.name
        )
    };
    told.decisions.into_iter().map(row).collect()
}

#[test]
fn a_registry_that_comes_or_goes_is_told_by_what_all_rules_do_there() {
    let elsewhere = ("else", r#"{"subjects": ["user:bob"], "services": ["r"]}"#);
    let policy = policy(&[WEB, elsewhere]);
    let there = ServiceName::parse("r").unwrap();
    let known = Population { services: vec![there], ..Population::default() };
    let made = Some(service("new", "distribution-2", false));
    let rows = |what: &str| {
        ["pull", "push"]
            .map(|action| format!("new group:web repository web/** {action} {what} group:web@web/x"))
    };
    assert_eq!(told_of(&policy, &known, None, made.clone()), rows("granted"));
    assert_eq!(told_of(&policy, &known, made, None), rows("denied"));
}

#[test]
fn a_registry_that_reads_requests_otherwise_is_told_with_what_must_be_asked() {
    let policy =
        policy(&[WEB, ("catalog", r#"{"subjects": ["user:eve"], "type": "registry", "actions": ["*"]}"#)]);
    let known = Population { people: vec![somebody("robot:ci", &["web"]).into()], ..Population::default() };
    let [two, three] = ["distribution-2", "distribution-3"].map(|profile| Some(service("r", profile, true)));
    let (alone, zot) = (Some(service("r", "distribution-2", false)), Some(service("r", "zot", true)));
    assert_eq!(told_of(&policy, &known, two.clone(), three), NONE);
    let pull =
        |what| format!("r everyone repository ** pull {what} robot:ci@web/x asking repository:web/x:push");
    assert_eq!(told_of(&policy, &known, two.clone(), alone.clone()), [pull("denied")]);
    assert_eq!(told_of(&policy, &known, alone, two.clone()), [pull("granted")]);
    let nameless = "r everyone repository  pull granted user:eve@ asking repository::pull";
    assert_eq!(told_of(&policy, &known, two, zot), [nameless]);
    assert_eq!(told_of(&Policy::default(), &known, Some(service("r", "zot", false)), None), NONE);
}

#[test]
fn a_robot_that_ends_otherwise_loses_everything_from_then_on() {
    let policy = policy(&[WEB]);
    let ci = |until: Option<i64>| {
        let until = until.map(Timestamp::from_seconds);
        Some(Account { until, ..somebody("robot:ci", &["web"]) })
    };
    let told = |before, after| {
        let changes = [SubjectChange { before, after }];
        let rows = compared(&policy, &policy, &changes, &Population::default(), 100).decisions;
        let at =
            |row: &DecisionChange| row.example.at.map(Timestamp::as_micros).unwrap_or_default() / 1_000_000;
        rows.iter().map(|row| (row.action.clone(), row.after, at(row), row.partly)).collect::<Vec<_>>()
    };
    let row = |action: &str, after, at| (action.to_owned(), after, at, true);
    assert_eq!(told(ci(None), ci(Some(2000))), [row("pull", false, 2000), row("push", false, 2000)]);
    assert_eq!(told(ci(Some(2000)), ci(Some(3000))), [row("pull", true, 2000), row("push", true, 2000)]);
    assert_eq!(told(ci(Some(2000)), ci(Some(2000))), []);
}

#[test]
fn an_administrator_is_the_last_example() {
    let (before, deny) = (policy(&[ALL]), ("no", r#"{"effect": "deny", "actions": ["push"]}"#));
    let admin = Account { is_admin: true, ..somebody("user:admin", &["web"]) };
    let known = |people: &[&Account]| Population {
        people: people.iter().copied().cloned().map(Arc::new).collect(),
        ..Population::default()
    };
    let example = |people: &[&Account]| {
        let rows = compared(&before, &policy(&[ALL, deny]), &[], &known(people), 100).decisions;
        rows[0].example.subject.clone()
    };
    let zoe = somebody("user:zoe", &[]);
    assert_eq!(example(&[&admin, &zoe]), "user:zoe");
    assert_eq!(example(&[&admin]), "user:admin");
    assert_eq!(example(&[]), "user:0.somebody.else");
}
