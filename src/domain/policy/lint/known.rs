//! The facts that lint needs in addition to the rules.

use crate::domain::identity::ProviderName;
use crate::domain::selector::Selector;
use crate::domain::service::{Service, ServiceName};
use crate::domain::subject::GroupName;
use crate::domain::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// The greatest number of other rules about one selector or subject that one rule is compared with. The module
/// `tiers` has a bound of its own.
pub(super) const MOST_OTHERS: usize = 2000;

/// The facts that lint needs in addition to the rules.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// The present time.
    pub at: Timestamp,
    /// The selectors that match no existing subject, each with the selector that was probably meant, if that is
    /// known.
    pub unknown: &'a BTreeMap<Selector, Option<Selector>>,
    /// The selectors of subjects that do not exist yet but that an identity provider may create, each with the
    /// provider.
    pub awaited: &'a BTreeMap<Selector, ProviderName>,
    /// The groups of each user and robot that was looked up.
    pub groups: &'a BTreeMap<Selector, BTreeSet<GroupName>>,
    /// The lowest priority of an allow rule; `None` if there is no allow rule, or if the caller did not compute it.
    /// A rule of that priority cannot hide an allow rule.
    pub lowest_tier: Option<i32>,
    /// The existing services, by name.
    pub services: &'a BTreeMap<ServiceName, Service>,
}
