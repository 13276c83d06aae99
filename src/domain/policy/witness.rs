//! Examples for a rule: a subject, a service, a name, an address and a time that match the rule and as few other
//! rules as possible. The decision about an example ([`Case`]) shows the effect of the rule.
//!
//! INVARIANT: an example matches the pattern from which it was made, or there is no example.

use super::decision::Reasons;
use super::evaluate::Question;
use super::fields::MAX_ENTRIES;
use super::glob::NameGlob;
use super::index::Policy;
use super::rule::{Effect, Rule, RuleName, TypePattern};
use super::services::ServiceGlob;
use crate::domain::resource::{Action, ResourceName, ResourceType};
use crate::domain::scope::ResourceScope;
use crate::domain::selector::Selector;
use crate::domain::service::ServiceName;
use crate::domain::subject::{GroupName, Labels, Subject, SubjectKind, SubjectName, SubjectRef};
use crate::domain::time::Timestamp;
use ipnet::IpNet;
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};

/// The text that replaces `*` and `**` in an example, and the value of a placeholder that has no value. Hardly any
/// rule names it.
const UNUSUAL: &str = "x-x-x";
/// The name of a made-up user that hardly any rule names.
const STRANGER: &str = "0.somebody.else";
/// An address that RFC 5737 reserves for documentation, so it is in nobody's network.
pub(super) const ELSEWHERE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
/// The greatest number of example names for one glob.
const MOST_NAMES: usize = 16;

/// A placeholder of a name glob.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Placeholder {
    Subject,
    Group,
    Label(String),
}

/// A piece of a name glob.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    Literal(String),
    /// The wildcard `*`, `?` or `**`.
    Wildcard(&'static str),
    Placeholder(Placeholder),
}

/// Returns the pieces of a glob. Slashes are part of the literals.
pub(super) fn pieces(glob: &NameGlob) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut rest = glob.as_str();
    while !rest.is_empty() {
        let placeholder = rest.strip_prefix("${").and_then(|inner| inner.split_once('}'));
        if let Some((key, after)) = placeholder {
            pieces.push(Piece::Placeholder(match key.strip_prefix("label:") {
                Some(label) => Placeholder::Label(label.to_owned()),
                None if key == "group" => Placeholder::Group,
                None => Placeholder::Subject,
            }));
            rest = after;
            continue;
        }
        let wildcard =
            ["**", "*", "?"].into_iter().find_map(|w| rest.strip_prefix(w).map(|after| (w, after)));
        if let Some((wildcard, after)) = wildcard {
            pieces.push(Piece::Wildcard(wildcard));
            rest = after;
            continue;
        }
        let mut characters = rest.chars();
        if let Some(character) = characters.next() {
            match pieces.last_mut() {
                Some(Piece::Literal(text)) => text.push(character),
                _ => pieces.push(Piece::Literal(character.to_string())),
            }
        }
        rest = characters.as_str();
    }
    pieces
}

/// Returns the placeholders of a glob, each once.
pub(super) fn placeholders(glob: &NameGlob) -> BTreeSet<Placeholder> {
    let placeholder = |piece: Piece| match piece {
        Piece::Placeholder(placeholder) => Some(placeholder),
        _ => None,
    };
    pieces(glob).into_iter().filter_map(placeholder).collect()
}

/// Returns the values of a placeholder for a subject.
pub(super) fn values(subject: &Subject, placeholder: &Placeholder) -> Vec<String> {
    match placeholder {
        Placeholder::Subject => subject.identity.iter().map(|id| id.name.to_string()).collect(),
        Placeholder::Group => subject.groups.iter().map(ToString::to_string).collect(),
        Placeholder::Label(key) => subject.labels.values(key).into_iter().flatten().cloned().collect(),
    }
}

/// Returns at most `most` combinations of placeholder values.
pub(super) fn assignments(
    choices: &BTreeMap<Placeholder, Vec<String>>,
    most: usize,
) -> Vec<BTreeMap<Placeholder, String>> {
    let mut all = vec![BTreeMap::new()];
    for (placeholder, values) in choices {
        let mut longer = Vec::new();
        for (chosen, value) in all.iter().flat_map(|chosen| values.iter().map(move |value| (chosen, value))) {
            if longer.len() < most {
                let mut chosen: BTreeMap<Placeholder, String> = chosen.clone();
                chosen.insert(placeholder.clone(), value.clone());
                longer.push(chosen);
            }
        }
        all = longer;
    }
    all
}

/// Makes a text that the glob matches if its placeholders have these values.
fn text_of(glob: &NameGlob, chosen: &BTreeMap<Placeholder, String>) -> String {
    let mut text = String::new();
    for piece in pieces(glob) {
        match piece {
            Piece::Literal(literal) => text.push_str(&literal),
            Piece::Wildcard("?") => text.push('x'),
            Piece::Wildcard(_) => text.push_str(UNUSUAL),
            Piece::Placeholder(placeholder) => {
                text.push_str(chosen.get(&placeholder).map_or("", String::as_str));
            }
        }
    }
    text
}

