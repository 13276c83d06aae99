//! What a decision says: what is granted, until when, and why.
//!
//! Data and its words only; deciding is the business of `evaluate` and `explain`.

use super::rule::RuleName;
use crate::domain::access::Access;
use crate::domain::resource::{Action, ResourceName, ResourceType};
use crate::domain::time::Timestamp;
use serde::Serialize;
use std::fmt;
use strum::{Display, VariantArray};
use utoipa::ToSchema;

/// The answer to a question.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Decision {
    /// What is granted. Empty is a result, not an error.
    pub granted: Access,
    /// When the first of the granted rights ends, by the rules alone; `None` when none does.
    pub end: Option<Timestamp>,
}

/// What a rule looks at, in the order in which an explanation names it.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Display, VariantArray, Serialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[schema(as = RuleField)]
pub enum Field {
    /// Its selectors.
    Subject,
    /// Its service globs.
    Service,
    /// Its resource type.
    Type,
    /// Its name globs.
    Name,
    /// Its actions.
    Action,
    /// Its networks.
    Network,
    /// Its span of time.
    Time,
    /// Its priority: a higher tier decided.
    Tier,
}

/// A rule that would have granted, but for one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct NearMiss {
    /// The rule.
    pub rule: RuleName,
    /// The one field that does not match.
    pub failed: Field,
}

/// Why an action is granted or not.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Reasons {
    /// The rules that allow it, by name; they count only when none denies it.
    pub allowed_by: Vec<RuleName>,
    /// The first rule that denies it.
    pub denied_by: Option<RuleName>,
    /// When no rule allows or denies it: those that come nearest, at most five.
    pub near_misses: Vec<NearMiss>,
    /// When there are none of these either: the first field that no rule matches.
    pub nothing_matches: Option<Field>,
    /// Allowed by the rules, but outside the restriction of the key.
    pub restricted: bool,
}

/// The story of one asked action on one resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Explanation {
    /// The resource's type.
    #[serde(rename = "type")]
    pub resource_type: ResourceType,
    /// The resource's name.
    pub name: ResourceName,
    /// The action.
    pub action: Action,
    /// Whether it is granted.
    pub granted: bool,
    /// Why.
    #[serde(flatten)]
    pub reasons: Reasons,
}

/// One sentence that a person understands.
impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = format_args!("`{}` on {} `{}`", self.action, self.resource_type, self.name);
        let reasons = &self.reasons;
        if let Some(rule) = &reasons.denied_by {
            return write!(f, "{what} is denied by rule `{rule}`");
        }
        if !reasons.allowed_by.is_empty() {
            let verb = if reasons.restricted { "would be" } else { "is" };
            write!(f, "{what} {verb} allowed by ")?;
            write_list(f, &reasons.allowed_by, |f, rule| write!(f, "rule `{rule}`"))?;
            if reasons.restricted {
                f.write_str(", but the restriction of the key does not permit it")?;
            }
            return Ok(());
        }
        write!(f, "no rule allows {what}")?;
        if !reasons.near_misses.is_empty() {
            f.write_str("; nearest: ")?;
            return write_list(f, &reasons.near_misses, |f, near| match near.failed {
                Field::Tier => write!(f, "rule `{}` (a higher priority decides)", near.rule),
                failed => write!(f, "rule `{}` (its {failed} does not match)", near.rule),
            });
        }
        match reasons.nothing_matches {
            Some(Field::Subject) => f.write_str(": no rule is about this subject"),
            Some(field) => write!(f, ": no rule matches the {field}"),
            None => f.write_str(", and none comes near"),
        }
    }
}

fn write_list<T>(
    f: &mut fmt::Formatter<'_>,
    list: &[T],
    write_one: impl Fn(&mut fmt::Formatter<'_>, &T) -> fmt::Result,
) -> fmt::Result {
    for (index, one) in list.iter().enumerate() {
        if index > 0 {
            f.write_str(", ")?;
        }
        write_one(f, one)?;
    }
    Ok(())
}
