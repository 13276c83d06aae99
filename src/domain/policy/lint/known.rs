//! What lint knows besides the rules.

use crate::domain::identity::ProviderName;
use crate::domain::selector::Selector;
use crate::domain::service::{Service, ServiceName};
use crate::domain::subject::GroupName;
use crate::domain::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// How many other rules one rule is held against.
pub(super) const MOST_OTHERS: usize = 2000;

/// What lint knows besides the rules.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// Now.
    pub at: Timestamp,
    /// Selectors that name nobody, each with the one that was probably meant.
    pub unknown: &'a BTreeMap<Selector, Option<Selector>>,
    /// Selectors that name nobody yet whom an identity provider may make, each with the provider.
    pub awaited: &'a BTreeMap<Selector, ProviderName>,
    /// The groups of users and robots, as far as they were looked up.
    pub groups: &'a BTreeMap<Selector, BTreeSet<GroupName>>,
    /// The lowest tier with an allow rule, if that was looked for: a rule in it hides nothing.
    pub lowest_tier: Option<i32>,
    /// The services that there are.
    pub services: &'a BTreeMap<ServiceName, Service>,
}