/// Makes names that the glob matches for `subject`, one for each combination of placeholder values, at most
/// [`MOST_NAMES`]. Leaves out combinations that give no valid name.
pub(super) fn names(glob: &NameGlob, of: &ResourceType, subject: &Subject) -> Vec<ResourceName> {
    let choices = placeholders(glob).into_iter().map(|one| (one.clone(), values(subject, &one))).collect();
    let texts = assignments(&choices, MOST_NAMES).into_iter().map(|chosen| text_of(glob, &chosen));
    let names = texts.filter_map(|text| ResourceName::parse(of, &text).ok());
    names.filter(|name| glob.matches(name, subject)).collect()
}

fn stranger() -> Option<SubjectRef> {
    SubjectName::parse(STRANGER).ok().map(|name| SubjectRef { kind: SubjectKind::User, name })
}

/// Makes a subject that matches the selector, and hardly any other selector.
pub(super) fn subject(selector: &Selector) -> Subject {
    let named = |kind, name: &SubjectName| Subject {
        identity: Some(SubjectRef { kind, name: name.clone() }),
        ..Subject::default()
    };
    match selector {
        Selector::User(name) => named(SubjectKind::User, name),
        Selector::Robot(name) => named(SubjectKind::Robot, name),
        Selector::Group(name) => {
            Subject { identity: stranger(), groups: BTreeSet::from([name.clone()]), ..Subject::default() }
        }
        Selector::Authenticated => Subject { identity: stranger(), ..Subject::default() },
        Selector::Anonymous | Selector::Everyone => Subject::anonymous(),
    }
}

/// Makes subjects that match the selector, and as few other selectors as possible. For `everyone` these are
/// anonymous and a signed-in stranger.
pub(super) fn subjects(selector: &Selector) -> Vec<Subject> {
    let signed_in = (*selector == Selector::Everyone).then(|| subject(&Selector::Authenticated));
    [subject(selector)].into_iter().chain(signed_in).collect()
}

/// Makes a subject of the selector with these placeholder values; `None` if the selector does not allow them, or if
/// a value is not valid.
pub(super) fn with_values(selector: &Selector, chosen: &BTreeMap<Placeholder, String>) -> Option<Subject> {
    let mut subject = subject(selector);
    // A glob with a placeholder never matches for anonymous, so the subject must be signed in.
    if !chosen.is_empty() && subject.identity.is_none() {
        if *selector == Selector::Anonymous {
            return None;
        }
        subject.identity = stranger();
    }
    let mut labels: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (placeholder, value) in chosen {
        match placeholder {
            Placeholder::Subject => {
                let name = SubjectName::parse(value).ok()?;
                let open = !matches!(selector, Selector::User(_) | Selector::Robot(_));
                let id = subject.identity.as_mut()?;
                if id.name != name && !open {
                    return None;
                }
                id.name = name;
            }
            Placeholder::Group => {
                subject.groups.insert(GroupName::parse(value).ok()?);
            }
            Placeholder::Label(key) => labels.entry(key.clone()).or_default().push(value.clone()),
        }
    }
    subject.labels = Labels::parse(labels).ok()?;
    Some(subject)
}

/// Makes a subject of the selector that has a value for each placeholder of the glob.
pub(super) fn subject_for(selector: &Selector, glob: &NameGlob) -> Option<Subject> {
    let plain = subject(selector);
    let value = |placeholder: &Placeholder| {
        values(&plain, placeholder).into_iter().next().unwrap_or_else(|| UNUSUAL.to_owned())
    };
    let chosen = placeholders(glob).into_iter().map(|one| (one.clone(), value(&one))).collect();
    with_values(selector, &chosen)
}

/// Makes a service that one of the rule's service globs matches.
pub(super) fn service(rule: &Rule) -> Option<ServiceName> {
    rule.services.iter().take(MAX_ENTRIES).find_map(service_of)
}

/// Makes a service that the glob matches.
pub(super) fn service_of(glob: &ServiceGlob) -> Option<ServiceName> {
    let text: String = glob.as_str().chars().map(|c| if matches!(c, '*' | '?') { 'x' } else { c }).collect();
    ServiceName::parse(&text).ok()
}

/// Returns the resource type for an example of the rule: `repository` if the rule matches all types.
pub(super) fn resource_type(rule: &Rule) -> Option<ResourceType> {
    match &rule.resource_type {
        TypePattern::Exactly(exactly) => Some(exactly.clone()),
        TypePattern::Any => ResourceType::parse("repository").ok(),
    }
}

/// Returns an address inside one of the rule's networks. If the rule has no networks, returns an address that is in
/// nobody's network.
pub(super) fn address(rule: &Rule) -> IpAddr {
    rule.networks.first().map_or(ELSEWHERE, IpNet::addr)
}

