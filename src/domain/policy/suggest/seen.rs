//! The use that registries reported, and the suggestions that follow from the use, as data.

use crate::domain::events::EventAction;
use crate::domain::policy::glob::NameGlob;
use crate::domain::policy::rule::{Rule, RuleName};
use crate::domain::resource::{Action, ActionSet, InvalidResource, ResourceName, ResourceType};
use crate::domain::scope::ResourceScope;
use crate::domain::selector::Selector;
use crate::domain::service::ServiceName;
use crate::domain::subject::{GroupName, Subject, SubjectRef};
use crate::domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use strum::{EnumString, IntoStaticStr, VariantNames};
use utoipa::ToSchema;

/// A user, a robot or anonymous.
#[derive(Debug, Clone)]
pub struct Person {
    /// The subject, as rules see it.
    pub subject: Subject,
    /// True if the account is old enough for a judgement about its use.
    pub is_old: bool,
}

/// The counts of one action: of uses, and of token requests.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counts {
    /// The number of uses that are counted as this action. A push also needs `pull`, but is counted only as `push`.
    pub used: i64,
    /// The number of times that a token request for the action was granted or refused.
    pub asked: i64,
    /// The number of times that a token granted the action.
    pub granted: i64,
}

/// The use of one repository by one person, added up over the period.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The index of the person in [`Observed::people`].
    pub person: usize,
    /// The service of the repository.
    pub service: ServiceName,
    /// The repository, with the actions that the use needed.
    pub scope: ResourceScope,
    /// The counts of each action.
    pub counts: Vec<(Action, Counts)>,
}

/// Returns the actions that a use needs if the use is counted as `counted`. A push also needs `pull`, because
/// registries require both.
pub(super) fn needed(counted: &Action) -> Vec<Action> {
    let pull = (counted.as_str() == "push").then(|| Action::parse("pull").ok()).flatten();
    pull.into_iter().chain([counted.clone()]).collect()
}

impl Seen {
    /// Makes an entry for this repository without any use. Fails if no repository can have this name.
    pub fn none(person: usize, service: ServiceName, repository: &str) -> Result<Self, InvalidResource> {
        let resource_type = ResourceType::parse("repository")?;
        let name = ResourceName::parse(&resource_type, repository)?;
        let scope = ResourceScope { resource_type, name, actions: ActionSet::new() };
        Ok(Self { person, service, scope, counts: Vec::new() })
    }

    /// Adds `count` uses of the right that an action needs. Adds nothing for an action that is not counted.
    pub fn add(&mut self, action: EventAction, count: i64) {
        let Some(right) = action.right().and_then(|right| Action::parse(right).ok()) else { return };
        self.scope.actions.extend(needed(&right));
        self.count(right, |counts| counts.used = counts.used.saturating_add(count));
    }

    /// Adds the numbers of times that tokens granted and refused an action. If `pull` was granted, the use needs
    /// `pull` even if no pull was reported: registries do not report lists of tags, lists of referrers, sources of
    /// mounts and responses with status 304 (not modified).
    pub fn add_grants(&mut self, action: &str, granted: i64, refused: i64) {
        let Ok(action) = Action::parse(action) else { return };
        if action.as_str() == "pull" && granted > 0 {
            self.scope.actions.extend([action.clone()]);
        }
        self.count(action, |counts| {
            counts.asked = counts.asked.saturating_add(granted).saturating_add(refused);
            counts.granted = counts.granted.saturating_add(granted);
        });
    }

    fn count(&mut self, action: Action, add: impl FnOnce(&mut Counts)) {
        if let Some((_, counts)) = self.counts.iter_mut().find(|(known, _)| *known == action) {
            return add(counts);
        }
        let mut counts = Counts::default();
        add(&mut counts);
        self.counts.push((action, counts));
    }
}

/// The facts from which suggestions are made, apart from the rules.
#[derive(Debug, Clone, Copy)]
pub struct Observed<'a> {
    /// All users and robots, and anonymous.
    pub people: &'a [Person],
    /// The use in the period, one entry for each person, service and repository.
    pub seen: &'a [Seen],
    /// The services whose use is not known in full. A rule for one of these services is not judged.
    pub unknown: &'a [ServiceName],
    /// All groups, each with the time at which the group or its list of members last changed.
    pub groups: &'a BTreeMap<GroupName, Timestamp>,
    /// The rules that changed after `since`, each with the time of the change. These rules are not judged.
    pub young: &'a BTreeMap<RuleName, Timestamp>,
    /// The beginning of the period. A group that changed later, or a rule that began later, is not judged.
    pub since: Timestamp,
    /// The time of the decisions, and the end of the period.
    pub at: Timestamp,
}

