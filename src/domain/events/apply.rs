//! Computes what events of registries change: the inventory, the usage, the pulls by digest and the single events. Only
//! the caller writes to the database.

use super::day::{Day, month_of};
use super::event::{EventAction, RegistryEvent};
use super::keep::{Keep, Kept};
use super::memory::{Memory, SKEW_SECONDS, is_together};
use super::writes::{
    DigestPull, ManifestKey, PullKey, RecentEvent, RepositoryKey, TagKey, UsageKey, UsageSum, Writes,
};
use crate::domain::time::Timestamp;
use std::collections::HashMap;

/// An event and the service that reports it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reported {
    /// The name of the service that reports the event.
    pub service: String,
    /// The reported event.
    pub event: RegistryEvent,
    /// True if the event deletes a tag, and the same request deleted the tag's manifest.
    pub goes_along: bool,
}

/// Returns the key of a pull by digest alone; `None` for other events. The manifest of such a pull may be
/// part of an index that the same subject has just pulled. The caller must look up the pull of that index for
/// [`apply`].
#[must_use]
pub fn asks_for_parents(reported: &Reported) -> Option<PullKey> {
    let event = &reported.event;
    (event.action == EventAction::Pull && event.tag.is_empty()).then(|| reported.pull_key(&event.digest))
}

/// Applies events in the order in which they arrived. For each key from [`asks_for_parents`], `parents` contains the
/// time at which the same subject last pulled an index that lists the digest, if there is such a pull. `now` is the
/// time of the write.
#[must_use]
pub fn apply(
    reported: &[Reported],
    parents: &HashMap<PullKey, Timestamp>,
    memory: &mut Memory,
    keep: &Keep,
    now: Timestamp,
) -> Writes {
    let days = Day::of(keep.oldest(Kept::Days, now));
    let mut batch = Batch { writes: Writes::default(), parents: parents.clone(), memory, keep, now, days };
    for one in reported {
        batch.apply(one);
    }
    batch.writes
}

struct Batch<'a> {
    writes: Writes,
    parents: HashMap<PullKey, Timestamp>,
    memory: &'a mut Memory,
    keep: &'a Keep,
    now: Timestamp,
    /// The first day whose usage is stored by day. Earlier usage belongs to its month.
    days: Day,
}

impl Reported {
    fn pull_key(&self, digest: &str) -> PullKey {
        PullKey {
            service: self.service.clone(),
            repository: self.event.repository.clone(),
            digest: digest.to_owned(),
            subject: self.event.subject.clone(),
        }
    }

    fn manifest_key(&self, digest: &str) -> ManifestKey {
        ManifestKey {
            service: self.service.clone(),
            repository: self.event.repository.clone(),
            digest: digest.to_owned(),
        }
    }

    fn place(&self) -> (String, String, String) {
        (self.service.clone(), self.event.repository.clone(), self.event.subject.clone())
    }
}