/// Returns the time nearest to `at` at which the rule applies; a time before its end if it never applies.
pub(super) fn moment(rule: &Rule, at: Timestamp) -> Timestamp {
    let begun = rule.not_before.map_or(at, |begin| at.max(begin));
    rule.not_after.map_or(begun, |end| begun.min(Timestamp::from_micros(end.as_micros().saturating_sub(1))))
}

/// A question about one action on one resource, without a subject.
pub(super) struct Case<'a> {
    pub(super) service: &'a ServiceName,
    pub(super) resource_type: &'a ResourceType,
    pub(super) name: &'a ResourceName,
    pub(super) action: &'a Action,
    pub(super) address: Option<IpAddr>,
    pub(super) at: Timestamp,
}

impl Case<'_> {
    fn with_question<T>(&self, subject: &Subject, answer: impl FnOnce(&Question<'_>) -> T) -> T {
        let scopes = [ResourceScope {
            resource_type: self.resource_type.clone(),
            name: self.name.clone(),
            actions: [self.action.clone()].into_iter().collect(),
        }];
        answer(&Question {
            subject,
            service: self.service,
            scopes: &scopes,
            address: self.address,
            at: self.at,
            restriction: None,
        })
    }

    /// Returns true if the policy grants the action itself. A request for `*` does not count if only `pull`, for
    /// example, is granted.
    pub(super) fn is_granted(&self, policy: &Policy, subject: &Subject) -> bool {
        self.with_question(subject, |question| {
            let granted = policy.evaluate(question).granted;
            granted.entries().iter().any(|entry| entry.actions.contains(self.action))
        })
    }

    /// Returns the first rule that allows the action if the action is granted; otherwise the first rule that denies
    /// it.
    pub(super) fn decider(&self, policy: &Policy, subject: &Subject) -> Option<RuleName> {
        let told = self.with_question(subject, |question| policy.explain_briefly(question));
        let own = told.into_iter().find(|told| told.action == *self.action)?;
        if own.granted { own.reasons.allowed_by.into_iter().next() } else { own.reasons.denied_by }
    }

    /// Returns the rules that allow the action; none if the action is not granted.
    pub(super) fn allowing(&self, policy: &Policy, subject: &Subject) -> Vec<RuleName> {
        let told = self.with_question(subject, |question| policy.explain_briefly(question));
        let own = told.into_iter().find(|told| told.action == *self.action && told.granted);
        own.map(|own| own.reasons.allowed_by).unwrap_or_default()
    }

    /// Returns the rules that the tier of this priority hides: they would allow the action if the tier did not
    /// exist. Returns none if the action is granted, if another tier decides, or if a rule denies the action.
    pub(super) fn hidden_by(&self, priority: i32, policy: &Policy, subject: &Subject) -> Vec<RuleName> {
        let told = self.with_question(subject, |question| policy.explain_briefly(question));
        let is_silent = |reasons: &Reasons| reasons.priority == Some(priority) && reasons.denied_by.is_none();
        let own = told.into_iter().find(|told| told.action == *self.action && is_silent(&told.reasons));
        own.map(|own| own.reasons.hidden).unwrap_or_default()
    }

    /// Returns true if every field of a rule matches, apart from subjects and actions. `subject` only fills
    /// placeholders.
    pub(super) fn passes_but_subject(&self, rule: &Rule, subject: &Subject) -> bool {
        rule.resource_type.matches(self.resource_type)
            && rule.matches_time(self.at)
            && rule.matches_service(self.service)
            && rule.matches_network(self.address)
            && rule.matches_name(self.name, subject)
    }
}

/// Returns true if a rule is an enabled deny rule that covers an action. Every deny rule covers a literal `*`.
pub(super) fn denies(rule: &Rule, action: &Action) -> bool {
    rule.enabled && rule.effect == Effect::Deny && (rule.lists(action) || action.is_every())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_example_fits_its_glob() {
        let repository = ResourceType::parse("repository").unwrap();
        for (glob, selector, expected) in [
            ("web/**", "group:web", "web/x-x-x"),
            ("a/**/b", "everyone", "a/x-x-x/b"),
            ("a-*/b?", "everyone", "a-x-x-x/bx"),
            ("${group}/**", "group:web", "web/x-x-x"),
            ("${subject}/a", "user:alice", "alice/a"),
            ("t/${label:team}", "authenticated", "t/x-x-x"),
        ] {
            let (glob, selector) = (NameGlob::parse(glob).unwrap(), Selector::parse(selector).unwrap());
            let subject = subject_for(&selector, &glob).unwrap();
            assert!(selector.matches(&subject));
            let names = names(&glob, &repository, &subject);
            assert_eq!(names.iter().map(ResourceName::as_str).collect::<Vec<_>>(), [expected]);
        }
        let glob = NameGlob::parse("Upper/**").unwrap();
        assert_eq!(names(&glob, &repository, &Subject::anonymous()), []);
    }
}
