//! Who may do something: the selectors that rules let, and the exact word for one subject.
//!
//! A selector is tried by example, so that denies and tiers count as they do for a request.

use super::coverage;
use super::hash::Beginnings;
use super::index::Policy;
use super::rule::{Effect, Rule, RuleName};
use super::rule_set::Ranked;
use super::witness::{self, Case, Piece, Placeholder};
use crate::domain::policy::NameGlob;
use crate::domain::resource::{Action, ResourceName, ResourceType};
use crate::domain::selector::Selector;
use crate::domain::service::ServiceName;
use crate::domain::subject::Subject;
use crate::domain::time::Timestamp;
use serde::Serialize;
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::net::IpAddr;
use utoipa::ToSchema;

/// How many ways to fill the placeholders of one glob are tried.
const MOST_WAYS: usize = 256;

/// How many values are tried for a placeholder that shares its segment.
const MOST_PIECES: usize = 64;

/// Values for the placeholders of a glob.
type Way = BTreeMap<Placeholder, String>;

/// What somebody may, or not.
#[derive(Debug, Clone, Copy)]
pub struct Reach<'a> {
    /// The registry.
    pub service: &'a ServiceName,
    /// The resource's type.
    pub scope_type: &'a ResourceType,
    /// The resource's name.
    pub name: &'a ResourceName,
    /// The action.
    pub action: &'a Action,
    /// The client's address. Without one, networks are told as a condition.
    pub address: Option<IpAddr>,
    /// When.
    pub at: Timestamp,
}

impl<'a> Reach<'a> {
    fn case(&self) -> Case<'a> {
        Case {
            service: self.service,
            resource_type: self.scope_type,
            name: self.name,
            action: self.action,
            address: self.address,
            at: self.at,
        }
    }

    /// Whether a rule is about this type, service and moment.
    fn is_within(&self, rule: &Rule) -> bool {
        rule.resource_type.matches(self.scope_type)
            && rule.matches_time(self.at)
            && rule.matches_service(self.service)
    }
}

/// Those who may.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Holder {
    /// Whom the rule names.
    pub selector: Selector,
    /// The rule that lets them.
    pub rule: RuleName,
    /// What must be true besides; `null` when nothing.
    pub condition: Option<String>,
}

/// The rules that may take it from some of those whom other rules let, highest priority first, then by name.
struct Takers<'a> {
    rules: Vec<&'a Rule>,
    /// The places of those that name a user or robot.
    named: HashMap<&'a Selector, Vec<usize>>,
    /// The places of those that name anybody else.
    wide: Vec<usize>,
}

impl<'a> Takers<'a> {
    fn new(rules: impl Iterator<Item = &'a Rule>) -> Self {
        let mut rules: Vec<&Rule> = rules.collect();
        rules.sort_by_key(|rule| Reverse(rule.priority));
        let (mut named, mut wide) = (HashMap::<&Selector, Vec<usize>>::new(), Vec::new());
        for (at, rule) in rules.iter().enumerate() {
            for selector in &rule.subjects {
                match selector {
                    Selector::User(_) | Selector::Robot(_) => named.entry(selector).or_default().push(at),
                    _ => wide.push(at),
                }
            }
        }
        wide.dedup();
        Self { rules, named, wide }
    }

    /// Those that may be about somebody whom `selector` means; only those of priority `from` or more.
    fn about(&self, selector: &Selector, from: i32) -> impl Iterator<Item = &'a Rule> {
        let places: Box<dyn Iterator<Item = usize>> = match selector {
            // A user is not a robot, and not another user.
            Selector::User(_) | Selector::Robot(_) => {
                let own = self.named.get(selector).map_or(&[][..], Vec::as_slice);
                let mut places: Vec<usize> = own.iter().chain(&self.wide).copied().collect();
                places.sort_unstable();
                Box::new(places.into_iter())
            }
            _ => Box::new(0..self.rules.len()),
        };
        let rules = places.filter_map(|at| self.rules.get(at).copied());
        rules.take_while(move |rule| rule.priority >= from)
    }
}

impl Policy {
    /// The selectors that may, sorted, each with the first rule that lets it. One that only some of
    /// its subjects may is listed with its condition, once for each rule.
    #[must_use]
    pub fn who_can(&self, reach: &Reach<'_>) -> Vec<Holder> {
        let mut found: BTreeMap<(String, Option<String>), Holder> = BTreeMap::new();
        let lists = |rule: &&Rule| rule.enabled && rule.effect == Effect::Allow && rule.lists(reach.action);
        let takers = (Takers::new(self.denies(reach)), Takers::new(self.hiders(reach)));
        for rule in self.rules().filter(lists).filter(|rule| reach.is_within(rule)) {
            for selector in &rule.subjects {
                if let Some(condition) = self.lets(rule, selector, reach, (&takers.0, &takers.1)) {
                    let key = (selector.to_string(), condition.clone());
                    let holder = Holder { selector: selector.clone(), rule: rule.name.clone(), condition };
                    found.entry(key).or_insert(holder);
                }
            }
        }
        // Whoever may without a condition needs none.
        let free: HashSet<String> =
            found.keys().filter(|(_, condition)| condition.is_none()).map(|(text, _)| text.clone()).collect();
        found.retain(|(text, condition), _| condition.is_none() || !free.contains(text));
        found.into_values().collect()
    }

