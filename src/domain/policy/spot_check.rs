//! Checks whether two policies decide alike, and whether their subjects are equal, in many random cases: requests
//! that match a rule, and requests that nearly match. If there are no rules, the cases are requests for one name
//! and names like it.
//!
//! The seed of the random cases is an argument: the same seed gives the same cases.

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

/// Two states of a server to compare, for example before and after a copy: each state has a policy and subjects.
#[derive(Debug, Clone, Copy)]
pub struct SpotCheck<'a> {
    /// The policy of the first state.
    pub one: &'a Policy,
    /// The policy of the second state. Cases come from the rules of both policies.
    pub other: &'a Policy,
    /// The subjects, each as it is in the first state and in the second state.
    pub subjects: &'a [(Subject, Subject)],
    /// The existing services. A case may also use a service that a rule suggests.
    pub services: &'a [ServiceName],
    /// The present time.
    pub at: Timestamp,
}

/// The result of a check in which all cases were decided alike.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Alike {
    /// The number of cases that were decided.
    pub cases: u64,
    /// The number of cases in which both policies grant something.
    pub granted: u64,
}

/// A difference between the two states.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Difference {
    /// The two policies grant different rights, or end the rights at different times.
    #[error(
        "{subject} asks service `{service}` for `{scope}`: one policy grants `{one}`, the other policy grants `{other}`"
    )]
    Decision {
        /// The subject of the case.
        subject: String,
        /// The service of the case.
        service: ServiceName,
        /// The requested scope.
        scope: String,
        /// The resource and the actions that the first policy grants.
        one: String,
        /// The resource and the actions that the second policy grants.
        other: String,
    },
    /// The subject is not equal in both states.
    #[error("{0} does not exist with the same groups and labels in both states")]
    Subject(String),
}

/// The service of a case if no service exists and the rule suggests none. Any name would do.
const ANY_SERVICE: &str = "registry";
/// The greatest number of draws, divided by the number of wanted cases: some draws give no valid request.
const TRIES: u64 = 4;

/// A generator of pseudo-random numbers (SplitMix64).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Returns true with a chance of one in `times`.
    fn once_in(&mut self, times: u64) -> bool {
        self.next().is_multiple_of(times)
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        let count = u64::try_from(from.len()).ok().filter(|count| *count > 0)?;
        from.get(usize::try_from(self.next() % count).unwrap_or(0))
    }
}

impl SpotCheck<'_> {
    /// Decides `cases` random cases by both policies. Decides fewer cases if few valid cases can be drawn, and none
    /// if there is neither a rule nor a service.
    ///
    /// Fails with a [`Difference`] at the first case that the two policies decide differently, or whose subject is
    /// not the same in both states.
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

    /// Decides one case. Returns true if both policies grant something, and `None` if the draw gives no valid
    /// request.
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

    /// Draws an existing service, or a service that the rule matches; [`ANY_SERVICE`] if there is neither.
    fn service(&self, rule: Option<&Rule>, chance: &mut Chance) -> Option<ServiceName> {
        let made = rule.and_then(witness::service);
        let there = chance.pick(self.services).cloned();
        if there.is_none() || chance.once_in(4) { made.or(there) } else { there }
            .or_else(|| ServiceName::parse(ANY_SERVICE).ok())
    }

    /// Draws an existing subject, a subject that the rule matches, or anonymous.
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

/// Draws a scope: a name that matches the rule or nearly matches it, and some actions. If no name can be made from
/// the rule, the name is `a/b` or one like it. Returns `None` if the drawn name is not valid.
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
        // The name has the greatest length, so a longer variant of it is not valid.
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
