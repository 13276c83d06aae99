//! Examples of what a rule is about: a subject, a service, a name, an address and a time that fit it
//! and as little else as possible. A decision about the example shows what the rule does.
//!
//! INVARIANT: an example fits the pattern it was made from, or there is none.

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

/// What stands for any run of characters: hardly anybody's name.
const UNUSUAL: &str = "x-x-x";
/// A user that hardly any rule names.
const STRANGER: &str = "0.somebody.else";
/// An address that no network of anybody's holds (RFC 5737).
pub(super) const ELSEWHERE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
/// How many examples of one glob are looked at.
const MOST_NAMES: usize = 16;

/// What a placeholder stands for.
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
    /// `*`, `?` or `**`
    Wildcard(&'static str),
    Placeholder(Placeholder),
}

/// The pieces of a glob, slashes among the literals.
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

/// The placeholders of a glob, each once.
pub(super) fn placeholders(glob: &NameGlob) -> BTreeSet<Placeholder> {
    let placeholder = |piece: Piece| match piece {
        Piece::Placeholder(placeholder) => Some(placeholder),
        _ => None,
    };
    pieces(glob).into_iter().filter_map(placeholder).collect()
}

/// What a subject has for a placeholder.
pub(super) fn values(subject: &Subject, placeholder: &Placeholder) -> Vec<String> {
    match placeholder {
        Placeholder::Subject => subject.identity.iter().map(|id| id.name.to_string()).collect(),
        Placeholder::Group => subject.groups.iter().map(ToString::to_string).collect(),
        Placeholder::Label(key) => subject.labels.values(key).into_iter().flatten().cloned().collect(),
    }
}

/// Every way to give the placeholders values, at most `most`.
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

/// A text that the glob matches when its placeholders have these values.
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

/// Names that the glob matches for `subject`, one for each value that its placeholders may have.
pub(super) fn names(glob: &NameGlob, of: &ResourceType, subject: &Subject) -> Vec<ResourceName> {
    let choices = placeholders(glob).into_iter().map(|one| (one.clone(), values(subject, &one))).collect();
    let texts = assignments(&choices, MOST_NAMES).into_iter().map(|chosen| text_of(glob, &chosen));
    let names = texts.filter_map(|text| ResourceName::parse(of, &text).ok());
    names.filter(|name| glob.matches(name, subject)).collect()
}

fn stranger() -> Option<SubjectRef> {
    SubjectName::parse(STRANGER).ok().map(|name| SubjectRef { kind: SubjectKind::User, name })
}

/// A subject that the selector means, and hardly any other selector does.
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

/// Subjects that the selector means and as few others as can be do. What is for everyone is for two
/// kinds that have nothing in common.
pub(super) fn subjects(selector: &Selector) -> Vec<Subject> {
    let signed_in = (*selector == Selector::Everyone).then(|| subject(&Selector::Authenticated));
    [subject(selector)].into_iter().chain(signed_in).collect()
}

/// The same subject with these values for placeholders, as far as the selector leaves them open.
pub(super) fn with_values(selector: &Selector, chosen: &BTreeMap<Placeholder, String>) -> Option<Subject> {
    let mut subject = subject(selector);
    // Somebody signed in: a glob with a placeholder never matches for anonymous.
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

/// A subject for a glob: with something for each placeholder.
pub(super) fn subject_for(selector: &Selector, glob: &NameGlob) -> Option<Subject> {
    let plain = subject(selector);
    let value = |placeholder: &Placeholder| {
        values(&plain, placeholder).into_iter().next().unwrap_or_else(|| UNUSUAL.to_owned())
    };
    let chosen = placeholders(glob).into_iter().map(|one| (one.clone(), value(&one))).collect();
    with_values(selector, &chosen)
}

/// A service that one of the rule's globs fits.
pub(super) fn service(rule: &Rule) -> Option<ServiceName> {
    rule.services.iter().take(MAX_ENTRIES).find_map(service_of)
}

/// A service that the glob fits.
pub(super) fn service_of(glob: &ServiceGlob) -> Option<ServiceName> {
    let text: String = glob.as_str().chars().map(|c| if matches!(c, '*' | '?') { 'x' } else { c }).collect();
    ServiceName::parse(&text).ok()
}

/// The type that an example of the rule has.
pub(super) fn resource_type(rule: &Rule) -> Option<ResourceType> {
    match &rule.resource_type {
        TypePattern::Exactly(exactly) => Some(exactly.clone()),
        TypePattern::Any => ResourceType::parse("repository").ok(),
    }
}

/// An address inside the rule's networks, or outside all.
pub(super) fn address(rule: &Rule) -> IpAddr {
    rule.networks.first().map_or(ELSEWHERE, IpNet::addr)
}

/// The moment inside the rule's span that is nearest to `at`.
pub(super) fn moment(rule: &Rule, at: Timestamp) -> Timestamp {
    let begun = rule.not_before.map_or(at, |begin| at.max(begin));
    rule.not_after.map_or(begun, |end| begun.min(Timestamp::from_micros(end.as_micros().saturating_sub(1))))
}

/// One case to decide.
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

    /// Whether the policy grants this very action: a `*` asked may be answered with less.
    pub(super) fn is_granted(&self, policy: &Policy, subject: &Subject) -> bool {
        self.with_question(subject, |question| {
            let granted = policy.evaluate(question).granted;
            granted.entries().iter().any(|entry| entry.actions.contains(self.action))
        })
    }

    /// The rule that decides it: the first that allows what is granted, or denies it.
    pub(super) fn decider(&self, policy: &Policy, subject: &Subject) -> Option<RuleName> {
        let told = self.with_question(subject, |question| policy.explain_briefly(question));
        let own = told.into_iter().find(|told| told.action == *self.action)?;
        if own.granted { own.reasons.allowed_by.into_iter().next() } else { own.reasons.denied_by }
    }

    /// The rules that allow it, where it is granted.
    pub(super) fn allowing(&self, policy: &Policy, subject: &Subject) -> Vec<RuleName> {
        let told = self.with_question(subject, |question| policy.explain_briefly(question));
        let own = told.into_iter().find(|told| told.action == *self.action && told.granted);
        own.map(|own| own.reasons.allowed_by).unwrap_or_default()
    }

    /// The rules that would allow it, where the tier of this priority decides and neither allows nor denies it.
    pub(super) fn hidden_by(&self, priority: i32, policy: &Policy, subject: &Subject) -> Vec<RuleName> {
        let told = self.with_question(subject, |question| policy.explain_briefly(question));
        let is_silent = |reasons: &Reasons| reasons.priority == Some(priority) && reasons.denied_by.is_none();
        let own = told.into_iter().find(|told| told.action == *self.action && is_silent(&told.reasons));
        own.map(|own| own.reasons.hidden).unwrap_or_default()
    }

    /// Whether a rule passes for somebody: whatever its subjects.
    pub(super) fn passes_but_subject(&self, rule: &Rule, subject: &Subject) -> bool {
        rule.resource_type.matches(self.resource_type)
            && rule.matches_time(self.at)
            && rule.matches_service(self.service)
            && rule.matches_network(self.address)
            && rule.matches_name(self.name, subject)
    }
}

/// Whether a rule takes an action away.
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
