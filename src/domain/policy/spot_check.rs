//! Whether two policies decide alike, by many cases drawn by chance: what rules are about, for whom,
//! and what lies just beside it.
//!
//! Chance comes in as a number; the same number draws the same cases.

use super::evaluate::Question;
use super::index::Policy;
use super::rule::Rule;
use super::witness;
use crate::domain::resource::{Action, ActionSet, REPOSITORY_ACTIONS, ResourceName, ResourceType};
use crate::domain::scope::ResourceScope;
use crate::domain::service::ServiceName;
use crate::domain::subject::Subject;
use crate::domain::time::Timestamp;
use std::net::IpAddr;

/// What is compared.
#[derive(Debug, Clone, Copy)]
pub struct SpotCheck<'a> {
    /// One policy.
    pub one: &'a Policy,
    /// The other; cases are drawn from the rules of both.
    pub other: &'a Policy,
    /// Subjects as one state has them and as the other has them.
    pub subjects: &'a [(Subject, Subject)],
    /// Services to ask for.
    pub services: &'a [ServiceName],
    /// Now.
    pub at: Timestamp,
}

/// How many cases were alike.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Alike {
    /// Those that were decided.
    pub cases: u64,
    /// Those in which something is granted.
    pub granted: u64,
}

/// What is not alike.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Difference {
    /// A decision.
    #[error("{subject} asks service `{service}` for `{scope}`: one grants `{one}`, the other `{other}`")]
    Decision {
        /// Who asks.
        subject: String,
        /// For which registry.
        service: ServiceName,
        /// What is asked.
        scope: String,
        /// What one policy grants.
        one: String,
        /// What the other grants.
        other: String,
    },
    /// The groups or labels of a subject.
    #[error("{0} has not the same groups and labels in both")]
    Subject(String),
}

/// Asked for where there is no service: any name will do.
const ANY_SERVICE: &str = "registry";
/// How many cases are drawn for each that is to be decided: not every one is a question that can be asked.
const TRIES: u64 = 4;

/// A generator of numbers that look like chance (SplitMix64).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Once in `times`.
    fn once_in(&mut self, times: u64) -> bool {
        self.next().is_multiple_of(times)
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        let count = u64::try_from(from.len()).ok().filter(|count| *count > 0)?;
        from.get(usize::try_from(self.next() % count).unwrap_or(0))
    }
}

impl SpotCheck<'_> {
    /// Decides `cases` cases by both policies; fewer where few can be drawn, and none where there is
    /// neither a rule nor a service.
    ///
    /// # Errors
    /// [`Difference`] for the first case that is not decided alike.
    pub fn run(&self, cases: u64, seed: u64) -> Result<Alike, Difference> {
        let rules: Vec<&Rule> = self.one.rules().chain(self.other.rules()).collect();
        let mut chance = Chance(seed);
        let mut alike = Alike::default();
        if rules.is_empty() && self.services.is_empty() {
            return Ok(alike);
        }
        let mut tries = cases.saturating_mul(TRIES);
        while alike.cases < cases && tries > 0 {
            tries -= 1;
            let Some(granted) = self.one_case(chance.pick(&rules).copied(), &mut chance)? else { continue };
            alike.cases += 1;
            alike.granted += u64::from(granted);
        }
        Ok(alike)
    }

    /// Whether the case grants something, by both; `None` when it is not a question.
    fn one_case(&self, rule: Option<&Rule>, chance: &mut Chance) -> Result<Option<bool>, Difference> {
        let (subject, same) = self.subject(rule, chance);
        let Some(service) = self.service(rule, chance) else { return Ok(None) };
        let Some(scope) = scope(rule, &subject, chance) else { return Ok(None) };
        let at = rule.filter(|_| chance.once_in(4)).map_or(self.at, |rule| witness::moment(rule, self.at));
        let address: Option<IpAddr> = rule.filter(|_| !chance.once_in(8)).map(witness::address);
        let decide = |policy: &Policy, subject: &Subject| {
            let scopes = std::slice::from_ref(&scope);
            policy.evaluate(&Question { subject, service: &service, scopes, address, at, restriction: None })
        };
        let (one, other) = (decide(self.one, &subject), decide(self.other, &same));
        let who = |subject: &Subject| {
            subject.identity.as_ref().map_or_else(|| "anonymous".to_owned(), ToString::to_string)
        };
        if subject != same {
            return Err(Difference::Subject(who(&subject)));
        }
        if one == other {
            return Ok(Some(!one.granted.entries().is_empty()));
        }
        let actions: Vec<&str> = scope.actions.iter().map(Action::as_str).collect();
        Err(Difference::Decision {
            subject: who(&subject),
            service,
            scope: format!("{}:{}:{}", scope.resource_type, scope.name, actions.join(",")),
            one: one.granted.to_string(),
            other: other.granted.to_string(),
        })
    }

    /// One that there is, or the rule is for.
    fn service(&self, rule: Option<&Rule>, chance: &mut Chance) -> Option<ServiceName> {
        let made = rule.and_then(witness::service);
        let there = chance.pick(self.services).cloned();
        if there.is_none() || chance.once_in(4) { made.or(there) } else { there }
            .or_else(|| ServiceName::parse(ANY_SERVICE).ok())
    }

    /// Somebody that there is, or the rule means, or nobody.
    fn subject(&self, rule: Option<&Rule>, chance: &mut Chance) -> (Subject, Subject) {
        if chance.once_in(3)
            && let Some(selector) = rule.and_then(|rule| chance.pick(&rule.subjects))
            && let Some(meant) = chance.pick(&witness::subjects(selector)).cloned()
        {
            return (meant.clone(), meant);
        }
        let drawn = if chance.once_in(10) { None } else { chance.pick(self.subjects).cloned() };
        drawn.unwrap_or_else(|| (Subject::anonymous(), Subject::anonymous()))
    }
}

