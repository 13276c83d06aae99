//! Measures decisions among few and many rules, and changes of the policy.
//!
//! ```text
//! cargo bench --bench policy                  all benchmarks, in a minute or two
//! cargo bench --bench policy -- decision      benchmarks with `decision` in the name
//! cargo bench --bench policy -- memory        bytes for each of 1,000,000 rules (Linux)
//! ```
//! `decision` asks the same question with 10, 10,000 and 1,000,000 rules. Each time ten rules are about the subject,
//! and the other rules are about other groups. `decision_of_many_subjects` asks about another subject each time, so
//! that the data are not in the processor's caches.

#![expect(clippy::unwrap_used, reason = "a benchmark may fail by panic")]

use divan::Bencher;
use portreeve::domain::policy::{Decision, Policy, Question, Rule, RuleFields};
use portreeve::domain::scope::{ResourceScope, ScopeList};
use portreeve::domain::service::ServiceName;
use portreeve::domain::subject::{GroupName, Labels, Subject, SubjectRef};
use portreeve::domain::time::Timestamp;
use std::sync::LazyLock;
use std::time::Instant;

const MANY: usize = 1_000_000;
/// The number of groups to which the ordinary rules apply.
const GROUPS: usize = 5000;

fn rule(name: &str, subject: &str, glob: &str, json: &str) -> Rule {
    let mut fields: RuleFields = serde_json::from_str(json).unwrap();
    fields.name = name.to_owned();
    fields.subjects.push(subject.to_owned());
    fields.names.push(glob.to_owned());
    if fields.actions.is_empty() {
        fields.actions.extend(["pull", "push"].map(str::to_owned));
    }
    Rule::try_from(fields).unwrap()
}

/// Returns ordinary rule number `n`, which gives one group access to one pattern of names.
fn ordinary(n: usize) -> Rule {
    let group = n % GROUPS;
    rule(&format!("r{n:07}"), &format!("group:g{group}"), &format!("team-{group}/app-{n}/**"), "{}")
}

