//! Warnings about rules that can never matter, with what the store knows of their subjects.

use crate::domain::policy::{Policy, Rule, RuleName, Warning};
use crate::domain::selector::Selector;
use crate::domain::subject::{SubjectKind, SubjectName};
use crate::domain::time::Timestamp;
use crate::storage::{Reader, StoreError};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// How many different selectors are looked up at once.
const MOST_LOOKED_UP: usize = 2000;

/// A warning about one rule.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct RuleWarning {
    /// The rule.
    pub rule: RuleName,
    /// What kind, for programs.
    #[schema(value_type = String)]
    pub code: &'static str,
    /// What it is and what to do, for people.
    pub message: String,
}

/// Whether there is what a selector names.
async fn exists(reader: &mut Reader, selector: &Selector) -> Result<bool, StoreError> {
    let is = async |reader: &mut Reader, kind: SubjectKind, name: &SubjectName| {
        let found = reader.find_subject(name).await?;
        Ok::<_, StoreError>(found.is_some_and(|found| found.row.subject.kind == kind))
    };
    match selector {
        Selector::User(name) => is(reader, SubjectKind::User, name).await,
        Selector::Robot(name) => is(reader, SubjectKind::Robot, name).await,
        Selector::Group(name) => reader.has_group(name).await,
        Selector::Authenticated | Selector::Anonymous | Selector::Everyone => Ok(true),
    }
}

/// What lint says of `rules`, which are part of `policy`.
pub(super) async fn lint(
    reader: &mut Reader,
    policy: &Policy,
    rules: &[&Rule],
    at: Timestamp,
) -> Result<Vec<RuleWarning>, StoreError> {
    let mut known: BTreeMap<Selector, bool> = BTreeMap::new();
    let mut warnings = Vec::new();
    for rule in rules {
        let mut unknown = BTreeSet::new();
        for selector in &rule.subjects {
            let exists = match known.get(selector) {
                Some(exists) => *exists,
                // Not looked up is not unknown.
                None if known.len() >= MOST_LOOKED_UP => true,
                None => {
                    let exists = exists(reader, selector).await?;
                    known.insert(selector.clone(), exists);
                    exists
                }
            };
            if !exists {
                unknown.insert(selector.clone());
            }
        }
        let found = policy.lint(rule, at, &unknown);
        warnings.extend(found.into_iter().map(|Warning { code, message }| RuleWarning {
            rule: rule.name.clone(),
            code,
            message,
        }));
    }
    Ok(warnings)
}
