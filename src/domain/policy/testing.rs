//! Short ways to write rules and questions, for the unit tests of `domain::policy`.

use super::{Question, Restriction, Rule, RuleFields};
use crate::domain::scope::ResourceScope;
use crate::domain::service::ServiceName;
use crate::domain::subject::{GroupName, Labels, Subject, SubjectRef};
use crate::domain::time::Timestamp;
use std::net::IpAddr;

/// Makes a rule from JSON. By default the rule is for everyone, every repository and `pull`.
pub(super) fn rule(name: &str, json: &str) -> Rule {
    let mut fields: RuleFields = serde_json::from_str(json).unwrap();
    fields.name = name.to_owned();
    for (list, default) in
        [(&mut fields.subjects, "everyone"), (&mut fields.names, "**"), (&mut fields.actions, "pull")]
    {
        if list.is_empty() {
            list.push(default.to_owned());
        }
    }
    Rule::try_from(fields).unwrap()
}

/// A question at second 1000, with its own data. By default, alice of group `web` asks the service `registry` from
/// an unknown address, without a restriction.
pub(super) struct Asked {
    pub(super) subject: Subject,
    pub(super) service: ServiceName,
    pub(super) scopes: Vec<ResourceScope>,
    pub(super) address: Option<IpAddr>,
    pub(super) restriction: Option<Restriction>,
}

impl Asked {
    pub(super) fn new(scopes: &str) -> Self {
        Self {
            subject: Subject {
                identity: Some(SubjectRef::parse("user:alice").unwrap()),
                groups: [GroupName::parse("web").unwrap()].into(),
                labels: Labels::default(),
            },
            service: ServiceName::parse("registry").unwrap(),
            scopes: scopes.split_whitespace().map(|scope| ResourceScope::parse(scope).unwrap()).collect(),
            address: None,
            restriction: None,
        }
    }

    pub(super) fn question(&self) -> Question<'_> {
        Question {
            subject: &self.subject,
            service: &self.service,
            scopes: &self.scopes,
            address: self.address,
            at: Timestamp::from_seconds(1000),
            restriction: self.restriction.as_ref(),
        }
    }
}
