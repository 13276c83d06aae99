//! What a decision says: what is granted, until when, and why.
//!
//! Data only; deciding is the business of `evaluate` and `explain`, and `wording` puts it into words.

use super::rule::{Effect, RuleName};
use crate::domain::access::Access;
use crate::domain::resource::{Action, ResourceName, ResourceType};
use crate::domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
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
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Display,
    VariantArray,
    Serialize,
    Deserialize,
    ToSchema,
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NearMiss {
    /// The rule.
    pub rule: RuleName,
    /// The one field that does not match.
    pub failed: Field,
}

/// A rule that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Considered {
    /// The rule.
    pub rule: RuleName,
    /// What it does where it matches.
    pub effect: Effect,
    /// The fields that do not match; none: it decides.
    pub fields: Vec<Field>,
}

/// Why an action is granted or not.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Reasons {
    /// The rules that allow it, by name; they count only when none denies it.
    pub allowed_by: Vec<RuleName>,
    /// The first rule that denies it.
    pub denied_by: Option<RuleName>,
    /// When no rule allows or denies it: those that come nearest, at most five.
    pub near_misses: Vec<NearMiss>,
    /// When there are none of these either: the first field that no rule matches.
    pub nothing_matches: Option<Field>,
    /// The priority that decides: the highest of the rules that match; `null` when none matches.
    #[serde(default)]
    pub priority: Option<i32>,
    /// When it is not granted: the rules that match with this priority, at most five.
    #[serde(default)]
    pub decided_by: Vec<RuleName>,
    /// When it is not granted: the rules of the next lower priority that would allow it if this priority did not decide
    /// alone, at most five.
    #[serde(default)]
    pub hidden: Vec<RuleName>,
    /// The enabled rules that were looked at, the nearest first, at most twenty: each with the fields that do not match.
    #[serde(default)]
    pub considered: Vec<Considered>,
    /// Allowed by the rules, but outside the restriction of the key.
    pub restricted: bool,
    /// Whether only rules about the subject were looked at, as for the log.
    #[serde(skip)]
    pub of_own_rules: bool,
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
    /// Who asked, in words.
    #[serde(skip)]
    pub subject: String,
    /// From where.
    #[serde(skip)]
    pub address: Option<IpAddr>,
}
