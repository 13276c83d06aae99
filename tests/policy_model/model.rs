//! The simple model of the policy. It is slow and obviously right. Change it only when `docs/policy.md` changes.

use portreeve::domain::access::{Access, AccessEntry};
use portreeve::domain::policy::{Effect, Question, Rule};
use portreeve::domain::resource::{Action, ActionSet};
use portreeve::domain::scope::ResourceScope;
use portreeve::domain::selector::Selector;
use portreeve::domain::subject::{Subject, SubjectKind};
use portreeve::domain::time::Timestamp;
use regex::Regex;
use std::cell::RefCell;
use std::collections::HashMap;
use std::net::IpAddr;

/// The names of the branches that the generator must reach.
pub const BRANCHES: [&str; 11] = [
    "allowed",
    "nothing",
    "denied in the tier",
    "lower tier ignored",
    "star granted",
    "star withheld by a deny",
    "network",
    "network unknown",
    "time",
    "placeholder",
    "restricted",
];

/// The decision of the model, and the branches of [`BRANCHES`] that it took.
pub struct Answer {
    pub granted: Access,
    pub end: Option<Timestamp>,
    pub hits: Vec<&'static str>,
}

pub fn evaluate(rules: &[Rule], q: &Question<'_>) -> Answer {
    let mut hits = Vec::new();
    let mut entries = Vec::new();
    let mut ends = Vec::new();
    for scope in q.scopes {
        let matching: Vec<&Rule> = rules.iter().filter(|r| matches(r, q, scope, &mut hits)).collect();
        let top = matching.iter().map(|r| r.priority).max();
        let tier: Vec<&Rule> = matching.iter().copied().filter(|r| Some(r.priority) == top).collect();
        if tier.len() < matching.len() {
            hits.push("lower tier ignored");
        }
        let some =
            |effect: Effect, action: &str| tier.iter().any(|r| r.effect == effect && has(&r.actions, action));
        let mut wanted: Vec<String> = scope.actions.iter().map(ToString::to_string).collect();
        if wanted.iter().any(|a| a == "*") && scope.resource_type.as_str() == "repository" {
            wanted.extend(["pull", "push", "delete"].map(str::to_owned));
        }
        let mut actions = ActionSet::new();
        for action in &wanted {
            let denied = if action == "*" {
                matching.iter().any(|r| r.effect == Effect::Deny)
            } else {
                some(Effect::Deny, action)
            };
            if !some(Effect::Allow, action) {
                hits.push("nothing");
            } else if denied {
                hits.push(if action == "*" { "star withheld by a deny" } else { "denied in the tier" });
            } else if !permitted(q, scope, action) {
                hits.push("restricted");
            } else {
                hits.push(if action == "*" { "star granted" } else { "allowed" });
                let granting = tier.iter().filter(|r| r.effect == Effect::Allow && has(&r.actions, action));
                let own: Vec<Option<Timestamp>> = granting.map(|r| r.not_after).collect();
                if own.iter().all(Option::is_some) {
                    ends.extend(own.into_iter().flatten().max());
                }
                actions.insert(Action::parse(action).unwrap());
            }
        }
        entries.push(AccessEntry {
            resource_type: scope.resource_type.clone(),
            name: scope.name.clone(),
            actions,
        });
    }
    Answer { granted: Access::new(entries), end: ends.into_iter().min(), hits }
}

pub fn admits_anonymous(rules: &[Rule], q: &Question<'_>) -> bool {
    rules.iter().any(|r| {
        let wide = |s: &Selector| matches!(s, Selector::Anonymous | Selector::Everyone);
        r.enabled
            && r.effect == Effect::Allow
            && r.subjects.iter().any(wide)
            && services(r, q)
            && in_time(r, q.at)
            && from_there(r, q.address)
    })
}

fn has(actions: &ActionSet, action: &str) -> bool {
    actions.iter().any(|a| a.as_str() == action || a.as_str() == "*")
}

fn matches(r: &Rule, q: &Question<'_>, scope: &ResourceScope, hits: &mut Vec<&'static str>) -> bool {
    let kind = r.resource_type.to_string();
    let there = from_there(r, q.address);
    let then = in_time(r, q.at);
    let otherwise = r.enabled
        && r.subjects.iter().any(|s| selects(s, q.subject))
        && services(r, q)
        && (kind == "*" || kind == scope.resource_type.as_str());
    if !otherwise {
        return false;
    }
    let fitting = r.names.iter().find(|glob| name_fits(glob.as_str(), scope.name.as_str(), q.subject));
    let Some(glob) = fitting else { return false };
    if glob.as_str().contains("${") {
        hits.push("placeholder");
    }
    match (there, q.address) {
        (false, Some(_)) => hits.push("network"),
        (false, None) => hits.push("network unknown"),
        _ => {}
    }
    if !then {
        hits.push("time");
    }
    there && then
}

