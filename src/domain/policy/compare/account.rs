//! Users, robots and registries before and after a change.

use crate::domain::service::Service;
use crate::domain::subject::Subject;
use crate::domain::time::Timestamp;

/// A user or robot that is not disabled, or anonymous.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The subject, as rules see it.
    pub subject: Subject,
    /// The end of the account; `None` if the account never ends.
    pub until: Option<Timestamp>,
    /// True if the account is an administrator. Examples show an administrator only if no other account shows the
    /// same change.
    pub is_admin: bool,
}

impl Account {
    /// Makes an account that never ends and is not an administrator.
    #[must_use]
    pub fn of(subject: Subject) -> Self {
        Self { subject, until: None, is_admin: false }
    }

    /// Returns true if the account has not ended at `at`.
    #[must_use]
    pub fn lives_at(&self, at: Timestamp) -> bool {
        self.until.is_none_or(|end| at < end)
    }

    /// Returns the selector that selects exactly this user or robot; `None` for anonymous.
    pub(super) fn selector(&self) -> Option<String> {
        self.subject.identity.as_ref().map(ToString::to_string)
    }
}

/// A user or robot that changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubjectChange {
    /// The account before the change; `None` if it did not exist, was disabled or had ended.
    pub before: Option<Account>,
    /// The account after the change; `None` if it does not exist, is disabled or has ended.
    pub after: Option<Account>,
}

/// A registry that was added, removed or changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceChange {
    /// The registry before the change; `None` if it did not exist.
    pub before: Option<Service>,
    /// The registry after the change; `None` if it does not exist.
    pub after: Option<Service>,
}