/// The kind of a suggestion.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    EnumString,
    IntoStaticStr,
    VariantNames,
    Serialize,
    Deserialize,
    ToSchema,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum SuggestionKind {
    /// Nobody used the rule.
    UnusedRule,
    /// Nobody used some actions of the rule.
    UnusedActions,
    /// Some subjects did not use the rule, or some members of the group did not need the group.
    UnusedMembers,
    /// All used names of the rule fit narrower patterns.
    NarrowerNames,
    /// The robot did not sign in, and used nothing.
    StaleRobot,
    /// Nobody presented the access key.
    StaleKey,
}

/// One change that takes rights away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Narrowing {
    /// Disables the rule.
    Disabled(RuleName),
    /// Keeps only these actions in the rule.
    Actions(RuleName, ActionSet),
    /// Keeps only these subjects in the rule.
    Subjects(RuleName, Box<[Selector]>),
    /// Replaces the name globs of the rule by these globs.
    Names(RuleName, Box<[NameGlob]>),
    /// Removes members from a group.
    Members {
        /// The name of the group.
        group: GroupName,
        /// The members that leave the group.
        gone: BTreeSet<SubjectRef>,
        /// The rules that depend on the members of the group.
        rules: BTreeSet<RuleName>,
    },
}

impl Narrowing {
    /// Returns the rule that changes; `None` for the members of a group.
    #[must_use]
    pub fn rule(&self) -> Option<&RuleName> {
        match self {
            Self::Disabled(rule)
            | Self::Actions(rule, _)
            | Self::Subjects(rule, _)
            | Self::Names(rule, _) => Some(rule),
            Self::Members { .. } => None,
        }
    }

    /// Returns the field of the rule or group that changes.
    #[must_use]
    pub fn field(&self) -> &'static str {
        match self {
            Self::Disabled(_) => "enabled",
            Self::Actions(..) => "actions",
            Self::Subjects(..) => "subjects",
            Self::Names(..) => "names",
            Self::Members { .. } => "members",
        }
    }

    /// Applies the change to a rule. Changes nothing if the members of a group change.
    pub fn apply_to(&self, rule: &mut Rule) {
        match self {
            Self::Disabled(_) => rule.enabled = false,
            Self::Actions(_, actions) => rule.actions = actions.clone(),
            Self::Subjects(_, subjects) => rule.subjects = subjects.clone(),
            Self::Names(_, names) => rule.names = names.clone(),
            Self::Members { .. } => {}
        }
    }
}

/// A suggestion about a rule or a group. For a group, each count is the sum over the rules that name the group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggested {
    /// The kind of the suggestion.
    pub kind: SuggestionKind,
    /// The change.
    pub narrowing: Narrowing,
    /// The actions, subjects, members or patterns that are removed.
    pub removed: Vec<String>,
    /// The number of times that a token request for an action of the rule was granted or refused.
    pub asked: i64,
    /// The number of times that a token granted an action of the rule.
    pub granted: i64,
    /// The number of uses that needed an action of the rule.
    pub used: i64,
}

impl Suggested {
    /// Returns the key by which suggestions are sorted: the kind, and the name of the rule or group.
    pub(super) fn place(&self) -> (SuggestionKind, &str) {
        let name = match &self.narrowing {
            Narrowing::Members { group, .. } => group.as_str(),
            other => other.rule().map(RuleName::as_str).unwrap_or_default(),
        };
        (self.kind, name)
    }
}

/// Suggestions, and the number of uses against which the suggestions were checked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Suggestions {
    /// The suggestions.
    pub items: Vec<Suggested>,
    /// The number of further suggestions that the list leaves out.
    pub omitted: usize,
    /// The suggestions that failed their proof. There should be none.
    pub unproven: Vec<Suggested>,
    /// The rules that are not judged yet because they changed after [`Observed::since`].
    pub young: Vec<RuleName>,
    /// The groups that are not judged yet because they, their lists of members or one of their rules changed after
    /// [`Observed::since`].
    pub young_groups: Vec<GroupName>,
    /// The number of seen uses that the rules grant. No suggestion refuses any of these uses.
    pub seen: i64,
}