pub fn selects(selector: &Selector, subject: &Subject) -> bool {
    let text = selector.to_string();
    let own = subject.identity.as_ref().map(|id| match id.kind {
        SubjectKind::User => format!("user:{}", id.name),
        SubjectKind::Robot => format!("robot:{}", id.name),
    });
    let in_group = subject.groups.iter().any(|g| text == format!("group:{g}"));
    text == "everyone"
        || (text == "anonymous" && own.is_none())
        || (text == "authenticated" && own.is_some())
        || own.is_some_and(|own| own == text)
        || in_group
}

fn services(r: &Rule, q: &Question<'_>) -> bool {
    r.services.iter().any(|glob| service_fits(glob.as_str(), q.service.as_str()))
}

pub fn service_fits(glob: &str, service: &str) -> bool {
    let pattern = regex::escape(glob).replace(r"\*", ".*").replace(r"\?", ".");
    regex_fits(&pattern, service)
}

fn in_time(r: &Rule, at: Timestamp) -> bool {
    let from = r.not_before.map_or(i64::MIN, Timestamp::as_micros);
    let to = r.not_after.map_or(i64::MAX, Timestamp::as_micros);
    (from..to).contains(&at.as_micros())
}

/// Returns true if a rule applies to requests from this address. A rule without networks applies to every address. If
/// the address is unknown, a rule with networks applies only if it denies. Compares the address with the networks bit
/// by bit. A v4-mapped address first becomes a v4 address.
fn from_there(r: &Rule, address: Option<IpAddr>) -> bool {
    let bits = |address: IpAddr| match address {
        IpAddr::V4(v4) => format!("{:032b}", u32::from(v4)),
        IpAddr::V6(v6) => {
            let bits = format!("{:0128b}", u128::from(v6));
            match bits.strip_prefix(&format!("{}{}", "0".repeat(80), "1".repeat(16))) {
                Some(v4) => v4.to_owned(),
                None => bits,
            }
        }
    };
    let Some(address) = address.map(bits) else {
        return r.networks.is_empty() || r.effect == Effect::Deny;
    };
    r.networks.is_empty()
        || r.networks.iter().any(|net| {
            let network = bits(net.addr());
            let prefix = &network[..usize::from(net.prefix_len())];
            network.len() == address.len() && address.starts_with(prefix)
        })
}

fn permitted(q: &Question<'_>, scope: &ResourceScope, action: &str) -> bool {
    q.restriction.is_none_or(|restriction| {
        restriction.to_strings().iter().any(|entry| {
            let (kind, rest) = entry.split_once(':').unwrap();
            let (glob, actions) = rest.rsplit_once(':').unwrap();
            (kind == "*" || kind == scope.resource_type.as_str())
                && name_fits(glob, scope.name.as_str(), &Subject::anonymous())
                && actions.split(',').any(|a| a == "*" || a == action)
        })
    })
}

/// Returns true if the glob matches the name with at least one combination of values for its placeholders. Each
/// character of a value is wrapped, so that no character of a value acts as a pattern.
pub fn name_fits(glob: &str, name: &str, subject: &Subject) -> bool {
    let Some(start) = glob.find("${") else {
        let glob: Vec<&str> = glob.split('/').collect();
        let name: Vec<&str> = name.split('/').collect();
        return segments_fit(&glob, &name);
    };
    let Some(id) = &subject.identity else {
        return false;
    };
    let end = start + glob[start..].find('}').unwrap();
    let placeholder = &glob[start..=end];
    let values: Vec<String> = match &placeholder[2..placeholder.len() - 1] {
        "subject" => vec![id.name.to_string()],
        "group" => subject.groups.iter().map(ToString::to_string).collect(),
        label => {
            let key = label.strip_prefix("label:").unwrap();
            subject.labels.values(key).into_iter().flatten().cloned().collect()
        }
    };
    values.iter().any(|value| {
        let literal: String = value.chars().map(wrapped).collect();
        name_fits(&glob.replace(placeholder, &literal), name, subject)
    })
}

/// Replaces a `*`, `?` or `$` of a value by a character that no name contains.
fn wrapped(c: char) -> char {
    match c {
        '*' => '\u{1}',
        '?' => '\u{2}',
        '$' => '\u{3}',
        c => c,
    }
}

fn segments_fit(glob: &[&str], name: &[&str]) -> bool {
    match (glob, name) {
        ([], []) => true,
        (["**"], rest) => !rest.is_empty(),
        (["**", more @ ..], _) => (0..=name.len()).any(|skip| segments_fit(more, &name[skip..])),
        ([first, more @ ..], [segment, rest @ ..]) => {
            let pattern = regex::escape(first)
                .replace(r"\*", ".*")
                .replace(r"\?", ".")
                .replace('\u{1}', r"\*")
                .replace('\u{2}', r"\?")
                .replace('\u{3}', r"\$");
            !segment.is_empty() && regex_fits(&pattern, segment) && segments_fit(more, rest)
        }
        _ => false,
    }
}

fn regex_fits(pattern: &str, text: &str) -> bool {
    thread_local! {
        static KNOWN: RefCell<HashMap<String, Regex>> = RefCell::default();
    }
    KNOWN.with_borrow_mut(|known| {
        let regex = known
            .entry(pattern.to_owned())
            .or_insert_with(|| Regex::new(&format!("^(?s:{pattern})$")).unwrap());
        regex.is_match(text)
    })
}
