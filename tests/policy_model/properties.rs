//! Properties that are true for every policy, every text and every question.

use super::generate::{Case, Dice, glob};
use portreeve::domain::policy::{
    Effect, Known, NameGlob, Policy, Question, Reach, Restriction, Rule, RuleFields, RuleName, ServiceGlob,
};
use portreeve::domain::resource::{Action, REPOSITORY_ACTIONS};
use portreeve::domain::scope::ResourceScope;
use portreeve::domain::selector::Selector;
use portreeve::domain::subject::{Subject, SubjectKind, SubjectRef};
use portreeve::domain::time::Timestamp;
use proptest::prelude::*;

/// Describes one action on the first resource of a question.
fn reach<'a>(question: &Question<'a>, action: &'a Action) -> Reach<'a> {
    let scope = &question.scopes[0];
    Reach {
        service: question.service,
        scope_type: &scope.resource_type,
        name: &scope.name,
        action,
        address: question.address,
        at: question.at,
    }
}

/// Returns true if the evaluation grants this action to a `subject` that asks for it alone.
fn grants(policy: &Policy, subject: &Subject, reach: &Reach<'_>) -> bool {
    let text = format!("{}:{}:{}", reach.scope_type, reach.name, reach.action);
    let scopes = [ResourceScope::parse(&text).unwrap()];
    let question = Question {
        subject,
        service: reach.service,
        scopes: &scopes,
        address: reach.address,
        at: reach.at,
        restriction: None,
    };
    policy.evaluate(&question).granted.entries().iter().any(|entry| entry.actions.contains(reach.action))
}

