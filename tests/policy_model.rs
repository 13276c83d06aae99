//! Compares the policy, and the comparison of two policies, with a simple model. Checks properties of every policy.
//!
//! The model implements `docs/policy.md` in the simplest way, and shares no matching code with the server: it
//! enumerates the values of placeholders, turns globs into regular expressions, compares networks bit by bit, and
//! filters tiers from the whole list of rules. A random sequence of changes makes the policy. Earlier states of the
//! policy are kept, and must still decide as before.
//!
//! `cargo test --test policy_model` compares about 100,000 generated cases. The long run:
//!
//! ```text
//! PORTREEVE_MODEL_CASES=10000000 cargo test --release --test policy_model -- --nocapture
//! ```
//! `PORTREEVE_MODEL_SEED` sets the first seed. A failure names the seed of its case.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test may fail by panic"
)]

#[path = "policy_model/comparison.rs"]
mod comparison;
#[path = "policy_model/generate.rs"]
mod generate;
#[path = "policy_model/model.rs"]
mod model;
#[path = "policy_model/properties.rs"]
mod properties;
#[path = "policy_model/world.rs"]
mod world;

use generate::{Case, Dice};
use portreeve::domain::policy::{Effect, Explanation, NameGlob, Policy, Question, Rule, RuleName};
use portreeve::domain::selector::Selector;
use std::collections::BTreeMap;

fn from_env(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().expect("the variable must be a number"))
}

/// Compares one policy with the model for one question. Returns the answer of the model.
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

/// Checks that the full and the brief explanations grant exactly the decided actions, agree about the deciding rules,
/// and name only enabled rules as near misses.
fn check_explanation(policy: &Policy, question: &Question<'_>, seed: u64) {
    let granted = policy.evaluate(question).granted;
    let (full, brief) = (policy.explain(question), policy.explain_briefly(question));
    assert_eq!(full.len(), brief.len());
    for (told, brief) in full.iter().zip(&brief) {
        let holds = granted.entries().iter().any(|entry| {
            entry.resource_type == told.resource_type
                && entry.name == told.name
                && entry.actions.contains(&told.action)
        });
        assert_eq!(told.granted, holds, "seed {seed}: {told}");
        let reasons = &told.reasons;
        assert!(reasons.near_misses.len() <= 5);
        let allowed = !reasons.allowed_by.is_empty() && reasons.denied_by.is_none();
        assert_eq!(told.granted, allowed && !reasons.restricted, "{told}");
        for near in reasons.near_misses.iter().chain(&brief.reasons.near_misses) {
            assert!(policy.rule(&near.rule).is_some_and(|rule| rule.enabled), "{told}");
        }
        assert_eq!((told.granted, &told.action), (brief.granted, &brief.action), "seed {seed}: {told}");
        assert_eq!(reasons.allowed_by, brief.reasons.allowed_by, "seed {seed}: {told}");
        assert_eq!(reasons.denied_by, brief.reasons.denied_by, "seed {seed}: {told}");
    }
}

/// Checks the rules that an explanation lists as hidden by the deciding tier. Without that tier the action must be
/// granted, and the hidden rules must be the first rules that allow it.
fn check_hidden(policy: &Policy, question: &Question<'_>, seed: u64) {
    for told in policy.explain(question) {
        let reasons = &told.reasons;
        let lower = lower_tiers(policy, reasons.priority).explain(question);
        let same = |one: &&Explanation| {
            (&one.resource_type, &one.name, &one.action) == (&told.resource_type, &told.name, &told.action)
        };
        let would = lower.iter().find(same).filter(|one| one.granted && !told.granted);
        assert_eq!(reasons.hidden.is_empty(), would.is_none(), "seed {seed}: {told}");
        let are_named = |one: &Explanation| one.reasons.allowed_by.starts_with(&reasons.hidden);
        assert!(would.is_none_or(are_named), "seed {seed}: {told}");
    }
}

/// Returns the policy without the rules of the tier that decided.
fn lower_tiers(policy: &Policy, deciding: Option<i32>) -> Policy {
    let stay = policy.rules().filter(|rule| Some(rule.priority) != deciding);
    Policy::from_rules(stay.cloned())
}

/// A policy that changes rule by rule, with some of its earlier states.
#[derive(Default)]
struct History {
    policy: Policy,
    earlier: Vec<(Policy, Vec<Rule>)>,
}

impl History {
    /// If `takes_in` is true, adds `rule` in place of the rule with the same name. Otherwise removes that rule.
    fn change(&mut self, case: &mut Case, rule: Rule, takes_in: bool, dice: &mut Dice) {
        if dice.one_in(12) {
            self.earlier.push((self.policy.clone(), case.rules.clone()));
        }
        case.rules.retain(|other| other.name != rule.name);
        match (takes_in, dice.one_in(8)) {
            (true, true) => self.policy = self.policy.with_rule(rule.clone()),
            (true, false) => self.policy.insert(rule.clone()),
            (false, true) => self.policy = self.policy.without_rule(&rule.name),
            (false, false) => self.policy.remove(&rule.name),
        }
        if takes_in {
            case.rules.push(rule);
        }
    }

