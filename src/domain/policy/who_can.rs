//! Finds the subjects that may do an action on a resource: the selectors to which rules give the right, or the
//! exact answer for one subject.
//!
//! Each selector is tried with an example, so deny rules and tiers count as they do for a request.

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

/// The greatest number of combinations of placeholder values that are tried for a glob in which every placeholder
/// stands alone (see [`stands_alone`]). Also the greatest number of runs of segments that are tried as values of a
/// label.
const MOST_WAYS: usize = 256;

/// The greatest number of values that are tried for each placeholder of a glob in which some placeholder shares its
/// segment with a wildcard or another placeholder. At most the square of this number of combinations is tried.
const MOST_PIECES: usize = 64;

/// A value for each placeholder of a glob.
type Way = BTreeMap<Placeholder, String>;

/// A question: who may do this action on this resource?
#[derive(Debug, Clone, Copy)]
pub struct Reach<'a> {
    /// The name of the service.
    pub service: &'a ServiceName,
    /// The type of the resource.
    pub scope_type: &'a ResourceType,
    /// The name of the resource.
    pub name: &'a ResourceName,
    /// The action on the resource.
    pub action: &'a Action,
    /// The client's address. If it is absent, the answer names networks as a condition.
    pub address: Option<IpAddr>,
    /// The time of the decision.
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

    /// Returns true if the type, time and service globs of a rule match.
    fn is_within(&self, rule: &Rule) -> bool {
        rule.resource_type.matches(self.scope_type)
            && rule.matches_time(self.at)
            && rule.matches_service(self.service)
    }
}

/// A selector whose subjects may do the action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Holder {
    /// The selector that the rule names.
    pub selector: Selector,
    /// The rule that allows the action.
    pub rule: RuleName,
    /// The condition under which the subjects of the selector may do the action; `null` if there is none.
    pub condition: Option<String>,
}

/// The rules that may take the right from their subjects, sorted by descending priority, then by name.
struct Takers<'a> {
    rules: Vec<&'a Rule>,
    /// The positions in `rules` of each rule that names a user or robot, by that selector.
    named: HashMap<&'a Selector, Vec<usize>>,
    /// The positions in `rules` of all rules with another selector.
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

    /// Returns the rules of priority `from` or higher that may match a subject of `selector`.
    fn about(&self, selector: &Selector, from: i32) -> impl Iterator<Item = &'a Rule> {
        let places: Box<dyn Iterator<Item = usize>> = match selector {
            // A rule that names only other users and robots cannot match this user or robot.
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
    /// Returns the selectors that may do the action, sorted, each with the first rule that allows it. If only some
    /// subjects of a selector may do it, the selector is listed with its condition, once for each condition.
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
        // A selector without a condition is not listed again with a condition.
        let free: HashSet<String> =
            found.keys().filter(|(_, condition)| condition.is_none()).map(|(text, _)| text.clone()).collect();
        found.retain(|(text, condition), _| condition.is_none() || !free.contains(text));
        found.into_values().collect()
    }

    /// Returns the deny rules that may take the right from some subject.
    fn denies(&self, reach: &Reach<'_>) -> impl Iterator<Item = &Rule> {
        let about = move |rule: &&Rule| {
            witness::denies(rule, reach.action)
                && reach.is_within(rule)
                && rule.names.iter().any(|glob| may_fit(glob, reach.name))
        };
        self.rules().filter(about)
    }

    /// Returns the rules about the resource that neither allow nor deny the action. Each of these rules hides the
    /// grants of lower tiers from its subjects. Leaves out rules that certainly hide nothing.
    fn hiders(&self, reach: &Reach<'_>) -> impl Iterator<Item = &Rule> {
        let about = move |rule: &&Rule| {
            rule.enabled
                && !rule.lists(reach.action)
                && !witness::denies(rule, reach.action)
                && reach.is_within(rule)
                && rule.names.iter().any(|glob| may_fit(glob, reach.name))
        };
        // A rule hides nothing if its own tier, or a higher one, allows the action to the same subjects.
        let name = Beginnings::of(reach.name.as_str());
        self.rules().filter(about).filter(move |hider| !self.gives_again(hider, reach.action, &name))
    }

    /// Returns true if a rule of the same or a higher tier certainly allows the action to all subjects of `hider`,
    /// wherever `hider` matches. Examines only rules that name the first selector of `hider` or a wider one, and
    /// that may match the name.
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

    /// Returns the first rule, by name, that allows the action to this subject; `None` if the action is not
    /// granted.
    #[must_use]
    pub fn decides_for(&self, subject: &Subject, reach: &Reach<'_>) -> Option<RuleName> {
        let case = reach.case();
        if case.is_granted(self, subject) { case.decider(self, subject) } else { None }
    }

    /// Returns `None` if `rule` does not allow the action to subjects of `selector`. Otherwise returns the
    /// condition, if there is one.
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
        // INVARIANT: a deny rule denies `*` in every tier.
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

/// Returns true if `taker` may take the right from a subject of `selector`. Such a subject also matches `own`, a
/// selector of `taker`, and a glob of `taker` matches the name for that subject.
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

/// Describes the subjects for which the glob matches with these values.
fn told(glob: &NameGlob, way: &Way) -> String {
    if !stands_alone(&witness::pieces(glob)) {
        return format!("when `{glob}` matches");
    }
    let words: Vec<String> = way.iter().map(|(placeholder, value)| in_words(placeholder, value)).collect();
    words.join(", ")
}

/// Returns true if no placeholder shares its segment with a wildcard or another placeholder. Each segment of a
/// name, or run of segments for a label, then gives at most one value.
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

/// Returns true if the glob may match `name` for some subject. Compares only the literal text and the wildcards.
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
            // The value of a label may contain slashes, so every name may match.
            Piece::Placeholder(Placeholder::Label(_)) => return true,
        }
    }
    NameGlob::parse(&text).map_or(true, |glob| glob.matches(name, &Subject::anonymous()))
}

/// Returns the combinations of placeholder values with which a glob may match `name`. The values come from the
/// parts of the name: a part is one segment, or for a label any run of segments. If every placeholder stands alone
/// (see [`stands_alone`]), a value is a part without the literal text that the glob has beside the placeholder: for
/// `team-${group}/*` and the name `team-web/api`, the value is `web`. Otherwise, the substrings of the parts are
/// tried for all placeholders, at most [`MOST_PIECES`] for each placeholder.
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
            // The value of a label may contain slashes, so it may be several segments.
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

/// Returns every non-empty substring of a text.
fn substrings(text: &str) -> impl Iterator<Item = String> {
    let ends = move |start: usize| (start + 1..=text.len()).map(move |end| (start, end));
    (0..text.len()).flat_map(ends).filter_map(|(start, end)| text.get(start..end).map(str::to_owned))
}

/// Returns the runs of whole segments of a name, at most [`MOST_WAYS`].
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
