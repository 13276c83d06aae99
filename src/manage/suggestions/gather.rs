//! Reads the data for suggestions in portions: users and robots, use and grants up to a bound; all groups, and the
//! rules that changed lately.
//!
//! INVARIANT: reading takes a connection for one portion at a time, and memory for a bounded number of people and uses.

use super::times::Times;
use crate::domain::events::{Day, EventAction, Period};
use crate::domain::identity::is_provider_owner;
use crate::domain::policy::{Person, RuleName, Seen};
use crate::domain::service::ServiceName;
use crate::domain::subject::{GroupName, Subject, SubjectKind, SubjectRef};
use crate::domain::time::Timestamp;
use crate::storage::events::{EventStore, GrantKey, GrantSum, UsageFilter};
use crate::storage::{Page, Store, StoreError, StoredSubject};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::str::FromStr;

/// The greatest number of users and robots.
const MOST_PEOPLE: usize = 100_000;
/// The greatest number of different uses. A use is a subject, a service and a repository.
const MOST_SEEN: usize = 200_000;
/// The greatest number of portions of grants that are read.
const MOST_GRANTS: usize = 200;
/// The number of entries of usage that one query reads.
const PORTION: usize = 5000;
/// The number of users, robots or groups that one query reads.
const CHUNK: i64 = 1000;
/// The number of sums of grants that one query reads. Such a sum counts the requests for an action on one day.
const CHUNK_OF_GRANTS: i64 = 5000;

const TOO_MANY_GRANTS: &str = "there are more than 1,000,000 sums of grants: ask for one service";
const TOO_MANY_PEOPLE: &str = "there are more than 100,000 users and robots";
const TOO_MUCH_USE: &str = "there are more than 200,000 different uses: ask for one service";

/// Everything that suggestions are made from.
#[derive(Default)]
pub(super) struct Gathered {
    pub(super) people: Vec<Person>,
    pub(super) seen: Vec<Seen>,
    /// All groups, with the time at which each one or its members last changed.
    pub(super) groups: BTreeMap<GroupName, Timestamp>,
    /// The groups whose members are decided by an identity provider.
    pub(super) kept_groups: BTreeSet<GroupName>,
    /// The rules that changed in the last 30 days, with the time of the change.
    pub(super) young: BTreeMap<RuleName, Timestamp>,
    /// The services that tokens were issued for.
    pub(super) granted_services: BTreeSet<String>,
    /// The bounds that were exceeded.
    pub(super) limits: Vec<&'static str>,
    /// The index in `people` for each name. A user and a robot never have the same name. The empty name is anonymous.
    by_name: HashMap<String, usize>,
}

/// The key of an entry: the index of the person, the service and the repository.
type Key = (usize, String, String);

impl Gathered {
    pub(super) async fn read(
        store: &Store,
        events: &EventStore,
        service: Option<&ServiceName>,
        times: Times,
    ) -> Result<Self, StoreError> {
        let mut gathered = Self::default();
        gathered.note(Person { subject: Subject::anonymous(), is_old: true }, String::new());
        gathered.read_people(store, times).await?;
        gathered.read_groups(store, times).await?;
        gathered.young = store.read().await?.rules_changed(times.judged).await?;
        let mut places = HashMap::new();
        if gathered.limits.is_empty() {
            gathered.read_use(events, service, times.since, &mut places).await?;
        }
        if gathered.limits.is_empty() {
            gathered.read_grants(events, service, times.since, &mut places).await?;
        }
        Ok(gathered)
    }

    fn note(&mut self, person: Person, name: String) {
        self.by_name.insert(name, self.people.len());
        self.people.push(person);
    }

    /// Returns the robots and users that used a repository or got a token.
    pub(super) fn active(&self) -> BTreeSet<&SubjectRef> {
        let people = self.seen.iter().filter_map(|seen| self.people.get(seen.person));
        people.filter_map(|person| person.subject.identity.as_ref()).collect()
    }

