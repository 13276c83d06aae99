//! The rows of the database that a batch of events changes, with the changes added up.
//!
//! INVARIANT: a row of the inventory contains the latest report, so events may arrive twice and in any order. Two
//! reports with the same time are ordered by their content.

use crate::domain::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// The key of a repository.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RepositoryKey {
    /// The service of the repository.
    pub service: String,
    /// The name of the repository.
    pub name: String,
}

/// The key of a tag.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TagKey {
    /// The service of the repository.
    pub service: String,
    /// The name of the repository.
    pub repository: String,
    /// The name of the tag.
    pub name: String,
}

/// The key of a manifest.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ManifestKey {
    /// The service of the repository.
    pub service: String,
    /// The name of the repository.
    pub repository: String,
    /// The digest of the manifest.
    pub digest: String,
}

/// The key of the pulls of one manifest by one subject.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PullKey {
    /// The service of the repository.
    pub service: String,
    /// The name of the repository.
    pub repository: String,
    /// The digest of the manifest.
    pub digest: String,
    /// The subject who pulled the manifest; empty for anonymous.
    pub subject: String,
}

/// The key of a usage count: one action of one subject on one repository, in one day or month.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UsageKey {
    /// The day or the month of the usage.
    pub day: String,
    /// The service of the repository.
    pub service: String,
    /// The name of the repository.
    pub repository: String,
    /// The subject who acted; empty for anonymous.
    pub subject: String,
    /// The action: `pull`, `check`, `push`, `mount` or `delete`.
    pub action: &'static str,
}

/// The latest time of something; `None` sorts before every time.
pub(super) type Latest = Option<Timestamp>;

/// The times at which events reported a repository.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RepositorySeen {
    /// The time of the first event.
    pub first_seen_at: Latest,
    /// The time of the last event, except deletions of the whole repository.
    pub seen_at: Latest,
    /// The time of the last push.
    pub last_push_at: Latest,
    /// The time of the last pull.
    pub last_pull_at: Latest,
    /// The time of the last deletion of the whole repository.
    pub gone_at: Latest,
}

/// The reported state of a tag.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct TagSeen {
    /// The time of the last event that shows the tag in the registry.
    pub seen_at: Latest,
    /// The digest that the tag named in that event.
    pub digest: String,
    /// The time of the last push of the tag.
    pub changed_at: Latest,
    /// The digest that the tag named in that push.
    pub changed_digest: String,
    /// The subject who made that push.
    pub changed_by: String,
    /// The time at which the tag was last deleted.
    pub dropped_at: Latest,
}

/// The reported state of a manifest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ManifestSeen {
    /// The media type of the manifest; empty if no event reported it.
    pub media_type: String,
    /// The size of the manifest, bytes; 0 if no event reported it.
    pub size: i64,
    /// The digests that an index lists; `None` if no event reported them.
    pub children: Option<Vec<String>>,
    /// The time of the last event that proves the manifest is in the registry.
    pub seen_at: Latest,
    /// The time of the last push.
    pub pushed_at: Latest,
    /// The subject who last pushed the manifest.
    pub pushed_by: String,
    /// The time of the last pull.
    pub last_pull_at: Latest,
    /// The time of the last deletion.
    pub dropped_at: Latest,
}

/// The sum of the usage under one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageSum {
    /// The number of actions.
    pub count: i64,
    /// The time of the first action.
    pub first_at: Timestamp,
    /// The time of the last action.
    pub last_at: Timestamp,
    /// The client's address at the last action.
    pub last_address: String,
    /// The client's program at the last action.
    pub last_agent: String,
}

/// The sum of the pulls of one manifest by one subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DigestPull {
    /// The number of pulls.
    pub count: i64,
    /// The time of the first pull.
    pub first_at: Timestamp,
    /// The time of the last pull.
    pub last_at: Timestamp,
}

/// An event that is stored as its own row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecentEvent {
    /// The time of the event.
    pub at: Timestamp,
    /// The service of the repository.
    pub service: String,
    /// The action: `pull`, `push`, `mount` or `delete`.
    pub action: &'static str,
    /// The name of the repository.
    pub repository: String,
    /// The name of the tag; empty if it is not known.
    pub tag: String,
    /// The digest of the manifest or layer; empty if the registry did not report it.
    pub digest: String,
    /// The subject who acted; empty for anonymous.
    pub subject: String,
    /// The client's address as it is stored: whole, cut to its network, or empty.
    pub address: String,
    /// The client's program.
    pub agent: String,
}

/// All rows that a batch of events changes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Writes {
    /// The repositories whose rows change.
    pub repositories: BTreeMap<RepositoryKey, RepositorySeen>,
    /// The tags whose rows change.
    pub tags: BTreeMap<TagKey, TagSeen>,
    /// The manifests whose rows change.
    pub manifests: BTreeMap<ManifestKey, ManifestSeen>,
    /// The manifests that indexes list, each with the digest of the index.
    pub parents: BTreeSet<(ManifestKey, String)>,
    /// The usage by day or month.
    pub usage: BTreeMap<UsageKey, UsageSum>,
    /// The pulls by digest.
    pub digest_pulls: BTreeMap<PullKey, DigestPull>,
    /// The events that are stored as rows of their own, in the order of arrival.
    pub recent: Vec<RecentEvent>,
}

impl RepositorySeen {
    pub(super) fn see(&mut self, at: Timestamp) {
        self.first_seen_at = Some(self.first_seen_at.map_or(at, |first| first.min(at)));
    }
}

impl TagSeen {
    /// Notes a push of the tag, unless a later push is known.
    pub(super) fn push(&mut self, at: Timestamp, digest: &str, by: &str) {
        self.see(at, digest);
        let known = (self.changed_at, self.changed_digest.as_str(), self.changed_by.as_str());
        if (Some(at), digest, by) > known {
            (self.changed_at, self.changed_digest, self.changed_by) =
                (Some(at), digest.to_owned(), by.to_owned());
        }
    }

    /// Notes the digest that the tag names, unless a later event is known.
    pub(super) fn see(&mut self, at: Timestamp, digest: &str) {
        if (Some(at), digest) > (self.seen_at, self.digest.as_str()) {
            (self.seen_at, self.digest) = (Some(at), digest.to_owned());
        }
    }
}

impl ManifestSeen {
    /// Notes a push of the manifest, unless a later push is known.
    pub(super) fn push(&mut self, at: Timestamp, by: &str) {
        if (Some(at), by) > (self.pushed_at, self.pushed_by.as_str()) {
            (self.pushed_at, self.pushed_by) = (Some(at), by.to_owned());
        }
    }
}

impl UsageSum {
    /// Makes the sum of a single action.
    pub(super) fn of(at: Timestamp, address: &str, agent: &str) -> Self {
        Self {
            count: 1,
            first_at: at,
            last_at: at,
            last_address: address.to_owned(),
            last_agent: agent.to_owned(),
        }
    }

    /// Adds another sum to this one.
    pub(super) fn add(&mut self, other: Self) {
        self.count += other.count;
        self.first_at = self.first_at.min(other.first_at);
        let last = |sum: &Self| (sum.last_at, sum.last_address.clone(), sum.last_agent.clone());
        if last(&other) > last(self) {
            (self.last_at, self.last_address, self.last_agent) =
                (other.last_at, other.last_address, other.last_agent);
        }
    }
}

impl DigestPull {
    /// Adds one pull to the sum.
    pub(super) fn add(&mut self, at: Timestamp) {
        self.count += 1;
        self.first_at = self.first_at.min(at);
        self.last_at = self.last_at.max(at);
    }
}
