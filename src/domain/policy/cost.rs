//! How much work it can be to match patterns, and how much of it a rule may ask for.
//!
//! A step is one set of positions that is carried over one token (`matching.rs`), some ten nanoseconds. The
//! most steps are counted as if each placeholder had [`VALUES`] values that all stand everywhere in the name.
//! A placeholder that occurs again multiplies the sets until its last occurrence. Two of them that overlap
//! multiply each other: a rule can have a few such patterns, and not a hundred.

use super::glob::{NameGlob, Token};
use super::rule::Rule;

/// How many values a label may have (`subject.rs`).
const VALUES: u64 = 256;
/// How many steps the patterns of one rule may take: some milliseconds. Thousand patterns with two placeholders
/// each are within it.
pub const MOST_STEPS: u64 = 1 << 19;

/// The most steps that a pattern can take.
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

impl Rule {
    /// The most steps that matching its patterns can take.
    fn steps(&self) -> u64 {
        self.names.iter().map(steps_of).fold(0, u64::saturating_add)
    }

    /// What is wrong with its patterns, if matching them can take too long.
    #[must_use]
    pub fn too_slow(&self) -> Option<String> {
        let steps = self.steps();
        let worst = self.names.iter().max_by_key(|glob| steps_of(glob));
        let worst = worst.filter(|_| steps > MOST_STEPS)?;
        Some(format!(
            "they can take {steps} steps to match, and {MOST_STEPS} is the most: repeat one placeholder only in a \
             pattern such as `{worst}`, or use fewer such patterns"
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