impl Batch<'_> {
    fn apply(&mut self, one: &Reported) {
        let event = &one.event;
        match event.action {
            EventAction::Layer => return,
            EventAction::Push => self.push(one),
            EventAction::Pull => return self.pull(one),
            EventAction::Check => self.check(one),
            EventAction::Mount => {}
            EventAction::Delete => self.delete(one),
        }
        self.see_repository(one);
        if !one.goes_along {
            self.count(one);
        }
        if event.action.is_change() && self.keep.stores(Kept::Changes) {
            self.keep_event(one, event.tag.clone());
        }
    }

    fn see_repository(&mut self, one: &Reported) {
        let (event, at) = (&one.event, Some(one.event.at));
        let key = RepositoryKey { service: one.service.clone(), name: event.repository.clone() };
        let row = self.writes.repositories.entry(key).or_default();
        row.see(event.at);
        let is_whole = event.digest.is_empty() && event.tag.is_empty();
        if event.action == EventAction::Delete && is_whole {
            row.gone_at = row.gone_at.max(at);
            return;
        }
        row.seen_at = row.seen_at.max(at);
        match event.action {
            EventAction::Push => row.last_push_at = row.last_push_at.max(at),
            EventAction::Pull => row.last_pull_at = row.last_pull_at.max(at),
            _ => {}
        }
    }

    /// Notes that a manifest is in the registry, with its media type, its size and, for an index, the listed manifests.
    /// Returns the row of the manifest.
    fn see_manifest(&mut self, one: &Reported) -> &mut super::writes::ManifestSeen {
        let event = &one.event;
        if let Some(children) = &event.children {
            let parents = children.iter().map(|child| (one.manifest_key(child), event.digest.clone()));
            self.writes.parents.extend(parents);
        }
        let row = self.writes.manifests.entry(one.manifest_key(&event.digest)).or_default();
        if !event.media_type.is_empty() {
            row.media_type.clone_from(&event.media_type);
        }
        row.size = row.size.max(event.size);
        if event.children.is_some() {
            row.children.clone_from(&event.children);
        }
        row.seen_at = row.seen_at.max(Some(event.at));
        row
    }

    fn push(&mut self, one: &Reported) {
        let event = &one.event;
        self.see_manifest(one).push(event.at, &event.subject);
        if let Some(key) = tag_key(one) {
            self.writes.tags.entry(key).or_default().push(event.at, &event.digest, &event.subject);
        }
    }

    /// Notes the digest that a tag names. The event does not tell who moved the tag, or when. The noted time
    /// is [`SKEW_SECONDS`] before the event, because the clock of another registry may be ahead: a push or
    /// deletion at about the same time wins, because only it is certain to have changed the tag.
    fn see_tag(&mut self, one: &Reported) {
        if let Some(key) = tag_key(one) {
            let at = one.event.at.plus_seconds(-SKEW_SECONDS);
            self.writes.tags.entry(key).or_default().see(at, &one.event.digest);
        }
    }

    fn check(&mut self, one: &Reported) {
        let event = &one.event;
        self.see_manifest(one);
        self.see_tag(one);
        if !event.tag.is_empty() {
            self.memory.note_tag(one.place(), &event.digest, &event.tag, event.at);
        }
    }

    fn delete(&mut self, one: &Reported) {
        let (event, at) = (&one.event, Some(one.event.at));
        if let Some(key) = tag_key(one) {
            let row = self.writes.tags.entry(key).or_default();
            row.dropped_at = row.dropped_at.max(at);
        } else if !event.digest.is_empty() {
            let row = self.writes.manifests.entry(one.manifest_key(&event.digest)).or_default();
            row.dropped_at = row.dropped_at.max(at);
        }
    }

    /// Notes a pull of a manifest. Does not count a pull by digest if the same subject has just pulled an index that
    /// lists the manifest. If the registry did not report the manifests of an index, any manifest except another index
    /// may be one of them.
    // INTEROP: docker, podman and skopeo read an index by its tag, then one manifest of the index by digest.
    fn pull(&mut self, one: &Reported) {
        let event = &one.event;
        self.see_repository(one);
        let row = self.see_manifest(one);
        row.last_pull_at = row.last_pull_at.max(Some(event.at));
        self.see_tag(one);
        if self.keep.stores(Kept::Digests) {
            let first = DigestPull { count: 0, first_at: event.at, last_at: event.at };
            let pulls = self.writes.digest_pulls.entry(one.pull_key(&event.digest)).or_insert(first);
            pulls.add(event.at);
        }
        let is_part = event.tag.is_empty() && self.is_part(one);
        if event.is_index() {
            self.open_index(one);
        }
        if is_part {
            return;
        }
        self.count(one);
        if self.keep.stores(Kept::Pulls) {
            let looked_up = || self.memory.tag_of(one.place(), &event.digest, event.at).map(str::to_owned);
            let tag = Some(event.tag.clone()).filter(|tag| !tag.is_empty()).or_else(looked_up);
            self.keep_event(one, tag.unwrap_or_default());
        }
    }

    fn is_part(&self, one: &Reported) -> bool {
        let at = one.event.at;
        let known = self.parents.get(&one.pull_key(&one.event.digest));
        known.is_some_and(|parent| is_together(*parent, at))
            || (!one.event.is_index() && self.memory.follows_open_index(&one.place(), at))
    }

    /// Notes a pull of an index, so that the subject's following pulls of its manifests by digest are not counted.
    fn open_index(&mut self, one: &Reported) {
        let at = one.event.at;
        match &one.event.children {
            Some(children) => {
                for child in children {
                    let last = self.parents.entry(one.pull_key(child)).or_insert(at);
                    *last = (*last).max(at);
                }
            }
            None => self.memory.note_open_index(one.place(), at),
        }
    }

    /// Adds one use of a right to the sum of its day, or to the sum of its month if the day is not stored or no longer
    /// stored. Adds nothing if months are not stored either.
    fn count(&mut self, one: &Reported) {
        let event = &one.event;
        let day = Day::of(event.at);
        let (day, address) = if self.keep.stores(Kept::Days) && day >= self.days {
            (day.as_str(), self.keep.address(event.address, event.at, self.now))
        } else if self.keep.stores(Kept::Months) {
            // The sum of a month has no address, because months are usually kept longer than addresses.
            (month_of(day.as_str()), String::new())
        } else {
            return;
        };
        let key = UsageKey {
            day: day.to_owned(),
            service: one.service.clone(),
            repository: event.repository.clone(),
            subject: event.subject.clone(),
            action: event.action.as_str(),
        };
        let sum = UsageSum::of(event.at, &address, &event.agent);
        match self.writes.usage.get_mut(&key) {
            Some(known) => known.add(sum),
            None => _ = self.writes.usage.insert(key, sum),
        }
    }

    fn keep_event(&mut self, one: &Reported, tag: String) {
        let event = &one.event;
        self.writes.recent.push(RecentEvent {
            at: event.at,
            service: one.service.clone(),
            action: event.action.as_str(),
            repository: event.repository.clone(),
            tag,
            digest: event.digest.clone(),
            subject: event.subject.clone(),
            address: self.keep.address(event.address, event.at, self.now),
            agent: event.agent.clone(),
        });
    }
}

fn tag_key(one: &Reported) -> Option<TagKey> {
    let event = &one.event;
    (!event.tag.is_empty()).then(|| TagKey {
        service: one.service.clone(),
        repository: event.repository.clone(),
        name: event.tag.clone(),
    })
}

#[cfg(test)]
#[path = "apply_tests.rs"]
mod tests;
