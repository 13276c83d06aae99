//! The policy against a naive model of it, and the properties that hold for every policy.
//!
//! The model is written from `docs/policy.md` in the most obvious way and shares no matching code
//! with the server: placeholders are expanded by enumeration, globs become regular expressions,
//! networks are compared bit by bit, tiers are filtered from the whole list of rules.
//!
//! `cargo test --test policy_model` compares some 100,000 generated cases. The long run:
//!
//! ```text
//! PORTREEVE_MODEL_CASES=10000000 cargo test --release --test policy_model -- --nocapture
//! ```
//! `PORTREEVE_MODEL_SEED` starts elsewhere; a failure names the seed of its case.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test may fail by panic"
)]

#[path = "policy_model/generate.rs"]
mod generate;
#[path = "policy_model/model.rs"]
mod model;
#[path = "policy_model/properties.rs"]
mod properties;

use generate::{Case, Dice};
use portreeve::domain::policy::{Effect, Policy, Question};
use std::collections::BTreeMap;

fn from_env(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().expect("a number"))
}

/// Compares one policy with the model, for one question; returns whether anything was granted.
fn compare(policy: &Policy, case: &Case, seed: u64) -> model::Answer {
    let question = case.question();
    let decision = policy.evaluate(&question);
    let expected = model::evaluate(&case.rules, &question);
    assert_eq!(decision.granted, expected.granted, "seed {seed}: {case:#?}");
    assert_eq!(decision.end, expected.end, "seed {seed}: {case:#?}");
    let admitted = policy.admits_anonymous(question.service, question.address, question.at);
    let anonymous = model::admits_anonymous(&case.rules, &question);
    assert_eq!(admitted, anonymous, "seed {seed}: {case:#?}");
    expected
}

/// The explanations grant exactly what the decision grants, and every reason is a true one.
fn check_explanation(policy: &Policy, question: &Question<'_>, seed: u64) {
    let granted = policy.evaluate(question).granted;
    for told in policy.explain(question) {
        let holds = granted.entries().iter().any(|entry| {
            entry.resource_type == told.resource_type
                && entry.name == told.name
                && entry.actions.contains(&told.action)
        });
        assert_eq!(told.granted, holds, "seed {seed}: {told}");
        let because = &told.because;
        assert!(because.near_misses.len() <= 5);
        let allowed = !because.allowed_by.is_empty() && because.denied_by.is_none();
        assert_eq!(told.granted, allowed && !because.restricted, "{told}");
        for near in &because.near_misses {
            assert!(policy.rule(&near.rule).is_some_and(|rule| rule.enabled), "{told}");
        }
    }
}

#[test]
fn the_policy_agrees_with_the_model() {
    let cases = from_env("PORTREEVE_MODEL_CASES", 100_000);
    let first = from_env("PORTREEVE_MODEL_SEED", 1);
    let mut hits: BTreeMap<&'static str, u64> = BTreeMap::new();
    let mut granted = 0;
    let mut done = 0;
    let mut seed = first;
    while done < cases {
        let mut dice = Dice::new(seed);
        let mut case = Case::random(&mut dice);
        let policy = Policy::from_rules(case.rules.iter().cloned());
        for _ in 0..5 {
            case.ask_anew(&mut dice);
            let answer = compare(&policy, &case, seed);
            granted += u64::from(!answer.granted.is_empty());
            for hit in answer.hits {
                *hits.entry(hit).or_default() += 1;
            }
            done += 1;
        }
        if seed.is_multiple_of(8) {
            check_explanation(&policy, &case.question(), seed);
        }
        seed += 1;
    }
    let share = granted as f64 / done as f64;
    println!("{done} cases, {:.1} % granted something, {hits:?}", share * 100.0);
    assert!((0.05..0.95).contains(&share), "{share}");
    if cases >= 10_000 {
        for branch in model::BRANCHES {
            assert!(hits.contains_key(branch), "the generator never reached `{branch}`");
        }
    }
}

#[test]
fn a_policy_changed_step_by_step_agrees_with_the_model() {
    let cases = from_env("PORTREEVE_MODEL_CASES", 100_000) / 20;
    for seed in 1..=cases.div_ceil(10) {
        let mut dice = Dice::new(seed ^ 0x5eed);
        let mut case = Case::random(&mut dice);
        let mut policy = Policy::from_rules(case.rules.iter().cloned());
        for _ in 0..10 {
            let before = policy.clone();
            let old = case.rules.clone();
            let rule = case.random_rule(&mut dice);
            case.rules.retain(|other| other.name != rule.name);
            if dice.one_in(3) {
                policy = policy.without_rule(&rule.name);
            } else {
                policy = policy.with_rule(rule.clone());
                case.rules.push(rule);
            }
            case.ask_anew(&mut dice);
            compare(&policy, &case, seed);
            assert_eq!(policy.len(), case.rules.len());
            // The policy it came from still decides as it did.
            let now = std::mem::replace(&mut case.rules, old);
            compare(&before, &case, seed);
            case.rules = now;
        }
        assert!(policy.rules().all(|rule| case.rules.contains(rule)));
    }
}

#[test]
fn a_deny_never_widens_and_an_allow_in_the_same_tier_never_narrows() {
    for seed in 1..=20_000 {
        let mut dice = Dice::new(seed ^ 0xadd);
        let mut case = Case::random(&mut dice);
        case.ask_anew(&mut dice);
        let policy = Policy::from_rules(case.rules.iter().cloned());
        let before = policy.evaluate(&case.question()).granted;
        let mut added = case.random_rule(&mut dice);
        added.name = portreeve::domain::policy::RuleName::parse("added").unwrap();

        added.effect = Effect::Deny;
        let denied = policy.with_rule(added.clone()).evaluate(&case.question());
        assert!(denied.granted.is_subset(&before), "seed {seed}: {added:?} {case:#?}");

        // One tier for all: then an allow can only add.
        let flat = case.rules.iter().cloned().map(|mut rule| {
            rule.priority = 0;
            rule
        });
        let flat = Policy::from_rules(flat);
        let before = flat.evaluate(&case.question()).granted;
        added.effect = Effect::Allow;
        added.priority = 0;
        let allowed = flat.with_rule(added.clone()).evaluate(&case.question());
        assert!(before.is_subset(&allowed.granted), "seed {seed}: {added:?} {case:#?}");
    }
}
