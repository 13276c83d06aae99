//! What a decision says, and how it explains itself.

use super::rule::RuleName;
use crate::domain::access::Access;
use crate::domain::resource::{Action, ResourceName, ResourceType};
use crate::domain::time::Timestamp;
use serde::Serialize;
use std::fmt;

/// The outcome of a request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Decision {
    /// What is granted; perhaps nothing.
    pub granted: Access,
    /// When the first of the granted rights ends.
    pub end: Option<Timestamp>,
}

/// What a rule may fail at, in the order in which it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// It means somebody else.
    Subject,
    /// It is for another registry.
    Service,
    /// It is about another type of resource.
    Type,
    /// It is about other names.
    Name,
    /// It names other actions.
    Action,
    /// It holds elsewhere.
    Network,
    /// It holds at another time.
    Time,
    /// A higher tier decides.
    Tier,
}

impl Field {
    /// All of them, in order.
    pub const ALL: [Field; 8] = [
        Field::Subject,
        Field::Service,
        Field::Type,
        Field::Name,
        Field::Action,
        Field::Network,
        Field::Time,
        Field::Tier,
    ];

    fn as_str(self) -> &'static str {
        match self {
            Field::Subject => "subject",
            Field::Service => "service",
            Field::Type => "type",
            Field::Name => "name",
            Field::Action => "action",
            Field::Network => "network",
            Field::Time => "time",
            Field::Tier => "tier",
        }
    }
}

/// An allow rule that would have granted the action but for one thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NearMiss {
    /// The rule.
    pub rule: RuleName,
    /// The one thing.
    pub failed: Field,
}

/// Why one action on one resource was granted or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
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
    /// The rules that allow it.
    pub allowed_by: Vec<RuleName>,
    /// The rule that denies it.
    pub denied_by: Option<RuleName>,
    /// Whether the rules grant it but the access key is narrowed to something else.
    pub restricted: bool,
    /// Rules that failed at one thing only, when nothing allowed or denied it.
    pub near_misses: Vec<NearMiss>,
    /// Without near misses: the first thing that no rule matches at all.
    pub nothing_matches: Option<Field>,
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` on {} `{}` is ", self.action, self.resource_type, self.name)?;
        if self.granted {
            f.write_str("allowed by ")?;
            return write_rules(f, &self.allowed_by);
        }
        if let Some(rule) = &self.denied_by {
            return write!(f, "denied by rule `{rule}`");
        }
        if self.restricted {
            return f.write_str("not among the scopes of the access key");
        }
        f.write_str("allowed by no rule")?;
        for (i, miss) in self.near_misses.iter().enumerate() {
            f.write_str(if i == 0 { "; close were " } else { ", " })?;
            write!(f, "`{}` (another {})", miss.rule, miss.failed.as_str())?;
        }
        if let Some(field) = self.nothing_matches {
            write!(f, "; no rule matches the {}", field.as_str())?;
        }
        Ok(())
    }
}

fn write_rules(f: &mut fmt::Formatter<'_>, rules: &[RuleName]) -> fmt::Result {
    for (i, rule) in rules.iter().enumerate() {
        write!(f, "{}`{rule}`", if i == 0 { "rule " } else { ", " })?;
    }
    Ok(())
}
