//! The compiled policy: an immutable snapshot, indexed by subject, cheap to clone and to change.
//!
//! A decision looks only at rules whose selector can mean the subject. Changing one rule shares
//! everything else with the snapshot before.

use super::rule::{Rule, RuleName};
use crate::domain::selector::Selector;
use crate::domain::subject::Subject;
use rpds::{HashTrieMapSync, RedBlackTreeMapSync};
use std::sync::Arc;

type RulesByName = RedBlackTreeMapSync<RuleName, Arc<Rule>>;

/// All rules at one point of the change feed.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    rules: RulesByName,
    by_selector: HashTrieMapSync<Selector, RulesByName>,
}

impl Policy {
    /// Compiles a policy. Of two rules with one name, the later stays.
    #[must_use]
    pub fn from_rules(rules: impl IntoIterator<Item = Rule>) -> Self {
        let mut policy = Self::default();
        for rule in rules {
            policy.insert(rule);
        }
        policy
    }

    /// This policy with one rule added or replaced.
    #[must_use]
    pub fn with_rule(&self, rule: Rule) -> Self {
        let mut policy = self.clone();
        policy.insert(rule);
        policy
    }

    /// This policy without one rule.
    #[must_use]
    pub fn without_rule(&self, name: &RuleName) -> Self {
        let mut policy = self.clone();
        policy.remove(name);
        policy
    }

    /// A rule by name.
    #[must_use]
    pub fn rule(&self, name: &RuleName) -> Option<&Rule> {
        self.rules.get(name).map(AsRef::as_ref)
    }

    /// All rules, by name.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.rules.values().map(AsRef::as_ref)
    }

    /// How many rules there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rules.size()
    }

    /// Whether there is no rule.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    fn insert(&mut self, rule: Rule) {
        self.remove(&rule.name);
        let rule = Arc::new(rule);
        // A disabled rule never matters, so it is kept but not indexed.
        if rule.enabled {
            for selector in &rule.subjects {
                let mut rules = self.by_selector.get(selector).cloned().unwrap_or_default();
                rules.insert_mut(rule.name.clone(), rule.clone());
                self.by_selector.insert_mut(selector.clone(), rules);
            }
        }
        self.rules.insert_mut(rule.name.clone(), rule);
    }

    fn remove(&mut self, name: &RuleName) {
        let Some(old) = self.rules.get(name).cloned() else {
            return;
        };
        for selector in &old.subjects {
            let Some(mut rules) = self.by_selector.get(selector).cloned() else {
                continue;
            };
            rules.remove_mut(name);
            if rules.is_empty() {
                self.by_selector.remove_mut(selector);
            } else {
                self.by_selector.insert_mut(selector.clone(), rules);
            }
        }
        self.rules.remove_mut(name);
    }

    /// The enabled rules that mean `subject`. A rule that means it twice comes twice.
    pub(super) fn concerning<'p>(&'p self, subject: &Subject) -> Vec<&'p Rule> {
        let mut selectors = vec![Selector::Everyone];
        match &subject.identity {
            Some(identity) => {
                selectors.push(Selector::Authenticated);
                selectors.push(Selector::from(identity));
                selectors.extend(subject.groups.iter().cloned().map(Selector::Group));
            }
            None => selectors.push(Selector::Anonymous),
        }
        selectors
            .iter()
            .filter_map(|selector| self.by_selector.get(selector))
            .flat_map(|rules| rules.values().map(AsRef::as_ref))
            .collect()
    }
}