fn any_action() -> impl Strategy<Value = Action> {
    prop::sample::select(&["pull", "push", "delete", "*", "x"][..])
        .prop_map(|text| Action::parse(text).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_granted_was_asked(seed: u64) {
        let mut dice = Dice::new(seed);
        let mut case = Case::random(&mut dice);
        case.ask_anew(&mut dice);
        let question = case.question();
        let decision = Policy::from_rules(case.rules.iter().cloned()).evaluate(&question);
        for entry in decision.granted.entries() {
            for action in &entry.actions {
                let was_asked = question.scopes.iter().any(|scope| {
                    let star = scope.actions.iter().any(|asked| asked.is_every())
                        && scope.resource_type.is_repository()
                        && REPOSITORY_ACTIONS.contains(&action.as_str());
                    scope.resource_type == entry.resource_type
                        && scope.name == entry.name
                        && (star || scope.actions.contains(action))
                });
                prop_assert!(was_asked, "{} {}", entry.name, action);
            }
        }
    }

    #[test]
    fn the_order_of_rules_does_not_matter(seed: u64) {
        let mut dice = Dice::new(seed);
        let mut case = Case::random(&mut dice);
        case.ask_anew(&mut dice);
        let policy = Policy::from_rules(case.rules.iter().cloned());
        let mut shuffled = case.rules.clone();
        for index in (1..shuffled.len()).rev() {
            shuffled.swap(index, dice.below(index + 1));
        }
        let other = Policy::from_rules(shuffled);
        prop_assert_eq!(policy.evaluate(&case.question()), other.evaluate(&case.question()));
        prop_assert_eq!(policy.explain(&case.question()), other.explain(&case.question()));
    }

    #[test]
    fn globs_rules_and_scopes_survive_being_written_and_read(seed: u64) {
        let mut dice = Dice::new(seed);
        let text = glob(&mut dice, true);
        prop_assert_eq!(NameGlob::parse(&text).unwrap().to_string(), text);
        let mut case = Case::random(&mut dice);
        case.ask_anew(&mut dice);
        for rule in &case.rules {
            prop_assert_eq!(&Rule::try_from(RuleFields::from(rule)).unwrap(), rule);
            for selector in &rule.subjects {
                prop_assert_eq!(&Selector::parse(&selector.to_string()).unwrap(), selector);
            }
        }
        for scope in case.question().scopes {
            prop_assert_eq!(&ResourceScope::parse(&scope.to_string()).unwrap(), scope);
        }
        if let Some(restriction) = case.question().restriction {
            prop_assert_eq!(&Restriction::parse(&restriction.to_strings()).unwrap(), restriction);
        }
    }

    #[test]
    fn no_text_makes_a_parser_panic_and_what_parses_is_kept(
        text in prop_oneof![".*", "[a*?/$\\{\\}:,]{0,12}", "(\\$\\{(subject|group|label:a)\\}|[*/?a]){0,9}"],
    ) {
        if let Ok(glob) = NameGlob::parse(&text) {
            prop_assert_eq!(glob.to_string(), text.clone());
        }
        if let Ok(glob) = ServiceGlob::parse(&text) {
            prop_assert_eq!(glob.to_string(), text.clone());
        }
        if let Ok(selector) = Selector::parse(&text) {
            prop_assert_eq!(selector.to_string(), text.clone());
        }
        if let Ok(name) = RuleName::parse(&text) {
            prop_assert_eq!(name.to_string(), text.clone());
        }
        let _ = Restriction::parse(std::slice::from_ref(&text));
        let _ = Restriction::parse(&[format!("*:{text}:*")]);
        let fields = RuleFields {
            names: vec![text.clone()],
            networks: vec![text.clone()],
            not_after: Some(text),
            ..RuleFields::default()
        };
        prop_assert!(Rule::try_from(fields).is_err());
    }

    #[test]
    fn a_plain_pattern_without_wildcards_fits_itself_only(name in "[a-z]{1,3}(/[a-z]{1,3}){0,3}", other in "[a-c]{1,2}(/[a-c]{1,2}){0,2}") {
        let glob = NameGlob::parse(&name).unwrap();
        for text in [&name, &other] {
            let scope = ResourceScope::parse(&format!("repository:{text}:pull")).unwrap();
            prop_assert_eq!(glob.matches(&scope.name, &Subject::anonymous()), *text == name);
        }
    }

    #[test]
    fn a_rule_that_lint_says_never_matters_changes_no_decision(seed: u64) {
        let mut dice = Dice::new(seed);
        let mut case = Case::random(&mut dice);
        let policy = Policy::from_rules(case.rules.iter().cloned());
        for rule in case.rules.clone() {
            let (unknown, groups, services) = Default::default();
            let at = Timestamp::from_seconds(2);
            let awaited = std::collections::BTreeMap::new();
            let known = Known { at, unknown: &unknown, groups: &groups, lowest_tier: None, services: &services, awaited: &awaited };
            let warnings = policy.lint(&rule, &known);
            let idle = |code: &str| code.starts_with("shadowed-by-") || code == "never-holds";
            if let Some(warning) = warnings.iter().find(|warning| idle(warning.code)) {
                let without = policy.without_rule(&rule.name);
                for _ in 0..50 {
                    case.ask_anew(&mut dice);
                    let question = case.question();
                    prop_assert_eq!(
                        policy.evaluate(&question).granted,
                        without.evaluate(&question).granted,
                        "{:?} of the rule {:?}",
                        warning,
                        rule
                    );
                }
            }
        }
    }

    #[test]
    fn who_decides_is_told_exactly_when_it_is_granted(seed: u64, action in any_action()) {
        let mut dice = Dice::new(seed);
        let mut case = Case::random(&mut dice);
        case.ask_anew(&mut dice);
        let policy = Policy::from_rules(case.rules.iter().cloned());
        let question = case.question();
        let reach = reach(&question, &action);
        let decider = policy.decides_for(question.subject, &reach);
        prop_assert_eq!(decider.is_some(), grants(&policy, question.subject, &reach));
        if let Some(rule) = decider.and_then(|name| policy.rule(&name)) {
            prop_assert!(rule.effect == Effect::Allow && rule.lists(&action));
            prop_assert!(rule.matches_subject(question.subject));
            prop_assert!(rule.matches_name(reach.name, question.subject));
        }
    }

    #[test]
    fn who_is_told_to_be_let_without_condition_is_let(seed: u64, action in any_action()) {
        let mut dice = Dice::new(seed);
        let mut case = Case::random(&mut dice);
        case.ask_anew(&mut dice);
        let policy = Policy::from_rules(case.rules.iter().cloned());
        let question = case.question();
        let reach = reach(&question, &action);
        let holders = policy.who_can(&reach);
        let texts: Vec<String> = holders.iter().map(|holder| holder.selector.to_string()).collect();
        prop_assert!(texts.is_sorted());
        for holder in holders {
            let rule = policy.rule(&holder.rule).unwrap();
            prop_assert!(rule.enabled && rule.effect == Effect::Allow && rule.lists(&action));
            prop_assert!(rule.subjects.contains(&holder.selector));
            let (kind, name) = match holder.selector {
                Selector::User(name) => (SubjectKind::User, name),
                Selector::Robot(name) => (SubjectKind::Robot, name),
                _ => continue,
            };
            let alone = Subject { identity: Some(SubjectRef { kind, name }), ..Subject::default() };
            prop_assert!(holder.condition.is_some() || grants(&policy, &alone, &reach));
        }
    }

    #[test]
    fn whoever_is_let_is_told_where_neither_denies_nor_tiers_nor_placeholders_blur_it(
        seed: u64,
        action in any_action(),
    ) {
        let mut dice = Dice::new(seed);
        let mut case = Case::random(&mut dice);
        case.ask_anew(&mut dice);
        let plain = |rule: &&Rule| {
            rule.effect == Effect::Allow
                && rule.priority == 0
                && !rule.names.iter().any(|glob| glob.to_string().contains("${"))
        };
        let policy = Policy::from_rules(case.rules.iter().filter(plain).cloned());
        let question = case.question();
        let reach = reach(&question, &action);
        if grants(&policy, question.subject, &reach) {
            let holders = policy.who_can(&reach);
            let told = holders.iter().any(|holder| {
                holder.condition.is_none() && holder.selector.matches(question.subject)
            });
            prop_assert!(told, "{:?}", holders);
        }
    }
}
