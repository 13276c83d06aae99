//! What lint says, and what it knows besides the rules.

use crate::domain::selector::Selector;
use crate::domain::service::{Service, ServiceName};
use crate::domain::subject::GroupName;
use crate::domain::time::Timestamp;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// Something to look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Warning {
    /// What kind, for programs.
    #[schema(value_type = String)]
    pub code: &'static str,
    /// What it is and what to do, for people.
    pub message: String,
}

impl Warning {
    pub(super) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

/// What lint knows besides the rules.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// Now.
    pub at: Timestamp,
    /// Selectors that name nobody, each with the one that was probably meant.
    pub unknown: &'a BTreeMap<Selector, Option<Selector>>,
    /// The groups of users and robots, as far as they were looked up.
    pub groups: &'a BTreeMap<Selector, BTreeSet<GroupName>>,
    /// The lowest tier with an allow rule, if that was looked for: a rule in it hides nothing.
    pub lowest_tier: Option<i32>,
    /// The services that there are.
    pub services: &'a BTreeMap<ServiceName, Service>,
}
