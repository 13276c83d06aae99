//! The suggestions as the API shows them.

use crate::domain::policy::SuggestionKind;
use crate::domain::service::ServiceName;
use crate::domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

/// The query parameters of the suggestions, as the client sent them.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct SuggestionQuery {
    /// Only suggestions about rules for this service alone. Only the use of this service counts.
    #[param(value_type = Option<ServiceName>, example = "registry")]
    pub service: Option<String>,
}

/// The suggestions, and the use with which they were checked.
#[derive(Debug, Serialize, ToSchema)]
pub struct SuggestionsAnswer {
    /// The suggestions, by kind and name.
    pub items: Vec<Suggestion>,
    /// The number of further suggestions that the answer leaves out.
    pub omitted: usize,
    /// The services, rules and groups about which nothing can be suggested yet.
    pub held_back: Vec<HeldBack>,
    /// The number of seen uses that the rules grant today. Each suggestion was checked with all of them.
    pub seen: i64,
    /// The beginning of the period whose use was checked.
    pub since: Timestamp,
    /// The end of the period whose use was checked: the time of the request.
    pub until: Timestamp,
}

/// A change that takes away rights that nobody used.
#[derive(Debug, Serialize, ToSchema)]
pub struct Suggestion {
    /// The kind of the suggestion.
    pub kind: SuggestionKind,
    /// `rule`, `group`, `robot` or `access-key`.
    #[schema(value_type = String)]
    pub object: &'static str,
    /// The name of the rule, group or robot; the id of the access key.
    pub name: String,
    /// The owner of an access key, or the robot itself; null for a rule or a group.
    pub subject: Option<String>,
    /// The service patterns of a rule; empty for other objects.
    pub services: Vec<String>,
    /// The field that changes; null for an access key.
    #[schema(value_type = Option<String>)]
    pub field: Option<&'static str>,
    /// The actions, subjects, members or patterns to remove.
    pub removed: Vec<String>,
    /// The suggestion in words.
    pub text: String,
    /// The owner of the object, for declarative tools. If there is an owner, make the change there.
    pub managed_by: Option<String>,
    /// The number of times that clients asked for a token for an action that the rule allows.
    pub asked: i64,
    /// The number of times that a token granted an action that the rule allows.
    pub granted: i64,
    /// The number of times that registries reported the use of an action that the rule allows.
    pub used: i64,
    /// The number of seen uses that the suggestion would refuse: always 0.
    pub refused: i64,
    /// The number of seen uses with which the suggestion was checked.
    pub seen: i64,
    /// The object after the change, as `apply` takes it; null for an access key.
    #[schema(value_type = Option<Object>)]
    pub patch: Option<Value>,
    /// The command that makes the change; null if `patch` makes it.
    pub command: Option<String>,
}

/// A service, rule or group about which nothing can be suggested yet, or a remark about all suggestions.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
pub struct HeldBack {
    /// The name of the service; null if the reason concerns a rule, a group or all suggestions.
    pub service: Option<String>,
    /// The name of the rule; null if the reason concerns anything else.
    pub rule: Option<String>,
    /// The name of the group; null if the reason concerns anything else.
    pub group: Option<String>,
    /// The reason why nothing can be suggested yet.
    pub reason: String,
}
