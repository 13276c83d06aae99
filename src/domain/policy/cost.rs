//! The work of matching patterns, and the bounds of that work for one rule and for all rules together.
//!
//! A step moves one set of positions over one token (`matching.rs`), in some ten nanoseconds. The number of
//! steps is estimated as if each placeholder had [`VALUES`] values and each value occurred everywhere in the
//! name. A placeholder that occurs several times multiplies the number of sets by [`VALUES`], from its first
//! to its last occurrence. If two such placeholders overlap, both factors apply. So a rule can have a few
//! patterns with two overlapping placeholders, but not a hundred.

use super::glob::{NameGlob, Token};
use super::rule::Rule;

/// The number of values that a label may have (`subject.rs`).
const VALUES: u64 = 256;
/// The greatest number of steps for the patterns of one rule. These steps take some milliseconds. A thousand
/// short patterns with two different placeholders, each of which occurs once, need fewer steps.
pub const MOST_STEPS: u64 = 1 << 19;

/// The greatest number of steps for all patterns that repeat a placeholder, summed over all enabled rules. These
/// steps take some ten milliseconds if all rules are about one subject. Other patterns are found by their
/// beginning, or match fast.
pub const MOST_STEPS_OF_ALL: u64 = 1 << 20;

/// Returns the estimated number of steps for one pattern.
fn steps_of(glob: &NameGlob) -> u64 {
    let Some(compiled) = glob.compiled() else {
        return 1;
    };
    let (mut sets, mut steps) = (1_u64, 0_u64);
    for token in &compiled.tokens {
        match token {
            Token::First { .. } => {
                sets = sets.saturating_mul(VALUES);
                steps = steps.saturating_add(sets);
            }
            Token::Once(_) => steps = steps.saturating_add(sets.saturating_mul(VALUES)),
            Token::Last(_) => {
                steps = steps.saturating_add(sets);
                sets = (sets / VALUES).max(1);
            }
            Token::Literal { .. }
            | Token::One
            | Token::Run
            | Token::Segments
            | Token::Below
            | Token::Again(_) => {
                steps = steps.saturating_add(sets);
            }
        }
    }
    steps
}

fn repeats(glob: &NameGlob) -> bool {
    let again = |token: &Token| matches!(token, Token::Last(_) | Token::Again(_));
    glob.compiled().is_some_and(|compiled| compiled.tokens.iter().any(again))
}

impl Rule {
    /// Returns the greatest number of steps for all patterns of the rule.
    fn steps(&self) -> u64 {
        self.names.iter().map(steps_of).fold(0, u64::saturating_add)
    }

    /// Returns the greatest number of steps for the rule's patterns with a repeated placeholder.
    pub(super) fn repeating_steps(&self) -> u64 {
        self.names.iter().filter(|glob| repeats(glob)).map(steps_of).fold(0, u64::saturating_add)
    }

    /// Returns the fault of the rule if its patterns and the patterns of the other rules together can take too
    /// long. The other rules can take `others` steps ([`super::Policy::repeating_steps_without`]).
    #[must_use]
    pub fn too_slow_beside(&self, others: u64) -> Option<String> {
        let own = if self.enabled { self.repeating_steps() } else { 0 };
        let of_all = others.saturating_add(own);
        (own > 0 && of_all > MOST_STEPS_OF_ALL).then(|| {
            format!(
                "together with the patterns of other rules, these patterns can take {of_all} steps to match, and \
                 {MOST_STEPS_OF_ALL} is the most for all patterns that repeat a placeholder: use fewer such patterns"
            )
        })
    }

    /// Returns the fault of the rule if its patterns can take too long to match.
    #[must_use]
    pub fn too_slow(&self) -> Option<String> {
        let steps = self.steps();
        let worst = self.names.iter().max_by_key(|glob| steps_of(glob));
        let worst = worst.filter(|_| steps > MOST_STEPS)?;
        Some(format!(
            "the patterns can take {steps} steps to match, and {MOST_STEPS} is the most: repeat one placeholder \
             only in a pattern such as `{worst}`, or use fewer such patterns"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::policy::testing::rule;
    use serde_json::json;

    fn is_too_slow(names: &[&str]) -> bool {
        rule("r", &json!({"names": names}).to_string()).too_slow().is_some()
    }

    #[test]
    fn steps_multiply_while_placeholders_that_come_again_overlap() {
        for (pattern, expected) in [
            ("a/**", 1),
            ("a*b", 3),
            ("${group}/**", 256 + 1 + 1),
            ("${group}/${group}", 256 * 3),
            ("${group}${label:a}/${group}", 256 + 256 * 256 + 2 * 256),
            ("${group}${group}${subject}${subject}", 4 * 256),
            ("${group}${subject}${group}${subject}", 256 + 2 * 256 * 256 + 256),
            ("${group}${subject}${subject}${group}", 256 + 2 * 256 * 256 + 256),
        ] {
            assert_eq!(steps_of(&NameGlob::parse(pattern).unwrap()), expected, "{pattern}");
        }
    }

    #[test]
    fn a_rule_may_have_few_patterns_that_multiply_and_many_that_do_not() {
        let two = "*${label:a}*${label:b}*${label:a}*${label:b}*";
        assert!(!is_too_slow(&[two]));
        assert!(is_too_slow(&[two; 3]));
        assert!(!is_too_slow(&["${group}/${label:a}/**"; 1_000]));
        assert!(!is_too_slow(&["${group}/x-${group}"; 500]));
        assert!(is_too_slow(&["${group}/x-${group}"; 1_000]));
        let longest = "?*".repeat(256);
        assert!(!is_too_slow(&[longest.as_str(); 1_000]));
        let why = rule("r", &json!({"names": ["a", two, two, two]}).to_string()).too_slow().unwrap();
        assert!(why.contains(&format!("`{two}`")) && why.contains("524288"), "{why}");
    }
}
