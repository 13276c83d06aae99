//! Tells whether a cached entry about a subject is still valid.
//!
//! An entry about a subject has a [`Stamp`]: the state from which the entry was read. A change of the subject raises
//! the subject's fence, and entries from before the change become invalid. The caches need not be searched for entries
//! of the subject. So a fence works for every cache, even for an entry that is still being read from the database.
//!
//! INVARIANT: fences are raised before the snapshot with the change is published. Take the snapshot first, then
//! check the stamp: if the stamp is valid, the entry describes the subject in that snapshot.

use crate::domain::change::ChangeRecord;
use crate::domain::kind::{ChangeAction, ObjectKind, Recorded};
use crate::domain::subject::SubjectRef;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

/// The number of fences. Several subjects may share a fence, and are then read again more often than necessary.
const FENCES: usize = 16_384;

/// The fence of an entry's subject, and the state from which the entry was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    epoch: u64,
    seq: i64,
    slot: usize,
}

/// The fences. Each fence is the seq of the last change to one of the subjects that share the fence.
pub struct Fences {
    /// The number of times that all entries became invalid, because any subject may have changed.
    epoch: AtomicU64,
    slots: Box<[AtomicI64]>,
}

impl Default for Fences {
    fn default() -> Self {
        Self { epoch: AtomicU64::new(0), slots: (0..FENCES).map(|_| AtomicI64::new(0)).collect() }
    }
}

/// Returns a number below `places`, always the same for the same key.
#[must_use]
pub fn place_of(key: &impl Hash, places: usize) -> usize {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    let places = u64::try_from(places).unwrap_or(1).max(1);
    usize::try_from(hasher.finish() % places).unwrap_or(0)
}

/// Returns the index of a subject's fence. Names that differ only in case share a fence, because a new `alice`
/// changes the answer about `Alice`.
fn slot_of(name: &str) -> usize {
    place_of(&name.to_ascii_lowercase(), FENCES)
}

impl Fences {
    /// Returns the epoch: the number of times that all entries became invalid. Read the epoch before you read the
    /// subject.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::Acquire)
    }

    /// Makes the stamp of an entry about `name`. The entry was read from the state `seq`, after the epoch was read.
    #[must_use]
    pub fn stamp(&self, name: &str, epoch: u64, seq: i64) -> Stamp {
        Stamp { epoch, seq, slot: slot_of(name) }
    }

    /// Returns true if no change after the state of the stamp touched the subject. Subjects can share a fence, so the
    /// result can also be false without a change of this subject.
    #[must_use]
    pub fn holds(&self, stamp: &Stamp) -> bool {
        let raised = self.slots.get(stamp.slot).map_or(i64::MAX, |fence| fence.load(Ordering::Acquire));
        stamp.seq >= raised && stamp.epoch == self.epoch()
    }

    /// Raises the fence of the subject that a change touches. Raises all fences if the subject is not known.
    pub(super) fn raise(&self, change: &ChangeRecord) {
        match touched(change) {
            Touched::Nobody => {}
            Touched::Subject(name) => {
                if let Some(fence) = self.slots.get(slot_of(&name)) {
                    fence.fetch_max(change.seq, Ordering::AcqRel);
                }
            }
            Touched::Anybody => self.raise_all(),
        }
    }

    /// Makes all existing entries invalid.
    pub(super) fn raise_all(&self) {
        self.epoch.fetch_add(1, Ordering::AcqRel);
        // A restored database may continue from a lower seq.
        for fence in &self.slots {
            fence.store(0, Ordering::Release);
        }
    }
}

/// The subjects that a change touches.
#[derive(Debug, PartialEq, Eq)]
enum Touched {
    Nobody,
    Subject(String),
    Anybody,
}

