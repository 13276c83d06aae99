//! The result of a decision: the grant, its end, and the reasons.
//!
//! This module contains only data: `evaluate` computes the grant and its end, `explain` the reasons, and `wording`
//! puts the result into words.

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
    /// The granted rights. An empty grant is a result, not an error.
    pub granted: Access,
    /// The earliest time at which the rules end one of the granted rights; `None` if no right ends.
    pub end: Option<Timestamp>,
}

/// The fields of a rule, in the order in which an explanation names them.
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
    /// The selectors of the rule.
    Subject,
    /// The service globs of the rule.
    Service,
    /// The resource type of the rule.
    Type,
    /// The name globs of the rule.
    Name,
    /// The actions of the rule.
    Action,
    /// The networks of the rule.
    Network,
    /// The times at which the rule begins and ends.
    Time,
    /// The priority of the rule: a rule of a higher priority decided.
    Tier,
}

/// A rule that would have granted the action if one field matched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NearMiss {
    /// The name of the rule.
    pub rule: RuleName,
    /// The only field of the rule that does not match.
    pub failed: Field,
}

/// A rule that was examined.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Considered {
    /// The name of the rule.
    pub rule: RuleName,
    /// The effect of the rule.
    pub effect: Effect,
    /// The fields that do not match; empty for a rule that decides.
    pub fields: Vec<Field>,
}

/// The reason why an action is granted or not.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Reasons {
    /// The rules that allow the action, by name. They count only if no rule denies the action.
    pub allowed_by: Vec<RuleName>,
    /// The first rule that denies the action.
    pub denied_by: Option<RuleName>,
    /// The near misses, at most five: rules that would allow the action if one field matched. Present if no rule
    /// allows or denies the action.
    pub near_misses: Vec<NearMiss>,
    /// The first field that no allow rule matches. Present if there are no near misses either.
    pub nothing_matches: Option<Field>,
    /// The priority that decides: the highest priority of the matching rules. `null` if no rule matches.
    #[serde(default)]
    pub priority: Option<i32>,
    /// The matching rules of the deciding priority, at most five. Present if the action is not granted.
    #[serde(default)]
    pub decided_by: Vec<RuleName>,
    /// The hidden rules: rules of the next lower priority that would allow the action, at most five. Present if
    /// the action is not granted.
    #[serde(default)]
    pub hidden: Vec<RuleName>,
    /// The closest enabled rules, at most twenty, each with the fields that do not match. Leaves out rules with more than
    /// three such fields, not counting the actions. For a granted action, only rules about the subject.
    #[serde(default)]
    pub considered: Vec<Considered>,
    /// True if the rules allow the action and the restriction of the access key does not.
    pub restricted: bool,
    /// True if only rules about the subject were examined, as for the log and for answers to the subject itself.
    #[serde(skip)]
    pub of_own_rules: bool,
}

/// The explanation of one requested action on one resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Explanation {
    /// The type of the resource.
    #[serde(rename = "type")]
    pub resource_type: ResourceType,
    /// The name of the resource.
    pub name: ResourceName,
    /// The requested action.
    pub action: Action,
    /// True if the action is granted.
    pub granted: bool,
    /// The reasons why the action is granted or not.
    #[serde(flatten)]
    pub reasons: Reasons,
    /// The subject of the request: `user:NAME`, `robot:NAME` or `anonymous`.
    #[serde(skip)]
    pub subject: String,
    /// The client's address.
    #[serde(skip)]
    pub address: Option<IpAddr>,
}
