//! Users, robots and registries before and after.

use crate::domain::service::Service;
use crate::domain::subject::Subject;
use crate::domain::time::Timestamp;

/// A user or robot that is not disabled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// As rules see it.
    pub subject: Subject,
    /// From when on nothing is granted to it any more.
    pub until: Option<Timestamp>,
    /// Whether it administers the server. Somebody else is the better example.
    pub is_admin: bool,
}

impl Account {
    /// Somebody without end, who administers nothing.
    #[must_use]
    pub fn of(subject: Subject) -> Self {
        Self { subject, until: None, is_admin: false }
    }

    /// Whether it has not ended by then.
    #[must_use]
    pub fn lives_at(&self, at: Timestamp) -> bool {
        self.until.is_none_or(|end| at < end)
    }

    /// The selector that means this very user or robot.
    pub(super) fn selector(&self) -> Option<String> {
        self.subject.identity.as_ref().map(ToString::to_string)
    }
}

/// A user or robot that changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubjectChange {
    /// `None` when it did not exist, was disabled or had ended.
    pub before: Option<Account>,
    /// `None` when it does not exist, is disabled or has ended.
    pub after: Option<Account>,
}

/// A registry that came, went or changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceChange {
    /// `None` when it did not exist.
    pub before: Option<Service>,
    /// `None` when it does not exist.
    pub after: Option<Service>,
}