    /// The rules that may take it from somebody.
    fn denies(&self, reach: &Reach<'_>) -> impl Iterator<Item = &Rule> {
        let about = move |rule: &&Rule| {
            witness::denies(rule, reach.action)
                && reach.is_within(rule)
                && rule.names.iter().any(|glob| may_fit(glob, reach.name))
        };
        self.rules().filter(about)
    }

    /// The rules that do not name the action, and so hide what lower tiers grant to those whom they are about.
    fn hiders(&self, reach: &Reach<'_>) -> impl Iterator<Item = &Rule> {
        let about = move |rule: &&Rule| {
            rule.enabled
                && !rule.lists(reach.action)
                && !witness::denies(rule, reach.action)
                && reach.is_within(rule)
                && rule.names.iter().any(|glob| may_fit(glob, reach.name))
        };
        // Whoever is let again in that tier, or above it, loses nothing.
        let name = Beginnings::of(reach.name.as_str());
        self.rules().filter(about).filter(move |hider| !self.gives_again(hider, reach.action, &name))
    }

    /// Whether another rule of its tier, or of a higher one, lets everybody do it whom `hider` is about. Only rules
    /// are looked at that mean the first of them and whose patterns may fit the name.
    fn gives_again(&self, hider: &Rule, action: &Action, name: &Beginnings) -> bool {
        let buckets = hider.subjects.first().into_iter().flat_map(|first| self.buckets_over(first));
        let mut sets = buckets.flat_map(|bucket| bucket.about(name));
        let gives = |other: &Ranked| {
            other.effect == Effect::Allow
                && other.lists(action)
                && coverage::everybody(other, hider)
                && coverage::everywhere(other, hider)
        };
        sets.any(|set| set.iter().take_while(|other| other.priority >= hider.priority).any(gives))
    }

    /// The first rule, by name, that grants it to this very subject.
    #[must_use]
    pub fn decides_for(&self, subject: &Subject, reach: &Reach<'_>) -> Option<RuleName> {
        let case = reach.case();
        if case.is_granted(self, subject) { case.decider(self, subject) } else { None }
    }

    /// Whether `rule` lets subjects that `selector` means: `None` if not, else the condition.
    fn lets(
        &self,
        rule: &Rule,
        selector: &Selector,
        reach: &Reach<'_>,
        (denies, hiders): (&Takers<'_>, &Takers<'_>),
    ) -> Option<Option<String>> {
        let case = Case {
            address: reach.address.or_else(|| (!rule.networks.is_empty()).then(|| witness::address(rule))),
            ..reach.case()
        };
        let decides =
            |subject: &Subject| case.passes_but_subject(rule, subject) && case.is_granted(self, subject);
        let mut conditions = Vec::new();
        if !witness::subjects(selector).iter().any(decides) {
            let globs = rule.names.iter().filter(|glob| glob.has_placeholder());
            conditions.push(globs.filter(|glob| may_fit(glob, reach.name)).find_map(|glob| {
                let mut all = ways(glob, reach.name).into_iter();
                let way =
                    all.find(|way| witness::with_values(selector, way).is_some_and(|one| decides(&one)));
                way.map(|way| told(glob, &way))
            })?);
        }
        if reach.address.is_none() && !rule.networks.is_empty() {
            let networks: Vec<String> = rule.networks.iter().map(ToString::to_string).collect();
            conditions.push(format!("from {}", networks.join(", ")));
        }
        let meets =
            |taker: &Rule| taker.subjects.iter().any(|one| may_take(taker, one, selector, reach.name));
        // INVARIANT: a deny takes the star in whatever tier.
        let lowest = if reach.action.is_every() { i32::MIN } else { rule.priority };
        let denied =
            denies.about(selector, lowest).find(|deny| deny.matches_network(case.address) && meets(deny));
        conditions.extend(denied.map(|deny| format!("except those whom rule `{}` denies", deny.name)));
        let hidden = hiders.about(selector, rule.priority.saturating_add(1)).find(|hider| {
            hider.priority > rule.priority
                && (reach.address.is_none() || hider.matches_network(reach.address))
                && meets(hider)
        });
        conditions.extend(hidden.map(|hider| {
            format!("except those for whom rule `{}` decides with a higher priority", hider.name)
        }));
        Some((!conditions.is_empty()).then(|| conditions.join(", ")))
    }
}