fn touched(change: &ChangeRecord) -> Touched {
    let member = |field: &str| {
        let named = |state: &Option<serde_json::Value>| {
            let text = state.as_ref()?.get(field)?.as_str()?;
            SubjectRef::parse(text).ok().map(|subject| subject.name.as_str().to_owned())
        };
        named(&change.after).or_else(|| named(&change.before))
    };
    let Recorded::Known(kind) = &change.kind else {
        // This release does not know the kind of object, which a newer release recorded. The change may touch any
        // subject.
        return Touched::Anybody;
    };
    match kind {
        ObjectKind::Rule
        | ObjectKind::Service
        | ObjectKind::IdentityProvider
        | ObjectKind::Invitation
        | ObjectKind::SigningKey => Touched::Nobody,
        ObjectKind::User | ObjectKind::Robot | ObjectKind::Identity => Touched::Subject(change.name.clone()),
        ObjectKind::AccessKey | ObjectKind::RefreshToken => {
            member("subject").map_or(Touched::Anybody, Touched::Subject)
        }
        // A change of a group's own fields touches no subject. Each change of a membership is recorded on its own.
        ObjectKind::Group => match change.action {
            Recorded::Known(ChangeAction::AddMember | ChangeAction::RemoveMember) => {
                member("member").map_or(Touched::Anybody, Touched::Subject)
            }
            Recorded::Known(ChangeAction::Create | ChangeAction::Update | ChangeAction::Delete) => {
                Touched::Nobody
            }
            Recorded::Known(
                ChangeAction::Revoke
                | ChangeAction::Rotate
                | ChangeAction::Backup
                | ChangeAction::Restore
                | ChangeAction::Copy,
            )
            | Recorded::Newer(_) => Touched::Anybody,
        },
        ObjectKind::Database => match change.action {
            Recorded::Known(ChangeAction::Backup) => Touched::Nobody,
            // The database was restored or copied, or all sessions ended. Other actions never occur for a database.
            Recorded::Known(
                ChangeAction::Restore
                | ChangeAction::Copy
                | ChangeAction::Revoke
                | ChangeAction::Create
                | ChangeAction::Update
                | ChangeAction::Delete
                | ChangeAction::AddMember
                | ChangeAction::RemoveMember
                | ChangeAction::Rotate,
            )
            | Recorded::Newer(_) => Touched::Anybody,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Timestamp;
    use serde_json::{Value, json};

    fn change(seq: i64, kind: &str, action: &str, name: &str, after: Option<Value>) -> ChangeRecord {
        ChangeRecord {
            seq,
            tx: String::new(),
            at: Timestamp::from_seconds(0),
            actor: "system".to_owned(),
            address: None,
            request_id: String::new(),
            action: Recorded::of(action.to_owned()),
            kind: Recorded::of(kind.to_owned()),
            name: name.to_owned(),
            before: None,
            after,
            prev_hash: String::new(),
            hash: String::new(),
        }
    }

    #[test]
    fn what_was_read_before_a_change_of_its_subject_holds_no_longer() {
        let fences = Fences::default();
        let read = |name, seq| fences.stamp(name, fences.epoch(), seq);
        let (alice, bob) = (read("alice", 5), read("bob", 5));
        fences.raise(&change(6, "user", "update", "alice", None));
        assert!(!fences.holds(&alice) && fences.holds(&bob));
        assert!(fences.holds(&read("alice", 6)));
        assert!(!fences.holds(&read("alice", 5)), "the entry was read while the change arrived");
        let misspelt = read("CAROL", 6);
        fences.raise(&change(7, "user", "create", "Carol", None));
        assert!(!fences.holds(&misspelt), "a user whose name differs only in case exists now");
        fences.raise_all();
        assert!(!fences.holds(&bob));
        assert!(fences.holds(&read("alice", 1)), "a restored database may have lower seqs");
    }

    #[test]
    fn each_kind_of_change_touches_whom_it_concerns() {
        let member = json!({"member": "robot:ci"});
        let owner = json!({"subject": "user:alice", "name": "laptop"});
        let table = [
            (change(1, "rule", "create", "r", None), Touched::Nobody),
            (change(1, "service", "update", "s", None), Touched::Nobody),
            (change(1, "robot", "delete", "ci", None), Touched::Subject("ci".to_owned())),
            (change(1, "identity", "update", "alice", None), Touched::Subject("alice".to_owned())),
            (change(1, "identity-provider", "update", "corp", None), Touched::Nobody),
            (change(1, "group", "update", "g", Some(json!({"name": "g"}))), Touched::Nobody),
            (change(1, "group", "add-member", "g", Some(member)), Touched::Subject("ci".to_owned())),
            (change(1, "access-key", "revoke", "id", Some(owner)), Touched::Subject("alice".to_owned())),
            (change(1, "refresh-token", "revoke", "id", Some(json!({}))), Touched::Anybody),
            (change(1, "not-yet-known", "create", "w", None), Touched::Anybody),
            (change(1, "group", "lend-member", "g", None), Touched::Anybody),
            (change(1, "group", "revoke", "g", None), Touched::Anybody),
            (change(1, "signing-key", "rotate", "k", None), Touched::Nobody),
            (change(1, "database", "copy", "copy", None), Touched::Anybody),
            (change(1, "database", "backup", "backup", None), Touched::Nobody),
            (change(1, "database", "restore", "restore", None), Touched::Anybody),
            (change(1, "database", "revoke", "sessions", None), Touched::Anybody),
        ];
        for (change, expected) in table {
            assert_eq!(touched(&change), expected, "{} {}", change.kind.as_str(), change.action.as_str());
        }
    }
}