    async fn read_people(&mut self, store: &Store, times: Times) -> Result<(), StoreError> {
        for kind in [SubjectKind::Robot, SubjectKind::User] {
            let mut page = Page::new(String::new(), String::new(), CHUNK);
            loop {
                let found = store.read().await?.list_subjects(kind, &page).await?;
                let Some(last) = found.last() else { break };
                page = page.following(last.row.subject.name.to_string());
                found.iter().for_each(|one| self.note_account(one, times));
                if self.people.len() > MOST_PEOPLE {
                    self.limits.push(TOO_MANY_PEOPLE);
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    fn note_account(&mut self, found: &StoredSubject, times: Times) {
        let row = &found.row;
        // An updated account counts as new, because new labels can make more names usable.
        let is_old = row.created_at.max(row.updated_at) <= times.judged;
        self.note(Person { subject: found.as_subject(), is_old }, row.subject.name.to_string());
    }

    async fn read_groups(&mut self, store: &Store, times: Times) -> Result<(), StoreError> {
        let mut page = Page::new(String::new(), String::new(), CHUNK);
        loop {
            let found = store.read().await?.list_groups(&page).await?;
            let Some(last) = found.last() else { break };
            page = page.following(last.name.to_string());
            for group in found {
                if group.managed_by.as_deref().is_some_and(is_provider_owner) {
                    self.kept_groups.insert(group.name.clone());
                }
                self.groups.insert(group.name, group.updated_at);
            }
        }
        for (name, at) in store.read().await?.members_changed(times.judged).await? {
            if let Some(changed_at) = self.groups.get_mut(&name) {
                *changed_at = at.max(*changed_at);
            }
        }
        Ok(())
    }

    /// Returns the entry of a subject's use of a repository, and makes it if it is missing. Returns `None` if no
    /// subject has this name now, if the service or the repository has an invalid name, or if there are too many
    /// entries.
    fn entry(
        &mut self,
        places: &mut HashMap<Key, usize>,
        (subject, service, repository): (&str, String, String),
    ) -> Option<&mut Seen> {
        let person = *self.by_name.get(subject)?;
        let key = (person, service, repository);
        let place = match places.get(&key) {
            Some(place) => *place,
            None => {
                let service = ServiceName::parse(&key.1).ok()?;
                let seen = Seen::none(person, service, &key.2).ok()?;
                if self.seen.len() >= MOST_SEEN {
                    return None;
                }
                self.seen.push(seen);
                places.insert(key, self.seen.len() - 1);
                self.seen.len() - 1
            }
        };
        self.seen.get_mut(place)
    }

    async fn read_use(
        &mut self,
        events: &EventStore,
        service: Option<&ServiceName>,
        since: Timestamp,
        places: &mut HashMap<Key, usize>,
    ) -> Result<(), StoreError> {
        let filter = UsageFilter { service: service.map(ToString::to_string), ..UsageFilter::default() };
        let days = Period { from: since, until: Timestamp::from_micros(i64::MAX) }.days();
        let mut after = None;
        loop {
            let part = events.read().await?.list_usage(&filter, &days, after.as_ref(), PORTION).await?;
            for line in part.items {
                let [repository, service, subject, action] = line.key;
                let Ok(action) = EventAction::from_str(&action) else { continue };
                if let Some(seen) = self.entry(places, (&subject, service, repository)) {
                    seen.add(action, line.count);
                }
            }
            if self.seen.len() >= MOST_SEEN {
                self.limits.push(TOO_MUCH_USE);
                return Ok(());
            }
            match part.next {
                Some(next) => after = Some(next),
                None => return Ok(()),
            }
        }
    }

    async fn read_grants(
        &mut self,
        events: &EventStore,
        service: Option<&ServiceName>,
        since: Timestamp,
        places: &mut HashMap<Key, usize>,
    ) -> Result<(), StoreError> {
        let empty = String::new;
        let day = Day::of(since).to_string();
        let mut after =
            GrantKey { day, service: empty(), repository: empty(), subject: empty(), action: empty() };
        let of = service.map(ServiceName::as_str);
        // Refused requests alone make no entry. Otherwise anybody could fill the memory with requests.
        let mut refused = Vec::new();
        for _ in 0..MOST_GRANTS {
            let sums = events.read().await?.list_grants(&after, of, CHUNK_OF_GRANTS).await?;
            let Some((last, _)) = sums.last() else {
                for (key, count) in refused {
                    self.add_refused(places, key, count);
                }
                return Ok(());
            };
            after = last.clone();
            for (key, sum) in sums {
                if sum.granted > 0 {
                    self.add_granted(places, key, sum);
                } else if refused.len() < MOST_SEEN {
                    refused.push((key, sum.refused));
                }
            }
            if self.seen.len() >= MOST_SEEN {
                self.limits.push(TOO_MUCH_USE);
                return Ok(());
            }
        }
        self.limits.push(TOO_MANY_GRANTS);
        Ok(())
    }

    fn add_granted(&mut self, places: &mut HashMap<Key, usize>, key: GrantKey, sum: GrantSum) {
        if !self.granted_services.contains(&key.service) {
            self.granted_services.insert(key.service.clone());
        }
        if let Some(seen) = self.entry(places, (&key.subject, key.service, key.repository)) {
            seen.add_grants(&key.action, sum.granted, sum.refused);
        }
    }

    fn add_refused(&mut self, places: &HashMap<Key, usize>, key: GrantKey, count: i64) {
        let Some(person) = self.by_name.get(&key.subject) else { return };
        let place = places.get(&(*person, key.service, key.repository));
        if let Some(seen) = place.and_then(|place| self.seen.get_mut(*place)) {
            seen.add_grants(&key.action, 0, count);
        }
    }
}
