//! What holds for every policy, every text and every question.

use super::generate::{Case, Dice, glob};
use portreeve::domain::policy::{NameGlob, Policy, Restriction, Rule, RuleFields, RuleName, ServiceGlob};
use portreeve::domain::resource::REPOSITORY_ACTIONS;
use portreeve::domain::scope::ResourceScope;
use portreeve::domain::selector::Selector;
use portreeve::domain::subject::Subject;
use proptest::prelude::*;

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
}