/// Returns ten rules about alice, who is in the groups web, ops and all. Some have a priority, deny, or contain
/// placeholders.
fn about_alice() -> impl Iterator<Item = Rule> {
    [
        ("a0", "group:web", "web/**", "{}"),
        ("a1", "group:web", "web/secret/**", r#"{"effect": "deny"}"#),
        ("a2", "group:web", "shared/*/web-?", r#"{"actions": ["pull"]}"#),
        ("a3", "group:ops", "${group}/**", "{}"),
        ("a4", "group:ops", "**", r#"{"actions": ["delete"], "networks": ["10.0.0.0/8"]}"#),
        ("a5", "group:all", "public/**", r#"{"actions": ["pull"]}"#),
        ("a6", "user:alice", "users/${subject}/**", r#"{"actions": ["*"]}"#),
        ("a7", "authenticated", "library/**", r#"{"actions": ["pull"]}"#),
        ("a8", "everyone", "frozen/**", r#"{"effect": "deny", "actions": ["push"], "priority": 10}"#),
        ("a9", "everyone", "**/public/*", r#"{"actions": ["pull"], "priority": -1}"#),
    ]
    .into_iter()
    .map(|(name, subject, glob, json)| rule(name, subject, glob, json))
}

/// Builds a policy with this number of rules. Ten of them are about alice.
fn policy(size: usize) -> Policy {
    Policy::from_rules(about_alice().chain((10..size).map(ordinary)))
}

static AMONG_10: LazyLock<Policy> = LazyLock::new(|| policy(10));
static AMONG_10_000: LazyLock<Policy> = LazyLock::new(|| policy(10_000));
static AMONG_MANY: LazyLock<Policy> = LazyLock::new(|| policy(MANY));

fn among(size: usize) -> &'static Policy {
    match size {
        10 => &AMONG_10,
        10_000 => &AMONG_10_000,
        _ => &AMONG_MANY,
    }
}

/// A question and its subject.
struct Asked {
    subject: Subject,
    service: ServiceName,
    scopes: Vec<ResourceScope>,
}

impl Asked {
    fn new(subject: &str, groups: &[&str], scopes: &str) -> Self {
        Self {
            subject: Subject {
                identity: Some(SubjectRef::parse(subject).unwrap()),
                groups: groups.iter().map(|group| GroupName::parse(group).unwrap()).collect(),
                labels: Labels::default(),
            },
            service: ServiceName::parse("registry.example.org").unwrap(),
            scopes: scopes.split(' ').map(|scope| ResourceScope::parse(scope).unwrap()).collect(),
        }
    }

    fn by_alice(scopes: &str) -> Self {
        Self::new("user:alice", &["web", "ops", "all"], scopes)
    }

    fn question(&self) -> Question<'_> {
        Question {
            subject: &self.subject,
            service: &self.service,
            scopes: &self.scopes,
            address: None,
            at: Timestamp::from_seconds(1_800_000_000),
            restriction: None,
        }
    }

    fn decide(&self, policy: &Policy) -> Decision {
        policy.evaluate(&self.question())
    }
}

#[divan::bench(args = [10, 10_000, MANY])]
fn decision(bencher: Bencher<'_, '_>, size: usize) {
    let (policy, asked) = (among(size), Asked::by_alice("repository:web/site:pull,push"));
    assert!(!asked.decide(policy).granted.is_empty());
    bencher.bench_local(|| asked.decide(policy));
}

#[divan::bench(args = [10, 10_000, MANY])]
fn decision_with_star(bencher: Bencher<'_, '_>, size: usize) {
    let (policy, asked) = (among(size), Asked::by_alice("repository:users/alice/x:*"));
    assert!(!asked.decide(policy).granted.is_empty());
    bencher.bench_local(|| asked.decide(policy));
}

#[divan::bench(args = [10, 10_000, MANY])]
fn refusal_with_brief_explanation(bencher: Bencher<'_, '_>, size: usize) {
    let (policy, asked) = (among(size), Asked::by_alice("repository:library/site:pull,push"));
    bencher.bench_local(|| (asked.decide(policy), policy.explain_briefly(&asked.question())));
}

#[divan::bench(args = [10_000, MANY])]
fn decision_of_many_subjects(bencher: Bencher<'_, '_>, size: usize) {
    let policy = among(size);
    let all: Vec<Asked> = (0..GROUPS)
        .map(|group| {
            let of = size - GROUPS + group;
            Asked::new(
                "user:bob",
                &[&format!("g{group}")],
                &format!("repository:team-{group}/app-{of}/x:pull"),
            )
        })
        .collect();
    assert!(all.iter().all(|asked| !asked.decide(policy).granted.is_empty()));
    let mut turn = all.iter().cycle();
    bencher.bench_local(|| turn.next().map(|asked| asked.decide(policy)));
}

#[divan::bench]
fn decision_among_1_000_rules_that_all_fit(bencher: Bencher<'_, '_>) {
    let policy = Policy::from_rules((0..1000).map(|n| rule(&format!("r{n}"), "user:alice", "**", "{}")));
    let asked = Asked::by_alice("repository:web/site:pull,push");
    bencher.bench_local(|| asked.decide(&policy));
}

#[divan::bench(args = [10, MANY])]
fn decision_among_rules_for_everyone(bencher: Bencher<'_, '_>, size: usize) {
    let rules = (0..size).map(|n| rule(&format!("r{n}"), "everyone", &format!("p{n}/**"), "{}"));
    let policy = Policy::from_rules(rules);
    let asked = Asked::by_alice("repository:p7/site:pull,push");
    assert!(!asked.decide(&policy).granted.is_empty());
    bencher.bench_local(|| asked.decide(&policy));
}

#[divan::bench]
fn decision_among_1_000_rules_with_repeated_placeholders(bencher: Bencher<'_, '_>) {
    let rules = (0..1000)
        .map(|n| rule(&format!("r{n}"), "everyone", &format!("**/${{group}}/*-{n}/${{group}}/**"), "{}"));
    let policy = Policy::from_rules(rules);
    let asked = Asked::by_alice("repository:web/x-7/web/site:pull,push");
    assert!(!asked.decide(&policy).granted.is_empty());
    bencher.bench_local(|| asked.decide(&policy));
}

#[divan::bench]
fn one_rule_more_while_a_snapshot_of_1_000_000_is_held(bencher: Bencher<'_, '_>) {
    let mut number = 0;
    bencher
        .with_inputs(|| {
            number = (number + 99_991) % MANY;
            rule(&format!("r{number:07}x"), "group:g7", &format!("team-7/new-{number}/**"), "{}")
        })
        .bench_local_values(|rule| among(MANY).with_rule(rule));
}

#[divan::bench]
fn one_rule_replaced_while_a_snapshot_of_1_000_000_is_held(bencher: Bencher<'_, '_>) {
    let mut number = 10;
    bencher
        .with_inputs(|| {
            number = (number + 99_991) % (MANY - 10) + 10;
            rule(&format!("r{number:07}"), "everyone", "team-7/**", "{}")
        })
        .bench_local_values(|rule| among(MANY).with_rule(rule));
}

#[divan::bench(sample_count = 3, sample_size = 1)]
fn compilation_of_1_000_000_rules(bencher: Bencher<'_, '_>) {
    bencher
        .with_inputs(|| (0..MANY).map(ordinary).collect::<Vec<_>>())
        .bench_local_values(Policy::from_rules);
}

#[divan::bench]
fn parsing_of_3_kb_of_scopes(bencher: Bencher<'_, '_>) {
    let scopes: Vec<String> =
        (10..74).map(|n| format!("repository:team-{n}/service-{n}/image:pull,push")).collect();
    let text = scopes.join(" ");
    assert!((2800..3300).contains(&text.len()));
    bencher.bench_local(|| ScopeList::parse([divan::black_box(text.as_str())]));
}

/// Reads the resident memory of this process, in bytes.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024
}

fn memory() {
    for (kind, make) in [
        ("ordinary rules", ordinary as fn(usize) -> Rule),
        ("rules for everyone", |n| rule(&format!("r{n:07}"), "everyone", &format!("p{n}/**"), "{}")),
        ("rules of a user each", |n| {
            rule(&format!("r{n:07}"), &format!("user:u{n}"), &format!("users/u{n}/**"), "{}")
        }),
    ] {
        let (before, began) = (resident(), Instant::now());
        let policy = Policy::from_rules((0..MANY).map(make));
        let bytes = resident().saturating_sub(before) / policy.len();
        println!("{kind}: {bytes} bytes each, parsed and compiled in {:?}", began.elapsed());
        // The policy is never freed, so that the next kind does not reuse its memory.
        std::mem::forget(policy);
    }
}

fn main() {
    if std::env::args().any(|argument| argument == "memory") {
        memory();
    } else {
        divan::main();
    }
}