/// A name that fits the rule, or nearly does, and some actions.
fn scope(rule: Option<&Rule>, subject: &Subject, chance: &mut Chance) -> Option<ResourceScope> {
    let resource_type = rule.filter(|_| !chance.once_in(16)).and_then(witness::resource_type);
    let resource_type = resource_type.or_else(|| ResourceType::parse("repository").ok())?;
    let fitting = rule.and_then(|rule| {
        let glob = chance.pick(&rule.names)?;
        let selector = chance.pick(&rule.subjects)?;
        let mut names = witness::names(glob, &resource_type, subject);
        if names.is_empty() {
            names = witness::names(glob, &resource_type, &witness::subject_for(selector, glob)?);
        }
        chance.pick(&names).cloned()
    });
    let mut text = fitting.map_or_else(|| "a/b".to_owned(), |name: ResourceName| name.to_string());
    match chance.next() % 8 {
        0 => text.push('x'),
        1 => text.push_str("/x"),
        2 => text.insert_str(0, "x/"),
        3 => text = text.rsplit_once('/').map_or_else(|| text.clone(), |(above, _)| above.to_owned()),
        _ => {}
    }
    let known = REPOSITORY_ACTIONS.iter().filter_map(|action| Action::parse(action).ok());
    let listed = rule.into_iter().flat_map(|rule| rule.actions.iter().cloned());
    let all: Vec<Action> = known.chain(listed).collect();
    let first = chance.pick(&all)?.clone();
    let more = all.into_iter().filter(|_| chance.once_in(2));
    let actions: ActionSet = more.chain([first]).collect();
    let name = ResourceName::parse(&resource_type, &text).ok()?;
    Some(ResourceScope { resource_type, name, actions })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::policy::testing::rule;
    use crate::domain::subject::SubjectRef;

    const RULES: [(&str, &str); 3] = [
        (
            "a",
            r#"{"subjects": ["user:alice", "group:web"], "names": ["web/**", "${subject}/*"], "actions": ["pull", "push"]}"#,
        ),
        ("b", r#"{"subjects": ["everyone"], "names": ["open"], "networks": ["10.0.0.0/8"]}"#),
        ("c", r#"{"subjects": ["group:web"], "effect": "deny", "names": ["web/secret"], "actions": ["*"]}"#),
    ];

    fn policy(rules: &[(&str, &str)]) -> Policy {
        Policy::from_rules(rules.iter().map(|(name, json)| rule(name, json)))
    }

    fn check(other: &Policy, subjects: &[(Subject, Subject)]) -> Result<Alike, Difference> {
        let one = policy(&RULES);
        let services = [ServiceName::parse("registry").unwrap()];
        let at = Timestamp::from_seconds(1_800_000_000);
        SpotCheck { one: &one, other, subjects, services: &services, at }.run(2000, 7)
    }

    #[test]
    fn equal_policies_decide_alike_and_not_always_no() {
        let alike = check(&policy(&RULES), &[]).unwrap();
        assert_eq!(alike.cases, 2000);
        assert!((200..1800).contains(&alike.granted), "{alike:?}");
    }

    #[test]
    fn only_what_was_decided_counts() {
        let at = Timestamp::from_seconds(1_800_000_000);
        let run = |policy: &Policy, services: &[ServiceName]| {
            SpotCheck { one: policy, other: policy, subjects: &[], services, at }.run(500, 7).unwrap()
        };
        let registry = [ServiceName::parse("registry").unwrap()];
        assert_eq!(run(&policy(&[]), &[]), Alike::default());
        assert_eq!(run(&policy(&[]), &registry), Alike { cases: 500, granted: 0 });
        for services in [&[][..], &registry] {
            let alike = run(&policy(&RULES), services);
            assert!(alike.cases == 500 && alike.granted > 50, "{alike:?}");
        }
        // A name as long as a name may be, of which only the cases without something more can be asked.
        let json =
            format!(r#"{{"subjects": ["everyone"], "names": ["{}"], "actions": ["pull"]}}"#, "a".repeat(255));
        let alike = run(&policy(&[("long", &json)]), &[]);
        assert!(alike.cases == 500 && alike.granted > 50, "{alike:?}");
    }

    #[test]
    fn whatever_differs_is_found() {
        for without in 0..RULES.len() {
            let mut rules = RULES.to_vec();
            rules.remove(without);
            assert!(matches!(check(&policy(&rules), &[]), Err(Difference::Decision { .. })), "{without}");
        }
        let narrower =
            r#"{"subjects": ["user:alice", "group:web"], "names": ["web/**"], "actions": ["pull", "push"]}"#;
        assert!(check(&policy(&[("a", narrower), RULES[1], RULES[2]]), &[]).is_err());
        let alice = |groups: &[&str]| Subject {
            identity: Some(SubjectRef::parse("user:alice").unwrap()),
            groups: groups
                .iter()
                .map(|name| crate::domain::subject::GroupName::parse(name).unwrap())
                .collect(),
            ..Subject::default()
        };
        let found = check(&policy(&RULES), &[(alice(&["web"]), alice(&[]))]);
        assert_eq!(found, Err(Difference::Subject("user:alice".to_owned())));
    }
}
