//! Selects the repositories that a subject sees: the repositories that the subject may pull. The rules decide in the
//! same way as for a token.
//!
//! INVARIANT: the reports of registries never widen what a subject sees. Nobody sees a name that is not a valid name of
//! a repository, or a repository of a service that does not exist.

use super::looking::{Effort, LookError, Looking};
use super::state::Snapshot;
use crate::domain::policy::{Question, Restriction};
use crate::domain::resource::{Action, ActionSet, ResourceName, ResourceType};
use crate::domain::scope::ResourceScope;
use crate::domain::service::ServiceName;
use crate::domain::subject::Subject;
use crate::domain::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

/// A subject who asks for names, with everything that decides which repositories the subject may pull.
pub struct Sight {
    /// The rules and services that decide.
    pub snapshot: Arc<Snapshot>,
    /// The subject who asks.
    pub subject: Subject,
    /// The restriction of the access key; `None` if there is none.
    pub restriction: Option<Arc<Restriction>>,
    /// The repositories in a token that was issued for a restricted access key: no other repositories are listed.
    /// `None` without such a token.
    pub only: Option<BTreeSet<String>>,
    /// The client's address, if it is known.
    pub address: Option<IpAddr>,
    /// The time of the decision.
    pub at: Timestamp,
}

/// The result of a selection: the visible items, the number of examined items, and the work that is left.
#[derive(Debug)]
pub struct Kept<T> {
    /// The items that the subject may see.
    pub seen: Vec<T>,
    /// The number of examined items, from the first item on.
    pub looked_at: usize,
    /// The work that the request may still do.
    pub effort: Effort,
}

impl Sight {
    /// Selects the items that the subject may see, until the effort is spent. `place` returns the service and the
    /// repository of an item.
    pub async fn keep<T: Send + 'static>(
        self: &Arc<Self>,
        (looking, mut effort): (&Looking, Effort),
        all: Vec<T>,
        place: fn(&T) -> (&str, &str),
    ) -> Result<Kept<T>, LookError> {
        let sight = Arc::clone(self);
        let deciding = move || {
            let mut is_seen: Vec<bool> = Vec::new();
            while let Some(rest) = all.get(is_seen.len()..).filter(|rest| !rest.is_empty()) {
                let began = Instant::now();
                let part = rest.get(..effort.next(Effort::PORTION)).unwrap_or(rest);
                let seen = sight.seen(part.iter().map(place));
                is_seen.extend(part.iter().map(|one| seen.contains(&place(one))));
                effort.spend(part.len(), began);
                if effort.is_spent() {
                    break;
                }
            }
            let looked_at = is_seen.len();
            let both = all.into_iter().zip(is_seen);
            let seen = both.filter_map(|(one, is_seen)| is_seen.then_some(one)).collect();
            Kept { seen, looked_at, effort }
        };
        looking.run(deciding).await
    }

    /// Returns the repositories that the subject may see, each with its service.
    fn seen<'a>(&self, all: impl Iterator<Item = (&'a str, &'a str)>) -> HashSet<(&'a str, &'a str)> {
        let mut asked: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (service, name) in all {
            asked.entry(service).or_default().push(name);
        }
        let mut seen = HashSet::new();
        for (service, names) in asked {
            let Ok(known) = ServiceName::parse(service) else { continue };
            let granted = self.granted(&known, &names);
            seen.extend(names.into_iter().filter(|name| granted.contains(*name)).map(|name| (service, name)));
        }
        seen
    }

    /// Selects from `names` the repositories of `service` on which the rules grant `pull`. If `only` is set, leaves out
    /// all other repositories.
    #[must_use]
    pub fn granted(&self, service: &ServiceName, names: &[&str]) -> HashSet<String> {
        let is_known = self.snapshot.services.contains_key(service);
        let (true, Ok(resource_type), Ok(pull)) =
            (is_known, ResourceType::parse("repository"), Action::parse("pull"))
        else {
            return HashSet::new();
        };
        let actions: ActionSet = [pull.clone()].into_iter().collect();
        let is_listed = |name: &&&str| self.only.as_ref().is_none_or(|only| only.contains(**name));
        let scope = |name: &&str| {
            let name = ResourceName::parse(&resource_type, name).ok()?;
            Some(ResourceScope { resource_type: resource_type.clone(), name, actions: actions.clone() })
        };
        let scopes: Vec<ResourceScope> = names.iter().filter(is_listed).filter_map(scope).collect();
        let granted = self.snapshot.policy.evaluate(&self.question(service, &scopes)).granted;
        let pulled = granted.entries().iter().filter(|entry| entry.actions.contains(&pull));
        pulled.map(|entry| entry.name.to_string()).collect()
    }

    /// Returns prefixes for a service. The name of every repository that the subject may see begins with one of these
    /// prefixes.
    #[must_use]
    pub fn beginnings(&self, service: &ServiceName) -> Vec<String> {
        self.snapshot.policy.beginnings(&self.question(service, &[]))
    }

    fn question<'a>(&'a self, service: &'a ServiceName, scopes: &'a [ResourceScope]) -> Question<'a> {
        Question {
            subject: &self.subject,
            service,
            scopes,
            address: self.address,
            at: self.at,
            restriction: self.restriction.as_deref(),
        }
    }
}