    /// Checks that an earlier state still decides as before.
    fn check_earlier(&self, case: &mut Case, seed: u64, dice: &mut Dice) {
        if !self.earlier.is_empty() {
            let (policy, rules) = &self.earlier[dice.below(self.earlier.len())];
            let now = std::mem::replace(&mut case.rules, rules.clone());
            assert_eq!(policy.len(), case.rules.len());
            compare(policy, case, seed);
            case.rules = now;
        }
    }

    /// Checks that the policy equals a policy that is compiled from all its rules in one step.
    fn check_against_compiled(&self, case: &Case, seed: u64) {
        let compiled = Policy::from_rules(case.rules.iter().rev().cloned());
        assert!(self.policy.rules().eq(compiled.rules()), "seed {seed}");
        assert_eq!(self.policy.len(), case.rules.len());
        let question = case.question();
        assert_eq!(self.policy.evaluate(&question), compiled.evaluate(&question), "seed {seed}");
        assert_eq!(self.policy.explain(&question), compiled.explain(&question), "seed {seed}");
        assert_eq!(self.policy.explain_briefly(&question), compiled.explain_briefly(&question));
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
        let mut case = Case::empty(&mut dice);
        let mut history = History::default();
        for round in 0..6 {
            // The policy grows for two rounds, and shrinks in every third round.
            let steps = dice.below(case.most_rules() * if round == 0 { 3 } else { 1 } / 2);
            for _ in 0..steps {
                let rule = case.random_rule(&mut dice);
                let takes_in = dice.one_in(5) == (round % 3 == 2);
                history.change(&mut case, rule, takes_in, &mut dice);
            }
            for _ in 0..3 {
                case.ask_anew(&mut dice);
                let answer = compare(&history.policy, &case, seed);
                granted += u64::from(!answer.granted.is_empty());
                for hit in answer.hits {
                    *hits.entry(hit).or_default() += 1;
                }
                done += 1;
            }
        }
        history.check_earlier(&mut case, seed, &mut dice);
        if seed.is_multiple_of(8) {
            check_explanation(&history.policy, &case.question(), seed);
            if seed.is_multiple_of(16) {
                check_hidden(&history.policy, &case.question(), seed);
            }
            history.check_against_compiled(&case, seed);
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
fn thousands_of_rules_for_one_group_agree_with_the_model() {
    let mut dice = Dice::new(0x7e57);
    let mut case = Case::empty(&mut dice);
    let mut history = History::default();
    for step in 0..12_000 {
        let mut rule = case.random_rule(&mut dice);
        rule.name = RuleName::parse(&format!("r{}", dice.below(4000))).unwrap();
        rule.subjects = [Selector::parse("group:a").unwrap()].into();
        if !dice.one_in(100) {
            let names = [dice.below(4), dice.below(300)].map(|n| format!("{}/p{n}/**", ["a", "b"][n % 2]));
            rule.names = names.iter().map(|text| NameGlob::parse(text).unwrap()).collect();
        }
        // The policy grows to about 3,000 rules and shrinks again.
        let takes_in = dice.one_in(10) == (step > 7000);
        if step % 2000 == 1999 {
            history.earlier.push((history.policy.clone(), case.rules.clone()));
        }
        case.rules.retain(|other| other.name != rule.name);
        if takes_in {
            history.policy.insert(rule.clone());
            case.rules.push(rule);
        } else {
            history.policy.remove(&rule.name);
        }
        if step % 200 == 0 {
            case.ask_anew(&mut dice);
            case.ask_for_group_a(&format!(
                "repository:{}/p{}/x:pull,*",
                dice.pick(&["a", "b"]),
                dice.below(300)
            ));
            compare(&history.policy, &case, step);
        }
    }
    for _ in 0..20 {
        history.check_earlier(&mut case, 0, &mut dice);
    }
    check_explanation(&history.policy, &case.question(), 0);
    history.check_against_compiled(&case, 0);
    while let Some(rule) = case.rules.pop() {
        history.policy.remove(&rule.name);
    }
    assert!(history.policy.is_empty() && history.policy.rules().next().is_none());
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
        added.name = RuleName::parse("added").unwrap();

        added.effect = Effect::Deny;
        let denied = policy.with_rule(added.clone()).evaluate(&case.question());
        assert!(denied.granted.is_subset(&before), "seed {seed}: {added:?} {case:#?}");

        // If all rules have the same priority, an allow can only add grants.
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