/// Whether some subject whom `selector` means may be one of `own`, whom `taker` is about.
fn may_take(taker: &Rule, own: &Selector, selector: &Selector, name: &ResourceName) -> bool {
    let fits_both = |glob: &NameGlob, way: &Way| {
        [own, selector]
            .iter()
            .all(|one| witness::with_values(one, way).is_some_and(|subject| glob.matches(name, &subject)))
    };
    coverage::overlap(own, selector)
        && taker
            .names
            .iter()
            .filter(|glob| may_fit(glob, name))
            .any(|glob| !glob.has_placeholder() || ways(glob, name).iter().any(|way| fits_both(glob, way)))
}

fn in_words(placeholder: &Placeholder, value: &str) -> String {
    match placeholder {
        Placeholder::Subject => format!("when its name is `{value}`"),
        Placeholder::Group => format!("when `{value}` is one of its groups"),
        Placeholder::Label(key) => format!("when its label `{key}` has `{value}`"),
    }
}

/// What must be true of somebody for whom the glob matches this way.
fn told(glob: &NameGlob, way: &Way) -> String {
    if !stands_alone(&witness::pieces(glob)) {
        return format!("when `{glob}` matches");
    }
    let words: Vec<String> = way.iter().map(|(placeholder, value)| in_words(placeholder, value)).collect();
    words.join(", ")
}

/// Whether no placeholder shares its segment with a wildcard or another one, so that a name tells
/// its value.
fn stands_alone(pieces: &[Piece]) -> bool {
    let (mut open, mut placeholder) = (0, false);
    for piece in pieces {
        match piece {
            Piece::Literal(text) if text.contains('/') => (open, placeholder) = (0, false),
            Piece::Literal(_) => {}
            Piece::Wildcard(_) => open += 1,
            Piece::Placeholder(_) => (open, placeholder) = (open + 1, true),
        }
        if placeholder && open > 1 {
            return false;
        }
    }
    true
}

/// Whether the glob fits `name` for anybody, as far as can be told without their values.
fn may_fit(glob: &NameGlob, name: &ResourceName) -> bool {
    let mut text = String::new();
    for piece in witness::pieces(glob) {
        match piece {
            Piece::Literal(literal) => text.push_str(&literal),
            Piece::Wildcard("*") | Piece::Placeholder(Placeholder::Subject | Placeholder::Group) => {
                if !text.ends_with('*') {
                    text.push('*');
                }
            }
            Piece::Wildcard(wildcard) => text.push_str(wildcard),
            // The value of a label may go over several segments.
            Piece::Placeholder(Placeholder::Label(_)) => return true,
        }
    }
    NameGlob::parse(&text).map_or(true, |glob| glob.matches(name, &Subject::anonymous()))
}

/// Values for the placeholders of a glob that may make it match `name`: what stands between the
/// literal neighbours of each placeholder, in any part of the name; where it shares a segment, any
/// piece of a part.
fn ways(glob: &NameGlob, name: &ResourceName) -> Vec<Way> {
    let pieces = witness::pieces(glob);
    let alone = stands_alone(&pieces);
    let literal = |at: Option<usize>| match at.and_then(|at| pieces.get(at)) {
        Some(Piece::Literal(text)) => text.as_str(),
        _ => "",
    };
    let mut choices: BTreeMap<Placeholder, Vec<String>> = BTreeMap::new();
    for (at, piece) in pieces.iter().enumerate() {
        let Piece::Placeholder(placeholder) = piece else {
            continue;
        };
        let before = literal(at.checked_sub(1)).rsplit('/').next().unwrap_or_default();
        let after = literal(Some(at + 1)).split('/').next().unwrap_or_default();
        let parts = match placeholder {
            // The value of a label may go over several segments.
            Placeholder::Label(_) => runs(name.as_str()),
            _ => name.as_str().split('/').map(str::to_owned).collect(),
        };
        let values: Vec<String> = if alone {
            let between = |part: &String| Some(part.strip_prefix(before)?.strip_suffix(after)?.to_owned());
            parts.iter().filter_map(between).filter(|value| !value.is_empty()).collect()
        } else {
            parts.iter().flat_map(|part| substrings(part)).take(MOST_PIECES).collect()
        };
        choices
            .entry(placeholder.clone())
            .and_modify(|known| known.retain(|value| values.contains(value)))
            .or_insert(values);
    }
    witness::assignments(&choices, if alone { MOST_WAYS } else { MOST_PIECES * MOST_PIECES })
}

/// Every piece of a text that is not empty.
fn substrings(text: &str) -> impl Iterator<Item = String> {
    let ends = move |start: usize| (start + 1..=text.len()).map(move |end| (start, end));
    (0..text.len()).flat_map(ends).filter_map(|(start, end)| text.get(start..end).map(str::to_owned))
}

/// Every run of whole segments.
fn runs(name: &str) -> Vec<String> {
    let segments: Vec<&str> = name.split('/').collect();
    let mut runs = Vec::new();
    for start in 0..segments.len() {
        for end in start + 1..=segments.len() {
            if runs.len() < MOST_WAYS {
                runs.extend(segments.get(start..end).map(|run| run.join("/")));
            }
        }
    }
    runs
}

#[cfg(test)]
#[path = "who_can_tests.rs"]
mod tests;
